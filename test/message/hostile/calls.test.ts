import { assert, describe, it } from "@effect/vitest"
import { Analytics, type CallError, type Receipt } from "cdp-analytics-effect"
import { Cause, Config, Effect, Exit, Layer, Schema } from "effect"
import { library } from "../../../src/message/library.ts"
import { silent } from "../../support/logs.ts"
import { makeRandom, pick } from "../../support/random.ts"
import { repetitions } from "../../support/repetitions.ts"
import { layerMocked, Server } from "../../support/Server.ts"
import { type Call, calls, hostileInput } from "./inputs.ts"
import { changedPrototypes, describePrototypes } from "./prototypes.ts"
import { hostile } from "./values.ts"

const settings = Config.all({
  runs: Config.Int("HOSTILE_RUNS").pipe(Config.withDefault(repetitions.hostileCalls)),
  seed: Config.Int("HOSTILE_SEED").pipe(Config.withDefault(1))
})

const callErrors: ReadonlyArray<string> = [
  "InvalidMessage",
  "MessageTooLarge",
  "UnserializableMessage"
] satisfies ReadonlyArray<CallError["_tag"]>

const Wire = Schema.Struct({
  type: Schema.Literals(["identify", "track", "page", "screen", "group", "alias"]),
  messageId: Schema.NonEmptyString,
  timestamp: Schema.String.check(Schema.isPattern(/^([+-]\d\d)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)),
  context: Schema.Struct({ library: Schema.Struct({ name: Schema.Literal(library.name), version: Schema.String }) }),
  userId: Schema.optionalKey(Schema.NonEmptyString),
  anonymousId: Schema.optionalKey(Schema.NonEmptyString),
  properties: Schema.optionalKey(Schema.JsonObject),
  traits: Schema.optionalKey(Schema.JsonObject),
  integrations: Schema.optionalKey(Schema.JsonObject)
})
const decodeWire = Schema.decodeUnknownExit(Wire)

/** Unhandled rejections while the scope is open. */
const rejections = Effect.acquireRelease(
  Effect.sync(() => {
    const seen: Array<unknown> = []
    const listener = (reason: unknown) => void seen.push(reason)
    process.on("unhandledRejection", listener)
    return { seen, listener }
  }),
  ({ listener }) => Effect.sync(() => process.off("unhandledRejection", listener))
).pipe(Effect.map(({ seen }) => seen))

/** What a call did that it never should. */
const wrongWith = (exit: Exit.Exit<Receipt, CallError>): string | undefined => {
  if (Exit.isSuccess(exit)) return typeof exit.value.messageId === "string" ? undefined : "a receipt without an id"
  const [reason, ...others] = exit.cause.reasons
  // What a defect is of may be hostile too, so it is not looked at.
  if (reason === undefined || others.length > 0 || !Cause.isFailReason(reason)) return `a defect (${reason?._tag})`
  if (!callErrors.includes(reason.error._tag)) return `an unexpected ${reason.error._tag}`
  if ((reason.error.event ?? "").length > 200) return "an error that tells a long event"
  return reason.error.message.includes("secret")
    ? `an error that tells what was thrown: ${reason.error.message}`
    : undefined
}

const call = (analytics: Analytics["Service"], name: Call, input: unknown) => analytics[name](input as never)

describe("hostile values", () => {
  it.effect(
    "in any call are a tagged error, or valid JSON within the limits",
    () =>
      Effect.gen(function* () {
        const { runs, seed } = yield* settings
        const random = makeRandom(seed)
        const unhandled = yield* rejections
        const before = describePrototypes()
        const analytics = yield* Analytics
        const server = yield* Server
        /** What was wrong, and the first value that it was wrong with. */
        const wrong = new Map<string, string>()
        const tell = (what: string, trail: ReadonlyArray<string>) => {
          if (!wrong.has(what)) wrong.set(what, trail.join(", "))
        }
        const counts = { accepted: 0, refused: 0 }

        /** Trails of accepted messages by their ids; an id of the caller's own may come again. */
        let accepted: Array<readonly [id: string, trail: ReadonlyArray<string>]> = []
        const checkSent = Effect.gen(function* () {
          const { delivered } = yield* analytics.flush
          assert.strictEqual(delivered, accepted.length)
          const trails = new Map(accepted)
          const ids = server.received.flatMap(({ batch }) => batch.map(({ messageId }) => String(messageId)))
          assert.deepStrictEqual(ids.toSorted(), accepted.map(([id]) => id).toSorted())
          for (const { bytes, batch } of server.received) {
            assert.isAtMost(bytes.length, 500_000)
            for (const message of batch) {
              const trail = trails.get(String(message["messageId"])) ?? []
              const size = Buffer.byteLength(JSON.stringify(message))
              if (size > 32_000) tell(`${size} bytes`, trail)
              if (/"_id":|redacted/.test(JSON.stringify(message))) tell("how Effect debugs a value", trail)
              const decoded = decodeWire(message)
              if (Exit.isFailure(decoded)) tell(`on the wire ${Cause.pretty(decoded.cause).slice(0, 200)}`, trail)
            }
          }
          server.received.length = 0
          accepted = []
        })

        for (let index = 0; index < runs; index++) {
          const name = pick(random, calls)
          const trail: Array<string> = [name]
          const input = hostileInput(random, name, trail)
          const exit = yield* Effect.exit(
            random() < 0.1 ? inContext(call(analytics, name, input)) : call(analytics, name, input)
          )
          const what = wrongWith(exit)
          if (what !== undefined) tell(what, trail)
          if (Exit.isSuccess(exit)) accepted.push([exit.value.messageId, trail])
          counts[Exit.isSuccess(exit) ? "accepted" : "refused"]++
          if (accepted.length === 500) yield* checkSent

          function inContext<A, E>(effect: Effect.Effect<A, E>) {
            trail.push("in the context")
            const context = random() < 0.2 ? hostile(random, trail) : { custom: hostile(random, trail) }
            return Effect.suspend(() => Analytics.withContext(context as never)(effect))
          }
        }
        yield* checkSent
        yield* Effect.promise(() => new Promise(setImmediate))

        assert.deepStrictEqual([...wrong], [], `HOSTILE_SEED=${seed}`)
        assert.deepStrictEqual(changedPrototypes(before), [])
        assert.isUndefined(Reflect.get({}, "polluted"))
        assert.deepStrictEqual(unhandled, [])
        // Neither everything nor nothing is refused.
        assert.isAbove(counts.accepted, runs / 20)
        assert.isAbove(counts.refused, runs / 20)
      }).pipe(Effect.provide(Layer.provideMerge(layerMocked({ flushAt: 20 }), silent))),
    120_000
  )
})
