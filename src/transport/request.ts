import type * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
// Of this module alone: with all of HTTP the library takes a tenth longer to load.
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Redacted from "effect/Redacted"
import type { EncodedMessage } from "../message/encode.ts"
import { library } from "../message/library.ts"
import { isRedirect } from "./answers.ts"
import type { Answer } from "./exchange.ts"
import { isTrusted } from "./url.ts"

export interface RequestOptions {
  readonly apiKey: Redacted.Redacted<string>
  readonly batchUrl: string
  readonly strict: boolean
  readonly compression: "none" | "gzip"
}

/** The requests of a client. */
export const makeRequests = (options: RequestOptions, clock: Clock.Clock) => {
  const endpoint = new URL(options.batchUrl)

  const baseWith = (apiKey: Redacted.Redacted<string>): HttpClientRequest.HttpClientRequest =>
    HttpClientRequest.post(options.batchUrl).pipe(
      HttpClientRequest.basicAuth(apiKey, ""),
      HttpClientRequest.setHeader("user-agent", `${library.name}/${library.version}`),
      options.strict ? HttpClientRequest.setHeader("x-strict-mode", "1") : identity
    )

  let base = baseWith(options.apiKey)

  return {
    /** Takes another key from now on. */
    rekey: (apiKey: Redacted.Redacted<string>): void => {
      base = baseWith(apiKey)
    },

    /** For the moment in which it leaves: the server corrects timestamps by what lies between `sentAt` and its arrival. */
    make: (
      messages: ReadonlyArray<EncodedMessage>,
      retries: number
    ): Effect.Effect<HttpClientRequest.HttpClientRequest> => {
      const sentAt = DateTime.formatIso(DateTime.makeUnsafe(clock.currentTimeMillisUnsafe()))
      const request = HttpClientRequest.bodyUint8Array(
        retries === 0 ? base : HttpClientRequest.setHeader(base, "x-retry-count", String(retries)),
        makeBody(messages, sentAt),
        "application/json"
      )
      return options.compression === "gzip" ? HttpClientRequest.compressBody(request, "gzip") : Effect.succeed(request)
    },

    /** The same request for where the answer points, if what is for the endpoint may go there. */
    redirect: (
      request: HttpClientRequest.HttpClientRequest,
      answer: Answer
    ): HttpClientRequest.HttpClientRequest | undefined => {
      const location = isRedirect(answer.status) ? answer.header("location") : undefined
      const url = location === undefined ? null : URL.parse(location, request.url)
      if (url === null || !isTrusted(url, endpoint)) return undefined
      const isDowngrade = request.url.startsWith("https:") && url.protocol !== "https:"
      return isDowngrade ? undefined : HttpClientRequest.setUrl(request, url.href)
    }
  }
}

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
