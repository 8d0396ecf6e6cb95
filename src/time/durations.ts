import { Duration, Option, Schema } from "effect"

const duration = (expected: string, isValid: (value: Duration.Duration) => boolean) =>
  Schema.declare(
    (input): input is Duration.Input => {
      // `Duration` reads NaN as zero.
      if (Number.isNaN(input)) return false
      const value = Duration.fromInput(input as Duration.Input)
      return Option.isSome(value) && Duration.isFinite(value.value) && isValid(value.value)
    },
    { expected }
  )
export const PositiveDuration = duration("a finite duration of more than 0", (value) => Duration.toMillis(value) > 0)
export const NonNegativeDuration = duration("a finite duration of 0 or more", (value) => Duration.toMillis(value) >= 0)
