import { assert, describe, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { Simulator, type SimulatorServerOptions } from "cdp-analytics-effect/simulator"
import { Effect, Layer, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, type HttpMethod } from "effect/http"
import { batch, post, track } from "../post.ts"

const suite = { concurrent: true }

const served = (options: SimulatorServerOptions = {}) =>
  Layer.merge(Simulator.layerServer(options), FetchHttpClient.layer)

/** What any client gets, whatever language it is written in. */
const ask = Effect.fnUntraced(function* (path: string, method: HttpMethod.HttpMethod = "GET") {
  const { url } = yield* Simulator
  const { status, headers, text } = yield* HttpClient.execute(HttpClientRequest.make(method)(`${url}${path}`))
  return { status, headers, text: yield* text }
})

interface Answer {
  readonly events: ReadonlyArray<{ readonly id: number }>
  readonly next: number | null
  readonly dropped: number
}

const read = Effect.fnUntraced(function* (query = "") {
  const { status, headers, text } = yield* ask(`/events.json${query}`)
  assert.strictEqual(status, 200, text)
  assert.strictEqual(headers["content-type"], "application/json")
  return JSON.parse(text)
})

const names = (query: string) =>
  Effect.map(read(query), ({ events }) => events.map(({ message }: { message: { event: string } }) => message.event))

describe("events over HTTP, for tests in any language", suite, () => {
  it.live("are what the simulator remembers, oldest first, with or without a page", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(), { events: [], next: null, dropped: 0 })
      yield* post(batch(track("first", { messageId: "m" }), track("again", { messageId: "m" }), { type: "track" }))
      const { events, ...rest } = yield* read()
      assert.deepStrictEqual(rest, { next: null, dropped: 0 })
      assert.deepStrictEqual(events, JSON.parse(JSON.stringify(yield* Simulator.events)))
      const [first, again, refused] = events
      assert.deepInclude(first, { id: 1, requestId: 1, verdict: "accepted" })
      assert.deepInclude(first.message, { type: "track", userId: "u", event: "first", originalTimestamp: null })
      assert.isNumber(first.receivedAt)
      assert.isNumber(first.bytes)
      assert.strictEqual(again.verdict, "duplicate")
      assert.deepStrictEqual(refused.refusal, { path: "event", reason: "event is required" })
    }).pipe((test) => Effect.forEach([true, false], (page) => Effect.provide(test, served({ page }))))
  )

  it.live("are asked for by what a message has, as it is written there", () =>
    Effect.gen(function* () {
      yield* post(
        batch(
          track("bought"),
          track("bought", { userId: "ada+1@example.com" }),
          track("left", { userId: undefined, anonymousId: "visitor" }),
          { type: "page", userId: "u", name: "bought" },
          track("", { userId: "u" })
        )
      )
      assert.deepStrictEqual(yield* names("?event=bought"), ["bought", "bought"])
      assert.deepStrictEqual(yield* names("?event=Bought"), [])
      assert.deepStrictEqual(yield* names("?event=bought&userId=u"), ["bought"])
      assert.deepStrictEqual(yield* names("?userId=ada%2B1%40example.com"), ["bought"])
      assert.deepStrictEqual(yield* names("?anonymousId=visitor"), ["left"])
      assert.strictEqual((yield* read("?type=page")).events.length, 1)
      assert.strictEqual((yield* read("?verdict=refused")).events.length, 1)
      assert.strictEqual((yield* read("?verdict=accepted&type=track&userId=u")).events.length, 1)
      // What a client that fills in a form leaves out.
      assert.strictEqual((yield* read("?type=&event=&userId=")).events.length, 5)
    }).pipe(Effect.provide(served()))
  )

  it.live(
    "that nobody could have meant are a 400 with the reason, and not an empty list that a test takes for none",
    () =>
      Effect.gen(function* () {
        for (const [query, reason] of [
          ["?type=trak", "type must be one of identify, track, page, screen, group, alias"],
          ["?verdict=ok", "verdict must be one of accepted, duplicate, refused"],
          ["?plan=ok", "plan must be one of planned, violating, unplanned"],
          ["?plan=planned", "there is no plan to ask for"],
          [
            "?user_id=ada",
            "there is no parameter user_id, only type, event, userId, anonymousId, verdict, plan, after, limit"
          ],
          ["?user_id=", "there is no parameter user_id"],
          ["?__proto__=1", "there is no parameter __proto__"],
          ["?userId=a&userId=b", "userId can be given once"],
          ["?after=-1", "after must be the id of an event, or 0"],
          ["?after=1e3", "after must be"],
          ["?limit=0", "limit must be from 1 to 1000"],
          ["?limit=1001", "limit must be from 1 to 1000"],
          ["?limit=many", "limit must be from 1 to 1000"]
        ] as const) {
          const { status, text } = yield* ask(`/events.json${query}`)
          assert.strictEqual(status, 400, query)
          assert.include(JSON.parse(text).error, reason)
        }
      }).pipe(Effect.provide(served()))
  )

  it.live("come in answers that are bounded, each of which says where the next one goes on", () =>
    Effect.gen(function* () {
      for (let part = 0; part < 6; part++) {
        yield* post(batch(...Array.from({ length: 500 }, (_, index) => track(index % 2 === 0 ? "even" : "odd"))))
      }
      const pages = Effect.fnUntraced(function* (query: string) {
        const lengths: Array<number> = []
        const ids: Array<number> = []
        for (let after: number | null = 0; after !== null; ) {
          const { events, next, dropped }: Answer = yield* read(`${query}&after=${after}`)
          assert.strictEqual(dropped, 500)
          lengths.push(events.length)
          ids.push(...events.map(({ id }) => id))
          after = next
        }
        assert.strictEqual(new Set(ids).size, ids.length)
        assert.deepStrictEqual(
          ids,
          [...ids].sort((one, other) => one - other)
        )
        return lengths
      })
      assert.deepStrictEqual(yield* pages("?"), [1000, 1000, 500])
      assert.deepStrictEqual(yield* pages("?event=even"), [1000, 250])
      assert.deepStrictEqual(yield* pages("?event=even&limit=700"), [700, 550])
      assert.deepStrictEqual(yield* read("?after=3000"), { events: [], next: null, dropped: 500 })
      // Long ones are fewer.
      yield* ask("/events", "DELETE")
      const long = track("long", { properties: { text: "x".repeat(30_000) } })
      for (let part = 0; part < 10; part++) yield* post(batch(...Array(16).fill(long)))
      const { events, next } = yield* read()
      assert.isAtLeast(events.length, 100)
      assert.isBelow(events.length, 160)
      assert.strictEqual((yield* read(`?after=${next}`)).events.length, 160 - events.length)
    }).pipe(Effect.provide(served({ keep: 2500 })))
  )

  it.live("are forgotten with all else, and go on counting", () =>
    Effect.gen(function* () {
      yield* post(batch(track("before", { messageId: "m" })))
      const { status, text } = yield* ask("/events", "DELETE")
      assert.deepStrictEqual([status, text], [204, ""])
      assert.deepStrictEqual(yield* read(), { events: [], next: null, dropped: 0 })
      const simulator = yield* Simulator
      assert.deepStrictEqual(yield* Effect.all([simulator.people, simulator.requests]), [[], []])
      yield* post(batch(track("after", { messageId: "m" })))
      const [event] = (yield* read("?after=1")).events
      assert.deepInclude(event, { id: 2, verdict: "accepted" })
    }).pipe(Effect.provide(served()))
  )

  it.live("are told apart by the plan, and what was sent of it is told, too", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(JSON.parse((yield* ask("/plan.json")).text), { plan: null, problem: null })
      yield* post(batch(track("bought"), track("sold"), track("bought", { properties: { price: "1" } })))
      yield* Simulator.setPlan(
        Plan.make({ name: "Shop", track: { bought: { properties: { price: Schema.optional(Schema.Finite) } } } })
      )
      yield* Simulator.setPlanProblem("src/Shop.ts: Unexpected token")
      assert.deepStrictEqual(yield* names("?plan=planned"), ["bought"])
      assert.deepStrictEqual(yield* names("?plan=unplanned"), ["sold"])
      const [violating] = (yield* read("?plan=violating")).events
      assert.deepStrictEqual(violating.plan, {
        verdict: "violating",
        path: "properties.price",
        reason: "Expected number"
      })
      const { plan, problem } = JSON.parse((yield* ask("/plan.json")).text)
      assert.deepStrictEqual(plan, JSON.parse(JSON.stringify(yield* Simulator.plan)))
      assert.strictEqual(problem, "src/Shop.ts: Unexpected token")
    }).pipe(Effect.provide(served()))
  )

  it.live("and the page's routes say what can be done with them", () =>
    Effect.gen(function* () {
      const head = yield* ask("/events.json", "HEAD")
      assert.deepStrictEqual([head.status, head.text], [200, ""])
      for (const [method, path, allow] of [
        ["POST", "/events.json", "GET, HEAD"],
        ["DELETE", "/events.json", "GET, HEAD"],
        ["OPTIONS", "/events.json", "GET, HEAD"],
        ["GET", "/events", "DELETE"],
        ["POST", "/events", "DELETE"],
        ["POST", "/plan.json", "GET, HEAD"],
        ["HEAD", "/events", "DELETE"],
        ["DELETE", "/", "GET, HEAD"],
        ["DELETE", "/_dev/faults", "PUT"],
        ["GET", "/_dev/clear", "POST"]
      ] as const) {
        const { url } = yield* Simulator
        const answer = yield* HttpClient.execute(HttpClientRequest.make(method)(`${url}${path}`))
        assert.deepStrictEqual([answer.status, answer.headers["allow"]], [405, allow], `${method} ${path}`)
      }
      for (const path of ["/events.json/1", "/events/1", "/event.json", "/events.csv"]) {
        assert.strictEqual((yield* ask(path)).status, 404, path)
      }
    }).pipe(Effect.provide(served({ page: true })))
  )
})
