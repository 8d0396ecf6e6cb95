import { PgClient } from "@effect/sql-pg"
import { assert, describe, it, vi } from "@effect/vitest"
import type { OutboxError } from "cdp-analytics-effect"
import { OutboxPostgres, OutboxStore } from "cdp-analytics-effect/outbox"
import { Context, Effect, Layer, Redacted, Schedule, type Scope } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { clientLayer, makeSchema, sharedPostgres } from "../../support/postgres.ts"
import { isFull } from "../../support/repetitions.ts"
import { append, fetchAll, messageIn, rejected } from "../contract.ts"

// A server is started for the first one.
vi.setConfig({ testTimeout: 60_000 })

type Options = OutboxPostgres.OutboxPostgresOptions

const open = (options: Options) =>
  Effect.flatMap(Layer.build(OutboxPostgres.layer(options)), (context) => Context.get(context, OutboxStore).open)

type Failed = OutboxError | SqlError.SqlError

const test = (
  what: string,
  run: (schema: string, sql: SqlClient.SqlClient) => Effect.Effect<void, Failed, SqlClient.SqlClient | Scope.Scope>
) =>
  it.live(what, () =>
    Effect.gen(function* () {
      yield* Effect.orDie(run(yield* makeSchema(), yield* SqlClient.SqlClient))
    }).pipe(Effect.scoped, Effect.provide(clientLayer()))
  )

/** Why it cannot be opened. */
const refusal = (options: Options) => Effect.orDie(Effect.flip(Effect.scoped(open(options))))

