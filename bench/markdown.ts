import type { Spread } from "./speed/statistics.ts"

/** How figures are written in Markdown. */

export const whole = (value: number): string => Math.round(value).toLocaleString("en")

export const between = ({ median, min, max }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`

/** The first column is of words, the rest of numbers. Its cells are as wide as in a formatted document. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(3, ...all.map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`
  const pad = (cells: ReadonlyArray<string>): string =>
    line(widths.map((width, column) => (cells[column] ?? "")[column === 0 ? "padEnd" : "padStart"](width)))
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`))
  return [pad(head), line(rule), ...rows.map(pad)].join("\n")
}
