import { assert, describe, it } from "@effect/vitest"
import { Analytics } from "cdp-analytics-effect"
import { Effect, Layer, Logger, Redacted, Schedule } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { tell } from "../../src/transport/tell.ts"
import { collectLogs } from "../support/logs.ts"

interface Said {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body: string
}

const layerAnswering = ({ status, headers = {}, body }: Said) =>
  Analytics.layer({ apiKey: Redacted.make("key") }).pipe(
    Layer.provide(
      Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request) =>
          Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { status, headers })))
        )
      )
    )
  )

const reasonOf = (said: Said) =>
  Effect.gen(function* () {
    const { await: delivered } = yield* Analytics.track({ userId: "u", event: "e" })
    yield* Analytics.flush
    const error = yield* Effect.flip(delivered)
    return "reason" in error ? error.reason : error._tag
  }).pipe(Effect.provide(Layer.provide(layerAnswering(said), Logger.layer([]))))

const json = (status: number, ...errors: ReadonlyArray<string>): Said => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8" },
  body: JSON.stringify({ meta: errors.length === 1 ? { error: errors[0] } : { errors } })
})

const page = (status: number, contentType: string, body: string): Said => ({
  status,
  headers: { "content-type": contentType },
  body
})

/** As validators and gateways write them, and what is left of it. */
const refusals: ReadonlyArray<readonly [said: Said, told: string]> = [
  [json(400, "batch[0]: userId or anonymousId is required"), "batch[0]: userId or anonymousId is required"],
  [
    json(400, "batch[2]: event is required", "batch[5]: type must be one of identify, track"),
    "batch[2]: event is required; batch[5]: type must be one of identify, track"
  ],
  [
    json(400, 'message 3 (track "Order Completed"): properties.total must be a number'),
    'message 3 (track "…"): properties.total must be a number'
  ],
  [json(400, "the message has 40712 bytes, the limit is 32768"), "the message has … bytes, the limit is 32768"],
  [json(413, "the body has 612000 bytes, the limit is 512,000"), "the body has … bytes, the limit is 512,000"],
  [json(400, "Message exceeds 32KB"), "Message exceeds 32KB"],
  [json(400, "properties.products[3].sku must be a string"), "properties.products[3].sku must be a string"],
  [json(400, "properties.shoeSize must be at most 255"), "properties.… must be at most 255"],
  [json(400, '"traits.email" must be a valid email'), '"traits.email" must be a valid email'],
  [json(400, 'traits.email "ada@example.com" is not valid'), 'traits.email "…" is not valid'],
  [json(400, "context.ip: 203.0.113.77 is not allowed"), "context.ip: 203.… is not allowed"],
  [json(400, "timestamp '2031-01-01T00:00:00Z' is in the future"), "timestamp '…' is in the future"],
  [json(400, "Invalid type. Expected: string, given: integer"), "Invalid type. Expected: string, given: integer"],
  [json(400, "Missing required field userId"), "Missing required field userId"],
  [
    json(400, "invalid character 'q' looking for beginning of value"),
    "invalid character '…' looking for beginning of value"
  ],
  [json(400, "Unexpected token } in JSON at position 41"), "Unexpected token … in JSON at position 41"],
  [json(400, "unexpected end of JSON input"), "unexpected end of JSON input"],
  [json(400, "messageId must be less than 100 characters long"), "messageId must be less than 100 characters long"],
  [json(400, "Content-Type must be application/json"), "Content-Type must be application/json"],
  [json(401, "Invalid API key"), "Invalid API key"],
  [json(401, "Unauthorized: write key cGVuZ3Vpbg is unknown"), "Unauthorized: write key … is unknown"],
  [
    json(403, "Access denied. The workspace is disabled, please contact support."),
    "Access denied. The workspace is disabled, please contact support."
  ],
  [json(404, "Not Found"), "Not Found"],
  [
    json(422, "Unprocessable Entity: integrations.All must be a boolean"),
    "Unprocessable Entity: integrations.All must be a boolean"
  ],
  [
    json(400, "device.token is missing for the event Device Created or Updated"),
    "device.token is missing for the event Device Created or Updated"
  ],
  [json(400, "No such plan: gold", ""), "No such plan: …"],
  [json(400, ""), "400, application/json, 21 bytes"],
  [json(400, " ", ""), "400, application/json, 28 bytes"],
  [json(400, "J\u00fcrgen hat keine id"), "… id"],
  [json(400, "too old\u001b[2J\nAll is well"), "too … All is …"],
  [json(400, "x".repeat(5000)), "…"],
  [json(400, `${"a field is required, ".repeat(40)}`), `${"a field is required, ".repeat(23)}a field is …`],
  [page(404, "text/html; charset=utf-8", "<html><h1>404 Not Found</h1>nginx</html>"), "404, text/html, 40 bytes"],
  [page(403, "text/plain", "error code: 1020"), "403, text/plain, 16 bytes"],
  [page(400, "application/problem+json", '{"title":"Bad Request"}'), "400, application/problem+json, 23 bytes"],
  [page(400, "secret/key", "x".repeat(1234)), "400, 1,234 bytes"],
  [page(400, "application/json", '{"meta":{"error":'), "400, application/json, 17 bytes"],
  [
    { status: 307, headers: { location: "https://other.example/v1/batch?key=secret" }, body: "" },
    "redirects to https://other.example"
  ],
  [
    { status: 303, headers: { location: "https://user:pw@other.example:8443/#secret" }, body: "" },
    "redirects to https://other.example:8443"
  ],
  [{ status: 308, headers: { location: "data:,secret" }, body: "" }, "redirects to what is no web address"]
]

