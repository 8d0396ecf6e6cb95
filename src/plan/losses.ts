/**
 * What a format cannot hold of a plan, or a plan of a format: told as a list, since what is lost in silence is found too late.
 *
 * @category models
 * @since 0.1.0
 */
export interface Loss {
  /** Where, such as `track.Order Completed.properties.total`. */
  readonly path: string
  /** What is lost there, and what is there instead. */
  readonly reason: string
}
