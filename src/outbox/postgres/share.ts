/** A lane, and what is known of who has it. */
export interface Lane {
  readonly lane: number
  readonly holder: "me" | "other" | "nobody"
}

/** What a relay should do with the lanes that it has, or that nobody has. */
export interface Division {
  readonly keep: ReadonlyArray<number>
  readonly giveBack: ReadonlyArray<number>
  readonly take: ReadonlyArray<number>
}

/** Each of the relays has as many lanes as another, or one more; a relay that has too many keeps those that are busy first. */
export const divide = (lanes: ReadonlyArray<Lane>, busy: ReadonlySet<number>, relays: number): Division => {
  const share = Math.ceil(lanes.length / relays)
  const mine = lanes.filter(({ holder }) => holder === "me").map(({ lane }) => lane)
  const idle = mine.filter((lane) => !busy.has(lane))
  const spare = Math.min(idle.length, Math.max(0, mine.length - share))
  const giveBack = idle.slice(idle.length - spare)
  const keep = mine.filter((lane) => !giveBack.includes(lane))
  const free = lanes.filter(({ holder }) => holder === "nobody").map(({ lane }) => lane)
  return { keep, giveBack, take: free.slice(0, Math.max(0, share - keep.length)) }
}
