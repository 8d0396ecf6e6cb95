import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as WebCrypto from "effect/crypto/WebCrypto"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import type { Receipt } from "../delivery/Delivery.ts"
import { deliveredReceipt } from "../delivery/receipt.ts"
import { check } from "../message/check.ts"
import { checkStamp } from "../message/checkStamp.ts"
import { AmbientContext, type EventContextInput } from "../message/EventContext.ts"
import { type EncodedCall, type EncodeOptions, makeEncode, type Stamp } from "../message/encode.ts"
import type { MessageType } from "../message/Message.ts"
import { type MessageError, UnserializableMessage } from "../message/MessageError.ts"
import { mergeContexts } from "../message/mergeContexts.ts"
import { nameThrown } from "../message/nameThrown.ts"
import { read, readCallName } from "../message/read.ts"
import { checkSuspicious } from "../message/suspicious.ts"
import type { Count } from "../telemetry/count.ts"
import { isDebug, quietly } from "../telemetry/log.ts"
import type { Admission } from "./admission.ts"
import { AnalyticsClosed, type CallError } from "./CallError.ts"

export interface AcceptOptions extends EncodeOptions {
  /** Otherwise messages are validated and go nowhere. */
  readonly enabled: boolean
  /** Takes ids that would make one person of many, too. */
  readonly allowSuspiciousIds: boolean
}

/**
 * How `Analytics.enqueue` takes a message.
 *
 * @category options
 * @since 0.1.0
 */
export interface EnqueueOptions {
  /**
   * The message was stamped before, as those of `onUndelivered`: it is validated and sent as it is, with the `messageId` and
   * the `timestamp` that it must have, and no context and integrations merged anew. Default: false.
   */
  readonly asStamped?: boolean | undefined
}

/** The way of a call. Without a type, the message names its own. */
export type Accept = (
  type: MessageType | undefined,
  input: unknown,
  options?: EnqueueOptions
) => Effect.Effect<Receipt, CallError>

export const makeAccept = Effect.fnUntraced(function* (options: AcceptOptions, admission: Admission, count: Count) {
  const webCrypto = yield* WebCrypto.WebCrypto
  const defaultRandom =
    Option.getOrUndefined(yield* Effect.serviceOption(SecureRandom.SecureRandom)) ?? makeRandom(webCrypto)
  const encode = makeEncode(options)

  const refuse = (error: CallError): Effect.Effect<never, CallError> => {
    count.refused(error._tag)
    return Effect.fail(error)
  }

  /** The way of a call, but for the last step, which is to be let in. Without a stamp, it was stamped before. */
  const make = (
    type: MessageType | undefined,
    input: unknown,
    contexts: ReadonlyArray<EventContextInput>,
    stamp: Stamp | undefined
  ): Result.Result<EncodedCall, MessageError> => {
    const draft = read(type, input)
    if (Result.isFailure(draft)) return Result.fail(draft.failure)
    const { maxMessageBytes, allowSuspiciousIds } = options
    const refusal =
      (stamp === undefined ? checkStamp(draft.success) : mergeContexts(draft.success, contexts, maxMessageBytes)) ??
      check(draft.success, maxMessageBytes) ??
      (allowSuspiciousIds ? undefined : checkSuspicious(draft.success))
    return refusal === undefined ? encode(draft.success, stamp) : Result.fail(refusal)
  }

  const acceptAs = (
    messageId: string | undefined,
    type: MessageType | undefined,
    input: unknown,
    fiber: Fiber.Fiber<unknown, unknown>
  ): Effect.Effect<Receipt, CallError> => {
    if (admission.isClosed()) return refuse(new AnalyticsClosed(readCallName(type, input)))
    const stamp =
      messageId === undefined
        ? undefined
        : { messageId, timestamp: fiber.getRef(Clock.Clock).currentTimeMillisUnsafe() }
    const made = unlessItThrows(type, input, () => make(type, input, fiber.getRef(AmbientContext), stamp))
    if (Result.isFailure(made)) return refuse(made.failure)
    const message = made.success
    if (!options.enabled) return Effect.succeed(deliveredReceipt(message.messageId))
    const admitted = admission.admit(message, linkOf(fiber))
    return isDebug(fiber) ? Effect.tap(admitted, logAccepted(message)) : admitted
  }

  const accept: Accept = (type, input, how) =>
    Effect.withFiber((fiber) => {
      if (how?.asStamped === true) return acceptAs(undefined, type, input, fiber)
      const random = Context.getOrUndefined(fiber.context, SecureRandom.SecureRandom) ?? defaultRandom
      return random === undefined
        ? acceptAs(webCrypto.randomUUID(), type, input, fiber)
        : Effect.flatMap(random.uuidV4(), (messageId) => acceptAs(messageId, type, input, fiber))
    })
  return accept
})

const unlessItThrows = (
  type: MessageType | undefined,
  input: unknown,
  make: () => Result.Result<EncodedCall, MessageError>
): Result.Result<EncodedCall, MessageError> => {
  try {
    return make()
  } catch (error) {
    // Only a getter, a proxy or a toJSON of the caller's can throw here.
    const reason = `reading the message threw ${nameThrown(error)}`
    return Result.fail(new UnserializableMessage({ ...readCallName(type, input), path: "", reason }))
  }
}

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

const logAccepted = ({ messageId, bytes }: EncodedCall) =>
  quietly(Effect.annotateLogs(Effect.logDebug("message accepted"), { messageId, bytes }))
