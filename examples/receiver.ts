/**
 * A receiving server on the loopback interface, so that the examples need neither a key nor a network: it takes
 * `POST /v1/batch`, checks the key, and prints and remembers what arrives.
 */
import { createServer } from "node:http"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Analytics, type AnalyticsOptions } from "cdp-analytics-effect"
import { SentMessage } from "cdp-analytics-effect/testing"
import { Console, Context, Effect, Layer, Redacted, Schema, Stream, SubscriptionRef } from "effect"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"

const Body = Schema.Struct({ batch: Schema.Array(SentMessage), sentAt: Schema.String })

/** A request as it arrived, and how it was answered. */
export interface Arrival {
  readonly status: number
  /** 0 for the first attempt, then what `X-Retry-Count` says. */
  readonly retry: number
  readonly bytes: number
  readonly messages: ReadonlyArray<SentMessage>
}

/** The key that the receiver takes. */
export const apiKey = Redacted.make("a-key-for-the-examples")

const authorization = `Basic ${btoa(`${Redacted.value(apiKey)}:`)}`

/** One line for the request and one for each message. */
const printArrival = ({ status, messages }: Arrival): Effect.Effect<void> =>
  Effect.andThen(
    Console.log(`receiver: ${messages.length} messages, answered ${status}`),
    Effect.forEach(
      messages,
      ({ type, userId, anonymousId, event, name, groupId }) =>
        Console.log(
          `  ${type.padEnd(8)} ${(userId ?? anonymousId ?? "-").padEnd(12)} ${event ?? name ?? groupId ?? ""}`
        ),
      { discard: true }
    )
  )

export class Receiver extends Context.Service<
  Receiver,
  {
    /** Where it listens, such as `http://127.0.0.1:41234`. */
    readonly endpoint: string
    /** Every request so far. */
    readonly arrivals: Effect.Effect<ReadonlyArray<Arrival>>
    /** Every message so far that was answered with 200. */
    readonly messages: Effect.Effect<ReadonlyArray<SentMessage>>
    /** Waits until there were so many requests. */
    readonly awaitArrivals: (count: number) => Effect.Effect<void>
    /** Answers the next request with this status instead of 200. */
    readonly answerNext: (status: number) => Effect.Effect<void>
  }
>()("cdp-analytics-effect/examples/receiver") {
  static readonly endpoint = Receiver.useSync((receiver) => receiver.endpoint)
  static readonly arrivals = Receiver.use((receiver) => receiver.arrivals)
  static readonly messages = Receiver.use((receiver) => receiver.messages)
  static readonly awaitArrivals = (count: number) => Receiver.use((receiver) => receiver.awaitArrivals(count))
  static readonly answerNext = (status: number) => Receiver.use((receiver) => receiver.answerNext(status))

  /** A receiver that does `onArrival` with every request. */
  static readonly layerWith = (onArrival: (arrival: Arrival) => Effect.Effect<void>) =>
    Layer.effect(
      Receiver,
      Effect.suspend(() => make(onArrival))
    ).pipe(Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })))

  /** A receiver that prints what arrives. */
  static readonly layer = Receiver.layerWith(printArrival)
}

const make = Effect.fnUntraced(function* (onArrival: (arrival: Arrival) => Effect.Effect<void>) {
  const server = yield* HttpServer.HttpServer
  const arrivals = yield* SubscriptionRef.make<ReadonlyArray<Arrival>>([])
  let nextStatus = 200

  const receive = Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    if (request.method !== "POST" || request.url !== "/v1/batch") return HttpServerResponse.empty({ status: 404 })
    if (request.headers["authorization"] !== authorization) {
      return HttpServerResponse.jsonUnsafe({ meta: { errors: ["unknown write key"] } }, { status: 401 })
    }
    const { batch } = yield* HttpServerRequest.schemaBodyJson(Body)
    const status = nextStatus
    nextStatus = 200
    const arrival: Arrival = {
      status,
      retry: Number(request.headers["x-retry-count"] ?? 0),
      bytes: Number(request.headers["content-length"] ?? 0),
      messages: batch
    }
    yield* onArrival(arrival)
    yield* SubscriptionRef.update(arrivals, (earlier) => [...earlier, arrival])
    return HttpServerResponse.jsonUnsafe({}, { status })
  }).pipe(
    Effect.catch((error) =>
      Effect.succeed(HttpServerResponse.jsonUnsafe({ meta: { errors: [error.message] } }, { status: 400 }))
    )
  )
  yield* server.serve(receive)

  return Receiver.of({
    endpoint: HttpServer.formatAddress(server.address),
    arrivals: SubscriptionRef.get(arrivals),
    messages: Effect.map(SubscriptionRef.get(arrivals), (all) =>
      all.filter(({ status }) => status === 200).flatMap(({ messages }) => messages)
    ),
    awaitArrivals: (count) =>
      SubscriptionRef.changes(arrivals).pipe(
        Stream.takeUntil((all) => all.length >= count),
        Stream.runDrain
      ),
    answerNext: (status) =>
      Effect.sync(() => {
        nextStatus = status
      })
  })
})

/** `Analytics` that sends to the receiver; otherwise as a program would have it. */
export const layerAnalytics = (options?: Partial<AnalyticsOptions>) =>
  Layer.unwrap(Effect.map(Receiver.endpoint, (endpoint) => Analytics.layer({ apiKey, endpoint, ...options }))).pipe(
    Layer.provide(NodeHttpClient.layerUndici)
  )
