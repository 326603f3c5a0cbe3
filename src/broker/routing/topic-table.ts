// Topic Names seen as bytes, once each: no text per PUBLISH, and a place to remember who gets it.
// Bounded: names unused since the last sweep leave when the table is full. Interned means valid.

import { ProtocolError } from '../../wire/errors.ts'
import { readTopicName } from '../../wire/mqtt/topics.ts'
import { isReservedTopic } from '../reserved-topics.ts'
import type { Branches } from './branches.ts'
import type { Recipients } from './recipients.ts'

export class Topic {
  readonly name: string
  readonly bytes: Uint8Array
  readonly hash: number
  /** Never reused, so caches may be keyed by it; from 1. */
  readonly id: number
  /** Slots of the branch counters its resolution depends on (branches.ts). */
  readonly branch1: number
  readonly branch2: number
  readonly branch3: number
  /** Clients never publish there. */
  readonly isReserved: boolean
  next: Topic | null = null
  /** The topic published after this one last time: clients publish in cycles, so it often saves the hashing. */
  follower: Topic | null = null
  used = true
  /** Length of the name, -1 once evicted: whoever still remembers the topic then misses. */
  length: number
  recipients: Recipients | null = null
  /** Sum of the counters at the time of resolution; -1 = resolve again. */
  stamp = -1

  constructor(name: string, bytes: Uint8Array, hash: number, id: number, branches: readonly [number, number, number]) {
    this.name = name
    this.bytes = bytes
    this.length = bytes.length
    this.hash = hash
    this.id = id
    this.branch1 = branches[0]
    this.branch2 = branches[1]
    this.branch3 = branches[2]
    this.isReserved = isReservedTopic(name)
  }

  equals(bytes: Uint8Array, at: number, length: number): boolean {
    if (this.length !== length) return false
    const own = this.bytes
    for (let i = length - 1; i >= 0; i--) if (own[i] !== bytes[at + i]) return false
    return true
  }
}

/** Bytes of all names together: an ordinary table has a twentieth of it. */
const LARGEST_NAMES = 16 << 20

export class TopicTable {
  readonly branches: Branches
  readonly #limit: number
  readonly #maximumLevels: number
  readonly #seed: number
  #slots: (Topic | null)[]
  #count = 0
  #nameBytes = 0
  #nextId = 1

  /** `seed` makes the places of names unforeseeable for those who choose names to collide. */
  constructor(limit: number, maximumLevels: number, branches: Branches, seed = 0) {
    this.#limit = limit
    this.#maximumLevels = maximumLevels
    this.#seed = seed
    this.branches = branches
    this.#slots = new Array<Topic | null>(1024).fill(null)
  }

  get count(): number {
    return this.#count
  }

  /** The topic of a name; throws ProtocolError when it is not one. */
  intern(bytes: Uint8Array, at: number, length: number): Topic {
    const hash = hashBytes(bytes, at, length, this.#seed)
    for (let topic = this.#slots[hash & (this.#slots.length - 1)]!; topic !== null; topic = topic.next!) {
      if (topic.hash === hash && topic.equals(bytes, at, length)) {
        topic.used = true
        return topic
      }
    }
    return this.#add(bytes, at, length, hash)
  }

  /** The topic if it is known: for invalidating one exact name. */
  find(bytes: Uint8Array): Topic | null {
    const hash = hashBytes(bytes, 0, bytes.length, this.#seed)
    for (let topic = this.#slots[hash & (this.#slots.length - 1)]!; topic !== null; topic = topic.next!)
      if (topic.hash === hash && topic.equals(bytes, 0, bytes.length)) return topic
    return null
  }

  /** The names of topics by their ids, as far as they are still known; goes through all. */
  namesOf(ids: { has(id: number): boolean }): Map<number, string> {
    const names = new Map<number, string>()
    for (const chain of this.#slots) for (let topic = chain; topic !== null; topic = topic.next) if (ids.has(topic.id)) names.set(topic.id, topic.name)
    return names
  }

  /** Forgets resolutions that are out of date, so that ended sessions do not stay reachable through idle topics. */
  dropStale(generation: number): void {
    for (const chain of this.#slots) {
      for (let topic = chain; topic !== null; topic = topic.next) {
        if (topic.recipients === null || topic.stamp === this.branches.stamp(topic.branch1, topic.branch2, topic.branch3) + generation) continue
        topic.recipients = null
        topic.stamp = -1
      }
    }
  }

  #add(bytes: Uint8Array, at: number, length: number, hash: number): Topic {
    const name = readTopicName(bytes, at, at + length)
    const levels = name.split('/')
    if (levels.length > this.#maximumLevels)
      throw new ProtocolError(0x90, `Topic Name of ${levels.length} levels, ${this.#maximumLevels} at most`, 'MQTT-4.7.3-3')
    if (this.#count >= this.#limit || this.#nameBytes + length > LARGEST_NAMES) this.#sweep()
    if (this.#count >= this.#slots.length) this.#grow()
    const slot = hash & (this.#slots.length - 1)
    const topic = new Topic(name, bytes.slice(at, at + length), hash, this.#nextId++, this.branches.slots(levels))
    topic.next = this.#slots[slot]!
    this.#slots[slot] = topic
    this.#count++
    this.#nameBytes += length
    return topic
  }

  #grow(): void {
    const old = this.#slots
    const mask = old.length * 2 - 1
    this.#slots = new Array<Topic | null>(mask + 1).fill(null)
    for (const chain of old) {
      for (let topic: Topic | null = chain; topic !== null; ) {
        const next: Topic | null = topic.next
        topic.next = this.#slots[topic.hash & mask] ?? null
        this.#slots[topic.hash & mask] = topic
        topic = next
      }
    }
  }

  /** Second chance: drops what was not used since the last sweep, everything if all was. */
  #sweep(): void {
    let kept = 0
    let bytes = 0
    for (let pass = 0; pass < 2 && (pass === 0 || kept > this.#limit / 2 || bytes > LARGEST_NAMES / 2); pass++) {
      kept = bytes = 0
      for (let i = 0; i < this.#slots.length; i++) {
        let chain: Topic | null = null
        for (let topic: Topic | null = this.#slots[i] ?? null; topic !== null; ) {
          const next: Topic | null = topic.next
          if (topic.used) {
            topic.used = false
            topic.next = chain
            chain = topic
            kept++
            bytes += topic.length
          } else {
            topic.length = -1
            topic.follower = null
            topic.recipients = null
          }
          topic = next
        }
        this.#slots[i] = chain
      }
    }
    this.#count = kept
    this.#nameBytes = bytes
  }
}

function hashBytes(bytes: Uint8Array, at: number, length: number, seed: number): number {
  let hash = length ^ seed
  for (let i = at, end = at + length; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash ^ (hash >>> 15)
}
