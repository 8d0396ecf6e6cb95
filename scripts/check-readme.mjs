/**
 * Type-checks every `ts` block of README.md and of docs, and every `ts` example in the comments of src, against src.
 *
 * Each block is a program of its own, imports included. It is written to .snippets/ on the lines that it has in its file, so
 * that an error names the place to mend. Also holds the docs to package.json and to the options: the two first commands of
 * the README exist, and every option, environment variable and failure is in the docs, and no other. What docs call by its path is there.
 */
import { spawnSync } from "node:child_process"
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
process.chdir(root)

const problems = []

/** The `ts` blocks of a file; `prefix` is what stands before each line of them. */
const blocksOf = (file, prefix) => {
  const blocks = []
  let block
  readFileSync(file, "utf8")
    .split("\n")
    .forEach((text, index) => {
      const line = text.replace(prefix, "")
      if (block === undefined) {
        if (/^```ts\b/.test(line)) block = { file, line: index + 1, lines: [] }
      } else if (line.startsWith("```")) {
        blocks.push(block)
        block = undefined
      } else {
        block.lines.push(line)
      }
    })
  if (block !== undefined) problems.push(`${file}:${block.line} - a block of code that does not end`)
  return blocks
}

const readme = readFileSync("README.md", "utf8")
const sources = globSync("src/**/*.ts").sort()
const pages = ["README.md", ...globSync("docs/**/*.md").sort()]
const blocks = [
  ...pages.flatMap((file) => blocksOf(file, "")),
  ...sources.flatMap((file) => blocksOf(file, /^\s*\* ?/))
]

rmSync(".snippets", { recursive: true, force: true })
mkdirSync(".snippets")
const places = new Map()
for (const { file, line, lines } of blocks) {
  const name = `${file.replaceAll("/", "_").replace(/\.\w+$/, "")}_${line}.ts`
  places.set(name, file)
  writeFileSync(`.snippets/${name}`, `${"\n".repeat(line)}${lines.join("\n")}\n`)
}
writeFileSync(
  ".snippets/tsconfig.json",
  JSON.stringify({
    extends: "../tsconfig.json",
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: [],
    files: [...places.keys()]
  })
)

const tsc = fileURLToPath(new URL("../node_modules/.bin/tsc", import.meta.url))
const { status, stdout, stderr } = spawnSync(tsc, ["-p", ".snippets", "--pretty", "false"], { encoding: "utf8" })
if (status !== 0) {
  problems.push(
    (stdout + stderr).trim().replaceAll(/^\.snippets\/([^(\s]+)\(/gm, (_, name) => `${places.get(name) ?? name}(`)
  )
}

const { scripts } = JSON.parse(readFileSync("package.json", "utf8"))
for (const [command, script] of [
  ["npm ci && npm run demo", "demo"],
  ["npm ci && npm test", "test"]
]) {
  if (!readme.includes(command)) problems.push(`README.md - does not give the command: ${command}`)
  if (scripts[script] === undefined) problems.push(`package.json - has no script ${script}`)
}

for (const file of globSync("{docs,bench}/*.md")) {
  for (const [, path] of readFileSync(file, "utf8").matchAll(/`((?:test|src)\/[\w./-]+)`/g)) {
    if (!existsSync(path)) problems.push(`${file} - names ${path}, which is not there`)
  }
}

/** What is in `there` and not in `here`. */
const missing = (here, there) => [...there].filter((name) => !here.has(name))
const names = (text, pattern) => new Set(Array.from(text.matchAll(pattern), ([, name]) => name))

const optionsOf = (file, name) => {
  const source = readFileSync(file, "utf8")
  return source.slice(source.indexOf(`interface ${name}Options`), source.indexOf(`type ${name}Config`))
}
const optionsInterfaces =
  optionsOf("src/AnalyticsOptions.ts", "Analytics") + optionsOf("src/node/AnalyticsNodeOptions.ts", "AnalyticsNode")
const source = sources.map((file) => readFileSync(file, "utf8")).join()
const docs = pages.map((file) => readFileSync(file, "utf8")).join("\n")
const optionsPage = readFileSync("docs/options.md", "utf8")
const errorsPage = readFileSync("docs/errors.md", "utf8")
for (const [what, inSource, inReadme] of [
  ["option", names(optionsInterfaces, /^ {2}readonly (\w+)\??:/gm), names(optionsPage, /^\| `(\w+)`/gm)],
  ["environment variable", names(source, /"(CUSTOMERIO_\w+)"/g), names(docs, /\b(CUSTOMERIO_[A-Z_]+)\b/g)],
  ["failure", names(source, /Schema\.TaggedError<(\w+)>/g), names(errorsPage, /^\| `(\w+)`/gm)]
]) {
  for (const name of missing(inReadme, inSource)) problems.push(`docs - do not list the ${what} ${name}`)
  for (const name of missing(inSource, inReadme)) problems.push(`docs - list the ${what} ${name}, which src has not`)
}

if (problems.length > 0) {
  console.error(problems.join("\n"))
  process.exit(1)
}
rmSync(".snippets", { recursive: true, force: true })
console.log(`${blocks.length} examples of README.md, docs and src type-check.`)
