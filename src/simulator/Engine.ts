/**
 * What the server does with a request, whatever transport brought it, and what it remembers.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Headers from "effect/http/Headers"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { InvalidOptions } from "../AnalyticsError.ts"
import type { PlanOrService } from "../plan/planOf.ts"
import {
  isWireObject,
  type MeasuredMessage,
  measure,
  messageTypes,
  objectAt,
  type Refusal,
  refuse,
  shareContext,
  textAt,
  type WireObject
} from "../protocol/WireMessage.ts"
import { longestBody, makeUncompress } from "./body.ts"
import { cut, maxNameLength, maxTextLength } from "./cut.ts"
import { type Fault, makeFaultPlan, validateFaults } from "./Fault.ts"
import { keepMessage } from "./KeptMessage.ts"
import type { SimulatedObject } from "./Objects.ts"
import type { SimulatedPerson } from "./People.ts"
import { makePlanning, type Planning } from "./Planning.ts"
import type { PlanReport } from "./PlanReport.ts"
import { makeNewest, type ReceivedEvent, type ReceivedRequest } from "./Received.ts"
import { makeSeen } from "./Seen.ts"
import { type ResolvedSimulatorOptions, resolveSimulatorOptions } from "./SimulatorOptions.ts"
import { makeState } from "./State.ts"
import { emptyWeight, weigh } from "./weight.ts"

/**
 * A request as any transport hands it over, for servers of your own.
 *
 * @experimental
 * @category models
 * @since 0.1.0
 */
export interface RawRequest {
  /** Such as `POST`. */
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined }
  /** As it arrived, compressed or not. */
  readonly body: Uint8Array<ArrayBuffer>
}

/**
 * What the transport is to do: `Reset` breaks the connection off without an answer.
 *
 * @experimental
 * @category models
 * @since 0.1.0
 */
export type RawAnswer = RawResponse | { readonly _tag: "Reset" }

/**
 * An answer that the transport is to send.
 *
 * @experimental
 * @category models
 * @since 0.1.0
 */
export interface RawResponse {
  /** `Truncate` announces the whole body, sends half of it and breaks off. */
  readonly _tag: "Respond" | "Truncate"
  /** HTTP status. */
  readonly status: number
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string }
  /** JSON, but where a fault makes it garbage. */
  readonly body: string
}

/**
 * How many of what a simulator remembered made room for newer ones.
 *
 * @category models
 * @since 0.1.0
 */
export interface DroppedCounts {
  /** Events. */
  readonly events: number
  /** Requests. */
  readonly requests: number
  /** People. */
  readonly people: number
  /** Objects. */
  readonly objects: number
}

/**
 * What `yield* Simulator` gives: what a simulator remembers, and how its faults are set.
 *
 * @category models
 * @since 0.1.0
 */
export interface Engine {
  /** The origin to point a client at; in process, the client is pointed here whatever its endpoint. */
  readonly url: string
  /** The newest events, oldest first: accepted, duplicate and refused. */
  readonly events: Effect.Effect<ReadonlyArray<ReceivedEvent>>
  /** The newest requests, oldest first. */
  readonly requests: Effect.Effect<ReadonlyArray<ReceivedRequest>>
  /** Everyone that the accepted events made known. */
  readonly people: Effect.Effect<ReadonlyArray<SimulatedPerson>>
  /** Groups, which are objects of a type. */
  readonly objects: Effect.Effect<ReadonlyArray<SimulatedObject>>
  /** How many made room for newer ones. */
  readonly dropped: Effect.Effect<DroppedCounts>
  /** Each event from now on. A reader that is 1,024 events behind loses the oldest. */
  readonly live: Stream.Stream<ReceivedEvent>
  /** Each request from now on, once what becomes of it is known. A reader that is 1,024 requests behind loses the oldest. */
  readonly liveRequests: Stream.Stream<ReceivedRequest>
  /** What is left of the fault plan. */
  readonly faults: Effect.Effect<ReadonlyArray<Fault>>
  /**
   * Replaces the fault plan: each fault meets `times` requests, or all, before the next one has its turn. Fails, and changes
   * nothing, where a fault cannot be acted out.
   */
  readonly setFaults: (faults: ReadonlyArray<Fault>) => Effect.Effect<void, InvalidOptions>
  /** What was sent by the plan, and what of it never was, of all that arrived since it was set; `undefined` without one. */
  readonly plan: Effect.Effect<PlanReport | undefined>
  /** Replaces the plan, by which the events that are kept are judged, and counted, anew. Without one, none is. */
  readonly setPlan: (plan: PlanOrService | undefined) => Effect.Effect<void>
  /** Why a newer plan could not be loaded: it stands on the page, beside the plan that there is, until one is set. */
  readonly setPlanProblem: (problem: string) => Effect.Effect<void>
  /** Forgets events, requests, people, objects, message ids and faults, and counts by the plan anew. */
  readonly clear: Effect.Effect<void>
  /**
   * How many bytes of a request's body are worth reading, for servers of your own: none where the route or the key of its
   * header is wrong. Hand over one more of a body that is longer, and `handle` answers 413.
   *
   * @experimental
   */
  readonly bodyLimit: (head: Omit<RawRequest, "body">) => number
  /**
   * Handles a request, for servers of your own.
   *
   * @experimental
   */
  readonly handle: (request: RawRequest) => Effect.Effect<RawAnswer>
}

