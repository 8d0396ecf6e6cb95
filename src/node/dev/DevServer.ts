/**
 * The simulator on a socket, with a page that shows what arrives.
 */
import { readFile } from "node:fs/promises"
import { Effect, type Layer, Option, Queue, Random, Schema, Stream } from "effect"
import { HttpRouter, type HttpServerError, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { InvalidOptions } from "../../AnalyticsError.ts"
import { Fault } from "../../simulator/Fault.ts"
import type { ReceivedEvent } from "../../simulator/Received.ts"
import { Simulator } from "../../simulator/Simulator.ts"
import type { SimulatorOptions } from "../../simulator/SimulatorOptions.ts"
import { type ListenOptions, layerSimulatorServer } from "../simulatorServer.ts"
import { guard } from "./guard.ts"

// The same folder from src and from dist: the page ships as it is written.
const pageFolder = new URL("../../../src/node/dev/page/", import.meta.url)

const assets = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/app.css": ["app.css", "text/css; charset=utf-8"],
  "/app.js": ["app.js", "text/javascript; charset=utf-8"]
} as const

/** How many of the newest requests the page is told of. */
const shownRequests = 200

const encoder = new TextEncoder()

const decodeFaults = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Array(Fault)))

const layerPage = (host: string) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const simulator = yield* Simulator
      // Ids of one run of the server mean nothing to the next: this tells them apart.
      const runId = (yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)
      const add = (method: "GET" | "POST" | "PUT", path: `/${string}`, handler: Handler) =>
        router.add(method, path, guard(host, handler))

      for (const [path, [file, contentType]] of Object.entries(assets)) {
        yield* add("GET", toPath(path), () =>
          Effect.map(
            Effect.promise(() => readFile(new URL(file, pageFolder))),
            (body) => HttpServerResponse.uint8Array(body, { contentType })
          )
        )
      }

      yield* add("GET", "/_dev/events", (request) =>
        Effect.sync(() => {
          const [run, id] = (request.headers["last-event-id"] ?? "").split(":")
          const after = run === runId ? Number(id) : 0
          return HttpServerResponse.stream(serverSentEvents(simulator, runId, after), {
            contentType: "text/event-stream",
            headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
          })
        })
      )

      yield* add("GET", "/_dev/state", () =>
        Effect.gen(function* () {
          const requests = (yield* simulator.requests).slice(-shownRequests)
          const [people, objects, faults, dropped] = yield* Effect.all([
            simulator.people,
            simulator.objects,
            simulator.faults,
            simulator.dropped
          ])
          return json({ url: simulator.url, people, objects, requests, faults, dropped })
        })
      )

      yield* add("PUT", "/_dev/faults", (request) =>
        Effect.gen(function* () {
          const faults = decodeFaults(yield* Effect.orElseSucceed(request.text, () => ""))
          if (Option.isNone(faults)) return json({ error: "these are no faults" }, 400)
          yield* simulator.setFaults(faults.value)
          return json({})
        })
      )

      yield* add("POST", "/_dev/clear", () => Effect.as(simulator.clear, json({})))
    })
  )

type Handler = (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse>

const toPath = (path: string): `/${string}` => `/${path.slice(1)}`

const json = (body: unknown, status = 200) =>
  HttpServerResponse.text(JSON.stringify(body), {
    status,
    contentType: "application/json",
    headers: { "cache-control": "no-store" }
  })

/** What is kept and came after the given event, and then every event as it comes. */
const serverSentEvents = (simulator: Simulator["Service"], runId: string, after: number): Stream.Stream<Uint8Array> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<ReceivedEvent>()
      // Listening before looking at what is kept: nothing falls between the two.
      yield* Effect.forkScoped(
        Stream.runForEach(simulator.live, (event) => Queue.offer(queue, event)),
        { startImmediately: true }
      )
      const kept = (yield* simulator.events).filter(({ id }) => id > after)
      const newest = kept.at(-1)?.id ?? after
      return Stream.concat(
        Stream.fromIterable(kept),
        Stream.filter(Stream.fromQueue(queue), ({ id }) => id > newest)
      ).pipe(
        Stream.map((event) => `id: ${runId}:${event.id}\ndata: ${JSON.stringify(event)}\n\n`),
        (events) =>
          Stream.concat(Stream.make(`retry: 1000\nevent: hello\ndata: ${JSON.stringify(after === 0)}\n\n`), events),
        Stream.map((text) => encoder.encode(text))
      )
    })
  )

/** Serves the API, and the page at `/`. */
export const layerDevServer = (
  options: SimulatorOptions,
  listen: ListenOptions
): Layer.Layer<Simulator, InvalidOptions | HttpServerError.ServeError> =>
  layerSimulatorServer(options, listen, layerPage(listen.host))
