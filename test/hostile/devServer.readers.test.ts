import { get } from "node:http"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { authorization, head, track } from "./connection.ts"

const layer = Simulator.layerServer({ page: true })

/** Sends without a socket. */
const post = (messages: ReadonlyArray<object>, headers: Record<string, string> = {}) =>
  Simulator.use(({ handle }) => {
    const body = Buffer.from(JSON.stringify({ batch: messages }))
    return handle({ method: "POST", path: "/v1/batch", headers: { authorization, ...headers }, body })
  })

/** So many events of 30 KB. */
const fill = Effect.fnUntraced(function* (batches: number) {
  const text = "x".repeat(30_000)
  for (let batch = 0; batch < batches; batch++) {
    yield* post(
      Array.from({ length: 16 }, (_, index) => track(`event-${batch * 16 + index + 1}`, { properties: { text } }))
    )
  }
})

/** Until there is time for what sockets bring. */
const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

const turns = (count: number) => Effect.repeat(turn, { times: count })

interface Reader {
  readonly status: number
  /** What it was told so far. */
  readonly text: () => string
  /** The id of the newest event that it was told of. */
  readonly newest: () => number
  readonly leave: () => void
}

const read = (query = "") =>
  Effect.flatMap(Simulator, ({ url }) =>
    Effect.callback<Reader>((resume) => {
      let text = ""
      let newest = 0
      let last = ""
      const asked = get(`${url}/_dev/events${query}`, { agent: false }, (response) => {
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part
          newest = Number([...(last + part).matchAll(/^id: \w+:(\d+)$/gm)].at(-1)?.[1] ?? newest)
          last = part.slice(-100)
        })
        resume(
          Effect.succeed({
            status: response.statusCode ?? 0,
            text: () => text,
            newest: () => newest,
            leave: () => void response.destroy()
          })
        )
      })
      asked.on("error", () => {})
    })
  )

const until = (is: () => boolean) => Effect.repeat(turn, { until: is })

const fetchText = (path: string) =>
  Effect.flatMap(Simulator, ({ url }) =>
    Effect.callback<string>((resume) => {
      get(`${url}${path}`, { agent: false }, (response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part
        })
        response.on("end", () => resume(Effect.succeed(text)))
      })
    })
  )

