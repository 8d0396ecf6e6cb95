import { Clock, Effect } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { makeRandom } from "../support/random.ts"
import type { Request, Script } from "./Scenario.ts"

/** As far as the server needs it. */
interface Body {
  readonly batch: ReadonlyArray<{ readonly messageId: string; readonly event: string }>
  readonly sentAt: string
}

/** A request as it was on the wire. */
export interface Received extends Request {
  readonly sentAt: string
  readonly retryCount: string | undefined
}

/** A server that does as its script says, and all that it saw. */
export interface ScriptedServer {
  readonly requests: Array<Received>
  readonly stored: Set<string>
  /** What was not as it has to be with every attempt. */
  readonly violations: Array<string>
  mostUnderWay: number
}

const decoder = new TextDecoder("utf-8", { fatal: true })

/** Opens no socket, and answers without a promise: then all that happens at a time has happened when the clock moves on. */
export const makeServer = Effect.fnUntraced(function* (script: Script, seed: number) {
  const clock = yield* Clock.Clock
  const random = makeRandom(seed)
  const server: ScriptedServer = { requests: [], stored: new Set(), violations: [], mostUnderWay: 0 }
  const jsonOf = new Map<string, string>()
  let underWay = 0

  const readBody = (request: HttpClientRequest.HttpClientRequest) => {
    if (request.body._tag !== "Uint8Array") throw new Error("expected a body of bytes")
    const text = decoder.decode(request.body.body)
    const { batch, sentAt }: Body = JSON.parse(text)
    const jsons = batch.map((message) => JSON.stringify(message))
    // With that, the messages are the same byte for byte where their JSON is.
    if (text !== `{"batch":[${jsons}],"sentAt":"${sentAt}"}`)
      server.violations.push(`a body that is written otherwise: ${text}`)
    const ids = batch.map((message, index) => {
      const id = message.messageId
      const known = jsonOf.get(id)
      if (known === undefined) jsonOf.set(id, jsons[index]!)
      else if (known !== jsons[index]) server.violations.push(`${id} changed: ${jsons[index]}`)
      return id
    })
    return { ids, sentAt, hasPoison: batch.some(({ event }) => event === poisonEvent) }
  }

  const client = HttpClient.make((request) =>
    Effect.suspend(() => {
      const at = clock.currentTimeMillisUnsafe()
      const { ids, sentAt, hasPoison } = readBody(request)
      const { status, after, retryAfter, isStored = status === 200 } = script({ at, ids, hasPoison, random })
      const received: { -readonly [Key in keyof Received]: Received[Key] } = {
        at,
        ids,
        status: undefined,
        retryAfter: undefined,
        endsAt: Number.POSITIVE_INFINITY,
        sentAt,
        retryCount: request.headers["x-retry-count"]
      }
      server.requests.push(received)
      server.mostUnderWay = Math.max(server.mostUnderWay, ++underWay)

      const end = Effect.sync(() => {
        underWay--
        received.endsAt = clock.currentTimeMillisUnsafe()
      })
      const reply = Effect.suspend(() => {
        if (isStored) for (const id of ids) server.stored.add(id)
        received.status = status
        received.retryAfter = retryAfter
        if (status === undefined) {
          const reason = new HttpClientError.TransportError({ request, description: "connection refused" })
          return Effect.fail(new HttpClientError.HttpClientError({ reason }))
        }
        const headers = retryAfter === undefined ? {} : { headers: { "retry-after": String(retryAfter) } }
        return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(null, { status, ...headers })))
      })
      const wait = Number.isFinite(after) ? (after > 0 ? Effect.sleep(after) : Effect.void) : Effect.never
      return Effect.ensuring(Effect.andThen(wait, reply), end)
    })
  )
  return { server, client }
})

/** What the healthy server chokes on. */
export const poisonEvent = "poison"
