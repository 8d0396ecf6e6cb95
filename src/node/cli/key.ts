import { Config, Console, Effect, Option, type Redacted, Stdio } from "effect"
import { Flag, Prompt } from "effect/cli"
import { failWith } from "./failure.ts"

export const keyFlag = Flag.Redacted("api-key").pipe(
  Flag.withDescription("The API key. Better in CUSTOMERIO_API_KEY: a flag stays in the history of your shell"),
  Flag.optional
)

/** The API key: of the environment, or asked for on a terminal; of the flag with a warning. */
export const readKey = Effect.fnUntraced(function* (flag: Option.Option<Redacted.Redacted<string>>) {
  if (Option.isSome(flag)) {
    yield* Console.error("warning: --api-key stays in the history of your shell; set CUSTOMERIO_API_KEY instead")
    return flag.value
  }
  const configured = yield* Config.option(Config.Redacted("CUSTOMERIO_API_KEY")).pipe(
    Effect.orElseSucceed(() => Option.none<Redacted.Redacted<string>>())
  )
  if (Option.isSome(configured)) return configured.value
  const { stdinIsTerminal } = yield* Stdio.Stdio
  if (!(yield* stdinIsTerminal)) {
    return yield* failWith(2, "No API key: set CUSTOMERIO_API_KEY to the key of a Data Pipelines source")
  }
  return yield* Prompt.run(Prompt.Password({ message: "API key of the source" }))
})
