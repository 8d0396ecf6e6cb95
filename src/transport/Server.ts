import type * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type { LazyArg } from "effect/Function"
import { monotonicMillis } from "../time/monotonic.ts"
import type { Place } from "./Attempt.ts"
import { Silence } from "./Silence.ts"

/**
 * Why an attempt failed.
 *
 * @category models
 * @since 0.1.0
 */
export interface LastFailure {
  /** HTTP status; `undefined` when there was no answer. */
  readonly status: number | undefined
  /** The server's words or the network's, as outcomes have them: without the key and without people's data. */
  readonly reason: string
}

/** What is known of the server, from what it answered. */
export class Server {
  readonly silence = new Silence()
  #lastFailure: LazyArg<LastFailure> | undefined
  readonly #clock: Clock.Clock
  /** In epoch milliseconds, as the next ones. */
  readonly #madeAt: number
  #upSince: number | undefined
  #silentSince = 0

  constructor(clock: Clock.Clock) {
    this.#clock = clock
    this.#madeAt = clock.currentTimeMillisUnsafe()
  }

  answer(): void {
    if (this.#upSince === undefined || this.isAway) this.#upSince = this.#clock.currentTimeMillisUnsafe()
    this.silence.end()
  }

  /** `isTelling`: the failure cannot be about what was sent. */
  fail(place: Place, isTelling: boolean, failure: LazyArg<LastFailure>): void {
    if (this.silence.since === undefined) this.#silentSince = this.#clock.currentTimeMillisUnsafe()
    this.silence.fail(monotonicMillis(this.#clock), place, isTelling)
    this.#lastFailure = failure
  }

  refuse(failure: LastFailure): void {
    this.#lastFailure = () => failure
  }

  get lastFailure(): LastFailure | undefined {
    const failure = this.#lastFailure?.()
    // Made of the answer once, however often it is asked for.
    if (failure !== undefined) this.#lastFailure = () => failure
    return failure
  }

  get isAway(): boolean {
    const { awayFrom } = this.silence
    return awayFrom !== undefined && monotonicMillis(this.#clock) >= awayFrom
  }

  /** Milliseconds until it counts as away, if nothing is answered before; 0 or less: it does. */
  get awayIn(): number | undefined {
    const { awayFrom } = this.silence
    return awayFrom === undefined ? undefined : awayFrom - monotonicMillis(this.#clock)
  }

  get state(): { readonly server: "unknown" | "up" | "away"; readonly since: DateTime.Utc } {
    if (this.isAway) return { server: "away", since: DateTime.makeUnsafe(this.#silentSince) }
    return this.#upSince === undefined
      ? { server: "unknown", since: DateTime.makeUnsafe(this.#madeAt) }
      : { server: "up", since: DateTime.makeUnsafe(this.#upSince) }
  }
}
