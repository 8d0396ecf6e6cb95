// Everything that an event carries is text of strangers: it reaches the page by `textContent` alone.

const find = (selector) => document.querySelector(selector)

/** An element with attributes, and children that are elements or text. */
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value)
    else if (value !== undefined && value !== false) element.setAttribute(name, value)
  }
  element.append(...children.filter((child) => child !== undefined))
  return element
}

const rowHeight = 34
const keep = 10_000

const rows = find("#rows")
const canvas = find("#canvas")
const detail = find("#detail")

/** Oldest first, as they came. */
let events = []
/** Newest first, those that pass the filters. */
let shown = []
let waiting = []
let selected
let isPaused = false
let state = { url: location.origin, people: [], objects: [], requests: [], faults: [] }
let view = "events"

const personOf = ({ message }) => String(message.userId || message.anonymousId || message.traits?.email || "")
const nameOf = ({ message }) =>
  String(message.event || message.name || message.groupId || message.traits?.email || message.previousId || "")

// Events

const termOf = (selector) => find(selector).value.trim().toLowerCase()

const passes = (event) => {
  const type = find("#type").value
  const verdict = find("#verdict").value
  if (type !== "" && event.message.type !== type) return false
  if (verdict !== "" && event.verdict !== verdict) return false
  if (!nameOf(event).toLowerCase().includes(termOf("#name"))) return false
  if (!personOf(event).toLowerCase().includes(termOf("#person"))) return false
  const text = termOf("#search")
  if (text === "") return true
  event.text ??= JSON.stringify([event.message, event.refusal, event.note]).toLowerCase()
  return event.text.includes(text)
}

const applyFilters = () => {
  shown = []
  for (let index = events.length - 1; index >= 0; index--) if (passes(events[index])) shown.push(events[index])
  schedule()
}

const receive = (event) => {
  if (isPaused) {
    waiting.push(event)
    schedule()
    return
  }
  events.push(event)
  if (passes(event)) shown.unshift(event)
  if (events.length > keep + 1000) {
    events = events.slice(-keep)
    applyFilters()
  }
  schedule()
}

// However many events arrive, the page is drawn once a frame.
let isScheduled = false
const schedule = () => {
  if (isScheduled) return
  isScheduled = true
  requestAnimationFrame(() => {
    isScheduled = false
    draw()
  })
}

const draw = () => {
  const filtered = shown.length !== events.length ? `${shown.length} of ${events.length}` : `${events.length}`
  find("#count").textContent = `${filtered} events${waiting.length > 0 ? `, ${waiting.length} wait` : ""}`
  find("#empty").hidden = events.length > 0 || waiting.length > 0
  canvas.style.height = `${shown.length * rowHeight}px`
  const first = Math.max(0, Math.floor(rows.scrollTop / rowHeight) - 5)
  const last = Math.min(shown.length, Math.ceil((rows.scrollTop + rows.clientHeight) / rowHeight) + 5)
  canvas.replaceChildren(...shown.slice(first, last).map((event, index) => drawRow(event, first + index)))
  const active = shown.indexOf(selected)
  if (active >= 0) rows.setAttribute("aria-activedescendant", `event-${selected.id}`)
}

const drawRow = (event, index) => {
  const why = event.refusal
    ? `${event.refusal.path ? `${event.refusal.path}: ` : ""}${event.refusal.reason}`
    : event.note
  const row = make(
    "div",
    {
      class: "row",
      role: "option",
      id: `event-${event.id}`,
      "aria-selected": String(event === selected),
      onclick: () => select(event)
    },
    make(
      "span",
      { class: "time" },
      new Date(event.receivedAt).toLocaleTimeString([], { hour12: false }) +
        `.${String(event.receivedAt % 1000).padStart(3, "0")}`
    ),
    make("span", {}, String(event.message.type ?? "?")),
    make(
      "span",
      { class: "name", title: why ?? nameOf(event) },
      nameOf(event),
      why ? make("span", { class: event.refusal ? "why" : "quiet" }, `  ${why}`) : ""
    ),
    make("span", { class: "who" }, personOf(event)),
    make("span", { class: "size" }, `${event.bytes.toLocaleString()} B`),
    make("span", { class: event.verdict }, event.verdict)
  )
  row.style.top = `${index * rowHeight}px`
  return row
}

