// Listens for all tabs: a browser has six connections to a server, and a stream for each tab would take them up.

import { listen } from "./listen.js"

/** As many events as a tab keeps. */
const keep = 10_000

const tabs = new Set()
let state
/** What a tab that comes later is told first. */
let pieces = []

const forget = (newest) => {
  pieces = pieces.filter((piece) => piece.newest > newest)
}

listen((news) => {
  if (news.kind === "events") {
    pieces.push(news)
    forget(news.newest - keep)
  } else if (news.kind === "cleared") {
    forget(news.newest)
  } else {
    state = news.kind
    if (news.isAnew) pieces = []
  }
  for (const tab of tabs) tab.postMessage(news)
})

addEventListener("connect", ({ ports: [tab] }) => {
  tabs.add(tab)
  tab.addEventListener("message", () => tabs.delete(tab))
  tab.start()
  // Nothing is known before the server has said something.
  if (state === undefined) return
  for (const news of [{ kind: "live", isAnew: true }, ...pieces]) tab.postMessage(news)
  if (state === "away") tab.postMessage({ kind: state })
})
