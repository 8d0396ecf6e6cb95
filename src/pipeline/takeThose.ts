import type { Pending } from "../delivery/ledger.ts"

/** Takes these out of messages, and leaves the others in their order. */
export const takeThose = (messages: Array<Pending>, isTaken: (message: Pending) => boolean): ReadonlyArray<Pending> => {
  const taken = messages.filter(isTaken)
  if (taken.length > 0) messages.splice(0, messages.length, ...messages.filter((message) => !isTaken(message)))
  return taken
}
