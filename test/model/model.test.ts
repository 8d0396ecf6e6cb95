import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Cause, Config, Effect, Option } from "effect"
import { repetitions } from "../support/repetitions.ts"
import { brokenLaws } from "./laws.ts"
import { programs } from "./Program.ts"
import { run } from "./run.ts"

// MODEL_RUNS programs are made of MODEL_SEED. A failure prints a MODEL_REPLAY, which runs its smallest program again.
const settings = Config.all({
  runs: Config.Int("MODEL_RUNS").pipe(Config.withDefault(repetitions.programs)),
  seed: Config.option(Config.Int("MODEL_SEED")),
  replay: Config.option(Config.String("MODEL_REPLAY"))
})

describe("random programs against a server with faults", () => {
  it.effect(
    "keep every law",
    () =>
      Effect.gen(function* () {
        const { runs, seed, replay } = yield* settings
        const chosen = Option.getOrElse(seed, () => Math.floor(performance.timeOrigin) % 1_000_000_000)
        const result = yield* Arbitrary.checkEffect(
          programs,
          (program) =>
            run(program).pipe(
              Effect.flatMap((history) => {
                const broken = brokenLaws(program, history)
                return broken.length === 0 ? Effect.succeed(true) : Effect.fail(broken.join("\n"))
              }),
              Effect.catchCause((cause) => Effect.fail(Cause.pretty(cause)))
            ),
          { runs, seed: chosen, size: 30, maxShrinks: 400, replay: Option.getOrUndefined(replay) }
        )
        const failure = Arbitrary.formatCheckFailure(result)
        if (failure !== undefined) assert.fail(`${failure}\nMODEL_SEED=${chosen}`)
      }),
    300_000
  )
})
