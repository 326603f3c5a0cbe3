// Packet → bytes [MQTT 3.1, 3.1.1 and 5.0, section 3]: sized first, which finds the caller's mistakes, then written once.
// The hot path of PUBLISH is encode-publish.ts. Reason Codes and properties that a 3.x packet has no place for are left out.

import { assertNever } from '../../base/assert.ts'
import { UsageError } from '../errors.ts'
import { connectSize, writeConnect } from './encode-connect.ts'
import { propertiesSize, textSize, writeProperties, writeText, writeTwoByte } from './encode-properties.ts'
import type { Packet, ProtocolVersion, Publish, PublishAcknowledgement, Subscribe, Unsubscribe } from './packet.ts'
import * as PacketType from './packet-type.ts'
import type { Properties, PropertyCarrier } from './properties.ts'
import { packetMayCarry } from './reason-codes.ts'
import { hasCorrectWildcards, hasWildcard, isTopicFilter } from './topics.ts'
import { varintSize, writeVarint } from './varint.ts'

/** All but what only servers send. */
export type ClientPacket = Exclude<Packet, { readonly type: 2 | 9 | 11 }>

/** The packet's bytes. A CONNECT is written in its own version. Throws UsageError naming what cannot be sent. */
export function encodePacket(packet: Packet, version: ProtocolVersion): Uint8Array {
  const remaining = remainingLength(packet, version)
  const out = new Uint8Array(1 + varintSize(remaining) + remaining)
  write(packet, version, remaining, out, 0)
  return out
}

/** Bytes that the packet takes. Throws UsageError. */
export function encodedSize(packet: Packet, version: ProtocolVersion): number {
  const remaining = remainingLength(packet, version)
  return 1 + varintSize(remaining) + remaining
}

/** Writes the packet at `at`, where there must be room for `encodedSize`; returns where it ends. Throws UsageError before the first byte is written. */
export function encodeInto(packet: Packet, version: ProtocolVersion, out: Uint8Array, at: number): number {
  const remaining = remainingLength(packet, version)
  const end = at + 1 + varintSize(remaining) + remaining
  if (end > out.length) throw new UsageError(`packet of ${end - at} bytes at ${at}: the room ends at ${out.length}`)
  return write(packet, version, remaining, out, at)
}

/** Remaining Length of what clients send. Throws UsageError naming what cannot be sent. */
export function clientRemainingLength(packet: ClientPacket, version: ProtocolVersion): number {
  return checkedLength(requestSize(packet, version))
}

/**
 * As `encodeInto`, of what clients send: all that a client needs, which is smaller where size counts. `remaining` is what `clientRemainingLength` said;
 * there must be room for `packetSize` of it.
 */
export function encodeClientInto(packet: ClientPacket, version: ProtocolVersion, remaining: number, out: Uint8Array, at: number): number {
  return writeRequest(packet, version, at + packetSize(remaining), out, writeHead(packet, remaining, out, at))
}

/** Bytes of a packet with this Remaining Length. */
export function packetSize(remaining: number): number {
  return 1 + varintSize(remaining) + remaining
}

function remainingLength(packet: Packet, version: ProtocolVersion): number {
  return checkedLength(bodySize(packet, version))
}

function checkedLength(size: number): number {
  if (size > 268_435_455) throw new UsageError(`packet of ${size} bytes: at most 268435455`)
  return size
}

function bodySize(packet: Packet, version: ProtocolVersion): number {
  switch (packet.type) {
    case PacketType.Connack:
      if (version !== 5 && !(packet.reasonCode >= 0 && packet.reasonCode <= 5))
        throw new UsageError(`CONNACK return code ${packet.reasonCode}: must be 0 to 5 before MQTT 5.0`)
      if (packet.sessionPresent && packet.reasonCode !== 0)
        throw new UsageError(`CONNACK with Session Present and Reason Code ${packet.reasonCode}: a refusal has no session`) // [MQTT-3.2.2-6]
      checkReason(packet.reasonCode, PacketType.Connack, version)
      return 2 + propertiesField(packet.properties, PacketType.Connack, version)
    case PacketType.Suback:
    case PacketType.Unsuback:
      checkPacketId(packet.packetId, packet.type)
      for (const code of packet.reasonCodes) checkReason(code, packet.type, version)
      if (packet.reasonCodes.length === 0 && (version === 5 || packet.type === PacketType.Suback))
        throw new UsageError(`packet type ${packet.type} without Reason Codes: one for each Topic Filter`)
      return (
        2 + propertiesField(packet.properties, packet.type, version) + (version !== 5 && packet.type === PacketType.Unsuback ? 0 : packet.reasonCodes.length)
      )
    default:
      return requestSize(packet, version)
  }
}

