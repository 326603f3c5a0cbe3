// Message Expiry Interval of what has waited: forwarded with the time that is left [MQTT-3.3.2-6].
// Whether a message has expired is decided by whoever kept it: queue, retained set, QoS 2 release.

import { writeTwoByte } from './encode-properties.ts'
import { readRun } from './framer.ts'
import { PublishRun } from './publish-run.ts'

/** A copy of the selected packets with a Message Expiry Interval of `seconds`. The run must have one. */
export function aged(run: PublishRun, seconds: number): PublishRun {
  const copy = new PublishRun()
  readRun(copy, run.view().slice(), 0, run.end - run.start, run.version)
  for (const body of copy.bodies.subarray(copy.from, copy.to)) {
    const at = body + copy.expiryAt
    writeTwoByte(seconds & 0xffff, copy.bytes, writeTwoByte(seconds >>> 16, copy.bytes, at))
  }
  copy.expiry = seconds
  copy.topicId = run.topicId
  return copy
}
