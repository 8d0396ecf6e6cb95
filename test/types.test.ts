import { describe, expectTypeOf, it } from "@effect/vitest"
import {
  Analytics,
  type AnalyticsClosed,
  AnalyticsLive,
  type CallError,
  type InvalidMessage,
  type InvalidOptions,
  type MessageTooLarge,
  type Properties,
  type QueueFull,
  type Receipt,
  type TrackInput,
  type Traits,
  type UnserializableMessage
} from "cdp-analytics-effect"
import { AnalyticsNode, AnalyticsNodeLive } from "cdp-analytics-effect/node"
import { type Config, DateTime, Effect, type Layer, Redacted } from "effect"
import type { HttpClient } from "effect/http"

interface Product {
  readonly name: string
  readonly price: number
}
declare const product: Product

// What the compiler must take, and what it must refuse; none of it runs.
const calls = () => [
  Analytics.track({ userId: "u", event: "e", properties: { product, price: 1, whatever: DateTime.makeUnsafe(0) } }),
  Analytics.identify({ userId: "u", traits: { email: null, plan: undefined, custom: [product] } }),
  Analytics.page({ anonymousId: "a" }),
  Analytics.group({ groupId: "g" }),
  Analytics.alias({ userId: "u", previousId: "p" }),
  // @ts-expect-error a misspelt key
  Analytics.track({ userId: "u", event: "e", propertis: {} }),
  // @ts-expect-error no event
  Analytics.track({ userId: "u" }),
  // @ts-expect-error a reserved property of another type
  Analytics.track({ userId: "u", event: "e", properties: { price: "1" } }),
  // @ts-expect-error a reserved trait of another type
  Analytics.identify({ userId: "u", traits: { email: 1 } }),
  // @ts-expect-error a reserved context field of another type
  Analytics.page({ userId: "u", context: { device: { token: 1 } } }),
  // @ts-expect-error an id that is no text
  Analytics.page({ userId: 1 }),
  // @ts-expect-error a timestamp as text
  Analytics.page({ userId: "u", timestamp: "2024-01-01" }),
  // @ts-expect-error no previousId
  Analytics.alias({ userId: "u" }),
  // @ts-expect-error a key that is not redacted
  Analytics.layer({ apiKey: "key" }),
  // @ts-expect-error a region that does not exist
  Analytics.layer({ apiKey: Redacted.make("key"), region: "asia" })
]

describe("types", () => {
  it("of the calls", () => {
    expectTypeOf(calls).toBeFunction()
    expectTypeOf(Analytics.track).parameters.toEqualTypeOf<[input: TrackInput]>()
    expectTypeOf(Analytics.track).returns.toEqualTypeOf<Effect.Effect<Receipt, CallError, Analytics>>()
    expectTypeOf<CallError>().toEqualTypeOf<
      InvalidMessage | MessageTooLarge | UnserializableMessage | QueueFull | AnalyticsClosed
    >()
    expectTypeOf<TrackInput["event"]>().toEqualTypeOf<string>()
    expectTypeOf<Traits["email"]>().toEqualTypeOf<string | null | undefined>()
    expectTypeOf<Properties["price"]>().toEqualTypeOf<number | null | undefined>()
    expectTypeOf<Properties["anything"]>().toEqualTypeOf<unknown>()
  })

  it("of the layers: only HttpClient is required", () => {
    expectTypeOf(AnalyticsLive).toEqualTypeOf<
      Layer.Layer<Analytics, Config.ConfigError | InvalidOptions, HttpClient.HttpClient>
    >()
    expectTypeOf(Analytics.layer).returns.toEqualTypeOf<Layer.Layer<Analytics, InvalidOptions, HttpClient.HttpClient>>()
    expectTypeOf(AnalyticsNodeLive).toEqualTypeOf<Layer.Layer<Analytics, Config.ConfigError | InvalidOptions>>()
    expectTypeOf(AnalyticsNode.layer).returns.toEqualTypeOf<Layer.Layer<Analytics, InvalidOptions>>()
    expectTypeOf(AnalyticsNode.layer).parameters.toEqualTypeOf<Parameters<typeof Analytics.layer>>()
    expectTypeOf(AnalyticsNode.layerConfig).parameters.toEqualTypeOf<Parameters<typeof Analytics.layerConfig>>()
  })

  it("of failures: catchTag narrows", () => {
    const recovered = Analytics.track({ userId: "u", event: "e" }).pipe(
      Effect.catchTag("MessageTooLarge", (error) => Effect.succeed(error.bytes))
    )
    expectTypeOf(recovered).toEqualTypeOf<
      Effect.Effect<Receipt | number, Exclude<CallError, MessageTooLarge>, Analytics>
    >()
  })
})
