// The tracking plan: what it has, how often that was sent, and what was sent beside it.

import { countOf, dateAndTimeOf, find, make, makeKeyed, momentOf, numberOf } from "./dom.js"
import { fetchPlan } from "./server.js"

/** Each kind of thing that a plan has, and its name here. */
const kinds = [
  { type: "track", title: "Events" },
  { type: "identify", title: "People" },
  { type: "group", title: "Groups" },
  { type: "page", title: "Pages" },
  { type: "screen", title: "Screens" }
]

let onFilter = () => {}

/** Hears of the filters by which events of the plan are found. */
export const onPlanFilter = (listener) => {
  onFilter = listener
}

const titleOf = ({ type, name }) => name ?? (type === "identify" ? "traits of people" : "traits of groups")

/** A longer name is cut, and its beginning finds it. */
const filtersOf = ({ type, name }) => ({
  "#type": type,
  ...(name !== undefined && { "#name": name.replace(/…$/, "") })
})

const link = (label, filters, kind = "") =>
  make("button", { type: "button", class: `link ${kind}`, onclick: () => onFilter(filters) }, label)

/** What is deprecated is better never sent. */
const isMissing = ({ sent, deprecated }) => sent === 0 && deprecated === undefined

const drawSent = (thing) =>
  thing.sent === 0
    ? make("span", { class: `sent ${isMissing(thing) ? "never" : "quiet"}` }, "never sent")
    : make(
        "span",
        { class: "sent", title: `last at ${dateAndTimeOf(thing.lastSentAt)}` },
        link(countOf(thing.sent, "time"), filtersOf(thing)),
        make("time", { class: "quiet" }, momentOf(thing.lastSentAt))
      )

const drawThing = (thing) => {
  const { version, description, owner, deprecated, violations, places } = thing
  return make(
    "li",
    { class: `thing ${isMissing(thing) ? "is-never" : violations > 0 ? "is-violating" : ""}` },
    make(
      "div",
      { class: "words" },
      make(
        "span",
        {},
        make("strong", {}, titleOf(thing)),
        version === undefined ? "" : make("span", { class: "tag" }, `version ${version}`),
        owner === undefined ? "" : make("span", { class: "tag" }, owner)
      ),
      description === undefined ? "" : make("span", { class: "quiet" }, description),
      deprecated === undefined ? "" : make("span", { class: "duplicate" }, `Deprecated: ${deprecated}`),
      ...places.map(({ path, reason, count }) =>
        make("span", { class: "place" }, make("code", {}, path || "the message"), `: ${reason}`, times(count))
      )
    ),
    violations === 0
      ? ""
      : link(countOf(violations, "violation"), { ...filtersOf(thing), "#planned": "violating" }, "refused"),
    drawSent(thing)
  )
}

const times = (count) => make("span", { class: "quiet" }, ` × ${numberOf(count)}`)

/** A section for each kind, which is there when the plan has some of it. */
const sections = kinds.map(({ type, title }) => {
  const list = make("ul", { class: "things" })
  const section = make("section", {}, make("h2", {}, title), list)
  // By their place: names that are cut may be alike.
  const drawThings = makeKeyed(list, (_, index) => index, drawThing)
  return {
    section,
    draw: (events) => {
      const things = events.filter((event) => event.type === type)
      section.hidden = things.length === 0
      drawThings(things)
    }
  }
})

find("#plan-kinds").append(...sections.map(({ section }) => section))

const keyOfStranger = ({ type, name, reason }) => JSON.stringify([type, name, reason])

const drawStrangers = makeKeyed(find("#strangers"), keyOfStranger, (stranger) =>
  make(
    "li",
    { class: "thing" },
    make(
      "div",
      { class: "words" },
      make("span", {}, make("span", { class: "type" }, `${stranger.type} `), make("strong", {}, stranger.name ?? "")),
      make("span", { class: "quiet" }, stranger.reason)
    ),
    drawSent(stranger)
  )
)

const drawHead = makeKeyed(
  find("#plan-head"),
  ({ name }) => name,
  ({ name, description, counts }) =>
    make(
      "div",
      {},
      make("h2", {}, name),
      description === undefined ? "" : make("p", { class: "quiet" }, description),
      make("p", { class: "counts" }, ...counts.map(({ kind, words }) => make("span", { class: kind }, words)))
    )
)

const countsOf = ({ events, unplanned, unplannedDropped }) => {
  const never = events.filter(isMissing).length
  const violations = events.reduce((sum, event) => sum + event.violations, 0)
  const strangers = unplanned.length + unplannedDropped
  return [
    { kind: "", words: `${numberOf(events.length)} planned` },
    {
      kind: never > 0 ? "never" : "accepted",
      words: never > 0 ? `${numberOf(never)} never sent` : "nothing is missing"
    },
    ...(violations > 0 ? [{ kind: "refused", words: countOf(violations, "violation") }] : []),
    ...(strangers > 0 ? [{ kind: "duplicate", words: `${numberOf(strangers)} not planned` }] : [])
  ]
}

const draw = ({ plan, problem }) => {
  const isThere = plan !== null
  document.body.classList.toggle("has-plan", isThere)
  find("#tab-tracking").hidden = !isThere && problem === null
  find("#tab-tracking").classList.toggle("has-problem", problem !== null)
  find("#plan-problem").hidden = problem === null
  find("#plan-problem").textContent =
    problem === null ? "" : `The plan could not be loaded${isThere ? ", and this is the one before" : ""}: ${problem}`
  const { events, unplanned, unplannedDropped } = plan ?? { events: [], unplanned: [], unplannedDropped: 0 }
  drawHead(isThere ? [{ name: plan.name, description: plan.description, counts: countsOf(plan) }] : [])
  for (const section of sections) section.draw(events)
  find("#unplanned").hidden = unplanned.length === 0
  drawStrangers(unplanned)
  find("#more-strangers").hidden = unplannedDropped === 0
  find("#more-strangers").textContent = `${countOf(unplannedDropped, "older one", "older ones")} no longer kept.`
}

/** How often it was asked for: an answer that another one has overtaken is no news. */
let asked = 0

export const refreshPlan = async () => {
  const turn = ++asked
  const found = await fetchPlan()
  if (turn === asked) draw(found)
}
