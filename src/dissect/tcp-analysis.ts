// Judges each segment against what its connection has seen, as Wireshark's sequence analysis does: retransmissions, gaps, duplicate
// acknowledgments, windows, round trips. ● hot  The judgement is made for every segment (it decides who is dissected), the rows only on demand.

import type { Frame } from '../capture/frame.ts'
import type { DissectContext } from './context.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { TCP } from './tcp-fields.ts'
import { elapsed, isAfter, SCALE_NONE, SCALE_UNKNOWN, type TcpFlow, type TcpStream } from './tcp-streams.ts'

const FIN = 1
const SYN = 2
const RST = 4
const PSH = 8
const ACK = 16

export const Verdict = {
  Retransmission: 1,
  LostPacket: 2,
  AckLostPacket: 4,
  KeepAlive: 8,
  DuplicateAck: 16,
  ZeroWindow: 32,
  ZeroWindowProbe: 64,
  ZeroWindowProbeAck: 128,
  KeepAliveAck: 256,
  OutOfOrder: 512,
  FastRetransmission: 1024,
  WindowUpdate: 2048,
  WindowFull: 4096,
  ReusedPorts: 8192,
  SpuriousRetransmission: 16384,
} as const

/** Without a measured round trip, a segment this late is a retransmission. */
const OUT_OF_ORDER_NS = 3_000_000
const FAST_RETRANSMISSION_NS = 20_000_000
const NOT_IN_FLIGHT = 2_000_000_000

/** The judgement of one segment; one object, filled anew. */
export class Analysis {
  verdict = 0
  /** Frame that this one acknowledges, 0 = none, and the time since then in nanoseconds. */
  ackedFrame = 0
  ackRtt = 0
  duplicateNumber = 0
  duplicateFrame = 0
  bytesInFlight = 0
  /** Of these, bytes that the other side told to have. */
  sackedBytes = 0
  pushBytes = 0
  /** Wireshark shows the tree although nothing stands in it. */
  isEmptyShown = false
  rto = 0
  rtoFrame = 0

  clear(): void {
    this.verdict = 0
    this.ackedFrame = 0
    this.duplicateNumber = 0
    this.bytesInFlight = 0
    this.isEmptyShown = false
    this.rtoFrame = 0
  }
}

/** A segment as read from its header. */
export interface Segment {
  seq: number
  ack: number
  flags: number
  window: number
  /** Payload bytes. */
  length: number
}

