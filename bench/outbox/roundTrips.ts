import { connect, createServer, type Socket } from "node:net"
import { Effect } from "effect"
import { listen } from "../../test/support/listen.ts"

/**
 * Counts round trips to a server: how often a client says something after the server has answered. What a client says
 * without waiting is one.
 */
export const countRoundTrips = Effect.fnUntraced(function* (url: string) {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let count = 0
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname)
    let isAnswered = true
    for (const socket of [client, server]) {
      socket.setNoDelay()
      sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => {
        client.destroy()
        server.destroy()
        sockets.delete(socket)
      })
    }
    client.on("data", (data) => {
      if (isAnswered) count++
      isAnswered = false
      server.write(data)
    })
    server.on("data", (data) => {
      isAnswered = true
      client.write(data)
    })
  })
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const socket of sockets) socket.destroy()
    })
  )
  const proxied = new URL(url)
  proxied.hostname = "127.0.0.1"
  proxied.port = String(yield* listen(proxy))
  return { url: proxied.href, count: () => count }
})
