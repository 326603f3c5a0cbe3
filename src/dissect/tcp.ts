// TCP: header, connection state, options; payload goes on through tcp-reassembly.ts. [RFC 9293] ● hot
// Numbers are shown relative to the connection's first ones, windows scaled, as Wireshark does by default.

import type { DissectContext } from './context.ts'
import type { Conversation } from './conversations.ts'
import { addBoundsMark, addExpert, EXPERT, Group, Severity } from './expert.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'
import { Analysis, addAnalysis, analyse, analysisInfo, type Segment, Verdict } from './tcp-analysis.ts'
import { TCP } from './tcp-fields.ts'
import { addOptions, windowShift } from './tcp-options.ts'
import { dissectStream } from './tcp-reassembly.ts'
import { Completeness, SCALE_NONE, SCALE_UNKNOWN, TCP_STREAM, type TcpFlow, type TcpStream } from './tcp-streams.ts'

const HEAD = 20
/** With so much of its head a segment counts, although the rest was not stored. */
const ENOUGH_OF_HEAD = 16
const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16
const URG = 32
const RESERVED = 0xe00
const FLAG_NAMES: readonly (readonly [bit: number, name: string, letter: string])[] = [
  [1, 'FIN', 'F'],
  [2, 'SYN', 'S'],
  [4, 'RST', 'R'],
  [8, 'PSH', 'P'],
  [16, 'ACK', 'A'],
  [32, 'URG', 'U'],
  [64, 'ECE', 'E'],
  [128, 'CWR', 'C'],
  [256, 'AE', 'A'],
]

/** One for all segments: a segment is judged and shown before the next one comes, unless an ICMP error quotes one. */
const segment: Segment = { seq: 0, ack: 0, flags: 0, window: 0, length: 0 }
const analysis = new Analysis()

export const dissectTcp: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  if (bytes.length <= start && length > 0) {
    addBoundsMark(context, 'TCP', source, start + 1, start + length)
    return length
  }
  if (demand.columns) {
    columns.setProtocol('TCP')
    columns.setInfo('')
  }
  if (context.inError && bytes.length >= start + 8 && length >= 8 && (bytes.length < start + HEAD || length < HEAD)) {
    context.sourcePort = (bytes[start]! << 8) | bytes[start + 1]!
    context.destinationPort = (bytes[start + 2]! << 8) | bytes[start + 3]!
    segment.seq = word(bytes, start + 4)
    addQuoted(context, source, start, length)
    return length
  }
  if (bytes.length < start + ENOUGH_OF_HEAD || length < HEAD) {
    // The ports are read first.
    const stored = Math.min(length, bytes.length - start)
    const root = stored < 4 ? ROOT : rows.add(TCP.protocol, source, start, stored, ROOT)
    addCutHead(context, root, source, start, length)
    return length
  }
  const head = (bytes[start + 12]! >> 4) * 4
  if (head < HEAD || head > length) {
    addBogusHead(context, source, start, length, head)
    return length
  }
  context.sourcePort = (bytes[start]! << 8) | bytes[start + 1]!
  context.destinationPort = (bytes[start + 2]! << 8) | bytes[start + 3]!
  segment.seq = word(bytes, start + 4)
  segment.ack = word(bytes, start + 8)
  segment.flags = ((bytes[start + 12]! & 15) << 8) | bytes[start + 13]!
  segment.window = (bytes[start + 14]! << 8) | bytes[start + 15]!
  segment.length = length - head
  analysis.clear()
  if (context.inError) {
    addQuoted(context, source, start, length)
    return length
  }
  const conversation = connection(context)
  const stream = TCP_STREAM.of(conversation)
  const direction = context.direction
  const [fwd, rev] = [stream.flows[direction], stream.flows[(1 - direction) as 0 | 1]]
  const completeness = stream.completeness
  learnBases(fwd, rev)
  if (start + head <= bytes.length) learnScales(stream, fwd, rev, bytes, start + HEAD, start + head)
  analyse(stream, fwd, rev, segment, context.frame, analysis, demand.has(TCP.protocol))
  const isClosing = (segment.flags & FIN) !== 0
  const isActive = isClosing && (!stream.finSeen || fwd.closedFirst)
  if (isClosing && !stream.finSeen) {
    stream.finSeen = true
    fwd.closedFirst = true
  }
  if (stream.isKnown || (segment.flags & (SYN | ACK)) === SYN) complete(stream)
  stream.isKnown = true
  const root = rows.add(TCP.protocol, source, start, head, ROOT)
  const isCut = start + head > bytes.length
  const urgent = (segment.flags & URG) !== 0 && start + HEAD <= bytes.length ? (bytes[start + 18]! << 8) | bytes[start + 19]! : 0
  if (demand.columns) setInfo(context, fwd, rev, isCut, urgent)
  if (demand.has(TCP.protocol) || demand.has(EXPERT.protocol) || demand.columns)
    addHead(context, root, source, start, head, stream, fwd, rev, conversation, completeness, isActive)
  conversation.lastSeconds = context.frame.seconds
  conversation.lastNanoseconds = context.frame.nanoseconds
  if (isCut) addBoundsMark(context, 'TCP', source, start + head, start + length)
  else addPayload(context, root, source, start, head, length, stream, fwd)
  return length
}

