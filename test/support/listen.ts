import { createServer, type Server } from "node:net"
import { Effect } from "effect"

/** Listens at a free port of this machine while the scope is open, and says which. */
export const listen = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(
          typeof address === "object" && address !== null
            ? Effect.succeed(address.port)
            : Effect.die(new Error("expected a port"))
        )
      })
    }),
    () => Effect.sync(() => server.close())
  )

/** A port where nothing listens. */
export const freePort = Effect.scoped(Effect.suspend(() => listen(createServer())))
