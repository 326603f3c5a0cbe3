// Gives TCP payload to its application, message by message: keeps what a dissector could not use yet, puts segments together,
// shows where the pieces came from. ● hot  Behaves as Wireshark in one pass: late and resent segments are not dissected.

import { type DissectContext, ONE_MORE_SEGMENT } from './context.ts'
import { addData } from './data.ts'
import { addReassemblyError } from './expert.ts'
import { ROOT } from './rows.ts'
import type { Analysis } from './tcp-analysis.ts'
import { Verdict } from './tcp-analysis.ts'
import { TCP } from './tcp-fields.ts'
import { dispatchPayload } from './tcp-ports.ts'
import { isAfter, Overlap, type TcpFlow, type TcpStream, UnfinishedMessage } from './tcp-streams.ts'

/** Messages remembered per flow, finished ones included. */
const MOST_MESSAGES = 8
/** A message that begins with more bytes than this in its first segment is not put together. */
const MOST_FIRST_PIECE = 1 << 20
/** Bytes kept of one unfinished message. */
const MOST_KEPT = 1 << 26
const NOT_DISSECTED = Verdict.OutOfOrder | Verdict.SpuriousRetransmission

/** Dissects a segment's payload, `seq` being its first byte's number. */
export function dissectStream(
  context: DissectContext,
  stream: TcpStream,
  flow: TcpFlow,
  analysis: Analysis,
  root: number,
  source: number,
  start: number,
  length: number,
  seq: number,
): void {
  const { rows } = context
  const isWhole = start + length <= rows.sources[source]!.length
  if (!isWhole && (analysis.verdict & (Verdict.Retransmission | Verdict.OutOfOrder)) !== 0 && !context.inError) return
  if (!isWhole || context.inError) {
    const wasFragmented = context.fragmented
    context.fragmented = true
    context.canDesegment = false
    dispatchPayload(context, stream, source, start, length)
    context.fragmented = wasFragmented
    return
  }
  if ((analysis.verdict & Verdict.Retransmission) !== 0) {
    addSegmentData(context, root, source, start, length, 'Retransmitted ')
    return
  }
  if ((analysis.verdict & Verdict.SpuriousRetransmission) !== 0) {
    const same = findStart(flow, seq)
    if (same !== null && !isAfter((seq + length) >>> 0, same.end) && same.firstFrame !== context.frame.number)
      addSegmentData(context, root, source, start, length, 'Retransmitted ')
    return
  }
  let [at, number] = [start, seq]
  const end = (seq + length) >>> 0
  const { columns } = context
  for (;;) {
    const left = start + length - at
    const same = findStart(flow, number)
    if (same !== null && !isAfter(end, same.end) && same.firstFrame !== context.frame.number) {
      addSegmentData(context, root, source, at, left, 'Retransmitted ')
      return
    }
    const message = flow.messages.length === 0 ? null : findCovering(flow, number)
    if (message === null && (analysis.verdict & Verdict.KeepAlive) !== 0) {
      addData(context, source, start, length)
      return
    }
    if (message === null && flow.messages.length > 0 && isInFinished(flow, number)) {
      addReassemblyError(context, 'TCP', source, 'New fragment overlaps old data (retransmission?)')
      return
    }
    const taken =
      message === null
        ? begin(context, stream, flow, analysis, root, source, at, left, number, end)
        : go(context, stream, flow, analysis, root, source, at, left, number, end, message)
    if (taken === 0) return
    // Another message follows in the segment: the columns keep what stands there.
    columns.setFence()
    columns.isProtocolFixed = true
    at += taken
    number = (number + taken) >>> 0
  }
}

/** Payload that begins a message (or several). Returns 0: all is dealt with. */
function begin(
  context: DissectContext,
  stream: TcpStream,
  flow: TcpFlow,
  analysis: Analysis,
  root: number,
  source: number,
  start: number,
  length: number,
  seq: number,
  end: number,
): number {
  const [mark, layers] = [context.rows.count, context.layers.length]
  context.canDesegment = true
  context.desegmentLength = 0
  context.desegmentOffset = start
  deliver(context, stream, analysis, source, start, length)
  context.canDesegment = false
  const missing = context.desegmentLength
  context.desegmentLength = 0
  if (missing === 0) return 0
  const first = Math.max(start, Math.min(context.desegmentOffset, start + length))
  keepRest(context, flow, source, first, start + length - first, (seq + first - start) >>> 0, end, missing)
  if (first === start) {
    // TLS stands in the tree before it knows what comes.
    if (context.rows.count === mark) context.layers.length = layers
    announceSegment(context)
  }
  addSegmentData(context, root, source, first, start + length - first, '')
  return 0
}

