// Properties in, judged by the table: known, allowed here, once only, value in range [MQTT 5.0, section 2.2.2].
// decode-publish.ts is the fast way of the same for PUBLISH; a law in the tests keeps the two alike.

import { assertNever } from '../../base/assert.ts'
import type { Cursor } from '../cursor.ts'
import { ProtocolError } from '../errors.ts'
import type { Sender } from './packet.ts'
import * as PacketType from './packet-type.ts'
import { NO_PROPERTIES, type Properties, type PropertyCarrier, type PropertyRow, propertyById, senderMayUseProperty } from './properties.ts'
import { hasWildcard } from './topics.ts'

/** Reads Property Length and properties. Throws ProtocolError: 0x81 what cannot be read or is unknown, 0x82 what is not allowed. */
export function readProperties(cursor: Cursor, carrier: PropertyCarrier, sender: Sender): Properties {
  const length = cursor.varint('Property Length')
  if (length === 0) return NO_PROPERTIES
  const part = cursor.part(length, 'properties')
  const found: Record<string, unknown> = {}
  while (part.at < part.end) {
    const start = part.at
    const id = part.byte('property')
    const row = propertyById(id)
    if (row === undefined) throw new ProtocolError(0x81, `property 0x${id.toString(16)} unknown`, 'MQTT-4.13.1-1', start)
    const earlier = found[row.name]
    if (earlier !== undefined && (!row.repeatable || (id === 0x0b && carrier !== PacketType.Publish)))
      throw new ProtocolError(0x82, `${row.title} twice`, 'MQTT-4.13.1-1', start)
    const value = readValue(part, row, start)
    if (!row.carriers.includes(carrier)) throw new ProtocolError(0x82, `${row.title} not allowed here`, 'MQTT-4.13.1-1', start)
    if (!senderMayUseProperty(id, carrier, sender)) throw new ProtocolError(0x82, `${row.title} from a ${sender}`, clauseOf(row), start)
    if (!row.repeatable) found[row.name] = value
    else if (earlier === undefined) found[row.name] = [value]
    else (earlier as unknown[]).push(value)
  }
  const properties = found as Properties
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw new ProtocolError(0x82, 'Authentication Data without Authentication Method', 'MQTT-4.13.1-1', part.end - length)
  }
  return properties
}

function readValue(cursor: Cursor, row: PropertyRow, start: number): number | string | Uint8Array | readonly [string, string] {
  switch (row.type) {
    case 'flag':
      return inRange(cursor.byte(row.title), 1, row, start)
    case 'two-byte':
      return inRange(cursor.twoByte(row.title), 0xffff, row, start)
    case 'four-byte':
      return inRange(cursor.fourByte(row.title), 0xffffffff, row, start)
    case 'varint':
      return inRange(cursor.varint(row.title), 268_435_455, row, start)
    case 'text': {
      const text = cursor.text(row.title)
      if (row.name === 'responseTopic' && (text === '' || hasWildcard(text))) throw new ProtocolError(0x82, `Response Topic '${text}'`, 'MQTT-3.3.2-14', start) // [MQTT-3.3.2-14]
      return text
    }
    case 'binary':
      return cursor.binary(row.title)
    case 'pair':
      return [cursor.text(row.title), cursor.text(row.title)] // [MQTT-1.5.7-1]
    default:
      return assertNever(row.type)
  }
}

function inRange(value: number, most: number, row: PropertyRow, start: number): number {
  if (value < row.least || value > most) throw new ProtocolError(0x82, `${row.title} ${value}`, clauseOf(row), start)
  return value
}

function clauseOf(row: PropertyRow): string {
  switch (row.name) {
    case 'topicAlias':
      return 'MQTT-3.3.2-8' // [MQTT-3.3.2-8]
    case 'subscriptionIdentifiers':
      return 'MQTT-3.3.4-6' // [MQTT-3.3.4-6]
    case 'sessionExpiryInterval':
      return 'MQTT-3.14.2-2' // [MQTT-3.14.2-2]
    default:
      return 'MQTT-4.13.1-1'
  }
}
