/**
 * The file that has a plan: of TypeScript or JavaScript, which is run, or of JSON or YAML in the format of another tool.
 */
import { readdir, stat } from "node:fs/promises"
import { extname, join, resolve } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { isTooDeep, tooDeep } from "../message/depth.ts"
import { cut } from "../message/printable.ts"
import type { Loss } from "../plan/losses.ts"
import type { Plan } from "../plan/model.ts"
import { failWith } from "./failure.ts"
import { type Format, guessFormat, loadYaml, readFormat } from "./planFormats.ts"
import { importPlan, NoPlan } from "./planModule.ts"
import { printError } from "./print.ts"
import { explainRead, readFileText, Unreadable } from "./source.ts"

/** Ten times what a plan of some thousand events has. */
const maxBytes = 20_000_000

/** What RudderStack's own tool keeps in a folder. */
const maxFiles = 1000

export interface PlanFile {
  readonly plan: Plan
  /** What a plan cannot hold of the file. */
  readonly losses: ReadonlyArray<Loss>
  /** All files that it was made of. */
  readonly files: ReadonlyArray<string>
}

/** A plan that may be followed. */
export interface LoadedPlan extends PlanFile {
  /** Since when it may have changed, in epoch milliseconds. */
  readonly since: number
}

const isCode = (file: string): boolean => /^\.[cm]?[jt]sx?$/.test(extname(file))

const isYaml = (file: string): boolean => /^\.ya?ml$/.test(extname(file))

/** The plan of a file, or of standard input (`-`). Without a format, it is told by what it looks like. */
export const loadPlan = Effect.fnUntraced(function* (file: string, format?: Format) {
  if (file === "-") return yield* loadText(file, format, [])
  const path = resolve(file)
  const found = yield* Effect.tryPromise({
    try: () => stat(path),
    catch: (error) => new Unreadable({ reason: `cannot be read: ${explainRead(error)}` })
  })
  if (found.isDirectory()) return yield* loadFolder(path, format)
  if (!isCode(path)) return yield* loadText(path, format, [path])
  if (format !== undefined) return yield* new NoPlan({ reason: `is code, not ${format}` })
  const loaded: PlanFile = { ...(yield* importPlan(path)), losses: [] }
  return loaded
})

/** The plan of a file that was named on the command line, or the end of the program. */
export const readPlan = Effect.fnUntraced(function* (file: string, format?: Format) {
  const since = yield* Clock.currentTimeMillis
  const loaded = yield* Effect.catch(loadPlan(file, format), ({ reason }) => failWith(2, `${nameOf(file)} ${reason}`))
  yield* tellLosses(`${nameOf(file)} has what a plan cannot hold:`, loaded.losses)
  const read: LoadedPlan = { ...loaded, since }
  return read
})

export const nameOf = (file: string): string => (file === "-" ? "standard input" : file)

/** Many of one kind are no news. */
const maxLosses = 100

/** What is lost goes to standard error: what is printed may be a file. */
export const tellLosses = Effect.fnUntraced(function* (heading: string, losses: ReadonlyArray<Loss>) {
  if (losses.length === 0) return
  yield* printError(
    heading,
    ...losses.slice(0, maxLosses).map(({ path, reason }) => `  ${path === "" ? "" : `${path}: `}${reason}`),
    ...(losses.length > maxLosses ? [`  and ${losses.length - maxLosses} more`] : [])
  )
})

const loadText = Effect.fnUntraced(function* (file: string, format: Format | undefined, files: ReadonlyArray<string>) {
  const document = yield* parse(file, yield* readFileText(file, maxBytes))
  return yield* loadDocument(document, format, files)
})

const loadFolder = Effect.fnUntraced(function* (folder: string, format: Format | undefined) {
  const entries = yield* Effect.tryPromise({
    try: () => readdir(folder, { recursive: true }),
    catch: (error) => new Unreadable({ reason: `cannot be read: ${explainRead(error)}` })
  })
  const files = entries
    .filter((entry) => isYaml(entry) && !entry.includes("node_modules"))
    .sort()
    .map((entry) => join(folder, entry))
  if (files.length === 0) return yield* new NoPlan({ reason: "is a folder without YAML: name the file of the plan" })
  if (files.length > maxFiles) return yield* new NoPlan({ reason: `has more than ${maxFiles} files of YAML` })
  let room = maxBytes
  const documents = yield* Effect.forEach(files, (file) =>
    Effect.gen(function* () {
      const text = yield* readFileText(file, room)
      room -= text.length
      return yield* parse(file, text)
    }).pipe(Effect.mapError(({ reason }) => new NoPlan({ reason: `has ${file}, which ${reason}` })))
  )
  // A file that is new changes the folder.
  return yield* loadDocument(documents.flat(), format, [folder, ...files])
})

const loadDocument = Effect.fnUntraced(function* (
  document: unknown,
  given: Format | undefined,
  files: ReadonlyArray<string>
) {
  if (isTooDeep(document)) return yield* new NoPlan({ reason: `has no plan: ${tooDeep}` })
  const format = given ?? guessFormat(document)
  if (format === undefined) {
    return yield* new NoPlan({
      reason: "looks like the plan of no tool that is known: plan import takes its format with --from"
    })
  }
  const read = yield* Effect.try({
    try: () => readFormat[format](document),
    catch: (error) =>
      new NoPlan({ reason: `is no plan of ${format}: ${Predicate.isError(error) ? cut(error.message, 1000) : "?"}` })
  })
  const loaded: PlanFile = { ...read, files }
  return loaded
})

/** What is said to be JSON, or begins as it does, and otherwise YAML: of several documents, a list. */
const parse = Effect.fnUntraced(function* (file: string, text: string) {
  if (extname(file) === ".json" || (!isYaml(file) && /^\s*[{[]/.test(text))) {
    return yield* Effect.try({
      try: (): unknown => JSON.parse(text),
      catch: () => new NoPlan({ reason: "is no JSON" })
    })
  }
  const { parseAllDocuments } = yield* loadYaml
  return yield* Effect.try({
    try: (): unknown => {
      const documents = [...parseAllDocuments(text, { merge: true, logLevel: "error" })].map((document) => {
        const [problem] = document.errors
        if (problem !== undefined) throw problem
        return document.toJS({ maxAliasCount: 100 })
      })
      return documents.length === 1 ? documents[0] : documents
    },
    catch: (error) =>
      new NoPlan({ reason: `is no YAML: ${Predicate.isError(error) ? cut(firstLine(error.message), 300) : "?"}` })
  })
})

const firstLine = (text: string): string => text.split("\n")[0] ?? ""
