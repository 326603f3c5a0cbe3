// Body of a Control Packet → Packet, strictly: the first fault ends it [MQTT 3.1, 3.1.1 and 5.0, section 3].
// CONNECT and CONNACK are in decode-connect.ts, PUBLISH in read-publish.ts, subscriptions in decode-subscribe.ts. Which code answers which fault is Mosquitto's choice where the standard leaves one.

import { Cursor } from '../cursor.ts'
import { ProtocolError } from '../errors.ts'
import { decodeConnack, decodeConnect } from './decode-connect.ts'
import { readProperties } from './decode-properties.ts'
import { decodeSuback, decodeSubscribe, decodeUnsuback, decodeUnsubscribe } from './decode-subscribe.ts'
import type { Auth, Disconnect, Packet, ProtocolVersion, PublishAcknowledgement, Sender } from './packet.ts'
import * as PacketType from './packet-type.ts'
import { NO_PROPERTIES, type Properties } from './properties.ts'
import { decodePublish } from './read-publish.ts'
import { packetMayCarry, senderMayUse } from './reason-codes.ts'

const FROM_CLIENT: readonly number[] = [
  PacketType.Connect,
  PacketType.Puback,
  PacketType.Pubrec,
  PacketType.Pubrel,
  PacketType.Pubcomp,
  PacketType.Subscribe,
  PacketType.Unsubscribe,
  PacketType.Pingreq,
  PacketType.Disconnect,
  PacketType.Auth,
]
const FROM_SERVER: readonly number[] = [
  PacketType.Connack,
  PacketType.Puback,
  PacketType.Pubrec,
  PacketType.Pubrel,
  PacketType.Pubcomp,
  PacketType.Suback,
  PacketType.Unsuback,
  PacketType.Pingresp,
  PacketType.Disconnect,
  PacketType.Auth,
]

/**
 * Decodes the packet whose first byte is `header` and whose body is bytes[at, end). `version` is that of the connection; a CONNECT brings its own.
 * The packet owns its memory: payload, password and other binary values are copies. Throws only ProtocolError, offsets in `bytes`.
 */
export function decodePacket(header: number, bytes: Uint8Array, at: number, end: number, version: ProtocolVersion, sender: Sender): Packet {
  const type = header >> 4
  if (type === PacketType.Publish) return decodePublish(header, new Cursor(bytes, at, end, sender === 'client'), version, sender)
  if (sender === 'server') return decodeFromServer(header, bytes, at, end, version)
  if (!FROM_CLIENT.includes(type)) throw new ProtocolError(0x82, `packet type ${type} from a client`, 'MQTT-4.13.1-1')
  const cursor = new Cursor(bytes, at, end, true)
  if (type === PacketType.Subscribe || type === PacketType.Unsubscribe) checkRequestFlags(type, header & 15, version)
  else checkFlags(header, version)
  switch (type) {
    case PacketType.Connect:
      return decodeConnect(header, cursor)
    case PacketType.Subscribe:
      return decodeSubscribe(cursor, version)
    case PacketType.Unsubscribe:
      return decodeUnsubscribe(cursor, version)
    default:
      return decodeOfBoth(header, cursor, version, sender)
  }
}

/**
 * As `decodePacket`, of what servers send, without PUBLISH, which the framer gives in runs (read-publish.ts): all that a client needs, which is much
 * smaller where size counts.
 */
export function decodeFromServer(header: number, bytes: Uint8Array, at: number, end: number, version: ProtocolVersion): Packet {
  const type = header >> 4
  if (!FROM_SERVER.includes(type)) throw new ProtocolError(0x82, `packet type ${type} from a server`, 'MQTT-4.13.1-1')
  const cursor = new Cursor(bytes, at, end, false)
  checkFlags(header, version)
  switch (type) {
    case PacketType.Connack:
      return decodeConnack(cursor, version)
    case PacketType.Suback:
      return decodeSuback(cursor, version)
    case PacketType.Unsuback:
      return decodeUnsuback(cursor, version)
    default:
      return decodeOfBoth(header, cursor, version, 'server')
  }
}

/** What both sides may send, PINGREQ and PINGRESP included. */
function decodeOfBoth(header: number, cursor: Cursor, version: ProtocolVersion, sender: Sender): Packet {
  const type = header >> 4
  switch (type) {
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp:
      return decodeAcknowledgement(type, cursor, version, sender)
    case PacketType.Pingreq:
    case PacketType.Pingresp:
      if (cursor.end > cursor.at)
        throw new ProtocolError(0x81, `${type === PacketType.Pingreq ? 'PINGREQ' : 'PINGRESP'} with a body`, 'MQTT-4.13.1-1', cursor.at, false)
      return { type }
    case PacketType.Disconnect:
      return decodeDisconnect(cursor, version, sender)
    default:
      return decodeAuth(cursor, version, sender)
  }
}

/** Level byte without its bridge bit, when the Protocol Name of a CONNECT body is MQTT or MQIsdp; -1 otherwise. Never throws. */
export function protocolLevelOf(bytes: Uint8Array, at: number, end: number): number {
  for (const name of ['MQTT', 'MQIsdp']) {
    const nameAt = at + 2
    const levelAt = nameAt + name.length
    if (levelAt >= end || bytes[at] !== 0 || bytes[at + 1] !== name.length) continue
    if ([...name].every((letter, i) => bytes[nameAt + i] === letter.charCodeAt(0))) return bytes[levelAt]! & 0x7f
  }
  return -1
}

