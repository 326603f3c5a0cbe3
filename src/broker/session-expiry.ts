// How long a session outlives its connection [MQTT 5.0, section 3.1.2.11.2].
// Counting the time down is broker.ts' affair.

import type { Connect } from '../wire/mqtt/packet.ts'
import type { Limits } from './limits.ts'

/** Session Expiry Interval of a session that never ends by itself. */
export const FOR_EVER = 0xffffffff

/** Seconds; Clean Session 0 of 3.x means for ever, as far as the broker allows. */
export function expiryOf({ version, cleanStart, properties }: Connect, limits: Limits): number {
  const asked = version === 5 ? (properties.sessionExpiryInterval ?? 0) : cleanStart ? 0 : FOR_EVER
  return Math.min(asked, limits.maximumSessionExpiryInterval)
}
