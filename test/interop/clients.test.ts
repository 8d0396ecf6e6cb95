import { Analytics as CdpAnalytics } from "@customerio/cdp-analytics-node"
import { assert, describe, it } from "@effect/vitest"
import { Analytics as SegmentAnalytics } from "@segment/analytics-node"
import { Simulator } from "cdp-analytics-effect/simulator"
import { PipelinesClient } from "customerio-node"
import { Effect } from "effect"

/** The calls that all of these clients have, with what each is given. */
const given = {
  identify: { userId: "u", traits: { email: "u@example.com", plan: "Pro", nested: { vip: true } } },
  track: { userId: "u", event: "bought", properties: { price: 39.95, gift: false, list: [1, "two"] } },
  page: { userId: "u", name: "Home", properties: { url: "https://example.com/" } },
  screen: { anonymousId: "a", name: "Cart", properties: { items: 0 } },
  group: { userId: "u", groupId: "acme", traits: { name: "Acme" } },
  alias: { userId: "u", previousId: "p" }
} as const

interface Client {
  readonly identify: (message: typeof given.identify) => unknown
  readonly track: (message: typeof given.track) => unknown
  readonly page: (message: typeof given.page) => unknown
  readonly screen: (message: typeof given.screen) => unknown
  readonly group: (message: typeof given.group) => unknown
  readonly alias: (message: typeof given.alias) => unknown
}

const callAll = async (client: Client) => {
  await client.identify(given.identify)
  await client.track(given.track)
  await client.page(given.page)
  await client.screen(given.screen)
  await client.group(given.group)
  await client.alias(given.alias)
}

/** Runs each client against a server, to the end of its own sending. */
const clients: Record<string, (url: string) => Promise<void>> = {
  "@customerio/cdp-analytics-node": async (url) => {
    const client = new CdpAnalytics({ writeKey: "k", host: url })
    await callAll(client)
    await client.closeAndFlush()
  },
  "@segment/analytics-node": async (url) => {
    const client = new SegmentAnalytics({ writeKey: "k", host: url })
    await callAll(client)
    await client.closeAndFlush()
  },
  "customerio-node": async (url) => {
    await callAll(new PipelinesClient("k", { url: `${url}/v1`, strictMode: false }))
  },
  "customerio-node in strict mode": async (url) => {
    await callAll(new PipelinesClient("k", { url: `${url}/v1`, strictMode: true }))
  }
}

describe("clients that others wrote", () => {
  for (const strict of ["never", "always", "header"] as const) {
    it.live.each(Object.keys(clients))(`%s is understood field for field, strict: ${strict}`, (name) =>
      Effect.gen(function* () {
        const { url } = yield* Simulator
        yield* Effect.promise(() => clients[name]!(url))
        const events = yield* Simulator.events
        const requests = yield* Simulator.requests
        assert.deepStrictEqual(
          events.filter(({ verdict }) => verdict !== "accepted"),
          []
        )
        assert.isTrue(requests.every(({ status }) => status === 200))
        const byType = Object.fromEntries(events.map(({ message }) => [message["type"], message]))
        for (const [type, fields] of Object.entries(given)) {
          for (const [key, value] of Object.entries(fields)) {
            const received = byType[type]?.[key]
            // Some add their own next to what they were given: a page's name, say, to its properties.
            if (typeof value === "object" && key === "properties") assert.deepInclude(received, value, `${type}.${key}`)
            else assert.deepStrictEqual<unknown>(received, value, `${type}.${key}`)
          }
          assert.isString(byType[type]?.["messageId"], `${type}.messageId`)
          assert.isObject(byType[type]?.["context"], `${type}.context`)
        }
        assert.strictEqual((yield* Simulator.people)[0]?.traits["plan"], "Pro")
      }).pipe(Effect.provide(Simulator.layerServer({ apiKeys: ["k"], strict })))
    )
  }
})
