import * as Data from "effect/Data"
import type { LazyArg } from "effect/Function"
import type { Rejected, Unauthorized } from "../delivery/Outcome.ts"
import type { EncodedMessage } from "../message/encode.ts"

/** What messages are a piece of. */
export interface Place {
  /** The batch, or the one that it is a piece of. */
  readonly root: number
  /** Where in that it begins and where it ends, which reaches from 0 to 1: pieces that do not overlap share no message. */
  readonly first: number
  readonly end: number
}

/** Messages that go out in one request. */
export interface Parcel {
  /** Numbers the batches of one client from 1. */
  readonly batchId: number
  readonly messages: ReadonlyArray<EncodedMessage>
  /** Requests that were made with just these messages. */
  readonly attempts: number
  readonly place: Place
  /** They were accepted before: if they fail now, it is about the server. */
  readonly isWitness: boolean
}

/** The server answered, and takes them not. */
export class Refused extends Data.TaggedError("Refused")<{
  /** It may take a part of them. */
  readonly isAboutContent: boolean
  readonly error: LazyArg<Rejected | Unauthorized>
}> {}

/** No answer that is about the messages: none at all, or that the server cannot at the moment. */
export class Unavailable extends Data.TaggedError("Unavailable")<{
  readonly status: number | undefined
  /** Made where it is told: most failures are only tried again. */
  readonly reason: LazyArg<string>
  /** Requests that were made. */
  readonly attempts: number
  /** There is to be no other attempt. */
  readonly isFinal: boolean
  /** The server said how long everything is to wait. */
  readonly isHeld: boolean
}> {}
