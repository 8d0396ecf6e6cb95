// Everyone, and every object, that the accepted events made known.

import { countOf, droppedOf, facts, find, jsonBlock, make, makeKeyed, momentOf, numberOf, timeOf } from "./dom.js"
import { nameOf, ownTimeOf, typeOf } from "./event.js"
import { allEvents } from "./events.js"
import { fetchPeople } from "./server.js"

/** How many of a person's events the timeline shows. */
const timelineLength = 50

/** How many of a person's devices and groups are shown. */
const recordsLength = 100

let known = { people: [], objects: [], total: 0, dropped: 0, droppedEvents: [], oldest: null }
let selectedKey
let shownAs = ""
let onEvent = () => {}

const idsOf = (person) => [...person.userIds, ...person.anonymousIds, ...person.emails]
const personKey = (person) => `person ${idsOf(person)[0] ?? ""}`
const objectKey = (object) => `object ${object.objectTypeId}:${object.objectId}`

/** An id of the page for an entry: what a stranger's id holds is not fit for one. */
const elementIds = new Map()
const elementId = (key) => {
  if (!elementIds.has(key)) elementIds.set(key, `known-${elementIds.size}`)
  return elementIds.get(key)
}

const titleOf = (person) => idsOf(person)[0] ?? "nobody"
const objectTitle = ({ traits, objectId }) => (typeof traits.name === "string" && traits.name) || objectId

const entries = () => [
  ...known.people.map((person) => ({
    key: personKey(person),
    title: titleOf(person),
    quiet: person.emails[0] ?? (person.userIds.length === 0 ? "anonymous" : ""),
    mark: person.isSuppressed ? "suppressed" : ""
  })),
  ...known.objects.map((object) => ({
    key: objectKey(object),
    title: objectTitle(object),
    quiet: `object ${object.objectTypeId}:${object.objectId}`,
    mark: ""
  }))
]

const drawEntries = makeKeyed(
  find("#known"),
  ({ key }) => key,
  ({ key, title, quiet, mark, isSelected }) =>
    make(
      "div",
      {
        class: "entry",
        role: "option",
        id: elementId(key),
        "aria-selected": String(isSelected),
        onclick: () => selectPerson(key, true)
      },
      make("span", { class: "name" }, title),
      mark === "" ? "" : make("span", { class: "refused" }, mark),
      make("span", { class: "quiet" }, quiet)
    )
)

const draw = () => {
  const all = entries()
  if (!all.some(({ key }) => key === selectedKey)) selectedKey = all[0]?.key
  const isSearching = find("#find-person").value !== ""
  find("#nobody").hidden = all.length > 0
  find("#nobody").textContent = isSearching ? "Nobody matches." : "Nobody is known yet: events make people."
  find("#known").hidden = all.length === 0
  const count = `${numberOf(known.total)} ${isSearching ? "found" : "known"}`
  const part = known.total > all.length ? `, the newest ${numberOf(all.length)} shown` : ""
  find("#people-count").textContent = count + part + droppedOf(known.dropped)
  drawEntries(all.map((entry) => ({ ...entry, isSelected: entry.key === selectedKey })))
  if (selectedKey === undefined) find("#known").removeAttribute("aria-activedescendant")
  else find("#known").setAttribute("aria-activedescendant", elementId(selectedKey))
  drawSelected()
}

const drawSelected = () => {
  const person = known.people.find((candidate) => personKey(candidate) === selectedKey)
  const object = known.objects.find((candidate) => objectKey(candidate) === selectedKey)
  const timeline = person === undefined ? undefined : timelineOf(person)
  const members = object === undefined ? [] : membersOf(object)
  // Drawn again only when it changed, so that what is selected or scrolled to stays.
  const moments = timeline?.shown.map(({ id }) => id)
  const look = JSON.stringify([person, object, members.map(titleOf), moments, timeline?.words, groupNames(person)])
  if (look === shownAs) return
  shownAs = look
  find("#person-detail").hidden = person === undefined && object === undefined
  find("#person-detail").replaceChildren(
    ...(person !== undefined ? drawPerson(person, timeline) : object !== undefined ? drawObject(object, members) : [])
  )
}

/** A person's newest events, newest first, and what became of the older ones. */
const timelineOf = (person) => {
  const ids = new Set(idsOf(person))
  const events = allEvents()
  const own = events.filter(({ message, verdict }) => {
    const email = message.type === "identify" ? message.traits?.email : undefined
    const named = [message.userId, message.anonymousId, message.previousId, email]
    return verdict !== "refused" && named.some((id) => ids.has(id))
  })
  const shown = own.slice(-timelineLength).reverse()
  const words = []
  if (own.length > shown.length) {
    words.push(`${countOf(own.length - shown.length, "older event")} can be found in the list of events.`)
  }
  // The page has some that the server keeps no longer, and lacks others where the server keeps more than the page.
  const { oldest } = known
  const beyond = own.filter(({ id }) => oldest !== null && id < oldest).length
  const dropped = known.droppedEvents[known.people.indexOf(person)] - beyond
  if (oldest !== null && events[0]?.id > oldest)
    words.push("The server keeps events that are older than those of this page.")
  // With somebody who made room it was forgotten how many there were.
  const least = known.dropped > 0 ? "At least " : ""
  if (dropped > 0) words.push(`${least}${countOf(dropped, "older event is", "older events are")} no longer kept.`)
  if (own.length + words.length === 0) words.push("None of their events is on this page any more.")
  return { shown, words }
}

