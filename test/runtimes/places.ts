/** A simulator on a socket for one suite, and what tells it what to do and says what it got. */
import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Context, Effect, Layer } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { freePort } from "../support/listen.ts"
import { type Places, Plan, Received } from "./Receiver.ts"

const answerReceived = HttpServerResponse.schemaJson(Received)

const layerControl = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const simulator = yield* Simulator
    const meet = Effect.gen(function* () {
      yield* simulator.setFaults(yield* HttpServerRequest.schemaBodyJson(Plan))
      return HttpServerResponse.empty()
    })
    // What a browser opens before it runs the suite.
    yield* router.add("GET", "/", HttpServerResponse.html("<!doctype html><title>suite</title>"))
    yield* router.add("PUT", "/begin", Effect.andThen(simulator.clear, meet))
    yield* router.add("PUT", "/meet", meet)
    yield* router.add(
      "GET",
      "/received",
      Effect.gen(function* () {
        const [requests, events] = yield* Effect.all([simulator.requests, simulator.events])
        return yield* answerReceived({ requests, events })
      })
    )
  })
)

/** They are there while the scope is open. */
export const makePlaces = Effect.gen(function* () {
  const layer = HttpRouter.serve(layerControl, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" })),
    // Pages are of the origin of the control: what they send to the simulator is of another one.
    Layer.provideMerge(Simulator.layerServer({ cors: true }))
  )
  const services = yield* Layer.build(layer)
  const places: Places = {
    endpoint: Context.get(services, Simulator).url,
    control: HttpServer.formatAddress(Context.get(services, HttpServer.HttpServer).address),
    nowhere: `http://127.0.0.1:${yield* freePort}`
  }
  return places
})
