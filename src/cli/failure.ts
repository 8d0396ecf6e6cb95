import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import { printError } from "./print.ts"

/** Ends the program with an exit code, after its words were printed: 1 refused or failed, 2 wrong usage. */
export class Failed extends Data.TaggedError("Failed")<{ readonly exitCode: 1 | 2 }> {
  override readonly [Runtime.errorExitCode] = this.exitCode
  override readonly [Runtime.errorReported] = false
}

/** Prints what went wrong to standard error, and ends the program. */
export const failWith = (exitCode: 1 | 2, ...lines: ReadonlyArray<string>): Effect.Effect<never, Failed> =>
  Effect.andThen(printError(...lines), Effect.fail(new Failed({ exitCode })))
