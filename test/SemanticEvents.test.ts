// @effect-diagnostics globalDate:off - dates as a caller makes them
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import {
  Analytics,
  type CallError,
  DeleteDevice,
  type DeleteDeviceInput,
  DeleteObject,
  DeletePerson,
  type Identified,
  type Receipt,
  RegisterDevice,
  Relate,
  ReportDelivery,
  SemanticEvents,
  SetObject,
  SuppressPerson,
  Unrelate,
  UnsuppressPerson
} from "cdp-analytics-effect"
import { Simulator } from "cdp-analytics-effect/simulator"
import { AnalyticsTest, type SentMessage } from "cdp-analytics-effect/testing"
import { Arbitrary, Cause, Effect, Exit, Layer, Metric, Option, Redacted, Schema, SchemaParser } from "effect"
import { FetchHttpClient } from "effect/http"
import { findSameKey } from "../src/message/whole.ts"
import { changedPrototypes, describePrototypes } from "./message/hostile/prototypes.ts"
import { hostile } from "./message/hostile/values.ts"
import { makeRandom, pick } from "./support/random.ts"
import { repetitions } from "./support/repetitions.ts"

type Call = Effect.Effect<Receipt, CallError, Analytics>

const functions = [
  "deletePerson",
  "suppressPerson",
  "unsuppressPerson",
  "registerDevice",
  "deleteDevice",
  "setObject",
  "relate",
  "unrelate",
  "deleteObject",
  "reportDelivery"
] as const

type Function = (typeof functions)[number]

/** Past the type checker, as JavaScript or decoded JSON would come. */
const untyped = SemanticEvents as unknown as Record<Function, (input: unknown) => Call>

const schemas = {
  deletePerson: DeletePerson,
  suppressPerson: SuppressPerson,
  unsuppressPerson: UnsuppressPerson,
  registerDevice: RegisterDevice,
  deleteDevice: DeleteDevice,
  setObject: SetObject,
  relate: Relate,
  unrelate: Unrelate,
  deleteObject: DeleteObject,
  reportDelivery: ReportDelivery
}

const right: Record<Function, Record<string, unknown>> = {
  deletePerson: { userId: "u" },
  suppressPerson: { userId: "u" },
  unsuppressPerson: { userId: "u" },
  registerDevice: { userId: "u", token: "t", type: "ios" },
  deleteDevice: { userId: "u", token: "t" },
  setObject: { objectId: "o" },
  relate: { userId: "u", objectId: "o" },
  unrelate: { userId: "u", objectId: "o" },
  deleteObject: { objectId: "o" },
  reportDelivery: { deliveryId: "d", metric: "opened" }
}

const layer = AnalyticsTest.layer

/** What a call sends, without the stamps. */
const sentBy = Effect.fnUntraced(function* (call: Call) {
  yield* AnalyticsTest.clear
  yield* call
  const sent = yield* AnalyticsTest.sent
  assert.strictEqual(sent.length, 1)
  const { messageId, timestamp, context, ...message } = sent[0]!
  const { library, ...own } = context
  const shown: Partial<SentMessage> = Object.keys(own).length === 0 ? message : { ...message, context: own }
  return shown
})

const refusalOf = (call: Call) =>
  Effect.map(Effect.flip(call), (error) => {
    if (!("path" in error)) return assert.fail(error.message)
    return `${error.path}: ${error.reason}`
  })

