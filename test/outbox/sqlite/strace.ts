import { readFileSync } from "node:fs"

/** What a process did to the files of an outbox, and said, in order. */
export type Step =
  | { readonly kind: "write"; readonly file: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "cut"; readonly file: string; readonly size: number }
  | { readonly kind: "sync"; readonly file: string }
  | { readonly kind: "said"; readonly text: string }

export const straceArguments = (output: string): ReadonlyArray<string> => [
  "-f",
  "-y",
  "-xx",
  ...["-s", "100000"],
  ...["-e", "trace=pwrite64,write,fdatasync,fsync,ftruncate"],
  ...["-o", output]
]

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll("\\x", ""), "hex")

const callPattern = /^\d+ +(\w+)\((\d+)<([^>]*)>(?:, "((?:\\x[0-9a-f]{2})*)"(?:, \d+(?:, (\d+))?)?|, (\d+))?\) += \d+/

/** Reads what strace wrote. With `-xx`, it writes also the names of files as hexadecimal digits. */
export const readSteps = (output: string, filename: string): ReadonlyArray<Step> =>
  readFileSync(output, "utf8")
    .split("\n")
    .flatMap((line): ReadonlyArray<Step> => {
      const [, call, descriptor, path = "", text = "", offset = "0", size = "0"] = callPattern.exec(line) ?? []
      const file = path.startsWith("\\x") ? bytesOf(path).toString() : path
      if (call === "write" && descriptor === "1") return [{ kind: "said", text: bytesOf(text).toString() }]
      if (file !== filename && file !== `${filename}-wal`) return []
      if (call === "pwrite64") return [{ kind: "write", file, offset: Number(offset), data: bytesOf(text) }]
      if (call === "ftruncate") return [{ kind: "cut", file, size: Number(size) }]
      return call === "fdatasync" || call === "fsync" ? [{ kind: "sync", file }] : []
    })