/** What clients send; PINGRESP is as easily written. */
function requestSize(packet: ClientPacket, version: ProtocolVersion): number {
  switch (packet.type) {
    case PacketType.Connect:
      return connectSize(packet)
    case PacketType.Publish:
      return publishSize(packet, version)
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp:
      checkPacketId(packet.packetId, packet.type)
      checkReason(packet.reasonCode, packet.type, version)
      return 2 + reasonSize(packet.reasonCode, packet.properties, packet.type, version)
    case PacketType.Subscribe:
      return subscribeSize(packet, version)
    case PacketType.Unsubscribe:
      return unsubscribeSize(packet, version)
    case PacketType.Pingreq:
    case PacketType.Pingresp:
      return 0
    case PacketType.Disconnect:
      checkReason(packet.reasonCode, PacketType.Disconnect, version)
      return reasonSize(packet.reasonCode, packet.properties, PacketType.Disconnect, version)
    case PacketType.Auth:
      if (version !== 5) throw new UsageError(`AUTH in MQTT version ${version}: only 5 has it`)
      checkReason(packet.reasonCode, PacketType.Auth, version)
      return reasonSize(packet.reasonCode, packet.properties, PacketType.Auth, version)
    default:
      return assertNever(packet)
  }
}

function publishSize(packet: Publish, version: ProtocolVersion): number {
  const { qos, packetId, topicName } = packet
  if (qos !== 0 && qos !== 1 && qos !== 2) throw new UsageError(`QoS ${String(qos)}: must be 0, 1 or 2`) // [MQTT-3.3.1-4]
  if (qos > 0) checkPacketId(packetId, PacketType.Publish)
  else if (packetId !== 0) throw new UsageError(`Packet Identifier ${packetId} with QoS 0: must be 0`) // [MQTT-2.2.1-2]
  if (qos === 0 && packet.dup) throw new UsageError('DUP with QoS 0') // [MQTT-3.3.1-2]
  if (hasWildcard(topicName)) throw new UsageError(`Topic Name '${topicName}': wildcards are for filters`) // [MQTT-3.3.2-2]
  if (topicName === '' && (version !== 5 || packet.properties.topicAlias === undefined))
    throw new UsageError('Topic Name empty: only with a Topic Alias of MQTT 5.0') // [MQTT-4.7.3-1]
  return textSize(topicName, 'Topic Name') + (qos > 0 ? 2 : 0) + propertiesField(packet.properties, PacketType.Publish, version) + packet.payload.length
}

function subscribeSize(packet: Subscribe, version: ProtocolVersion): number {
  checkPacketId(packet.packetId, PacketType.Subscribe)
  if (packet.subscriptions.length === 0) throw new UsageError('SUBSCRIBE without a Topic Filter: at least one') // [MQTT-3.8.3-2]
  let size = 2 + propertiesField(packet.properties, PacketType.Subscribe, version)
  for (const { topicFilter, qos, retainHandling, noLocal } of packet.subscriptions) {
    if (!isTopicFilter(topicFilter)) throw new UsageError(`Topic Filter '${topicFilter}': not a valid one`) // [MQTT-4.7.1-1, MQTT-4.7.1-2]
    if (qos !== 0 && qos !== 1 && qos !== 2) throw new UsageError(`QoS ${String(qos)}: must be 0, 1 or 2`)
    if (retainHandling !== 0 && retainHandling !== 1 && retainHandling !== 2)
      throw new UsageError(`Retain Handling ${String(retainHandling)}: must be 0, 1 or 2`)
    if (version === 5 && noLocal && topicFilter.startsWith('$share/')) throw new UsageError(`No Local with ${topicFilter}: not for shared subscriptions`) // [MQTT-3.8.3-4]
    size += textSize(topicFilter, 'Topic Filter') + 1
  }
  return size
}

function unsubscribeSize(packet: Unsubscribe, version: ProtocolVersion): number {
  checkPacketId(packet.packetId, PacketType.Unsubscribe)
  if (packet.topicFilters.length === 0) throw new UsageError('UNSUBSCRIBE without a Topic Filter: at least one') // [MQTT-3.10.3-2]
  let size = 2 + propertiesField(packet.properties, PacketType.Unsubscribe, version)
  for (const topicFilter of packet.topicFilters) {
    if (!hasCorrectWildcards(topicFilter)) throw new UsageError(`Topic Filter '${topicFilter}': not a valid one`)
    size += textSize(topicFilter, 'Topic Filter')
  }
  return size
}

/** Property Length and properties; nothing before 5.0. */
function propertiesField(properties: Properties, carrier: PropertyCarrier, version: ProtocolVersion): number {
  if (version !== 5) return 0
  const size = propertiesSize(properties, carrier)
  return varintSize(size) + size
}

