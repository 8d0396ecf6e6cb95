/**
 * A plan in a file of TypeScript or JavaScript. It is code of the user's own, which this program runs: it may print, end the
 * process, never end, and use a copy of this library that is not this one.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { registerHooks } from "node:module"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { cut } from "../message/printable.ts"
import type { Plan } from "../plan/model.ts"

/** Why there is no plan in a file, to be said after its name, and the files that were read for it. */
export class NoPlan extends Data.TaggedError("NoPlan")<{
  readonly reason: string
  readonly files?: ReadonlyArray<string>
}> {}

/** What waits for something else meanwhile, such as a database, may wait for ever. */
const patience = "30 seconds"

/** The plan that a module exports, and the files that it was made of, but those of packages. */
export const importPlan = Effect.fnUntraced(function* (path: string) {
  const files = new Set([path])
  const fail = (reason: string) => new NoPlan({ reason, files: [...files] })
  const plan = yield* Effect.tryPromise({
    try: async () => choosePlan(await importFresh(path, files)),
    catch: (error) => fail(explainThrown(error))
  }).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => Effect.fail(fail(`was not loaded within ${patience}: it awaits something`))
    })
  )
  if (typeof plan === "string") return yield* fail(plan)
  return { plan, files: [...files] }
})

/** The one that is exported by default, or the only one; otherwise why there is none. */
const choosePlan = (exports: Readonly<Record<string, unknown>>): Plan | string => {
  const byDefault = exports["default"]
  const chosen = planOf(byDefault)
  if (chosen !== undefined) return chosen
  // What CommonJS exports may be in there.
  const named = Object.entries({ ...(Predicate.isObject(byDefault) && byDefault), ...exports })
  const plans = new Map(
    named.flatMap(([name, value]) => {
      const plan = planOf(value)
      return plan === undefined ? [] : [[plan, name] as const]
    })
  )
  const [only, ...others] = plans.keys()
  if (only === undefined) {
    const names = named.flatMap(([name]) => (name === "module.exports" ? [] : [name])).join(", ")
    return `exports no plan: Expected one of Plan.make, or a class of Plan.Service${names === "" ? "" : `, not only ${names}`}`
  }
  if (others.length === 0) return only
  return `exports several plans, ${[...plans.values()].join(", ")}: make one the default, or one of all with Plan.merge`
}

/** By shape: it may be of another copy of this library. */
const planOf = (value: unknown): Plan | undefined => {
  if (isPlan(value)) return value
  return Predicate.hasProperty(value, "plan") && isPlan(value.plan) ? value.plan : undefined
}

const isPlan = (value: unknown): value is Plan =>
  Predicate.hasProperty(value, "events") &&
  Array.isArray(value.events) &&
  value.events.every(isEvent) &&
  Predicate.hasProperty(value, "types") &&
  value.types instanceof Set &&
  Predicate.hasProperty(value, "name") &&
  Predicate.isString(value.name)

const isEvent = (value: unknown): boolean =>
  Predicate.hasProperty(value, "type") &&
  Predicate.isString(value.type) &&
  Predicate.hasProperty(value, "fields") &&
  Predicate.isObject(value.fields) &&
  Object.values(value.fields).every(Schema.isSchema)

/** Where this program is. */
const here = new URL("../", import.meta.url).href

let loads = 0

/** Whether code of others has run here. */
export const hasImported = (): boolean => loads > 0

/**
 * A module, anew each time, with the files that it imports, which are added to `files`, but not packages: what is its own has
 * a mark in its address, by which what that imports is told.
 */
