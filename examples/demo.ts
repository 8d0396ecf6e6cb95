/**
 * `npm run demo`: a day in a little shop, in a second. What happens in the shop goes to a receiver on this machine, and
 * what arrives there is printed, batch by batch.
 */
import { styleText } from "node:util"
import { NodeRuntime } from "@effect/platform-node"
import { Analytics, type CallError, type Receipt } from "cdp-analytics-effect"
import type { SentMessage } from "cdp-analytics-effect/testing"
import { Console, Effect } from "effect"
import { type Arrival, layerAnalytics, Receiver } from "./receiver.ts"

/** A visitor looks around, signs up and buys. */
const ada = Effect.all([
  Analytics.page({ anonymousId: "visitor-7", name: "Home", properties: { url: "https://shop.example/" } }),
  Analytics.page({ anonymousId: "visitor-7", name: "Running shoes", category: "Catalogue" }),
  Analytics.track({ anonymousId: "visitor-7", event: "product_viewed", properties: { sku: "G-32", price: 39.95 } }),
  Analytics.alias({ previousId: "visitor-7", userId: "ada" }),
  Analytics.identify({ userId: "ada", traits: { email: "ada@example.com", firstName: "Ada", plan: "Pro" } }),
  Analytics.track({ userId: "ada", event: "signed_up", properties: { method: "email" } }),
  Analytics.group({ userId: "ada", groupId: "acme", traits: { name: "Acme", industry: "Engines" } }),
  Analytics.track({ userId: "ada", event: "order_completed", properties: { order_id: "o-1", revenue: 39.95 } })
])

/** A customer uses the app. */
const shopper = (userId: string, sku: string, price: number) =>
  Effect.all([
    Analytics.screen({ userId, name: "Offers", category: "App" }),
    Analytics.track({ userId, event: "product_viewed", properties: { sku, price } }),
    Analytics.track({ userId, event: "added_to_cart", properties: { sku, price, quantity: 1 } }),
    Analytics.screen({ userId, name: "Cart", category: "App" })
  ]).pipe(Analytics.withContext({ app: { name: "shop", version: "2.1.0" }, locale: "en-GB" }))

const shoppers = Effect.all([
  shopper("grace", "B-07", 12.5),
  shopper("alan", "H-64", 64),
  shopper("edsger", "S-01", 8.75)
])

/** Mistakes that a compiler does not see. */
const mistakes: ReadonlyArray<Effect.Effect<Receipt, CallError, Analytics>> = [
  Analytics.track({ event: "order_completed" }),
  Analytics.track({ userId: "grace", event: "reviewed", properties: { text: "very good ".repeat(4000) } }),
  Analytics.track({ userId: "alan", event: "order_completed", properties: { order: { total: 64n } } })
]

const returns = Effect.all([
  Analytics.track({ userId: "edsger", event: "order_returned", properties: { order_id: "o-4", reason: "too small" } }),
  Analytics.identify({ userId: "edsger", traits: { size: 44 } }),
  Analytics.track({ userId: "edsger", event: "added_to_cart", properties: { sku: "S-02", price: 8.75 } })
])

const newsletter = Effect.forEach(["ada", "grace", "alan", "edsger"], (userId) =>
  Analytics.identify({ userId, traits: { unsubscribed: false, newsletter: "weekly" } })
)

const closingTime = Effect.forEach(["ada", "grace"], (userId) =>
  Analytics.track({ userId, event: "logged_out", properties: { reason: "shop_closed" } })
)

