import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import { makeAcceptsAsIs } from "../message/accepts.ts"
import { describeIssue, describeIssues, type IssuePlace } from "../message/issue.ts"
import { nameThrown } from "../message/nameThrown.ts"
import type { AnyRecord } from "../message/open.ts"
import { ownPropertiesWithin } from "../message/own.ts"
import { isRecord, toWire } from "../message/wire.ts"
import { makeCodec } from "./codec.ts"
import type { AdditionalProperties, Fields } from "./definition.ts"
import type { PlannedEvent, PlannedType } from "./model.ts"
import { natureOf } from "./nature.ts"
import { isAlwaysTaken, reservedFields } from "./reserved.ts"

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
  /** All that is wrong, where more may be. */
  readonly places?: () => ReadonlyArray<IssuePlace>
}

/** What there is of a record of properties or traits: what is to be sent, and whether a name is not listed. */
interface Judged {
  readonly value: unknown
  readonly stranger: Violation | undefined
}

/** What was planned of an event, and questions that are made of its Schemas once, when they are first asked. */
export interface Contract {
  readonly event: PlannedEvent
  /** A quick yes to what a call was given: it is right, and can be sent as it is. What it does not accept may still be right. */
  readonly accepts: (value: unknown, additional: AdditionalProperties) => boolean
  /** Whether what it accepts so every call takes as well: then there is no need to look at it again. */
  readonly isAlwaysTaken: (additional: AdditionalProperties) => boolean
  /** Of what a typed call was given: what is to be sent for it. */
  readonly encode: (value: unknown, additional: AdditionalProperties) => Result.Result<Judged, Violation>
  /** Of what an untyped call was given, as JSON says it. */
  readonly check: (value: unknown, additional: AdditionalProperties) => Result.Result<Judged, Violation>
  /** Of JSON that was sent: what a typed call takes for it, with what is not listed as it is. */
  readonly decode: (value: object) => Result.Result<AnyRecord, Violation>
}

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
    ...natureOf(listed),
    isAlwaysTaken: Object.entries(fields).every(([name, schema]) => isAlwaysTaken(event.type, name, schema)),
    names
  }
}

type Compiled = ReturnType<typeof compile>

/** Asks again what was refused. */
type Ask = (options: SchemaAST.ParseOptions) => Result.Result<unknown, SchemaIssue.Issue>

const safely = <A>(make: () => A): A | undefined => {
  try {
    return make()
  } catch {
    return undefined
  }
}

const strictly = { onExcessProperty: "error" } as const

const makeContract = (event: PlannedEvent): Contract => {
  const { plan, type, name } = event
  const place = placeOf(type)
  let compiled: Compiled | undefined

  const inMessage = ({ path, reason }: IssuePlace): IssuePlace => {
    const separator = path === "" || path.startsWith("[") ? "" : "."
    return { path: `${place}${separator}${path}`, reason }
  }

  const violation = (issue: SchemaIssue.Issue, ask: Ask): Violation => ({
    plan,
    type,
    name,
    ...inMessage(describeIssue(issue)),
    places: () => {
      const asked = safely(() => ask({ errors: "all" }))
      return asked !== undefined && Result.isFailure(asked) ? describeIssues(asked.failure).map(inMessage) : []
    }
  })

  /** A Schema may well throw, where it transforms. */
  const guarded = <A>(judge: () => Result.Result<A, Violation>): Result.Result<A, Violation> => {
    try {
      return judge()
    } catch (error) {
      return Result.fail({ plan, type, name, path: place, reason: `reading it threw ${nameThrown(error)}` })
    }
  }

  const asListed = (value: unknown): Judged => ({ value, stranger: undefined })

  /** What is to be sent of a value that has nothing but what is listed. */
  const encodeListed = (
    { encode, decode, isBesideTable }: Compiled,
    value: unknown
  ): Result.Result<unknown, Violation> => {
    // The parser would find what is inherited.
    const own = ownPropertiesWithin(value)
    const encoded = encode(own, strictly)
    if (Result.isFailure(encoded)) {
      return Result.fail(violation(encoded.failure, (options) => encode(own, { ...strictly, ...options })))
    }
    const sent = isBesideTable ? encoded.success : value
    const wire = toWire(sent)
    if (Result.isFailure(wire)) return Result.succeed(sent)
    // Effect takes a Date for an object of any keys, and JSON has text for it.
    return Result.mapBoth(decode(wire.success, strictly), {
      onSuccess: () => sent,
      onFailure: (issue) => violation(issue, (options) => decode(wire.success, { ...strictly, ...options }))
    })
  }

  /** What is listed of it, and what is not. */
  const part = ({ names }: Compiled, value: object) => {
    const listed: Record<string, unknown> = Object.create(null)
    const others: Record<string, unknown> = Object.create(null)
    for (const [name, member] of Object.entries(value)) (names.has(name) ? listed : others)[name] = member
    return { listed, others }
  }

  /** By what is listed of it, beside what is not. */
  const encodeOpen = (compiled: Compiled, value: object): Result.Result<unknown, Violation> => {
    const { listed, others } = part(compiled, value)
    return Result.map(encodeListed(compiled, listed), (sent) => Object.assign(others, sent))
  }

  const accepts = (value: unknown, additional: AdditionalProperties): boolean => {
    compiled ??= compile(event)
    return additional === "allow" ? compiled.acceptsOpen(value) : compiled.accepts(value)
  }

  return {
    event,
    accepts,
    isAlwaysTaken: (additional) => {
      compiled ??= compile(event)
      return additional !== "allow" && compiled.isAlwaysTaken
    },
    encode: (value, additional) =>
      guarded(() => {
        if (accepts(value, additional)) return Result.succeed(asListed(value))
        compiled ??= compile(event)
        const strict = encodeListed(compiled, value)
        if (Result.isSuccess(strict)) return Result.succeed(asListed(strict.success))
        if (additional === "fail" || !isRecord(value)) return Result.fail(strict.failure)
        const stranger = additional === "report" ? strict.failure : undefined
        return Result.map(encodeOpen(compiled, value), (value) => ({ value, stranger }))
      }),
    check: (value, additional) =>
      guarded(() => {
        if (accepts(value, additional)) return Result.succeed(asListed(value))
        compiled ??= compile(event)
        if (compiled.isSameInJson && compiled.acceptsJson(value)) return Result.succeed(asListed(value))
        const wire = Result.getOrElse(toWire(value), () => value)
        const strict = compiled.decode(wire, strictly)
        if (Result.isSuccess(strict)) return Result.succeed(asListed(value))
        const { decode } = compiled
        const askStrictly: Ask = (options) => decode(wire, { ...strictly, ...options })
        const listed = additional === "fail" || !isRecord(wire) ? undefined : part(compiled, wire).listed
        const ask: Ask = listed === undefined ? askStrictly : (options) => decode(listed, options)
        const loose = ask({})
        if (Result.isFailure(loose)) return Result.fail(violation(loose.failure, ask))
        const stranger = additional === "report" ? violation(strict.failure, askStrictly) : undefined
        return Result.succeed({ value, stranger })
      }),
    decode: (value) =>
      guarded(() => {
        compiled ??= compile(event)
        const { listed, others } = part(compiled, value)
        const { decode } = compiled
        return Result.mapBoth(decode(listed), {
          onSuccess: (decoded) => ({ ...others, ...(isRecord(decoded) && decoded) }),
          onFailure: (issue) => violation(issue, (options) => decode(listed, options))
        })
      })
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
