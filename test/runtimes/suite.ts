/** What the library promises, tried against a simulator on a socket, in whichever runtime runs this. */
import { Analytics, AnalyticsLive, type AnalyticsOptions, type InvalidOptions } from "cdp-analytics-effect"
import { type Fault, Simulator } from "cdp-analytics-effect/simulator"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import {
  Array as Arr,
  Cause,
  ConfigProvider,
  Data,
  Duration,
  Effect,
  Equal,
  Exit,
  Layer,
  Logger,
  Random,
  Redacted,
  Schema
} from "effect"
import { FetchHttpClient } from "effect/http"
import { makeReceiver, type Places } from "./Receiver.ts"

/** A test is a row of the table. */
export interface Test {
  readonly name: string
  readonly run: Effect.Effect<void, unknown>
}

type Options = Omit<AnalyticsOptions, "apiKey">

/** A client that sends to the simulator if it is told nothing else. */
export type LayerOf = (options: AnalyticsOptions) => Layer.Layer<Analytics, InvalidOptions>

export const layerFetch: LayerOf = (options) => Analytics.layer(options).pipe(Layer.provide(FetchHttpClient.layer))

export class Unexpected extends Data.TaggedError("Unexpected")<{
  readonly what: string
  readonly actual: unknown
  readonly expected: unknown
}> {
  override get message() {
    return `${this.what}: ${JSON.stringify(this.actual)} and not ${JSON.stringify(this.expected)}`
  }
}

const expect = (what: string, actual: unknown, expected: unknown): Effect.Effect<void, Unexpected> =>
  Equal.equals(actual, expected) ? Effect.void : Effect.fail(new Unexpected({ what, actual, expected }))

const expectTrue = (what: string, isTrue: boolean): Effect.Effect<void, Unexpected> => expect(what, isTrue, true)

const userId = "ada"

const eventsOf = (count: number): ReadonlyArray<string> => Arr.makeBy(count, (index) => `event ${index}`)

const track = (count: number) => Effect.forEach(eventsOf(count), (event) => Analytics.track({ userId, event }))

/** How a message ended. */
const outcomeOf = (receipt: Effect.Success<ReturnType<typeof Analytics.track>>) =>
  Effect.match(receipt.await, { onSuccess: () => "Delivered", onFailure: ({ _tag }) => _tag })

