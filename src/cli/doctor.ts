/**
 * `cdp-analytics doctor`: whether events can reach the server with the configuration of the environment, and if not, why.
 */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { Analytics } from "../Analytics.ts"
import { type AnalyticsOptions, originOf, regions, resolveOptions } from "../AnalyticsOptions.ts"
import { printable } from "../message/printable.ts"
import { otherKindOfKey, whereKeysAre } from "../transport/apiKey.ts"
import { explain, explainSkew, isPage } from "./diagnosis.ts"
import { readEnvironment } from "./environment.ts"
import { failWith } from "./failure.ts"
import { isInteractive, keyFlag, maskKey, readGivenKey } from "./key.ts"
import { adviceOf, describePlan } from "./planAdvice.ts"
import { optionalPlanFlag } from "./planArguments.ts"
import { readPlan } from "./planFile.ts"
import { print, printError } from "./print.ts"
import { sendOnce } from "./sendOnce.ts"
import { checkReaders } from "./source.ts"

export const doctor = Command.make(
  "doctor",
  {
    apiKey: keyFlag,
    plan: optionalPlanFlag("A tracking plan to look at as well"),
    yes: Flag.Boolean("yes").pipe(
      Flag.withAlias("y"),
      Flag.withDescription("Send the message without asking"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* (flags) {
    yield* checkReaders([
      ...Option.toArray(flags.apiKey).map((key) => ["api-key", Redacted.value(key)] as const),
      ...Option.toArray(flags.plan).map((file) => ["plan", file] as const)
    ])
    const planned = Option.isNone(flags.plan) ? undefined : (yield* readPlan(flags.plan.value)).plan
    const configured = yield* readEnvironment(1)
    const apiKey = yield* Effect.flatMap(
      readGivenKey(1, flags.apiKey),
      Option.match({
        onNone: () =>
          failWith(
            1,
            "CUSTOMERIO_API_KEY is not set: AnalyticsLive does not start without it.",
            `The key of a source is in Customer.io under ${whereKeysAre}.`
          ),
        onSome: Effect.succeed
      })
    )
    const options = { ...configured, apiKey, strict: true, retry: Schedule.recurs(0) }
    // Before anything is shown: an endpoint that is refused may have a password in it.
    yield* Effect.catch(resolveOptions(options), (error) => failWith(1, `The configuration is wrong: ${error.message}`))
    const origin = configured.endpoint ?? regions[configured.region ?? "us"]

    yield* show("endpoint", origin)
    yield* show("API key", maskKey(apiKey))
    for (const [name, value] of Object.entries(configured)) {
      if (value !== undefined && name !== "endpoint") yield* show(name, String(value))
    }
    if (planned !== undefined) {
      yield* show("plan", describePlan(planned))
      for (const advice of adviceOf(planned)) yield* printError(`note: ${advice}`)
    }
    yield* askFirst(flags.yes, origin)

    const { failure, answer } = yield* check(options)
    const problem = explain(failure, answer)
    const isKeyRefused = failure?._tag === "Unauthorized" && !isPage(answer)
    const problems = [
      problem !== undefined && isKeyRefused ? yield* explainKey(options, problem) : problem,
      isKeyRefused ? explainKind(Redacted.value(apiKey)) : undefined,
      explainSkew(answer?.header("date"), yield* Clock.currentTimeMillis),
      configured.enabled === false ? "CUSTOMERIO_ENABLED is false: AnalyticsLive sends nothing." : undefined
    ].filter((words) => words !== undefined)
    if (problems.length > 0) return yield* failWith(1, "", ...problems)
    yield* print("", "All is well: the server took the message.")
    if (configured.strict === false) {
      yield* print("But CUSTOMERIO_STRICT is false: AnalyticsLive would not hear of a key that no longer works.")
    }
  })
).pipe(
  Command.withDescription(
    "Say whether events can reach the server, with the configuration of the environment, and if not, why"
  )
)

const show = (name: string, value: string) => print(`${name.padEnd(15)} ${value}`)

/** No destination receives it, and an event of somebody anonymous makes no profile. */
const check = (options: AnalyticsOptions) =>
  sendOnce(
    options,
    Analytics.track({
      anonymousId: "cdp-analytics-doctor",
      event: "cdp_analytics_doctor",
      integrations: { All: false }
    })
  ).pipe(Effect.catch((error) => failWith(1, error.message)))

const askFirst = Effect.fnUntraced(function* (isAgreed: boolean, origin: string) {
  if (isAgreed) return
  if (!(yield* isInteractive)) {
    return yield* failWith(2, "", "Nothing was sent: say --yes to send a harmless message from a script")
  }
  const message = `Send one harmless message to ${printable(origin)}, for no destination?`
  if (!(yield* Prompt.run(Prompt.Confirm({ message })))) return yield* failWith(1, "Nothing was sent.")
})

/** A key of the other region is as wrong as any other: only the other region can tell. It is asked only if it is known. */
const explainKey = Effect.fnUntraced(function* (options: AnalyticsOptions, words: string) {
  const region = regionOf(options)
  if (region === undefined) return `${words}: it is mistyped or revoked, or not of this source.`
  const other = region === "us" ? "eu" : "us"
  yield* print("", `The key is not taken there: asking ${regions[other]} as well.`)
  const { failure, answer } = yield* check({ ...options, endpoint: regions[other] })
  if (failure?._tag === "Unauthorized") return `${words}, nor does the other region's: it is mistyped or revoked.`
  if (failure !== undefined) {
    return `${words}. Whether the other region's does is not known: ${explain(failure, answer)}`
  }
  const advice =
    options.endpoint === undefined
      ? `set CUSTOMERIO_REGION=${other}`
      : `set CUSTOMERIO_REGION=${other} and no CUSTOMERIO_ENDPOINT`
  return `${words}, the one of the other region does: ${advice}`
})

const explainKind = (key: string): string | undefined => {
  const kind = otherKindOfKey(key)
  return kind && `It has the shape of ${kind}. The key of a source is in Customer.io under ${whereKeysAre}.`
}

/** Of Customer.io's own endpoints; another may be anything. */
const regionOf = (options: AnalyticsOptions): "us" | "eu" | undefined => {
  const origin = originOf(options).toLowerCase()
  if (origin === regions.us) return "us"
  return origin === regions.eu ? "eu" : undefined
}
