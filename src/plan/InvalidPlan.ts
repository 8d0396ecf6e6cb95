import * as Schema from "effect/Schema"

/**
 * A plan cannot be made: two events of one name, a Schema that JSON has no form for, a name that Customer.io reads specially.
 * It is thrown where the plan is made, which is when its module is loaded.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidPlan extends Schema.TaggedError<InvalidPlan>()("InvalidPlan", {
  /** The plan's name. */
  plan: Schema.String,
  /** Where in the plan, such as `track["Order Completed"].properties.total`; empty when it is the plan as a whole. */
  path: Schema.String,
  /** What is wrong there. */
  reason: Schema.String
}) {
  override get message(): string {
    return `Invalid plan ${JSON.stringify(this.plan)}${this.path === "" ? "" : ` at ${this.path}`}: ${this.reason}`
  }
}
