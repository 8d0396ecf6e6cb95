import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeRandom } from "../support/random.ts"
import { isFull } from "../support/repetitions.ts"
import { Server } from "../support/Server.ts"
import { layerOutbox, track, withBoth } from "./Outbox.ts"
import { advance, settle } from "./time.ts"

/** How many requests it takes where so many calls a second are made by 40 people, and a request takes 100 ms. */
const countRequests = (order: "none" | "person", perSecond: number, seed: number) =>
  Effect.gen(function* () {
    yield* Server.answer(() => Effect.as(Effect.sleep("100 millis"), { status: 200 }))
    const random = makeRandom(seed)
    const calls = (isFull ? 20 : 4) * perSecond
    yield* Effect.gen(function* () {
      for (let call = 0; call < calls; call++) {
        yield* track(`u${Math.floor(random() * 40)}`, String(call)).pipe(Effect.forkChild)
        yield* settle
        yield* advance(Math.round((-Math.log(1 - random()) * 1000) / perSecond))
      }
      yield* advance(3000)
    }).pipe(withBoth({ order, flushAt: 20, flushInterval: "1 second" }))
    const received = yield* Server.received
    assert.strictEqual(new Set(received.flatMap(({ batch }) => batch.map(({ messageId }) => messageId))).size, calls)
    return received.length
  }).pipe(Effect.provide(layerOutbox))

describe("requests of an outbox", () => {
  it.effect.each(isFull ? [1, 5, 20] : [5])(
    "are no more for the order of each person than without one, at %i calls a second",
    (perSecond) =>
      Effect.gen(function* () {
        const [ordered, unordered] = [
          yield* countRequests("person", perSecond, perSecond),
          yield* countRequests("none", perSecond, perSecond)
        ]
        assert.isAtMost(ordered, unordered)
      }),
    60_000
  )

  it("are the pipeline's own: nothing here imports what sends them", () => {
    const src = new URL("../../src/", import.meta.url).pathname
    const importsOf = (file: string) =>
      Array.from(
        readFileSync(join(src, file), "utf8").matchAll(/ from "[./]*\/(\w+\/\w+)\.ts"/g),
        ([, path = ""]) => path
      )
    const stages = globSync("outbox/**/*.ts", { cwd: src }).flatMap(importsOf)
    assert.isAbove(stages.length, 50)
    assert.deepStrictEqual(
      stages.filter((path) => path.startsWith("transport/")),
      []
    )
    assert.deepStrictEqual(
      new Set(stages.filter((path) => path.startsWith("pipeline/"))),
      new Set(
        ["CallError", "Relay", "Status", "Store", "accept", "admission", "lane"].map((stage) => `pipeline/${stage}`)
      )
    )
  })
})
