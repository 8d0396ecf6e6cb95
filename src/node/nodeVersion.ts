// Imports nothing: on an older Node, dependencies end in errors of their own.

/** Why this Node does not do, if it does not: undici needs what came with 22.19. */
export const problemOfNode = (): string | undefined => {
  const { node } = process.versions
  const [major = 0, minor = 0] = node.split(".").map(Number)
  return major > 22 || (major === 22 && minor >= 19) ? undefined : `needs Node 22.19 or newer, and this is Node ${node}`
}
