import { printableName } from "../message/printable.ts"

/** Whether a request to the URL stays on this machine: other names for it may be looked up elsewhere. */
const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname)

/** Whether people's data and the key may go there: over TLS, or never leaving the machine. */
export const isPrivate = (url: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url))

/** Whether what goes to the endpoint may go there instead, when the endpoint says so: to itself, or to Customer.io. */
export const isTrusted = (url: URL, endpoint: URL): boolean =>
  url.username === "" &&
  url.password === "" &&
  (url.origin === endpoint.origin || (url.protocol === "https:" && url.hostname.endsWith(".customer.io")))

/** Stands for the endpoint, where a location says only a part of an address. */
const here = "https://endpoint.invalid"

/** Where a redirect points, without what may stand in the rest of it. */
export const redirectTarget = (location: string): string => {
  const url = URL.parse(location, here)
  if (url?.protocol !== "http:" && url?.protocol !== "https:") return "what is no web address"
  return url.origin === here ? "itself" : printableName(url.origin)
}
