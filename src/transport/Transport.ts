/**
 * A batch over HTTP: headers, attempts, redirects, and what each answer means.
 */
import {
  Cause,
  Clock,
  Context,
  Data,
  DateTime,
  Duration,
  Effect,
  identity,
  Latch,
  Layer,
  Option,
  type Redacted,
  Result,
  Schedule
} from "effect"
// Of these modules alone: with all of HTTP and persistence the library takes a tenth longer to load.
import * as Headers from "effect/http/Headers"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as RateLimiter from "effect/persistence/RateLimiter"
import { Rejected, RetriesExhausted, Unauthorized } from "../delivery/Outcome.ts"
import type { EncodedMessage } from "../message/encode.ts"
import { library } from "../message/library.ts"
import { makeCount } from "../telemetry/count.ts"
import { type Deadline, makeDeadlines } from "../time/deadline.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import { type Answer, abandoned, type Exchange } from "./exchange.ts"
import { describeCause, makeRedact, readRefusal } from "./reason.ts"
import { defaultRetry } from "./retry.ts"
import { isPrivate, isTrusted } from "./url.ts"

/**
 * A limit on this side, for an API that takes so many requests in so much time.
 *
 * @category models
 * @since 0.1.0
 */
export interface RateLimit {
  /** Most requests in the window. */
  readonly limit: number
  readonly window: Duration.Input
}

export interface TransportOptions {
  readonly apiKey: Redacted.Redacted<string>
  readonly batchUrl: string
  readonly allowInsecureEndpoint: boolean
  readonly requestTimeout: Duration.Duration
  /** Without it, the default. */
  readonly retry: Schedule.Schedule<unknown> | undefined
  readonly rateLimit: RateLimit | undefined
  readonly strict: boolean
  readonly compression: "none" | "gzip"
}

/** Messages that go out in one request. */
export interface Batch {
  /** Numbers the batches of one client from 1. */
  readonly batchId: number
  readonly messages: ReadonlyArray<EncodedMessage>
}

/** Delivers a batch, however many attempts that takes, or says why it could not. */
export interface Transport {
  readonly send: (batch: Batch) => Effect.Effect<void, Rejected | Unauthorized | RetriesExhausted>
  /** The client is closing: what is being retried has little time left. */
  readonly hasten: Effect.Effect<void>
}

/** One attempt's failure: never the request or the response, which hold the key and people's data. */
class AttemptFailed extends Data.TaggedError("AttemptFailed")<{
  readonly status: number | undefined
  readonly reason: string
}> {}

/** A server may ask for any wait; the official TypeScript client honours 300 seconds. */
const maxRetryAfter = Duration.minutes(5)

/** The longest wait of the default schedule while the client is closing. */
const closingWait = Duration.seconds(1)

const maxRedirects = 5

