import * as Effect from "effect/Effect"
import { type Analytics, wayOf } from "../Analytics.ts"
import type { Receipt } from "../delivery/Delivery.ts"
import { nameCall } from "../message/callName.ts"
import { InvalidMessage } from "../message/MessageError.ts"
import type { AnyRecord } from "../message/open.ts"
import { isRecord } from "../message/wire.ts"
import type { Check } from "../pipeline/accept.ts"
import type { CallError } from "../pipeline/CallError.ts"
import { nameKeys } from "./contract.ts"
import { makeFind } from "./find.ts"
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
  const prepares = new Map<PlannedEvent, Check>()

  const prepareOf = (event: PlannedEvent): Check => {
    const known = prepares.get(event)
    if (known !== undefined) return known
    const prepare = makePrepare(event, consequences, reporter)
    prepares.set(event, prepare)
    return prepare
  }

  return (type, name, input) => {
    const key = nameKeys[type]
    const fail = (path: string, reason: string) => {
      const error = new InvalidMessage({ ...nameCall(type, name), path, reason, plan: plan.name })
      // On the way of every call, where what is refused is counted.
      return way === undefined
        ? Effect.fail(error)
        : way.accept(type, {}, undefined, { prepare: () => error, by: plan })
    }
    const known = find(type, name)
    if (known === undefined) return fail(key ?? "type", "Expected one of the plan")
    if (!isRecord(input)) return fail("", "Expected an object")
    const { version, message } = known.versions.size === 0 ? { version: undefined, message: input } : takeVersion(input)
    const event = version === undefined ? known.latest : known.versions.get(String(version))
    if (event === undefined) return fail("version", "Expected a version of the plan")
    const named = key === undefined ? message : { ...message, [key]: name }
    const prepare = prepareOf(event)
    return way === undefined
      ? callForeign(analytics, type, named, prepare)
      : way.accept(type, named, undefined, { prepare, by: plan })
  }
}

const takeVersion = ({ version, ...message }: AnyRecord) => ({ version, message })
