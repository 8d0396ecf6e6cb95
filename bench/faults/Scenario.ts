import type { Contender, Settings } from "../contenders/Contender.ts"
import type { Behaviour } from "../server/Behaviour.ts"
import type { ServerRecord } from "../server/Server.ts"

/** One row of the table: a server, what is done with a client, what is shown of it, and what this library must reach. */
export interface Scenario {
  readonly title: string
  readonly requirement: string
  readonly settings?: Partial<Settings>
  readonly server: () => Behaviour
  /** Runs in the client's process. */
  readonly client: (contender: Contender) => Promise<Figures>
  /** Needs `flush`, which not every client has. */
  readonly isFlush?: boolean
  /** Measures memory or sockets under load, so nothing else runs beside it. */
  readonly isAlone?: boolean
  /** How long it goes on before closing, where that is minutes: then all clients are looked at together. */
  readonly lastsMs?: number
  readonly cell: (seen: Seen) => string
  readonly isMet: (seen: Seen) => boolean
}

/** What the client's process saw. */
export interface Figures {
  /** Of the call that the scenario is about, `close` or `flush`. */
  readonly tookMs: number
  /** When that call came back, in epoch milliseconds. */
  readonly settledAt: number
  readonly told: number
  /** Told before any call came back to the event loop. */
  readonly refused: number
  readonly hasRejected: boolean
  readonly heapGrowthMb?: number
}

/** Both sides of a run. */
export interface Seen extends Figures {
  readonly server: ServerRecord
  /** Events that the server had stored when the call came back. */
  readonly stored: number
}
