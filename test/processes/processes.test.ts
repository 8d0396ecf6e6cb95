import { assert, describe, it } from "@effect/vitest"
import { type Fault, Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { isFull, repetitions } from "../support/repetitions.ts"
import { run } from "./run.ts"

/** The ids behind a word at the start of a line. */
const idsAfter = (word: string, output: string): ReadonlyArray<string> =>
  output.split("\n").flatMap((line) => (line.startsWith(`${word} `) ? line.slice(word.length + 1).split(" ") : []))

const shutdownMillis = 2000

const servers: ReadonlyArray<readonly [name: string, faults: ReadonlyArray<Fault>]> = [
  ["healthy", []],
  ["slow", [{ kind: "delay", millis: 300 }]],
  ["failing", [{ kind: "status", status: 503 }]],
  ["silent", [{ kind: "stall" }]]
]

/** One is no different from the other. */
const signals = isFull ? (["SIGTERM", "SIGINT"] as const) : (["SIGTERM"] as const)

describe("a process under load that is stopped", { concurrent: true }, () => {
  const stopped = Effect.fnUntraced(function* (endpoint: string, signal: NodeJS.Signals) {
    const { output, stopping } = yield* run(
      "load.ts",
      { CUSTOMERIO_ENDPOINT: endpoint, CUSTOMERIO_SHUTDOWN_TIMEOUT: `${shutdownMillis} millis` },
      { at: "tracking", signal }
    )
    assert.isBelow(stopping, shutdownMillis + 1000)
    const accepted = idsAfter("accepted", output)
    assert.isAtLeast(accepted.length, 50)
    return { accepted, undelivered: idsAfter("undelivered", output) }
  })

  it.live.each(servers.flatMap(([name, faults]) => signals.map((signal) => ({ name, faults, signal }))))(
    "with $signal, the server $name, leaves every message on the server or in its report",
    ({ faults, signal }) =>
      Effect.gen(function* () {
        yield* Simulator.setFaults(faults)
        const { accepted, undelivered } = yield* stopped((yield* Simulator).url, signal)
        const arrived = new Set((yield* Simulator.events).map((event) => String(event.message["messageId"])))
        const told = new Set(undelivered)
        assert.deepStrictEqual(
          accepted.filter((id) => !arrived.has(id) && !told.has(id)),
          []
        )
        assert.strictEqual(told.size, undelivered.length)
        if (faults.length === 0) assert.deepStrictEqual(undelivered, [])
      }).pipe(Effect.provide(Simulator.layerServer({}))),
    30_000
  )

  it.live(
    "with SIGTERM, the server gone, has every message in its report",
    () =>
      Effect.gen(function* () {
        const { url } = yield* Effect.provide(Simulator, Simulator.layerServer({}))
        const { accepted, undelivered } = yield* stopped(url, "SIGTERM")
        assert.deepStrictEqual(undelivered.toSorted(), accepted.toSorted())
      }),
    30_000
  )
})

describe("a program that tracks once and ends", () => {
  it.live(
    `delivers its message, ${repetitions.processes} times of ${repetitions.processes}`,
    () =>
      Effect.gen(function* () {
        const { url } = yield* Simulator
        const runs = yield* Effect.forEach(
          Array.from({ length: repetitions.processes }),
          () => run("main.ts", { CUSTOMERIO_ENDPOINT: url, COUNT: "1", WAIT: "false" }),
          { concurrency: 4 }
        )
        assert.isTrue(runs.every(({ code }) => code === 0))
        const ids = (yield* Simulator.events).map((event) => event.message["messageId"])
        assert.strictEqual(new Set(ids).size, repetitions.processes)
      }).pipe(Effect.provide(Simulator.layerServer({}))),
    300_000
  )
})

describe("a script that disposes of nothing", { concurrent: true }, () => {
  const env = { CUSTOMERIO_REQUEST_TIMEOUT: "25 seconds", CUSTOMERIO_FLUSH_INTERVAL: "1500 millis" }

  const script = (FLUSH: "true" | "false", faults: ReadonlyArray<Fault>) =>
    Effect.gen(function* () {
      yield* Simulator.setFaults(faults)
      const endpoint = (yield* Simulator).url
      const { code, stopping } = yield* run(
        "script.ts",
        { ...env, FLUSH, CUSTOMERIO_ENDPOINT: endpoint },
        { at: "the end" }
      )
      assert.strictEqual(code, 0)
      assert.strictEqual((yield* Simulator.events).filter(({ verdict }) => verdict === "accepted").length, 1)
      return stopping
    }).pipe(Effect.provide(Simulator.layerServer({})))

  it.live.each([
    ["at once", []],
    ["after a failure", [{ kind: "status", status: 503, times: 1 }]],
    ["after a broken connection", [{ kind: "resetBefore", times: 1 }]]
  ] as ReadonlyArray<readonly [string, ReadonlyArray<Fault>]>)(
    "ends when everything is delivered: %s",
    ([, faults]) => Effect.map(script("true", faults), (stopping) => assert.isBelow(stopping, 1000)),
    30_000
  )

  it.live(
    "lives until what waits is delivered",
    () => Effect.map(script("false", []), (stopping) => assert.isAbove(stopping, 1000)),
    30_000
  )
})