describe("a semantic event", () => {
  it.effect("has the name and the fields that Customer.io reads", () =>
    Effect.gen(function* () {
      const person = { type: "track", userId: "u" }
      const of = (event: string, more: object = {}): object => ({ ...person, event, ...more })
      assert.deepStrictEqual<object>(yield* sentBy(SemanticEvents.deletePerson({ userId: "u" })), of("User Deleted"))
      assert.deepStrictEqual<object>(
        yield* sentBy(SemanticEvents.suppressPerson({ userId: "u" })),
        of("User Suppressed")
      )
      assert.deepStrictEqual<object>(
        yield* sentBy(SemanticEvents.unsuppressPerson({ userId: "u" })),
        of("User Unsuppressed")
      )
      assert.deepStrictEqual(
        yield* sentBy(
          SemanticEvents.registerDevice({
            userId: "u",
            token: "t",
            type: "android",
            model: "Pixel 11",
            manufacturer: undefined,
            advertisingId: null,
            properties: { app_version: "2.1.0", seen: Option.some(1) }
          })
        ),
        of("Device Created or Updated", {
          properties: { app_version: "2.1.0", seen: 1 },
          context: { device: { token: "t", type: "android", model: "Pixel 11", advertisingId: null } }
        })
      )
      assert.deepStrictEqual<object>(yield* sentBy(SemanticEvents.deleteDevice({ anonymousId: "a", token: "t" })), {
        type: "track",
        anonymousId: "a",
        event: "Device Deleted",
        context: { device: { token: "t" } }
      })
      assert.deepStrictEqual(
        yield* sentBy(SemanticEvents.setObject({ objectId: "o", objectTypeId: 2, traits: { name: "Acme" } })),
        { type: "group", groupId: "o", traits: { name: "Acme", objectTypeId: "2" } }
      )
      assert.deepStrictEqual(
        yield* sentBy(SemanticEvents.relate({ userId: "u", objectId: "o", relationshipAttributes: { role: "admin" } })),
        {
          type: "group",
          userId: "u",
          groupId: "o",
          traits: { objectTypeId: "1", relationshipAttributes: { role: "admin" } }
        }
      )
      assert.deepStrictEqual(
        yield* sentBy(SemanticEvents.unrelate({ userId: "u", objectId: "o", objectTypeId: "12" })),
        of("Relationship Deleted", { properties: { objectId: "o", objectTypeId: "12" } })
      )
      assert.deepStrictEqual<object>(yield* sentBy(SemanticEvents.deleteObject({ objectId: "o" })), {
        type: "track",
        anonymousId: "o",
        event: "Object Deleted",
        properties: { objectId: "o", objectTypeId: "1" }
      })
      const clicked = { deliveryId: "d", metric: "clicked", href: "https://example.com", actionValue: "buy" } as const
      assert.deepStrictEqual<object>(yield* sentBy(SemanticEvents.reportDelivery(clicked)), {
        type: "track",
        anonymousId: "d",
        event: "Report Delivery Event",
        properties: clicked
      })
    }).pipe(Effect.provide(layer))
  )

  it.effect("has an id of a person as given, where there is one", () =>
    Effect.gen(function* () {
      const about = { userId: "u" }
      assert.deepInclude(
        yield* sentBy(SemanticEvents.reportDelivery({ ...about, deliveryId: "d", metric: "opened" })),
        about
      )
      for (const ids of [{ userId: "u" }, { userId: "u", anonymousId: "a" }, { anonymousId: "a" }]) {
        const sent = yield* sentBy(SemanticEvents.deleteObject({ ...ids, objectId: "o" }))
        assert.deepStrictEqual({ ...sent, ...ids }, sent)
        assert.strictEqual(sent.anonymousId, "anonymousId" in ids ? "a" : undefined)
      }
      // An empty id is a missing one.
      const empty = yield* sentBy(SemanticEvents.deleteObject({ userId: "", anonymousId: "", objectId: "o" }))
      assert.strictEqual(empty.anonymousId, "o")
    }).pipe(Effect.provide(layer))
  )

  it.effect("has time, id and destinations as plain calls do", () =>
    Effect.gen(function* () {
      const common = { messageId: "m", timestamp: new Date("2024-05-01T10:00:00Z"), integrations: { All: false } }
      for (const name of functions) yield* untyped[name]({ ...right[name], ...common })
      const sent = yield* AnalyticsTest.sent
      assert.strictEqual(sent.length, functions.length)
      for (const message of sent) {
        assert.deepInclude(message, { ...common, timestamp: "2024-05-01T10:00:00.000Z" })
      }
    }).pipe(Effect.provide(layer))
  )

  it.effect("says of a device what it says itself, over every context around it", () =>
    Effect.gen(function* () {
      const device = (more: object) => ({ ip: "203.0.113.7", device: { token: "another", ...more } })
      const sent = yield* sentBy(
        SemanticEvents.registerDevice({
          userId: "u",
          token: "t",
          type: "ios",
          name: "iPhone",
          context: device({ name: "none", type: "web", own: 3 })
        }).pipe(Analytics.withContext(device({ own: 2, around: 2 })))
      )
      assert.deepStrictEqual(sent, {
        type: "track",
        userId: "u",
        event: "Device Created or Updated",
        context: {
          ip: "203.0.113.7",
          device: { default: 1, token: "t", type: "ios", name: "iPhone", own: 3, around: 2 }
        }
      })
    }).pipe(Effect.provide(AnalyticsTest.layerWith({ context: { device: { default: 1, token: "default" } } })))
  )

  it.effect("is checked before it is sent, by field and reason", () =>
    Effect.gen(function* () {
      const device = { userId: "u", token: "t", type: "ios" }
      const isText = 'an integer from 1 on as text, such as "1"'
      for (const [name, input, expected] of [
        ["deletePerson", {}, "userId: userId or anonymousId is required"],
        ["deletePerson", { userId: "u", event: "User Suppressed" }, "event: Expected no excess property"],
        ["suppressPerson", { userId: 1 }, "userId: Expected string | undefined"],
        ["unsuppressPerson", { userId: "undefined" }, /^userId: Expected an id, not what/],
        ["registerDevice", { ...device, token: "" }, "token: Expected text that is not empty"],
        ["registerDevice", { ...device, token: "a\0" }, /^token: Expected text without NUL/],
        ["registerDevice", { ...device, token: "undefined" }, /^token: Expected an id, not what/],
        ["deleteDevice", { userId: "u", token: " \u200b" }, /^token: Expected a character that shows/],
        ["registerDevice", { userId: "u", type: "ios" }, "token: Missing key"],
        ["registerDevice", { userId: "u", tokn: "t", type: "ios" }, "tokn: Expected no excess property"],
        ["registerDevice", { ...device, type: "iOS" }, 'type: Expected "ios" | "android"'],
        ["registerDevice", { ...device, model: 17 }, /^model: Expected string/],
        ["registerDevice", { ...device, context: [] }, "context: Expected an object"],
        ["registerDevice", { ...device, context: Option.some({}) }, "context: Expected an object"],
        ["registerDevice", { ...device, context: { device: "x" } }, "context.device: Expected an object"],
        ["deleteDevice", { ...device, type: undefined, context: {} }, "type: Expected no excess property"],
        ["deleteDevice", { userId: "u", token: "t", context: { device: [] } }, "context.device: Expected an object"],
        [
          "registerDevice",
          { ...device, context: { device: { model: 1 } } },
          /^context\.device\.model: Expected string/
        ],
        ["registerDevice", { ...device, properties: { price: "1" } }, /^properties\.price: /],
        ["registerDevice", { ...device, properties: { n: 1n } }, "properties.n: JSON has no bigint"],
        ["registerDevice", { ...device, userId: undefined }, "userId: userId or anonymousId is required"],
        ["deleteDevice", { userId: "u" }, "token: Missing key"],
        ["setObject", {}, "objectId: Missing key"],
        ["setObject", { objectId: "" }, "objectId: Expected text that is not empty"],
        ["setObject", { objectId: "null" }, /^objectId: Expected an id, not what/],
        ["setObject", { objectId: "o", userId: "u" }, "userId: Expected no excess property"],
        ["setObject", { objectId: "o", objectTypeId: "x" }, `objectTypeId: Expected ${isText}`],
        ["setObject", { objectId: "o", objectTypeId: "01" }, `objectTypeId: Expected ${isText}`],
        ["setObject", { objectId: "o", objectTypeId: 0 }, "objectTypeId: Expected an integer from 1 on"],
        ["setObject", { objectId: "o", objectTypeId: 1e21 }, /^objectTypeId: Expected an integer/],
        ["setObject", { objectId: "o", traits: new Map([["name", "Acme"]]) }, "traits: Expected an object"],
        ["setObject", { objectId: "o", traits: new Date(0) }, "traits: Expected an object"],
        ["setObject", { objectId: "o", traits: { objectTypeId: "2" } }, /^traits\.objectTypeId: .* beside traits/],
        [
          "setObject",
          { objectId: "o", traits: { relationshipAttributes: {} } },
          /^traits\.relationshipAttributes: .* relate/
        ],
        ["setObject", { objectId: "o", traits: { name: 1 } }, /^traits\.name: /],
        ["relate", { objectId: "o" }, "userId: userId or anonymousId is required"],
        ["relate", { objectId: "o", userId: "", anonymousId: "" }, "userId: userId or anonymousId is required"],
        [
          "relate",
          { objectId: "o", userId: "u", relationshipAttributes: [] },
          /^relationshipAttributes: Expected object/
        ],
        [
          "relate",
          { objectId: "o", userId: "u", relationshipAttributes: { a: [1n] } },
          "relationshipAttributes.a[0]: JSON has no bigint"
        ],
        ["relate", { objectId: "nil", userId: "u" }, /^objectId: Expected an id, not what/],
        ["unrelate", { userId: "u" }, "objectId: Missing key"],
        ["unrelate", { userId: "u", objectId: "null" }, /^objectId: Expected an id, not what/],
        ["unrelate", { objectId: "o" }, "userId: userId or anonymousId is required"],
        ["deleteObject", { objectId: "null" }, /^objectId: Expected an id, not what/],
        ["deleteObject", { objectId: "null", userId: "u" }, /^objectId: Expected an id, not what/],
        ["deleteObject", { objectId: "o", anonymousId: "null" }, /^anonymousId: Expected an id, not what/],
        ["deleteObject", { objectId: "o", userId: "u", anonymousId: null }, /^anonymousId: Expected string/],
        ["reportDelivery", { metric: "opened" }, "deliveryId: Missing key"],
        ["reportDelivery", { deliveryId: "d", metric: "bounced" }, /^metric: Expected "delivered" \| "opened"/],
        ["reportDelivery", { deliveryId: "d" }, "metric: Missing key"],
        ["reportDelivery", { deliveryId: "nan", metric: "opened" }, /^deliveryId: Expected an id, not what/],
        [
          "reportDelivery",
          { deliveryId: "nan", metric: "opened", userId: "u" },
          /^deliveryId: Expected an id, not what/
        ],
        ["reportDelivery", undefined, ": Expected an object"],
        ["reportDelivery", [], ": Expected an object"]
      ] as const) {
        const refusal = yield* refusalOf(untyped[name](input))
        if (typeof expected === "string") assert.strictEqual(refusal, expected, name)
        else assert.match(refusal, expected, name)
      }
      assert.deepStrictEqual(yield* AnalyticsTest.sent, [])
    }).pipe(Effect.provide(layer))
  )

  it.effect("that is refused says which it is, and is counted with all calls that were", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(untyped.registerDevice({ userId: "u", token: "secret", type: "web" }))
      assert.strictEqual(
        error.message,
        'Invalid track message "Device Created or Updated" at type: Expected "ios" | "android"'
      )
      assert.match((yield* Effect.flip(untyped.relate({}))).message, /^Invalid group message at objectId/)
      const refused = (yield* Metric.snapshot).find(({ id }) => id === "cdp_analytics_messages_refused")
      assert.deepInclude(refused?.state, { count: 2 })
    }).pipe(Effect.provide(layer), Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("is what a mock of the service sees, and checked before", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const analytics = yield* Analytics
      const mock = Analytics.of({
        ...analytics,
        track: (input) =>
          Effect.andThen(
            Effect.sync(() => seen.push(input)),
            analytics.track(input)
          )
      })
      const run = Effect.provideService(Analytics, mock)
      yield* run(SemanticEvents.deletePerson({ userId: "u" }))
      yield* Effect.flip(run(untyped.deletePerson({ userId: "u", user: 1 })))
      assert.deepStrictEqual(seen, [{ userId: "u", event: "User Deleted" }])
    }).pipe(Effect.provide(layer))
  )
})

