// Everything that an event carries is text of strangers: it reaches the page by `textContent` alone.

export const find = (selector) => document.querySelector(selector)

/** An element with attributes, and children that are elements or text. */
export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) element.setAttribute(name, value)
  }
  element.append(...children.filter((child) => child !== undefined && child !== ""))
  return element
}

/** Makes these the children of an element. One that stays is not moved, so that a click under way is not lost. */
export const arrange = (parent, elements) => {
  const kept = new Set(elements)
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove()
  let place = parent.firstElementChild
  for (const element of elements) {
    if (element === place) place = place.nextElementSibling
    else parent.insertBefore(element, place)
  }
}

/**
 * Makes the children of an element those of the items, and leaves alone the ones that look the same: a list that is drawn
 * again keeps its focus and its selected text.
 */
export const makeKeyed = (parent, keyOf, draw) => {
  let drawn = new Map()
  return (items) => {
    const next = new Map()
    for (const [index, item] of items.entries()) {
      const key = keyOf(item, index)
      const look = JSON.stringify(item)
      const before = drawn.get(key)
      next.set(key, before?.look === look ? before : { look, element: draw(item) })
    }
    arrange(
      parent,
      [...next.values()].map(({ element }) => element)
    )
    drawn = next
  }
}

const span = (kind, text) => make("span", { class: kind }, text)

/** So many lines are drawn: who wants more of it copies it. */
const linesAtMost = 5000

/** JSON as elements, so that its parts can have colours. What is at one of `marked`, such as `traits.tags[0]`, stands out. */
const drawJson = (value, marked, room, path = "", indent = "") => {
  if (value === null || typeof value === "boolean") return [span("word", String(value))]
  if (typeof value === "number") return [span("number", String(value))]
  if (typeof value === "string") return [span("string", JSON.stringify(value))]
  const isList = Array.isArray(value)
  const [open, close] = isList ? "[]" : "{}"
  const all = Object.entries(value)
  if (all.length === 0) return [open + close]
  const entries = all.slice(0, room.lines)
  room.lines -= entries.length
  const inner = `${indent}  `
  const lines = entries.flatMap(([key, item], index) => {
    const here = isList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`
    const parts = [
      ...(isList ? [] : [span("key", JSON.stringify(key)), ": "]),
      ...drawJson(item, marked, room, here, inner)
    ]
    return [
      `\n${inner}`,
      ...(marked.includes(here) ? [make("mark", {}, ...parts)] : parts),
      index < entries.length - 1 ? "," : ""
    ]
  })
  if (entries.length < all.length) lines.push(`\n${inner}…`)
  return [open, ...lines, `\n${indent}${close}`]
}

/** A value, which may be a part of another that it has a path in, with what is at other paths marked. */
export const jsonBlock = (value, marked = [], path = "") => {
  const parts = drawJson(value, marked, { lines: linesAtMost }, path)
  return make(
    "pre",
    {},
    make("code", {}, ...(path !== "" && marked.includes(path) ? [make("mark", {}, ...parts)] : parts))
  )
}

export const facts = (pairs) =>
  make(
    "dl",
    {},
    ...pairs
      .filter(([, value]) => value !== undefined && value !== "")
      .flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, ...[value].flat().map(asNode))])
  )

const asNode = (value) => (value instanceof Node ? value : String(value))

/** The clipboard of the browser, or, where the address is not a secure one, the older way. */
const copy = async (text) => {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text())
  const area = make("textarea", { class: "aside" })
  area.value = text()
  document.body.append(area)
  area.select()
  const isCopied = document.execCommand("copy")
  area.remove()
  if (!isCopied) throw new Error("the browser does not let the page copy")
}

export const copyButton = (label, text) =>
  make(
    "button",
    {
      type: "button",
      onclick: async ({ currentTarget: button }) => {
        button.textContent = await copy(text).then(
          () => "Copied",
          () => "Not copied"
        )
        setTimeout(() => {
          button.textContent = label
        }, 1200)
      }
    },
    label
  )

// Without `h23` midnight is 24:00 in some languages.
const clock = (millis, format) => new Date(millis).toLocaleTimeString([], { ...format, hourCycle: "h23" })

export const timeOf = (millis) => clock(millis)

const dateOf = (millis) => new Date(millis).toLocaleDateString([], { dateStyle: "medium" })

export const dateAndTimeOf = (millis) => `${dateOf(millis)} ${timeOf(millis)}`

/** With the date in the place of seconds, but for today. */
export const momentOf = (millis) => {
  const isToday = dateOf(millis) === dateOf(Date.now())
  return isToday ? timeOf(millis) : `${dateOf(millis)} ${clock(millis, { hour: "2-digit", minute: "2-digit" })}`
}

const whole = new Intl.NumberFormat("en")
const withTenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 })

/** In groups, as in 10,000. */
export const numberOf = (number) => whole.format(number)

export const bytesOf = (bytes) => (bytes < 1000 ? `${bytes} B` : `${withTenths.format(bytes / 1000)} kB`)

/** How many there are of something, in words. */
export const countOf = (number, one, many = `${one}s`) => `${numberOf(number)} ${number === 1 ? one : many}`

/** That older ones made room; nothing where none did. */
export const droppedOf = (number) =>
  number > 0 ? `, ${countOf(number, "older one", "older ones")} no longer kept` : ""
