import type { DeadLetter } from "cdp-analytics-effect/outbox"

/** A call, and what its caller knows of it. */
export interface Call {
  readonly id: string
  readonly person: string
  /** The server refuses it, always or until it is mended. */
  readonly isBad: boolean
  /** When it was made, and when it returned or its transaction was committed, by a clock that all callers of a person share. */
  readonly startedAt: number
  endedAt?: number
  /** Unknown until the caller has heard, and for ever where it was interrupted or killed. */
  fate: "unknown" | "accepted" | "refused"
}

/** A message in a request, in the order in which the server got them. */
export interface Arrival {
  readonly id: string
  readonly request: number
  readonly isStored: boolean
  /** Whoever sent it may not know that it is stored. */
  readonly isLost: boolean
  /** Alone in its request. */
  readonly isAlone: boolean
}

export interface Facts {
  readonly calls: ReadonlyArray<Call>
  readonly arrivals: ReadonlyArray<Arrival>
  readonly dead: ReadonlyMap<string, DeadLetter>
  readonly waiting: ReadonlySet<string>
  readonly isOrdered: boolean
  /** Somebody who sent messages may have been killed, or have lost its lease, before it knew that they arrived. */
  readonly mayRepeat: boolean
}

/** Every law of an outbox that is broken, in words. */
export const brokenLaws = (facts: Facts): ReadonlyArray<string> => {
  const stored = new Map<string, number>()
  for (const [index, { id, isStored }] of facts.arrivals.entries()) {
    if (isStored && !stored.has(id)) stored.set(id, index)
  }
  return Object.entries(laws).flatMap(([name, law]) =>
    [...law(facts, stored)].slice(0, 3).map((what) => `${name}: ${what}`)
  )
}

type Law = (facts: Facts, stored: ReadonlyMap<string, number>) => Iterable<string>

const laws: Record<string, Law> = {
  *"what was accepted is delivered, or a dead letter, or waits"({ calls, dead, waiting }, stored) {
    for (const { id, fate } of calls) {
      if (fate === "accepted" && !stored.has(id) && !dead.has(id) && !waiting.has(id)) yield id
    }
  },

  *"what was refused is nowhere"({ calls, arrivals, dead, waiting }) {
    const arrived = new Set(arrivals.map(({ id }) => id))
    for (const { id, fate } of calls) {
      if (fate === "refused" && (arrived.has(id) || dead.has(id) || waiting.has(id))) yield id
    }
  },

  *"nothing is there that nobody called"({ calls, arrivals, dead, waiting }) {
    const known = new Set(calls.map(({ id }) => id))
    for (const id of [...arrivals.map(({ id }) => id), ...dead.keys(), ...waiting]) if (!known.has(id)) yield id
  },

  *"nothing is in two states"({ arrivals, dead, waiting }, stored) {
    for (const id of dead.keys()) {
      if (waiting.has(id)) yield `${id} waits and is a dead letter`
      if (stored.has(id)) yield `${id} is delivered and a dead letter`
    }
    const lost = new Set(arrivals.filter(({ isLost }) => isLost).map(({ id }) => id))
    for (const id of waiting) if (stored.has(id) && !lost.has(id)) yield `${id} is delivered and waits`
  },

  *"only what the server refuses is a dead letter, with its reason"({ calls, dead }) {
    for (const { id, isBad } of calls) {
      const letter = dead.get(id)
      if (letter === undefined) continue
      if (!isBad) yield `${id}: ${letter.tag}, ${letter.reason}`
      if (letter.status === undefined || letter.reason === "" || letter.attempts < 1) yield JSON.stringify(letter)
    }
  },

  *"nothing of a person overtakes what was accepted before it was called"({ calls, dead, isOrdered }, stored) {
    if (!isOrdered) return
    for (const own of byPerson(calls)) {
      const earlier = own
        .filter(({ fate, id }) => fate === "accepted" && !dead.has(id))
        .sort((one, other) => endOf(one) - endOf(other))
      let latest = { id: "", at: -1 }
      let seen = 0
      for (const { id, startedAt } of own.sort((one, other) => one.startedAt - other.startedAt)) {
        for (let next = earlier[seen]; next !== undefined && endOf(next) < startedAt; next = earlier[++seen]) {
          const at = stored.get(next.id) ?? Number.POSITIVE_INFINITY
          if (at > latest.at) latest = { id: next.id, at }
        }
        const at = stored.get(id)
        if (at !== undefined && at < latest.at) yield `${id} before ${latest.id}`
      }
    }
  },

  *"nothing arrives twice but for a lost answer, or as a witness"({ arrivals, mayRepeat }) {
    if (mayRepeat) return
    const known = new Set<string>()
    for (const { id, isStored, isLost, isAlone } of arrivals) {
      if (known.has(id) && !isAlone) yield id
      if (isStored && !isLost) known.add(id)
    }
  }
}

const endOf = ({ endedAt }: Call): number => endedAt ?? Number.POSITIVE_INFINITY

const byPerson = (calls: ReadonlyArray<Call>): Iterable<Array<Call>> => {
  const people = new Map<string, Array<Call>>()
  for (const call of calls) people.set(call.person, [...(people.get(call.person) ?? []), call])
  return people.values()
}
