import { execFile } from "node:child_process"
import { createServer as createHttpServer } from "node:http"
import { createServer } from "node:net"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Config, Effect, Schema, Semaphore } from "effect"
import { compileCache } from "../support/compileCache.ts"
import { freePort, listen } from "../support/listen.ts"
import { isFull, repetitions } from "../support/repetitions.ts"

const callsOf = (byDefault: number) => Config.Int("MEMORY_CALLS").pipe(Config.withDefault(byDefault))

// Each child measures how long its calls take, so there are no more at a time than even a small machine has processors.
const turns = Semaphore.makeUnsafe(2)

const megabyte = 1_000_000

/** A message of `main.ts` on the wire, about. */
const messageBytes = 330

const Printed = Schema.fromJsonString(
  Schema.Struct({
    results: Schema.Record(Schema.String, Schema.Int),
    report: Schema.Struct({ delivered: Schema.Int, failed: Schema.Record(Schema.String, Schema.Int) }),
    heap: Schema.Array(Schema.Int),
    heapAfter: Schema.Int,
    p50: Schema.Finite,
    p99: Schema.Finite,
    closeMillis: Schema.Finite
  })
)

/** A port where nothing listens, or one where a server takes everything in and never answers. */
const portOf = (server: "gone" | "silent") =>
  server === "gone"
    ? freePort
    : listen(createServer((socket) => void socket.on("error", () => socket.destroy()).resume()))

const runChild = (endpoint: string, calls: number, env: Record<string, string>) =>
  Effect.promise(() =>
    promisify(execFile)(process.execPath, ["--expose-gc", new URL("./main.ts", import.meta.url).pathname], {
      env: {
        ...process.env,
        ...compileCache,
        CUSTOMERIO_API_KEY: "k",
        CUSTOMERIO_ENDPOINT: endpoint,
        CALLS: String(calls),
        SAMPLES: String(repetitions.heapSamples),
        ...env
      },
      maxBuffer: 10 * megabyte
    })
  ).pipe(
    turns.withPermit,
    Effect.flatMap(({ stdout }) => Schema.decodeEffect(Printed)(stdout))
  )

/** In MB, since before the first call. */
const growthOf = ({ heap, heapAfter, p50, p99 }: typeof Printed.Type, calls: number) => {
  const since = (bytes: number) => (bytes - heap[0]!) / megabyte
  const growth = heap.map(since)
  return Effect.as(
    Effect.log(
      `heap in MB over ${calls} calls: ${growth.map((grown) => grown.toFixed(1)).join(" ")}, ` +
        `${since(heapAfter).toFixed(1)} when closed; us a call: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}`
    ),
    growth
  )
}

/** One that is gone is quicker to refuse, and otherwise no different. */
const servers = isFull ? (["gone", "silent"] as const) : (["silent"] as const)

const scenarios = servers.flatMap((server) =>
  (["fail", "dropOldest"] as const).flatMap((whenFull) => [
    // 10,000 messages by default; and as many as have 8 MB.
    ...(isFull || whenFull === "fail"
      ? [{ server, whenFull, bounded: "number" as const, bound: 10_000 * messageBytes, env: {} }]
      : []),
    ...(isFull || whenFull === "dropOldest"
      ? [
          {
            server,
            whenFull,
            bounded: "bytes" as const,
            bound: 8 * megabyte,
            env: { CUSTOMERIO_QUEUE_BYTES: String(8 * megabyte), CUSTOMERIO_QUEUE_CAPACITY: "1000000" }
          }
        ]
      : [])
  ])
)

describe("a great many calls while the server is", { concurrent: true }, () => {
  it.live.each(scenarios)(
    "$server: $whenFull, bounded in $bounded",
    ({ server, whenFull, bound, env }) =>
      Effect.gen(function* () {
        const calls = yield* callsOf(repetitions.callsUntaken)
        const endpoint = `http://127.0.0.1:${yield* portOf(server)}`
        const printed = yield* runChild(endpoint, calls, { ...env, CUSTOMERIO_WHEN_FULL: whenFull })
        const { results, report, heap, heapAfter, p99, closeMillis } = printed
        const growth = yield* growthOf(printed, calls)

        // Every call has an end, and every accepted message an outcome.
        const { accepted = 0, ...refused } = results
        const { delivered, failed } = report
        assert.strictEqual(delivered, 0)
        assert.strictEqual(sum(failed), accepted)
        assert.strictEqual(accepted + sum(refused), calls)
        if (whenFull === "fail") {
          assert.deepStrictEqual(Object.keys(refused), ["QueueFull"])
          assert.isUndefined(failed["Dropped"])
        } else {
          assert.deepStrictEqual(refused, {})
          assert.isAbove(failed["Dropped"] ?? 0, 0)
        }

        // Flat, at the bound.
        const settled = growth.slice(Math.ceil(growth.length / 2))
        assert.isAtMost(Math.max(...growth), bound / megabyte + 16)
        assert.isAtMost(Math.max(...settled) - Math.min(...settled), 4)
        assert.isAtMost((heapAfter - heap[0]!) / megabyte, 6)

        assert.isBelow(p99, 1000)
        assert.isBelow(closeMillis, 1500)
      }),
    120_000
  )
})

describe("a great many calls while the server takes them", () => {
  it.live(
    "leave nothing behind",
    () =>
      Effect.gen(function* () {
        const calls = yield* callsOf(repetitions.callsTaken)
        const server = createHttpServer((request, response) => {
          request.resume().on("end", () => response.end("{}"))
        })
        const endpoint = `http://127.0.0.1:${yield* listen(server)}`
        const printed = yield* runChild(endpoint, calls, { CUSTOMERIO_WHEN_FULL: "wait", DRAINED: "true" })
        const growth = yield* growthOf(printed, calls)
        assert.deepStrictEqual(printed.results, { accepted: calls })
        // The first samples are the program's own code, as it is compiled.
        const settled = growth.slice(Math.ceil(growth.length / 4))
        assert.isAtMost(Math.max(...settled) - Math.min(...settled), 3)
      }),
    120_000
  )
})

const sum = (counts: { readonly [name: string]: number }): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)
