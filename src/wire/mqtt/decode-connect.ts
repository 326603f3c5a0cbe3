// CONNECT and CONNACK in [MQTT 3.1, 3.1.1 and 5.0, sections 3.1 and 3.2].
// What a well-formed CONNECT may ask for (empty Client Identifier, versions in use) is session/server-connection's affair.

import type { Cursor } from '../cursor.ts'
import { ProtocolError } from '../errors.ts'
import { readProperties } from './decode-properties.ts'
import type { Connack, Connect, ProtocolVersion, Qos, Will } from './packet.ts'
import * as PacketType from './packet-type.ts'
import { NO_PROPERTIES } from './properties.ts'
import { packetMayCarry } from './reason-codes.ts'
import { hasWildcard } from './topics.ts'

/** Throws ProtocolError; 0x84 when it is another protocol or another version of it. In 3.1 the flags of the first byte and the reserved bit mean nothing. */
export function decodeConnect(header: number, cursor: Cursor): Connect {
  const start = cursor.at
  const name = cursor.text('Protocol Name')
  if (name !== 'MQTT' && name !== 'MQIsdp') throw new ProtocolError(0x84, `Protocol Name '${name.slice(0, 20)}'`, 'MQTT-3.1.2-1', start) // [MQTT-3.1.2-1]
  const levelAt = cursor.at
  const levelByte = cursor.byte('Protocol Version')
  const version = versionOf(name, levelByte & 0x7f, levelAt)
  if ((header & 15) !== 0 && version !== 3) throw new ProtocolError(0x81, `CONNECT with flags ${header & 15}`, 'MQTT-2.1.3-1') // [MQTT-2.1.3-1]
  const flagsAt = cursor.at
  const flags = cursor.byte('Connect Flags')
  checkConnectFlags(flags, version, flagsAt)
  const keepAlive = cursor.twoByte('Keep Alive')
  const properties = version === 5 ? readProperties(cursor, PacketType.Connect, 'client') : NO_PROPERTIES
  const clientId = version === 5 ? readClientId(cursor) : cursor.text('Client Identifier') // [MQTT-3.1.3-1, MQTT-3.1.3-3, MQTT-3.1.3-4]
  const will = (flags & 4) !== 0 ? readWill(cursor, flags, version) : null // [MQTT-3.1.2-9]
  // 3.1: a flag whose field is missing says nothing, the Remaining Length decides.
  const absent = version === 3 && cursor.at === cursor.end
  const userName = (flags & 0x80) !== 0 && !absent ? unanswered(() => cursor.text('User Name')) : null // [MQTT-3.1.2-16, MQTT-3.1.2-17]
  const hasPassword = (flags & 0x40) !== 0 && !(version === 3 && cursor.at === cursor.end)
  const password = hasPassword ? unanswered(() => cursor.binary('Password')) : null // [MQTT-3.1.2-18, MQTT-3.1.2-19]
  cursor.finish('CONNECT')
  return {
    type: PacketType.Connect,
    version,
    bridge: (levelByte & 0x80) !== 0,
    cleanStart: (flags & 2) !== 0,
    keepAlive,
    clientId,
    will,
    userName,
    password,
    properties,
  }
}

/** 5.0: one whose text is no Client Identifier is refused as such, not as a packet that cannot be read. */
function readClientId(cursor: Cursor): string {
  const start = cursor.at
  try {
    return cursor.text('Client Identifier')
  } catch (error) {
    if (!(error instanceof ProtocolError) || cursor.at <= start + 2) throw error
    throw new ProtocolError(0x85, `Client Identifier: ${error.message}`, error.clause, start)
  }
}

/** Faults of the credentials close the connection without a word, as in Mosquitto. */
function unanswered<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof ProtocolError ? new ProtocolError(error.reasonCode, error.message, error.clause, error.offset, false) : error
  }
}

function versionOf(name: string, level: number, at: number): ProtocolVersion {
  if (name === 'MQIsdp' && level === 3) return 3
  if (name === 'MQTT' && (level === 4 || level === 5)) return level
  throw new ProtocolError(0x84, `Protocol Version ${level} of ${name}`, 'MQTT-3.1.2-2', at) // [MQTT-3.1.2-2]
}

function checkConnectFlags(flags: number, version: ProtocolVersion, at: number): void {
  const willQos = (flags >> 3) & 3
  if ((flags & 1) !== 0 && version !== 3) throw new ProtocolError(0x81, 'reserved bit of the Connect Flags', 'MQTT-3.1.2-3', at) // [MQTT-3.1.2-3]
  if (willQos === 3) throw new ProtocolError(0x81, 'Will QoS 3', 'MQTT-3.1.2-12', at) // [MQTT-3.1.2-12]
  if ((flags & 4) === 0 && willQos !== 0) throw new ProtocolError(0x81, 'Will QoS without a Will', 'MQTT-3.1.2-11', at) // [MQTT-3.1.2-11]
  if ((flags & 4) === 0 && (flags & 0x20) !== 0) throw new ProtocolError(0x81, 'Will Retain without a Will', 'MQTT-3.1.2-13', at) // [MQTT-3.1.2-13]
  if (version !== 5 && (flags & 0xc0) === 0x40) throw new ProtocolError(0x81, 'Password without User Name', 'MQTT3-3.1.2-22', at) // [MQTT3-3.1.2-22]
}

function readWill(cursor: Cursor, flags: number, version: ProtocolVersion): Will {
  const properties = version === 5 ? readProperties(cursor, 'will', 'client') : NO_PROPERTIES
  const topicAt = cursor.at
  const topicName = cursor.text('Will Topic') // [MQTT-3.1.3-11]
  if (topicName === '') throw new ProtocolError(0x81, 'empty Will Topic', 'MQTT-4.7.3-1', topicAt) // [MQTT-4.7.3-1]
  if (hasWildcard(topicName)) throw new ProtocolError(0x81, `wildcard in Will Topic ${topicName}`, 'MQTT-3.3.2-2', topicAt)
  return { topicName, payload: cursor.binary('Will Payload'), qos: ((flags >> 3) & 3) as Qos, retain: (flags & 0x20) !== 0, properties }
}

/** In 3.1 the first byte means nothing. */
export function decodeConnack(cursor: Cursor, version: ProtocolVersion): Connack {
  const start = cursor.at
  const flags = cursor.byte('Connect Acknowledge Flags')
  if (version !== 3 && flags > 1) throw new ProtocolError(0x81, `Connect Acknowledge Flags ${flags}`, 'MQTT-3.2.2-1', start) // [MQTT-3.2.2-1]
  const reasonCode = cursor.byte('Reason Code')
  if (version === 5 && !packetMayCarry(reasonCode, PacketType.Connack))
    throw new ProtocolError(0x82, `CONNACK with Reason Code ${reasonCode}`, 'MQTT-3.2.2-8', start + 1) // [MQTT-3.2.2-8]
  if (version !== 5 && reasonCode > 5) throw new ProtocolError(0x81, `CONNACK with return code ${reasonCode}`, 'MQTT3-3.2.2-6', start + 1)
  const sessionPresent = version !== 3 && flags === 1
  if (sessionPresent && reasonCode !== 0) throw new ProtocolError(0x82, 'Session Present in a refusal', 'MQTT-3.2.2-6', start) // [MQTT-3.2.2-6]
  const properties = version === 5 ? readProperties(cursor, PacketType.Connack, 'server') : NO_PROPERTIES
  cursor.finish('CONNACK')
  return { type: PacketType.Connack, sessionPresent, reasonCode, properties }
}
