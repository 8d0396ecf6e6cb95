/**
 * `cdp-analytics plan infer`: a plan of what was really sent.
 */

import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { failWith } from "./failure.ts"
import { Inference } from "./inference.ts"
import { eventsArgument, outFlag, readLines, writeOut } from "./planArguments.ts"
import { nameOf } from "./planFile.ts"
import { writeFormat } from "./planFormats.ts"
import { printError } from "./print.ts"

export const infer = Command.make(
  "infer",
  {
    events: eventsArgument,
    name: Flag.String("name").pipe(
      Flag.withDescription("The plan's name; default: Events"),
      Flag.withDefault("Events")
    ),
    out: outFlag("Where to write it")
  },
  Effect.fnUntraced(function* ({ events, name, out }) {
    const inference = new Inference()
    yield* readLines(events, (line) => inference.add(line))
    const { plan, notes } = inference.infer(name)
    if (notes.length > 0) yield* printError(...notes)
    if (inference.isEmpty) return yield* failWith(1, `${nameOf(events)} has nothing to plan`)
    yield* writeOut(out, yield* writeFormat.typescript(plan))
  })
).pipe(
  Command.withDescription(
    "Write a plan of what was really sent, as TypeScript: types, what is always there, and enums where a value was seen often"
  ),
  Command.withExamples([
    { command: "cdp-analytics plan infer events.ndjson > src/Shop.ts", description: "Begin a plan with what there is" }
  ])
)
