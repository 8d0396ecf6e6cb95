/**
 * Where an outbox is, as it was given: a file, or a database of Postgres.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Failed, failWith } from "./failure.ts"
import { printError } from "./print.ts"

export type OutboxPlace = FilePlace | PostgresPlace

interface FilePlace {
  readonly _tag: "File"
  readonly file: string
}

export interface PostgresPlace {
  readonly _tag: "Postgres"
  readonly url: Redacted.Redacted<string>
  /** The host and the database, which may be shown. */
  readonly server: string
  readonly schema: string
  readonly prepare: boolean
}

export const placeMetavar = "file|postgres://…"

const forms = "the path of a file, or postgres://user@host:5432/database"

/** Reads what a flag or a variable was given. A schema that is given wins over the one of the URL. */
export const readPlace = (source: string, text: string, schema?: string): Effect.Effect<OutboxPlace, Failed> => {
  const refuse = (expected: string) => failWith(2, `${source}: Expected ${expected}`)
  if (!/^postgres(ql)?:/i.test(text)) {
    if (text.trim() === "") return refuse(forms)
    if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return refuse(`${forms}, and no other kind of URL`)
    if (schema !== undefined) return refuse("a database of Postgres with --schema: a file has no schemas")
    return Effect.succeed({ _tag: "File", file: text })
  }
  const url = URL.parse(text)
  const host = url?.host || url?.searchParams.get("host")
  // What is shown of it has no password in it, nor the end of one.
  if (!url || !host || /@/.test(url.pathname + url.search + url.hash)) {
    return refuse(`${forms}, where what is no letter and no digit of user and password is encoded, as %40 for @`)
  }
  const prepare = url.searchParams.get("prepare") ?? "false"
  if (prepare !== "true" && prepare !== "false") return refuse("true or false as prepare of the URL")
  return Effect.succeed({
    _tag: "Postgres",
    url: Redacted.make(text),
    server: `${host}${url.pathname}`,
    schema: schema ?? url.searchParams.get("schema") ?? "cdp",
    prepare: prepare === "true"
  })
}

/** The same of a flag, which others on the machine see while the program runs. */
export const readPlaceOfFlag = Effect.fnUntraced(function* (flag: string, text: string, schema?: string) {
  const place = yield* readPlace(flag, text, schema)
  if (place._tag === "Postgres" && hasPassword(place.url)) {
    yield* printError(`warning: the password in ${flag} stays in the history of your shell, and ps shows it`)
  }
  return place
})

const hasPassword = (url: Redacted.Redacted<string>): boolean => {
  const { password, searchParams } = new URL(Redacted.value(url))
  return password !== "" || searchParams.has("password")
}

/** As it is shown. */
export const sayPlace = (place: OutboxPlace): string =>
  place._tag === "File" ? place.file : `${place.schema} at ${place.server}`
