import type { ChildProcess } from "node:child_process"
import type { ContenderName } from "../contenders/index.ts"
import { type Next, nextMessage, startProcess } from "../processes.ts"
import { type Server, startServer } from "../server/Server.ts"
import type { ToChild, ToParent } from "./child.ts"
import type { Scenario } from "./Scenario.ts"
import { type ScenarioName, scenarios } from "./scenarios.ts"

/** What a contender did in a scenario. */
export interface Result {
  readonly cell: string
  readonly isMet: boolean
}

/** A client that is loaded and waits for the start: loading would take processor time from the others' runs. */
export interface Prepared {
  readonly finish: () => Promise<Result>
}

export const prepare = async (name: ContenderName, scenarioName: ScenarioName, limitMs: number): Promise<Prepared> => {
  const scenario: Scenario = scenarios[scenarioName]
  const server = await startServer(scenario.server())
  const child = startProcess(
    new URL("child.ts", import.meta.url),
    [name, scenarioName, server.endpoint],
    ["--expose-gc"]
  )
  const first = await nextMessage<ToParent>(child, 60_000)
  return {
    finish: async () => {
      try {
        if (first === "gone" || first === "overdue") return failed("did not load")
        return first.message === "ready" ? await run(scenario, server, child, limitMs) : failed("-")
      } finally {
        child.kill("SIGKILL")
        server.close()
      }
    }
  }
}

const run = async (scenario: Scenario, server: Server, child: ChildProcess, limitMs: number): Promise<Result> => {
  server.start()
  const wholeMs = limitMs + (scenario.lastsMs ?? 0)
  const answer = await ask(child, "go", wholeMs)
  if (answer === "gone") return failed("its process died")
  if (answer === "overdue") return failed(`> ${wholeMs / 1000} s; ${await describeOverdue(server, child)}`)
  if (typeof answer.message === "string" || !("figures" in answer.message)) return failed("not measured")
  const { figures } = answer.message
  const record = server.record()
  const stored = [...record.stored.values()].filter((at) => at <= figures.settledAt).length
  const seen = { ...figures, server: record, stored }
  return { cell: scenario.cell(seen), isMet: !figures.hasRejected && scenario.isMet(seen) }
}

const describeOverdue = async (server: Server, child: ChildProcess): Promise<string> => {
  const report = await ask(child, "report", 1000)
  const isReport = typeof report === "object" && typeof report.message === "object" && "toldSoFar" in report.message
  return `${server.record().stored.size} stored, ${isReport ? report.message.toldSoFar : "?"} told`
}

const failed = (cell: string): Result => ({ cell, isMet: false })

const ask = (child: ChildProcess, order: ToChild, limitMs: number): Promise<Next<ToParent>> => {
  const answer = nextMessage<ToParent>(child, limitMs)
  child.send(order)
  return answer
}
