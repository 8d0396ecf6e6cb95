import { existsSync, statSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { absentFile, inFile } from "./outboxFile.ts"
import { runCommand, suite } from "./run.ts"
import { runHere } from "./runHere.ts"

/** All that waits in a file. */
const waitingIn = (file: string) =>
  inFile(file, (outbox) =>
    Effect.map(
      outbox.fetch(
        Array.from({ length: 64 }, (_, lane) => ({ lane, after: 0 })),
        100
      ),
      (messages) => messages.map(({ json }) => JSON.parse(json))
    )
  )

describe("send --outbox", suite, () => {
  it.live("keeps the message in a file that it makes, and needs no key", () =>
    Effect.gen(function* () {
      const file = yield* absentFile
      const track = ["send", "track", "--user-id", "ada", "--event", "bought", "--message-id", "m-1"]
      const { code, out, err } = yield* runCommand([...track, "--property", "price:=39.95", "--outbox", file])
      assert.deepStrictEqual({ code, out, err }, { code: 0, out: `m-1\nkept in the outbox ${file}\n`, err: "" })
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      const [message, ...others] = yield* waitingIn(file)
      assert.deepInclude(message, {
        type: "track",
        userId: "ada",
        event: "bought",
        messageId: "m-1",
        properties: { price: 39.95 }
      })
      assert.deepStrictEqual(others, [])
    })
  )

  it.live("goes by what the environment says to who accepts, and not to who delivers", () =>
    Effect.gen(function* () {
      const file = yield* absentFile
      const page = ["send", "page", "--user-id", "ada", "--outbox", file]
      const env = { CUSTOMERIO_QUEUE_CAPACITY: "1", CUSTOMERIO_WHEN_FULL: "dropOldest", CUSTOMERIO_ENABLED: "false" }
      for (const _ of "ab") assert.strictEqual((yield* runHere(page, { env })).code, 0)
      assert.lengthOf(yield* waitingIn(file), 2)
      const large = yield* runHere(page, { env: { CUSTOMERIO_MAX_MESSAGE_BYTES: "20" } })
      assert.strictEqual(large.code, 1)
      assert.include(large.err, "20")
      assert.lengthOf(yield* waitingIn(file), 2)
    })
  )

  it.live.each([
    [["--api-key", "-"], "--api-key"],
    [["--region", "eu", "--endpoint", "http://127.0.0.1:9"], "--region and --endpoint"],
    [["--no-strict"], "--no-strict"],
    [["--no-retry"], "--no-retry"]
  ] as const)("refuses what only a relay can be told: %s", ([flags, named]) =>
    Effect.gen(function* () {
      const file = yield* absentFile
      const { code, err } = yield* runHere(["send", "page", "--user-id", "ada", "--outbox", file, ...flags])
      assert.strictEqual(code, 2)
      assert.include(err, `which sends it: ${named} can be told to that one alone`)
      assert.isFalse(existsSync(file))
    })
  )

  it.live("a message that is refused, or an outbox that is none, is exit code 1", () =>
    Effect.gen(function* () {
      const file = yield* absentFile
      const nobody = yield* runHere(["send", "page", "--outbox", file])
      assert.strictEqual(nobody.code, 1)
      assert.include(nobody.err, "userId")
      const folder = yield* runHere(["send", "page", "--user-id", "ada", "--outbox", `${file}/none.db`])
      assert.strictEqual(folder.code, 1)
      assert.include(folder.err, `The outbox ${file}/none.db is unavailable`)
    })
  )
})
