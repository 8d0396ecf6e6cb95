// The events that the page has, and the list of those that pass the filters. However many arrive, it draws once a frame, and
// only the rows that can be seen.

import { arrange, bytesOf, countOf, dateAndTimeOf, droppedOf, find, make, momentOf, numberOf, timeOf } from "./dom.js"
import { nameOf, ownTimeOf, personOf, typeOf, whyOf } from "./event.js"
import { keptEvents, keptLength } from "./listen.js"

/** Rows above and below the ones that can be seen. */
const margin = 6

const rows = find("#rows")
const canvas = find("#canvas")
const phone = matchMedia("(max-width: 760px)")

const rowHeight = () => (phone.matches ? 54 : 34)

/** Oldest first, as they came; so are `shown`, those that pass the filters, and `waiting`, those that came while paused. */
let events = []
let shown = []
let waiting = []
/** Ids count events: that of the newest one that came, and of the newest one that was cleared. */
let newestId = 0
let clearedId = 0
let selected
let isPaused = false
let onSelect = () => {}

export const allEvents = () => events

export const isEmpty = () => events.length === 0 && waiting.length === 0

/** How many made room for newer ones, at the server or here. */
const dropped = () => newestId - clearedId - events.length - waiting.length

// Filters

const searched = new WeakMap()

/** What the free text is looked for in. Made once, when it is first asked for. */
const searchText = (event) => {
  const known = searched.get(event)
  if (known !== undefined) return known
  const text = JSON.stringify([event.message, event.refusal, event.note, event.effect, event.plan]).toLowerCase()
  searched.set(event, text)
  return text
}

const filters = ["#search", "#name", "#person", "#type", "#verdict", "#planned"]

const readFilter = () => {
  const [search, name, person] = ["#search", "#name", "#person"].map((id) => find(id).value.trim().toLowerCase())
  const [type, verdict, planned] = ["#type", "#verdict", "#planned"].map((id) => find(id).value)
  return (event) =>
    (type === "" || event.message.type === type) &&
    (verdict === "" || event.verdict === verdict) &&
    (planned === "" || event.plan?.verdict === planned) &&
    (name === "" || nameOf(event).toLowerCase().includes(name)) &&
    (person === "" || personOf(event).toLowerCase().includes(person)) &&
    (search === "" || searchText(event).includes(search))
}

let passes = readFilter()

export const applyFilters = () => {
  passes = readFilter()
  shown = events.filter(passes)
  // What is shown beside the list is of the list.
  if (selected !== undefined && !passes(selected)) select(undefined)
  rows.scrollTop = 0
  schedule()
}

/** Sets these filters, and no others. */
export const setFilters = (values) => {
  for (const id of filters) find(id).value = values[id] ?? ""
  applyFilters()
}

export const resetFilters = () => setFilters({})

// Arrivals

export const receive = (fresh) => {
  if (isRestated) startAgain()
  newestId = fresh.at(-1).id
  const isHeld = ({ id }) => isPaused && id > restatedUpTo
  add(fresh.filter((event) => !isHeld(event)))
  waiting.push(...fresh.filter(isHeld))
  waiting = newestOf(waiting)
  schedule()
}

/** All events come again, with what another plan says of them: until the first of them is here, the old ones stay. */
let isRestated = false
/** The newest of those that were in the list, and not waiting, when they came again. */
let restatedUpTo = 0

export const restate = () => {
  isRestated = true
}

const startAgain = () => {
  isRestated = false
  restatedUpTo = events.at(-1)?.id ?? 0
  events = []
  shown = []
  waiting = []
}

/** Those that are kept; room is made for some at a time, and not for each. */
const newestOf = (all) => {
  const length = all.reduce((sum, { bytes }) => sum + bytes, 0)
  if (all.length <= keptEvents * 1.1 && length <= keptLength * 1.1) return all
  let room = keptLength
  const start = all.findLastIndex(({ bytes }) => {
    room -= bytes
    return room < 0
  })
  return all.slice(Math.max(start + 1, all.length - keptEvents))
}

const add = (fresh) => {
  const passing = fresh.filter(passes)
  // Who reads further down goes on reading the same rows.
  const isAtTop = rows.scrollTop < rowHeight() / 2
  events.push(...fresh)
  shown.push(...passing)
  const kept = newestOf(events)
  if (kept !== events) {
    events = kept
    shown = shown.filter(({ id }) => id >= events[0]?.id)
  }
  if (!isAtTop) anchor += passing.length
  const again = selected && fresh.find(({ id }) => id === selected.id)
  if (again !== undefined) select(passes(again) ? again : undefined)
}

/** How many rows the next drawing puts above those that are looked at. */
let anchor = 0

/** Begins anew, with a server that counts from 1. */
export const restart = () => {
  forget(Number.POSITIVE_INFINITY)
  newestId = 0
  clearedId = 0
  isRestated = false
  restatedUpTo = 0
}

export const forget = (upTo) => {
  clearedId = upTo
  newestId = Math.max(newestId, upTo)
  events = events.filter(({ id }) => id > upTo)
  waiting = waiting.filter(({ id }) => id > upTo)
  shown = events.filter(passes)
  if (selected !== undefined && selected.id <= upTo) select(undefined)
  schedule()
}

