/**
 * Records of what is known, which grow in place: what a message costs must not depend on how much is known already.
 */
import type * as Schema from "effect/Schema"
import { isWireObject, type WireObject } from "../protocol/WireMessage.ts"
import { weigh } from "./weight.ts"

type MutableRecord = Record<string, Schema.Json>

/** A record and what it takes. No part of it that can grow is part of anything else. */
export interface Growing {
  readonly record: MutableRecord
  weight: number
}

export const makeGrowing = (): Growing => ({ record: emptyRecord(), weight: 0 })

/** As it is now, in records that are like any other. */
export const snapshot = ({ record }: Growing): WireObject => plain(record)

const plain = (record: WireObject): WireObject =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, isWireObject(value) ? plain(value) : value]))

/** Without a prototype, so that a key named `__proto__` is a key like any other. */
const emptyRecord = (): MutableRecord => Object.create(null)

/** A copy, but of arrays, which never grow. */
const copy = (value: Schema.Json): Schema.Json => {
  if (!isWireObject(value)) return value
  const record = emptyRecord()
  for (const [key, inner] of Object.entries(value)) record[key] = copy(inner)
  return record
}

/** Sets a key, and says by how much that grew. */
const put = (into: MutableRecord, key: string, value: Schema.Json): number => {
  const known = into[key]
  into[key] = copy(value)
  return weigh(value) - (known === undefined ? -weigh(key) : weigh(known))
}

/** Takes over every key, and says by how much that grew. */
export const assign = (into: Growing, from: WireObject): number => {
  let grown = 0
  for (const [key, value] of Object.entries(from)) grown += put(into.record, key, value)
  into.weight += grown
  return grown
}

/** Merges deeply, and says by how much that grew; where both have a value, that of `from` is taken if it is the newer one. */
export const mergeInto = (into: Growing, from: WireObject, isNewer = true): number => {
  const grown = mergeRecords(into.record, from, isNewer)
  into.weight += grown
  return grown
}

const mergeRecords = (into: MutableRecord, from: WireObject, isNewer: boolean): number => {
  let grown = 0
  for (const [key, value] of Object.entries(from)) {
    const known = into[key]
    if (isWireObject(known) && isWireObject(value)) grown += mergeRecords(known, value, isNewer)
    else if (known === undefined || isNewer) grown += put(into, key, value)
  }
  return grown
}
