import { Schema } from "effect"

/** A reserved name: may be left out, `undefined` (left out), or `null` (sent as `null`). */
export const reserved = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

/** An object with reserved names that also takes any other key. */
export const open = <const Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.StructWithRest(Schema.Struct(fields), [Schema.Record(Schema.String, Schema.Unknown)])

/**
 * A point in time. `Date` and `DateTime.Utc` become ISO 8601 strings; text and numbers (Unix seconds) are sent as they
 * are.
 */
export const DateLike = Schema.Union([Schema.Date, Schema.DateTimeUtc, Schema.String, Schema.Finite])
