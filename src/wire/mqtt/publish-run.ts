// A run: consecutive PUBLISH packets in one piece of memory that all repeat the first one's head.
// The currency of the hot path. Framer, variants and stored messages all speak it; a single packet is a run of one.
//
//   bytes  ... | hdr len | topic | id | properties | payload | hdr len | topic | id | properties | payload | ...
//              ^start    ^bodies[0]                          ^starts[1] ^bodies[1]                      ^end
//                         '------- head -------'                         '- equal but for the id -'

import type { Slab } from '../../base/slab.ts'
import type { Qos } from './packet.ts'

/** How a PUBLISH is laid out: 4 stands for 3.1 and 3.1.1, which are the same here. */
export type WireVersion = 4 | 5

export class PublishRun {
  /** Borrowed. The receive buffer's content is void when the call that brought the run returns. */
  bytes: Uint8Array = new Uint8Array(0)
  /** 4 stands for 3.1 and 3.1.1: their PUBLISH is the same. */
  version: WireVersion = 4
  /** First byte of every packet: DUP, QoS and RETAIN are the run's. */
  header = 0x30
  /** Packets [from, to) are meant; they fill bytes[start, end). */
  from = 0
  to = 0
  start = 0
  end = 0
  /** Packet i lies in bytes[starts[i], starts[i + 1]), its variable header begins at bodies[i]. */
  starts: Int32Array = new Int32Array(64)
  bodies: Int32Array = new Int32Array(64)
  /** Where the Topic Name is: in `bytes`, or in the alias table's memory. */
  topicBytes: Uint8Array = this.bytes
  topicAt = 0
  topicLength = 0
  /** Topic Name bytes in the packets themselves: 0 behind an alias. */
  ownTopicLength = 0
  /** Properties with their length field; 0 in 3.1.1. */
  propertiesLength = 0
  /** From bodies[i] to the payload. */
  headLength = 0
  /** Size of the largest packet, for the subscribers' Maximum Packet Size. */
  largest = 0
  topicAlias = 0
  /** Has Subscription Identifiers: allowed from a server only. */
  hasIdentifiers = false
  /** Message Expiry Interval in seconds, -1 when absent; its four bytes lie at bodies[i] + expiryAt. */
  expiry = -1
  expiryAt = 0
  /** Identity of the topic where it is known (topic-table's never-reused id), else 0: what Topic Aliases are kept by. */
  topicId = 0
  /** Set once the run was copied to live longer: packet i then begins at starts[i] + slabShift in slab.bytes. */
  slab: Slab | null = null
  slabShift = 0
  #view: Uint8Array | null = null

  get qos(): Qos {
    return ((this.header >> 1) & 3) as Qos
  }

  get count(): number {
    return this.to - this.from
  }

  /** Offset of the Packet Identifier from bodies[i]; meaningless for QoS 0. */
  get idAt(): number {
    return 2 + this.ownTopicLength
  }

  /** Packet Identifier of packet i, a QoS 1 or 2 one. */
  packetId(i: number): number {
    const at = this.bodies[i]! + this.idAt
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  /** Begins a run at a packet whose head is already described. */
  begin(bytes: Uint8Array, start: number, body: number, end: number): void {
    this.bytes = bytes
    this.from = 0
    this.to = 1
    this.start = start
    this.end = end
    this.starts[0] = start
    this.starts[1] = end
    this.bodies[0] = body
    this.largest = end - start
    this.slab = null
    this.topicId = 0
    this.#view = null
  }

  append(body: number, end: number): void {
    const i = this.to
    if (i + 1 >= this.starts.length) this.#grow()
    if (end - this.end > this.largest) this.largest = end - this.end
    this.bodies[i] = body
    this.starts[i + 1] = end
    this.to = i + 1
    this.end = end
  }

  /** Narrows the run to packets [from, to); wider again by another call. */
  select(from: number, to: number): void {
    this.from = from
    this.to = to
    this.start = this.starts[from]!
    this.end = this.starts[to]!
    this.slab = null
    this.#view = null
  }

  /** bytes[start, end) as one view, made at most once however many subscribers there are. */
  view(): Uint8Array {
    return (this.#view ??= this.bytes.subarray(this.start, this.end))
  }

  #grow(): void {
    const starts = new Int32Array(this.starts.length * 2)
    const bodies = new Int32Array(starts.length)
    starts.set(this.starts)
    bodies.set(this.bodies)
    this.starts = starts
    this.bodies = bodies
  }
}

/** Payload bytes of packets [from, to). */
export function payloadBytesOf(run: PublishRun, from: number, to: number): number {
  const { starts, bodies } = run
  let sum = (from - to) * run.headLength
  for (let i = from; i < to; i++) sum += starts[i + 1]! - bodies[i]!
  return sum
}

/** Writes the Packet Identifier of packet i into the run's bytes, which must be ours. */
export function setPacketId(run: PublishRun, i: number, packetId: number): void {
  const at = run.bodies[i]! + run.idAt
  run.bytes[at] = packetId >> 8
  run.bytes[at + 1] = packetId & 255
}
