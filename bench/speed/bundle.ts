import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { type BuildOptions, build } from "esbuild"

export interface BundleFigures {
  readonly title: string
  readonly minified: number
  readonly gzipped: number
}

const ours = `
import { Analytics } from "cdp-analytics-effect"
import { Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"

const layer = Analytics.layer({ apiKey: Redacted.make("key") }).pipe(Layer.provide(FetchHttpClient.layer))
Effect.runFork(Analytics.track({ userId: "u", event: "e" }).pipe(Effect.provide(layer)))
`

const segmentKin = (name: string): string => `
import { Analytics } from "${name}"
new Analytics({ writeKey: "key" }).track({ userId: "u", event: "e" })
`

const posthog = `
import { PostHog } from "posthog-node"
new PostHog("key").capture({ distinctId: "u", event: "e" })
`

const bundle = async (contents: string, options: BuildOptions) => {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL("..", import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    logLevel: "silent",
    ...options
  })
  const [output] = Object.values(metafile?.outputs ?? {})
  // What is read but contributes nothing is shaken off.
  const inputs = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return { code: outputFiles?.[0]?.contents ?? new Uint8Array(), inputs: inputs.map(([path]) => path) }
}

const sized = (title: string, code: Uint8Array): BundleFigures => ({
  title,
  minified: code.length,
  gzipped: gzipSync(code, { level: 9 }).length
})

/** How large a program is that only tracks. */
export const bundles = async (): Promise<ReadonlyArray<BundleFigures>> => {
  const forNode = { platform: "node" } as const
  return [
    sized("This library, with effect", (await bundle(ours, forBrowser)).code),
    sized("This library, effect apart", (await bundle(ours, { ...forBrowser, external: ["effect", "effect/*"] })).code),
    sized("Segment", (await bundle(segmentKin("@segment/analytics-node"), forNode)).code),
    sized("Customer.io Node", (await bundle(segmentKin("@customerio/cdp-analytics-node"), forNode)).code),
    sized("PostHog", (await bundle(posthog, forNode)).code)
  ]
}

/** A browser has no `node:` modules: the build would fail on one. */
const forBrowser = { platform: "browser" } as const

/** Files of this library that a program which only tracks must not pull in. */
export const unwantedInputs = async (): Promise<ReadonlyArray<string>> => {
  const { inputs } = await bundle(ours, forBrowser)
  return inputs.filter((input) =>
    /dist\/(node|simulator|testing)\/|platform-node|effect\/dist\/(cli|sql)\//.test(input)
  )
}
