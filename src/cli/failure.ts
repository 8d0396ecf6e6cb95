import { Console, Data, Effect, Runtime } from "effect"
import { printable } from "../message/printable.ts"

/** Ends the program with an exit code, after its words were printed: 1 refused or failed, 2 wrong usage. */
export class Failed extends Data.TaggedError("Failed")<{ readonly exitCode: 1 | 2 }> {
  override readonly [Runtime.errorExitCode] = this.exitCode
  override readonly [Runtime.errorReported] = false
}

/** Prints what went wrong to standard error, and ends the program. */
export const failWith = (exitCode: 1 | 2, words: string): Effect.Effect<never, Failed> =>
  Effect.andThen(Console.error(words.split("\n").map(printable).join("\n")), Effect.fail(new Failed({ exitCode })))
