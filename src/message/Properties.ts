/**
 * What is known about an event, a page or a screen.
 *
 * Reserved names are typed; any other key is allowed. Dates anywhere inside become ISO 8601 strings.
 *
 * @see https://docs.customer.io/cdp/sources/source-spec/track-spec/
 * @since 0.1.0
 */
import { Schema } from "effect"
import { open, reserved } from "./open.ts"

/**
 * One product of a commerce event.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Product = open({
  product_id: reserved(Schema.String),
  sku: reserved(Schema.String),
  name: reserved(Schema.String),
  category: reserved(Schema.String),
  price: reserved(Schema.Finite),
  quantity: reserved(Schema.Finite),
  coupon: reserved(Schema.String)
}).annotate({ identifier: "Product", title: "Product", description: "One product of a commerce event" })

/**
 * Properties of an event, a page or a screen.
 *
 * **Example** (A commerce event)
 *
 * ```ts
 * import type { Properties } from "cdp-analytics-effect"
 *
 * const properties: Properties = {
 *   order_id: "50314b8e",
 *   total: 39.95,
 *   currency: "USD",
 *   products: [{ sku: "G-32", name: "shoes", price: 39.95, quantity: 1 }]
 * }
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const Properties = open({
  url: reserved(Schema.String),
  path: reserved(Schema.String),
  search: reserved(Schema.String),
  title: reserved(Schema.String),
  referrer: reserved(Schema.String),
  category: reserved(Schema.String),
  name: reserved(Schema.String),
  /** Money the event brought in, in `currency`. */
  revenue: reserved(Schema.Finite),
  /** ISO 4217 code, such as `USD`. */
  currency: reserved(Schema.String),
  /** An abstract value, where `revenue` does not fit. */
  value: reserved(Schema.Finite),
  product_id: reserved(Schema.String),
  order_id: reserved(Schema.String),
  sku: reserved(Schema.String),
  price: reserved(Schema.Finite),
  quantity: reserved(Schema.Finite),
  total: reserved(Schema.Finite),
  subtotal: reserved(Schema.Finite),
  shipping: reserved(Schema.Finite),
  tax: reserved(Schema.Finite),
  discount: reserved(Schema.Finite),
  coupon: reserved(Schema.String),
  products: reserved(Schema.Array(Product))
}).annotate({
  identifier: "Properties",
  title: "Properties",
  description: "What is known about an event, a page or a screen: reserved names, typed, and any other key",
  examples: [{ product: "shoes", price: 39.95 }]
})

/**
 * @category models
 * @since 0.1.0
 */
export type Properties = typeof Properties.Type
