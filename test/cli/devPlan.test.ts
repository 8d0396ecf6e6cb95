import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { isFull } from "../support/repetitions.ts"
import { planFolder, planModule } from "./planFolder.ts"
import { run, suite } from "./run.ts"
import { runHere } from "./runHere.ts"

const address = /http:\/\/127\.0\.0\.1:\d+/

const planOf = (size: string): string =>
  planModule(`{ name: "Shop", track: { Bought: { properties: { size: ${size} } } } }`)

const post = (url: string, event: string) =>
  Effect.promise(() => {
    const body = JSON.stringify({ batch: [{ type: "track", userId: "ada", event, properties: { size: "1" } }] })
    return fetch(`${url}/v1/batch`, { method: "POST", body, headers: { authorization: `Basic ${btoa("dev:")}` } })
  })

describe("dev --plan", suite, () => {
  it.live("marks what is not as planned, by the newest plan that could be read", () =>
    Effect.gen(function* () {
      const { at, write } = yield* planFolder({ "Shop.ts": planOf("Schema.Finite") })
      const printed: Array<string> = []
      const said = (words: string | RegExp) =>
        Effect.sync(() => printed.join("\n").match(words)?.[0]).pipe(
          Effect.flatMap(Effect.fromNullishOr),
          Effect.retry(Schedule.spaced("20 millis"))
        )
      const save = (text: string) => Effect.promise(() => write("Shop.ts", text))
      yield* Effect.forkScoped(
        runHere(["dev", "--port", "0", "--plan", at("Shop.ts")], { onPrint: (line) => printed.push(line) })
      )
      const url = yield* said(address)
      yield* said('Events are held against "Shop": 1 event.')
      yield* post(url, "Bought")
      yield* said(/Bought .* violating: properties.size: Expected number/)
      yield* post(url, "Sold")
      yield* said(/Sold .* unplanned: event: Expected an event of the plan/)

      yield* save("export const broken = ")
      yield* said(/held against the plan as it was: .*Shop.ts has an error|plan as it was: .*Shop.ts threw/)
      yield* save(planOf("Schema.String"))
      yield* said('Events are held against the newer "Shop": 1 event.')
      printed.length = 0
      yield* post(url, "Bought")
      assert.notInclude(yield* said(/.*Bought.*/), "violating")
    })
  )

  it.live.runIf(isFull)("reads the plan anew when a file changes that it imports", () =>
    Effect.gen(function* () {
      const imports = 'import { Plan } from "cdp-analytics-effect/plan"\nimport { name } from "./name.ts"\n'
      const { at, write } = yield* planFolder({
        "Shop.ts": `${imports} export default Plan.make({ name, track: {} })`,
        "name.ts": 'export const name: string = "One"'
      })
      const { out } = yield* run(["dev", "--port", "0", "--plan", at("Shop.ts")], {
        onOutput: (output, stop) => {
          if (output.includes('newer "Two"')) stop()
          else if (output.includes("API_KEY=dev")) void write("name.ts", 'export const name: string = "Two"')
        }
      })
      assert.include(out, 'Events are held against "One": nothing.')
    })
  )

  it.live("a plan that cannot be read, and two flags of one standard input, are wrong usage", () =>
    Effect.gen(function* () {
      const missing = yield* runHere(["dev", "--port", "0", "--plan", "nowhere.ts"])
      assert.deepInclude(missing, { code: 2, err: "nowhere.ts cannot be read: there is no such file\n" })
      const twice = yield* runHere(["dev", "--port", "0", "--plan", "-", "--faults", "-"])
      assert.strictEqual(twice.code, 2)
      const closing = yield* runHere(["dev", "--port", "0", "--plan", "-", "--exit-on-stdin-close"])
      assert.include(closing.err, "--plan cannot come from standard input with --exit-on-stdin-close")
    })
  )
})