describe.skipIf(!isFull)("an outbox of Postgres is opened", () => {
  test("by many at once where there is nothing yet", (schema) =>
    Effect.gen(function* () {
      const outboxes = yield* Effect.forEach(Array(20), () => open({ schema }), { concurrency: "unbounded" })
      for (const [index, outbox] of outboxes.entries()) yield* append(outbox, messageIn(index, `m${index}`))
      assert.strictEqual((yield* fetchAll(outboxes[0]!)).length, 20)
      assert.strictEqual((yield* outboxes[7]!.renew("relay", [])).lanes.size, 64)
    }))

  test("with tables that were made by hand, by what is printed for that", (schema, sql) =>
    Effect.gen(function* () {
      const error = yield* refusal({ schema, migrate: false })
      assert.strictEqual(error.reason, "Incompatible")
      assert.strictEqual(error.outbox, schema)
      assert.include(error.detail, "outbox schema")
      const ddl = yield* OutboxPostgres.ddl(schema)
      yield* sql.unsafe(ddl)
      yield* sql.unsafe(ddl)
      const outbox = yield* open({ schema, migrate: false })
      yield* append(outbox, messageIn(1, "a"))
    }))

  test("not where a newer version of the library made the tables", (schema, sql) =>
    Effect.gen(function* () {
      yield* Effect.scoped(open({ schema }))
      yield* sql`insert into ${sql(schema)}.migration (version) values (2)`
      const error = yield* refusal({ schema })
      assert.strictEqual(error.reason, "Incompatible")
      assert.include(error.detail, "version 2")
    }))

  test("not by who may not, and it says what", (schema, sql) =>
    Effect.gen(function* () {
      const role = `${schema}_role`
      yield* sql`create role ${sql(role)} login`
      const { url } = yield* sharedPostgres
      const theirs = Object.assign(new URL(url), { username: role }).href
      const asThem = Effect.provide(clientLayer({ url: Redacted.make(theirs) }))

      assert.include((yield* asThem(refusal({ schema }))).detail, "permission denied for database")
      // Who may make tables in a schema need not be allowed to make schemas.
      yield* sql`create schema ${sql(schema)}`
      yield* sql`grant usage, create on schema ${sql(schema)} to ${sql(role)}`
      yield* asThem(Effect.scoped(Effect.flatMap(open({ schema }), (outbox) => append(outbox, messageIn(1, "a")))))
      const other = `${schema}_other`
      yield* sql`create role ${sql(other)} login`
      const asOther = Effect.provide(
        clientLayer({ url: Redacted.make(Object.assign(new URL(url), { username: other }).href) })
      )
      const error = yield* asOther(refusal({ schema }))
      assert.strictEqual(error.reason, "Incompatible")
      assert.include(error.detail, `permission denied for schema ${schema}`)
    }))

  test("with nothing granted to others, whatever the defaults are", (schema, sql) =>
    Effect.gen(function* () {
      const role = `${schema}_reader`
      yield* sql`create role ${sql(role)}`
      yield* sql`create schema ${sql(schema)}`
      yield* sql`alter default privileges in schema ${sql(schema)} grant select, insert on tables to ${sql(role)}`
      yield* sql`alter default privileges in schema ${sql(schema)} grant select on tables to public`
      yield* sql`alter default privileges in schema ${sql(schema)} grant usage on sequences to ${sql(role)}`
      yield* Effect.scoped(open({ schema }))
      const grants = yield* sql`
        select c.relname, a.grantee::regrole::text, a.privilege_type
        from pg_class c cross join lateral aclexplode(c.relacl) a
        where c.relnamespace = ${schema}::regnamespace and a.grantee <> c.relowner`
      assert.deepStrictEqual(grants, [])
    }))

  test("not in a database of another encoding", (schema, sql) =>
    Effect.gen(function* () {
      yield* sql`create database ${sql(schema)} encoding 'LATIN1' template template0 locale 'C'`
      const { url } = yield* sharedPostgres
      const there = clientLayer({ url: Redacted.make(Object.assign(new URL(url), { pathname: schema }).href) })
      const error = yield* Effect.provide(refusal({ schema }), there)
      assert.include(error.detail, "LATIN1")
      assert.strictEqual(error.reason, "Incompatible")
    }))

  test("not where no server is", (schema) =>
    Effect.gen(function* () {
      const there = clientLayer({ url: Redacted.make("postgres://nobody@127.0.0.1:1/nothing") })
      const error = yield* Effect.provide(refusal({ schema }), there)
      assert.strictEqual(error.reason, "Unavailable")
      assert.include(error.detail, "ECONNREFUSED")
    }))

  test("by who delivers for a moment only: dead letters that are too old go nevertheless", (schema, sql) =>
    Effect.gen(function* () {
      const outbox = yield* open({ schema, deadLetterRetention: "2 days" })
      for (const [index, id] of ["old", "young"].entries()) yield* append(outbox, messageIn(index, id))
      yield* outbox.renew("relay", [])
      yield* outbox.bury("relay", yield* fetchAll(outbox), rejected)
      yield* sql`update ${sql(schema)}.dead set died_at = died_at - interval '2 days' where message_id = 'old'`
      const left = Effect.map(outbox.dead({ limit: 10 }), (letters) => letters.map(({ messageId }) => messageId))
      assert.sameMembers(yield* left, ["old", "young"])

      // Another process, which does not stay for an hour.
      const job = yield* open({ schema, deadLetterRetention: "2 days" })
      yield* job.renew("job", [])
      const soon = Schedule.upTo(Schedule.spaced("50 millis"), { duration: "5 seconds" })
      assert.deepStrictEqual(yield* Effect.repeat(left, { until: ({ length }) => length < 2, schedule: soon }), [
        "young"
      ])
    }))

  test("again after its schema was dropped", (schema, sql) =>
    Effect.gen(function* () {
      const outbox = yield* open({ schema })
      yield* append(outbox, messageIn(1, "a"))
      yield* sql`drop schema ${sql(schema)} cascade`
      const error = yield* Effect.orDie(Effect.flip(append(outbox, messageIn(1, "b"))))
      assert.strictEqual(error.reason, "Incompatible")
      assert.include(error.detail, "message")
      const again = yield* open({ schema })
      yield* append(again, messageIn(1, "c"))
      assert.deepStrictEqual(
        (yield* fetchAll(again)).map(({ messageId }) => messageId),
        ["c"]
      )
    }))
})

/** A client that is asked nothing: options are read before. */
const noClient = PgClient.layer({ url: Redacted.make("postgres://nobody@127.0.0.1:1/nothing") })

describe("the options of an outbox of Postgres", () => {
  const wrong: ReadonlyArray<readonly [string, Options]> = [
    ["schema", { schema: "" }],
    ["schema", { schema: "1a" }],
    ["schema", { schema: 'a"b' }],
    ["schema", { schema: "a$b" }],
    ["schema", { schema: "a".repeat(64) }],
    ["schema", { schema: "ä".repeat(32) }],
    ["maxBytes", { maxBytes: 0 }],
    ["maxBytes", { maxBytes: Number.NaN }],
    ["maxMessages", { maxMessages: 1.5 }],
    ["deadLetterRetention", { deadLetterRetention: 0 }],
    ["deadLetterRetention", { deadLetterRetention: Number.NaN }]
  ]
  it.effect.each(wrong)("%s: %o is refused", ([option, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(OutboxPostgres.layer(options))))
      assert.strictEqual(error.reason, "Incompatible")
      assert.include(error.detail, `option ${option} must`)
    }).pipe(Effect.provide(noClient))
  )

  it.effect("a schema that is none has no tables", () =>
    Effect.gen(function* () {
      assert.include((yield* Effect.flip(OutboxPostgres.ddl('a"'))).detail, "option schema must")
    })
  )
})
