import { Config, Effect, Option, type Redacted, Stdio } from "effect"
import { Flag, Prompt } from "effect/cli"
import { failWith } from "./failure.ts"
import { printError } from "./print.ts"

type Key = Redacted.Redacted<string>

export const keyFlag = Flag.Redacted("api-key").pipe(
  Flag.withDescription("The API key. Better in CUSTOMERIO_API_KEY: a flag stays in the history of your shell"),
  Flag.optional
)

/** The API key of the environment, or of the flag with a warning. */
export const readGivenKey = Effect.fnUntraced(function* (flag: Option.Option<Key>) {
  if (Option.isNone(flag)) {
    return yield* Effect.orElseSucceed(Config.option(Config.Redacted("CUSTOMERIO_API_KEY")), () => Option.none<Key>())
  }
  yield* printError("warning: --api-key stays in the history of your shell; set CUSTOMERIO_API_KEY instead")
  return flag
})

/** The API key as it was given, or as it is typed on a terminal. */
export const readKey = Effect.fnUntraced(function* (flag: Option.Option<Key>) {
  const given = yield* readGivenKey(flag)
  if (Option.isSome(given)) return given.value
  if (!(yield* isInteractive)) {
    return yield* failWith(2, "No API key: set CUSTOMERIO_API_KEY to the key of a Data Pipelines source")
  }
  return yield* Prompt.run(
    Prompt.Hidden({
      message: "API key of the source (not shown)",
      validate: (key) => (key === "" ? Effect.fail("The key is empty") : Effect.succeed(key))
    })
  )
})

/** Whether somebody is there to answer: a question in a pipe would be read by the next program. */
export const isInteractive = Effect.gen(function* () {
  const { stdinIsTerminal, stdoutIsTerminal } = yield* Stdio.Stdio
  return (yield* stdinIsTerminal) && (yield* stdoutIsTerminal)
})
