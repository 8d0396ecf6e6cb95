/** Segment has labels, each a name and a text, where a plan has an owner, tags and a deprecation. */

import type { Loss } from "./losses.ts"
import { placeOfEvent } from "./messageSchema.ts"
import type { PlannedEvent } from "./model.ts"

export type Labels = Readonly<Record<string, string>>

/** A tag `area:account` is the label `area`, and any other is a label of its name. */
const isTrue = "true"

export const labelsOf = (event: PlannedEvent, losses: Array<Loss>): Labels => {
  const { owner, deprecated, tags } = event
  const labels = new Map<string, string>()
  if (owner !== undefined) labels.set("owner", owner)
  if (deprecated !== undefined) labels.set("deprecated", deprecated)
  for (const tag of tags) {
    const [label, text] = labelOf(tag)
    const isFree = label !== "owner" && label !== "deprecated" && !labels.has(label)
    if (isFree && tagOf(label, text) === tag) labels.set(label, text)
    else
      losses.push({
        path: placeOfEvent(event, "tags"),
        reason: `the label ${JSON.stringify(label)} of Segment cannot say it`
      })
  }
  return Object.fromEntries(labels)
}

const labelOf = (tag: string): readonly [string, string] => {
  const colon = tag.indexOf(":")
  return colon === -1 ? [tag, isTrue] : [tag.slice(0, colon), tag.slice(colon + 1)]
}

const tagOf = (label: string, text: string): string => (text === isTrue ? label : `${label}:${text}`)

export const readLabels = (labels: ReadonlyArray<readonly [string, string]>) => {
  const texts = new Map(labels)
  return {
    owner: texts.get("owner"),
    deprecated: texts.get("deprecated"),
    tags: labels
      .filter(([label]) => label !== "owner" && label !== "deprecated")
      .map(([label, text]) => tagOf(label, text))
  }
}
