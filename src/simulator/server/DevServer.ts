/**
 * The simulator on a socket, with a page that shows what arrives.
 */
import { readFile } from "node:fs/promises"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerError from "effect/http/HttpServerError"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { InvalidOptions } from "../../AnalyticsError.ts"
import { cut } from "../../message/printable.ts"
import { readUpTo } from "../body.ts"
import { ServedEngine } from "../Engine.ts"
import { validateFaults } from "../Fault.ts"
import type { ListenOptions } from "../ListenOptions.ts"
import type { ReceivedRequest } from "../Received.ts"
import { layerApiServer } from "./apiServer.ts"
import { makeEventStream } from "./eventStream.ts"
import { addResource, json, searchParams } from "./resource.ts"

// The same folder from src and from dist: the page ships as it is written.
const pageFolder = new URL("../../../src/simulator/server/page/", import.meta.url)

const scripts = [
  "app.js",
  "detail.js",
  "dom.js",
  "event.js",
  "events.js",
  "faults.js",
  "listen.js",
  "people.js",
  "plan.js",
  "server.js",
  "shared.js"
]

const assets: ReadonlyArray<readonly [path: `/${string}`, file: string, contentType: string]> = [
  ["/", "index.html", "text/html; charset=utf-8"],
  ["/app.css", "app.css", "text/css; charset=utf-8"],
  ...scripts.map((file) => [`/${file}`, file, "text/javascript; charset=utf-8"] as const)
]

/** How many of the newest requests, people and objects the page is told of at a time, and about how many characters. */
const shownAtMost = 200
const shownLength = 1024 * 1024

/** Bytes of a plan of faults, which may have bodies to answer with. */
const longestPlan = 4 * 1024 * 1024

const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

const layerPage = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const engine = yield* ServedEngine
    const events = yield* makeEventStream(engine)

    for (const [path, file, contentType] of assets) {
      yield* addResource(router, path, {
        GET: () =>
          Effect.map(
            Effect.promise(() => readFile(new URL(file, pageFolder))),
            (body) => HttpServerResponse.uint8Array(body, { contentType, headers: { "cache-control": "no-cache" } })
          )
      })
    }

    yield* addResource(router, "/_dev/events", {
      GET: (request) => events.open(request, request.headers["last-event-id"] ?? parameter(request, "after"))
    })

    yield* addResource(router, "/_dev/state", {
      GET: Effect.fnUntraced(function* () {
        const [requests, faults, dropped] = yield* Effect.all([engine.requests, engine.faults, engine.dropped])
        const { shown } = yield* newest(Arr.map(requests.slice(-shownAtMost), summarize), "")
        return json({ url: engine.url, requests: shown.reverse(), kept: requests.length, faults, dropped })
      })
    })

    yield* addResource(router, "/_dev/request", {
      GET: (request) =>
        Effect.map(engine.requests, (requests) =>
          json(requests.find(({ id }) => String(id) === parameter(request, "id")) ?? null)
        )
    })

    yield* addResource(router, "/_dev/people", {
      GET: Effect.fnUntraced(function* (request) {
        const text = parameter(request, "find")
        const [everyone, all, events, dropped] = yield* Effect.all([
          engine.people,
          engine.objects,
          engine.events,
          engine.dropped
        ])
        const people = yield* newest(everyone, text)
        const objects = yield* newest(all, text)
        return json({
          people: people.shown,
          objects: objects.shown,
          total: people.total + objects.total,
          dropped: dropped.people + dropped.objects,
          // Of each of the people shown, and which event they are all older than.
          droppedEvents: people.shown.map(engine.droppedEventsOf),
          oldest: events[0]?.id ?? null
        })
      })
    })

    yield* addResource(router, "/_dev/faults", {
      PUT: Effect.fnUntraced(function* (request) {
        const body = yield* Effect.orElseSucceed(readUpTo(request.stream, longestPlan), () => new Uint8Array())
        if (body.length > longestPlan) {
          const error = `more than ${longestPlan} bytes are no plan`
          return json({ error }, { status: 413, headers: { connection: "close" } })
        }
        const plan = parseJson(new TextDecoder().decode(body))
        if (Option.isNone(plan)) return json({ error: "this is no JSON" }, { status: 400 })
        return yield* Effect.match(Effect.flatMap(validateFaults(plan.value), engine.setFaults), {
          onFailure: ({ message }) => json({ error: message }, { status: 400 }),
          onSuccess: () => json({})
        })
      })
    })

    yield* addResource(router, "/_dev/clear", { POST: () => Effect.as(engine.clear, json({})) })
  })
)

const parameter = (request: HttpServerRequest.HttpServerRequest, name: string): string =>
  searchParams(request).get(name) ?? ""

/** What the list of requests shows; one whole is asked for by its id. */
const summarize = ({ headers, reason, ...request }: ReceivedRequest) => ({
  ...request,
  ...(reason !== undefined && { reason: cut(reason, 500) })
})

/** Between so many others are let in. */
const lookedAtOnce = 200

/** The newest of those that hold a text, newest first and no more than the page shows, and how many hold it. */
const newest = Effect.fnUntraced(function* <A extends object>(items: ReadonlyArray<A>, find: string) {
  // As JSON writes it: quotes and backslashes are not themselves there.
  const text = JSON.stringify(find).slice(1, -1).toLowerCase()
  const shown: Array<A> = []
  let total = 0
  let room = shownLength
  for (const some of Arr.chunksOf(items.toReversed(), lookedAtOnce)) {
    for (const item of some) {
      const isFull = shown.length === shownAtMost || room <= 0
      if (isFull && text === "") return { shown, total: items.length }
      const written = JSON.stringify(item)
      if (text !== "" && !written.toLowerCase().includes(text)) continue
      total++
      if (isFull || written.length > shownLength) continue
      shown.push(item)
      room -= written.length
    }
    yield* Effect.yieldNow
  }
  return { shown, total }
})

/** Serves the API, and the page at `/`. */
export const layerDevServer = (
  options: unknown,
  listen: ListenOptions
): Layer.Layer<ServedEngine, InvalidOptions | HttpServerError.ServeError> => layerApiServer(options, listen, layerPage)