/** Judges a segment and remembers it. `withFlight`: bytes in flight are read by somebody. */
export function analyse(stream: TcpStream, fwd: TcpFlow, rev: TcpFlow, segment: Segment, frame: Frame, result: Analysis, withFlight: boolean): void {
  const { seq, ack, flags, window, length } = segment
  const { seconds, nanoseconds } = frame
  const isPlain = (flags & (SYN | FIN | RST)) === 0
  let verdict = result.verdict
  measureHandshake(stream, fwd, segment, frame)

  if (length === 1 && seq === fwd.nextSeq && rev.window === 0 && rev.nextSeq !== 0) verdict |= Verdict.ZeroWindowProbe
  else {
    if (window === 0 && isPlain) verdict |= Verdict.ZeroWindow
    if (fwd.nextSeq !== 0 && isAfter(seq, fwd.nextSeq) && (flags & RST) === 0) {
      verdict |= Verdict.LostPacket
      fwd.knowsFlight = false
    }
    if (length <= 1 && fwd.nextSeq !== 0 && seq === (fwd.nextSeq - 1) >>> 0 && isPlain) verdict |= Verdict.KeepAlive
    const repeats = length === 0 && window !== 0 && seq === fwd.nextSeq && ack === fwd.lastAck && isPlain
    if (repeats && window !== fwd.window) verdict |= Verdict.WindowUpdate
    if (length > 0 && rev.windowScale !== SCALE_UNKNOWN && isPlain && rev.nextSeq !== 0) {
      const scale = rev.windowScale === SCALE_NONE ? 0 : rev.windowScale
      if ((seq + length) >>> 0 === (rev.lastAck + rev.window * 2 ** scale) >>> 0) verdict |= Verdict.WindowFull
    }
    if (repeats && window === fwd.window && (rev.lastFlags & Verdict.KeepAlive) !== 0) verdict |= Verdict.KeepAliveAck
    else if (
      length === 0 &&
      window === 0 &&
      fwd.window === 0 &&
      seq === fwd.nextSeq &&
      ack === fwd.lastAck &&
      isPlain &&
      (rev.lastFlags & Verdict.ZeroWindowProbe) !== 0
    )
      verdict |= Verdict.ZeroWindowProbeAck
    else if (repeats && window === fwd.window) {
      verdict |= Verdict.DuplicateAck
      result.duplicateNumber = ++fwd.duplicateAcks
      result.duplicateFrame = fwd.lastNonDuplicateAck
    }
  }
  const isSameAck = ack === fwd.lastAck
  if (!isSameAck) {
    fwd.lastNonDuplicateAck = frame.number
    fwd.duplicateAcks = 0
  }
  if (rev.maxSeqToBeAcked !== 0 && (flags & ACK) !== 0 && isAfter(ack, rev.maxSeqToBeAcked)) {
    // Said once of a flow, then only when late segments left a gap.
    if (rev.unseenAckNoted && rev.maxSeqToBeAcked === rev.nextSeq) result.isEmptyShown = true
    else verdict |= Verdict.AckLostPacket
    rev.unseenAckNoted = true
    rev.maxSeqToBeAcked = rev.nextSeq
  } else if (ack === rev.maxSeqToBeAcked) rev.unseenAckNoted = false
  const isOld = (fwd.nextSeq !== 0 && isAfter(fwd.nextSeq, seq)) || (length > 0 && rev.lastAck !== 0 && !isAfter((seq + length) >>> 0, rev.lastAck))
  if ((length > 0 || (flags & (SYN | FIN)) !== 0) && isOld && (verdict & Verdict.KeepAlive) === 0)
    verdict |= judgeRepeated(stream, fwd, rev, segment, frame, result)

  // The numbers move on.
  let end = (seq + length) >>> 0
  if (length > 0 || (flags & (SYN | FIN)) !== 0) {
    if ((flags & (SYN | FIN)) !== 0) end = (end + 1) >>> 0
    fwd.unacked.push(seq, end, frame.number, seconds, nanoseconds)
  }
  const isProbe = (verdict & Verdict.ZeroWindowProbe) !== 0
  if ((fwd.nextSeq === 0 || isAfter(end, fwd.nextSeq)) && !isProbe) {
    fwd.nextSeq = end
    fwd.nextSeqFrame = frame.number
    fwd.nextSeqSeconds = seconds
    fwd.nextSeqNanoseconds = nanoseconds
  }
  if ((seq === fwd.maxSeqToBeAcked || fwd.maxSeqToBeAcked === 0) && !isProbe) fwd.maxSeqToBeAcked = fwd.nextSeq
  fwd.window = window
  fwd.lastAck = ack
  fwd.lastAckSeconds = seconds
  fwd.lastAckNanoseconds = nanoseconds
  fwd.lastFlags = verdict
  rev.knowsFlight = true
  if (rev.unacked.count > 0) acknowledge(rev, ack, frame, result)
  if (length > 0) {
    if (withFlight && fwd.knowsFlight) result.bytesInFlight = inFlight(fwd, (flags & (SYN | FIN)) !== 0)
    result.sackedBytes = rev.sackedBytes
    if (result.bytesInFlight > 0) {
      fwd.pushBytes = (fwd.pushWasLast ? 0 : fwd.pushBytes) + length
      fwd.pushWasLast = (flags & PSH) !== 0
      result.pushBytes = fwd.pushBytes
    }
  }
  result.verdict = verdict
}

/** The first round trip: from the SYN to the acknowledgment that ends the handshake. */
function measureHandshake(stream: TcpStream, fwd: TcpFlow, { seq, flags }: Segment, { seconds, nanoseconds }: Frame): void {
  if ((flags & (SYN | ACK)) === SYN) {
    stream.hasSyn = true
    stream.synSeconds = seconds
    stream.synNanoseconds = nanoseconds
  } else if (stream.initialRtt === 0 && stream.hasSyn && (flags & (SYN | ACK)) === ACK && (seq - fwd.base) >>> 0 === 1)
    stream.initialRtt = elapsed(stream.synSeconds, stream.synNanoseconds, seconds, nanoseconds)
}

