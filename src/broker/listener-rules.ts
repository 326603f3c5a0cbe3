// What holds for the connections of one listener: its limits, its mount point, who may come in by it and what they may do.
// A session keeps the rules of the listener that it last used, also while it is offline.

import type { Limits } from './limits.ts'
import type { Authenticator, Authorizer, ControlHandler } from './ports.ts'

/** One object per listener, for as long as the broker runs: what changes at a reload changes inside. */
export interface ListenerRules {
  /** By which the store knows this listener after a restart; '' = listeners without rules of their own. */
  readonly name: string
  /** The broker's limits with this listener's own laid over; changed by `Broker.setLimits` only. */
  readonly limits: Limits
  /** Put before every Topic Name and Topic Filter of this listener's clients, taken off on delivery; '' = none. */
  readonly mountPoint: string
  /** The user name becomes the Client Identifier; clients without one are refused. */
  readonly userNameAsClientId: boolean
  readonly authenticator: Authenticator
  /** Asked with the mount point before the topic, as in Mosquitto. */
  readonly authorizer: Authorizer
  /** By Topic Name, below `$CONTROL`, or OTHER_CONTROLS: nobody publishes to others there. Absent = none. */
  readonly controls?: ReadonlyMap<string, ControlHandler>
}

/**
 * Limits as a reload changes them: the broker's own, and those of every listener that had the broker's value so far.
 * `own` are the broker's, `others` the listeners'; all are changed in place, since connections hold them.
 */
export function changeLimits(own: Limits, others: Iterable<Limits>, changes: Partial<Limits>): void {
  const names = Object.keys(changes) as (keyof Limits)[]
  for (const limits of others) {
    if (limits === own) continue
    for (const name of names) if (limits[name] === own[name]) Object.assign(limits, { [name]: changes[name] })
  }
  Object.assign(own, changes)
}
