import { assert, describe, it } from "@effect/vitest"
import { Simulator, type SimulatorOptions } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { batch, post, track } from "../simulator/post.ts"
import { isFull } from "../support/repetitions.ts"

const inProcess = (options: SimulatorOptions = {}) => Simulator.layer({ maxBatchBytes: 5_000_000, ...options })

const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length

const count = isFull ? 6000 : 2500

const numbered = (make: (number: number) => object) => batch(...Array.from({ length: count }, (_, n) => make(n)))

const identify = (userId: string, traits: object) => ({ type: "identify", userId, traits })

const group = (groupId: string, userId: string | undefined, traits: object = {}) => ({
  type: "group",
  groupId,
  userId,
  traits
})

const device = (token: string, more: object = {}) =>
  track("Device Created or Updated", { context: { device: { token, ...more } } })

const lastNote = Effect.map(Simulator.events, (events) => events.at(-1)?.note)

describe("what is known of one person", () => {
  // Each of these took from 10 to 60 seconds of a blocked event loop while a message cost what was known before it.
  it.effect.each([
    ["traits", numbered((n) => identify("u", { [`key-${n}`]: n }))],
    ["traits within one", numbered((n) => identify("u", { in: { in: { [`key-${n}`]: n } } }))],
    ["devices", numbered((n) => device(`token-${n}`))],
    ["relationships", numbered((n) => group(`g-${n}`, "u"))],
    ["anonymous ids", numbered((n) => ({ type: "page", userId: "u", anonymousId: `a-${n}` }))],
    ["emails", numbered((n) => identify("u", { email: `${n}@example.com` }))],
    ["a chain of aliases", numbered((n) => ({ type: "alias", previousId: `u-${n}`, userId: `u-${n + 1}` }))],
    [
      "a chain of aliases of people of many traits",
      numbered((n) =>
        n % 2 === 0
          ? { type: "alias", previousId: `u-${n}`, userId: `u-${n + 2}` }
          : identify(`u-${n + 1}`, { [`key-${n}`]: n })
      )
    ]
  ] as const)("may be many %s, at a cost that does not grow with them", ([, many]) =>
    Effect.gen(function* () {
      const started = performance.now()
      yield* post(many)
      yield* post(many)
      assert.isBelow(performance.now() - started, 3000)
      assert.strictEqual((yield* Simulator.events).length, Math.min(2 * count, 10_000))
      const people = yield* Simulator.people
      assert.isBelow(bytesOf(people), 2_000_000)
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("is bounded, and a message that goes beyond it says that it has no effect", () =>
    Effect.gen(function* () {
      const traits = (n: number) => identify("u", { [`key-${n}`]: "x".repeat(800) })
      for (let n = 0; n < 100; n++) yield* post(batch(traits(n)))
      assert.strictEqual(yield* lastNote, "no effect: no more is kept of one person")
      yield* post(batch(device("t", { text: "x".repeat(800) })))
      assert.strictEqual(yield* lastNote, "no effect: no more is kept of one person")
      yield* post(batch(group("g", "u", { relationshipAttributes: { text: "x".repeat(800) } })))
      assert.strictEqual(yield* lastNote, "no effect: no more is kept of one person")
      const [person] = yield* Simulator.people
      assert.isBelow(bytesOf(person), 31_000)
      yield* post(batch(identify("u", { "key-0": "new" })))
      assert.strictEqual((yield* Simulator.people)[0]?.traits["key-0"], "new")
    }).pipe(Effect.provide(inProcess({ maxMessageBytes: 1000 })))
  )

  it.effect("has room again for what is taken away", () =>
    Effect.gen(function* () {
      for (let n = 0; n < 100; n++) {
        yield* post(batch(device(`token-${n}`, { text: "x".repeat(800) })))
        yield* post(batch(track("Device Deleted", { context: { device: { token: `token-${n}` } } })))
        yield* post(batch(group(`g-${n}`, "u", { relationshipAttributes: { text: "x".repeat(800) } })))
        const gone = n % 2 === 0 ? "Object Deleted" : "Relationship Deleted"
        yield* post(batch(track(gone, { properties: { objectId: `g-${n}` } })))
        yield* post(batch(identify("u", { text: "x".repeat(n) })))
      }
      assert.deepStrictEqual(
        (yield* Simulator.events).filter(({ note }) => note !== undefined),
        []
      )
      const [person] = yield* Simulator.people
      assert.deepInclude(person, { devices: {}, relationships: {}, traits: { text: "x".repeat(99) } })
    }).pipe(Effect.provide(inProcess({ maxMessageBytes: 1000 })))
  )

  it.effect("is not more for the same things said of two people who turn out to be one", () =>
    Effect.gen(function* () {
      const traits = { plan: "Pro", text: "x".repeat(500) }
      for (let n = 0; n < 200; n++) {
        const visitor = { type: "identify", anonymousId: `a-${n}`, traits }
        yield* post(batch(visitor, { ...visitor, userId: "u" }))
      }
      assert.isUndefined(yield* lastNote)
      const people = yield* Simulator.people
      assert.strictEqual(people.length, 1)
      assert.deepStrictEqual(people[0]?.traits, traits)
      assert.deepStrictEqual(people[0]?.anonymousIds[99], "a-199")
    }).pipe(Effect.provide(inProcess({ maxMessageBytes: 1000 })))
  )

  it.effect("is the newest 100 ids of a kind; the others are anybody's again", () =>
    Effect.gen(function* () {
      for (let n = 0; n < 150; n++) yield* post(batch({ type: "page", userId: "u", anonymousId: `a-${n}` }))
      const [person] = yield* Simulator.people
      assert.strictEqual(person?.anonymousIds.length, 100)
      assert.strictEqual(person?.anonymousIds[0], "a-50")
      yield* post(batch({ type: "page", anonymousId: "a-0" }, { type: "page", anonymousId: "a-149" }))
      assert.deepStrictEqual(
        (yield* Simulator.people).map(({ anonymousIds }) => anonymousIds.length),
        [100, 1]
      )
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("was at one time stays as it was, and events do too", () =>
    Effect.gen(function* () {
      yield* post(batch(identify("u", { in: { a: 1 }, list: [{ a: 1 }] })))
      const before = yield* Simulator.people
      yield* post(batch(identify("u", { in: { b: 2 }, list: [{ b: 2 }] })))
      assert.deepStrictEqual(before[0]?.traits, { in: { a: 1 }, list: [{ a: 1 }] })
      assert.deepStrictEqual((yield* Simulator.events)[0]?.message["traits"], { in: { a: 1 }, list: [{ a: 1 }] })
      assert.deepStrictEqual((yield* Simulator.people)[0]?.traits, { in: { a: 1, b: 2 }, list: [{ b: 2 }] })
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("has keys that are like any other", () =>
    Effect.gen(function* () {
      const traits = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"t"}'
      yield* post({ text: `{"batch":[{"type":"identify","userId":"u","traits":${traits}}]}` })
      yield* post({ text: `{"batch":[{"type":"identify","userId":"u","traits":${traits}}]}` })
      assert.strictEqual(JSON.stringify((yield* Simulator.people)[0]?.traits), traits)
      assert.notProperty({}, "polluted")
    }).pipe(Effect.provide(inProcess()))
  )
})

describe("what is known of everybody", () => {
  it.effect("is bounded in bytes; the oldest people and objects make room", () =>
    Effect.gen(function* () {
      for (let n = 0; n < 300; n++) {
        yield* post(batch(identify(`u-${n}`, { text: "x".repeat(1000) }), group(`g-${n}`, `u-${n}`, { n })))
      }
      const [people, objects] = yield* Effect.all([Simulator.people, Simulator.objects])
      assert.isBelow(bytesOf(people), 100_000)
      assert.isBelow(bytesOf(objects), 100_000)
      assert.isAbove(people.length, 20)
      assert.strictEqual(people.at(-1)?.userIds[0], "u-299")
      assert.strictEqual(people[0]?.userIds[0], `u-${300 - people.length}`)
      assert.strictEqual(objects.at(-1)?.objectId, "g-299")
      assert.strictEqual(objects[0]?.objectId, `g-${300 - objects.length}`)
    }).pipe(Effect.provide(inProcess({ keepBytes: 100_000 })))
  )

  it.effect("takes the deletion of many objects at a cost that does not grow with the people", () =>
    Effect.gen(function* () {
      yield* post(numbered((n) => group(`g-${n}`, `u-${n}`)))
      const started = performance.now()
      yield* post(numbered((n) => track("Object Deleted", { userId: "u-0", properties: { objectId: `g-${n}` } })))
      assert.isBelow(performance.now() - started, 1500)
      assert.deepStrictEqual(yield* Simulator.objects, [])
      assert.isTrue((yield* Simulator.people).every(({ relationships }) => Object.keys(relationships).length === 0))
      yield* post(batch(group("g-7", "u-7", { relationshipAttributes: { role: "owner" } })))
      assert.deepStrictEqual((yield* Simulator.people)[7]?.relationships, { "1:g-7": { role: "owner" } })
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("keeps a relationship that one of two people still has when they turn out to be one", () =>
    Effect.gen(function* () {
      yield* post(batch(group("g", "v"), track("Object Deleted", { properties: { objectId: "g" } })))
      yield* post(batch(group("g", "u", { relationshipAttributes: { role: "owner" } })))
      yield* post(batch({ type: "alias", previousId: "u", userId: "v" }))
      assert.deepStrictEqual((yield* Simulator.people).at(-1)?.relationships, { "1:g": { role: "owner" } })
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("finds who has an email now, when who had it before is deleted", () =>
    Effect.gen(function* () {
      const email = "e@example.com"
      yield* post(batch(identify("before", { email }), track("e", { userId: "now" }), identify("now", { email })))
      yield* post(batch(track("User Deleted", { userId: "before" })))
      yield* post(batch({ type: "identify", traits: { email, plan: "Pro" } }))
      assert.deepStrictEqual(
        (yield* Simulator.people).map(({ userIds, traits }) => [userIds, traits]),
        [[["now"], { email, plan: "Pro" }]]
      )
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("keeps nothing of an object that made room, for who is in a relationship with it", () =>
    Effect.gen(function* () {
      for (let n = 0; n < 20; n++) yield* post(batch(group(`g-${n}`, "u", { relationshipAttributes: { n } })))
      assert.strictEqual((yield* Simulator.objects).length, 10)
      assert.strictEqual(Object.keys((yield* Simulator.people)[0]!.relationships).length, 20)
    }).pipe(Effect.provide(inProcess({ keep: 10 })))
  )
})
