import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"

/**
 * Keeps out objects that are no records: arrays, `Map`, `Set` and other collections, functions and classes.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface NotData {
  /** As arrays, `Map`, `Set` and other collections have it. */
  readonly [Symbol.iterator]?: never
  /** As streams have it. */
  readonly [Symbol.asyncIterator]?: never
  /** As functions and classes have it. */
  readonly [Symbol.hasInstance]?: never
}

/**
 * A record of any keys.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface AnyRecord {
  readonly [key: string]: unknown
}

/**
 * What may be given as a record with the names that are reserved in it: a literal, or a value of an interface or a class,
 * which TypeScript does not take for a type with an index signature.
 *
 * @category parts of types
 * @since 0.1.0
 */
export type RecordInput<Reserved> = (Reserved & AnyRecord) | (Reserved & NotData & object)

/** A reserved name: may be left out, `undefined` (left out), or `null` (sent as `null`). */
export const reserved = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

/**
 * The Schema of a record with reserved names and any other key: `Type` is what it decodes, `Input` what may be given as it,
 * `Fields` the reserved names.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface RecordSchema<Type, Input, Fields extends Schema.Struct.Fields>
  extends Schema.BottomLazy<SchemaAST.Objects, RecordSchema<Type, Input, Fields>> {
  /** What it decodes. */
  readonly Type: Type
  /** What it encodes to. */
  readonly Encoded: Schema.StructWithRest<
    Schema.Struct<Fields>,
    readonly [Schema.$Record<Schema.String, Schema.Unknown>]
  >["Encoded"]
  /** What decoding needs. */
  readonly DecodingServices: Schema.StructWithRest<
    Schema.Struct<Fields>,
    readonly [Schema.$Record<Schema.String, Schema.Unknown>]
  >["DecodingServices"]
  /** What encoding needs. */
  readonly EncodingServices: Schema.StructWithRest<
    Schema.Struct<Fields>,
    readonly [Schema.$Record<Schema.String, Schema.Unknown>]
  >["EncodingServices"]
  /** What optics see. */
  readonly Iso: Schema.StructWithRest<
    Schema.Struct<Fields>,
    readonly [Schema.$Record<Schema.String, Schema.Unknown>]
  >["Iso"]
  /** What `make` takes. */
  readonly "~type.make.in": Input
  /** What `make` takes. */
  readonly "~type.make": Input
  /** The reserved names. */
  readonly schema: Schema.Struct<Fields>
  /** Any other key. */
  readonly records: readonly [Schema.$Record<Schema.String, Schema.Unknown>]
}

/** An object with reserved names that also takes any other key. `Type` is what is read, `Input` what may be given. */
export const open =
  <Type, Input>() =>
  <const Fields extends Schema.Struct.Fields>(fields: Fields): RecordSchema<Type, Input, Fields> => {
    const { ast, schema, records } = Schema.StructWithRest(Schema.Struct(fields), [
      Schema.Record(Schema.String, Schema.Unknown)
    ])
    return Schema.make<RecordSchema<Type, Input, Fields>>(ast, { schema, records })
  }

/** A record without reserved names. */
export const Any = open<AnyRecord, AnyRecord | (NotData & object)>()({})
