import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { InvalidMessage, UnserializableMessage } from "../AnalyticsError.ts"
import type { Accept } from "../pipeline/accept.ts"
import type { CallError } from "../pipeline/CallError.ts"

/**
 * Why a call that a plan does not allow failed: by the plan, or, before it was asked, by the library itself.
 *
 * @category models
 * @since 0.1.0
 */
export type Violation = InvalidMessage | UnserializableMessage

/** What no plan can allow is refused before any is asked: a reserved name of another type, what JSON has no form for. */
const isViolation = (error: CallError): error is Violation => {
  switch (error._tag) {
    case "InvalidMessage":
      return error.plan !== undefined || isPlanned(error.path)
    case "UnserializableMessage":
      return isPlanned(error.path)
    default:
      return false
  }
}

const isPlanned = (path: string): boolean => /^(properties|traits)\b/.test(path)

/** So many are told one by one. */
const toldAtMost = 20

/** The failures of calls that a plan did not allow, and that nobody has looked at yet. */
export class Violations {
  #kept: Array<Violation> = []

  note(error: CallError): void {
    if (isViolation(error)) this.#kept.push(error)
  }

  take(): ReadonlyArray<Violation> {
    const taken = this.#kept
    this.#kept = []
    return taken
  }

  /** Fails whatever ends with others than those that it failed with itself. */
  fail(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    const failed = new Set(Exit.isFailure(exit) ? exit.cause.reasons.map(errorOf) : [])
    const swallowed = this.take().filter((violation) => !failed.has(violation))
    return swallowed.length === 0 ? Effect.void : Effect.die(new Error(describe(swallowed)))
  }
}

const errorOf = (reason: Cause.Reason<unknown>): unknown =>
  reason._tag === "Fail" ? reason.error : reason._tag === "Die" ? reason.defect : undefined

const describe = (violations: ReadonlyArray<Violation>): string => {
  const more = violations.length - toldAtMost
  return [
    "Calls that the plan does not allow failed, and nobody looked at it; AnalyticsTest.violations takes what is expected:",
    ...violations.slice(0, toldAtMost).map(({ message }) => `  ${message}`),
    ...(more > 0 ? [`  and ${more} more`] : [])
  ].join("\n")
}

/** The same way of a call, with an eye on what a plan refuses. */
export const watch = (accept: Accept, violations: Violations): Accept =>
  Object.assign(
    (...call: Parameters<Accept>) =>
      Effect.tapError(accept(...call), (error) => Effect.sync(() => violations.note(error))),
    { with: (check: Parameters<Accept["with"]>[0]) => watch(accept.with(check), violations) }
  )
