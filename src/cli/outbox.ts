import * as Command from "effect/cli/Command"
import { outboxCommand } from "./outboxCommand.ts"
import { dead } from "./outboxDead.ts"
import { purge } from "./outboxPurge.ts"
import { relay } from "./outboxRelay.ts"
import { replay } from "./outboxReplay.ts"
import { schema } from "./outboxSchema.ts"
import { status } from "./outboxStatus.ts"

export const outbox = outboxCommand.pipe(
  Command.withDescription("What an outbox has: say how it is, deliver it, and see to what cannot be delivered"),
  Command.withSubcommands([status, dead, replay, purge, schema, relay])
)
