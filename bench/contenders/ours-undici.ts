import { NodeHttpClient } from "@effect/platform-node"
import { makeOurs } from "./ours.ts"

export const make = makeOurs(NodeHttpClient.layerUndici)
