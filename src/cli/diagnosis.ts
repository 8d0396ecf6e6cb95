/**
 * What became of a message, in plain words.
 */
import type { DeliveryError } from "../AnalyticsError.ts"
import { cut } from "../message/printable.ts"
import type { Answer } from "../transport/exchange.ts"
import { redirectTarget } from "../transport/url.ts"

/** How much of an answer is shown. */
const maxShown = 500

/**
 * What is wrong, if anything is. What only the other region can tell is not in it. The answer's text is shown as it came:
 * somebody asks for it on their own machine, and what was sent is nobody's.
 */
export const explain = (failure: DeliveryError | undefined, answer: Answer | undefined): string | undefined => {
  const words = cut(answer?.body.text ?? "", maxShown)
  const isHtml = isPage(answer)
  if (failure === undefined) {
    return isHtml
      ? "A web page answered, not a Data Pipelines server: is the endpoint right, or a proxy in between?"
      : undefined
  }
  switch (failure._tag) {
    case "Unauthorized":
      return isHtml ? explainPage(failure.status) : `The server does not take the API key (${failure.status})`
    case "Rejected":
      return explainRejection(failure.status, words || failure.reason, answer?.header("location"), isHtml)
    case "RetriesExhausted":
      return explainNoAnswer(failure.status, words || failure.reason, isHtml)
    default:
      return failure.message
  }
}

/** No Data Pipelines server answers with a page: something in between does, or the endpoint is another's. */
export const isPage = (answer: Answer | undefined): boolean =>
  answer?.header("content-type")?.includes("text/html") === true

const explainPage = (status: number): string =>
  `A web page answered ${status}: is the endpoint right, or a proxy in between?`

const explainRejection = (status: number, reason: string, location: string | undefined, isHtml: boolean): string => {
  if (status >= 300 && status < 400) {
    return `The server redirects (${status})${location === undefined ? "" : ` to ${redirectTarget(location)}`}: set CUSTOMERIO_ENDPOINT to where it points.`
  }
  if (isHtml) return explainPage(status)
  if (status === 404 || status === 405) return `There is no /v1/batch at the endpoint (${status}): is it right?`
  return `The server refused the message (${status}): ${reason}`
}

const networkProblems: ReadonlyArray<readonly [pattern: RegExp, words: string]> = [
  [/ENOTFOUND|EAI_AGAIN/, "The endpoint's name cannot be looked up: is it right, and is there a network?"],
  [/ECONNREFUSED/, "Nothing listens at the endpoint: is the port right, and is the server running?"],
  [
    /EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|Connect Timeout|AggregateError/,
    "The endpoint cannot be reached: is it right, and is there a network, or a firewall in between?"
  ],
  [/certificate|CERT_/i, "The server's certificate is not trusted: is the endpoint right, or a proxy in between?"],
  [/SSL|TLS|EPROTO/, "There is no TLS at the endpoint: is it http where it should be https, or the other way round?"],
  [/no complete answer/, "The server does not answer in time."],
  [
    /ECONNRESET|socket|other side closed/i,
    "The connection broke off: is it https where it should be http, or a proxy in between?"
  ]
]

const explainNoAnswer = (status: number | undefined, reason: string, isHtml: boolean): string => {
  if (status === 429) return "The server answers that there are too many requests (429). Try again later."
  if (status !== undefined) {
    return isHtml
      ? `A web page answered ${status}: a proxy in between, whose server is away.`
      : `The server is in trouble (${status}). Try again later. It says: ${reason}`
  }
  const known = networkProblems.find(([pattern]) => pattern.test(reason))
  return known === undefined ? `There is no answer: ${reason}` : `${known[1]} (${reason.trim()})`
}

/** Timestamps of a wrong clock put events at the wrong place of a person's history. */
export const explainSkew = (date: string | undefined, now: number): string | undefined => {
  const minutes = Math.round(((date === undefined ? Number.NaN : Date.parse(date)) - now) / 60_000)
  return Math.abs(minutes) >= 2
    ? `This machine's clock is ${Math.abs(minutes)} minutes ${minutes > 0 ? "behind" : "ahead of"} the server's.`
    : undefined
}
