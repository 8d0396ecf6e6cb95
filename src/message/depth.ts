/**
 * How many objects and arrays may stand in one another in a message, itself counted: more than anybody means, and few enough
 * that no function that calls itself runs out of stack (.NET's JSON reads 64 deep, Rust's 128).
 */
export const maxDepth = 100

export const tooDeep = `more than ${maxDepth} objects or arrays stand in one another`

/** Of what `JSON.parse` made, which contains nothing twice. */
export const isTooDeep = (value: unknown, levels = maxDepth): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1)))
