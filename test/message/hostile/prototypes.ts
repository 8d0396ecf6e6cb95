const roots = { Object, Array, Function, String, Number, Boolean, Date, Map, Set, Error, Promise, RegExp }

const describe = (value: object): ReadonlyArray<unknown> =>
  Reflect.ownKeys(value).flatMap((key) => [key, ...Object.values(Object.getOwnPropertyDescriptor(value, key) ?? {})])

/** Every property of the language's own prototypes. */
export const describePrototypes = () =>
  Object.fromEntries(
    Object.entries(roots).map(([name, root]) => [name, [...describe(root), ...describe(root.prototype)]])
  )

/** Which of them are not as they were. */
export const changedPrototypes = (before: ReturnType<typeof describePrototypes>): ReadonlyArray<string> => {
  const now = describePrototypes()
  return Object.keys(before).filter((name) => {
    const [then, present] = [before[name]!, now[name]!]
    return then.length !== present.length || then.some((value, index) => !Object.is(value, present[index]))
  })
}
