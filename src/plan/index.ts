/**
 * The tracking plan: what an app says about its people, described once, as Effect Schemas, and held to by the compiler and when
 * it runs.
 *
 * @since 0.1.0
 */
/**
 * Plans: making and merging them, holding calls to them, and the formats of others.
 *
 * @since 0.1.0
 */
export * as Plan from "./Plan.ts"
