import * as Config from "effect/Config"
import * as Flag from "effect/cli/Flag"
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stdio from "effect/Stdio"
import { problemOfKey, trimKey } from "../transport/apiKey.ts"
import { failWith } from "./failure.ts"
import { printError } from "./print.ts"
import { isElsewhere, isStandardInput, readText } from "./source.ts"

type Key = Redacted.Redacted<string>

const variable = "CUSTOMERIO_API_KEY"

export const keyFlag = Flag.Redacted("api-key").pipe(
  Flag.withMetavar("key|@file|-"),
  Flag.withDescription(
    `The API key, from a file (@key.txt) or from standard input (-). Better so or in ${variable}: as it is, it stays in the history of your shell, and ps shows it`
  ),
  Flag.optional
)

const checkKey = (exitCode: 1 | 2, from: string, key: Key) => {
  const problem = problemOfKey(Redacted.value(key))
  return problem === undefined ? Effect.succeed(trimKey(key)) : failWith(exitCode, `${from}: ${problem}`)
}

/** The API key of the environment, or of the flag; `exitCode` is for one of the environment that is none. */
export const readGivenKey = Effect.fnUntraced(function* (exitCode: 1 | 2, flag: Option.Option<Key>) {
  if (Option.isNone(flag)) {
    const key = yield* Effect.orElseSucceed(Config.option(Config.Redacted(variable)), () => Option.none<Key>())
    return Option.isNone(key) ? key : Option.some(yield* checkKey(exitCode, variable, key.value))
  }
  const source = Redacted.value(flag.value)
  if (!isElsewhere(source)) {
    yield* printError(
      `warning: --api-key stays in the history of your shell, and ps shows it: give it @file or -, or set ${variable}`
    )
    return Option.some(yield* checkKey(2, "--api-key", flag.value))
  }
  // The file is not named: what stands after an @ may be the key itself.
  const text = yield* Effect.catch(readText(source), ({ reason }) =>
    failWith(2, `--api-key: ${isStandardInput(source) ? "standard input" : "the file"} ${reason}`)
  )
  return Option.some(yield* checkKey(2, "--api-key", Redacted.make(text)))
})

/** The API key as it was given, or as it is typed on a terminal. */
export const readKey = Effect.fnUntraced(function* (flag: Option.Option<Key>) {
  const given = yield* readGivenKey(2, flag)
  if (Option.isSome(given)) return given.value
  if (!(yield* isInteractive)) {
    return yield* failWith(2, `No API key: set ${variable} to the key of a Data Pipelines source`)
  }
  return yield* Prompt.run(
    Prompt.Hidden({
      message: "API key of the source (not shown)",
      validate: (key) => {
        const problem = problemOfKey(key)
        return problem === undefined ? Effect.succeed(key) : Effect.fail(problem)
      }
    })
  )
})

/** Reads the key of a file again, for what runs on when it is changed; nothing where it has no other, or none at the moment. */
export const rereadKey = (flag: Option.Option<Key>): Effect.Effect<Key | undefined, never, Stdio.Stdio> => {
  const source = Option.isSome(flag) ? Redacted.value(flag.value) : ""
  if (!isElsewhere(source) || isStandardInput(source)) return Effect.undefined
  return readText(source).pipe(
    Effect.map((text) => (problemOfKey(text) === undefined ? trimKey(Redacted.make(text)) : undefined)),
    Effect.orElseSucceed(() => undefined)
  )
}

/** Whether somebody is there to answer: a question in a pipe would be read by the next program. */
export const isInteractive = Effect.gen(function* () {
  const { stdinIsTerminal, stdoutIsTerminal } = yield* Stdio.Stdio
  return (yield* stdinIsTerminal) && (yield* stdoutIsTerminal)
})

/** The first three characters, which tell keys apart; of a short key, of which they would be much, none. */
export const maskKey = (key: Key): string => {
  const text = Redacted.value(key)
  return text.length < 16 ? "…" : `${text.slice(0, 3)}…`
}
