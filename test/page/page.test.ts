import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { request } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect, Exit, Layer, Scope } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { type Browser, chromium, type Page } from "playwright-core"

const chromiumPath = "/usr/bin/chromium"

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

const acquireBrowser = Effect.acquireRelease(
  Effect.promise(() =>
    chromium.launch({
      executablePath: chromiumPath,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    })
  ),
  (browser) => Effect.promise(() => browser.close())
)

/** The page, and whatever it complains of. */
const open = Effect.fnUntraced(function* (browser: Browser) {
  const { url } = yield* Simulator
  return yield* Effect.promise(async () => {
    const page = await browser.newPage()
    const complaints: Array<string> = []
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text())
    })
    page.on("pageerror", (error) => complaints.push(String(error)))
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.goto(url)
    await page.locator("#connection[data-state=live]").waitFor()
    return { page, complaints }
  })
})

const names = (page: Page) => page.locator(".row .name").allTextContents()

// Debian's Chromium, which .ci/run installs. Elsewhere the rest of the tests still tells much.
describe.skipIf(!existsSync(chromiumPath))("the page", () => {
  it.live(
    "shows events as they arrive, filters them, and shows one whole",
    () =>
      Effect.gen(function* () {
        const { page, complaints } = yield* open(yield* acquireBrowser)
        yield* Effect.promise(async () => {
          await page.getByText("Nothing has arrived yet").waitFor()
          assert.include(await page.locator("#first").textContent(), "curl http://127.0.0.1:")
        })
        yield* post([track("first"), track("second", { properties: { price: 39.95 } })])
        yield* post([
          { type: "page", anonymousId: "a", name: "Home" },
          { type: "track", event: "nobody" }
        ])
        yield* Effect.promise(async () => {
          await page.locator(".row").nth(3).waitFor()
          assert.deepStrictEqual(await names(page), [
            "nobody  userId: userId or anonymousId is required",
            "Home",
            "second",
            "first"
          ])
          await page.locator("#type").selectOption("track")
          await page.locator("#verdict").selectOption("accepted")
          await page.getByText("2 of 4 events").waitFor()
          assert.deepStrictEqual(await names(page), ["second", "first"])
          await page.locator("#name").fill("SECOND")
          await page.getByText("1 of 4 events").waitFor()
          await page.locator("#name").fill("")
          await page.locator("#person").fill("nobody")
          await page.getByText("0 of 4 events").waitFor()
          await page.locator("#person").fill("ada")
          await page.getByText("2 of 4 events").waitFor()
          await page.keyboard.press("Escape")
          await page.keyboard.press("/")
          await page.keyboard.type("39.95")
          await page.getByText("1 of 4 events").waitFor()
          await page.keyboard.press("Escape")
          await page.keyboard.press("ArrowDown")
          await page.locator("#detail dl").waitFor()
          const detail = (await page.locator("#detail").textContent()) ?? ""
          assert.include(detail, '"price": 39.95')
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
        const { page, complaints } = yield* open(yield* acquireBrowser)
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
            await page.locator("#detail dl").waitFor()
          }
          await page.getByRole("tab", { name: "People" }).click()
          await page.locator(".card").first().waitFor()
          assert.include(await page.locator(".card").first().textContent(), hostile)
          assert.strictEqual(await page.locator("body img").count(), 0)
          assert.strictEqual(await page.locator("body script").count(), 0)
        })
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live(
    "copies an event as JSON, as curl and as TypeScript",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open(yield* acquireBrowser)
        yield* post([track("it's bought", { messageId: "m-1", properties: { price: 1 }, context: { ip: "::1" } })])
        const { url } = yield* Simulator
        const copied = yield* Effect.promise(async () => {
          await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: url })
          await page.locator(".row").click()
          await page.locator("#detail dl").waitFor()
          const all: Array<string> = []
          for (const name of ["Copy JSON", "Copy curl", "Copy TypeScript"]) {
            await page.getByRole("button", { name }).click()
            await page.getByRole("button", { name: "Copied" }).first().waitFor()
            all.push(await page.evaluate(() => navigator.clipboard.readText()))
          }
          return all
        })
        assert.deepInclude(JSON.parse(copied[0] ?? ""), { event: "it's bought", context: { ip: "::1" } })
        assert.include(copied[2], "yield* Analytics.track({")
        assert.include(copied[2], 'event: "it\'s bought"')
        yield* (yield* Simulator).clear
        // Its server is this process: the shell must not be waited for in one go.
        yield* Effect.callback<void>((resume) => {
          execFile("sh", ["-c", copied[1] ?? ""], (error) => resume(error === null ? Effect.void : Effect.die(error)))
        })
        const [again] = yield* Simulator.events
        assert.deepInclude(again?.message, { event: "it's bought", messageId: "m-1" })
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live(
    "turns faults on and off, shows people, pauses and clears",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open(yield* acquireBrowser)
        const simulator = yield* Simulator
        yield* Effect.promise(async () => {
          await page.getByRole("tab", { name: "Faults" }).click()
          await page.getByRole("button", { name: "503 twice" }).click()
          await page.locator("button[aria-pressed=true]", { hasText: "503 twice" }).waitFor()
        })
        assert.deepStrictEqual(yield* simulator.faults, [{ kind: "status", status: 503, times: 2 }])
        assert.strictEqual(yield* post([track("lost")]), 503)
        yield* Effect.promise(async () => {
          await page.locator("td.refused", { hasText: "503" }).waitFor()
          await page.getByRole("button", { name: "All off" }).click()
          await page.getByText("No fault is on.").waitFor()
        })
        assert.strictEqual(yield* post([{ type: "identify", userId: "ada", traits: { plan: "Pro" } }]), 200)
        yield* Effect.promise(async () => {
          await page.getByRole("tab", { name: "People" }).click()
          await page.locator(".card", { hasText: '"plan": "Pro"' }).waitFor()
          await page.getByRole("tab", { name: "Events" }).click()
          await page.keyboard.press("p")
          await page.getByRole("button", { name: "Go on" }).waitFor()
        })
        yield* post([track("held")])
        yield* Effect.promise(async () => {
          await page.getByText("1 events, 1 wait").waitFor()
          await page.keyboard.press("p")
          await page.locator(".row", { hasText: "held" }).waitFor()
          await page.getByRole("button", { name: "Clear" }).click()
          await page.getByText("Nothing has arrived yet").waitFor()
        })
        assert.deepStrictEqual(yield* simulator.events, [])
      }).pipe(Effect.provide(layer)),
    30_000
  )

  it.live(
    "connects again, and catches up with what it missed",
    () =>
      Effect.gen(function* () {
        const browser = yield* acquireBrowser
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
        const { page } = yield* Effect.provide(open(browser), first.context)
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

  it.live(
    "stays quick with 10,000 events",
    () =>
      Effect.gen(function* () {
        const { page } = yield* open(yield* acquireBrowser)
        for (let index = 0; index < 20; index++) {
          yield* post(Array.from({ length: 500 }, (_, number) => track(`event-${index * 500 + number}`)))
        }
        const filtering = yield* Effect.promise(async () => {
          await page.getByText("10000 events").waitFor()
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
      for (const path of ["/", "/app.js", "/_dev/state", "/_dev/events"]) {
        assert.strictEqual((yield* ask("GET", path, { host: "evil.example" })).status, 403, path)
        assert.strictEqual((yield* ask("GET", path, { host: "localhost:1" })).status, 200, path)
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
