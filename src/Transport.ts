/**
 * A batch over HTTP: headers, attempts, and what each answer means. The only module that knows HTTP.
 */
import {
  Cause,
  Clock,
  Data,
  DateTime,
  Duration,
  Effect,
  identity,
  Latch,
  Option,
  Redacted,
  Result,
  Schedule,
  Schema,
  Stream
} from "effect"
import {
  FetchHttpClient,
  Headers,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse
} from "effect/http"
import { Rejected, RetriesExhausted, Unauthorized } from "./AnalyticsError.ts"
import { defaultRetry, type ResolvedOptions } from "./AnalyticsOptions.ts"
import type { EncodedMessage } from "./internal/encode.ts"
import { library } from "./internal/version.ts"

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

/** One attempt's failure: plain words, never the request or the response, which hold the key and people's data. */
class AttemptFailed extends Data.TaggedError("AttemptFailed")<{
  readonly status: number | undefined
  readonly reason: string
}> {}

/** A server may ask for any wait; the official TypeScript client honours 300 seconds. */
const maxRetryAfter = Duration.minutes(5)

/** The longest wait of the default schedule while the client is closing. */
const closingWait = Duration.seconds(1)

/** How much of a refusal is read and kept. */
const maxReasonLength = 1000

export const makeTransport = Effect.fnUntraced(function* (options: ResolvedOptions) {
  const client = yield* HttpClient.HttpClient
  const clock = yield* Clock.Clock
  const requestInit = Option.getOrUndefined(yield* Effect.serviceOption(FetchHttpClient.RequestInit))

  const baseRequest = HttpClientRequest.post(options.batchUrl).pipe(
    HttpClientRequest.basicAuth(options.apiKey, ""),
    HttpClientRequest.setHeader("user-agent", `${library.name}/${library.version}`),
    options.strict ? HttpClientRequest.setHeader("x-strict-mode", "1") : identity
  )

  /** No request starts before this, in epoch milliseconds: the latest `Retry-After`. */
  let heldUntil = 0

  const awaitHold: Effect.Effect<void> = Effect.suspend(() => {
    const wait = heldUntil - clock.currentTimeMillisUnsafe()
    return wait > 0 ? Effect.andThen(Effect.sleep(wait), awaitHold) : Effect.void
  })

  const holdFor = (retryAfter: string | undefined): void => {
    const parsed = retryAfter === undefined ? undefined : Headers.parseRetryAfter(retryAfter)
    if (parsed === undefined || Result.isFailure(parsed)) return
    const now = clock.currentTimeMillisUnsafe()
    const wait = Duration.min(Headers.retryAfterDelay(parsed.success, now), maxRetryAfter)
    heldUntil = Math.max(heldUntil, now + Duration.toMillis(wait))
  }

  const closing = Latch.makeUnsafe(false)

  const pause = (wait: Duration.Duration): Effect.Effect<void> =>
    closing.await.pipe(
      Effect.andThen(Effect.sleep(Duration.min(wait, closingWait))),
      Effect.timeoutOrElse({ duration: wait, orElse: () => Effect.void })
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

  const withoutKey = (text: string): string => text.replaceAll(Redacted.value(options.apiKey), "<redacted>")

  const classify = ({ status, headers }: HttpClientResponse.HttpClientResponse, reason: string) => {
    if (isSuccess(status)) return Effect.void
    if (isTransient(status)) holdFor(headers["retry-after"])
    return Effect.fail(new AttemptFailed({ status, reason: withoutKey(reason) }))
  }

  const attempt = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<void, AttemptFailed> =>
    Effect.suspend(() => {
      let response: HttpClientResponse.HttpClientResponse | undefined
      return client.execute(request).pipe(
        Effect.flatMap((answer) => {
          response = answer
          return readReason(answer)
        }),
        Effect.timeoutOrElse({
          duration: options.requestTimeout,
          orElse: () => Effect.fail(`no complete answer within ${Duration.format(options.requestTimeout)}`)
        }),
        Effect.matchCauseEffect({
          onSuccess: (reason) => (response === undefined ? Effect.void : classify(response, reason)),
          // Once there is a status, it decides, however the rest of the answer fares.
          onFailure: (cause) =>
            response === undefined
              ? Effect.fail(new AttemptFailed({ status: undefined, reason: withoutKey(describeCause(cause)) }))
              : classify(response, "")
        })
      )
    })

  const send: Transport["send"] = ({ batchId, messages }) => {
    let attempts = 0
    const messageIds = messages.map((message) => message.messageId)

    return makeBody(messages).pipe(
      Effect.map((body) => HttpClientRequest.bodyText(baseRequest, body, "application/json")),
      options.compression === "gzip" ? Effect.flatMap(HttpClientRequest.compressBody("gzip")) : identity,
      Effect.flatMap((request) =>
        awaitHold.pipe(
          Effect.andThen(
            Effect.suspend(() => {
              const retries = attempts++
              return attempt(
                retries === 0 ? request : HttpClientRequest.setHeader(request, "x-retry-count", String(retries))
              )
            })
          ),
          Effect.retry(retry)
        )
      ),
      // A schedule of the user's own may throw, and the platform may lack compression.
      Effect.catchDefect((defect) =>
        Effect.fail(new AttemptFailed({ status: undefined, reason: withoutKey(describeCause(Cause.die(defect))) }))
      ),
      Effect.mapError(({ status, reason }) => {
        if (status === 401 || status === 403) return new Unauthorized({ batchId, messageIds, status, reason })
        if (status !== undefined && !isTransient(status)) return new Rejected({ batchId, messageIds, status, reason })
        return new RetriesExhausted({
          batchId,
          messageIds,
          attempts,
          reason,
          ...(status === undefined ? undefined : { status })
        })
      }),
      // The vendor is no part of the application's traces, and tracing the tracker would trace itself.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      // `fetch` would follow a redirect with a GET and without the body, and call the lost batch a success.
      Effect.provideService(FetchHttpClient.RequestInit, { ...requestInit, redirect: "manual" })
    )
  }

  return { send, hasten: Effect.asVoid(closing.open) } satisfies Transport
})

const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** Worth another attempt: 408, 429, and every 5xx but 501 and 505. */
const isTransient = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status < 600 && status !== 501 && status !== 505)

