/**
 * The simulator on a socket, with a page that shows what arrives.
 */
import { readFile } from "node:fs/promises"
import { Array as Arr, Effect, type Layer, Option, PubSub, Queue, Random, Schema, Stream } from "effect"
import { HttpRouter, type HttpServerError, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { InvalidOptions } from "../../AnalyticsError.ts"
import { readUpTo } from "../body.ts"
import { type Engine, ServedEngine } from "../Engine.ts"
import { Fault } from "../Fault.ts"
import type { SimulatorOptions } from "../SimulatorOptions.ts"
import { type ListenOptions, layerApiServer } from "./apiServer.ts"
import { guard } from "./guard.ts"

// The same folder from src and from dist: the page ships as it is written.
const pageFolder = new URL("../../../src/simulator/server/page/", import.meta.url)

const scripts = ["app.js", "detail.js", "dom.js", "event.js", "events.js", "faults.js", "people.js", "server.js"]

const assets: ReadonlyArray<readonly [path: `/${string}`, file: string, contentType: string]> = [
  ["/", "index.html", "text/html; charset=utf-8"],
  ["/app.css", "app.css", "text/css; charset=utf-8"],
  ...scripts.map((file) => [`/${file}`, file, "text/javascript; charset=utf-8"] as const)
]

/** How many of the newest requests, people and objects the page is told of at a time. */
const shownAtMost = 200

/** How many events go to the page in one piece. */
const pieceSize = 250

/** Bytes of a plan of faults. */
const longestPlan = 64 * 1024

const encoder = new TextEncoder()

const decodeFaults = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Array(Fault)))

const layerPage = (host: string) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const engine = yield* ServedEngine
      // Ids of one run of the server mean nothing to the next: this tells them apart.
      const runId = (yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)
      /** The id of the newest event that was cleared, each time that is done. */
      const cleared = yield* PubSub.sliding<number>(1)
      const add = (method: "GET" | "POST" | "PUT", path: `/${string}`, handler: Handler) =>
        router.add(method, path, guard(host, handler))

      for (const [path, file, contentType] of assets) {
        yield* add("GET", path, () =>
          Effect.map(
            Effect.promise(() => readFile(new URL(file, pageFolder))),
            (body) => HttpServerResponse.uint8Array(body, { contentType, headers: { "cache-control": "no-cache" } })
          )
        )
      }

      yield* add("GET", "/_dev/events", (request) =>
        Effect.sync(() => {
          const [run, id] = (request.headers["last-event-id"] ?? parameter(request, "after")).split(":")
          const after = run === runId && id !== undefined && /^\d+$/.test(id) ? Number(id) : undefined
          return HttpServerResponse.stream(serverSentEvents(engine, cleared, runId, after), {
            contentType: "text/event-stream",
            headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
          })
        })
      )

      yield* add("GET", "/_dev/state", () =>
        Effect.gen(function* () {
          const requests = (yield* engine.requests).slice(-shownAtMost)
          const [faults, dropped] = yield* Effect.all([engine.faults, engine.dropped])
          return json({ url: engine.url, requests, faults, dropped })
        })
      )

      yield* add("GET", "/_dev/request", (request) =>
        Effect.map(engine.requests, (requests) =>
          json(requests.find(({ id }) => String(id) === parameter(request, "id")) ?? null)
        )
      )

      yield* add("GET", "/_dev/people", (request) =>
        Effect.gen(function* () {
          // As JSON writes it: quotes and backslashes are not themselves there.
          const text = JSON.stringify(parameter(request, "find")).slice(1, -1).toLowerCase()
          const matches = (value: object) => text === "" || JSON.stringify(value).toLowerCase().includes(text)
          const people = (yield* engine.people).filter(matches)
          const objects = (yield* engine.objects).filter(matches)
          return json({
            people: people.slice(-shownAtMost).reverse(),
            objects: objects.slice(-shownAtMost).reverse(),
            total: people.length + objects.length
          })
        })
      )

      yield* add("PUT", "/_dev/faults", (request) =>
        Effect.gen(function* () {
          const body = yield* Effect.orElseSucceed(readUpTo(request.stream, longestPlan), () => new Uint8Array())
          if (body.length > longestPlan) return json({ error: `more than ${longestPlan} bytes are no plan` }, 413)
          const faults = decodeFaults(new TextDecoder().decode(body))
          if (Option.isNone(faults)) return json({ error: "these are no faults" }, 400)
          yield* engine.setFaults(faults.value)
          return json({})
        })
      )

      yield* add("POST", "/_dev/clear", () =>
        Effect.gen(function* () {
          const newest = (yield* engine.events).at(-1)?.id
          yield* engine.clear
          // Other tabs are to forget it as well.
          if (newest !== undefined) yield* PubSub.publish(cleared, newest)
          return json({})
        })
      )
    })
  )

type Handler = (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse>

const parameter = (request: HttpServerRequest.HttpServerRequest, name: string): string =>
  URL.parse(request.url, "http://localhost")?.searchParams.get(name) ?? ""

const json = (body: unknown, status = 200) =>
  HttpServerResponse.text(JSON.stringify(body), {
    status,
    contentType: "application/json",
    headers: { "cache-control": "no-store", ...(status === 413 && { connection: "close" }) }
  })

/** What is kept and came after the given event, or everything, and then every event as it comes. */
const serverSentEvents = (
  engine: Engine,
  cleared: PubSub.PubSub<number>,
  runId: string,
  after: number | undefined
): Stream.Stream<Uint8Array> =>
  Stream.unwrap(
    Effect.gen(function* () {
      // Says only that there is more: the events are read from what the simulator keeps, so a page that is slow to read
      // costs no memory and misses nothing that is still there.
      const more = yield* Queue.sliding<void>(1)
      yield* Queue.offer(more, undefined)
      yield* Effect.forkScoped(
        Stream.runForEach(engine.live, () => Queue.offer(more, undefined)),
        { startImmediately: true }
      )
      let newest = after ?? 0
      const events = Stream.fromQueue(more).pipe(
        Stream.mapEffect(() => engine.events),
        Stream.flatMap((kept) => {
          const fresh = kept.slice(kept.findLastIndex(({ id }) => id <= newest) + 1)
          newest = fresh.at(-1)?.id ?? newest
          return Stream.fromIterable(Arr.chunksOf(fresh, pieceSize))
        }),
        Stream.map((piece) => `id: ${runId}:${piece.at(-1)?.id}\ndata: ${JSON.stringify(piece)}\n\n`)
      )
      const clears = Stream.map(Stream.fromPubSub(cleared), (id) => `event: cleared\ndata: ${id}\n\n`)
      // Whether the page is to forget what it has: it is told everything from the beginning.
      const hello = `retry: 1000\nevent: hello\ndata: ${JSON.stringify(after === undefined)}\n\n`
      return Stream.concat(Stream.make(hello), Stream.merge(events, clears)).pipe(
        Stream.map((text) => encoder.encode(text))
      )
    })
  )

/** Serves the API, and the page at `/`. */
export const layerDevServer = (
  options: SimulatorOptions,
  listen: ListenOptions
): Layer.Layer<ServedEngine, InvalidOptions | HttpServerError.ServeError> =>
  layerApiServer(options, listen, layerPage(listen.host))
