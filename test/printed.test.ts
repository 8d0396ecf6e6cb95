import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { type Editor, makeEditor } from "./support/languageServer.ts"

class TheEditor extends Context.Service<TheEditor, Editor>()("cdp-analytics-effect/test/printed.test/TheEditor") {
  static readonly layer = Layer.effect(TheEditor, makeEditor)
}

const program = (code: string) =>
  `import { Analytics, Message, Track, type AnalyticsOptions, type TrackInput, type Undelivered } from "cdp-analytics-effect"
import { Simulator } from "cdp-analytics-effect/simulator"
import type { SentMessage } from "cdp-analytics-effect/testing"
declare const maybe: string | undefined
declare const input: TrackInput
declare const options: AnalyticsOptions
declare const undelivered: Undelivered
declare const sent: SentMessage
interface Shoe { readonly price: string }
declare const shoe: Shoe
class Cart { total() { return 1 } }
${code}
export {}
`

const nobody = `Property '"userId or anonymousId is required"' is missing`
const nobodyByEmail = `Property '"userId, anonymousId or traits.email is required"' is missing`

/** What the compiler says of a call, in its first line and in its last. */
const errors = [
  [
    'Analytics.track({ event: "e" })',
    "Argument of type '{ event: string; }' is not assignable to parameter of type 'TrackInput & Identified'.",
    nobody
  ],
  [
    'Analytics.track({ userId: maybe, anonymousId: maybe, event: "e" })',
    "Argument of type '{ userId: string | undefined; anonymousId: string | undefined; event: string; }' is not assignable to parameter of type 'TrackInput & Identified'.",
    nobody
  ],
  [
    "Analytics.track(input)",
    "Argument of type 'TrackInput' is not assignable to parameter of type 'TrackInput & Identified'.",
    nobody
  ],
  [
    'Analytics.page({ name: "n" })',
    "Argument of type '{ name: string; }' is not assignable to parameter of type 'PageInput & Identified'.",
    nobody
  ],
  [
    'Analytics.screen({ name: "n" })',
    "Argument of type '{ name: string; }' is not assignable to parameter of type 'ScreenInput & Identified'.",
    nobody
  ],
  [
    'Analytics.identify({ traits: { name: "n" } })',
    "Argument of type '{ traits: { name: string; }; }' is not assignable to parameter of type 'IdentifyInput & IdentifiedOrEmail'.",
    nobodyByEmail
  ],
  [
    'Analytics.track({ userId: "u" })',
    "Argument of type '{ userId: string; }' is not assignable to parameter of type 'TrackInput & Identified'.",
    "Property 'event' is missing in type '{ userId: string; }' but required in type 'TrackInput'."
  ],
  [
    'Analytics.track({ userId: "u", event: "e", propertis: {} })',
    "Object literal may only specify known properties, but 'propertis' does not exist in type 'TrackInput & Identified'. Did you mean to write 'properties'?"
  ],
  [
    'Analytics.track({ userId: "u", event: "e", properties: { price: "1" } })',
    "Type 'string' is not assignable to type 'number'."
  ],
  [
    'Analytics.track({ userId: "u", event: "e", properties: shoe })',
    "Type 'Shoe' is not assignable to type 'PropertiesInput | undefined'.",
    "Types of property 'price' are incompatible.\n        Type 'string' is not assignable to type 'number'."
  ],
  [
    'Analytics.track({ userId: "u", event: "e", properties: new Cart() })',
    "Type 'Cart' is not assignable to type 'PropertiesInput | undefined'.",
    "Types of property 'total' are incompatible.\n        Type '() => number' is not assignable to type 'number'."
  ],
  [
    'Analytics.track({ userId: "u", event: "e", properties: [] })',
    "Type 'never[]' is not assignable to type 'PropertiesInput | undefined'.",
    "Type 'never[]' is not assignable to type 'Properties'.\n    Index signature for type 'string' is missing in type 'never[]'."
  ],
  [
    'Analytics.group({ groupId: "g", traits: [] })',
    "Type 'never[]' is not assignable to type 'GroupTraitsInput | undefined'.",
    "Type 'never[]' is not assignable to type 'GroupTraits'."
  ],
  [
    "Analytics.withContext([])",
    "Argument of type 'never[]' is not assignable to parameter of type 'EventContextInput'.",
    "Type 'never[]' is not assignable to type 'EventContext'."
  ],
  [
    'Analytics.alias({ userId: "u" })',
    "Property 'previousId' is missing in type '{ userId: string; }' but required in type 'AliasInput'."
  ],
  [
    'Analytics.enqueue({ type: "track", userId: "u" })',
    `Argument of type '{ type: "track"; userId: string; }' is not assignable to parameter of type 'Message'.`,
    `Property 'event' is missing in type '{ type: "track"; userId: string; }' but required in type 'TrackInput'.`
  ],
  [
    'Track.make({ userId: "u" })',
    `Argument of type '{ userId: string; }' is not assignable to parameter of type '{ readonly type?: "track"; } & TrackInput'.`,
    "Property 'event' is missing in type '{ userId: string; }' but required in type 'TrackInput'."
  ],
  ["const number: number = input", "Type 'TrackInput' is not assignable to type 'number'."]
] as const