export const makeTransport = Effect.fnUntraced(function* (options: TransportOptions, exchange: Exchange) {
  const clock = yield* Clock.Clock
  const count = makeCount(yield* Effect.context<never>())
  const deadlines = yield* makeDeadlines(options.requestTimeout)
  const limitRate = options.rateLimit === undefined ? Effect.void : yield* makeLimitRate(options.rateLimit)
  const redact = makeRedact(options.apiKey)
  const endpoint = new URL(options.batchUrl)
  const tooLate = `no complete answer within ${Duration.format(options.requestTimeout)}`

  const baseRequest = HttpClientRequest.post(options.batchUrl).pipe(
    HttpClientRequest.basicAuth(options.apiKey, ""),
    HttpClientRequest.setHeader("user-agent", `${library.name}/${library.version}`),
    options.strict ? HttpClientRequest.setHeader("x-strict-mode", "1") : identity
  )

  /** No request starts before this, in monotonic milliseconds: the latest time that the server asked for. */
  let heldUntil = 0

  const awaitHold: Effect.Effect<void> = Effect.suspend(() => {
    const wait = heldUntil - monotonicMillis(clock)
    return wait > 0 ? Effect.andThen(Effect.sleep(wait), awaitHold) : Effect.void
  })

  const holdFor = (wait: Duration.Duration): void => {
    heldUntil = Math.max(heldUntil, monotonicMillis(clock) + Duration.toMillis(wait))
  }

  const honour = (retryAfter: string | undefined): void => {
    const parsed = retryAfter === undefined ? undefined : Headers.parseRetryAfter(retryAfter)
    if (parsed === undefined || Result.isFailure(parsed)) return
    holdFor(Duration.min(Headers.retryAfterDelay(parsed.success, clock.currentTimeMillisUnsafe()), maxRetryAfter))
  }

  const closing = Latch.makeUnsafe(false)

  const pause = (wait: Duration.Duration): Effect.Effect<void> =>
    closing.await.pipe(
      Effect.andThen(Effect.sleep(Duration.min(wait, closingWait))),
      Effect.timeoutOrElse({ duration: wait, orElse: () => Effect.void })
    )

  /** Where it is worth it. A 429 is about every request, so the wait that follows it is for all. */
  const whileTransient = (schedule: Schedule.Schedule<unknown>) =>
    schedule.pipe(
      Schedule.setInputType<AttemptFailed>(),
      Schedule.while(({ input: { status } }) => status === undefined || isTransient(status)),
      Schedule.tap(({ input, duration }) =>
        Effect.sync(() => {
          if (input.status === 429) holdFor(duration)
        })
      )
    )

  // While the client is closing, the default goes on until the deadline, at a pace that makes use of the time left. A
  // schedule of the user's own is followed to the letter.
  const retry =
    options.retry === undefined
      ? whileTransient(defaultRetry).pipe(
          Schedule.modifyDelay(({ duration }) => Effect.as(pause(duration), Duration.zero)),
          Schedule.concat(Schedule.while(whileTransient(Schedule.spaced(closingWait)), () => closing.isOpen()))
        )
      : whileTransient(options.retry)

  /** The same request for where the answer points, if it points to somewhere that may have it. */
  const redirected = (
    request: HttpClientRequest.HttpClientRequest,
    answer: Answer
  ): HttpClientRequest.HttpClientRequest | undefined => {
    const location = isRedirect(answer.status) ? answer.header("location") : undefined
    if (location === undefined) return undefined
    const url = URL.parse(location, request.url)
    if (url === null || url.username !== "" || !(options.allowInsecureEndpoint || isPrivate(url))) return undefined
    const authorization = baseRequest.headers["authorization"]
    return HttpClientRequest.setUrl(request, url.href).pipe(
      isTrusted(url, endpoint) && authorization !== undefined
        ? HttpClientRequest.setHeader("authorization", authorization)
        : HttpClientRequest.removeHeader("authorization")
    )
  }

  const execute = (
    request: HttpClientRequest.HttpClientRequest,
    deadline: Deadline,
    redirects: number
  ): ReturnType<Exchange> =>
    Effect.flatMap(exchange(request, deadline), (answer) => {
      const next = redirects < maxRedirects ? redirected(request, answer) : undefined
      if (next === undefined) return Effect.succeed(answer)
      return deadline.isPassed ? Effect.fail(abandoned) : execute(next, deadline, redirects + 1)
    })

  const attempt = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<void, AttemptFailed> =>
    Effect.suspend(() => {
      const startedAt = monotonicMillis(clock)
      const deadline = deadlines.start()
      const end = (): void => {
        deadlines.callOff(deadline)
        count.request(monotonicMillis(clock) - startedAt)
      }
      return Effect.matchCauseEffect(execute(request, deadline, 0), {
        onSuccess: ({ status, header, body }) => {
          end()
          if (isSuccess(status)) return Effect.void
          if (isTransient(status)) honour(header("retry-after"))
          return Effect.fail(new AttemptFailed({ status, reason: readRefusal(body) }))
        },
        onFailure: (cause) => {
          const reason = deadline.isPassed ? tooLate : describeCause(cause)
          end()
          return Effect.fail(new AttemptFailed({ status: undefined, reason }))
        }
      })
    })

  /** The request of a batch, the same with every attempt. */
  const requestOf = (messages: ReadonlyArray<EncodedMessage>): Effect.Effect<HttpClientRequest.HttpClientRequest> => {
    const sentAt = DateTime.formatIso(DateTime.makeUnsafe(clock.currentTimeMillisUnsafe()))
    const request = HttpClientRequest.bodyUint8Array(baseRequest, makeBody(messages, sentAt), "application/json")
    return options.compression === "gzip" ? HttpClientRequest.compressBody(request, "gzip") : Effect.succeed(request)
  }

  const send: Transport["send"] = ({ batchId, messages }) => {
    let attempts = 0

    const nextAttempt = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<void, AttemptFailed> =>
      Effect.suspend(() => {
        const retries = attempts++
        if (retries === 0) return attempt(request)
        count.retry()
        return attempt(HttpClientRequest.setHeader(request, "x-retry-count", String(retries)))
      })

    const undeliverable = ({ status, reason: words }: AttemptFailed) => {
      const messageIds = messages.map((message) => message.messageId)
      const reason = redact(words, messages)
      if (status === 401 || status === 403) return new Unauthorized({ batchId, messageIds, status, reason })
      if (status !== undefined && !isTransient(status)) return new Rejected({ batchId, messageIds, status, reason })
      return new RetriesExhausted({
        batchId,
        messageIds,
        attempts,
        reason,
        ...(status === undefined ? undefined : { status })
      })
    }

    return Effect.suspend(() => requestOf(messages)).pipe(
      Effect.flatMap((request) =>
        awaitHold.pipe(Effect.andThen(limitRate), Effect.andThen(nextAttempt(request)), Effect.retry(retry))
      ),
      // A schedule of the user's own may throw or interrupt, and the platform may lack compression.
      Effect.catchCause((cause) => {
        const failure = Option.getOrElse(
          Cause.findErrorOption(cause),
          () => new AttemptFailed({ status: undefined, reason: describeCause(cause) })
        )
        return Effect.fail(undeliverable(failure))
      })
    )
  }

  return { send, hasten: Effect.asVoid(closing.open) } satisfies Transport
})

