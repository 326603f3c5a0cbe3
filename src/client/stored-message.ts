// Messages of a client's session as bytes, for stores: the packet of MQTT 5.0 that they are, and how far they have come.
// file-store.ts and web-store.ts keep them.

import type { JournaledDelivery } from '../session/client-journal.ts'
import { decodePacket } from '../wire/mqtt/decode.ts'
import { encodePacket } from '../wire/mqtt/encode.ts'
import type { Publish } from '../wire/mqtt/packet.ts'
import * as PacketType from '../wire/mqtt/packet-type.ts'
import { MqttError } from './errors.ts'

/** Packet Identifier (two bytes), whether PUBREC has come, PUBLISH. */
export function deliveryBytes({ message, packetId, isReleased }: JournaledDelivery): Uint8Array {
  const { topicAlias: _, ...properties } = message.properties // ends with its connection
  const { topicName, qos, retain } = message
  const payload = isReleased ? new Uint8Array(0) : message.payload // never sent again
  const packet = encodePacket({ type: PacketType.Publish, topicName, payload, qos, retain, dup: false, packetId: packetId === 0 ? 1 : packetId, properties }, 5)
  const bytes = new Uint8Array(3 + packet.length)
  bytes[0] = packetId >> 8
  bytes[1] = packetId & 255
  bytes[2] = isReleased ? 1 : 0
  bytes.set(packet, 3)
  return bytes
}

/** @throws MqttError STORE_FAILED */
export function deliveryOf(key: number, bytes: Uint8Array): JournaledDelivery {
  const { topicName, payload, qos, retain, properties } = publishOf(bytes.subarray(3))
  return { key, message: { topicName, payload, qos, retain, properties }, packetId: (bytes[0]! << 8) | bytes[1]!, isReleased: bytes[2] === 1 }
}

export function publishBytes(publish: Publish): Uint8Array {
  const { topicAlias: _, ...properties } = publish.properties
  return encodePacket({ ...publish, properties }, 5)
}

/** @throws MqttError STORE_FAILED */
export function publishOf(bytes: Uint8Array): Publish {
  let at = 1
  while (at < 4 && bytes[at]! >= 128) at++
  try {
    return decodePacket(bytes[0] ?? 0, bytes, at + 1, bytes.length, 5, 'server') as Publish
  } catch (error) {
    throw new MqttError('STORE_FAILED', 'a stored message cannot be read', { hint: 'was the store written by something else?', cause: error })
  }
}
