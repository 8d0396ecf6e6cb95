import { DiagLogLevel, diag } from "@opentelemetry/api"
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http"
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs"
import type { MakeContender } from "./Contender.ts"

/** Not an analytics client: the batching exporter that most services already run, as a measure of the craft. */
export const make: MakeContender = async ({ endpoint, batchSize, flushIntervalMs, closeTimeoutMs, queueCapacity }) => {
  let told = 0
  const ignore = (): void => {}
  const count = (): void => {
    told++
  }
  diag.setLogger({ error: count, warn: count, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN)
  const provider = new LoggerProvider({
    processors: [
      new BatchLogRecordProcessor({
        exporter: new OTLPLogExporter({ url: `${endpoint}/v1/logs` }),
        maxExportBatchSize: batchSize,
        scheduledDelayMillis: flushIntervalMs,
        ...(closeTimeoutMs === undefined ? {} : { exportTimeoutMillis: closeTimeoutMs }),
        ...(queueCapacity === undefined ? {} : { maxQueueSize: queueCapacity })
      })
    ]
  })
  const logger = provider.getLogger("bench")
  return {
    track: ({ userId, event, properties }) => logger.emit({ eventName: event, attributes: { userId, ...properties } }),
    flush: () => provider.forceFlush(),
    close: () => provider.shutdown(),
    told: () => told
  }
}
