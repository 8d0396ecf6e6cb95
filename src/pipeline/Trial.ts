/** What the failures of a message alone, and its witnesses, say of it. */
export class Trial {
  /** With 500. */
  #failures = 0
  /** In a row, with all witnesses accepted. */
  #witnessed = 0
  #isPlain = false

  /** From the third failure on, each is followed by witnesses. A failure that is no 500 says that the server is away. */
  fail(status: number | undefined): void {
    if (status === 500) this.#failures++
    else this.#witnessed = 0
    this.#isPlain = status === 500
  }

  get needsWitness(): boolean {
    return this.#isPlain && this.#failures >= failuresBeforeWitness
  }

  hear(areAccepted: boolean): void {
    this.#witnessed = areAccepted ? this.#witnessed + 1 : 0
  }

  /**
   * `ended` messages before it were found at fault with nothing new accepted since: after three in a row each needs twice as
   * many failures. A server that knows the witnesses by their ids may take nothing else.
   */
  isAtFault(ended: number): boolean {
    return this.#witnessed >= failuresWitnessed * 2 ** Math.max(0, ended - endedInRow)
  }
}

const failuresBeforeWitness = 3

const failuresWitnessed = 10

const endedInRow = 2
