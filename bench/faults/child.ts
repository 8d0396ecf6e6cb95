/** The client's side of one run, in its own process: `child.ts <contender> <scenario> <endpoint>`. */
import { contenders, isContenderName } from "../contenders/index.ts"
import type { Figures, Scenario } from "./Scenario.ts"
import { isScenarioName, scenarios } from "./scenarios.ts"

/** What the parent is told: ready to start or not able to, what a run came to, or what was told when time was up. */
export type ToParent = "ready" | "unable" | { readonly figures: Figures } | { readonly toldSoFar: number }

export type ToChild = "go" | "report"

const [name, scenarioName, endpoint] = process.argv.slice(2)
if (!isContenderName(name) || !isScenarioName(scenarioName) || endpoint === undefined) {
  throw new Error("usage: child.ts <contender> <scenario> <endpoint>")
}

const tell = (message: ToParent): Promise<void> => new Promise((resolve) => process.send?.(message, () => resolve()))

const scenario: Scenario = scenarios[scenarioName]
const { make } = await contenders[name].load()
const contender = await make({ endpoint, batchSize: 20, flushIntervalMs: 5000, ...scenario.settings })

process.on("message", async (order: ToChild) => {
  await tell(order === "go" ? { figures: await scenario.client(contender) } : { toldSoFar: contender.told() })
  process.exit()
})

await tell(scenario.isFlush && contender.flush === undefined ? "unable" : "ready")
