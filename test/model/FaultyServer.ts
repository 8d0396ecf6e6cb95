import { Clock, Effect, Schema } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import type { Fault } from "./Program.ts"

const Body = Schema.fromJsonString(Schema.Struct({ batch: Schema.Array(Schema.JsonObject), sentAt: Schema.String }))
const decodeBody = Schema.decodeSync(Body)

/** A request, and what became of it. */
export interface Request {
  readonly number: number
  readonly at: number
  /** Requests that were under way when it came. */
  readonly beside: ReadonlyArray<Request>
  readonly ids: ReadonlyArray<string>
  readonly bytes: number
  readonly hasPoison: boolean
  readonly retryCount: string | undefined
  /** Undefined until there is an answer, and for ever where there is none. */
  answer?: { readonly at: number; readonly status: number; readonly retryAfterSeconds: number | undefined }
  isStored: boolean
  /** Its answer has no end. */
  isEndless: boolean
  isEnded: boolean
}

/** A server with faults, and all that it saw. */
export interface FaultyServer {
  fault: Fault
  /** Of a batch with a poison message; undefined once the server is mended. */
  poisonStatus: number | undefined
  /** A number from 0 to 1. */
  readonly random: () => number
  readonly requests: Array<Request>
  /** Ids whose batch was taken in, whether or not the client was told. */
  readonly stored: Set<string>
  /** Each message's JSON as it first arrived. */
  readonly json: Map<string, string>
  /** Messages whose JSON was not the same each time. */
  readonly changed: Set<string>
  underWay: number
  mostUnderWay: number
}

export const makeServer = (poisonStatus: number, random: () => number): FaultyServer => ({
  fault: { _tag: "None" },
  poisonStatus,
  random,
  requests: [],
  stored: new Set(),
  json: new Map(),
  changed: new Set(),
  underWay: 0,
  mostUnderWay: 0
})

const receive = (server: FaultyServer, request: HttpClientRequest.HttpClientRequest, at: number): Request => {
  if (request.body._tag !== "Uint8Array") throw new Error("expected a body of bytes")
  const { batch } = decodeBody(new TextDecoder("utf-8", { fatal: true }).decode(request.body.body))
  const ids = batch.map((message) => String(message["messageId"]))
  for (const [index, message] of batch.entries()) {
    const id = ids[index]!
    const json = JSON.stringify(message)
    if ((server.json.get(id) ?? json) !== json) server.changed.add(id)
    server.json.set(id, json)
  }
  const received: Request = {
    number: server.requests.length,
    at,
    beside: server.requests.filter(({ isEnded }) => !isEnded),
    ids,
    bytes: request.body.body.byteLength,
    hasPoison: batch.some((message) => message["event"] === "poison"),
    retryCount: request.headers["x-retry-count"],
    isStored: false,
    isEndless: false,
    isEnded: false
  }
  server.requests.push(received)
  return received
}

/** The server behind an `HttpClient` that opens no socket. */
export const clientOf = (server: FaultyServer): HttpClient.HttpClient =>
  HttpClient.make((request) =>
    Effect.gen(function* () {
      const received = receive(server, request, yield* Clock.currentTimeMillis)
      server.mostUnderWay = Math.max(server.mostUnderWay, ++server.underWay)

      const answer = (status: number, retryAfterSeconds?: number) =>
        Effect.map(Clock.currentTimeMillis, (at) => {
          received.answer = { at, status, retryAfterSeconds }
          return HttpClientResponse.fromWeb(
            request,
            new Response(status === 200 ? "{}" : "no", {
              status,
              ...(retryAfterSeconds !== undefined && { headers: { "retry-after": String(retryAfterSeconds) } })
            })
          )
        })
      const store = () => {
        received.isStored = true
        for (const id of received.ids) server.stored.add(id)
      }
      const take = () => {
        if (received.hasPoison && server.poisonStatus !== undefined) return answer(server.poisonStatus)
        store()
        return answer(200)
      }
      const noConnection = new HttpClientError.HttpClientError({
        reason: new HttpClientError.TransportError({ request, description: "connection refused" })
      })

      const handle = () => {
        const { fault } = server
        switch (fault._tag) {
          case "None":
            return take()
          case "Status":
            return answer(fault.status, fault.retryAfterSeconds)
          case "Flaky":
            return server.requests.length % 2 === 0 ? answer(503) : take()
          case "BrownOut":
            return server.random() * 10 < fault.failing ? answer(fault.status) : take()
          case "Limited":
            return received.ids.length > fault.messages ? answer(413) : take()
          case "NoConnection":
            return Effect.fail(noConnection)
          case "NoAnswer":
            return Effect.never
          case "EndlessBody":
            if (received.hasPoison && server.poisonStatus !== undefined) return answer(server.poisonStatus)
            store()
            received.isEndless = true
            return Effect.map(answer(200), () =>
              HttpClientResponse.fromWeb(request, new Response(new ReadableStream()))
            )
          case "Slow":
            // Not with the timeout: either of them could be first.
            return Effect.andThen(Effect.sleep(fault.seconds * 1000 + 1), Effect.suspend(take))
          case "LostAnswer":
            if (!received.hasPoison) store()
            return Effect.fail(noConnection)
        }
      }

      return yield* Effect.ensuring(
        handle(),
        Effect.sync(() => {
          received.isEnded = true
          server.underWay--
        })
      )
    })
  )
