import { contenders } from "../contenders/index.ts"
import type { Growth, Point } from "./growth.ts"

interface Panel {
  readonly title: string
  readonly xLabel: string
  readonly growths: ReadonlyArray<Growth>
}

const width = 480
const height = 360
const margin = { left: 64, right: 36, top: 44, bottom: 52 }

/** Told apart by those who see no red or green, on white and on black. */
const colours: Record<string, string> = {
  "ours-node": "#0072b2",
  floor: "#888888",
  segment: "#e69f00",
  customerio: "#d55e00",
  posthog: "#cc79a7",
  rudderstack: "#009e73"
}

/** Two panels side by side, both axes logarithmic: a flat line costs the same however much there is. */
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

const drawPanel = ({ title, xLabel, growths }: Panel): string => {
  const points = growths.flatMap((growth) => growth.points)
  const x = logScale(
    points.map((point) => point.x),
    margin.left,
    width - margin.right
  )
  const y = logScale(
    points.map((point) => point.cpuMicrosPerEvent),
    height - margin.bottom,
    margin.top
  )
  const lines = growths.map(({ contender, points }) => {
    const at = (point: Point): string => `${x.at(point.x).toFixed(1)},${y.at(point.cpuMicrosPerEvent).toFixed(1)}`
    const dots = points.map((point) => `<circle cx="${at(point).replace(",", '" cy="')}" r="3"/>`)
    return `<g fill="${colours[contender]}" stroke="${colours[contender]}"><polyline fill="none" stroke-width="2" points="${points.map(at).join(" ")}"/>${dots.join("")}</g>`
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
<text x="${margin.left}" y="36" fill="#555555">µs of processor time</text>
<text x="${(margin.left + right) / 2}" y="${height - 12}" text-anchor="middle" fill="#555555">${xLabel}</text>
${xTicks.join("")}${yTicks.join("")}
${lines.join("\n")}`
}

const drawLegend = (panels: ReadonlyArray<Panel>): string => {
  const names = [...new Set(panels.flatMap(({ growths }) => growths.map(({ contender }) => contender)))]
  const step = (panels.length * width - margin.left) / names.length
  const entries = names.map((name, index) => {
    const left = margin.left + index * step
    return `<circle cx="${left}" cy="${height + 16}" r="5" fill="${colours[name]}"/><text x="${left + 10}" y="${height + 20}">${contenders[name].title}</text>`
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
