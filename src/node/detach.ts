import { AsyncLocalStorage } from "node:async_hooks"
import * as Layer from "effect/Layer"
import { Detach } from "../time/detached.ts"

/** Outside of every request: a client that is made in the first one would put all that it does down to that. */
export const layerDetach = Layer.succeed(Detach, AsyncLocalStorage.snapshot())
