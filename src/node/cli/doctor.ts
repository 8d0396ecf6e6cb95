/**
 * `cdp-analytics doctor`: whether events can reach the server with the configuration of the environment, and if not, why.
 */
import { Clock, Config, Console, Effect, Redacted, Schedule, Stdio } from "effect"
import { Command, Flag, Prompt } from "effect/cli"
import { Analytics } from "../../Analytics.ts"
import { type AnalyticsOptions, keylessConfigs, regions } from "../../AnalyticsOptions.ts"
import type { Outcome } from "../../Delivery.ts"
import { failWith } from "./failure.ts"
import { keyFlag, readKey } from "./key.ts"
import { sendOnce } from "./sendOnce.ts"

export const doctor = Command.make(
  "doctor",
  {
    apiKey: keyFlag,
    yes: Flag.Boolean("yes").pipe(
      Flag.withAlias("y"),
      Flag.withDescription("Send the message without asking"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* (flags) {
    const configured = yield* Config.all(keylessConfigs).pipe(
      Effect.catch((error) => failWith(1, `The configuration cannot be read: ${error.message}`))
    )
    const apiKey = yield* readKey(flags.apiKey)
    const options = { ...configured, apiKey, strict: true, retry: Schedule.recurs(0) }
    const origin = configured.endpoint ?? regions[configured.region ?? "us"]

    yield* Console.log(`endpoint   ${origin}`)
    yield* Console.log(`API key    ${maskKey(Redacted.value(apiKey))}`)
    for (const [name, value] of Object.entries(configured)) {
      if (value !== undefined && name !== "endpoint") yield* Console.log(`${name.padEnd(10)} ${value}`)
    }
    yield* askFirst(flags.yes, origin)

    const { outcome, headers } = yield* check(options)
    const problems = [
      ...(yield* findProblem(options, outcome, headers["content-type"])),
      ...(yield* findSkew(headers["date"]))
    ]
    if (problems.length > 0) return yield* failWith(1, `\n${problems.join("\n")}`)
    yield* Console.log("\nAll is well: the server took the message.")
  })
).pipe(
  Command.withDescription(
    "Say whether events can reach the server, with the configuration of the environment, and if not, why"
  )
)

/** No destination receives it, and an event of somebody anonymous makes no profile. */
const check = (options: AnalyticsOptions) =>
  sendOnce(
    options,
    Analytics.track({
      anonymousId: "cdp-analytics-doctor",
      event: "cdp_analytics_doctor",
      integrations: { All: false }
    })
  ).pipe(
    Effect.catch((error) =>
      failWith(1, error._tag === "InvalidOptions" ? `\nThe configuration is wrong: ${error.message}` : error.message)
    )
  )

const askFirst = Effect.fnUntraced(function* (isAgreed: boolean, origin: string) {
  if (isAgreed) return
  const { stdinIsTerminal } = yield* Stdio.Stdio
  if (!(yield* stdinIsTerminal)) {
    return yield* failWith(2, "\nNothing was sent: say --yes to send a harmless message from a script")
  }
  const message = `Send one harmless message to ${origin}, for no destination?`
  if (!(yield* Prompt.run(Prompt.Confirm({ message })))) return yield* failWith(1, "Nothing was sent.")
})

const maskKey = (key: string): string => (key.length > 8 ? `${key.slice(0, 3)}…${key.slice(-2)}` : "…")

const findProblem = Effect.fnUntraced(function* (
  options: AnalyticsOptions,
  outcome: Outcome,
  contentType: string | undefined
) {
  const isHtml = contentType?.includes("text/html") === true
  switch (outcome._tag) {
    case "Delivered":
      return isHtml
        ? ["A web page answered, not a Data Pipelines server: is the endpoint right, or a proxy in between?"]
        : []
    case "Unauthorized":
      return [yield* explainKey(options, outcome.status)]
    case "Rejected":
      return [explainRejection(outcome.status, outcome.reason, isHtml)]
    case "RetriesExhausted":
      return [explainNoAnswer(outcome.status, outcome.reason, isHtml)]
    default:
      return [outcome.message]
  }
})

/** A key of the other region is as wrong as any other: only the other region can tell. */
const explainKey = Effect.fnUntraced(function* (options: AnalyticsOptions, status: number) {
  const words = `The server does not take the API key (${status})`
  if (options.endpoint !== undefined) return `${words}: it is mistyped or revoked, or not of this source.`
  const other = options.region === "eu" ? "us" : "eu"
  const { outcome } = yield* check({ ...options, region: other })
  return outcome._tag === "Delivered"
    ? `${words}, the one of the other region does: set CUSTOMERIO_REGION=${other}`
    : `${words}, nor does the other region's: it is mistyped or revoked.`
})

const explainRejection = (status: number, reason: string, isHtml: boolean): string => {
  if (status >= 300 && status < 400)
    return `The server redirects (${status}): set CUSTOMERIO_ENDPOINT to where it points.`
  if (isHtml) return `A web page answered ${status}: is the endpoint right, or a proxy in between?`
  if (status === 404 || status === 405) return `There is no /v1/batch at the endpoint (${status}): is it right?`
  return `The server refused the message (${status}): ${reason}`
}

const networkProblems: ReadonlyArray<readonly [RegExp, string]> = [
  [/ENOTFOUND|EAI_AGAIN/, "The endpoint's name cannot be looked up: is it right, and is there a network?"],
  [/ECONNREFUSED/, "Nothing listens at the endpoint: is the port right, and is the server running?"],
  [
    /EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/,
    "The endpoint cannot be reached: is there a network, or a firewall in between?"
  ],
  [
    /certificate|CERT_|SSL|TLS|EPROTO/i,
    "The server's certificate is not trusted: is a proxy in between, or is it http?"
  ],
  [/no complete answer/, "The server does not answer in time."],
  [
    /ECONNRESET|socket|other side closed/i,
    "The connection broke off: is it https where it should be http, or a proxy in between?"
  ]
]

const explainNoAnswer = (status: number | undefined, reason: string, isHtml: boolean): string => {
  if (status === 429) return "The server answers that there are too many requests (429). Try again later."
  if (status !== undefined) {
    return isHtml
      ? `A web page answered ${status}: a proxy in between, whose server is away.`
      : `The server is in trouble (${status}). Try again later. It says: ${reason}`
  }
  const known = networkProblems.find(([pattern]) => pattern.test(reason))
  return known === undefined ? `There is no answer: ${reason}` : `${known[1]} (${reason})`
}

/** Timestamps of a wrong clock put events at the wrong place of a person's history. */
const findSkew = Effect.fnUntraced(function* (date: string | undefined) {
  const server = date === undefined ? Number.NaN : Date.parse(date)
  const minutes = Math.round((server - (yield* Clock.currentTimeMillis)) / 60_000)
  return Math.abs(minutes) >= 2
    ? [`This machine's clock is ${Math.abs(minutes)} minutes ${minutes > 0 ? "behind" : "ahead of"} the server's.`]
    : []
})
