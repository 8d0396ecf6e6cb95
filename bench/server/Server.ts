import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { gunzipSync } from "node:zlib"
import type { Behaviour } from "./Behaviour.ts"
import { readNumbers } from "./numbers.ts"

export interface ServedRequest {
  /** When it had arrived whole, in epoch milliseconds. */
  readonly at: number
  /** Of the uncompressed body. */
  readonly bytes: number
  /** Tells a batch from another, however often it is sent. */
  readonly firstEvent: number | undefined
  /** Absent for a reset, and where no answer is given. */
  readonly status: number | undefined
}

/** What a server saw. */
export interface ServerRecord {
  readonly startedAt: number
  readonly requests: ReadonlyArray<ServedRequest>
  readonly sockets: number
  /** When each event, by its number, was first answered with a 2xx, in epoch milliseconds. */
  readonly stored: ReadonlyMap<number, number>
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
  let stored = new Map<number, number>()

  const server = createServer(async (request, response) => {
    const body = await readBody(request)
    const numbers = readNumbers(JSON.parse(body.toString()))
    const at = Date.now()
    const answer = behaviour.answer(at - startedAt, numbers)
    const answered = answer.kind === "status" ? answer.status : undefined
    requests.push({ at, bytes: body.length, firstEvent: numbers[0], status: answered })
    if (behaviour.latencyMs) await sleep(behaviour.latencyMs)
    switch (answer.kind) {
      case "silence":
        return
      case "reset":
        request.socket.resetAndDestroy()
        return
      case "status":
        if (answer.status < 300) {
          const now = Date.now()
          for (const n of numbers) if (!stored.has(n)) stored.set(n, now)
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
  const { port } = server.address() as AddressInfo

  /** As when its process ends: nobody listens, and no connection stays. */
  const goAway = (): void => {
    server.close()
    server.closeAllConnections()
  }

  let timers: ReadonlyArray<NodeJS.Timeout> = []

  return {
    endpoint: `http://127.0.0.1:${port}`,
    start: () => {
      startedAt = Date.now()
      sockets = 0
      requests = []
      stored = new Map()
      timers = (behaviour.gone ?? []).flatMap(([fromMs, toMs]) => [
        setTimeout(goAway, fromMs),
        setTimeout(() => server.listen(port, "127.0.0.1"), toMs)
      ])
    },
    record: () => ({ startedAt, requests, sockets, stored }),
    close: () => {
      for (const timer of timers) clearTimeout(timer)
      goAway()
    }
  }
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body
}
