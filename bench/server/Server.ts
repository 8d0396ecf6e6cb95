import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout } from "node:timers/promises"
import { gunzipSync } from "node:zlib"
import type { Behaviour } from "./Behaviour.ts"
import { readIds } from "./ids.ts"

export interface ServedRequest {
  /** When it had arrived whole, in epoch milliseconds. */
  readonly at: number
  /** Of the uncompressed body. */
  readonly bytes: number
  /** Tells a batch from another, however often it is sent. */
  readonly firstId: string
  /** Absent for a reset, and where no answer is given. */
  readonly status: number | undefined
}

/** What a server saw. */
export interface ServerRecord {
  readonly startedAt: number
  readonly requests: ReadonlyArray<ServedRequest>
  readonly sockets: number
  /** When each event was first answered with a 2xx, in epoch milliseconds. */
  readonly stored: ReadonlyMap<string, number>
}

export interface Server {
  readonly endpoint: string
  /** Forgets what it saw, and starts the clock of the behaviour. */
  readonly start: () => void
  readonly record: () => ServerRecord
  readonly close: () => void
}

export const startServer = async (behaviour: Behaviour): Promise<Server> => {
  let startedAt = Date.now()
  let sockets = 0
  let requests: Array<ServedRequest> = []
  let stored = new Map<string, number>()

  const server = createServer(async (request, response) => {
    const body = await readBody(request)
    const ids = readIds(JSON.parse(body.toString()))
    const at = Date.now()
    const answer = behaviour.answer(at - startedAt)
    const answered = answer.kind === "status" ? answer.status : undefined
    requests.push({ at, bytes: body.length, firstId: ids[0] ?? "", status: answered })
    if (behaviour.latencyMs) await setTimeout(behaviour.latencyMs)
    switch (answer.kind) {
      case "silence":
        return
      case "reset":
        request.socket.resetAndDestroy()
        return
      case "status":
        if (answer.status < 300) {
          const now = Date.now()
          for (const id of ids) if (!stored.has(id)) stored.set(id, now)
        }
        response
          .writeHead(answer.status, { "content-type": "application/json", "content-length": "2", ...answer.headers })
          .end("{}")
    }
  })
  server.on("connection", () => {
    sockets++
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    start: () => {
      startedAt = Date.now()
      sockets = 0
      requests = []
      stored = new Map()
    },
    record: () => ({ startedAt, requests, sockets, stored }),
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body
}
