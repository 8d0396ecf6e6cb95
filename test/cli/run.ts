import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import { setTimeout as wait } from "node:timers/promises"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { compileCache } from "../support/compileCache.ts"
import { listen } from "../support/listen.ts"
import { isFull } from "../support/repetitions.ts"
import { runHere } from "./runHere.ts"

export const main = new URL("../../src/cli/main.ts", import.meta.url).pathname

export interface Options {
  readonly env?: Record<string, string>
  readonly stdin?: string
  /** Called with all output so far, each time there is more. */
  readonly onOutput?: (output: string, stop: (signal?: NodeJS.Signals) => void) => void
  /** Closes standard output after the first piece, as `head` does. */
  readonly isImpatient?: boolean
  /** Reads the next piece of standard output after a while. */
  readonly isSlow?: boolean
}

/** Runs a command of the command line: as a process of its own in test:full, within this one in npm test. */
export const runCommand = (args: ReadonlyArray<string>, options: Pick<Options, "env" | "stdin"> = {}) =>
  isFull ? run(args, options) : runHere(args, options)

/** Runs the command line as a process of its own. */
export const run = (
  args: ReadonlyArray<string>,
  { env = {}, stdin = "", onOutput, isImpatient, isSlow }: Options = {}
) =>
  Effect.promise(async () => {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("CUSTOMERIO_"))
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...Object.fromEntries(inherited), ...compileCache, ...env }
    })
    const stop = (signal: NodeJS.Signals = "SIGTERM") => child.kill(signal)
    child.stdout.setEncoding("utf8")
    child.stderr.setEncoding("utf8")
    let out = ""
    let err = ""
    child.stdout.on("data", (data) => {
      out += data
      onOutput?.(out + err, stop)
      if (isImpatient === true) child.stdout.destroy()
      if (isSlow === true) {
        child.stdout.pause()
        void wait(300).then(() => child.stdout.resume())
      }
    })
    child.stderr.on("data", (data) => {
      err += data
      onOutput?.(out + err, stop)
    })
    child.stdin.end(stdin)
    const [code] = await once(child, "close")
    return { code, out, err }
  })

export const secret = "a-secret-key"

/** Takes no key but `secret`. */
export const layerServer = Simulator.layerServer({ apiKeys: [secret] })

/** The messages that the simulator in the context has received. */
export const received = Effect.map(Simulator.events, (events) => events.map(({ message }) => message))

/** The address of a server that answers every request so, once it has read it. */
export const answering = Effect.fnUntraced(function* (answer: (response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    request.resume().on("end", () => answer(response))
  })
  const port = yield* listen(server)
  yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
  return `http://127.0.0.1:${port}`
})

/** Tests of one file run side by side, each with a server of its own. */
export const suite = { concurrent: true, timeout: 30_000 }
