import * as Command from "effect/cli/Command"
import { check } from "./planCheck.ts"
import { diff } from "./planDiff.ts"
import { exportPlan, importPlan } from "./planExport.ts"
import { infer } from "./planInfer.ts"

export const plan = Command.make("plan").pipe(
  Command.withDescription("Tracking plans: write, read, infer and compare them, and hold messages against them"),
  Command.withSubcommands([exportPlan, importPlan, check, infer, diff])
)
