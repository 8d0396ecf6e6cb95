/**
 * Packs the library, installs the package in an empty folder outside the repository, type-checks a program against it as
 * strictly as a user may, and runs it: every entry of `exports` is imported, and a message goes to a server on this machine.
 * publint and attw judge the same package, npm would publish it as it is, what its pages link to and its source maps name is
 * in it, and it is no larger than it may be.
 */
import { spawnSync } from "node:child_process"
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

/** Most bytes, compressed: what they were on 2026-11-28, and a tenth more for the tarball, 3 % for the others. */
const budgets = { tarball: 1_340_000, keyed: 33_700, core: 34_700, whole: 91_000 }

/** The oldest that the declarations of Effect, too, pass in. Also in docs/runtimes.md. */
const oldestTypeScript = "5.7.2"

const root = fileURLToPath(new URL("..", import.meta.url))
const bin = join(root, "node_modules", ".bin")
const folder = mkdtempSync(join(tmpdir(), "cdp-analytics-effect-smoke-"))

// The folder's own npm and tsc run on this Node, whichever one is first in the path.
const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) }
// A parent `npm run` hands its own settings and prefix down.
for (const name of Object.keys(env)) if (name.startsWith("npm_")) delete env[name]

const run = (command, args, cwd) => {
  console.log(`$ ${[command, ...args].join(" ").replaceAll(`${bin}/`, "")}`)
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] })
  if (error !== undefined || status !== 0) {
    console.error(error ?? `failed with exit code ${status}`)
    process.exit(1)
  }
}
const write = (name, content) =>
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content, null, 2))

const keepTo = (what, bytes) => {
  console.log(`${what}: ${bytes} bytes of ${budgets[what]}`)
  if (bytes > budgets[what]) throw new Error(`${what} is too large: make it smaller, or raise its budget with a reason`)
}

const page = (name) => readFileSync(join(root, "docs/guides", name), "utf8")
const [, banner] = /--banner:js='(.*)'/.exec(page("runtimes.md"))
const [, service] = /^```ts serve\n(.*?)^```$/ms.exec(page("http-service.md"))

process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

const { name, exports, bin: bins, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const installed = (dependency) => {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules", dependency, "package.json"), "utf8"))
  return `${dependency}@${version}`
}

run("npm", ["pack", "--silent", "--pack-destination", folder], root)
const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"))
if (tarball === undefined) throw new Error("npm pack made no package")

keepTo("tarball", statSync(join(folder, tarball)).size)

// With --force, npm does not ask the registry whether the version is there. What npm pack built is there already.
const publish = ["publish", "--dry-run", "--force", "--ignore-scripts"]
const { status: published, stderr: told } = spawnSync("npm", publish, { cwd: root, env, encoding: "utf8" })
const warnings = told.split("\n").filter((line) => /^npm (warn|error)/.test(line) && !/--force|logged in/.test(line))
if (published !== 0 || warnings.length > 0)
  throw new Error(`npm would not publish it as it is:\n${warnings.join("\n")}`)

run(join(bin, "publint"), [join(folder, tarball), "--strict"], root)
run(join(bin, "attw"), [join(folder, tarball), "--profile", "esm-only"], root)

write("package.json", { name: "smoke", version: "0.0.0", private: true, type: "module" })
const dependencies = ["effect", "@effect/platform-node", "typescript", "@types/node"]
for (const dependency of dependencies) {
  if (devDependencies[dependency] === undefined) throw new Error(`${dependency} is no devDependency`)
}
const alias = `typescript-oldest@npm:typescript@${oldestTypeScript}`
run("npm", ["install", "--no-audit", "--no-fund", `./${tarball}`, ...dependencies.map(installed), alias], folder)

const packed = join(folder, "node_modules", name)
const deadMaps = globSync("dist/**/*.{js,d.ts}", { cwd: packed }).flatMap((file) => {
  const path = join(packed, file)
  const map = join(dirname(path), /^\/\/# sourceMappingURL=(.*)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? "none")
  const sources = existsSync(map) ? JSON.parse(readFileSync(map, "utf8")).sources : [map]
  return sources.some((source) => !existsSync(join(dirname(path), source))) ? [file] : []
})
if (deadMaps.length > 0) throw new Error(`without a source map, or its sources:\n  ${deadMaps.join("\n  ")}`)

const deadLinks = globSync("**/*.md", { cwd: packed }).flatMap((page) => {
  const path = join(packed, page)
  return linksOf(path).flatMap((link) => {
    const [target, anchor] = link.split("#")
    const file = target === "" ? path : join(dirname(path), target)
    const isDead = !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor))
    return isDead ? [`${page} links to ${link}`] : []
  })
})
if (deadLinks.length > 0) throw new Error(`not in the package:\n  ${deadLinks.join("\n  ")}`)

