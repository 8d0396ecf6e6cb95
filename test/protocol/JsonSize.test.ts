import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { sizeOf } from "../../src/protocol/JsonSize.ts"

describe("the size of JSON", () => {
  it.prop("is that of its text", { json: Schema.Json }, ({ json }) => {
    const text = JSON.stringify(json)
    assert.strictEqual(sizeOf(JSON.parse(text)).bytes, new TextEncoder().encode(text).length)
  })

  it("counts what takes more bytes than it shows", () => {
    for (const json of [
      '"',
      "\\",
      "\u0000",
      "\u007f",
      "é",
      "漢",
      "🦊",
      "\ud800",
      { "\n": -0 },
      [],
      {},
      [[], {}],
      1e21,
      ""
    ]) {
      const text = JSON.stringify(json)
      assert.strictEqual(sizeOf(JSON.parse(text)).bytes, new TextEncoder().encode(text).length, text)
    }
  })

  it("counts an infinite number as JSON writes it", () => {
    assert.strictEqual(sizeOf(JSON.parse("[1e999,-1e999]")).bytes, "[null,null]".length)
  })

  it("counts the values, and is counted of what no function that calls itself could look through", () => {
    const depth = 50_000
    const text = `${'{"a":['.repeat(depth)}1${"]}".repeat(depth)}`
    assert.deepStrictEqual(sizeOf(JSON.parse(text)), { bytes: text.length, values: 2 * depth + 1 })
  })
})