/** A head that says it is shorter than a head can be, or longer than its packet. */
function addBogusHead(context: DissectContext, source: number, start: number, length: number, head: number): void {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const root = rows.add(TCP.protocol, source, start, HEAD, ROOT)
  const fault = head < HEAD ? `must be at least ${HEAD}` : `exceeds the segment's ${length} bytes`
  if (demand.columns) {
    const ports = word(bytes, start)
    columns.setInfo(
      `${ports >>> 16} → ${ports & 0xffff} [${flagText(((bytes[start + 12]! & 15) << 8) | bytes[start + 13]!)}], bogus TCP header length (${head}, ${fault})`,
    )
  }
  if (demand.has(TCP.protocol)) {
    rows.add(TCP.srcport, source, start, 2, root)
    rows.add(TCP.dstport, source, start + 2, 2, root)
    rows.add(TCP.port, source, start, 2, root)
    rows.add(TCP.port, source, start + 2, 2, root)
    rows.addGiven(TCP.hdrLen, source, start + 12, 1, root, head)
  }
  addExpert(context, root, TCP.bogusHeaderLength, Severity.Error, Group.Protocol, `Bogus TCP header length (${head}, ${fault})`)
}

function addPayload(context: DissectContext, root: number, source: number, start: number, head: number, length: number, stream: TcpStream, fwd: TcpFlow): void {
  const { rows, demand } = context
  const payload = start + head
  const size = length - head
  const { flags, seq } = segment
  if (size === 0) return
  if (payload >= rows.sources[source]!.length) {
    // What came before was shown then.
    if ((analysis.verdict & Verdict.Retransmission) === 0) addBoundsMark(context, 'TCP', source, payload + 1, payload + size)
    return
  }
  if ((flags & RST) !== 0) {
    rows.add(TCP.resetCause, source, payload, size, root)
    return
  }
  if (demand.has(TCP.protocol)) {
    const row = rows.add(TCP.payload, source, payload, Math.max(0, Math.min(size, rows.sources[source]!.length - payload)), root)
    if (demand.text(TCP.payload)) rows.setText(row, `TCP payload (${size} byte${size === 1 ? '' : 's'})`)
  }
  context.transportRow = root
  dissectStream(context, stream, fwd, analysis, root, source, payload, size, (flags & SYN) !== 0 ? (seq + 1) >>> 0 : seq)
}

/** The connection of a segment; a SYN with another number begins a new one. */
function connection(context: DissectContext): Conversation {
  const { tcpConversations, addressBytes, sourceAddress, destinationAddress, addressSize, sourcePort, destinationPort, frame } = context
  let found = tcpConversations.find(addressBytes, sourceAddress, destinationAddress, addressSize, sourcePort, destinationPort)
  if (found !== null && (segment.flags & (SYN | ACK)) === SYN) {
    const flow = TCP_STREAM.of(found).flows[tcpConversations.reversed ? 1 : 0]
    if (flow.hasBase && flow.base !== segment.seq) {
      found = null
      analysis.verdict |= Verdict.ReusedPorts
    }
  }
  const conversation = found ?? tcpConversations.add(addressBytes, sourceAddress, destinationAddress, addressSize, sourcePort, destinationPort, frame)
  if ((analysis.verdict & Verdict.ReusedPorts) !== 0) TCP_STREAM.of(conversation).completeness = Completeness.Syn
  context.conversation = conversation
  context.direction = tcpConversations.reversed ? 1 : 0
  if ((segment.flags & (SYN | ACK)) === SYN) TCP_STREAM.of(conversation).serverPort = destinationPort
  else if ((segment.flags & (SYN | ACK)) === (SYN | ACK)) TCP_STREAM.of(conversation).serverPort = sourcePort
  return conversation
}