const select = (event) => {
  selected = event
  detail.hidden = event === undefined
  schedule()
  if (event === undefined) return
  drawDetail(event)
  refresh().then(() => selected === event && drawDetail(event))
}

const move = (by) => {
  if (shown.length === 0) return
  const index = Math.min(shown.length - 1, Math.max(0, shown.indexOf(selected) + by))
  select(shown[index])
  const top = index * rowHeight
  if (top < rows.scrollTop) rows.scrollTop = top
  if (top + rowHeight > rows.scrollTop + rows.clientHeight) rows.scrollTop = top + rowHeight - rows.clientHeight
}

/** JSON as elements, so that its parts can have colours. */
const drawJson = (value, indent = "") => {
  if (value === null || typeof value === "boolean") return [make("span", { class: "word" }, String(value))]
  if (typeof value === "number") return [make("span", { class: "number" }, String(value))]
  if (typeof value === "string") return [make("span", { class: "string" }, JSON.stringify(value))]
  const isList = Array.isArray(value)
  const [open, close] = isList ? "[]" : "{}"
  const entries = Object.entries(value)
  if (entries.length === 0) return [open + close]
  const inner = `${indent}  `
  const lines = entries.flatMap(([key, item], index) => [
    `\n${inner}`,
    ...(isList ? [] : [make("span", { class: "key" }, JSON.stringify(key)), ": "]),
    ...drawJson(item, inner),
    index < entries.length - 1 ? "," : ""
  ])
  return [open, ...lines, `\n${indent}${close}`]
}

const stampNames = ["receivedAt", "originalTimestamp"]

const withoutStamps = (message) =>
  Object.fromEntries(Object.entries(message).filter(([key]) => !stampNames.includes(key)))

const asCurl = (event) => {
  const body = JSON.stringify({ batch: [withoutStamps(event.message)] }).replaceAll("'", "'\\''")
  return `curl ${state.url}/v1/batch -u dev: -H 'Content-Type: application/json' -H 'X-Strict-Mode: 1' -d '${body}'`
}

const asTypeScript = (event) => {
  const { type, timestamp, context, ...fields } = withoutStamps(event.message)
  const { library, ...ownContext } = context ?? {}
  const input = { ...fields, ...(Object.keys(ownContext).length > 0 && { context: ownContext }) }
  return `yield* Analytics.${type}(${JSON.stringify(input, null, 2).replaceAll(/^(\s*)"([A-Za-z_$][\w$]*)":/gm, "$1$2:")})`
}

const copyButton = (label, text) =>
  make(
    "button",
    {
      type: "button",
      onclick: async ({ currentTarget }) => {
        await navigator.clipboard.writeText(text())
        currentTarget.textContent = "Copied"
        setTimeout(() => {
          currentTarget.textContent = label
        }, 1200)
      }
    },
    label
  )

const facts = (pairs) =>
  make(
    "dl",
    {},
    ...pairs
      .filter(([, value]) => value !== undefined && value !== "")
      .flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))])
  )

const drawDetail = (event) => {
  const request = state.requests.find(({ id }) => id === event.requestId)
  const { message, refusal, note, verdict } = event
  detail.replaceChildren(
    make("h2", {}, `${message.type ?? "?"} ${nameOf(event)}`),
    make(
      "div",
      { class: "actions" },
      copyButton("Copy JSON", () => JSON.stringify(message, null, 2)),
      copyButton("Copy curl", () => asCurl(event)),
      copyButton("Copy TypeScript", () => asTypeScript(event)),
      make("button", { type: "button", class: "plain", onclick: () => select(undefined), title: "Esc" }, "Close")
    ),
    refusal
      ? make("p", { class: "notice" }, `Refused${refusal.path ? ` at ${refusal.path}` : ""}: ${refusal.reason}`)
      : note
        ? make("p", { class: "notice note" }, note)
        : "",
    verdict === "duplicate" ? make("p", { class: "notice note" }, "This messageId had arrived before.") : "",
    make("h3", {}, "Message, as it was stored"),
    make("pre", {}, make("code", {}, ...drawJson(message))),
    make("h3", {}, "Request"),
    request
      ? facts([
          ["answer", request.status ?? `none: ${request.reason ?? ""}`],
          ["path", `${request.method} ${request.path}`],
          ["mode", request.isStrict ? "strict" : "permissive"],
          ["retries", request.retryCount],
          ["messages", request.messages],
          ["bytes", `${request.bytes} (${request.uncompressedBytes} uncompressed)`],
          ["latency", `${request.latency} ms`],
          ["fault", request.fault && JSON.stringify(request.fault)],
          ...Object.entries(request.headers)
        ])
      : make("p", { class: "quiet" }, "It is no longer kept.")
  )
}

