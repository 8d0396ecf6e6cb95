import { assert, describe, it, vi } from "@effect/vitest"
import type { OutboxError } from "cdp-analytics-effect"
import { type Leases, type OutboxDatabase, OutboxStore } from "cdp-analytics-effect/outbox"
import { Effect } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { divide, type Lane } from "../../../src/outbox/postgres/share.ts"
import { storeLayer } from "../../support/postgres.ts"
import { makeRandom, pick } from "../../support/random.ts"
import { isFull } from "../../support/repetitions.ts"
import { append, fetchAll, messageIn } from "../contract.ts"

// A server is started for the first one.
vi.setConfig({ testTimeout: 60_000 })

describe("the share of a relay", () => {
  it("what it has and what is free is its share where there is enough, and what is busy it keeps", () => {
    const random = makeRandom(1)
    for (let round = 0; round < 500; round++) {
      const lanes = Array.from(
        { length: 64 },
        (_, lane): Lane => ({ lane, holder: pick(random, ["me", "other", "nobody"]) })
      )
      const of = (holder: Lane["holder"]) => lanes.filter((lane) => lane.holder === holder).map(({ lane }) => lane)
      const busy = new Set(of("me").filter(() => random() < 0.3))
      const relays = 1 + Math.floor(random() * 70)
      const share = Math.ceil(64 / relays)
      const { keep, giveBack, take } = divide(lanes, busy, relays)
      assert.sameMembers([...keep, ...giveBack], of("me"))
      assert.isTrue(giveBack.every((lane) => !busy.has(lane)))
      assert.isTrue(take.every((lane) => of("nobody").includes(lane)))
      const has = keep.length + take.length
      assert.isAtMost(has, Math.max(share, busy.size))
      assert.isAtLeast(has, Math.min(share, of("me").length + of("nobody").length))
    }
  })
})

/** Fetching it as it is, no process renewed in time. */
const letExpire = (outbox: OutboxDatabase, relay: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`
      with slept as (update ${sql(outbox.name)}.relay set heard_at = heard_at - interval '20 s' where relay = ${relay})
      update ${sql(outbox.name)}.lease set expires_at = expires_at - interval '20 s' where relay = ${relay}`
  )

const test = (
  what: string,
  run: (outbox: OutboxDatabase) => Effect.Effect<void, OutboxError | SqlError.SqlError, SqlClient.SqlClient>
) =>
  it.live(what, () =>
    Effect.gen(function* () {
      yield* Effect.orDie(run(yield* Effect.flatMap(OutboxStore, ({ open }) => open)))
    }).pipe(Effect.scoped, Effect.provide(storeLayer()))
  )

const sizes = (leases: ReadonlyArray<Leases>) => leases.map(({ lanes }) => lanes.size)

