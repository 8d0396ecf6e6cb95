/**
 * `cdp-analytics plan diff`: what is otherwise in a newer plan, and what of it breaks senders.
 */

import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { failWith } from "./failure.ts"
import { checkInputs, jsonFlag } from "./planArguments.ts"
import { type Change, changesOf } from "./planChanges.ts"
import { readPlan } from "./planFile.ts"
import { print } from "./print.ts"

export const diff = Command.make(
  "diff",
  {
    older: Argument.String("old").pipe(Argument.withDescription("The plan that senders keep to")),
    newer: Argument.String("new").pipe(Argument.withDescription("The one that is to be")),
    json: jsonFlag
  },
  Effect.fnUntraced(function* ({ older, newer, json }) {
    yield* checkInputs(older, newer)
    const before = yield* readPlan(older)
    const after = yield* readPlan(newer)
    const changes = changesOf(before.plan, after.plan)
    const breaking = changes.filter(({ breaks }) => breaks)
    if (json) yield* print(...JSON.stringify(changes, null, 2).split("\n"))
    else yield* print(...(changes.length === 0 ? ["Nothing is otherwise."] : changes.map(describe)))
    if (breaking.length > 0)
      return yield* failWith(1, `Breaks senders: ${breaking.length} of ${changes.length} changes`)
  })
).pipe(
  Command.withDescription(
    "Compare two plans: what is added, removed, narrowed and widened; exit code 0 nothing breaks senders, 1 something does, 2 wrong usage"
  ),
  Command.withExamples([
    {
      command: "git show main:plan.json | cdp-analytics plan diff - plan.json",
      description: "What a branch does to a plan"
    }
  ])
)

const describe = ({ kind, breaks, type, name, version, path, reason }: Change): string => {
  const event = [type, name === undefined ? undefined : JSON.stringify(name), version]
  const where = [...event, path].filter((word) => word !== undefined && word !== "").join(" ")
  return `${breaks ? "breaks" : "      "}  ${kind.padEnd(10)}  ${where}${reason === "" ? "" : `: ${reason}`}`
}
