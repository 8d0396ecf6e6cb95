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
import type { MessageError } from "../message/MessageError.ts"
import { mergeContexts } from "../message/mergeContexts.ts"
import { type Draft, read, readCallName } from "../message/read.ts"
import { checkSuspicious } from "../message/suspicious.ts"
import { unlessItThrows } from "../message/unlessItThrows.ts"
import type { Count } from "../telemetry/count.ts"
import { isDebug, quietly } from "../telemetry/log.ts"
import type { Entrance } from "./admission.ts"
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

/**
 * What may refuse a message, or change it: it has what the call and what is around it say, and what its values are in JSON.
 */
export type Check = (draft: Draft) => MessageError | undefined

/** A check of every call, but of those that were prepared for it. */
export interface StandingCheck {
  readonly check: Check
  readonly isPreparedBy: (by: object) => boolean
}

/** What a typed call does to its message before all checks, and in whose name. */
export interface Preparation {
  readonly prepare: Check
  readonly by: object
}

/** The way of a call. Without a type, the message names its own. */
export interface Accept {
  (
    type: MessageType | undefined,
    input: unknown,
    options?: EnqueueOptions,
    preparation?: Preparation
  ): Effect.Effect<Receipt, CallError>
  /** The same way with one more check on it. */
  readonly with: (check: StandingCheck) => Accept
}

export const makeAccept = Effect.fnUntraced(function* (
  options: AcceptOptions,
  { isClosed, admit }: Entrance,
  count: Count
) {
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
    { type, input, preparation, checks }: Call,
    contexts: ReadonlyArray<EventContextInput>,
    stamp: Stamp | undefined
  ): Result.Result<EncodedCall, MessageError> => {
    const draft = read(type, input)
    if (Result.isFailure(draft)) return Result.fail(draft.failure)
    const { maxMessageBytes, allowSuspiciousIds } = options
    const refusal =
      (stamp === undefined ? checkStamp(draft.success) : mergeContexts(draft.success, contexts, maxMessageBytes)) ??
      preparation?.prepare(draft.success) ??
      check(draft.success, maxMessageBytes) ??
      (allowSuspiciousIds ? undefined : checkSuspicious(draft.success)) ??
      checkAll(checks, draft.success, preparation?.by)
    return refusal === undefined ? encode(draft.success, stamp) : Result.fail(refusal)
  }

  const acceptAs = (
    messageId: string | undefined,
    call: Call,
    fiber: Fiber.Fiber<unknown, unknown>
  ): Effect.Effect<Receipt, CallError> => {
    const { type, input } = call
    if (isClosed()) return refuse(new AnalyticsClosed(readCallName(type, input)))
    const stamp =
      messageId === undefined
        ? undefined
        : { messageId, timestamp: fiber.getRef(Clock.Clock).currentTimeMillisUnsafe() }
    const made = unlessItThrows(
      () => readCallName(type, input),
      () => make(call, fiber.getRef(AmbientContext), stamp)
    )
    if (Result.isFailure(made)) return refuse(made.failure)
    const message = made.success
    if (!options.enabled) return Effect.succeed(deliveredReceipt(message.messageId))
    const admitted = admit(message, linkOf(fiber))
    return isDebug(fiber) ? Effect.tap(admitted, logAccepted(message)) : admitted
  }

  const acceptWith = (checks: ReadonlyArray<StandingCheck>): Accept =>
    Object.assign(
      (type: MessageType | undefined, input: unknown, how?: EnqueueOptions, preparation?: Preparation) =>
        Effect.withFiber((fiber) => {
          const call = { type, input, preparation, checks }
          if (how?.asStamped === true) return acceptAs(undefined, call, fiber)
          const random = Context.getOrUndefined(fiber.context, SecureRandom.SecureRandom) ?? defaultRandom
          return random === undefined
            ? acceptAs(webCrypto.randomUUID(), call, fiber)
            : Effect.flatMap(random.uuidV4(), (messageId) => acceptAs(messageId, call, fiber))
        }),
      { with: (check: StandingCheck) => acceptWith([...checks, check]) }
    )
  return acceptWith([])
})

/** What was called, and with what. */
interface Call {
  readonly type: MessageType | undefined
  readonly input: unknown
  readonly preparation: Preparation | undefined
  readonly checks: ReadonlyArray<StandingCheck>
}

const checkAll = (
  checks: ReadonlyArray<StandingCheck>,
  draft: Draft,
  by: object | undefined
): MessageError | undefined => {
  for (const { check, isPreparedBy } of checks) {
    const refusal = by !== undefined && isPreparedBy(by) ? undefined : check(draft)
    if (refusal !== undefined) return refusal
  }
  return undefined
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
