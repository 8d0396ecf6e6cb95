/**
 * A Customer.io Data Pipelines server for tests and for a developer's own machine.
 *
 * It answers as the API's documentation says, to any client in any language. What the documentation leaves open is an
 * option of `SimulatorOptions`, with its default written down.
 *
 * @see https://docs.customer.io/integrations/api/cdp/
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as HttpServerError from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { InvalidOptions } from "../AnalyticsError.ts"
import { readOptions } from "../AnalyticsOptions.ts"
import type { PlanOrService } from "../plan/planOf.ts"
import { type DroppedCounts, type Engine, makeEngine, ServedEngine } from "./Engine.ts"
import type { Fault } from "./Fault.ts"
import { resolveListenOptions } from "./ListenOptions.ts"
import type { SimulatedObject } from "./Objects.ts"
import type { SimulatedPerson } from "./People.ts"
import type { PlanReport } from "./PlanReport.ts"
import type { ReceivedEvent, ReceivedRequest } from "./Received.ts"
import type { SimulatorOptions } from "./SimulatorOptions.ts"

/**
 * What a simulator remembers, and how its faults are set.
 *
 * **Example** (Testing a program against it, without a socket)
 *
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import { Analytics } from "cdp-analytics-effect"
 * import { Simulator } from "cdp-analytics-effect/simulator"
 * import { Effect, Layer, Redacted } from "effect"
 *
 * const layer = Analytics.layer({ apiKey: Redacted.make("key") }).pipe(Layer.provideMerge(Simulator.layer()))
 *
 * it.effect("identifies people", () =>
 *   Effect.gen(function* () {
 *     yield* Analytics.identify({ userId: "ada", traits: { plan: "Pro" } })
 *     yield* Analytics.flush
 *     const [ada] = yield* Simulator.people
 *     assert.deepStrictEqual(ada?.traits, { plan: "Pro" })
 *   }).pipe(Effect.provide(layer)))
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Simulator extends Context.Service<Simulator, Engine>()("cdp-analytics-effect/simulator/Simulator") {
  /** The newest events, oldest first: accepted, duplicate and refused. */
  static readonly events: Effect.Effect<ReadonlyArray<ReceivedEvent>, never, Simulator> = Simulator.use(
    (simulator) => simulator.events
  )

  /** The newest requests, oldest first. */
  static readonly requests: Effect.Effect<ReadonlyArray<ReceivedRequest>, never, Simulator> = Simulator.use(
    (simulator) => simulator.requests
  )

  /** Everyone that the accepted events made known. */
  static readonly people: Effect.Effect<ReadonlyArray<SimulatedPerson>, never, Simulator> = Simulator.use(
    (simulator) => simulator.people
  )

  /** Groups, which are objects of a type. */
  static readonly objects: Effect.Effect<ReadonlyArray<SimulatedObject>, never, Simulator> = Simulator.use(
    (simulator) => simulator.objects
  )

  /** How many events, requests, people and objects made room for newer ones. */
  static readonly dropped: Effect.Effect<DroppedCounts, never, Simulator> = Simulator.use(
    (simulator) => simulator.dropped
  )

  /**
   * Each event from now on. A reader that is 1,024 events behind loses the oldest.
   *
   * **Example** (The next event that arrives)
   *
   * ```ts
   * import { Simulator } from "cdp-analytics-effect/simulator"
   * import { Stream } from "effect"
   *
   * const next = Simulator.live.pipe(Stream.take(1), Stream.runCollect)
   * ```
   *
   * @since 0.1.0
   */
  static readonly live: Stream.Stream<ReceivedEvent, never, Simulator> = Stream.unwrap(
    Simulator.useSync((simulator) => simulator.live)
  )

  /**
   * Each request from now on, once what becomes of it is known: also one that a fault answered, whose messages are no events.
   * A reader that is 1,024 requests behind loses the oldest.
   *
   * **Example** (Until a fault was met)
   *
   * ```ts
   * import { Simulator } from "cdp-analytics-effect/simulator"
   * import { Stream } from "effect"
   *
   * const met = Simulator.liveRequests.pipe(
   *   Stream.filter(({ fault }) => fault !== undefined),
   *   Stream.take(1),
   *   Stream.runDrain
   * )
   * ```
   *
   * @since 0.1.0
   */
  static readonly liveRequests: Stream.Stream<ReceivedRequest, never, Simulator> = Stream.unwrap(
    Simulator.useSync((simulator) => simulator.liveRequests)
  )

  /** What is left of the fault plan. */
  static readonly faults: Effect.Effect<ReadonlyArray<Fault>, never, Simulator> = Simulator.use(
    (simulator) => simulator.faults
  )

  /**
   * Replaces the fault plan: each fault meets `times` requests, or all, before the next one has its turn. Fails with
   * `InvalidOptions`, and changes nothing, where a fault cannot be acted out.
   *
   * **Example** (An outage of three requests)
   *
   * ```ts
   * import { Simulator } from "cdp-analytics-effect/simulator"
   *
   * const outage = Simulator.setFaults([{ kind: "status", status: 503, times: 3 }])
   * ```
   *
   * @since 0.1.0
   */
  static readonly setFaults = (faults: ReadonlyArray<Fault>): Effect.Effect<void, InvalidOptions, Simulator> =>
    Simulator.use((simulator) => simulator.setFaults(faults))

  /**
   * What was sent by the plan, and what of it never was, of all that arrived since it was set; `undefined` without one.
   *
   * **Example** (Nothing but what is planned)
   *
   * ```ts
   * import { assert, it } from "@effect/vitest"
   * import { Analytics } from "cdp-analytics-effect"
   * import { Plan } from "cdp-analytics-effect/plan"
   * import { Simulator } from "cdp-analytics-effect/simulator"
   * import { Effect, Layer, Redacted, Schema } from "effect"
   *
   * const plan = Plan.make({ name: "Shop", track: { "Order Completed": { properties: { total: Schema.Finite } } } })
   *
   * const layer = Analytics.layer({ apiKey: Redacted.make("key") }).pipe(Layer.provideMerge(Simulator.layer({ plan })))
   *
   * it.effect("sends what is planned", () =>
   *   Effect.gen(function* () {
   *     yield* Analytics.track({ userId: "ada", event: "Order Completed", properties: { total: 39.95 } })
   *     yield* Analytics.flush
   *     const report = yield* Simulator.plan
   *     assert.deepStrictEqual(report?.unplanned, [])
   *     assert.strictEqual(report?.events[0]?.sent, 1)
   *   }).pipe(Effect.provide(layer)))
   * ```
   *
   * @since 0.1.0
   */
  static readonly plan: Effect.Effect<PlanReport | undefined, never, Simulator> = Simulator.use(
    (simulator) => simulator.plan
  )

  /** Replaces the plan, by which the events that are kept are judged, and counted, anew. Without one, none is. */
  static readonly setPlan = (plan: PlanOrService | undefined): Effect.Effect<void, never, Simulator> =>
    Simulator.use((simulator) => simulator.setPlan(plan))

  /** Why a newer plan could not be loaded: it stands on the page, beside the plan that there is, until one is set. */
  static readonly setPlanProblem = (problem: string): Effect.Effect<void, never, Simulator> =>
    Simulator.use((simulator) => simulator.setPlanProblem(problem))

  /** Forgets events, requests, people, objects, message ids and faults, and counts by the plan anew. */
  static readonly clear: Effect.Effect<void, never, Simulator> = Simulator.use((simulator) => simulator.clear)

  /**
   * A simulator on a socket of this machine. Needs Node and `@effect/platform-node`.
   *
   * Programs of this machine read what arrived at `GET /events.json`, which takes `type`, `event`, `userId`, `anonymousId`,
   * `verdict`, `plan`, `after` and `limit`, and what was sent by the plan at `GET /plan.json`; `DELETE /events` forgets
   * everything that arrived.
   *
   * Fails with `InvalidOptions`, and where it cannot listen, such as on a port that is taken, with Effect's `ServeError`, which
   * is of a module that Effect marks as unstable.
   *
   * **Example** (Any client, in any language)
   *
   * ```ts
   * import { Simulator } from "cdp-analytics-effect/simulator"
   * import { Console, Effect } from "effect"
   *
   * const program = Effect.gen(function* () {
   *   const { url } = yield* Simulator
   *   yield* Console.log(`send events to ${url}/v1/batch`)
   *   return yield* Effect.never
   * }).pipe(Effect.provide(Simulator.layerServer({ port: 8400 })))
   * ```
   *
   * @experimental
   * @since 0.1.0
   */
  static readonly layerServer = (
    options: SimulatorServerOptions = {}
  ): Layer.Layer<Simulator, InvalidOptions | HttpServerError.ServeError> =>
    Layer.effect(Simulator, ServedEngine).pipe(
      Layer.provide(
        Layer.unwrap(
          Effect.gen(function* () {
            const { port, host, page, token, cors, ...others } = yield* Effect.fromResult(readOptions(options))
            const listen = yield* resolveListenOptions({ port, host, page, token, cors })
            // Only a program that asks for a socket loads what needs Node.
            if (!listen.page) {
              const { layerApiServer } = yield* Effect.promise(() => import("./server/apiServer.ts"))
              return layerApiServer(others, listen)
            }
            const { layerDevServer } = yield* Effect.promise(() => import("./server/DevServer.ts"))
            return layerDevServer(others, listen)
          })
        )
      )
    )

  /**
   * A simulator, and an `HttpClient` that sends every request to it, without a socket. Fails with `InvalidOptions`.
   *
   * **Example** (A server that takes one key)
   *
   * ```ts
   * import { AnalyticsLive } from "cdp-analytics-effect"
   * import { Simulator } from "cdp-analytics-effect/simulator"
   * import { Layer } from "effect"
   *
   * const layer = AnalyticsLive.pipe(Layer.provideMerge(Simulator.layer({ apiKeys: ["key"] })))
   * ```
   *
   * @since 0.1.0
   */
  static readonly layer = (
    options: SimulatorOptions = {}
  ): Layer.Layer<Simulator | HttpClient.HttpClient, InvalidOptions> =>
    Layer.effectContext(
      Effect.map(
        Effect.suspend(() => makeEngine(options, "https://cdp.customer.io")),
        (simulator) =>
          Context.make(Simulator, simulator).pipe(Context.add(HttpClient.HttpClient, makeInProcessClient(simulator)))
      )
    )
}

