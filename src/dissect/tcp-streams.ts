// What is remembered of a TCP connection, one flow per direction: sequence numbers, windows, unacknowledged segments, unfinished messages. ● hot
// Sequence numbers are as on the wire, compared modulo 2^32; relative ones are made when shown.

import { type ConversationState, conversationState } from './conversations.ts'

/** Unacknowledged segments remembered of a flow whose acknowledgments nobody sees. */
const MOST_UNACKED = 10_000

/** Bits of tcp.completeness. */
export const Completeness = { Syn: 1, SynAck: 2, Ack: 4, Data: 8, Fin: 16, Rst: 32 } as const

/** Window scale not known (the handshake was not seen), not used. */
export const SCALE_UNKNOWN = -1
export const SCALE_NONE = -2

export const Overlap = { None: 0, Same: 1, Conflict: 2 } as const
export type Overlap = (typeof Overlap)[keyof typeof Overlap]

/** A message that began in one segment and ends in another. */
export class UnfinishedMessage {
  readonly seq: number
  readonly firstFrame: number
  /** Sequence number behind the message as far as is known. */
  end: number
  /** The dissector asked for one segment more, whatever its length. */
  wholeSegments: boolean
  isDone = false
  keptBytes = 0
  /** Pieces in order of arrival, with their places in the message. */
  readonly frames: number[] = []
  readonly offsets: number[] = []
  readonly pieces: Uint8Array[] = []
  /** Whether each piece had bytes that were there before. */
  readonly overlaps: Overlap[] = []

  constructor(seq: number, end: number, wholeSegments: boolean, firstFrame: number) {
    this.seq = seq
    this.end = end
    this.wholeSegments = wholeSegments
    this.firstFrame = firstFrame
  }
}

/** Unacknowledged segments, oldest first. */
export class Unacked {
  count = 0
  seq: number[] = []
  end: number[] = []
  frame: number[] = []
  seconds: number[] = []
  nanoseconds: number[] = []

  push(seq: number, end: number, frame: number, seconds: number, nanoseconds: number): void {
    if (this.count >= MOST_UNACKED) return
    const at = this.count++
    this.seq[at] = seq
    this.end[at] = end
    this.frame[at] = frame
    this.seconds[at] = seconds
    this.nanoseconds[at] = nanoseconds
  }

  move(from: number, to: number): void {
    this.seq[to] = this.seq[from]!
    this.end[to] = this.end[from]!
    this.frame[to] = this.frame[from]!
    this.seconds[to] = this.seconds[from]!
    this.nanoseconds[to] = this.nanoseconds[from]!
  }
}

export class TcpFlow {
  hasBase = false
  /** What relative numbers count from. */
  base = 0
  /** 0 = nothing sent yet, as in Wireshark's bookkeeping. */
  nextSeq = 0
  nextSeqFrame = 0
  nextSeqSeconds = 0
  nextSeqNanoseconds = 0
  /** Highest number up to which nothing is missing; 0 = not known. */
  maxSeqToBeAcked = 0
  lastAck = 0
  lastAckSeconds = 0
  lastAckNanoseconds = 0
  /** Frame whose acknowledgment is repeated, and how often. */
  lastNonDuplicateAck = 0
  duplicateAcks = 0
  window = 0
  windowScale: number = SCALE_UNKNOWN
  lastFlags = 0
  pushBytes = 0
  /** An acknowledgment of bytes that were not seen has been noted. */
  unseenAckNoted = false
  /** Bytes beyond the acknowledgment that its last segment told to have, by SACK. */
  sackedBytes = 0
  pushWasLast = false
  closedFirst = false
  /** No gap makes the bytes in flight unknown. */
  knowsFlight = true
  readonly unacked: Unacked = new Unacked()
  /** The last few messages over several segments, newest last; finished ones to recognise their retransmissions. */
  readonly messages: UnfinishedMessage[] = []
}

export class TcpStream {
  readonly flows: readonly [TcpFlow, TcpFlow] = [new TcpFlow(), new TcpFlow()]
  completeness = 0
  /** The first segment was seen; it counts for completeness only with a SYN. */
  isKnown = false
  /** Time of the SYN; the first round trip in nanoseconds, 0 = not known. */
  synSeconds = 0
  synNanoseconds = 0
  hasSyn = false
  initialRtt = 0
  /** Port of the end that was dialled; -1 = not seen. */
  serverPort = -1
  finSeen = false
}

export const TCP_STREAM: ConversationState<TcpStream> = conversationState(() => new TcpStream())

/** a > b modulo 2^32. */
export function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0
}

/** Nanoseconds from one time to another, exact for 104 days. */
export function elapsed(fromSeconds: number, fromNanoseconds: number, seconds: number, nanoseconds: number): number {
  return (seconds - fromSeconds) * 1e9 + (nanoseconds - fromNanoseconds)
}
