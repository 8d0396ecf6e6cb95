/**
 * A Customer.io Data Pipelines server for tests and for a developer's own machine.
 *
 * @since 0.1.0
 */

export type { Refusal, WireObject } from "../protocol/WireMessage.ts"
export type { RawAnswer, RawRequest } from "./Engine.ts"
export { Fault } from "./Fault.ts"
export type { SimulatedObject } from "./Objects.ts"
export type { Person } from "./People.ts"
export type { ReceivedEvent, ReceivedRequest } from "./Received.ts"
export { Simulator, type SimulatorServerOptions } from "./Simulator.ts"
export { documentedRateLimit, type SimulatorOptions } from "./SimulatorOptions.ts"
