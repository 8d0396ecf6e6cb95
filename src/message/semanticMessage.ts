import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import { type CallName, nameCall } from "./callName.ts"
import type { EventContextInput } from "./EventContext.ts"
import { describeIssue } from "./issue.ts"
import { isPresent, namesNobody } from "./Message.ts"
import { InvalidMessage, UnserializableMessage } from "./MessageError.ts"
import type { GroupInput, Identified, PersonInput, TrackInput } from "./MessageInput.ts"
import type { AnyRecord } from "./open.ts"
import { own, ownProperties } from "./own.ts"
import * as SemanticEvent from "./SemanticEvent.ts"
import { semanticNames } from "./semanticNames.ts"
import { unlessItThrows } from "./unlessItThrows.ts"
import { isRecord } from "./wire.ts"

/** What a semantic event is in the terms of a plain call, which has yet to look at all that is common to both. */
export interface Semantic<Message> {
  readonly message: Message
  /** Merged under the message's own, which says what the event is about. */
  readonly context?: EventContextInput | undefined
  /** Where in the message what was given stands, where that is another place: by the place in the message. */
  readonly places?: Places
}

/** What is at a place of the message was given at another one. */
type Places = ReadonlyArray<readonly [inMessage: string, given: string]>

/** Reads what a function of `SemanticEvents` was given. */
export type Read<Input, Message> = (
  input: Input
) => Result.Result<Semantic<Message>, InvalidMessage | UnserializableMessage>

interface Misfit {
  readonly path: string
  readonly reason: string
}

const shared = Schema.optional(Schema.Unknown)

/**
 * Asks only for what the plain call does not know. All else is the plain call's to judge, which knows more forms of it than a
 * Schema does.
 */
const makeRead = <Input extends object, Message>(
  call: CallName,
  { fields }: { readonly fields: object },
  ownFields: Schema.Struct.Fields,
  make: (input: Input) => Semantic<Message>,
  find: (input: Input) => Misfit | undefined = () => undefined
): Read<Input, Message> => {
  const others = Object.fromEntries(Object.keys(fields).map((name) => [name, shared]))
  const judge = Schema.Struct({ ...others, ...ownFields })
  const parse = SchemaParser.decodeUnknownResult(Schema.toType(judge), { onExcessProperty: "error" })
  const read = (input: Input): Result.Result<Semantic<Message>, InvalidMessage> => {
    if (typeof input !== "object" || input === null || Array.isArray(input)) {
      return Result.fail(new InvalidMessage({ ...call, path: "", reason: "Expected an object" }))
    }
    const given = ownProperties(input)
    const parsed = parse(given)
    const misfit = Result.isFailure(parsed) ? describeIssue(parsed.failure) : find(given)
    return misfit === undefined ? Result.succeed(make(given)) : Result.fail(new InvalidMessage({ ...call, ...misfit }))
  }
  return (input) =>
    unlessItThrows(
      () => call,
      () => read(input)
    )
}

const track = (event: string): CallName => nameCall("track", event)
const group = nameCall("group", undefined)

type Problem = { readonly path: ReadonlyArray<PropertyKey>; readonly issue: string } | undefined

/** It is put together with what the function says itself. */
const record = (find: (value: AnyRecord) => Problem) =>
  Schema.optional(
    Schema.Unknown.check(
      Schema.makeFilter((value) => {
        if (value === undefined) return undefined
        return isRecord(value) ? find(value) : noRecord
      })
    )
  )

const noRecord = "Expected an object"

/** So is the device in it. */
const context = record((context) => {
  const device = own(context, "device") ?? undefined
  return device === undefined || isRecord(device) ? undefined : { path: ["device"], issue: noRecord }
})

const { ownFields } = SemanticEvent

const tokenPlaces: Places = [["context.device.token", "token"]]
const objectIdPlaces: Places = [["properties.objectId", "objectId"]]

const makeReadPerson = (event: string, schema: { readonly fields: object }) =>
  makeRead<SemanticEvent.DeletePersonInput & Identified, TrackInput & Identified>(
    track(event),
    schema,
    {},
    (input) => ({
      message: { ...input, event }
    })
  )

export const readDeletePerson = makeReadPerson(semanticNames.deletePerson, SemanticEvent.DeletePerson)
export const readSuppressPerson = makeReadPerson(semanticNames.suppressPerson, SemanticEvent.SuppressPerson)
export const readUnsuppressPerson = makeReadPerson(semanticNames.unsuppressPerson, SemanticEvent.UnsuppressPerson)