/** The head of a segment that an ICMP error quotes: ports, connection and number; nothing is learned. */
function addQuoted(context: DissectContext, source: number, start: number, length: number): void {
  const { rows, demand, tcpConversations, addressBytes, sourceAddress, destinationAddress, addressSize, sourcePort, destinationPort } = context
  const found = tcpConversations.find(addressBytes, sourceAddress, destinationAddress, addressSize, sourcePort, destinationPort)
  const root = rows.add(TCP.protocol, source, start, Math.min(length, rows.sources[source]!.length - start), ROOT)
  if (!demand.has(TCP.protocol)) return
  rows.add(TCP.srcport, source, start, 2, root)
  rows.add(TCP.dstport, source, start + 2, 2, root)
  rows.add(TCP.port, source, start, 2, root)
  rows.add(TCP.port, source, start + 2, 2, root)
  if (found !== null) rows.addGiven(TCP.stream, source, start, 0, root, found.index)
  rows.add(TCP.seq, source, start + 4, 4, root)
  const isWhole = length >= HEAD && start + HEAD <= rows.sources[source]!.length
  if (isWhole) addQuotedHead(context, root, source, start, length)
  if (!demand.text(TCP.protocol)) return
  rows.setText(root, `Transmission Control Protocol, Src Port: ${sourcePort}, Dst Port: ${destinationPort}${isWhole ? `, Seq: ${segment.seq}` : ''}`)
}

/** The rest of a quoted head; its numbers are as on the wire, since no connection is known. */
function addQuotedHead(context: DissectContext, root: number, source: number, start: number, length: number): void {
  const { rows } = context
  const head = (rows.sources[source]![start + 12]! >> 4) * 4
  rows.add(TCP.seqRaw, source, start + 4, 4, root)
  rows.add(TCP.ack, source, start + 8, 4, root)
  rows.add(TCP.ackRaw, source, start + 8, 4, root)
  const headRow = rows.addGiven(TCP.hdrLen, source, start + 12, 1, root, head)
  if (context.demand.text(TCP.hdrLen)) rows.setText(headRow, `Header Length: ${head} bytes (${head / 4})`)
  addFlags(context, root, source, start, false)
  rows.add(TCP.windowSizeValue, source, start + 14, 2, root)
  rows.addGiven(TCP.windowSize, source, start + 14, 2, root, segment.window)
  rows.add(TCP.checksum, source, start + 16, 2, root)
  rows.addGiven(TCP.checksumStatus, source, start + 16, 0, root, 2)
  rows.add(TCP.urgentPointer, source, start + 18, 2, root)
  const size = Math.min(length - head, rows.sources[source]!.length - start - head)
  if (size > 0) rows.add(TCP.payload, source, start + head, size, root)
}

/** Relative numbers begin at the SYN; in mid-stream one before the first number seen, so that it is 1. */
function learnBases(fwd: TcpFlow, rev: TcpFlow): void {
  const { flags, seq, ack } = segment
  if (!fwd.hasBase) {
    fwd.hasBase = true
    fwd.base = (flags & SYN) !== 0 ? seq : (seq - 1) >>> 0
  }
  if (!rev.hasBase && (flags & ACK) !== 0) {
    rev.hasBase = true
    rev.base = (ack - 1) >>> 0
  }
}

