import { Layer, Logger, References } from "effect"

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly annotations: { readonly [key: string]: unknown }
}

/** Keeps what is logged, at every level. */
export const collectLogs = () => {
  const lines: Array<LogLine> = []
  const logger = Logger.make(({ logLevel, message, fiber }) => {
    lines.push({
      level: logLevel,
      message: Array.isArray(message) ? message.join(" ") : String(message),
      annotations: fiber.getRef(References.CurrentLogAnnotations)
    })
  })
  const layer = Layer.merge(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "All"))
  return { lines, layer }
}

/** For tests whose warnings are expected. */
export const silent = Logger.layer([])
