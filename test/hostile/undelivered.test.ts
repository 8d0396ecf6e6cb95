// @effect-diagnostics globalDate:off - dates as a caller makes them
import { assert, describe, it } from "@effect/vitest"
import { Analytics, type Undelivered } from "cdp-analytics-effect"
import { Effect, Exit, Layer, Schedule } from "effect"
import { calls, hostileInput } from "../message/hostile/inputs.ts"
import { hostile } from "../message/hostile/values.ts"
import { collectLogs, silent } from "../support/logs.ts"
import { makeRandom, pick, type Random } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"
import { layerMocked, type Received, Server } from "../support/Server.ts"

const recording = () => {
  const seen: Array<Undelivered> = []
  return { seen, onUndelivered: (undelivered: Undelivered) => Effect.sync(() => seen.push(undelivered)) }
}

const refusing = Server.answer(() => Effect.succeed({ status: 401 }))

/** Another value at each read. */
const changing = (key: string, ...values: ReadonlyArray<unknown>): object => {
  let reads = 0
  return Object.defineProperty({}, key, {
    enumerable: true,
    get: () => values[Math.min(reads++, values.length - 1)]
  })
}

const isChanging = (trail: ReadonlyArray<string>) =>
  trail.some((name) => /turns into|grows|adds keys|throws later/.test(name))

