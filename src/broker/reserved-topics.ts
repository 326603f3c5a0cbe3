// Topics that clients never publish to: the broker's own word about itself, its control interface, and what nobody can subscribe to.
// One exception, as in Mosquitto: a bridge tells its state where everybody looks for it.

const RESERVED = /^\$(?:(?:SYS|CONTROL)(?:\/|$)|share\/)/
const BRIDGE_STATE = /^\$SYS\/broker\/connection\/[^/]+\/state$/

/** `$SYS`, `$CONTROL` and what lies below `$share`, but for `$SYS/broker/connection/ID/state`. */
export function isReservedTopic(topicName: string): boolean {
  return RESERVED.test(topicName) && !BRIDGE_STATE.test(topicName)
}
