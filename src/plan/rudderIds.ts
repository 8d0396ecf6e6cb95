/** Ids of Rudder CLI: letters, digits, `_` and `-`. */
export interface Ids {
  /** A new one for a name, of those of a kind. */
  readonly next: (kind: string, name: string) => string
}

export const makeIds = (): Ids => {
  const taken = new Set<string>()
  return {
    next: (kind, name) => {
      const stem =
        name
          .toLowerCase()
          .replaceAll(/[^a-z0-9]+/g, "_")
          .replaceAll(/^_+|_+$/g, "") || kind
      let id = stem
      for (let count = 2; taken.has(`${kind}:${id}`); count++) id = `${stem}_${count}`
      taken.add(`${kind}:${id}`)
      return id
    }
  }
}