export const makeSuite = (places: Places, layerOf: LayerOf): ReadonlyArray<Test> => {
  const receiver = makeReceiver(places)

  const over = (options: Options = {}) =>
    Effect.provide(layerOf({ apiKey: Redacted.make("key"), endpoint: places.endpoint, ...options }))

  /** The events that the simulator took, each once. */
  const taken = Effect.map(receiver.received, ({ events }) =>
    events.flatMap(({ verdict, message }) => (verdict === "accepted" ? [String(message["event"])] : [])).sort()
  )

  const expectTaken = (count: number) =>
    Effect.flatMap(taken, (events) => expect("what arrived", events, eventsOf(count).toSorted()))

  return [
    {
      name: "the six calls, and what is in them",
      run: Effect.gen(function* () {
        yield* receiver.begin()
        const report = yield* Effect.gen(function* () {
          yield* Analytics.identify({ userId, traits: { email: "ada@example.com", born: new Date(0) } })
          yield* Analytics.track({ userId, event: "bought", properties: { product: "Schuhe ✓", price: 39.95 } })
          yield* Analytics.page({ userId, name: "Home" })
          yield* Analytics.screen({ userId, name: "Cart" })
          yield* Analytics.group({ userId, groupId: "acme", traits: { name: "Acme" } })
          yield* Analytics.alias({ previousId: "visitor", userId })
          return yield* Analytics.flush
        }).pipe(over())
        yield* expect("the report", report, { delivered: 6, failed: {}, waiting: 0 })

        const { events, requests } = yield* receiver.received
        yield* expect(
          "what arrived",
          events.map(({ verdict, message }) => [verdict, message["type"]]),
          ["identify", "track", "page", "screen", "group", "alias"].map((type) => ["accepted", type])
        )
        const [identify, bought] = events
        yield* expect("the traits", identify?.message["traits"], {
          email: "ada@example.com",
          born: "1970-01-01T00:00:00.000Z"
        })
        yield* expect("the properties", bought?.message["properties"], { product: "Schuhe ✓", price: 39.95 })
        yield* expect("ids", new Set(events.map(({ message }) => message["messageId"])).size, 6)
        yield* expect(
          "strict requests",
          requests.map(({ isStrict }) => isStrict),
          [true]
        )
      })
    },
    {
      name: "`AnalyticsLive`, by an environment",
      run: Effect.gen(function* () {
        yield* receiver.begin()
        const environment = ConfigProvider.fromEnv({
          env: { CUSTOMERIO_API_KEY: "key", CUSTOMERIO_ENDPOINT: places.endpoint }
        })
        yield* track(1).pipe(
          Effect.provide(
            AnalyticsLive.pipe(Layer.provide(FetchHttpClient.layer), Layer.provide(ConfigProvider.layer(environment)))
          )
        )
        yield* expectTaken(1)
      })
    },
    {
      name: "batches of 20, and what is left after `flushInterval`",
      run: Effect.gen(function* () {
        yield* receiver.begin()
        yield* Effect.gen(function* () {
          const receipts = yield* track(45)
          yield* Effect.forEach(receipts, (receipt) => receipt.await)
        }).pipe(over({ flushInterval: "200 millis" }))
        const { requests } = yield* receiver.received
        yield* expect("batches", requests.map(({ messages }) => messages).sort(), [20, 20, 5])
        yield* expectTaken(45)
      })
    },
    {
      name: '`compression: "gzip"`',
      run: Effect.gen(function* () {
        yield* receiver.begin()
        yield* track(20).pipe(over({ compression: "gzip" }))
        const { requests } = yield* receiver.received
        yield* expect(
          "what says so",
          requests.map(({ headers }) => headers["content-encoding"]),
          ["gzip"]
        )
        yield* expectTrue(
          "a smaller body",
          requests.every(({ bytes, uncompressedBytes }) => bytes < uncompressedBytes / 2)
        )
        yield* expectTaken(20)
      })
    },
    {
      name: "retries, with the same ids",
      run: Effect.gen(function* () {
        yield* receiver.begin([{ kind: "status", status: 503, times: 2 }])
        const [receipt] = yield* Effect.tap(track(1), Analytics.flush).pipe(over())
        const { requests, events } = yield* receiver.received
        yield* expect(
          "attempts",
          requests.map(({ status, retryCount }) => [status, retryCount]),
          [
            [503, 0],
            [503, 1],
            [200, 2]
          ]
        )
        yield* expect(
          "ids",
          events.map(({ message }) => message["messageId"]),
          [receipt?.messageId]
        )
      })
    },
    {
      name: "`Retry-After`",
      run: Effect.gen(function* () {
        yield* receiver.begin([{ kind: "status", status: 429, retryAfter: 1, times: 1 }])
        yield* Effect.tap(track(1), Analytics.flush).pipe(over())
        const { requests } = yield* receiver.received
        const [first, second] = requests.map(({ receivedAt }) => receivedAt)
        yield* expectTrue(
          "a wait of a second",
          first !== undefined && second !== undefined && second - first >= 1000 && second - first < 10_000
        )
        yield* expectTaken(1)
      })
    },
    {
      name: "connections that break before, after and in the middle of an answer",
      run: Effect.gen(function* () {
        yield* receiver.begin([
          { kind: "resetBefore", times: 1 },
          { kind: "resetAfter", times: 1 },
          { kind: "truncate", times: 1 }
        ])
        const report = yield* Effect.andThen(track(30), Analytics.flush).pipe(over({ flushAt: 10 }))
        yield* expect("the report", report, { delivered: 30, failed: {}, waiting: 0 })
        yield* expectTaken(30)
      })
    },
    {
      name: "a server that does not answer",
      run: Effect.gen(function* () {
        yield* receiver.begin([{ kind: "stall", times: 1 }])
        const report = yield* Effect.andThen(track(1), Analytics.flush).pipe(over({ requestTimeout: "300 millis" }))
        yield* expect("the report", report, { delivered: 1, failed: {}, waiting: 0 })
        yield* expectTaken(1)
      })
    },
    {
      name: "refusals, with the server's words",
      run: Effect.gen(function* () {
        yield* receiver.begin([
          { kind: "status", status: 401, times: 1 },
          { kind: "status", status: 404, body: '{"meta":{"errors":["no such route"]}}', times: 1 }
        ])
        const failures = yield* Effect.gen(function* () {
          const receipts = yield* track(2)
          yield* Analytics.flush
          return yield* Effect.forEach(receipts, (receipt) => Effect.flip(receipt.await))
        }).pipe(over({ flushAt: 1, concurrency: 1 }))
        yield* expect(
          "outcomes",
          failures.map(({ _tag }) => _tag),
          ["Unauthorized", "Rejected"]
        )
        yield* expectTrue("the words", failures[1]?.message.includes("no such route") === true)
      })
    },
    {
      name: "redirects",
      run: Effect.gen(function* () {
        yield* receiver.begin([{ kind: "redirect", status: 307, location: "/v1/batch", times: 1 }])
        const report = yield* Effect.andThen(track(1), Analytics.flush).pipe(over())
        yield* expect("the report", report, { delivered: 1, failed: {}, waiting: 0 })
        yield* expectTaken(1)
      })
    },
    {
      name: "answers by chance, good and bad: every message has one outcome, and what is delivered arrived",
      run: Effect.gen(function* () {
        yield* receiver.begin(yield* Effect.replicateEffect(badAnswer, 40).pipe(Random.withSeed("bad answers")))
        const outcomes = yield* Effect.gen(function* () {
          const receipts = yield* track(300)
          const report = yield* Analytics.flush
          const outcomes = yield* Effect.forEach(receipts, outcomeOf)
          const delivered = outcomes.filter((outcome) => outcome === "Delivered").length
          const failed = Object.values(report.failed).reduce((sum, count) => sum + count, 0)
          yield* expect("the report", [report.delivered, failed, report.waiting], [delivered, 300 - delivered, 0])
          return outcomes
        }).pipe(over({ flushAt: 5, requestTimeout: "300 millis" }))

        const arrived = new Set(yield* taken)
        const lost = eventsOf(300).filter((event, index) => outcomes[index] === "Delivered" && !arrived.has(event))
        yield* expect("delivered and not there", lost, [])
        yield* expectTrue("more good than bad", outcomes.filter((outcome) => outcome === "Delivered").length > 200)
      })
    },
    {
      name: "an outage: nothing ends while it lasts, and all arrives after it",
      run: Effect.gen(function* () {
        yield* receiver.begin([{ kind: "resetBefore" }])
        yield* Effect.gen(function* () {
          yield* track(60)
          yield* Effect.sleep("1500 millis")
          const { waiting, lastFailure } = yield* Analytics.status
          yield* expect("what waits", waiting.messages, 60)
          yield* expectTrue("the last failure", lastFailure !== undefined)
          yield* receiver.meet([])
          const report = yield* Analytics.flush
          yield* expect("the report", report, { delivered: 60, failed: {}, waiting: 0 })
        }).pipe(over())
        yield* expectTaken(60)
      })
    },
    {
      name: "closing sends what waits",
      run: Effect.gen(function* () {
        yield* receiver.begin()
        yield* track(45).pipe(over())
        yield* expectTaken(45)
      })
    },
    {
      name: "closing ends in time where the server stalls or is not there, and hands on what was not sent",
      run: Effect.forEach(
        [places.endpoint, places.nowhere],
        Effect.fnUntraced(function* (endpoint) {
          yield* receiver.begin([{ kind: "stall" }])
          const undelivered: Array<string> = []
          const [duration] = yield* track(45).pipe(
            over({
              endpoint,
              shutdownTimeout: "500 millis",
              onUndelivered: ({ error, messages }) =>
                Effect.sync(() => undelivered.push(...messages.map(() => error._tag)))
            }),
            Effect.timed
          )
          yield* expect(
            "handed on",
            undelivered,
            Arr.makeBy(45, () => "ShutdownTimeout")
          )
          yield* expectTrue("in time", Duration.toMillis(duration) < 5000)
        }),
        { discard: true }
      )
    },
    {
      name: "`cdp-analytics-effect/testing`",
      run: Effect.gen(function* () {
        yield* track(25)
        const sent = yield* AnalyticsTest.sent
        yield* expect(
          "what was sent",
          sent.map(({ type }) => type),
          Arr.makeBy(25, () => "track")
        )
      }).pipe(Effect.provide(AnalyticsTest.layer))
    },
    {
      name: "`Simulator.layer()`, in memory",
      run: Effect.gen(function* () {
        yield* Simulator.setFaults([
          { kind: "status", status: 503, times: 1 },
          { kind: "resetAfter", times: 1 }
        ])
        yield* Analytics.identify({ userId, traits: { plan: "Pro" } })
        yield* Analytics.flush
        const [ada] = yield* Simulator.people
        yield* expect("the person", ada?.traits, { plan: "Pro" })
      }).pipe(
        Effect.provide(Analytics.layer({ apiKey: Redacted.make("key") }).pipe(Layer.provideMerge(Simulator.layer())))
      )
    },
    {
      name: "`Simulator.layerServer`",
      run: Effect.gen(function* () {
        const { url } = yield* Simulator
        yield* track(1).pipe(over({ endpoint: url }))
        const events = yield* Simulator.events
        yield* expect(
          "what arrived",
          events.map(({ verdict }) => verdict),
          ["accepted"]
        )
      }).pipe(Effect.provide(Simulator.layerServer()))
    }
  ]
}

