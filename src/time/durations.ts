import { Duration, Option, Schema } from "effect"

const duration = (expected: string, isValid: (value: Duration.Duration) => boolean) =>
  Schema.declare(
    (input): input is Duration.Input => {
      // `Duration` reads NaN as zero.
      if (Number.isNaN(input)) return false
      const value = Duration.fromInput(input as Duration.Input)
      return Option.isSome(value) && isValid(value.value)
    },
    { expected }
  )

export const PositiveDuration = duration("a finite duration of more than 0", (value) => {
  const millis = Duration.toMillis(value)
  return millis > 0 && Number.isFinite(millis)
})

export const NonNegativeDuration = duration("a finite duration of 0 or more", (value) => {
  const millis = Duration.toMillis(value)
  return millis >= 0 && Number.isFinite(millis)
})

/** Also one that is never over. */
export const PositiveOrInfiniteDuration = duration("a duration of more than 0", (value) => Duration.toMillis(value) > 0)

export const NonNegativeOrInfiniteDuration = duration(
  "a duration of 0 or more",
  (value) => Duration.toMillis(value) >= 0
)
