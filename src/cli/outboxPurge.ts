/**
 * `cdp-analytics outbox purge`: deletes dead letters, or all of a person.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { printable } from "../message/printable.ts"
import { failWith } from "./failure.ts"
import { isInteractive } from "./key.ts"
import { withOutbox } from "./openOutbox.ts"
import { givenPlace } from "./outboxCommand.ts"
import { type OutboxPlace, sayPlace } from "./outboxPlace.ts"
import { count } from "./outboxReport.ts"
import { print } from "./print.ts"

export const purge = Command.make(
  "purge",
  {
    user: Flag.String("user").pipe(
      Flag.withDescription(
        "Erase a person: what waits and is dead with this userId, anonymousId or previousId, and nothing else"
      ),
      Flag.optional
    ),
    yes: Flag.Boolean("yes").pipe(
      Flag.withAlias("y"),
      Flag.withDescription("Delete all dead letters without asking"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ user, yes }) {
    const person = Option.getOrUndefined(user)
    // A variable of a script that is not set is nobody.
    if (person?.trim() === "") return yield* failWith(2, "--user: Expected the id of a person, and it is empty")
    const place = yield* givenPlace
    yield* withOutbox(
      place,
      { mayMake: false },
      Effect.fnUntraced(function* (database) {
        if (person === undefined) yield* askFirst(yes, place, (yield* database.report).dead)
        const { waiting, dead } = yield* database.purge(person)
        yield* print(
          person === undefined
            ? `${count(dead, "dead letter")} deleted`
            : `${count(waiting, "waiting message")} and ${count(dead, "dead letter")} of the person deleted`
        )
      })
    )
  })
).pipe(
  Command.withDescription("Delete all dead letters, or with --user what waits and is dead of a person"),
  Command.withExamples([
    {
      command: "cdp-analytics outbox --database analytics.db purge --user ada",
      description: "Erase a person who asked for it"
    }
  ])
)

const askFirst = Effect.fnUntraced(function* (isAgreed: boolean, place: OutboxPlace, dead: number) {
  if (isAgreed) return
  if (!(yield* isInteractive)) {
    return yield* failWith(2, "Nothing was deleted: say --yes to delete all dead letters from a script")
  }
  const message = `Delete ${count(dead, "dead letter")} of ${printable(sayPlace(place))} for good?`
  if (!(yield* Prompt.run(Prompt.Confirm({ message })))) return yield* failWith(1, "Nothing was deleted.")
})
