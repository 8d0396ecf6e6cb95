import { describe, expect, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import * as Schema from "effect/Schema"
import { contractOf } from "../../src/plan/contract.ts"
import { makeRandom } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"
import { arbitraryPlan, hostileNames } from "./arbitrary.ts"

interface Message {
  readonly type: string
  readonly event?: string
  readonly name?: string
  readonly properties?: object
  readonly traits?: object
  readonly context?: { readonly protocols: { readonly event_version: unknown } }
}

/** The messages that stand in a page. */
const messagesIn = (page: string): ReadonlyArray<Message> =>
  [...page.matchAll(/^(`{3,})json\n(.*?)\n\1$/gms)].map(([, , text]) => JSON.parse(text!))

/** Signs that Markdown would read: not escaped, and in no code. */
const bare = (page: string, sign: RegExp): ReadonlyArray<string> =>
  page
    .replaceAll(/^(`{3,})json\n.*?\n\1$/gms, "")
    .replaceAll(/\\[^a-z0-9\s]/gi, "")
    .replaceAll(/`[^`\n]+`/g, "")
    .replaceAll(/<a id="[a-z0-9-]+"><\/a>|<code>[^<]*<\/code>|&#\d+;|> \*\*Deprecated\.\*\*|\]\(#[a-z0-9-]+\)/g, "")
    .match(sign) ?? []

describe("Plan.toMarkdown", () => {
  it("is a page to read", () => {
    const plan = Plan.make({
      name: "Shop",
      description: "What shoppers do",
      track: {
        "Order Completed": {
          description: "A person has paid",
          owner: "checkout",
          tags: ["revenue"],
          version: 2,
          additionalProperties: "fail",
          properties: {
            total: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)).annotate({ description: "With taxes" }),
            coupon: Schema.optional(Schema.NullOr(Schema.String.check(Schema.isPattern(/^[A-Z]{3}$/u)))),
            paidAt: Schema.Date,
            products: Schema.Array(Schema.Struct({ sku: Schema.String, size: Schema.Literals(["S", "M"]) }))
          }
        },
        "Cart Emptied": { deprecated: "use Cart Changed" }
      },
      identify: { traits: { email: Schema.String } }
    })
    expect(Plan.toMarkdown(plan)).toBe(`# Shop

What shoppers do

- Events
  - [Order Completed](#track-1-order-completed)
  - [Cart Emptied](#track-2-cart-emptied) (deprecated)
- [People](#identify)

## Events

<a id="track-1-order-completed"></a>

### Order Completed

A person has paid

Version 2 · Owner: checkout · Tags: \`revenue\`

| Property | Type | Required | Description |
| --- | --- | --- | --- |
| \`total\` | number (at least 0) | yes | With taxes |
| \`coupon\` | text (like \`/^[A-Z]{3}$/\`) or null |  |  |
| \`paidAt\` | time | yes |  |
| \`products\` | list of objects | yes |  |
| \`products[].sku\` | text | yes |  |
| \`products[].size\` | \`"S"\` or \`"M"\` | yes |  |

No other properties are allowed.

\`\`\`json
{
  "type": "track",
  "userId": "019mr8mf4r",
  "event": "Order Completed",
  "properties": {
    "total": 1,
    "coupon": "EUR",
    "paidAt": "2026-01-31T12:00:00.000Z",
    "products": [
      {
        "sku": "text",
        "size": "S"
      }
    ]
  }
}
\`\`\`

<a id="track-2-cart-emptied"></a>

### Cart Emptied

> **Deprecated.** use Cart Changed

It has no properties of its own.

\`\`\`json
{
  "type": "track",
  "userId": "019mr8mf4r",
  "event": "Cart Emptied",
  "properties": {}
}
\`\`\`

<a id="identify"></a>

## People

| Trait | Type | Required | Description |
| --- | --- | --- | --- |
| \`email\` | text | yes |  |

\`\`\`json
{
  "type": "identify",
  "userId": "019mr8mf4r",
  "traits": {
    "email": "text"
  }
}
\`\`\`
`)
  })

  it("shows any text as it is, and lets it do nothing", () => {
    const texts = [
      ...hostileNames,
      ...[
        "a|b",
        "a\\|b",
        "`c`",
        "``",
        "<b>d</b>",
        "*e*",
        "[f](javascript:g)",
        "![h](i)",
        " ",
        "C #",
        "&amp;",
        ":tada:"
      ],
      ...["# h\n## i", "- j", "1. k", "> l", "=== m", "| n |", "```\nend\n```", "<script>alert(1)</script>", "\u202eo"]
    ]
    const properties = Object.fromEntries(
      texts.map((text) => [text, Schema.Literals([text, "x"]).annotate({ description: text })])
    )
    for (const text of texts) {
      const plan = Plan.make({
        name: text,
        description: text,
        track: {
          [text.trim() === "" ? "-" : text]: {
            description: text,
            deprecated: text,
            owner: text,
            tags: [text],
            properties
          }
        },
        identify: { description: text, traits: properties }
      })
      const page = Plan.toMarkdown(plan)
      const [event, person] = messagesIn(page)
      expect(Object.keys(event!.properties!).sort()).toEqual([...texts].sort())
      expect(Object.keys(person!.traits!).sort()).toEqual([...texts].sort())
      expect(bare(page, /[<>]/g)).toEqual([])
      expect(bare(page, /[*_~$`&]/g)).toEqual([])
      for (const line of page.split("\n")) {
        if (line.startsWith("| ")) expect(line.replaceAll(/\\./g, "").split("|")).toHaveLength(6)
      }
      expect(page.match(/^#{1,4} /gm)).toHaveLength(4)
      expect(page).not.toMatch(/\u202e|[\ud800-\udbff](?![\udc00-\udfff])/)
    }
  })

  it("has examples that the plan allows, the same each time", () => {
    let events = 0
    let examples = 0
    for (let seed = 0; seed < repetitions.plans; seed++) {
      const { plan } = arbitraryPlan(makeRandom(seed))
      const page = Plan.toMarkdown(plan)
      expect(page).toBe(Plan.toMarkdown(arbitraryPlan(makeRandom(seed)).plan))
      events += plan.events.length
      for (const message of messagesIn(page)) {
        examples++
        const version = message.context?.protocols.event_version
        const event = plan.events.find(({ type, name, version: other }) => {
          return (
            type === message.type &&
            name === (message.event ?? message.name) &&
            (version === undefined || String(version) === other)
          )
        })!
        expect(contractOf(event).check(message.properties ?? message.traits, "fail")._tag).toBe("Success")
      }
    }
    expect(examples / events).toBeGreaterThan(0.8)
  }, 600_000)

  it("ends, though schemas name one another again and again, or ask for much", () => {
    const definitions = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [
        `d${index}`,
        {
          type: "object",
          properties: { a: { $ref: `#/definitions/d${index + 1}` }, b: { $ref: `#/definitions/d${index + 1}` } }
        }
      ])
    )
    const { plan } = Plan.fromSegment({
      name: "P",
      rules: [
        {
          type: "TRACK",
          key: "E",
          jsonSchema: {
            definitions: { ...definitions, d60: { type: "string" } },
            properties: {
              properties: {
                properties: {
                  tree: { $ref: "#/definitions/d0" },
                  long: { type: "string", minLength: 1e9 },
                  many: { type: "array", minItems: 1e9 },
                  slow: { type: "string", pattern: "^(a+)+$" }
                }
              }
            }
          }
        }
      ]
    })
    expect(Plan.toMarkdown(plan)).toContain("tree")
    const text = JSON.stringify(Plan.toRudderStack(plan, { form: "cli" }))
    expect(text.length).toBeLessThan(100_000)
  })
})
