/**
 * An `Analytics` that somebody else made, such as an application's own mock: all that is known of it are its calls, so what
 * it is given is checked before.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Analytics } from "../Analytics.ts"
import type { Receipt } from "../delivery/Delivery.ts"
import { fit } from "../message/check.ts"
import type { Message, MessageType } from "../message/Message.ts"
import type { MessageError } from "../message/MessageError.ts"
import { type Draft, read, readCallName } from "../message/read.ts"
import { unlessItThrows } from "../message/unlessItThrows.ts"
import type { Check } from "../pipeline/accept.ts"
import type { CallError } from "../pipeline/CallError.ts"

type Service = Analytics["Service"]
type Called = Effect.Effect<Receipt, CallError>

/** A typed call to it: prepared, and by the Schema of its message. */
export const callForeign = (analytics: Service, type: MessageType, input: unknown, prepare: Check): Called =>
  Effect.suspend(() => {
    const message = unlessItThrows(
      () => readCallName(type, input),
      () => Result.flatMap(pass(type, input, prepare), (draft) => fit(draft, Number.POSITIVE_INFINITY))
    )
    return Result.isFailure(message) ? Effect.fail(message.failure) : give(analytics, message.success)
  })

/** The same calls, each checked before it is made. */
export const checkForeign = (analytics: Service, check: Check): Service => {
  const checked =
    <Args extends ReadonlyArray<unknown>>(type: MessageType | undefined, call: (...args: Args) => Called) =>
    (...args: Args): Called =>
      Effect.suspend(() => {
        const passed = unlessItThrows(
          () => readCallName(type, args[0]),
          () => pass(type, args[0], check)
        )
        return Result.isFailure(passed) ? Effect.fail(passed.failure) : call(...args)
      })
  return Analytics.of({
    identify: checked("identify", analytics.identify),
    track: checked("track", analytics.track),
    page: checked("page", analytics.page),
    screen: checked("screen", analytics.screen),
    group: checked("group", analytics.group),
    alias: checked("alias", analytics.alias),
    enqueue: checked(undefined, analytics.enqueue),
    flush: analytics.flush,
    status: analytics.status,
    outcomes: analytics.outcomes
  })
}

const pass = (type: MessageType | undefined, input: unknown, check: Check): Result.Result<Draft, MessageError> =>
  Result.flatMap(read(type, input), (draft) => {
    const refusal = check(draft)
    return refusal === undefined ? Result.succeed(draft) : Result.fail(refusal)
  })

const give = (analytics: Service, message: Message): Called => {
  switch (message.type) {
    case "identify":
      return giveNamed(analytics, message, analytics.identify)
    case "track":
      return giveNamed(analytics, message, analytics.track)
    case "page":
      return giveNamed(analytics, message, analytics.page)
    case "screen":
      return giveNamed(analytics, message, analytics.screen)
    case "group":
      return analytics.group(withoutType(message))
    case "alias":
      return analytics.alias(withoutType(message))
  }
}

const withoutType = <M extends Message>({ type: _, ...input }: M): Omit<M, "type"> => input

/** The types of the calls want to see whom it is about; an `identify` may say so by email alone. */
const giveNamed = <M extends Exclude<Message, { readonly type: "alias" | "group" }>>(
  analytics: Service,
  message: M,
  call: (input: Omit<M, "type"> & ({ readonly userId: string } | { readonly anonymousId: string })) => Called
): Called => {
  const { userId, anonymousId } = message
  if (userId !== undefined) return call({ ...withoutType(message), userId })
  if (anonymousId !== undefined) return call({ ...withoutType(message), anonymousId })
  return analytics.enqueue(message)
}
