// What the next requests meet, and how the newest ones coped.

import { bytesOf, droppedOf, find, make, makeKeyed, numberOf, timeOf } from "./dom.js"
import { fetchState, sendFaults } from "./server.js"

const number = (name, label, value, limits) => ({ name, label, value, type: "number", ...limits })

/** How many requests are shown. */
const requestsLength = 50

/** Each kind of fault, with what can be set about it. */
const kinds = [
  {
    kind: "status",
    title: "Error answer",
    words: "Answers so, and stores nothing.",
    fields: [
      number("status", "status", 503, { min: 200, max: 599 }),
      number("retryAfter", "Retry-After, s", "", { min: 0, placeholder: "none" }),
      { name: "asDate", label: "as a date", type: "checkbox" }
    ],
    times: 2
  },
  {
    kind: "delay",
    title: "Delay",
    words: "Waits before it handles the request.",
    fields: [number("millis", "ms", 2000, { min: 0 })],
    times: ""
  },
  { kind: "stall", title: "Stall", words: "Never answers, and stores nothing.", fields: [], times: 1 },
  {
    kind: "resetBefore",
    title: "Reset before storing",
    words: "Breaks the connection; nothing is stored.",
    fields: [],
    times: 1
  },
  {
    kind: "resetAfter",
    title: "Reset after storing",
    words: "Stores the events, then breaks the connection.",
    fields: [],
    times: 1
  },
  {
    kind: "truncate",
    title: "Truncated answer",
    words: "Stores the events, sends half of the answer.",
    fields: [],
    times: 1
  },
  {
    kind: "garbage",
    title: "Garbage answer",
    words: "Stores the events, answers 200 with no JSON.",
    fields: [],
    times: 1
  },
  {
    kind: "redirect",
    title: "Redirect",
    words: "Answers so, and stores nothing.",
    fields: [
      { name: "status", label: "status", options: [301, 302, 303, 307, 308], value: 307 },
      { name: "location", label: "to", value: "https://example.com/v1/batch", type: "url" }
    ],
    times: 1
  }
]

export const describeFault = ({ kind, times, ...fault }) => {
  const title = kinds.find((known) => known.kind === kind)?.title ?? kind
  const words = Object.entries(fault)
    .filter(([name]) => name !== "asDate")
    .map(([name, value]) => {
      const written = typeof value === "number" ? numberOf(value) : value
      return name === "retryAfter" ? `Retry-After ${written} s${fault.asDate ? " as a date" : ""}` : written
    })
  return [title, ...words, ...("millis" in fault ? ["ms"] : [])].join(" ")
}

/** The plan that the server has. */
let plan = []
const controls = new Map()

const read = (kind) => {
  const { inputs } = controls.get(kind)
  const fault = { kind }
  for (const [name, input] of inputs) {
    if (input.type === "checkbox") {
      if (input.checked) fault[name] = true
    } else if (input.value !== "") {
      fault[name] = input.type === "number" || input.tagName === "SELECT" ? Number(input.value) : input.value
    }
  }
  return fault
}

/** Shows what a fault is set to, which another tab or the command line may have done; not while someone is typing. */
const write = (kind, fault) => {
  const { inputs } = controls.get(kind)
  if (inputs.some(([, input]) => input === document.activeElement)) return
  for (const [name, input] of inputs) {
    // How often to fail is what was asked for, not what is left of it.
    if (name === "times" && fault.times !== undefined) continue
    if (input.type === "checkbox") input.checked = fault[name] === true
    else input.value = fault[name] ?? ""
  }
}

const setPlan = async (change) => {
  try {
    // Requests may have used some of it up since it was last looked at.
    await sendFaults(change((await fetchState()).faults))
    find("#fault-error").textContent = ""
  } catch (error) {
    find("#fault-error").textContent = `Not set: ${error.message}.`
  }
  await refreshFaults()
}

const toggle = (kind) =>
  setPlan((now) =>
    now.some((fault) => fault.kind === kind) ? now.filter((fault) => fault.kind !== kind) : [...now, read(kind)]
  )

