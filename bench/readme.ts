import { readFileSync, writeFileSync } from "node:fs"

const file = new URL("README.md", import.meta.url)

/** Writes what stands in README.md between the two comments of a name. */
export const writeSection = (name: string, text: string): void => {
  const section = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*(<!-- /${name} -->)`)
  const readme = readFileSync(file, "utf8")
  if (!section.test(readme)) throw new Error(`README.md has no place for ${name}`)
  writeFileSync(
    file,
    readme.replace(section, (_, before, after) => `${before}\n${text}\n\n${after}`)
  )
}
