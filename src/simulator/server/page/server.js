// The server's side of the page.

import { find } from "./dom.js"
import { listen } from "./listen.js"

/** A message is 100 deep at most, and there is a little around it: whatever is deeper is cut off where it comes in. */
const maxDepth = 120

const cutOff = (value, levels = maxDepth) => {
  if (typeof value !== "object" || value === null) return value
  if (levels === 0) return "…"
  for (const [key, inner] of Object.entries(value)) value[key] = cutOff(inner, levels - 1)
  return value
}

const parse = (text) => cutOff(JSON.parse(text))

const ask = async (path) => {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`)
  return parse(await response.text())
}

export const fetchState = () => ask("/_dev/state")

export const fetchRequest = (id) => ask(`/_dev/request?id=${encodeURIComponent(id)}`)

export const fetchPeople = (text) => ask(`/_dev/people?find=${encodeURIComponent(text)}`)

export const fetchPlan = () => ask("/plan.json")

const send = async (method, path, body) => {
  const headers = { "content-type": "application/json" }
  const response = await fetch(path, { method, headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).error ?? `status ${response.status}`)
}

export const sendFaults = (faults) => send("PUT", "/_dev/faults", faults)

export const sendClear = () => send("POST", "/_dev/clear", {})

const say = (state, words) => {
  find("#connection").dataset.state = state
  find("#connection").textContent = words
}

/** Hears of events for as long as the page is open. */
export const connect = (on) => {
  const hear = (news) => {
    switch (news.kind) {
      case "live":
        say("live", "live")
        if (news.isAnew) on.start()
        on.plan(false)
        break
      case "plan":
        on.plan(news.isAgain)
        break
      case "events":
        on.events(parse(news.data))
        break
      case "cleared":
        on.cleared(news.newest)
        break
      case "away":
        say("away", "server away, trying again")
    }
  }
  if (typeof SharedWorker === "undefined") return listen(hear)
  const join = () => {
    const worker = new SharedWorker("/shared.js", { type: "module" })
    // Of a browser that shares no modules.
    worker.addEventListener("error", () => listen(hear), { once: true })
    worker.port.addEventListener("message", ({ data }) => hear(data))
    worker.port.start()
    addEventListener("pagehide", () => worker.port.postMessage("gone"), { once: true })
  }
  join()
  // Back from where a browser keeps pages that were left.
  addEventListener("pageshow", ({ persisted }) => persisted && join())
}
