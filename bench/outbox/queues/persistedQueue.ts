import { Effect, Fiber, Layer, ManagedRuntime, Schema } from "effect"
import { PersistedQueue } from "effect/persistence"
import { SqlClient } from "effect/sql"
import { sqlLayer } from "../ours.ts"
import { batchSize, concurrency, type MakeQueue } from "./Queue.ts"
import { gather, makeRequests, type StampedEvent, stamp } from "./requests.ts"

const Event = Schema.Struct({
  type: Schema.Literal("track"),
  messageId: Schema.String,
  timestamp: Schema.String,
  userId: Schema.String,
  event: Schema.String,
  properties: Schema.StructWithRest(Schema.Struct({ n: Schema.Number }), [
    Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Number]))
  ])
})

const queue = PersistedQueue.make({ name: "events", schema: Event })

/** Enough to fill every request: one element each. */
const takers = batchSize * concurrency

/** Effect's own queue, over the client of the outbox. It claims as many at once as there are takers. */
export const make: MakeQueue = async ({ url, endpoint }) => {
  const requests = makeRequests(endpoint)
  const handle = gather(requests.send)
  const runtime = ManagedRuntime.make(
    PersistedQueue.layer.pipe(
      Layer.provide(PersistedQueue.layerStoreSql()),
      Layer.provideMerge(sqlLayer(url)),
      Layer.orDie
    )
  )
  let taking: ReadonlyArray<Fiber.Fiber<never, unknown>> = []
  return {
    fill: (events) =>
      runtime.runPromise(
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const { offer } = yield* queue
          for (let start = 0; start < events.length; start += 500) {
            const offered = Effect.forEach(events.slice(start, start + 500), (event) => offer(stamp(event)), {
              concurrency: "unbounded",
              discard: true
            })
            yield* sql.withTransaction(offered)
          }
        })
      ),
    drain: async (events) => {
      const { take } = await runtime.runPromise(queue)
      const taker = Effect.forever(take((event: StampedEvent) => Effect.promise(() => handle(event))))
      taking = Array.from({ length: takers }, () => runtime.runFork(taker))
      await requests.whenAnswered(events)
    },
    close: async () => {
      await Effect.runPromise(Fiber.interruptAll(taking))
      await runtime.dispose()
      await requests.close()
    }
  }
}
