import { showDetail } from "./detail.js"
import { copyButton, find } from "./dom.js"
import {
  applyFilters,
  forget,
  isEmpty,
  move,
  onSelected,
  pageOfRows,
  receive,
  resetFilters,
  restart,
  restate,
  reveal,
  schedule,
  select,
  setFilters,
  togglePause
} from "./events.js"
import { refreshFaults } from "./faults.js"
import { closePerson, movePerson, onPersonEvent, refreshPeople } from "./people.js"
import { onPlanFilter, refreshPlan } from "./plan.js"
import { connect, fetchState, sendClear } from "./server.js"

// The cookie has the token by now, and a bookmark or a screenshot is not to show it.
if (location.search !== "") history.replaceState(null, "", location.pathname)

const tabs = [...document.querySelectorAll("[role=tab]")]
let view = "events"

// Views

const show = (name) => {
  view = name
  for (const tab of tabs) {
    const isShown = tab.dataset.view === name
    find(`#${tab.dataset.view}`).hidden = !isShown
    tab.setAttribute("aria-selected", String(isShown))
    tab.tabIndex = isShown ? 0 : -1
  }
  schedule()
  refresh()
}

for (const tab of tabs) tab.addEventListener("click", () => show(tab.dataset.view))

find("[role=tablist]").addEventListener("keydown", ({ key }) => {
  const by = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0
  if (by === 0) return
  const shown = tabs.filter(({ hidden }) => !hidden)
  const tab = shown[(shown.findIndex(({ dataset }) => dataset.view === view) + by + shown.length) % shown.length]
  show(tab.dataset.view)
  tab.focus()
})

/** What only the server knows: people, the plan, faults and requests. The state of the connection says when it is away. */
const refresh = () => refreshes[view]().catch(() => {})

/** A request that is refused as a whole brings no event: an empty list must not look as if nothing had come. */
const drawHint = async () => {
  if (!isEmpty()) return
  const refused = (await fetchState()).requests.findLast(({ reason }) => reason !== undefined)
  find("#hint").hidden = refused === undefined
  if (refused === undefined) return
  const answer = refused.status === undefined ? "without an answer" : `with ${refused.status}`
  find("#hint").textContent = `The last request was refused ${answer}: ${refused.reason}.`
}

const refreshes = { events: drawHint, people: refreshPeople, tracking: refreshPlan, faults: refreshFaults }

setInterval(() => document.hidden || refresh(), 1000)

// Events

find("#first").textContent =
  `curl ${location.origin}/v1/track -u dev: \\\n  -H 'Content-Type: application/json' \\\n  -d '{"userId":"ada","event":"first_event"}'`
find("#copy-first").append(copyButton("Copy", () => find("#first").textContent))
find("#environment").textContent = `CUSTOMERIO_ENDPOINT=${location.origin}`

onSelected((event) => showDetail(event, () => select(undefined)))
onPersonEvent((event) => {
  show("events")
  reveal(event)
})
onPlanFilter((filters) => {
  show("events")
  setFilters(filters)
})

for (const id of ["#search", "#name", "#person", "#type", "#verdict", "#planned"])
  find(id).addEventListener("input", applyFilters)
find("#filters").addEventListener("submit", (event) => event.preventDefault())
find("#reset").addEventListener("click", resetFilters)
find("#pause").addEventListener("click", togglePause)
find("#clear").addEventListener("click", () => sendClear().catch(() => {}))
find("#more").addEventListener("click", ({ currentTarget }) => {
  const isOpen = find("#filters").classList.toggle("is-open")
  currentTarget.setAttribute("aria-expanded", String(isOpen))
})
find("#find-person").addEventListener("input", refresh)

/** Another plan, or none: then nothing is to be seen of it. */
const replan = async (isAgain) => {
  if (isAgain) restate()
  await refreshPlan()
  if (!document.body.classList.contains("has-plan") && find("#planned").value !== "") resetFilters()
  if (view === "tracking" && find("#tab-tracking").hidden) show("events")
}

connect({ start: restart, events: receive, cleared: forget, plan: (isAgain) => replan(isAgain).catch(() => {}) })

// Theme

const storage = {
  read: () => {
    try {
      return localStorage.getItem("theme")
    } catch {
      return null
    }
  },
  write: (theme) => {
    try {
      localStorage.setItem("theme", theme)
    } catch {
      // A browser that keeps nothing for the page: the choice lasts as long as the page.
    }
  }
}

const system = matchMedia("(prefers-color-scheme: dark)")
const theme = () => document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")
const nameTheme = () => {
  find("#theme").textContent = theme() === "dark" ? "Light" : "Dark"
}
const stored = storage.read()
if (stored === "light" || stored === "dark") document.documentElement.dataset.theme = stored
nameTheme()
system.addEventListener("change", nameTheme)
find("#theme").addEventListener("click", () => {
  const next = theme() === "dark" ? "light" : "dark"
  document.documentElement.dataset.theme = next
  storage.write(next)
  nameTheme()
})

// Keys

const steps = () => ({
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: pageOfRows(),
  PageUp: -pageOfRows(),
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY
})

addEventListener("keydown", (event) => {
  const focused = document.activeElement
  const isTyping = ["INPUT", "SELECT", "TEXTAREA"].includes(focused?.tagName)
  if (event.key === "Escape") {
    if (isTyping) focused.blur()
    else if (view === "people") closePerson()
    else select(undefined)
  } else if (isTyping || event.ctrlKey || event.metaKey || event.altKey) {
    return
  } else if (event.key === "/" && (view === "events" || view === "people")) {
    event.preventDefault()
    find(view === "people" ? "#find-person" : "#search").focus()
  } else if (event.key === "p" && view === "events") {
    togglePause()
  } else if (Object.hasOwn(steps(), event.key) && (view === "events" || view === "people")) {
    // There the keys scroll.
    if (find("#detail").contains(focused) || find("#person-detail").contains(focused)) return
    event.preventDefault()
    const by = steps()[event.key]
    if (view === "people") movePerson(by)
    else move(by)
  }
})
