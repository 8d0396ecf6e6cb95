/** The suite in a page of a browser. */
import { Effect } from "effect"
import type { Places } from "./Receiver.ts"
import { layerFetch, makeSuite, type Outcome, runAll } from "./suite.ts"

export const run = (places: Places): Promise<ReadonlyArray<Outcome>> =>
  Effect.runPromise(runAll(makeSuite(places, layerFetch)))
