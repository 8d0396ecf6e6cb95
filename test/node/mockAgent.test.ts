import { getGlobalDispatcher, MockAgent, setGlobalDispatcher } from "@effect/platform-node/Undici"
import { assert, it } from "@effect/vitest"
import { Analytics } from "cdp-analytics-effect"
import { AnalyticsNode } from "cdp-analytics-effect/node"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect, Layer, Redacted, Schedule } from "effect"
import { silent } from "../support/logs.ts"

const mocked = Effect.acquireRelease(
  Effect.sync(() => {
    const before = getGlobalDispatcher()
    const agent = new MockAgent()
    agent.disableNetConnect()
    setGlobalDispatcher(agent)
    return { agent, before }
  }),
  ({ before }) => Effect.sync(() => setGlobalDispatcher(before))
)

const sendOne = Effect.gen(function* () {
  const receipt = yield* Analytics.track({ userId: "u", event: "e" })
  yield* Analytics.flush
  return yield* Effect.result(receipt.await)
})

it.live("a global MockAgent that forbids the network forbids it to AnalyticsNode, whenever it is set", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator
    const layer = Layer.merge(
      AnalyticsNode.layer({ apiKey: Redacted.make("key"), endpoint: url, retry: Schedule.recurs(0) }),
      silent
    )
    yield* Effect.gen(function* () {
      assert.strictEqual((yield* sendOne)._tag, "Success")
      const { agent } = yield* mocked
      assert.strictEqual((yield* sendOne)._tag, "Failure")
      agent.get(url).intercept({ path: "/v1/batch", method: "POST" }).reply(200, {})
      assert.strictEqual((yield* sendOne)._tag, "Success")
      agent.assertNoPendingInterceptors()
    }).pipe(Effect.scoped, Effect.provide(layer))
    assert.strictEqual((yield* Simulator.requests).length, 1)
  }).pipe(Effect.provide(Simulator.layerServer({})))
)
