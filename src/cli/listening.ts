import * as Schema from "effect/Schema"

/** Why a server cannot listen, in the words of whoever can mend it. */
export const explainListen = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  const code = "code" in cause ? String(cause.code) : ""
  return problems[code] ?? cause.message
}

const problems: { readonly [code: string]: string } = {
  EADDRINUSE: "it is in use. Try another, or --port 0 for any that is free",
  EACCES: "this user may not. Try a port above 1023",
  EADDRNOTAVAIL: "the host is no address of this machine",
  ENOTFOUND: "the host is no name that is known"
}

export const portSchema = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))