/** A segment from before the highest number sent: resent, late, or needless. */
function judgeRepeated(stream: TcpStream, fwd: TcpFlow, rev: TcpFlow, { seq, length, flags }: Segment, frame: Frame, result: Analysis): number {
  const { seconds, nanoseconds } = frame
  const end = (seq + length) >>> 0
  const addsNothing = !(length > 1 && (fwd.nextSeq - 1) >>> 0 === seq)
  if (length > 0 && rev.lastAck !== 0 && !isAfter(end, rev.lastAck)) return Verdict.SpuriousRetransmission
  const sinceAck = elapsed(rev.lastAckSeconds, rev.lastAckNanoseconds, seconds, nanoseconds)
  if (addsNothing && rev.duplicateAcks >= 2 && rev.lastAck === seq && sinceAck < FAST_RETRANSMISSION_NS) return Verdict.FastRetransmission
  const sinceNext = elapsed(fwd.nextSeqSeconds, fwd.nextSeqNanoseconds, seconds, nanoseconds)
  const threshold = stream.initialRtt === 0 ? OUT_OF_ORDER_NS : stream.initialRtt
  const next = (flags & (SYN | FIN)) === 0 ? end : (end + 1) >>> 0
  if (addsNothing && sinceNext < threshold && fwd.nextSeq !== next) return Verdict.OutOfOrder
  if (!addsNothing) return 0
  result.rto = sinceNext
  result.rtoFrame = fwd.nextSeqFrame
  // The eldest segment that waits is the likeliest to have caused it.
  if (fwd.unacked.count > 0) {
    result.rto = elapsed(fwd.unacked.seconds[0]!, fwd.unacked.nanoseconds[0]!, seconds, nanoseconds)
    result.rtoFrame = fwd.unacked.frame[0]!
  }
  return Verdict.Retransmission
}

/** Forgets what is acknowledged; an exact end tells which frame was meant. */
function acknowledge(rev: TcpFlow, ack: number, { seconds, nanoseconds }: Frame, result: Analysis): void {
  const { unacked } = rev
  let kept = 0
  for (let at = 0; at < unacked.count; at++) {
    const end = unacked.end[at]!
    if (end === ack) {
      if (result.ackedFrame !== 0) continue
      result.ackedFrame = unacked.frame[at]!
      result.ackRtt = elapsed(unacked.seconds[at]!, unacked.nanoseconds[at]!, seconds, nanoseconds)
    } else if (isAfter(end, ack)) {
      if (isAfter(ack, unacked.seq[at]!)) unacked.seq[at] = ack
      if (kept !== at) unacked.move(at, kept)
      kept++
    }
  }
  unacked.count = kept
}

function inFlight(fwd: TcpFlow, hasVirtualByte: boolean): number {
  const { unacked, base } = fwd
  if (unacked.count === 0) return 0
  let [first, last] = [0xffffffff, 0]
  for (let at = 0; at < unacked.count; at++) {
    first = Math.min(first, (unacked.seq[at]! - base) >>> 0)
    last = Math.max(last, (unacked.end[at]! - base) >>> 0)
  }
  const bytes = last - first
  return bytes > 0 && bytes < NOT_IN_FLIGHT ? bytes - (hasVirtualByte ? 1 : 0) : 0
}

type Note = readonly [verdict: number, field: number, severity: Severity, message: string, info: string]
const NOTES: readonly Note[] = [
  [Verdict.Retransmission, TCP.analysisRetransmission, Severity.Note, 'This frame is a (suspected) retransmission', 'TCP Retransmission'],
  [Verdict.FastRetransmission, TCP.analysisFastRetransmission, Severity.Note, 'This frame is a (suspected) fast retransmission', 'TCP Fast Retransmission'],
  [
    Verdict.SpuriousRetransmission,
    TCP.analysisSpuriousRetransmission,
    Severity.Note,
    'This frame is a (suspected) spurious retransmission',
    'TCP Spurious Retransmission',
  ],
  [Verdict.OutOfOrder, TCP.analysisOutOfOrder, Severity.Warning, 'This frame is a (suspected) out-of-order segment', 'TCP Out-Of-Order'],
  [
    Verdict.ReusedPorts,
    TCP.analysisReusedPorts,
    Severity.Note,
    'A new tcp session is started with the same ports as an earlier session in this trace',
    'TCP Port numbers reused',
  ],
  [
    Verdict.LostPacket,
    TCP.analysisLostSegment,
    Severity.Warning,
    'Previous segment(s) not captured (common at capture start)',
    'TCP Previous segment not captured',
  ],
  [
    Verdict.AckLostPacket,
    TCP.analysisAckLostSegment,
    Severity.Warning,
    "ACKed segment that wasn't captured (common at capture start)",
    'TCP ACKed unseen segment',
  ],
  [Verdict.WindowUpdate, TCP.analysisWindowUpdate, Severity.Chat, 'TCP window update', 'TCP Window Update'],
  [Verdict.WindowFull, TCP.analysisWindowFull, Severity.Warning, 'TCP window specified by the receiver is now completely full', 'TCP Window Full'],
  [Verdict.KeepAlive, TCP.analysisKeepAlive, Severity.Note, 'TCP keep-alive segment', 'TCP Keep-Alive'],
  [Verdict.KeepAliveAck, TCP.analysisKeepAliveAck, Severity.Note, 'ACK to a TCP keep-alive segment', 'TCP Keep-Alive ACK'],
  [Verdict.DuplicateAck, TCP.analysisDuplicateAck, Severity.Note, '', ''],
  [Verdict.ZeroWindowProbe, TCP.analysisZeroWindowProbe, Severity.Note, 'TCP Zero Window Probe', 'TCP ZeroWindowProbe'],
  [Verdict.ZeroWindow, TCP.analysisZeroWindow, Severity.Warning, 'TCP Zero Window segment', 'TCP ZeroWindow'],
  [Verdict.ZeroWindowProbeAck, TCP.analysisZeroWindowProbeAck, Severity.Note, 'ACK to a TCP Zero Window Probe', 'TCP ZeroWindowProbeAck'],
]

