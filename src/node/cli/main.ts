#!/usr/bin/env node
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Effect, Exit, Runtime } from "effect"
import { CliError, Command } from "effect/cli"
import { library } from "../../internal/version.ts"
import { dev } from "./dev.ts"
import { doctor } from "./doctor.ts"
import { send } from "./send.ts"

const main = Command.make("cdp-analytics").pipe(
  Command.withDescription("Customer.io Data Pipelines from the command line"),
  Command.withSubcommands([send, dev, doctor])
)

/** Wrong usage is 2, as shells have it; help that was asked for is 0. */
const teardown: Runtime.Teardown = (exit, onExit) => {
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  const isWrongUsage = CliError.isCliError(error) && !(error._tag === "ShowHelp" && error.errors.length === 0)
  return isWrongUsage ? onExit(2) : Runtime.defaultTeardown(exit, onExit)
}

main.pipe(Command.run({ version: library.version }), Effect.provide(NodeServices.layer), (program) =>
  NodeRuntime.runMain(program, { teardown })
)
