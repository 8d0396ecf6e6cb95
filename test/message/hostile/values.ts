// @effect-diagnostics globalDate:off - dates as a caller makes them
import {
  BigDecimal,
  Cause,
  Chunk,
  Data,
  DateTime,
  Duration,
  Effect,
  Exit,
  HashMap,
  HashSet,
  Layer,
  Option,
  Redacted,
  Result,
  Schema,
  Stream
} from "effect"
import { makeRandom, pick, type Random } from "../../support/random.ts"

/** What JSON, Schemas and objects themselves are not made for, by name. */
export interface Named {
  readonly name: string
  readonly make: (random: Random) => unknown
}

const raise = (error: unknown) => (): never => {
  throw error
}

const traps = [
  "apply",
  "construct",
  "defineProperty",
  "deleteProperty",
  "get",
  "getOwnPropertyDescriptor",
  "getPrototypeOf",
  "has",
  "isExtensible",
  "ownKeys",
  "preventExtensions",
  "set",
  "setPrototypeOf"
] as const satisfies ReadonlyArray<keyof ProxyHandler<object>>

const throwingProxy = (target: object): object => {
  const proxy: object = new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, () => raise(proxy)()])))
  return proxy
}

const revoked = (target: object): object => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

/** A proxy that has its like under its one key, without end. */
const bottomless = (): object =>
  new Proxy(
    {},
    {
      get: (_, key) => (typeof key === "string" && key !== "toJSON" ? bottomless() : undefined),
      ownKeys: () => ["deeper"],
      getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, writable: true, value: 1 })
    }
  )

/** A proxy whose prototype is its like, without end. */
const endlessPrototypes = (): object => new Proxy({ a: 1 }, { getPrototypeOf: endlessPrototypes })

/** A value that is another at each read. */
const changing = (...values: ReadonlyArray<unknown>): object => {
  let reads = 0
  return {
    get changing() {
      return values[Math.min(reads++, values.length - 1)]
    }
  }
}

const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = "bottom"
  for (let level = 0; level < depth; level++) value = wrap(value)
  return value
}

const cyclicObject = () => {
  const value: Record<string, unknown> = { a: 1 }
  value["self"] = { inner: [value] }
  return value
}

const cyclicArray = () => {
  const value: Array<unknown> = [1]
  value.push([value])
  return value
}

const errorWith = (properties: PropertyDescriptorMap) => Object.defineProperties(new Error("secret"), properties)

/** What a getter may throw: not each thrown thing can even be looked at. */
const thrown: ReadonlyArray<unknown> = [
  new Error("secret"),
  undefined,
  null,
  "secret",
  Symbol("secret"),
  throwingProxy({}),
  throwingProxy(new Error("secret")),
  revoked({}),
  errorWith({ name: { get: raise(new Error("secret")) } }),
  errorWith({ name: { value: Symbol("secret") } }),
  errorWith({ name: { value: throwingProxy({}) } }),
  Object.create(null)
]

class Person {
  readonly name = "Cool"
  readonly #secret = 1
  get secret() {
    return this.#secret
  }
}

class Rows extends Array<unknown> {}

class Moment extends Date {
  override toJSON() {
    return "not a date"
  }
}

class Order extends Schema.Class<Order>("Order")({ total: Schema.Unknown }) {
  get double() {
    return raise(new Error("secret"))
  }
}

class Failure extends Schema.TaggedError<Failure>()("Failure", { total: Schema.Unknown }) {}

class Bag {
  [Symbol.iterator]() {
    return [1][Symbol.iterator]()
  }
}

class Itself {
  readonly a = 1
  toJSON() {
    return this
  }
}

const withToJson = (returned: unknown) => ({ a: 1, toJSON: () => returned })

const wide = Array.from({ length: 20_000 }, (_, index) => index)
const wideRecord = Object.fromEntries(wide.slice(0, 5000).map((index) => [`key${index}`, index]))
const megabyte = "漢".repeat(350_000)
const deepArray = nested(10_000, (inner) => [inner])
const deepRecord = nested(10_000, (inner) => ({ inner }))
const deepMixed = nested(3000, (inner) => ({ inner: [inner] }))

const scalars: ReadonlyArray<Named> = Object.entries({
  undefined: undefined,
  null: null,
  true: true,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-0": -0,
  "1e308": 1e308,
  bigint: 10n ** 30n,
  symbol: Symbol("s"),
  "empty text": "",
  text: "u",
  "a lone high surrogate": "a\ud800b",
  "a lone low surrogate": "\udc00",
  "control characters": "\u0000\u001f\u2028\u2029\ufeff",
  __proto__text: "__proto__",
  "40 KB": "é".repeat(20_000),
  "31,900 bytes": "x".repeat(31_900)
}).map(([name, value]) => ({ name, make: () => value }))

