import { Context, Data, Effect, Exit, type Fiber, Option, Stream } from "effect"
// Of these modules alone: with all of HTTP the library takes a tenth longer to load.
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type { Deadline } from "./deadline.ts"

/**
 * Sends a request, and reads the answer to its end, so that the connection can be used again. It follows no redirect. It
 * fails if there is no status before the deadline; once there is one, that is the answer, however the rest of it fares.
 */
export type Exchange = (
  request: HttpClientRequest.HttpClientRequest,
  deadline: Deadline
) => Effect.Effect<Answer, NoAnswer | HttpClientError.HttpClientError>

export interface Answer {
  readonly status: number
  /** By its name in lower case. */
  readonly header: (name: string) => string | undefined
  /** The first bytes of the body, if it came to its end. */
  readonly body: ReadonlyArray<Uint8Array>
}

export class NoAnswer extends Data.TaggedError("NoAnswer")<{ readonly cause: unknown }> {}

/** Nobody waits for the answer any more. */
export const abandoned = new NoAnswer({ cause: "abandoned" })

/** How much of a body is kept. */
const maxKeptBytes = 16 * 1024

/** Keeps a part of a body. */
export const keep = (kept: Array<Uint8Array>, part: Uint8Array): Array<Uint8Array> => {
  const room = maxKeptBytes - kept.reduce((total, { length }) => total + length, 0)
  if (room > 0) kept.push(part.subarray(0, room))
  return kept
}

/** Over the `HttpClient` of the application. */
export const makeExchange = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const requestInit = Option.getOrUndefined(yield* Effect.serviceOption(FetchHttpClient.RequestInit))

  const contextOf = (parent: Fiber.Fiber<unknown, unknown>): Context.Context<never> =>
    parent.context.pipe(
      // The vendor is no part of the application's traces, and tracing the tracker would trace itself.
      Context.add(HttpClient.TracerDisabledWhen, () => true),
      // `fetch` would follow a redirect with a GET and without the body, and call the lost batch a success.
      Context.add(FetchHttpClient.RequestInit, { ...requestInit, redirect: "manual" })
    )

  const exchange: Exchange = (request, deadline) =>
    Effect.withFiber((parent) =>
      Effect.callback((resume) => {
        let response: HttpClientResponse.HttpClientResponse | undefined
        const end = (exit: Exit.Exit<Answer["body"], NoAnswer | HttpClientError.HttpClientError>): void => {
          if (response !== undefined) resume(Effect.succeed(answerOf(response, Exit.isSuccess(exit) ? exit.value : [])))
          else if (Exit.isFailure(exit)) resume(Effect.failCause(exit.cause))
        }
        const fiber = Effect.suspend(() => client.execute(request)).pipe(
          // The application's client may fail on a status.
          Effect.catchTag("HttpClientError", (error) =>
            error.response === undefined ? Effect.fail(error) : Effect.succeed(error.response)
          ),
          Effect.flatMap((head) => {
            response = head
            return readBody(head)
          }),
          Effect.runForkWith(contextOf(parent))
        )
        const forget = fiber.addObserver(end)
        const interrupt = () => fiber.interruptUnsafe()
        deadline.onPassed(() => {
          forget()
          interrupt()
          end(Exit.fail(abandoned))
        })
        return Effect.sync(interrupt)
      })
    )
  return exchange
})

const answerOf = (response: HttpClientResponse.HttpClientResponse, body: Answer["body"]): Answer => ({
  status: response.status,
  // Clients make all of them anew each time they are asked for.
  header: (name) => response.headers[name],
  body
})

/** Bodies of up to so many bytes are read at once: a stream costs more than the rest of a request. */
const maxShortBody = 65_536

const readBody = (
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Answer["body"], HttpClientError.HttpClientError> =>
  Number(response.headers["content-length"]) <= maxShortBody
    ? Effect.map(response.arrayBuffer, (bytes) => keep([], new Uint8Array(bytes)))
    : Stream.runFold(response.stream, (): Array<Uint8Array> => [], keep)
