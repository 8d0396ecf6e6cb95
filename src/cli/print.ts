// biome-ignore lint/style/noRestrictedImports: here is where it is printed
import * as Console from "effect/Console"
import type * as Effect from "effect/Effect"
import { printable } from "../message/printable.ts"

// All that is printed goes through these two: a line is one that was given as such, whatever others put into its words.
const onLines = (lines: ReadonlyArray<string>): string => lines.map(printable).join("\n")

/** Prints lines to standard output. */
export const print = (...lines: ReadonlyArray<string>): Effect.Effect<void> => Console.log(onLines(lines))

/** Prints lines to standard error. */
export const printError = (...lines: ReadonlyArray<string>): Effect.Effect<void> => Console.error(onLines(lines))
