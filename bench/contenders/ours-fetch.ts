import { FetchHttpClient } from "effect/http"
import { makeOurs } from "./ours.ts"

export const make = makeOurs(FetchHttpClient.layer)
