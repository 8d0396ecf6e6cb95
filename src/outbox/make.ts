import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { isConfig, type MakeExchange, makeAnalytics, makeService, readConfig } from "../Analytics.ts"
import type { FlushReport } from "../delivery/Delivery.ts"
import { makeOutcomes } from "../delivery/outcomes.ts"
import { makeDelivering } from "./delivering.ts"
import { OutboxRelay } from "./OutboxRelay.ts"
import { OutboxStore } from "./OutboxStore.ts"
import { type GivenOptions, isAccepting, isDelivering, resolveBoth, resolveRelay, resolveWriter } from "./options.ts"
import { elsewhere, OutboxReceipt } from "./receipt.ts"
import { watchUnattended } from "./unattended.ts"
import { makeWriting } from "./writing.ts"

/** Where a key is to be read from again. */
export type ReadKey = Effect.Effect<Redacted.Redacted<string> | undefined>

export const noOtherKey: ReadKey = Effect.undefined

const isKey = (key: unknown): key is Redacted.Redacted<string> =>
  Redacted.isRedacted(key) && typeof Redacted.value(key) === "string"

/** How to read the key of the configuration again. */
const rereading = Effect.fnUntraced(function* (config: unknown, overrides: unknown) {
  const context = yield* Effect.context<never>()
  const readKey: ReadKey = readConfig(config, overrides).pipe(
    Effect.provideContext(context),
    Effect.map(({ apiKey }) => (isKey(apiKey) ? apiKey : undefined)),
    // What cannot be read at the moment is read again at the next refusal.
    Effect.catch(() => Effect.undefined)
  )
  return readKey
})

/** Options of the configuration, and how to read the key in them again. */
export const readAgain = Effect.fnUntraced(function* (config: unknown, overrides: unknown) {
  const options = yield* readConfig(config, overrides)
  return { options, readKey: yield* rereading(config, overrides) }
})

/** Of a `Config` of all options, as of an environment that a writer and a relay share, those that are this one's own. */
const readOwn = Effect.fnUntraced(function* (config: unknown, overrides: object, isOwn: (name: string) => boolean) {
  const options = yield* readConfig(config, overrides)
  if (!isConfig(config)) return options
  const own = Object.entries(options).filter(([name]) => isOwn(name) || Object.hasOwn(overrides, name))
  return Object.fromEntries(own)
})

/** Of what accepts only: it needs no key. */
export const readWriter = Effect.fnUntraced(function* (config: unknown, overrides: object) {
  if (!isConfig(config) || Object.hasOwn(overrides, "apiKey")) return yield* readOwn(config, overrides, isAccepting)
  const { apiKey: _, ...options } = yield* readOwn(config, { ...overrides, apiKey: Redacted.make("none") }, isAccepting)
  return options
})

/** Of what delivers only. */
export const readRelayAgain = Effect.fnUntraced(function* (config: unknown, overrides: object) {
  const options = yield* readOwn(config, overrides, isDelivering)
  return { options, readKey: yield* rereading(config, overrides) }
})

const openStore = Effect.flatMap(OutboxStore, ({ open }) => open)

/** Validates, and sends and keeps nothing. */
const makeDisabled = (given: GivenOptions) =>
  makeAnalytics(() => Effect.succeed(() => Effect.die("not enabled")), { ...given, enabled: false })

/** Accepts and delivers. */
export const makeBoth = Effect.fnUntraced(function* <E, R>(
  exchangeOf: MakeExchange<E, R>,
  options: unknown,
  readKey: ReadKey
) {
  const { given, resolved } = yield* resolveBoth(options)
  if (!resolved.enabled) return yield* makeDisabled(given)
  const exchange = yield* exchangeOf(resolved)
  const database = yield* openStore
  const delivering = yield* makeDelivering(resolved, exchange, database, readKey)
  const { status, outcomes, drainUpTo, until } = delivering
  const fates = { fateOf: database.fateOf, until }
  const { accept, last } = yield* makeWriting(
    resolved,
    database,
    (messageId, appended) => new OutboxReceipt(messageId, appended, fates)
  )
  const { flushTimeout } = resolved

  const flush: Effect.Effect<FlushReport> = Effect.suspend(() => {
    const id = last()
    const drained = drainUpTo(id)
    return Duration.isFinite(flushTimeout)
      ? Effect.as(Effect.timeoutOption(drained, flushTimeout), id)
      : Effect.as(drained, id)
  }).pipe(
    Effect.flatMap((id) => Effect.catch(database.countUpTo(id), () => Effect.succeed(database.usage().messages))),
    Effect.map((waiting) => ({ ...delivering.takeUntold(), waiting }))
  )
  return yield* makeService({ accept, flush, drain: drainUpTo(Number.MAX_SAFE_INTEGER), status, outcomes })
})

/** Accepts only. */
export const makeWriter = Effect.fnUntraced(function* (options: unknown) {
  const { given, resolved } = yield* resolveWriter(options)
  if (!resolved.enabled) return yield* makeDisabled(given)
  const database = yield* openStore
  const since = yield* DateTime.now
  const outcomes = makeOutcomes()
  yield* Effect.addFinalizer(() => Effect.sync(outcomes.end))
  const { accept, committed } = yield* makeWriting(resolved, database, elsewhere)
  yield* watchUnattended(database)
  return yield* makeService({
    accept,
    flush: Effect.as(committed, { delivered: 0, failed: {}, waiting: 0 }),
    drain: committed,
    status: Effect.sync(() => ({
      server: "unknown",
      since,
      lastFailure: undefined,
      waiting: database.usage(),
      inFlight: 0
    })),
    outcomes: outcomes.stream
  })
})

/** Delivers only. */
export const makeOutboxRelay = Effect.fnUntraced(function* <E, R>(
  exchangeOf: MakeExchange<E, R>,
  options: unknown,
  readKey: ReadKey
) {
  const { resolved } = yield* resolveRelay(options)
  if (!resolved.enabled) {
    const { status } = yield* makeDisabled({ apiKey: resolved.apiKey })
    return OutboxRelay.of({ status, outcomes: Stream.empty, drain: Effect.void })
  }
  const exchange = yield* exchangeOf(resolved)
  const { status, outcomes, drainUpTo } = yield* makeDelivering(resolved, exchange, yield* openStore, readKey)
  return OutboxRelay.of({ status, outcomes, drain: drainUpTo(Number.MAX_SAFE_INTEGER) })
})