/** What the routes of a server are told beside. */
export interface WatchedEngine extends Engine {
  /** Each time that everything is forgotten, the id of the newest event until then. */
  readonly clears: Stream.Stream<number>
  /** How many events of one of the `people` had made room for newer ones. */
  readonly droppedEventsOf: (person: SimulatedPerson) => number
  readonly planning: Planning
}

/** An engine behind a server, for the routes of that server. */
export class ServedEngine extends Context.Service<ServedEngine, WatchedEngine>()(
  "cdp-analytics-effect/simulator/Engine/ServedEngine"
) {}

/** How many events or requests a slow reader of them may be behind. */
const liveCapacity = 1024

/** Of the messages that were refused, so many are told why; 10,000 reasons would help nobody. */
const maxReasons = 20

/** How many times the limit of a batch its messages may have together, with its context in each. */
const maxExpansion = 20

/** Of that, about so much is taken in before others have a turn. */
const maxWork = 250_000

/** How many headers of a request are kept. */
const maxHeaders = 100

const routes = new Map([["/v1/batch", undefined], ...messageTypes.map((type) => [`/v1/${type}`, type] as const)])

const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** A refusal of the request as a whole. */
interface Refused {
  readonly _tag: "Refused"
  readonly reason: string
  readonly status: number
  readonly permissiveStatus: number
}

interface Messages {
  readonly _tag: "Messages"
  readonly messages: ReadonlyArray<unknown>
  readonly isBatch: boolean
  /** The envelope's. */
  readonly context: WireObject | undefined
}

interface Judged {
  readonly measured: MeasuredMessage
  readonly refusal: Refusal | undefined
  /** Whether it is kept so; otherwise only what names it. */
  readonly isWhole: boolean
}

