/**
 * `cdp-analytics send`: one message, and what became of it.
 */

import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { Analytics } from "../Analytics.ts"
import type { CallError } from "../AnalyticsError.ts"
import type { Receipt } from "../delivery/Delivery.ts"
import { EventContext } from "../message/EventContext.ts"
import { Integrations } from "../message/Integrations.ts"
import { Properties } from "../message/Properties.ts"
import { GroupTraits, Traits } from "../message/Traits.ts"
import { readEnvironment } from "./environment.ts"
import { failWith } from "./failure.ts"
import { fieldFlags, fieldSources, type GivenFields, readFields } from "./fields.ts"
import { jsonFlag, readJson } from "./json.ts"
import { keyFlag, readKey } from "./key.ts"
import { placeMetavar, readPlaceOfFlag } from "./outboxPlace.ts"
import { print, printError } from "./print.ts"
import { sendOnce } from "./sendOnce.ts"
import { sendToOutbox } from "./sendToOutbox.ts"
import { chooseServer, serverFlags } from "./serverFlags.ts"
import { checkReaders } from "./source.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

/** Somebody waits at a terminal: not for the hours that a service would try. */
const patience = "30 seconds"

const common = {
  apiKey: keyFlag,
  ...serverFlags,
  outbox: text("outbox", "Keep it in this outbox instead, for a relay that delivers it; needs no key").pipe(
    Flag.withMetavar(placeMetavar)
  ),
  strict: Flag.Boolean("strict").pipe(
    Flag.withDescription(
      "Let the server answer a wrong key or a bad message with an error; --no-strict: with a silent 200"
    ),
    Flag.withDefault(true)
  ),
  retry: Flag.Boolean("retry").pipe(
    Flag.withDescription(`Try again where that is worth it, for ${patience}; --no-retry: once only`),
    Flag.withDefault(true)
  ),
  messageId: text("message-id", "The server takes the first message with an id, for 12 hours; default: a new one"),
  timestamp: Flag.Date("timestamp").pipe(
    Flag.withDescription("When it happened, such as 2026-01-31T12:00:00Z; default: now"),
    Flag.optional
  ),
  context: jsonFlag("context", "Where it came from"),
  integrations: jsonFlag("integrations", "Which destinations receive it")
}

type Common = Command.Command.Config.Infer<typeof common>

const person = {
  userId: text("user-id", "The person's id"),
  anonymousId: text("anonymous-id", "An id for someone who is not known yet")
}

const properties = fieldFlags("property", "What is known about it")

type Given = Common & { readonly traits?: GivenFields; readonly properties?: GivenFields }

/** What may be in a file or in standard input, each with its flag. */
const sourcesOf = ({ apiKey, context, integrations, traits, properties }: Given) => [
  ...Option.toArray(apiKey).map((key) => ["api-key", Redacted.value(key)] as const),
  ...Option.toArray(context).map((source) => ["context", source] as const),
  ...Option.toArray(integrations).map((source) => ["integrations", source] as const),
  ...(traits === undefined ? [] : fieldSources("trait", traits)),
  ...(properties === undefined ? [] : fieldSources("property", properties))
]

const readCommon = Effect.fnUntraced(function* (flags: Given) {
  yield* checkReaders(sourcesOf(flags))
  return {
    messageId: Option.getOrUndefined(flags.messageId),
    timestamp: Option.getOrUndefined(flags.timestamp),
    context: yield* readJson("context", flags.context, EventContext),
    integrations: yield* readJson("integrations", flags.integrations, Integrations)
  }
})

/** Whether the flags name somebody is seen when it runs, as it is by `Analytics.enqueue`. */
const readPerson = (flags: { readonly [Key in keyof typeof person]: Option.Option<string> }) => ({
  userId: Option.getOrUndefined(flags.userId),
  anonymousId: Option.getOrUndefined(flags.anonymousId)
})

/** Keeps one message in an outbox. */
const keep = Effect.fnUntraced(function* (
  outbox: string,
  flags: Common,
  call: Effect.Effect<Receipt, CallError, Analytics>
) {
  const given = [
    ["--api-key", Option.isSome(flags.apiKey)],
    ["--region", Option.isSome(flags.region)],
    ["--endpoint", Option.isSome(flags.endpoint)],
    ["--no-strict", !flags.strict],
    ["--no-retry", !flags.retry]
  ] as const
  const ofRelay = given.flatMap(([flag, isGiven]) => (isGiven ? [flag] : []))
  if (ofRelay.length > 0) {
    return yield* failWith(
      2,
      `--outbox keeps the message for a relay, which sends it: ${ofRelay.join(" and ")} can be told to that one alone`
    )
  }
  const { allowSuspiciousIds, maxMessageBytes } = yield* readEnvironment(2)
  const place = yield* readPlaceOfFlag("--outbox", outbox)
  yield* sendToOutbox(place, { allowSuspiciousIds, maxMessageBytes }, call)
})

