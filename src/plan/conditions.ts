/** RudderStack's variants: a case of an event asks for properties of its own. A plan has no cases. */
import type { AnyRecord } from "../message/open.ts"
import { isRecord } from "../message/wire.ts"
import type { Place } from "./document.ts"
import type { Body } from "./messageSchema.ts"

/** What a body asks for whatever the case is: the properties of all cases are optional, which is told. */
export const withoutCases = ({ schema, root }: Body): Body => {
  const definitions = root.at("$defs").entries
  const loosened = definitions.map(([name, place]) => [name, loosen(place)])
  const $defs = Object.fromEntries(loosened)
  return {
    schema: schema.with(loosen(schema)),
    root: loosened.length === 0 ? root : root.with({ ...root.record, $defs })
  }
}

const loosen = (schema: Place): unknown => {
  if (!isRecord(schema.value) || !hasCases(schema.value)) return schema.value
  const { allOf: _, ...whatever } = schema.value
  schema.at("allOf").lose("a plan has no cases: what one of them asks for is optional")
  return { ...whatever, properties: withOptional(whatever["properties"], branchesOf(schema.value).flatMap(membersOf)) }
}

const hasCases = (schema: AnyRecord): boolean =>
  partsOf(schema).some((part) => Object.hasOwn(part, "if") || hasCases(part))

const partsOf = ({ allOf }: AnyRecord): ReadonlyArray<AnyRecord> => (Array.isArray(allOf) ? allOf.filter(isRecord) : [])

const branchesOf = (schema: AnyRecord): ReadonlyArray<AnyRecord> =>
  partsOf(schema)
    .flatMap((part) => [part, part["then"], part["else"], ...branchesOf(part)])
    .filter(isRecord)

type Members = ReadonlyArray<readonly [string, unknown]>

const membersOf = ({ properties }: AnyRecord): Members => (isRecord(properties) ? Object.entries(properties) : [])

/** What is listed, and what cases list beside it. */
export const withOptional = (listed: unknown, cases: Members): AnyRecord =>
  Object.fromEntries([...cases, ...(isRecord(listed) ? Object.entries(listed) : [])])
