import { assert, describe, it } from "@effect/vitest"
import { type Fault, Simulator } from "cdp-analytics-effect/simulator"
import { Effect, Layer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { batch, post, track } from "../simulator/post.ts"

const redirect = (location: unknown) => ({ kind: "redirect", status: 307, location })

/** What no server could act out, and how it is named. */
const impossible: ReadonlyArray<readonly [fault: unknown, field: string, reason: string]> = [
  [redirect("https://a.example/\r\nset-cookie: a=b"), ".location", "ASCII"],
  [redirect("/v1/batch\n"), ".location", "ASCII"],
  [redirect("/a b"), ".location", "ASCII"],
  [redirect("https://exämple.com/"), ".location", "ASCII"],
  [redirect("/\u0000"), ".location", "ASCII"],
  [redirect(""), ".location", "ASCII"],
  [redirect("http://[::1/v1/batch"), ".location", "a URL"],
  [redirect("https://:99999/"), ".location", "a URL"],
  [redirect(`/${"a".repeat(5000)}`), ".location", "2000 characters"],
  [redirect(1), ".location", "string"],
  [{ kind: "status", status: 503, retryAfter: 1e300 }, ".retryAfter", "31536000"],
  [{ kind: "status", status: 503, retryAfter: 1e300, asDate: true }, ".retryAfter", "31536000"],
  [{ kind: "status", status: 503, retryAfter: -1 }, ".retryAfter", "31536000"],
  [{ kind: "status", status: 503, retryAfter: Number.NaN }, ".retryAfter", ""],
  [{ kind: "status", status: 99 }, ".status", "200"],
  [{ kind: "status", status: 600 }, ".status", "599"],
  [{ kind: "status", status: 503, body: "b".repeat(1_000_001) }, ".body", "1000000"],
  [{ kind: "status", status: 503, headers: { "x-a": "b\r\nc: d" } }, ".headers", "excess"],
  [{ kind: "delay", millis: 1e300 }, ".millis", "86400000"],
  [{ kind: "delay", millis: Number.POSITIVE_INFINITY }, ".millis", ""],
  [{ kind: "stall", times: 0 }, ".times", "1"],
  [{ kind: "stall", times: 1e300 }, ".times", ""],
  [JSON.parse(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`), "", ""],
  ["stall", "", ""],
  [null, "", ""]
]

const layerSocket = Layer.merge(Simulator.layerServer({ page: true }), FetchHttpClient.layer)

describe("a fault that cannot be acted out", () => {
  it.effect("is refused by setFaults, by name, and the plan stays", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.setFaults([{ kind: "stall", times: 1 }])
      for (const [fault, field, reason] of impossible) {
        const plan = [{ kind: "stall" }, fault] as unknown as ReadonlyArray<Fault>
        const error = yield* Effect.flip(Simulator.setFaults(plan))
        assert.strictEqual(error._tag, "InvalidOptions")
        assert.match(error.option, new RegExp(`^faults\\[1\\]${field.replace(".", "\\.")}`))
        assert.include(error.reason, reason)
        assert.isBelow(error.message.length, 300)
      }
      assert.deepStrictEqual(yield* simulator.faults, [{ kind: "stall", times: 1 }])
    }).pipe(Effect.provide(Simulator.layer()))
  )

  it.effect("is refused in the options", () =>
    Effect.gen(function* () {
      for (const [fault, field] of impossible) {
        const layer = Simulator.layer({ faults: [fault] as unknown as ReadonlyArray<Fault> })
        const error = yield* Effect.flip(Effect.provide(Effect.void, layer))
        assert.strictEqual(error._tag, "InvalidOptions")
        assert.include(error.option, `faults[0]${field}`)
      }
      const rate = { requests: 1, window: "1 seconds", retryAfter: 1e300 } as const
      const error = yield* Effect.flip(Effect.provide(Effect.void, Simulator.layer({ rateLimit: rate })))
      assert.strictEqual(error.option, "rateLimit.retryAfter")
    })
  )

  it.effect("is refused by PUT /_dev/faults, with a reason, and nothing of it breaks a request", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const put = (text: string) =>
        HttpClientRequest.put(`${simulator.url}/_dev/faults`).pipe(
          HttpClientRequest.bodyText(text, "application/json"),
          HttpClient.execute,
          Effect.flatMap((response) => Effect.map(response.text, (body) => ({ status: response.status, body })))
        )
      for (const text of [
        '[{"kind":"redirect","status":307,"location":"/\\r\\nx: y"}]',
        '[{"kind":"status","status":503,"retryAfter":1e300}]',
        '[{"kind":"delay","millis":1e300}]',
        `[${"[".repeat(50_000)}${"]".repeat(50_000)}]`,
        "{}",
        "["
      ]) {
        const { status, body } = yield* put(text)
        assert.strictEqual(status, 400)
        assert.isString(JSON.parse(body).error)
      }
      assert.include((yield* put('[{"kind":"redirect","status":307,"location":"a b"}]')).body, "faults[0].location")
      assert.strictEqual((yield* post(batch(track("e")))).status, 200)
      assert.deepStrictEqual(yield* simulator.faults, [])
    }).pipe(Effect.provide(layerSocket))
  )
})

describe("a fault that can be acted out", () => {
  const possible: ReadonlyArray<Fault> = [
    { kind: "redirect", status: 307, location: "http://127.0.0.1:1/admin" },
    { kind: "redirect", status: 308, location: "data:,ok" },
    { kind: "redirect", status: 301, location: "//other.example/v1" },
    { kind: "redirect", status: 302, location: "../v1/batch?a=b#c" },
    { kind: "status", status: 503, retryAfter: 31_536_000, asDate: true },
    { kind: "status", status: 429, retryAfter: 31_536_000 },
    { kind: "status", status: 503, body: "\u0000\r\n漢" },
    { kind: "status", status: 204, body: "b" },
    { kind: "status", status: 205, body: "b" },
    { kind: "status", status: 304, body: "b" },
    { kind: "status", status: 599 }
  ]

  for (const [where, layer] of [
    ["in process", Simulator.layer()],
    ["on a socket", layerSocket]
  ] as const) {
    it.effect(`is acted out ${where}`, () =>
      Effect.gen(function* () {
        for (const fault of possible) {
          yield* Simulator.setFaults([fault])
          const answer = yield* post(batch(track("e"))).pipe(
            Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
          )
          assert.strictEqual(answer.status, "status" in fault ? fault.status : 0)
        }
      }).pipe(Effect.provide(layer))
    )
  }
})
