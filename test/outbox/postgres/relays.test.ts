import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { OutboxPostgres, OutboxStore } from "cdp-analytics-effect/outbox"
import { Duration, Effect, Layer, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { embeddedPrograms, servePostgres } from "../../support/postgres.ts"
import { makeRandom, pick } from "../../support/random.ts"
import { isFull } from "../../support/repetitions.ts"
import { messageIn } from "../contract.ts"
import { brokenLaws, type Call } from "../laws.ts"
import { makeMoody } from "../moody.ts"
import { makeProgram, type Running, start } from "../program.ts"

const people = 12

const schema = "cdp"

/** While processes are killed, and the database is. */
const troubledSeconds = 30

describe.skipIf(!isFull)("relays and writers of one database", () => {
  it.live(
    "lose nothing and keep the order of each person, whoever is killed, stopped or cut off, and take lanes over in time",
    () =>
      Effect.gen(function* () {
        const random = makeRandom(4)
        const postgres = yield* servePostgres(embeddedPrograms)
        const server = yield* makeMoody(random)
        const program = yield* makeProgram("postgres/worker.ts")
        const wrongClock = (yield* makeProgram("postgres/clock.ts")).path
        const running = new Map<string, Running>()
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            for (const { child } of running.values()) child.kill("SIGKILL")
          })
        )
        const store = OutboxPostgres.layer({ schema })
        const client = PgClient.layer({ url: Redacted.make(postgres.url), maxConnections: 4 })
        const { sql, database } = yield* Effect.gen(function* () {
          const { open } = yield* OutboxStore
          return { sql: yield* SqlClient.SqlClient, database: yield* open }
        }).pipe(Effect.provide(yield* Layer.build(Layer.provideMerge(store, client))))
        yield* sql`create table made (id text primary key)`

        const calls = new Map<string, Call>()
        const kinds = new Map<string, string>()
        const hear = (line: string): void => {
          const [what, id = "", ...words] = line.split(" ")
          if (what === "call") {
            const [person = "", event = "", kind = "", startedAt] = words
            kinds.set(id, kind)
            calls.set(id, { id, person, isBad: event === "bad", startedAt: Number(startedAt), fate: "unknown" })
            return
          }
          const call = calls.get(id)!
          if (what === "done") {
            call.fate = "accepted"
            call.endedAt = Number(words[0])
          } else if (what === "back") call.fate = "refused"
        }

        let started = 0
        const launch = (role: "writer" | "relay") => {
          const name = `${role}${++started}`
          // Of the first ones, and of some of those that take their place.
          const isWrong = started % 4 === 1
          const env = { ROLE: role, NAME: name, PEOPLE: String(people), URL: postgres.url, SCHEMA: schema }
          const clock = { WRONG_BY: String(started % 8 === 1 ? 3_600_000 : -3_600_000) }
          running.set(
            name,
            start(
              program,
              { ...env, ...clock, ENDPOINT: server.endpoint },
              hear,
              isWrong ? ["--import", wrongClock] : []
            )
          )
        }
        const namesOf = (role: string) => [...running.keys()].filter((name) => name.startsWith(role))
        const kill = (name: string) =>
          Effect.promise(async () => {
            const { child, ended } = running.get(name)!
            running.delete(name)
            child.kill("SIGKILL")
            await ended
          })

        for (let index = 0; index < 4; index++) launch("writer")
        for (let index = 0; index < 3; index++) launch("relay")

        // One relay is stopped while the server has its request, which it takes in only when the relay goes on.
        let held: string | undefined
        let release = () => {}
        server.onRequest = (key) => {
          if (held === undefined && running.has(key)) {
            held = key
            running.get(key)!.child.kill("SIGSTOP")
          }
          if (key !== held) return Promise.resolve()
          return new Promise((resolve) => {
            release = resolve
          })
        }

        const killing = Effect.suspend(() => {
          const killable = namesOf("relay").filter((name) => name !== held)
          return Effect.andThen(
            kill(pick(random, killable)),
            Effect.sync(() => launch("relay"))
          )
        }).pipe(Effect.schedule(Schedule.spaced("3 seconds")))

        const cutting = sql`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()
          and backend_type = 'client backend' and random() < 0.5`.pipe(
          Effect.ignore,
          Effect.schedule(Schedule.spaced("2 seconds"))
        )

        const continuing = Effect.andThen(
          Effect.sleep("22 seconds"),
          Effect.sync(() => {
            running.get(held!)!.child.kill("SIGCONT")
            server.onRequest = () => Promise.resolve()
            release()
          })
        )
        const restarting = Effect.sleep("12 seconds").pipe(
          Effect.andThen(postgres.stop),
          Effect.andThen(Effect.sleep("2 seconds")),
          Effect.andThen(postgres.start)
        )
        yield* Effect.all([killing, cutting, continuing, restarting], { concurrency: "unbounded" }).pipe(
          Effect.timeoutOption(troubledSeconds * 1000)
        )
        yield* Effect.forEach(namesOf("writer"), kill)
        server.isMoody = false

        const drained = (seconds: number) =>
          database.report.pipe(
            Effect.map(({ waiting }) => waiting.messages === 0),
            Effect.orElseSucceed(() => false),
            Effect.repeat({ until: (isOver) => isOver, schedule: Schedule.spaced("200 millis") }),
            Effect.timed,
            Effect.timeout(seconds * 1000)
          )
        yield* drained(60)

        // The transaction of a call is known to the database, whatever its caller heard.
        const made = new Set((yield* sql<{ id: string }>`select id from made`).map(({ id }) => id))
        for (const call of calls.values()) {
          if (kinds.get(call.id) === "alone") continue
          if (made.has(call.id)) assert.notStrictEqual(call.fate, "refused", call.id)
          else assert.notStrictEqual(call.fate, "accepted", call.id)
          call.fate = made.has(call.id) ? "accepted" : "refused"
        }
        const dead = new Map((yield* database.dead({ limit: 100_000 })).map((letter) => [letter.messageId, letter]))
        const all = [...calls.values()]
        const facts = { calls: all, arrivals: server.arrivals, dead, waiting: new Set<string>() }
        assert.deepStrictEqual(brokenLaws({ ...facts, isOrdered: true, mayRepeat: true }), [])
        assert.isAbove(all.filter(({ fate }) => fate === "accepted").length, 1000)
        assert.isAbove(all.filter(({ fate }) => fate === "refused").length, 100)
        assert.isAbove(dead.size, 10)

        // Whoever had the lanes is dead.
        yield* Effect.forEach(namesOf("relay"), kill)
        launch("relay")
        yield* Effect.forEach(
          Array.from({ length: 64 }, (_, lane) => lane),
          (lane) => database.append(messageIn(lane, `last ${lane}`), () => {})
        )
        const [takenOverIn] = yield* drained(60)
        assert.isBelow(Duration.toMillis(takenOverIn), 30_000)
      }).pipe(Effect.scoped),
    200_000
  )
})
