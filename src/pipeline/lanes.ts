import type { Pending } from "../delivery/ledger.ts"
import type { FlushCause } from "../telemetry/metrics.ts"
import { Batch } from "./Batch.ts"
import { Line } from "./Line.ts"
import { lanes } from "./lane.ts"
import type { QueueLimits } from "./queue.ts"
import type { Store } from "./Store.ts"
import { nextTurn, nextTurnAt, type Turns } from "./turns.ts"
import { hasten, putInOrder, remove } from "./waiting.ts"

/**
 * A store in memory that keeps the order of each lane: of a lane one batch is under way at a time, and while it waits for its
 * next attempt, nothing of its lanes leaves. Batches are made when a request has room, of lanes that are free.
 */
export const makeLanes = (limits: QueueLimits, turns: Turns): Store => {
  const lines = Array.from({ length: lanes }, () => new Line())
  /** What was never tried of free lanes. */
  const free = { messages: 0, bytes: 0 }
  const waiting: Array<Batch> = []
  let batches = 0
  let wasPreferred = false
  /** The greatest number of a message, and of one that is not to wait for others, and why. */
  let newest = 0
  let readyUpTo = 0
  let readyCause: FlushCause = "size"
  let gatheringSince: number | undefined

  const lineOf = (lane: number): Line => {
    lines[lane] ??= new Line()
    return lines[lane]
  }

  const countFree = (messages: number, bytes: number): void => {
    free.messages += messages
    free.bytes += bytes
  }

  const takeUntried = (line: Line, count: number): Array<Pending> => {
    const { bytes } = line
    const messages = line.takeFirst(count)
    if (line.isFree) countFree(-messages.length, line.bytes - bytes)
    return messages
  }

  const release = ({ lane }: Pending): void => {
    const line = lineOf(lane)
    line.held--
    if (line.isFree) countFree(line.messages.length, line.bytes)
  }

  const isEnough = ({ messages, bytes }: typeof free): boolean =>
    messages >= limits.flushAt ||
    messages > limits.maxBatchSize ||
    sizeOf(messages, bytes) > limits.maxBatchContentBytes

  const hasUntried = (): boolean => isEnough(free) || lines.some(({ isFree, first }) => isFree && first <= readyUpTo)

  /** Those whose lanes are in no request and in no older batch that waits. */
  const eligible = (): ReadonlyArray<Batch> => {
    if (waiting.length === 0) return waiting
    const busy = new Set<number>()
    for (const [lane, { inRequest }] of lines.entries()) if (inRequest > 0) busy.add(lane)
    return waiting.filter(({ messages }) => {
      const isEligible = !messages.some(({ lane }) => busy.has(lane))
      for (const { lane } of messages) busy.add(lane)
      return isEligible
    })
  }

  /** After messages that were never tried were taken out. */
  const gather = (): void => {
    gatheringSince = undefined
    for (const { first, messages } of lines) {
      const since = first > readyUpTo ? messages[0]?.acceptedAt : undefined
      if (since !== undefined) gatheringSince = Math.min(gatheringSince ?? since, since)
    }
  }

  const batchOf = (messages: Array<Pending>): Batch => {
    messages.sort((one, other) => one.number - other.number)
    const bytes = messages.reduce((total, message) => total + message.bytes, 0)
    return new Batch(++batches, messages[0]?.acceptedAt ?? 0, messages, bytes)
  }

  const oldestFree = (): Line | undefined => {
    let oldest: Line | undefined
    let number = Number.POSITIVE_INFINITY
    for (const line of lines) {
      if (line.first >= number || !line.isFree) continue
      oldest = line
      number = line.first
    }
    return oldest
  }

  /**
   * The lane of the oldest message first, and then whole lanes: what is left of a lane has to wait for the answer. Only what
   * room is left by those goes to a part of a lane.
   */
  const makeBatch = (): Batch => {
    const messages: Array<Pending> = []
    let bytes = 0
    const fits = (moreMessages: number, moreBytes: number): boolean =>
      messages.length + moreMessages <= limits.maxBatchSize &&
      sizeOf(messages.length + moreMessages, bytes + moreBytes) <= limits.maxBatchContentBytes
    const fill = (line: Line): void => {
      let count = 0
      let more = 0
      for (const message of line.messages) {
        if (!fits(count + 1, more + message.bytes)) break
        count++
        more += message.bytes
      }
      if (count === 0) return
      countFree(-line.messages.length, -line.bytes)
      messages.push(...line.takeFirst(count))
      bytes += more
      line.held += count
      line.inRequest += count
    }
    const oldest = oldestFree()
    if (oldest !== undefined) fill(oldest)
    // With a backlog, there is no room for more.
    if (messages.length < limits.maxBatchSize) {
      const others = lines.filter(({ isFree, first }) => isFree && first < Number.POSITIVE_INFINITY)
      others.sort((one, other) => one.first - other.first)
      for (const line of others) if (fits(line.messages.length, line.bytes)) fill(line)
      for (const line of others) if (line.isFree) fill(line)
    }
    const batch = batchOf(messages)
    batch.cause = messages.length < limits.flushAt && batch.order <= readyUpTo ? readyCause : "size"
    gather()
    return batch
  }

  /** Its first messages, of a batch that waits. */
  const takeWaiting = (batch: Batch, count: number): Batch => {
    remove(waiting, batch)
    const taken = count < batch.messages.length ? batch.takeFirst(count) : batch
    if (taken !== batch) putInOrder(waiting, batch)
    for (const message of taken.messages) release(message)
    return taken
  }

  /** What the oldest message is in, if there is one. */
  const oldestOf = (): Batch | Line | undefined => {
    let oldest: Batch | Line | undefined = waiting[0]
    let number = oldest?.order ?? Number.POSITIVE_INFINITY
    for (const line of lines) {
      if (line.first >= number) continue
      oldest = line
      number = line.first
    }
    return oldest
  }

  const takeAcceptedBy = (time: number): ReadonlyArray<Batch> => {
    const taken: Array<Batch> = []
    for (const batch of [...waiting]) {
      const count = batch.countAcceptedBy(time)
      if (count > 0) taken.push(takeWaiting(batch, count))
    }
    const untried = lines.flatMap((line) => {
      const kept = line.messages.findIndex(({ acceptedAt }) => acceptedAt > time)
      return takeUntried(line, kept < 0 ? line.messages.length : kept)
    })
    gather()
    return untried.length === 0 ? taken : [...taken, batchOf(untried)]
  }

  return {
    waiting,

    hasUntried,

    offer: (message) => {
      const line = lineOf(message.lane)
      const wasEnough = isEnough(free)
      line.add(message)
      if (line.isFree) countFree(1, message.bytes)
      newest = Math.max(newest, message.number)
      if (message.number <= readyUpTo) return "ready"
      const hasBegun = gatheringSince === undefined || message.acceptedAt < gatheringSince
      if (hasBegun) gatheringSince = message.acceptedAt
      return isEnough(free) && !wasEnough ? "ready" : hasBegun ? "began" : undefined
    },

    makeReady: (cause) => {
      if (newest > readyUpTo) readyCause = cause
      readyUpTo = newest
      gatheringSince = undefined
    },

    nextAt: () => nextTurnAt(turns, eligible(), hasUntried()),

    next: (now) => {
      const turn = nextTurn(turns, eligible(), hasUntried(), wasPreferred, now)
      if (turn === undefined) return undefined
      wasPreferred = turn.isPreferred
      if (turn.batch === undefined) return makeBatch()
      for (const { lane } of turn.batch.messages) lineOf(lane).inRequest++
      return remove(waiting, turn.batch)
    },

    back: (batches) => {
      for (const batch of batches) {
        for (const { lane } of batch.messages) lineOf(lane).inRequest--
        putInOrder(waiting, batch)
      }
    },

    end: ({ messages }) => {
      for (const message of messages) {
        lineOf(message.lane).inRequest--
        release(message)
      }
    },

    hasten: (notBefore, sinceTried) => hasten(waiting, notBefore, sinceTried),

    gatheringSince: () => gatheringSince,

    oldest: () => oldestOf()?.messages[0]?.acceptedAt,

    takeOldest: (isEnough) => {
      const taken: Array<Batch> = []
      let freed = 0
      for (let oldest = oldestOf(); oldest !== undefined && !isEnough(taken.length, freed); oldest = oldestOf()) {
        const one = oldest instanceof Batch ? takeWaiting(oldest, 1) : batchOf(takeUntried(oldest, 1))
        taken.push(one)
        freed += one.bytes
      }
      gather()
      return taken
    },

    takeAcceptedBy,

    takeThose: (isTaken) => {
      const untried = lines.flatMap((line) => {
        const { bytes } = line
        const taken = line.takeThose(isTaken)
        if (line.isFree) countFree(-taken.length, line.bytes - bytes)
        return taken
      })
      const tried = [...waiting].flatMap((batch) => {
        const taken = batch.takeThose(isTaken)
        if (batch.messages.length === 0) remove(waiting, batch)
        return taken
      })
      for (const message of tried) release(message)
      gather()
      return [...untried, ...tried]
    },

    takeAll: () => takeAcceptedBy(Number.POSITIVE_INFINITY)
  }
}

/** With the commas between them. */
const sizeOf = (messages: number, bytes: number): number => bytes + Math.max(0, messages - 1)
