import * as Config from "effect/Config"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { failWith } from "./failure.ts"
import { placeMetavar, readPlace, readPlaceOfFlag } from "./outboxPlace.ts"

const variable = "CUSTOMERIO_OUTBOX"

/** What all commands of an outbox begin with: which one. */
export const outboxCommand = Command.make("outbox").pipe(
  Command.withSharedFlags({
    database: Flag.String("database").pipe(
      Flag.withMetavar(placeMetavar),
      Flag.withDescription(
        `Where the outbox is; default: ${variable}. Better there if it has a password: ps shows what is given here`
      ),
      Flag.optional
    ),
    schema: Flag.String("schema").pipe(
      Flag.withDescription("The schema of Postgres that has its tables; default: cdp, or schema of the URL"),
      Flag.optional
    )
  })
)

/** Which outbox is meant, if one is named. */
export const findPlace = Effect.gen(function* () {
  const { database, schema: givenSchema } = yield* outboxCommand
  const schema = Option.getOrUndefined(givenSchema)
  if (Option.isSome(database)) return yield* readPlaceOfFlag("--database", database.value, schema)
  const configured = yield* Effect.orElseSucceed(Config.option(Config.String(variable)), () => Option.none<string>())
  return Option.isNone(configured) ? undefined : yield* readPlace(variable, configured.value, schema)
})

/** Which outbox is meant. */
export const givenPlace = Effect.filterOrElse(findPlace, Predicate.isNotUndefined, () =>
  failWith(2, `No outbox: give --database its file or its URL of Postgres, or set ${variable}`)
)
