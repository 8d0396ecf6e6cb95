// The server's side of the page.

import { find } from "./dom.js"

const ask = async (path) => {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`)
  return response.json()
}

export const fetchState = () => ask("/_dev/state")

export const fetchRequest = (id) => ask(`/_dev/request?id=${encodeURIComponent(id)}`)

export const fetchPeople = (text) => ask(`/_dev/people?find=${encodeURIComponent(text)}`)

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

/** Hears of events for as long as the page is open, and again from where it was when the server was away. */
export const connect = (on) => {
  let last = ""
  const open = () => {
    const source = new EventSource(`/_dev/events?after=${encodeURIComponent(last)}`)
    source.addEventListener("hello", ({ data }) => {
      say("live", "live")
      if (data === "true") on.start()
    })
    source.addEventListener("message", ({ data, lastEventId }) => {
      last = lastEventId
      on.events(JSON.parse(data))
    })
    source.addEventListener("cleared", ({ data }) => on.cleared(Number(data)))
    source.addEventListener("error", () => {
      say("away", "server away, trying again")
      // A browser tries again by itself, but not after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 1000)
    })
  }
  open()
}
