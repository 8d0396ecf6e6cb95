import { OutboxRelay } from "cdp-analytics-effect/outbox"
import { Effect, ManagedRuntime } from "effect"
import { fillPostgres } from "../fillPostgres.ts"
import { layerRelay, layerWriterAndSql } from "../ours.ts"
import { batchSize, type MakeQueue, type Settings } from "./Queue.ts"

export const makeOurs =
  (order: "person" | "none"): MakeQueue =>
  async ({ url, endpoint }: Settings) => {
    const relay = ManagedRuntime.make(layerRelay({ kind: "postgres", url }, { endpoint, batchSize, order }))
    return {
      fill: (events) => Effect.runPromise(Effect.provide(fillPostgres(events), layerWriterAndSql(url))),
      // With what is sent already deleted.
      drain: () => relay.runPromise(OutboxRelay.drain),
      close: () => relay.dispose()
    }
  }