const membersOf = ({ objectTypeId, objectId }) =>
  known.people.filter(({ relationships }) => Object.hasOwn(relationships, `${objectTypeId}:${objectId}`))

const groupNames = (person) =>
  Object.keys(person?.relationships ?? {})
    .slice(0, recordsLength)
    .map((key) => {
      const object = known.objects.find((candidate) => objectKey(candidate) === `object ${key}`)
      return object === undefined ? key : objectTitle(object)
    })

const link = (label, key) =>
  make("button", { type: "button", class: "link", onclick: () => selectPerson(key, true) }, label)

export const closePerson = () => find("#people").classList.remove("is-open")

const back = () => make("button", { type: "button", class: "plain back", onclick: closePerson }, "‹ Everyone")

/** That not all records are shown. */
const moreOf = (records) => {
  const more = Object.keys(records).length - recordsLength
  return more > 0 ? [make("p", { class: "quiet" }, `and ${numberOf(more)} more`)] : []
}

const section = (title, records) =>
  Object.keys(records).length === 0
    ? []
    : [
        make("h3", {}, title),
        ...Object.entries(records)
          .slice(0, recordsLength)
          .map(([key, value]) => make("div", { class: "record" }, make("code", {}, key), jsonBlock(value))),
        ...moreOf(records)
      ]

const drawPerson = (person, timeline) => {
  const names = groupNames(person)
  const groups = Object.entries(person.relationships).slice(0, recordsLength)
  return [
    back(),
    make("h2", {}, titleOf(person), person.isSuppressed ? make("span", { class: "refused" }, "  suppressed") : ""),
    facts([
      ["user id", person.userIds.join(", ")],
      ["anonymous", person.anonymousIds.join(", ")],
      ["email", person.emails.join(", ")]
    ]),
    make("h3", {}, "Traits"),
    jsonBlock(person.traits),
    ...section("Devices", person.devices),
    ...(groups.length === 0 ? [] : [make("h3", {}, "Groups")]),
    ...groups.map(([key, attributes], index) =>
      make(
        "div",
        { class: "record" },
        link(names[index], `object ${key}`),
        make("code", { class: "quiet" }, ` ${key}`),
        Object.keys(attributes).length === 0 ? "" : jsonBlock(attributes)
      )
    ),
    ...moreOf(person.relationships),
    make("h3", {}, "Timeline"),
    make("ol", { class: "timeline" }, ...timeline.shown.map(drawMoment)),
    ...timeline.words.map((words) => make("p", { class: "quiet" }, words))
  ]
}

const drawMoment = (event) => {
  const ownTime = ownTimeOf(event)
  return make(
    "li",
    {},
    make("time", {}, timeOf(event.receivedAt)),
    make("span", { class: "type" }, typeOf(event)),
    make(
      "span",
      {},
      make("button", { type: "button", class: "link", onclick: () => onEvent(event) }, nameOf(event) || "(no name)"),
      ownTime === undefined ? "" : make("span", { class: "own-time" }, `of ${momentOf(ownTime)}`)
    ),
    event.verdict === "accepted" ? "" : make("span", { class: event.verdict }, event.verdict)
  )
}

const drawObject = (object, members) => [
  back(),
  make("h2", {}, objectTitle(object)),
  facts([
    ["object type", object.objectTypeId],
    ["object id", object.objectId]
  ]),
  make("h3", {}, "Traits"),
  jsonBlock(object.traits),
  make("h3", {}, "People"),
  members.length === 0
    ? make("p", { class: "quiet" }, "Nobody of those shown is related to it.")
    : make(
        "ol",
        { class: "timeline" },
        ...members.map((person) => make("li", {}, link(titleOf(person), personKey(person))))
      )
]

const selectPerson = (key, isOpening) => {
  selectedKey = key
  if (isOpening) find("#people").classList.add("is-open")
  draw()
}

export const movePerson = (by) => {
  const all = entries()
  if (all.length === 0) return
  const index = all.findIndex(({ key }) => key === selectedKey) + by
  selectPerson(all[Math.min(all.length - 1, Math.max(0, index))].key, false)
  document.getElementById(elementId(selectedKey))?.scrollIntoView({ block: "nearest" })
}

export const refreshPeople = async () => {
  const text = find("#find-person").value.trim()
  const found = await fetchPeople(text)
  // The answer to what is no longer asked.
  if (find("#find-person").value.trim() !== text) return
  known = found
  draw()
}

export const onPersonEvent = (listener) => {
  onEvent = listener
}
