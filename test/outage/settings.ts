import { Config } from "effect"

/** FULL=1 plays the long ones, and more of the others. */
export const isFull = Config.Boolean("FULL").pipe(Config.withDefault(false))

export const timeout = 600_000
