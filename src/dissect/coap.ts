// CoAP over UDP [RFC 7252] and over TCP [RFC 8323]: head, token, options, payload, and what other frames say about the message.
// Options are coap-options.ts', exchanges coap-exchanges.ts'.
//
//   UDP  |Ver| T |  TKL  |     Code     |  Message ID (2 bytes)  |  Token  |  Options  | 0xFF  Payload
//   TCP  |  Len  |  TKL  |  extended length (0, 1, 2 or 4 bytes) |  Code   |  Token  |  Options  | 0xFF  Payload

import { CODE_NAMES } from '../wire/coap/codes.ts'
import { joinExchange } from './coap-exchanges.ts'
import { COAP, TYPES } from './coap-fields.ts'
import { opaqueText } from './coap-option-values.ts'
import { dissectOptions } from './coap-options.ts'
import { dissectPayload } from './coap-payload.ts'
import { COAP_WALK, type CoapMessage } from './coap-state.ts'
import { type DissectContext, ONE_MORE_SEGMENT } from './context.ts'
import type { Protocol } from './registry.ts'
import { ROOT } from './rows.ts'
import { Walk } from './walk.ts'

const TYPE_SHORT: readonly string[] = ['CON', 'NON', 'ACK', 'RST']
const OVER_TCP = -1

/** Over UDP and DTLS. */
export const COAP_PROTOCOL: Protocol = { name: 'coap', dissect: dissectDatagram }

/** Over TCP and TLS. */
export const COAP_TCP_PROTOCOL: Protocol = { name: 'coap', dissect: dissectStream }

function dissectDatagram(context: DissectContext, source: number, start: number, length: number): number {
  dissectMessage(context, source, start, length, length, dissectUdpHead)
  return length
}

/** Wireshark dissects one message per call and counts what follows it in the segment to it; beyond Wireshark, all are shown. */
function dissectStream(context: DissectContext, source: number, start: number, length: number): number {
  const bytes = context.rows.sources[source]!
  const end = start + length
  const stored = Math.min(end, bytes.length)
  let at = start
  do {
    const size = streamMessageLength(bytes, at, stored)
    if (context.canDesegment && (size === 0 || size > end - at)) {
      context.desegmentOffset = at
      context.desegmentLength = size === 0 ? ONE_MORE_SEGMENT : size - (end - at)
      return length
    }
    const whole = size === 0 ? end - at : size
    dissectMessage(context, source, at, context.auto ? whole : end - at, whole, dissectTcpHead)
    if (context.auto && context.demand.columns) context.columns.setFence()
    at += whole
  } while (context.auto && at < end)
  return length
}

/** 0 = its head is not complete. */
function streamMessageLength(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start) return 0
  const extended = extendedBytes(bytes[start]! >> 4)
  if (end < start + 2 + extended) return 0
  return 2 + extended + (bytes[start]! & 15) + restLength(bytes, start)
}

function extendedBytes(length: number): number {
  return length < 13 ? 0 : length === 13 ? 1 : length === 14 ? 2 : 4
}

/** Bytes of options and payload. */
function restLength(bytes: Uint8Array, start: number): number {
  const length = bytes[start]! >> 4
  let value = 0
  const count = extendedBytes(length)
  for (let i = 1; i <= count; i++) value = value * 0x100 + bytes[start + i]!
  return count === 0 ? length : value + (count === 1 ? 13 : count === 2 ? 269 : 65805)
}

/** `length` bytes are the message's row, the first `whole` of them the message. */
function dissectMessage(context: DissectContext, source: number, start: number, length: number, whole: number, head: typeof dissectUdpHead): void {
  const { columns, demand, rows } = context
  const walk = context.conversation === null ? new Walk() : COAP_WALK.of(context.conversation)
  walk.begin(context, source, start, whole)
  const row = rows.add(COAP.protocol, source, start, Math.min(length, walk.bytes.length - start), ROOT)
  if (demand.columns) {
    columns.protocol = 'CoAP'
    columns.setInfo('')
  }
  try {
    const message = head(walk, row)
    if (dissectOptions(walk, message)) {
      if (walk.left > 0) dissectPayload(walk, message)
      const isRepeated = joinExchange(context, message)
      if (demand.columns) columns.appendInfo(infoText(message, walk.bytes, message.tokenStart, isRepeated))
    }
  } catch (error) {
    walk.ended(error, 'CoAP')
  }
}

/** What stands behind code and payload in the Info column. */
function infoText(message: CoapMessage, bytes: Uint8Array, tokenStart: number, isRepeated: boolean): string {
  let text = ''
  const tokenLength = message.token.length / 2
  if (tokenLength > 0) text += `, TKN:${opaqueText(bytes, tokenStart, tokenLength)}`
  if (message.block >= 0) text += `, ${message.endsBlocks ? 'End of ' : ''}Block #${message.block}`
  if (message.uri !== '') text += `, ${message.uri}`
  text += message.query
  return isRepeated ? `${text} [Retransmission]` : text
}

function dissectUdpHead(walk: Walk, row: number): CoapMessage {
  const { rows, bytes, source, at } = walk
  const { columns, demand } = walk.context!
  walk.need(1)
  rows.add(COAP.version, source, at, 1, row)
  rows.add(COAP.type, source, at, 1, row)
  rows.add(COAP.tokenLen, source, at, 1, row)
  walk.at++
  const code = walk.byte(COAP.code, row)
  const messageId = walk.two(COAP.mid, row)
  const type = (bytes[at]! >> 4) & 3
  const name = CODE_NAMES.get(code) ?? `Unknown ${code}`
  if (demand.columns) columns.appendInfoAfter(', ', `${TYPE_SHORT[type]}, MID:${messageId}, ${name}`)
  if (demand.text(COAP.protocol)) rows.setText(row, `Constrained Application Protocol, ${TYPES.get(type)}, ${name}, MID:${messageId}`)
  return newMessage(walk, row, code, type, messageId, bytes[at]! & 15)
}

function dissectTcpHead(walk: Walk, row: number): CoapMessage {
  const { rows, bytes, source, at } = walk
  const { columns, demand } = walk.context!
  walk.need(1)
  const extended = extendedBytes(bytes[at]! >> 4)
  walk.need(1 + extended)
  const tokenLength = bytes[at]! & 15
  rows.addGiven(COAP.length, source, at, 1 + extended, row, 2 + extended + tokenLength + restLength(bytes, at))
  rows.add(COAP.tokenLen, source, at, 1, row)
  walk.at += 1 + extended
  const code = walk.byte(COAP.code, row)
  const name = CODE_NAMES.get(code) ?? `Unknown ${code}`
  if (demand.columns) columns.appendInfoAfter(', ', name)
  if (demand.text(COAP.protocol)) rows.setText(row, `Constrained Application Protocol, ${name}`)
  return newMessage(walk, row, code, OVER_TCP, 0, tokenLength)
}

function newMessage(walk: Walk, row: number, code: number, type: number, messageId: number, tokenLength: number): CoapMessage {
  const tokenStart = walk.at
  if (tokenLength > 0) walk.run(COAP.token, tokenLength, row)
  let token = ''
  for (let at = tokenStart; at < walk.at; at++) token += walk.bytes[at]!.toString(16).padStart(2, '0')
  return {
    row,
    code,
    type,
    messageId,
    token,
    tokenStart,
    uri: '',
    query: '',
    contentFormat: null,
    block: -1,
    moreBlocks: false,
    endsBlocks: false,
    hasOscore: false,
    oscore: null,
  }
}