/** Statuses of 200 and so on are not among them: a message that is taken by one of those is nowhere. */
const badAnswer = Effect.gen(function* () {
  const status = yield* Random.choice([400, 404, 408, 413, 422, 429, 500, 501, 502, 503, 504, 505, 599])
  const body = yield* Random.choice(["", "{}", "<html>", "{", "x".repeat(100_000)])
  const millis = yield* Random.nextIntBetween(0, 100)
  const faults: ReadonlyArray<Fault> = [
    { kind: "status", status, body, times: 1 },
    { kind: "status", status, times: 1 },
    { kind: "delay", millis, times: 1 },
    { kind: "redirect", status: 308, location: "/v1/batch", times: 1 },
    { kind: "redirect", status: 302, location: "https://elsewhere.example", times: 1 },
    { kind: "stall", times: 1 },
    { kind: "resetBefore", times: 1 },
    { kind: "resetAfter", times: 1 },
    { kind: "truncate", times: 1 },
    { kind: "garbage", times: 1 }
  ]
  return yield* Random.choice(faults)
})

/** A test, and why it failed if it did. */
export const Outcome = Schema.Struct({ name: Schema.String, failure: Schema.optional(Schema.String) })
export type Outcome = typeof Outcome.Type

export const runTest = ({ name, run }: Test): Effect.Effect<Outcome> =>
  run.pipe(
    Effect.timeout("1 minute"),
    Effect.provide(Logger.layer([])),
    Effect.exit,
    Effect.map((exit) => (Exit.isSuccess(exit) ? { name } : { name, failure: Cause.pretty(exit.cause) }))
  )

export const runAll = (tests: ReadonlyArray<Test>): Effect.Effect<ReadonlyArray<Outcome>> =>
  Effect.forEach(tests, runTest)
