/**
 * The rules of attempts, outages and poison as a model: a client without HTTP, fibers and JSON, to say what the real one
 * may be compared with. Written from the rules and not from `src`. Times are in milliseconds.
 */

/** What the model needs of a message. */
export interface ModelMessage {
  readonly acceptedAt: number
}

export type Result =
  | { readonly _tag: "Accepted" }
  /** An answer that says that the batch is not taken: no word about the server. */
  | { readonly _tag: "Refused"; readonly isSplittable: boolean }
  | { readonly _tag: "Failed"; readonly status: number | undefined; readonly retryAfter?: number | undefined }

export type End = "Delivered" | "Rejected" | "RetriesExhausted" | "ShutdownTimeout"

/** What is told, at most one of them a minute. */
export type Line = "away" | "still away" | "back"

/** The world of a model. */
export interface World<M> {
  readonly now: () => number
  readonly at: (time: number, run: () => void) => void
  /** From 0 to 1. */
  readonly random: () => number
  readonly send: (messages: ReadonlyArray<M>, attempt: Attempt, done: (result: Result) => void) => void
  readonly end: (messages: ReadonlyArray<M>, end: End) => void
  readonly tell: (line: Line) => void
}

export interface Attempt {
  /** How often these messages were tried before, as they are. */
  readonly retries: number
  readonly isWitness: boolean
  /** Undefined where only `requestTimeout` ends it. */
  readonly millisLeft: number | undefined
}

export interface ModelOptions {
  readonly concurrency: number
  readonly flushAt: number
  readonly maxBatchSize: number
  readonly flushInterval: number
  readonly deliveryTimeout: number
}

export const modelDefaults: ModelOptions = {
  concurrency: 4,
  flushAt: 20,
  maxBatchSize: 20,
  flushInterval: 5000,
  deliveryTimeout: 12 * 3_600_000
}

/** A batch under way, from its first attempt or its splitting on. */
interface Batch<M> {
  messages: Array<M>
  readonly family: Family
  /** The piece that it is a half of. */
  readonly parent: Batch<M> | undefined
  tries: number
  startedAt: number
  readyAt: number
  /** Failures that count against it, and the product of their weights. */
  counted: number
  odds: number
  /** Failures with 500 since anything was last accepted. */
  fiveHundreds: number
  acceptancesSeen: number
  /** How many others had been first tried, and failed, when it last failed. */
  triedSeen: number
  failedSeen: number
  /** In a lane: failures in a row after which all witnesses were accepted. */
  judged: number
}

/** A batch as it left the queue: all its pieces. */
interface Family {
  /** Batches of it, or pieces, that have no outcome. */
  alive: number
}

const ownWait = (tries: number, random: number): number => Math.min(30_000, 100 * 2 ** (tries - 1)) * (0.5 + random / 2)

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))

const lastWitness = 11 * 3_600_000

export interface Model<M> {
  readonly add: (message: M) => void
  /** Returns when everything accepted before has an outcome; the caller limits the time. */
  readonly flush: () => void
  readonly close: (shutdownTimeout: number) => void
  /** Without an outcome. */
  readonly waiting: () => number
  readonly inFlight: () => number
  readonly server: () => "unknown" | "up" | "away"
}

