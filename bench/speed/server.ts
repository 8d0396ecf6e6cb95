/** The server's process: `server.ts <healthy|silent>`. Sends its endpoint, and what it saw when asked. */
import { healthy, silent } from "../server/Behaviour.ts"
import { startServer } from "../server/Server.ts"

/** What arrived. */
export interface Arrived {
  /** Distinct events. */
  readonly events: number
  readonly requests: number
  readonly bytes: number
  readonly sockets: number
}

const server = await startServer(process.argv[2] === "silent" ? silent : healthy())

process.on("message", () => {
  const { stored, requests, sockets } = server.record()
  const bytes = requests.reduce((total, request) => total + request.bytes, 0)
  const arrived: Arrived = { events: stored.size, requests: requests.length, bytes, sockets }
  process.send?.(arrived)
})
process.on("disconnect", () => process.exit())
process.send?.(server.endpoint)
