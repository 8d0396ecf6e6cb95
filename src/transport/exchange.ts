import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
// Of these modules alone: with all of HTTP the library takes a tenth longer to load.
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
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
  readonly body: Body
}

export class NoAnswer extends Data.TaggedError("NoAnswer")<{ readonly cause: unknown }> {}

/** Nobody waits for the answer any more. */
export const abandoned = new NoAnswer({ cause: "abandoned" })

/** No refusal of the API is longer. What goes on is not read: it may be endless, or inflate without end. */
const maxBodyBytes = 65_536

/** A body, as far as it came. */
export class Body {
  readonly #parts: Array<Uint8Array> = []
  #bytes = 0
  #isWhole = false

  /** Says whether there may be more. */
  add(part: Uint8Array): boolean {
    this.#bytes += part.length
    if (this.#bytes > maxBodyBytes) return false
    this.#parts.push(part)
    return true
  }

  /** It came to its end. */
  end(): void {
    this.#isWhole = this.#bytes <= maxBodyBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get isWhole(): boolean {
    return this.#isWhole
  }

  /** Nothing of a part. */
  get text(): string | undefined {
    if (!this.#isWhole) return undefined
    const decoder = new TextDecoder()
    return this.#parts.map((part) => decoder.decode(part, { stream: true })).join("")
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
        const body = new Body()
        const end = (exit: Exit.Exit<void, NoAnswer | HttpClientError.HttpClientError>): void => {
          if (response !== undefined) resume(Effect.succeed(answerOf(response, body)))
          else if (Exit.isFailure(exit)) resume(Effect.failCause(exit.cause))
        }
        const fiber = Effect.suspend(() => client.execute(request)).pipe(
          // The application's client may fail on a status.
          Effect.catchTag("HttpClientError", (error) =>
            error.response === undefined ? Effect.fail(error) : Effect.succeed(error.response)
          ),
          Effect.flatMap((head) => {
            response = head
            return readBody(head, body)
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

const answerOf = (response: HttpClientResponse.HttpClientResponse, body: Body): Answer => ({
  status: response.status,
  // Clients make all of them anew each time they are asked for.
  header: (name) => response.headers[name],
  body
})

/** Part by part, whatever length it says it has: `fetch` inflates it, and may not show that it did. */
const readBody = (
  { stream }: HttpClientResponse.HttpClientResponse,
  body: Body
): Effect.Effect<void, HttpClientError.HttpClientError> =>
  stream.pipe(
    Stream.takeUntil((part) => !body.add(part)),
    Stream.runDrain,
    Effect.map(() => body.end())
  )