// People

const drawPeople = () => {
  const cards = [...state.people].reverse().map((person) => {
    const ids = [...person.userIds, ...person.anonymousIds, ...person.emails]
    const own = events.filter((event) => event.verdict === "accepted" && ids.includes(personOf(event)))
    return make(
      "article",
      { class: "card" },
      make("h2", {}, ids[0] ?? "nobody", person.isSuppressed ? make("span", { class: "refused" }, "  suppressed") : ""),
      facts([
        ["user ids", person.userIds.join(", ")],
        ["anonymous", person.anonymousIds.join(", ")],
        ["emails", person.emails.join(", ")],
        ["devices", Object.keys(person.devices).join(", ")],
        ["groups", Object.keys(person.relationships).map(nameGroup).join(", ")]
      ]),
      make("h3", {}, "Traits"),
      make("pre", {}, make("code", {}, ...drawJson(person.traits))),
      make("h3", {}, "Newest events"),
      make(
        "ol",
        {},
        ...own
          .slice(-8)
          .reverse()
          .map((event) =>
            make(
              "li",
              {},
              make("span", { class: "quiet" }, new Date(event.receivedAt).toLocaleTimeString([], { hour12: false })),
              `${event.message.type} ${nameOf(event)}`
            )
          )
      )
    )
  })
  find("#people").replaceChildren(
    cards.length > 0
      ? make("div", { class: "cards" }, ...cards)
      : make("p", { class: "none" }, "Nobody is known yet: events make people.")
  )
}

const nameGroup = (key) => {
  const group = state.objects.find(({ objectTypeId, objectId }) => `${objectTypeId}:${objectId}` === key)
  return group?.traits.name ? `${group.traits.name} (${key})` : key
}

// Faults

const kinds = {
  "503 twice": { kind: "status", status: 503, times: 2 },
  "503 until it is off": { kind: "status", status: 503 },
  "429, Retry-After 3 s": { kind: "status", status: 429, retryAfter: 3, times: 1 },
  "500 with a date to wait for": { kind: "status", status: 500, retryAfter: 5, asDate: true, times: 1 },
  "400 once": { kind: "status", status: 400, times: 1 },
  "401 until it is off": { kind: "status", status: 401 },
  "a delay of 2 s": { kind: "delay", millis: 2000 },
  "no answer": { kind: "stall", times: 1 },
  "reset before storing": { kind: "resetBefore", times: 1 },
  "reset after storing": { kind: "resetAfter", times: 1 },
  "half an answer": { kind: "truncate", times: 1 },
  "an answer of garbage": { kind: "garbage", times: 1 },
  "a redirect": { kind: "redirect", status: 307, location: "https://example.com/v1/batch", times: 1 }
}

const setFaults = async (faults) => {
  await send("PUT", "/_dev/faults", faults)
  await refresh()
}

const drawFaults = () => {
  const isOn = (fault) =>
    state.faults.some((other) => JSON.stringify({ ...other, times: 0 }) === JSON.stringify({ ...fault, times: 0 }))
  const buttons = Object.entries(kinds).map(([label, fault]) =>
    make(
      "button",
      {
        type: "button",
        "aria-pressed": String(isOn(fault)),
        onclick: () =>
          setFaults(
            isOn(fault)
              ? state.faults.filter(
                  (other) => JSON.stringify({ ...other, times: 0 }) !== JSON.stringify({ ...fault, times: 0 })
                )
              : [...state.faults, fault]
          )
      },
      label
    )
  )
  const plan = state.faults.map((fault) => make("li", {}, JSON.stringify(fault)))
  find("#faults").replaceChildren(
    make(
      "div",
      { class: "faults" },
      make("h2", {}, "What the next requests meet"),
      make(
        "div",
        { class: "grid" },
        ...buttons,
        make("button", { type: "button", onclick: () => setFaults([]) }, "All off")
      ),
      plan.length > 0 ? make("ol", {}, ...plan) : make("p", { class: "quiet" }, "No fault is on."),
      make("h3", {}, "The newest requests, and how the client copes"),
      make(
        "table",
        {},
        make(
          "thead",
          {},
          make(
            "tr",
            {},
            ...["time", "answer", "retry", "messages", "bytes", "latency", "fault"].map((name) => make("th", {}, name))
          )
        ),
        make(
          "tbody",
          {},
          ...[...state.requests]
            .reverse()
            .slice(0, 40)
            .map((request) =>
              make(
                "tr",
                {},
                ...[
                  new Date(request.receivedAt).toLocaleTimeString([], { hour12: false }),
                  request.status ?? "none",
                  request.retryCount || "",
                  request.messages,
                  request.bytes,
                  `${request.latency} ms`,
                  request.fault?.kind ?? ""
                ].map((cell) =>
                  make(
                    "td",
                    { class: cell === request.status ? (cell < 300 ? "accepted" : "refused") : undefined },
                    String(cell)
                  )
                )
              )
            )
        )
      )
    )
  )
}