/** Bits 0-3 of the first byte [MQTT-2.1.3-1]. A 3.1 sender may mark a repeated PUBREL, SUBSCRIBE or UNSUBSCRIBE with DUP. */
function checkFlags(header: number, version: ProtocolVersion): void {
  const type = header >> 4
  const flags = header & 15
  switch (type) {
    case PacketType.Connect: // judged when its version is known
      return
    case PacketType.Pubrel:
      if (flags !== 2 && !(version === 3 && flags === 10)) throw new ProtocolError(0x82, `PUBREL with flags ${flags}`, 'MQTT-3.6.1-1') // [MQTT-3.6.1-1]
      return
    case PacketType.Disconnect:
      if (flags !== 0) throw new ProtocolError(0x82, `DISCONNECT with flags ${flags}`, 'MQTT-3.14.1-1') // [MQTT-3.14.1-1]
      return
    case PacketType.Auth:
      if (version !== 5) throw new ProtocolError(0x82, 'AUTH before MQTT 5.0', 'MQTT-4.13.1-1')
      if (flags !== 0) throw new ProtocolError(0x81, `AUTH with flags ${flags}`, 'MQTT-3.15.1-1') // [MQTT-3.15.1-1]
      return
    default:
      if (flags !== 0) throw new ProtocolError(0x81, `packet type ${type} with flags ${flags}`, 'MQTT-2.1.3-1') // [MQTT-2.1.3-1]
  }
}

function checkRequestFlags(type: typeof PacketType.Subscribe | typeof PacketType.Unsubscribe, flags: number, version: ProtocolVersion): void {
  if (flags === 2 || (version === 3 && flags === 10)) return
  const [name, clause] = type === PacketType.Subscribe ? ['SUBSCRIBE', 'MQTT-3.8.1-1'] : ['UNSUBSCRIBE', 'MQTT-3.10.1-1']
  throw new ProtocolError(0x81, `${name} with flags ${flags}`, clause) // [MQTT-3.8.1-1, MQTT-3.10.1-1]
}

function decodeAcknowledgement(type: PublishAcknowledgement['type'], cursor: Cursor, version: ProtocolVersion, sender: Sender): PublishAcknowledgement {
  const start = cursor.at
  const packetId = cursor.twoByte('Packet Identifier')
  if (packetId === 0) throw new ProtocolError(0x82, 'acknowledgement of Packet Identifier 0', 'MQTT-2.2.1-3', start)
  const { reasonCode, properties } = version === 5 ? readReason(cursor, type, sender) : SUCCESS
  if (!packetMayCarry(reasonCode, type)) throw badReason(reasonCode, type, start + 2)
  cursor.finish('an acknowledgement')
  return { type, packetId, reasonCode, properties }
}

function decodeDisconnect(cursor: Cursor, version: ProtocolVersion, sender: Sender): Disconnect {
  const start = cursor.at
  const { reasonCode, properties } = version === 5 ? readReason(cursor, PacketType.Disconnect, sender) : SUCCESS
  if (version !== 5 && sender === 'server') throw new ProtocolError(0x82, 'DISCONNECT from a server before MQTT 5.0', 'MQTT-4.13.1-1')
  if (!senderMayUse(reasonCode, PacketType.Disconnect, sender)) throw badReason(reasonCode, PacketType.Disconnect, start) // [MQTT-3.14.2-1]
  cursor.finish('DISCONNECT')
  return { type: PacketType.Disconnect, reasonCode, properties }
}

function decodeAuth(cursor: Cursor, version: ProtocolVersion, sender: Sender): Auth {
  const start = cursor.at
  const { reasonCode, properties } = version === 5 ? readReason(cursor, PacketType.Auth, sender) : SUCCESS
  if (!senderMayUse(reasonCode, PacketType.Auth, sender)) throw badReason(reasonCode, PacketType.Auth, start) // [MQTT-3.15.2-1]
  cursor.finish('AUTH')
  return { type: PacketType.Auth, reasonCode, properties }
}

interface Reason {
  readonly reasonCode: number
  readonly properties: Properties
}

const SUCCESS: Reason = { reasonCode: 0, properties: NO_PROPERTIES }

/** Reason Code and properties, both of which may be left out from the end [sections 3.4.2.1, 3.14.2.1]. */
function readReason(cursor: Cursor, carrier: Packet['type'], sender: Sender): Reason {
  if (cursor.at === cursor.end) return SUCCESS
  const reasonCode = cursor.byte('Reason Code')
  return { reasonCode, properties: cursor.at === cursor.end ? NO_PROPERTIES : readProperties(cursor, carrier, sender) }
}

function badReason(reasonCode: number, type: Packet['type'], offset: number): ProtocolError {
  const clause = type === PacketType.Disconnect ? 'MQTT-3.14.2-1' : type === PacketType.Auth ? 'MQTT-3.15.2-1' : `MQTT-3.${type}.2-1`
  return new ProtocolError(
    0x82,
    `Reason Code 0x${reasonCode.toString(16).padStart(2, '0')} in packet type ${type}`,
    clause,
    offset,
    type !== PacketType.Disconnect,
  ) // who leaves is not answered, as in Mosquitto
}
