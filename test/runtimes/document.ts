/** The table in docs/runtimes.md. */

export interface Row {
  readonly name: string
  /** Of each runtime: whether it is tried there, or why it fails there. */
  readonly cells: ReadonlyArray<boolean | string>
}

const begin = "<!-- What is between these lines is written by npm run test:runtimes. -->"
const end = "<!-- The end of it. -->"

/** The document with this table in it. */
export const withTable = (document: string, runtimes: ReadonlyArray<string>, rows: ReadonlyArray<Row>): string => {
  const [before, rest] = document.split(begin)
  const [, after] = rest?.split(end) ?? []
  if (before === undefined || after === undefined) throw new Error("docs/runtimes.md has no place for the table")

  const notes: Array<string> = []
  const cell = (value: boolean | string): string => {
    if (typeof value === "boolean") return value ? "yes" : "–"
    if (!notes.includes(value)) notes.push(value)
    return `no (${notes.indexOf(value) + 1})`
  }
  const lines = [["", ...runtimes], ...rows.map(({ name, cells }) => [name, ...cells.map(cell)])]
  const widths = ["", ...runtimes].map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  // As Biome lays it out.
  const [head = "", ...others] = lines.map(
    (cells) => `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`
  )
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`
  const table = [head, rule, ...others, "", ...notes.map((note, index) => `${index + 1}. ${note}`)].join("\n").trim()
  return `${before}${begin}\n\n${table}\n\n${end}${after}`
}
