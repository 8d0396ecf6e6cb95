/**
 * Attempts to deliver a batch over HTTP, and what each answer means.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { LazyArg } from "effect/Function"
// Of these modules alone: with all of HTTP and persistence the library takes a tenth longer to load.
import * as Headers from "effect/http/Headers"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { Rejected, Unauthorized } from "../delivery/Outcome.ts"
import { readCallName } from "../message/read.ts"
import { makeCount } from "../telemetry/count.ts"
import { type Deadline, makeDeadlines } from "../time/deadline.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import { type Parcel, Refused, Unavailable } from "./Attempt.ts"
import { isAboutContent, isSuccess, isTransient, isUnauthorized } from "./answers.ts"
import { type Answer, abandoned, type Exchange } from "./exchange.ts"
import { makePace, type Pace } from "./pace.ts"
import { describeCause, reasonOf } from "./reason.ts"
import { makeRequests, type RequestOptions } from "./request.ts"
import { Server } from "./Server.ts"

/**
 * A limit on this side, for an API that takes so many requests in so much time: `{ limit: 3000, window: "3 seconds" }`.
 *
 * @category options
 * @since 0.1.0
 */
export interface RateLimit {
  /** Most requests in the window. */
  readonly limit: number
  /** How long the window is. */
  readonly window: Duration.Input
}

export interface TransportOptions extends RequestOptions {
  readonly requestTimeout: Duration.Duration
  /** The user's own, followed to the letter within an attempt. */
  readonly retry: Schedule.Schedule<unknown> | undefined
  readonly rateLimit: RateLimit | undefined
}

/**
 * Where what is refused is kept: an answer that speaks of the key or the endpoint, and not of what was sent, is a failure of
 * the server, and tried again.
 */
export interface Holding {
  /** Tells of such an answer, and may have another key. */
  readonly refused: (status: number, reason: LazyArg<string>) => Effect.Effect<Redacted.Redacted<string> | undefined>
}

export interface Transport {
  /** One attempt; with a schedule of the user's own, as many as that says. */
  readonly attempt: (parcel: Parcel) => Effect.Effect<void, Refused | Unavailable>
  readonly pace: Pace
  readonly server: Server
}

/** A server may ask for any wait; the official TypeScript client honours 300 seconds. */
const maxRetryAfter = Duration.minutes(5)

const maxRedirects = 5

