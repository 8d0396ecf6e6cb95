import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import { makeAcceptsAsIs } from "../message/accepts.ts"
import { describeIssue } from "../message/issue.ts"
import { Properties } from "../message/Properties.ts"
import { GroupTraits, Traits } from "../message/Traits.ts"
import { isRecord, toWire } from "../message/wire.ts"
import { makeCodec } from "./codec.ts"
import type { AdditionalProperties, Fields } from "./definition.ts"
import type { PlannedEvent, PlannedType } from "./model.ts"

/** Where what is told with a call stands in its message. */
export type Place = "properties" | "traits"

export const placeOf = (type: PlannedType): Place => (type === "identify" || type === "group" ? "traits" : "properties")

/** Where the name stands in a message that has one. */
export const nameKeys: Readonly<Record<PlannedType, "event" | "name" | undefined>> = {
  track: "event",
  page: "name",
  screen: "name",
  identify: undefined,
  group: undefined
}

/** What a plan does not allow: where, and why not; never the value. */
export interface Violation {
  /** The name of the plan. */
  readonly plan: string
  readonly type: PlannedType
  /** Of the event, the page or the screen. */
  readonly name: string | undefined
  /** In the message. */
  readonly path: string
  readonly reason: string
}

/** What there is of a record of properties or traits: what is to be sent, and whether a name is not listed. */
interface Judged {
  readonly value: unknown
  readonly stranger: Violation | undefined
}

/** What was planned of an event, and questions that are made of its Schemas once, when they are first asked. */
export interface Contract {
  readonly event: PlannedEvent
  /** Of what a typed call was given: what is to be sent for it. */
  readonly encode: (value: unknown, additional: AdditionalProperties) => Result.Result<Judged, Violation>
  /** Of what an untyped call was given, as JSON says it. */
  readonly check: (value: unknown, additional: AdditionalProperties) => Result.Result<Judged, Violation>
}

const reservedFields = {
  track: Properties.schema.fields,
  page: Properties.schema.fields,
  screen: Properties.schema.fields,
  identify: Traits.schema.fields,
  group: GroupTraits.schema.fields
} satisfies Record<PlannedType, Fields>

/** Effect's empty struct is of anything. */
const nothingListed = Schema.Record(Schema.String, Schema.Unknown).check(
  Schema.makeFilter((record) =>
    Object.keys(record)
      .slice(0, 1)
      .map((name) => ({ path: [name], issue: "Expected no excess property" }))
  )
)

const compile = (event: PlannedEvent) => {
  // What the plan lists comes last, and so first.
  const fields: Fields = event.allowsReserved ? { ...reservedFields[event.type], ...event.fields } : event.fields
  const names = new Set(Object.keys(fields))
  const struct = Schema.Struct(fields)
  const listed = names.size === 0 ? nothingListed : struct
  const open = Schema.StructWithRest(struct, [Schema.Record(Schema.String, Schema.Unknown)])
  const codec = makeCodec(listed)
  const json = Schema.toEncoded(codec)
  return {
    /** Quick questions: what they do not accept may still be right. */
    accepts: makeAcceptsAsIs(listed),
    acceptsOpen: makeAcceptsAsIs(open),
    acceptsJson: makeAcceptsAsIs(json),
    encode: SchemaParser.encodeUnknownResult(codec),
    decode: SchemaParser.decodeUnknownResult(codec),
    names
  }
}

const strictly = { onExcessProperty: "error" } as const

const makeContract = (event: PlannedEvent): Contract => {
  const { plan, type, name } = event
  const place = placeOf(type)
  let compiled: ReturnType<typeof compile> | undefined

  const violation = (issue: SchemaIssue.Issue): Violation => {
    const { path, reason } = describeIssue(issue)
    const separator = path === "" || path.startsWith("[") ? "" : "."
    return { plan, type, name, path: `${place}${separator}${path}`, reason }
  }

  const asListed = (value: unknown): Judged => ({ value, stranger: undefined })

  /** By what is listed of it, beside what is not. */
  const encodeOpen = (
    { encode, names }: ReturnType<typeof compile>,
    value: object,
    stranger: Violation | undefined
  ): Result.Result<Judged, Violation> => {
    const listed: Record<string, unknown> = Object.create(null)
    const others: Record<string, unknown> = Object.create(null)
    for (const [name, member] of Object.entries(value)) (names.has(name) ? listed : others)[name] = member
    return Result.mapBoth(encode(listed, strictly), {
      onSuccess: (encoded) => ({ value: Object.assign(others, encoded), stranger }),
      onFailure: violation
    })
  }

  return {
    event,
    encode: (value, additional) => {
      compiled ??= compile(event)
      if ((additional === "allow" ? compiled.acceptsOpen : compiled.accepts)(value)) {
        return Result.succeed(asListed(value))
      }
      const strict = compiled.encode(value, strictly)
      if (Result.isSuccess(strict)) return Result.succeed(asListed(strict.success))
      const refusal = violation(strict.failure)
      if (additional === "fail" || !isRecord(value)) return Result.fail(refusal)
      return encodeOpen(compiled, value, additional === "report" ? refusal : undefined)
    },
    check: (value, additional) => {
      compiled ??= compile(event)
      const accepts = additional === "allow" ? compiled.acceptsOpen : compiled.accepts
      if (accepts(value) || compiled.acceptsJson(value)) return Result.succeed(asListed(value))
      const wire = Result.getOrElse(toWire(value), () => value)
      const strict = compiled.decode(wire, strictly)
      if (Result.isSuccess(strict)) return Result.succeed(asListed(value))
      const loose = additional === "fail" ? strict : compiled.decode(wire)
      if (Result.isFailure(loose)) return Result.fail(violation(loose.failure))
      return Result.succeed({ value, stranger: additional === "report" ? violation(strict.failure) : undefined })
    }
  }
}

const contracts = new WeakMap<PlannedEvent, Contract>()

/** Made once for each event, when it is first asked for. */
export const contractOf = (event: PlannedEvent): Contract => {
  const known = contracts.get(event)
  if (known !== undefined) return known
  const contract = makeContract(event)
  contracts.set(event, contract)
  return contract
}
