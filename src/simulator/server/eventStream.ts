/**
 * The events for the page: what is kept and came after the newest that a reader has, and then every event as it comes.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { WatchedEngine } from "../Engine.ts"
import type { ReceivedEvent } from "../Received.ts"

/** Tabs of a browser share one reader. */
const readersAtMost = 100

/** Most events in a piece, and about how many characters. */
const eventsOfPiece = 250
const lengthOfPiece = 256 * 1024

/** So many pieces are kept for the next reader who wants the same. */
const piecesKept = 32

/** Who takes nothing for so long is cut off: a browser comes again, and says what it has. */
const patience = "30 seconds"

const encoder = new TextEncoder()

interface EventStream {
  /** Answers with the events after the one that `position` names, such as `4fzyo82m_0:250`, or with all. */
  readonly open: (
    request: HttpServerRequest.HttpServerRequest,
    position: string
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse>
}

/** What a reader has: the events up to one, and what the plan of then said of them. */
interface Position {
  readonly after: number
  readonly judged: number
}

export const makeEventStream = Effect.fnUntraced(function* (engine: WatchedEngine) {
  // Ids of one run of the server mean nothing to the next: this tells them apart.
  const runId = (yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)).toString(36)
  const pieceOf = makePieces(runId)
  // Says only that there is more: the events are read from what the simulator keeps, so a page that is slow to read costs no
  // memory and misses nothing that is still there.
  const changes = yield* PubSub.sliding<void>(1)
  let readers = 0
  /** The id of the newest event that was cleared. */
  let cleared = 0
  yield* Effect.forkScoped(
    Stream.runForEachArray(engine.live, () => PubSub.publish(changes, undefined)),
    { startImmediately: true }
  )
  yield* Effect.forkScoped(
    Stream.runForEach(engine.planning.changes, () => PubSub.publish(changes, undefined)),
    { startImmediately: true }
  )
  yield* Effect.forkScoped(
    Stream.runForEach(engine.clears, (newest) => {
      cleared = newest
      return PubSub.publish(changes, undefined)
    }),
    { startImmediately: true }
  )

  const read = (request: HttpServerRequest.HttpServerRequest, from: Position | undefined) =>
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.sync(() => readers++),
        () => Effect.sync(() => readers--)
      )
      let newest = from?.after ?? 0
      let toldCleared = 0
      const { told, judged } = engine.planning.version()
      let toldPlan = { told, judged: from?.judged ?? judged }
      const next = Effect.map(engine.events, (kept) => {
        if (cleared > toldCleared) {
          toldCleared = cleared
          return encoder.encode(`event: cleared\ndata: ${cleared}\n\n`)
        }
        const version = engine.planning.version()
        if (version.told !== toldPlan.told || version.judged !== toldPlan.judged) {
          // The events come again, with what another plan says of them.
          const isAgain = version.judged !== toldPlan.judged
          if (isAgain) newest = 0
          toldPlan = version
          return encoder.encode(`event: plan\ndata: ${isAgain}\n\n`)
        }
        const piece = pieceOf(kept, newest, version.judged)
        if (piece !== undefined) newest = piece.newest
        return piece?.bytes
      })
      const news = Stream.unfold(undefined, () => Effect.map(next, (bytes) => bytes && ([bytes, undefined] as const)))
      const change = yield* PubSub.subscribe(changes)
      // Whether the page is to forget what it has: it is told everything from the beginning.
      const hello = encoder.encode(`retry: 1000\nevent: hello\ndata: ${JSON.stringify(from === undefined)}\n\n`)
      const all = Stream.make(hello).pipe(
        Stream.concat(news),
        Stream.concat(Stream.flatMap(Stream.fromSubscription(change), () => news))
      )
      const taken = yield* Queue.bounded<Uint8Array>(1)
      const cut = Effect.sync(() => void NodeHttpServerRequest.toIncomingMessage(request).socket.destroy())
      yield* Effect.forkScoped(
        Stream.runForEach(all, (bytes) =>
          Effect.timeoutOrElse(Queue.offer(taken, bytes), { duration: patience, orElse: () => cut })
        )
      )
      return Stream.fromQueue(taken)
    })

  const stream: EventStream = {
    open: (request, position) =>
      Effect.sync(() => {
        if (readers >= readersAtMost) {
          return HttpServerResponse.text("too many read the events already", {
            status: 503,
            headers: { "retry-after": "5" }
          })
        }
        const [, run, judged, after] = /^(\w+)_(\d+):(\d+)$/.exec(position) ?? []
        const from = run === runId ? { after: Number(after), judged: Number(judged) } : undefined
        return HttpServerResponse.stream(Stream.unwrap(read(request, from)), {
          contentType: "text/event-stream",
          headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
        })
      })
  }
  return stream
})

/** Writes each event once, and each piece once for all readers who are at the same place. */
const makePieces = (runId: string) => {
  const texts = new WeakMap<ReceivedEvent, string>()
  const textOf = (event: ReceivedEvent): string => {
    const text = texts.get(event) ?? JSON.stringify(event)
    texts.set(event, text)
    return text
  }
  // In the order in which they were last asked for.
  const made = new Map<string, Uint8Array>()

  return (kept: ReadonlyArray<ReceivedEvent>, after: number, judged: number) => {
    const start = kept.findLastIndex(({ id }) => id <= after) + 1
    const piece: Array<string> = []
    let length = 0
    for (const event of kept.slice(start, start + eventsOfPiece)) {
      const text = textOf(event)
      length += text.length
      if (piece.length > 0 && length > lengthOfPiece) break
      piece.push(text)
    }
    const newest = kept[start + piece.length - 1]?.id
    if (piece.length === 0 || newest === undefined) return undefined
    const name = `${kept[start]?.id}-${newest}:${judged}`
    const bytes = made.get(name) ?? encoder.encode(`id: ${runId}_${judged}:${newest}\ndata: [${piece.join(",")}]\n\n`)
    made.delete(name)
    made.set(name, bytes)
    const [oldest] = made.keys()
    if (made.size > piecesKept && oldest !== undefined) made.delete(oldest)
    return { newest, bytes }
  }
}
