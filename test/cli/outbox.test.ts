import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { absentFile, accept, buryAll, fileWith, inFile } from "./outboxFile.ts"
import { runCommand, suite } from "./run.ts"
import { runHere } from "./runHere.ts"

const outbox = (file: string, ...args: ReadonlyArray<string>) => runCommand(["outbox", "--database", file, ...args])

const commands = [["status"], ["dead"], ["dead", "--json"], ["replay"], ["purge", "--yes"], ["purge", "--user", "ada"]]

describe("outbox", suite, () => {
  it.live("status says what waits and who delivers, and is exit code 1 where nobody does", () =>
    Effect.gen(function* () {
      const file = yield* fileWith(["ada"], ["bob", "bob"])
      const { code, out, err } = yield* outbox(file, "status")
      assert.strictEqual(code, 1)
      assert.match(
        out,
        /waiting +2 messages of \d+ bytes\n +the oldest for .*\n +track 2\ndead +1 letter\nrelays +none\n/
      )
      assert.match(out, /on disk +[\d,]+ bytes\n/)
      assert.include(err, "no relay delivers")

      yield* inFile(file, (database) => database.renew("someone", []))
      // At once: a lease that is not renewed ends.
      const attended = yield* runHere(["outbox", "--database", file, "status"])
      assert.strictEqual(attended.code, 0)
      assert.match(attended.out, /relays +someone has 64 lanes, for \d+s\n/)
    })
  )

  it.live("status --json is a document for a program", () =>
    Effect.gen(function* () {
      const file = yield* fileWith(["ada"], ["bob"])
      const { code, out } = yield* outbox(file, "status", "--json")
      assert.strictEqual(code, 1)
      const { waiting, oldest, size, ...rest } = JSON.parse(out)
      assert.deepStrictEqual(rest, { outbox: file, types: { track: 1 }, dead: 1, relays: [] })
      assert.strictEqual(waiting.messages, 1)
      assert.isAtLeast(oldest, 0)
      assert.isAbove(size, 0)
    })
  )

  it.live("status of an outbox in which nothing waits is exit code 0", () =>
    Effect.gen(function* () {
      const file = yield* fileWith([], [])
      assert.strictEqual((yield* outbox(file, "status")).code, 0)
      assert.isNull(JSON.parse((yield* outbox(file, "status", "--json")).out).oldest)
    })
  )

  it.live("dead lists every dead letter, oldest first, with its reason, attempts and time", () =>
    Effect.gen(function* () {
      const people = Array.from({ length: 250 }, (_, index) => `u${index}`)
      const { code, out, err } = yield* outbox(yield* fileWith(people, ["bob"]), "dead")
      assert.strictEqual(code, 0)
      assert.strictEqual(err, "250 dead letters.\n")
      const lines = out.trimEnd().split("\n")
      assert.strictEqual(lines.length, 250)
      assert.match(
        lines[0]!,
        /^1 +\d{4}-\d\d-\d\dT[\d:.]+Z {2}track +m-u0-0 {2}2 attempts {2}Rejected \(400\): no such thing$/
      )
      assert.deepStrictEqual(
        lines.map((line) => /m-(\w+)-/.exec(line)?.[1]),
        people
      )
    })
  )

  it.live("dead --json has each with its message, as plan check reads it", () =>
    Effect.gen(function* () {
      const { code, out, err } = yield* outbox(yield* fileWith(["ada", "bob"], []), "dead", "--json")
      assert.deepStrictEqual({ code, err }, { code: 0, err: "" })
      const letters = out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      assert.deepInclude(letters[1], {
        id: 2,
        messageId: "m-bob-1",
        tag: "Rejected",
        status: 400,
        reason: "no such thing",
        attempts: 2,
        message: { type: "track", event: "bought", messageId: "m-bob-1", userId: "bob" }
      })
      assert.closeTo(Date.parse(letters[1].diedAt), Date.now(), 60_000)
      const inferred = yield* runHere(["plan", "infer", "-"], { stdin: out })
      assert.include(inferred.out, "bought")
    })
  )

  it.live("replay sends all of them again, or those that are named, and says of how many", () =>
    Effect.gen(function* () {
      const file = yield* fileWith(["ada", "bob", "cleo"], [])
      const one = yield* outbox(file, "replay", "--id", "2", "--id", "2", "--id", "99")
      assert.deepStrictEqual(
        { code: one.code, out: one.out, err: one.err },
        { code: 1, out: "1 dead letter waits to be sent again\n", err: "Of 2 numbers 1 named no dead letter\n" }
      )
      const all = yield* outbox(file, "replay")
      assert.deepStrictEqual(
        { code: all.code, out: all.out },
        { code: 0, out: "2 dead letters wait to be sent again\n" }
      )
      const { waiting, dead } = yield* inFile(file, (database) => database.report)
      assert.deepStrictEqual([waiting.messages, dead], [3, 0])
    })
  )

  it.live("purge --user erases a person, waiting and dead, and nobody else", () =>
    Effect.gen(function* () {
      const file = yield* fileWith(["ada", "bob"], ["ada", "ada", "bob"])
      const { code, out } = yield* outbox(file, "purge", "--user", "ada")
      assert.deepStrictEqual(
        { code, out },
        { code: 0, out: "2 waiting messages and 1 dead letter of the person deleted\n" }
      )
      const { waiting, dead } = yield* inFile(file, (database) => database.report)
      assert.deepStrictEqual([waiting.messages, dead], [1, 1])
    })
  )

  it.live("purge deletes all dead letters only if it is told to", () =>
    Effect.gen(function* () {
      const file = yield* fileWith(["ada", "bob"], ["cleo"])
      const countDead = inFile(file, (database) => Effect.map(database.report, ({ dead }) => dead))
      const unasked = yield* outbox(file, "purge")
      assert.strictEqual(unasked.code, 2)
      assert.include(unasked.err, "--yes")
      const nobody = yield* outbox(file, "purge", "--user", "")
      assert.strictEqual(nobody.code, 2)
      let shown = ""
      const onAsk = (words: string) => {
        shown += words
      }
      assert.strictEqual((yield* runHere(["outbox", "--database", file, "purge"], { onAsk })).code, 1)
      assert.include(shown, "Delete 2 dead letters of")
      assert.strictEqual(yield* countDead, 2)
      const told = yield* outbox(file, "purge", "--yes")
      assert.deepStrictEqual({ code: told.code, out: told.out }, { code: 0, out: "2 dead letters deleted\n" })
      const { waiting, dead } = yield* inFile(file, (database) => database.report)
      assert.deepStrictEqual([waiting.messages, dead], [1, 0])
    })
  )

  it.live("schema prints the tables of Postgres, or of a file, and opens nothing", () =>
    Effect.gen(function* () {
      const postgres = yield* runCommand(["outbox", "schema", "--schema", "shop"])
      assert.strictEqual(postgres.code, 0)
      assert.include(postgres.out, "shop")
      const ofUrl = yield* outbox("postgres://nobody@127.0.0.1:9/none?schema=shop", "schema")
      assert.deepStrictEqual([ofUrl.code, ofUrl.out], [0, postgres.out])
      const file = yield* absentFile
      const sqlite = yield* outbox(file, "schema")
      assert.strictEqual(sqlite.code, 0)
      assert.include(sqlite.out, "create table message")
      assert.isFalse(existsSync(file))
      const wrong = yield* runCommand(["outbox", "schema", "--schema", 'x"; drop'])
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.err, "schema must be a name")
    })
  )

  it.live("a file that is not there is an error, and is not made", () =>
    Effect.gen(function* () {
      const file = yield* absentFile
      for (const command of commands) {
        const { code, out, err } = yield* outbox(file, ...command)
        assert.deepStrictEqual(
          { code, out, err },
          { code: 1, out: "", err: `There is no outbox: ${file} does not exist\n` }
        )
      }
      assert.deepStrictEqual(readdirSync(join(file, "..")), [])
    })
  )

  it.live("a file that is no outbox is named, and left as it is", () =>
    Effect.gen(function* () {
      const file = yield* absentFile
      writeFileSync(file, "something else ".repeat(1000))
      const before = readFileSync(file)
      for (const command of commands) {
        const { code, err } = yield* outbox(file, ...command)
        assert.strictEqual(code, 1, command.join(" "))
        assert.include(err, `The outbox ${file} is`)
      }
      assert.isTrue(before.equals(readFileSync(file)))
      assert.deepStrictEqual(readdirSync(join(file, "..")), ["outbox.db"])
    })
  )

  it.live.each([
    ["no outbox", ["outbox", "status"], /CUSTOMERIO_OUTBOX/],
    ["an empty name", ["outbox", "status", "--database", ""], /--database: Expected the path of a file/],
    ["another database", ["outbox", "status", "--database", "mysql://u@h/d"], /no other kind of URL/],
    ["a schema of a file", ["outbox", "status", "--database", "a.db", "--schema", "s"], /a file has no schemas/],
    ["no host", ["outbox", "status", "--database", "postgres:"], /postgres:\/\/user@host:5432\/database/],
    ["prepare", ["outbox", "status", "--database", "postgres://h/d?prepare=yes"], /true or false as prepare/]
  ] as const)("wrong usage is exit code 2: %s", ([, args, words]) =>
    Effect.gen(function* () {
      const { code, err } = yield* runHere(args)
      assert.strictEqual(code, 2)
      assert.match(err, words)
    })
  )

  it.live("CUSTOMERIO_OUTBOX names the outbox where --database does not", () =>
    Effect.gen(function* () {
      const env = { CUSTOMERIO_OUTBOX: yield* fileWith(["ada"], []) }
      assert.include((yield* runHere(["outbox", "dead"], { env })).out, "m-ada-0")
      const other = yield* fileWith(["bob"], [])
      assert.include((yield* runHere(["outbox", "dead", "--database", other], { env })).out, "m-bob-0")
    })
  )

  it.live.each([
    "postgres://u:QZXW@127.0.0.1:9/shop",
    "postgresql://u:QZXW@127.0.0.1:9/shop?sslmode=disable",
    "postgres://u@127.0.0.1:9/shop?password=QZXW",
    "postgres://u:QZ/XW@127.0.0.1:9/shop",
    "postgres://u:QZ#XW@127.0.0.1:9/shop",
    "postgres://u:QZ?XW@127.0.0.1:9/shop",
    "postgres://u:9?XW@127.0.0.1:9/shop",
    "postgres://u:QZ%XW@127.0.0.1:9/shop",
    "postgres://u:QZ XW@127.0.0.1:9/shop",
    "postgres://u:QZ@XW@127.0.0.1:9/shop",
    "mysql://u:QZXW@127.0.0.1:9/shop"
  ])("a password is never printed: %s", (url) =>
    Effect.gen(function* () {
      const printed = [
        yield* runHere(["outbox", "status", "--database", url]),
        yield* runHere(["outbox", "status"], { env: { CUSTOMERIO_OUTBOX: url } }),
        yield* runHere(["outbox", url, "status"]),
        yield* runHere(["outbox", "status", url]),
        yield* runHere(["outbox", `--databse=${url}`, "status"]),
        yield* runHere(["send", "page", "--user-id", "u", "--outbox", url])
      ]
      for (const { code, output } of printed) {
        assert.isAbove(code, 0)
        assert.notMatch(output, /QZ|XW/)
      }
    })
  )

  it.live("what others put into messages and reasons is printed on lines of its own, and as nothing else", () =>
    Effect.gen(function* () {
      const hostile = "x\n\r\u001b[2K\u009b2J\u2028\u202eFORGED"
      const file = yield* absentFile
      yield* inFile(
        file,
        Effect.fnUntraced(function* (database) {
          yield* accept(database, [hostile])
          yield* buryAll(database, { tag: "RetriesExhausted", status: undefined, reason: hostile, attempts: 1 })
        })
      )
      for (const args of [["dead"], ["dead", "--json"], ["purge", "--user", hostile], ["replay", "--id", hostile]]) {
        const { output } = yield* runHere(["outbox", "--database", file, ...args])
        assert.notMatch(output.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
        assert.notMatch(output, /^\s*FORGED/m)
      }
    })
  )
})
