// How large a packet of each type may be, by direction and time: the tables that a Framer compares with.
// Entries are Remaining Lengths, -1 = this type may not come now. A fresh table each time: the framer's owner may change it.

import type { PacketType, ProtocolVersion } from './packet.ts'
import {
  Auth,
  Connack,
  Connect,
  Disconnect,
  Pingreq,
  Pingresp,
  Puback,
  Pubcomp,
  Publish,
  Pubrec,
  Pubrel,
  Suback,
  Subscribe,
  Unsuback,
  Unsubscribe,
} from './packet-type.ts'

/** What is accepted before and after the connection is made. */
export interface PacketSizes {
  readonly before: Int32Array
  readonly after: Int32Array
}

/** Bytes of a CONNECT, SUBSCRIBE, UNSUBSCRIBE or AUTH, and of a CONNACK: enough for every text at once but for abuse. */
const LARGEST_REQUEST = 100_000
/** Bytes of an acknowledgement or DISCONNECT: a few codes, a Reason String, some User Properties. */
const LARGEST_ANSWER = 10_000

/** Largest Remaining Length of all. */
export const LARGEST_REMAINING_LENGTH = 268_435_455

/** What a server accepts from a client of this version. Maximum Packet Size counts whole packets, in bytes; 0 = no limit. */
export function packetSizes(maximumPacketSize: number, version: ProtocolVersion = 5): PacketSizes {
  const publish = largestRemainingLength(maximumPacketSize)
  const rows: (readonly [PacketType, number])[] = [
    [Publish, publish],
    [Subscribe, LARGEST_REQUEST],
    [Unsubscribe, LARGEST_REQUEST],
    [Puback, LARGEST_ANSWER],
    [Pubrec, LARGEST_ANSWER],
    [Pubrel, LARGEST_ANSWER],
    [Pubcomp, LARGEST_ANSWER],
    [Pingreq, 0],
    [Disconnect, LARGEST_ANSWER],
  ]
  if (version === 5) rows.push([Auth, LARGEST_REQUEST])
  const before = table(LARGEST_REMAINING_LENGTH, [[Connect, LARGEST_REQUEST]]) // [MQTT-3.1.0-1]; the limit is not yet announced
  return { before, after: table(publish, rows) }
}

/** What a client accepts from its server. */
export function clientPacketSizes(maximumPacketSize: number, version: ProtocolVersion = 5): PacketSizes {
  const publish = largestRemainingLength(maximumPacketSize)
  const before: (readonly [PacketType, number])[] = [[Connack, LARGEST_REQUEST]] // [MQTT-3.2.0-1]
  const after: (readonly [PacketType, number])[] = [
    [Publish, publish],
    [Suback, LARGEST_REQUEST],
    [Unsuback, LARGEST_REQUEST],
    [Puback, LARGEST_ANSWER],
    [Pubrec, LARGEST_ANSWER],
    [Pubrel, LARGEST_ANSWER],
    [Pubcomp, LARGEST_ANSWER],
    [Pingresp, 0],
  ]
  if (version === 5) {
    before.push([Auth, LARGEST_REQUEST])
    after.push([Disconnect, LARGEST_ANSWER], [Auth, LARGEST_REQUEST])
  }
  return { before: table(publish, before), after: table(publish, after) }
}

/** Largest Remaining Length of a packet that has at most so many bytes in all; 0 bytes = no limit. */
export function largestRemainingLength(packetSize: number): number {
  if (packetSize === 0) return LARGEST_REMAINING_LENGTH
  let largest = 0
  for (let digits = 1, most = 127; digits <= 4; digits++, most = most * 128 + 127) largest = Math.max(largest, Math.min(packetSize - 1 - digits, most))
  return largest
}

/** No packet may be larger than `most`, whatever its type allows. */
function table(most: number, rows: readonly (readonly [PacketType, number])[]): Int32Array {
  const sizes = new Int32Array(16).fill(-1)
  for (const [type, largest] of rows) sizes[type] = Math.min(largest, most)
  return sizes
}
