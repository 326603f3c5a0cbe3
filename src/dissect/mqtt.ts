// MQTT 3.1, 3.1.1 and 5.0: first byte, length, and by its type what follows. Shows everything, judges nothing. ● hot
// CONNECT, PUBLISH and properties have files of their own; the strict reader is wire/mqtt/decode.ts.

import type { DissectContext } from './context.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { dissectConnack, dissectConnect } from './mqtt-connect.ts'
import { MESSAGE_TYPES, MQTT } from './mqtt-fields.ts'
import { dissectProperties } from './mqtt-properties.ts'
import { dissectPublish } from './mqtt-publish.ts'
import { MQTT_STATE, MqttState } from './mqtt-state.ts'
import { headerText, subscriptionOptionsText } from './mqtt-texts.ts'
import { dissectTopic, topicText } from './mqtt-topic.ts'
import { dissectMessages, type StreamMessages } from './pdus.ts'
import type { Protocol } from './registry.ts'
import { ROOT } from './rows.ts'
import { varintLength, varintLow, varintValue } from './varint.ts'

const MESSAGES: StreamMessages = { label: 'MQTT', headLength: 2, messageLength, dissect: dissectMessage }

export const MQTT_PROTOCOL: Protocol = { name: 'mqtt', dissect, recognises }

function dissect(context: DissectContext, source: number, start: number, length: number): number {
  if (context.demand.columns) context.columns.setInfo('')
  return dissectMessages(context, MESSAGES, source, start, length)
}

/** A length cut after its first bytes is malformed, and one that never ends is what ten bytes of it say: so Wireshark has it. */
function messageLength(bytes: Uint8Array, start: number, available: number): number {
  const at = start + 1
  const count = varintLength(bytes, at, start + available)
  if (count === 0) return available <= 10 ? 1 : 1 + varintLow(bytes, at, 10)
  return (1 + count + varintLow(bytes, at, count)) % 0x1_0000_0000
}

/** CONNECT of a known version. */
function recognises(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== 0x10) return false
  const count = varintLength(bytes, start + 1, end)
  const at = start + 1 + count
  if (count === 0 || at + 7 > end || bytes[at] !== 0) return false
  const name = bytes[at + 1] === 4 ? 'MQTT' : 'MQIsdp'
  if (bytes[at + 1] !== name.length || at + 2 + name.length >= end) return false
  for (let i = 0; i < name.length; i++) if (bytes[at + 2 + i] !== name.charCodeAt(i)) return false
  return true
}

function dissectMessage(context: DissectContext, source: number, start: number, length: number): void {
  const state = context.conversation === null ? new MqttState() : MQTT_STATE.of(context.conversation)
  const { walk } = state
  const { rows, demand, columns } = context
  walk.begin(context, source, start, length)
  const message = rows.add(MQTT.protocol, source, start, walk.stored - start, ROOT)
  const type = walk.bytes[start]! >> 4
  if (demand.columns) {
    columns.setProtocol('MQTT')
    columns.appendInfoAfter(', ', MESSAGE_TYPES.get(type)!)
  }
  try {
    dissectHeader(state, message)
    dissectBody(state, type, message)
  } catch (error) {
    walk.ended(error, 'MQTT')
  }
}

function dissectHeader(state: MqttState, message: number): void {
  const { walk, version } = state
  const { rows, bytes, source, at } = walk
  const { demand } = walk.context!
  const first = bytes[at]!
  const type = first >> 4
  const count = varintLength(bytes, at + 1, walk.stored)
  if (count === 0) walk.fail()
  if (demand.text(MQTT.protocol)) rows.setText(message, `MQ Telemetry Transport Protocol, ${MESSAGE_TYPES.get(type)}`)
  if (version === 0 && type !== 1)
    addExpert(walk.context!, message, MQTT.unknownVersion, Severity.Note, Group.Protocol, 'Unknown version (missing the CONNECT packet?)')
  const header = rows.add(MQTT.hdrflags, source, at, 1, message)
  rows.add(MQTT.msgtype, source, at, 1, header)
  // In 3.1 these requests have DUP and QoS too [MQTT3.1 table of 2.1].
  const hasFlags = type === 3 || (version === 3 && (type === 6 || type === 8 || type === 10))
  if (hasFlags) {
    rows.add(MQTT.dupflag, source, at, 1, header)
    rows.add(MQTT.qos, source, at, 1, header)
    rows.add(type === 3 ? MQTT.retain : MQTT.retainReserved, source, at, 1, header)
  } else rows.add(MQTT.hdrReserved, source, at, 1, header)
  if (demand.text(MQTT.hdrflags)) rows.setText(header, headerText(first, hasFlags, type === 3))
  if (count === 1) rows.add(MQTT.len, source, at + 1, 1, message)
  else rows.addGiven(MQTT.len, source, at + 1, count, message, varintValue(bytes, at + 1, count))
  walk.at = at + 1 + count
}

