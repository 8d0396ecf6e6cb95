/**
 * TypeScript as text, laid out as Biome lays it out: in lines of 120 characters, with two spaces, without semicolons.
 */
import { printable } from "../message/printable.ts"

/** A piece of a program. */
export type Code =
  /** What is never broken. */
  | string
  | { readonly _tag: "Call"; readonly callee: string; readonly args: ReadonlyArray<Code> }
  /** Calls on what is before them. */
  | { readonly _tag: "Chain"; readonly head: Code; readonly calls: ReadonlyArray<Method> }
  | { readonly _tag: "List"; readonly items: ReadonlyArray<Code> }
  | { readonly _tag: "Record"; readonly entries: ReadonlyArray<Entry> }

export interface Method {
  readonly name: string
  readonly args: ReadonlyArray<Code>
}

/** A property, and what is told of it before it. */
export interface Entry {
  readonly key: string
  readonly value: Code
  readonly doc?: string | undefined
}

export const call = (callee: string, ...args: ReadonlyArray<Code>): Code => ({ _tag: "Call", callee, args })

export const chain = (head: Code, calls: ReadonlyArray<Method>): Code =>
  calls.length === 0 ? head : { _tag: "Chain", head, calls }

export const list = (items: ReadonlyArray<Code>): Code => ({ _tag: "List", items })

export const record = (entries: ReadonlyArray<Entry>): Code => ({ _tag: "Record", entries })

const width = 120

/** Text as a literal: in the quotes of which it has fewer. */
export const quote = (text: string): string => {
  const json = printable(JSON.stringify(text))
  const count = (mark: string) => text.split(mark).length
  return count('"') > count("'") ? `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'` : json
}

/** A name of a property: one that would set the prototype is computed. */
export const keyOf = (name: string): string =>
  name === "__proto__" ? `["__proto__"]` : /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name)

/** What JSON has, as a literal. */
export const literal = (value: unknown): Code => {
  if (typeof value === "string") return quote(value)
  if (Array.isArray(value)) return list(value.map(literal))
  if (typeof value !== "object" || value === null) return String(value).replace("e+", "e")
  return record(Object.entries(value).map(([name, value]) => ({ key: keyOf(name), value: literal(value) })))
}

/** A comment of documentation. */
export const docOf = (text: string, indent: string): string => {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => printable(line).replaceAll("*/", "*\\/").trimEnd())
  const [only = "", ...more] = lines
  return more.length === 0
    ? `${indent}/** ${only} */\n`
    : `${indent}/**\n${lines.map((line) => `${indent} *${line === "" ? "" : ` ${line}`}\n`).join("")}${indent} */\n`
}

/** On one line; `undefined` where something in it is not to be. */
export const flat = (code: Code): string | undefined => {
  if (typeof code === "string") return code
  switch (code._tag) {
    case "Call":
      return all(code.args, (args) => `${code.callee}(${args.join(", ")})`)
    case "Chain":
      return all([code.head, ...code.calls.map(({ name, args }) => call(`.${name}`, ...args))], (parts) =>
        parts.join("")
      )
    case "List":
      return all(code.items, (items) => `[${items.join(", ")}]`)
    case "Record":
      if (code.entries.some(({ doc }) => doc !== undefined)) return undefined
      return all(
        code.entries.map(({ value }) => value),
        (values) =>
          values.length === 0
            ? "{}"
            : `{ ${code.entries.map(({ key }, index) => `${key}: ${values[index]}`).join(", ")} }`
      )
  }
}

const all = (codes: ReadonlyArray<Code>, join: (texts: ReadonlyArray<string>) => string): string | undefined => {
  const texts: Array<string> = []
  for (const code of codes) {
    const text = flat(code)
    if (text === undefined) return undefined
    texts.push(text)
  }
  return join(texts)
}

