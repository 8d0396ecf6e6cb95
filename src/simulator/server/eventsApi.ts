/**
 * The events as JSON, for tests in any language.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { printableName } from "../../message/printable.ts"
import { messageTypes, textAt } from "../../protocol/WireMessage.ts"
import { ServedEngine } from "../Engine.ts"
import type { PlanVerdict } from "../PlanReport.ts"
import type { ReceivedEvent } from "../Received.ts"
import { addResource, json, jsonText, searchParams } from "./resource.ts"

/** Most events of an answer, and about how many characters. */
const eventsAtMost = 1000
const lengthAtMost = 4 * 1024 * 1024

/** Between so many others are let in. */
const lookedAtOnce = 200

const verdicts: ReadonlyArray<ReceivedEvent["verdict"]> = ["accepted", "duplicate", "refused"]
const planVerdicts: ReadonlyArray<PlanVerdict["verdict"]> = ["planned", "violating", "unplanned"]

/** What a message must have at these keys, if it is asked for. */
const messageKeys = ["type", "event", "userId", "anonymousId"]

const parameters = [...messageKeys, "verdict", "plan", "after", "limit"]

/** Why a question cannot be answered. A test that asks for what there is none of must not find nothing, and pass. */
const problemOf = (name: string, value: string): string | undefined => {
  const oneOf = (known: ReadonlyArray<string>): string | undefined =>
    known.includes(value) ? undefined : `${name} must be one of ${known.join(", ")}`
  if (!parameters.includes(name)) return `there is no parameter ${printableName(name)}, only ${parameters.join(", ")}`
  if (value === "") return undefined
  switch (name) {
    case "type":
      return oneOf(messageTypes)
    case "verdict":
      return oneOf(verdicts)
    case "plan":
      return oneOf(planVerdicts)
    case "after":
      return /^\d{1,15}$/.test(value) ? undefined : "after must be the id of an event, or 0"
    case "limit":
      return /^\d{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= eventsAtMost
        ? undefined
        : `limit must be from 1 to ${eventsAtMost}`
    default:
      return undefined
  }
}

/** Those that pass, oldest first, as many as fit; and if there are more, after which one they are. */
const answer = Effect.fnUntraced(function* (kept: ReadonlyArray<ReceivedEvent>, asked: URLSearchParams) {
  const { after, limit } = { after: Number(asked.get("after")), limit: Number(asked.get("limit")) || eventsAtMost }
  const verdict = asked.get("verdict") || undefined
  const plan = asked.get("plan") || undefined
  const wanted = messageKeys.flatMap((key) => {
    const value = asked.get(key)
    return value ? [{ key, value }] : []
  })
  const passes = (event: ReceivedEvent): boolean =>
    event.id > after &&
    (verdict === undefined || event.verdict === verdict) &&
    (plan === undefined || event.plan?.verdict === plan) &&
    wanted.every(({ key, value }) => textAt(event.message, key) === value)
  const written: Array<string> = []
  let newest = after
  let length = 0
  for (const some of Arr.chunksOf(kept, lookedAtOnce)) {
    for (const event of some) {
      if (!passes(event)) continue
      const text = JSON.stringify(event)
      length += text.length
      if (written.length === limit || (length > lengthAtMost && written.length > 0)) return { written, next: newest }
      written.push(text)
      newest = event.id
    }
    yield* Effect.yieldNow
  }
  return { written, next: null }
})

export const layerEventsApi = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const engine = yield* ServedEngine

    yield* addResource(router, "/events.json", {
      GET: Effect.fnUntraced(function* (request) {
        const asked = searchParams(request)
        const repeated = [...asked.keys()].find((name) => asked.getAll(name).length > 1)
        const problems = [...asked].flatMap(([name, value]) => problemOf(name, value) ?? [])
        const problem = problems[0] ?? (repeated === undefined ? undefined : `${repeated} can be given once`)
        if (problem !== undefined) return json({ error: problem }, { status: 400 })
        if (asked.get("plan") && (yield* engine.plan) === undefined) {
          return json({ error: "there is no plan to ask for" }, { status: 400 })
        }
        const [kept, dropped] = yield* Effect.all([engine.events, engine.dropped])
        const { written, next } = yield* answer(kept, asked)
        return jsonText(`{"events":[${written.join(",")}],"next":${next},"dropped":${dropped.events}}`)
      })
    })

    yield* addResource(router, "/plan.json", {
      GET: () =>
        Effect.map(engine.plan, (plan) => json({ plan: plan ?? null, problem: engine.planning.problem() ?? null }))
    })

    yield* addResource(router, "/events", {
      DELETE: () => Effect.as(engine.clear, HttpServerResponse.empty({ status: 204 }))
    })
  })
)
