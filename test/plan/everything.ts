import { Plan } from "cdp-analytics-effect/plan"
import { Schema } from "effect"

interface Category {
  readonly name: string
  readonly since?: Date | undefined
  readonly children: ReadonlyArray<Category>
}

const Category = Schema.Struct({
  name: Schema.String.annotate({ description: "As shoppers see it" }),
  since: Schema.optional(Schema.Date),
  children: Schema.Array(Schema.suspend((): Schema.Codec<Category> => Category))
}).annotate({ identifier: "Category", description: "A shelf, and those on it" })

const Money = Schema.Struct({
  amount: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)),
  currency: Schema.Literals(["EUR", "USD", "GBP"])
}).annotate({ identifier: "Money" })

/** A plan that has everything that a plan may have. */
export const everything = Plan.make({
  name: "Web shop",
  description: "What shoppers do",
  onViolation: "report",
  annotate: true,
  track: {
    "Order Completed": {
      description: "A person has paid.\nNot when the money arrives: /* that */ is another event",
      owner: "checkout",
      tags: ["revenue", 'a "tag"'],
      version: 2,
      additionalProperties: "fail",
      reserved: "allow",
      properties: {
        orderId: Schema.NonEmptyString.annotate({ description: "The order's id" }),
        paidAt: Schema.Date.annotate({ description: "When the provider said so" }),
        paid: Money,
        takenOff: Schema.optional(Money).annotate({ description: "What was taken off, where something was" }),
        coupon: Schema.optional(Schema.String),
        gift: Schema.Option(Schema.Boolean),
        shelf: Category,
        positions: Schema.Array(
          Schema.Struct({
            sku: Schema.String.check(Schema.isPattern(/^[A-Z]{1,3}-\d+\/?$/u), Schema.isMaxCodePoints(20)),
            quantity: Schema.Int.check(Schema.isGreaterThan(0)),
            colour: Schema.NullOr(Schema.Literals(["red", "green", "blue"])),
            /* Long enough that it does not fit on one line. */
            wrapping: Schema.optional(
              Schema.Union([
                Schema.Struct({ kind: Schema.Literal("paper"), pattern: Schema.String.annotate({ title: "Pattern" }) }),
                Schema.Struct({ kind: Schema.Literal("box"), size: Schema.Literals([1, 2, 3]), ribbon: Schema.Boolean })
              ])
            )
          })
        ).check(Schema.isMinLength(1)),
        shelves: Schema.Array(Schema.String).check(Schema.isUnique())
      }
    },
    "Cart Emptied": {},
    '42 --terrible "name"': { deprecated: 'Use "Order Completed" */', properties: { "it's": Schema.Unknown } },
    ["__proto__"]: { properties: { ["__proto__"]: Schema.optional(Schema.String), constructor: Schema.Null } },
    "Product Viewed": {
      description: "x".repeat(150),
      versions: {
        1: { owner: "search", properties: { sku: Schema.String } },
        2: {
          owner: "browse",
          properties: {
            sku: Schema.String,
            at: Schema.Tuple([Schema.Finite, Schema.optionalKey(Schema.Finite)]),
            trail: Schema.TupleWithRest(Schema.Tuple([Schema.String]), [Schema.Int]),
            labels: Schema.Record(Schema.String, Schema.Boolean),
            open: Schema.StructWithRest(Schema.Struct({ a: Schema.Finite }), [
              Schema.Record(Schema.String, Schema.Unknown)
            ]),
            cost: Schema.Union([Money, Schema.Struct({ free: Schema.Literal(true) }), Schema.Date], { mode: "oneOf" }),
            sizes: Schema.Literals(Array.from({ length: 60 }, (_, index) => index * 7)),
            names: Schema.Literals(Array.from({ length: 12 }, (_, index) => `a rather long name ${index}`)),
            text: Schema.String.annotate({ description: "d".repeat(160), examples: ["a", "b"], default: "a" })
          }
        }
      }
    },
    "Search Done": { latest: "b", versions: { a: {}, b: { properties: { query: Schema.String } } } }
  },
  identify: {
    description: "People",
    traits: { email: Schema.String, plan: Schema.Literals(["free", "pro"]), money: Schema.optional(Money) }
  },
  group: { traits: { name: Schema.String, shelf: Schema.optional(Category) } },
  page: { Product: { properties: { sku: Schema.String } } },
  screen: {}
})
