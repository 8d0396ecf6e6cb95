/** Whether a request to the URL stays on this machine. */
const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname) || /^(.+\.)?localhost\.?$/.test(hostname)

/** Whether people's data and the key may go there: over TLS, or never leaving the machine. */
export const isPrivate = (url: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url))

/** Whether the key may go there, when the endpoint redirects to it. */
export const isTrusted = (url: URL, endpoint: URL): boolean =>
  url.origin === endpoint.origin || (url.protocol === "https:" && url.hostname.endsWith(".customer.io"))