/** What a hover over the last word of a program shows before its documentation. */
const hovers = [
  ["const show = Analytics.track", "(input: TrackInput & Identified) => Effect<Receipt, CallError, Analytics>"],
  [
    "const show = Analytics.identify",
    "(input: IdentifyInput & IdentifiedOrEmail) => Effect<Receipt, CallError, Analytics>"
  ],
  ["const show = Analytics.page", "(input: PageInput & Identified) => Effect<Receipt, CallError, Analytics>"],
  ["const show = Analytics.screen", "(input: ScreenInput & Identified) => Effect<Receipt, CallError, Analytics>"],
  ["const show = Analytics.group", "(input: GroupInput) => Effect<Receipt, CallError, Analytics>"],
  ["const show = Analytics.alias", "(input: AliasInput) => Effect<Receipt, CallError, Analytics>"],
  [
    "const show = Analytics.enqueue",
    "(message: Message, options?: EnqueueOptions) => Effect<Receipt, CallError, Analytics>"
  ],
  [
    "const show = Analytics.withContext",
    "(context: EventContextInput) => <A, E, R>(effect: Effect<A, E, R>) => Effect<A, E, R>"
  ],
  ["const show = input.properties", "(property) TrackInput.properties?: PropertiesInput | undefined"],
  ["const show = input.context", "context?: EventContextInput | undefined"],
  ["const show = options.context", "(property) AnalyticsOptions.context?: EventContextInput | undefined"],
  ['const show = Track.make({ userId: "u", event: "e" })\nshow', "const show: Track"],
  ['const show = Track.make({ userId: "u", event: "e" }).properties\nshow', "const show: Properties | undefined"],
  [
    "const show = undelivered.messages\nshow",
    "const show: readonly (Alias | Group | Identify | Page | Screen | Track)[]"
  ],
  ['const show = sent.type === "track" ? sent : undefined\nshow', "const show: SentTrack | undefined"],
  ["const show = Simulator.people", "Effect<readonly SimulatedPerson[], never, Simulator>"],
  ["const show = Simulator.Service\nshow", "const show: Engine"]
] as const

/** The first question is answered when the whole program was read, on a machine that may be busy. */
const timeout = 30_000

it.layer(TheEditor.layer, { timeout })("the compiler", (it) => {
  describe("says in names of this library what is wrong", () => {
    it.effect.each(errors)(
      "%s",
      ([code, first, last]) =>
        Effect.gen(function* () {
          const editor = yield* TheEditor
          const [message = "", ...others] = yield* editor.diagnostics(program(code))
          assert.deepStrictEqual(others, [])
          assert.strictEqual(message.split("\n")[0], first)
          if (last !== undefined) assert.include(message, last)
          assert.notMatch(message, /Omit<|Simplify<| more \.\.\./)
        }),
      timeout
    )
  })

  describe("shows them to who looks", () => {
    it.effect.each(hovers)(
      "%s",
      ([code, shown]) =>
        Effect.gen(function* () {
          const editor = yield* TheEditor
          const place = program(code).indexOf("\nexport {}") - /\w+$/.exec(code.replace(/\(.*$/, ""))![0].length
          const hover = yield* editor.hover(program(code), place)
          assert.include(hover, shown)
          assert.notMatch(hover, /Omit<|Simplify<| more \.\.\./)
        }),
      timeout
    )
  })
})
