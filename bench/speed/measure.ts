import { nextMessage, startProcess } from "../processes.ts"
import type { Job, Measurement } from "./job.ts"
import type { Arrived } from "./server.ts"

/** What a process measured, and what arrived from it. */
export interface Measured extends Measurement {
  readonly arrived: Arrived
}

/** Runs a job in a fresh process against a fresh server; undefined where it does not come to an end. */
export const measure = (job: Job, limitMs = 180_000): Promise<Measured | undefined> =>
  measureBeside<Measurement>(
    new URL("child.ts", import.meta.url),
    job,
    job.kind === "waiting" ? "silent" : "healthy",
    limitMs
  )

/** Runs a file with the endpoint of a fresh server and a job; it sends one message when it has done it. */
export const measureBeside = async <A extends object>(
  file: URL,
  job: object,
  behaviour: "healthy" | "silent",
  limitMs: number,
  nodeOptions: ReadonlyArray<string> = []
): Promise<(A & { readonly arrived: Arrived }) | undefined> => {
  const server = startProcess(new URL("server.ts", import.meta.url), [behaviour])
  try {
    const ready = await nextMessage<string>(server, limitMs)
    if (typeof ready !== "object") return undefined
    const child = startProcess(file, [ready.message, JSON.stringify(job)], nodeOptions)
    try {
      const measured = await nextMessage<A>(child, limitMs)
      if (typeof measured !== "object") return undefined
      server.send("report")
      const arrived = await nextMessage<Arrived>(server, limitMs)
      return typeof arrived === "object" ? { ...measured.message, arrived: arrived.message } : undefined
    } finally {
      child.kill("SIGKILL")
    }
  } finally {
    server.kill("SIGKILL")
  }
}
