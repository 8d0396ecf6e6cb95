import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

export default defineConfig(({ mode }) => ({
  resolve: {
    alias: [
      { find: /^cdp-analytics-effect$/, replacement: new URL("./src/index.ts", import.meta.url).pathname },
      { find: /^cdp-analytics-effect\/(.*)$/, replacement: new URL("./src/$1/index.ts", import.meta.url).pathname }
    ]
  },
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    // `npm run test:full` gives each file a process of its own; to load Effect again for each takes 10 seconds of `npm test`.
    isolate: mode === "full",
    // Vitest's own number, but no less than 2: many tests wait for other processes.
    maxWorkers: Math.max(2, availableParallelism() - 1)
  }
}))
