import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { run, suite } from "./run.ts"
import { runHere } from "./runHere.ts"

/** Nothing of it is in an id, a port or a word. */
const key = "QZXWVKJYGHQPLMNTRZKW"

/** A server that takes `key` alone. */
const layerServer = Simulator.layerServer({ apiKeys: [key] })

const fileWith = (content: string | Uint8Array) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "cdp-analytics-key-"))
      writeFileSync(join(folder, "key"), content)
      return join(folder, "key")
    }),
    (file) => Effect.sync(() => rmSync(join(file, ".."), { recursive: true }))
  )

/** Every way to say `page` with a key, and `doctor`. */
const withKey = Effect.fnUntraced(function* (value: string, stdin = "") {
  const { url } = yield* Simulator
  const results = []
  for (const args of [
    ["send", "page", "--user-id", "u", "--no-retry"],
    ["doctor", "--yes"]
  ]) {
    const env = { CUSTOMERIO_ENDPOINT: url }
    results.push(yield* runHere([...args, "--api-key", value], { env, stdin }))
  }
  return results
})

/** No four characters of the key are in what was printed. */
const assertUntold = (output: string, told = key) => {
  for (let start = 0; start + 4 <= told.length; start++) {
    assert.notInclude(output, told.slice(start, start + 4))
  }
}

describe("--api-key", suite, () => {
  it.live("is read from a file and from standard input, without a word of warning", () =>
    Effect.gen(function* () {
      const file = `@${yield* fileWith(`${key}\n`)}`
      for (const [value, stdin] of [
        [file, ""],
        [`@${yield* fileWith(`\ufeff${key}\r\n`)}`, ""],
        ["-", `${key}\n`],
        ["@-", key]
      ] as const) {
        for (const { code, output } of yield* withKey(value, stdin)) {
          assert.strictEqual(code, 0, output)
          assert.notInclude(output, "warning")
          assertUntold(output)
        }
      }
      const { url } = yield* Simulator
      const piped = yield* run(["send", "page", "--user-id", "u", "--endpoint", url, "--api-key", "-"], {
        stdin: `${key}\n`
      })
      assert.deepInclude(piped, { code: 0, err: "" })
    }).pipe(Effect.provide(layerServer))
  )

  it.live("as it is works, and says where it can be seen", () =>
    Effect.gen(function* () {
      for (const { code, output } of yield* withKey(key)) {
        assert.strictEqual(code, 0, output)
        assert.match(output, /^warning: --api-key .* history of your shell, and ps shows it: .*@file/m)
        assertUntold(output)
      }
    }).pipe(Effect.provide(layerServer))
  )

  it.live("that is none is wrong usage, which says nothing of what it is", () =>
    Effect.gen(function* () {
      const cases = [
        ["", "the key is empty"],
        [`${key}:${key}`, "the key has a colon in it"],
        [`${key}\n${key}`, "the key has more than one line"],
        [`${key}\u001b[2J`, "the key has a character that does not show"],
        [`${key}\u200b`, "the key has a character that does not show"]
      ] as const
      for (const [text, words] of cases) {
        const inFile = yield* withKey(`@${yield* fileWith(text)}`)
        const piped = yield* withKey("-", text)
        for (const { code, output } of [...inFile, ...piped, ...(yield* withKey(text))]) {
          assert.strictEqual(code, 2, output)
          assert.match(output, text === "" ? /--api-key: (the key|the file|standard input) is empty/ : RegExp(words))
          assertUntold(output)
        }
      }
      for (const [value, words] of [
        [`@/nowhere/${key}`, "the file cannot be read: there is no such file"],
        [`@${tmpdir()}`, "the file cannot be read: it is a folder"],
        [`@${yield* fileWith("\n\n")}`, "the file is empty"],
        [`@${yield* fileWith("a".repeat(1_000_001))}`, "the file has more than 1000000 bytes"],
        [`@${yield* fileWith(Uint8Array.of(0xff, 0xfe, 0x61, 0))}`, "the file is no UTF-8"]
      ] as const) {
        for (const { code, output } of yield* withKey(value)) {
          assert.deepStrictEqual({ code, output }, { code: 2, output: `--api-key: ${words}\n` })
        }
      }
      assert.deepStrictEqual(yield* Simulator.requests, [])
    }).pipe(Effect.provide(layerServer))
  )

  it.live("is trimmed, wherever it comes from", () =>
    Effect.gen(function* () {
      for (const text of [` ${key}`, `${key}\t`, `${key}\r\n\n`]) {
        for (const { code, output } of [
          ...(yield* withKey(`@${yield* fileWith(text)}`)),
          ...(yield* withKey("-", text))
        ]) {
          assert.strictEqual(code, 0, output)
        }
      }
      const { url } = yield* Simulator
      const env = { CUSTOMERIO_API_KEY: ` ${key}\n`, CUSTOMERIO_ENDPOINT: url }
      assert.strictEqual((yield* runHere(["doctor", "--yes"], { env })).code, 0)
    }).pipe(Effect.provide(layerServer))
  )

  it.live("is not told where it stands where it is no flag", () =>
    Effect.gen(function* () {
      for (const args of [
        ["--api-key", key, "doctor"],
        ["send", "--api-key", key, "page"],
        ["send", "-api-key", key, "page"],
        ["send", "--api_key", key, "page"],
        ["--write-key", key, "doctor"],
        ["doctor", "--apikey", key, "--yes", "--api-key", key, key],
        ["doctor", "--api-key", key, "--api-key", key],
        ["doctor", `--apikey=${key}`],
        ["doctor", "--api-key=", key],
        ["doctor", `CUSTOMERIO_API_KEY=${key}`],
        [`api-key=${key}`, "doctor"],
        ["send", "page", `-api-key=${key}`],
        ["send", "page", "--api-key", key, "--wizard"]
      ]) {
        const { code, output } = yield* runHere(args)
        assert.strictEqual(code, 2)
        assertUntold(output)
      }
    })
  )

  it.live("and a flag of JSON do not both read standard input", () =>
    Effect.gen(function* () {
      const identify = ["send", "identify", "--user-id", "u", "--api-key"]
      for (const [args, words] of [
        [["-", "--traits", "-"], "--api-key and --traits"],
        [["@-", "--context", "@-"], "--api-key and --context"],
        [["-", "--integrations", "-", "--trait", "a:=-"], "--api-key and --integrations and --trait a"],
        [[key, "--trait", "a:=-", "--trait", "b:=-", "--trait", "c=-"], "--trait a and --trait b"]
      ] as const) {
        const { code, output } = yield* runHere([...identify, ...args], { stdin: "{}" })
        assert.deepStrictEqual(
          { code, output },
          { code: 2, output: `Only one flag can read standard input, not ${words}\n` }
        )
      }
    })
  )
})

describe("doctor", () => {
  it.live.each([
    ["hunter2", ""],
    ["fifteen-letters", ""],
    ["sixteen-letters.", "six"],
    [key, key.slice(0, 3)]
  ] as const)("of the key %s shows no more than that it is %j…", ([given, shown]) =>
    Effect.gen(function* () {
      const env = { CUSTOMERIO_API_KEY: given, CUSTOMERIO_ENDPOINT: "http://127.0.0.1:9" }
      const { output } = yield* runHere(["doctor"], { env })
      assert.match(output, RegExp(`^API key +${shown}…$`, "m"))
      assertUntold(output, given)
    })
  )
})
