/**
 * `cdp-analytics outbox dead`: the messages that will not be sent again by themselves, and why.
 */

import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { printableName } from "../message/printable.ts"
import type { DeadLetter, OutboxDatabase } from "../outbox/OutboxStore.ts"
import { withOutbox } from "./openOutbox.ts"
import { givenPlace } from "./outboxCommand.ts"
import { count } from "./outboxReport.ts"
import { awaitPrinted, print, printError } from "./print.ts"

/** However many there are, no more are in memory: of the largest messages, 3 MB. */
const pageSize = 100

export const dead = Command.make(
  "dead",
  {
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("A line of JSON for each, with the message: what plan check reads"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ json }) {
    const letters = yield* withOutbox(yield* givenPlace, { mayMake: false }, (database) =>
      forEachPage(database, (page) => Effect.andThen(print(...page.map(json ? toJson : describe)), awaitPrinted))
    )
    if (!json) yield* printError(letters === 0 ? "There are no dead letters." : `${count(letters, "dead letter")}.`)
  })
).pipe(
  Command.withDescription("List the messages that will not be sent again by themselves, oldest first, and why"),
  Command.withExamples([
    {
      command: "cdp-analytics outbox --database analytics.db dead --json > dead.ndjson",
      description: "Keep them, before they are purged"
    }
  ])
)

/** Returns how many there were. */
const forEachPage = Effect.fnUntraced(function* (
  database: OutboxDatabase,
  use: (page: ReadonlyArray<DeadLetter>) => Effect.Effect<void>
) {
  let letters = 0
  let after = 0
  while (true) {
    const page = yield* database.dead({ after, limit: pageSize })
    const last = page.at(-1)
    if (last === undefined) return letters
    yield* use(page)
    letters += page.length
    after = last.id
  }
})

const toJson = ({ id, messageId, tag, status, reason, attempts, acceptedAt, diedAt, json }: DeadLetter): string => {
  const why = { id, messageId, tag, ...(status !== undefined && { status }), reason, attempts }
  const times = { acceptedAt: sayTime(acceptedAt), diedAt: sayTime(diedAt) }
  // The message as it is kept, to the last digit of its numbers.
  return `${JSON.stringify({ ...why, ...times }).slice(0, -1)},"message":${json}}`
}

const describe = ({ id, type, messageId, tag, status, reason, attempts, diedAt }: DeadLetter): string => {
  const columns = [
    String(id).padEnd(8),
    sayTime(diedAt),
    type.padEnd(8),
    printableName(messageId),
    count(attempts, "attempt"),
    `${tag}${status === undefined ? "" : ` (${status})`}: ${reason}`
  ]
  return columns.join("  ")
}

/** What is no time is shown as it is kept. */
const sayTime = (millis: number): string =>
  Option.match(DateTime.make(millis), { onNone: () => String(millis), onSome: DateTime.formatIso })