/** The relative links of a page of Markdown, which is read without its code. */
function linksOf(path) {
  const text = readFileSync(path, "utf8")
    .replaceAll(/^```.*?^```/gms, "")
    .replaceAll(/`[^`\n]*`/g, "")
  return Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link).filter((link) => !/^[a-z]+:/.test(link))
}

/** What the headings of a page can be linked to by. */
function anchorsOf(path) {
  return Array.from(readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm), ([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  )
}

const specifiers = Object.keys(exports).map((path) => join(name, path))
write(
  "smoke.ts",
  `
import { createServer } from "node:http"
${specifiers.map((specifier, index) => `import * as entry${index} from "${specifier}"${specifier.endsWith(".json") ? ' with { type: "json" }' : ""}`).join("\n")}
import { Analytics } from "${name}"
import { AnalyticsNodeLive } from "${name}/node"
import { AnalyticsTest } from "${name}/testing"
import { ConfigProvider, Effect, Layer } from "effect"

const entries: ReadonlyArray<object> = [${specifiers.map((_, index) => `entry${index}`).join(", ")}]
for (const entry of entries) if (Object.keys(entry).length === 0) throw new Error("an entry that exports nothing")

async function main() {
const bodies: Array<string> = []
const server = createServer((request, response) => {
  let body = ""
  request.setEncoding("utf8").on("data", (part: string) => (body += part))
  request.on("end", () => {
    if (request.url === "/v1/batch" && request.headers.authorization === "Basic Zm9vOg==") bodies.push(body)
    response.end("{}")
  })
})
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
const address = server.address()
if (address === null || typeof address === "string") throw new Error("no port")

const environment = ConfigProvider.layer(
  ConfigProvider.fromEnv({
    env: { CUSTOMERIO_API_KEY: "foo", CUSTOMERIO_ENDPOINT: \`http://127.0.0.1:\${address.port}\` }
  })
)
await Analytics.track({ userId: "ada", event: "smoke" }).pipe(
  Effect.provide(AnalyticsNodeLive.pipe(Layer.provide(environment))),
  Effect.runPromise
)
server.close()
if (bodies.length !== 1 || !bodies[0]?.includes('"event":"smoke"')) throw new Error("the message did not arrive")

const sent = await Analytics.page({ userId: "ada", name: "Home" }).pipe(
  Effect.andThen(AnalyticsTest.sent),
  Effect.provide(AnalyticsTest.layer),
  Effect.runPromise
)
if (sent[0]?.name !== "Home") throw new Error("AnalyticsTest saw nothing")
console.log("${specifiers.length} entries imported, 1 message delivered")
}
void main()
`
)
const strictest = {
  target: "ES2023",
  lib: ["ES2023", "DOM"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  resolveJsonModule: true,
  skipLibCheck: false,
  noEmit: true
}
const resolutions = { nodenext: "nodenext", bundler: "preserve" }
for (const [moduleResolution, module] of Object.entries(resolutions)) {
  const config = `tsconfig.${moduleResolution}.json`
  write(config, { compilerOptions: { ...strictest, moduleResolution, module }, files: ["smoke.ts"] })
  for (const typescript of ["typescript", "typescript-oldest"]) {
    run(process.execPath, [`node_modules/${typescript}/bin/tsc`, "-p", config], folder)
  }
}
run(process.execPath, ["smoke.ts"], folder)

// As for a serverless function. The first has no undici, and sends over fetch.
const bundles = { "fetch.mjs": [], "undici.mjs": [`--banner:js=${banner}`], "undici.cjs": ["--format=cjs"] }
for (const [file, args] of Object.entries(bundles)) {
  const bundle = ["smoke.ts", "--bundle", "--minify", "--platform=node", "--format=esm", ...args, `--outfile=${file}`]
  run(join(bin, "esbuild"), [...bundle, "--log-level=warning"], folder)
  run(process.execPath, [file], folder)
}

// The server of platform-node imports names that a banner might, too. It runs until it is stopped: that it parses is enough.
write("service.ts", service)
const served = ["service.ts", "--bundle", "--platform=node", "--format=esm", `--banner:js=${banner}`]
run(join(bin, "esbuild"), [...served, "--outfile=service.mjs", "--log-level=warning"], folder)
run(process.execPath, ["--check", "service.mjs"], folder)

// What is not used costs nothing: no more comes along than sending needs, nothing of Node's, nothing that reads the environment
// where that is not asked, and of Effect no module for the sake of another that an index names beside it.
const apart = ["--external:effect", "--external:effect/*"]
const sizes = {
  keyed: ["Analytics", apart],
  core: ["Analytics, AnalyticsLive", apart],
  whole: ["Analytics, AnalyticsLive", []]
}
for (const [what, [names, args]] of Object.entries(sizes)) {
  write(`${what}.ts`, `export { ${names} } from "${name}"\n`)
  const bundle = [`${what}.ts`, "--bundle", "--minify", "--format=esm", ...args, `--outfile=${what}.mjs`]
  run(join(bin, "esbuild"), [...bundle, "--log-level=warning"], folder)
  keepTo(what, gzipSync(readFileSync(join(folder, `${what}.mjs`)), { level: 9 }).length)
}

for (const command of Object.keys(bins)) run(join(folder, "node_modules", ".bin", command), ["--version"], folder)
