import { Cause, Effect, Option, type Tracer } from "effect"
import type { Pending } from "../delivery/ledger.ts"
import { type DeliveryError, RetriesExhausted } from "../delivery/Outcome.ts"
import { idOf, logOf, type Settlement } from "../delivery/settlement.ts"
import type { Count } from "../telemetry/count.ts"
import { isDebug } from "../telemetry/log.ts"
import type { Transport } from "../transport/Transport.ts"
import { type Batch, takeFirst } from "./Batch.ts"

/** Carries a batch to the server, in halves where the server refuses it for what is in it, and has it settled. */
export interface Courier {
  readonly carry: (batch: Batch) => Effect.Effect<void>
  /** What it carries. */
  readonly underWay: () => ReadonlyArray<Pending>
}

export const makeCourier = (transport: Transport, settlement: Settlement, count: Count): Courier => {
  const underWay = new Set<Batch>()
  let batchId = 0

  const send = (batch: Batch): Effect.Effect<void> =>
    Effect.withFiber((fiber) => {
      const id = ++batchId
      const { messages } = batch
      const sent = { batchId: id, messages, bytes: batch.bytes }
      const logDebug = (line: string) => (isDebug(fiber) ? logOf(sent, Effect.logDebug(line)) : Effect.void)
      const sending = transport.send({ batchId: id, messages })
      return logDebug("sending batch").pipe(
        Effect.andThen(
          // Nobody sees a span without a tracer, and a request costs a tenth less.
          fiber.cache.tracer === undefined
            ? sending
            : Effect.withSpan(sending, "Analytics.deliver", {
                root: true,
                kind: "client",
                captureStackTrace: false,
                links: linksOf(batch),
                attributes: {
                  "cdp_analytics.batch.id": id,
                  "cdp_analytics.batch.bytes": sent.bytes,
                  "messaging.batch.message_count": messages.length
                }
              })
        ),
        Effect.matchCauseEffect({
          onSuccess: () => {
            underWay.delete(batch)
            return settlement.deliver(sent)
          },
          onFailure: (cause) => {
            const error = Option.getOrElse(
              Cause.findErrorOption(cause),
              // A tracer that throws: everything else is in the error channel.
              () =>
                new RetriesExhausted({
                  batchId: id,
                  messageIds: messages.map(idOf),
                  attempts: 0,
                  reason: "sending the batch failed"
                })
            )
            if (isSplittable(error) && messages.length > 1) {
              const half = takeFirst(batch, Math.ceil(messages.length / 2))
              underWay.add(half)
              return logDebug("batch refused, sending each half").pipe(
                Effect.andThen(send(half)),
                Effect.andThen(send(batch))
              )
            }
            return Effect.andThen(
              settlement.fail(sent, error),
              Effect.sync(() => underWay.delete(batch))
            )
          }
        })
      )
    })

  return {
    carry: (batch) => {
      count.batch(batch.cause ?? "size", batch.messages.length)
      underWay.add(batch)
      return send(batch)
    },
    underWay: () => [...underWay].flatMap(({ messages }) => messages)
  }
}

/** Refused for what is in it, so that a part may be taken: malformed or too large. */
const isSplittable = (error: DeliveryError): boolean =>
  error._tag === "Rejected" && (error.status === 400 || error.status === 413)

/** Each span once, however many of its messages are in the batch. */
const linksOf = ({ messages }: Batch): ReadonlyArray<Tracer.SpanLink> => {
  const links = new Map<string, Tracer.SpanLink>()
  for (const { link } of messages) {
    if (link !== undefined) links.set(`${link.span.traceId}-${link.span.spanId}`, link)
  }
  return [...links.values()]
}