export const makeEngine = Effect.fnUntraced(function* (input: unknown, url: string) {
  const options = yield* resolveSimulatorOptions(input)
  const most = { items: options.keep, bytes: options.keepBytes }
  const state = makeState(options)
  const events = makeNewest<ReceivedEvent>(most, ({ verdict, message }) => {
    if (verdict !== "refused") state.dropEvent(message)
  })
  const planning = yield* makePlanning(options.plan, events)
  const requests = makeNewest<ReceivedRequest>(most)
  const faults = makeFaultPlan(options.faults)
  const seen = makeSeen(options.deduplicationMillis, options.keepBytes)
  const isLimited = makeRateLimit(options.rateLimit)
  const longest = longestBody(options)
  const uncompress = yield* makeUncompress(longest)
  const live = yield* PubSub.sliding<ReceivedEvent>(liveCapacity)
  const liveRequests = yield* PubSub.sliding<ReceivedRequest>(liveCapacity)
  const clears = yield* PubSub.sliding<number>(1)
  let requestIds = 0
  let eventIds = 0

  /** What becomes of each message of a request. */
  const judge = ({ messages, context }: Messages): ReadonlyArray<Judged> => {
    const shared = context && shareContext(context)
    const mostBytes = maxExpansion * options.maxBatchBytes
    let bytes = 0
    return messages.map((message) => {
      const measured = measure(message, shared)
      const refusal = refuse(measured, options.maxMessageBytes)
      const isWhole = !measured.isTooDeep && measured.storedSize.bytes <= options.maxMessageBytes
      if (isWhole) bytes += measured.storedSize.bytes
      if (bytes <= mostBytes) return { measured, refusal, isWhole }
      const reason = `with its context in each message the batch has more than ${mostBytes} bytes`
      return { measured, refusal: refusal ?? { path: "", reason }, isWhole: false }
    })
  }

  /** Takes a message in, unless it was refused. */
  const receive = (requestId: number, receivedAt: number, { measured, refusal, isWhole }: Judged): ReceivedEvent => {
    const { message, weight } = keepMessage(measured, isWhole, receivedAt)
    const base = { id: ++eventIds, requestId, receivedAt, message, bytes: measured.size.bytes }
    const take = (): ReceivedEvent => {
      if (refusal !== undefined) {
        return { ...base, verdict: "refused", refusal, ...(!isWhole && { note: "only what names it is kept" }) }
      }
      if (seen.isRepeat(textAt(message, "messageId"), receivedAt)) return { ...base, verdict: "duplicate" }
      return { ...base, verdict: "accepted", ...state.apply(message) }
    }
    const judged = planning.judge(take())
    events.add(judged.event, emptyWeight + weight + judged.weight)
    return judged.event
  }

  /** Takes the messages of a request in, and says why some were refused. */
  const store = Effect.fnUntraced(function* (
    requestId: number,
    receivedAt: number,
    isStrict: boolean,
    parsed: Messages
  ) {
    const judged = judge(parsed)
    const reasons = summarize(judged, parsed.isBatch)
    const isBatchLost = isStrict && reasons.length > 0 && options.badMessageFails === "batch"
    const neighbour = isBatchLost ? { path: "", reason: "another message of its batch was refused" } : undefined
    let work = 0
    for (const { measured, refusal = neighbour, isWhole } of judged) {
      yield* PubSub.publish(live, receive(requestId, receivedAt, { measured, refusal, isWhole }))
      work += emptyWeight + measured.storedSize.bytes
      if (work < maxWork) continue
      work = 0
      yield* Effect.yieldNow
    }
    return reasons
  }, Effect.uninterruptible)

  const isKeyRight = (key: string | undefined): boolean =>
    key !== undefined && key !== "" && (options.apiKeys === undefined || options.apiKeys.includes(key))

  /** Why a request is refused whatever its body is. */
  const refuseHead = ({ method, path, headers }: Omit<RawRequest, "body">): Refused | undefined => {
    if (!routes.has(path)) return refused("there is no such route", 404, 404)
    if (method !== "POST") return refused("the method must be POST", 405, 405)
    const key = basicUser(headers["authorization"])
    return key === undefined || isKeyRight(key) ? undefined : refused("the API key is not right", 401, 200)
  }

  const parse = (request: RawRequest, body: Uint8Array | undefined): Refused | Messages => {
    if (Math.max(request.body.length, body?.length ?? 0) > longest) {
      return refused(`the body has more than ${longest} bytes`, 413, 413)
    }
    if (body === undefined) return refused("the body is not gzip", 400, options.malformedStatus)
    const counted = options.countCompressed ? request.body : body
    if (counted.length > options.maxBatchBytes) {
      return refused(`the body has ${counted.length} bytes, the limit is ${options.maxBatchBytes}`, 400, 200)
    }
    const parsed = parseJson(new TextDecoder().decode(body))
    if (parsed._tag === "None" || !isWireObject(parsed.value)) {
      return refused("the body is no JSON object", 400, options.malformedStatus)
    }
    const envelope = parsed.value
    if (basicUser(request.headers["authorization"]) === undefined && !isKeyRight(textAt(envelope, "writeKey"))) {
      return refused("the API key is not right", 401, 200)
    }
    const type = routes.get(request.path)
    if (type !== undefined) {
      const { writeKey, ...message } = envelope
      return { _tag: "Messages", messages: [{ ...message, type }], isBatch: false, context: undefined }
    }
    const { batch } = envelope
    if (!Array.isArray(batch)) return refused("batch must be an array", 400, 200)
    if (batch.length > options.maxBatchSize) {
      return refused(`the batch has ${batch.length} messages, the limit is ${options.maxBatchSize}`, 400, 200)
    }
    return { _tag: "Messages", messages: batch, isBatch: true, context: objectAt(envelope, "context") }
  }

  const handle = Effect.fnUntraced(function* (request: RawRequest): Effect.fn.Return<RawAnswer> {
    const clock = yield* Clock.Clock
    const id = ++requestIds
    const receivedAt = clock.currentTimeMillisUnsafe()
    const fault = faults.next()
    const isStrict =
      options.strict === "always" || (options.strict === "header" && request.headers["x-strict-mode"] === "1")
    const refusal = refuseHead(request)
    const body = refusal === undefined ? yield* uncompress(request) : request.body

    const remember = (messages: number, outcome: { readonly status?: number; readonly reason?: string }): void => {
      const received: ReceivedRequest = {
        id,
        receivedAt,
        method: cut(request.method, maxNameLength),
        path: cut(request.path, maxTextLength),
        headers: keepHeaders(request.headers),
        bytes: request.body.length,
        uncompressedBytes: body?.length ?? request.body.length,
        isStrict,
        retryCount: countOf(request.headers["x-retry-count"]),
        messages,
        latency: clock.currentTimeMillisUnsafe() - receivedAt,
        ...(fault && { fault: keepFault(fault) }),
        ...outcome
      }
      requests.add(received, weigh(received))
      PubSub.publishUnsafe(liveRequests, received)
    }

    const respond = (status: number, body: string, messages: number, reason?: string, headers = {}): RawResponse => {
      remember(messages, { status, ...(reason !== undefined && { reason }) })
      return { _tag: "Respond", status, headers: { "content-type": "application/json", ...headers }, body }
    }

    if (isLimited(receivedAt)) {
      return respond(429, errors(["too many requests"]), 0, "too many requests", retryAfterHeader(options.rateLimit))
    }
    switch (fault?.kind) {
      case "status":
        return respond(fault.status, fault.body ?? errors(["a fault"]), 0, "a fault", faultHeaders(fault, receivedAt))
      case "redirect":
        return respond(fault.status, "", 0, "a fault", { location: fault.location })
      case "stall":
        remember(0, { reason: "a fault" })
        return yield* Effect.never
      case "resetBefore":
        remember(0, { reason: "a fault" })
        return { _tag: "Reset" }
      case "delay":
        yield* Effect.sleep(fault.millis)
    }

    const parsed = refusal ?? parse(request, body)
    if (parsed._tag === "Refused") {
      const status = isStrict ? parsed.status : parsed.permissiveStatus
      const text = status === 200 ? options.acceptedBody : errors([parsed.reason])
      return respond(status, text, 0, parsed.reason)
    }
    const reasons = yield* store(id, receivedAt, isStrict, parsed)
    const count = parsed.messages.length
    switch (fault?.kind) {
      case "resetAfter":
        remember(count, { reason: "a fault" })
        return { _tag: "Reset" }
      case "truncate":
        return { ...respond(200, options.acceptedBody, count), _tag: "Truncate" as const }
      case "garbage":
        return respond(200, "\u0000<garbage", count)
    }
    return reasons.length > 0 && isStrict
      ? respond(400, errors(reasons), count, reasons.join("; "))
      : respond(200, options.acceptedBody, count, reasons.length > 0 ? reasons.join("; ") : undefined)
  })

  const engine: WatchedEngine = {
    url,
    events: Effect.sync(events.all),
    requests: Effect.sync(requests.all),
    people: Effect.sync(state.people),
    objects: Effect.sync(state.objects),
    dropped: Effect.sync(() => ({ events: events.dropped(), requests: requests.dropped(), ...state.dropped() })),
    droppedEventsOf: state.droppedEventsOf,
    live: Stream.fromPubSub(live),
    liveRequests: Stream.fromPubSub(liveRequests),
    faults: Effect.sync(faults.remaining),
    setFaults: (plan) => Effect.map(validateFaults(plan), faults.set),
    plan: Effect.sync(planning.report),
    setPlan: planning.set,
    setPlanProblem: planning.setProblem,
    planning,
    clears: Stream.fromPubSub(clears),
    clear: Effect.suspend(() => {
      events.clear()
      requests.clear()
      state.clear()
      faults.set([])
      seen.clear()
      planning.clear()
      return Effect.asVoid(PubSub.publish(clears, eventIds))
    }),
    bodyLimit: (head) => (refuseHead(head) === undefined ? longest : 0),
    handle
  }
  return engine
})