const objects: ReadonlyArray<Named> = Object.entries({
  "a function": () => () => 1,
  "a class": () => Person,
  "an async function": () => async () => 1,
  "a Date": () => new Date(0),
  "an invalid Date": () => new Date(Number.NaN),
  "the last Date": () => new Date(8.64e15),
  "a Date with a toJSON": () => Object.assign(new Date(0), { toJSON: () => 10n }),
  "a Date whose toISOString throws": () => Object.assign(new Date(0), { toISOString: raise(throwingProxy({})) }),
  "a Date of a subclass": () => new Moment(0),
  "no Date, but of its prototype": () => Object.create(Date.prototype),
  "a proxy of a Date": () => new Proxy(new Date(0), {}),
  "a DateTime": () => DateTime.makeUnsafe(0),
  "a zoned DateTime": () => DateTime.makeZonedUnsafe(0, { timeZone: "Europe/Berlin" }),
  "a Duration": () => Duration.seconds(1),
  "an endless Duration": () => Duration.infinity,
  "a BigDecimal": () => BigDecimal.fromStringUnsafe("0.10"),
  "an Option": () => Option.some(1),
  "an Option of none": () => Option.none(),
  "an Option of an Option": () => Option.some(Option.some(new Date(0))),
  "an Option of a bigint": () => Option.some(1n),
  "an array of Options": () => [Option.some(1), Option.none(), 2],
  "a forged Option": () => Object.create({ "~effect/Option": true }),
  "an Option in JSON": () => JSON.parse('{"~effect/Option":{}}'),
  "a Result": () => Result.succeed(1),
  "an Exit": () => Exit.fail("secret"),
  "a Cause": () => Cause.fail("secret"),
  "a Chunk": () => Chunk.make(1),
  "a HashMap": () => HashMap.make(["a", 1]),
  "a HashSet": () => HashSet.make(1),
  "a Layer": () => Layer.empty,
  "a Stream": () => Stream.make(1),
  "an instance of Schema.Class": () => new Order({ total: Option.some({ at: new Date(0) }) }),
  "an instance of Schema.Class that JSON cannot carry": () => new Order({ total: 1n }),
  "an instance of Data.Class": () => new (class extends Data.Class<{ readonly a: number }> {})({ a: 1 }),
  "a tagged error": () => new Failure({ total: Option.some(1) }),
  "an iterable of its own class": () => new Bag(),
  "a toJSON of itself": () => new Itself(),
  "an Effect": () => Effect.void,
  "a Redacted": () => Redacted.make("secret"),
  "a Date whose toISOString is none": () => Object.assign(new Date(0), { toISOString: () => ({ a: [1] }) }),
  "endless prototypes": endlessPrototypes,
  "a list with a toJSON": () => Object.assign([1], { toJSON: () => "text" }),
  "an empty list with a toJSON": () => Object.assign([], { toJSON: () => [1] }),
  "a RegExp": () => /x/g,
  "an Error": () => new Error("secret"),
  "a Map": () => new Map([["a", 1]]),
  "a Set": () => new Set([1]),
  "a WeakMap": () => new WeakMap(),
  "a Promise": () => Promise.resolve(1),
  "a Uint8Array": () => new Uint8Array(3),
  "a BigInt64Array": () => new BigInt64Array(2),
  "an ArrayBuffer": () => new ArrayBuffer(4),
  "a URL": () => new URL("https://example.com"),
  "a URLSearchParams": () => new URLSearchParams("a=1"),
  "a boxed string": () => Object("text"),
  "a boxed number": () => Object(Number.NaN),
  "a boxed boolean": () => Object(false),
  "a boxed bigint": () => Object(1n),
  "a boxed symbol": () => Object(Symbol("s")),
  "a null prototype": () => Object.assign(Object.create(null), { a: 1 }),
  "a __proto__ key": () => JSON.parse('{"__proto__":{"polluted":true},"a":{"__proto__":{"polluted":true}}}'),
  "a constructor key": () => ({ constructor: { prototype: { polluted: true } } }),
  "a toString key": () => ({ toString: null, valueOf: 1, hasOwnProperty: raise(new Error("secret")) }),
  "a hostile toPrimitive": () => ({ [Symbol.toPrimitive]: raise(throwingProxy({})) }),
  "a hostile toStringTag": () => Object.defineProperty({}, Symbol.toStringTag, { get: raise(throwingProxy({})) }),
  "a hostile iterator": () => ({ [Symbol.iterator]: raise(throwingProxy({})) }),
  "a symbol key": () => ({ [Symbol("s")]: 1n, a: 1 }),
  "inherited values": () => Object.create({ userId: "inherited", event: "inherited", a: 10n }),
  "an own key that cannot be listed": () => Object.defineProperty({}, "a", { value: 10n, enumerable: false }),
  "a class instance": () => new Person(),
  frozen: () => Object.freeze({ a: Object.freeze([1]) }),
  sealed: () => Object.seal({ a: undefined }),
  arguments: () => ((...args: ReadonlyArray<unknown>) => args)(1, 2),
  "an array of a subclass": () => Rows.from([1, 2]),
  "an array with a property": () => Object.assign([1], { extra: 10n }),
  "a sparse array": () => Object.assign([], { 3: 1 }),
  "a sparse array of the greatest length": () => new Array(2 ** 32 - 1),
  "an array of undefined": () => [undefined],
  "an array of functions": () => [() => 1],
  "a cycle": cyclicObject,
  "a cycle of arrays": cyclicArray,
  "a shared value": () => {
    const shared = { a: 1 }
    return { one: shared, two: [shared, shared] }
  },
  "a proxy": () => new Proxy({ a: 1 }, {}),
  "a proxy that throws": () => throwingProxy({}),
  "a proxy of an array that throws": () => throwingProxy([]),
  "a proxy of a function that throws": () => throwingProxy(() => 1),
  "a revoked proxy": () => revoked({}),
  "a revoked proxy of an array": () => revoked([]),
  "a revoked proxy of a function": () => revoked(() => 1),
  "a proxy that lies about its keys": () => new Proxy(Object.freeze({ a: 1 }), { ownKeys: () => ["b"] }),
  "a bottomless proxy": bottomless,
  "an array proxy that lies about its length": () =>
    new Proxy([1], { get: (target, key) => (key === "length" ? 3000 : Reflect.get(target, key)) }),
  "a value that turns into a bigint": () => changing("a", "a", 10n),
  "a value that turns into a function": () => changing({}, () => 1),
  "a value that turns into NaN": () => changing(1, Number.NaN),
  "a value that turns into a cycle": () => changing(1, cyclicObject()),
  "a value that grows": () => changing("a", "a".repeat(50_000)),
  "a value that throws later": () => {
    let reads = 0
    return Object.defineProperty({}, "late", {
      enumerable: true,
      get: () => (reads++ < 2 ? 1 : raise(throwingProxy({}))())
    })
  },
  "a getter that adds keys": () => {
    const value: Record<string, unknown> = {}
    Object.defineProperty(value, "growing", {
      enumerable: true,
      get: () => Object.assign(value, { [`key${Object.keys(value).length}`]: 10n }) && 1
    })
    return value
  },
  "a toJSON of undefined": () => withToJson(undefined),
  "a toJSON of a bigint": () => withToJson(10n),
  "a toJSON of a function": () => withToJson(() => 1),
  "a toJSON of NaN": () => withToJson(Number.NaN),
  "a toJSON of text": () => withToJson("text"),
  "a toJSON of a toJSON": () => withToJson(withToJson(10n)),
  "a toJSON of an Option": () => withToJson(Option.some(1)),
  "a toJSON of a Redacted": () => withToJson(Redacted.make("secret")),
  "a toJSON of much": () => withToJson("a".repeat(50_000)),
  "a toJSON of a cycle": () => withToJson(cyclicObject()),
  "a toJSON that is none": () => ({ toJSON: "text" })
}).map(([name, make]) => ({ name, make }))

