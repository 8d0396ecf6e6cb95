import { execFile } from "node:child_process"
import { createServer as createHttpServer, request } from "node:http"
import { connect, createServer, type Socket } from "node:net"
import { networkInterfaces } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Context, DateTime, type Duration, Effect, Exit, Layer, Schema, Scope } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { findProgram } from "../../support/findProgram.ts"
import { listen } from "../../support/listen.ts"
import { isFull } from "../../support/repetitions.ts"

const installed = findProgram(
  "Chromium",
  "apt-get install chromium, or npx playwright-core install chromium",
  "/usr/bin/chromium",
  chromium.executablePath()
)

const layer = Layer.merge(Simulator.layerServer({ page: true }), FetchHttpClient.layer)

const post = Effect.fnUntraced(function* (messages: ReadonlyArray<unknown>, headers: Record<string, string> = {}) {
  const { url } = yield* Simulator
  const response = yield* HttpClientRequest.post(`${url}/v1/batch`).pipe(
    HttpClientRequest.basicAuth("a-secret-key", ""),
    HttpClientRequest.bodyText(JSON.stringify({ batch: messages }), "application/json"),
    HttpClientRequest.setHeaders(headers),
    HttpClient.execute
  )
  return yield* Effect.as(response.text, response.status)
})

const track = (event: string, more: object = {}) => ({ type: "track", userId: "ada", event, ...more })

/** A connection to a port of this machine that can be cut. */
const makeLine = Effect.fnUntraced(function* (port: number) {
  const sockets = new Set<Socket>()
  let isCut = false
  const proxy = createServer((socket) => {
    if (isCut) return void socket.destroy()
    const onward = connect(port, "127.0.0.1")
    for (const [from, to] of [
      [socket, onward],
      [onward, socket]
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on("error", () => to.destroy())
      from.on("close", () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  const own = yield* listen(proxy)
  yield* Effect.addFinalizer(() => Effect.sync(cut))
  return {
    url: `http://127.0.0.1:${own}`,
    cut,
    mend: () => {
      isCut = false
    }
  }
})

/** One for all tests. */
let browser: Browser

const acquireContext = Effect.acquireRelease(
  Effect.promise(() => browser.newContext()),
  (context) => Effect.promise(() => context.close())
)

/** The page, in a profile of its own or as one more tab, and whatever it complains of. */
const open = Effect.fnUntraced(function* (through?: string, profile?: BrowserContext) {
  const url = through ?? (yield* Simulator).url
  const context = profile ?? (yield* acquireContext)
  const page = yield* Effect.promise(() => context.newPage())
  return yield* Effect.promise(async () => {
    page.setDefaultTimeout(10_000)
    const complaints: Array<string> = []
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text())
    })
    page.on("pageerror", (error) => complaints.push(String(error)))
    // A violation of the Content-Security-Policy is an error on the console too, in Chromium.
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.goto(url)
    await page.locator("#connection[data-state=live]").waitFor()
    return { page, complaints }
  })
})

/** What the buttons of the only event copy. */
const copies = (page: Page) =>
  Effect.promise(async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(page.url()).origin })
    await page.locator(".row").click()
    await page.locator("#detail dl").first().waitFor()
    const all: Array<string> = []
    for (const name of ["Copy JSON", "Copy curl", "Copy TypeScript"]) {
      await page.getByRole("button", { name }).click()
      await page.getByRole("button", { name: "Copied" }).first().waitFor()
      all.push(await page.evaluate(() => navigator.clipboard.readText()))
    }
    return all
  })

/** An address of this machine that others use, if it has one. */
const outerAddress = Object.values(networkInterfaces())
  .flat()
  .find((address) => address !== undefined && !address.internal && address.family === "IPv4")?.address

const names = (page: Page) => page.locator(".row .name").allTextContents()

