import { assert, describe, it } from "@effect/vitest"
import { Analytics } from "cdp-analytics-effect"
import { Effect, Layer, Redacted, Schedule } from "effect"
import { HttpClient, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { collectLogs } from "../support/logs.ts"
import { makeRandom, pick, type Random } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"

const some = (random: Random, alphabet: string, length: number): string =>
  Array.from({ length }, () => pick(random, [...alphabet])).join("")

/** What nobody but the person and the application is to know, of letters that no word of a refusal has. */
const secrets: ReadonlyArray<(random: Random) => string> = [
  (random) => some(random, "qxzjkvQXZJKV0123456789", 22),
  (random) => some(random, "qxzjkvw-_+/=", 30),
  (random) => `${some(random, "qxzjkv", 6)}.${some(random, "qxzjkv", 4)}@${some(random, "qxzjkv", 8)}.example`,
  (random) => `+49 (${some(random, "123456789", 3)}) ${some(random, "0123456789", 4)}-${some(random, "0123456789", 3)}`,
  (random) => [1, 2, 3, 4].map(() => some(random, "123456789", 3)).join("."),
  (random) => [1, 2, 3, 4].map(() => some(random, "123456789", 4)).join(" "),
  (random) => some(random, "123456789", 3).split("").join(", "),
  (random) => `Jos\u00e9 ${some(random, "qxzjkv", 5)} 'd"${some(random, "QXZJ", 4)}\\`,
  (random) => `${some(random, "\u00e9\u4e16\ud83e\udd8a<>&'\"", 9)}${some(random, "qxz", 4)}`,
  (random) => some(random, ".,:;()[]\"' qz", 24),
  (random) => `${some(random, "qxzjkv", 5)}\n\u001b[2J\u202e${some(random, "qxzjkv", 5)}`
]

/** `encodeURIComponent` takes no half of a character. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

const units = (text: string, write: (code: number, character: string) => string): string =>
  [...text].map((character) => write(character.codePointAt(0)!, character)).join("")

/** 24 forms in which a server may repeat what it was sent. */
const encodings: ReadonlyArray<(text: string) => string> = [
  (text) => text,
  (text) => text.toLowerCase(),
  (text) => text.toUpperCase(),
  (text) => text.trim(),
  (text) => encodeURIComponent(wellFormed(text)),
  (text) => encodeURIComponent(encodeURIComponent(wellFormed(text))),
  (text) => encodeURIComponent(wellFormed(text)).replaceAll("%20", "+"),
  (text) => Buffer.from(text).toString("base64"),
  (text) => Buffer.from(text).toString("base64").replace(/=+$/, ""),
  (text) => Buffer.from(text).toString("base64url"),
  (text) => Buffer.from(text).toString("hex"),
  (text) => Buffer.from(text, "utf16le").toString("latin1"),
  (text) => units(text, (code) => `&#${code};`),
  (text) => units(text, (code) => `&#x${code.toString(16)};`),
  (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;").replaceAll("'", "&apos;"),
  (text) => units(text, (code) => `\\u${code.toString(16).padStart(4, "0")}`),
  (text) => units(text, (code, character) => (code < 128 ? character : `\\x${code.toString(16)}`)),
  (text) => JSON.stringify(text),
  (text) => JSON.stringify(JSON.stringify(text)).replaceAll("/", "\\/"),
  (text) => units(text, (code) => `=${code.toString(16)}`),
  (text) => [...text].join(" "),
  (text) => [...text].join("."),
  (text) => text.slice(0, Math.ceil(text.length / 2)),
  (text) => text.slice(Math.floor(text.length / 3))
]

const sentences = [
  "batch[0]: ? is not allowed",
  '"?" must be a string, given: ?',
  "properties.? is required; traits.? (?) is unknown",
  'message 3 (track "?"): ? is too long, the limit is 32768',
  "? ? ?",
  "?"
]

const namesIn = (value: unknown): ReadonlyArray<string> =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)])
    : [String(value)]

/** Says in some form what it was sent, where an answer has room for words. */
const layerEchoing = (random: Random) => {
  const echo = (request: HttpClientRequest.HttpClientRequest): Response => {
    const authorization = request.headers["authorization"] ?? ""
    const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
    const [{ userId, traits }] = JSON.parse(body).batch
    const key = atob(authorization.slice("Basic ".length))
    const sent = [
      authorization,
      authorization.slice("Basic ".length),
      key,
      key.slice(0, -1),
      ...namesIn({ userId, ...traits }),
      body
    ]
    const words = pick(random, sentences).replaceAll("?", () => pick(random, encodings)(pick(random, sent)))
    const json = pick(random, [
      { meta: { error: words } },
      { meta: { errors: ["no", words, words] } },
      { error: words }
    ])
    const text = pick(random, [JSON.stringify(json), JSON.stringify(json), JSON.stringify(json), words])
    const path = encodeURIComponent(wellFormed(words))
    return new Response(text, {
      status: pick(random, [400, 400, 401, 403, 404, 413, 422, 500, 503, 307]),
      headers: { "content-type": `text/${path}; charset=${path}`, location: `https://elsewhere.example/${path}` }
    })
  }
  return Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => Effect.sync(() => HttpClientResponse.fromWeb(request, echo(request))))
  )
}

