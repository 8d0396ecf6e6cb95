import { connect } from "node:net"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"

export interface Answer {
  /** 0 where the connection ended without an answer. */
  readonly status: number
  readonly text: string
  /** Bytes that the server had taken when the connection ended, or the answer was there. */
  readonly taken: number
}

export interface Said {
  /** Pieces to send, one after the other as the server takes them. */
  readonly pieces: Iterable<string | Uint8Array>
  /** Where to connect; this machine's own address without it. */
  readonly host?: string
  /** Goes on until the connection ends, whatever was answered. */
  readonly isLast?: boolean
}

/** Says something to the simulator's socket, whatever a client would not let through, and hears what it answers. */
export const say = ({ pieces, host = "127.0.0.1", isLast = false }: Said) =>
  Effect.flatMap(Simulator, ({ url }) =>
    Effect.callback<Answer>((resume) => {
      const socket = connect(Number(new URL(url).port), host)
      let text = ""
      const end = () => {
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
        resume(Effect.succeed({ status, text, taken: socket.bytesWritten - socket.writableLength }))
        socket.destroy()
      }
      socket.setEncoding("latin1")
      socket.on("data", (data) => {
        text += data
        const isWhole = /\r\n\r\n/.test(text)
        if (isWhole && !isLast) end()
      })
      socket.on("error", end)
      socket.on("close", end)
      const iterator = pieces[Symbol.iterator]()
      const send = (): void => {
        const { done, value } = iterator.next()
        if (done === true) return
        if (socket.write(value)) setImmediate(send)
        else socket.once("drain", send)
      }
      send()
      return Effect.sync(() => socket.destroy())
    })
  )

export const head = (line: string, headers: Record<string, string>): string =>
  [`${line} HTTP/1.1`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n")

export const authorization = `Basic ${btoa("a-secret-key:")}`

export const track = (event: string, more: object = {}) => ({ type: "track", userId: "ada", event, ...more })