/** Windows are scaled only when both SYNs say so. */
function learnScales(stream: TcpStream, fwd: TcpFlow, rev: TcpFlow, bytes: Uint8Array, start: number, end: number): void {
  if ((segment.flags & SYN) === 0) return
  const shift = windowShift(bytes, start, end)
  fwd.windowScale = shift < 0 ? SCALE_NONE : shift
  if (shift < 0) rev.windowScale = SCALE_NONE
  if ((segment.flags & ACK) !== 0 && (stream.completeness & Completeness.Syn) !== 0 && (shift < 0 || rev.windowScale === SCALE_NONE)) {
    fwd.windowScale = SCALE_NONE
    rev.windowScale = SCALE_NONE
  }
}

function complete(stream: TcpStream): void {
  const { flags, length } = segment
  if ((flags & (SYN | ACK)) === SYN) stream.completeness |= Completeness.Syn
  if ((flags & (SYN | ACK)) === (SYN | ACK)) stream.completeness |= Completeness.SynAck
  if ((flags & (SYN | ACK)) === ACK) stream.completeness |= length > 0 ? Completeness.Data : Completeness.Ack
  if ((flags & FIN) !== 0) stream.completeness |= Completeness.Fin
  if ((flags & RST) !== 0) stream.completeness |= Completeness.Rst
}

function scaledWindow(fwd: TcpFlow): number {
  return (segment.flags & SYN) !== 0 || fwd.windowScale < 0 ? segment.window : segment.window * 2 ** fwd.windowScale
}

function flagText(flags: number): string {
  const names = FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name)
  if ((flags & RESERVED) !== 0) names.push('Reserved')
  return names.length === 0 ? '<None>' : names.join(', ')
}

function setInfo(context: DissectContext, fwd: TcpFlow, rev: TcpFlow, isCut: boolean, urgent: number): void {
  const { columns, sourcePort, destinationPort } = context
  const { flags, seq, ack, length } = segment
  if (analysis.verdict !== 0 && !isCut) {
    columns.appendInfo(analysisInfo(analysis))
    columns.setFence()
  }
  const acknowledgment = (flags & ACK) !== 0 ? ` Ack=${(ack - rev.base) >>> 0}` : ''
  columns.appendInfo(
    `${sourcePort} → ${destinationPort} [${flagText(flags)}] Seq=${(seq - fwd.base) >>> 0}${acknowledgment} Win=${scaledWindow(fwd)}${urgent === 0 ? '' : ` Urg=${urgent}`} Len=${length}`,
  )
}

function addCutHead(context: DissectContext, root: number, source: number, start: number, length: number): void {
  const { rows, demand, columns } = context
  const stored = rows.sources[source]!.length - start
  if (demand.columns && stored >= 4 && length >= 4) {
    const ports = word(rows.sources[source]!, start)
    columns.appendInfo(`${ports >>> 16} → ${ports & 0xffff}`)
  }
  if (demand.has(TCP.protocol) && stored >= 4 && length >= 4) {
    rows.add(TCP.srcport, source, start, 2, root)
    rows.add(TCP.dstport, source, start + 2, 2, root)
    rows.add(TCP.port, source, start, 2, root)
    rows.add(TCP.port, source, start + 2, 2, root)
    if (demand.text(TCP.protocol))
      rows.setText(
        root,
        `Transmission Control Protocol, Src Port: ${word(rows.sources[source]!, start) >>> 16}, Dst Port: ${word(rows.sources[source]!, start) & 0xffff}`,
      )
  }
  addBoundsMark(context, 'TCP', source, start + HEAD, start + length)
}

