import { Context, Data, Effect, Exit, Option, Stream } from "effect"
// Of these modules alone: with all of HTTP the library takes a tenth longer to load.
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type { Deadline } from "../time/deadline.ts"

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
  /** The body, if it came to its end and is not too long: out of a part, people's data could not be taken. */
  readonly body: ReadonlyArray<Uint8Array>
}

export class NoAnswer extends Data.TaggedError("NoAnswer")<{ readonly cause: unknown }> {}

/** Nobody waits for the answer any more. */
export const abandoned = new NoAnswer({ cause: "abandoned" })

/** Longer bodies are read to their end, and not kept. */
const maxBodyBytes = 65_536

/** A body as it comes. */
export class Body {
  readonly #parts: Array<Uint8Array> = []
  #bytes = 0

  add(part: Uint8Array): this {
    this.#bytes += part.length
    if (this.#bytes <= maxBodyBytes) this.#parts.push(part)
    else this.#parts.length = 0
    return this
  }

  /** None if it was too long. */
  get parts(): ReadonlyArray<Uint8Array> {
    return this.#parts
  }
}

/** Over the `HttpClient` of the application. */
export const makeExchange = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const requestInit = Option.getOrUndefined(yield* Effect.serviceOption(FetchHttpClient.RequestInit))

  const settings = Context.empty().pipe(
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
          Effect.runForkWith(Context.merge(parent.context, settings))
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

const readBody = (
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Answer["body"], HttpClientError.HttpClientError> =>
  // A short one at once: a stream costs more than the rest of a request.
  Number(response.headers["content-length"]) <= maxBodyBytes
    ? Effect.map(response.arrayBuffer, (bytes) => new Body().add(new Uint8Array(bytes)).parts)
    : Effect.map(
        Stream.runFold(
          response.stream,
          () => new Body(),
          (body, part) => body.add(part)
        ),
        ({ parts }) => parts
      )
