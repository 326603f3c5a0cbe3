// A retained message as it is found, and as a run to be delivered.
// Where it is kept is retained.ts.

import { aged } from '../../wire/mqtt/aged-run.ts'
import { readRun } from '../../wire/mqtt/framer.ts'
import type { PublishRun, WireVersion } from '../../wire/mqtt/publish-run.ts'
import type { Authorizer } from '../ports.ts'

/** A view: void as soon as anything retained changes. */
export interface RetainedMessage {
  readonly topicName: string
  /** One PUBLISH packet, without Topic Alias. */
  readonly bytes: Uint8Array
  readonly version: WireVersion
  /** Milliseconds of the broker's clock; Infinity without Message Expiry Interval and without a limit of the broker. */
  readonly expires: number
  /** Who published it, to ask again whether that was allowed; all null for the broker itself. */
  readonly clientId: string | null
  readonly userName: string | null
  readonly authorizer: Authorizer | null
}

/**
 * The message as a run to be delivered at `now`, with what is left of its Message Expiry Interval [MQTT-3.3.2-6]. Fills and returns
 * `run` where nothing must change; it then borrows the message's bytes. `seconds` is how long the broker keeps it at most, 0 = no limit.
 */
export function retainedRun(message: RetainedMessage, now: number, run: PublishRun, seconds = 0): PublishRun {
  readRun(run, message.bytes, 0, message.bytes.length, message.version)
  if (run.expiry < 0) return run
  const kept = seconds === 0 ? run.expiry : Math.min(run.expiry, seconds)
  const waited = Math.max(0, kept - (message.expires - now) / 1000)
  return aged(run, Math.max(1, Math.ceil(run.expiry - waited)))
}
