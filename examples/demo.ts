/**
 * `npm run demo`: a day in a little shop. What happens in the shop goes to a simulated Data Pipelines server on this
 * machine, and what arrives there is printed, batch by batch. On a terminal the server's page shows it too, and a minute
 * of traffic takes a minute; elsewhere it takes a moment, and the demo ends by itself. At the end another server is stopped
 * while events come, and an outbox keeps them.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { styleText } from "node:util"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Analytics, type CallError, type Receipt } from "cdp-analytics-effect"
import { AnalyticsOutboxNode, OutboxSqlite } from "cdp-analytics-effect/node"
import { OutboxRelay } from "cdp-analytics-effect/outbox"
import { type ReceivedEvent, type ReceivedRequest, Simulator } from "cdp-analytics-effect/simulator"
import { Console, Effect, Fiber, Layer, Random, Redacted, Stream } from "effect"

const isOnTerminal = process.stdout.isTTY === true

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
  Analytics.track({ userId: "", event: "order_completed" }),
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

const goods = ["running shoes", "rain jacket", "head torch", "water bottle", "trail map"] as const

/** Somebody comes, looks around, and perhaps signs up and buys; some of what the shop sends is wrong. */
const visit = Effect.fnUntraced(function* (number: number) {
  const anonymousId = `visitor-${100 + number}`
  const name = goods[yield* Random.nextIntBetween(0, goods.length)] ?? goods[0]
  const price = (yield* Random.nextIntBetween(500, 12_000)) / 100
  const calls: Array<Effect.Effect<Receipt, CallError, Analytics>> = [
    Analytics.page({ anonymousId, name: "Home", properties: { url: "https://shop.example/" } }),
    Analytics.track({ anonymousId, event: "product_viewed", properties: { name, price } })
  ]
  if ((yield* Random.next) < 0.6) {
    const userId = `customer-${number}`
    calls.push(
      Analytics.alias({ previousId: anonymousId, userId }),
      Analytics.identify({ userId, traits: { email: `${userId}@example.com`, plan: "Free" } }),
      Analytics.track({ userId, event: "order_completed", properties: { order_id: `o-${number}`, revenue: price } })
    )
  }
  if ((yield* Random.next) < 0.1)
    calls.push(Analytics.track({ userId: "", event: "order_completed", properties: { revenue: price } }))
  const results = yield* Effect.forEach(calls, (call) => Effect.result(call))
  const accepted = results.filter((result) => result._tag === "Success").length
  return { accepted, refused: results.length - accepted }
})

const minuteOfTraffic = Effect.forEach(Array.from({ length: 60 }).keys(), (number) =>
  Effect.tap(visit(number), isOnTerminal ? Effect.andThen(Effect.sleep("1 second"), printArrivals) : Effect.void)
)

/** Returns how many messages were accepted and how many were refused. */
const shop = Effect.gen(function* () {
  const { live } = yield* Simulator

  yield* scene("Twenty messages fill a batch, and it leaves by itself")
  const batch = yield* Effect.forkChild(Stream.runDrain(Stream.take(live, 20)), { startImmediately: true })
  const morning = [...(yield* ada), ...(yield* shoppers).flat()]
  yield* Fiber.join(batch)
  yield* printArrivals

  yield* scene("A message that cannot be right is refused by the call, with a tagged error")
  const refusals = yield* Effect.forEach(mistakes, (mistake) => Effect.flip(mistake))
  yield* Effect.forEach(refusals, printRefusal)

  yield* scene("A partial batch leaves by flush, which reports what was delivered since the last one")
  const noon = yield* returns
  const report = yield* Analytics.flush
  yield* printArrivals
  yield* printReport(report)

  yield* scene("The server is away for a moment: the same bytes are sent again")
  yield* Simulator.setFaults([{ kind: "status", status: 503, times: 1 }])
  const afternoon = yield* newsletter
  const later = yield* Analytics.flush
  yield* printArrivals
  yield* printReport(later)

  yield* scene("A minute of traffic: people browse, sign up and order")
  const visits = yield* minuteOfTraffic
  yield* Analytics.flush
  yield* printArrivals

  yield* scene("The shop closes with messages still waiting: closing sends them")
  const evening = yield* closingTime
  const sum = (counts: ReadonlyArray<number>) => counts.reduce((total, count) => total + count, 0)

  return {
    accepted:
      morning.length + noon.length + afternoon.length + evening.length + sum(visits.map(({ accepted }) => accepted)),
    refused: refusals.length + sum(visits.map(({ refused }) => refused))
  }
})

const makeFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "demo-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const printWaiting = ({ messages }: { readonly messages: number }) =>
  Console.log(
    `   ${dim("in the outbox")} ${String(messages).padStart(3)} ${yellow("■".repeat(messages / 2))}`.trimEnd()
  )