function addHead(
  context: DissectContext,
  root: number,
  source: number,
  start: number,
  head: number,
  stream: TcpStream,
  fwd: TcpFlow,
  rev: TcpFlow,
  conversation: Conversation,
  completeness: number,
  isActive: boolean,
): void {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const { flags, seq, ack, length } = segment
  const [relativeSeq, relativeAck] = [(seq - fwd.base) >>> 0, (flags & ACK) !== 0 ? (ack - rev.base) >>> 0 : ack]
  const withText = demand.text(TCP.protocol)
  const put = (field: number, at: number, size: number, value: number | bigint | string, text = '', parent = root): number => {
    const row = rows.addGiven(field, source, at, size, parent, value)
    if (withText && text !== '') rows.setText(row, text)
    return row
  }
  rows.add(TCP.srcport, source, start, 2, root)
  rows.add(TCP.dstport, source, start + 2, 2, root)
  rows.add(TCP.port, source, start, 2, root)
  rows.add(TCP.port, source, start + 2, 2, root)
  put(TCP.stream, start, 0, conversation.index)
  put(TCP.completeness, start, 0, completeness, withText ? `Conversation completeness: ${completenessText(completeness)}` : '')
  put(TCP.len, start, 0, length)
  put(TCP.seq, start + 4, 4, relativeSeq, withText ? `Sequence Number: ${relativeSeq}    (relative sequence number)` : '')
  rows.add(TCP.seqRaw, source, start + 4, 4, root)
  const next = (relativeSeq + length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) >>> 0
  put(TCP.nxtseq, start, 0, next, withText ? `Next Sequence Number: ${next}    (relative sequence number)` : '')
  const ackRow = put(
    TCP.ack,
    start + 8,
    4,
    relativeAck,
    withText ? `Acknowledgment Number: ${relativeAck}${(flags & ACK) !== 0 ? '    (relative ack number)' : ''}` : '',
  )
  if (ack !== 0 && (flags & ACK) === 0) {
    const text = 'The acknowledgment number field is nonzero while the ACK flag is not set'
    addExpert(context, ackRow, TCP.ackNonzero, Severity.Note, Group.Protocol, text)
  }
  rows.add(TCP.ackRaw, source, start + 8, 4, root)
  put(TCP.hdrLen, start + 12, 1, head, withText ? `Header Length: ${head} bytes (${head / 4})` : '')
  addFlags(context, root, source, start, isActive)
  rows.add(TCP.windowSizeValue, source, start + 14, 2, root)
  put(TCP.windowSize, start + 14, 2, scaledWindow(fwd), withText ? `Calculated window size: ${scaledWindow(fwd)}` : '')
  if ((flags & SYN) === 0) {
    const { windowScale } = fwd
    const factor = windowScale < 0 ? windowScale : 2 ** windowScale
    const meaning = windowScale === SCALE_UNKNOWN ? ' (unknown)' : windowScale === SCALE_NONE ? ' (no window scaling used)' : ''
    put(TCP.windowSizeScalefactor, start + 14, 2, factor, withText ? `Window size scaling factor: ${factor}${meaning}` : '')
  }
  const stored = bytes.length - start
  if (withText) nameRoot(context, root, relativeSeq, relativeAck)
  if (stored < 18) return
  const checksum = rows.add(TCP.checksum, source, start + 16, 2, root)
  if (withText) rows.setText(checksum, `Checksum: 0x${((bytes[start + 16]! << 8) | bytes[start + 17]!).toString(16).padStart(4, '0')} [unverified]`)
  put(TCP.checksumStatus, start + 16, 0, 2)
  if (stored < HEAD) return
  const urgent = rows.add(TCP.urgentPointer, source, start + 18, 2, root)
  if ((flags & URG) === 0 && (bytes[start + 18]! | bytes[start + 19]!) !== 0) {
    const text = 'The urgent pointer field is nonzero while the URG flag is not set'
    addExpert(context, urgent, TCP.urgentPointerNonZero, Severity.Note, Group.Protocol, text)
  }
  fwd.sackedBytes = 0
  if (head > HEAD) {
    const info = addOptions(context, root, source, start + HEAD, start + head, (flags & SYN) !== 0, ack, fwd, rev)
    if (demand.columns && info !== '') columns.appendInfo(info)
  }
  addTimes(context, root, source, start, conversation)
  if (start + head <= bytes.length) addAnalysis(context, root, source, stream, analysis, length)
}

function nameRoot({ rows, sourcePort, destinationPort }: DissectContext, root: number, seq: number, ack: number): void {
  const text = `Seq: ${seq}${(segment.flags & ACK) !== 0 ? `, Ack: ${ack}` : ''}, Len: ${segment.length}`
  rows.setText(root, `Transmission Control Protocol, Src Port: ${sourcePort}, Dst Port: ${destinationPort}, ${text}`)
}

