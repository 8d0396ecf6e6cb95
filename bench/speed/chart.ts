/** A line of the same title in several panels has the same colour in each. */
export interface Line {
  readonly title: string
  readonly colour: string
  readonly points: ReadonlyArray<Point>
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Panel {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly lines: ReadonlyArray<Line>
}

const width = 480
const height = 360
const margin = { left: 64, right: 36, top: 44, bottom: 52 }

/** Panels side by side, both axes logarithmic: a flat line costs the same however much there is. */
export const drawChart = (panels: ReadonlyArray<Panel>): string => {
  const parts = panels.map((panel, index) => `<g transform="translate(${index * width} 0)">${drawPanel(panel)}</g>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${panels.length * width} ${height + 40}" font-family="system-ui, sans-serif" font-size="12" role="img">
<title>${panels.map(({ title }) => title).join("; ")}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${parts.join("\n")}
${drawLegend(panels)}
</svg>
`
}

const drawPanel = ({ title, xLabel, yLabel, lines }: Panel): string => {
  const all = lines.flatMap(({ points }) => points)
  const x = logScale(
    all.map((point) => point.x),
    margin.left,
    width - margin.right
  )
  const y = logScale(
    all.map((point) => point.y),
    height - margin.bottom,
    margin.top
  )
  const drawn = lines.map(({ colour, points }) => {
    const at = (point: Point): string => `${x.at(point.x).toFixed(1)},${y.at(point.y).toFixed(1)}`
    const dots = points.map((point) => `<circle cx="${at(point).replace(",", '" cy="')}" r="3"/>`)
    return `<g fill="${colour}" stroke="${colour}"><polyline fill="none" stroke-width="2" points="${points.map(at).join(" ")}"/>${dots.join("")}</g>`
  })
  const bottom = height - margin.bottom
  const right = width - margin.right
  const xTicks = x.ticks.map(
    (tick) =>
      `<text x="${x.at(tick)}" y="${bottom + 18}" text-anchor="middle">${tick.toLocaleString("en")}</text><path stroke="#dddddd" d="M${x.at(tick)} ${bottom}V${margin.top}"/>`
  )
  const yTicks = y.ticks.map(
    (tick) =>
      `<text x="${margin.left - 8}" y="${y.at(tick) + 4}" text-anchor="end">${tick.toLocaleString("en")}</text><path stroke="#dddddd" d="M${margin.left} ${y.at(tick)}H${right}"/>`
  )
  return `<text x="${margin.left}" y="20" font-weight="600">${title}</text>
<text x="${margin.left}" y="36" fill="#555555">${yLabel}</text>
<text x="${(margin.left + right) / 2}" y="${height - 12}" text-anchor="middle" fill="#555555">${xLabel}</text>
${xTicks.join("")}${yTicks.join("")}
${drawn.join("\n")}`
}

const drawLegend = (panels: ReadonlyArray<Panel>): string => {
  const colours = new Map(panels.flatMap(({ lines }) => lines.map(({ title, colour }) => [title, colour] as const)))
  const step = (panels.length * width - margin.left) / colours.size
  const entries = [...colours].map(([title, colour], index) => {
    const left = margin.left + index * step
    return `<circle cx="${left}" cy="${height + 16}" r="5" fill="${colour}"/><text x="${left + 10}" y="${height + 20}">${title}</text>`
  })
  return entries.join("\n")
}

/** Maps values to pixels, between the powers of ten around them. */
const logScale = (values: ReadonlyArray<number>, from: number, to: number) => {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.ceil(Math.log10(Math.max(...values)))
  const decades = Math.max(1, high - low)
  return {
    at: (value: number): number => from + ((Math.log10(value) - low) / decades) * (to - from),
    ticks: Array.from({ length: decades + 1 }, (_, index) => 10 ** (low + index))
  }
}
