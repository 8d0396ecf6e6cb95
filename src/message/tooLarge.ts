import { nameCall } from "./callName.ts"
import { MessageTooLarge } from "./MessageError.ts"
import { own } from "./own.ts"
import type { Draft } from "./read.ts"

export const tooLarge = ({ type, message }: Draft, bytes: number, limit: number): MessageTooLarge =>
  new MessageTooLarge({ ...nameCall(type, own(message, "event")), bytes, limit })
