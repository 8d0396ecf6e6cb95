/**
 * How an outbox is, for people and for programs.
 */
import * as Duration from "effect/Duration"
import type { OutboxReport } from "../outbox/OutboxStore.ts"

/** Whether messages wait, and nobody delivers them. */
export const isUnattended = ({ waiting, relays }: OutboxReport): boolean => waiting.messages > 0 && relays.length === 0

export const describeReport = ({ waiting, oldest, types, dead, relays, size }: OutboxReport): ReadonlyArray<string> => [
  row("waiting", `${count(waiting.messages, "message")} of ${count(waiting.bytes, "byte")}`),
  ...(oldest === undefined ? [] : [row("", `the oldest for ${sayMillis(oldest)}`)]),
  ...Object.entries(types).map(([type, messages]) => row("", `${type} ${sayNumber(messages)}`)),
  row("dead", count(dead, "letter")),
  ...(relays.length === 0 ? [row("relays", "none")] : []),
  ...relays.map(({ relay, lanes, heldFor }, index) =>
    row(index === 0 ? "relays" : "", `${relay} has ${count(lanes, "lane")}, for ${sayMillis(heldFor)}`)
  ),
  row("on disk", count(size, "byte"))
]

const row = (name: string, value: string): string => `${name.padEnd(9)} ${value}`

const sayNumber = (value: number): string => value.toLocaleString("en-US")

export const count = (value: number, one: string): string => `${sayNumber(value)} ${value === 1 ? one : `${one}s`}`

const sayMillis = (millis: number): string =>
  millis < 1000 ? "less than a second" : Duration.format(Duration.seconds(Math.floor(millis / 1000)))