// The server

const send = (method, path, body) =>
  fetch(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) })

const refresh = async () => {
  try {
    state = await (await fetch("/_dev/state")).json()
  } catch {
    return
  }
  find("#first").textContent =
    `curl ${state.url}/v1/track -u dev: \\\n  -H 'Content-Type: application/json' \\\n  -d '{"userId":"ada","event":"first_event"}'`
  if (view === "people") drawPeople()
  if (view === "faults") drawFaults()
}

const connect = () => {
  const source = new EventSource("/_dev/events")
  const say = (name, words) => {
    find("#connection").dataset.state = name
    find("#connection").textContent = words
  }
  // A server that started anew, or was cleared, tells everything from its beginning.
  source.addEventListener("hello", ({ data }) => {
    say("live", "live")
    if (data === "true") forget()
  })
  source.addEventListener("message", ({ data }) => receive(JSON.parse(data)))
  source.addEventListener("error", () => {
    say("away", "the server is away: trying again")
    if (source.readyState === EventSource.CLOSED) {
      source.close()
      setTimeout(connect, 1000)
    }
  })
}

const forget = () => {
  events = []
  waiting = []
  select(undefined)
  applyFilters()
}

const show = (name) => {
  view = name
  for (const section of document.querySelectorAll(".view")) section.hidden = section.id !== name
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.setAttribute("aria-selected", String(tab.dataset.view === name))
  }
  refresh()
  schedule()
}

const pause = () => {
  isPaused = !isPaused
  find("#pause").setAttribute("aria-pressed", String(isPaused))
  find("#pause").textContent = isPaused ? "Go on" : "Pause"
  if (isPaused) return
  const held = waiting
  waiting = []
  for (const event of held) receive(event)
}

for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => show(tab.dataset.view))
for (const control of ["#search", "#name", "#person", "#type", "#verdict"])
  find(control).addEventListener("input", applyFilters)
find("#filters").addEventListener("submit", (event) => event.preventDefault())
find("#pause").addEventListener("click", pause)
find("#clear").addEventListener("click", async () => {
  await send("POST", "/_dev/clear")
  forget()
})
find("#copy-first").addEventListener("click", () => navigator.clipboard.writeText(find("#first").textContent))
find("#theme").addEventListener("click", () => {
  const isDark =
    getComputedStyle(document.documentElement).colorScheme === "dark" ||
    (document.documentElement.dataset.theme === undefined && matchMedia("(prefers-color-scheme: dark)").matches)
  document.documentElement.dataset.theme = isDark ? "light" : "dark"
})
rows.addEventListener("scroll", schedule)
addEventListener("resize", schedule)
addEventListener("keydown", (event) => {
  const isTyping = ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement?.tagName)
  if (event.key === "Escape") {
    document.activeElement?.blur()
    select(undefined)
  } else if (isTyping || event.ctrlKey || event.metaKey || event.altKey) {
    return
  } else if (event.key === "/") {
    event.preventDefault()
    find("#search").focus()
  } else if (event.key === "p") {
    pause()
  } else if (view === "events" && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault()
    move(event.key === "ArrowDown" ? 1 : -1)
  }
})

connect()
refresh()
setInterval(() => {
  if (view !== "events") refresh()
}, 1000)
