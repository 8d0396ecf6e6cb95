import type * as Undici from "@effect/platform-node/Undici"
import * as Effect from "effect/Effect"
// Of this module alone, as in the core.
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { InvalidOptions } from "../AnalyticsError.ts"
import type { ResolvedOptions } from "../AnalyticsOptions.ts"
import { quietly } from "../telemetry/log.ts"
import type { Deadline } from "../time/deadline.ts"
import { type Answer, abandoned, Body, type Exchange, makeExchange, NoAnswer } from "../transport/exchange.ts"
import { type DispatcherOptions, type ForwardProxy, globalMock, makeDispatcher } from "./dispatcher.ts"
import { problemOfNode } from "./nodeVersion.ts"

const loadUndici = Effect.tryPromise(() => import("@effect/platform-node/Undici"))

/** Bun has classes of undici's names, which send nothing. */
const isUndici = ({ Agent }: typeof Undici): boolean => "dispatch" in Agent.prototype

/** Over undici, or over `fetch` where that cannot be loaded, or is not what it is called. */
export const makeNodeExchange = (proxy: ForwardProxy | undefined) =>
  Effect.fnUntraced(function* ({ requestTimeout }: ResolvedOptions) {
    const problem = problemOfNode()
    if (problem !== undefined) return yield* new InvalidOptions({ option: "", reason: `AnalyticsNode ${problem}` })
    const undici = yield* Effect.option(loadUndici)
    const dispatching = Option.filter(undici, isUndici)
    if (Option.isSome(dispatching)) return yield* makeUndiciExchange(dispatching.value, { requestTimeout, proxy })
    // What was to go through it must not go around it; those of the environment are for `fetch`, too.
    if (proxy !== undefined && proxy !== "environment")
      return yield* new InvalidOptions({ option: "proxy", reason: noProxy })
    yield* quietly(Option.isSome(undici) ? Effect.logDebug(otherUndici) : Effect.logWarning(noUndici))
    return yield* Effect.provideContext(makeExchange, yield* Layer.build(FetchHttpClient.layer))
  })

const otherUndici = "the undici of this runtime sends nothing: sending over fetch"

const noProxy = "Expected none, since a proxy needs undici, which cannot be loaded or sends nothing here"

const noUndici =
  "undici cannot be loaded: sending over fetch, which costs more. A bundle of ES modules needs a banner that makes `require`"

/**
 * Over undici's dispatcher. `NodeHttpClient.layerUndici` is made for any request and any answer: its promises and streams,
 * and what aborts them, cost as much again as the request itself.
 */
const makeUndiciExchange = Effect.fnUntraced(function* (undici: typeof Undici, options: DispatcherOptions) {
  const dispatcher = yield* Effect.acquireRelease(
    Effect.sync(() => makeDispatcher(undici, options)),
    (dispatcher) => Effect.promise(() => dispatcher.destroy())
  )

  const exchange: Exchange = ({ url, method, headers, body }, deadline) =>
    Effect.callback((resume) => {
      const handler = new Handler(resume, deadline)
      try {
        if (body._tag !== "Uint8Array") throw new Error(`a body of the kind ${body._tag}`)
        const { origin, pathname, search } = new URL(url)
        const through = globalMock() ?? dispatcher
        through.dispatch(
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
class Handler implements Undici.Dispatcher.DispatchHandler {
  readonly #resume: Resume
  #controller: Undici.Dispatcher.DispatchController | undefined
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

  onRequestStart(controller: Undici.Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isAborted) this.abort()
  }

  onResponseStart(
    _: Undici.Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | Array<string> | undefined>
  ): void {
    // What comes before it only says that it will come.
    if (status < 200) return
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_: Undici.Dispatcher.DispatchController, part: Uint8Array): void {
    if (this.#body.add(part)) return
    this.abort()
    this.#end()
  }

  onResponseEnd(): void {
    this.#body.end()
    this.#end()
  }

  onResponseError(_: Undici.Dispatcher.DispatchController, cause: Error): void {
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
