import { NodeServices } from "@effect/platform-node"
import {
  Cause,
  ConfigProvider,
  Console,
  Effect,
  Exit,
  Layer,
  Option,
  Queue,
  Runtime,
  Stdio,
  Stream,
  Terminal
} from "effect"
import { CliError, Command } from "effect/cli"
import { dev } from "../../src/cli/dev.ts"
import { doctor } from "../../src/cli/doctor.ts"
import { layerHttpClient } from "../../src/cli/httpClient.ts"
import { outbox } from "../../src/cli/outbox.ts"
import { plan } from "../../src/cli/plan.ts"
import { send } from "../../src/cli/send.ts"
import { layerUsage } from "../../src/cli/usage.ts"

const main = Command.make("cdp-analytics").pipe(Command.withSubcommands([send, dev, doctor, plan, outbox]))

interface Setting {
  readonly env?: Record<string, string>
  readonly stdin?: string
  readonly onPrint?: (words: string) => void
  /** What is shown to somebody who is at a terminal, and says no. */
  readonly onAsk?: (words: string) => void
}

const queueOf = <A>(item: A) =>
  Effect.tap(Queue.unbounded<A, Cause.Done>(), (queue) => Effect.sync(() => Queue.offerUnsafe(queue, item)))

/** Runs a command within this process, and returns its exit code and what it printed, to each output and to both. */
export const runHere = Effect.fnUntraced(function* (args: ReadonlyArray<string>, setting: Setting = {}) {
  const { env = {}, stdin = "", onPrint = () => undefined, onAsk } = setting
  const isTerminal = Effect.succeed(onAsk !== undefined)
  const printed = { out: "", err: "", output: "" }
  const printTo =
    (where: "out" | "err") =>
    (...words: ReadonlyArray<unknown>) => {
      const line = words.join(" ")
      printed[where] += `${line}\n`
      printed.output += `${line}\n`
      onPrint(line)
    }
  const layerTerminal = Layer.merge(
    Stdio.layerTest({
      args: Effect.succeed(args),
      stdin: Stream.make(new TextEncoder().encode(stdin)),
      stdinIsTerminal: isTerminal,
      stdoutIsTerminal: isTerminal
    }),
    Layer.succeed(
      Terminal.Terminal,
      Terminal.make({
        size: queueOf({ columns: 80, rows: 24 }),
        columns: Effect.succeed(80),
        rows: Effect.succeed(24),
        readInput: queueOf({ input: Option.some("n"), key: { name: "n", ctrl: false, meta: false, shift: false } }),
        readLine: Effect.succeed("n"),
        display: (text) => Effect.sync(() => onAsk?.(text))
      })
    )
  )
  const layer = Layer.mergeAll(
    Layer.provideMerge(layerHttpClient, ConfigProvider.layer(ConfigProvider.fromEnv({ env }))),
    Layer.succeed(Console.Console, { ...(yield* Console.Console), log: printTo("out"), error: printTo("err") }),
    Layer.provideMerge(layerUsage, Layer.merge(NodeServices.layer, layerTerminal))
  )
  const exit = yield* Command.runWith(main, { version: "0" })(args).pipe(Effect.exit, Effect.provide(layer))
  if (Exit.isSuccess(exit)) return { code: 0, ...printed }
  const error = Cause.squash(exit.cause)
  return { code: CliError.isCliError(error) ? 2 : Runtime.getErrorExitCode(error), ...printed }
})