const whileTransient = (schedule: Schedule.Schedule<unknown>) =>
  schedule.pipe(
    Schedule.setInputType<AttemptFailed>(),
    Schedule.while(({ input: { status } }) => status === undefined || isTransient(status))
  )

/** The body of `/v1/batch`, made of the messages as they are already encoded. */
const makeBody = (messages: ReadonlyArray<EncodedMessage>): Effect.Effect<string> =>
  Effect.map(DateTime.now, (now) => {
    const batch = messages.map((message) => message.json).join(",")
    return `{"batch":[${batch}],"sentAt":"${DateTime.formatIso(now)}"}`
  })

const Refusal = Schema.fromJsonString(
  Schema.Struct({
    meta: Schema.Struct({
      errors: Schema.optional(Schema.Array(Schema.String)),
      error: Schema.optional(Schema.String)
    })
  })
)
const parseRefusal = Schema.decodeUnknownOption(Refusal)

/** Reads the answer's body to its end, so that the connection can be used again, and keeps the words of a refusal. */
const readReason = (
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<string, HttpClientError.HttpClientError> => {
  if (isSuccess(response.status)) return Effect.as(Stream.runDrain(response.stream), "")
  return response.stream.pipe(
    Stream.decodeText,
    Stream.runFold(
      () => "",
      (text, part) => (text.length < maxReasonLength ? text + part : text)
    ),
    Effect.map((text) =>
      parseRefusal(text).pipe(
        Option.map(({ meta }) =>
          [...(meta.errors ?? []), ...(meta.error === undefined ? [] : [meta.error])].join("; ")
        ),
        Option.getOrElse(() => text),
        (reason) => reason.slice(0, maxReasonLength)
      )
    )
  )
}

/** Why there was no answer, in the words of the innermost error: the outer ones only say that the request failed. */
const describeCause = (cause: Cause.Cause<unknown>): string => {
  let error: unknown = Cause.squash(cause)
  while (error instanceof Error && error.cause instanceof Error) error = error.cause
  return error instanceof Error ? error.message || error.name : String(error)
}
