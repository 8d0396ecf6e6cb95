/**
 * Takes the pictures of the dev page that README.md shows: a server with a little shop's events, in Debian's Chromium.
 */
import { spawn } from "node:child_process"
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { chromium } from "playwright-core"

const root = fileURLToPath(new URL("..", import.meta.url))
const images = process.argv[2] ?? `${root}docs/images`
mkdirSync(images, { recursive: true })

const server = spawn(process.execPath, [`${root}dist/node/cli/main.js`, "dev", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"]
})
process.on("exit", () => server.kill())
const url = await new Promise((resolve) => {
  let output = ""
  server.stdout.on("data", (data) => {
    output += data
    const found = output.match(/http:\/\/127\.0\.0\.1:\d+/)
    if (found) resolve(found[0])
  })
})

const post = (batch) =>
  fetch(`${url}/v1/batch`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa("shop-key-of-dev:")}`, "content-type": "application/json" },
    body: JSON.stringify({ batch })
  })

const context = { app: { name: "shop", version: "2.1.0" }, ip: "203.0.113.7", locale: "en-GB" }
const skus = ["G-32", "B-07", "H-64", "S-01"]
for (const [index, userId] of ["ada", "grace", "alan", "edsger"].entries()) {
  await post([
    { type: "page", anonymousId: `visitor-${index}`, name: "Home", context },
    {
      type: "identify",
      userId,
      anonymousId: `visitor-${index}`,
      traits: { email: `${userId}@example.com`, plan: "Pro" },
      context
    },
    { type: "group", userId, groupId: "acme", traits: { name: "Acme", relationshipAttributes: { role: "buyer" } } },
    { type: "track", userId, event: "product_viewed", properties: { sku: skus[index], price: 39.95 }, context },
    {
      type: "track",
      userId,
      event: "added_to_cart",
      messageId: `cart-${userId}`,
      properties: { sku: skus[index], quantity: 1 }
    },
    { type: "screen", userId, name: "Cart", context }
  ])
}
await post([{ type: "track", userId: "grace", event: "added_to_cart", messageId: "cart-grace" }])
await post([
  { type: "track", event: "order_completed", properties: { total: 12 } },
  { type: "track", userId: "ada", event: "Device Created or Updated" }
])
await post([
  {
    type: "track",
    userId: "ada",
    event: "order_completed",
    properties: { order_id: "o-1", revenue: 39.95, gift: false },
    context
  }
])

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync"
  ]
})
for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries({
    wide: { width: 1280, height: 760 },
    phone: { width: 375, height: 720 }
  })) {
    const page = await browser.newPage({ colorScheme, viewport })
    await page.goto(url)
    await page.locator(".row").first().waitFor()
    const shoot = (name) => page.screenshot({ path: `${images}/${name}-${size}-${colorScheme}.png` })
    if (size === "phone") await shoot("list")
    await page.locator(".row").first().click()
    await page.locator("#detail dl").waitFor()
    await shoot("events")
    await page.getByRole("tab", { name: "People" }).click()
    await page.locator(".card").first().waitFor()
    await shoot("people")
    await page.getByRole("tab", { name: "Faults" }).click()
    await page.getByRole("button", { name: "503 twice" }).waitFor()
    await shoot("faults")
    await page.close()
  }
}
await browser.close()
server.kill()