/** The SEQ/ACK analysis below the TCP row; nothing when there is nothing to say. */
export function addAnalysis(context: DissectContext, root: number, source: number, stream: TcpStream, result: Analysis, length: number): void {
  const { rows } = context
  const hasFlight = length > 0 && result.bytesInFlight > 0
  if (result.ackedFrame === 0 && !hasFlight && result.verdict === 0 && !result.isEmptyShown) return
  const start = rows.start[root]!
  const tree = rows.add(TCP.analysis, source, start, 0, root)
  if (context.demand.text(TCP.analysis)) rows.setText(tree, 'SEQ/ACK analysis')
  const put = (field: number, value: number | bigint, parent = tree): number => rows.addGiven(field, source, -1, 0, parent, value)
  if (result.ackedFrame !== 0) {
    put(TCP.analysisAcksFrame, result.ackedFrame)
    put(TCP.analysisAckRtt, BigInt(result.ackRtt))
  }
  if (stream.initialRtt !== 0) put(TCP.analysisInitialRtt, BigInt(stream.initialRtt))
  if (hasFlight && result.bytesInFlight > result.sackedBytes) {
    put(TCP.analysisBytesInFlight, result.bytesInFlight - result.sackedBytes)
    put(TCP.analysisPushBytesSent, result.pushBytes)
  }
  if (result.verdict !== 0) addFlags(context, tree, source, start, result)
}

function addFlags(context: DissectContext, tree: number, source: number, start: number, result: Analysis): void {
  const { rows, demand } = context
  const flags = rows.add(TCP.analysisFlags, source, start, 0, tree)
  if (demand.text(TCP.analysisFlags)) rows.setText(flags, 'TCP Analysis Flags')
  for (const [verdict, field, severity, message] of NOTES) {
    if ((result.verdict & verdict) === 0) continue
    if (verdict === Verdict.DuplicateAck) {
      const row = rows.add(field, source, -1, 0, flags)
      if (demand.text(field)) rows.setText(row, 'This is a TCP duplicate ack')
      continue
    }
    addExpert(context, flags, field, severity, Group.Sequence, message)
    // A fast or needless retransmission is a retransmission, too.
    if (verdict === Verdict.FastRetransmission || verdict === Verdict.SpuriousRetransmission)
      addExpert(context, flags, TCP.analysisRetransmission, Severity.Note, Group.Sequence, 'This frame is a (suspected) retransmission')
    if (verdict === Verdict.Retransmission && result.rtoFrame !== 0) {
      rows.addGiven(TCP.analysisRto, source, -1, 0, flags, BigInt(result.rto))
      rows.addGiven(TCP.analysisRtoFrame, source, -1, 0, flags, result.rtoFrame)
    }
  }
  if ((result.verdict & Verdict.DuplicateAck) === 0) return
  rows.addGiven(TCP.analysisDuplicateAckNum, source, -1, 0, tree, result.duplicateNumber)
  const duplicate = rows.addGiven(TCP.analysisDuplicateAckFrame, source, -1, 0, tree, result.duplicateFrame)
  addExpert(context, duplicate, TCP.analysisDuplicateAck, Severity.Note, Group.Sequence, `Duplicate ACK (#${result.duplicateNumber})`)
}

/** `[TCP Retransmission] ` and so on, before the segment's Info; the last one stands first. */
export function analysisInfo(result: Analysis): string {
  let text = ''
  for (const [verdict, , , , info] of NOTES) {
    if ((result.verdict & verdict) === 0) continue
    const mark = verdict === Verdict.DuplicateAck ? `TCP Dup ACK ${result.duplicateFrame}#${result.duplicateNumber}` : info
    text = `[${mark}] ${text}`
  }
  return text
}
