// @effect-diagnostics processEnv:off - where Vitest says its mode
/** `npm run test:full` is under way. */
export const isFull = process.env["MODE"] === "full"

/**
 * How often the long tests repeat what they do: `npm test` takes about a minute by the first number, and `npm run test:full`
 * goes by the second one.
 */
const repeat = (few: number, full: number): number => (isFull ? full : few)

export const repetitions = {
  /** Random programs of test/model. */
  programs: repeat(200, 1000),
  /** Lives of a store of test/pipeline/lanes. */
  stores: repeat(100, 10_000),
  /** The same over an outbox, of test/outbox. */
  outboxPrograms: repeat(4, 150),
  /** Refusals that repeat what was sent, of test/privacy. */
  echoes: repeat(1000, 10_000),
  /** Calls with hostile values, of test/message/hostile. */
  hostileCalls: repeat(10_000, 100_000),
  /** Values of properties, of test/plan. */
  planInputs: repeat(5000, 100_000),
  /** Plans that are written as TypeScript there, and compiled. */
  writtenPlans: repeat(2, 100),
  /** Plans by chance, there. */
  plans: repeat(25, 1000),
  /** Requests by chance, of test/hostile, to the simulator. */
  hostileRequests: repeat(500, 20_000),
  /** Programs of test/processes that track once and end. */
  processes: repeat(6, 200),
  /** Runs of the guide's nightly job that are killed at some moment or other. */
  kills: repeat(1, 20),
  /** Calls of each process of test/memory while the server takes nothing: the queue is full after 27,000 at most. */
  callsUntaken: repeat(32_000, 200_000),
  /** Plans of test/cli that are compared with each other. */
  planPairs: repeat(150, 3000),
  /** Services and servers by chance, of test/outage. */
  moods: repeat(2, 200),
  /** Clients of its herd. */
  herd: repeat(25, 500),
  /** Tables that transactions write by chance, of test/outbox/postgres. */
  floors: repeat(40, 3000),
  callsTaken: repeat(15_000, 1_000_000),
  /** How often these look at the heap, which takes them longer than the calls between. */
  heapSamples: repeat(8, 25)
}
