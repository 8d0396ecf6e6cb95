import type { CallError, FlushReport, Outcome } from "cdp-analytics-effect"
import type { Request } from "./FaultyServer.ts"
import type { Call, History } from "./History.ts"
import type { Program } from "./Program.ts"
import { isHealthy } from "./run.ts"

const envelopeBytes = `{"batch":[],"sentAt":"1970-01-01T00:00:00.000Z"}`.length
const flushInterval = 5000

/** Every law that a run broke, in words. */
export const brokenLaws = (program: Program, history: History): ReadonlyArray<string> => {
  const facts = factsOf(program, history)
  return Object.entries(laws).flatMap(([name, law]) => [...law(facts)].slice(0, 3).map((what) => `${name}: ${what}`))
}

interface Facts {
  readonly program: Program
  readonly history: History
  readonly outcomeOf: ReadonlyMap<string, Outcome>
  readonly requestsOf: ReadonlyMap<string, ReadonlyArray<Request>>
  readonly deadline: number
  /** The client closed because its time was over, not because it was done. */
  readonly isCutOff: boolean
  /** Interrupted calls that were accepted all the same: nobody knows when. */
  readonly unseen: ReadonlyArray<Call>
  /** Nothing makes the client wait but its own interval. */
  readonly isCalm: boolean
}

const factsOf = (program: Program, history: History): Facts => {
  const outcomeOf = new Map<string, Outcome>()
  for (const outcome of history.outcomes) for (const id of outcome.messageIds) outcomeOf.set(id, outcome)
  const requestsOf = new Map<string, Array<Request>>()
  for (const request of history.server.requests) {
    for (const id of request.ids) requestsOf.set(id, [...(requestsOf.get(id) ?? []), request])
  }
  const deadline = program.options.shutdownTimeoutSeconds * 1000
  return {
    program,
    history,
    outcomeOf,
    requestsOf,
    deadline,
    isCutOff:
      (history.closedAfterMillis ?? 0) >=
      deadline - (program.options.onUndelivered === "absent" ? 0 : handlerTime(deadline)),
    unseen: history.calls.filter((call) => call.acceptedAs === undefined && outcomeOf.has(call.id)),
    isCalm: isHealthy(program) && !["is slow", "never ends"].includes(program.options.onUndelivered)
  }
}

/** What closing keeps for the handler. */
const handlerTime = (deadline: number): number => Math.min(deadline / 2, 2000)

type Law = (facts: Facts) => Iterable<string>