/** The outbox grows while a server is stopped, survives the program that filled it, and drains when the server is back. */
const nothingLost = Effect.gen(function* () {
  const endpoint = yield* Simulator.useSync(({ url }) => url).pipe(Effect.provide(Simulator.layerServer()))
  const store = OutboxSqlite.layer({ filename: join(yield* makeFolder, "analytics.db") })
  const options = { apiKey: Redacted.make("demo"), endpoint }

  yield* scene("A server is stopped: with an outbox, what is accepted is kept in a file")
  yield* Effect.gen(function* () {
    for (let visits = 0; visits < 4; visits++) {
      yield* shoppers
      yield* printWaiting((yield* Analytics.status).waiting)
      if (isOnTerminal) yield* Effect.sleep("1 second")
    }
  }).pipe(Effect.provide(AnalyticsOutboxNode.layer(options).pipe(Layer.provide(store))))

  yield* scene("The program has ended. The server is back, and a relay delivers, each person's events in order")
  yield* Effect.gen(function* () {
    yield* printWaiting((yield* OutboxRelay.status).waiting)
    yield* OutboxRelay.drain
    yield* Effect.forEach(yield* Simulator.requests, (request) => printArrival(request, []))
    yield* printWaiting((yield* OutboxRelay.status).waiting)
  }).pipe(
    Effect.provide(
      AnalyticsOutboxNode.layerRelay(options).pipe(
        Layer.provide(store),
        Layer.provideMerge(Simulator.layerServer({ port: Number(new URL(endpoint).port) }))
      )
    )
  )
}).pipe(Effect.scoped)

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

let printed = 0

/** Prints the requests since the last time; the first one and partial batches with their messages. */
const printArrivals = Effect.suspend(() =>
  Effect.gen(function* () {
    const requests = (yield* Simulator.requests).filter(({ id }) => id > printed)
    const events = yield* Simulator.events
    for (const request of requests) {
      printed = request.id
      const own = events.filter(({ requestId }) => requestId === request.id)
      yield* printArrival(request, request.id === 1 || own.length < 20 ? own : [])
    }
  })
)

const printArrival = (request: ReceivedRequest, events: ReadonlyArray<ReceivedEvent>): Effect.Effect<void> => {
  const { status, retryCount, bytes, messages } = request
  const isTaken = status === 200
  const header = [
    "   POST /v1/batch",
    (isTaken ? green : yellow)(`answered ${status}`),
    isTaken ? `${String(messages).padStart(2)} messages` : "",
    `${number(bytes).padStart(5)} bytes`,
    yellow(isTaken ? (retryCount > 0 ? "sent again" : "") : "to be sent again")
  ]
  return Console.log(
    [
      header
        .filter((part) => part !== "")
        .join("   ")
        .trimEnd(),
      ...events.map(printMessage)
    ].join("\n")
  )
}

const printMessage = ({ message }: ReceivedEvent, index: number): string => {
  const text = (key: string): string => {
    const value = message[key]
    return typeof value === "string" ? value : ""
  }
  const previousId = text("previousId")
  const details = message["properties"] ?? message["traits"]
  const columns = [
    dim(String(index + 1).padStart(5)),
    text("type").padEnd(8),
    (text("userId") || text("anonymousId")).padEnd(12),
    (text("event") || text("name") || text("groupId") || (previousId === "" ? "" : `was ${previousId}`)).padEnd(15),
    dim(describe(typeof details === "object" && details !== null ? details : {}))
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
  const requests = yield* Simulator.requests
  const events = (yield* Simulator.events).filter(({ verdict }) => verdict === "accepted")
  const retries = requests.filter(({ retryCount }) => retryCount > 0).length
  const people = (yield* Simulator.people).length
  const line = (label: string, value: number, note = "") =>
    Console.log(`   ${label.padEnd(20)}${String(value).padStart(4)}${note === "" ? "" : `   ${dim(note)}`}`)

  yield* Console.log(`\n${bold("Summary")}\n`)
  yield* line("messages accepted", shop.accepted)
  yield* line("messages arrived", events.length, events.length === shop.accepted ? "every one" : "")
  yield* line("messages refused", shop.refused, "each with an error at the call")
  yield* line("batches", requests.length - retries)
  yield* line("retries", retries)
  yield* line("people", people)
  yield* Console.log("")
})

const demo = Effect.gen(function* () {
  const { url } = yield* Simulator
  yield* Console.log(`A little shop sends what happens in it to ${bold(url)}`)
  if (isOnTerminal) yield* Console.log(`Open that address in a browser to watch the events arrive.`)
  const layerAnalytics = Analytics.layer({ apiKey: Redacted.make("demo"), endpoint: url }).pipe(
    Layer.provide(NodeHttpClient.layerUndici)
  )
  const summary = yield* Effect.provide(shop, layerAnalytics)
  yield* printArrivals
  yield* nothingLost
  yield* printSummary(summary)
  if (!isOnTerminal) return
  yield* Console.log(`The page at ${bold(url)} stays until Ctrl-C.`)
  return yield* Effect.never
})

demo.pipe(Effect.provide(Simulator.layerServer({ page: true })), NodeRuntime.runMain)
