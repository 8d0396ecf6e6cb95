import { createServer } from "node:net"
import { setTimeout as wait } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect, Fiber, Predicate } from "effect"
import { freePort, listen } from "../support/listen.ts"
import { absentFile, accept, fileWith, inFile } from "./outboxFile.ts"
import { layerServer, received, secret, suite } from "./run.ts"
import { runHere } from "./runHere.ts"

/** Runs a relay against the simulator in the context. */
const relay = Effect.fnUntraced(function* (
  file: string,
  args: ReadonlyArray<string>,
  setting: Parameters<typeof runHere>[1] = {}
) {
  const { url } = yield* Simulator
  const env = {
    CUSTOMERIO_API_KEY: secret,
    CUSTOMERIO_ENDPOINT: url,
    CUSTOMERIO_FLUSH_INTERVAL: "50 millis",
    ...setting.env
  }
  return yield* runHere(["outbox", "--database", file, "relay", ...args], { ...setting, env })
})

const until = <A, E, R>(look: Effect.Effect<A | undefined, E, R>): Effect.Effect<A, E, R> =>
  Effect.filterOrElse(look, Predicate.isNotUndefined, () =>
    Effect.andThen(
      Effect.promise(() => wait(20)),
      until(look)
    )
  )

const get = (url: string) =>
  Effect.promise(async () => {
    try {
      const response = await fetch(url)
      return { status: response.status, body: await response.text() }
    } catch {
      return undefined
    }
  })

const arrived = (userIds: ReadonlyArray<string>) =>
  until(Effect.map(received, (messages) => (messages.length < userIds.length ? undefined : messages))).pipe(
    Effect.map((messages) =>
      assert.deepStrictEqual(
        messages.map((message) => message["userId"]),
        [...userIds]
      )
    )
  )

describe("outbox relay", suite, () => {
  it.live("delivers what waits and what comes, and tells of itself over HTTP", () =>
    Effect.gen(function* () {
      const file = yield* fileWith([], ["ada", "bob"])
      const port = yield* freePort
      const session = yield* Effect.forkChild(relay(file, ["--port", String(port), "--max-batch-size", "10"]))
      yield* arrived(["ada", "bob"])
      yield* inFile(file, (database) => accept(database, ["cleo"]))
      yield* arrived(["ada", "bob", "cleo"])

      const waitsForNothing = Effect.map(get(`http://127.0.0.1:${port}/health`), (answer) =>
        answer === undefined || JSON.parse(answer.body).waiting.messages > 0 ? undefined : answer
      )
      const { status, body } = yield* until(waitsForNothing)
      assert.strictEqual(status, 200)
      assert.deepInclude(JSON.parse(body), {
        healthy: true,
        outbox: file,
        server: "up",
        inFlight: 0,
        lastFailure: null
      })
      const metrics = yield* get(`http://127.0.0.1:${port}/metrics`)
      assert.match(metrics?.body ?? "", /^cdp_analytics_messages_delivered [1-9]/m)
      assert.strictEqual((yield* get(`http://127.0.0.1:${port}/other`))?.status, 404)

      yield* Fiber.interrupt(session)
      assert.isUndefined(yield* get(`http://127.0.0.1:${port}/health`))
      const { waiting, relays } = yield* inFile(file, (database) => database.report)
      assert.deepStrictEqual([waiting.messages, relays], [0, []])
    }).pipe(Effect.provide(layerServer))
  )

  it.live("makes the file where it is absent, and ignores what the environment says to who accepts", () =>
    Effect.gen(function* () {
      const file = yield* absentFile
      const port = yield* freePort
      const env = {
        CUSTOMERIO_QUEUE_CAPACITY: "5",
        CUSTOMERIO_QUEUE_BYTES: "50000",
        CUSTOMERIO_WHEN_FULL: "dropOldest",
        CUSTOMERIO_MAX_MESSAGE_BYTES: "100",
        CUSTOMERIO_DELIVERY_TIMEOUT: "1 hour",
        CUSTOMERIO_ALLOW_SUSPICIOUS_IDS: "true"
      }
      const session = yield* Effect.forkChild(
        relay(file, ["--port", String(port), "--dead-letter-retention", "90 days"], { env })
      )
      assert.strictEqual((yield* until(get(`http://127.0.0.1:${port}/health`))).status, 200)
      yield* Fiber.interrupt(session)
    }).pipe(Effect.provide(layerServer))
  )

  it.live.each([
    ["no key", [], { CUSTOMERIO_API_KEY: "" }, 2, /No API key/],
    ["an option out of range", ["--concurrency", "0"], {}, 2, /concurrency/],
    ["a port that is none", ["--port", "65536"], {}, 2, /--port/],
    ["a retention that is none", ["--dead-letter-retention", "soon"], {}, 2, /--dead-letter-retention/],
    ["a variable that cannot be read", [], { CUSTOMERIO_STRICT: "maybe" }, 2, /CUSTOMERIO_STRICT/],
    ["nothing may be sent", [], { CUSTOMERIO_ENABLED: "false" }, 1, /CUSTOMERIO_ENABLED is false/]
  ] as const)("does not begin with %s", ([, args, env, exitCode, words]) =>
    Effect.gen(function* () {
      const { code, err } = yield* relay(yield* absentFile, args, { env })
      assert.strictEqual(code, exitCode)
      assert.match(err, words)
    }).pipe(Effect.provide(layerServer))
  )

  it.live("says why it cannot listen", () =>
    Effect.gen(function* () {
      const port = yield* listen(createServer())
      const { code, err } = yield* relay(yield* absentFile, ["--port", String(port)])
      assert.strictEqual(code, 1)
      assert.include(err, `Cannot listen at port ${port} of 127.0.0.1: it is in use`)
    }).pipe(Effect.provide(layerServer))
  )
})
