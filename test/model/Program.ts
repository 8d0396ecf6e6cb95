import { Arbitrary, Schema } from "effect"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** What the server does from a step on. A batch with a poison message is refused wherever it would be stored. */
export const Fault = Schema.TaggedUnion({
  None: {},
  Status: {
    status: Schema.Literals([503, 500, 408, 429, 401, 403]),
    retryAfterSeconds: Schema.optional(between(1, 12))
  },
  /** Each second request is answered 503. */
  Flaky: {},
  /** So many of ten requests are answered so, by chance. */
  BrownOut: { failing: between(1, 9), status: Schema.Literals([500, 502, 503]) },
  /** 413 above so many messages. */
  Limited: { messages: between(1, 6) },
  NoConnection: {},
  NoAnswer: {},
  /** 200, and a body that never ends. */
  EndlessBody: {},
  Slow: { seconds: between(1, 15) },
  /** The batch is stored, and the connection breaks before the answer. */
  LostAnswer: {}
})
export type Fault = typeof Fault.Type

export const Step = Schema.TaggedUnion({
  Track: {
    count: between(1, 12),
    padding: between(0, 1500),
    character: Schema.Literals(["x", "é", "漢", "🦊"]),
    /** Which of them is poison; often none. */
    poison: between(0, 30),
    /** Each call in a fiber of its own, or all in one. */
    isConcurrent: Schema.Boolean,
    /** How many fibers are interrupted, right away. */
    interrupted: between(0, 3),
    isAwaited: Schema.Boolean
  },
  Flush: { count: between(1, 3), isInterrupted: Schema.Boolean },
  Settle: {},
  Advance: { millis: between(1, 12_000) },
  SetFault: { fault: Fault },
  Close: {}
})
export type Step = typeof Step.Type

const Options = Schema.Struct({
  flushAt: between(1, 12),
  maxBatchSize: Schema.optional(between(1, 20)),
  maxBatchBytes: Schema.optional(between(700, 20_000)),
  concurrency: Schema.Literals([1, 2, 4, 8]),
  order: Schema.Literals(["none", "person"]),
  /** Whose messages they are, in turn. */
  people: Schema.Literals([1, 3, 40]),
  queueCapacity: between(1, 60),
  queueBytes: Schema.optional(between(600, 40_000)),
  whenFull: Schema.Literals(["fail", "wait", "dropOldest"]),
  /** `undefined` is the default schedule. */
  retries: Schema.optional(between(0, 3)),
  /** How a batch with a poison message is answered. */
  poisonStatus: Schema.Literals([400, 500]),
  requestTimeoutSeconds: between(1, 10),
  /** `undefined` is the default, longer than any program. */
  deliveryTimeoutSeconds: Schema.optional(between(5, 60)),
  /** `undefined` is for ever. */
  flushTimeoutSeconds: Schema.optional(between(0, 30)),
  shutdownTimeoutSeconds: Schema.Literals([0, 1, 5, 20]),
  onUndelivered: Schema.Literals(["absent", "succeeds", "fails", "dies", "throws", "is slow", "never ends"]),
  /** After how many operations the client's own fibers let others run. */
  opsBeforeYield: Schema.Literals([2048, 11, 47])
})
export type ProgramOptions = typeof Options.Type

export interface Program {
  readonly options: ProgramOptions
  readonly steps: ReadonlyArray<Step>
  /** Lets the server recover and waits before it closes; everything must have left by then. */
  readonly isHealed: boolean
  readonly seed: number
}

export const programs: Arbitrary.Arbitrary<Program> = Arbitrary.all({
  options: Arbitrary.schema(Options),
  steps: Arbitrary.array(Arbitrary.schema(Step), { minLength: 1, maxLength: 16 }),
  isHealed: Arbitrary.schema(Schema.Boolean),
  seed: Arbitrary.schema(between(0, 1_000_000))
})
