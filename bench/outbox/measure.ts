import { measureBeside } from "../speed/measure.ts"
import type { Arrived } from "../speed/server.ts"
import type { Job, Measurement } from "./job.ts"

/** What a process measured, and what arrived from it. */
export type Measured<Kind extends Job["kind"]> = Measurement<Kind> & { readonly arrived: Arrived }

/** A million messages take their time. */
const limitMs = 1_800_000

/** Does a job in a fresh process beside a fresh server. Rejects where it does not come to an end. */
export const measure = async <Kind extends Job["kind"]>(
  job: Extract<Job, { readonly kind: Kind }>
): Promise<Measured<Kind>> => {
  const measured = await measureBeside<Measurement<Kind>>(new URL("child.ts", import.meta.url), job, "healthy", limitMs)
  if (measured === undefined) throw new Error(`no result of ${JSON.stringify(job)}`)
  return measured
}

/** The same of a job after which all its events must have arrived. */
export const measureAll = async <Kind extends "deliver" | "queueDrain" | "drainSome">(
  events: number,
  job: Extract<Job, { readonly kind: Kind }>
): Promise<Measured<Kind>> => {
  const measured = await measure<Kind>(job)
  const { arrived } = measured
  if (arrived.events < events) throw new Error(`${arrived.events} of ${events} arrived of ${JSON.stringify(job)}`)
  return measured
}