/** Reason Code and properties, both left out where they say nothing [sections 3.4.2.1, 3.14.2.1, 3.15.2.1]. */
function reasonSize(reasonCode: number, properties: Properties, carrier: Packet['type'], version: ProtocolVersion): number {
  if (version !== 5) return 0
  const size = propertiesSize(properties, carrier)
  return size > 0 ? 1 + varintSize(size) + size : reasonCode !== 0 ? 1 : 0
}

function checkPacketId(packetId: number, type: Packet['type']): void {
  if (!Number.isInteger(packetId) || packetId < 1 || packetId > 65535)
    throw new UsageError(`Packet Identifier ${packetId} in packet type ${type}: must be 1 to 65535`) // [MQTT-2.2.1-3, MQTT-2.2.1-4]
}

function checkReason(code: number, type: Packet['type'], version: ProtocolVersion): void {
  if (version === 5 ? !packetMayCarry(code, type) : type === PacketType.Suback && code !== 0x80 && !(code >= 0 && code <= 2)) {
    throw new UsageError(`Reason Code ${code} in packet type ${type}: not allowed there`)
  }
}

function write(packet: Packet, version: ProtocolVersion, remaining: number, out: Uint8Array, at: number): number {
  const end = at + 1 + varintSize(remaining) + remaining
  at = writeHead(packet, remaining, out, at)
  switch (packet.type) {
    case PacketType.Connack:
      out[at] = version !== 3 && packet.sessionPresent ? 1 : 0 // 3.1 has a reserved byte here
      out[at + 1] = packet.reasonCode
      return version === 5 ? writeSized(packet.properties, PacketType.Connack, out, at + 2) : at + 2
    case PacketType.Suback:
    case PacketType.Unsuback:
      at = writeTwoByte(packet.packetId, out, at)
      if (version === 5) at = writeSized(packet.properties, packet.type, out, at)
      if (version === 5 || packet.type === PacketType.Suback) out.set(packet.reasonCodes, at)
      return end
    default:
      return writeRequest(packet, version, end, out, at)
  }
}

function writeHead(packet: Packet, remaining: number, out: Uint8Array, at: number): number {
  out[at] = firstByte(packet)
  return writeVarint(out, at + 1, remaining)
}

function writeRequest(packet: ClientPacket, version: ProtocolVersion, end: number, out: Uint8Array, at: number): number {
  switch (packet.type) {
    case PacketType.Connect:
      return writeConnect(packet, out, at)
    case PacketType.Publish:
      at = writeText(packet.topicName, out, at)
      if (packet.qos > 0) at = writeTwoByte(packet.packetId, out, at)
      if (version === 5) at = writeSized(packet.properties, PacketType.Publish, out, at)
      out.set(packet.payload, at)
      return end
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp:
      return writeReason(packet, out, writeTwoByte(packet.packetId, out, at), end)
    case PacketType.Subscribe:
      at = writeTwoByte(packet.packetId, out, at)
      if (version === 5) at = writeSized(packet.properties, PacketType.Subscribe, out, at)
      for (const { topicFilter, qos, noLocal, retainAsPublished, retainHandling } of packet.subscriptions) {
        at = writeText(topicFilter, out, at)
        out[at++] = version === 5 ? qos | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4) : qos
      }
      return end
    case PacketType.Unsubscribe:
      at = writeTwoByte(packet.packetId, out, at)
      if (version === 5) at = writeSized(packet.properties, PacketType.Unsubscribe, out, at)
      for (const topicFilter of packet.topicFilters) at = writeText(topicFilter, out, at)
      return end
    case PacketType.Pingreq:
    case PacketType.Pingresp:
      return end
    case PacketType.Disconnect:
    case PacketType.Auth:
      return writeReason(packet, out, at, end)
    default:
      return assertNever(packet)
  }
}

/** Type and flags [MQTT-2.1.3-1]. */
function firstByte(packet: Packet): number {
  if (packet.type === PacketType.Publish) return 0x30 | (packet.dup ? 8 : 0) | (packet.qos << 1) | (packet.retain ? 1 : 0)
  return (packet.type << 4) | (packet.type === PacketType.Pubrel || packet.type === PacketType.Subscribe || packet.type === PacketType.Unsubscribe ? 2 : 0) // [MQTT-3.6.1-1, MQTT-3.8.1-1, MQTT-3.10.1-1]
}

function writeSized(properties: Properties, carrier: PropertyCarrier, out: Uint8Array, at: number): number {
  return writeProperties(properties, propertiesSize(properties, carrier), out, at)
}

/** As much as there is room for: `end` was found by `reasonSize`. */
function writeReason(
  packet: { type: PublishAcknowledgement['type'] | typeof PacketType.Disconnect | typeof PacketType.Auth; reasonCode: number; properties: Properties },
  out: Uint8Array,
  at: number,
  end: number,
): number {
  if (at === end) return end
  out[at++] = packet.reasonCode
  return at === end ? end : writeSized(packet.properties, packet.type, out, at)
}