export const togglePause = () => {
  isPaused = !isPaused
  find("#pause").setAttribute("aria-pressed", String(isPaused))
  find("#pause").textContent = isPaused ? "Resume" : "Pause"
  if (!isPaused) {
    add(waiting)
    waiting = []
  }
  schedule()
}

// Drawing

let isScheduled = false
export const schedule = () => {
  if (isScheduled) return
  isScheduled = true
  requestAnimationFrame(() => {
    isScheduled = false
    draw()
  })
}

/** The rows that are on the page, by event. */
let drawn = new Map()

const at = (index) => shown[shown.length - 1 - index]

const draw = () => {
  const height = rowHeight()
  const part = shown.length === events.length ? "" : `${numberOf(shown.length)} of `
  const held = waiting.length > 0 ? `, ${numberOf(waiting.length)} waiting` : ""
  find("#count").textContent = part + countOf(events.length, "event") + held + droppedOf(dropped())
  find("#empty").hidden = !isEmpty()
  // Who reads it goes on reading, and is told that it is not to be found again.
  find("#detail").classList.toggle("is-dropped", selected?.id < events[0]?.id)
  find("#unmatched").hidden = shown.length > 0 || events.length === 0
  canvas.style.height = `${shown.length * height}px`
  if (anchor > 0) {
    rows.scrollTop += anchor * height
    anchor = 0
  }
  find("#newest").hidden = rows.scrollTop < height * 3
  const first = Math.max(0, Math.floor(rows.scrollTop / height) - margin)
  const last = Math.min(shown.length, Math.ceil((rows.scrollTop + rows.clientHeight) / height) + margin)
  const next = new Map()
  for (let index = first; index < last; index++) next.set(at(index), drawn.get(at(index)) ?? drawRow(at(index)))
  arrange(canvas, [...next.values()])
  let index = first
  for (const [event, row] of next) {
    row.style.top = `${index * height}px`
    row.setAttribute("aria-selected", String(event === selected))
    row.setAttribute("aria-posinset", String(index + 1))
    row.setAttribute("aria-setsize", String(shown.length))
    index++
  }
  drawn = next
  if (next.has(selected)) rows.setAttribute("aria-activedescendant", `event-${selected.id}`)
  else rows.removeAttribute("aria-activedescendant")
}

const drawRow = (event) => {
  const why = whyOf(event)
  const ownTime = ownTimeOf(event)
  const own = ownTime === undefined ? "" : `of ${momentOf(ownTime)}`
  return make(
    "div",
    { class: `row is-${event.verdict}`, role: "option", id: `event-${event.id}`, onclick: () => select(event) },
    make(
      "span",
      { class: "time", title: `received ${dateAndTimeOf(event.receivedAt)}` },
      timeOf(event.receivedAt),
      make("span", { class: "fraction" }, `.${String(event.receivedAt % 1000).padStart(3, "0")}`)
    ),
    make("span", { class: "type" }, typeOf(event)),
    make(
      "span",
      { class: "what", title: [nameOf(event), own, why].filter(Boolean).join("\n") },
      make("span", { class: "name" }, nameOf(event)),
      own === "" ? "" : make("span", { class: "own-time" }, own),
      why === "" ? "" : make("span", { class: "why" }, why)
    ),
    make("span", { class: "who" }, personOf(event)),
    make("span", { class: "size" }, bytesOf(event.bytes)),
    make("span", { class: `mark ${event.plan?.verdict ?? ""}` }, event.plan?.verdict ?? ""),
    make("span", { class: `verdict ${event.verdict}` }, event.verdict)
  )
}

// Selection

export const onSelected = (listener) => {
  onSelect = listener
}

export const select = (event) => {
  if (event === selected) return
  selected = event
  onSelect(event)
  schedule()
}

/** Selects an event of another view, even where the filters hide it. */
export const reveal = (event) => {
  if (!shown.includes(event)) resetFilters()
  select(event)
  scrollTo(shown.length - 1 - shown.indexOf(event))
}

/** Moves the selection by so many rows; where there is none, to the newest. */
export const move = (by) => {
  if (shown.length === 0) return
  const place = selected === undefined ? -1 : shown.indexOf(selected)
  const from = place < 0 ? -1 : shown.length - 1 - place
  const index = from < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, from + by))
  select(at(index))
  scrollTo(index)
}

export const pageOfRows = () => Math.max(1, Math.floor(rows.clientHeight / rowHeight()) - 1)

const scrollTo = (index) => {
  const height = rowHeight()
  // The rows may not be drawn yet, and then there is nothing to scroll to.
  canvas.style.height = `${shown.length * height}px`
  const top = index * height
  if (top < rows.scrollTop) rows.scrollTop = top
  if (top + height > rows.scrollTop + rows.clientHeight) rows.scrollTop = top + height - rows.clientHeight
}

rows.addEventListener("scroll", schedule, { passive: true })
phone.addEventListener("change", schedule)
new ResizeObserver(schedule).observe(rows)
find("#newest").addEventListener("click", () => {
  rows.scrollTop = 0
})
