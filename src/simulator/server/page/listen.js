// The server's events as they come, and, when it was away, again from where it was.

/** The newest events that the page keeps: so many, and no more than so many bytes. */
export const keptEvents = 10_000
export const keptLength = 64 * 1024 * 1024

export const listen = (tell) => {
  let last = ""
  const open = () => {
    const source = new EventSource(`/_dev/events?after=${encodeURIComponent(last)}`)
    source.addEventListener("hello", ({ data }) => tell({ kind: "live", isAnew: data === "true" }))
    source.addEventListener("message", ({ data, lastEventId }) => {
      last = lastEventId
      tell({ kind: "events", data, newest: Number(lastEventId.split(":")[1]) })
    })
    source.addEventListener("cleared", ({ data }) => tell({ kind: "cleared", newest: Number(data) }))
    source.addEventListener("plan", ({ data }) => tell({ kind: "plan", isAgain: data === "true" }))
    source.addEventListener("error", () => {
      tell({ kind: "away" })
      // A browser tries again by itself, but not after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 1000)
    })
  }
  open()
}
