// Listens for all tabs: a browser has six connections to a server, and a stream for each tab would take them up.

import { keptEvents, keptLength, listen } from "./listen.js"

const tabs = new Set()
let state
/** What a tab that comes later is told first. */
let pieces = []
let cleared = 0

const forget = (newest) => {
  pieces = pieces.filter((piece) => piece.newest > newest)
}

const keep = (piece) => {
  pieces.push(piece)
  forget(piece.newest - keptEvents)
  let length = pieces.reduce((sum, { data }) => sum + data.length, 0)
  while (length > keptLength) length -= pieces.shift().data.length
}

listen((news) => {
  if (news.kind === "events") {
    keep(news)
  } else if (news.kind === "plan") {
    if (news.isAgain) pieces = []
  } else if (news.kind === "cleared") {
    cleared = news.newest
    forget(cleared)
  } else {
    state = news.kind
    if (news.isAnew) {
      pieces = []
      cleared = 0
    }
  }
  for (const tab of tabs) tab.postMessage(news)
})

addEventListener("connect", ({ ports: [tab] }) => {
  tabs.add(tab)
  tab.addEventListener("message", () => tabs.delete(tab))
  tab.start()
  // Nothing is known before the server has said something.
  if (state === undefined) return
  for (const news of [{ kind: "live", isAnew: true }, { kind: "cleared", newest: cleared }, ...pieces])
    tab.postMessage(news)
  if (state === "away") tab.postMessage({ kind: state })
})
