/**
 * When a server ends that nobody tells to: because whoever started it is gone.
 */
import { readFile } from "node:fs/promises"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"

// Looked up at once: whoever is quick may end the parent before all else is loaded.
const parent = process.ppid

/** Waits until standard input ends. That of a terminal does not count: who closes a terminal sends a signal. */
export const stdinEnd = Effect.gen(function* () {
  const { stdin, stdinIsTerminal } = yield* Stdio.Stdio
  return (yield* stdinIsTerminal) ? yield* Effect.never : yield* Effect.ignore(Stream.runDrain(stdin))
})

/**
 * Waits until the shell ends in which npm runs a command, if this is such a command. Told to end, npm tells that shell and no
 * one else, and what the shell waited for would go on for ever, with a port that nobody knows who holds.
 */
export const npmShellEnd = Effect.gen(function* () {
  // npx says the name of the program alone, npm the script of package.json.
  const script = yield* Effect.orElseSucceed(Config.String("npm_lifecycle_script"), () => "")
  if (!isOnlyThis(script)) return yield* Effect.never
  if (yield* isOrphan) return
  yield* Effect.repeat(
    Effect.sync(() => process.ppid),
    { until: (now) => now !== parent, schedule: Schedule.spaced("250 millis") }
  )
})

/** Whether a shell has nothing to do but to wait for this program: another may end while this is meant to go on. */
const isOnlyThis = (script: string): boolean =>
  /^\s*(\w+=\S*\s+)*['"]?([^\s'"]*[/\\])?cdp-analytics['"]?(\s|$)/.test(script) && !/[&;|\n]/.test(script)

/** Whether the shell was gone before this was up, and the system has adopted it. */
const isOrphan = Effect.tryPromise(() => readFile(`/proc/${parent}/cmdline`, "latin1")).pipe(
  Effect.orElseSucceed(() => "unknown"),
  Effect.map(
    // In a container the first process may be the one that runs scripts.
    (line) => (parent === 1 || /^\S*systemd/.test(line)) && !/node|npm|yarn|bun|cdp-analytics/.test(line)
  )
)
