/** This library as `context.library` and `User-Agent` name it; a test holds it to package.json. */
export const library = { name: "cdp-analytics-effect", version: "0.1.0" } as const