describe("readers of the events", { concurrent: false }, () => {
  it.effect("are a hundred at most, and who leaves makes room", () =>
    Effect.gen(function* () {
      const readers = yield* Effect.forEach(Array.from({ length: 100 }), () => read(), { concurrency: 10 })
      assert.deepStrictEqual([...new Set(readers.map(({ status }) => status))], [200])
      assert.strictEqual((yield* read()).status, 503)
      yield* post([track("e")])
      yield* until(() => readers.every(({ newest }) => newest() === 1))
      readers[0]?.leave()
      const next = yield* Effect.repeat(read(), { until: ({ status }) => status === 200 })
      yield* until(() => next.newest() === 1)
      for (const { leave } of [...readers, next]) leave()
    }).pipe(Effect.provide(layer))
  )

  it.effect("get each event written once, in pieces that are bounded, and miss none", () =>
    Effect.gen(function* () {
      yield* fill(2)
      const original = JSON.stringify
      let written = 0
      JSON.stringify = (value: unknown, ...rest: ReadonlyArray<unknown>) => {
        if (typeof value === "object" && value !== null && "verdict" in value) written++
        return Reflect.apply(original, JSON, [value, ...rest])
      }
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          JSON.stringify = original
        })
      )
      const readers = yield* Effect.forEach(Array.from({ length: 10 }), () => read(), { concurrency: "unbounded" })
      yield* post(Array.from({ length: 600 }, (_, index) => track(`event-${33 + index}`)))
      yield* until(() => readers.every(({ newest, text }) => newest() === 632 && text().endsWith("]\n\n")))
      assert.strictEqual(written, 632)
      for (const { text, leave } of readers) {
        const pieces = text().match(/^data: \[.*$/gm) ?? []
        assert.deepStrictEqual(
          pieces.flatMap((piece) => JSON.parse(piece.slice(6)).map(({ id }: { id: number }) => id)),
          Array.from({ length: 632 }, (_, index) => index + 1)
        )
        for (const piece of pieces) assert.isBelow(piece.length, 300_000)
        leave()
      }
    }).pipe(Effect.provide(layer))
  )

  it.effect("who take nothing are cut off after half a minute, and cost no more than what the kernel holds", () =>
    Effect.gen(function* () {
      yield* fill(40)
      const { url } = yield* Simulator
      const waiting = yield* read()
      yield* until(() => waiting.newest() === 640)
      const socket = yield* Effect.callback<ReturnType<typeof connect>>((resume) => {
        const opened = connect(Number(new URL(url).port), "127.0.0.1", () => {
          opened.write(head("GET /_dev/events", { host: "localhost" }))
          resume(Effect.succeed(opened))
        })
      })
      // It reads nothing yet: without a listener a socket is paused.
      yield* turns(200)
      yield* TestClock.adjust("29 seconds")
      yield* turns(20)
      yield* TestClock.adjust("2 seconds")
      yield* turns(20)
      let got = 0
      yield* Effect.callback<void>((resume) => {
        socket.on("data", (data) => {
          got += data.length
        })
        socket.on("close", () => resume(Effect.void))
        socket.on("error", () => {})
      })
      assert.isBelow(got, 12_000_000, "of 19 MB")
      // Who has read all waits as long as it takes.
      yield* TestClock.adjust("1 hour")
      yield* post([track("at last")])
      yield* until(() => waiting.text().includes("at last"))
      waiting.leave()
    }).pipe(Effect.provide(layer))
  )

  it.effect("are told of what was cleared before they came, and of nothing else that is gone", () =>
    Effect.gen(function* () {
      yield* post([track("first"), track("second")])
      const before = yield* read()
      yield* until(() => before.newest() === 2)
      const run = /^id: (\w+):2$/m.exec(before.text())?.[1]
      before.leave()
      const { url } = yield* Simulator
      const headers = { "content-type": "application/json" }
      yield* Effect.promise(() => fetch(`${url}/_dev/clear`, { method: "POST", headers }))
      yield* post([track("third")])
      const after = yield* read(`?after=${run}:2`)
      yield* until(() => after.newest() === 3)
      assert.match(after.text(), /data: false\n\nevent: cleared\ndata: 2\n\nid: \w+:3\n/)
      after.leave()
    }).pipe(Effect.provide(layer))
  )
})

describe("what the page asks for each second", () => {
  it.live("is bounded, however large the requests and the people are", () =>
    Effect.gen(function* () {
      const large = "x".repeat(15_000)
      for (let number = 0; number < 250; number++) {
        const identify = { type: "identify", userId: `user-${number}`, traits: { text: large } }
        yield* post([identify], { "x-large": large })
      }
      assert.isBelow((yield* fetchText("/_dev/state")).length, 200_000)
      const people = yield* fetchText("/_dev/people")
      assert.isBelow(people.length, 1_200_000)
      const { total, people: shown } = JSON.parse(people)
      assert.strictEqual(total, 250)
      assert.strictEqual(shown[0].userIds[0], "user-249")
      const found = JSON.parse(yield* fetchText("/_dev/people?find=USER-24"))
      assert.strictEqual(found.total, 11)
      // One by itself larger than all that is shown does not hide the others.
      for (let part = 0; part < 100; part++) {
        yield* post([{ type: "identify", userId: "heavy", traits: { [`part-${part}`]: large } }])
      }
      const others = JSON.parse(yield* fetchText("/_dev/people"))
      assert.strictEqual(others.total, 251)
      assert.include(
        others.people.map(({ userIds }: { userIds: ReadonlyArray<string> }) => userIds[0]),
        "user-249"
      )
    }).pipe(Effect.provide(layer))
  )
})
