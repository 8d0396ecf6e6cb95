import { makeOurs } from "./ours.ts"
import type { MakeQueue } from "./Queue.ts"

/** Every queue in Postgres by name. Imported when asked for, so that a process holds one only. */
export const queues = {
  person: { title: "**This library**", load: async () => ({ make: makeOurs("person") }) },
  none: { title: '**This library**, `order: "none"`', load: async () => ({ make: makeOurs("none") }) },
  "pg-boss": { title: "pg-boss", load: () => import("./pgBoss.ts") },
  "graphile-worker": { title: "graphile-worker", load: () => import("./graphileWorker.ts") },
  "persisted-queue": { title: "Effect's PersistedQueue", load: () => import("./persistedQueue.ts") }
} satisfies Record<string, { title: string; load: () => Promise<{ make: MakeQueue }> }>

export type QueueName = keyof typeof queues
