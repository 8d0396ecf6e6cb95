/**
 * Runs the suite in every runtime, and writes docs/runtimes.md; where `CI` is set, that must be what is there.
 *
 * npm start -- [part of a runtime's name]
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Config, Console, Data, Duration, Effect, FileSystem } from "effect"
import { type Row, withTable } from "./document.ts"
import { type Runtime, runtimes } from "./runtimes.ts"
import type { Outcome } from "./suite.ts"

class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

const docs = new URL("../../docs/runtimes.md", import.meta.url).pathname

/** What is not as the runtime says. */
const surprises = ({ failing }: Runtime, outcomes: ReadonlyArray<Outcome>): ReadonlyArray<string> => [
  ...outcomes.flatMap(({ name, failure }) => {
    if (failure === undefined) return Object.hasOwn(failing, name) ? [`${name}: works, and is said to fail`] : []
    return Object.hasOwn(failing, name) ? [] : [`${name}: ${failure}`]
  }),
  ...Object.keys(failing).flatMap((name) =>
    outcomes.some((outcome) => outcome.name === name) ? [] : [`${name}: is no test`]
  )
]

const run = Effect.fnUntraced(function* (runtime: Runtime) {
  const [duration, outcomes] = yield* Effect.timed(Effect.timeout(runtime.run, "3 minutes"))
  const found = surprises(runtime, outcomes)
  const seconds = Math.round(Duration.toSeconds(duration))
  yield* Console.log(
    `${runtime.name}: ${outcomes.length} tests in ${seconds} s${found.map((text) => `\n  ${text}`).join("")}`
  )
  if (found.length > 0) return yield* new Failed({ message: `${runtime.name} is not as it is said to be` })
  return { ...runtime, outcomes }
})

const main = Effect.gen(function* () {
  const [only] = process.argv.slice(2)
  const chosen = runtimes.filter(({ name }) => only === undefined || name.includes(only))
  if (chosen.length === 0) return yield* new Failed({ message: `no runtime is called ${only}` })

  const results = yield* Effect.validate(chosen, run, { concurrency: 2 })
  if (chosen.length < runtimes.length) return

  const fs = yield* FileSystem.FileSystem
  const rows: ReadonlyArray<Row> = (results[0]?.outcomes ?? []).map(({ name }) => ({
    name,
    cells: results.map(({ failing, outcomes }) =>
      outcomes.some((outcome) => outcome.name === name) ? (failing[name] ?? true) : false
    )
  }))
  const before = yield* fs.readFileString(docs)
  const after = withTable(
    before,
    results.map(({ name }) => name),
    rows
  )
  if (after === before) return
  if (yield* Config.withDefault(Config.Boolean("CI"), false)) {
    return yield* new Failed({ message: "docs/runtimes.md is out of date: npm run test:runtimes" })
  }
  yield* fs.writeFileString(docs, after)
})

main.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