function addTimes(context: DissectContext, root: number, source: number, start: number, conversation: Conversation): void {
  const { rows, demand, frame } = context
  if (!frame.hasTime) return
  const tree = rows.add(TCP.timestamps, source, start, 0, root)
  if (demand.text(TCP.timestamps)) rows.setText(tree, 'Timestamps')
  const since = (seconds: number, nanoseconds: number): bigint => BigInt(frame.seconds - seconds) * 1_000_000_000n + BigInt(frame.nanoseconds - nanoseconds)
  rows.addGiven(TCP.timeRelative, source, -1, 0, tree, since(conversation.firstSeconds, conversation.firstNanoseconds))
  rows.addGiven(TCP.timeDelta, source, -1, 0, tree, since(conversation.lastSeconds, conversation.lastNanoseconds))
}

function addFlags(context: DissectContext, root: number, source: number, start: number, isActive: boolean): void {
  const { rows, demand } = context
  const { flags } = segment
  const row = rows.add(TCP.flags, source, start + 12, 2, root)
  rows.add(TCP.flagsRes, source, start + 12, 2, row)
  rows.add(TCP.flagsAe, source, start + 12, 2, row)
  rows.add(TCP.flagsCwr, source, start + 13, 1, row)
  rows.add(TCP.flagsEce, source, start + 13, 1, row)
  rows.add(TCP.flagsUrg, source, start + 13, 1, row)
  rows.add(TCP.flagsAck, source, start + 13, 1, row)
  rows.add(TCP.flagsPush, source, start + 13, 1, row)
  const reset = rows.add(TCP.flagsReset, source, start + 13, 1, row)
  if ((flags & RST) !== 0) addExpert(context, reset, TCP.connectionRst, Severity.Warning, Group.Sequence, 'Connection reset (RST)')
  const syn = rows.add(TCP.flagsSyn, source, start + 13, 1, row)
  if ((flags & SYN) !== 0) {
    const isAnswer = (flags & ACK) !== 0
    const port = isAnswer ? context.sourcePort : context.destinationPort
    const what = isAnswer ? 'acknowledge (SYN+ACK)' : 'request (SYN)'
    const field = isAnswer ? TCP.connectionSynack : TCP.connectionSyn
    addExpert(context, syn, field, Severity.Chat, Group.Sequence, `Connection establish ${what}: server port ${port}`)
  }
  const fin = rows.add(TCP.flagsFin, source, start + 13, 1, row)
  if ((flags & FIN) !== 0) addExpert(context, fin, TCP.connectionFin, Severity.Chat, Group.Sequence, 'Connection finish (FIN)')
  if (demand.text(TCP.flags)) rows.setText(row, `Flags: 0x${flags.toString(16).padStart(3, '0')} (${flagText(flags)})`)
  if (
    !demand.everything &&
    !demand.has(TCP.flagsStr) &&
    !demand.has(EXPERT.protocol) &&
    !demand.has(TCP.connectionFinActive) &&
    !demand.has(TCP.connectionFinPassive)
  )
    return
  let letters = ''
  for (const bit of [0x800, 0x400, 0x200]) letters += (flags & bit) !== 0 ? 'R' : '·'
  for (let i = FLAG_NAMES.length - 1; i >= 0; i--) letters += (flags & FLAG_NAMES[i]![0]) !== 0 ? FLAG_NAMES[i]![2] : '·'
  const text = rows.addGiven(TCP.flagsStr, source, start + 12, 2, row, letters)
  if ((flags & FIN) === 0) return
  const [field, what] = isActive ? [TCP.connectionFinActive, 'initiates'] : [TCP.connectionFinPassive, 'undergoes']
  addExpert(context, text, field, Severity.Note, Group.Sequence, `This frame ${what} the connection closing`)
}

function completenessText(bits: number): string {
  const phase = bits & 7
  const isClosed = (bits & (Completeness.Fin | Completeness.Rst)) !== 0
  if (phase === 7 && isClosed) return `Complete, ${(bits & Completeness.Data) !== 0 ? 'WITH_DATA' : 'NO_DATA'} (${bits})`
  const name =
    bits === 1
      ? ', SYN_SENT'
      : bits === 3
        ? ', CLIENT_ESTABLISHED'
        : bits === 7
          ? ', ESTABLISHED'
          : phase === 7 && (bits & Completeness.Data) !== 0
            ? ', DATA'
            : ''
  return `Incomplete${name} (${bits})`
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
