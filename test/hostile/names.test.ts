import { assert, describe, it } from "@effect/vitest"
import { Analytics, type CallError, type InvalidOptions } from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { Effect } from "effect"
import { printable } from "../../src/message/printable.ts"

const names = {
  "an escape sequence": "\u001b]0;title\u0007",
  "a forged line": "x\nAll is well\r\n\u2028\u2029",
  "C1 and bidi": "\u009b31m\u202e\u200b\ufeff",
  "half a character": "\ud83d",
  "what is long": "n".repeat(1_000_000),
  "what is long and wide": "🦊".repeat(100_000),
  "what is long and hidden": "\u001b".repeat(1_000_000),
  "what is cut in the middle": `${"n".repeat(98)}🦊🦊🦊`
}

const halves = /[\p{Cs}]/u

const checkWords = (words: string, most: number) => {
  assert.strictEqual(words, printable(words))
  assert.notMatch(words, halves)
  assert.isAtMost(words.length, most)
}

/** A path, an event and a reason. */
const checkError = (error: CallError | InvalidOptions) => {
  checkWords(error.message, 1200)
  if ("path" in error) checkWords(error.path, 500)
  if ("option" in error) checkWords(error.option, 500)
  if ("reason" in error) checkWords(error.reason, 200)
  if ("event" in error && error.event !== undefined) checkWords(error.event, 100)
}

const track = (parts: object) => Analytics.track({ userId: "u", event: "e", ...parts } as never)

const under = (name: string, depth: number, value: unknown): unknown =>
  depth === 0 ? value : { [name]: under(name, depth - 1, value) }

const tagged = (name: string) => Object.defineProperty({}, Symbol.toStringTag, { value: name })

describe("names of others", () => {
  it.effect.each(Object.entries(names).map(([kind, name]) => ({ kind, name })))(
    "$kind is printable and cut, wherever a call tells it",
    ({ name }) =>
      Effect.gen(function* () {
        const calls = [
          track({ [name]: 1 }),
          track({ [Symbol(name)]: 1 }),
          track({ [`~effect/${name}`]: 1 }),
          track({ event: name, unknown: 1 }),
          track({ event: name, properties: { list: [1n] } }),
          track({ properties: { [name]: 1n } }),
          track({ properties: { inner: under(name, 90, 1n) } }),
          track({ properties: { inner: under(name, 200, 1) } }),
          track({ properties: { products: [{ [name]: Symbol(name) }] } }),
          track({ properties: { a: Object.create(tagged(name)) } }),
          track({ properties: { a: Object.create({ [`~effect/X${name}`]: 1 }) } }),
          track({ integrations: { [name]: "x" } }),
          track({ context: { [name]: 1n } }),
          Analytics.withContext({ [name]: 1n })(track({})),
          Analytics.enqueue({ type: name } as never),
          Analytics.enqueue(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [name + index, 1])) as never)
        ]
        for (const [index, call] of calls.entries()) {
          const error = yield* Effect.flip(call).pipe(Effect.mapError(() => `accepted ${index}`))
          checkError(error)
        }
      }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect.each(Object.entries(names).map(([kind, name]) => ({ kind, name })))("$kind is so in options", ({ name }) =>
    Effect.gen(function* () {
      const thrower = Object.defineProperty({}, name, {
        enumerable: true,
        get: () => {
          throw new Error(name)
        }
      })
      for (const options of [
        { [name]: 1 },
        { [Symbol(name)]: 1 },
        thrower,
        { rateLimit: thrower },
        { rateLimit: { [name]: 1 } },
        { region: name },
        { endpoint: name },
        { context: { [name]: 1n } },
        { context: under(name, 50, 1n) },
        { context: thrower },
        { integrations: { [name]: "x" } }
      ]) {
        const layer = AnalyticsTest.layerWith(options as object)
        checkError(yield* Effect.flip(Effect.void.pipe(Effect.provide(layer))))
      }
    })
  )
})
