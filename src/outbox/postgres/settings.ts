import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/** The options of `OutboxPostgres.layer`, with what they are where they are not given. */
export interface Settings {
  readonly schema: string
  readonly migrate: boolean
  readonly maxBytes: number
  readonly maxMessages: number
  /** In milliseconds; undefined where dead letters are kept for ever. */
  readonly deadLetterRetention: number | undefined
}

interface Given {
  readonly schema?: string | undefined
  readonly migrate?: boolean | undefined
  readonly maxBytes?: number | undefined
  readonly maxMessages?: number | undefined
  readonly deadLetterRetention?: Duration.Input | undefined
}

/** Fails with the option's name and what was expected of it. */
export const readSettings = (options: Given): Result.Result<Settings, string> => {
  const {
    schema = "cdp",
    migrate = true,
    maxBytes = 2 ** 30,
    maxMessages = Number.MAX_SAFE_INTEGER,
    deadLetterRetention = Duration.days(30)
  } = options
  if (!isName(schema)) {
    return Result.fail(
      "the option schema must be a name of 1 to 63 bytes, of letters, digits, underscores and hyphens, that begins with a letter or an underscore"
    )
  }
  if (typeof migrate !== "boolean") return Result.fail("the option migrate must be true or false")
  if (!isCount(maxBytes)) return Result.fail("the option maxBytes must be a whole number of 1 or more")
  if (!isCount(maxMessages)) return Result.fail("the option maxMessages must be a whole number of 1 or more")
  const retention = readDuration(deadLetterRetention)
  if (retention === undefined || Number.isNaN(deadLetterRetention) || !(retention > 0)) {
    return Result.fail("the option deadLetterRetention must be a duration of more than 0")
  }
  return Result.succeed({
    schema,
    migrate,
    maxBytes,
    maxMessages,
    deadLetterRetention: Number.isFinite(retention) ? retention : undefined
  })
}

/** Such a name is an identifier between double quotes, and a text between single ones, as it stands. */
const isName = (schema: unknown): boolean =>
  typeof schema === "string" &&
  /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(schema) &&
  new TextEncoder().encode(schema).byteLength <= 63

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1

const readDuration = (input: Duration.Input): number | undefined =>
  Option.getOrUndefined(Option.liftThrowable(() => Duration.toMillis(Duration.fromInputUnsafe(input)))())