describe.skipIf(!isFull)("leases in Postgres", () => {
  test("relays that come share the lanes, and those that stay take what others leave", (outbox) =>
    Effect.gen(function* () {
      const renewAll = (relays: ReadonlyArray<string>) => Effect.forEach(relays, (relay) => outbox.renew(relay, []))
      assert.deepStrictEqual(sizes(yield* renewAll(["a"])), [64])
      yield* renewAll(["a", "b"])
      assert.deepStrictEqual(sizes(yield* renewAll(["a", "b"])), [32, 32])
      yield* renewAll(["a", "b", "c"])
      yield* renewAll(["a", "b", "c"])
      const three = yield* renewAll(["a", "b", "c"])
      assert.deepStrictEqual(sizes(three).sort(), [20, 22, 22])
      const lanes = three.flatMap(({ lanes }) => [...lanes.keys()])
      assert.strictEqual(new Set(lanes).size, 64)
      yield* outbox.release("b")
      yield* renewAll(["a", "c"])
      assert.deepStrictEqual(sizes(yield* renewAll(["a", "c"])), [32, 32])
    }))

  test("who comes waits for what is busy", (outbox) =>
    Effect.gen(function* () {
      yield* outbox.renew("a", [])
      yield* outbox.renew("b", [])
      const busy = Array.from({ length: 50 }, (_, lane) => lane)
      assert.sameMembers([...(yield* outbox.renew("a", busy)).lanes.keys()], busy)
      assert.strictEqual((yield* outbox.renew("b", [])).lanes.size, 14)
      assert.strictEqual((yield* outbox.renew("a", busy.slice(0, 3))).lanes.size, 32)
      assert.strictEqual((yield* outbox.renew("b", [])).lanes.size, 32)
    }))

  test("the lanes of one that died are taken over, and if it only slept it deletes nothing", (outbox) =>
    Effect.gen(function* () {
      for (const lane of [1, 2, 3]) yield* append(outbox, messageIn(lane, `m${lane}`))
      const first = yield* outbox.renew("sleeper", [])
      const messages = yield* fetchAll(outbox)
      yield* letExpire(outbox, "sleeper")

      assert.deepStrictEqual(yield* outbox.remove("sleeper", messages), [])
      assert.deepStrictEqual((yield* outbox.report).relays, [])
      const second = yield* outbox.renew("other", [])
      assert.strictEqual(second.lanes.size, 64)
      for (const [lane, { abandonedFor, term }] of second.lanes) {
        assert.strictEqual(term, first.lanes.get(lane)!.term + 1)
        assert.isAtLeast(abandonedFor!, 20_000)
        assert.isBelow(abandonedFor!, 30_000)
      }
      // As long as it is not given back.
      assert.isAtLeast((yield* outbox.renew("other", [])).lanes.get(7)!.abandonedFor!, 20_000)
      assert.deepStrictEqual(yield* outbox.remove("sleeper", messages), [])
      const verdict = { tag: "Rejected", status: 400, reason: "\0no\ud800 \ude00", attempts: 1 } as const
      assert.deepStrictEqual(yield* outbox.bury("sleeper", messages, verdict), [])
      assert.strictEqual((yield* outbox.renew("sleeper", [])).lanes.size, 0)
      assert.strictEqual((yield* outbox.bury("other", messages.slice(0, 1), verdict)).length, 1)
      assert.strictEqual((yield* outbox.remove("other", messages.slice(1))).length, 2)
    }))

  test("one that slept and finds its lanes as they were has them still", (outbox) =>
    Effect.gen(function* () {
      const { lanes } = yield* outbox.renew("a", [])
      yield* letExpire(outbox, "a")
      assert.deepStrictEqual((yield* outbox.renew("a", [])).lanes, lanes)
    }))

  test("many that renew at once never have the same lane, nor wait for each other for long", (outbox) =>
    Effect.gen(function* () {
      const random = makeRandom(7)
      const names = Array.from({ length: 8 }, (_, index) => `relay ${index}`)
      const owners = new Map<string, string>()
      for (let round = 0; round < 40; round++) {
        yield* Effect.forEach(
          names.filter(() => random() < 0.7),
          (name) =>
            Effect.gen(function* () {
              const roll = random()
              if (roll < 0.1) return yield* outbox.release(name)
              if (roll < 0.2) return yield* Effect.asVoid(letExpire(outbox, name))
              const { lanes } = yield* outbox.renew(name, random() < 0.3 ? [1, 2, 3, 40] : [])
              for (const [lane, { term }] of lanes) {
                const owner = owners.get(`${lane} ${term}`) ?? name
                assert.strictEqual(owner, name, `lane ${lane}, term ${term}`)
                owners.set(`${lane} ${term}`, owner)
              }
            }),
          { concurrency: "unbounded" }
        )
      }
      for (let round = 0; round < 4; round++) yield* Effect.forEach(names, (name) => outbox.renew(name, []))
      const last = yield* Effect.forEach(names, (name) => outbox.renew(name, []))
      assert.deepStrictEqual(sizes(last), Array(8).fill(8))
    }))
})
