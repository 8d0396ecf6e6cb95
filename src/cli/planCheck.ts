/**
 * `cdp-analytics plan check`: a file of messages, held against a plan.
 */

import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { printableName } from "../message/printable.ts"
import type { PlannedEvent } from "../plan/model.ts"
import { failWith } from "./failure.ts"
import { checkInputs, eventsArgument, jsonFlag, planFlag, readLines } from "./planArguments.ts"
import { readPlan } from "./planFile.ts"
import { type EventTally, type Finding, PlanTally } from "./planTally.ts"
import { print } from "./print.ts"

export const check = Command.make(
  "check",
  {
    events: eventsArgument,
    plan: planFlag,
    unplanned: Flag.Literals("unplanned", ["fail", "report", "allow"]).pipe(
      Flag.withDescription("What the plan does not have is wrong, or is told, or is as good as any; default: report"),
      Flag.withDefault("report")
    ),
    json: jsonFlag
  },
  Effect.fnUntraced(function* (flags) {
    yield* checkInputs(flags.events, flags.plan)
    const { plan } = yield* readPlan(flags.plan)
    const tally = new PlanTally(plan)
    yield* readLines(flags.events, (line) => tally.add(line))
    const { lines, counts, events, unseen } = tally
    const findings = tally.findings.filter(({ kind }) => kind !== "unplanned" || flags.unplanned !== "allow")
    if (flags.json) {
      const report = { plan: plan.name, lines, ...counts, events, findings, unseen: unseen.map(nameOf) }
      yield* print(...JSON.stringify(report, null, 2).split("\n"))
    } else {
      yield* print(
        ...list("What came:", events.map(describeEvent)),
        ...list("What to look at, each with its first line:", findings.map(describeFinding)),
        ...list("Planned, and never sent:", unseen.map(nameOf).map(describe)),
        `${count(lines)}: ${describeCounts(counts)}`
      )
    }
    const wrong = counts.violating + counts.unreadable + (flags.unplanned === "fail" ? counts.unplanned : 0)
    if (wrong > 0) return yield* failWith(1, `Wrong by the plan ${JSON.stringify(plan.name)}: ${count(wrong)}`)
  })
).pipe(
  Command.withDescription(
    "Hold a file of messages against a plan: exit code 0 all are as it says, 1 some are not, 2 wrong usage"
  ),
  Command.withExamples([
    {
      command: "cdp-analytics plan check events.ndjson --plan src/Shop.ts --unplanned fail",
      description: "What was sent, against what was planned"
    }
  ])
)

/** Nobody reads more; `--json` has all. */
const maxShown = 100

const list = (heading: string, items: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (items.length === 0) return []
  const more = items.length > maxShown ? [`  and ${items.length - maxShown} more, which --json lists`] : []
  return [heading, ...items.slice(0, maxShown).map((item) => `  ${item}`), ...more, ""]
}

const count = (lines: number): string => (lines === 1 ? "1 line" : `${lines} lines`)

const describeCounts = ({ planned, violating, unplanned, reported, unreadable }: PlanTally["counts"]): string =>
  [
    `${planned} as planned`,
    `${violating} against the plan`,
    `${unplanned} unplanned`,
    ...(reported > 0 ? [`${reported} reported`] : []),
    `${unreadable} unreadable`
  ].join(", ")

const nameOf = ({ type, name, version, isVersioned }: PlannedEvent) => ({
  type,
  ...(name !== undefined && { name: printableName(name) }),
  ...(isVersioned && { version })
})

const describe = (named: { readonly type?: string; readonly name?: string; readonly version?: string | undefined }) =>
  [named.type, named.name === undefined ? undefined : JSON.stringify(named.name), named.version]
    .filter((word) => word !== undefined)
    .join(" ")

const describeEvent = (tally: EventTally): string => {
  const { lines, violating, unplanned } = tally
  const words = [
    count(lines),
    ...(violating > 0 ? [`${violating} against the plan`] : []),
    ...(unplanned > 0 ? [`${unplanned} unplanned`] : [])
  ]
  return `${describe(tally)}: ${words.join(", ")}`
}

const describeFinding = (finding: Finding): string => {
  const { kind, line, lines, path, reason } = finding
  const where = [describe(finding), path].filter((word) => word !== "").join(" ")
  return `line ${line}, ${kind}: ${where === "" ? "" : `${where}: `}${reason} (${count(lines)})`
}
