// WebSocket frames: heads, unmasking, fragments. [RFC 6455]
// tshark shows the payload as data; in `auto` mode binary messages are a stream of MQTT packets.

import { type DissectContext, ONE_MORE_SEGMENT } from './context.ts'
import { type Conversation, type ConversationState, conversationState } from './conversations.ts'
import { addData } from './data.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { WEBSOCKET } from './http-fields.ts'
import { dissectTextLines } from './media.ts'
import type { Dissect, Protocol } from './registry.ts'
import { ROOT } from './rows.ts'
import { TCP } from './tcp-fields.ts'
import { noteStrayCharacters } from './value-errors.ts'

const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const
const NAMES: ReadonlyMap<number, string> = new Map([
  [Opcode.Continuation, 'Continuation'],
  [Opcode.Text, 'Text'],
  [Opcode.Binary, 'Binary'],
  [Opcode.Close, 'Connection Close'],
  [Opcode.Ping, 'Ping'],
  [Opcode.Pong, 'Pong'],
])
/** Bytes kept of an unfinished message. */
const MOST_KEPT = 1 << 26

class WebSocketState {
  /** Fragments of the message in progress, per direction, and its kind. */
  readonly fragments: [Uint8Array[], Uint8Array[]] = [[], []]
  readonly frames: [number[], number[]] = [[], []]
  readonly kind: [number, number] = [0, 0]
  readonly kept: [number, number] = [0, 0]
  /** What the application could not use yet. */
  readonly pending: [Uint8Array | null, Uint8Array | null] = [null, null]
  protocol: Protocol | null = null
  /** Both sides agreed on permessage-deflate: a reserved bit says which messages are compressed. [RFC 7692] */
  mayCompress = false
}

const STATE: ConversationState<WebSocketState> = conversationState(() => new WebSocketState())

export const dissectWebSocket: Dissect = (context, source, start, length) => {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const end = Math.min(start + length, bytes.length)
  for (let at = start; at < end; ) {
    const head = headLength(bytes, at, end)
    const size = head < 0 ? -1 : payloadLength(bytes, at)
    if (head < 0 || at + head + size > end) {
      if (context.canDesegment) {
        context.desegmentOffset = at
        context.desegmentLength = head < 0 || !Number.isSafeInteger(size) ? ONE_MORE_SEGMENT : at + head + size - end
      } else rows.add(WEBSOCKET.protocol, source, at, end - at, ROOT)
      return length
    }
    if (context.transportRow >= 0 && demand.has(TCP.pduSize)) rows.addGiven(TCP.pduSize, source, at, head + size, context.transportRow, head + size)
    dissectFrame(context, source, at, head, size)
    at += head + size
  }
  return length
}

/** Bytes before the payload; -1 = they are not all there. */
function headLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1
  const short = bytes[at + 1]! & 127
  const head = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + ((bytes[at + 1]! & 128) === 0 ? 0 : 4)
  return at + head > end ? -1 : head
}

function payloadLength(bytes: Uint8Array, at: number): number {
  const short = bytes[at + 1]! & 127
  let length = short
  if (short === 126) length = (bytes[at + 2]! << 8) | bytes[at + 3]!
  if (short === 127) {
    length = 0
    for (let i = 2; i < 10; i++) length = length * 256 + bytes[at + i]!
  }
  return length
}

