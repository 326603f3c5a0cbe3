// Properties out, in the order of the object's keys: sized first, then written [MQTT 5.0, section 2.2.2].
// What cannot be sent is the caller's mistake: UsageError, found while sizing.

import { assertNever } from '../../base/assert.ts'
import { UsageError } from '../errors.ts'
import { isText, LONGEST_TEXT, utf8Length, writeUtf8 } from '../text.ts'
import * as PacketType from './packet-type.ts'
import { NO_PROPERTIES, type Properties, type PropertyCarrier, type PropertyRow, propertyByName } from './properties.ts'
import { isTopicName } from './topics.ts'
import { varintSize, writeVarint } from './varint.ts'

type Value = number | string | Uint8Array | readonly [string, string]

/** Bytes of the properties without their length field. Throws UsageError. */
export function propertiesSize(properties: Properties, carrier: PropertyCarrier): number {
  if (properties === NO_PROPERTIES) return 0
  let size = 0
  for (const name in properties) {
    const value = properties[name as keyof Properties]
    if (value === undefined) continue
    const row = propertyByName(name)
    if (row === undefined) throw new UsageError(`property ${name}: no such property`)
    if (!row.carriers.includes(carrier)) throw new UsageError(`property ${name}: not allowed in ${carrier === 'will' ? 'a Will' : `packet type ${carrier}`}`)
    if (row.repeatable) for (const one of value as readonly Value[]) size += 1 + valueSize(row, one)
    else size += 1 + valueSize(row, value as Value)
  }
  if (properties.subscriptionIdentifiers !== undefined && properties.subscriptionIdentifiers.length > 1 && carrier !== PacketType.Publish) {
    throw new UsageError(`${properties.subscriptionIdentifiers.length} Subscription Identifiers: a SUBSCRIBE has one`)
  }
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw new UsageError('Authentication Data without Authentication Method')
  }
  return size
}

/** Writes Property Length and properties; `size` is what `propertiesSize` said. Returns where they end. */
export function writeProperties(properties: Properties, size: number, out: Uint8Array, at: number): number {
  at = writeVarint(out, at, size)
  if (size === 0) return at
  for (const name in properties) {
    const value = properties[name as keyof Properties]
    if (value === undefined) continue
    const row = propertyByName(name)!
    if (row.repeatable) for (const one of value as readonly Value[]) at = writeProperty(row, one, out, at)
    else at = writeProperty(row, value as Value, out, at)
  }
  return at
}

function writeProperty(row: PropertyRow, value: Value, out: Uint8Array, at: number): number {
  out[at] = row.id
  return writeValue(row, value, out, at + 1)
}

function valueSize(row: PropertyRow, value: Value): number {
  switch (row.type) {
    case 'flag':
      return numberSize(row, value, 1, 1)
    case 'two-byte':
      return numberSize(row, value, 0xffff, 2)
    case 'four-byte':
      return numberSize(row, value, 0xffffffff, 4)
    case 'varint':
      return numberSize(row, value, 268_435_455, varintSize(value as number))
    case 'text':
      if (row.name === 'responseTopic' && !isTopicName(value as string))
        throw new UsageError(`Response Topic '${String(value)}': must be a Topic Name without wildcards`)
      return textSize(value as string, row.title)
    case 'binary':
      return binarySize(value as Uint8Array, row.title)
    case 'pair': {
      const [key, text] = value as readonly [string, string]
      return textSize(key, row.title) + textSize(text, row.title)
    }
    default:
      return assertNever(row.type)
  }
}

function numberSize(row: PropertyRow, value: Value, most: number, size: number): number {
  if (!Number.isInteger(value) || (value as number) < row.least || (value as number) > most)
    throw new UsageError(`${row.title} ${String(value)}: must be ${row.least} to ${most}`)
  return size
}

function writeValue(row: PropertyRow, value: Value, out: Uint8Array, at: number): number {
  switch (row.type) {
    case 'flag':
      out[at] = value as number
      return at + 1
    case 'two-byte':
      return writeTwoByte(value as number, out, at)
    case 'four-byte':
      return writeTwoByte((value as number) & 0xffff, out, writeTwoByte((value as number) >>> 16, out, at))
    case 'varint':
      return writeVarint(out, at, value as number)
    case 'text':
      return writeText(value as string, out, at)
    case 'binary':
      return writeBinary(value as Uint8Array, out, at)
    case 'pair': {
      const [key, text] = value as readonly [string, string]
      return writeText(text, out, writeText(key, out, at))
    }
    default:
      return assertNever(row.type)
  }
}

/** Bytes of a text with its length field. Throws UsageError naming the field. */
export function textSize(text: string, field: string): number {
  if (typeof text !== 'string') throw new UsageError(`${field} ${String(text)}: must be text`)
  const length = utf8Length(text)
  if (length > LONGEST_TEXT) throw new UsageError(`${field} of ${length} bytes: at most ${LONGEST_TEXT}`)
  if (!isText(text)) throw new UsageError(`${field} ${JSON.stringify(text.slice(0, 40))}: U+0000 and halves of surrogate pairs cannot be sent`) // [MQTT-1.5.4-1, MQTT-1.5.4-2]
  return 2 + length
}

export function writeText(text: string, out: Uint8Array, at: number): number {
  const end = writeUtf8(text, out, at + 2)
  writeTwoByte(end - at - 2, out, at)
  return end
}

export function binarySize(bytes: Uint8Array, field: string): number {
  if (bytes.length > LONGEST_TEXT) throw new UsageError(`${field} of ${bytes.length} bytes: at most ${LONGEST_TEXT}`)
  return 2 + bytes.length
}

export function writeBinary(bytes: Uint8Array, out: Uint8Array, at: number): number {
  writeTwoByte(bytes.length, out, at)
  out.set(bytes, at + 2)
  return at + 2 + bytes.length
}

export function writeTwoByte(value: number, out: Uint8Array, at: number): number {
  out[at] = value >> 8
  out[at + 1] = value & 0xff
  return at + 2
}
