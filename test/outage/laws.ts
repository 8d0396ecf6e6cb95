import { assert } from "@effect/vitest"
import { type Played, personOf } from "./play.ts"
import { hours, type Report, type Request, type Scenario } from "./Scenario.ts"

/** What does not hold, in words, of what holds in whatever scenario, of the client and of the model alike. */
const brokenLaws = (scenario: Scenario, report: Report): ReadonlyArray<string> => [
  ...loses(scenario, report),
  ...endsEarly(scenario, report),
  ...startsTooSoon(scenario, report),
  ...doesNotWait(report),
  ...(scenario.options?.concurrency === 1 && scenario.options.order !== "person" ? getsOutOfOrder(report) : [])
]

/** The same, and of requests as they are on the wire, and of what is said. */
export const brokenWireLaws = (scenario: Scenario, played: Played): ReadonlyArray<string> => [
  ...brokenLaws(scenario, played),
  ...played.violations,
  ...(played.mostUnderWay > (scenario.options?.concurrency ?? 4) ? [`${played.mostUnderWay} requests at a time`] : []),
  ...(scenario.options?.order === "person" ? overtakes(scenario, played) : []),
  ...staleStamps(played),
  ...wrongRetryCounts(scenario, played),
  ...saysTooMuch(played)
]

const assertNone = (broken: ReadonlyArray<string>): void => {
  if (broken.length > 0) assert.fail([`${broken.length} broken`, ...broken.slice(0, 5)].join("\n"))
}

export const keepsLaws = (scenario: Scenario, report: Report): void => assertNone(brokenLaws(scenario, report))

export const keepsWireLaws = (scenario: Scenario, played: Played): void => assertNone(brokenWireLaws(scenario, played))

/** A message that is not poison ends as delivered, or because its time or the client's was over; it is then stored. */
function* loses({ options }: Scenario, { ended, stored, poison }: Report): Iterable<string> {
  const failures = ["ShutdownTimeout", "RetriesExhausted", ...(options?.whenFull === "dropOldest" ? ["Dropped"] : [])]
  for (const [id, { tag, at }] of ended) {
    if (tag === "Delivered" && !stored.has(id)) yield `${id} is delivered, and not stored`
    if (tag !== "Delivered" && !failures.includes(tag)) yield `${id} ends as ${tag} at ${at}`
    if (poison.has(id) && stored.has(id)) yield `${id} is poison, and stored`
  }
}

/** Nothing that is good ends for a server's absence before its time. */
function* endsEarly({ closeAt = Number.POSITIVE_INFINITY }: Scenario, { ended, poison, accepted }: Report) {
  for (const [id, { tag, at }] of ended) {
    if (tag !== "RetriesExhausted" || poison.has(id)) continue
    const age = at - accepted.get(id)!
    // While closing, the one behind is the judge of what never was accepted.
    if (age < hours(12) - 1 && at < closeAt) yield `${id} ends as ${tag} after ${age} ms`
  }
}

/** The batch that the messages of a request were first sent in: pieces of one count as one. */
const familiesOf = (requests: ReadonlyArray<Request>): ReadonlyArray<number> => {
  const familyOf = new Map<string, number>()
  return requests.map(({ ids }, index) => {
    const family = familyOf.get(ids[0]!) ?? index
    for (const id of ids) familyOf.set(id, family)
    return family
  })
}

const isAnswered = ({ status }: Request): boolean =>
  status !== undefined && status !== 408 && status !== 429 && (status < 500 || status === 501 || status === 505)

/**
 * What was known of the server when a request started, told again from what it did. Of what ends at one time, the answers
 * may be last, and end the silence.
 */
function* silences(requests: ReadonlyArray<Request>) {
  const families = familiesOf(requests)
  const endings = requests
    .map((request, index) => ({ request, family: families[index]! }))
    .filter(({ request }) => Number.isFinite(request.endsAt))
    .sort(
      ({ request: one }, { request: other }) =>
        one.endsAt - other.endsAt || Number(isAnswered(one)) - Number(isAnswered(other))
    )
  const answers = new Set(endings.flatMap(({ request }) => (isAnswered(request) ? [request.endsAt] : [])))
  let next = 0
  let since: number | undefined
  let failed = new Set<number>()
  let lastAnswer = Number.NEGATIVE_INFINITY
  for (const request of requests) {
    for (; next < endings.length && endings[next]!.request.endsAt < request.at; next++) {
      const { request: ended, family } = endings[next]!
      if (isAnswered(ended)) {
        since = undefined
        failed = new Set()
        lastAnswer = ended.endsAt
      } else {
        since ??= ended.endsAt
        failed.add(family)
      }
    }
    if (answers.has(request.at)) lastAnswer = request.at
    yield { request, since, isGeneral: failed.size >= 3 && lastAnswer < request.at, lastAnswer }
  }
}

