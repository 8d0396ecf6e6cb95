import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type Analytics, failCall, wayOf } from "../Analytics.ts"
import type { Receipt } from "../delivery/Delivery.ts"
import { nameCall } from "../message/callName.ts"
import { InvalidMessage } from "../message/MessageError.ts"
import type { AnyRecord } from "../message/open.ts"
import { own } from "../message/own.ts"
import { unlessItThrows } from "../message/unlessItThrows.ts"
import { isRecord } from "../message/wire.ts"
import type { Preparation } from "../pipeline/accept.ts"
import type { CallError } from "../pipeline/CallError.ts"
import { nameKeys } from "./contract.ts"
import { type Known, makeFind } from "./find.ts"
import { callForeign } from "./foreign.ts"
import { type Consequences, makePrepare } from "./judge.ts"
import type { Plan, PlannedEvent, PlannedType } from "./model.ts"
import type { Reporter } from "./report.ts"

/** Any call of a plan. Its types are the caller's concern; all that they say is checked here again. */
export type TypedCall = (
  type: PlannedType,
  name: string | undefined,
  input: unknown
) => Effect.Effect<Receipt, CallError>

export const makeTypedCall = (
  plan: Plan,
  analytics: Analytics["Service"],
  consequences: Consequences,
  reporter: Reporter
): TypedCall => {
  const way = wayOf(analytics)
  const find = makeFind(plan)
  const preparations = new Map<PlannedEvent, Preparation>()

  const preparationOf = (event: PlannedEvent): Preparation => {
    const known = preparations.get(event)
    if (known !== undefined) return known
    const preparation = { prepare: makePrepare(event, consequences, reporter), by: plan }
    preparations.set(event, preparation)
    return preparation
  }

  const fail = (type: PlannedType, name: string | undefined, path: string, reason: string) =>
    Result.fail(new InvalidMessage({ ...nameCall(type, name), path, reason, plan: plan.name }))

  const read = (
    type: PlannedType,
    name: string | undefined,
    input: unknown
  ): Result.Result<Prepared, InvalidMessage> => {
    const known = find(type, name)
    if (known === undefined) return fail(type, name, nameKeys[type] ?? "type", "Expected one of the plan")
    if (!isRecord(input)) return fail(type, name, "", "Expected an object")
    const isVersioned = known.versions.size > 0
    const event = isVersioned ? versionOf(known, own(input, "version")) : known.latest
    if (event === undefined) return fail(type, name, "version", "Expected a version of the plan")
    const message = nameMessage(type, isVersioned ? withoutVersion(input) : input, name)
    return Result.succeed({ message, preparation: preparationOf(event) })
  }

  return (type, name, input) =>
    Effect.suspend(() => {
      const call = unlessItThrows(
        () => nameCall(type, name),
        () => read(type, name, input)
      )
      if (Result.isFailure(call)) return failCall(analytics, type, call.failure)
      const { message, preparation } = call.success
      return way === undefined
        ? callForeign(analytics, type, message, preparation.prepare)
        : way.accept(type, message, undefined, preparation)
    })
}

/** What a call is to send, and what is to be done to it first. */
interface Prepared {
  readonly message: AnyRecord
  readonly preparation: Preparation
}

const versionOf = ({ latest, versions }: Known, version: unknown): PlannedEvent | undefined =>
  version === undefined ? latest : versions.get(String(version))

const withoutVersion = ({ version: _, ...message }: AnyRecord): AnyRecord => message

const nameMessage = (type: PlannedType, message: AnyRecord, name: string | undefined): AnyRecord => {
  switch (nameKeys[type]) {
    case "event":
      return { ...message, event: name }
    case "name":
      return { ...message, name }
    default:
      return message
  }
}
