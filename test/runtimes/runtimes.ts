/** The runtimes, and how the suite is run in each of them. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Clock, Data, Effect, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { build } from "esbuild"
import { Miniflare } from "miniflare"
import { chromium } from "playwright-core"
import { makePlaces } from "./places.ts"
import type { Places } from "./Receiver.ts"
import { Outcome } from "./suite.ts"

export interface Runtime {
  readonly name: string
  /** The tests that fail there, and why. They must fail, so that the table says what is so. */
  readonly failing: { readonly [test: string]: string }
  readonly run: Effect.Effect<ReadonlyArray<Outcome>, unknown, ChildProcessSpawner.ChildProcessSpawner>
}

class Broken extends Data.TaggedError("Broken")<{ readonly message: string }> {}

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const Package = Schema.fromJsonString(Schema.Struct({ version: Schema.String }))

const versionOf = (folder: string): string =>
  Schema.decodeUnknownSync(Package)(readFileSync(pathOf(`${folder}/package.json`), "utf8")).version

const decodeOutcomes = Schema.decodeUnknownEffect(Schema.Array(Outcome))
const parseOutcomes = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Outcome)))

/** Whatever it prints, and how long it lived after it had printed a line. */
const execute = Effect.fnUntraced(function* (command: string, args: ReadonlyArray<string>, env = {}) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const handle = yield* spawner.spawn(
    ChildProcess.make(command, args, { cwd: pathOf("."), env, extendEnv: true, stderr: "inherit", stdin: "ignore" })
  )
  let output = ""
  let saidAt = 0
  yield* Stream.runForEach(Stream.decodeText(handle.stdout), (text) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      output += text
      saidAt = now
    })
  )
  const code = yield* handle.exitCode
  return { code, output, lingered: (yield* Clock.currentTimeMillis) - saidAt }
}, Effect.scoped)

const settings = { CUSTOMERIO_API_KEY: "key", NO_COLOR: "1" }

/** Also what only programs can: with the client for Node, with the command line, and to end. */
const makeProcessRuntime = (
  name: string,
  command: string,
  args: ReadonlyArray<string>,
  failing: Runtime["failing"] = {}
): Runtime => ({
  name,
  failing,
  run: Effect.gen(function* () {
    const places = yield* makePlaces
    const suite = yield* execute(command, [...args, "process.ts", JSON.stringify(places)])
    if (suite.code !== 0) return yield* new Broken({ message: `${name} ended with ${suite.code}` })
    const cli = yield* execute(
      command,
      [...args, pathOf("../../dist/cli/main.js"), "send", "track", "--user-id", "ada", "--event", "bought"],
      { ...settings, CUSTOMERIO_ENDPOINT: places.endpoint }
    )
    return [
      ...(yield* parseOutcomes(suite.output)),
      outcome(
        "a client that nobody closes lets its program end",
        suite.lingered < 20_000,
        `after ${suite.lingered} ms`
      ),
      outcome("the command line", cli.code === 0, cli.output)
    ]
  }).pipe(Effect.scoped)
})

const outcome = (name: string, isGood: boolean, failure: string): Outcome => (isGood ? { name } : { name, failure })

const bundle = (file: string, options: { readonly format: "esm" | "iife"; readonly conditions: Array<string> }) =>
  Effect.map(
    Effect.tryPromise(() =>
      build({
        ...options,
        entryPoints: [pathOf(file)],
        bundle: true,
        minify: true,
        globalName: "suite",
        target: "es2022",
        write: false
      })
    ),
    ({ outputFiles: [file] }) => file?.text ?? ""
  )

const noServer = {
  "`Simulator.layerServer`":
    "Nothing can listen there, and it dies with a sentence that says so. `Simulator.layer()` works."
}

const workerd: Runtime = {
  name: `workerd ${versionOf("node_modules/workerd")}`,
  failing: noServer,
  run: Effect.gen(function* () {
    const places = yield* makePlaces
    const script = yield* bundle("worker.ts", { format: "esm", conditions: ["workerd", "worker", "browser"] })
    const worker = yield* Effect.acquireRelease(
      Effect.sync(() => new Miniflare({ modules: true, script, compatibilityDate: "2026-07-01" })),
      (worker) => Effect.promise(() => worker.dispose())
    )
    const outcomes: Array<Outcome> = []
    while (true) {
      const query = new URLSearchParams({ places: JSON.stringify(places), test: String(outcomes.length) })
      const response = yield* Effect.tryPromise(() => worker.dispatchFetch(`http://worker/?${query}`))
      const [next] = yield* Effect.flatMap(
        Effect.tryPromise(() => response.json()),
        decodeOutcomes
      )
      if (next === undefined) return outcomes
      outcomes.push(next)
    }
  }).pipe(Effect.scoped)
}

const browser: Runtime = {
  name: "Chromium",
  failing: { ...noServer, redirects: "A browser shows no script where a redirect points: the outcome is `Rejected`." },
  run: Effect.gen(function* () {
    const places = yield* makePlaces
    const script = yield* bundle("page.ts", { format: "iife", conditions: ["browser"] })
    const chromium = yield* launch
    return yield* Effect.flatMap(
      Effect.tryPromise(async () => {
        const page = await chromium.newPage()
        await page.goto(places.control)
        await page.addScriptTag({ content: script })
        return page.evaluate(`suite.run(${JSON.stringify(places satisfies Places)})`)
      }),
      decodeOutcomes
    )
  }).pipe(Effect.scoped)
}

const launch = Effect.acquireRelease(
  Effect.tryPromise(() => chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })),
  (browser) => Effect.promise(() => browser.close())
)

const nodeArgs = ["--disable-warning=ExperimentalWarning"]

export const runtimes: ReadonlyArray<Runtime> = [
  makeProcessRuntime(`Node ${versionOf("node_modules/node-22")}`, "node_modules/node-22/bin/node", nodeArgs),
  makeProcessRuntime(`Node ${versionOf("../../node_modules/node")}`, "../../node_modules/node/bin/node", nodeArgs),
  makeProcessRuntime(`Node ${versionOf("node_modules/node-26")}`, "node_modules/node-26/bin/node", nodeArgs),
  makeProcessRuntime(`Bun ${versionOf("node_modules/bun")}`, "node_modules/.bin/bun", [], {
    "the command line": "It says that it needs Node, which `bunx` runs it on if it is not told `--bun`."
  }),
  makeProcessRuntime(`Deno ${versionOf("node_modules/deno")}`, "node_modules/.bin/deno", ["run", "-A"]),
  workerd,
  browser
]