function dissectFrame(context: DissectContext, source: number, start: number, head: number, size: number): void {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const opcode = bytes[start]! & 15
  const [isFinal, isMasked] = [(bytes[start]! & 128) !== 0, (bytes[start + 1]! & 128) !== 0]
  const root = rows.add(WEBSOCKET.protocol, source, start, head, ROOT)
  if (demand.columns) columns.setProtocol('WebSocket')
  if (demand.columns) columns.setInfo(`WebSocket ${NAMES.get(opcode) ?? 'Unknown Opcode'}${isFinal ? ' [FIN] ' : '[FRAGMENT]  '}${isMasked ? '[MASKED]' : ''}`)
  rows.add(WEBSOCKET.fin, source, start, 1, root)
  rows.add(WEBSOCKET.rsv, source, start, 1, root)
  if (context.conversation !== null && STATE.peek(context.conversation)?.mayCompress === true) rows.add(WEBSOCKET.pmc, source, start, 1, root)
  rows.add(WEBSOCKET.opcode, source, start, 1, root)
  rows.add(WEBSOCKET.mask, source, start + 1, 1, root)
  const short = bytes[start + 1]! & 127
  const lengthRow = rows.add(WEBSOCKET.payloadLength, source, start + 1, 1, root)
  if (short === 126) rows.add(WEBSOCKET.payloadLengthExt16, source, start + 2, 2, root)
  if (short === 127) rows.add(WEBSOCKET.payloadLengthExt64, source, start + 2, 8, root)
  if (demand.text(WEBSOCKET.payloadLength) && short >= 126)
    rows.setText(lengthRow, `Payload length: ${short} Extended Payload Length (${short === 126 ? 16 : 64} bits)`)
  const payload = start + head
  let [inside, from] = [source, payload]
  if (isMasked) {
    const key = payload - 4
    rows.add(WEBSOCKET.maskingKey, source, key, 4, root)
    if (size > 0) {
      const masked = rows.add(WEBSOCKET.maskedPayload, source, payload, size, root)
      if (demand.text(WEBSOCKET.maskedPayload)) rows.setText(masked, 'Masked payload')
      const plain = new Uint8Array(size)
      for (let i = 0; i < size; i++) plain[i] = bytes[payload + i]! ^ bytes[key + (i & 3)]!
      inside = rows.addSource(plain, 'Unmasked data')
      from = 0
    }
  }
  if (size === 0) {
    if (opcode < Opcode.Close) takeFragment(context, -1, inside, from, size, opcode, isFinal)
    return
  }
  const row = rows.add(WEBSOCKET.payload, inside, from, size, root)
  if (demand.text(WEBSOCKET.payload)) rows.setText(row, 'Payload')
  if (opcode > Opcode.Binary) addControl(context, row, inside, from, size, opcode)
  else takeFragment(context, row, inside, from, size, opcode, isFinal)
}

function addControl(context: DissectContext, parent: number, source: number, start: number, size: number, opcode: number): void {
  const { rows, demand } = context
  if (opcode === Opcode.Close) {
    const close = rows.add(WEBSOCKET.payloadClose, source, start, size, parent)
    if (demand.text(WEBSOCKET.payloadClose)) rows.setText(close, 'Close')
    if (size >= 2) rows.add(WEBSOCKET.payloadCloseStatusCode, source, start, 2, close)
    if (size > 2) rows.add(WEBSOCKET.payloadCloseReason, source, start + 2, size - 2, close)
  } else if (opcode === Opcode.Ping) rows.add(WEBSOCKET.payloadPing, source, start, size, parent)
  else if (opcode === Opcode.Pong) rows.add(WEBSOCKET.payloadPong, source, start, size, parent)
  else {
    const unknown = rows.add(WEBSOCKET.payloadUnknown, source, start, size, parent)
    addExpert(context, unknown, WEBSOCKET.payloadUnknownExpert, Severity.Note, Group.Undecoded, `Opcode ${opcode} is not decoded`)
  }
}

/** Collects a message; the last fragment gives it to the application. `payload` is the row of the fragment's bytes, -1 = it has none. */
function takeFragment(context: DissectContext, payload: number, source: number, start: number, size: number, opcode: number, isFinal: boolean): void {
  const { rows, direction, conversation, frame } = context
  if (conversation === null) {
    addData(context, source, start, size)
    return
  }
  const state = STATE.of(conversation)
  if (opcode !== Opcode.Continuation) {
    state.kind[direction] = opcode
    state.fragments[direction] = []
    state.frames[direction] = []
    state.kept[direction] = 0
  }
  const fragments = state.fragments[direction]
  if (isFinal && fragments.length === 0) {
    deliver(context, state, payload, source, start, size)
    return
  }
  if (state.kept[direction] + size > MOST_KEPT || context.inError) return
  if (size > 0) {
    state.kept[direction] += size
    fragments.push(new Uint8Array(rows.sources[source]!.subarray(start, start + size)))
    state.frames[direction].push(frame.number)
  }
  if (!isFinal) {
    if (opcode === Opcode.Continuation && size > 0) rows.add(WEBSOCKET.payloadContinue, source, start, size, ROOT)
    return
  }
  const whole = new Uint8Array(state.kept[direction])
  let at = 0
  for (const piece of fragments) {
    whole.set(piece, at)
    at += piece.length
  }
  const reassembled = rows.addSource(whole, 'Reassembled Message')
  addFragments(context, reassembled, fragments, state.frames[direction])
  state.fragments[direction] = []
  state.frames[direction] = []
  state.kept[direction] = 0
  deliver(context, state, payload, reassembled, 0, whole.length)
}

