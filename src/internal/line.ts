/** What stands in at most one line at a time. */
export interface InLine<A> {
  previous: A | undefined
  next: A | undefined
}

/**
 * Items in the order they came, each of which can leave from anywhere. A `Set` does the same, and costs several times as
 * much when it is long.
 */
export interface Line<A> {
  readonly add: (item: A) => void
  readonly remove: (item: A) => void
  readonly first: () => A | undefined
  readonly last: () => A | undefined
  /** Not to be changed meanwhile. */
  readonly items: () => Iterable<A>
}

export const makeLine = <A extends InLine<A>>(): Line<A> => {
  let first: A | undefined
  let last: A | undefined

  return {
    add: (item) => {
      item.previous = last
      if (last === undefined) first = item
      else last.next = item
      last = item
    },

    remove: (item) => {
      if (item.previous === undefined) first = item.next
      else item.previous.next = item.next
      if (item.next === undefined) last = item.previous
      else item.next.previous = item.previous
      // What has left must not keep the others alive.
      item.previous = undefined
      item.next = undefined
    },

    first: () => first,

    last: () => last,

    *items() {
      for (let item = first; item !== undefined; item = item.next) yield item
    }
  }
}
