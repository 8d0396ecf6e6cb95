import { Agent, type Dispatcher } from "@effect/platform-node/Undici"
import { Effect } from "effect"
import type { Deadline } from "../internal/deadline.ts"
import { type Answer, abandoned, type Exchange, keep, NoAnswer } from "../internal/exchange.ts"

/**
 * Over undici's dispatcher, with connections that stay open. `NodeHttpClient.layerUndici` is made for any request and any
 * answer: its promises and streams, and what aborts them, cost as much again as the request itself.
 */
export const makeUndiciExchange = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => new Agent()),
    (agent) => Effect.promise(() => agent.destroy())
  ),
  (agent): Exchange =>
    ({ url, method, headers, body }, deadline) =>
      Effect.callback((resume) => {
        const handler = new Handler(resume, deadline)
        try {
          const { origin, pathname, search } = new URL(url)
          agent.dispatch(
            {
              origin,
              path: pathname + search,
              method,
              headers,
              body: body._tag === "Uint8Array" ? body.body : null,
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
)

type Resume = (answer: Effect.Effect<Answer, NoAnswer>) => void

/** Undici's side of an exchange. */
class Handler implements Dispatcher.DispatchHandler {
  readonly #resume: Resume
  #controller: Dispatcher.DispatchController | undefined
  #isAborted = false
  #status = 0
  #headers: Readonly<Record<string, string | Array<string> | undefined>> = {}
  readonly #kept: Array<Uint8Array> = []

  constructor(resume: Resume, deadline: Deadline) {
    this.#resume = resume
    deadline.onPassed(() => {
      this.abort()
      this.#end([])
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
    keep(this.#kept, part)
  }

  onResponseEnd(): void {
    this.#end(this.#kept)
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    if (!this.#isAborted) this.#end([], new NoAnswer({ cause }))
  }

  #end(body: Answer["body"], error: NoAnswer = abandoned): void {
    const answer = this.#status === 0 ? Effect.fail(error) : Effect.succeed(this.#answerWith(body))
    // Not in the middle of undici's work, where the connection is not free yet.
    queueMicrotask(() => this.#resume(answer))
  }

  #answerWith(body: Answer["body"]): Answer {
    const headers = this.#headers
    return {
      status: this.#status,
      header: (name) => {
        const value = headers[name]
        return Array.isArray(value) ? value[0] : value
      },
      body
    }
  }
}
