import { OutboxError } from "../../pipeline/CallError.ts"

/** Why something was not done. */
export interface Fault {
  readonly words: string
  /** SQLite's primary result code, where it is SQLite that refused. */
  readonly code: number | undefined
  /** Where it is the library that refused. */
  readonly reason: OutboxError["reason"] | undefined
}

/** Thrown where the library refuses. */
export class Refusal extends Error {
  readonly reason: OutboxError["reason"]

  constructor(reason: OutboxError["reason"], words: string) {
    super(words)
    this.reason = reason
  }
}

export const faultOf = (cause: unknown): Fault => {
  const words = cause instanceof Error ? cause.message : String(cause)
  if (cause instanceof Refusal) return { words, code: undefined, reason: cause.reason }
  const isCoded = cause instanceof Error && "errcode" in cause && typeof cause.errcode === "number"
  // The higher bits say more, such as at which of its steps the disk failed.
  return { words, code: isCoded ? Number(cause.errcode) & 0xff : undefined, reason: undefined }
}

const codes = { error: 1, busy: 5, corrupt: 11, tooBig: 18, constraint: 19, mismatch: 20, notADatabase: 26 }

/** Somebody else is writing. */
export const isBusy = (fault: Fault): boolean => fault.code === codes.busy

export const isCorrupt = (fault: Fault): boolean => fault.code === codes.corrupt

/** It is the statement's own: others of its transaction can go on. */
export const isOfStatement = ({ code }: Fault): boolean =>
  code === undefined || code === codes.tooBig || code === codes.constraint || code === codes.mismatch

const reasonOf = ({ code, reason }: Fault): OutboxError["reason"] =>
  reason ?? (code === codes.corrupt || code === codes.notADatabase || code === codes.error ? "Corrupt" : "Unavailable")

export const errorOf = (filename: string, fault: Fault, type = "unknown"): OutboxError =>
  new OutboxError({ type, outbox: filename, reason: reasonOf(fault), detail: fault.words })
