/**
 * A plan whose file is edited while it is in use.
 */
import { stat } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Plan } from "../plan/model.ts"
import { type LoadedPlan, loadPlan, nameOf, tellLosses } from "./planFile.ts"

/** What is told of it: there is a newer plan, or why there is none, and that as somebody would read it. */
export interface PlanWatcher {
  readonly changed: (plan: Plan) => Effect.Effect<void>
  readonly failed: (problem: string) => Effect.Effect<void>
}

/** Looked at this often: what the system tells of changes is another thing on each, and nothing over a network. */
const pause = "300 millis"

/** Loads the plan anew each time that one of the files changes that it is made of. Standard input does not. */
export const watchPlan = Effect.fnUntraced(function* (file: string, loaded: LoadedPlan, watcher: PlanWatcher) {
  let { files } = loaded
  if (files.length === 0) return yield* Effect.never
  let seen = yield* lookSince(files, loaded.since)
  while (true) {
    yield* Effect.sleep(pause)
    const now = yield* look(files)
    if (now.state === seen) continue
    yield* settle(files, now.state)
    const since = yield* Clock.currentTimeMillis
    const newer = yield* Effect.result(loadPlan(file))
    if (Result.isSuccess(newer)) {
      files = newer.success.files
      yield* tellLosses(`${nameOf(file)} has what a plan cannot hold:`, newer.success.losses)
      yield* watcher.changed(newer.success.plan)
    } else {
      // What it lacks may be a file that is yet to be written.
      const { failure } = newer
      const read = failure._tag === "NoPlan" ? (failure.files ?? []) : []
      files = [...new Set([...files, ...read, dirname(resolve(file))])]
      yield* watcher.failed(`${nameOf(file)} ${failure.reason}`)
    }
    seen = yield* lookSince(files, since)
  }
})

/** A file that is being written changes again. */
const settle = (files: ReadonlyArray<string>, state: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* Effect.sleep("50 millis")
    const later = yield* look(files)
    if (later.state !== state) yield* settle(files, later.state)
  })

/** What was read may have changed before this looks: then it is not what is there. */
const lookSince = Effect.fnUntraced(function* (files: ReadonlyArray<string>, since: number) {
  const { state, changedAt } = yield* look(files)
  const now = yield* Clock.currentTimeMillis
  // Another machine's clock may be ahead.
  return changedAt.some((time) => time >= since && time <= now) ? undefined : state
})

/** What tells files that have changed, and when they last did. */
const look = (files: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(files, (file) => Effect.option(Effect.tryPromise(() => stat(file))), { concurrency: 20 }),
    (found) => {
      const stats = found.map(Option.getOrUndefined)
      return {
        state: stats.map((one) => (one === undefined ? "gone" : `${one.mtimeMs} ${one.size} ${one.ino}`)).join("\n"),
        changedAt: stats.flatMap((one) => (one === undefined ? [] : [one.mtimeMs]))
      }
    }
  )
