import { readdirSync, readFileSync } from "node:fs"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { sharedPostgres } from "../../test/support/postgres.ts"
import { sqlLayer } from "./ours.ts"

/** A server of Postgres: the one of `DATABASE_URL`, or one of its own that ends with this process. */
export interface Database {
  readonly version: string
  /** Makes a database, which is dropped after its use. */
  readonly use: <A>(work: (url: string) => Promise<A>) => Promise<A>
  /** What all processes of the server have used so far, where they are on this machine. */
  readonly cpuMicros: () => number
}

export const openDatabase = async (): Promise<Database> => {
  // The server's pipes keep no process alive that has nothing else to do.
  const staying = setInterval(() => {}, 1000)
  const { url } = await Effect.runPromise(sharedPostgres)
  clearInterval(staying)
  const run = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    Effect.runPromise(Effect.provide(effect, sqlLayer(url)))
  const { postmaster, version } = await run(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ pid: number; version: string }>`
        select pg_backend_pid() as pid, current_setting('server_version') as version`
      return { postmaster: row === undefined ? undefined : parentOf(row.pid), version: row?.version ?? "" }
    })
  )
  const execute = (statement: string) => run(Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)))
  let made = 0
  return {
    version,
    use: async (work) => {
      const name = `cdp_bench_${process.pid}_${made++}`
      await execute(`create database ${name}`)
      const own = new URL(url)
      own.pathname = `/${name}`
      try {
        return await work(own.href)
      } finally {
        await execute(`drop database ${name} with (force)`)
      }
    },
    cpuMicros: () => (postmaster === undefined ? Number.NaN : cpuMicrosOf(postmaster))
  }
}

/** Keeps a transaction open that sees the database as it is now, so that nothing deleted after it can be cleared away. */
export const holdTransaction = async (url: string): Promise<() => Promise<void>> => {
  const scope = Scope.makeUnsafe()
  const hold = Effect.gen(function* () {
    const sql = Context.get(yield* Layer.build(sqlLayer(url)), SqlClient.SqlClient)
    const connection = yield* sql.reserve
    yield* connection.executeRaw("begin isolation level repeatable read", [])
    yield* connection.executeRaw("select count(*) from pg_class", [])
  })
  await Effect.runPromise(Scope.provide(hold, scope))
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}

/** The fields of /proc/…/stat from the third on; the second is a name in brackets. */
const statOf = (pid: number | string): ReadonlyArray<string> | undefined => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
  } catch {
    return undefined
  }
}

const parentOf = (pid: number): number | undefined => {
  const parent = statOf(pid)?.[1]
  return parent === undefined ? undefined : Number(parent)
}

/** A tick is a hundredth of a second. What has ended is in its parent's count. */
const cpuMicrosOf = (postmaster: number): number => {
  const ticks = (from: number, to: number, stat: ReadonlyArray<string> | undefined): number =>
    (stat ?? []).slice(from, to).reduce((total, each) => total + Number(each), 0)
  const living = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((stat) => stat?.[1] === String(postmaster))
  return 10_000 * living.reduce((total, stat) => total + ticks(11, 13, stat), ticks(11, 15, statOf(postmaster)))
}
