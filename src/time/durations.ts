import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const duration = (expected: string, isValid: (value: Duration.Duration) => boolean) => {
  const check = Option.liftThrowable((input: Duration.Input) => isValid(Duration.fromInputUnsafe(input)))
  return Schema.declare(
    (input): input is Duration.Input =>
      // `Duration` reads NaN as zero.
      !Number.isNaN(input) && Option.getOrElse(check(input as Duration.Input), () => false),
    { expected }
  )
}

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
