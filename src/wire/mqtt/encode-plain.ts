// The two packets of which a busy client sends thousands, written without a look at the tables: only their numbers are in them.
// encode.ts is the general way of the same; a law in the tests keeps the two alike.

import { writeTwoByte } from './encode-properties.ts'
import type { PublishAcknowledgement, Qos } from './packet.ts'
import * as PacketType from './packet-type.ts'
import { writeVarint } from './varint.ts'

/** Up to this many bytes, copying them one by one is faster than `set`. */
const SHORT = 48

/** Remaining Length of what `writeAliasedPublish` writes: an empty Topic Name, three bytes of Topic Alias behind their length, the payload. */
export function aliasedRemainingLength(qos: Qos, payload: Uint8Array): number {
  return (qos > 0 ? 8 : 6) + payload.length
}

/** PUBLISH of 5.0 with a Topic Alias in place of the Topic Name, and no other property. The caller has checked all values and made room; returns its end. */
export function writeAliasedPublish(
  qos: Qos,
  retain: boolean,
  packetId: number,
  alias: number,
  payload: Uint8Array,
  remaining: number,
  out: Uint8Array,
  at: number,
): number {
  out[at] = (PacketType.Publish << 4) | (qos << 1) | (retain ? 1 : 0)
  at = writeTwoByte(0, out, writeVarint(out, at + 1, remaining))
  if (qos > 0) at = writeTwoByte(packetId, out, at)
  out[at] = 3
  out[at + 1] = 0x23
  at = writeTwoByte(alias, out, at + 2)
  if (payload.length > SHORT) out.set(payload, at)
  else for (let i = 0; i < payload.length; i++) out[at + i] = payload[i]!
  return at + payload.length
}

/** An acknowledgement of success without properties: four bytes in all versions. */
export function writePlainAcknowledgement(type: PublishAcknowledgement['type'], packetId: number, out: Uint8Array, at: number): number {
  out[at] = (type << 4) | (type === PacketType.Pubrel ? 2 : 0) // [MQTT-3.6.1-1]
  out[at + 1] = 2
  return writeTwoByte(packetId, out, at + 2)
}
