import { Analytics } from "cdp-analytics-effect"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { TrackedEvent } from "../contenders/Contender.ts"
import { makeEvents } from "../speed/events.ts"
import { latencyOf, median } from "../speed/statistics.ts"
import type { Measurement, Transactions } from "./job.ts"
import { layerWriterAndSql } from "./ours.ts"
import { countRoundTrips } from "./roundTrips.ts"
import { payloadBytes } from "./work.ts"

/** Microseconds. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const start = performance.now()
    return Effect.map(effect, () => (performance.now() - start) * 1000)
  })

/** Calls in one transaction, all at once. */
const callAll = (events: Iterable<TrackedEvent>) =>
  Effect.forEach(events, (event) => Analytics.track(event), { concurrency: "unbounded", discard: true })

/** The statement without the rest: what it takes is the network's and the database's. */
const insertBare = (sql: SqlClient.SqlClient, json: string) =>
  sql`insert into bare (lane, type, message_id, json, bytes) values (${1}, ${"track"}, ${"id"}, ${json}, ${json.length}) returning id`

const makeBareTable = `create table if not exists bare (
  lane smallint not null, id bigint generated always as identity, type text not null, message_id text not null,
  json text not null, bytes integer not null, accepted_at timestamptz not null default clock_timestamp(), primary key (lane, id)
)`

/** What a transaction says beside the calls is not counted: neither its BEGIN nor its COMMIT. */
const countFor = Effect.fnUntraced(function* (url: string, transactions: number, calls: number) {
  const proxy = yield* countRoundTrips(url)
  const counts = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const counted: Array<number> = []
    for (let turn = 0; turn < transactions; turn++) {
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* sql`select 1`
          const before = proxy.count()
          yield* callAll(makeEvents(calls, payloadBytes))
          counted.push(proxy.count() - before)
        })
      )
    }
    return median(counted)
  })
  return yield* Effect.provide(counts, layerWriterAndSql(proxy.url))
}, Effect.scoped)

export const transactions = Effect.fnUntraced(function* ({ url, transactions, callsEach }: Transactions) {
  const context = yield* Layer.build(layerWriterAndSql(url))
  const work = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql.unsafe(makeBareTable)
    const json = "x".repeat(payloadBytes + 180)
    const bare: Array<number> = []
    const micros = callsEach.map((): Array<number> => [])
    for (let turn = -20; turn < transactions; turn++) {
      const inserted = yield* sql.withTransaction(Effect.andThen(sql`select 1`, timed(insertBare(sql, json))))
      for (const [index, calls] of callsEach.entries()) {
        const events = [...makeEvents(calls, payloadBytes)]
        const took = yield* sql.withTransaction(Effect.andThen(sql`select 1`, timed(callAll(events))))
        // The first ones compile the program and prepare the statements.
        if (turn >= 0) micros[index]?.push(took / calls)
      }
      if (turn >= 0) bare.push(inserted)
    }
    return { bare, micros }
  })
  const { bare, micros } = yield* Effect.provideContext(work, context)
  const counts = yield* Effect.forEach(callsEach, (calls) => countFor(url, 30, calls))
  const measured: Measurement<"transactions"> = {
    together: callsEach.map((calls, index) => ({
      calls,
      roundTrips: counts[index] ?? Number.NaN,
      microsPerCall: latencyOf(micros[index] ?? [])
    })),
    bare: latencyOf(bare)
  }
  return measured
}, Effect.scoped)
