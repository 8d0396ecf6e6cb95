import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import { printError } from "./print.ts"

const openers: { readonly [platform: string]: readonly [command: string, ...args: Array<string>] } = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""]
}

/** Opens an address in the browser of the desktop; where there is none, says so. It may take as long as the browser is open. */
export const openBrowser = (url: string): Effect.Effect<void> =>
  Effect.callback<boolean>((resume) => {
    const [command, ...args] = openers[process.platform] ?? ["xdg-open"]
    const child = spawn(command, [...args, url], { stdio: "ignore", detached: true })
    child.once("error", () => resume(Effect.succeed(false)))
    child.once("spawn", () => child.unref())
    // Where it finds no browser, it says so to a terminal, and otherwise by its exit code alone.
    child.once("exit", (code) => resume(Effect.succeed(code === 0)))
  }).pipe(Effect.flatMap((isOpen) => (isOpen ? Effect.void : printError(`No browser can be opened: visit ${url}`))))
