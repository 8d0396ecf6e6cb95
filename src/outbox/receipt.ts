import * as Effect from "effect/Effect"
import type { Receipt } from "../delivery/Delivery.ts"
import { type DeliveryError, Dropped, Elsewhere, Rejected, RetriesExhausted } from "../delivery/Outcome.ts"
import type { Appended, DeadLetter, OutboxDatabase } from "./OutboxStore.ts"
import type { Settling } from "./settling.ts"

/** Of a message that another process delivers. */
export const elsewhere = (messageId: string): Receipt => ({
  messageId,
  settles: "elsewhere",
  await: Effect.suspend(() => Effect.fail(new Elsewhere({ messageIds: [messageId] })))
})

/** What became of messages. */
export interface Fates {
  readonly fateOf: OutboxDatabase["fateOf"]
  readonly until: Settling["until"]
}

/** Of a message that is delivered here. It holds nothing of it: the database knows what became of it, whoever delivered it. */
export class OutboxReceipt implements Receipt {
  readonly messageId: string
  readonly #appended: Appended
  readonly #fates: Fates

  constructor(messageId: string, appended: Appended, fates: Fates) {
    this.messageId = messageId
    this.#appended = appended
    this.#fates = fates
  }

  get settles(): "here" {
    return "here"
  }

  get await(): Effect.Effect<void, DeliveryError> {
    return Effect.flatMap(this.#appended.isCommitted, (isCommitted) =>
      isCommitted ? this.#settled : Effect.fail(new Dropped({ messageIds: [this.messageId] }))
    )
  }

  get #settled(): Effect.Effect<void, DeliveryError> {
    const { id } = this.#appended
    const { fateOf, until } = this.#fates
    const fate = Effect.map(fateOf(id), (fate) => (fate === "waiting" ? undefined : fate))
    return Effect.flatMap(until(fate, id), (fate) => {
      // Nothing is delivered here any more.
      if (fate === undefined) return elsewhere(this.messageId).await
      return fate === "gone" ? Effect.void : Effect.fail(failureOf(fate))
    })
  }
}

const failureOf = ({ tag, messageId, type, status, reason, attempts }: DeadLetter): DeliveryError => {
  const batch = { batchId: 0, messageIds: [messageId], reason }
  return tag === "Rejected" && status !== undefined
    ? new Rejected({ ...batch, type, status })
    : new RetriesExhausted({ ...batch, attempts, ...(status !== undefined && { status }) })
}