describe("the reason", () => {
  it.effect.each(refusals)("of %j", ([said, told]) =>
    Effect.map(reasonOf(said), (reason) => assert.strictEqual(reason, told))
  )

  it.each([
    ["connect ECONNREFUSED 127.0.0.1:9", "connect ECONNREFUSED 127.0.0.1:9"],
    ["connect ECONNREFUSED 127.0.0.1:8400", "connect ECONNREFUSED 127.0.0.1:…"],
    ["getaddrinfo ENOTFOUND nowhere.example", "getaddrinfo ENOTFOUND …"],
    ["unable to get local issuer certificate", "unable to get local issuer certificate"],
    ["self-signed certificate in certificate chain", "self-signed certificate in certificate chain"],
    [
      "Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:b",
      "Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:…"
    ],
    [
      "Connect Timeout Error (attempted address: nowhere.example:443, timeout: 10000ms)",
      "Connect Timeout Error (attempted address: …, timeout: …)"
    ]
  ])("of the network, %j", (words, told) => assert.strictEqual(tell(words), told))

  it.each([
    ["connect ECONNREFUSED 127.0.0.1:8400", "connect ECONNREFUSED 127.0.0.1:8400"],
    ["connect ECONNREFUSED 10.1.2.3:8400", "connect ECONNREFUSED 10.…:8400"],
    ["connect ECONNREFUSED 127.0.0.1:8401", "connect ECONNREFUSED 127.0.0.1:…"],
    ["connect ECONNREFUSED 127.0.0.1:84001", "connect ECONNREFUSED 127.0.0.1:…"],
    ["field 8400, 8400 ada:8400x 8400:", "field …:"]
  ])("where the endpoint is at port 8400, of %j", (words, told) => assert.strictEqual(tell(words, "8400"), told))
})

describe("a refused message", () => {
  it.effect("is named by its type and event, in its outcome and in its log line", () => {
    const logs = collectLogs()
    return Effect.gen(function* () {
      const receipts = [
        yield* Analytics.track({ userId: "u", event: "order\u001bcompleted" }),
        yield* Analytics.identify({ userId: "u" })
      ]
      yield* Analytics.flush
      const errors = yield* Effect.forEach(receipts, ({ await: delivered }) => Effect.flip(delivered))
      assert.deepInclude(errors[0], { _tag: "Rejected", type: "track", event: "order\\u001bcompleted", reason: "no" })
      assert.deepInclude(errors[1], { _tag: "Rejected", type: "identify", reason: "no" })
      assert.isFalse(errors[1] !== undefined && "event" in errors[1])
      const warnings = logs.lines.filter(({ level }) => level === "Warn")
      assert.include(warnings[0]?.message, 'batch of 1 message (track message "order\\\\u001bcompleted"): no')
      assert.deepInclude(warnings[0]?.annotations, { type: "track", event: "order\\u001bcompleted" })
      assert.include(warnings[1]?.message, "batch of 1 message (identify message): no")
    }).pipe(Effect.provide(Layer.provideMerge(layerAnswering(json(400, "no")), logs.layer)))
  })
})

describe("an application's own client", () => {
  it.effect.each([
    [
      "throws where its error is read",
      {
        get message(): string {
          throw new Error("secret")
        }
      }
    ],
    [
      "fails with what cannot be printed",
      {
        toString: () => {
          throw new Error("secret")
        }
      }
    ],
    ["fails with people's data", new Error("ada@example.com was refused")]
  ] as const)("that %s", ([, cause]) =>
    Effect.gen(function* () {
      const { await: delivered } = yield* Analytics.track({ userId: "u", event: "e" })
      yield* Analytics.flush
      const error = yield* Effect.flip(delivered)
      assert.strictEqual(error._tag, "RetriesExhausted")
      assert.notMatch(error.message, /secret|ada@/)
    }).pipe(
      Effect.provide(
        Analytics.layer({ apiKey: Redacted.make("key"), retry: Schedule.recurs(0) }).pipe(
          Layer.provide(
            Layer.succeed(
              HttpClient.HttpClient,
              HttpClient.make((request) =>
                Effect.fail(
                  new HttpClientError.HttpClientError({
                    reason: new HttpClientError.TransportError({ request, cause: Object.assign(new Error(), cause) })
                  })
                )
              )
            )
          ),
          Layer.provide(Logger.layer([]))
        )
      )
    )
  )
})
