/**
 * What the typed calls of a plan take.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Receipt } from "../delivery/Delivery.ts"
import type * as Message from "../message/MessageInput.ts"
import type { AnyRecord } from "../message/open.ts"
import type { ReservedProperties } from "../message/Properties.ts"
import type { ReservedGroupTraits, ReservedTraits } from "../message/Traits.ts"
import type { CallError } from "../pipeline/CallError.ts"
import type { AdditionalProperties, Definition, Fields } from "./definition.ts"

/**
 * What a plan, and the class of its service, know of how it was written: for the compiler alone.
 *
 * @category models
 * @since 0.1.0
 */
export interface Planned<out D extends Definition> {
  /** Never there. */
  readonly "~cdp-analytics-effect/plan/Planned"?: { readonly definition: D }
}

/** What has no keys. */
type Nothing = Record<never, never>

type DefinitionOf<P> = P extends Planned<infer D> ? D : never

/** The kinds of calls that have a name. */
type Kind = "track" | "page" | "screen"

type EventsOf<P, K extends Kind> =
  DefinitionOf<P> extends { readonly [Key in K]: infer Events extends object } ? Events : Nothing

/** A name that reads like a number is one in the type of a literal. */
type NamesOf<Events> = Extract<keyof Events, string> | `${Extract<keyof Events, number>}`

type Named<Events, Name> = Name extends keyof Events
  ? Events[Name]
  : Name extends `${infer N extends number & keyof Events}`
    ? Events[N]
    : never

/** What is said nearest: of a version, of its event, of the plan. */
type Nearest<Key extends "additionalProperties" | "reserved", Places extends ReadonlyArray<unknown>> = Places extends [
  infer Place,
  ...infer Others
]
  ? Place extends { readonly [K in Key]: infer Said extends AdditionalProperties }
    ? Said
    : Nearest<Key, Others>
  : undefined

type Key = "properties" | "traits"

/** What is listed, and nothing where nothing is. */
type Listed<K extends Key, Place> = Place extends { readonly [Name in K]: infer F extends Fields }
  ? Schema.Struct.Type<F>
  : Nothing

/** What may be given beside it: nothing that is said here leaves it as it is. */
type Beside<Said, Given> = [Said] extends ["allow"] ? Given : unknown

/** What may be given for what is listed in the nearest of some places. */
type Content<K extends Key, Places extends ReadonlyArray<unknown>, Reserved> =
  Listed<K, Places[0]> extends infer L
    ? L &
        Beside<Nearest<"additionalProperties", Places>, AnyRecord> &
        Beside<Nearest<"reserved", Places>, Omit<Reserved, keyof L>>
    : never

type KeysOf<C> = C extends unknown ? keyof C : never

type Body<K extends Key, C> = [KeysOf<C>] extends [never]
  ? { readonly [Name in K]?: undefined }
  : Nothing extends C
    ? { readonly [Name in K]?: C | undefined }
    : { readonly [Name in K]: C }

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"

type Greatest<D> = "9" extends D
  ? "9"
  : "8" extends D
    ? "8"
    : "7" extends D
      ? "7"
      : "6" extends D
        ? "6"
        : LesserGreatest<D>

type LesserGreatest<D> = "5" extends D
  ? "5"
  : "4" extends D
    ? "4"
    : "3" extends D
      ? "3"
      : "2" extends D
        ? "2"
        : Least<D>

type Least<D> = "1" extends D ? "1" : "0" extends D ? "0" : never

type Tens<N> = N extends `${infer Ten extends Digit}${Digit}` ? Ten : never

type Ones<N, Ten extends string> = N extends `${Ten}${infer One extends Digit}` ? One : never

/** The largest of some numbers from 1 to 99. */
type Largest<N> = [Tens<N>] extends [never]
  ? Greatest<N>
  : `${Greatest<Tens<N>>}${Greatest<Ones<N, Greatest<Tens<N>>>>}`

type LatestOf<Event, Versions> = Event extends { readonly latest: infer Name extends number | string }
  ? `${Name}`
  : Largest<NamesOf<Versions>>

/** Of all events at once where they are many: each by itself costs the compiler seconds, as it asks that at every call. */
type EventBody<D, Event> = [Event] extends [{ readonly versions: infer Versions }]
  ?
      | {
          [V in keyof Versions]: { readonly version: V | `${V & (number | string)}` } & Body<
            "properties",
            Content<"properties", [Versions[V], Event, D], ReservedProperties>
          >
        }[keyof Versions]
      | ({ readonly version?: undefined } & Body<
          "properties",
          Content<"properties", [Named<Versions, LatestOf<Event, Versions>>, Event, D], ReservedProperties>
        >)
  : Body<"properties", Content<"properties", [Event, D], ReservedProperties>>

