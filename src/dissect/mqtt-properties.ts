// A section of MQTT 5 properties, however wrong: each identifier with what follows it, as far as the section says it goes.
// Which property has which data type is in wire/mqtt/properties.ts.

import { propertyById } from '../wire/mqtt/properties.ts'
import { MQTT } from './mqtt-fields.ts'
import type { MqttState } from './mqtt-state.ts'
import { textAt } from './value.ts'
import { noteNumberLength } from './value-errors.ts'
import { varintLength, varintValue } from './varint.ts'

const CONTENT_TYPE = 0x03
const TOPIC_ALIAS = 0x23
const MAXIMUM_QOS = 0x24

/**
 * Passes a section with its length. `field` is mqtt.properties or mqtt.will_properties. Like Wireshark's, a property that is longer than
 * the section is shown whole, and the message goes on where the section ends.
 */
export function dissectProperties(state: MqttState, field: number, parent: number): void {
  const { walk } = state
  const { rows, bytes, source } = walk
  walk.need(1)
  const start = walk.at
  const count = varintLength(bytes, start, walk.stored)
  if (count === 0 && walk.stored - start < 10) walk.fail()
  const size = Number(varintValue(bytes, start, count === 0 ? 10 : count))
  const section = rows.add(field, source, start, Math.min(count + size, walk.stored - start), parent)
  if (count === 0 || count > 8) noteNumberLength(walk.context!, section, count)
  if (count === 0) walk.fail()
  // The row's number is that of the bytes as they stand: so Wireshark has it. It has eight at most.
  if (count <= 8) rows.add(MQTT.propertyLen, source, start, count, section)
  else rows.addGiven(MQTT.propertyLen, source, start, count, section, firstEight(bytes, start))
  walk.at = start + count
  const end = start + count + size
  while (walk.at < end) dissectProperty(state, end, section)
  walk.at = end
}

function firstEight(bytes: Uint8Array, start: number): bigint {
  let value = 0n
  for (let i = 0; i < 8; i++) value = (value << 8n) | BigInt(bytes[start + i]!)
  return value
}

function dissectProperty(state: MqttState, end: number, section: number): void {
  const { walk } = state
  const id = walk.byte(MQTT.propertyId, section)
  switch (id) {
    case CONTENT_TYPE:
      return dissectContentType(state, section)
    case TOPIC_ALIAS:
      state.alias = walk.two(MQTT.propertyTopicAlias, section)
      return
    case MAXIMUM_QOS:
      walk.byte(MQTT.propertyMaxQos, section)
      return
  }
  switch (propertyById(id)?.type) {
    case 'flag':
      walk.run(MQTT.propNumber, 1, section)
      return
    case 'two-byte':
      walk.run(MQTT.propNumber, 2, section)
      return
    case 'four-byte':
      walk.run(MQTT.propNumber, 4, section)
      return
    case 'varint':
      return dissectVarint(state, section)
    case 'text':
    case 'binary':
      walk.shortText(MQTT.propStringLen, MQTT.propString, section)
      return
    case 'pair':
      walk.shortText(MQTT.propKeyLen, MQTT.propKey, section)
      walk.shortText(MQTT.propValueLen, MQTT.propValue, section)
      return
    default:
      walk.text(MQTT.propUnknown, end - walk.at, section)
  }
}

/** One row for length and text; its value is the text. */
function dissectContentType(state: MqttState, section: number): void {
  const { walk } = state
  const { rows, bytes, source, at } = walk
  walk.need(2)
  const size = 2 + ((bytes[at]! << 8) | bytes[at + 1]!)
  walk.need(size)
  state.contentType = textAt(bytes, at + 2, size - 2)
  rows.addGiven(MQTT.propertyContentType, source, at, size, section, state.contentType)
  walk.at = at + size
}

function dissectVarint({ walk }: MqttState, section: number): void {
  const { rows, bytes, source, at } = walk
  walk.need(1)
  const count = varintLength(bytes, at, walk.stored)
  if (count === 0) walk.fail()
  rows.addGiven(MQTT.propNumber, source, at, count, section, varintValue(bytes, at, count))
  walk.at = at + count
}
