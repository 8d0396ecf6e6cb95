import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Analytics } from "../Analytics.ts"
import type { CallError } from "../AnalyticsError.ts"
import type { Receipt } from "../delivery/Delivery.ts"
import { makeWriter } from "../outbox/make.ts"
import { OutboxStore } from "../outbox/OutboxStore.ts"
import type { OutboxWriterOptions } from "../outbox/options.ts"
import { failWith } from "./failure.ts"
import { withOutbox } from "./openOutbox.ts"
import { type OutboxPlace, sayPlace } from "./outboxPlace.ts"
import { print } from "./print.ts"

/** Keeps one message for whichever relay delivers it, and prints its id. */
export const sendToOutbox = Effect.fnUntraced(function* (
  place: OutboxPlace,
  options: OutboxWriterOptions,
  call: Effect.Effect<Receipt, CallError, Analytics>
) {
  const { messageId } = yield* withOutbox(place, { mayMake: true }, (database) =>
    call.pipe(
      Effect.provide(
        Layer.effect(Analytics, makeWriter(options)).pipe(
          Layer.provide([Layer.succeed(OutboxStore, { open: Effect.succeed(database) }), Logger.layer([])])
        )
      ),
      Effect.catch((error) => failWith(error._tag === "InvalidOptions" ? 2 : 1, error.message))
    )
  )
  yield* print(messageId, `kept in the outbox ${sayPlace(place)}`)
})
