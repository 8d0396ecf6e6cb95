import { assert, describe, it } from "@effect/vitest"
import { Analytics } from "cdp-analytics-effect"
import { type Fault, Simulator, type SimulatorOptions } from "cdp-analytics-effect/simulator"
import { Effect, Fiber, Layer, Redacted, Schedule, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { silent } from "../support/logs.ts"
import { range, settle } from "../support/Server.ts"
import { batch, type Post, post, track } from "./post.ts"

const verdicts = Effect.map(Simulator.events, (events) => events.map(({ verdict }) => verdict))

const inProcess = (options: SimulatorOptions = {}) => Simulator.layer(options)

const onSocket = (options: SimulatorOptions = {}) => Layer.merge(Simulator.layerServer(options), FetchHttpClient.layer)

for (const [where, layer] of [
  ["in process", inProcess],
  ["on a socket", onSocket]
] as const) {
  describe(`the simulator ${where}`, () => {
    const right = batch(track("e"))
    const invalid = batch({ type: "track", userId: "u" })
    const malformed: Post = { text: "{" }
    const oversize = batch(track("e", { properties: { text: "x".repeat(40_000) } }))
    const hugeBatch = batch(
      ...Array.from({ length: 30 }, () => track("e", { properties: { text: "x".repeat(20_000) } }))
    )
    const wrongKey: Post = { ...right, key: "wrong" }
    const noKey: Post = { ...right, key: undefined }

    it.effect.each([
      ["accepted", right, 200, 200, "accepted"],
      ["a wrong key", wrongKey, 200, 401, undefined],
      ["no key", noKey, 200, 401, undefined],
      ["an invalid message", invalid, 200, 400, "refused"],
      ["a message over its limit", oversize, 200, 400, "refused"],
      ["a batch over its limit", hugeBatch, 200, 400, undefined],
      ["malformed JSON", malformed, 400, 400, undefined],
      ["no batch", { body: {} }, 200, 400, undefined]
    ] as const)("%s: the answer in permissive and in strict mode", ([, request, permissive, strict, verdict]) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* post(request)).status, permissive)
        const answer = yield* post({ ...request, strict: true, headers: { "x-again": "1" } })
        assert.strictEqual(answer.status, strict)
        if (strict === 200) assert.strictEqual(answer.body, "{}")
        else assert.match(answer.body, /^\{"meta":\{"errors":\[".+"\]\}\}$/)
        assert.deepStrictEqual(yield* verdicts, verdict === undefined ? [] : [verdict, verdict])
      }).pipe(Effect.provide(layer({ apiKeys: ["k"] })))
    )

    it.effect.each([
      [{ kind: "status", status: 503 }, 503],
      [{ kind: "status", status: 429, retryAfter: 2 }, 429],
      [{ kind: "redirect", status: 307, location: "https://cdp-eu.customer.io/v1/batch" }, 307],
      [{ kind: "garbage" }, 200]
    ] as const satisfies ReadonlyArray<readonly [Fault, number]>)("acts out %j", ([fault, status]) =>
      Effect.gen(function* () {
        yield* Simulator.setFaults([{ ...fault, times: 1 }])
        const first = yield* post(right).pipe(
          Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
        )
        assert.strictEqual(first.status, status)
        if ("retryAfter" in fault) assert.strictEqual(first.headers["retry-after"], "2")
        assert.strictEqual((yield* post(right)).status, 200)
        assert.strictEqual((yield* verdicts).length, status === 200 ? 2 : 1)
      }).pipe(Effect.provide(layer()))
    )

    it.effect.each([
      ["resetBefore", []],
      ["resetAfter", ["accepted"]],
      ["truncate", ["accepted"]]
    ] as const)("acts out %s", ([kind, stored]) =>
      Effect.gen(function* () {
        yield* Simulator.setFaults([{ kind, times: 1 }])
        const error = yield* Effect.flip(post(right))
        assert.strictEqual(error._tag, "HttpClientError")
        assert.deepStrictEqual(yield* verdicts, [...stored])
      }).pipe(Effect.provide(layer({ acceptedBody: '{"success":true}' })))
    )

    it.effect("takes gzip, and says so when it is none", () =>
      Effect.gen(function* () {
        const text = JSON.stringify({ batch: [track("e", { properties: { text: "x".repeat(2000) } })] })
        const { url } = yield* Simulator
        const compressed = yield* HttpClientRequest.post(`${url}/v1/batch`).pipe(
          HttpClientRequest.basicAuth("k", ""),
          HttpClientRequest.bodyText(text, "application/json"),
          HttpClientRequest.compressBody("gzip"),
          Effect.flatMap(HttpClient.execute)
        )
        assert.strictEqual(compressed.status, 200)
        const [request] = yield* Simulator.requests
        assert.strictEqual(request?.uncompressedBytes, text.length)
        assert.isBelow(request?.bytes ?? 0, 500)
        assert.strictEqual((yield* post({ ...right, headers: { "content-encoding": "gzip" } })).status, 400)
        assert.deepStrictEqual(yield* verdicts, ["accepted"])
      }).pipe(Effect.provide(layer()))
    )
  })
}

