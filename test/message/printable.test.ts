import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { isTooDeep, maxDepth } from "../../src/message/depth.ts"
import { printable, printableName } from "../../src/message/printable.ts"

describe("printable", () => {
  it.effect.prop("keeps what shows, on one line, and JSON the same JSON", [Arbitrary.schema(Schema.String)], ([text]) =>
    Effect.sync(() => {
      const shown = printable(text)
      assert.notMatch(shown, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
      assert.strictEqual(JSON.parse(printable(JSON.stringify({ text }))).text, text)
      assert.isAtMost(printableName(text.repeat(50)).length, 100)
    })
  )

  it.each([
    ["\u001b]0;a title\u0007", "\\u001b]0;a title\\u0007"],
    ["one\r\ntwo\u2028three\u0085four", "one\\u000d\\u000atwo\\u2028three\\u0085four"],
    ["\u202eevil\u2066", "\\u202eevil\\u2066"],
    ["\u{e0041}half \ud800", "\\udb40\\udc41half \\ud800"],
    ["Grüße, 世界 🦊", "Grüße, 世界 🦊"]
  ])("%j", (text, shown) => {
    assert.strictEqual(printable(text), shown)
  })
})

describe("isTooDeep", () => {
  const nested = (depth: number): unknown => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`)

  it("counts what stands in what, however deep it is", () => {
    assert.isFalse(isTooDeep(nested(maxDepth)))
    assert.isTrue(isTooDeep(nested(maxDepth + 1)))
    assert.isTrue(isTooDeep(nested(200_000)))
    assert.isFalse(isTooDeep("text"))
  })
})
