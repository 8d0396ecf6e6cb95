import { assert, describe, it } from "@effect/vitest"
import { SemanticEvents } from "cdp-analytics-effect"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect, Exit } from "effect"
import { makeRandom, pick, type Random } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"

const texts = [
  "",
  "u",
  ...Object.values(SemanticEvents.names),
  "__proto__",
  "constructor",
  "\u0000\u001b[2J",
  "\ud800",
  "漢".repeat(30)
]

const ids = ["userId", "anonymousId", "messageId", "groupId", "previousId"]

const objects = ["traits", "properties", "context"]

const keys = [
  ...ids,
  ...objects,
  "type",
  "event",
  "device",
  "token",
  "email",
  "objectId",
  "relationshipAttributes",
  ...texts
]

const types = ["identify", "track", "page", "screen", "group", "alias"]

/** The text of JSON, which may have a key twice, and may be deep. */
const json = (random: Random, levels: number): string => {
  const some = <A>(make: () => A): Array<A> => Array.from({ length: Math.floor(random() * 5) }, make)
  switch (Math.floor(random() * (levels === 0 ? 4 : 10))) {
    case 0:
      return pick(random, ["null", "true", "0", "-0", "1e300", "1e999", "-1.5"])
    case 1:
    case 2:
    case 3:
      return JSON.stringify(random() < 0.03 ? "x".repeat(3000) : pick(random, texts))
    case 4:
      return `[${some(() => json(random, levels - 1)).join()}]`
    case 5: {
      const depth = pick(random, [2, 3, 20, 90, 200, 5000])
      return `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`
    }
    default:
      return record(random, levels)
  }
}

const record = (random: Random, levels: number): string => {
  const entries = Array.from({ length: Math.floor(random() * 5) }, () => {
    const key = pick(random, keys)
    const value = ids.includes(key) || key === "token" ? id(random) : json(random, levels - 1)
    return `${JSON.stringify(key)}:${value}`
  })
  return `{${entries.join()}}`
}

const id = (random: Random): string => JSON.stringify(pick(random, ["a", "b", "c", ...texts]))

const message = (random: Random): string => {
  if (random() < 0.05) return json(random, 2)
  const fields = [
    `"type":"${pick(random, types)}"`,
    `"event":${JSON.stringify(pick(random, texts))}`,
    ...ids.map((key) => `"${key}":${random() < 0.95 ? id(random) : json(random, 1)}`),
    ...objects.map((key) => `"${key}":${random() < 0.95 ? record(random, 3) : json(random, 3)}`)
  ]
  return `{${fields.filter(() => random() < 0.8).join()}}`
}

const body = (random: Random): string => {
  const messages = Array.from({ length: Math.floor(random() * (random() < 0.05 ? 80 : 8)) }, () => message(random))
  const context = random() < 0.3 ? `,"context":${json(random, 3)}` : ""
  return random() < 0.05 ? json(random, 3) : `{"batch":[${messages.join()}]${context}}`
}

describe("the simulator", () => {
  it.effect(
    "answers whatever comes, and keeps within its bounds",
    () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const random = makeRandom(14)
        const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length
        const verdicts: Record<string, number> = {}
        for (let request = 0; request < repetitions.hostileRequests; request++) {
          const text = body(random)
          const answer = yield* Effect.exit(
            simulator.handle({
              method: "POST",
              path: random() < 0.8 ? "/v1/batch" : `/v1/${pick(random, types)}`,
              headers: { authorization: "Basic azo=", ...(random() < 0.2 && { "x-strict-mode": "1" }) },
              body: new TextEncoder().encode(text)
            })
          )
          assert.isTrue(Exit.isSuccess(answer), text)
          if (Exit.isSuccess(answer) && answer.value._tag === "Respond") {
            assert.include([200, 400], answer.value.status)
            assert.isBelow(answer.value.body.length, 3000)
          }
          if (request % 25 > 0) continue
          const kept = yield* Effect.all([simulator.events, simulator.requests, simulator.people, simulator.objects])
          for (const some of kept) assert.isBelow(bytesOf(some), 50_000)
          for (const { message, verdict } of kept[0]) {
            assert.isBelow(bytesOf(message), 2500)
            verdicts[verdict] = (verdicts[verdict] ?? 0) + 1
          }
          for (const { reason } of kept[1]) assert.isBelow(reason?.length ?? 0, 3000)
        }
        assert.notProperty({}, "a")
        for (const verdict of ["accepted", "duplicate", "refused"]) assert.isAbove(verdicts[verdict] ?? 0, 10, verdict)
      }).pipe(
        Effect.provide(
          Simulator.layer({ keepBytes: 50_000, maxMessageBytes: 1000, maxBatchBytes: 100_000, maxBatchSize: 50 })
        )
      ),
    120_000
  )
})