const getters: ReadonlyArray<Named> = thrown.map((error, index) => ({
  name: `a getter that throws (${index})`,
  make: () => Object.defineProperty({}, "thrower", { enumerable: true, get: raise(error) })
}))

const throwingToJson: ReadonlyArray<Named> = thrown.map((error, index) => ({
  name: `a toJSON that throws (${index})`,
  make: () => ({ toJSON: raise(error) })
}))

/** Slow to look at, so they come seldom. */
const large: ReadonlyArray<Named> = Object.entries({
  "a megabyte": megabyte,
  "a wide array": wide,
  "a wide record": wideRecord,
  "10,000 arrays deep": deepArray,
  "10,000 records deep": deepRecord,
  "3,000 of both deep": deepMixed
}).map(([name, value]) => ({ name, make: () => value }))

const kinds = [...scalars, ...objects, ...objects, ...getters, ...throwingToJson]

export const allKinds: ReadonlyArray<Named> = [...scalars, ...objects, ...getters, ...throwingToJson, ...large]

const json = (random: Random, depth: number): unknown => {
  switch (Math.floor(random() * (depth > 0 ? 7 : 5))) {
    case 0:
      return null
    case 1:
      return random() < 0.5
    case 2:
      return (random() - 0.5) * 10 ** Math.floor(random() * 30)
    case 3:
      return pick(random, ["", "text", "漢字", "🦊", "\ud83d", '"\\\n'])
    case 4:
      return Math.floor(random() * 1000)
    case 5:
      return Array.from({ length: Math.floor(random() * 4) }, () => json(random, depth - 1))
    default:
      return Object.fromEntries(
        Array.from({ length: Math.floor(random() * 4) }, () => [
          pick(random, ["a", "b", "email", "__proto__", "toString", "漢", ""]),
          json(random, depth - 1)
        ])
      )
  }
}

/** A value, and the names of what it is made of. */
export const hostile = (random: Random, trail: Array<string>): unknown => {
  const chance = random()
  if (chance < 0.002) return named(random, pick(random, large), trail)
  if (chance < 0.75) return named(random, pick(random, kinds), trail)
  if (chance < 0.85) return json(random, 4)
  if (chance < 0.92) return [hostile(random, trail), hostile(random, trail)]
  return {
    a: hostile(random, trail),
    [pick(random, ["b", "email", "price", "__proto__", "toJSON"])]: hostile(random, trail)
  }
}

const named = (random: Random, { name, make }: Named, trail: Array<string>): unknown => {
  trail.push(name)
  return make(random)
}

export { makeRandom }
