/** What is told of the server in the log: no more than one line a minute, about how it is when the line may be written. */
export class Told {
  #isAway = false
  #nextLine = Number.NEGATIVE_INFINITY

  /** The line that is to be written now, if one is. */
  look(now: number, isAway: boolean): "away" | "still away" | "back" | undefined {
    if (!(isAway || this.#isAway) || now < this.#nextLine) return undefined
    this.#nextLine = now + lineMillis
    const wasAway = this.#isAway
    this.#isAway = isAway
    return isAway ? (wasAway ? "still away" : "away") : "back"
  }

  /** When there is a line to be written, if it goes on like this. */
  nextAt(isAway: boolean): number | undefined {
    return isAway || this.#isAway ? this.#nextLine : undefined
  }
}

const lineMillis = 60_000