export const makeTransport = Effect.fnUntraced(function* (
  options: TransportOptions,
  exchange: Exchange,
  holding?: Holding
) {
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const count = makeCount(yield* Effect.context<never>())
  const deadlines = yield* makeDeadlines(options.requestTimeout)
  const limitRate = options.rateLimit === undefined ? Effect.void : yield* makeLimitRate(options.rateLimit)
  const requests = makeRequests(options, clock)
  const tooLate = `no complete answer within ${Duration.format(options.requestTimeout)}`
  const { port } = new URL(options.batchUrl)
  const server = new Server(clock)
  const pace = makePace(server.silence, options.retry === undefined, () => random.nextDoubleUnsafe())

  const now = (): number => monotonicMillis(clock)

  const awaitHold: Effect.Effect<void> = Effect.suspend(() => {
    const wait = pace.heldFor(now())
    return wait > 0 ? Effect.andThen(Effect.sleep(wait), awaitHold) : Effect.void
  })

  /** Says whether there was anything to be honoured. */
  const honour = (retryAfter: string | undefined): boolean => {
    const parsed = retryAfter === undefined ? undefined : Headers.parseRetryAfter(retryAfter)
    if (parsed === undefined || Result.isFailure(parsed)) return false
    const wait = Duration.min(Headers.retryAfterDelay(parsed.success, clock.currentTimeMillisUnsafe()), maxRetryAfter)
    pace.holdAsAsked(now(), Duration.toMillis(wait))
    return true
  }

  const execute = (
    request: HttpClientRequest.HttpClientRequest,
    deadline: Deadline,
    redirects: number
  ): ReturnType<Exchange> =>
    Effect.flatMap(exchange(request, deadline), (answer) => {
      const next = redirects < maxRedirects ? requests.redirect(request, answer) : undefined
      if (next === undefined) return Effect.succeed(answer)
      return deadline.isPassed ? Effect.fail(abandoned) : execute(next, deadline, redirects + 1)
    })

  const unavailable = (
    { place, isWitness }: Parcel,
    attempts: number,
    status: number | undefined,
    reason: LazyArg<string>,
    isHeld: boolean
  ): Effect.Effect<never, Unavailable> => {
    count.attempt("failed")
    server.fail(place, isWitness || status !== 500, () => ({ status, reason: reason() }))
    pace.fail(now())
    return Effect.fail(new Unavailable({ status, reason, attempts, isFinal: false, isHeld }))
  }

  const answered = (parcel: Parcel, attempts: number, answer: Answer): Effect.Effect<void, Refused | Unavailable> => {
    const { status } = answer
    if (!isSuccess(status) && isTransient(status)) {
      return unavailable(parcel, attempts, status, () => reasonOf(answer), honour(answer.header("retry-after")))
    }
    if (holding !== undefined && !isSuccess(status) && !isAboutContent(status)) {
      const reason = () => reasonOf(answer)
      return Effect.flatMap(holding.refused(status, reason), (apiKey) => {
        if (apiKey !== undefined) requests.rekey(apiKey)
        return unavailable(parcel, attempts, status, reason, false)
      })
    }
    server.answer()
    pace.answer()
    count.attempt(isSuccess(status) ? "accepted" : "refused")
    if (isSuccess(status)) return Effect.void
    const error = () => {
      const reason = reasonOf(answer)
      server.refuse({ status, reason })
      return isUnauthorized(status) ? unauthorized(parcel, status, reason) : rejected(parcel, status, reason)
    }
    return Effect.fail(new Refused({ isAboutContent: isAboutContent(status), error }))
  }

  /** `made` counts the requests. */
  const attemptOnce = (parcel: Parcel, made: { attempts: number }): Effect.Effect<void, Refused | Unavailable> =>
    Effect.andThen(limitRate, awaitHold).pipe(
      Effect.andThen(Effect.suspend(() => requests.make(parcel.messages, made.attempts))),
      Effect.flatMap((request) => {
        const startedAt = now()
        const deadline = deadlines.start()
        if (made.attempts > 0) count.retry()
        made.attempts++
        const end = (): void => {
          deadlines.callOff(deadline)
          count.request(now() - startedAt)
        }
        return Effect.matchCauseEffect(execute(request, deadline, 0), {
          onSuccess: (answer) => {
            end()
            return answered(parcel, made.attempts, answer)
          },
          onFailure: (cause) => {
            const isTooLate = deadline.isPassed
            const reason = () => (isTooLate ? tooLate : describeCause(cause, port))
            end()
            return unavailable(parcel, made.attempts, undefined, reason, false)
          }
        })
      })
    )

  /** Where it is worth it. A 429 is about every request, so the wait that follows it is for all. */
  const followed = (schedule: Schedule.Schedule<unknown>) =>
    schedule.pipe(
      Schedule.setInputType<Refused | Unavailable>(),
      Schedule.while(({ input }) => input._tag === "Unavailable"),
      Schedule.tap(({ input, duration }) =>
        Effect.sync(() => {
          if (input._tag === "Unavailable" && input.status === 429) pace.hold(now(), Duration.toMillis(duration))
        })
      )
    )

  const schedule = options.retry === undefined ? undefined : followed(options.retry)

  const transport: Transport = {
    attempt: (parcel) =>
      Effect.suspend(() => {
        const made = { attempts: parcel.attempts }
        const attempt = Effect.suspend(() => attemptOnce(parcel, made))
        return Effect.catchCause(
          schedule === undefined ? attempt : Effect.retry(attempt, schedule),
          (cause): Effect.Effect<never, Refused | Unavailable> => {
            const failure = Option.getOrUndefined(Cause.findErrorOption(cause))
            if (failure?._tag === "Refused" || (failure !== undefined && schedule === undefined)) {
              return Effect.fail(failure)
            }
            const { status, reason } = failure ?? {
              status: undefined,
              // A schedule of the user's own may throw or interrupt, and the platform may lack compression.
              reason: () => describeCause(cause, port)
            }
            return Effect.fail(
              new Unavailable({ status, reason, attempts: made.attempts, isFinal: true, isHeld: false })
            )
          }
        )
      }),
    pace,
    server
  }
  return transport
})

const idsOf = ({ messages }: Parcel): ReadonlyArray<string> => messages.map(({ messageId }) => messageId)

const unauthorized = (parcel: Parcel, status: number, reason: string): Unauthorized =>
  new Unauthorized({ batchId: parcel.batchId, messageIds: idsOf(parcel), status, reason })

/** Of one message it also says which: what it is called in the program is not for the server to tell. */
const rejected = (parcel: Parcel, status: number, reason: string): Rejected => {
  const [message, ...others] = parcel.messages
  const call = message !== undefined && others.length === 0 ? readCallName(undefined, JSON.parse(message.json)) : {}
  return new Rejected({ batchId: parcel.batchId, messageIds: idsOf(parcel), ...call, status, reason })
}

/** Waits for the turn of one request. */
const makeLimitRate = ({ limit, window }: RateLimit) =>
  Layer.build(RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))).pipe(
    Effect.map((context) => RateLimiter.sleep(Context.get(context, RateLimiter.RateLimiter))),
    // A store in memory does not fail.
    Effect.map((sleep) => Effect.orDie(sleep({ key: "requests", limit, window })))
  )
