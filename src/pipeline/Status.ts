/**
 * How a client is.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type { Budget } from "../delivery/budget.ts"
import type { LastFailure, Server } from "../transport/Server.ts"

/**
 * How a client is, for a health endpoint or a page of your own.
 *
 * @category models
 * @since 0.1.0
 */
export interface Status {
  /**
   * `unknown` until the server has answered, `up` after that; `away` when it has answered nothing for 10 seconds since a
   * failure, and three different batches failed or the failures are more than plain 500s, which may be about a message.
   */
  readonly server: "unknown" | "up" | "away"
  /** Since when: the client was made, the server answered first, or the first of the failures. */
  readonly since: DateTime.Utc
  /** The last failure, also where the server is back; `undefined` before there was one. */
  readonly lastFailure: LastFailure | undefined
  /** Accepted messages without an outcome, in a request or not, and the bytes of their JSON. */
  readonly waiting: { readonly messages: number; readonly bytes: number }
  /** Requests under way. */
  readonly inFlight: number
}

export const statusOf = ({ state, lastFailure }: Server, budget: Pick<Budget, "taken">, inFlight: number): Status => ({
  ...state,
  lastFailure,
  waiting: budget.taken(),
  inFlight
})
