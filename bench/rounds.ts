/** Forwards and backwards in turn, each time beginning with another. */
const inOrder = <A>(items: ReadonlyArray<A>, round: number): ReadonlyArray<A> => {
  const start = round % items.length
  const rotated = [...items.slice(start), ...items.slice(0, start)]
  return round % 2 === 0 ? rotated : rotated.reverse()
}

/** What each of the items gave in each round. They take turns, so that a slow minute of the machine hits all. */
export const inRounds = async <Item, A>(
  items: ReadonlyArray<Item>,
  rounds: number,
  title: string,
  run: (item: Item) => Promise<A>
): Promise<ReadonlyMap<Item, ReadonlyArray<A>>> => {
  const results = new Map(items.map((item): [Item, Array<A>] => [item, []]))
  for (let round = 0; round < rounds; round++) {
    for (const item of inOrder(items, round)) results.get(item)?.push(await run(item))
    console.error(`${title}: round ${round + 1} of ${rounds}`)
  }
  return results
}
