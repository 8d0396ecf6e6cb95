/**
 * A Customer.io Data Pipelines server for tests and for a developer's own machine.
 *
 * @since 0.1.0
 */
import type { SimulatedPerson } from "./People.ts"

export type { Refusal, WireObject } from "../protocol/WireMessage.ts"
export type { DroppedCounts, Engine, RawAnswer, RawRequest, RawResponse } from "./Engine.ts"
export { Fault } from "./Fault.ts"
export type { SimulatedObject } from "./Objects.ts"
export type { SimulatedPerson } from "./People.ts"
export type { PlaceReport, PlannedReport, PlanReport, PlanVerdict, UnplannedReport } from "./PlanReport.ts"
export type { ReceivedEvent, ReceivedRequest } from "./Received.ts"
export { Simulator, type SimulatorServerOptions } from "./Simulator.ts"
export { documentedRateLimit, type SimulatedRateLimit, type SimulatorOptions } from "./SimulatorOptions.ts"

/**
 * The same as `SimulatedPerson`.
 *
 * @deprecated Use `SimulatedPerson`.
 * @category models
 * @since 0.1.0
 */
export type Person = SimulatedPerson