/** The JSON of all messages, as it was on the wire. */
const bytesOf = (received: ReadonlyArray<Received>): string =>
  received.map(({ text }) => text.replace(/^\{"batch":\[/, "").replace(/\],"sentAt":"[^"]*"\}$/, "")).join(",")

const listWithToJson = (returned: unknown) => Object.assign([], { toJSON: () => returned })
const dateWithIso = (returned: unknown) => Object.assign(new Date(0), { toISOString: () => returned })

/** At a place whose type the Schema knows. */
const reserved = (random: Random, trail: Array<string>): object => {
  const value = random() < 0.2 ? [hostile(random, trail)] : hostile(random, trail)
  return pick(random, [
    { type: "track", userId: "u", event: "e", properties: { products: value } },
    { type: "track", userId: "u", event: "e", properties: { products: [{ price: 1 }, value] } },
    { type: "track", userId: "u", event: "e", properties: { products: [{ sku: value }] } },
    { type: "track", userId: "u", event: "e", properties: { price: value } },
    { type: "identify", userId: "u", traits: { createdAt: value } },
    { type: "identify", userId: "u", traits: { address: value } },
    { type: "identify", userId: "u", traits: { company: { name: value } } },
    { type: "page", userId: "u", context: { page: { keywords: value } } },
    { type: "page", userId: "u", context: { traits: { birthday: value } } },
    { type: "page", userId: "u", integrations: { All: value } },
    { type: "page", userId: "u", integrations: { A: { b: value } } }
  ])
}

describe("what was accepted and not delivered", () => {
  it.effect("is handed on, whatever it was made of", () => {
    const { seen, onUndelivered } = recording()
    return Effect.gen(function* () {
      yield* refusing
      const analytics = yield* Analytics
      const random = makeRandom(11)
      const accepted = new Set<string>()
      const changed = new Set<string>()
      for (let run = 0; run < repetitions.hostileCalls / 4; run++) {
        const name = pick(random, calls)
        const trail: Array<string> = [name]
        const isReserved = random() < 0.7
        const input = isReserved ? reserved(random, trail) : hostileInput(random, name, trail)
        const exit = yield* Effect.exit(analytics[isReserved ? "enqueue" : name](input as never))
        if (Exit.isFailure(exit)) continue
        ;(isChanging(trail) ? changed : accepted).add(exit.value.messageId)
        if (run % 1000 === 0) yield* analytics.flush
      }
      yield* analytics.flush
      const handed = new Set(seen.flatMap(({ messages }) => messages.map(({ messageId }) => messageId ?? "")))
      const texts = seen.flatMap(({ unreadable = [] }) =>
        unreadable.map((json) => JSON.parse(json).messageId as string)
      )
      for (const id of texts) assert.isFalse(accepted.has(id), "read back")
      for (const id of accepted) assert.isTrue(handed.has(id), "handed on")
      for (const id of changed) assert.isTrue(handed.has(id) || texts.includes(id), "told")
      assert.isAbove(accepted.size, repetitions.hostileCalls / 200)
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked({ flushAt: 20, onUndelivered }), silent)))
  })

  it.effect("is sent again as it was, to the byte, whatever the client merges that it is given to", () => {
    const { seen, onUndelivered } = recording()
    const first = { onUndelivered, context: { app: { name: "shop" } }, integrations: { All: false } }
    const second = { context: { app: { build: "9" }, ip: "1" }, integrations: { Slack: true } }
    const options = { flushAt: 20, concurrency: 1, retry: Schedule.recurs(0) }
    return Effect.gen(function* () {
      const sent = yield* Effect.gen(function* () {
        yield* refusing
        const analytics = yield* Analytics
        const random = makeRandom(12)
        for (let run = 0; run < repetitions.hostileCalls / 8; run++) {
          const name = pick(random, calls)
          const trail: Array<string> = [name]
          const isReserved = random() < 0.5
          const input = isReserved ? reserved(random, trail) : hostileInput(random, name, trail)
          if (isChanging(trail)) continue
          yield* Effect.ignore(analytics[isReserved ? "enqueue" : name](input as never))
          if (run % 1000 === 0) yield* analytics.flush
        }
        yield* analytics.flush
        return bytesOf(yield* Server.received)
      }).pipe(Effect.provide(layerMocked({ ...options, ...first })))
      const messages = seen.flatMap(({ messages }) => messages)
      assert.isAbove(messages.length, repetitions.hostileCalls / 100)

      const sendAll = Effect.gen(function* () {
        for (const message of messages) yield* Analytics.enqueue(message, { asStamped: true })
        yield* Analytics.flush
        return bytesOf(yield* Server.received)
      })
      const again = sendAll.pipe(
        Analytics.withContext({ locale: "fr", app: { version: "1" } }),
        Effect.provide(layerMocked({ ...options, ...second }))
      )
      assert.strictEqual(yield* again, sent)
      assert.strictEqual(messages.map((message) => JSON.stringify(message)).join(","), sent)
    }).pipe(Effect.provide(silent))
  })

  it.effect.each([
    ["a toJSON in a list", { products: [{ toJSON: () => "x" }] }, "properties.products[0]"],
    ["a list with a toJSON", { products: listWithToJson("x") }, "properties.products"],
    ["a list with a toJSON of its own in it", { products: listWithToJson(["x"]) }, "properties.products[0]"]
  ] as const)("%s is refused at the call where the Schema refuses its result", ([, properties, path]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Analytics.track({ userId: "u", event: "e", properties } as never))
      assert.deepInclude(error, { _tag: "InvalidMessage", path })
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("a time that is none in JSON is refused", () =>
    Effect.gen(function* () {
      for (const returned of [{}, [], true, 10n]) {
        const traits = { createdAt: dateWithIso(returned) }
        const exit = yield* Effect.exit(Analytics.identify({ userId: "u", traits }))
        assert.isTrue(Exit.isFailure(exit), String(returned))
      }
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("is handed on as JSON where it cannot be read back, its neighbours as messages, and is told", () => {
    const { seen, onUndelivered } = recording()
    const { lines, layer } = collectLogs()
    return Effect.gen(function* () {
      yield* refusing
      const products = [changing("price", 1, "x")]
      yield* Analytics.track({ userId: "u", event: "first" })
      yield* Analytics.track({ userId: "u", event: "changing", properties: { products } })
      yield* Analytics.track({ userId: "u", event: "last" })
      yield* Analytics.flush
      assert.deepStrictEqual(
        seen.map(({ messages, error }) => [error._tag, messages.map((message) => "event" in message && message.event)]),
        [["Unauthorized", ["first", "last"]]]
      )
      const [json, ...more] = seen[0]?.unreadable ?? []
      assert.deepStrictEqual(more, [])
      assert.deepInclude(JSON.parse(json!), { event: "changing", properties: { products: [{ price: "x" }] } })
      const told = lines.filter(({ message }) => message === "undelivered messages do not fit their Schema")
      assert.deepStrictEqual(
        told.map(({ level, annotations }) => [level, annotations["count"]]),
        [["Error", 1]]
      )
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked({ onUndelivered }), layer)))
  })

  it.effect("has no more than messages and error where all can be read back", () => {
    const { seen, onUndelivered } = recording()
    return Effect.gen(function* () {
      yield* refusing
      yield* Analytics.track({ userId: "u", event: "e" })
      yield* Analytics.flush
      assert.deepStrictEqual(
        seen.map((undelivered) => Object.keys(undelivered)),
        [["messages", "error"]]
      )
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked({ onUndelivered }), silent)))
  })
})
