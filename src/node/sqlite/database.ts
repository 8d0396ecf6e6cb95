import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { KeptMessage, OutboxDatabase, OutboxUsage } from "../../outbox/OutboxStore.ts"
import { OutboxError } from "../../pipeline/CallError.ts"
import { acquire } from "./connection.ts"
import { errorOf, type Fault } from "./fault.ts"
import type { ResolvedOptions } from "./options.ts"
import { patiently } from "./patience.ts"
import type { Durability, State } from "./transactions.ts"

/** Loaded when an outbox is opened, and not before: Node 22 warns that it is experimental. */
const loadSqlite = (filename: string) =>
  Effect.tryPromise({
    try: () => import("node:sqlite"),
    catch: () =>
      new OutboxError({ type: "unknown", outbox: filename, reason: "Incompatible", detail: "node:sqlite is not here" })
  })

/**
 * An open outbox. What is accepted or asked for by a person is synced to the disk as `durability` says. What a relay deletes
 * is synced with the next of these: if the machine loses its power before that, it is sent again.
 */
export const makeDatabase = Effect.fnUntraced(function* (options: ResolvedOptions) {
  const { deadLetterRetentionMillis, durability, filename, maxBytes, maxMessages } = options
  const clock = yield* Clock.Clock
  const now = () => Math.floor(clock.currentTimeMillisUnsafe())
  const opener = { filename, durability, now }
  const failed = (fault: Fault): OutboxError => errorOf(filename, fault)

  const connection = yield* Effect.mapError(acquire(yield* loadSqlite(filename), filename), failed)
  const { deadLetters, groupCommit, leases, listeners, messages, removals, transactions } = connection

  const read = <A>(work: (usage: () => OutboxUsage) => A) =>
    Effect.mapError(
      patiently(() => transactions.read(work)),
      failed
    )
  const write = <A>(durability: Durability, work: (state: State) => A) =>
    Effect.mapError(
      patiently(() => transactions.write(durability, work)),
      failed
    )

  /** Of what was delivered nothing waits any more. */
  const readSettled = <A>(work: (usage: OutboxUsage) => A) =>
    Effect.suspend(() => (removals.usage.messages === 0 ? read((usage) => work(usage())) : write("process", work)))

  const removeHeld = (
    relay: string,
    kept: ReadonlyArray<KeptMessage>
  ): Effect.Effect<ReadonlyArray<number>, OutboxError> => {
    const there = kept.filter(({ id }) => !removals.knows(id))
    const ids = there.map(({ id }) => id)
    removals.add(relay, there)
    return removals.areBehind
      ? Effect.as(
          write("process", () => {}),
          ids
        )
      : Effect.succeed(ids)
  }

  const tell = Effect.sync(() => {
    for (const listener of listeners) listener()
  })

  const database: OutboxDatabase = {
    name: filename,
    maxMessages,
    maxBytes,
    usage: transactions.usage,
    isInTransaction: Effect.succeed(false),
    append: (message, onCommit) => groupCommit.append(message, opener, onCommit),
    onCommit: (listener) => {
      // The same function may listen twice.
      const own = () => listener()
      return Effect.acquireRelease(
        Effect.sync(() => void listeners.add(own)),
        () => Effect.sync(() => listeners.delete(own))
      )
    },

    renew: (relay) =>
      Effect.suspend(() => {
        const at = now()
        return Effect.tap(
          write("process", () => {
            const renewed = leases.renew(relay, at)
            if (renewed.lanes.size > 0) deadLetters.expire(at - deadLetterRetentionMillis)
            return renewed
          }),
          ({ lanes }) => Effect.sync(() => (lanes.size > 0 ? leases.know(relay, at) : undefined))
        )
      }),
    release: (relay) => {
      leases.know(undefined, 0)
      return write("process", () => leases.release(relay))
    },
    fetch: (lanes, perLane) =>
      Effect.suspend(() => {
        const { search, step } = messages.search(lanes, perLane, now(), (id) => removals.has(id))
        const look: Effect.Effect<ReadonlyArray<KeptMessage>, OutboxError> = Effect.suspend(() =>
          search.isOver
            ? Effect.succeed(search.messages)
            : Effect.andThen(read(step), Effect.andThen(Effect.yieldNow, look))
        )
        return look
      }),
    remove: (relay, kept) =>
      Effect.suspend(() =>
        leases.isKnownToBeHeldBy(relay, now())
          ? removeHeld(relay, kept)
          : Effect.flatMap(
              read(() => leases.isHeldBy(relay, now())),
              (isHeld) => (isHeld ? removeHeld(relay, kept) : Effect.succeed([]))
            )
      ),
    bury: (relay, kept, verdict) =>
      write("process", (state) =>
        leases.isHeldBy(relay, now()) ? connection.overwriting(() => messages.bury(state, kept, verdict, now())) : []
      ),
    markTried: (kept) => write("process", () => messages.markTried(kept, now())),

    fateOf: (id) => read(() => (messages.has(id) && !removals.has(id) ? "waiting" : (deadLetters.get(id) ?? "gone"))),
    hasUpTo: (id) => read(() => messages.hasUpTo(id, (one) => removals.has(one))),
    countUpTo: (id) => readSettled((waiting) => messages.countUpTo(waiting, id)),

    unattended: readSettled(() => (leases.report(now()).length === 0 ? messages.oldest(now()) : undefined)),
    report: readSettled((waiting) => ({
      waiting,
      oldest: messages.oldest(now()),
      types: messages.countTypes(),
      dead: deadLetters.count(),
      relays: leases.report(now()),
      size: connection.size()
    })),
    dead: ({ after = 0, ids, limit }) =>
      read(() => (ids === undefined ? deadLetters.page(after, limit) : deadLetters.those(ids).slice(0, limit))),
    replay: (ids) =>
      Effect.tap(
        write(durability, (state) => deadLetters.replay(state, ids, now())),
        tell
      ),
    purge: (person) =>
      person === undefined
        ? write(durability, () => ({ waiting: 0, dead: deadLetters.purge() }))
        : write(durability, (state) =>
            connection.overwriting(() => ({
              waiting: messages.purge(state, person),
              dead: deadLetters.purgePerson(person)
            }))
          ).pipe(Effect.tap(Effect.sync(connection.emptyLog)))
  }
  return database
})
