/**
 * `cdp-analytics outbox replay`: dead letters are sent once more.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { failWith } from "./failure.ts"
import { withOutbox } from "./openOutbox.ts"
import { givenPlace } from "./outboxCommand.ts"
import { count } from "./outboxReport.ts"
import { print } from "./print.ts"

export const replay = Command.make(
  "replay",
  {
    ids: Flag.Int("id").pipe(
      Flag.withDescription("The number of one, as `dead` lists it; may be repeated; default: all of them"),
      Flag.atLeast(0)
    )
  },
  Effect.fnUntraced(function* ({ ids }) {
    const asked = ids.length === 0 ? undefined : [...new Set(ids)]
    const replayed = yield* withOutbox(yield* givenPlace, { mayMake: false }, (database) => database.replay(asked))
    yield* print(`${count(replayed, "dead letter")} ${replayed === 1 ? "waits" : "wait"} to be sent again`)
    if (asked !== undefined && replayed < asked.length) {
      return yield* failWith(1, `Of ${count(asked.length, "number")} ${asked.length - replayed} named no dead letter`)
    }
  })
).pipe(
  Command.withDescription(
    "Have dead letters sent again, behind what waits: what was in their way should be mended first"
  )
)
