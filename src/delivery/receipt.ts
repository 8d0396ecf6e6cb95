import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { Receipt } from "./Delivery.ts"
import type { DeliveryError } from "./Outcome.ts"

/** A receipt and the outcome to come. It holds nothing of the message, and nothing is made until somebody waits. */
export class PendingReceipt implements Receipt {
  readonly messageId: string
  #outcome: Effect.Effect<void, DeliveryError> | undefined
  #settled: Latch.Latch | undefined

  constructor(messageId: string) {
    this.messageId = messageId
  }

  get await(): Effect.Effect<void, DeliveryError> {
    return Effect.suspend(() => {
      if (this.#outcome !== undefined) return this.#outcome
      this.#settled ??= Latch.makeUnsafe(false)
      return Effect.andThen(this.#settled.await, this.await)
    })
  }

  get settles(): "here" {
    return "here"
  }

  get isSettled(): boolean {
    return this.#outcome !== undefined
  }

  settle(outcome: Effect.Effect<void, DeliveryError>): void {
    this.#outcome = outcome
    this.#settled?.openUnsafe()
  }
}

/** Of a message that is not sent because the client is disabled. */
export const deliveredReceipt = (messageId: string): Receipt => {
  const receipt = new PendingReceipt(messageId)
  receipt.settle(Effect.void)
  return receipt
}
