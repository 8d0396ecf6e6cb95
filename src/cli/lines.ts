/**
 * The lines of a file of any length, one after another: what is remembered is one piece of the file, and no line that is longer
 * than any message is.
 */
import { isUtf8 } from "node:buffer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { withProgress } from "./print.ts"
import { readBytes } from "./source.ts"

/** A message has 32 KB where the server does as it says. */
const maxLineBytes = 1_000_000

export interface Line {
  /** Counts from 1. */
  readonly number: number
  /** Or why it has none. */
  readonly text: string | undefined
  readonly problem: string | undefined
}

/** Calls `onLine` with each line of a file that is not empty. */
export const eachLine = (file: string, onLine: (line: Line) => void) => {
  const lines = new Lines(onLine)
  let bytes = 0
  const read = Stream.runForEach(readBytes(file), (piece) =>
    Effect.sync(() => {
      bytes += piece.length
      lines.push(piece)
    })
  )
  return Effect.andThen(
    withProgress(() => `${lines.count.toLocaleString("en")} lines, ${Math.round(bytes / 1e6)} MB`, read),
    Effect.sync(() => lines.end())
  )
}

class Lines {
  count = 0
  /** What there is so far of a line that goes on. */
  #pieces: Array<Uint8Array> = []
  #bytes = 0
  readonly #onLine: (line: Line) => void

  constructor(onLine: (line: Line) => void) {
    this.#onLine = onLine
  }

  push(piece: Uint8Array): void {
    let from = 0
    for (let to = piece.indexOf(newline); to !== -1; to = piece.indexOf(newline, from)) {
      this.#add(piece.subarray(from, to))
      this.#endLine()
      from = to + 1
    }
    if (from < piece.length) this.#add(piece.subarray(from))
  }

  end(): void {
    if (this.#bytes > 0) this.#endLine()
  }

  #add(piece: Uint8Array): void {
    this.#bytes += piece.length
    if (this.#bytes <= maxLineBytes) this.#pieces.push(piece)
    else this.#pieces = []
  }

  #endLine(): void {
    this.count++
    const [only, ...others] = this.#pieces
    const bytes = only !== undefined && others.length === 0 ? only : Buffer.concat(this.#pieces)
    const isTooLong = this.#bytes > maxLineBytes
    this.#pieces = []
    this.#bytes = 0
    const line = isTooLong ? noText(`Expected at most ${maxLineBytes} bytes`) : read(bytes, this.count === 1)
    if (line.text?.trim() !== "") this.#onLine({ number: this.count, ...line })
  }
}

const newline = 0x0a

const noText = (problem: string) => ({ text: undefined, problem })

const read = (bytes: Uint8Array, isFirst: boolean) => {
  if (!isUtf8(bytes)) return noText("Expected UTF-8")
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8")
  return { text: isFirst && text.startsWith("\uFEFF") ? text.slice(1) : text, problem: undefined }
}
