import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Analytics } from "../Analytics.ts"
import type { Calls, Planned } from "./calls.ts"
import { nameKeys } from "./contract.ts"
import type { Definition, OnViolation } from "./definition.ts"
import { make } from "./make.ts"
import type { Plan } from "./model.ts"
import { isPlan } from "./planOf.ts"
import { makeReporter } from "./report.ts"
import { makeTypedCall, type TypedCall } from "./typedCall.ts"

/**
 * What a plan's layer may do otherwise than the plan says.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServiceOptions {
  /** What becomes of a call that the plan does not allow. Default: what the plan says, or `fail`. */
  readonly onViolation?: OnViolation | undefined
  /**
   * Whether a message that is sent though it is not allowed lists why under `context.violations`. Default: what the plan
   * says, or false.
   */
  readonly annotate?: boolean | undefined
}

/**
 * The class of a plan's service: its typed calls, its plan, and the layer that provides it.
 *
 * @category models
 * @since 0.1.0
 */
export type ServiceClass<Self, Id extends string, D extends Definition> = ServiceKey<Self, Id, D> & Calls<Self, D, Self>

/**
 * What the class of a plan's service has beside its calls.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface ServiceKey<Self, Id extends string, D extends Definition>
  extends Context.Service<Self, Calls<Self, D>> {
  new (_: never): Context.ServiceClass.Shape<Id, Calls<Self, D>> & Planned<D>
  /** What the service is known by in a context. */
  readonly key: Id
  /** The plan as a value, for what takes plans. */
  readonly plan: Plan<D>
  /** The calls, over `Analytics`. */
  readonly layer: Layer.Layer<Self, never, Analytics>
  /** The calls, over `Analytics`, and what becomes of those that the plan does not allow, where the plan says otherwise. */
  readonly layerWith: (options: ServiceOptions) => Layer.Layer<Self, never, Analytics>
}

/**
 * A service with the calls of a plan: what it does not name does not compile, and what comes from elsewhere is checked when it
 * runs. The calls are statics of the class, and those of the kinds that the plan has: `track`, `identify`, `group`, `page`,
 * `screen`. They fail with nothing that the calls of `Analytics` do not fail with: a violation is an `InvalidMessage` whose
 * `plan` is the plan's name.
 *
 * It takes a definition, or a plan that was made before, as by `Plan.merge`. Throws `InvalidPlan`, which has the place and the
 * reason.
 *
 * **Example** (A shop)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 * import { Effect, Schema } from "effect"
 *
 * class Shop extends Plan.Service<Shop>()("app/Shop", {
 *   name: "Shop",
 *   track: {
 *     "Order Completed": {
 *       description: "A person has paid",
 *       properties: { orderId: Schema.String, total: Schema.Finite, paidAt: Schema.Date }
 *     },
 *     "Cart Emptied": {}
 *   },
 *   identify: { traits: { email: Schema.String, plan: Schema.Literals(["free", "pro"]) } }
 * }) {}
 *
 * const program = Effect.gen(function* () {
 *   const userId = "019mr8mf4r"
 *   yield* Shop.identify({ userId, traits: { email: "cool.person@example.com", plan: "pro" } })
 *   yield* Shop.track("Order Completed", { userId, properties: { orderId: "o-1", total: 39.95, paidAt: new Date() } })
 *   yield* Shop.track("Cart Emptied", { userId })
 * })
 *
 * // It still needs `Analytics`.
 * const tracked = Effect.provide(program, Shop.layer)
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const Service = <Self>(): MakeService<Self> => makeService<Self>

/**
 * Makes the class of a service, of a plan or of its definition.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface MakeService<Self> {
  <const Id extends string, D extends Definition>(id: Id, plan: Plan<D>): ServiceClass<Self, Id, D>
  <const Id extends string, const D extends Definition>(id: Id, definition: D): ServiceClass<Self, Id, D>
}

const makeService = <Self, Id extends string = string, D extends Definition = Definition>(
  id: Id,
  planned: D | Plan<D>
): ServiceClass<Self, Id, D> => {
  const plan = isPlan(planned) ? planned : make(planned)
  const key = Context.Service<Self, { readonly call: TypedCall }>()(id)

  const layerWith = ({ onViolation = plan.onViolation, annotate = plan.annotate }: ServiceOptions) =>
    Layer.effect(
      key,
      Effect.gen(function* () {
        const call = makeTypedCall(plan, yield* Analytics, { onViolation, annotate }, yield* makeReporter)
        return { call, ...callsOf(plan, call) }
      })
    )

  const service: object = Object.assign(
    key,
    callsOf(plan, (...given) => key.use(({ call }) => call(...given))),
    { plan, layer: layerWith({}), layerWith }
  )
  // The calls are of the kinds that the plan's definition has, which is what the type says.
  return service as ServiceClass<Self, Id, D>
}

/** The calls of the kinds that a plan has, over one that takes any. */
const callsOf = ({ types }: Plan, call: (...given: Parameters<TypedCall>) => object): Record<string, unknown> => {
  const calls: Record<string, unknown> = {}
  for (const type of types) {
    calls[type] =
      nameKeys[type] === undefined
        ? (input: unknown) => call(type, undefined, input)
        : (name: string, input: unknown) => call(type, name, input)
  }
  return calls
}
