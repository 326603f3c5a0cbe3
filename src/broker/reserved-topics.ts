// Topics that clients never publish to: the broker's own word about itself, and its control interface.
// One exception, as in Mosquitto: a bridge tells its state where everybody looks for it.

const RESERVED = /^\$(SYS|CONTROL)(\/|$)/
const BRIDGE_STATE = /^\$SYS\/broker\/connection\/[^/]+\/state$/

/** `$SYS` and `$CONTROL`, but for `$SYS/broker/connection/ID/state`. */
export function isReservedTopic(topicName: string): boolean {
  return RESERVED.test(topicName) && !BRIDGE_STATE.test(topicName)
}
