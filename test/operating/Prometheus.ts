import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Data, Effect, Schema } from "effect"
import { freePort } from "../support/listen.ts"

class PrometheusError extends Data.TaggedError("PrometheusError")<{ readonly message: string }> {}

const Labels = Schema.Record(Schema.String, Schema.String)

const Answer = Schema.Struct({
  status: Schema.String,
  error: Schema.optional(Schema.String),
  data: Schema.optional(Schema.Unknown)
})

const Vector = Schema.Struct({
  result: Schema.Array(Schema.Struct({ metric: Labels, value: Schema.Tuple([Schema.Finite, Schema.String]) }))
})

const Alerts = Schema.Struct({
  alerts: Schema.Array(Schema.Struct({ labels: Labels, state: Schema.String }))
})

/** Starts a Prometheus that looks at each of the jobs, and at the rules, every second. */
export const startPrometheus = Effect.fnUntraced(function* (
  addresses: { readonly [job: string]: string },
  rules: string
) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "prometheus-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  writeFileSync(join(folder, "alerts.yml"), rules)
  // JSON is YAML.
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: ["alerts.yml"],
    scrape_configs: Object.entries(addresses).map(([job, address]) => ({
      job_name: job,
      static_configs: [{ targets: [address] }]
    }))
  }
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config))
  const port = yield* freePort
  const args = [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=error"
  ]
  yield* Effect.acquireRelease(
    Effect.sync(() => spawn("prometheus", args, { stdio: ["ignore", "inherit", "inherit"] })),
    (child) =>
      Effect.callback<void>((resume) => {
        child.once("exit", () => resume(Effect.void))
        child.kill()
      })
  )

  const get = <Data>(schema: Schema.Decoder<Data>, path: string, parameters: { readonly [key: string]: string } = {}) =>
    Effect.gen(function* () {
      const url = `http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(parameters)}`
      const body = yield* Effect.tryPromise({
        try: async (signal): Promise<unknown> => (await fetch(url, { signal })).json(),
        catch: (cause) => new PrometheusError({ message: `${path}: ${cause}` })
      })
      const { status, error, data } = yield* Schema.decodeUnknownEffect(Answer)(body)
      if (status !== "success") return yield* new PrometheusError({ message: `${path}: ${error}` })
      return yield* Schema.decodeUnknownEffect(schema)(data)
    })

  return {
    /** The series that a query has now, with their values, which may be `NaN`. */
    query: (query: string) => Effect.map(get(Vector, "query", { query }), ({ result }) => result),
    /** What a label is with the series of a selector. */
    labelValues: (label: string, selector: string) =>
      get(Schema.Array(Schema.String), `label/${label}/values`, { "match[]": selector }),
    /** The labels of the alerts that fire. */
    firing: Effect.map(get(Alerts, "alerts"), ({ alerts }) =>
      alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels)
    )
  }
})
