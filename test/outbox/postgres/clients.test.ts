import { describe, vi } from "@effect/vitest"
import { Effect, String as Text } from "effect"
import {
  debianPrograms,
  embeddedPrograms,
  forProcess,
  pgBouncer,
  servePooler,
  servePostgres,
  storeLayer
} from "../../support/postgres.ts"
import { isFull } from "../../support/repetitions.ts"
import { testContract } from "../contract.ts"

// A server is started for the first one.
vi.setConfig({ testTimeout: 60_000 })

describe.skipIf(!isFull)("with clients of all kinds", () => {
  testContract({ name: "as it comes", layer: storeLayer(), clock: "own" })
  testContract({
    name: "names that are changed on their way",
    layer: storeLayer(
      {},
      {
        transformQueryNames: Text.camelToSnake,
        transformResultNames: (name) => `${Text.snakeToCamel(name)}_`,
        transformJson: true
      }
    ),
    clock: "own"
  })
  testContract({ name: "pipelined", layer: storeLayer({}, { multiplex: true, maxConnections: 2 }), clock: "own" })
  testContract({ name: "a single connection", layer: storeLayer({}, { maxConnections: 1 }), clock: "own" })
  testContract({ name: "an odd schema", layer: storeLayer({ schema: "Weiß-1_" }), clock: "own" })
})

describe.skipIf(!isFull || debianPrograms === undefined)("with an older Postgres", () => {
  const server = forProcess(servePostgres(Effect.succeed(debianPrograms ?? "")))
  testContract({ name: "of Debian", layer: storeLayer({}, {}, server), clock: "own" })
})

describe.skipIf(!isFull || pgBouncer === undefined)("behind a pooler in transaction mode", () => {
  const pooler = forProcess(
    Effect.flatMap(servePostgres(embeddedPrograms), (server) => servePooler(pgBouncer ?? "", server))
  )
  testContract({ name: "PgBouncer", layer: storeLayer({}, { prepare: false }, pooler), clock: "own" })
})
