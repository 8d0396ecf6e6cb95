import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { InvalidOptions } from "../AnalyticsError.ts"
import { type AnalyticsOptions, type ResolvedOptions, readOptions, resolveOptions } from "../AnalyticsOptions.ts"
import type { AnyRecord } from "../message/open.ts"
import { own } from "../message/own.ts"
import type { DeliveringOptions } from "./delivering.ts"
import type { WritingOptions } from "./writing.ts"

type AcceptingName = "maxMessageBytes" | "whenFull" | "context" | "integrations" | "enabled" | "allowSuspiciousIds"

/**
 * Options of `AnalyticsOutbox.layerWriter`: those of accepting. There is no key among them.
 *
 * @category options
 * @since 0.1.0
 */
export interface OutboxWriterOptions extends Pick<AnalyticsOptions, AcceptingName> {}

/**
 * Options of `AnalyticsOutbox.layerRelay`: those of delivering. Only `apiKey` is required. The order of messages is `person`
 * by default.
 *
 * @category options
 * @since 0.1.0
 */
export interface OutboxRelayOptions
  extends Omit<
    AnalyticsOptions,
    Exclude<AcceptingName, "enabled"> | "retry" | "deliveryTimeout" | "queueCapacity" | "queueBytes"
  > {}

/** Options of an outbox as it works with them. */
export interface ResolvedOutboxOptions extends Omit<ResolvedOptions, "whenFull">, DeliveringOptions, WritingOptions {}

/** Options as they were given, of a client that has no outbox, too. */
export type GivenOptions = AnyRecord

const accepting: ReadonlyArray<keyof AnalyticsOptions> = [
  "maxMessageBytes",
  "whenFull",
  "context",
  "integrations",
  "enabled",
  "allowSuspiciousIds"
]

/** What an outbox has otherwise. */
const instead: Partial<Record<keyof AnalyticsOptions, string>> = {
  retry: "an outbox tries until a message is delivered",
  deliveryTimeout: "an outbox keeps a message until it is delivered",
  queueCapacity: "maxMessages of the store says how many are kept",
  queueBytes: "maxBytes of the store says how many are kept"
}

const refuse = (option: string, reason: string): Result.Result<never, InvalidOptions> =>
  Result.fail(new InvalidOptions({ option, reason }))

const check = (options: AnyRecord): Result.Result<AnyRecord, InvalidOptions> => {
  for (const [name, reason] of Object.entries(instead)) {
    if (own(options, name) !== undefined) return refuse(name, `Expected none: ${reason}`)
  }
  return own(options, "whenFull") === "dropOldest"
    ? refuse("whenFull", "Expected fail or wait: an outbox drops nothing")
    : Result.succeed(options)
}

const checkEach =
  (isTaken: (name: string) => boolean, reason: string) =>
  (options: AnyRecord): Result.Result<AnyRecord, InvalidOptions> => {
    const other = Object.keys(options).find((name) => options[name] !== undefined && !isTaken(name))
    return other === undefined ? Result.succeed(options) : refuse(other, reason)
  }

export const isAccepting = (name: string): boolean => accepting.some((each) => each === name)

export const isDelivering = (name: string): boolean =>
  name === "enabled" || !(isAccepting(name) || Object.hasOwn(instead, name))

interface Outbox {
  readonly given: GivenOptions
  readonly resolved: ResolvedOutboxOptions
}

const resolve = Effect.fnUntraced(function* (options: AnyRecord) {
  const order = own(options, "order")
  const given = { ...options, order: order === undefined ? "person" : order }
  const resolved = yield* resolveOptions(given)
  const whenFull = resolved.whenFull === "wait" ? "wait" : "fail"
  const outbox: Outbox = { given, resolved: { ...resolved, whenFull, deliveryTimeout: Duration.infinity } }
  return outbox
})

/** Of what accepts and delivers. */
export const resolveBoth = (input: unknown): Effect.Effect<Outbox, InvalidOptions> =>
  Effect.flatMap(Effect.fromResult(Result.flatMap(readOptions(input), check)), resolve)

/** Of what accepts only. */
export const resolveWriter = (input: unknown): Effect.Effect<Outbox, InvalidOptions> =>
  Effect.flatMap(
    Effect.fromResult(
      readOptions(input).pipe(
        Result.flatMap(checkEach(isAccepting, "Expected an option of accepting: the relay has those of delivering")),
        Result.flatMap(check)
      )
    ),
    (options) => resolve({ ...options, apiKey: Redacted.make("none") })
  )

/** Of what delivers only. */
export const resolveRelay = (input: unknown): Effect.Effect<Outbox, InvalidOptions> =>
  Effect.flatMap(
    Effect.fromResult(
      readOptions(input).pipe(
        Result.flatMap(check),
        Result.flatMap(checkEach(isDelivering, "Expected an option of delivering: the writer has those of accepting"))
      )
    ),
    resolve
  )