describe("the inputs of semantic events", () => {
  const suspicious = AnalyticsTest.layerWith({ allowSuspiciousIds: true })

  for (const name of functions) {
    const schema: Schema.Codec<unknown> = schemas[name] as never
    const { fields } = schemas[name]
    // By chance nearly all would be about nobody.
    const about = "userId" in fields ? { userId: "u" } : {}
    const given = Arbitrary.map(Arbitrary.schema(Schema.Struct(fields)), (input) => ({ ...input, ...about }))
    const inputs = Arbitrary.filter(given, (input) => findSameKey(input) === undefined)
    const accepts = (input: unknown) =>
      Exit.isSuccess(SchemaParser.decodeUnknownExit(Schema.toType(schema), { onExcessProperty: "error" })(input))

    it.effect.prop(
      `${name} takes all that its Schema takes`,
      [inputs],
      ([input]) =>
        Effect.gen(function* () {
          const sent = yield* sentBy(untyped[name](input))
          assert.strictEqual(sent.type, name === "setObject" || name === "relate" ? "group" : "track")
          if (sent.type === "track") assert.include(Object.values<string>(SemanticEvents.names), sent.event)
        }).pipe(Effect.provide(suspicious)),
      { arbitrary: { runs: 25, seed: 1 } }
    )

    it.effect(`${name} refuses all JSON that its Schema refuses`, () =>
      Effect.gen(function* () {
        const random = makeRandom(1)
        const keys = [...Object.keys(fields), "event", "groupId", "__proto__", "constructor", "tokn"]
        const values = [undefined, null, "", "1", "ios", "opened", 0, 2, -1, 1.5, true, {}, [], { objectTypeId: "1" }]
        let taken = 0
        for (let run = 0; run < 300; run++) {
          const input: Record<string, unknown> = { ...right[name] }
          for (let changes = 0; changes < 1 + (run % 2); changes++) {
            const [key, value] = [pick(random, keys), pick(random, values)]
            Object.defineProperty(input, key, { value, enumerable: true, configurable: true, writable: true })
          }
          const exit = yield* Effect.exit(untyped[name](input))
          assert.strictEqual(Exit.isSuccess(exit), accepts(input), JSON.stringify(input))
          if (Exit.isSuccess(exit)) taken++
        }
        assert.isAbove(taken, 10)
      }).pipe(Effect.provide(suspicious))
    )
  }

  it.effect("may be a proxy that was revoked", () =>
    Effect.gen(function* () {
      for (const name of functions) {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        assert.strictEqual((yield* Effect.flip(untyped[name](proxy)))._tag, "UnserializableMessage", name)
      }
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("may be anything: nothing dies, throws or tells what it held", () =>
    Effect.gen(function* () {
      const prototypes = describePrototypes()
      const random = makeRandom(7)
      const tags: ReadonlyArray<string> = ["InvalidMessage", "MessageTooLarge", "UnserializableMessage"]
      let refused = 0
      for (let run = 0; run < repetitions.hostileCalls / 20; run++) {
        const name = pick(random, functions)
        const trail: Array<string> = [name]
        const input: Record<string, unknown> = { ...right[name] }
        const key = pick(random, [...Object.keys(schemas[name].fields), "unknown", "__proto__", "toJSON"])
        const value = hostile(random, trail)
        Object.defineProperty(input, key, { value, enumerable: true, configurable: true, writable: true })
        const exit = yield* Effect.exit(untyped[name](random() < 0.2 ? hostile(random, trail) : input))
        if (Exit.isSuccess(exit)) continue
        const [reason, ...others] = exit.cause.reasons
        if (reason === undefined || others.length > 0 || !Cause.isFailReason(reason)) {
          return assert.fail(`a ${reason?._tag} by ${trail.join(", ")}`)
        }
        assert.include(tags, reason.error._tag)
        assert.notInclude(reason.error.message, "secret", trail.join(", "))
        refused++
      }
      assert.isAbove(refused, 100)
      assert.deepStrictEqual(changedPrototypes(prototypes), [])
    }).pipe(Effect.provide(AnalyticsTest.layerWith({ enabled: false })))
  )
})

describe("the simulator does what Customer.io does", () => {
  const onSocket = Layer.provideMerge(
    Layer.unwrap(
      Effect.map(Simulator, ({ url }) =>
        Analytics.layer({ apiKey: Redacted.make("k"), endpoint: url }).pipe(Layer.provide(FetchHttpClient.layer))
      )
    ),
    Simulator.layerServer()
  )

  /** What the last of these calls did, or why it did nothing. */
  const doing = Effect.fnUntraced(function* (...calls: ReadonlyArray<Call>) {
    for (const call of calls) yield* call
    yield* Analytics.flush
    const { effect, note, verdict } = (yield* Simulator.events).at(-1)!
    assert.strictEqual(verdict, "accepted")
    return effect ?? note
  })

  it.live("over real HTTP", () =>
    Effect.gen(function* () {
      const ada = { userId: "ada" }
      const register = SemanticEvents.registerDevice({
        ...ada,
        token: "t",
        type: "ios",
        properties: { app_version: "2" }
      })
      assert.strictEqual(
        yield* doing(Analytics.identify({ ...ada, traits: { plan: "Pro" } }), register),
        "device registered"
      )
      assert.isUndefined(yield* doing(SemanticEvents.setObject({ objectId: "acme", traits: { name: "Acme" } })))
      const relate = SemanticEvents.relate({ ...ada, objectId: "acme", relationshipAttributes: { role: "admin" } })
      assert.isUndefined(yield* doing(relate))
      assert.deepStrictEqual(yield* Simulator.objects, [
        { objectTypeId: "1", objectId: "acme", traits: { name: "Acme" } }
      ])
      assert.deepStrictEqual(yield* Simulator.people, [
        {
          userIds: ["ada"],
          anonymousIds: [],
          emails: [],
          traits: { plan: "Pro" },
          devices: { t: { token: "t", type: "ios", app_version: "2" } },
          relationships: { "1:acme": { role: "admin" } },
          isSuppressed: false
        }
      ])

      const unrelate = SemanticEvents.unrelate({ ...ada, objectId: "acme", objectTypeId: 1 })
      assert.strictEqual(yield* doing(unrelate), "relationship deleted")
      assert.strictEqual(yield* doing(unrelate), "no effect: the person has no such relationship")
      const deleteObject = SemanticEvents.deleteObject({ objectId: "acme" })
      assert.strictEqual(yield* doing(relate, deleteObject), "object deleted")
      assert.strictEqual(yield* doing(deleteObject), "no effect: there is no such object")
      assert.strictEqual(yield* doing(unrelate), "no effect: the person has no such relationship")
      const deleteDevice = SemanticEvents.deleteDevice({ ...ada, token: "t" })
      assert.strictEqual(yield* doing(deleteDevice), "device deleted")
      assert.strictEqual(yield* doing(deleteDevice), "no effect: the person has no such device")
      assert.deepInclude((yield* Simulator.people)[0], { devices: {}, relationships: {} })
      assert.deepStrictEqual(yield* Simulator.objects, [])

      const report = SemanticEvents.reportDelivery({ deliveryId: "d", metric: "opened", recipient: "t" })
      assert.strictEqual(yield* doing(report), "delivery reported as opened")

      const suppress = SemanticEvents.suppressPerson(ada)
      assert.strictEqual(yield* doing(register, suppress), "person suppressed")
      const identify = Analytics.identify({ ...ada, traits: { plan: "Free" } })
      assert.strictEqual(yield* doing(identify), "no effect: the person is suppressed")
      assert.strictEqual(yield* doing(register), "no effect: the person is suppressed")
      assert.deepInclude((yield* Simulator.people)[0], { traits: {}, devices: {}, isSuppressed: true })
      const unsuppress = SemanticEvents.unsuppressPerson(ada)
      assert.strictEqual(yield* doing(unsuppress), "person no longer suppressed")
      assert.strictEqual(yield* doing(unsuppress), "no effect: nobody with this id is suppressed")
      assert.deepStrictEqual(yield* Simulator.people, [])

      const deletePerson = SemanticEvents.deletePerson(ada)
      assert.strictEqual(yield* doing(identify, register, relate, deletePerson), "person deleted")
      assert.strictEqual(yield* doing(deletePerson), "no effect: nobody has this id")
      assert.strictEqual(yield* doing(deleteDevice), "no effect: nobody has this id")
      assert.strictEqual(yield* doing(unrelate), "no effect: nobody has this id")
      assert.deepStrictEqual(yield* Simulator.people, [])
      yield* identify
      yield* Analytics.flush
      assert.deepInclude((yield* Simulator.people)[0], { traits: { plan: "Free" }, devices: {}, relationships: {} })
    }).pipe(Effect.provide(onSocket))
  )
})

declare const maybe: string | undefined

// What the compiler must take, and what it must refuse; none of it runs.
const calls = () => [
  SemanticEvents.deletePerson({ userId: "u", timestamp: new Date(0), messageId: "m" }),
  SemanticEvents.registerDevice({
    userId: maybe,
    anonymousId: "a",
    token: "t",
    type: "android",
    context: { ip: "::1" }
  }),
  SemanticEvents.setObject({ objectId: "o", objectTypeId: 2, traits: { name: "Acme", custom: [1] } }),
  SemanticEvents.relate({ userId: "u", objectId: "o", objectTypeId: "2", relationshipAttributes: { role: "admin" } }),
  SemanticEvents.reportDelivery({ deliveryId: "d", metric: "converted" }),
  ((input: DeleteDeviceInput & Identified) => SemanticEvents.deleteDevice(input))({
    userId: "u",
    token: "t"
  }),
  ((input: SetObject) => SemanticEvents.setObject(input))(SetObject.make({ objectId: "o" })),
  // @ts-expect-error nobody
  SemanticEvents.deletePerson({}),
  // @ts-expect-error perhaps nobody
  SemanticEvents.suppressPerson({ userId: maybe }),
  // @ts-expect-error nobody
  SemanticEvents.relate({ objectId: "o" }),
  // @ts-expect-error a name of its own
  SemanticEvents.deletePerson({ userId: "u", event: "User Deleted" }),
  // @ts-expect-error no token
  SemanticEvents.registerDevice({ userId: "u", type: "ios" }),
  // @ts-expect-error neither of the two types
  SemanticEvents.registerDevice({ userId: "u", token: "t", type: "iOS" }),
  // @ts-expect-error a misspelt field
  SemanticEvents.registerDevice({ userId: "u", token: "t", type: "ios", modle: "iPhone17,1" }),
  // @ts-expect-error no object
  SemanticEvents.unrelate({ userId: "u" }),
  // @ts-expect-error a person of an object
  SemanticEvents.setObject({ userId: "u", objectId: "o" }),
  // @ts-expect-error the type twice
  SemanticEvents.setObject({ objectId: "o", traits: { objectTypeId: "2" } }),
  // @ts-expect-error no such metric
  SemanticEvents.reportDelivery({ deliveryId: "d", metric: "bounced" })
]

describe("the types of semantic events", () => {
  it("are those of the calls", () => {
    expectTypeOf(calls).returns.toEqualTypeOf<Array<Effect.Effect<Receipt, CallError, Analytics>>>()
    expectTypeOf<SemanticEvents.Name>().toEqualTypeOf<
      (typeof SemanticEvents.names)[keyof typeof SemanticEvents.names]
    >()
    expectTypeOf(SemanticEvents.names.deletePerson).toEqualTypeOf<"User Deleted">()
  })

  it("name every event once", () => {
    const names = Object.values(SemanticEvents.names)
    assert.strictEqual(new Set(names).size, 8)
    for (const name of Object.keys(SemanticEvents.names)) assert.include(functions, name)
  })
})