type TraitsBody<P, K extends "identify" | "group", Reserved> =
  DefinitionOf<P> extends { readonly [Key in K]: infer Said }
    ? Body<"traits", Content<"traits", [Said, DefinitionOf<P>], Reserved>>
    : never

/**
 * The names of the events of a plan.
 *
 * @category models
 * @since 0.1.0
 */
export type EventName<P> = NamesOf<EventsOf<P, "track">>

/**
 * The names of the pages of a plan.
 *
 * @category models
 * @since 0.1.0
 */
export type PageName<P> = NamesOf<EventsOf<P, "page">>

/**
 * The names of the screens of a plan.
 *
 * @category models
 * @since 0.1.0
 */
export type ScreenName<P> = NamesOf<EventsOf<P, "screen">>

/**
 * What `track` takes for an event of a plan: `TrackInput` of the core, with the properties of the event. Of an event with
 * versions, `version` names one; without it, it is the newest.
 *
 * @category models
 * @since 0.1.0
 */
export type TrackInput<P, Event extends EventName<P>> = Omit<Message.TrackInput, "event" | "properties"> &
  EventBody<DefinitionOf<P>, Named<EventsOf<P, "track">, Event>>

/**
 * What a call of `track` takes for an event of a plan: the input, where it says whom it is about.
 *
 * @category models
 * @since 0.1.0
 */
export type TrackCall<P, Event extends EventName<P>> = TrackInput<P, Event> & Message.Identified

/**
 * What `page` takes for a page of a plan: `PageInput` of the core, with the properties of the page.
 *
 * @category models
 * @since 0.1.0
 */
export type PageInput<P, Name extends PageName<P>> = Omit<Message.PageInput, "name" | "properties"> &
  EventBody<DefinitionOf<P>, Named<EventsOf<P, "page">, Name>>

/**
 * What a call of `page` takes for a page of a plan: the input, where it says whom it is about.
 *
 * @category models
 * @since 0.1.0
 */
export type PageCall<P, Name extends PageName<P>> = PageInput<P, Name> & Message.Identified

/**
 * What `screen` takes for a screen of a plan: `ScreenInput` of the core, with the properties of the screen.
 *
 * @category models
 * @since 0.1.0
 */
export type ScreenInput<P, Name extends ScreenName<P>> = Omit<Message.ScreenInput, "name" | "properties"> &
  EventBody<DefinitionOf<P>, Named<EventsOf<P, "screen">, Name>>

/**
 * What a call of `screen` takes for a screen of a plan: the input, where it says whom it is about.
 *
 * @category models
 * @since 0.1.0
 */
export type ScreenCall<P, Name extends ScreenName<P>> = ScreenInput<P, Name> & Message.Identified

/**
 * What `identify` takes by a plan: `IdentifyInput` of the core, with the traits of the plan.
 *
 * @category models
 * @since 0.1.0
 */
export type IdentifyInput<P> = Omit<Message.IdentifyInput, "traits"> & TraitsBody<P, "identify", ReservedTraits>

/**
 * What `group` takes by a plan: `GroupInput` of the core, with the traits of the plan.
 *
 * @category models
 * @since 0.1.0
 */
export type GroupInput<P> = Omit<Message.GroupInput, "traits"> & TraitsBody<P, "group", ReservedGroupTraits>

/**
 * Each call that a plan may have, for what is planned as `P`, of whoever provides `R`.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface AllCalls<P, R> {
  /** Records what a person did: an event of the plan. */
  readonly track: <Event extends EventName<P>>(
    event: Event,
    input: TrackCall<P, Event>
  ) => Effect.Effect<Receipt, CallError, R>
  /** Says who a person is, with the traits of the plan. */
  readonly identify: (input: IdentifyInput<P> & Message.IdentifiedOrEmail) => Effect.Effect<Receipt, CallError, R>
  /** Puts a person into a group, or updates it, with the traits of the plan. */
  readonly group: (input: GroupInput<P>) => Effect.Effect<Receipt, CallError, R>
  /** Records that a person viewed a page of the plan. */
  readonly page: <Name extends PageName<P>>(
    name: Name,
    input: PageCall<P, Name>
  ) => Effect.Effect<Receipt, CallError, R>
  /** Records that a person viewed a screen of the plan. */
  readonly screen: <Name extends ScreenName<P>>(
    name: Name,
    input: ScreenCall<P, Name>
  ) => Effect.Effect<Receipt, CallError, R>
}

/**
 * The calls of a plan: those of the kinds that it has.
 *
 * @category models
 * @since 0.1.0
 */
export type Calls<P, D extends Definition, R = never> = Pick<AllCalls<P, R>, Extract<keyof AllCalls<P, R>, keyof D>>