function dissectBody(state: MqttState, type: number, message: number): void {
  switch (type) {
    case 1:
      return dissectConnect(state, message)
    case 2:
      return dissectConnack(state, message)
    case 3:
      return dissectPublish(state, state.walk.bytes[state.walk.rows.start[message]!]!, message)
    case 4:
      return dissectAnswer(state, MQTT.pubackReasonCode, message)
    case 5:
      return dissectAnswer(state, MQTT.pubrecReasonCode, message)
    case 6:
      return dissectAnswer(state, MQTT.pubrelReasonCode, message)
    case 7:
      return dissectAnswer(state, MQTT.pubcompReasonCode, message)
    case 8:
      return dissectSubscribe(state, message)
    case 9:
      return dissectSuback(state, message)
    case 10:
      return dissectUnsubscribe(state, message)
    case 11:
      return dissectUnsuback(state, message)
    case 14:
      return dissectReason(state, MQTT.disconnectReasonCode, message)
    case 15:
      return dissectReason(state, MQTT.authReasonCode, message)
  }
}

function dissectPacketId({ walk }: MqttState, message: number): void {
  const id = walk.two(MQTT.msgid, message)
  const { columns, demand } = walk.context!
  if (demand.columns) columns.appendInfo(` (id=${id})`)
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP. */
function dissectAnswer(state: MqttState, reason: number, message: number): void {
  dissectPacketId(state, message)
  dissectReason(state, reason, message)
}

/** A Reason Code that may be left out, and with it the properties. */
function dissectReason(state: MqttState, reason: number, message: number): void {
  const { walk } = state
  if (state.version !== 5 || walk.left === 0) return
  walk.byte(reason, message)
  if (walk.left > 0) dissectProperties(state, MQTT.properties, message)
}

function dissectSubscribe(state: MqttState, message: number): void {
  const { walk } = state
  const { rows } = walk
  const { columns, demand } = walk.context!
  dissectPacketId(state, message)
  if (state.version === 5) dissectProperties(state, MQTT.properties, message)
  let topic = -1
  while (walk.left > 0) {
    // For an empty filter the column repeats the one before it, as Wireshark's does.
    const row = dissectTopic(walk, MQTT.topicLen, MQTT.topic, message)
    if (row >= 0) topic = row
    if (demand.columns) columns.appendInfo(` [${topicText(walk, topic)}]`)
    if (state.version !== 5) {
      walk.byte(MQTT.subQos, message)
      continue
    }
    const { source, at } = walk
    const options = walk.byte(MQTT.subscriptionOptions, message)
    const parent = rows.count - 1
    if (demand.text(MQTT.subscriptionOptions)) rows.setText(parent, subscriptionOptionsText(options))
    rows.add(MQTT.subscriptionOptionsReserved, source, at, 1, parent)
    rows.add(MQTT.subscriptionOptionsRetain, source, at, 1, parent)
    rows.add(MQTT.subscriptionOptionsRap, source, at, 1, parent)
    rows.add(MQTT.subscriptionOptionsNl, source, at, 1, parent)
    rows.add(MQTT.subscriptionOptionsQos, source, at, 1, parent)
  }
}

/** Of an unknown version the answers are shown as Reason Codes. */
function dissectSuback(state: MqttState, message: number): void {
  const { walk, version } = state
  dissectPacketId(state, message)
  if (version === 5) dissectProperties(state, MQTT.properties, message)
  const field = version === 3 || version === 4 ? MQTT.subackQos : MQTT.subackReasonCode
  while (walk.left > 0) walk.byte(field, message)
}

function dissectUnsubscribe(state: MqttState, message: number): void {
  const { walk } = state
  dissectPacketId(state, message)
  if (state.version === 5) dissectProperties(state, MQTT.properties, message)
  while (walk.left > 0) dissectTopic(walk, MQTT.topicLen, MQTT.topic, message)
}

function dissectUnsuback(state: MqttState, message: number): void {
  const { walk } = state
  dissectPacketId(state, message)
  if (state.version !== 5) return
  dissectProperties(state, MQTT.properties, message)
  while (walk.left > 0) walk.byte(MQTT.unsubackReasonCode, message)
}
