/** Whether it is an object as literals and `JSON.parse` make them, in whatever realm, and no instance of a class. */
export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || isObjectPrototype(prototype)
}

/** Another realm has one of its own; nothing else that inherits from nothing has its methods. */
const isObjectPrototype = (prototype: unknown): boolean =>
  Object.getPrototypeOf(prototype) === null && Object.hasOwn(Object(prototype), "isPrototypeOf")