describe.skipIf(installed.isMissing)(`the page${installed.note}`, () => {
  beforeAll(async () => {
    browser = await chromium.launch({
      env: { ...process.env, TZ: "UTC" },
      executablePath: installed.path,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    })
  }, 30_000)
  afterAll(() => browser.close(), 30_000)

  it.live(
    "shows events as they arrive, filters them, and shows one whole",
    () =>
      Effect.gen(function* () {
        const { page, complaints } = yield* open()
        yield* Effect.promise(async () => {
          await page.getByText("Nothing has arrived yet").waitFor()
          assert.include(await page.locator("#first").textContent(), `curl ${new URL(page.url()).origin}/v1/track`)
        })
        yield* post([track("first"), track("second", { properties: { price: 39.95 } })])
        yield* post([
          { type: "page", anonymousId: "a", name: "Home" },
          { type: "track", event: "nobody" }
        ])
        yield* Effect.promise(async () => {
          await page.locator(".row").nth(3).waitFor()
          assert.deepStrictEqual(await names(page), ["nobody", "Home", "second", "first"])
          const refused = page.locator(".row", { hasText: "nobody" })
          assert.strictEqual(await refused.locator(".why").textContent(), "userId: userId or anonymousId is required")
          assert.strictEqual(await refused.locator(".verdict").textContent(), "refused")
          await page.locator("#type").selectOption("track")
          await page.locator("#verdict").selectOption("accepted")
          await page.getByText("2 of 4 events").waitFor()
          assert.deepStrictEqual(await names(page), ["second", "first"])
          await page.locator("#name").fill("SECOND")
          await page.getByText("1 of 4 events").waitFor()
          await page.locator("#name").fill("")
          await page.locator("#person").fill("nobody")
          await page.getByText("0 of 4 events").waitFor()
          await page.getByText("No event passes the filters.").waitFor()
          await page.locator("#person").fill("ada")
          await page.getByText("2 of 4 events").waitFor()
          await page.keyboard.press("Escape")
          await page.keyboard.press("/")
          await page.keyboard.type("39.95")
          await page.getByText("1 of 4 events").waitFor()
          await page.keyboard.press("Escape")
          await page.keyboard.press("ArrowDown")
          await page.locator("#detail", { hasText: "POST /v1/batch" }).waitFor()
          const detail = (await page.locator("#detail").textContent()) ?? ""
          assert.include(detail, '"price": 39.95')
          assert.include(detail, "no, the first try")
          assert.include(detail, "POST /v1/batch")
          assert.include(detail, "Basic a-s…")
          assert.notInclude(detail, btoa("a-secret-key:"))
          await page.keyboard.press("Escape")
          await page.locator("#detail").waitFor({ state: "hidden" })
        })
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live(
    "keeps what an event carries as text",
    () =>
      Effect.gen(function* () {
        const { page, complaints } = yield* open()
        const hostile = `<img src=x onerror="alert(1)"></script><script>alert(2)</script>`
        yield* post([
          {
            type: "identify",
            userId: hostile,
            traits: { email: hostile, [hostile]: hostile },
            context: { app: { name: hostile } }
          },
          { type: "track", userId: hostile, event: hostile, properties: { [hostile]: [hostile] } },
          { type: hostile, userId: hostile },
          { type: "group", userId: hostile, groupId: hostile, traits: { name: hostile } }
        ])
        yield* Effect.promise(async () => {
          await page.locator(".row").nth(3).waitFor()
          for (const row of await page.locator(".row").all()) {
            await row.click()
            await page.locator("#detail dl").first().waitFor()
          }
          // What is no type of message must not become code to paste.
          await page.locator(".row.is-refused").click()
          await page.locator("#detail .notice:visible").waitFor()
          assert.strictEqual(await page.getByRole("button", { name: "Copy TypeScript" }).count(), 0)
          await page.locator("#search").fill(hostile)
          await page.getByText("4 events").waitFor()
          await page.getByRole("tab", { name: "People" }).click()
          await page.locator("#person-detail h2", { hasText: hostile }).waitFor()
          for (const entry of await page.locator(".entry").all()) await entry.click()
          await page.locator("#find-person").fill("nobody at all")
          await page.getByText("Nobody matches.").waitFor()
          await page.locator("#find-person").fill(hostile)
          await page.locator(".entry").first().waitFor()
          assert.strictEqual(await page.locator("body img").count(), 0)
          assert.strictEqual(await page.locator("body script").count(), 0)
        })
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "copies an event as JSON, as curl and as TypeScript, with nothing that a shell or a reader takes for something else",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open()
        // Quotes of shells, of PowerShell too, what cmd expands, what does not show, and what turns text around.
        const hostile = `'"\`\\'; touch /tmp/x; $(id) %PATH% !x! & | > ^ "\\" \n\t\u007f\u009b\u2018\u2019\u201a\u201b\u202e\u2066\u200b\u2028\ufeff -o x`
        const properties = { [hostile]: [hostile, "plain é ö 漢字"], price: 1 }
        const sent = { ...track("it's bought", { messageId: "m-1", properties }), context: { ip: "::1" } }
        yield* post([sent])
        const [json = "", curl = "", source = ""] = yield* copies(page)
        const hidden = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
        for (const copied of [json, curl, source]) assert.notMatch(copied, hidden)
        assert.deepInclude(JSON.parse(json), sent)
        assert.include(source, "yield* Analytics.track({")
        assert.include(source, 'event: "it\'s bought"')
        const command = /^curl http:\/\/127\.0\.0\.1:\d+\/v1\/batch -u dev: (?:-H '[\w:/ -]+' ){2}-d '([^']+)'$/
        const body = command.exec(curl)?.[1] ?? ""
        assert.match(body, /^[\p{L}\p{N}\\"{}[\]:,._/@+=~-]+$/u)
        assert.notMatch(body, /\\["\\]/, "a quote in the body ends no string for who knows no backslash")
        yield* (yield* Simulator).clear
        // Its server is this process: the shell must not be waited for in one go.
        yield* Effect.callback<void>((resume) => {
          execFile("sh", ["-c", curl], (error) => resume(error === null ? Effect.void : Effect.die(error)))
        })
        const [again] = yield* Simulator.events
        assert.deepInclude(again?.message, sent)
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "shows what is deeper or longer than anybody means, each in its turn, and goes on",
    () =>
      Effect.gen(function* () {
        const { page, complaints } = yield* open()
        const deep = JSON.parse(`${'{"a":['.repeat(1000)}1${"]}".repeat(1000)}`)
        yield* post([track("deep", { properties: deep, context: deep })])
        yield* post([track("id", { userId: deep })])
        yield* post([track("wide", { properties: { list: Array(200_000).fill(1) } })])
        yield* post([track("plain")])
        yield* Effect.promise(async () => {
          await page.locator(".row").nth(3).waitFor()
          for (const row of await page.locator(".row").all()) {
            await row.click()
            await page.locator("#detail h2", { hasText: (await row.locator(".name").textContent()) ?? "" }).waitFor()
            await page.locator("#detail dl").first().waitFor()
          }
          await page.locator("#search").fill("plain")
          await page.getByText("1 of 4 events").waitFor()
          await page.getByRole("tab", { name: "People" }).click()
          await page.locator("#person-detail h2", { hasText: "ada" }).waitFor()
        })
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "is live in more tabs than a browser has connections, and each of them can still ask",
    () =>
      Effect.gen(function* () {
        const context = yield* acquireContext
        yield* post([track("before")])
        const [first, ...others] = yield* Effect.forEach(Array(8), () =>
          Effect.map(open(undefined, context), ({ page }) => page)
        )
        yield* post([track("to all")])
        yield* Effect.promise(async () => {
          for (const tab of others) {
            await tab.locator(".row", { hasText: "to all" }).waitFor()
            assert.deepStrictEqual(await names(tab), ["to all", "before"])
          }
          // The one that came first goes, and the others are none the worse.
          await first?.close()
          await others[6]?.getByRole("button", { name: "Clear" }).click()
          for (const tab of others) await tab.getByText("Nothing has arrived yet").waitFor()
        })
        yield* post([track("after")])
        const { page: late } = yield* open(undefined, context)
        yield* Effect.promise(async () => {
          for (const tab of [...others, late]) {
            await tab.locator(".row", { hasText: "after" }).waitFor()
            assert.deepStrictEqual(await names(tab), ["after"])
          }
        })
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live(
    "leaves the API to pages of the origins that it was told of, and to no others",
    () =>
      Effect.gen(function* () {
        const app = createHttpServer((_, response) => response.setHeader("content-type", "text/html").end("<p>an app"))
        const origin = `http://localhost:${yield* listen(app)}`
        const context = yield* acquireContext
        const page = yield* Effect.promise(() => context.newPage())
        yield* Effect.promise(() => page.goto(origin))
        /** Sends as a browser's SDK does, and as a page can that has no leave. */
        const send = Effect.fnUntraced(function* (cors: ReadonlyArray<string>) {
          const server = yield* Layer.build(Simulator.layerServer({ page: true, cors }))
          const { url, events } = Context.get(server, Simulator)
          const seen = yield* Effect.promise(() =>
            page.evaluate(async (to) => {
              const body = (event: string) =>
                JSON.stringify({ writeKey: "k", batch: [{ type: "track", userId: "u", event }] })
              const headers = { authorization: `Basic ${btoa("k:")}`, "content-type": "application/json" }
              const statusOf = (path: string, init: RequestInit) =>
                // @effect-diagnostics-next-line globalFetch:off -- in the browser
                fetch(`${to}${path}`, init).then(
                  ({ status }) => status,
                  () => "refused"
                )
              return [
                await statusOf("/v1/batch", { method: "POST", headers, body: body("sdk") }),
                await statusOf("/v1/batch", { method: "POST", mode: "no-cors", body: body("silent") }),
                await statusOf("/_dev/state", {}),
                await statusOf("/_dev/events", { mode: "no-cors" })
              ]
            }, url)
          )
          return [...seen, ...(yield* events).map(({ message }) => message["event"])]
        })
        assert.deepStrictEqual(yield* send([]), ["refused", 0, "refused", "refused"])
        assert.deepStrictEqual(yield* send([origin]), [200, 0, "refused", "refused", "sdk", "silent"])
      }),
    30_000
  )

  it.live.skipIf(outerAddress === undefined)(
    "is seen at another address with the token, and shows it no longer",
    () =>
      Effect.gen(function* () {
        const token = "a-token-of-22-letters_"
        const server = yield* Layer.build(
          Layer.merge(Simulator.layerServer({ page: true, host: "0.0.0.0", token }), FetchHttpClient.layer)
        )
        const { port } = new URL(Context.get(server, Simulator).url)
        const address = `http://${outerAddress}:${port}`
        const context = yield* acquireContext
        const { page, complaints } = yield* Effect.provide(open(`${address}/?token=${token}`, context), server)
        yield* Effect.provide(post([track("seen")]), server)
        yield* Effect.promise(async () => {
          await page.locator(".row", { hasText: "seen" }).waitFor()
          assert.strictEqual(page.url(), `${address}/`)
          await page.getByRole("button", { name: "Clear" }).click()
          await page.getByText("Nothing has arrived yet").waitFor()
        })
        assert.deepStrictEqual(complaints, [])
        const stranger = yield* acquireContext
        yield* Effect.promise(async () => {
          const other = await stranger.newPage()
          assert.strictEqual((await other.goto(address))?.status(), 403)
        })
      }),
    30_000
  )

  it.live.skipIf(!isFull)(
    "turns faults on and off, as they are set, and shows how requests cope",
    () =>
      Effect.gen(function* () {
        const { page, complaints } = yield* open()
        const simulator = yield* Simulator
        const status = page.getByRole("switch", { name: "Error answer" })
        const field = (fault: string, name: string) => page.locator(`#fault-${fault}`).getByLabel(name)
        yield* Effect.promise(async () => {
          await page.getByRole("tab", { name: "Faults" }).click()
          await page.getByText("No fault is on.").waitFor()
          await field("status", "status").fill("429")
          await field("status", "Retry-After").fill("1.5")
          await field("status", "times").fill("1")
          await status.click()
          await page.locator("#plan li", { hasText: "Error answer 429 Retry-After 1.5 s × 1" }).waitFor()
        })
        assert.deepStrictEqual(yield* simulator.faults, [{ kind: "status", status: 429, retryAfter: 1.5, times: 1 }])
        assert.strictEqual(yield* post([track("lost")]), 429)
        yield* Effect.promise(async () => {
          await page.locator("#requests tr", { hasText: "429" }).waitFor()
          // Used up, it is off.
          await page.getByText("No fault is on.").waitFor()
          assert.strictEqual(await status.getAttribute("aria-checked"), "false")
          await status.click()
          await page.getByRole("switch", { name: "Truncated answer" }).click()
          await page.locator("#plan li").nth(1).waitFor()
          // A fault that is on takes on what is changed about it.
          await field("status", "times").fill("")
          await field("status", "times").press("Enter")
          await page.locator("#plan li", { hasText: "until it is off" }).waitFor()
          await page.locator("#plan li", { hasText: "never its turn" }).waitFor()
          await status.click()
          await page.locator("#plan li", { hasText: "until it is off" }).waitFor({ state: "detached" })
        })
        assert.deepStrictEqual(yield* simulator.faults, [{ kind: "truncate", times: 1 }])
        yield* Effect.promise(async () => {
          await page.getByRole("button", { name: "All off" }).click()
          await page.getByText("No fault is on.").waitFor()
        })
        assert.strictEqual(yield* post([track("kept")], { "x-retry-count": "3" }), 200)
        yield* Effect.promise(() => page.locator("#requests tr", { hasText: "#3" }).waitFor())
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "shows people as they merge, their devices, groups and timeline, and keeps its place meanwhile",
    () =>
      Effect.gen(function* () {
        const { page, complaints } = yield* open()
        yield* post([{ type: "page", anonymousId: "visitor-1", name: "Home" }])
        yield* Effect.promise(async () => {
          await page.getByRole("tab", { name: "People" }).click()
          await page.locator(".entry", { hasText: "visitor-1" }).waitFor()
        })
        yield* post([
          { type: "identify", userId: "ada", anonymousId: "visitor-1", traits: { email: "ada@example.com" } },
          { type: "group", userId: "ada", groupId: "acme", traits: { name: "Acme Ltd" } },
          track("Device Created or Updated", { context: { device: { token: "c0ffee", type: "ios" } } })
        ])
        const shown = page.locator("#person-detail")
        yield* Effect.promise(async () => {
          await shown.locator("h2", { hasText: "ada" }).waitFor()
          assert.strictEqual(await page.locator(".entry", { hasText: "visitor-1" }).count(), 0)
          const text = await shown.textContent()
          for (const part of ["visitor-1", '"email": "ada@example.com"', "c0ffee", "Acme Ltd", "Home"]) {
            assert.include(text, part)
          }
          // Every second the page looks for changes: where there are none, nothing is drawn anew.
          await shown.evaluate((element) => element.firstElementChild?.setAttribute("data-mine", ""))
          await page.waitForResponse(/_dev.people/)
          await page.waitForResponse(/_dev.people/)
          assert.strictEqual(await shown.locator("[data-mine]").count(), 1)
          await shown.getByRole("button", { name: "Acme Ltd" }).first().click()
          await shown.locator("h2", { hasText: "Acme Ltd" }).waitFor()
          await shown.getByRole("button", { name: "ada" }).click()
          await shown.getByRole("button", { name: "Home" }).click()
          await page.locator("#detail h2", { hasText: "Home" }).waitFor()
        })
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live(
    "shows what events did that Customer.io reads specially, and who is deleted or suppressed",
    () =>
      Effect.gen(function* () {
        const { page, complaints } = yield* open()
        const device = { context: { device: { token: "c0ffee", type: "ios" } } }
        const acme = { properties: { objectId: "acme" } }
        const opened = { anonymousId: "d-1", properties: { deliveryId: "d-1", metric: "opened" } }
        yield* post([
          { type: "identify", userId: "ada", traits: { plan: "Pro" } },
          { type: "group", userId: "ada", groupId: "acme" },
          track("Device Created or Updated", device),
          track("Device Deleted", device),
          track("Relationship Deleted", acme),
          track("Object Deleted", { userId: undefined, anonymousId: "acme", ...acme }),
          track("Report Delivery Event", { userId: undefined, ...opened }),
          track("User Suppressed"),
          track("signed_in"),
          track("Device Created or Updated", { userId: "alan", ...device }),
          track("User Deleted", { userId: "alan" })
        ])
        yield* Effect.promise(async () => {
          await page.locator(".row", { hasText: "person deleted" }).waitFor()
          assert.deepStrictEqual(await page.locator(".row .why").allTextContents(), [
            "person deleted",
            "device registered",
            "no effect: the person is suppressed",
            "person suppressed",
            "delivery reported as opened",
            "object deleted",
            "relationship deleted",
            "device deleted",
            "device registered"
          ])
          await page.locator("#search").fill("reported as opened")
          await page.locator(".row", { hasText: "d-1" }).click()
          await page.locator("#detail .notice.effect", { hasText: "delivery reported as opened" }).waitFor()
          await page.getByRole("tab", { name: "People" }).click()
          await page.locator(".entry", { hasText: "ada" }).waitFor()
          assert.strictEqual(await page.locator(".entry").count(), 1)
          const text = await page.locator("#person-detail").textContent()
          assert.include(text, "suppressed")
          assert.notInclude(text, "Pro")
        })
        yield* post([track("User Unsuppressed")])
        yield* Effect.promise(() => page.getByText("Nobody is known yet").waitFor())
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "pauses, goes on, and clears, in every tab, however it was cleared",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open()
        const { page: other } = yield* open()
        yield* post([track("before")])
        yield* Effect.promise(async () => {
          await other.locator(".row", { hasText: "before" }).waitFor()
          await page.locator(".row", { hasText: "before" }).waitFor()
          await page.keyboard.press("p")
          await page.getByRole("button", { name: "Resume" }).waitFor()
        })
        yield* post([track("held")])
        yield* Effect.promise(async () => {
          await page.getByText("1 event, 1 waiting").waitFor()
          await page.keyboard.press("p")
          await page.locator(".row", { hasText: "held" }).waitFor()
          await page.getByRole("button", { name: "Clear" }).click()
          await page.getByText("Nothing has arrived yet").waitFor()
          await other.getByText("Nothing has arrived yet").waitFor()
        })
        assert.deepStrictEqual(yield* Simulator.events, [])
        yield* post([track("after")])
        yield* Effect.promise(() => other.locator(".row", { hasText: "after" }).waitFor())
        // By a test that goes on with the same server.
        yield* Simulator.clear
        yield* Effect.promise(() => other.getByText("Nothing has arrived yet").waitFor())
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "says why nothing arrives when a request is refused as a whole",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open()
        yield* post([track("lost")], { authorization: "Basic Og==", "x-strict-mode": "1" })
        yield* Effect.promise(() => page.getByText("refused with 401: the API key is not right").waitFor())
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live(
    "is usable by keyboard alone, and at the width of a phone",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open()
        yield* post(Array.from({ length: 100 }, (_, index) => track(`event-${index}`)))
        yield* Effect.promise(async () => {
          const selected = page.locator(".row[aria-selected=true] .name")
          await page.getByText("100 events").waitFor()
          await page.keyboard.press("ArrowDown")
          assert.strictEqual(await selected.textContent(), "event-99")
          await page.keyboard.press("ArrowDown")
          await selected.filter({ hasText: "event-98" }).waitFor()
          await page.keyboard.press("End")
          await selected.filter({ hasText: /^event-0$/ }).waitFor()
          await page.keyboard.press("Home")
          await selected.filter({ hasText: "event-99" }).waitFor()
          await page.keyboard.press("Escape")
          await page.locator("#detail").waitFor({ state: "hidden" })
          await page.getByRole("tab", { name: "Events" }).focus()
          await page.keyboard.press("ArrowRight")
          await page.locator("#people").waitFor()
          await page.keyboard.press("ArrowRight")
          await page.getByRole("switch", { name: "Stall" }).focus()
          await page.keyboard.press("Space")
          await page.locator("#plan li", { hasText: "Stall" }).waitFor()
          await page.setViewportSize({ width: 375, height: 700 })
          for (const view of ["Events", "People", "Faults"]) {
            await page.getByRole("tab", { name: view }).click()
            const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
            assert.strictEqual(widths[0], widths[1], view)
            const edges = await page.locator("h1, [role=tab]:not([hidden]), #theme").evaluateAll((elements) =>
              elements.flatMap((element) => {
                const { left, right } = element.getBoundingClientRect()
                return [left, innerWidth - right]
              })
            )
            assert.isAtLeast(Math.min(...edges), 8, view)
          }
        })
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "keeps the place of who reads further down, and the click of who is clicking, while events arrive",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open()
        yield* post(Array.from({ length: 200 }, (_, index) => track(`event-${index}`)))
        const row = page.locator(".row", { has: page.getByText("event-100", { exact: true }) })
        const before = yield* Effect.promise(async () => {
          await page.getByText("200 events").waitFor()
          await page.locator("#rows").evaluate((element) => {
            element.scrollTop = 34 * 95
          })
          await row.hover()
          await page.mouse.down()
          return row.boundingBox()
        })
        yield* post(Array.from({ length: 50 }, (_, index) => track(`later-${index}`)))
        yield* Effect.promise(async () => {
          await page.getByText("250 events").waitFor()
          assert.deepStrictEqual(await row.boundingBox(), before)
          await page.mouse.up()
          await page.locator("#detail h2", { hasText: "event-100" }).waitFor()
          await page.getByRole("button", { name: "Newest" }).click()
          await page.locator(".row", { hasText: "later-49" }).waitFor()
        })
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "connects again, and catches up with what it missed",
    () =>
      Effect.gen(function* () {
        const start = Effect.fnUntraced(function* (port: number) {
          const scope = yield* Scope.make()
          const context = yield* Layer.buildWithScope(
            Layer.merge(Simulator.layerServer({ page: true, port }), FetchHttpClient.layer),
            scope
          )
          return { context, stop: Scope.close(scope, Exit.void) }
        })
        const first = yield* start(0)
        yield* Effect.provide(post([track("before")]), first.context)
        const { page } = yield* Effect.provide(open(), first.context)
        const { port } = yield* Effect.provide(
          Simulator.useSync(({ url }) => new URL(url)),
          first.context
        )
        yield* Effect.promise(() => page.locator(".row", { hasText: "before" }).waitFor())
        yield* first.stop
        yield* Effect.promise(() => page.locator("#connection[data-state=away]").waitFor())
        const second = yield* start(Number(port))
        yield* Effect.provide(post([track("after")]), second.context)
        yield* Effect.promise(async () => {
          await page.locator(".row", { hasText: "after" }).waitFor()
          assert.deepStrictEqual(await names(page), ["after"])
        })
        yield* second.stop
      }),
    30_000
  )

  it.live.skipIf(!isFull)(
    "adds what it missed while only the connection was down",
    () =>
      Effect.gen(function* () {
        const { url } = yield* Simulator
        const line = yield* makeLine(Number(new URL(url).port))
        const { page } = yield* open(line.url)
        yield* post([track("before")])
        yield* Effect.promise(async () => {
          await page.locator(".row", { hasText: "before" }).click()
          line.cut()
          await page.locator("#connection[data-state=away]").waitFor()
        })
        yield* post([track("meanwhile")])
        yield* Effect.promise(async () => {
          line.mend()
          await page.locator(".row", { hasText: "meanwhile" }).waitFor()
          assert.deepStrictEqual(await names(page), ["meanwhile", "before"])
          // It was not told everything anew: what was selected still is.
          assert.strictEqual(await page.locator(".row[aria-selected=true] .name").textContent(), "before")
        })
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "shows when an event happened where that is another time than when it came, and keeps the order in which they came",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open()
        const now = yield* DateTime.now
        const later = (by: Duration.Input) => ({ timestamp: DateTime.formatIso(DateTime.addDuration(now, by)) })
        yield* post([track("none"), track("now", later("30 seconds"))])
        yield* post([track("old", { timestamp: "2024-03-01T00:00:00Z" }), track("ahead", later("90 seconds"))])
        yield* post([track("odd", { timestamp: "yesterday" }), track("number", { timestamp: 1_709_287_200_000 })])
        const facts = async (name: string) => {
          await page.locator(".row", { hasText: name }).click()
          await page.locator("#detail h2", { hasText: name }).waitFor()
          return (await page.locator("#detail dl").first().textContent()) ?? ""
        }
        yield* Effect.promise(async () => {
          await page.getByText("6 events").waitFor()
          assert.deepStrictEqual(await names(page), ["number", "odd", "ahead", "old", "now", "none"])
          const when = (name: string) => page.locator(".row", { hasText: name }).locator(".own-time").allTextContents()
          assert.deepStrictEqual(await when("old"), ["of Mar 1, 2024 00:00"])
          assert.match((await when("ahead")).join(), /^of (\w+ \d+, \d+ )?\d\d:\d\d(:\d\d)?$/)
          for (const name of ["none", "now", "odd", "number"]) assert.deepStrictEqual(await when(name), [], name)
          assert.match(await facts("old"), /^received\w+ \d+, \d+ [\d:]{8}its own timeMar 1, 2024 00:00:00$/)
          assert.match(await facts("none"), /its own timenone was sent, so that of its arrival$/)
          assert.match(await facts("now"), /its own time\w+ \d+, \d+ [\d:]{8}$/)
          assert.match(await facts("odd"), /its own time"yesterday"$/)
          assert.match(await facts("number"), /its own time1709287200000$/)
          await page.getByRole("tab", { name: "People" }).click()
          await page.locator(".timeline li", { hasText: "old" }).getByText("of Mar 1, 2024 00:00").waitFor()
        })
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "shows a message as it was sent, and an event beside the list that is in the list",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open()
        yield* post([
          track("plain"),
          track("timed", { timestamp: "2024-03-01T10:00:00Z", context: { app: { name: "a" } } })
        ])
        yield* post([track("wrong", { context: "none", traits: [1] })], { "x-strict-mode": "0" })
        const blocks = async (name: string) => {
          await page.locator(".row", { hasText: name }).click()
          await page.locator("#detail h2", { hasText: name }).waitFor()
          const all = await page.locator("#detail pre").allTextContents()
          return all.map((text): unknown => JSON.parse(text))
        }
        yield* Effect.promise(async () => {
          await page.getByText("3 events").waitFor()
          assert.deepStrictEqual(await blocks("plain"), [track("plain")])
          const timed = track("timed", { timestamp: "2024-03-01T10:00:00Z" })
          assert.deepStrictEqual(await blocks("timed"), [timed, { app: { name: "a" } }])
          assert.deepStrictEqual(await blocks("wrong"), [track("wrong", { traits: [1] }), "none"])
          assert.strictEqual(await page.locator("#detail mark").textContent(), '"traits": [\n    1\n  ]')
          // What is shown goes with what passes the filters, by whichever of them.
          await page.locator("#search").fill("wrong")
          await page.getByText("1 of 3 events").waitFor()
          assert.strictEqual(await page.locator("#detail h2").textContent(), "track wrong")
          await page.locator("#search").fill("timed")
          await page.locator("#detail").waitFor({ state: "hidden" })
          await blocks("timed")
          await page.locator("#verdict").selectOption("refused")
          await page.locator("#detail").waitFor({ state: "hidden" })
          await page.locator("[aria-activedescendant]:visible").waitFor({ state: "detached" })
        })
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "says what is no longer kept, where it is looked for: in the list, of a person, of everybody, of the requests",
    () =>
      Effect.gen(function* () {
        yield* post([{ type: "page", anonymousId: "visitor", name: "Home" }])
        yield* post([{ type: "identify", userId: "ada", anonymousId: "visitor", traits: { email: "ada@example.com" } }])
        const { page: early } = yield* open()
        for (let part = 0; part < 3; part++) yield* post(Array.from({ length: 500 }, () => track("old")))
        yield* post([{ type: "identify", traits: { email: "ada@example.com" } }, track("", {})])
        for (let part = 0; part < 3; part++) {
          yield* post(Array.from({ length: 500 }, (_, index) => track("other", { userId: `u${index % 100}` })))
        }
        yield* post([track("new"), track("new"), track("new")])
        const { page: late } = yield* open()
        const person = async (page: Page) => {
          await page.getByRole("tab", { name: "People" }).click()
          await page.locator("#find-person").fill("ada@")
          await page.locator("#person-detail h2", { hasText: "ada" }).waitFor()
          return page.locator("#person-detail")
        }
        yield* Effect.promise(async () => {
          await late.getByText("1,000 events, 2,007 older ones no longer kept", { exact: true }).waitFor()
          await late.locator("#search").fill("new")
          await late.getByText("3 of 1,000 events, 2,007 older ones no longer kept", { exact: true }).waitFor()
          const detail = await person(late)
          assert.strictEqual(await detail.locator(".timeline li").count(), 3)
          await detail.getByText("1,503 older events are no longer kept.", { exact: true }).waitFor()
        })
        // Who saw them come has them still.
        yield* Effect.promise(async () => {
          await early.getByText("3,007 events", { exact: true }).waitFor()
          const detail = await person(early)
          assert.strictEqual(await detail.locator(".timeline li").count(), 50)
          await detail.getByText("1,456 older events can be found in the list of events.", { exact: true }).waitFor()
          assert.notInclude(await detail.textContent(), "no longer kept")
        })
        for (let part = 0; part < 2; part++) {
          yield* post(Array.from({ length: 550 }, (_, index) => track("one", { userId: `one-${part}-${index}` })))
        }
        yield* Effect.forEach(Array(40), () => post([track("one")]))
        yield* Effect.promise(async () => {
          await late.locator("#find-person").fill("")
          const everyone = "1,000 known, the newest 200 shown, 202 older ones no longer kept"
          await late.getByText(everyone, { exact: true }).waitFor()
          await late.getByRole("tab", { name: "Faults" }).click()
          await late.getByText("50 of 52", { exact: true }).waitFor()
        })
      }).pipe(Effect.provide(Layer.merge(Simulator.layerServer({ page: true, keep: 1000 }), FetchHttpClient.layer))),
    30_000
  )

  const shop = Plan.make({
    name: "Shop",
    track: {
      bought: {
        description: "A person has paid",
        properties: { items: Schema.Array(Schema.Struct({ price: Schema.Finite })) }
      },
      emptied: { owner: "checkout" }
    },
    identify: { traits: { email: Schema.String } }
  })

  const marks = (page: Page) => page.locator(".row .mark").allTextContents()

  it.live(
    "marks events by the plan, says where one is not as planned, and lists what was sent of it and what never was",
    () =>
      Effect.gen(function* () {
        const { page, complaints } = yield* open()
        const bought = (...prices: ReadonlyArray<unknown>) =>
          track("bought", { properties: { items: prices.map((price) => ({ price })) } })
        yield* post([bought(1, "2", 3), bought(1), track("sold"), track("sold")])
        yield* Effect.promise(async () => {
          await page.getByText("4 events").waitFor()
          // Without a plan nothing is to be seen of it.
          for (const of of ["#tab-tracking", "#planned", ".row .mark >> nth=0"]) {
            assert.isFalse(await page.locator(of).isVisible(), of)
          }
          await page.locator(".row", { hasText: "bought" }).last().click()
          await page.locator("#detail dl").first().waitFor()
          assert.strictEqual(await page.locator("#detail mark").count(), 0)
        })
        yield* Simulator.setPlan(shop)
        yield* Effect.promise(async () => {
          // What is looked at stays, with what the plan says of it.
          await page.getByText("Not as planned at properties.items[1].price: Expected number").waitFor()
          assert.strictEqual(await page.locator("#detail mark").textContent(), '"price": "2"')
          assert.strictEqual(await page.locator(".row[aria-selected=true] .name").textContent(), "bought")
          assert.deepStrictEqual(await marks(page), ["unplanned", "unplanned", "planned", "violating"])
          await page.locator("#planned").selectOption("unplanned")
          await page.getByText("2 of 4 events").waitFor()
          await page.locator(".row").first().click()
          await page.getByText("Not planned at event: Expected an event of the plan").waitFor()
          assert.strictEqual(await page.locator("#detail mark").textContent(), '"event": "sold"')
          await page.getByRole("tab", { name: "Plan" }).click()
          const things = page.locator("#plan-kinds .thing")
          await things.nth(2).waitFor()
          assert.deepStrictEqual(await page.locator(".counts span").allTextContents(), [
            "3 planned",
            "2 never sent",
            "1 violation",
            "1 not planned"
          ])
          const [first, emptied] = await things.allTextContents()
          assert.match(
            first ?? "",
            /^boughtA person has paidproperties\.items\[\]\.price: Expected number × 11 violation2 times[\d:]{8}$/
          )
          assert.strictEqual(emptied, "emptiedcheckoutnever sent")
          assert.match((await page.locator("#strangers .thing").textContent()) ?? "", /^track sold.*2 times[\d:]{8}$/)
        })
        yield* post([track("emptied"), { type: "identify", userId: "ada", traits: { email: "ada@example.com" } }])
        yield* Effect.promise(async () => {
          await page.getByText("nothing is missing").waitFor()
          await page.getByRole("button", { name: "1 violation" }).click()
          await page.getByText("1 of 6 events").waitFor()
          await page.getByRole("tab", { name: "Plan" }).click()
          await page.setViewportSize({ width: 390, height: 700 })
          for (const view of ["Plan", "Events"]) {
            await page.getByRole("tab", { name: view }).click()
            const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
            assert.strictEqual(widths[0], widths[1], view)
            assert.isBelow((await page.locator("header").boundingBox())?.height ?? 0, 90, view)
          }
          assert.isTrue(await page.locator(".row .mark").first().isVisible())
        })
        // What was violating is planned now, and goes from the list and from beside it.
        yield* Effect.promise(async () => {
          await page.locator(".row").click()
          await page.locator("#detail", { hasText: "Not as planned" }).waitFor()
        })
        yield* Simulator.setPlan(Plan.make({ name: "Loose", track: { bought: { additionalProperties: "allow" } } }))
        yield* Effect.promise(async () => {
          await page.getByText("0 of 6 events").waitFor()
          await page.locator("#detail").waitFor({ state: "hidden" })
        })
        yield* Simulator.setPlan(undefined)
        yield* Effect.promise(async () => {
          await page.locator("#tab-tracking").waitFor({ state: "hidden" })
          // A filter that nobody can see filters nothing.
          await page.getByText("6 events", { exact: true }).waitFor()
          assert.strictEqual((await marks(page)).join(""), "")
        })
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "takes another plan in every tab, also one that was away or is paused, and says why one could not be loaded",
    () =>
      Effect.gen(function* () {
        const hostile = `<img src=x onerror="alert(1)"><script>alert(2)</script>`
        const long = "x".repeat(200)
        const { url } = yield* Simulator
        const line = yield* makeLine(Number(new URL(url).port))
        const { page: away } = yield* open(line.url)
        const { page: paused } = yield* open()
        yield* post([track("bought"), track(hostile)])
        yield* Effect.promise(async () => {
          await away.getByText("2 events").waitFor()
          line.cut()
          await away.locator("#connection[data-state=away]").waitFor()
          await paused.getByText("2 events").waitFor()
          await paused.keyboard.press("p")
        })
        yield* post([track("held")])
        yield* Effect.promise(() => paused.getByText("2 events, 1 waiting").waitFor())
        yield* Simulator.setPlan(
          Plan.make({
            name: hostile,
            description: hostile,
            track: { [hostile]: { description: hostile, owner: hostile }, [`${long}1`]: {}, [`${long}2`]: {} }
          })
        )
        yield* Effect.promise(async () => {
          line.mend()
          await away.locator(".row", { hasText: "held" }).waitFor()
          assert.deepStrictEqual(await marks(away), ["unplanned", "planned", "unplanned"])
          await paused.locator(".row .mark", { hasText: "unplanned" }).waitFor()
          await paused.getByText("2 events, 1 waiting").waitFor()
          assert.deepStrictEqual(await marks(paused), ["planned", "unplanned"])
          await paused.keyboard.press("p")
          await paused.getByText("3 events", { exact: true }).waitFor()
        })
        yield* Simulator.setPlanProblem(hostile)
        const { page: late, complaints } = yield* open(undefined, paused.context())
        yield* Effect.promise(async () => {
          assert.deepStrictEqual(await marks(late), await marks(paused))
          for (const page of [away, late]) {
            await page.getByRole("tab", { name: "Plan" }).click()
            await page.getByText(`The plan could not be loaded, and this is the one before: ${hostile}`).waitFor()
            await page.locator("#plan-head h2", { hasText: hostile }).waitFor()
            assert.strictEqual(await page.locator("body img").count(), 0)
            assert.strictEqual(await page.locator("#plan-kinds .thing").count(), 3)
          }
          assert.isTrue(await late.locator(".has-problem").isVisible())
        })
        yield* Simulator.setPlan(shop)
        yield* Effect.promise(async () => {
          await late.locator("#plan-problem").waitFor({ state: "hidden" })
          await late.locator("#plan-kinds .thing").nth(2).waitFor()
        })
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live.skipIf(!isFull)(
    "stays quick with 10,000 events",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open()
        for (let index = 0; index < 20; index++) {
          yield* post(Array.from({ length: 500 }, (_, number) => track(`event-${index * 500 + number}`)))
        }
        const filtering = yield* Effect.promise(async () => {
          await page.getByText("10,000 events").waitFor()
          assert.isBelow(await page.locator(".row").count(), 60)
          return page.evaluate(() => {
            const search = document.querySelector<HTMLInputElement>("#search")
            if (search === null) return Number.NaN
            const started = performance.now()
            search.value = "event-9999"
            search.dispatchEvent(new Event("input"))
            return performance.now() - started
          })
        })
        assert.isBelow(filtering, 1000)
        yield* Effect.promise(async () => {
          await page.locator("#search").fill("")
          await page.locator("#search").press("Escape")
          await page.keyboard.press("ArrowDown")
          await page.keyboard.press("End")
          await page.locator("#detail h2", { hasText: /event-0$/ }).waitFor()
          assert.isFalse(await page.getByText("It made room for newer ones").isVisible())
        })
        for (let index = 0; index < 3; index++) yield* post(Array.from({ length: 500 }, () => track("newer")))
        yield* Effect.promise(async () => {
          await page.getByText("It made room for newer ones").waitFor()
          await page.getByText(/^10,\d{3} events, 1,\d{3} older ones no longer kept$/).waitFor()
          assert.strictEqual(await page.locator("#detail h2").textContent(), "track event-0")
        })
      }).pipe(Effect.provide(layer)),
    60_000
  )
})

describe("the page's own routes", () => {
  /** With headers that `fetch` would not let through. */
  const ask = (method: string, path: string, headers: Record<string, string>, body = "") =>
    Effect.flatMap(Simulator, ({ url }) =>
      Effect.callback<{ readonly status: number; readonly headers: NodeJS.Dict<string | Array<string>> }>((resume) => {
        const asked = request(`${url}${path}`, { method, headers }, (response) => {
          resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers }))
          response.destroy()
        })
        asked.end(body)
      })
    )

  const json = { "content-type": "application/json" }

  it.live("are for the names of this machine alone", () =>
    Effect.gen(function* () {
      for (const path of [
        "/",
        "/app.js",
        "/_dev/state",
        "/_dev/people",
        "/_dev/request?id=1",
        "/_dev/events",
        "/plan.json"
      ]) {
        assert.strictEqual((yield* ask("GET", path, { host: "evil.example" })).status, 403, path)
        assert.strictEqual((yield* ask("GET", path, { host: "localhost:1" })).status, 200, path)
      }
    }).pipe(Effect.provide(layer))
  )

  it.live("tell what came after an event, and everything after one they do not know", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      /** What the stream says first, until it has told of the newest event. */
      const listen = (query: string, headers: Record<string, string> = {}) =>
        Effect.callback<string>((resume) => {
          let text = ""
          const asked = request(`${url}/_dev/events${query}`, { headers }, (response) => {
            response.setEncoding("utf8").on("data", (part: string) => {
              text += part
              if (!text.includes('"third"')) return
              resume(Effect.succeed(text))
              response.destroy()
            })
          })
          asked.end()
        })
      yield* post([track("first"), track("second"), track("third")])
      const all = yield* listen("")
      assert.include(all, "event: hello\ndata: true")
      assert.include(all, '"first"')
      const run = /^id: (\w+):3$/m.exec(all)?.[1]
      for (const text of [yield* listen(`?after=${run}:2`), yield* listen("", { "last-event-id": `${run}:2` })]) {
        assert.include(text, "event: hello\ndata: false")
        assert.notInclude(text, '"second"')
      }
      for (const unknown of ["another:2", "another_0:2", `${run}:`, `${run}:2e9`, "nonsense"]) {
        const text = yield* listen(`?after=${unknown}`)
        assert.include(text, "event: hello\ndata: true", unknown)
        assert.include(text, '"first"', unknown)
      }
    }).pipe(Effect.provide(layer))
  )

  it.live("take no change from another site", () =>
    Effect.gen(function* () {
      const change = (headers: Record<string, string>) => ask("PUT", "/_dev/faults", headers, '[{"kind":"stall"}]')
      for (const headers of [
        { ...json, origin: "https://evil.example" },
        { ...json, origin: "null" },
        { ...json, "sec-fetch-site": "cross-site" },
        { "content-type": "text/plain" },
        {}
      ]) {
        assert.strictEqual((yield* change(headers)).status, 403, JSON.stringify(headers))
      }
      assert.deepStrictEqual(yield* (yield* Simulator).faults, [])
      assert.strictEqual((yield* change(json)).status, 200)
      assert.strictEqual((yield* ask("PUT", "/_dev/faults", json, '[{"kind":"meteor"}]')).status, 400)
      assert.deepStrictEqual(yield* (yield* Simulator).faults, [{ kind: "stall" }])
    }).pipe(Effect.provide(layer))
  )

  it.live("say what a browser may do with them", () =>
    Effect.gen(function* () {
      for (const path of ["/", "/app.css", "/app.js", "/_dev/state"]) {
        const { headers } = yield* ask("GET", path, { origin: "https://evil.example" })
        const policy = String(headers["content-security-policy"])
        assert.include(policy, "default-src 'none'; script-src 'self'; style-src 'self'")
        assert.notInclude(policy, "unsafe")
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
        assert.isUndefined(headers["access-control-allow-origin"])
      }
    }).pipe(Effect.provide(layer))
  )
})
