import { type ContenderName, contenders } from "../contenders/index.ts"
import type { Result } from "./run.ts"
import type { Scenario } from "./Scenario.ts"
import { type ScenarioName, scenarios } from "./scenarios.ts"

export type Results = ReadonlyMap<ScenarioName, ReadonlyMap<ContenderName, Result>>

/** The rows as Markdown; this library comes last, beside what it must reach. */
export const makeTable = (results: Results, names: ReadonlyArray<ContenderName>): string => {
  const peers = names.filter((name) => name !== "ours-node")
  const head = [
    "scenario",
    ...peers.map((name) => contenders[name].title),
    "it must",
    contenders["ours-node"].title,
    ""
  ]
  const rows = [...results].map(([scenarioName, cells]) => {
    const scenario: Scenario = scenarios[scenarioName]
    const ours = cells.get("ours-node")
    return [
      scenario.title,
      ...peers.map((name) => cells.get(name)?.cell ?? ""),
      scenario.requirement,
      ours === undefined ? "" : `**${ours.cell}**`,
      ours === undefined ? "" : ours.isMet ? "✓" : "✗"
    ]
  })
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
}
