import { Schema, type SchemaAST } from "effect"

/**
 * Keeps out objects that are no records: arrays, `Map`, `Set` and other collections, functions and classes.
 *
 * @category models
 * @since 0.1.0
 */
export interface NotData {
  readonly [Symbol.iterator]?: never
  readonly [Symbol.asyncIterator]?: never
  readonly [Symbol.hasInstance]?: never
}

/**
 * A record of any keys.
 *
 * @category models
 * @since 0.1.0
 */
export interface AnyRecord {
  readonly [key: string]: unknown
}

/**
 * What may be given as a record with the names that are reserved in it: a literal, or a value of an interface or a class,
 * which TypeScript does not take for a type with an index signature.
 *
 * @category models
 * @since 0.1.0
 */
export type Given<Reserved> = (Reserved & AnyRecord) | (Reserved & NotData & object)

/** A reserved name: may be left out, `undefined` (left out), or `null` (sent as `null`). */
export const reserved = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

type Rest = readonly [Schema.$Record<Schema.String, Schema.Unknown>]

/** What `Schema.StructWithRest` makes, but that its types have names, and that it is made of what may be given as it. */
export interface Open<Type, Input, Fields extends Schema.Struct.Fields>
  extends Schema.BottomLazy<SchemaAST.Objects, Open<Type, Input, Fields>> {
  readonly Type: Type
  readonly Encoded: Schema.StructWithRest<Schema.Struct<Fields>, Rest>["Encoded"]
  readonly DecodingServices: Schema.StructWithRest<Schema.Struct<Fields>, Rest>["DecodingServices"]
  readonly EncodingServices: Schema.StructWithRest<Schema.Struct<Fields>, Rest>["EncodingServices"]
  readonly Iso: Schema.StructWithRest<Schema.Struct<Fields>, Rest>["Iso"]
  readonly "~type.make.in": Input
  readonly "~type.make": Input
  readonly schema: Schema.Struct<Fields>
  readonly records: Rest
}

/** An object with reserved names that also takes any other key. `Type` is what is read, `Input` what may be given. */
export const open =
  <Type, Input>() =>
  <const Fields extends Schema.Struct.Fields>(fields: Fields): Open<Type, Input, Fields> => {
    const { ast, schema, records } = Schema.StructWithRest(Schema.Struct(fields), [
      Schema.Record(Schema.String, Schema.Unknown)
    ])
    return Schema.make<Open<Type, Input, Fields>>(ast, { schema, records })
  }

/** A record without reserved names. */
export const Any = open<AnyRecord, AnyRecord | (NotData & object)>()({})
