import { assert, it } from "@effect/vitest"
import { SqlError } from "effect/sql"
import { makeFail } from "../../../src/outbox/postgres/failure.ts"

const codes = [
  ["EPIPE", "ConnectionError, write EPIPE"],
  ["57P01", "SQLSTATE 57P01, write EPIPE"]
] as const

it.each(codes)("a failure whose cause has the code %s is told as %s", (code, detail) => {
  const cause = Object.assign(new Error("write EPIPE"), { code })
  const error = makeFail("cdp").of(new SqlError.SqlError({ reason: new SqlError.ConnectionError({ cause }) }))
  assert.strictEqual(error.reason, "Unavailable")
  assert.strictEqual(error.detail, detail)
})
