import { Agent, type Dispatcher } from "@effect/platform-node/Undici"
import { Duration, Effect } from "effect"
import type { ResolvedOptions } from "../AnalyticsOptions.ts"
import type { Deadline } from "../time/deadline.ts"
import { type Answer, abandoned, Body, type Exchange, NoAnswer } from "../transport/exchange.ts"

/**
 * Over undici's dispatcher, with connections that stay open. `NodeHttpClient.layerUndici` is made for any request and any
 * answer: its promises and streams, and what aborts them, cost as much again as the request itself.
 */
export const makeUndiciExchange = Effect.fnUntraced(function* ({ requestTimeout }: ResolvedOptions) {
  const agent = yield* Effect.acquireRelease(
    // A connection that is being made cannot be called off, and others wait for it.
    Effect.sync(() => new Agent({ connectTimeout: Duration.toMillis(requestTimeout) })),
    (agent) => Effect.promise(() => agent.destroy())
  )

  const exchange: Exchange = ({ url, method, headers, body }, deadline) =>
    Effect.callback((resume) => {
      const handler = new Handler(resume, deadline)
      try {
        if (body._tag !== "Uint8Array") throw new Error(`a body of the kind ${body._tag}`)
        const { origin, pathname, search } = new URL(url)
        agent.dispatch(
          {
            origin,
            path: pathname + search,
            method,
            headers,
            body: body.body,
            // The deadline is for all of it.
            headersTimeout: 0,
            bodyTimeout: 0
          },
          handler
        )
      } catch (cause) {
        resume(Effect.fail(new NoAnswer({ cause })))
      }
      return Effect.sync(() => handler.abort())
    })
  return exchange
})

type Resume = (answer: Effect.Effect<Answer, NoAnswer>) => void

/** Undici's side of an exchange. */
class Handler implements Dispatcher.DispatchHandler {
  readonly #resume: Resume
  #controller: Dispatcher.DispatchController | undefined
  #isAborted = false
  #status = 0
  #headers: Readonly<Record<string, string | Array<string> | undefined>> = {}
  readonly #body = new Body()

  constructor(resume: Resume, deadline: Deadline) {
    this.#resume = resume
    deadline.onPassed(() => {
      this.abort()
      this.#end()
    })
  }

  abort(): void {
    this.#isAborted = true
    this.#controller?.abort(new Error("aborted"))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isAborted) this.abort()
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | Array<string> | undefined>
  ): void {
    // What comes before it only says that it will come.
    if (status < 200) return
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_: Dispatcher.DispatchController, part: Uint8Array): void {
    if (this.#body.add(part)) return
    this.abort()
    this.#end()
  }

  onResponseEnd(): void {
    this.#body.end()
    this.#end()
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    if (!this.#isAborted) this.#end(new NoAnswer({ cause }))
  }

  #end(error: NoAnswer = abandoned): void {
    const answer = this.#status === 0 ? Effect.fail(error) : Effect.succeed(this.#answer())
    // Not in the middle of undici's work, where the connection is not free yet.
    queueMicrotask(() => this.#resume(answer))
  }

  #answer(): Answer {
    const headers = this.#headers
    return {
      status: this.#status,
      header: (name) => {
        const value = headers[name]
        return Array.isArray(value) ? value[0] : value
      },
      body: this.#body
    }
  }
}
