// @effect-diagnostics globalTimers:off - a process is killed in the middle of what it says
import { join } from "node:path"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { OutboxSqlite } from "cdp-analytics-effect/node"
import { AnalyticsOutbox, OutboxRelay, OutboxStore } from "cdp-analytics-effect/outbox"
import { Effect, Layer, Redacted } from "effect"
import { silent } from "../support/logs.ts"
import { makeRandom } from "../support/random.ts"
import { isFull } from "../support/repetitions.ts"
import { brokenLaws, type Call } from "./laws.ts"
import { makeMoody } from "./moody.ts"
import { makeFolder, makeProgram, start } from "./program.ts"

/** Runs it until it has made so many calls, or for so long, and a little longer; then it is killed. */
const runAndKill = async (
  program: Parameters<typeof start>[0],
  env: Record<string, string>,
  calls: number,
  atMostMillis: number,
  millisMore: number
) => {
  let done = 0
  let isEnough = () => {}
  const enough = new Promise<void>((resolve) => {
    isEnough = resolve
  })
  const { child, ended, lines } = start(program, env, (line) => {
    if (line.startsWith("done") && ++done >= calls) setTimeout(isEnough, millisMore)
  })
  setTimeout(isEnough, atMostMillis)
  await Promise.race([enough, ended])
  assert.isNull(child.exitCode)
  child.kill("SIGKILL")
  await ended
  return lines
}

const runs = 200

/** At the same time, over one file. */
const chains = 3

describe.skipIf(!isFull)("a process that is killed", () => {
  it.live(
    "200 times has lost nothing, sent nothing that it refused, and kept the order of each person",
    () =>
      Effect.gen(function* () {
        const random = makeRandom(18)
        const server = yield* makeMoody(random)
        const program = yield* makeProgram("caller.ts")
        const filename = join(yield* makeFolder, "outbox.db")
        const calls = new Map<string, Call>()
        let run = 0
        let time = 0

        const hear = (line: string): void => {
          const [what, id = "", person = ""] = line.split(" ")
          if (what === "call") {
            calls.set(id, {
              id,
              person,
              isBad: Number(id.split("-").at(-1)) % 20 === 7,
              startedAt: time++,
              fate: "unknown"
            })
          } else {
            const call = calls.get(id)!
            call.fate = "accepted"
            call.endedAt = time++
          }
        }

        const chain = (number: number) =>
          Effect.promise(async () => {
            const people = ["ada", "bo", "cy"].map((name) => `${name}${number}`).join()
            while (run < runs) {
              const env = { NAME: `r${run++}`, PEOPLE: people, FILENAME: filename, ENDPOINT: server.endpoint }
              const [calls, millis] = random() < 0.2 ? [1000, random() * 400] : [1 + random() * 60, 20_000]
              const lines = await runAndKill(program, env, calls, millis, random() * 30)
              for (const line of lines) hear(line)
            }
          })
        yield* Effect.forEach(
          Array.from({ length: chains }, (_, number) => number),
          chain,
          { concurrency: chains }
        )

        server.isMoody = false
        const store = OutboxSqlite.layer({ filename })
        const relay = AnalyticsOutbox.layerRelay({
          apiKey: Redacted.make("k"),
          endpoint: server.endpoint,
          maxBatchSize: 500
        })
        yield* OutboxRelay.drain.pipe(
          Effect.provide(relay.pipe(Layer.provide([store, NodeHttpClient.layerUndici, silent]))),
          Effect.timeout("60 seconds")
        )
        const { open } = yield* Effect.provide(OutboxStore, store)
        const database = yield* open
        assert.strictEqual((yield* database.report).waiting.messages, 0)
        assert.strictEqual(database.usage().messages, 0)
        const dead = new Map((yield* database.dead({ limit: 100_000 })).map((letter) => [letter.messageId, letter]))
        const all = [...calls.values()]
        const accepted = all.filter(({ fate }) => fate === "accepted")
        const facts = { calls: all, arrivals: server.arrivals, dead, waiting: new Set<string>() }
        assert.deepStrictEqual(brokenLaws({ ...facts, isOrdered: true, mayRepeat: true }), [])
        assert.isAbove(accepted.length, 3000)
        assert.isAbove(dead.size, 50)
      }),
    180_000
  )
})
