/**
 * Asks a Prometheus all that docs/grafana asks, while services meet the faults that it is for: each panel shows something,
 * each alert is fired by its own faults and by nothing else, and docs/guides/operating.md names what there is. Needs
 * `apt-get install prometheus`, and takes half a minute.
 *
 *   npm run check:dashboard
 */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Schedule } from "effect"
import { startPrometheus } from "../test/operating/Prometheus.ts"
import { scenarios, startService } from "../test/operating/services.ts"

process.chdir(fileURLToPath(new URL("..", import.meta.url)))

for (const args of [
  ["check", "rules", "docs/grafana/alerts.yml"],
  ["test", "rules", "test/operating/alerts.test.yml"]
]) {
  const { status, error } = spawnSync("promtool", args, { stdio: "inherit" })
  if (status !== 0) throw error ?? new Error(`promtool ${args.join(" ")} failed`)
}

const rules = readFileSync("docs/grafana/alerts.yml", "utf8")
const guide = readFileSync("docs/guides/operating.md", "utf8")
const { panels, templating } = JSON.parse(readFileSync("docs/grafana/dashboard.json", "utf8"))

/** As Grafana does. */
const fillIn = (expr, job) =>
  expr
    .replaceAll("$__rate_interval", "1m")
    .replaceAll("$__range", "1h")
    .replaceAll("$job", job)
    .replaceAll("$instance", ".*")

const expected = Object.entries(scenarios)
  .flatMap(([job, { alerts }]) => alerts.map((alert) => `${job}: ${alert}`))
  .sort()

const checkAlerts = ({ firing }) =>
  Effect.flatMap(firing, (alerts) => {
    const found = alerts
      .map(({ job, alertname, reason = "", of = "" }) => `${job}: ${alertname} ${reason}${of}`.trim())
      .sort()
    const missing = expected.filter((alert) => !found.includes(alert)).map((alert) => `${alert} does not fire`)
    const wrong = found.filter((alert) => !expected.includes(alert)).map((alert) => `${alert} fires`)
    return missing.length + wrong.length === 0 ? Effect.void : Effect.fail([...missing, ...wrong])
  })

/** What the first query of a panel must come to for a job. */
const truths = [
  ["Server", "healthy", (value) => value === 0],
  ["Server", "away", (value) => value === 1],
  ["Oldest waiting message", "away", (millis) => millis > 3_600_000],
  ["Queue taken", "healthy", (share) => share < 0.01],
  ["Queue taken", "heavy", (share) => share > 0.8 && share < 1],
  ["Queue taken", "full", (share) => share === 1],
  ["Lost", "healthy", (count) => count === 0],
  ["Lost", "dropped", (count) => count >= 2],
  ["Refused calls", "healthy", (count) => count === 0],
  ["Refused calls", "full", (count) => count >= 1],
  ["Delivered", "healthy", (count) => count > 10],
  ["Retries", "healthy", (rate) => rate === 0],
  ["Retries", "throttled", (rate) => rate > 0],
  ["Messages in a batch", "healthy", (mean) => mean > 1 && mean <= 20]
]

const checkPanels = Effect.fnUntraced(function* ({ query }) {
  const valuesOf = (expr, job) =>
    Effect.map(query(fillIn(expr, job)), (series) => series.map(({ value: [, value] }) => Number(value)))
  const shows = (expr, job) => Effect.map(valuesOf(expr, job), (values) => values.some(Number.isFinite))
  const faults = []
  for (const [title, job, isTrue] of truths) {
    const { targets } = panels.find((panel) => panel.title === title)
    const [value] = yield* valuesOf(targets[0].expr, job)
    if (!isTrue(value)) faults.push(`${title} is ${value} for ${job}`)
  }
  for (const { title, targets } of panels) {
    const healthy = yield* Effect.forEach(targets, ({ expr }) => shows(expr, "healthy"))
    if (!healthy.includes(true)) faults.push(`${title} is empty where all is well`)
    for (const { expr } of targets) if (!(yield* shows(expr, ".*"))) faults.push(`${title} never shows ${expr}`)
  }
  return faults
})

