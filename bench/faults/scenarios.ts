import { setTimeout } from "node:timers/promises"
import type { Settings } from "../contenders/Contender.ts"
import {
  always,
  awayInTurnFor,
  chokingOn,
  healthy,
  rateLimiting,
  resettingFor,
  sevenOfTenFailFor,
  silent,
  unavailableFor
} from "../server/Behaviour.ts"
import { events } from "./events.ts"
import { growHeap } from "./growHeap.ts"
import { heldBack, waits } from "./rateLimit.ts"
import type { Scenario, Seen } from "./Scenario.ts"
import { troubleFor } from "./steady.ts"
import { timed, trackThenClose } from "./steps.ts"

/** The deadline of the rows that set one. */
const deadlineMs = 5000

/** This library's default. */
const defaultDeadlineMs = 20_000

/** A timer by itself is 20 ms late on a shared machine, and what is left then takes as long again. */
const toleranceMs = 200

const latencyMs = 400

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s`

const tookAndTold = ({ tookMs, told }: Seen): string => `${seconds(tookMs)} / ${told}`

const isWithin = (value: number, expected: number, tolerance: number): boolean =>
  Math.abs(value - expected) <= tolerance

const largestRequest = ({ server }: Seen): number => Math.max(0, ...server.requests.map(({ bytes }) => bytes))

const keepingEvents = (settings: Partial<Settings>, limitMb: number): Omit<Scenario, "title" | "requirement"> => ({
  isAlone: true,
  settings,
  server: () => silent,
  client: growHeap(100_000, deadlineMs),
  cell: ({ heapGrowthMb, told }) => `${Math.round(heapGrowthMb ?? 0)} MB / ${told}`,
  isMet: ({ heapGrowthMb = Number.POSITIVE_INFINITY, told }) => heapGrowthMb <= limitMb && told === 100_000
})

export const scenarios = {
  burst: {
    title: "burst of 5,000, then close: stored / sockets",
    requirement: "5000 / ≤ 8",
    isAlone: true,
    server: () => healthy(),
    client: trackThenClose(5000),
    cell: ({ stored, server, hasRejected }) => `${stored} / ${server.sockets}${hasRejected ? ", close rejects" : ""}`,
    isMet: ({ stored, server }) => stored === 5000 && server.sockets <= 8
  },
  outage: {
    title: "503 for 8 s, 200 events, close at 2 s: stored (close took)",
    requirement: "200, ≤ outage end + 1 s",
    server: () => unavailableFor(8000),
    client: trackThenClose(200, { closeAfterMs: 2000 }),
    cell: ({ stored, tookMs }) => `${stored} (${seconds(tookMs)})`,
    isMet: ({ stored, settledAt, server }) => stored === 200 && settledAt - server.startedAt <= 9000
  },
  reset: {
    title: "connection reset for 3 s, 40 events, then close: stored (close took)",
    requirement: "40",
    server: () => resettingFor(3000),
    client: trackThenClose(40),
    cell: ({ stored, tookMs }) => `${stored} (${seconds(tookMs)})`,
    isMet: ({ stored }) => stored === 40
  },
  down: {
    title: "503 for ever, 200 events: close takes / told",
    requirement: "20 s ± 0.2 s (its default) / 200",
    server: () => always(503),
    client: trackThenClose(200),
    cell: tookAndTold,
    isMet: ({ tookMs, told }) => isWithin(tookMs, defaultDeadlineMs, toleranceMs) && told === 200
  },
  downDeadline: {
    title: "the same, closing may take 5 s where that can be set",
    requirement: "5 s ± 0.2 s / 200",
    settings: { closeTimeoutMs: deadlineMs },
    server: () => always(503),
    client: trackThenClose(200),
    cell: tookAndTold,
    isMet: ({ tookMs, told }) => isWithin(tookMs, deadlineMs, toleranceMs) && told === 200
  },
  silent: {
    title: "server never answers, 40 events: close takes / told",
    requirement: "20 s ± 0.2 s (its default) / 40",
    server: () => silent,
    client: trackThenClose(40),
    cell: tookAndTold,
    isMet: ({ tookMs, told }) => isWithin(tookMs, defaultDeadlineMs, toleranceMs) && told === 40
  },
  silentDeadline: {
    title: "the same, closing may take 5 s where that can be set",
    requirement: "5 s ± 0.2 s / 40",
    settings: { closeTimeoutMs: deadlineMs },
    server: () => silent,
    client: trackThenClose(40),
    cell: tookAndTold,
    isMet: ({ tookMs, told }) => isWithin(tookMs, deadlineMs, toleranceMs) && told === 40
  },
  away: {
    title:
      "two minutes away (503), 5 events a second for three minutes: stored of 900 / told / requests meanwhile / all stored after",
    ...troubleFor(120_000, 5, 100, () => unavailableFor(120_000))
  },
  awayInTurn: {
    title: "the same, but 503, refused connections and resets take turns of 10 s",
    ...troubleFor(120_000, 5, 100, () => awayInTurnFor(120_000, 10_000))
  },
  brownOut: {
    title: "7 of 10 requests fail for a minute (503 or 500), 10 events a second for two minutes: stored of 1,200 / …",
    ...troubleFor(60_000, 10, 200, () => sevenOfTenFailFor(60_000))
  },
  poison: {
    title:
      "20 events, one of which makes the server answer 500, then close: stored of the other 19 / told (close took)",
    requirement: "19 / 1, ≤ 20.2 s (its default)",
    server: () => chokingOn(13),
    client: trackThenClose(20),
    cell: ({ stored, told, tookMs }) => `${stored} / ${told} (${seconds(tookMs)})`,
    isMet: ({ stored, told, tookMs }) => stored === 19 && told === 1 && tookMs <= defaultDeadlineMs + toleranceMs
  },
  rateLimit: {
    title: "429 with `Retry-After: 3`, twice: waits; a batch tracked meanwhile",
    requirement: "≥ 3.0, ≥ 3.0; held back",
    server: () => rateLimiting(3, 2),
    client: async (contender) => {
      for (const event of events(20)) contender.track(event)
      await setTimeout(1000)
      for (const event of events(40).slice(20)) contender.track(event)
      // Closing is another matter: it may hurry.
      await setTimeout(9000)
      return { ...(await timed(contender, contender.close)), refused: 0 }
    },
    cell: (seen) =>
      `${waits(seen.server, 2).map(seconds).join(", ")}; ${heldBack(seen.server, 3000) ? "held back" : "sent at once"}`,
    isMet: (seen) => {
      const waited = waits(seen.server, 2)
      return (
        waited.length === 2 && waited.every((ms) => ms >= 3000) && heldBack(seen.server, 3000) && seen.stored === 40
      )
    }
  },
  unauthorized: {
    title: "401: requests for 20 events / told",
    requirement: "1 / 20",
    server: () => always(401),
    client: trackThenClose(20, { closeAfterMs: 1000 }),
    cell: ({ server, told }) => `${server.requests.length} / ${told}`,
    isMet: ({ server, told }) => server.requests.length === 1 && told === 20
  },
  flush: {
    title: "`flush()` 50 ms after 25 events, server takes 400 ms: stored when it returns (took)",
    requirement: "25, ≤ 2 × latency + 100 ms",
    isFlush: true,
    server: () => healthy(latencyMs),
    client: async (contender) => {
      for (const event of events(25)) contender.track(event)
      await setTimeout(50)
      const figures = await timed(contender, contender.flush ?? contender.close)
      return { ...figures, refused: 0 }
    },
    cell: ({ stored, tookMs }) => `${stored} (${seconds(tookMs)})`,
    isMet: ({ stored, tookMs }) => stored === 25 && tookMs <= 2 * latencyMs + 100
  },
  tail: {
    title: "close 50 ms after 20 events, batches of 15, server takes 400 ms: stored (close took)",
    requirement: "20, ≤ latency + 100 ms",
    settings: { batchSize: 15 },
    server: () => healthy(latencyMs),
    client: trackThenClose(20, { closeAfterMs: 50 }),
    cell: ({ stored, tookMs }) => `${stored} (${seconds(tookMs)})`,
    isMet: ({ stored, tookMs }) => stored === 20 && tookMs <= latencyMs + 100
  },
  tailDeadline: {
    title: "the same, closing may take 2 s where that can be set: stored / told (close took)",
    requirement: "20 / 0, ≤ latency + 100 ms",
    settings: { batchSize: 15, closeTimeoutMs: 2000 },
    server: () => healthy(latencyMs),
    client: trackThenClose(20, { closeAfterMs: 50 }),
    cell: ({ stored, told, tookMs }) => `${stored} / ${told} (${seconds(tookMs)})`,
    isMet: ({ stored, told, tookMs }) => stored === 20 && told === 0 && tookMs <= latencyMs + 100
  },
  tooLarge: {
    title: "an event of 40 KB, where 32 KB is the limit",
    requirement: "refused by the call",
    server: () => healthy(),
    client: trackThenClose(1, { textLength: 40_000 }),
    cell: ({ stored, refused, told }) => {
      if (refused > 0) return "refused by the call"
      if (stored > 0) return "sent"
      return told > 0 ? "told of later" : "lost"
    },
    isMet: ({ refused, server }) => refused === 1 && server.requests.length === 0
  },
  batchBytes: {
    title: "20 events of 30 KB, where a request may have 500 KB: stored, largest request",
    requirement: "20, ≤ 500 KB",
    server: () => healthy(),
    client: trackThenClose(20, { textLength: 30_000 }),
    cell: (seen) => `${seen.stored}, ${Math.round(largestRequest(seen) / 1000)} KB`,
    isMet: (seen) => seen.stored === 20 && largestRequest(seen) <= 500_000
  },
  memory: {
    title: "100,000 events of 330 B, server never answers: heap growth / told of, after 5 s for closing",
    requirement: "≤ 33.5 MB (its bound of bytes) + 16 MB / 100000",
    ...keepingEvents({ closeTimeoutMs: deadlineMs }, 33.5 + 16)
  },
  memoryRoomy: {
    title: "the same, with room for 1,000,000 events where that can be set",
    requirement: "≤ 2 × 33.5 MB / 100000",
    ...keepingEvents({ closeTimeoutMs: deadlineMs, queueCapacity: 1_000_000 }, 2 * 33.5)
  }
} satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof scenarios

export const isScenarioName = (name: string | undefined): name is ScenarioName =>
  name !== undefined && Object.hasOwn(scenarios, name)

export const scenarioNames = Object.keys(scenarios).filter(isScenarioName)
