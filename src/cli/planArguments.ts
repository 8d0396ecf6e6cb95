/**
 * What the commands about plans take.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { failWith } from "./failure.ts"
import { eachLine, type Line } from "./lines.ts"
import { nameOf } from "./planFile.ts"
import type { Written } from "./planFormats.ts"
import { printDocument } from "./print.ts"
import { explainRead } from "./source.ts"

const planFileFlag = (what: string) =>
  Flag.String("plan").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription(
      `${what}: TypeScript or JavaScript that exports it, or JSON or YAML of another tool, or - for standard input`
    )
  )

export const planFlag = planFileFlag("The plan")

/** Of a command that does without. */
export const optionalPlanFlag = (what: string) => Flag.optional(planFileFlag(what))

export const eventsArgument = Argument.String("events").pipe(
  Argument.withDescription(
    "A file of messages, one of JSON on each line, packed if it ends in .gz, or - for standard input"
  )
)

export const jsonFlag = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON, for another program"),
  Flag.withDefault(false)
)

export const outFlag = (where: string) =>
  Flag.String("out").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription(`${where}; default: standard output`),
    Flag.optional
  )

/** Writes a document to where it is asked for: of several files, to a folder. */
export const writeOut = (out: Option.Option<string>, { text, files }: Written) => {
  if (Option.isNone(out)) return printDocument(text.trimEnd())
  const path = out.value
  return Effect.tryPromise(async () => {
    if (files === undefined) return writeFile(path, `${text.trimEnd()}\n`)
    await mkdir(path, { recursive: true })
    for (const [name, part] of files) await writeFile(join(path, name), part)
  }).pipe(Effect.catch(({ cause }) => failWith(1, `${path} cannot be written: ${explainRead(cause)}`)))
}

/** Standard input can be read once. */
export const checkInputs = (...files: ReadonlyArray<string>) =>
  files.filter((file) => file === "-").length > 1 ? failWith(2, "Only one of them can be standard input") : Effect.void

/** Calls `onLine` with each line of a file that was named on the command line. */
export const readLines = (file: string, onLine: (line: Line) => void) =>
  Effect.catch(eachLine(file, onLine), ({ reason }) => failWith(2, `${nameOf(file)} ${reason}`))
