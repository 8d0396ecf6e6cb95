import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { isFull } from "../support/repetitions.ts"
import { timeout } from "./settings.ts"

const megabyte = 1_000_000

const Waiting = Schema.Struct({ messages: Schema.Int, bytes: Schema.Int })
const Printed = Schema.fromJsonString(
  Schema.Struct({
    calls: Schema.Int,
    accepted: Schema.Int,
    requests: Schema.Int,
    waiting: Waiting,
    left: Waiting,
    delivered: Schema.Int,
    failed: Schema.Record(Schema.String, Schema.Int),
    heap: Schema.Array(Schema.Int),
    heapAfter: Schema.Int
  })
)

const runChild = (env: Record<string, string>) =>
  Effect.promise(() =>
    promisify(execFile)(process.execPath, ["--expose-gc", new URL("./memoryMain.ts", import.meta.url).pathname], {
      env: { ...process.env, ...env }
    })
  ).pipe(Effect.flatMap(({ stdout }) => Schema.decodeEffect(Printed)(stdout)))

describe.skipIf(!isFull)("the heap through an hour's outage", () => {
  it.live.each([
    { whenFull: "fail", status: 503 },
    { whenFull: "dropOldest", status: 500 }
  ])(
    "of $status is flat once the queue is full: $whenFull",
    ({ whenFull, status }) =>
      Effect.gen(function* () {
        const calls = 200
        const printed = yield* runChild({ CALLS: String(calls), WHEN_FULL: whenFull, STATUS: String(status) })
        const { heap, heapAfter, accepted, waiting, left, delivered, failed } = printed
        const growth = heap.map((bytes) => (bytes - heap[0]!) / megabyte)
        yield* Effect.log(`heap in MB: ${growth.map((grown) => grown.toFixed(1)).join(" ")}`)

        assert.isAtLeast(printed.calls, 18_000 + calls * 3000)
        assert.isAtMost(waiting.messages, 10_000)
        assert.isAtLeast(waiting.messages, 9_900)
        assert.deepStrictEqual(left, { messages: 0, bytes: 0 })
        if (whenFull === "fail") {
          assert.strictEqual(delivered, accepted)
          assert.deepStrictEqual(failed, {})
        } else {
          assert.strictEqual(accepted, printed.calls)
          assert.deepStrictEqual(failed, { Dropped: accepted - delivered })
          assert.isAtLeast(delivered, 9_900)
        }

        const settled = growth.slice(3)
        assert.isAtMost(Math.max(...settled) - Math.min(...settled), 4)
        assert.isAtMost(Math.max(...growth), 10_000 * 0.0004 + 16)
        assert.isAtMost((heapAfter - heap[0]!) / megabyte, 6)
      }),
    timeout
  )
})
