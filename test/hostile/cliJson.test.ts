import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { layerServer, received, run, secret, suite } from "../cli/run.ts"
import { runHere } from "../cli/runHere.ts"

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`

const identify = ["send", "identify", "--user-id", "u"]

describe("JSON of a flag", suite, () => {
  it.live("that is deep is refused with words, whichever flag, and wherever it is from", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "cdp-analytics-json-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const file = join(folder, "deep.json")
      for (const json of [nested(101), nested(4400), `${"[".repeat(400_000)}${"]".repeat(400_000)}`]) {
        writeFileSync(file, json)
        for (const source of json.length > 100_000 ? ["-", `@${file}`] : ["-", `@${file}`, json]) {
          for (const [flag, ...args] of [
            ["traits", ...identify, "--traits", source],
            ["trait a", ...identify, "--trait", `a:=${source}`],
            ["properties", "send", "track", "--event", "e", "--properties", source],
            ["property a", "send", "page", "--property", `a:=${source}`],
            ["context", "send", "alias", "--user-id", "u", "--previous-id", "p", "--context", source],
            ["integrations", ...identify, "--integrations", source],
            ["faults", "dev", "--port", "0", "--faults", source]
          ]) {
            const { code, output } = yield* runHere(args, { stdin: json })
            const expected = `--${flag}: more than 100 objects or arrays stand in one another\n`
            assert.deepStrictEqual({ code, output }, { code: 2, output: expected })
          }
        }
      }
    })
  )

  it.live("that does not end is read no further than anybody needs", () =>
    Effect.gen(function* () {
      const long = yield* runHere([...identify, "--traits", "@/dev/zero"])
      assert.deepInclude(long, { code: 2, output: "--traits: /dev/zero has more than 1000000 bytes\n" })
    })
  )

  it.live("may have any key, __proto__ too, which is a key like others", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const env = { CUSTOMERIO_API_KEY: secret, CUSTOMERIO_ENDPOINT: url }
      const json = '{"__proto__":{"plan":"Pro"},"constructor":1,"in":{"__proto__":{"x":[{"__proto__":2}]}}}'
      const args = ["--traits", json, "--trait", "toString=x", "--trait", '__proto__:={"email":5}', "--context", json]
      const { code, output } = yield* runHere([...identify, ...args], { env })
      assert.strictEqual(code, 0, output)
      const [message] = yield* received
      const inside = '"constructor":1,"in":{"__proto__":{"x":[{"__proto__":2}]}}'
      assert.deepStrictEqual(
        message?.["traits"],
        JSON.parse(`{"__proto__":{"email":5},${inside},"toString":"x"}`),
        "what was given, and the one over those of the JSON"
      )
      assert.deepInclude(message?.["context"], JSON.parse(`{${inside}}`))
    }).pipe(Effect.provide(layerServer))
  )

  it.live("and the environment are not what hangs on Object.prototype", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const elsewhere = "http://127.0.0.1:9"
      const inherited = JSON.stringify({
        ...{ CUSTOMERIO_ENDPOINT: elsewhere, CUSTOMERIO_API_KEY: "another-key", endpoint: elsewhere, region: "eu" },
        ...{ email: 5, city: 5, ip: 5, userId: 5, kind: "status", enabled: false, strict: false }
      })
      const script = `for (const [key, value] of Object.entries(${inherited}))
        Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true })`
      const { code, out, err } = yield* run(
        [...identify, "--traits", '{"address":{"street":"s"}}', "--context", "{}"],
        {
          env: {
            ...{ CUSTOMERIO_API_KEY: secret, CUSTOMERIO_ENDPOINT: url },
            NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`
          }
        }
      )
      assert.strictEqual(code, 0, out + err)
      const [message] = yield* received
      assert.deepInclude(message, { userId: "u", traits: { address: { street: "s" } } })
      assert.isTrue((yield* Simulator.requests)[0]?.isStrict)
    }).pipe(Effect.provide(layerServer))
  )
})
