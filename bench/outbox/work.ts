import { Analytics } from "cdp-analytics-effect"
import { OutboxRelay } from "cdp-analytics-effect/outbox"
import { Context, Effect, Exit, Layer, Scope, Stream } from "effect"
import { makeEvents } from "../speed/events.ts"
import { latencyOf } from "../speed/statistics.ts"
import { makeCalls } from "./calls.ts"
import { fillPostgres } from "./fillPostgres.ts"
import type { Accept, Deliver, DrainSome, Fill, Measurement, Opening } from "./job.ts"
import { layerBoth, layerRelay, layerWriter, layerWriterAndSql } from "./ours.ts"
import { measureUsage, megabytes } from "./usage.ts"

/** Of the JSON of an event, before it is stamped. */
export const payloadBytes = 700

/** Builds a layer, and measures that. */
const open = <A>(
  layer: Layer.Layer<A>
): Effect.Effect<{ context: Context.Context<A>; opening: Opening }, never, Scope.Scope> =>
  Effect.map(measureUsage(Layer.build(layer)), ({ value, wallMs }) => ({
    context: value,
    opening: { ms: wallMs, megabytes: megabytes() }
  }))

export const accept = Effect.fnUntraced(function* ({ store, callers, events, from }: Accept) {
  const { context, opening } = yield* open(layerWriter(store))
  const calls = makeCalls(makeEvents(events, payloadBytes, from), callers)
  const { value, cpuMicros, wallMs } = yield* measureUsage(Effect.provideContext(calls, context))
  const measured: Measurement<"accept"> = { cpuMicros, wallMs, call: latencyOf(value), opening }
  return measured
}, Effect.scoped)

export const deliver = Effect.fnUntraced(function* (
  { store, order, batchSize, callers, events }: Deliver,
  endpoint: string
) {
  const work = Effect.gen(function* () {
    const accepted = yield* measureUsage(makeCalls(makeEvents(events, payloadBytes), callers))
    yield* Analytics.flush
    return accepted
  })
  const { context } = yield* open(layerBoth(store, { endpoint, batchSize, order }))
  const { value, cpuMicros, wallMs } = yield* measureUsage(Effect.provideContext(work, context))
  const measured: Measurement<"deliver"> = {
    acceptedMs: value.wallMs,
    wallMs,
    cpuMicros,
    call: latencyOf(value.value)
  }
  return measured
}, Effect.scoped)

export const fill = Effect.fnUntraced(function* ({ store, upTo, from }: Fill) {
  const missing = Effect.map(Analytics.status, ({ waiting }) =>
    makeEvents(Math.max(0, upTo - waiting.messages), payloadBytes, from)
  )
  const { wallMs } = yield* measureUsage(
    store.kind === "postgres"
      ? Effect.provide(Effect.flatMap(missing, fillPostgres), layerWriterAndSql(store.url))
      : Effect.provide(
          Effect.flatMap(missing, (events) => makeCalls(events, 1000)),
          layerWriter(store)
        )
  )
  const measured: Measurement<"fill"> = { wallMs }
  return measured
})

/** Of what arrived, counted once it is open: from the first look until all that is under way has ended. */
export const drainSome = Effect.fnUntraced(function* ({ store, batchSize, events }: DrainSome, endpoint: string) {
  const scope = yield* Scope.make()
  const layer = layerRelay(store, { endpoint, batchSize, order: "person" })
  const { context, opening } = yield* Scope.provide(open(layer), scope)
  const { outcomes } = Context.get(context, OutboxRelay)
  const delivered = outcomes.pipe(
    Stream.scan(
      () => 0,
      (count, outcome) => count + (outcome._tag === "Delivered" ? outcome.messageIds.length : 0)
    ),
    Stream.takeUntil((count) => count >= events),
    Stream.runDrain
  )
  const { cpuMicros, wallMs } = yield* measureUsage(Effect.andThen(delivered, Scope.close(scope, Exit.void)))
  const measured: Measurement<"drainSome"> = {
    cpuMicros,
    wallMs,
    opening,
    peakMegabytes: process.resourceUsage().maxRSS / 1024
  }
  return measured
})
