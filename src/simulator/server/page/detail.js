// One event: its message, the context it was stored with, and the request that it came in.

import { bytesOf, copyButton, dateAndTimeOf, facts, find, jsonBlock, make, numberOf } from "./dom.js"
import { asCurl, asJson, asSent, asTypeScript, nameOf, timeSaid, typeOf } from "./event.js"
import { describeFault } from "./faults.js"
import { fetchRequest } from "./server.js"

const detail = find("#detail")
let current

export const showDetail = (event, close) => {
  current = event
  detail.hidden = event === undefined
  detail.replaceChildren()
  if (event === undefined) return
  const request = make("div", {}, make("p", { class: "quiet" }, "…"))
  draw(event, request, close)
  detail.scrollTop = 0
  fetchRequest(event.requestId).then(
    (found) => current === event && request.replaceChildren(drawRequest(found)),
    () => current === event && request.replaceChildren(make("p", { class: "quiet" }, "The server is away."))
  )
}

const draw = (event, request, close) => {
  const { refusal, note, effect, verdict, plan } = event
  const marked = [refusal?.path, plan?.path].filter(Boolean)
  const { context, ...own } = asSent(event)
  const source = asTypeScript(event)
  detail.replaceChildren(
    make(
      "div",
      { class: "title" },
      make("h2", {}, make("span", { class: "type" }, typeOf(event)), ` ${nameOf(event)}`),
      make(
        "button",
        { type: "button", class: "plain", "aria-label": "Close", title: "Close (Esc)", onclick: close },
        "✕"
      )
    ),
    make(
      "div",
      { class: "actions" },
      copyButton("Copy JSON", () => asJson(event)),
      copyButton("Copy curl", () => asCurl(event, location.origin)),
      source === undefined ? "" : copyButton("Copy TypeScript", () => source)
    ),
    refusal === undefined
      ? ""
      : make(
          "p",
          { class: "notice" },
          make("strong", {}, "Refused"),
          ...(refusal.path ? [" at ", make("code", {}, refusal.path)] : []),
          `: ${refusal.reason}`
        ),
    plan === undefined || plan.verdict === "planned"
      ? ""
      : make(
          "p",
          { class: plan.verdict === "violating" ? "notice" : "notice note" },
          make("strong", {}, plan.verdict === "violating" ? "Not as planned" : "Not planned"),
          ...(plan.path ? [" at ", make("code", {}, plan.path)] : []),
          `: ${plan.reason}`
        ),
    note === undefined ? "" : make("p", { class: "notice note" }, note),
    effect === undefined ? "" : make("p", { class: "notice effect" }, effect),
    verdict === "duplicate"
      ? make("p", { class: "notice note" }, make("strong", {}, "Duplicate"), ": its messageId had arrived before.")
      : "",
    make("p", { class: "notice note dropped" }, "It made room for newer ones, and is in the list no longer."),
    times(event),
    make("h3", {}, "Message"),
    jsonBlock(own, marked),
    make("h3", {}, "Context, as merged"),
    context === undefined || context === null
      ? make("p", { class: "quiet" }, "It has none, and neither had its batch.")
      : jsonBlock(context, marked, "context"),
    make("h3", {}, "Request"),
    request
  )
}

/** When it came, and when it happened. */
const times = (event) => {
  const { originalTimestamp } = event.message
  const time = timeSaid(event)
  // Any text may stand there, and any JSON; the message below has the whole of it.
  const said = Number.isNaN(time) ? JSON.stringify(originalTimestamp).slice(0, 100) : dateAndTimeOf(time)
  const none = event.verdict === "refused" ? undefined : "none was sent, so that of its arrival"
  return facts([
    ["received", dateAndTimeOf(event.receivedAt)],
    ["its own time", originalTimestamp === null ? none : said]
  ])
}

const drawRequest = (request) => {
  if (request === null) return make("p", { class: "quiet" }, "The request is no longer kept.")
  const { status, reason, fault } = request
  const isCompressed = request.bytes !== request.uncompressedBytes
  return make(
    "div",
    {},
    facts([
      ["answer", make("span", { class: status < 300 ? "accepted" : "refused" }, status ?? "none")],
      ["reason", reason],
      ["route", `${request.method} ${request.path}`],
      ["mode", request.isStrict ? "strict" : "permissive"],
      ["retry", request.retryCount === 0 ? "no, the first try" : `number ${numberOf(request.retryCount)}`],
      ["messages", numberOf(request.messages)],
      ["size", bytesOf(request.bytes) + (isCompressed ? `, ${bytesOf(request.uncompressedBytes)} uncompressed` : "")],
      ["latency", `${numberOf(request.latency)} ms`],
      ["fault", fault && describeFault(fault)]
    ]),
    make("h3", {}, "Headers"),
    facts(Object.entries(request.headers))
  )
}
