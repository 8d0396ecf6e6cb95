/**
 * Help and wrong usage, as Effect's command line shows them, but that what was typed is printed as the words of others are.
 */

import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stdio from "effect/Stdio"
import { printable, printableName } from "../message/printable.ts"

/** Shows wrong usage with what was typed, but no key that stands where `--api-key` is no flag, and no password of a URL. */
const layerPresenter = Layer.effect(
  CliOutput.Presenter,
  Effect.gen(function* () {
    const { args } = yield* Stdio.Stdio
    const typed = yield* args
    const keys = typed.filter((_, index) => /^-.*key=?$/i.test(typed[index - 1] ?? ""))
    const tell = (text: string): string =>
      keys.includes(text)
        ? "…"
        : printableName(
            text
              .replace(/key=.*/is, "key=…")
              .replace(/(:\/\/).*@/s, "$1…@")
              .replace(/password=.*/is, "password=…")
          )
    return {
      present: (event) =>
        CliOutput.defaultPresenter.present(
          event._tag === "InvalidInvocation"
            ? { ...event, errors: event.errors.map((error) => retell(error, tell)) }
            : event
        )
    }
  })
)

const retell = (error: CliError.NonShowHelpErrors, tell: (text: string) => string): CliError.NonShowHelpErrors => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return new CliError.UnrecognizedOption({ ...error, option: tell(error.option) })
    case "UnknownSubcommand":
      return new CliError.UnknownSubcommand({ ...error, subcommand: tell(error.subcommand) })
    case "UnexpectedArgument":
      return new CliError.UnexpectedArgument({ ...error, arguments: error.arguments.map(tell) })
    case "InvalidValue":
      return new CliError.InvalidValue({ ...error, value: tell(error.value), expected: printable(error.expected) })
    default:
      return error
  }
}

/** `--wizard` prints the command line that it starts from, with a key in it, as it is. */
const layerFlags = CliConfig.layer({ builtIns: GlobalFlag.BuiltIns.filter((flag) => flag !== GlobalFlag.Wizard) })

export const layerUsage = Layer.merge(layerPresenter, layerFlags)
