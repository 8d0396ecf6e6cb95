import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Console, Effect, Layer, Result } from "effect"
import { Command } from "effect/cli"
import { HttpClient, HttpClientResponse } from "effect/http"
import { RetriesExhausted } from "../../src/AnalyticsError.ts"
import { explain } from "../../src/cli/diagnosis.ts"
import { doctor } from "../../src/cli/doctor.ts"
import { send } from "../../src/cli/send.ts"

const us = "https://cdp.customer.io"
const eu = "https://cdp-eu.customer.io"

const main = Command.make("cdp-analytics").pipe(Command.withSubcommands([send, doctor]))

/** Runs a command within this process, where Customer.io's own endpoints answer with these statuses and nothing is sent. */
const runWithRegions = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  env: Record<string, string>,
  statuses: Record<string, number>
) {
  const asked: Array<string> = []
  let output = ""
  const print = (...words: ReadonlyArray<unknown>) => {
    output += `${words.join(" ")}\n`
  }
  const layer = Layer.mergeAll(
    NodeServices.layer,
    ConfigProvider.layer(ConfigProvider.fromEnv({ env: { CUSTOMERIO_API_KEY: "a-key", ...env } })),
    Layer.succeed(Console.Console, { ...(yield* Console.Console), log: print, error: print }),
    Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request, { origin }) => {
        asked.push(origin)
        return Effect.succeed(
          HttpClientResponse.fromWeb(request, new Response("", { status: statuses[origin] ?? 200 }))
        )
      })
    )
  )
  const result = yield* Command.runWith(main, { version: "0" })(args).pipe(Effect.result, Effect.provide(layer))
  return { asked, output, isHealthy: Result.isSuccess(result) }
})

describe("doctor", () => {
  it.live.each([
    ["the other region's", {}, { [us]: 401 }, [us, eu], "set CUSTOMERIO_REGION=eu"],
    ["the other region's, from eu", { CUSTOMERIO_REGION: "eu" }, { [eu]: 401 }, [eu, us], "set CUSTOMERIO_REGION=us"],
    [
      "the other region's, with an endpoint",
      { CUSTOMERIO_ENDPOINT: `${eu}/` },
      { [eu]: 401 },
      [eu, us],
      "set CUSTOMERIO_REGION=us and no CUSTOMERIO_ENDPOINT"
    ],
    ["no region's", {}, { [us]: 401, [eu]: 401 }, [us, eu], "nor does the other region's"],
    [
      "perhaps the other region's",
      {},
      { [us]: 401, [eu]: 503 },
      [us, eu],
      "is not known: The server is in trouble (503)"
    ],
    [
      "not that of an endpoint which is no region's",
      { CUSTOMERIO_ENDPOINT: "https://proxy.example" },
      { "https://proxy.example": 401 },
      ["https://proxy.example"],
      "mistyped or revoked, or not of this source"
    ]
  ] as const)("says that a key is %s", ([, env, statuses, origins, words]) =>
    Effect.gen(function* () {
      const { asked, output, isHealthy } = yield* runWithRegions(["doctor", "--yes"], env, statuses)
      assert.isFalse(isHealthy)
      assert.deepStrictEqual(asked, [...origins])
      assert.include(output, words)
    })
  )

  // What Node says of each, since a certificate for these tests would be out of date one day.
  it.each([
    ["self-signed certificate", "certificate is not trusted"],
    ["certificate has expired", "certificate is not trusted"],
    ["Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames", "is not trusted"],
    ["unable to get local issuer certificate", "certificate is not trusted"],
    ["Connect Timeout Error (attempted address: 192.0.2.1:443, timeout: 10000ms)", "cannot be reached"],
    ["connect ENETUNREACH 192.0.2.1:443", "cannot be reached"]
  ])("explains %s", (reason, words) => {
    const outcome = new RetriesExhausted({ batchId: 1, messageIds: ["m"], attempts: 1, reason })
    assert.include(explain(outcome, undefined), words)
  })
})

describe("send", () => {
  it.live.each([
    [["--region", "eu"], {}, eu],
    [["--region", "eu"], { CUSTOMERIO_ENDPOINT: "https://proxy.example" }, eu],
    [[], { CUSTOMERIO_REGION: "eu" }, eu],
    [["--endpoint", "https://proxy.example"], { CUSTOMERIO_REGION: "eu" }, "https://proxy.example"]
  ] as const)("sends with %j where it should", ([flags, env, origin]) =>
    Effect.gen(function* () {
      const { asked, isHealthy } = yield* runWithRegions(["send", "page", "--user-id", "u", ...flags], env, {})
      assert.isTrue(isHealthy)
      assert.deepStrictEqual(asked, [origin])
    })
  )
})
