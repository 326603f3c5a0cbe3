// SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK in [MQTT 3.1, 3.1.1 and 5.0, sections 3.8 to 3.11].
// A filter that comes out of here is valid; whether it may be subscribed to is the broker's affair.

import type { Cursor } from '../cursor.ts'
import { ProtocolError } from '../errors.ts'
import { readProperties } from './decode-properties.ts'
import type { ProtocolVersion, Qos, RetainHandling, Suback, Subscribe, SubscriptionRequest, Unsuback, Unsubscribe } from './packet.ts'
import * as PacketType from './packet-type.ts'
import { NO_PROPERTIES } from './properties.ts'
import { packetMayCarry } from './reason-codes.ts'
import { hasCorrectWildcards, isShared, parseSharedFilter } from './topics.ts'

export function decodeSubscribe(cursor: Cursor, version: ProtocolVersion): Subscribe {
  const packetId = readPacketId(cursor, 'SUBSCRIBE')
  const properties = version === 5 ? readProperties(cursor, PacketType.Subscribe, 'client') : NO_PROPERTIES
  const subscriptions: SubscriptionRequest[] = []
  if (cursor.at === cursor.end) throw new ProtocolError(0x81, 'SUBSCRIBE without a Topic Filter', 'MQTT-3.8.3-2', cursor.at) // [MQTT-3.8.3-2]
  while (cursor.at < cursor.end) subscriptions.push(readSubscription(cursor, version))
  return { type: PacketType.Subscribe, packetId, subscriptions, properties }
}

function readSubscription(cursor: Cursor, version: ProtocolVersion): SubscriptionRequest {
  const filterAt = cursor.at
  const topicFilter = readFilter(cursor) // [MQTT-3.8.3-1]
  const optionsAt = cursor.at
  const options = cursor.byte('Subscription Options')
  const qos = options & 3
  const noLocal = (options & 4) !== 0
  const retainHandling = (options >> 4) & 3
  if (qos === 3) throw new ProtocolError(0x81, 'QoS 3 in SUBSCRIBE', version === 5 ? 'MQTT-3.8.3-5' : 'MQTT3-3.8.3-4', optionsAt) // [MQTT3-3.8.3-4]
  if (version !== 5 && options > 3) throw new ProtocolError(0x81, `Subscription Options ${options}`, 'MQTT3-3.8.3-4', optionsAt)
  if (options > 63) throw new ProtocolError(0x81, 'reserved bits of the Subscription Options', 'MQTT-3.8.3-5', optionsAt) // [MQTT-3.8.3-5]
  if (retainHandling === 3) throw new ProtocolError(0x81, 'Retain Handling 3', 'MQTT-3.8.3-5', optionsAt)
  if (isShared(topicFilter)) {
    if (parseSharedFilter(topicFilter) === null) throw new ProtocolError(0x82, `shared subscription ${topicFilter}`, sharedClause(topicFilter), filterAt) // [MQTT-4.8.2-1, MQTT-4.8.2-2]
    if (noLocal) throw new ProtocolError(0x82, 'No Local with a shared subscription', 'MQTT-3.8.3-4', optionsAt) // [MQTT-3.8.3-4]
  }
  return { topicFilter, qos: qos as Qos, noLocal, retainAsPublished: (options & 8) !== 0, retainHandling: retainHandling as RetainHandling }
}

/** Share Name too short, or not followed by a filter. */
function sharedClause(topicFilter: string): string {
  return topicFilter.startsWith('$share//') ? 'MQTT-4.8.2-1' : 'MQTT-4.8.2-2'
}

function readFilter(cursor: Cursor): string {
  const start = cursor.at
  const topicFilter = cursor.text('Topic Filter')
  if (topicFilter === '') throw new ProtocolError(0x81, 'empty Topic Filter', 'MQTT-4.7.3-1', start) // [MQTT-4.7.3-1]
  if (!hasCorrectWildcards(topicFilter)) throw new ProtocolError(0x81, `wildcards of Topic Filter ${topicFilter}`, 'MQTT-4.7.1-1', start) // [MQTT-4.7.1-1, MQTT-4.7.1-2]
  return topicFilter
}

/** An incorrect shared filter is let through: it names a subscription that does not exist. */
export function decodeUnsubscribe(cursor: Cursor, version: ProtocolVersion): Unsubscribe {
  const packetId = readPacketId(cursor, 'UNSUBSCRIBE')
  const properties = version === 5 ? readProperties(cursor, PacketType.Unsubscribe, 'client') : NO_PROPERTIES
  const topicFilters: string[] = []
  if (cursor.at === cursor.end) throw new ProtocolError(0x81, 'UNSUBSCRIBE without a Topic Filter', 'MQTT-3.10.3-2', cursor.at) // [MQTT-3.10.3-2]
  while (cursor.at < cursor.end) topicFilters.push(readFilter(cursor)) // [MQTT-3.10.3-1]
  return { type: PacketType.Unsubscribe, packetId, topicFilters, properties }
}

export function decodeSuback(cursor: Cursor, version: ProtocolVersion): Suback {
  const packetId = readPacketId(cursor, 'SUBACK')
  const properties = version === 5 ? readProperties(cursor, PacketType.Suback, 'server') : NO_PROPERTIES
  const start = cursor.at
  const reasonCodes = [...cursor.rest()]
  if (reasonCodes.length === 0) throw new ProtocolError(0x81, 'SUBACK without a Reason Code', 'MQTT-3.9.3-1', start) // [MQTT-3.9.3-1]
  for (const code of reasonCodes) {
    if (version === 5 && !packetMayCarry(code, PacketType.Suback)) throw new ProtocolError(0x82, `SUBACK with Reason Code ${code}`, 'MQTT-3.9.3-2', start) // [MQTT-3.9.3-2]
    if (version !== 5 && code > 2 && code !== 0x80) throw new ProtocolError(0x81, `SUBACK with return code ${code}`, 'MQTT3-3.9.3-2', start) // [MQTT3-3.9.3-2]
  }
  return { type: PacketType.Suback, packetId, reasonCodes, properties }
}

export function decodeUnsuback(cursor: Cursor, version: ProtocolVersion): Unsuback {
  const packetId = readPacketId(cursor, 'UNSUBACK')
  if (version !== 5) {
    cursor.finish('UNSUBACK')
    return { type: PacketType.Unsuback, packetId, reasonCodes: [], properties: NO_PROPERTIES }
  }
  const properties = readProperties(cursor, PacketType.Unsuback, 'server')
  const start = cursor.at
  const reasonCodes = [...cursor.rest()]
  if (reasonCodes.length === 0) throw new ProtocolError(0x81, 'UNSUBACK without a Reason Code', 'MQTT-3.11.3-1', start) // [MQTT-3.11.3-1]
  for (const code of reasonCodes) {
    if (!packetMayCarry(code, PacketType.Unsuback)) throw new ProtocolError(0x82, `UNSUBACK with Reason Code ${code}`, 'MQTT-3.11.3-2', start) // [MQTT-3.11.3-2]
  }
  return { type: PacketType.Unsuback, packetId, reasonCodes, properties }
}

function readPacketId(cursor: Cursor, packet: string): number {
  const start = cursor.at
  const packetId = cursor.twoByte('Packet Identifier')
  if (packetId === 0) throw new ProtocolError(0x81, `${packet} with Packet Identifier 0`, 'MQTT-2.2.1-3', start) // [MQTT-2.2.1-3]
  return packetId
}
