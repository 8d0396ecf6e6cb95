import { AsyncLocalStorage, createHook } from "node:async_hooks"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, it } from "@effect/vitest"
import { Analytics } from "cdp-analytics-effect"
import { AnalyticsNode } from "cdp-analytics-effect/node"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect, Layer, Logger, ManagedRuntime, Redacted } from "effect"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** What an application keeps for a request. */
class RequestStore {
  readonly number: number
  constructor(number: number) {
    this.number = number
  }
}

it.live("a client that was made in a request keeps nothing of it, and runs in nobody's", () =>
  Effect.gen(function* () {
    const storage = new AsyncLocalStorage<RequestStore>()
    const freed = new Set<number>()
    const registry = new FinalizationRegistry<number>((number) => freed.add(number))
    /** In whose request each of these was done. */
    const seen: Array<readonly [what: string, request: number | undefined]> = []
    const see = (what: string) => seen.push([what, storage.getStore()?.number])

    yield* Simulator.setFaults([
      { kind: "status", status: 400, times: 1 },
      { kind: "status", status: 503, times: 1 },
      { kind: "status", status: 400, times: 1 }
    ])
    const runtime = ManagedRuntime.make(
      AnalyticsNode.layer({
        apiKey: Redacted.make("key"),
        endpoint: (yield* Simulator).url,
        flushInterval: "20 millis",
        onUndelivered: () => Effect.sync(() => see("onUndelivered"))
      }).pipe(Layer.provideMerge(Logger.layer([Logger.make(() => void see("log line"))])))
    )
    const onRequest = () => void see("request")
    const onConnection = () => void see("connection")
    subscribe("undici:request:create", onRequest)
    subscribe("undici:client:sendHeaders", onConnection)

    /** As a web framework does, whose handler ends before the message is sent. */
    const handle = (number: number) =>
      Effect.promise(() => {
        const store = new RequestStore(number)
        registry.register(store, number)
        return storage.run(store, () => runtime.runPromise(Analytics.track({ userId: "u", event: String(number) })))
      })
    yield* handle(1)
    yield* Effect.sleep("200 millis")
    yield* handle(2)
    yield* Effect.sleep("200 millis")
    yield* handle(3)
    yield* Effect.promise(() => runtime.runPromise(Analytics.flush))

    assert.sameMembers([...new Set(seen.map(([what]) => what))], ["request", "connection", "log line", "onUndelivered"])
    assert.deepStrictEqual(
      seen.filter(([, request]) => request !== undefined),
      []
    )
    // The client goes on.
    for (let turn = 0; freed.size < 3 && turn < 20; turn++) {
      collectGarbage()
      yield* Effect.sleep("10 millis")
    }
    assert.sameMembers([...freed], [1, 2, 3])

    unsubscribe("undici:request:create", onRequest)
    unsubscribe("undici:client:sendHeaders", onConnection)
    yield* Effect.promise(() => runtime.dispose())
  }).pipe(Effect.provide(Simulator.layerServer({})))
)

it.live("failures of quiet calls are counted in nobody's request", () =>
  Effect.gen(function* () {
    const storage = new AsyncLocalStorage<RequestStore>()
    const timers = new Set<number | undefined>()
    const hook = createHook({
      init: (_, type) => {
        if (type === "Timeout") timers.add(storage.getStore()?.number)
      }
    })
    const runtime = ManagedRuntime.make(
      Layer.provideMerge(AnalyticsNode.layer({ apiKey: Redacted.make("key") }), Logger.layer([]))
    )
    yield* Effect.promise(() => runtime.context())
    const call = Analytics.track({ userId: "", event: "e" }).pipe(Analytics.quietly)
    hook.enable()
    yield* Effect.promise(() => storage.run(new RequestStore(1), () => runtime.runPromise(call)))
    yield* Effect.sleep("10 millis")
    hook.disable()
    assert.deepStrictEqual([...timers], [undefined])
    yield* Effect.promise(() => runtime.dispose())
  })
)
