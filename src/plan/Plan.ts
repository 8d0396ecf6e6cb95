/**
 * The tracking plan: what an app says about its people, described once, as Effect Schemas.
 *
 * @since 0.1.0
 */
export type {
  AllCalls,
  Calls,
  EventName,
  GroupInput,
  IdentifyInput,
  PageCall,
  PageInput,
  PageName,
  Planned,
  ScreenCall,
  ScreenInput,
  ScreenName,
  TrackCall,
  TrackInput
} from "./calls.ts"
export type {
  AdditionalProperties,
  Definition,
  EventDefinition,
  Fields,
  OnViolation,
  SingleDefinition,
  TraitsDefinition,
  VersionDefinition,
  VersionedDefinition
} from "./definition.ts"
export { type EnforceOptions, enforce } from "./enforce.ts"
export { fromJsonSchema, type ReadPlan } from "./fromJsonSchema.ts"
export { InvalidPlan } from "./InvalidPlan.ts"
export type { JsonSchema } from "./jsonSchema.ts"
export type { Loss } from "./losses.ts"
export { make, merge } from "./make.ts"
export type { Merged, Plan, PlannedEvent, PlannedType } from "./model.ts"
export type { PlanOrService } from "./planOf.ts"
export type { RudderFile } from "./rudderFiles.ts"
export {
  fromRudderStack,
  type RudderCatalog,
  type RudderEvent,
  type RudderForms,
  type RudderV2,
  type ToRudderStack,
  toRudderStack
} from "./rudderstack.ts"
export {
  type MakeService,
  Service,
  type ServiceClass,
  type ServiceKey,
  type ServiceOptions
} from "./Service.ts"
export { fromSegment, type SegmentPlan, type SegmentRule, type ToSegment, toSegment } from "./segment.ts"
export { type JsonSchemaPlan, toJsonSchema } from "./toJsonSchema.ts"
export { toMarkdown } from "./toMarkdown.ts"
export { toTypeScript } from "./toTypeScript.ts"
