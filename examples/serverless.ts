/**
 * A serverless function: it sends what it tracked before it returns, because the platform may freeze the process after.
 */
import { Analytics } from "cdp-analytics-effect"
import { Console, Effect, Layer, ManagedRuntime } from "effect"
import { layerAnalytics, Receiver } from "./receiver.ts"

// One runtime for as long as the instance is warm: later invocations use the same connection.
// `flushTimeout` is less than the platform lets an invocation run, whatever the server does. What has no outcome by then is
// kept: the next invocation of this instance tries it on, and what is left when the platform ends the process is lost, so
// `onUndelivered` or a queue of the platform's own is for what must not be.
const runtime = ManagedRuntime.make(
  layerAnalytics({ flushTimeout: "2 seconds" }).pipe(Layer.provideMerge(Receiver.layer))
)

interface Invoice {
  readonly id: string
  readonly userId: string
  readonly total: number
}

const payInvoice = Effect.fnUntraced(function* ({ id, userId, total }: Invoice) {
  yield* Analytics.track({
    userId,
    event: "invoice_paid",
    properties: { invoice_id: id, revenue: total },
    // The platform may run the same invocation twice: Customer.io takes the first message with this id.
    messageId: `invoice-paid-${id}`
  })
  const report = yield* Analytics.flush
  return { statusCode: 200, body: JSON.stringify(report) }
})

/** What the platform calls. A message that is refused does not fail the invocation. */
export const handler = (invoice: Invoice) =>
  runtime.runPromise(
    payInvoice(invoice).pipe(
      Effect.catch((error) => Effect.succeed({ statusCode: 200, body: JSON.stringify({ refused: error._tag }) }))
    )
  )

// What the platform would do: three invocations, then the end of the instance.
const show = (label: string, value: unknown) => runtime.runPromise(Console.log(`${label} ${JSON.stringify(value)}`))

await show("handler returned", await handler({ id: "1001", userId: "ada", total: 39.95 }))
await show("handler returned", await handler({ id: "1002", userId: "grace", total: 12.5 }))
await show("handler returned", await handler({ id: "1003", userId: "", total: 64 }))
await runtime.dispose()
