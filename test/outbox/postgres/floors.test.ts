import { assert, describe, it } from "@effect/vitest"
import { makeFloors } from "../../../src/outbox/postgres/floors.ts"
import { makeRandom, pick } from "../../support/random.ts"
import { repetitions } from "../../support/repetitions.ts"

interface Transaction {
  readonly xid: bigint
  state: "open" | "committed" | "aborted"
}

interface Row {
  readonly lane: number
  readonly id: number
  readonly by: Transaction
  isDeleted: boolean
}

const lanes = [0, 1, 2, 3]

/** A table whose transactions overlap by chance, looked through as the store does, beside the whole of it. */
const play = (seed: number, steps: number): { readonly looks: number; readonly spared: number } => {
  const random = makeRandom(seed)
  const floors = makeFloors()
  const rows: Array<Row> = []
  let open: Array<Transaction> = []
  /** Has the table locked, and an id perhaps, but no number yet. */
  let unnumbered = 0
  let lastId = 0
  let lastXid = 0n
  let looks = 0
  let spared = 0

  const actions: ReadonlyArray<() => void> = [
    () => {
      open.push({ xid: ++lastXid, state: "open" })
    },
    () => {
      if (open.length === 0) return
      rows.push({ lane: pick(random, lanes), id: ++lastId, by: pick(random, open), isDeleted: false })
    },
    () => {
      // An id is given before the number of its transaction, which others get theirs between.
      if (unnumbered > 0 || random() < 0.5) return
      unnumbered = ++lastId
    },
    () => {
      if (unnumbered === 0) return
      const transaction: Transaction = { xid: ++lastXid, state: "open" }
      open.push(transaction)
      rows.push({ lane: pick(random, lanes), id: unnumbered, by: transaction, isDeleted: false })
      unnumbered = 0
    },
    () => {
      // The first one stays open for long.
      const transaction = pick(random, random() < 0.95 ? open.slice(1) : open)
      if (transaction === undefined) return
      transaction.state = random() < 0.8 ? "committed" : "aborted"
      open = open.filter((other) => other !== transaction)
    },
    () => {
      floors.surveyed(lastId, unnumbered > 0 ? undefined : new Set(open.map(({ xid }) => xid)))
    },
    () => {
      const looked = lanes.filter(() => random() < 0.7)
      const perLane = 1 + Math.floor(random() * 3)
      const visible = rows
        .filter(({ by, isDeleted }) => by.state === "committed" && !isDeleted)
        .sort((one, other) => one.id - other.id)
      const pending = Array.from(floors.pending())
      const ended = pending.filter((xid) => !open.some((transaction) => transaction.xid === xid))
      const firsts = new Map<number, number>()
      for (const lane of looked) {
        const { low, high } = floors.of(lane)
        const from = ended.length === 0 ? high : low
        const ofLane = visible.filter((row) => row.lane === lane)
        const found = ofLane.filter(({ id }) => id > from).slice(0, perLane)
        assert.deepStrictEqual(found, ofLane.slice(0, perLane), `seed ${seed}, lane ${lane}, from ${from}`)
        if (found[0] !== undefined) firsts.set(lane, found[0].id)
        for (const row of found) if (random() < 0.8) row.isDeleted = true
        looks++
        spared += from / Math.max(1, lastId)
      }
      floors.looked(looked, firsts, ended)
    }
  ]
  for (let step = 0; step < steps; step++) pick(random, actions)()
  return { looks, spared }
}

describe("behind which ids a lane is looked through", () => {
  it("whatever commits when, what is found is what would be found from the beginning", { timeout: 60_000 }, () => {
    let looks = 0
    let spared = 0
    for (let seed = 1; seed <= repetitions.floors; seed++) {
      const played = play(seed, 400)
      looks += played.looks
      spared += played.spared
    }
    // It is of use.
    assert.isAbove(spared / looks, 0.3)
  })

  it("a database that gives ids again which were given before is another one", () => {
    const floors = makeFloors()
    for (const lastId of [100, 200]) {
      floors.surveyed(lastId, new Set())
      floors.looked([0], new Map(), [])
    }
    assert.deepStrictEqual(floors.of(0), { low: 100, high: 100 })
    floors.surveyed(150, new Set())
    assert.deepStrictEqual(floors.of(0), { low: 0, high: 0 })
  })
})