export const readRegisterDevice = makeRead<SemanticEvent.RegisterDeviceInput & Identified, TrackInput & Identified>(
  track(semanticNames.registerDevice),
  SemanticEvent.RegisterDevice,
  { ...ownFields.registerDevice, context },
  ({ token, type, id, manufacturer, model, name, version, advertisingId, context, ...rest }) => {
    const device = { token, type, id, manufacturer, model, name, version, advertisingId }
    return {
      message: { ...rest, event: semanticNames.registerDevice, context: { device } },
      context,
      places: tokenPlaces
    }
  }
)

export const readDeleteDevice = makeRead<SemanticEvent.DeleteDeviceInput & Identified, TrackInput & Identified>(
  track(semanticNames.deleteDevice),
  SemanticEvent.DeleteDevice,
  { ...ownFields.deleteDevice, context },
  ({ token, context, ...rest }) => ({
    message: { ...rest, event: semanticNames.deleteDevice, context: { device: { token } } },
    context,
    places: tokenPlaces
  })
)

const asText = (objectTypeId: string | number = "1"): string => String(objectTypeId)

export const readSetObject = makeRead<SemanticEvent.SetObjectInput, GroupInput>(
  group,
  SemanticEvent.SetObject,
  { ...ownFields.object, traits: record(SemanticEvent.checkObjectTraits) },
  ({ objectId, objectTypeId, traits, ...rest }) => ({
    message: { ...rest, groupId: objectId, traits: { ...traits, objectTypeId: asText(objectTypeId) } },
    places: [["groupId", "objectId"]]
  })
)

export const readRelate = makeRead<SemanticEvent.RelateInput & Identified, GroupInput>(
  group,
  SemanticEvent.Relate,
  ownFields.relate,
  ({ objectId, objectTypeId, relationshipAttributes, ...rest }) => ({
    message: { ...rest, groupId: objectId, traits: { objectTypeId: asText(objectTypeId), relationshipAttributes } },
    places: [
      ["groupId", "objectId"],
      ["traits.relationshipAttributes", "relationshipAttributes"]
    ]
  }),
  // A group without a person is right, and relates nobody.
  ({ userId, anonymousId }) =>
    isPresent(userId) || isPresent(anonymousId) ? undefined : { path: "userId", reason: namesNobody }
)

export const readUnrelate = makeRead<SemanticEvent.UnrelateInput & Identified, TrackInput & Identified>(
  track(semanticNames.unrelate),
  SemanticEvent.Unrelate,
  ownFields.object,
  ({ objectId, objectTypeId, ...rest }) => ({
    message: { ...rest, event: semanticNames.unrelate, properties: { objectId, objectTypeId: asText(objectTypeId) } },
    places: objectIdPlaces
  })
)

/** The API asks for an id of a person also where an event is about none, and takes any. */
const anyId = (
  { userId, anonymousId = "" }: PersonInput,
  id: string,
  name: string
): { readonly anonymousId: string; readonly places: Places } =>
  isPresent(userId) || isPresent(anonymousId)
    ? { anonymousId, places: [] }
    : { anonymousId: id, places: [["anonymousId", name]] }

export const readDeleteObject = makeRead<SemanticEvent.DeleteObjectInput, TrackInput & Identified>(
  track(semanticNames.deleteObject),
  SemanticEvent.DeleteObject,
  ownFields.object,
  ({ objectId, objectTypeId, ...rest }) => {
    const { anonymousId, places } = anyId(rest, objectId, "objectId")
    const properties = { objectId, objectTypeId: asText(objectTypeId) }
    return {
      message: { ...rest, anonymousId, event: semanticNames.deleteObject, properties },
      places: [...places, ...objectIdPlaces]
    }
  }
)

export const readReportDelivery = makeRead<SemanticEvent.ReportDeliveryInput, TrackInput & Identified>(
  track(semanticNames.reportDelivery),
  SemanticEvent.ReportDelivery,
  ownFields.reportDelivery,
  ({ deliveryId, metric, recipient, href, reason, actionName, actionValue, ...rest }) => {
    const { anonymousId, places } = anyId(rest, deliveryId, "deliveryId")
    const properties = { deliveryId, metric, recipient, href, reason, actionName, actionValue }
    return {
      message: { ...rest, anonymousId, event: semanticNames.reportDelivery, properties },
      places: [...places, ["properties.deliveryId", "deliveryId"]]
    }
  }
)

/** The same failure, by the names of what was given. */
export const renamed = <E extends { readonly _tag: string }>(
  error: E,
  places: Places
): E | InvalidMessage | UnserializableMessage => {
  if (!(error instanceof InvalidMessage || error instanceof UnserializableMessage)) return error
  for (const [inMessage, given] of places) {
    const rest = error.path.slice(inMessage.length)
    if (!error.path.startsWith(inMessage) || !/^(?:$|[.[])/.test(rest)) continue
    const path = given + rest
    return error instanceof InvalidMessage
      ? new InvalidMessage({ ...error, path })
      : new UnserializableMessage({ ...error, path })
  }
  return error
}