const ours = new Set(
  `no batch is not allowed must be a string given properties required traits unknown message track too long the limit
   redirects to https //elsewhere example bytes at least
   Basic type identify userId email name context library version messageId timestamp batch sentAt`
    .toLowerCase()
    .split(/\s+/)
)

/** What is told that is neither of the server's own sentence nor of ours. */
const leaked = (reason: string): ReadonlyArray<string> => {
  const words = reason.replaceAll("32768", "").split(/[\s.,:;()[\]"']+/)
  const foreign = words.filter((word) => word !== "…" && !ours.has(word.toLowerCase()) && word.length >= 4)
  // Of a number that was written in pieces.
  const digits =
    reason
      .replace(/^\d{3}, .*bytes$/, "")
      .replaceAll("32768", "x")
      .replaceAll(/[^\da-z…]/g, "")
      .match(/\d{4,}/g) ?? []
  const marks = reason.match(/[.,:;()[\]"']{4,}/g) ?? []
  const hidden = reason.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu) ?? []
  return [...foreign, ...digits, ...marks, ...hidden]
}

const seed = 20_261_127

describe("a server that repeats what it was sent", () => {
  it.effect(
    `in ${encodings.length} encodings has none of it told`,
    () =>
      Effect.gen(function* () {
        const random = makeRandom(seed)
        const clients = 20
        let told = 0
        for (let client = 0; client < clients; client++) {
          const logs = collectLogs()
          // White space at the ends, as of a file that was read.
          const key =
            pick(random, ["", " ", "\t"]) + some(random, "qxzjkvQXZJKV0123456789", 24) + pick(random, ["", "\n"])
          yield* Effect.gen(function* () {
            for (let call = 0; call < repetitions.echoes / clients; call++) {
              const [userId, email, value, name] = [0, 1, 2, 3].map(() => pick(random, secrets)(random))
              const receipt = yield* Analytics.identify({
                userId: userId!,
                traits: { email, [name!]: value, nested: [{ [value!]: name }] }
              })
              yield* Analytics.flush
              const error = yield* Effect.flip(receipt.await)
              const reason = "reason" in error ? error.reason : ""
              assert.deepStrictEqual(leaked(reason), [], `seed ${seed}, client ${client}, call ${call}: ${reason}`)
              const { lastFailure } = yield* Analytics.status
              assert.strictEqual(lastFailure?.reason, reason)
              told++
            }
          }).pipe(
            Effect.provide(
              Analytics.layer({
                apiKey: Redacted.make(key),
                flushAt: 1,
                strict: true,
                retry: Schedule.recurs(0)
              }).pipe(Layer.provide(layerEchoing(random)), Layer.provideMerge(logs.layer))
            )
          )
          for (const { level, message } of logs.lines) {
            if (level !== "Debug")
              assert.deepStrictEqual(
                leaked(message.replace(/^.*message\): |^.*attempts: |^.*region: /, "")),
                [],
                message
              )
          }
        }
        assert.isAtLeast(told, repetitions.echoes)
      }),
    120_000
  )

  it.effect("at length costs next to nothing", () => {
    const properties = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`p${index}`, "x".repeat(15)]))
    const client = HttpClient.make((request) => {
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      const response = new Response(JSON.stringify({ meta: { error: body.slice(0, 60_000) } }), { status: 400 })
      return Effect.succeed(HttpClientResponse.fromWeb(request, response))
    })
    return Effect.gen(function* () {
      for (let message = 0; message < 16; message++) yield* Analytics.track({ userId: "u", event: "e", properties })
      const before = process.cpuUsage()
      yield* Analytics.flush
      const { user, system } = process.cpuUsage(before)
      // It was 6.8 s when what was sent was looked for in it.
      assert.isBelow((user + system) / 1000, 1500)
    }).pipe(
      Effect.provide(
        Analytics.layer({ apiKey: Redacted.make("key") }).pipe(
          Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
          Layer.provide(collectLogs().layer)
        )
      )
    )
  })
})