const checkVariables = Effect.fnUntraced(function* ({ labelValues }) {
  const faults = []
  for (const { name, query } of templating.list.filter(({ type }) => type === "query")) {
    const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(query)
    const values = yield* labelValues(label, fillIn(selector, ".*"))
    if (values.length !== Object.keys(scenarios).length) faults.push(`$${name} has ${values.length} values`)
  }
  return faults
})

/** What the exporter wrote, and what the files of docs say of it, in both directions. */
const checkNames = (scraped) => {
  const help = new Map(
    Array.from(scraped.matchAll(/^# HELP (cdp_analytics_\w+) (.+)$/gm), ([, name, text]) => [name, text])
  )
  const types = new Map(
    Array.from(scraped.matchAll(/^# TYPE (cdp_analytics_\w+) (\w+)$/gm), ([, name, type]) => [name, type])
  )
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join("\n")
  const namesIn = (text) =>
    new Set(Array.from(text.matchAll(/\bcdp_analytics_\w+/g), ([name]) => name.replace(/_(bucket|sum|count)$/, "")))
  const alerts = Array.from(rules.matchAll(/- alert: (\w+)/g), ([, alert]) => alert)
  return [
    ...[...types.keys()].filter((name) => !help.has(name)).map((name) => `${name} has no HELP`),
    ...[...types]
      .filter(([name, type]) => !new RegExp(`^\\| \`${name}\` +\\| ${type} `, "m").test(guide))
      .map(([name, type]) => `the guide has no row for the ${type} ${name}`),
    ...[...types.keys()].filter((name) => !namesIn(expressions).has(name)).map((name) => `no panel shows ${name}`),
    ...[...namesIn(expressions + rules + guide)]
      .filter((name) => !types.has(name))
      .map((name) => `nothing exports ${name}`),
    ...alerts
      .filter((alert) => !guide.includes(`\`${alert}\``))
      .map((alert) => `the guide does not say what to do about ${alert}`),
    ...panels
      .filter(({ title }) => !guide.includes(`| ${title} `))
      .map(({ title }) => `the guide does not explain the panel ${title}`)
  ]
}

await Effect.gen(function* () {
  const services = yield* Effect.all(
    Object.fromEntries(Object.entries(scenarios).map(([job, scenario]) => [job, startService(scenario)]))
  )
  const addresses = Object.fromEntries(Object.entries(services).map(([job, { address }]) => [job, address]))
  // How long each alert waits is what promtool has tested.
  const prometheus = yield* startPrometheus(addresses, rules.replaceAll(/^ +for: .*\n/gm, ""))
  const areScraped = Effect.flatMap(prometheus.query("count_over_time(up[1m]) >= 2 and up == 1"), ({ length }) =>
    length === Object.keys(services).length ? Effect.void : Effect.fail([`only ${length} services were scraped`])
  )
  const often = Schedule.spaced("500 millis").pipe(Schedule.upTo({ times: 120 }))
  yield* Effect.retry(areScraped, often)
  yield* Effect.forEach(Object.values(services), ({ go }) => go)
  yield* Effect.retry(checkAlerts(prometheus), often)
  console.log(`${expected.length} alerts fire, and no other`)

  const scraped = yield* Effect.promise(async () => (await fetch(`http://${addresses.healthy}/metrics`)).text())
  const faults = [...(yield* checkPanels(prometheus)), ...(yield* checkVariables(prometheus)), ...checkNames(scraped)]
  if (faults.length > 0) yield* Effect.fail(faults)
  // They still are what they were.
  yield* checkAlerts(prometheus)
  console.log(`${panels.length} panels show something`)
}).pipe(
  Effect.scoped,
  // Once for all of the servers: each would listen to the end of standard input.
  Effect.provide(NodeServices.layer),
  Effect.catch((error) => Effect.die(Array.isArray(error) ? new Error(error.join("\n")) : error)),
  Effect.runPromise
)
