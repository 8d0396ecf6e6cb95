/** The server that a suite sends to: a simulator in another process, told what to do and asked what it got over HTTP. */
import { Fault } from "cdp-analytics-effect/simulator"
import { Effect, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"

/** Where things are, as URLs. */
export const Places = Schema.Struct({
  /** The simulator. */
  endpoint: Schema.String,
  /** What tells and asks it. */
  control: Schema.String,
  /** Where nothing listens. */
  nowhere: Schema.String
})
export type Places = typeof Places.Type

export const Plan = Schema.Array(Fault)

/** What a simulator got. */
export const Received = Schema.Struct({
  requests: Schema.Array(
    Schema.Struct({
      receivedAt: Schema.Finite,
      headers: Schema.Record(Schema.String, Schema.String),
      bytes: Schema.Finite,
      uncompressedBytes: Schema.Finite,
      isStrict: Schema.Boolean,
      retryCount: Schema.Finite,
      messages: Schema.Finite,
      status: Schema.optional(Schema.Finite)
    })
  ),
  events: Schema.Array(
    Schema.Struct({
      verdict: Schema.Literals(["accepted", "duplicate", "refused"]),
      message: Schema.Record(Schema.String, Schema.Unknown)
    })
  )
})
export type Received = typeof Received.Type

export interface Receiver {
  /** Forgets everything, and meets the next requests with these faults. */
  readonly begin: (plan?: typeof Plan.Type) => Effect.Effect<void>
  /** Meets the next requests with these faults, and forgets nothing. */
  readonly meet: (plan: typeof Plan.Type) => Effect.Effect<void>
  readonly received: Effect.Effect<Received>
}

/** Whatever goes wrong here is no fault of what is tested. */
export const makeReceiver = ({ control }: Places): Receiver => {
  const put = Effect.fnUntraced(function* (path: string, plan: typeof Plan.Type) {
    const request = yield* HttpClientRequest.schemaBodyJson(Plan)(HttpClientRequest.put(`${control}${path}`), plan)
    yield* Effect.flatMap(HttpClient.execute(request), HttpClientResponse.filterStatusOk)
  }, provideClient)
  return {
    begin: (plan = []) => put("/begin", plan),
    meet: (plan) => put("/meet", plan),
    received: HttpClient.get(`${control}/received`).pipe(
      Effect.flatMap(HttpClientResponse.schemaBodyJson(Received)),
      provideClient
    )
  }
}

function provideClient<A, E>(effect: Effect.Effect<A, E, HttpClient.HttpClient>): Effect.Effect<A> {
  return effect.pipe(Effect.provide(FetchHttpClient.layer), Effect.orDie)
}
