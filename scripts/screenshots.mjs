/**
 * Takes pictures of the dev page: a server with a little shop's events, in Debian's Chromium.
 *
 *   npx node scripts/screenshots.mjs [folder] [--all]
 *
 * Without `--all`, only those that README.md and the docs show.
 */
import { spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { crc32, deflateSync, inflateSync } from "node:zlib"
import { Effect, ManagedRuntime, Schema } from "effect"
import { chromium } from "playwright-core"
import { Plan } from "../src/plan/index.ts"
import { Simulator } from "../src/simulator/index.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const words = process.argv.slice(2)
const isAll = words.includes("--all")
const images = words.find((word) => !word.startsWith("--")) ?? `${root}docs/images`
const inDocs = ["events-wide-light", "people-wide-dark", "plan"]
const mostBytes = 150_000
mkdirSync(images, { recursive: true })

const server = spawn(process.execPath, [`${root}src/cli/main.ts`, "dev", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"]
})
process.on("exit", () => server.kill())
const url = await new Promise((resolve, reject) => {
  let output = ""
  server.on("exit", () => reject(new Error("the server ended")))
  server.stdout.on("data", (data) => {
    output += data
    const found = output.match(/http:\/\/127\.0\.0\.1:\d+/)
    if (found) resolve(found[0])
  })
})

const context = {
  app: { name: "shop", version: "2.1.0" },
  library: { name: "cdp-analytics-effect", version: "0.1.0" },
  ip: "203.0.113.7",
  locale: "en-GB"
}

let messages = 0
const post = async (batch, headers = {}, to = url) => {
  const body = JSON.stringify({
    batch: batch.map((message) => ({ messageId: `019ac0de-${String(++messages).padStart(4, "0")}`, ...message })),
    context
  })
  await fetch(`${to}/v1/batch`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa("shop-key-of-dev:")}`, "content-type": "application/json", ...headers },
    body
  }).then(
    (response) => response.text(),
    () => undefined
  )
}

const setFaults = (faults) =>
  fetch(`${url}/_dev/faults`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(faults)
  })

const people = [
  { userId: "ada", name: "Ada Lovelace", plan: "Pro", sku: "G-32", price: 39.95 },
  { userId: "grace", name: "Grace Hopper", plan: "Team", sku: "B-07", price: 12.5 },
  { userId: "alan", name: "Alan Turing", plan: "Free", sku: "H-64", price: 89 },
  { userId: "edsger", name: "Edsger Dijkstra", plan: "Pro", sku: "S-01", price: 5.2 }
]

const fill = async () => {
  for (const [index, { userId, name, plan, sku, price }] of people.entries()) {
    const anonymousId = `visitor-${index + 17}`
    await post([
      { type: "page", anonymousId, name: "Home", properties: { path: "/", referrer: "https://news.example" } },
      { type: "page", anonymousId, name: "Product", properties: { path: `/products/${sku}` } }
    ])
    await post([
      { type: "identify", userId, anonymousId, traits: { email: `${userId}@example.com`, name, plan } },
      { type: "track", userId, event: "product_viewed", properties: { sku, price } },
      { type: "track", userId, event: "added_to_cart", properties: { sku, quantity: 1 } }
    ])
    if (plan !== "Free") {
      const relationshipAttributes = { role: index === 0 ? "owner" : "buyer" }
      await post([
        { type: "group", userId, groupId: "acme", traits: { name: "Acme Ltd", seats: 12, relationshipAttributes } }
      ])
    }
  }
  await post([{ type: "track", anonymousId: "visitor-21", event: "newsletter_opened" }])
  await post([
    { type: "track", userId: "grace", event: "added_to_cart", messageId: "019ac0de-0010", properties: { sku: "B-07" } },
    { type: "track", event: "order_completed", properties: { total: 12.5 } },
    { type: "screen", userId: "grace", name: "Cart" }
  ])
  await post([
    {
      type: "track",
      userId: "ada",
      event: "Device Created or Updated",
      properties: { app_version: "2.1.0" },
      context: { ...context, device: { token: "c0ffee-42", type: "ios" } }
    },
    { type: "track", userId: "alan", event: "Device Created or Updated" },
    { type: "track", userId: "edsger", event: "checkout_started", properties: ["S-01"] }
  ])
  await setFaults([
    { kind: "status", status: 503, times: 2 },
    { kind: "delay", millis: 250, times: 1 }
  ])
  const order = {
    type: "track",
    userId: "ada",
    event: "order_completed",
    messageId: "019ac0de-0099",
    properties: {
      order_id: "o-1042",
      revenue: 39.95,
      currency: "EUR",
      gift: false,
      items: [{ sku: "G-32", quantity: 1 }]
    }
  }
  await post([order])
  await post([order], { "x-retry-count": "1" })
  await post([order], { "x-retry-count": "2" })
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    // Text without coloured edges makes smaller files.
    "--disable-lcd-text",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync"
  ]
})

const large = []
const shoot = async (page, name) => {
  if (!isAll && !inDocs.includes(name)) return
  const path = `${images}/${name}.png`
  const picture = shrink(await page.screenshot())
  writeFileSync(path, picture)
  if (picture.length > mostBytes) large.push(path)
}

/**
 * The same picture in a smaller file: Chromium is quick to compress, not thorough. It takes the 8-bit RGB that Chromium
 * writes, and gives an indexed picture of at most 256 colours.
 */
function shrink(png) {
  const chunks = []
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) })
    at += length + 12
  }
  const header = chunks[0].data
  const [width, height, depth, kind] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9]]
  if (depth !== 8 || (kind !== 2 && kind !== 6)) return png
  const channels = kind === 2 ? 3 : 4
  const packed = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data)))
  const pixels = unfilter(packed, width * channels, height, channels)
  const counts = new Map()
  const colorAt = (index) => pixels.readUIntBE(index * channels, 3)
  for (let index = 0; index < width * height; index++) {
    const color = colorAt(index)
    counts.set(color, (counts.get(color) ?? 0) + 1)
  }
  const distance = (one, other) =>
    [16, 8, 0].reduce((sum, shift) => sum + (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0)
  const palette = []
  const places = new Map()
  const errors = new Map([...counts.keys()].map((color) => [color, Number.MAX_SAFE_INTEGER]))
  // The next colour is the one that the picture misses most: a colour may be rare, and yet like no other.
  while (palette.length < Math.min(256, counts.size)) {
    const weight = (color) => Math.sqrt(counts.get(color)) * errors.get(color)
    const next = [...counts.keys()].reduce((one, other) => (weight(other) > weight(one) ? other : one))
    for (const [color, error] of errors) {
      const nearer = distance(color, next)
      if (nearer >= error) continue
      errors.set(color, nearer)
      places.set(color, palette.length)
    }
    palette.push(next)
  }
  // Each line begins with its filter: none.
  const lines = Buffer.alloc((width + 1) * height)
  for (let index = 0; index < width * height; index++) {
    lines[index + Math.floor(index / width) + 1] = places.get(colorAt(index))
  }
  const indexed = Buffer.from(header)
  indexed[9] = 3
  const colors = Buffer.alloc(palette.length * 3)
  for (const [place, color] of palette.entries()) colors.writeUIntBE(color, place * 3, 3)
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  return Buffer.concat([
    png.subarray(0, 8),
    chunk("IHDR", indexed),
    chunk("PLTE", colors),
    chunk("IDAT", deflateSync(lines, { level: 9 })),
    chunk("IEND", Buffer.alloc(0))
  ])
}

/** The lines of a PNG without their filters. */
function unfilter(packed, stride, height, step) {
  const plain = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    const filter = packed[y * (stride + 1)]
    for (let x = 0; x < stride; x++) {
      const left = x < step ? 0 : plain[y * stride + x - step]
      const up = y === 0 ? 0 : plain[(y - 1) * stride + x]
      const corner = x < step || y === 0 ? 0 : plain[(y - 1) * stride + x - step]
      const paeth = () => {
        const [a, b, c] = [left, up, corner].map((near) => Math.abs(left + up - corner - near))
        return a <= b && a <= c ? left : b <= c ? up : corner
      }
      const guess = [0, left, up, (left + up) >> 1][filter] ?? paeth()
      plain[y * stride + x] = packed[y * (stride + 1) + 1 + x] + guess
    }
  }
  return plain
}

const looks = ["light", "dark"].flatMap((colorScheme) =>
  Object.entries({ wide: { width: 1280, height: 800 }, phone: { width: 375, height: 720 } }).map(
    ([size, viewport]) => ({ colorScheme, viewport, ending: `${size}-${colorScheme}` })
  )
)

const withPages = async (use, at = url) => {
  for (const { colorScheme, viewport, ending } of looks) {
    const page = await browser.newPage({ colorScheme, viewport })
    await page.goto(at)
    await page.locator("#connection[data-state=live]").waitFor()
    await use(page, ending)
    await page.close()
  }
}

if (isAll) {
  await withPages(async (page, ending) => {
    await page.getByText("Nothing has arrived yet").waitFor()
    await shoot(page, `empty-${ending}`)
  })
}
await fill()
await setFaults([
  { kind: "status", status: 429, retryAfter: 3, times: 2 },
  { kind: "resetAfter", times: 1 }
])
await withPages(async (page, ending) => {
  await page.locator(".row").first().waitFor()
  await shoot(page, `list-${ending}`)
  await page.locator(".row", { hasText: "order_completed" }).first().click()
  await page.locator("#detail dl").first().waitFor()
  await shoot(page, `events-${ending}`)
  await page.keyboard.press("Escape")
  await page.locator(".row.is-refused").first().click()
  await page.locator("#detail dl").first().waitFor()
  await shoot(page, `refused-${ending}`)
  await page.getByRole("tab", { name: "People" }).click()
  await page.locator(".entry", { hasText: "ada" }).waitFor()
  await shoot(page, `everyone-${ending}`)
  await page.locator(".entry", { hasText: "ada@example.com" }).click()
  await page.locator("#person-detail h2", { hasText: "ada" }).waitFor()
  await shoot(page, `people-${ending}`)
  await page.getByRole("tab", { name: "Faults" }).click()
  await page.locator("#requests tr").first().waitFor()
  await shoot(page, `faults-${ending}`)
})

const shop = Plan.make({
  name: "Shop",
  description: "What shoppers do",
  track: {
    "Product Viewed": {
      description: "A person looks at a product",
      owner: "storefront",
      properties: { sku: Schema.String, price: Schema.Finite }
    },
    "Added to Cart": {
      description: "A product is put into the cart",
      owner: "storefront",
      properties: { sku: Schema.String, quantity: Schema.Int }
    },
    "Cart Emptied": { description: "Everything is taken out of the cart at once", owner: "storefront" },
    "Checkout Started": {
      description: "A person goes to the till",
      owner: "checkout",
      deprecated: "use Payment Entered"
    },
    "Order Completed": {
      description: "A person has paid",
      owner: "checkout",
      versions: {
        1: { properties: { total: Schema.Finite } },
        2: {
          properties: {
            orderId: Schema.String,
            paidAt: Schema.Date,
            items: Schema.Array(Schema.Struct({ sku: Schema.String, price: Schema.Finite }))
          }
        }
      }
    }
  },
  identify: {
    description: "What is known about shoppers",
    traits: { email: Schema.String, plan: Schema.Literals(["free", "pro"]) }
  },
  page: { Product: { description: "The page of a product", properties: { sku: Schema.String } } }
})
const planned = ManagedRuntime.make(Simulator.layerServer({ page: true, plan: shop }))
const plannedAt = await planned.runPromise(Effect.map(Simulator, (simulator) => simulator.url))
const items = [
  { sku: "G-32", price: 39.95 },
  { sku: "B-07", price: 12.5 }
]
for (const { userId, sku, price } of people) {
  await post(
    [
      { type: "page", userId, name: "Product", properties: { sku } },
      { type: "track", userId, event: "Product Viewed", properties: { sku, price } },
      { type: "track", userId, event: "Added to Cart", properties: { sku, quantity: 1 } },
      { type: "identify", userId, traits: { email: `${userId}@example.com`, plan: userId === "ada" ? "gold" : "pro" } }
    ],
    {},
    plannedAt
  )
}
const orderOf = (more) => ({ orderId: "o-1042", paidAt: "2026-01-31T12:00:00Z", items, ...more })
await post(
  [
    { type: "track", userId: "alan", event: "Product Seen", properties: { sku: "G-32" } },
    { type: "track", userId: "alan", event: "Product Seen", properties: { sku: "B-07" } },
    { type: "screen", userId: "grace", name: "Cart" },
    { type: "track", userId: "grace", event: "Order Completed", properties: orderOf({ paidAt: "yesterday" }) },
    { type: "track", userId: "ada", event: "Order Completed", properties: orderOf() },
    {
      type: "track",
      userId: "alan",
      event: "Order Completed",
      properties: orderOf({ items: [items[0], { sku: "B-07", price: "12.50" }] })
    }
  ],
  {},
  plannedAt
)
await withPages(async (page, ending) => {
  await page.locator(".row").first().waitFor()
  await shoot(page, `marks-${ending}`)
  await page.locator(".row", { hasText: "Order Completed" }).first().click()
  await page.locator("#detail dl").first().waitFor()
  await shoot(page, `violating-${ending}`)
  await page.getByRole("tab", { name: "Plan" }).click()
  await page.locator("#plan-kinds .thing").first().waitFor()
  // All of it, and what is not planned below.
  if (ending.startsWith("wide")) await page.setViewportSize({ width: 1080, height: 960 })
  await shoot(page, ending === "wide-light" ? "plan" : `plan-${ending}`)
}, plannedAt)
if (isAll) {
  await planned.runPromise(
    Simulator.setPlanProblem("src/Shop.ts:12: Expected a Schema at track.Order.properties.total")
  )
  await withPages(async (page, ending) => {
    await page.getByRole("tab", { name: "Plan" }).click()
    await page.locator("#plan-problem").waitFor()
    await shoot(page, `problem-${ending}`)
  }, plannedAt)
}
await browser.close()
await planned.dispose()
server.kill()
if (large.length > 0) {
  console.error(`larger than ${mostBytes} bytes: ${large.join(", ")}`)
  process.exitCode = 1
}