const importFresh = async (path: string, files: Set<string>): Promise<Readonly<Record<string, unknown>>> => {
  const mark = `plan=${++loads}`
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context)
      const isOwn =
        resolved.url.startsWith("file:") && !resolved.url.includes("/node_modules/") && !resolved.url.startsWith(here)
      if (!isOwn || context.parentURL?.endsWith(mark) !== true) return resolved
      const url = new URL(resolved.url)
      url.search = mark
      files.add(fileURLToPath(url))
      return { ...resolved, url: url.href }
    }
  })
  const url = pathToFileURL(path)
  url.search = mark
  guardProcess()
  const restore = setSignalsFree()
  try {
    return await guarded.run(true, () => import(url.href))
  } finally {
    restore()
    hooks.deregister()
  }
}

/** A module that never ends lets no handler of a signal run: without one, the system ends the process. */
const setSignalsFree = (): (() => void) => {
  const handlers = (["SIGINT", "SIGTERM"] as const).map((signal) => [signal, process.listeners(signal)] as const)
  for (const [signal] of handlers) process.removeAllListeners(signal)
  return () => {
    for (const [signal, listeners] of handlers) for (const listener of listeners) process.on(signal, listener)
  }
}

const guarded = new AsyncLocalStorage<true>()
let isGuarding = false

/** What is printed by a module that is loaded goes to standard error, and it does not end the process, which would look well. */
const guardProcess = (): void => {
  if (isGuarding) return
  isGuarding = true
  const { stdout, stderr } = process
  stdout.write = new Proxy(stdout.write, {
    apply: (write, self, args) =>
      guarded.getStore() === true ? Reflect.apply(stderr.write, stderr, args) : Reflect.apply(write, self, args)
  })
  process.exit = new Proxy(process.exit, {
    apply: (exit, self, args) => {
      if (guarded.getStore() === true) throw new Error("it calls process.exit")
      return Reflect.apply(exit, self, args)
    }
  })
}

const explainThrown = (error: unknown): string => {
  const message = Predicate.hasProperty(error, "message") ? cut(String(error.message), 1000) : ""
  const [words = ""] = message.split("\n")
  if (Predicate.isTagged(error, "InvalidPlan")) return `has no plan: ${message}`
  const code = Predicate.hasProperty(error, "code") ? String(error.code) : ""
  const missing = /Cannot find package '((?:@[^/']+\/)?[^/']+)/.exec(words)?.[1]
  if (missing === "cdp-analytics-effect" || missing === "effect") {
    return `imports ${missing}, which is not installed there: npm install cdp-analytics-effect effect`
  }
  const place = placeOf(error)
  switch (code) {
    case "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX":
      return `cannot be run: Node strips types, and no more${place}: ${words}`
    case "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING":
      return "cannot be run: Node strips no types in node_modules: give a file of JavaScript"
    case "ERR_UNKNOWN_FILE_EXTENSION":
      return `cannot be run: ${words.replace(/\?plan=\d+/g, "")}`
  }
  if (code.startsWith("ERR_INVALID_TYPESCRIPT") || error instanceof SyntaxError) return `has an error${place}: ${words}`
  const name = Predicate.hasProperty(error, "name") ? `${String(error.name)}: ` : ""
  return message === ""
    ? "threw something when it was loaded"
    : `threw${place} ${name}${words.replace(/\?plan=\d+/g, "")}`
}

/** Where an error says that it is, but for packages. */
const placeOf = (error: unknown): string => {
  const stack = Predicate.hasProperty(error, "stack") ? String(error.stack) : ""
  // Of what Node cannot parse: an address where the module's kind is known, and otherwise a path.
  const [, file, at] = /^((?:file:\/\/|\/|[A-Z]:)[^\n]+?)(?:\?plan=\d+)?:(\d+)\n/.exec(stack) ?? []
  if (file !== undefined) return ` at ${file.startsWith("file:") ? fileURLToPath(file) : file}:${at}`
  for (const [, url = "", line] of stack.matchAll(/(file:\/\/[^\s()?]+)(?:\?plan=\d+)?:(\d+):\d+/g)) {
    if (!url.includes("/node_modules/") && !url.startsWith(here)) return ` at ${fileURLToPath(url)}:${line}`
  }
  return ""
}
