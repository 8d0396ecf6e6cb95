// biome-ignore lint/style/noRestrictedImports: here is where it is printed
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { printable } from "../message/printable.ts"

// All that is printed goes through here: a line is one that was given as such, whatever others put into its words.
const onLines = (lines: ReadonlyArray<string>): string => lines.map(printable).join("\n")

/** Prints lines to standard output. */
export const print = (...lines: ReadonlyArray<string>): Effect.Effect<void> => Console.log(onLines(lines))

/** Prints lines to standard error. */
export const printError = (...lines: ReadonlyArray<string>): Effect.Effect<void> => Console.error(onLines(lines))

/** Waits until whoever reads has taken what was printed: a pipe takes its time, and what it has not taken is in memory. */
export const awaitPrinted: Effect.Effect<void> = Effect.callback((resume) => {
  const { stdout } = process
  if (!stdout.writableNeedDrain) return resume(Effect.void)
  const taken = () => resume(Effect.void)
  stdout.once("drain", taken)
  return Effect.sync(() => stdout.removeListener("drain", taken))
})

/** Prints a document: as it is, for the file or the program that takes it, but at a terminal as all other words. */
export const printDocument = Effect.fnUntraced(function* (text: string) {
  const { stdoutIsTerminal } = yield* Stdio.Stdio
  yield* Console.log((yield* stdoutIsTerminal) ? onLines(text.split("\n")) : text)
})

/** Tells once a second, at a terminal, how far something is: in one line of standard error, which is gone when it ends. */
export const withProgress = <A, E, R>(tell: () => string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { stderr, stderrIsTerminal } = yield* Stdio.Stdio
    if (!(yield* stderrIsTerminal)) return yield* effect
    // What cannot be written to is a terminal that is gone.
    const show = (line: string) => Effect.ignore(Stream.run(Stream.make(`\r\u001b[2K${printable(line)}`), stderr()))
    const telling = yield* Effect.forkChild(
      Effect.forever(
        Effect.andThen(
          Effect.sleep("1 second"),
          Effect.suspend(() => show(tell()))
        )
      )
    )
    return yield* Effect.ensuring(effect, Effect.andThen(Fiber.interrupt(telling), show("")))
  })