const laws: Readonly<Record<string, Law>> = {
  "at the time": ({ history }) => history.violations,

  "nothing hangs": ({ history }) => history.hanging,

  "everything leaves once the server is well": ({ history }) => history.stuck,

  *"closing keeps to shutdownTimeout"({ history: { closedAfterMillis, stuck, hanging }, deadline, isCalm }) {
    if (stuck.length > 0 || hanging.length > 0) return
    if (closedAfterMillis === undefined) yield "it did not close"
    else if (closedAfterMillis > deadline) yield `it took ${closedAfterMillis} ms`
    else if (isCalm && closedAfterMillis > 0) yield `it took ${closedAfterMillis} ms, though nothing was wrong`
  },

  *"each accepted message has one outcome, and no other has any"({ history, outcomeOf }) {
    const seen = new Set<string>()
    for (const id of history.outcomes.flatMap(({ messageIds }) => messageIds)) {
      if (seen.has(id)) yield `${id} has two`
      seen.add(id)
    }
    for (const { id } of history.accepted) if (!outcomeOf.has(id)) yield `${id} has none`
    const known = new Set(
      history.calls.filter((call) => call.acceptedAs !== undefined || call.wasInterrupted).map(({ id }) => id)
    )
    for (const id of outcomeOf.keys()) if (!known.has(id)) yield `${id} was not accepted`
    for (const id of history.server.json.keys()) if (!known.has(id)) yield `${id} was sent, but not accepted`
  },

  *"a receipt says what the outcome says"({ history, outcomeOf }) {
    for (const { id, awaited } of history.calls) {
      const outcome = outcomeOf.get(id)
      for (const end of awaited) {
        if (end === "delivered") {
          if (outcome?._tag !== "Delivered") yield `${id}: delivered, but ${outcome?._tag}`
        } else if (outcome?._tag !== end._tag || !end.messageIds.includes(id)) {
          yield `${id}: ${end._tag}, but ${outcome?._tag}`
        }
      }
    }
  },

  *"delivered is what the server took and said so"({ program: { options }, history, outcomeOf, requestsOf }) {
    for (const [id, { _tag }] of outcomeOf) {
      if (_tag !== "Delivered") continue
      if (!history.server.stored.has(id)) yield `${id} is not on the server`
      const statuses = (requestsOf.get(id) ?? []).map(({ answer }) => answer?.status)
      // What was delivered last in a lane may be sent again, as a witness.
      const said = hasWitnesses(options) ? statuses.find((status) => status === 200) : statuses.at(-1)
      if (said !== 200) yield `${id}: the last answer was ${statuses.at(-1)}`
    }
  },

  *"each failure has its reason"({ program: { options }, history, outcomeOf, requestsOf, isCutOff }) {
    for (const [id, outcome] of outcomeOf) {
      const requests = requestsOf.get(id) ?? []
      const last = requests.at(-1)
      const status = last?.answer?.status
      // A batch that is refused is to be sent in halves.
      const isAnswered = status !== undefined && !isTransient(status) && last?.ids.length === 1
      switch (outcome._tag) {
        case "Delivered":
          continue
        case "Rejected":
          if (status !== 400 && status !== 413) yield `${id} is Rejected after ${status}`
          if (last?.ids.length !== 1) yield `${id} is Rejected with ${(last?.ids.length ?? 0) - 1} neighbours`
          continue
        case "Unauthorized":
          if (status !== 401 && status !== 403) yield `${id} is Unauthorized after ${status}`
          continue
        case "RetriesExhausted":
          if (isAnswered) yield `${id} is RetriesExhausted after ${status}`
          if (outcome.attempts > (options.retries ?? Number.POSITIVE_INFINITY) + 1)
            yield `${id}: ${outcome.attempts} attempts`
          if (options.retries === undefined) {
            const { acceptedAt, isPoison = false } = history.accepted.find((call) => call.id === id) ?? {}
            const endedAt = history.endedAt.get(id) ?? 0
            const age = endedAt - (acceptedAt ?? Number.NEGATIVE_INFINITY)
            if (isPoison && options.poisonStatus === 500) continue
            // While a lane closes, one that is accepted ends those that it was let pass by.
            if (isLane(options) && endedAt >= history.closingAt) continue
            if (age < (options.deliveryTimeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000)
              yield `${id} ended after ${age} ms`
          }
          if (requests.length < outcome.attempts) yield `${id}: ${requests.length} of ${outcome.attempts} attempts`
          continue
        case "ShutdownTimeout":
          if (!isCutOff) yield `${id} is ShutdownTimeout before that`
          continue
        case "Dropped":
          if (options.whenFull !== "dropOldest") yield `${id} is Dropped`
          if (last?.ids.length === 1 && options.retries !== undefined) yield `${id} is Dropped, and was sent`
          if (isAnswered) yield `${id} is Dropped after ${status}`
      }
    }
  },

  *"a poison message takes no other down"({ history, outcomeOf }) {
    for (const { id, isPoison } of history.calls) {
      if (!isPoison && outcomeOf.get(id)?._tag === "Rejected") yield id
    }
  },

  *"a refusal has its reason"({ program: { options }, history }) {
    const { queueCapacity, queueBytes = 32 * 1024 * 1024, maxBatchBytes = 500_000 } = options
    const limit = Math.min(32_000, maxBatchBytes - envelopeBytes, queueBytes)
    for (const { id, bytes, acceptedAs, refusedWith } of history.calls) {
      if (acceptedAs !== undefined && bytes > limit) yield `${id} has ${bytes} bytes`
      if (refusedWith !== undefined) yield* wrongRefusal(refusedWith).map((what) => `${id}: ${what}`)

      function wrongRefusal(error: CallError): ReadonlyArray<string> {
        switch (error._tag) {
          case "AnalyticsClosed":
            return []
          case "MessageTooLarge":
            return error.bytes === bytes && bytes > limit && error.limit === limit ? [] : [error.message]
          case "QueueFull": {
            const isFull = error.messages === queueCapacity || error.bytes + bytes > queueBytes
            const isWithin = error.messages <= queueCapacity && error.bytes <= queueBytes
            return options.whenFull === "fail" && isFull && isWithin ? [] : [error.message]
          }
          default:
            return [error._tag]
        }
      }
    }
  },

  *"a flush counts what no earlier one had"({ program: { options }, history, outcomeOf, unseen }) {
    // Where a call returns long after its message was accepted, the test does not know which flush is to count it.
    if (options.whenFull === "dropOldest" && options.onUndelivered !== "absent") return
    for (const { acceptedBefore, reportedBefore, report } of history.flushes) {
      if (report === undefined) continue
      // From here on it counts what the flush before it left.
      if (report.waiting > 0) return
      const covered = history.accepted.slice(reportedBefore, acceptedBefore)
      const expected = reportOf(covered.map(({ id }) => outcomeOf.get(id)))
      const isExact = unseen.length === 0
      for (const [tag, count] of Object.entries(expected)) {
        const told = countOf(report, tag)
        if (isExact ? told !== count : told < count || told > count + unseen.length) {
          yield `${tag}: ${told} for ${count} of ${covered.length}`
        }
      }
      const told = Object.values(report.failed).reduce((total, count) => total + count, report.delivered)
      if (isExact && told !== covered.length) yield `${told} of ${covered.length}`
    }
  },

  *"what a flush leaves, a later one counts"({ program: { options }, history, outcomeOf, unseen }) {
    if (unseen.length > 0 || (options.whenFull === "dropOldest" && options.onUndelivered !== "absent")) return
    const told: Record<string, number> = {}
    let lastEnd = Number.NEGATIVE_INFINITY
    for (const { report, startedAt, endedAt = startedAt, acceptedBefore } of history.flushes) {
      // Those that overlap count the same.
      if (report === undefined || startedAt <= lastEnd) return
      lastEnd = endedAt
      for (const [tag, count] of [["Delivered", report.delivered] as const, ...Object.entries(report.failed)]) {
        told[tag] = (told[tag] ?? 0) + count
      }
      const total = Object.values(told).reduce((sum, count) => sum + count, report.waiting)
      if (total !== acceptedBefore) yield `${total} of ${acceptedBefore}`
    }
    const expected = reportOf(history.accepted.map(({ id }) => outcomeOf.get(id)))
    for (const [tag, count] of Object.entries(expected))
      if (told[tag] !== count) yield `${tag}: ${told[tag]}, not ${count}`
  },

  *"batches are within their limits"({ program: { options }, history: { server } }) {
    const most = options.maxBatchSize ?? options.flushAt
    for (const { ids, bytes } of server.requests) {
      if (ids.length === 0) yield "an empty one"
      if (ids.length > most) yield `${ids.length} messages`
      if (bytes > (options.maxBatchBytes ?? 500_000)) yield `${bytes} bytes`
      if (new Set(ids).size < ids.length) yield `the same message twice: ${ids}`
    }
    if (server.mostUnderWay > options.concurrency) yield `${server.mostUnderWay} requests at a time`
  },

  *"a message arrives as it was accepted, each time"({ history: { server, calls } }) {
    for (const id of server.changed) yield `${id} changed`
    for (const { id, bytes } of calls) {
      const json = server.json.get(id)
      if (json !== undefined && Buffer.byteLength(json) !== bytes) yield `${id} has ${Buffer.byteLength(json)} bytes`
    }
  },

  *"nothing is sent again without need"({ program: { options }, requestsOf, history }) {
    // With few steps at a time, an answer's body may still be on its way to the client when the clock moves.
    if (options.opsBeforeYield < 2048) return
    for (const [id, requests] of requestsOf) {
      for (const { answer, ids } of requests.slice(0, -1)) {
        const status = answer?.status
        if (status === 200 && !hasWitnesses(options)) yield `${id} after ${status}`
        if (status === 401 || status === 403) yield `${id} after ${status}`
        if ((status === 400 || status === 413) && ids.length === 1) yield `${id} after ${status}, alone`
      }
    }
    for (const { ids, retryCount, answer } of history.server.requests) {
      if (retryCount === "0") yield `${ids} as retry 0 (${answer?.status})`
    }
  },

  *"one request at a time keeps the order"({ program: { options }, history }) {
    // Calls that wait for room or for the handler may return in another order than they were let in.
    if (!isLane(options) || options.whenFull !== "fail") return
    const order = new Map(history.accepted.map(({ id }, index) => [id, index]))
    const arrived = [...history.server.json.keys()].flatMap((id) => order.get(id) ?? [])
    for (const [index, number] of arrived.entries()) {
      if (index > 0 && arrived[index - 1]! > number) yield `${arrived}`
    }
  },

  *"nothing of a person overtakes what was accepted before it"({ program: { options }, history, requestsOf }) {
    if (options.order === "none" || options.whenFull !== "fail") return
    const previous = new Map<string, string>()
    for (const { id, person } of history.accepted) {
      const before = previous.get(person)
      previous.set(person, id)
      if (before === undefined) continue
      const requests = requestsOf.get(id) ?? []
      const together = requests.filter(({ ids }) => ids.includes(before))
      if (together.some(({ ids }) => ids.indexOf(before) > ids.indexOf(id))) yield `${id} before ${before} in a request`
      const without = requests.find((request) => !together.includes(request))
      const attempts = requestsOf.get(before) ?? []
      // Once it is accepted, it may be sent again as a witness.
      const isAccepted = attempts.some(
        (attempt) => attempt.number < (without?.number ?? 0) && attempt.answer?.status === 200
      )
      if (without === undefined || isAccepted) continue
      for (const attempt of attempts) {
        if (attempt.number > without.number || without.beside.includes(attempt))
          yield `${id} in request ${without.number}, ${before} in request ${attempt.number}`
      }
    }
  },

  *"Retry-After holds every request"({ history: { server } }) {
    for (const { answer } of server.requests) {
      if (answer?.retryAfterSeconds === undefined || !isTransient(answer.status)) continue
      const until = answer.at + answer.retryAfterSeconds * 1000
      for (const { at, ids } of server.requests) {
        if (at > answer.at && at < until) yield `${ids} at ${at}, not ${until}`
      }
    }
  },

  *"onUndelivered gets what failed, once"({ program: { options }, history, outcomeOf, isCutOff }) {
    const seen = new Set<string>()
    for (const { ids, error } of history.handled) {
      for (const id of ids) {
        if (seen.has(id)) yield `${id} twice`
        seen.add(id)
        if (outcomeOf.get(id)?._tag !== error._tag) yield `${id}: ${error._tag}, but ${outcomeOf.get(id)?._tag}`
      }
    }
    // What is over time is cut off.
    if (options.onUndelivered === "absent" || isCutOff) return
    for (const [id, { _tag }] of outcomeOf) {
      if (_tag !== "Delivered" && !seen.has(id)) yield `not ${id}, ${_tag}`
    }
    const flushTimeout = (options.flushTimeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000
    for (const { acceptedBefore, handledBefore, startedAt, endedAt = startedAt } of history.flushes) {
      // It waits for handlers no longer than for outcomes.
      if (handledBefore === undefined || endedAt - startedAt >= flushTimeout) continue
      for (const { id } of history.accepted.slice(0, acceptedBefore)) {
        if (outcomeOf.get(id)?._tag !== "Delivered" && !handledBefore.has(id))
          yield `not ${id} before the flush returned`
      }
    }
  },

  *"nothing waits for no reason"({ history, requestsOf, isCalm }) {
    if (!isCalm) return
    for (const { id, acceptedAt = 0 } of history.accepted) {
      const arrivedAt = requestsOf.get(id)?.[0]?.at ?? acceptedAt
      if (arrivedAt - acceptedAt > flushInterval) yield `${id} for ${arrivedAt - acceptedAt} ms`
    }
    for (const { startedAt, endedAt = startedAt } of history.flushes) {
      if (endedAt > startedAt) yield `a flush, for ${endedAt - startedAt} ms`
    }
  }
}

const isLane = ({ concurrency, order }: Program["options"]): boolean => concurrency === 1 && order === "none"

const hasWitnesses = ({ concurrency, order, retries }: Program["options"]): boolean =>
  (concurrency === 1 || order === "person") && retries === undefined

const isTransient = (status: number): boolean => status === 408 || status === 429 || status >= 500

const reportOf = (outcomes: ReadonlyArray<Outcome | undefined>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) {
    if (outcome !== undefined) counts[outcome._tag] = (counts[outcome._tag] ?? 0) + 1
  }
  return counts
}

const countOf = ({ delivered, failed }: FlushReport, tag: string): number =>
  tag === "Delivered" ? delivered : (new Map(Object.entries(failed)).get(tag) ?? 0)
