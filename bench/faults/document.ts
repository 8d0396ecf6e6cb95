import { type ContenderName, contenders } from "../contenders/index.ts"
import { machine, today, versionOf } from "../machine.ts"

/** docs/comparison.md: the table, and what one has to know to read it. */
export const makeDocument = (
  table: string,
  names: ReadonlyArray<ContenderName>
): string => `# Against other clients, when things go wrong

What becomes of events when the server is down, slow, rate limiting or silent: this library and other clients of the same kind, in the same situations. This page is written by a program. To run it again:

\`\`\`sh
npm ci && npm run build && cd bench && npm ci && npm run faults
\`\`\`

${table}

- Each client runs in a process of its own, against a server of its own, over real sockets on one machine. All send batches of 20 and wait 5 seconds for more, unless the row says otherwise; everything else is each client's default. One run each, those that last minutes all at the same time: times differ by some milliseconds from run to run, and by more where the machine is busy; counts hardly do, but for what the official clients tell of in the last rows, where it depends on how long the calls take.
- **stored** counts distinct events that the server had answered with a 2xx when the call came back. **told** counts failures that the application hears of: events for this library, Segment, Customer.io and RudderStack, which report each one; errors and warnings for PostHog and OpenTelemetry, which report batches. **-** means that there is no such call.
- In the rows that last minutes, events keep coming while the server is in trouble and for a minute after that, and then the client is closed. The last figure is how long after the trouble the last event of that time was stored; **never** means that some were not. Requests are those that reached the server, which a refused connection does not. 503 is what each of these clients tries again, so that row asks the same of all; refused connections and resets are what a server that restarts gives besides. Where 7 of 10 fail, the n-th request has the same fate with every client; half of those that fail get 500, which OpenTelemetry's protocol says not to try again.
- RudderStack's client has no close: its row is \`flush()\` until the queue is empty. OpenTelemetry's is no analytics client and not for this job; its log exporter is here because many services run one, so it shows what is usual.
- Each keeps what waits in memory, as it does by default. RudderStack's can keep it in a Redis, and this library in [a SQLite or Postgres database](outbox.md), in your own transaction too.
- The other clients speak to servers of other vendors, with other limits. Only the client of Customer.io has to keep the 32 KB of an event and the 500 KB of a request; Segment's limits are the same.
- The last two columns are what this library has to reach, and what it did. The rows were chosen by its authors, from what users of such clients report most often. A row that one of the others wins would be welcome.

Run on ${today()}, on ${machine()}, with ${list(names.map((name) => versionOf(contenders[name].package)))}.
`

const list = (words: ReadonlyArray<string>): string => words.join(", ").replace(/, ([^,]*)$/, " and $1")
