/**
 * What is known about an event, a page or a screen.
 *
 * Reserved names are typed; any other key is allowed. Dates and other data of Effect anywhere inside have a form in JSON:
 * `toWire` has the table.
 *
 * @see https://docs.customer.io/cdp/sources/source-spec/track-spec/
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { type NotData, open, reserved } from "./open.ts"

/**
 * The names that Customer.io reserves in a `Product`.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface ReservedProduct {
  /** The product's id in your own database. */
  readonly product_id?: string | null | undefined
  /** The product's stock keeping unit, such as `G-32`. */
  readonly sku?: string | null | undefined
  /** Such as `Running shoes`. */
  readonly name?: string | null | undefined
  /** Such as `Shoes`. */
  readonly category?: string | null | undefined
  /** Of one of them, in the event's `currency`. */
  readonly price?: number | null | undefined
  /** How many of them. */
  readonly quantity?: number | null | undefined
  /** The code of a coupon that was used for it. */
  readonly coupon?: string | null | undefined
}

/**
 * One product of a commerce event: reserved names, typed, and any other key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Product extends ReservedProduct {
  readonly [key: string]: unknown
}

/**
 * What may be given as a `Product`.
 *
 * @category models
 * @since 0.1.0
 */
export type ProductInput = Product | (ReservedProduct & NotData & object)

/**
 * One product of a commerce event.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Product = open<Product, ProductInput>()({
  product_id: reserved(Schema.String),
  sku: reserved(Schema.String),
  name: reserved(Schema.String),
  category: reserved(Schema.String),
  price: reserved(Schema.Finite),
  quantity: reserved(Schema.Finite),
  coupon: reserved(Schema.String)
}).annotate({ identifier: "Product", title: "Product", description: "One product of a commerce event" })

/**
 * The names that Customer.io reserves in `Properties`.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface ReservedProperties {
  /** The page's whole URL. */
  readonly url?: string | null | undefined
  /** The path of that. */
  readonly path?: string | null | undefined
  /** The query of that, with its `?`. */
  readonly search?: string | null | undefined
  /** The page's title. */
  readonly title?: string | null | undefined
  /** URL of the page before. */
  readonly referrer?: string | null | undefined
  /** What kind of page, screen or product it was. */
  readonly category?: string | null | undefined
  /** The name of the page or the screen. */
  readonly name?: string | null | undefined
  /** Money the event brought in, in `currency`. */
  readonly revenue?: number | null | undefined
  /** ISO 4217 code, such as `USD`. */
  readonly currency?: string | null | undefined
  /** An abstract value, where `revenue` does not fit. */
  readonly value?: number | null | undefined
  /** The product's id in your own database. */
  readonly product_id?: string | null | undefined
  /** The order's id in your own database. */
  readonly order_id?: string | null | undefined
  /** The product's stock keeping unit, such as `G-32`. */
  readonly sku?: string | null | undefined
  /** Of one product, in `currency`. */
  readonly price?: number | null | undefined
  /** How many of the product. */
  readonly quantity?: number | null | undefined
  /** What is to be paid, with tax and shipping, in `currency`. */
  readonly total?: number | null | undefined
  /** What is to be paid before tax and shipping, in `currency`. */
  readonly subtotal?: number | null | undefined
  /** What shipping costs, in `currency`. */
  readonly shipping?: number | null | undefined
  /** In `currency`. */
  readonly tax?: number | null | undefined
  /** What was taken off, in `currency`. */
  readonly discount?: number | null | undefined
  /** The code of a coupon that was used. */
  readonly coupon?: string | null | undefined
  /** The products of a commerce event. */
  readonly products?: ReadonlyArray<ProductInput> | null | undefined
}

/**
 * Properties of an event, a page or a screen: reserved names, typed, and any other key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Properties extends ReservedProperties {
  readonly [key: string]: unknown
  readonly products?: ReadonlyArray<Product> | null | undefined
}

/**
 * What may be given as `Properties`.
 *
 * **Example** (An interface of your own, and an instance of a class)
 *
 * ```ts
 * import { Analytics } from "cdp-analytics-effect"
 * import { Schema } from "effect"
 *
 * interface Viewed {
 *   readonly url: string
 *   readonly seconds: number
 * }
 * class Order extends Schema.Class<Order>("Order")({ order_id: Schema.String, total: Schema.Finite }) {}
 *
 * const viewed = (properties: Viewed) => Analytics.track({ userId: "019mr8mf4r", event: "viewed", properties })
 * const ordered = (properties: Order) => Analytics.track({ userId: "019mr8mf4r", event: "ordered", properties })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export type PropertiesInput = Properties | (ReservedProperties & NotData & object)

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
export const Properties = open<Properties, PropertiesInput>()({
  url: reserved(Schema.String),
  path: reserved(Schema.String),
  search: reserved(Schema.String),
  title: reserved(Schema.String),
  referrer: reserved(Schema.String),
  category: reserved(Schema.String),
  name: reserved(Schema.String),
  revenue: reserved(Schema.Finite),
  currency: reserved(Schema.String),
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
