/** What Segment asks of every message, beside what it asks of an event. */
import type { AnyRecord } from "../message/open.ts"
import type { Rule } from "./assemble.ts"
import { placeOf } from "./contract.ts"
import type { Place } from "./document.ts"
import { loseRest, saysSomething } from "./messageSchema.ts"

/** Rules of which each asks for what schemas of all messages ask for, too. */
export const withCommon = (rules: ReadonlyArray<Rule>, common: ReadonlyArray<Place>): ReadonlyArray<Rule> => {
  for (const message of common) {
    loseRest(message, ["properties", "traits"])
    for (const section of ["properties", "traits"]) {
      const schema = message.at("properties").at(section)
      if (saysSomething(schema.value)) schema.loseOthers(joined)
    }
  }
  return rules.map((rule) => common.reduce(join, rule))
}

const joined = ["$id", "id", "title", "description", "type", "properties", "required"]

const join = (rule: Rule, message: Place): Rule => {
  const { schema, root } = rule.body
  const asked = message.at("properties").at(placeOf(rule.type))
  if (!saysSomething(asked.value)) return rule
  const names = [...schema.at("required").list, ...asked.at("required").list].map((name) => name.text)
  const own = schema.isThere ? schema.record : { type: "object" }
  return {
    ...rule,
    body: {
      schema: schema.with({
        ...own,
        properties: joinMembers(schema.at("properties"), asked.at("properties"), (a, b) => ({ allOf: [a, b] })),
        required: [...new Set(names)]
      }),
      root: root.with({ ...root.record, ...definitionsOf(root, message) })
    }
  }
}

const definitionsOf = (root: Place, message: Place): AnyRecord =>
  Object.fromEntries(
    ["$defs", "definitions"]
      .filter((key) => message.at(key).isThere)
      .map((key) => [
        key,
        joinMembers(root.at(key), message.at(key), (ours, _, place) => {
          place.lose("an event names another schema so")
          return ours
        })
      ])
  )

/** The members of both, and what is made of two of one name that are not the same. */
const joinMembers = (
  ours: Place,
  theirs: Place,
  both: (ours: unknown, theirs: unknown, place: Place) => unknown
): AnyRecord => {
  const members = new Map(ours.entries.map(([name, { value }]) => [name, value]))
  for (const [name, place] of theirs.entries) {
    const isSame = !members.has(name) || JSON.stringify(members.get(name)) === JSON.stringify(place.value)
    members.set(name, isSame ? place.value : both(members.get(name), place.value, place))
  }
  return Object.fromEntries(members)
}