export const makeModel = <M extends ModelMessage>(world: World<M>, options: ModelOptions): Model<M> => {
  const { now, random } = world
  const isLane = options.concurrency === 1

  // What waits: batches never tried, in order, the last of which may still gather; and what was tried or split.
  let fresh: Array<{ readonly messages: Array<M>; readonly since: number; isReady: boolean }> = []
  let pieces: Array<Batch<M>> = []
  let waiting: Array<Batch<M>> = []
  let underWay = 0
  let count = 0

  // What is known of the server.
  let firstFailureAt: number | undefined
  let lastAnswer: "unknown" | "accepted" = "unknown"
  let failedFamilies = new Set<Family>()
  /** Batches and pieces, none of which shares a message with another. */
  let failedApart = new Set<Batch<M>>()
  let isPlain = true
  let tried = 0
  let failed = 0
  let acceptances = 0
  let chosen: Family | undefined
  let witness: { readonly message: M; readonly at: number } | undefined

  // When the next may start.
  let lastStart = Number.NEGATIVE_INFINITY
  let nextStart = 0
  let heldUntil = 0
  let isUrgent = false
  /** Answers of 429 in a row. */
  let limited = 0
  let closesAt: number | undefined

  // What was told.
  let toldAt = Number.NEGATIVE_INFINITY
  let isToldAway = false

  // -- what counts -------------------------------------------------------------------------------------------------

  const weigh = (batch: Batch<M>, status: number | undefined): void => {
    const others = tried - batch.triedSeen
    const othersFailed = failed - batch.failedSeen
    if (batch.tries > 1 && status !== 429 && status !== 503 && others > 0 && othersFailed * 2 < others) {
      batch.counted++
      batch.odds *= Math.max(1 / 4, (othersFailed + 1) / (others + 1))
    }
    if (batch.acceptancesSeen !== acceptances) batch.fiveHundreds = 0
    if (status === 500) batch.fiveHundreds++
    if (batch.tries === 1) {
      tried++
      failed++
    }
    batch.triedSeen = tried
    batch.failedSeen = failed
    batch.acceptancesSeen = acceptances
  }

  /** No word from anybody else since its last three failures. */
  const isAlone = (batch: Batch<M>): boolean =>
    batch.acceptancesSeen === acceptances &&
    batch.fiveHundreds >= 3 &&
    (chosen === undefined || chosen === batch.family)

  // -- turns -------------------------------------------------------------------------------------------------------

  /** Of what may be alone with its 500s, the one of which most is known. */
  const nextChosen = (): Batch<M> | undefined => {
    if (chosen !== undefined || failedApart.size < 3) return undefined
    return waiting
      .filter((batch) => batch.messages.length > 1 && batch.fiveHundreds > 0 && batch.acceptancesSeen === acceptances)
      .sort((one, other) => other.fiveHundreds - one.fiveHundreds)[0]
  }

  const takeFresh = (): Batch<M> | undefined => {
    if (fresh[0]?.isReady !== true) return undefined
    const { messages } = fresh.shift()!
    return batchOf(messages, { alive: 1 })
  }

  const batchOf = (messages: Array<M>, family: Family, parent?: Batch<M>): Batch<M> => ({
    messages,
    family,
    parent,
    tries: 0,
    startedAt: 0,
    readyAt: 0,
    counted: 0,
    odds: 1,
    fiveHundreds: 0,
    acceptancesSeen: acceptances,
    triedSeen: tried,
    failedSeen: failed,
    judged: 0
  })

  const remove = <A>(from: Array<A>, item: A | undefined): A | undefined => {
    if (item !== undefined) from.splice(from.indexOf(item), 1)
    return item
  }

  let wasSpecial = false

  /** The batch whose turn it is, or when to look again. */
  const takeNext = (): Batch<M> | number | undefined => {
    if (isLane) {
      // `waiting` is the lane: its head, and the pieces behind it.
      const head = waiting[0]
      if (head !== undefined) return head.readyAt <= now() ? waiting.shift() : head.readyAt
      return takeFresh()
    }
    // What may be poison goes first, and every second time at most where others have never been tried.
    const special =
      wasSpecial && fresh[0]?.isReady === true ? undefined : (pieces.shift() ?? remove(waiting, nextChosen()))
    wasSpecial = special !== undefined
    const first = special ?? takeFresh()
    if (first !== undefined) return first
    const ready = waiting.filter(({ readyAt }) => readyAt <= now())
    if (ready.length === 0) return waiting.length === 0 ? undefined : Math.min(...waiting.map(({ readyAt }) => readyAt))
    return remove(
      waiting,
      ready.reduce((one, other) => (other.startedAt < one.startedAt ? other : one))
    )
  }

  // -- pace --------------------------------------------------------------------------------------------------------

  /** The time to the next start. */
  const paceGap = (): number => {
    const away =
      firstFailureAt !== undefined && failedApart.size >= 3 ? clamp((now() - firstFailureAt) / 10, 100, 30_000) : 0
    const wait = away * (0.5 + random())
    return closesAt === undefined ? wait : Math.min(1000, wait)
  }

  let wakeAt = Number.POSITIVE_INFINITY
  const wake = (time: number): void => {
    if (time >= wakeAt && wakeAt > now()) return
    wakeAt = time
    world.at(time, () => {
      if (wakeAt === time) wakeAt = Number.POSITIVE_INFINITY
      pump()
    })
  }

  const pump = (): void => {
    if (closesAt !== undefined && now() >= closesAt) return
    while (underWay < options.concurrency) {
      const allowedAt = Math.max(heldUntil, isUrgent ? 0 : nextStart)
      const batch = now() < allowedAt ? allowedAt : takeNext()
      if (typeof batch === "number") wake(batch)
      if (batch === undefined || typeof batch === "number") return
      isUrgent = false
      start(batch)
    }
  }

  const start = (batch: Batch<M>): void => {
    underWay++
    batch.tries++
    batch.startedAt = now()
    lastStart = now()
    nextStart = now() + paceGap()
    send(batch.messages, batch.tries - 1, false, (result) => {
      underWay--
      finish(batch, result)
      pump()
    })
  }

  const send = (
    messages: ReadonlyArray<M>,
    retries: number,
    isWitness: boolean,
    done: (result: Result) => void
  ): void => {
    const startedAt = now()
    const millisLeft = closesAt === undefined ? undefined : Math.max(0, closesAt - startedAt)
    world.send([...messages], { retries, isWitness, millisLeft }, (result) => {
      note(result, messages)
      done(result)
    })
  }

  // -- what an answer says of the server ---------------------------------------------------------------------------

  const note = (result: Result, messages: ReadonlyArray<M>): void => {
    if (result._tag === "Failed") {
      firstFailureAt ??= now()
      if (result.status !== 500) isPlain = false
      if (result.retryAfter !== undefined) {
        heldUntil = Math.max(heldUntil, now() + Math.min(result.retryAfter, 300_000) * (1 + random() / 10))
      }
      lookAt(firstFailureAt + 10_000)
      look()
      return
    }
    lastAnswer = "accepted"
    firstFailureAt = undefined
    isPlain = true
    failedFamilies = new Set()
    failedApart = new Set()
    nextStart = 0
    if (result._tag === "Accepted") {
      limited = 0
      acceptances++
      witness = { message: messages.at(-1)!, at: now() }
    }
    look()
  }

  const isAway = (): boolean =>
    firstFailureAt !== undefined && now() - firstFailureAt >= 10_000 && (failedFamilies.size >= 3 || !isPlain)

  /** Tells what has changed, when a minute has passed since the last line. */
  const look = (): void => {
    const away = isAway()
    if (!away && !isToldAway) return
    if (now() < toldAt + 60_000) {
      lookAt(toldAt + 60_000)
      return
    }
    toldAt = now()
    world.tell(away ? (isToldAway ? "still away" : "away") : "back")
    isToldAway = away
    if (away) lookAt(toldAt + 60_000)
  }

  let looksAt = Number.POSITIVE_INFINITY
  const lookAt = (time: number): void => {
    if (time <= now() || looksAt <= time) return
    looksAt = time
    world.at(time, () => {
      if (looksAt === time) looksAt = Number.POSITIVE_INFINITY
      look()
    })
  }

  // -- what an answer says of the batch ----------------------------------------------------------------------------

  const finish = (batch: Batch<M>, result: Result): void => {
    switch (result._tag) {
      case "Accepted":
        if (batch.tries === 1) tried++
        if (chosen === batch.family) chosen = undefined
        settle(batch, "Delivered")
        break
      case "Refused":
        if (result.isSplittable && batch.messages.length > 1) split(batch)
        else settle(batch, "Rejected")
        break
      case "Failed":
        fail(batch, result)
    }
  }

  const fail = (batch: Batch<M>, { status, retryAfter }: Extract<Result, { _tag: "Failed" }>): void => {
    failedFamilies.add(batch.family)
    for (let piece = batch.parent; piece !== undefined; piece = piece.parent) failedApart.delete(piece)
    failedApart.add(batch)
    look()
    weigh(batch, status)
    expire(batch)
    if (batch.messages.length === 0) return
    const wait = ownWait(batch.tries, random())
    batch.readyAt = now() + (closesAt === undefined ? wait : Math.min(1000, wait))
    if (status === 429 && retryAfter === undefined) hold429(batch.tries)
    if (closesAt !== undefined && now() >= closesAt) settle(batch, "ShutdownTimeout")
    else if (batch.messages.length > 1) halve(batch)
    else if (batch.odds < 1e-6) settle(batch, "RetriesExhausted")
    else if (isLane && status === 500) judge(batch)
    else {
      batch.judged = 0
      back(batch)
    }
  }

  /** Everything waits, longer with each in a row: most of what gets one was never tried before. */
  const hold429 = (tries: number): void => {
    limited++
    const wait = ownWait(Math.max(tries, limited), random())
    heldUntil = Math.max(heldUntil, now() + (closesAt === undefined ? wait : Math.min(1000, wait)))
  }

  const halve = (batch: Batch<M>): void => {
    const alone = isAlone(batch)
    if (batch.counted >= 3 || alone) {
      if (batch.counted < 3) chosen = batch.family
      split(batch)
    } else back(batch)
  }

  const back = (batch: Batch<M>): void => {
    if (isLane) waiting.unshift(batch)
    else waiting.push(batch)
  }

  const split = (batch: Batch<M>): void => {
    const { messages, family } = batch
    const middle = Math.ceil(messages.length / 2)
    const halves = [messages.slice(0, middle), messages.slice(middle)].map((half) => batchOf(half, family, batch))
    family.alive++
    if (isLane) waiting = [...halves, ...waiting]
    else pieces = [...halves, ...pieces]
  }

  const settle = (batch: Batch<M>, end: End): void => {
    count -= batch.messages.length
    if (--batch.family.alive === 0 && chosen === batch.family) chosen = undefined
    world.end(batch.messages, end)
  }

  // -- a lane, where nobody else is --------------------------------------------------------------------------------

  const judge = (batch: Batch<M>): void => {
    const known = witness !== undefined && now() - witness.at < lastWitness ? witness.message : undefined
    if (batch.tries >= 3 && known !== undefined) askWitness(batch, known, 1 + Math.floor(random() * 3))
    else if (batch.tries >= 3 && closesAt !== undefined) askBehind(batch)
    else back(batch)
  }

  const askWitness = (batch: Batch<M>, known: M, times: number): void => {
    underWay++
    send([known], 0, true, (result) => {
      underWay--
      if (closesAt !== undefined && now() >= closesAt) settle(batch, "ShutdownTimeout")
      else if (result._tag === "Failed") {
        // It was accepted before: this is about the server.
        isPlain = false
        batch.judged = 0
        back(batch)
      } else if (times > 1) {
        askWitness(batch, known, times - 1)
        return
      } else if (++batch.judged >= 10) settle(batch, "RetriesExhausted")
      else {
        const longest = closesAt === undefined ? 1000 : 100
        batch.readyAt = now() + Math.min(longest, 100 * 2 ** batch.judged) * (0.5 + random() / 2)
        back(batch)
      }
      pump()
    })
  }

  /** While closing, with nothing ever accepted: one behind it that is accepted is the proof that it is at fault. */
  const askBehind = (head: Batch<M>): void => {
    const singles = (): void => {
      const [next, ...rest] = waiting
      if (next === undefined) {
        const taken = takeFresh()
        if (taken !== undefined) waiting.push(taken)
      } else if (next.messages.length > 1) {
        waiting = [...next.messages.map((message) => batchOf([message], next.family, next)), ...rest]
        next.family.alive += next.messages.length - 1
      }
    }
    const before = [head]
    const ask = (): void => {
      singles()
      singles()
      const next = waiting.shift()
      if (next === undefined) {
        waiting = [...before, ...waiting]
        return
      }
      underWay++
      next.tries++
      send(next.messages, next.tries - 1, false, (result) => {
        underWay--
        if (result._tag === "Accepted") {
          for (const one of before) settle(one, "RetriesExhausted")
          settle(next, "Delivered")
        } else {
          before.push(next)
          if (before.length <= 3) {
            ask()
            return
          }
          waiting = [...before, ...waiting]
        }
        pump()
      })
    }
    ask()
  }

  // -- deadline ----------------------------------------------------------------------------------------------------

  const expire = (batch: Batch<M>): void => {
    const isOver = ({ acceptedAt }: M): boolean => now() >= acceptedAt + options.deliveryTimeout
    const over = batch.messages.filter(isOver)
    if (over.length === 0) return
    batch.messages = batch.messages.filter((message) => !isOver(message))
    count -= over.length
    if (batch.messages.length === 0 && --batch.family.alive === 0 && chosen === batch.family) chosen = undefined
    world.end(over, "RetriesExhausted")
  }

  const expireAll = (): void => {
    for (const batch of [...pieces, ...waiting]) expire(batch)
    pieces = pieces.filter(({ messages }) => messages.length > 0)
    waiting = waiting.filter(({ messages }) => messages.length > 0)
    for (const { messages } of fresh) {
      let over = 0
      while (over < messages.length && now() >= messages[over]!.acceptedAt + options.deliveryTimeout) over++
      if (over === 0) break
      count -= over
      world.end(messages.splice(0, over), "RetriesExhausted")
    }
    fresh = fresh.filter(({ messages }) => messages.length > 0)
    awaitExpiry()
    pump()
  }

  let isExpiryAwaited = false
  /** One alarm, for the oldest of what waits; or, where all is under way, in a while. */
  const awaitExpiry = (): void => {
    if (isExpiryAwaited || count === 0 || !Number.isFinite(options.deliveryTimeout)) return
    isExpiryAwaited = true
    const oldest = Math.min(
      now() + 60_000,
      ...[...pieces, ...waiting, ...fresh.slice(0, 1)].flatMap(({ messages }) =>
        messages.map(({ acceptedAt }) => acceptedAt + options.deliveryTimeout)
      )
    )
    world.at(Math.max(oldest, now() + 1), () => {
      isExpiryAwaited = false
      expireAll()
    })
  }

  // -- what others ask ---------------------------------------------------------------------------------------------

  const add = (message: M): void => {
    count++
    let last = fresh.at(-1)
    if (last === undefined || last.messages.length >= options.maxBatchSize) {
      const batch = { messages: [], since: now(), isReady: false }
      last = batch
      fresh.push(batch)
      world.at(now() + options.flushInterval, () => {
        batch.isReady = true
        pump()
      })
    }
    last.messages.push(message)
    if (last.messages.length >= options.flushAt) last.isReady = true
    awaitExpiry()
    pump()
  }

  const makeReady = (): void => {
    for (const batch of fresh) batch.isReady = true
  }

  return {
    add,
    flush: () => {
      makeReady()
      // What was tried starts a second after the last start at the soonest, however often one flushes.
      for (const batch of waiting) batch.readyAt = Math.min(batch.readyAt, Math.max(now(), lastStart + 1000))
      isUrgent = lastStart <= now() - 1000
      pump()
    },
    close: (shutdownTimeout) => {
      closesAt = now() + shutdownTimeout
      makeReady()
      for (const batch of waiting) batch.readyAt = Math.min(batch.readyAt, now() + 1000)
      nextStart = Math.min(nextStart, now() + 1000)
      world.at(closesAt, () => {
        const left = [...pieces, ...waiting, ...fresh].flatMap(({ messages }) => messages)
        pieces = []
        waiting = []
        fresh = []
        count -= left.length
        if (left.length > 0) world.end(left, "ShutdownTimeout")
      })
      pump()
    },
    waiting: () => count,
    inFlight: () => underWay,
    server: () => (isAway() ? "away" : lastAnswer === "unknown" && firstFailureAt === undefined ? "unknown" : "up")
  }
}