/** Returns how many messages were accepted and how many were refused. */
const shop = Effect.gen(function* () {
  yield* scene("Twenty messages fill a batch, and it leaves by itself")
  const morning = [...(yield* ada), ...(yield* shoppers).flat()]
  yield* Receiver.awaitArrivals(1)

  yield* scene("A message that cannot be right is refused by the call, with a tagged error")
  const refusals = yield* Effect.forEach(mistakes, (mistake) => Effect.flip(mistake))
  yield* Effect.forEach(refusals, printRefusal)

  yield* scene("A partial batch leaves by flush, which reports what was delivered since the last one")
  const noon = yield* returns
  yield* printReport(yield* Analytics.flush)

  yield* scene("The server is away for a moment: the same bytes are sent again")
  yield* Receiver.answerNext(503)
  const afternoon = yield* newsletter
  yield* printReport(yield* Analytics.flush)

  yield* scene("The shop closes with messages still waiting: closing sends them")
  const evening = yield* closingTime

  return { accepted: [...morning, ...noon, ...afternoon, ...evening].length, refused: refusals.length }
})

// Colours only where standard output is a terminal: `styleText` looks.
const bold = (text: string) => styleText("bold", text)
const dim = (text: string) => styleText("dim", text)
const green = (text: string) => styleText("green", text)
const yellow = (text: string) => styleText("yellow", text)
const red = (text: string) => styleText("red", text)

let scenes = 0

const scene = (title: string) =>
  Effect.suspend(() => {
    scenes++
    return Console.log(`\n${bold(`${scenes}. ${title}`)}\n`)
  })

const printRefusal = (error: CallError) => Console.log(`   ${red(error._tag.padEnd(23))}${error.message}`)

const printReport = (report: Effect.Success<typeof Analytics.flush>) =>
  Console.log(`   ${dim("flush returned")} ${JSON.stringify(report)}`)

const number = (value: number) => value.toLocaleString("en-GB")

const printArrival = (arrival: Arrival): Effect.Effect<void> => {
  const { status, retry, bytes, messages } = arrival
  const isTaken = status === 200
  const note = isTaken ? (retry > 0 ? "sent again" : "") : "to be sent again"
  const header = [
    "   POST /v1/batch",
    (isTaken ? green : yellow)(`answered ${status}`),
    `${String(messages.length).padStart(2)} messages`,
    `${number(bytes).padStart(5)} bytes`,
    yellow(note)
  ]
  const rows = isTaken ? messages.map(printMessage) : []
  return Console.log([header.join("   ").trimEnd(), ...rows].join("\n"))
}

const printMessage = (message: SentMessage, index: number): string => {
  const { type, userId, anonymousId, event, name, groupId, previousId } = message
  const columns = [
    dim(String(index + 1).padStart(5)),
    type.padEnd(8),
    (userId ?? anonymousId ?? "").padEnd(9),
    (event ?? name ?? groupId ?? (previousId === undefined ? "" : `was ${previousId}`)).padEnd(15),
    dim(describe(message.properties ?? message.traits ?? {}))
  ]
  return columns.join("  ").trimEnd()
}

const describe = (details: object): string => {
  const text = Object.entries(details)
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ")
  return text.length > 48 ? `${text.slice(0, 47)}…` : text
}

const printSummary = Effect.fnUntraced(function* (shop: { readonly accepted: number; readonly refused: number }) {
  const arrivals = yield* Receiver.arrivals
  const messages = yield* Receiver.messages
  const distinct = new Set(messages.map(({ messageId }) => messageId)).size
  const retries = arrivals.filter(({ retry }) => retry > 0).length
  const line = (label: string, value: number, note = "") =>
    Console.log(`   ${label.padEnd(20)}${String(value).padStart(4)}${note === "" ? "" : `   ${dim(note)}`}`)

  yield* Console.log(`\n${bold("Summary")}\n`)
  yield* line("messages accepted", shop.accepted)
  yield* line("messages arrived", distinct, distinct === shop.accepted ? "every one" : "")
  yield* line("messages refused", shop.refused, "each with an error at the call")
  yield* line("batches", arrivals.length - retries)
  yield* line("retries", retries)
  yield* Console.log("")
})

const demo = Effect.gen(function* () {
  yield* Console.log(`A little shop sends what happens in it to ${yield* Receiver.endpoint}`)
  yield* printSummary(yield* Effect.provide(shop, layerAnalytics()))
})

demo.pipe(Effect.provide(Receiver.layerWith(printArrival)), NodeRuntime.runMain)
