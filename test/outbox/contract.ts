import { assert, it } from "@effect/vitest"
import type { OutboxError } from "cdp-analytics-effect"
import {
  type KeptMessage,
  type NewMessage,
  type OutboxDatabase,
  OutboxStore,
  type Verdict
} from "cdp-analytics-effect/outbox"
import { Effect, type Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"

/** A message of a person's, in a lane. */
export const messageIn = (
  lane: number,
  messageId: string,
  fields: Readonly<Record<string, unknown>> = {}
): NewMessage => {
  const json = JSON.stringify({ type: "track", event: "e", messageId, userId: `user ${lane}`, ...fields })
  return { messageId, type: "track", lane, json, bytes: new TextEncoder().encode(json).length }
}

/** Appends it, and returns its id. */
export const append = (outbox: OutboxDatabase, message: NewMessage) =>
  Effect.map(
    outbox.append(message, () => {}),
    ({ id }) => id
  )

const appendAll = (outbox: OutboxDatabase, messages: ReadonlyArray<NewMessage>) =>
  Effect.forEach(messages, (message) => append(outbox, message))

/** Everything of all lanes. */
export const fetchAll = (outbox: OutboxDatabase) =>
  outbox.fetch(
    Array.from({ length: 64 }, (_, lane) => ({ lane, after: 0 })),
    10_000
  )

const namesOf = (messages: ReadonlyArray<{ readonly messageId: string }>) => messages.map(({ messageId }) => messageId)

export const rejected: Verdict = { tag: "Rejected", status: 400, reason: "no such thing", attempts: 2 }

/** Makes a relay known, and gives it what it can have: of others, what they hold no longer. */
const renewTwice = (outbox: OutboxDatabase, relay: string) =>
  Effect.andThen(outbox.renew(relay, []), outbox.renew(relay, []))

export interface Contract {
  readonly name: string
  /** A store that has nothing yet, each time it is built. */
  readonly layer: Layer.Layer<OutboxStore, OutboxError>
  /**
   * The database's clock. Where it is the machine's own, the contract does not wait for leases to end.
   */
  readonly clock: "test" | "own"
}

/** What any store of an outbox does. */
export const testContract = ({ clock, layer, name }: Contract): void => {
  const test = (
    what: string,
    run: (outbox: OutboxDatabase) => Effect.Effect<void, OutboxError, OutboxStore | Scope.Scope>
  ) =>
    (clock === "test" ? it.effect : it.live)(`${name}: ${what}`, () =>
      Effect.gen(function* () {
        const { open } = yield* OutboxStore
        yield* run(yield* open)
      }).pipe(Effect.scoped, Effect.provide(layer))
    )

  test("what was appended is fetched as it was, in the order of its ids", (outbox) =>
    Effect.gen(function* () {
      const messages = [
        messageIn(3, "a", { properties: { text: "ä\u0000\n😀" } }),
        messageIn(63, "b"),
        messageIn(0, "c"),
        { ...messageIn(3, "d"), type: "identify" as const }
      ]
      const ids = yield* appendAll(outbox, messages)
      assert.deepStrictEqual(
        [...ids].sort((one, other) => one - other),
        ids
      )
      assert.strictEqual(new Set(ids).size, 4)
      const fetched = yield* fetchAll(outbox)
      assert.deepStrictEqual(
        fetched.map(({ id, lane, type, messageId, json, bytes }) => ({ id, lane, type, messageId, json, bytes })),
        messages.map((message, index) => ({ id: ids[index]!, ...message }))
      )
      for (const { age, triedFor } of fetched) {
        assert.isAtLeast(age, 0)
        assert.isBelow(age, 10_000)
        assert.isUndefined(triedFor)
      }
    }))

  test("lanes are fetched each from where it is known, and no more of each than asked for", (outbox) =>
    Effect.gen(function* () {
      const ids = yield* appendAll(
        outbox,
        Array.from({ length: 30 }, (_, index) => messageIn(index % 3, `m${index}`))
      )
      const fetched = yield* outbox.fetch(
        [
          { lane: 0, after: 0 },
          { lane: 1, after: ids[7]! },
          { lane: 5, after: 0 }
        ],
        3
      )
      // Where a store does not begin behind `after`, it gives what comes before too.
      const zero = fetched.filter(({ lane }) => lane === 0)
      assert.deepStrictEqual(namesOf(zero), ["m0", "m3", "m6"])
      assert.deepStrictEqual(
        fetched.map(({ id }) => id),
        fetched.map(({ id }) => id).sort((one, other) => one - other)
      )
      assert.isTrue(fetched.every(({ lane }) => lane === 0 || lane === 1))
      assert.isAtMost(fetched.filter(({ lane }) => lane === 1).length, 3)
      assert.deepStrictEqual(yield* outbox.fetch([], 3), [])
    }))

  test("many at once are each there once, and told of before their calls return", (outbox) =>
    Effect.gen(function* () {
      const told = new Set<string>()
      let heard = 0
      yield* outbox.onCommit(() => heard++)
      const messages = Array.from({ length: 300 }, (_, index) => messageIn(index % 64, `m${index}`))
      const ids = yield* Effect.forEach(
        messages,
        (message) =>
          Effect.gen(function* () {
            const appended = yield* outbox.append(message, () => told.add(message.messageId))
            assert.isTrue(told.has(message.messageId))
            assert.isTrue(yield* appended.isCommitted)
            return appended.id
          }),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(ids).size, 300)
      assert.sameMembers(namesOf(yield* fetchAll(outbox)), namesOf(messages))
      assert.isAbove(heard, 0)
    }))

  test("a listener hears no more when its scope is closed", (outbox) =>
    Effect.gen(function* () {
      let heard = 0
      yield* Effect.scoped(outbox.onCommit(() => heard++))
      yield* append(outbox, messageIn(1, "a"))
      assert.strictEqual(heard, 0)
    }))

  test("what waits is known at once, in messages and bytes", (outbox) =>
    Effect.gen(function* () {
      assert.deepStrictEqual({ ...outbox.usage() }, { messages: 0, bytes: 0 })
      assert.isFalse(yield* outbox.isInTransaction)
      const messages = [messageIn(1, "a"), messageIn(2, "ä"), messageIn(3, "c")]
      yield* appendAll(outbox, messages)
      const bytes = messages.map((message) => message.bytes)
      assert.deepStrictEqual({ ...outbox.usage() }, { messages: 3, bytes: bytes[0]! + bytes[1]! + bytes[2]! })
      yield* renewTwice(outbox, "relay")
      const [one, other] = yield* fetchAll(outbox)
      yield* outbox.remove("relay", [one!])
      assert.deepStrictEqual({ ...outbox.usage() }, { messages: 2, bytes: bytes[1]! + bytes[2]! })
      yield* outbox.bury("relay", [other!], rejected)
      assert.deepStrictEqual({ ...outbox.usage() }, { messages: 1, bytes: bytes[2]! })
      yield* outbox.replay(undefined)
      assert.deepStrictEqual({ ...outbox.usage() }, { messages: 2, bytes: bytes[1]! + bytes[2]! })
    }))

  test("only who holds its lane deletes a message, or makes a dead letter of it", (outbox) =>
    Effect.gen(function* () {
      yield* appendAll(outbox, [messageIn(1, "a"), messageIn(2, "b"), messageIn(3, "c")])
      const [a, b, c] = yield* fetchAll(outbox)
      assert.deepStrictEqual(yield* outbox.remove("relay", [a!]), [])
      assert.deepStrictEqual(yield* outbox.bury("relay", [a!], rejected), [])
      yield* renewTwice(outbox, "relay")
      assert.deepStrictEqual(yield* outbox.remove("another", [a!]), [])
      assert.deepStrictEqual(yield* outbox.bury("another", [a!], rejected), [])
      assert.strictEqual((yield* fetchAll(outbox)).length, 3)

      assert.deepStrictEqual(yield* outbox.remove("relay", [a!]), [a!.id])
      assert.deepStrictEqual(yield* outbox.remove("relay", [a!]), [])
      assert.deepStrictEqual(yield* outbox.bury("relay", [a!], rejected), [])
      assert.sameMembers([...(yield* outbox.remove("relay", [a!, b!]))], [b!.id])
      assert.deepStrictEqual(yield* outbox.remove("relay", []), [])

      yield* outbox.release("relay")
      assert.deepStrictEqual(yield* outbox.remove("relay", [c!]), [])
      assert.deepStrictEqual(namesOf(yield* fetchAll(outbox)), ["c"])
    }))

  test("a relay that is alone gets all lanes, and keeps them with their terms", (outbox) =>
    Effect.gen(function* () {
      const first = yield* renewTwice(outbox, "relay")
      assert.deepStrictEqual(
        [...first.lanes.keys()].sort((one, other) => one - other),
        Array.from({ length: 64 }, (_, lane) => lane)
      )
      assert.isTrue([...first.lanes.values()].every(({ abandonedFor }) => abandonedFor === undefined))
      assert.isAbove(first.heldFor, 10_000)
      assert.isAtMost(first.heldFor, 30_000)
      assert.deepStrictEqual((yield* outbox.renew("relay", [3])).lanes, first.lanes)
    }))

  test("a lane is leased to one at a time, and has another term when it has changed hands", (outbox) =>
    Effect.gen(function* () {
      const first = yield* renewTwice(outbox, "one")
      const busy = [...first.lanes.keys()]
      assert.strictEqual((yield* renewTwice(outbox, "other")).lanes.size, 0)
      assert.strictEqual((yield* outbox.renew("one", busy)).lanes.size, 64)

      yield* outbox.release("one")
      const second = yield* renewTwice(outbox, "other")
      assert.strictEqual(second.lanes.size, 64)
      for (const [lane, { abandonedFor, term }] of second.lanes) {
        assert.isUndefined(abandonedFor)
        assert.notStrictEqual(term, first.lanes.get(lane)!.term)
      }
      // Of what it no longer has.
      yield* outbox.release("one")
      assert.strictEqual((yield* outbox.renew("other", busy)).lanes.size, 64)
    }))

  if (clock === "test") {
    test("who is not heard of any more has no lane, and deletes nothing", (outbox) =>
      Effect.gen(function* () {
        yield* append(outbox, messageIn(1, "a"))
        const first = yield* renewTwice(outbox, "one")
        const [a] = yield* fetchAll(outbox)
        yield* TestClock.adjust(first.heldFor - 1)
        assert.strictEqual((yield* outbox.renew("other", [])).lanes.size, 0)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* outbox.remove("one", [a!]), [])
        const second = yield* renewTwice(outbox, "other")
        assert.strictEqual(second.lanes.size, 64)
        for (const [lane, { abandonedFor, term }] of second.lanes) {
          assert.strictEqual(abandonedFor, first.heldFor - 1 + 10_000)
          assert.notStrictEqual(term, first.lanes.get(lane)!.term)
        }
        assert.deepStrictEqual(yield* outbox.remove("one", [a!]), [])
        assert.deepStrictEqual(yield* outbox.bury("one", [a!], rejected), [])
        assert.strictEqual((yield* outbox.renew("one", [])).lanes.size, 0)
        assert.deepStrictEqual(yield* outbox.remove("other", [a!]), [a!.id])
      }))

    test("ages are counted from when it was appended, and when it was first tried", (outbox) =>
      Effect.gen(function* () {
        yield* append(outbox, messageIn(1, "a"))
        yield* TestClock.adjust("2 seconds")
        yield* append(outbox, messageIn(1, "b"))
        yield* outbox.markTried((yield* fetchAll(outbox)).slice(0, 1))
        yield* TestClock.adjust("3 seconds")
        yield* outbox.markTried((yield* fetchAll(outbox)).slice(0, 1))
        const agesOf = (messages: ReadonlyArray<KeptMessage>) => messages.map(({ age, triedFor }) => [age, triedFor])
        assert.deepStrictEqual(agesOf(yield* fetchAll(outbox)), [
          [5000, 3000],
          [3000, undefined]
        ])
        assert.strictEqual((yield* outbox.report).oldest, 5000)
      }))
  }

  test("when a message was first tried is known until it is gone", (outbox) =>
    Effect.gen(function* () {
      yield* appendAll(outbox, [messageIn(1, "a"), messageIn(1, "b")])
      const [a, b] = yield* fetchAll(outbox)
      yield* outbox.markTried([a!])
      const tried = yield* fetchAll(outbox)
      assert.isDefined(tried[0]!.triedFor)
      assert.isUndefined(tried[1]!.triedFor)
      yield* renewTwice(outbox, "relay")
      yield* outbox.remove("relay", [a!])
      yield* outbox.markTried([a!])
      assert.deepStrictEqual(
        (yield* fetchAll(outbox)).map(({ id, triedFor }) => [id, triedFor]),
        [[b!.id, undefined]]
      )
    }))

  test("what became of a message is waiting, gone, or a dead letter with its reason", (outbox) =>
    Effect.gen(function* () {
      const appended = [messageIn(1, "a"), messageIn(2, "b")]
      const [a, b] = yield* appendAll(outbox, appended)
      assert.strictEqual(yield* outbox.fateOf(a!), "waiting")
      yield* renewTwice(outbox, "relay")
      const fetched = yield* fetchAll(outbox)
      assert.deepStrictEqual(yield* outbox.bury("relay", fetched.slice(0, 1), rejected), [a!])
      yield* outbox.remove("relay", fetched.slice(1))
      assert.strictEqual(yield* outbox.fateOf(b!), "gone")
      assert.strictEqual(yield* outbox.fateOf(b! + 1_000_000), "gone")
      const fate = yield* outbox.fateOf(a!)
      assert(typeof fate === "object")
      const { acceptedAt, diedAt, ...dead } = fate
      assert.deepStrictEqual(dead, { id: a!, ...appended[0]!, ...rejected })
      assert.isAtMost(acceptedAt, diedAt)
      assert.deepStrictEqual(yield* fetchAll(outbox), [])
    }))

  test("whether anything waits up to an id, and how much", (outbox) =>
    Effect.gen(function* () {
      const [a, b, c] = yield* appendAll(outbox, [messageIn(1, "a"), messageIn(9, "b"), messageIn(1, "c")])
      assert.isTrue(yield* outbox.hasUpTo(a!))
      assert.isFalse(yield* outbox.hasUpTo(a! - 1))
      assert.strictEqual(yield* outbox.countUpTo(a! - 1), 0)
      assert.strictEqual(yield* outbox.countUpTo(b!), 2)
      assert.strictEqual(yield* outbox.countUpTo(c! + 1000), 3)
      yield* renewTwice(outbox, "relay")
      yield* outbox.remove("relay", (yield* fetchAll(outbox)).slice(0, 2))
      assert.isFalse(yield* outbox.hasUpTo(b!))
      assert.strictEqual(yield* outbox.countUpTo(c!), 1)
    }))

  test("dead letters are paged by their ids, or given by them", (outbox) =>
    Effect.gen(function* () {
      const ids = yield* appendAll(
        outbox,
        Array.from({ length: 5 }, (_, index) => messageIn(index, `m${index}`))
      )
      yield* renewTwice(outbox, "relay")
      const verdict: Verdict = { tag: "RetriesExhausted", status: undefined, reason: "no answer", attempts: 10 }
      yield* outbox.bury("relay", yield* fetchAll(outbox), verdict)
      const first = yield* outbox.dead({ limit: 2 })
      assert.deepStrictEqual(namesOf(first), ["m0", "m1"])
      assert.strictEqual(first[0]!.status, undefined)
      assert.strictEqual(first[0]!.tag, "RetriesExhausted")
      assert.deepStrictEqual(namesOf(yield* outbox.dead({ after: ids[1]!, limit: 10 })), ["m2", "m3", "m4"])
      assert.deepStrictEqual(
        namesOf(yield* outbox.dead({ ids: [ids[3]!, ids[0]!, ids[3]!, ids[4]! + 1000], limit: 10 })),
        ["m0", "m3"]
      )
      assert.deepStrictEqual(namesOf(yield* outbox.dead({ ids, limit: 1 })), ["m0"])
      assert.deepStrictEqual(yield* outbox.dead({ ids: [], limit: 10 }), [])
    }))

  test("what is replayed waits again, with ids that were never given, and listeners hear of it", (outbox) =>
    Effect.gen(function* () {
      const appended = [messageIn(1, "a"), messageIn(1, "b"), messageIn(2, "c")]
      const ids = yield* appendAll(outbox, appended)
      yield* renewTwice(outbox, "relay")
      yield* outbox.bury("relay", yield* fetchAll(outbox), rejected)
      const [last] = yield* appendAll(outbox, [messageIn(1, "d")])
      let heard = 0
      yield* outbox.onCommit(() => heard++)

      assert.strictEqual(yield* outbox.replay([ids[1]!, last!, 1_000_000]), 1)
      assert.isAbove(heard, 0)
      const fetched = yield* fetchAll(outbox)
      assert.deepStrictEqual(namesOf(fetched), ["d", "b"])
      assert.isAbove(fetched[1]!.id, last!)
      const { age: _age, id: _id, triedFor: _triedFor, ...replayed } = fetched[1]!
      assert.deepStrictEqual(replayed, appended[1]!)
      assert.strictEqual(yield* outbox.fateOf(ids[1]!), "gone")

      assert.strictEqual(yield* outbox.replay([]), 0)
      assert.strictEqual(yield* outbox.replay(undefined), 2)
      assert.deepStrictEqual(namesOf(yield* fetchAll(outbox)), ["d", "b", "a", "c"])
      assert.strictEqual(yield* outbox.replay(undefined), 0)
      assert.deepStrictEqual(yield* outbox.dead({ limit: 10 }), [])
    }))

  test("dead letters are deleted, and all that is of a person", (outbox) =>
    Effect.gen(function* () {
      yield* appendAll(outbox, [
        messageIn(1, "a", { userId: "one" }),
        messageIn(2, "b", { userId: "another" }),
        messageIn(3, "c", { userId: undefined, anonymousId: "one" }),
        messageIn(4, "d", { userId: "another", previousId: "one" }),
        // Of the same name, in other places.
        messageIn(5, "one", { userId: "one%", properties: { userId: "one", text: '"userId":"one"' } }),
        messageIn(1, "e", { userId: "one" }),
        messageIn(2, "f", { userId: "another" })
      ])
      yield* renewTwice(outbox, "relay")
      const fetched = yield* fetchAll(outbox)
      yield* outbox.bury("relay", fetched.slice(5), rejected)
      assert.deepStrictEqual(yield* outbox.purge("nobody"), { waiting: 0, dead: 0 })
      assert.deepStrictEqual(yield* outbox.purge("one"), { waiting: 3, dead: 1 })
      assert.deepStrictEqual(namesOf(yield* fetchAll(outbox)), ["b", "one"])
      assert.strictEqual(outbox.usage().messages, 2)
      assert.deepStrictEqual(namesOf(yield* outbox.dead({ limit: 10 })), ["f"])
      assert.deepStrictEqual(yield* outbox.purge(undefined), { waiting: 0, dead: 1 })
      assert.strictEqual((yield* fetchAll(outbox)).length, 2)
    }))

  test("a person's name is taken as it is", (outbox) =>
    Effect.gen(function* () {
      const odd = `a"b'c\\d\n;-- 😀 $1 ?`
      yield* appendAll(outbox, [messageIn(1, "a", { userId: odd }), messageIn(1, "b")])
      assert.deepStrictEqual(yield* outbox.purge(odd), { waiting: 1, dead: 0 })
      assert.deepStrictEqual(namesOf(yield* fetchAll(outbox)), ["b"])
    }))

  test("a report says how the outbox is", (outbox) =>
    Effect.gen(function* () {
      const empty = yield* outbox.report
      assert.deepStrictEqual({ ...empty.waiting }, { messages: 0, bytes: 0 })
      assert.strictEqual(empty.oldest, undefined)
      assert.deepStrictEqual(empty.types, {})
      assert.strictEqual(empty.dead, 0)
      assert.deepStrictEqual(empty.relays, [])

      const page = { ...messageIn(1, "c"), type: "page" as const }
      yield* appendAll(outbox, [messageIn(1, "a"), messageIn(2, "b"), page, messageIn(3, "d")])
      const { heldFor } = yield* renewTwice(outbox, "relay")
      yield* outbox.bury("relay", (yield* fetchAll(outbox)).slice(0, 1), rejected)
      const report = yield* outbox.report
      assert.strictEqual(report.waiting.messages, 3)
      assert.isAtLeast(report.oldest!, 0)
      assert.deepStrictEqual(report.types, { track: 2, page: 1 })
      assert.strictEqual(report.dead, 1)
      assert.isAbove(report.size, 0)
      assert.deepStrictEqual(
        report.relays.map(({ lanes, relay }) => [relay, lanes]),
        [["relay", 64]]
      )
      assert.isAtMost(report.relays[0]!.heldFor, heldFor)
      assert.isAbove(report.relays[0]!.heldFor, heldFor - 5000)
    }))

  test("two that open it have one outbox", (outbox) =>
    Effect.gen(function* () {
      let heard = 0
      yield* outbox.onCommit(() => heard++)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const other = yield* Effect.flatMap(OutboxStore, ({ open }) => open)
          yield* append(other, messageIn(1, "a"))
          assert.deepStrictEqual(namesOf(yield* fetchAll(outbox)), ["a"])
        })
      )
      assert.deepStrictEqual(namesOf(yield* fetchAll(outbox)), ["a"])
      yield* append(outbox, messageIn(1, "b"))
      assert.deepStrictEqual(namesOf(yield* fetchAll(outbox)), ["a", "b"])
      assert.isAbove(heard, 0)
    }))
}
