import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { makeOurs } from "./ours.ts"

export const make = makeOurs(NodeHttpClient.layerUndici)
