import { Clock, Context, Effect, type Fiber, Option, Result, Tracer } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as WebCrypto from "effect/crypto/WebCrypto"
import type { Receipt } from "../delivery/Delivery.ts"
import { deliveredReceipt } from "../delivery/receipt.ts"
import { AmbientContext } from "../message/EventContext.ts"
import { type EncodedMessage, type EncodeOptions, makeEncode, readCallName } from "../message/encode.ts"
import type { MessageType } from "../message/Message.ts"
import type { Count } from "../telemetry/count.ts"
import { isDebug, quietly } from "../telemetry/log.ts"
import type { Admission } from "./admission.ts"
import { AnalyticsClosed, type CallError } from "./CallError.ts"

export interface AcceptOptions extends EncodeOptions {
  /** Otherwise messages are validated and go nowhere. */
  readonly enabled: boolean
}

/** The way of a call. Without a type, the message names its own. */
export type Accept = (type: MessageType | undefined, input: unknown) => Effect.Effect<Receipt, CallError>

export const makeAccept = Effect.fnUntraced(function* (options: AcceptOptions, admission: Admission, count: Count) {
  const webCrypto = yield* WebCrypto.WebCrypto
  const defaultRandom =
    Option.getOrUndefined(yield* Effect.serviceOption(SecureRandom.SecureRandom)) ?? makeRandom(webCrypto)
  const encode = makeEncode(options)

  const refuse = (error: CallError): Effect.Effect<never, CallError> => {
    count.refused(error._tag)
    return Effect.fail(error)
  }

  /** A message is read, merged, checked and encoded, and let in. */
  const acceptAs = (
    messageId: string,
    type: MessageType | undefined,
    input: unknown,
    fiber: Fiber.Fiber<unknown, unknown>
  ): Effect.Effect<Receipt, CallError> => {
    if (admission.isClosed()) return refuse(new AnalyticsClosed(readCallName(type, input)))
    const encoded = encode(type, input, {
      messageId,
      timestamp: fiber.getRef(Clock.Clock).currentTimeMillisUnsafe(),
      contexts: fiber.getRef(AmbientContext)
    })
    if (Result.isFailure(encoded)) return refuse(encoded.failure)
    const message = encoded.success
    if (!options.enabled) return Effect.succeed(deliveredReceipt(message.messageId))
    const admitted = admission.admit(message, linkOf(fiber))
    return isDebug(fiber) ? Effect.tap(admitted, logAccepted(message)) : admitted
  }

  const accept: Accept = (type, input) =>
    Effect.withFiber((fiber) => {
      const random = Context.getOrUndefined(fiber.context, SecureRandom.SecureRandom) ?? defaultRandom
      return random === undefined
        ? acceptAs(webCrypto.randomUUID(), type, input, fiber)
        : Effect.flatMap(random.uuidV4(), (messageId) => acceptAs(messageId, type, input, fiber))
    })
  return accept
})

/** What makes ids where the platform's own may not, or cannot: browsers do in secure contexts only. */
const makeRandom = (crypto: Crypto): SecureRandom.SecureRandom["Service"] | undefined =>
  crypto === globalThis.crypto && typeof crypto.randomUUID === "function"
    ? undefined
    : SecureRandom.make((size) => crypto.getRandomValues(new Uint8Array(size)))

/** The caller's span, without what it holds. */
const linkOf = (fiber: Fiber.Fiber<unknown, unknown>): Tracer.SpanLink | undefined => {
  const { span } = fiber.cache
  if (span === undefined || !span.sampled) return undefined
  const { spanId, traceId } = span
  return { span: Tracer.externalSpan({ spanId, traceId }), attributes: {} }
}

const logAccepted = ({ messageId, bytes }: EncodedMessage) =>
  quietly(Effect.annotateLogs(Effect.logDebug("message accepted"), { messageId, bytes }))
