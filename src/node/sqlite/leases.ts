import type { DatabaseSync } from "node:sqlite"
import type { Lease, Leases, OutboxReport } from "../../outbox/OutboxStore.ts"
import { lanes } from "../../pipeline/lane.ts"
import { here, isEnded, isPredecessor, type Place } from "./place.ts"
import { numberIn, optionalNumberIn, optionalTextIn, textIn } from "./row.ts"

/** A relay that was not heard of for this long holds nothing. */
const leaseMillis = 15_000

interface Row extends Place {
  readonly relay: string | undefined
  readonly term: number
  readonly heardAt: number
  readonly abandonedAt: number | undefined
}

export interface LeaseTable {
  readonly renew: (relay: string, now: number) => Leases
  readonly release: (relay: string) => void
  /** Nobody else has taken the lanes, though its lease may be over. */
  readonly isOf: (relay: string) => boolean
  readonly isHeldBy: (relay: string, now: number) => boolean
  /** The same, as it was committed here last, without a look: until its lease is over nobody else takes the lanes. */
  readonly isKnownToBeHeldBy: (relay: string, now: number) => boolean
  /** What was renewed, or given back, is committed. */
  readonly know: (relay: string | undefined, heardAt: number) => void
  readonly report: (now: number) => OutboxReport["relays"]
}

/**
 * One relay has all lanes, or none. Each function is part of a transaction. `now` is the wall clock's time, which all
 * processes of a machine share. When it is set forward, the lease of a relay that lives may be over: another takes the lanes,
 * which the first one is told when it renews.
 */
export const makeLeaseTable = (database: DatabaseSync): LeaseTable => {
  const select = database.prepare("select * from lease")
  const hear = database.prepare("update lease set heard_at = ?")
  const give = database.prepare(`update lease set relay = ?, term = term + 1, heard_at = ?, abandoned_at = ?,
    host = ?, namespace = ?, pid = ?, started = ?`)
  const takeBack = database.prepare("update lease set relay = null, abandoned_at = null where relay = ?")

  const load = (): Row => {
    const row = select.get()
    return {
      relay: optionalTextIn(row, "relay"),
      term: numberIn(row, "term"),
      heardAt: numberIn(row, "heard_at"),
      abandonedAt: optionalNumberIn(row, "abandoned_at"),
      host: textIn(row, "host"),
      namespace: textIn(row, "namespace"),
      pid: numberIn(row, "pid"),
      started: textIn(row, "started")
    }
  }

  /** Of two that take each other for their predecessor, none takes the lanes from the other again and again. */
  let isFirst = true
  const isDead = (row: Row): boolean => {
    const dead = isEnded(row) || (isFirst && isPredecessor(row))
    isFirst = false
    return dead
  }

  /** Since when a clock that was set back has not seen it renewed, by the time that is never set. */
  let unheard: { readonly heardAt: number; readonly since: number } | undefined
  const isUnheard = ({ heardAt }: Row): boolean => {
    if (unheard?.heardAt !== heardAt) unheard = { heardAt, since: performance.now() }
    return performance.now() - unheard.since >= leaseMillis
  }

  const isOver = (row: Row, now: number): boolean =>
    now < row.heardAt ? isUnheard(row) : now - row.heardAt >= leaseMillis

  const leasesOf = ({ term, abandonedAt }: Row, now: number): Leases => {
    const abandonedFor = abandonedAt === undefined ? undefined : Math.max(0, now - abandonedAt)
    const lease: Lease = { term, abandonedFor }
    return { lanes: new Map(Array.from({ length: lanes }, (_, lane) => [lane, lease])), heldFor: leaseMillis }
  }

  let known: { readonly relay: string; readonly heardAt: number } | undefined

  return {
    renew: (relay, now) => {
      const row = load()
      if (row.relay === relay) hear.run(now)
      else if (row.relay === undefined || isDead(row) || isOver(row, now)) {
        const abandonedAt = row.relay === undefined ? null : row.heardAt
        give.run(relay, now, abandonedAt, here.host, here.namespace, here.pid, here.started)
      } else return { lanes: new Map(), heldFor: leaseMillis }
      return leasesOf(load(), now)
    },
    release: (relay) => {
      takeBack.run(relay)
    },
    isKnownToBeHeldBy: (relay, now) =>
      known?.relay === relay && now >= known.heardAt && now - known.heardAt < leaseMillis,
    know: (relay, heardAt) => {
      known = relay === undefined ? undefined : { relay, heardAt }
    },
    isOf: (relay) => load().relay === relay,
    isHeldBy: (relay, now) => {
      const row = load()
      return row.relay === relay && !isOver(row, now)
    },
    report: (now) => {
      const { relay, heardAt } = load()
      const heldFor = Math.min(leaseMillis, heardAt + leaseMillis - now)
      return relay === undefined || heldFor <= 0 ? [] : [{ relay, lanes, heldFor }]
    }
  }
}
