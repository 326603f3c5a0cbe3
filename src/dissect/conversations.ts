// Conversations: two ends, their addresses and ports, what protocols remember about them. TCP and UDP have one table each. ● hot
// The table is bounded: beyond the cap the conversation that was idle longest is forgotten (its number stays used, as in Wireshark).

import type { Protocol } from './registry.ts'

/** A protocol's own state in a conversation: `const STATE = conversationState(() => new MqttState())`, then `STATE.of(conversation)`. */
export interface ConversationState<T> {
  /** The state, made at the first call. */
  of(conversation: Conversation): T
  /** The state if there is one. */
  peek(conversation: Conversation): T | null
}

let stateCount = 0

/** Once per protocol, when its module loads. */
export function conversationState<T>(make: () => T): ConversationState<T> {
  const slot = stateCount++
  return {
    of(conversation) {
      return (conversation.slots[slot] ??= make()) as T
    },
    peek(conversation) {
      return (conversation.slots[slot] ?? null) as T | null
    },
  }
}

/** First and second are the ends by the conversation's first frame: its sender and its receiver. */
export class Conversation {
  /** tcp.stream or udp.stream. */
  readonly index: number
  /** 4 or 16 bytes. */
  readonly firstAddress: Uint8Array
  readonly secondAddress: Uint8Array
  readonly firstPort: number
  readonly secondPort: number
  /** Number and time of the first frame. */
  readonly firstFrame: number
  readonly firstSeconds: number
  readonly firstNanoseconds: number
  /** Time of the frame before the current one. */
  lastSeconds: number
  lastNanoseconds: number
  /** The application's dissector: found by port, chosen by a protocol that was asked to change (WebSocket), or null = not looked for yet. */
  protocol: Protocol | null = null
  /** Indexed by the numbers of conversationState. */
  readonly slots: unknown[] = []
  /** The chain of a bucket, and the chain by age. */
  next: Conversation | null = null
  older: Conversation | null = null
  newer: Conversation | null = null
  readonly hash: number

  constructor(index: number, hash: number, first: Uint8Array, firstPort: number, second: Uint8Array, secondPort: number, frame: FrameTime) {
    this.index = index
    this.hash = hash
    this.firstAddress = first
    this.firstPort = firstPort
    this.secondAddress = second
    this.secondPort = secondPort
    this.firstFrame = frame.number
    this.firstSeconds = frame.seconds
    this.firstNanoseconds = frame.nanoseconds
    this.lastSeconds = frame.seconds
    this.lastNanoseconds = frame.nanoseconds
  }
}

export interface FrameTime {
  readonly number: number
  readonly seconds: number
  readonly nanoseconds: number
}

const BUCKETS = 1 << 14

export class Conversations {
  readonly #buckets: (Conversation | null)[] = new Array(BUCKETS).fill(null)
  readonly #most: number
  #count = 0
  #nextIndex = 0
  #oldest: Conversation | null = null
  #newest: Conversation | null = null
  /** Whether the last `find` ran from the second end to the first. */
  reversed = false

  constructor(most: number) {
    this.#most = most
  }

  /** The conversation of a packet, or null; sets `reversed`. Addresses lie in `bytes`, `size` (4 or 16) bytes each. */
  find(bytes: Uint8Array, source: number, destination: number, size: number, sourcePort: number, destinationPort: number): Conversation | null {
    const newest = this.#newest
    if (newest !== null && this.#is(newest, bytes, source, destination, size, sourcePort, destinationPort)) return newest
    const hash = hashOf(bytes, source, destination, size, sourcePort, destinationPort)
    for (let entry = this.#buckets[hash & (BUCKETS - 1)]!; entry !== null; entry = entry.next!)
      if (entry.hash === hash && this.#is(entry, bytes, source, destination, size, sourcePort, destinationPort)) {
        this.#touch(entry)
        return entry
      }
    return null
  }

  /** A new conversation; one with the same ends is forgotten. */
  add(bytes: Uint8Array, source: number, destination: number, size: number, sourcePort: number, destinationPort: number, frame: FrameTime): Conversation {
    const old = this.find(bytes, source, destination, size, sourcePort, destinationPort)
    if (old !== null) this.#remove(old)
    if (this.#count >= this.#most && this.#oldest !== null) this.#remove(this.#oldest)
    const hash = hashOf(bytes, source, destination, size, sourcePort, destinationPort)
    const first = new Uint8Array(bytes.subarray(source, source + size))
    const second = new Uint8Array(bytes.subarray(destination, destination + size))
    const made = new Conversation(this.#nextIndex++, hash, first, sourcePort, second, destinationPort, frame)
    const bucket = hash & (BUCKETS - 1)
    made.next = this.#buckets[bucket]!
    this.#buckets[bucket] = made
    this.#append(made)
    this.#count++
    this.reversed = false
    return made
  }

  #is(entry: Conversation, bytes: Uint8Array, source: number, destination: number, size: number, sourcePort: number, destinationPort: number): boolean {
    if (entry.firstAddress.length !== size) return false
    if (
      entry.firstPort === sourcePort &&
      entry.secondPort === destinationPort &&
      same(entry.firstAddress, bytes, source, size) &&
      same(entry.secondAddress, bytes, destination, size)
    ) {
      this.reversed = false
      return true
    }
    if (
      entry.firstPort === destinationPort &&
      entry.secondPort === sourcePort &&
      same(entry.firstAddress, bytes, destination, size) &&
      same(entry.secondAddress, bytes, source, size)
    ) {
      this.reversed = true
      return true
    }
    return false
  }

  #touch(entry: Conversation): void {
    if (entry === this.#newest) return
    this.#unlink(entry)
    this.#append(entry)
  }

  #append(entry: Conversation): void {
    entry.older = this.#newest
    entry.newer = null
    if (this.#newest !== null) this.#newest.newer = entry
    else this.#oldest = entry
    this.#newest = entry
  }

  #unlink(entry: Conversation): void {
    if (entry.older !== null) entry.older.newer = entry.newer
    else this.#oldest = entry.newer
    if (entry.newer !== null) entry.newer.older = entry.older
    else this.#newest = entry.older
  }

  #remove(entry: Conversation): void {
    this.#unlink(entry)
    const bucket = entry.hash & (BUCKETS - 1)
    let at = this.#buckets[bucket]!
    if (at === entry) this.#buckets[bucket] = entry.next
    else
      while (at !== null) {
        if (at.next === entry) {
          at.next = entry.next
          break
        }
        at = at.next!
      }
    entry.next = null
    this.#count--
  }
}

function same(address: Uint8Array, bytes: Uint8Array, at: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (address[i] !== bytes[at + i]) return false
  return true
}

/** The same for both directions. */
function hashOf(bytes: Uint8Array, source: number, destination: number, size: number, sourcePort: number, destinationPort: number): number {
  return (endHash(bytes, source, size, sourcePort) + endHash(bytes, destination, size, destinationPort)) | 0
}

function endHash(bytes: Uint8Array, at: number, size: number, port: number): number {
  let hash = port
  for (let i = 0; i < size; i++) hash = Math.imul(hash ^ bytes[at + i]!, 0x01000193)
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
}
