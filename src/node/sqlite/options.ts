import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { AtLeastOne, makeResolve } from "../../AnalyticsOptions.ts"
import { OutboxError } from "../../pipeline/CallError.ts"
import { PositiveOrInfiniteDuration } from "../../time/durations.ts"
import type { Durability } from "./transactions.ts"

export interface ResolvedOptions {
  readonly filename: string
  readonly durability: Durability
  readonly maxBytes: number
  readonly maxMessages: number
  readonly deadLetterRetentionMillis: number
}

const expected = "the path of a file; what is in memory does not survive the process"
const isPath = (filename: string): boolean => filename !== "" && filename !== ":memory:" && !filename.includes("\0")

const Options = Schema.Struct({
  filename: Schema.String.check(
    Schema.makeFilter((filename) => (isPath(filename) ? undefined : `Expected ${expected}`))
  ),
  durability: Schema.optional(Schema.Literals(["full", "process"])),
  maxBytes: Schema.optional(AtLeastOne),
  maxMessages: Schema.optional(AtLeastOne),
  deadLetterRetention: Schema.optional(PositiveOrInfiniteDuration)
})

const resolve = makeResolve(Options, (options) =>
  Result.succeed<ResolvedOptions>({
    filename: options.filename,
    durability: options.durability === "process" ? "process" : "disk",
    maxBytes: options.maxBytes ?? 1024 ** 3,
    maxMessages: options.maxMessages ?? Number.MAX_SAFE_INTEGER,
    deadLetterRetentionMillis: Duration.toMillis(Duration.fromInputUnsafe(options.deadLetterRetention ?? "30 days"))
  })
)

/** Its callers can fail with `OutboxError` only. */
export const resolveOptions = (options: unknown): Effect.Effect<ResolvedOptions, OutboxError> =>
  Effect.mapError(
    resolve(options),
    ({ message }) =>
      new OutboxError({ type: "unknown", reason: "Incompatible", outbox: "of OutboxSqlite", detail: message })
  )
