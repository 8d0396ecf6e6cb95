/**
 * How a relay is, over HTTP: for who runs containers, and for Prometheus. Loaded when it is asked for.
 */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import { OutboxRelay } from "../outbox/OutboxRelay.ts"
import type { OutboxDatabase } from "../outbox/OutboxStore.ts"
import { failWith } from "./failure.ts"
import { explainListen } from "./listening.ts"

/** Whoever asks waits no longer, and is told that there is no answer. */
const patience = "5 seconds"

/** Answers `GET /health` and `GET /metrics` until the scope closes, and returns where. */
export const serveStatus = (database: OutboxDatabase, outbox: string, port: number, host: string) =>
  HttpRouter.serve(Layer.merge(layerHealth(database, outbox), PrometheusMetrics.layerHttp()), {
    disableLogger: true,
    disableListenLog: true
  }).pipe(
    Layer.provideMerge(
      NodeHttpServer.layer(() => createServer(), { port, host, gracefulShutdownTimeout: "100 millis" })
    ),
    Layer.build,
    Effect.map((context) => HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)),
    Effect.catchTag("ServeError", ({ cause }) =>
      failWith(1, `Cannot listen at port ${port} of ${host}: ${explainListen(cause)}`)
    )
  )

const layerHealth = (database: OutboxDatabase, outbox: string) =>
  HttpRouter.use((router) =>
    Effect.flatMap(OutboxRelay, (relay) =>
      router.add(
        "GET",
        "/health",
        Effect.gen(function* () {
          const { server, since, lastFailure, waiting, inFlight } = yield* relay.status
          const problem = yield* findProblem(database)
          return HttpServerResponse.jsonUnsafe(
            {
              healthy: problem === undefined,
              ...(problem !== undefined && { problem }),
              outbox,
              waiting,
              inFlight,
              server,
              since: DateTime.formatIso(since),
              lastFailure: lastFailure ?? null
            },
            { status: problem === undefined ? 200 : 503, headers: { "cache-control": "no-store" } }
          )
        })
      )
    )
  )

/** That the server is away is no problem of a relay's: it waits until it is back. */
const findProblem = (database: OutboxDatabase) =>
  database.unattended.pipe(
    Effect.timeoutOption(patience),
    Effect.map((age) => {
      if (age._tag === "None") return `the database has not answered within ${patience}`
      return age.value === undefined ? undefined : "messages wait, and no relay has a lease"
    }),
    Effect.catch(({ message }) => Effect.succeed(message))
  )
