/** The numbers of the events in a request's body, whichever client made it. */
export const readNumbers = (body: unknown): ReadonlyArray<number> => {
  const { batch, resourceLogs } = body as Body
  if (batch !== undefined) return batch.map(({ properties }) => properties.n)
  return (resourceLogs ?? [])
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
    .map(({ attributes }) => Number(attributes.find(({ key }) => key === "n")?.value.intValue))
}

/** What the bodies have in common with what is read here: Segment's kin and PostHog, and OTLP. */
interface Body {
  readonly batch?: ReadonlyArray<{ readonly properties: { readonly n: number } }>
  readonly resourceLogs?: ReadonlyArray<{
    readonly scopeLogs: ReadonlyArray<{
      readonly logRecords: ReadonlyArray<{
        readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: { readonly intValue?: number } }>
      }>
    }>
  }>
}
