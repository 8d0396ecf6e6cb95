import { type JsonSize, sizeOf } from "../protocol/JsonSize.ts"

/** What a value takes in memory beside the bytes of its JSON, about: an empty object takes 56. */
const valueWeight = 48

/** About the bytes that something takes in memory, and no less than it has as JSON. */
export const weightOf = ({ bytes, values }: JsonSize): number => bytes + valueWeight * values

export const weigh = (json: unknown): number => weightOf(sizeOf(json))

/** What a text takes that is the key of maps. */
export const keyWeight = (key: string): number => weigh(key) + 100

/** What a person, an object or an event takes of which nothing is known. */
export const emptyWeight = 1000
