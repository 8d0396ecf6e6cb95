import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"

/** A request to a simulator. */
export interface Post {
  readonly path?: string
  readonly body?: unknown
  readonly text?: string
  readonly key?: string | undefined
  readonly strict?: boolean
  readonly headers?: Record<string, string>
}

export const post = Effect.fnUntraced(function* ({ path = "/v1/batch", body, text, strict, headers, ...rest }: Post) {
  const { url } = yield* Simulator
  const key = "key" in rest ? rest.key : "k"
  const response = yield* HttpClientRequest.post(`${url}${path}`).pipe(
    HttpClientRequest.bodyText(text ?? JSON.stringify(body), "application/json"),
    HttpClientRequest.setHeaders({
      ...(key !== undefined && { authorization: `Basic ${btoa(`${key}:`)}` }),
      ...(strict && { "x-strict-mode": "1" }),
      ...headers
    }),
    HttpClient.execute
  )
  return { status: response.status, headers: response.headers, body: yield* response.text }
})

export const track = (event: string, more: object = {}) => ({ type: "track", userId: "u", event, ...more })

export const batch = (...messages: ReadonlyArray<unknown>): Post => ({ body: { batch: messages } })
