import type { SQLOutputValue } from "node:sqlite"
import { Refusal } from "./fault.ts"

/** By the names of the columns or, where the statement returns arrays, by their numbers. */
export type Row = Readonly<Record<string | number, SQLOutputValue>> | undefined

/** What SQLite gives is what was written, unless somebody else wrote it. */
export const numberIn = (row: Row, column: string | number): number => {
  const value = row?.[column]
  if (typeof value !== "number") throw notWritten(column)
  return value
}

export const textIn = (row: Row, column: string | number): string => {
  const value = row?.[column]
  if (typeof value !== "string") throw notWritten(column)
  return value
}

export const optionalNumberIn = (row: Row, column: string | number): number | undefined =>
  row?.[column] === null ? undefined : numberIn(row, column)

export const optionalTextIn = (row: Row, column: string | number): string | undefined =>
  row?.[column] === null ? undefined : textIn(row, column)

export const memberIn = <A extends string>(
  row: Row,
  column: string | number,
  isMember: (text: unknown) => text is A
): A => {
  const value = row?.[column]
  if (!isMember(value)) throw notWritten(column)
  return value
}

const notWritten = (column: string | number): Refusal =>
  new Refusal("Corrupt", `column ${column} is not what the outbox writes there`)
