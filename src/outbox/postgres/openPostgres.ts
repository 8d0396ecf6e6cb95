import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import type { OutboxError } from "../../pipeline/CallError.ts"
import { sleepUnref } from "../../time/unref.ts"
import type { KeptMessage, OutboxDatabase } from "../OutboxStore.ts"
import { makeAppend } from "./append.ts"
import { makeAsk, makeStatement } from "./ask.ts"
import { makeCommits } from "./commits.ts"
import { makeDeadLetterTable } from "./deadLetters.ts"
import type { Fail } from "./failure.ts"
import { makeLeaseTable } from "./leases.ts"
import { listen } from "./listen.ts"
import { makeLook } from "./look.ts"
import { makeMessageTable } from "./messages.ts"
import { prepare } from "./prepare.ts"
import { makePurge } from "./purge.ts"
import { makeReport, makeUnattended } from "./report.ts"
import type { Settings } from "./settings.ts"
import { tablesOf } from "./tables.ts"
import { standingOf } from "./transaction.ts"
import { makeUsage } from "./usage.ts"

/**
 * How often, in exchanges of a second, whoever delivers tidies up, and looks for dead letters that are too old: for these at
 * once, too, since it may be a job that never runs for an hour.
 */
const tidyAfter = 30
const expireAfter = 3600

export const openPostgres = Effect.fnUntraced(function* (
  settings: Settings,
  sql: SqlClient.SqlClient,
  fail: Fail
): Effect.fn.Return<OutboxDatabase, OutboxError, Scope.Scope> {
  const { schema, maxMessages, maxBytes, deadLetterRetention } = settings
  const tables = tablesOf(schema)
  const statement = makeStatement(sql)
  const ask = makeAsk(sql, statement, fail)
  const clock = yield* Clock.Clock

  yield* prepare(settings, tables, ask, fail)
  const [row] = yield* ask<{ process: string }>("select gen_random_uuid()::text as process")
  const process = row?.process ?? ""

  const usage = makeUsage(tables, ask, process)
  yield* usage.exchange
  // Runs last of all, when nothing is appended any more.
  yield* Effect.addFinalizer(() =>
    usage.exchange.pipe(Effect.interruptible, Effect.timeoutOption("1 second"), Effect.ignore)
  )
  const payload = `${schema} ${process}`
  const commits = yield* makeCommits(ask, payload)
  const look = makeLook(tables, ask, clock)
  const messages = makeMessageTable(tables, ask)
  const deadLetters = makeDeadLetterTable(tables, ask)
  const leases = makeLeaseTable(tables, ask)
  const purge = makePurge(tables, ask)
  const append = yield* makeAppend({
    sql,
    statement,
    ask,
    fail,
    tables,
    onCommitted: ({ bytes }) => {
      usage.add(1, bytes)
      commits.tell()
    }
  })

  let doesDeliver = false
  const keepUp = Effect.gen(function* () {
    let expiresAt = 0
    for (let turn = 1; ; turn++) {
      yield* sleepUnref(clock, 1000)
      yield* Effect.ignore(usage.exchange)
      if (!doesDeliver) continue
      if (turn % tidyAfter === 0) yield* Effect.ignore(usage.tidy)
      if (turn >= expiresAt && deadLetterRetention !== undefined) {
        expiresAt = turn + expireAfter
        yield* Effect.ignore(deadLetters.expire(deadLetterRetention))
      }
    }
  })

  yield* Effect.forkScoped(keepUp)

  /** Only who delivers wants to know what others commit, and takes a connection for it. */
  let isListening = false
  const scope = yield* Effect.scope
  const startListening = Effect.suspend(() => {
    if (isListening) return Effect.void
    isListening = true
    return Effect.forkIn(
      listen(sql, ask, (heard) => {
        if (heard !== payload && heard.startsWith(`${schema} `)) commits.hear()
      }),
      scope
    )
  })

  /** Tells how much was taken away. */
  const takeAway = (given: ReadonlyArray<KeptMessage>) => (ids: ReadonlyArray<number>) =>
    Effect.sync(() => {
      const gone = new Set(ids)
      for (const { id, bytes } of given) if (gone.has(id)) usage.add(-1, -bytes)
    })

  return {
    name: schema,
    maxMessages,
    maxBytes,
    usage: usage.now,
    isInTransaction: Effect.map(Effect.context<never>(), (context) => typeof standingOf(sql, context) === "object"),
    append,
    onCommit: (listener) => Effect.andThen(startListening, commits.onCommit(listener)),
    renew: (relay, busy) =>
      Effect.suspend(() => {
        doesDeliver = true
        return leases.renew(relay, busy)
      }),
    release: leases.release,
    fetch: look.fetch,
    remove: (relay, given) => Effect.tap(messages.remove(relay, given), takeAway(given)),
    bury: (relay, given, verdict) => Effect.tap(messages.bury(relay, given, verdict), takeAway(given)),
    markTried: messages.markTried,
    fateOf: deadLetters.fateOf,
    hasUpTo: look.hasUpTo,
    countUpTo: messages.countUpTo,
    unattended: makeUnattended(tables, ask),
    report: makeReport(tables, ask),
    dead: deadLetters.page,
    replay: (ids) =>
      Effect.map(deadLetters.replay(ids), (again) => {
        usage.add(again.messages, again.bytes)
        if (again.messages > 0) commits.tell()
        return again.messages
      }),
    purge: (person) =>
      Effect.map(purge(person), ({ waiting, dead }) => {
        usage.add(-waiting.messages, -waiting.bytes)
        return { waiting: waiting.messages, dead }
      })
  }
})
