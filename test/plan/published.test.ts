import { readdirSync, readFileSync } from "node:fs"
import { env } from "node:process"
import { describe, expect, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { jsonSchemaOf } from "../../src/plan/jsonSchema.ts"
import { meaningOf, meaningOfPlan } from "./meaning.ts"

const fixtures = new URL("fixtures/", import.meta.url)

/** Published files, where they are at hand: see the fixtures' README. */
const published = env["PUBLISHED_PLANS"]

interface File {
  readonly name: string
  readonly json: unknown
}

const filesIn = (folder: URL | string): ReadonlyArray<File> =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({
      name,
      json: JSON.parse(readFileSync(typeof folder === "string" ? `${folder}/${name}` : new URL(name, folder), "utf8"))
    }))

const files = [...filesIn(fixtures), ...(published === undefined ? [] : filesIn(published))]

const read = ({ name, json }: File) =>
  name.startsWith("segment") ? Plan.fromSegment(json) : Plan.fromRudderStack(json)

describe("a plan of another format", () => {
  it.each(files.filter(({ name }) => name.startsWith("segment")))("$name is the same after Segment's form", (file) => {
    const { plan } = read(file)
    const written = Plan.toSegment(plan)
    const again = Plan.fromSegment(JSON.parse(JSON.stringify(written.plan)))
    expect(written.losses).toEqual([])
    expect(again.losses).toEqual([])
    expect(meaningOfPlan(again.plan)).toEqual(withFirstVersions(meaningOfPlan(plan)))
  })

  it.each(files.filter(({ name }) => name.startsWith("rudder")))(
    "$name is the same after RudderStack's forms",
    (file) => {
      const { plan } = read(file)
      for (const form of ["catalog", "v2"] as const) {
        const written = Plan.toRudderStack(plan, { form })
        const again = Plan.fromRudderStack(JSON.parse(JSON.stringify(written.plan)))
        expect(written.losses.filter(({ path }) => !path.endsWith("tags"))).toEqual([])
        expect(again.losses).toEqual([])
        expect(meaningOfPlan(again.plan)).toEqual(withoutTags(meaningOfPlan(plan)))
      }
    }
  )

  it.each(files.filter(({ json }) => Array.isArray(json)))("$name is the same after Rudder CLI's form", (file) => {
    const { plan } = read(file)
    const written = Plan.toRudderStack(plan, { form: "cli" })
    const again = Plan.fromRudderStack(JSON.parse(JSON.stringify(written.plan)))
    expect([...written.losses, ...again.losses]).toEqual([])
    expect(meaningOfPlan(again.plan)).toEqual(meaningOfPlan(plan))
  })

  it.each(files.filter(({ json }) => !Array.isArray(json)))("$name asks for what it asked for", (file) => {
    const { plan } = read(file)
    const asked = bodiesOf(file.json)
    expect(asked.length).toBeGreaterThan(0)
    for (const { name, type, version, schema, root } of asked) {
      const event = plan.events.find((event) => {
        return (
          name === event.name && type === event.type && (version === undefined || String(version) === event.version)
        )
      })
      const { schema: said, definitions } = jsonSchemaOf(event!)
      expect(meaningOf({ ...said, description: "" }, { $defs: definitions })).toEqual(meaningOf(schema, root))
    }
  })
})

type Meaning = ReturnType<typeof meaningOfPlan>

/** Segment counts from one. */
const withFirstVersions = (meaning: Meaning): Meaning => ({
  ...meaning,
  events: meaning.events.map((event) =>
    event.name === undefined ? event : { ...event, version: event.version ?? "1" }
  )
})

const withoutTags = (meaning: Meaning): Meaning => ({
  ...meaning,
  events: meaning.events.map((event) => ({ ...event, tags: [] }))
})

const at = (json: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (found, key) => (typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined),
    json
  )

const textAt = (json: unknown, ...keys: ReadonlyArray<string>): string | undefined =>
  keys.map((key) => at(json, key)).find((value): value is string => typeof value === "string" && value !== "")

const listAt = (json: unknown, ...paths: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<unknown> =>
  paths.map((path) => at(json, ...path)).find((value) => Array.isArray(value)) ?? []

/** The schemas of events as they stand in a file, but for those that stand in several places of it or have cases. */
const bodiesOf = (json: unknown) => {
  const events = listAt(json, ["data", "rules"], ["rules"], ["rules", "events"], ["events"])
  const hasCommon = events.some((event) => at(event, "type") === "COMMON")
  return events.flatMap((event) => {
    const root = at(event, "jsonSchema") ?? at(event, "rules")
    const type = (textAt(event, "type", "eventType") ?? "track").toLowerCase()
    const isOfPerson = type === "identify" || type === "group"
    const name = isOfPerson ? undefined : textAt(event, "key", "name")
    const isInOnePlace = isOfPerson || (name !== undefined && !hasCommon)
    if (!isInOnePlace || JSON.stringify(root).includes('"if"')) return []
    const traits = at(root, "properties", "traits") ?? at(root, "properties", "context", "properties", "traits")
    const wrapped = isOfPerson ? traits : at(root, "properties", "properties")
    const schema = at(root, "eventMetadata") === undefined ? wrapped : { ...Object(root), description: "" }
    return [{ name, type, version: isOfPerson ? undefined : at(event, "version"), schema, root }]
  })
}