/** While the server is silent for three batches, starts are at least half of the pace apart. */
function* startsTooSoon({ flushAt = [], closeAt = Number.POSITIVE_INFINITY }: Scenario, { requests, stored }: Report) {
  const isSeen = new Set<string>()
  let before: { readonly at: number; readonly gap: number } | undefined
  for (const { request, since, isGeneral, lastAnswer } of silences(requests)) {
    const { at } = request
    // It follows at once what it judges.
    if (request.ids.length === 1 && stored.has(request.ids[0]!) && isSeen.has(request.ids[0]!)) continue
    for (const id of request.ids) if (request.status === 200) isSeen.add(id)
    // A flush lets one go, where every slot is taken with the next that is free.
    const isFlushed = flushAt.some((time) => time > (before?.at ?? 0) - 1 && time < at + 1)
    if (before !== undefined && lastAnswer < before.at && !isFlushed) {
      const least = at > closeAt ? Math.min(before.gap, 500) : before.gap
      if (at - before.at < least - 1) yield `a request at ${at}, ${at - before.at} ms after the last and not ${least}`
    }
    const pace = since === undefined || !isGeneral ? 0 : Math.min(30_000, Math.max(100, (at - since) / 10))
    before = { at, gap: pace / 2 }
  }
}

/** Nothing starts before the time that the server asked for. */
function* doesNotWait({ requests }: Report) {
  const holds = requests.filter(({ retryAfter, status }) => retryAfter !== undefined && status !== 200)
  for (const { endsAt, retryAfter = 0 } of holds) {
    const until = endsAt + Math.min(300, retryAfter) * 1000
    for (const { at } of requests) if (at > endsAt && at < until - 1) yield `a request at ${at}, and not after ${until}`
  }
}

/** One at a time arrive in the order in which they were accepted, whatever is in between. */
function* getsOutOfOrder({ requests, accepted }: Report) {
  const order = new Map([...accepted.keys()].map((id, index) => [id, index]))
  let last = -1
  const seen = new Set<string>()
  for (const { ids, status } of requests) {
    if (status !== 200) continue
    for (const id of ids) {
      const index = order.get(id) ?? -1
      // A witness is sent again.
      if (seen.has(id)) continue
      seen.add(id)
      if (index < last) yield `${id} arrives after one that was accepted later`
      last = index
    }
  }
}

/** `sentAt` is when the attempt starts: servers shift timestamps by what lies between it and arrival. */
function* staleStamps({ requests }: Played) {
  for (const { at, sentAt } of requests) {
    const age = at - Date.parse(sentAt)
    if (age < 0 || age >= 1) yield `sentAt is ${age} ms old at ${at}`
  }
}

/** A message of a person is in no request before those ahead of it have an outcome, but in one with them. */
function* overtakes({ people = 1 }: Scenario, { requests, accepted, ended }: Played) {
  const requestsOf = new Map<string, Array<Request>>()
  for (const request of requests) {
    for (const id of request.ids) requestsOf.set(id, [...(requestsOf.get(id) ?? []), request])
  }
  const previous = new Map<string, string>()
  for (const id of accepted.keys()) {
    const person = personOf(id, people)
    const before = previous.get(person)
    previous.set(person, id)
    if (before === undefined) continue
    for (const { at, ids } of requestsOf.get(id) ?? []) {
      const isBehind = ids.includes(before)
        ? ids.indexOf(before) < ids.indexOf(id)
        : (ended.get(before)?.at ?? Number.POSITIVE_INFINITY) <= at
      if (!isBehind) yield `${id} of ${person} at ${at}, before ${before}`
    }
  }
}

/** `X-Retry-Count` counts the attempts of just these messages, also when others of the batch have ended meanwhile. */
function* wrongRetryCounts({ options }: Scenario, { requests, stored, ended }: Played) {
  const made = new Map<string, number>()
  let firstEnd = Number.POSITIVE_INFINITY
  for (const { tag, at } of ended.values()) if (tag !== "Delivered") firstEnd = Math.min(firstEnd, at)
  for (const { at, ids, retryCount, status } of requests) {
    const key = ids.join()
    const isFirst = !made.has(key)
    const before = made.get(key) ?? (at >= firstEnd ? Number(retryCount ?? 0) : 0)
    made.set(key, before + 1)
    const hasWitnesses = options?.concurrency === 1 || options?.order === "person"
    const isWitness = hasWitnesses && ids.length === 1 && stored.has(ids[0]!) && !isFirst
    if (isWitness) continue
    if (retryCount !== (before === 0 ? undefined : String(before)))
      yield `retry ${before} says ${retryCount} (${status})`
  }
}

/** Of each thing one line a minute at most: that the server is away and back is one; and one for each batch that ends. */
function* saysTooMuch({ lines, ended }: Played) {
  const endings = new Set([...ended.values()].filter(({ tag }) => tag !== "Delivered").map(({ at }) => at))
  const last = new Map<string, number>()
  for (const { at, text } of lines) {
    const about = /^the server is/.test(text) ? "the server" : text
    // That is told six times a minute, as ever.
    if (text.startsWith("queue full")) continue
    const before = last.get(about) ?? Number.NEGATIVE_INFINITY
    if (about !== "the server" && endings.has(at) && at > before) continue
    if (at - before < 60_000 - 1) yield `"${text}" at ${at}, after a line at ${before}`
    last.set(about, at)
  }
}