function addFragments(context: DissectContext, source: number, pieces: readonly Uint8Array[], frames: readonly number[]): void {
  const { rows, demand } = context
  const { length } = rows.sources[source]!
  const list = rows.add(WEBSOCKET.fragments, source, 0, length, ROOT)
  let at = 0
  for (const [index, piece] of pieces.entries()) {
    const row = rows.addGiven(WEBSOCKET.fragment, source, at, piece.length, list, frames[index]!)
    if (demand.text(WEBSOCKET.fragment))
      rows.setText(row, `Frame: ${frames[index]}, payload: ${at}-${at + piece.length - 1} (${piece.length} byte${piece.length === 1 ? '' : 's'})`)
    at += piece.length
  }
  if (demand.text(WEBSOCKET.fragments)) {
    const parts = pieces.map((piece, index) => `#${frames[index]}(${piece.length})`).join(', ')
    rows.setText(list, `${pieces.length} Reassembled websocket Fragments (${length} bytes): ${parts}`)
  }
  rows.addGiven(WEBSOCKET.fragmentCount, source, -1, 0, list, pieces.length)
  rows.addGiven(WEBSOCKET.reassembledLength, source, -1, 0, list, length)
}

/** A text is shown below the fragment that ended it, and line by line. */
function deliver(context: DissectContext, state: WebSocketState, payload: number, source: number, start: number, size: number): void {
  if (size === 0) return
  if (context.auto && deliverToApplication(context, state, source, start, size)) return
  if (state.kind[context.direction] === Opcode.Text) {
    if (payload >= 0) noteStrayCharacters(context, context.rows.add(WEBSOCKET.payloadText, source, start, size, payload))
    dissectTextLines(context, '', source, start, size)
    return
  }
  addData(context, source, start, size)
}

/** MQTT packets may span messages and messages hold many: a stream. [MQTT-6.0.0-2] */
function deliverToApplication(context: DissectContext, state: WebSocketState, source: number, start: number, size: number): boolean {
  const { rows, direction, registry } = context
  const bytes = rows.sources[source]!
  if (state.protocol === null) {
    state.protocol = registry.recognisable.find((one) => one.recognises!(bytes, start, start + size)) ?? null
    if (state.protocol === null) return false
  }
  const waiting = state.pending[direction]
  let [inside, from, length] = [source, start, size]
  if (waiting !== null) {
    const both = new Uint8Array(waiting.length + size)
    both.set(waiting)
    both.set(bytes.subarray(start, start + size), waiting.length)
    inside = rows.addSource(both, 'Reassembled WebSocket')
    from = 0
    length = both.length
  }
  state.pending[direction] = null
  const [couldDesegment, asked] = [context.canDesegment, context.desegmentLength]
  context.canDesegment = true
  context.desegmentLength = 0
  context.desegmentOffset = from
  const isTaken = context.call(state.protocol.name, state.protocol.dissect, inside, from, length) > 0
  if (isTaken && context.desegmentLength !== 0 && length <= MOST_KEPT && !context.inError)
    state.pending[direction] = new Uint8Array(rows.sources[inside]!.subarray(context.desegmentOffset, from + length))
  context.canDesegment = couldDesegment
  context.desegmentLength = asked
  return isTaken
}

/** The upgrade's answer grants permessage-deflate. */
export function grantCompression(conversation: Conversation): void {
  STATE.of(conversation).mayCompress = true
}

/** By its own name only: Decode As, or the upgrade of an HTTP connection. */
export const WEBSOCKET_PROTOCOL: Protocol = { name: 'websocket', dissect: dissectWebSocket }
