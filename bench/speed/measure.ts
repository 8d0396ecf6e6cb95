import { nextMessage, startProcess } from "../processes.ts"
import type { Job, Measurement } from "./job.ts"
import type { Arrived } from "./server.ts"

/** What a process measured, and what arrived from it. */
export interface Measured extends Measurement {
  readonly arrived: Arrived
}

/** Runs a job in a fresh process against a fresh server; undefined where it does not come to an end. */
export const measure = async (job: Job, limitMs = 180_000): Promise<Measured | undefined> => {
  const server = startProcess(new URL("server.ts", import.meta.url), [job.kind === "waiting" ? "silent" : "healthy"])
  try {
    const ready = await nextMessage<string>(server, limitMs)
    if (typeof ready !== "object") return undefined
    const child = startProcess(new URL("child.ts", import.meta.url), [ready.message, JSON.stringify(job)])
    try {
      const measured = await nextMessage<Measurement>(child, limitMs)
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