const refused = (reason: string, status: number, permissiveStatus: number): Refused => ({
  _tag: "Refused",
  reason,
  status,
  permissiveStatus
})

/** Some reasons, and how many more there are. */
const summarize = (judged: ReadonlyArray<Judged>, isBatch: boolean): ReadonlyArray<string> => {
  const refusals = judged.flatMap(({ refusal }, index) => (refusal === undefined ? [] : [{ index, ...refusal }]))
  const told = refusals
    .slice(0, maxReasons)
    .map(({ index, reason }) => (isBatch ? `batch[${index}]: ${reason}` : reason))
  return refusals.length > maxReasons ? [...told, `and ${refusals.length - maxReasons} more`] : told
}

const errors = (reasons: ReadonlyArray<string>): string => JSON.stringify({ meta: { errors: reasons } })

/** The key, which is the user name of Basic auth; without it, `writeKey` of the body is. */
const basicUser = (authorization: string | undefined): string | undefined => {
  const encoded = authorization?.match(/^Basic +([A-Za-z0-9+/]+=*)$/i)?.[1]
  const decoded = encoded === undefined ? undefined : Base64.decodeString(encoded)
  return decoded?._tag === "Success" ? decoded.success.split(":", 1)[0] : undefined
}

const keepHeaders = (headers: RawRequest["headers"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .slice(0, maxHeaders)
      .flatMap(([name, value]) =>
        value === undefined ? [] : [[cut(name, maxNameLength), cut(mask(name, value), maxTextLength)]]
      )
  )

const mask = (name: string, value: string): string => {
  if (name === "authorization") return maskAuthorization(value)
  // A browser sends the cookies of whatever else is served by this machine.
  return name === "cookie" || name === "proxy-authorization" ? "…" : value
}

const maskAuthorization = (value: string): string => {
  const user = basicUser(value)
  return user === undefined ? "…" : `Basic ${user.length > 8 ? user.slice(0, 3) : ""}…`
}

const faultHeaders = (fault: Extract<Fault, { readonly kind: "status" }>, now: number): Record<string, string> => {
  if (fault.retryAfter === undefined) return {}
  const seconds = Duration.seconds(fault.retryAfter)
  const retryAfter =
    fault.asDate === true
      ? Headers.retryAfterDateTime(DateTime.addDuration(DateTime.makeUnsafe(now), seconds))
      : Headers.retryAfterDuration(seconds)
  return { "retry-after": Headers.formatRetryAfter(retryAfter) }
}

/** A longer body is for the client that meets the fault. */
const keepFault = (fault: Fault): Fault =>
  fault.kind === "status" && fault.body !== undefined ? { ...fault, body: cut(fault.body, maxTextLength) } : fault

/** Of a header that counts. */
const countOf = (value = ""): number => (/^\d{1,9}$/.test(value) ? Number(value) : 0)

const retryAfterHeader = (limit: ResolvedSimulatorOptions["rateLimit"]): Record<string, string> =>
  limit?.retryAfter === undefined ? {} : { "retry-after": String(limit.retryAfter) }

/** Whether a request is one too many, by a window that slides. */
const makeRateLimit = (limit: ResolvedSimulatorOptions["rateLimit"]) => {
  const times: Array<number> = []
  return (now: number): boolean => {
    if (limit === undefined) return false
    while (times[0] !== undefined && now - times[0] >= limit.millis) times.shift()
    if (times.length >= limit.limit) return true
    times.push(now)
    return false
  }
}
