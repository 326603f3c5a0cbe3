// Which packet types a server takes in which state of a connection: the framer's tables, made once for all connections with one limit.
// Sizes themselves: wire/mqtt/packet-sizes.ts.

import { PacketType } from '../wire/mqtt/packet.ts'
import { packetSizes } from '../wire/mqtt/packet-sizes.ts'

/** Largest Remaining Length by packet type; -1 = not now. */
export interface ServerPacketSizes {
  readonly beforeConnect: Int32Array
  /** During an enhanced authentication: AUTH and DISCONNECT only [MQTT-3.1.2-30]. */
  readonly authenticating: Int32Array
  /** 3.1 and 3.1.1. */
  readonly connected: Int32Array
  readonly connected5: Int32Array
}

/** `maximumPacketSize` in bytes, of whole packets. */
export function serverPacketSizes(maximumPacketSize: number): ServerPacketSizes {
  const { before, after } = packetSizes(maximumPacketSize, 5)
  const authenticating = new Int32Array(16).fill(-1)
  for (const type of [PacketType.Auth, PacketType.Disconnect]) authenticating[type] = after[type]!
  return { beforeConnect: before, authenticating, connected: packetSizes(maximumPacketSize, 4).after, connected5: after }
}
