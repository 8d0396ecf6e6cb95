/** The suite in a worker, each test in a request of its own: `?places=<JSON>&test=<index>` answers with what came of it. */
import { Effect, Schema } from "effect"
import { Places } from "./Receiver.ts"
import { layerFetch, makeSuite, runAll } from "./suite.ts"

const decodePlaces = Schema.decodeUnknownSync(Schema.fromJsonString(Places))

export default {
  fetch: async (request: Request): Promise<Response> => {
    const { searchParams } = new URL(request.url)
    const index = Number(searchParams.get("test"))
    const tests = makeSuite(decodePlaces(searchParams.get("places")), layerFetch)
    return Response.json(await Effect.runPromise(runAll(tests.slice(index, index + 1))))
  }
}
