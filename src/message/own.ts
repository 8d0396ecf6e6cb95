/** What a record itself has at a key, and nothing that it inherits. */
export const own = <A extends object, Key extends keyof A>(record: A, key: Key): A[Key] | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

/** A copy of what a record itself has, which inherits nothing. */
export const ownProperties = <A extends object>(record: A): A => Object.assign(Object.create(null), record)