/** Waits for the turn of one request. */
const makeLimitRate = ({ limit, window }: RateLimit) =>
  Layer.build(RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))).pipe(
    Effect.map((context) => RateLimiter.sleep(Context.get(context, RateLimiter.RateLimiter))),
    // A store in memory does not fail.
    Effect.map((sleep) => Effect.orDie(sleep({ key: "requests", limit, window })))
  )

const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** Those that ask for the same request elsewhere; 303 asks for another. */
const isRedirect = (status: number): boolean => status === 301 || status === 302 || status === 307 || status === 308

/** Worth another attempt: 408, 429, and every 5xx but 501 and 505. */
const isTransient = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status < 600 && status !== 501 && status !== 505)

const encoder = new TextEncoder()

/** The body of `/v1/batch`, of the messages as they are already encoded and counted. */
const makeBody = (messages: ReadonlyArray<EncodedMessage>, sentAt: string): Uint8Array => {
  const head = '{"batch":['
  const tail = `],"sentAt":"${sentAt}"}`
  const content = messages.reduce((total, { bytes }) => total + bytes + 1, -1)
  const body = new Uint8Array(head.length + content + tail.length)
  let end = 0
  const write = (text: string): void => {
    end += encoder.encodeInto(text, body.subarray(end)).written
  }
  write(head)
  messages.forEach(({ json }, index) => {
    if (index > 0) body[end++] = comma
    write(json)
  })
  write(tail)
  return body
}

const comma = 0x2c