/**
 * Options of a simulator on a socket. None is required.
 *
 * @category options
 * @since 0.1.0
 */
export interface SimulatorServerOptions extends SimulatorOptions {
  /** The port to listen on. Default: 0, any free port. */
  readonly port?: number | undefined
  /** The name or address to listen on. Default: `127.0.0.1`, this machine alone. */
  readonly host?: string | undefined
  /** Serves a page at `/` that shows what arrives, to this machine alone and to who has the `token`. Default: false. */
  readonly page?: boolean | undefined
  /**
   * Lets other machines see the page as well, at `/?token=…`: at least 16 letters, digits, hyphens and underscores that
   * nobody guesses. Default: none, and they cannot.
   */
  readonly token?: string | undefined
  /**
   * The origins whose web pages may send events, such as `http://localhost:3000`, or `true` for all. Another port of this
   * machine is another origin too. Default: none.
   */
  readonly cors?: true | ReadonlyArray<string> | undefined
}

const makeInProcessClient = (engine: Engine): HttpClient.HttpClient =>
  HttpClient.make((request, url) => {
    const { body } = request
    const bytes = body._tag === "Uint8Array" ? new Uint8Array(body.body) : new Uint8Array()
    return engine.handle({ method: request.method, path: url.pathname, headers: request.headers, body: bytes }).pipe(
      Effect.flatMap((answer) => {
        if (answer._tag === "Reset") {
          return Effect.fail(
            new HttpClientError.HttpClientError({
              reason: new HttpClientError.TransportError({ request, description: "connection reset by the simulator" })
            })
          )
        }
        const { status, headers } = answer
        const isBodyless = status === 204 || status === 205 || status === 304
        const content = answer._tag === "Truncate" ? brokenOff(answer.body) : isBodyless ? null : answer.body
        return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(content, { status, headers })))
      })
    )
  })

/** A body of which only the first half arrives. */
const brokenOff = (body: string): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(body.slice(0, body.length / 2))),
    pull: (controller) => controller.error(new Error("the answer broke off"))
  })