/** A fault that is on takes on what is set about it. */
const update = (kind) => {
  if (!plan.some((fault) => fault.kind === kind)) return
  const fault = read(kind)
  return setPlan((now) => now.map((other) => (other.kind === kind ? fault : other)))
}

const drawField = (kind, { name, label, options, value, ...attributes }) => {
  const input =
    options === undefined
      ? make("input", { ...attributes, value })
      : make(
          "select",
          {},
          ...options.map((option) => make("option", { selected: option === value ? "" : false }, String(option)))
        )
  if (attributes.type === "number") input.setAttribute("step", name === "retryAfter" ? "any" : "1")
  input.addEventListener("change", () => (input.reportValidity() ? update(kind) : undefined))
  const field = make("label", { class: `field field-${name}` }, label, input)
  return { name, input, field }
}

const drawKind = ({ kind, title, words, fields, times }) => {
  const drawn = [...fields, number("times", "times", times, { min: 1, placeholder: "always" })].map((field) =>
    drawField(kind, field)
  )
  const button = make("button", {
    type: "button",
    role: "switch",
    class: "switch",
    "aria-checked": "false",
    "aria-label": title,
    onclick: () => toggle(kind)
  })
  controls.set(kind, { button, inputs: drawn.map(({ name, input }) => [name, input]) })
  return make(
    "div",
    { class: "kind", id: `fault-${kind}` },
    button,
    make("div", { class: "words" }, make("strong", {}, title), make("span", { class: "quiet" }, words)),
    make("div", { class: "fields" }, ...drawn.map(({ field }) => field))
  )
}

find("#kinds").append(...kinds.map(drawKind))
find("#all-off").addEventListener("click", () => setPlan(() => []))

const drawPlan = makeKeyed(
  find("#plan"),
  ({ place }) => place,
  ({ fault, isBlocked }) =>
    make(
      "li",
      { class: isBlocked ? "quiet" : "" },
      describeFault(fault),
      make("span", { class: "quiet" }, fault.times === undefined ? " until it is off" : ` × ${numberOf(fault.times)}`),
      isBlocked ? " (never its turn)" : ""
    )
)

const columns = ["time", "answer", "retry", "events", "size", "latency", "fault", "reason"]

find("#request-head").append(...columns.map((name) => make("th", { scope: "col" }, name)))

const drawRequests = makeKeyed(
  find("#requests"),
  ({ id }) => id,
  (request) => {
    const { status } = request
    return make(
      "tr",
      {},
      make("td", { class: "quiet" }, timeOf(request.receivedAt)),
      make("td", {}, make("span", { class: `verdict ${status < 300 ? "accepted" : "refused"}` }, status ?? "none")),
      make("td", {}, request.retryCount === 0 ? "" : `#${numberOf(request.retryCount)}`),
      make("td", {}, numberOf(request.messages)),
      make("td", {}, bytesOf(request.bytes)),
      make("td", {}, `${numberOf(request.latency)} ms`),
      make("td", {}, request.fault === undefined ? "" : describeFault(request.fault)),
      make("td", { class: "reason" }, request.reason === "a fault" ? "" : (request.reason ?? ""))
    )
  }
)

export const refreshFaults = async () => {
  const { faults, requests, kept, dropped } = await fetchState()
  plan = faults
  for (const [kind, { button }] of controls) {
    const fault = plan.find((one) => one.kind === kind)
    button.setAttribute("aria-checked", String(fault !== undefined))
    if (fault !== undefined) write(kind, fault)
  }
  find("#no-fault").hidden = plan.length > 0
  find("#all-off").hidden = plan.length === 0
  const endless = plan.findIndex(({ times }) => times === undefined)
  drawPlan(plan.map((fault, place) => ({ fault, place, isBlocked: endless >= 0 && place > endless })))
  find("#no-request").hidden = requests.length > 0
  find("#request-table").hidden = requests.length === 0
  const newest = requests.slice(-requestsLength).reverse()
  find("#request-count").textContent =
    kept > newest.length ? `${numberOf(newest.length)} of ${numberOf(kept)}${droppedOf(dropped.requests)}` : ""
  drawRequests(newest)
}
