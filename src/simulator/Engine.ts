/**
 * What the server does with a request, whatever transport brought it, and what it remembers.
 */
import { Clock, Context, DateTime, Duration, Effect, PubSub, Schema, Stream } from "effect"
import * as Base64 from "effect/encoding/Base64"
import { Headers } from "effect/http"
import {
  isWireObject,
  messageTypes,
  objectAt,
  refuse,
  textAt,
  type WireObject,
  wireBytes
} from "../protocol/WireMessage.ts"
import { longestBody, makeUncompress } from "./body.ts"
import { type Fault, makeFaultPlan } from "./Fault.ts"
import { makeNewest, type ReceivedEvent, type ReceivedRequest } from "./Received.ts"
import { type ResolvedSimulatorOptions, resolveSimulatorOptions, type SimulatorOptions } from "./SimulatorOptions.ts"
import { makeState, type Person, type SimulatedObject } from "./State.ts"

/** A request as any transport hands it over. */
export interface RawRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array<ArrayBuffer>
}

/** What the transport is to do. */
export type RawAnswer = TextAnswer | { readonly _tag: "Reset" }

interface TextAnswer {
  /** `Truncate` sends half of the body and breaks off. */
  readonly _tag: "Respond" | "Truncate"
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** What a simulator remembers, and how its faults are set. */
export interface Engine {
  /** The origin to point a client at; in process, the client is pointed here whatever its endpoint. */
  readonly url: string
  /** The newest events, oldest first: accepted, duplicate and refused. */
  readonly events: Effect.Effect<ReadonlyArray<ReceivedEvent>>
  /** The newest requests, oldest first. */
  readonly requests: Effect.Effect<ReadonlyArray<ReceivedRequest>>
  /** Everyone that the accepted events made known. */
  readonly people: Effect.Effect<ReadonlyArray<Person>>
  /** Groups, which are objects of a type. */
  readonly objects: Effect.Effect<ReadonlyArray<SimulatedObject>>
  /** How many events and requests made room for newer ones. */
  readonly dropped: Effect.Effect<{ readonly events: number; readonly requests: number }>
  /** Each event from now on. A reader that is 1,024 events behind loses the oldest. */
  readonly live: Stream.Stream<ReceivedEvent>
  /** What is left of the fault plan. */
  readonly faults: Effect.Effect<ReadonlyArray<Fault>>
  /** Replaces the fault plan: each fault meets `times` requests, or all, before the next one has its turn. */
  readonly setFaults: (faults: ReadonlyArray<Fault>) => Effect.Effect<void>
  /** Forgets events, requests, people, objects, message ids and faults. */
  readonly clear: Effect.Effect<void>
  /**
   * How many bytes of a request's body are worth reading, for servers of your own: none where the route or the key of its
   * header is wrong. Hand over one more of a body that is longer, and `handle` answers 413.
   */
  readonly bodyLimit: (head: Omit<RawRequest, "body">) => number
  /** Handles a request, for servers of your own. */
  readonly handle: (request: RawRequest) => Effect.Effect<RawAnswer>
}

/** An engine behind a server, for the routes of that server. */
export class ServedEngine extends Context.Service<ServedEngine, Engine>()(
  "cdp-analytics-effect/simulator/Engine/ServedEngine"
) {}

/** How many events a slow reader of `live` may be behind. */
const liveCapacity = 1024

const routes = new Map([["/v1/batch", undefined], ...messageTypes.map((type) => [`/v1/${type}`, type] as const)])

const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** A refusal of the request as a whole. */
interface Refused {
  readonly _tag: "Refused"
  readonly reason: string
  readonly status: number
  readonly permissiveStatus: number
}

/** A refusal of the request as a whole, or the messages in it. */
type Parsed =
  | Refused
  | {
      readonly _tag: "Messages"
      readonly messages: ReadonlyArray<unknown>
      readonly isBatch: boolean
      /** The envelope's. */
      readonly context: WireObject | undefined
    }

export const makeEngine = Effect.fnUntraced(function* (input: SimulatorOptions, url: string) {
  const options = yield* resolveSimulatorOptions(input)
  const events = makeNewest<ReceivedEvent>(options.keep)
  const requests = makeNewest<ReceivedRequest>(options.keep)
  const state = makeState(options.keep)
  const faults = makeFaultPlan(options.faults)
  const seen = makeSeen(options.deduplicationMillis)
  const isLimited = makeRateLimit(options.rateLimit)
  const longest = longestBody(options)
  const uncompress = yield* makeUncompress(longest)
  const live = yield* PubSub.sliding<ReceivedEvent>(liveCapacity)
  let requestIds = 0
  let eventIds = 0

  const record = (event: Omit<ReceivedEvent, "id">): void => {
    const numbered = { id: ++eventIds, ...event }
    events.add(numbered)
    PubSub.publishUnsafe(live, numbered)
  }

  /** Takes the messages of a request in, and says why some were refused. */
  const store = (
    requestId: number,
    receivedAt: number,
    isStrict: boolean,
    parsed: Extract<Parsed, { readonly _tag: "Messages" }>
  ): ReadonlyArray<string> => {
    const refusals = parsed.messages.map((message) => refuse(message, options.maxMessageBytes))
    const reasons = refusals.flatMap((refusal, index) =>
      refusal === undefined ? [] : [parsed.isBatch ? `batch[${index}]: ${refusal.reason}` : refusal.reason]
    )
    const isBatchLost = isStrict && reasons.length > 0 && options.badMessageFails === "batch"
    for (const [index, raw] of parsed.messages.entries()) {
      const message: WireObject = isWireObject(raw) ? raw : {}
      const base = { requestId, receivedAt, bytes: wireBytes(message) }
      const refusal =
        refusals[index] ?? (isBatchLost ? { path: "", reason: "another message of its batch was refused" } : undefined)
      const stamped = stamp(message, parsed.context, receivedAt)
      if (refusal !== undefined) {
        record({ ...base, message: stamped, verdict: "refused", refusal })
      } else if (seen(textAt(message, "messageId"), receivedAt)) {
        record({ ...base, message: stamped, verdict: "duplicate" })
      } else {
        const note = state.apply(stamped)
        record({ ...base, message: stamped, verdict: "accepted", ...(note !== undefined && { note }) })
      }
    }
    return reasons
  }

  const isKeyRight = (key: string | undefined): boolean =>
    key !== undefined && key !== "" && (options.apiKeys === undefined || options.apiKeys.includes(key))

  /** Why a request is refused whatever its body is. */
  const refuseHead = ({ method, path, headers }: Omit<RawRequest, "body">): Refused | undefined => {
    if (!routes.has(path)) return refused("there is no such route", 404, 404)
    if (method !== "POST") return refused("the method must be POST", 405, 405)
    const key = basicUser(headers["authorization"])
    return key === undefined || isKeyRight(key) ? undefined : refused("the API key is not right", 401, 200)
  }

  const parse = (request: RawRequest, body: Uint8Array | undefined): Parsed => {
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

    const remember = (messages: number, outcome: { readonly status?: number; readonly reason?: string }): void =>
      requests.add({
        id,
        receivedAt,
        method: request.method,
        path: request.path,
        headers: mask(request.headers),
        bytes: request.body.length,
        uncompressedBytes: body?.length ?? request.body.length,
        isStrict,
        retryCount: Number(request.headers["x-retry-count"] ?? 0) || 0,
        messages,
        latency: clock.currentTimeMillisUnsafe() - receivedAt,
        ...(fault && { fault }),
        ...outcome
      })

    const respond = (status: number, body: string, messages: number, reason?: string, headers = {}): TextAnswer => {
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
    const reasons = store(id, receivedAt, isStrict, parsed)
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

  const engine: Engine = {
    url,
    events: Effect.sync(events.all),
    requests: Effect.sync(requests.all),
    people: Effect.sync(state.people),
    objects: Effect.sync(state.objects),
    dropped: Effect.sync(() => ({ events: events.dropped(), requests: requests.dropped() })),
    live: Stream.fromPubSub(live),
    faults: Effect.sync(faults.remaining),
    setFaults: (plan) => Effect.sync(() => faults.set(plan)),
    clear: Effect.sync(() => {
      events.clear()
      requests.clear()
      state.clear()
      faults.set([])
      seen.clear()
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

const errors = (reasons: ReadonlyArray<string>): string => JSON.stringify({ meta: { errors: reasons } })

/** As the server stores it: the envelope's context only where the message has none. */
const stamp = (message: WireObject, context: WireObject | undefined, receivedAt: number): WireObject => {
  const received = DateTime.formatIso(DateTime.makeUnsafe(receivedAt))
  return {
    ...message,
    ...(context !== undefined && objectAt(message, "context") === undefined && { context }),
    timestamp: textAt(message, "timestamp") ?? received,
    originalTimestamp: textAt(message, "timestamp") ?? null,
    receivedAt: received
  }
}

/** The key, which is the user name of Basic auth; without it, `writeKey` of the body is. */
const basicUser = (authorization: string | undefined): string | undefined => {
  const encoded = authorization?.match(/^Basic +([A-Za-z0-9+/]+=*)$/i)?.[1]
  const decoded = encoded === undefined ? undefined : Base64.decodeString(encoded)
  return decoded?._tag === "Success" ? decoded.success.split(":", 1)[0] : undefined
}

const mask = (headers: RawRequest["headers"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, name === "authorization" ? maskAuthorization(value) : value]]
    )
  )

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

const retryAfterHeader = (limit: ResolvedSimulatorOptions["rateLimit"]): Record<string, string> =>
  limit?.retryAfter === undefined ? {} : { "retry-after": String(limit.retryAfter) }

/** Whether an id was seen before, within the window; from then on it was. */
const makeSeen = (windowMillis: number) => {
  // In order of time, so that the oldest are found first.
  const seen = new Map<string, number>()
  const isRepeat = (messageId: string | undefined, now: number): boolean => {
    for (const [id, at] of seen) {
      if (now - at < windowMillis) break
      seen.delete(id)
    }
    if (messageId === undefined) return false
    if (seen.has(messageId)) return true
    seen.set(messageId, now)
    return false
  }
  return Object.assign(isRepeat, { clear: () => seen.clear() })
}

/** Whether a request is one too many, by a window that slides. */
const makeRateLimit = (limit: ResolvedSimulatorOptions["rateLimit"]) => {
  const times: Array<number> = []
  return (now: number): boolean => {
    if (limit === undefined) return false
    while (times[0] !== undefined && now - times[0] >= limit.millis) times.shift()
    if (times.length >= limit.requests) return true
    times.push(now)
    return false
  }
}
