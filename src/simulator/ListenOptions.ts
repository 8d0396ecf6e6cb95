/**
 * Where the simulator listens, and to whom.
 */
import type * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { InvalidOptions } from "../AnalyticsError.ts"
import { makeResolve } from "../AnalyticsOptions.ts"

/** The origins whose pages may send events: all, or these. */
export type Cors = true | ReadonlyArray<string>

/** As browsers write it; `null` is that of files and sandboxes. */
const originOf = (text: string): string | undefined => {
  if (text === "null") return text
  if (!/^[a-z][a-z\d+.-]*:\/\/[^\s/?#@]+\/?$/i.test(text)) return undefined
  const origin = URL.parse(text)?.origin ?? "null"
  // Of schemes that are not the web's, such as an extension's, a URL says no origin.
  return origin === "null" ? text.toLowerCase().replace(/\/$/, "") : origin
}

const Origin = Schema.String.check(
  Schema.makeFilter((text) => originOf(text) !== undefined || "Expected an origin, such as http://localhost:3000")
)

/** One that nobody guesses, and that a cookie can hold. */
const Token = Schema.String.check(
  Schema.makeFilter(
    (text) => /^[\w-]{16,}$/.test(text) || "Expected at least 16 letters, digits, hyphens and underscores"
  )
)

const Host = Schema.String.check(
  Schema.makeFilter((host) => !/\p{Cc}/u.test(host) || "Expected a host name or an address")
)

const Options = Schema.Struct({
  port: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))),
  host: Schema.optional(Host),
  page: Schema.optional(Schema.Boolean),
  token: Schema.optional(Token),
  // What is wrong with an origin is said in the words of the list.
  cors: Schema.optional(Schema.Union([Schema.Array(Origin), Schema.Literal(true)]))
})

export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number
  readonly host: string
  readonly page: boolean
  readonly token: string | undefined
  readonly cors: Cors
}

export const resolveListenOptions: (input: unknown) => Effect.Effect<ListenOptions, InvalidOptions> = makeResolve(
  Options,
  ({ port = 0, host = "127.0.0.1", page = false, token, cors = [] }) =>
    Result.succeed({
      port,
      host,
      page,
      token,
      cors: cors === true || cors.map((origin) => originOf(origin) ?? origin)
    })
)
