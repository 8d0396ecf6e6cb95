import type { Contender, Settings, TrackedEvent } from "./Contender.ts"

/** What Segment's client and Customer.io's, which is a fork of it, have in common. */
interface SegmentLike {
  readonly on: (event: "error", listener: () => void) => unknown
  readonly track: (event: TrackedEvent) => void
  readonly closeAndFlush: (options: { readonly timeout?: number }) => Promise<void>
}

export const segmentLike = (client: SegmentLike, { closeTimeoutMs }: Settings): Contender => {
  let told = 0
  // One for each event that was not delivered.
  client.on("error", () => {
    told++
  })
  return {
    track: (event) => {
      try {
        client.track(event)
      } catch {
        told++
      }
    },
    close: () => client.closeAndFlush(closeTimeoutMs === undefined ? {} : { timeout: closeTimeoutMs }),
    told: () => told
  }
}