/** Payload that goes on with a message. Returns the bytes taken when another message follows them, else 0. */
function go(
  context: DissectContext,
  stream: TcpStream,
  flow: TcpFlow,
  analysis: Analysis,
  root: number,
  source: number,
  start: number,
  length: number,
  seq: number,
  end: number,
  message: UnfinishedMessage,
): number {
  const { rows } = context
  const bytes = rows.sources[source]!
  const taken = message.wholeSegments ? length : Math.min(length, (message.end - seq) >>> 0)
  keepPiece(message, context.frame.number, (seq - message.seq) >>> 0, new Uint8Array(bytes.subarray(start, start + taken)))
  if (message.wholeSegments) {
    message.wholeSegments = false
    message.end = end
  }
  const follows = isAfter(end, message.end) && taken > 0 ? taken : 0
  const whole = assemble(message)
  if (whole === null) {
    announceSegment(context)
    addSegmentData(context, root, source, start, follows === 0 ? length : follows, '')
    return follows
  }
  const before = whole.length - taken
  const reassembled = rows.addSource(whole, 'Reassembled TCP')
  const [mark, layers] = [rows.count, context.layers.length]
  addSegments(context, reassembled, message)
  context.canDesegment = true
  context.desegmentLength = 0
  context.desegmentOffset = 0
  deliver(context, stream, analysis, reassembled, 0, whole.length)
  if (context.demand.columns && message.overlaps.includes(Overlap.Conflict)) context.columns.setInfo('[Illegal Segments]')
  context.canDesegment = false
  const missing = context.desegmentLength
  const from = context.desegmentOffset
  context.desegmentLength = 0
  if (missing === 0) {
    addSegmentData(context, root, source, start, follows === 0 ? length : follows, '')
    finish(message)
    return follows
  }
  if (from < before || (from === before && before === 0)) {
    // Nothing was gained: the same message goes on.
    context.layers.length = layers
    withdraw(context, mark, root, source, start, length)
    message.wholeSegments = missing === ONE_MORE_SEGMENT
    message.end = (seq + taken + (missing < 0 ? 1 : missing)) >>> 0
    announceSegment(context)
    return 0
  }
  addSegmentData(context, root, source, start, follows === 0 ? length : follows, '')
  finish(message)
  keepRest(context, flow, reassembled, from, whole.length - from, (message.seq + from) >>> 0, (message.seq + whole.length) >>> 0, missing)
  return follows
}

/** The rows of a reassembly that was no use yet go again; the segment is plain data. */
function withdraw(context: DissectContext, mark: number, root: number, source: number, start: number, length: number): void {
  context.rows.count = mark
  addSegmentData(context, root, source, start, length, '')
}

/** Hands bytes to the application unless the segment came late. */
function deliver(context: DissectContext, stream: TcpStream, analysis: Analysis, source: number, start: number, length: number): void {
  if ((analysis.verdict & NOT_DISSECTED) === 0) dispatchPayload(context, stream, source, start, length)
}

/** What a dissector left begins a new message. */
function keepRest(context: DissectContext, flow: TcpFlow, source: number, start: number, length: number, seq: number, end: number, missing: number): void {
  if (length > MOST_FIRST_PIECE) return
  const isOpen = missing < 0
  const message = new UnfinishedMessage(seq, (end + (isOpen ? 1 : missing)) >>> 0, isOpen, context.frame.number)
  keepPiece(message, context.frame.number, 0, new Uint8Array(context.rows.sources[source]!.subarray(start, start + length)))
  if (flow.messages.length >= MOST_MESSAGES) flow.messages.shift()
  flow.messages.push(message)
}

function keepPiece(message: UnfinishedMessage, frame: number, offset: number, bytes: Uint8Array): void {
  if (message.keptBytes + bytes.length > MOST_KEPT) return
  message.keptBytes += bytes.length
  message.frames.push(frame)
  message.offsets.push(offset)
  message.pieces.push(bytes)
}

function finish(message: UnfinishedMessage): void {
  message.isDone = true
  message.frames.length = 0
  message.offsets.length = 0
  message.pieces.length = 0
}

function findStart(flow: TcpFlow, seq: number): UnfinishedMessage | null {
  for (const message of flow.messages) if (message.seq === seq) return message
  return null
}

