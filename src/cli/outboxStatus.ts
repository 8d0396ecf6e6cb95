/**
 * `cdp-analytics outbox status`: what waits, for how long, and who delivers.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { failWith } from "./failure.ts"
import { withOutbox } from "./openOutbox.ts"
import { givenPlace } from "./outboxCommand.ts"
import { sayPlace } from "./outboxPlace.ts"
import { describeReport, isUnattended } from "./outboxReport.ts"
import { print } from "./print.ts"

export const status = Command.make(
  "status",
  {
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("As JSON, with times in milliseconds"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ json }) {
    const place = yield* givenPlace
    const report = yield* withOutbox(place, { mayMake: false }, (database) => database.report)
    if (json) {
      const all = { outbox: sayPlace(place), ...report, oldest: report.oldest ?? null }
      yield* print(...JSON.stringify(all, null, 2).split("\n"))
    } else {
      yield* print(sayPlace(place), ...describeReport(report))
    }
    if (isUnattended(report)) return yield* failWith(1, "Messages wait, and no relay delivers them")
  })
).pipe(
  Command.withDescription(
    "Say what waits, for how long, and who delivers: exit code 1 where messages wait and nobody delivers"
  )
)
