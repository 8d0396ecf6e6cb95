// The whole of the package, with its database clients, takes half as long again to start.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import { library } from "../message/library.ts"
import { printable } from "../message/printable.ts"
import { dev } from "./dev.ts"
import { doctor } from "./doctor.ts"
import { layerHttpClient } from "./httpClient.ts"
import { outbox } from "./outbox.ts"
import { plan } from "./plan.ts"
import { hasImported } from "./planModule.ts"
import { send } from "./send.ts"
import { layerUsage } from "./usage.ts"

const main = Command.make("cdp-analytics").pipe(
  Command.withDescription("Customer.io Data Pipelines from the command line"),
  Command.withSubcommands([send, dev, doctor, plan, outbox])
)

/** Ends where output cannot be written: whoever reads may have read enough, as in `cdp-analytics dev --json | head -1`. */
const endWithout = (error: Error): void =>
  process.exit("code" in error && error.code === "EPIPE" ? process.exitCode : 1)

/** Wrong usage is 2, as shells have it; help that was asked for is 0. */
const teardown: Runtime.Teardown = (exit, onExit) => {
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  const isWrongUsage = CliError.isCliError(error) && !(error._tag === "ShowHelp" && error.errors.length === 0)
  Runtime.defaultTeardown(exit, (code) => {
    // Whoever sends a signal does not wait for whoever reads.
    if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) return onExit(code)
    process.exitCode = isWrongUsage ? 2 : code
    afterOutput((failure) => {
      if (failure) return endWithout(failure)
      // What a plan's module has left running, such as a connection, is not waited for.
      if (process.exitCode !== 0 || hasImported()) process.exit()
    })
  })
}

/** A pipe takes 64 KB at once, and of the rest the end of a process makes nothing. */
const afterOutput = (end: (failure: Error | null | undefined) => void) =>
  process.stderr.write("", () => process.stdout.write("", end))

/** What nobody printed: a mistake of this program. `NodeRuntime` would print it as it is. */
const report = (cause: Cause.Cause<unknown>) =>
  Cause.hasInterruptsOnly(cause) || !Runtime.getErrorReported(Cause.squash(cause))
    ? Effect.void
    : Effect.logError(cause)

const logger = Logger.withConsoleError(Logger.map(Logger.formatLogFmt, printable))

process.stdout.on("error", endWithout)

main.pipe(
  Command.run({ version: library.version }),
  Effect.tapCause(report),
  Effect.provide(
    Layer.mergeAll(layerUsage, layerHttpClient, Logger.layer([logger])).pipe(Layer.provideMerge(NodeServices.layer))
  ),
  (program) => NodeRuntime.runMain(program, { teardown, disableErrorReporting: true })
)
