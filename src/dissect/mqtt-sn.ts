// MQTT-SN 1.2 over UDP: one message per datagram, perhaps wrapped by forwarders. Shows everything, judges nothing.
// The length is one byte, or 0x01 and two; only texts end by it, everything else by the datagram: so Wireshark has it.

import type { DissectContext } from './context.ts'
import { type ConversationState, conversationState } from './conversations.ts'
import { MQTT_SN, MQTT_SN_TYPES } from './mqtt-sn-fields.ts'
import type { Protocol } from './registry.ts'
import { ROOT } from './rows.ts'
import { noteNumberLength } from './value-errors.ts'
import { Walk } from './walk.ts'

/** A length of two bytes follows. */
const LONG = 0x01
const CONNECT = 0x04
const ENCAPSULATED = 0xfe
/** Forwarders within forwarders that are followed. */
const DEEPEST = 32

const WALK: ConversationState<Walk> = conversationState(() => new Walk())

export const MQTT_SN_PROTOCOL: Protocol = { name: 'mqttsn', dissect, recognises }

function dissect(context: DissectContext, source: number, start: number, length: number): number {
  const walk = context.conversation === null ? new Walk() : WALK.of(context.conversation)
  walk.begin(context, source, start, length)
  try {
    dissectDatagram(walk)
  } catch (error) {
    walk.ended(error, 'MQTT-SN')
  }
  return length
}

/** CONNECT whose length is the datagram's. */
function recognises(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start] === end - start && bytes[start + 1] === CONNECT && bytes[start + 3] === 0x01
}

function dissectDatagram(walk: Walk): void {
  const { columns, demand } = walk.context!
  const { at, stored } = walk
  const head = headLength(walk)
  const type = walk.bytes[at + head]!
  if (demand.columns) {
    columns.protocol = 'MQTT-SN'
    columns.setInfo(MQTT_SN_TYPES.get(type) ?? `Unknown (0x${type.toString(16).padStart(2, '0')})`)
  }
  const root = walk.rows.add(MQTT_SN.protocol, walk.source, at, stored - at, ROOT)
  if (demand.hasTree) dissectMessage(walk, root, 0)
}

/** Bytes before the type, which is there too. */
function headLength(walk: Walk): number {
  walk.need(1)
  const head = walk.bytes[walk.at] === LONG ? 3 : 1
  walk.need(head)
  walk.need(head + 1)
  return head
}

function dissectMessage(walk: Walk, parent: number, depth: number): void {
  const { rows, bytes, source, at } = walk
  const head = headLength(walk)
  const size = head === 1 ? bytes[at]! : (bytes[at + 1]! << 8) | bytes[at + 2]!
  walk.at = at + head
  const message = rows.add(MQTT_SN.msg, source, walk.at, walk.stored - walk.at, parent)
  const type = walk.byte(MQTT_SN.msgType, message)
  rows.addGiven(MQTT_SN.msgLen, source, at, head, message, size)
  dissectBody(walk, type, at + size, message)
  if (type !== ENCAPSULATED || walk.left <= 0) return
  if (depth === DEEPEST) return
  dissectMessage(walk, message, depth + 1)
}

/** `end` is where the message says it ends. */
function dissectBody(walk: Walk, type: number, end: number, message: number): void {
  switch (type) {
    case 0x00:
      walk.byte(MQTT_SN.gwId, message)
      walk.two(MQTT_SN.advInterv, message)
      return
    case 0x01:
      walk.byte(MQTT_SN.radius, message)
      return
    case 0x02:
      walk.byte(MQTT_SN.gwId, message)
      if (walk.at < end) dissectText(walk, MQTT_SN.gwAddr, end, message)
      return
    case 0x04:
      dissectFlags(walk, CONNECT_FLAGS, message)
      walk.byte(MQTT_SN.protocolId, message)
      walk.two(MQTT_SN.keepAlive, message)
      return dissectText(walk, MQTT_SN.clientId, end, message)
    case 0x05:
    case 0x1b:
    case 0x1d:
      walk.byte(MQTT_SN.returnCode, message)
      return
    case 0x07:
    case 0x1a:
      dissectFlags(walk, TOPIC_FLAGS, message)
      return dissectText(walk, MQTT_SN.willTopic, end, message)
    case 0x09:
    case 0x1c:
      return dissectText(walk, MQTT_SN.willMsg, end, message)
    case 0x0a:
      walk.two(MQTT_SN.topicId, message)
      walk.two(MQTT_SN.msgId, message)
      return dissectText(walk, MQTT_SN.topic, end, message)
    case 0x0b:
    case 0x0d:
      walk.two(MQTT_SN.topicId, message)
      walk.two(MQTT_SN.msgId, message)
      walk.byte(MQTT_SN.returnCode, message)
      return
    case 0x0c:
      dissectFlags(walk, PUBLISH_FLAGS, message)
      walk.two(MQTT_SN.topicId, message)
      walk.two(MQTT_SN.msgId, message)
      return dissectText(walk, MQTT_SN.pubMsg, end, message)
    case 0x0e:
    case 0x0f:
    case 0x10:
    case 0x15:
      walk.two(MQTT_SN.msgId, message)
      return
    case 0x12:
    case 0x14:
      dissectFlags(walk, TOPIC_FLAGS, message)
      walk.two(MQTT_SN.msgId, message)
      return dissectText(walk, MQTT_SN.topicNameOrId, end, message)
    case 0x13:
      dissectFlags(walk, TOPIC_FLAGS, message)
      walk.two(MQTT_SN.topicId, message)
      walk.two(MQTT_SN.msgId, message)
      walk.byte(MQTT_SN.returnCode, message)
      return
    case 0x16:
      if (walk.at < end) dissectText(walk, MQTT_SN.clientId, end, message)
      return
    case 0x18:
      if (walk.at < end) walk.two(MQTT_SN.sleepTimer, message)
      return
    case ENCAPSULATED:
      walk.byte(MQTT_SN.controlInfo, message)
      dissectNode(walk, end, message)
  }
}

const CONNECT_FLAGS: readonly number[] = [MQTT_SN.will, MQTT_SN.cleanSession, MQTT_SN.topicIdType]
const PUBLISH_FLAGS: readonly number[] = [MQTT_SN.dup, MQTT_SN.qos, MQTT_SN.retain, MQTT_SN.topicIdType]
const TOPIC_FLAGS: readonly number[] = [MQTT_SN.topicIdType]

/** Several fields of one byte. */
function dissectFlags(walk: Walk, fields: readonly number[], message: number): void {
  walk.need(1)
  for (const field of fields) walk.rows.add(field, walk.source, walk.at, 1, message)
  walk.at++
}

/** The rest of the message. A message that says it ended one byte ago goes to the datagram's end, one that ended earlier is malformed. */
function dissectText(walk: Walk, field: number, end: number, message: number): void {
  const rest = end - walk.at
  if (rest < -1 || (rest === -1 && walk.left === 0)) walk.fail()
  walk.asciiText(field, rest === -1 ? walk.left : rest, message)
}

/** As many bytes as the length says; the number is that of the first four. */
function dissectNode(walk: Walk, end: number, message: number): void {
  const { rows, bytes, source, at } = walk
  const count = end - at
  if (count < 0) walk.fail()
  walk.need(count)
  if (count === 0 || count > 4) noteNumberLength(walk.context!, message, count)
  if (count === 0) walk.fail()
  let node = 0
  for (let i = 0; i < count && i < 4; i++) node = node * 0x100 + bytes[at + i]!
  rows.addGiven(MQTT_SN.wirelessNodeId, source, at, count, message, node)
  walk.at = at + count
}
