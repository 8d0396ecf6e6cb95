import type { MakeContender } from "./Contender.ts"

/** Every contender by name. Imported when asked for, so that a process holds one client only. */
export const contenders = {
  "ours-node": {
    title: "This library",
    package: "cdp-analytics-effect",
    load: () => import("./ours-node.ts")
  },
  "ours-undici": {
    title: "This library, NodeHttpClient",
    package: "cdp-analytics-effect",
    load: () => import("./ours-undici.ts")
  },
  "ours-fetch": {
    title: "This library, FetchHttpClient",
    package: "cdp-analytics-effect",
    load: () => import("./ours-fetch.ts")
  },
  segment: { title: "Segment", package: "@segment/analytics-node", load: () => import("./segment.ts") },
  customerio: {
    title: "Customer.io Node",
    package: "@customerio/cdp-analytics-node",
    load: () => import("./customerio.ts")
  },
  posthog: { title: "PostHog", package: "posthog-node", load: () => import("./posthog.ts") },
  rudderstack: {
    title: "RudderStack",
    package: "@rudderstack/rudder-sdk-node",
    load: () => import("./rudderstack.ts")
  },
  opentelemetry: {
    title: "OpenTelemetry logs",
    package: "@opentelemetry/sdk-logs",
    load: () => import("./opentelemetry.ts")
  },
  nothing: { title: "No client", package: "node", load: () => import("./nothing.ts") },
  floor: { title: "Floor", package: "undici", load: () => import("./floor.ts") }
} satisfies Record<string, { title: string; package: string; load: () => Promise<{ make: MakeContender }> }>

export type ContenderName = keyof typeof contenders

export const isContenderName = (name: string | undefined): name is ContenderName =>
  name !== undefined && Object.hasOwn(contenders, name)
