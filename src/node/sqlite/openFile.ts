import { randomUUID } from "node:crypto"
import { closeSync, existsSync, fchmodSync, linkSync, openSync, readSync, rmSync, statSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { faultOf, isCorrupt, Refusal } from "./fault.ts"
import { numberIn, textIn } from "./row.ts"
import { applicationId, schema, version } from "./schema.ts"

export type Sqlite = typeof import("node:sqlite")

/** What `busy_timeout` is by default in Node, said here: who waits for a lock in SQLite stops the event loop. */
const timeout = 0

/**
 * Makes the file when it is absent, and lets nobody see it half made: two processes may do so at the same time, or one be
 * killed meanwhile.
 */
const make = (sqlite: Sqlite, path: string): void => {
  const unfinished = `${path}-new-${randomUUID()}`
  try {
    const file = openSync(unfinished, "wx", 0o600)
    fchmodSync(file, 0o600)
    closeSync(file)
    const database = new sqlite.DatabaseSync(unfinished, { timeout })
    try {
      database.exec(`begin; ${schema}; commit; pragma journal_mode = wal`)
    } finally {
      database.close()
    }
    linkSync(unfinished, path)
  } catch (cause) {
    if (!existsSync(path)) throw cause
  } finally {
    for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(unfinished + suffix, { force: true })
  }
}

interface Identity {
  readonly application: number
  readonly version: number
}

/**
 * SQLite reads it so that it changes nothing, not even beside the file: to open and close a file that SQLite has open by other
 * means takes its locks away.
 */
const readIdentity = (sqlite: Sqlite, path: string): Identity => {
  const database = new sqlite.DatabaseSync(new URL(`${pathToFileURL(path).href}?immutable=1`), { readOnly: true })
  try {
    return {
      application: numberIn(database.prepare("pragma application_id").get(), "application_id"),
      version: numberIn(database.prepare("pragma user_version").get(), "user_version")
    }
  } catch (cause) {
    if (!isCorrupt(faultOf(cause)) || !existsSync(`${path}-wal`)) throw cause
    // It is no whole database while the log is being written to it, and after that was cut off, without the log.
    return readHeader(path)
  } finally {
    database.close()
  }
}

/** https://www.sqlite.org/fileformat.html#the_database_header */
const readHeader = (path: string): Identity => {
  const header = Buffer.alloc(100)
  const file = openSync(path, "r")
  try {
    readSync(file, header)
  } finally {
    closeSync(file)
  }
  return { application: header.readUInt32BE(68), version: header.readUInt32BE(60) }
}

/** Whether it is an outbox, by what stands at its beginning. */
const check = (sqlite: Sqlite, path: string): void => {
  const found = readIdentity(sqlite, path)
  if (found.application !== applicationId) throw new Refusal("Incompatible", "it is a database of something else")
  if (found.version !== version) {
    throw new Refusal(
      "Incompatible",
      `it has version ${found.version}, and this version of the library knows ${version}`
    )
  }
}

/** Opens an outbox. Throws a `Refusal`, or what SQLite throws. */
export const openFile = (sqlite: Sqlite, path: string): DatabaseSync => {
  // In this order: another process may be making both.
  const hasLog = existsSync(`${path}-wal`)
  if (!existsSync(path)) {
    if (hasLog)
      throw new Refusal("Corrupt", "it is not there, but what was written to it last is, in the file with -wal")
    make(sqlite, path)
  }
  const stat = statSync(path)
  if (!stat.isFile()) throw new Refusal("Incompatible", "it is no file")
  if (stat.size === 0) throw new Refusal("Corrupt", "it is empty, which no outbox ever is")
  check(sqlite, path)

  const database = new sqlite.DatabaseSync(path, { timeout })
  try {
    const mode = textIn(database.prepare("pragma journal_mode = wal").get(), "journal_mode")
    if (mode !== "wal") throw new Refusal("Unavailable", `its folder does not allow for a log beside it: ${mode}`)
    // After 1,000 pages the log is written to the database and begun again; longer ones, of large transactions, are cut.
    database.exec(`
      pragma wal_autocheckpoint = 1000;
      pragma journal_size_limit = 16777216;
      pragma fullfsync = on;
      pragma checkpoint_fullfsync = on;
      pragma secure_delete = fast;
      pragma temp_store = memory;
      pragma trusted_schema = off;
    `)
    return database
  } catch (cause) {
    database.close()
    throw cause
  }
}
