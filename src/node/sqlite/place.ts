import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import * as Option from "effect/Option"

/** Where a process is, by which another one can tell whether it has ended. */
export interface Place {
  readonly host: string
  /** On Linux, in which pids are counted: containers may share the name of a host. */
  readonly namespace: string
  readonly pid: number
  /** On Linux, when it was started: a pid is given again. */
  readonly started: string
}

const readFile = Option.liftThrowable((path: string) => readFileSync(path, "utf8"))
const readLink = Option.liftThrowable((path: string) => readlinkSync(path))

/** Of /proc/…/stat the 22nd field; the second is a name in brackets, and may have spaces. */
const startOf = (pid: number): string =>
  Option.getOrElse(readFile(`/proc/${pid}/stat`), () => "")
    .replace(/^.*\)/s, "")
    .split(" ")[20] ?? ""

export const here: Place = {
  host: hostname(),
  namespace: Option.getOrElse(readLink("/proc/self/ns/pid"), () => ""),
  pid: process.pid,
  started: startOf(process.pid)
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (cause) {
    // It runs and is somebody else's.
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}

/** The process that was there has ended, as far as can be told from here. */
export const isEnded = ({ host, namespace, pid, started }: Place): boolean => {
  if (host !== here.host || namespace !== here.namespace) return false
  if (!isRunning(pid)) return true
  const start = startOf(pid)
  return start !== "" && start !== started
}

/** It was what this process is: number 1 of a container, say, that was started again. */
export const isPredecessor = ({ host, pid, started }: Place): boolean =>
  host === here.host && pid === here.pid && started !== here.started