/** The unfinished message that a byte belongs to. */
function findCovering(flow: TcpFlow, seq: number): UnfinishedMessage | null {
  for (let i = flow.messages.length - 1; i >= 0; i--) {
    const message = flow.messages[i]!
    if (!message.isDone && !isAfter(message.seq, seq) && isAfter(message.end, seq)) return message
  }
  return null
}

/** Whether a byte stands behind the first of a message that was put together before. */
function isInFinished(flow: TcpFlow, seq: number): boolean {
  for (let i = flow.messages.length - 1; i >= 0; i--) {
    const message = flow.messages[i]!
    if (isAfter(seq, message.seq)) return message.isDone && isAfter(message.end, seq)
  }
  return false
}

/** All bytes of a message in one piece, or null while some are missing. */
function assemble(message: UnfinishedMessage): Uint8Array | null {
  const length = (message.end - message.seq) >>> 0
  if (message.keptBytes < length || length > MOST_KEPT) return null
  const order = byOffset(message)
  let reach = 0
  for (const index of order) {
    if (message.offsets[index]! > reach) return null
    reach = Math.max(reach, message.offsets[index]! + message.pieces[index]!.length)
  }
  if (reach < length) return null
  const whole = new Uint8Array(length)
  let filled = 0
  message.overlaps.length = message.pieces.length
  for (const index of order) {
    const offset = message.offsets[index]!
    const piece = message.pieces[index]!
    const common = Math.min(piece.length, filled - offset)
    // What came first stays.
    message.overlaps[index] = common <= 0 ? Overlap.None : isSame(whole, offset, piece, common) ? Overlap.Same : Overlap.Conflict
    const fresh = Math.max(0, common)
    if (fresh < piece.length) whole.set(piece.subarray(fresh, Math.max(fresh, length - offset)), offset + fresh)
    filled = Math.max(filled, offset + piece.length)
  }
  return whole
}

function byOffset(message: UnfinishedMessage): number[] {
  return message.offsets.map((_, index) => index).sort((a, b) => message.offsets[a]! - message.offsets[b]!)
}

function isSame(whole: Uint8Array, offset: number, piece: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (whole[offset + i] !== piece[i]) return false
  return true
}

/** Where a message's bytes came from; stands at the root between TCP and the application. */
function addSegments(context: DissectContext, source: number, message: UnfinishedMessage): void {
  const { rows, demand } = context
  if (!demand.has(TCP.protocol)) return
  const { length } = rows.sources[source]!
  const order = byOffset(message)
  const list = rows.add(TCP.segments, source, 0, length, ROOT)
  if (demand.text(TCP.segments)) {
    const parts = order.map((index) => `#${message.frames[index]}(${message.pieces[index]!.length})`).join(', ')
    rows.setText(list, `${order.length} Reassembled TCP Segments (${length} bytes): ${parts}`)
  }
  for (const index of order) {
    const [offset, size] = [message.offsets[index]!, message.pieces[index]!.length]
    const overlap = message.overlaps[index]!
    const field = overlap === Overlap.Conflict ? TCP.segmentError : TCP.segment
    const row = rows.addGiven(field, source, offset, size, list, message.frames[index]!)
    if (overlap !== Overlap.None) rows.addGiven(TCP.segmentOverlap, source, -1, 0, row, 1)
    if (overlap === Overlap.Conflict) rows.addGiven(TCP.segmentOverlapConflict, source, -1, 0, row, 1)
    if (demand.text(field)) rows.setText(row, `Frame: ${message.frames[index]}, payload: ${offset}-${offset + size - 1} (${size} byte${size === 1 ? '' : 's'})`)
  }
  rows.addGiven(TCP.segmentCount, source, -1, 0, list, order.length)
  rows.addGiven(TCP.reassembledLength, source, -1, 0, list, length)
  rows.add(TCP.reassembledData, source, 0, length, list)
}

/** The Info column of a segment that only carries a part. */
function announceSegment(context: DissectContext): void {
  const { demand, columns } = context
  if (!demand.columns || columns.isProtocolFixed) return
  columns.setProtocol('TCP')
  columns.appendInfoAfter(' ', '[TCP segment of a reassembled PDU]')
}

function addSegmentData(context: DissectContext, root: number, source: number, start: number, length: number, how: string): void {
  const { rows, demand } = context
  if (!demand.has(TCP.protocol)) return
  const row = rows.add(TCP.segmentData, source, start, length, root)
  if (demand.text(TCP.segmentData)) rows.setText(row, `${how}TCP segment data (${length} byte${length === 1 ? '' : 's'})`)
}
