import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect } from "effect"
import { listen } from "../support/listen.ts"
import type { Random } from "../support/random.ts"
import type { Arrival } from "./laws.ts"

/** A server with its moods on a socket, and all that it saw. */
export interface Moody {
  readonly endpoint: string
  readonly arrivals: ReadonlyArray<Arrival>
  /** Whether it has moods. */
  isMoody: boolean
  /** A request, with the key that it has, is stored and answered once this says so. */
  onRequest: (key: string) => Promise<void>
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Refuses what is bad; of ten other requests one is answered with 503, and one is stored and never answered. */
export const makeMoody = Effect.fnUntraced(function* (random: Random) {
  const arrivals: Array<Arrival> = []
  let requests = 0
  const moody: { -readonly [Name in keyof Moody]: Moody[Name] } = {
    endpoint: "",
    arrivals,
    isMoody: true,
    onRequest: () => Promise.resolve()
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { batch }: { batch: ReadonlyArray<{ messageId: string; event: string }> } = JSON.parse(await bodyOf(request))
    await moody.onRequest(atob(request.headers.authorization?.slice("Basic ".length) ?? "").slice(0, -1))
    const mood = moody.isMoody ? random() : 1
    const status = mood < 0.1 ? 503 : batch.some(({ event }) => event === "bad") ? 400 : 200
    const number = requests++
    const isLost = mood >= 0.1 && mood < 0.2
    // It is stored now, whenever that is told.
    for (const { messageId: id } of batch) {
      arrivals.push({ id, request: number, isStored: status === 200, isLost, isAlone: batch.length === 1 })
    }
    if (isLost) response.destroy()
    else response.writeHead(status).end(status === 400 ? '{"meta":{"error":"bad"}}' : "{}")
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  moody.endpoint = `http://127.0.0.1:${yield* listen(server)}`
  return moody
})