/** From a column on, with so many characters behind it on its last line. */
export const layOut = (code: Code, indent: string, column: number, behind: number): string => {
  const line = flat(code)
  if (line !== undefined && column + line.length + behind <= width) return line
  if (typeof code === "string") return code
  switch (code._tag) {
    case "Call":
      return `${code.callee}${layOutArgs(code.args, indent, column + code.callee.length, behind)}`
    case "Chain":
      return layOutChain(code.head, code.calls, indent, column, behind)
    case "List":
      return layOutList(code.items, indent)
    case "Record":
      return layOutRecord(code.entries, indent)
  }
}

const columnAfter = (text: string, column: number): number => {
  const end = text.lastIndexOf("\n")
  return end === -1 ? column + text.length : text.length - end - 1
}

const layOutChain = (
  head: Code,
  calls: ReadonlyArray<Method>,
  indent: string,
  column: number,
  behind: number
): string => {
  let text = layOut(head, indent, column, calls[0] === undefined ? behind : calls[0].name.length + 2)
  for (const [index, { name, args }] of calls.entries()) {
    const next = calls[index + 1]
    text += `.${name}`
    text += layOutArgs(args, indent, columnAfter(text, column), next === undefined ? behind : next.name.length + 2)
  }
  return text
}

const layOutArgs = (args: ReadonlyArray<Code>, indent: string, column: number, behind: number): string => {
  const line = all(args, (texts) => `(${texts.join(", ")})`)
  if (line !== undefined && column + line.length + behind <= width) return line
  const last = args.at(-1)
  const before = all(args.slice(0, -1), (texts) => texts.map((text) => `${text}, `).join(""))
  if (last !== undefined && before !== undefined && isHeld(last) && column + before.length + 2 <= width) {
    const held =
      typeof last === "object" && last._tag === "Record"
        ? layOutRecord(last.entries, indent)
        : layOut(last, indent, width, 0)
    return `(${before}${held})`
  }
  const inner = `${indent}  `
  const lines = args.map(
    (arg, index) => `${inner}${layOut(arg, inner, inner.length, index === args.length - 1 ? 0 : 1)}`
  )
  return args.length === 0 ? "()" : `(\n${lines.join(",\n")}\n${indent})`
}

/** What opens on the line of the call that it is given to. */
const isHeld = (code: Code): boolean =>
  typeof code === "object" &&
  ((code._tag === "Record" && code.entries.length > 0) || (code._tag === "List" && code.items.length > 0))

const layOutList = (items: ReadonlyArray<Code>, indent: string): string => {
  if (items.length === 0) return "[]"
  const inner = `${indent}  `
  if (items.every((item) => typeof item === "string" && /^-?\d/.test(item)))
    return `[\n${fill(items.map(String), inner)}\n${indent}]`
  const lines = items.map(
    (item, index) => `${inner}${layOut(item, inner, inner.length, index === items.length - 1 ? 0 : 1)}`
  )
  return `[\n${lines.join(",\n")}\n${indent}]`
}

/** Numbers stand in as few lines as they need. */
const fill = (items: ReadonlyArray<string>, indent: string): string => {
  const lines: Array<string> = []
  let line = ""
  for (const [index, item] of items.entries()) {
    const text = index === items.length - 1 ? item : `${item},`
    if (line !== "" && indent.length + line.length + 1 + text.length > width) {
      lines.push(line)
      line = ""
    }
    line = line === "" ? text : `${line} ${text}`
  }
  return [...lines, line].map((line) => `${indent}${line}`).join("\n")
}

const layOutRecord = (entries: ReadonlyArray<Entry>, indent: string): string => {
  if (entries.length === 0) return "{}"
  const inner = `${indent}  `
  const lines = entries.map(({ key, value, doc }, index) => {
    const behind = index === entries.length - 1 ? 0 : 1
    const column = inner.length + key.length + 2
    const comment = doc === undefined ? "" : docOf(doc, inner)
    const line = flat(value)
    // What has no place to break at goes to a line of its own.
    const isBroken = typeof value === "string" && line !== undefined && column + line.length + behind > width
    const text = isBroken ? `\n${inner}  ${line}` : ` ${layOut(value, inner, column, behind)}`
    return `${comment}${inner}${key}:${text}`
  })
  return `{\n${lines.join(",\n")}\n${indent}}`
}