describe("messages", () => {
  it.effect.each(["identify", "track", "page", "screen", "group", "alias"] as const)("/v1/%s takes one", (type) =>
    Effect.gen(function* () {
      const body = { userId: "u", event: "e", groupId: "g", previousId: "p", writeKey: "k" }
      assert.strictEqual((yield* post({ path: `/v1/${type}`, body, key: undefined, strict: true })).status, 200)
      const [event] = yield* Simulator.events
      assert.strictEqual(event?.message["type"], type)
      assert.notProperty(event?.message, "writeKey")
    }).pipe(Effect.provide(inProcess({ apiKeys: ["k"] })))
  )

  it.effect.each([
    [42, "", "a message must be an object"],
    [{ userId: "u" }, "type", "type must be one of identify, track, page, screen, group, alias"],
    [{ type: "buy", userId: "u" }, "type", "type must be one of identify, track, page, screen, group, alias"],
    [{ type: "track", userId: "u", event: "" }, "event", "event is required"],
    [{ type: "track", event: "e" }, "userId", "userId or anonymousId is required"],
    [{ type: "page", userId: "", anonymousId: null }, "userId", "userId or anonymousId is required"],
    [{ type: "identify" }, "userId", "userId, anonymousId or traits.email is required"],
    [{ type: "group", userId: "u" }, "groupId", "groupId is required"],
    [{ type: "alias", userId: "u" }, "previousId", "previousId is required"],
    [{ type: "alias", previousId: "p" }, "userId", "userId is required"],
    [{ type: "page", userId: 42 }, "userId", "userId must be a string"],
    [{ type: "page", userId: "u", context: "c" }, "context", "context must be an object"]
  ] as const)("%j is refused, with path and reason", ([message, path, reason]) =>
    Effect.gen(function* () {
      const { body } = yield* post({ ...batch(message), strict: true })
      assert.include(body, reason)
      const [event] = yield* Simulator.events
      assert.deepInclude(event, { verdict: "refused", refusal: { path, reason } })
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("a refusal of one in a batch says which", () =>
    Effect.gen(function* () {
      const { body } = yield* post({ ...batch(track("e"), { type: "track", userId: "u" }), strict: true })
      assert.strictEqual(body, '{"meta":{"errors":["batch[1]: event is required"]}}')
      const single = yield* post({ path: "/v1/track", body: { userId: "u" }, strict: true })
      assert.strictEqual(single.body, '{"meta":{"errors":["event is required"]}}')
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("unknown fields and nulls are let through", () =>
    Effect.gen(function* () {
      yield* post({ ...batch(track("e", { whatever: 1, context: null, anonymousId: null })), strict: true })
      assert.deepStrictEqual(yield* verdicts, ["accepted"])
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect.each([
    ["batch", ["refused", "refused"]],
    ["message", ["accepted", "refused"]]
  ] as const)("badMessageFails: %s", ([badMessageFails, expected]) =>
    Effect.gen(function* () {
      const { status } = yield* post({ ...batch(track("good"), { type: "track" }), strict: true })
      assert.strictEqual(status, 400)
      assert.deepStrictEqual(yield* verdicts, [...expected])
    }).pipe(Effect.provide(inProcess({ badMessageFails })))
  )

  it.effect("in permissive mode the good ones are stored", () =>
    Effect.gen(function* () {
      yield* post(batch(track("good"), { type: "track" }))
      assert.deepStrictEqual(yield* verdicts, ["accepted", "refused"])
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("the envelope's context goes to messages without one, and only to those", () =>
    Effect.gen(function* () {
      yield* post({
        body: { batch: [track("a"), track("b", { context: { ip: "2" } })], context: { ip: "1", locale: "en" } }
      })
      const contexts = (yield* Simulator.events).map((event) => event.message["context"])
      assert.deepStrictEqual(contexts, [{ ip: "1", locale: "en" }, { ip: "2" }])
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("are stamped with receivedAt and originalTimestamp", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-01-02T03:04:05.678Z"))
      yield* post(batch(track("old", { timestamp: "2020-01-01T00:00:00.000Z" }), track("new")))
      const received = "2026-01-02T03:04:05.678Z"
      const stamps = (yield* Simulator.events).map(({ message: { timestamp, originalTimestamp, receivedAt } }) => ({
        timestamp,
        originalTimestamp,
        receivedAt
      }))
      const old = "2020-01-01T00:00:00.000Z"
      assert.deepStrictEqual(stamps, [
        { timestamp: old, originalTimestamp: old, receivedAt: received },
        { timestamp: received, originalTimestamp: null, receivedAt: received }
      ])
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("a messageId counts once in 12 hours from its receipt", () =>
    Effect.gen(function* () {
      const again = post(batch(track("e", { messageId: "m" })))
      yield* again
      yield* again
      yield* TestClock.adjust("12 hours")
      yield* again
      yield* TestClock.adjust("11 hours")
      yield* again
      assert.deepStrictEqual(yield* verdicts, ["accepted", "duplicate", "accepted", "duplicate"])
    }).pipe(Effect.provide(inProcess()))
  )
})

describe("requests", () => {
  it.effect("are remembered with the key masked", () =>
    Effect.gen(function* () {
      yield* post({
        ...batch(track("e")),
        key: "a-secret-key-of-mine",
        strict: true,
        headers: { "x-retry-count": "3" }
      })
      const [request] = yield* Simulator.requests
      assert.deepInclude(request, {
        id: 1,
        method: "POST",
        path: "/v1/batch",
        isStrict: true,
        retryCount: 3,
        messages: 1,
        status: 200
      })
      assert.strictEqual(request?.headers["authorization"], "Basic a-s…")
      assert.notInclude(JSON.stringify(yield* Simulator.requests), btoa("a-secret-key-of-mine:"))
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("unknown routes and methods are 404 and 405", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* post({ ...batch(), path: "/v1/import" })).status, 404)
      const { url } = yield* Simulator
      assert.strictEqual((yield* HttpClient.get(`${url}/v1/batch`)).status, 405)
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("above the rate limit are 429, until the window has passed", () =>
    Effect.gen(function* () {
      const status = Effect.map(post(batch(track("e"))), (answer) => answer.status)
      assert.deepStrictEqual([yield* status, yield* status, yield* status], [200, 200, 429])
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* status, 200)
    }).pipe(Effect.provide(inProcess({ rateLimit: { limit: 2, window: "3 seconds", retryAfter: 3 } })))
  )

  it.effect.each([
    [{ strict: "always" }, {}, 400],
    [{ strict: "never" }, { strict: true }, 200],
    [{ malformedStatus: 200 }, { text: "{" }, 200],
    [{ maxMessageBytes: 50 }, { strict: true }, 400],
    [{ maxBatchBytes: 50 }, { strict: true }, 400]
  ] as const)("the setting %j decides", ([options, request, status]) =>
    Effect.gen(function* () {
      const invalid = "strict" in options ? { type: "track" } : track("e", { properties: { text: "x".repeat(100) } })
      assert.strictEqual((yield* post({ ...batch(invalid), ...request })).status, status)
    }).pipe(Effect.provide(inProcess(options)))
  )

  it.effect("only the newest are kept, and what was dropped is counted", () =>
    Effect.gen(function* () {
      for (let number = 1; number <= 25; number++) {
        const group = { type: "group", userId: String(number), groupId: String(number) }
        yield* post({ path: "/v1/group", body: group })
      }
      assert.deepStrictEqual(
        (yield* Simulator.people).map(({ userIds }) => userIds[0]),
        range(16, 25)
      )
      assert.deepStrictEqual(
        (yield* Simulator.objects).map(({ objectId }) => objectId),
        range(16, 25)
      )
      const events = yield* Simulator.events
      assert.deepStrictEqual(
        events.map(({ message }) => message["groupId"]),
        range(16, 25)
      )
      assert.deepStrictEqual(yield* (yield* Simulator).dropped, {
        events: 15,
        requests: 15,
        people: 15,
        objects: 15
      })
    }).pipe(Effect.provide(inProcess({ keep: 10 })))
  )

  it.effect("clear forgets everything", () =>
    Effect.gen(function* () {
      const request = post(batch(track("e", { messageId: "m" }), { type: "group", groupId: "g", userId: "u" }))
      yield* request
      yield* Simulator.setFaults([{ kind: "stall" }])
      yield* Simulator.clear
      for (const all of [Simulator.events, Simulator.requests, Simulator.people, Simulator.objects]) {
        assert.deepStrictEqual<unknown>(yield* all, [])
      }
      yield* request
      assert.deepStrictEqual(yield* verdicts, ["accepted", "accepted"])
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("options that cannot be are refused by name", () =>
    Effect.gen(function* () {
      for (const [option, options] of [
        ["keep", { keep: 0 }],
        ["rateLimit.window", { rateLimit: { limit: 1, window: 0 } }],
        ["faults[0].kind", { faults: [{ kind: "meteor" }] }],
        ["stict", { stict: "always" }]
      ] as const) {
        const untyped = Simulator.layer as unknown as (options: unknown) => ReturnType<typeof Simulator.layer>
        const error = yield* Effect.flip(Effect.provide(Effect.void, untyped(options)))
        assert.strictEqual(error._tag, "InvalidOptions")
        assert.include(option, error.option)
      }
    })
  )
})

describe("what events do", () => {
  const after = (...messages: ReadonlyArray<object>) => Effect.andThen(post(batch(...messages)), Simulator.people)
  const identify = (ids: object, traits: object = {}) => ({ type: "identify", ...ids, traits })

  it.effect("identify merges traits, and an anonymous visitor into the person", () =>
    Effect.gen(function* () {
      const people = yield* after(
        { type: "page", anonymousId: "a" },
        identify({ anonymousId: "a" }, { seen: true, plan: "Free" }),
        identify({ userId: "u", anonymousId: "a" }, { email: "u@example.com", plan: "Pro" })
      )
      assert.deepStrictEqual(people, [
        {
          userIds: ["u"],
          anonymousIds: ["a"],
          emails: ["u@example.com"],
          traits: { seen: true, plan: "Pro", email: "u@example.com" },
          devices: {},
          relationships: {},
          isSuppressed: false
        }
      ])
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("an email finds its person", () =>
    Effect.gen(function* () {
      const people = yield* after(
        identify({ userId: "u" }, { email: "u@example.com" }),
        identify({}, { email: "u@example.com", plan: "Pro" })
      )
      assert.strictEqual(people.length, 1)
      assert.strictEqual(people[0]?.traits["plan"], "Pro")
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("the email of a group is the group's, and finds nobody", () =>
    Effect.gen(function* () {
      const traits = { email: "info@example.com" }
      const people = yield* after(
        identify({ userId: "u" }, traits),
        { type: "group", userId: "v", groupId: "acme", traits },
        track("User Suppressed"),
        { type: "group", anonymousId: "a", groupId: "acme", traits }
      )
      assert.deepStrictEqual(
        people.map(({ userIds, anonymousIds, relationships }) => [...userIds, ...anonymousIds, relationships]),
        [
          ["u", {}],
          ["v", { "1:acme": {} }],
          ["a", { "1:acme": {} }]
        ]
      )
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("alias merges two people", () =>
    Effect.gen(function* () {
      const people = yield* after(
        identify({ userId: "old" }, { a: 1, b: 1 }),
        identify({ userId: "new" }, { b: 2 }),
        { type: "alias", previousId: "old", userId: "new" },
        identify({ userId: "old" }, { c: 3 })
      )
      assert.strictEqual(people.length, 1)
      assert.deepStrictEqual(people[0]?.userIds, ["new", "old"])
      assert.deepStrictEqual(people[0]?.traits, { a: 1, b: 2, c: 3 })
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("groups are objects with relationships, until they are deleted", () =>
    Effect.gen(function* () {
      const group = (userId: string | undefined, traits: object) => ({ type: "group", groupId: "acme", userId, traits })
      const people = yield* after(
        group("u", { name: "Acme", relationshipAttributes: { role: "admin" } }),
        group("v", { objectTypeId: "2" }),
        group(undefined, { size: 42 })
      )
      assert.deepStrictEqual(
        people.map(({ relationships }) => relationships),
        [{ "1:acme": { role: "admin" } }, { "2:acme": {} }]
      )
      assert.deepStrictEqual(yield* Simulator.objects, [
        { objectTypeId: "1", objectId: "acme", traits: { name: "Acme", size: 42 } },
        { objectTypeId: "2", objectId: "acme", traits: {} }
      ])
      yield* post(batch(track("Relationship Deleted", { properties: { objectId: "acme" } })))
      assert.deepStrictEqual((yield* Simulator.people)[0]?.relationships, {})
      yield* post(batch(track("Object Deleted", { properties: { objectId: "acme", objectTypeId: 2 } })))
      assert.deepStrictEqual(
        (yield* Simulator.objects).map(({ objectTypeId }) => objectTypeId),
        ["1"]
      )
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("devices come and go by their token", () =>
    Effect.gen(function* () {
      const device = (event: string) => track(event, { context: { device: { token: "t", type: "ios" } } })
      const [person] = yield* after(device("Device Created or Updated"))
      assert.deepStrictEqual(person?.devices, { t: { token: "t", type: "ios" } })
      assert.deepStrictEqual((yield* after(device("Device Deleted")))[0]?.devices, {})
      yield* post(batch(track("Device Created or Updated")))
      assert.strictEqual((yield* Simulator.events).at(-1)?.note, "no effect: context.device.token is missing")
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect.each([
    ["User deleted", "User Deleted"],
    ["user_deleted", "User Deleted"],
    ["device created or updated ", "Device Created or Updated"]
  ] as const)("%s is an event like any other, with a note that %s may have been meant", ([event, meant]) =>
    Effect.gen(function* () {
      assert.lengthOf(yield* after(track(event)), 1)
      const [received] = yield* Simulator.events
      assert.strictEqual(received?.note, `an event like any other: did you mean ${meant}?`)
      yield* post(batch(track("User Deleted!!"), track("Users Deleted"), track("bought"), track("x".repeat(30_000))))
      assert.deepStrictEqual(
        (yield* Simulator.events).map(({ note }) => note !== undefined),
        [true, true, false, false, false]
      )
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("requests are told as they come, also those that leave no events", () =>
    Effect.gen(function* () {
      const told = yield* Effect.forkChild(Simulator.liveRequests.pipe(Stream.take(2), Stream.runCollect), {
        startImmediately: true
      })
      yield* Simulator.setFaults([{ kind: "status", status: 503, times: 1 }])
      yield* post(batch(track("bought")))
      yield* post(batch(track("bought")))
      assert.deepStrictEqual(yield* Fiber.join(told), yield* Simulator.requests)
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("of who is suppressed only the ids are left; who is deleted is gone", () =>
    Effect.gen(function* () {
      const suppressed = yield* after(
        identify({ userId: "u" }, { plan: "Free" }),
        track("User Suppressed"),
        identify({ userId: "u" }, { plan: "Pro" })
      )
      assert.deepInclude(suppressed[0], { userIds: ["u"], isSuppressed: true, traits: {} })
      assert.strictEqual((yield* Simulator.events).at(-1)?.note, "no effect: the person is suppressed")
      const lifted = yield* after(track("User Unsuppressed"), identify({ userId: "u" }, { plan: "Pro" }))
      assert.deepInclude(lifted[0], { isSuppressed: false, traits: { plan: "Pro" } })
      assert.deepStrictEqual(yield* after(track("User Deleted")), [])
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("an id named __proto__ is an id like any other", () =>
    Effect.gen(function* () {
      const people = yield* after(
        { type: "group", groupId: "g", userId: "__proto__", traits: JSON.parse('{"__proto__":{"polluted":1}}') },
        track("Device Created or Updated", { userId: "__proto__", context: { device: { token: "__proto__" } } })
      )
      assert.deepStrictEqual(people[0]?.userIds, ["__proto__"])
      assert.isUndefined(({} as { polluted?: unknown }).polluted)
    }).pipe(Effect.provide(inProcess()))
  )
})

describe("the library against the simulator", () => {
  const layerBoth = (options: SimulatorOptions = {}) =>
    Layer.provideMerge(
      Analytics.layer({ apiKey: Redacted.make("k"), retry: Schedule.spaced("1 seconds") }),
      inProcess(options)
    )

  it.effect("delivers through every fault in turn, each message stored once", () =>
    Effect.gen(function* () {
      yield* Simulator.setFaults([
        { kind: "status", status: 503, times: 2 },
        { kind: "status", status: 429, retryAfter: 3, asDate: true, times: 1 },
        { kind: "resetBefore", times: 1 },
        { kind: "resetAfter", times: 1 },
        { kind: "stall", times: 1 },
        { kind: "delay", millis: 2000, times: 1 }
      ])
      for (let number = 1; number <= 45; number++) yield* Analytics.track({ userId: "u", event: String(number) })
      const flushing = yield* Effect.forkChild(Analytics.flush)
      yield* settle
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* Fiber.join(flushing), { delivered: 45, failed: {}, waiting: 0 })
      const accepted = (yield* Simulator.events).filter(({ verdict }) => verdict === "accepted")
      assert.strictEqual(accepted.length, 45)
      assert.strictEqual(new Set(accepted.map(({ message }) => message["messageId"])).size, 45)
      assert.deepStrictEqual(yield* (yield* Simulator).faults, [])
    }).pipe(Effect.provide(layerBoth()))
  )

  it.effect("every message that the library takes, the simulator takes", () =>
    Effect.gen(function* () {
      yield* Analytics.identify({ traits: { email: "a@example.com" } })
      yield* Analytics.track({ anonymousId: "a", userId: "", event: "e" })
      yield* Analytics.page({ userId: "u", category: "c" })
      yield* Analytics.screen({ userId: "u" })
      yield* Analytics.group({ groupId: "g" })
      yield* Analytics.alias({ userId: "u", previousId: "p" })
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 6, failed: {}, waiting: 0 })
      assert.deepStrictEqual(yield* verdicts, Array(6).fill("accepted"))
    }).pipe(Effect.provide(layerBoth()))
  )

  it.effect("a wrong key is Unauthorized", () =>
    Effect.gen(function* () {
      yield* Analytics.track({ userId: "u", event: "e" })
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { Unauthorized: 1 }, waiting: 0 })
    }).pipe(Effect.provide(Layer.provideMerge(layerBoth({ apiKeys: ["other"] }), silent)))
  )

  it.effect.each([
    { rateLimit: { requests: 1, window: "3 seconds" } },
    { rateLimit: { limit: 1, window: "3 seconds" } },
    { rateLimit: { limit: 1, requests: 2, window: "3 seconds" } }
  ] satisfies ReadonlyArray<SimulatorOptions>)("the former name of a limit is one: %j", (options) =>
    Effect.gen(function* () {
      const status = Effect.map(post(batch(track("e"))), ({ status }) => status)
      assert.deepStrictEqual([yield* status, yield* status], [200, 429])
    }).pipe(Effect.provide(inProcess(options)))
  )

  it.effect("a rate limit without a limit is refused", () =>
    Effect.gen(function* () {
      // What only JavaScript can give.
      const options: object = { rateLimit: { window: "3 seconds" } }
      const error = yield* Effect.flip(Effect.scoped(Layer.build(inProcess(options))))
      assert.strictEqual(error.option, "rateLimit.limit")
      assert.strictEqual(error.reason, "Missing key")
    })
  )

  it.effect("is read through the service or its statics", () =>
    Effect.gen(function* () {
      const live = yield* Effect.forkChild(Stream.runCollect(Stream.take(Simulator.live, 2)))
      yield* settle
      yield* post(batch(track("a"), track("b")))
      assert.deepStrictEqual(
        (yield* Fiber.join(live)).map(({ message }) => message["event"]),
        ["a", "b"]
      )
      assert.deepStrictEqual(yield* Simulator.dropped, { events: 1, requests: 0, people: 0, objects: 0 })
      yield* Simulator.setFaults([{ kind: "stall", times: 2 }])
      assert.deepStrictEqual(yield* Simulator.faults, [{ kind: "stall", times: 2 }])
    }).pipe(Effect.provide(inProcess({ keep: 1 })))
  )

  it.effect("live shows events as they arrive", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const first = yield* Effect.forkChild(Stream.runCollect(Stream.take(simulator.live, 2)))
      yield* settle
      yield* post(batch(track("a"), track("b")))
      assert.deepStrictEqual(
        (yield* Fiber.join(first)).map(({ message }) => message["event"]),
        ["a", "b"]
      )
    }).pipe(Effect.provide(inProcess()))
  )
})