/** Sends one message, or keeps it in an outbox, and prints its id and its outcome. */
const deliver = Effect.fnUntraced(function* (flags: Common, call: Effect.Effect<Receipt, CallError, Analytics>) {
  if (Option.isSome(flags.outbox)) return yield* keep(flags.outbox.value, flags, call)
  const configured = yield* readEnvironment(2)
  const apiKey = yield* readKey(flags.apiKey)
  const word = yield* Effect.forkChild(
    Effect.andThen(
      Effect.sleep("1 second"),
      printError(`The server has not taken it yet: trying ${flags.retry ? "on" : "once"}. Ctrl-C gives up.`)
    )
  )
  const { messageId, failure } = yield* sendOnce(
    {
      ...configured,
      ...chooseServer(flags, configured),
      apiKey,
      strict: flags.strict,
      deliveryTimeout: patience,
      ...(flags.retry ? undefined : { retry: Schedule.recurs(0) })
    },
    call
  ).pipe(Effect.catch((error) => failWith(error._tag === "InvalidOptions" ? 2 : 1, error.message)))
  yield* Fiber.interrupt(word)
  yield* print(messageId)
  yield* failure === undefined ? print("delivered") : failWith(1, `${failure._tag}: ${failure.message}`)
  if (!flags.strict) {
    yield* printError("note: with --no-strict the server answers 200 whether it keeps the message or not")
  }
})

const identify = Command.make(
  "identify",
  { ...common, ...person, traits: fieldFlags("trait", "What is known about the person") },
  Effect.fnUntraced(function* (flags) {
    const message = { ...(yield* readCommon(flags)), ...readPerson(flags) }
    const known = yield* readFields("trait", flags.traits, Traits)
    yield* deliver(flags, Analytics.enqueue({ type: "identify", ...message, traits: known }))
  })
).pipe(Command.withDescription("Say who a person is"))

const track = Command.make(
  "track",
  {
    ...common,
    ...person,
    event: Flag.String("event").pipe(Flag.withDescription("What happened, such as added_to_cart")),
    properties
  },
  Effect.fnUntraced(function* (flags) {
    const message = { ...(yield* readCommon(flags)), ...readPerson(flags), event: flags.event }
    const known = yield* readFields("property", flags.properties, Properties)
    yield* deliver(flags, Analytics.enqueue({ type: "track", ...message, properties: known }))
  })
).pipe(
  Command.withDescription("Record what a person did"),
  Command.withExamples([
    {
      command: `cdp-analytics send track --user-id ada --event bought --properties '{"price":39.95}'`,
      description: "Record a purchase"
    },
    {
      command: "cdp-analytics send track --user-id ada --event bought --property product=shoes --property price:=39.95",
      description: "The same without quotes: = is for text, := for JSON"
    }
  ])
)

const view = {
  ...common,
  ...person,
  name: text("name", "Of the page or screen"),
  category: text("category", "Of the page or screen"),
  properties
}

const readView = Effect.fnUntraced(function* (flags: Command.Command.Config.Infer<typeof view>) {
  return {
    ...(yield* readCommon(flags)),
    ...readPerson(flags),
    name: Option.getOrUndefined(flags.name),
    category: Option.getOrUndefined(flags.category),
    properties: yield* readFields("property", flags.properties, Properties)
  }
})

const page = Command.make(
  "page",
  view,
  Effect.fnUntraced(function* (flags) {
    yield* deliver(flags, Analytics.enqueue({ type: "page", ...(yield* readView(flags)) }))
  })
).pipe(Command.withDescription("Record that a person viewed a page"))

const screen = Command.make(
  "screen",
  view,
  Effect.fnUntraced(function* (flags) {
    yield* deliver(flags, Analytics.enqueue({ type: "screen", ...(yield* readView(flags)) }))
  })
).pipe(Command.withDescription("Record that a person viewed a screen of an app"))

const group = Command.make(
  "group",
  {
    ...common,
    ...person,
    groupId: Flag.String("group-id").pipe(Flag.withDescription("The group's id")),
    traits: fieldFlags("trait", "What is known about the group")
  },
  Effect.fnUntraced(function* (flags) {
    const message = { ...(yield* readCommon(flags)), ...readPerson(flags), groupId: flags.groupId }
    const known = yield* readFields("trait", flags.traits, GroupTraits)
    yield* deliver(flags, Analytics.group({ ...message, traits: known }))
  })
).pipe(Command.withDescription("Put a person into a group"))

const alias = Command.make(
  "alias",
  {
    ...common,
    previousId: Flag.String("previous-id").pipe(Flag.withDescription("The id so far")),
    userId: Flag.String("user-id").pipe(Flag.withDescription("The id from now on"))
  },
  Effect.fnUntraced(function* (flags) {
    const { previousId, userId } = flags
    yield* deliver(flags, Analytics.alias({ ...(yield* readCommon(flags)), previousId, userId }))
  })
).pipe(Command.withDescription("Merge two identities of one person"))

export const send = Command.make("send").pipe(
  Command.withDescription("Send one message, and say what became of it: exit code 0 delivered, 1 not, 2 wrong usage"),
  Command.withSubcommands([identify, track, page, screen, group, alias])
)
