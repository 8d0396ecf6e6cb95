/**
 * `cdp-analytics plan export` and `plan import`: a plan in the formats of others.
 */

import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { outFlag, planFlag, writeOut } from "./planArguments.ts"
import { readPlan, tellLosses } from "./planFile.ts"
import { formats, outputs, writeFormat } from "./planFormats.ts"

export const exportPlan = Command.make(
  "export",
  {
    plan: planFlag,
    format: Flag.Literals("format", outputs).pipe(Flag.withDescription("What to write")),
    out: outFlag("Where to write it, for rudderstack-cli a folder")
  },
  Effect.fnUntraced(function* ({ plan: file, format, out }) {
    const { plan } = yield* readPlan(file)
    const written = yield* writeFormat[format](plan)
    yield* tellLosses(`${format} cannot hold all of it:`, written.losses)
    yield* writeOut(out, written)
  })
).pipe(
  Command.withDescription(
    "Write a plan in the format of another tool; what that cannot hold is told on standard error"
  ),
  Command.withExamples([
    {
      command: "cdp-analytics plan export --plan src/Shop.ts --format markdown --out docs/events.md",
      description: "The plan, for people"
    }
  ])
)

export const importPlan = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("A plan of another tool, as JSON or YAML, or a folder of YAML, or - for standard input")
    ),
    from: Flag.Literals("from", formats).pipe(
      Flag.withDescription("Its format; default: what it looks like"),
      Flag.optional
    ),
    out: outFlag("Where to write it")
  },
  Effect.fnUntraced(function* ({ file, from, out }) {
    const { plan } = yield* readPlan(file, Option.getOrUndefined(from))
    yield* writeOut(out, yield* writeFormat.typescript(plan))
  })
).pipe(
  Command.withDescription("Write the plan of another tool as TypeScript; what is lost is told on standard error"),
  Command.withExamples([
    { command: "cdp-analytics plan import segment.json > src/Shop.ts", description: "Move a plan of Segment" }
  ])
)
