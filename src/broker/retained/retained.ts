// The last message with RETAIN of each topic [MQTT-3.3.1-5]: a flat tree of levels, packets in segments.
// Which of them a Topic Filter asks for is retained-cursor.ts; packets stay as they came, shaping is done when they are sent.

import { storedTopicName } from '../../session/stored-topic.ts'
import type { PublishRun } from '../../wire/mqtt/publish-run.ts'
import type { Authorizer } from '../ports.ts'
import { LEVEL, LevelNodes, NONE, PARENT, ROOT } from '../routing/level-nodes.ts'
import { type LevelTable, UNKNOWN } from '../routing/level-table.ts'
import { BORN, CHILD, NEXT, RetainedCursor, type RetainedTree } from './retained-cursor.ts'
import type { RetainedMessage } from './retained-message.ts'
import { RetainedPublishers } from './retained-publishers.ts'
import { type Places, RetainedSegments } from './retained-segments.ts'

/** Fields of a node behind those of the cursor: the neighbour before it (of the first: the last), and where its message is; segment 0 = there is none. */
const PREVIOUS = 5
const SEGMENT = 6
const OFFSET = 7
const STRIDE = 8
/** Eras are a field of a node. */
const LAST_ERA = 0x7fffffff

export class Retained implements Places, RetainedTree {
  /** Messages kept. */
  count = 0
  /** Messages kept at most; lowering it takes none away. */
  maximum: number
  /** Of the packets kept: what they were when they came. */
  packetBytes = 0
  readonly nodes: LevelNodes = new LevelNodes(STRIDE)
  readonly levels: LevelTable
  readonly #segments = new RetainedSegments(this)
  readonly #publishers = new RetainedPublishers()
  /** Nodes on which cursors rest: they stay, though they may be empty. */
  readonly #resting = new Map<number, number>()
  /** When messages expire, by node; made when the first one does that. */
  #expiries: Float64Array | null = null
  #expiring = 0
  #era = 0

  constructor(maximum: number, levels: LevelTable) {
    this.maximum = maximum
    this.levels = levels
  }

  /** Bytes of what is kept, but for the level table and the publishers' names. */
  get bytes(): number {
    return this.nodes.bytes + this.#segments.bytes + (this.#expiries?.byteLength ?? 0)
  }

  /** Whether `store` has room for it. */
  hasRoom(topicName: string, run: PublishRun, now: number): boolean {
    return this.count < this.maximum || isEmpty(run) || this.has(topicName, now)
  }

  /**
   * Of a run to one topic only the last packet can stay; an empty payload clears [MQTT-3.3.1-6, MQTT-3.3.1-7]. False when there is no room.
   * It stays for `seconds` at most, 0 = for as long as it likes.
   */
  store(
    topicName: string,
    run: PublishRun,
    now: number,
    clientId: string | null,
    userName: string | null,
    authorizer: Authorizer | null = null,
    seconds = 0,
  ): boolean {
    if (isEmpty(run)) {
      this.delete(topicName)
      return true
    }
    if (!this.hasRoom(topicName, run, now)) return false
    const node = this.#make(topicName)
    const start = run.starts[run.to - 1]!
    this.packetBytes += run.end - start
    const publisher = this.#publishers.hold(clientId, userName, authorizer)
    if (!this.#overwrite(node, run, start, publisher)) {
      this.count++
      this.#segments.add(node, run.bytes, start, run.end, run.version, publisher)
    }
    this.#setExpiry(node, now + Math.min(run.expiry < 0 ? Infinity : run.expiry, seconds === 0 ? Infinity : seconds) * 1000)
    return true
  }

  /** Whether the topic has a message that has not expired. */
  has(topicName: string, now: number): boolean {
    const node = this.#find(topicName)
    return node !== NONE && this.nodes.records[node + SEGMENT] !== 0 && this.#expiryOf(node) > now
  }

  delete(topicName: string): void {
    const node = this.#find(topicName)
    if (node !== NONE && this.nodes.records[node + SEGMENT] !== 0) this.#clear(node)
  }

  /** Goes through all messages whose topic matches the filter, expired ones excepted, as slowly as the caller likes. */
  cursor(topicFilter: string): RetainedCursor {
    return new RetainedCursor(this, topicFilter)
  }

  at(node: number, now: number): RetainedMessage | null {
    const { records } = this.nodes
    const segment = records[node + SEGMENT]!
    if (segment === 0) return null
    const expires = this.#expiryOf(node)
    if (expires <= now) return null // [MQTT-3.3.2-5]
    const offset = records[node + OFFSET]!
    const { clientId, userName, authorizer } = this.#publishers.of(this.#segments.publisher(segment, offset))
    const bytes = this.#segments.packet(segment, offset)
    return { topicName: storedTopicName(bytes, 0), bytes, version: this.#segments.version(segment, offset), expires, clientId, userName, authorizer }
  }

  /**
   * Drops expired messages, `most` at a time; true when there are more. They are never sent anyway, this gives their memory back.
   * One look at a number per node.
   */
  dropExpired(now: number, most: number): boolean {
    const expiries = this.#expiries
    if (expiries === null) return false
    const end = this.nodes.end / STRIDE
    let dropped = 0
    for (let i = 0; i < end; i++) {
      if (expiries[i]! > now || this.nodes.records[i * STRIDE + SEGMENT] === 0) continue
      if (dropped++ === most) return true
      this.#clear(i * STRIDE)
      if (this.#expiries === null) return false
    }
    return false
  }

  rest(node: number): void {
    this.#resting.set(node, (this.#resting.get(node) ?? 0) + 1)
  }

  leave(node: number): void {
    const cursors = this.#resting.get(node)! - 1
    if (cursors > 0) this.#resting.set(node, cursors)
    else {
      this.#resting.delete(node)
      this.#prune(node)
    }
  }

  newEra(): number {
    if (this.#era === LAST_ERA) {
      // cursors on their way pass over nothing from now on
      for (let node = ROOT; node < this.nodes.end; node += STRIDE) this.nodes.records[node + BORN] = 0
      this.#era = 0
    }
    return ++this.#era
  }

  isAt(node: number, segment: number, offset: number): boolean {
    const { records } = this.nodes
    return records[node + SEGMENT] === segment && records[node + OFFSET] === offset
  }

  put(node: number, segment: number, offset: number): void {
    this.nodes.records[node + SEGMENT] = segment
    this.nodes.records[node + OFFSET] = offset
  }

  child(node: number, level: number): number {
    const { records } = this.nodes
    const first = records[node + CHILD]!
    if (node !== ROOT && (first === NONE || records[first + LEVEL] === level)) return first
    return node !== ROOT && records[first + NEXT] === NONE ? NONE : this.nodes.find(node, level)
  }

  /** Puts the packet in place of the one that is there; false when there is none any more, for it had another size. */
  #overwrite(node: number, run: PublishRun, start: number, publisher: number): boolean {
    const { records } = this.nodes
    const segment = records[node + SEGMENT]!
    if (segment === 0) return false
    const offset = records[node + OFFSET]!
    this.#publishers.release(this.#segments.publisher(segment, offset))
    const before = this.#segments.length(segment, offset)
    if (this.#segments.overwrite(segment, offset, run.bytes, start, run.end, run.version, publisher)) {
      this.packetBytes -= before
      return true
    }
    this.#forget(node)
    return false
  }

  #clear(node: number): void {
    const { records } = this.nodes
    this.#publishers.release(this.#segments.publisher(records[node + SEGMENT]!, records[node + OFFSET]!))
    this.#setExpiry(node, Infinity)
    this.#forget(node)
    this.#prune(node)
  }

  #forget(node: number): void {
    const { records } = this.nodes
    const segment = records[node + SEGMENT]!
    const offset = records[node + OFFSET]!
    this.put(node, 0, 0)
    this.count--
    this.packetBytes -= this.#segments.length(segment, offset)
    this.#segments.remove(segment, offset)
  }

  #expiryOf(node: number): number {
    return this.#expiries === null ? Infinity : this.#expiries[node / STRIDE]!
  }

  #setExpiry(node: number, expires: number): void {
    const place = node / STRIDE
    let expiries = this.#expiries
    if (expiries === null) {
      if (expires === Infinity) return
      expiries = this.#expiries = new Float64Array(this.nodes.records.length / STRIDE).fill(Infinity)
    }
    if (expiries[place] !== Infinity) this.#expiring--
    if (expires !== Infinity) this.#expiring++
    expiries[place] = expires
    if (this.#expiring === 0) this.#expiries = null
  }

  #find(topicName: string): number {
    let node = ROOT
    for (let at = 0; at >= 0; ) {
      const slash = topicName.indexOf('/', at)
      const level = this.levels.find(slash < 0 ? topicName.slice(at) : topicName.slice(at, slash))
      node = level === UNKNOWN ? NONE : this.child(node, level)
      if (node === NONE) return NONE
      at = slash < 0 ? -1 : slash + 1
    }
    return node
  }

  #make(topicName: string): number {
    let node = ROOT
    for (const text of topicName.split('/')) {
      const level = this.levels.find(text)
      const child = level === UNKNOWN ? NONE : this.child(node, level)
      node = child === NONE ? this.#add(node, text) : child
    }
    return node
  }

  #add(parent: number, text: string): number {
    const { nodes } = this
    const node = nodes.take(parent, this.levels.hold(text))
    const { records } = nodes
    nodes.link(node)
    records[node + BORN] = this.#era
    if (!isHidden(parent, text)) {
      const first = records[parent + CHILD]!
      const last = first === NONE ? node : records[first + PREVIOUS]!
      if (first === NONE) records[parent + CHILD] = node
      else {
        records[last + NEXT] = node
        records[first + PREVIOUS] = node
      }
      records[node + PREVIOUS] = last
    }
    const places = records.length / STRIDE
    if (this.#expiries !== null && this.#expiries.length < places) {
      const expiries = new Float64Array(places).fill(Infinity)
      expiries.set(this.#expiries)
      this.#expiries = expiries
    }
    return node
  }

  /** Removes the node and those above it which nobody needs any more. */
  #prune(node: number): void {
    const { nodes, levels } = this
    while (node !== ROOT) {
      const { records } = nodes
      if (records[node + SEGMENT] !== 0 || records[node + CHILD] !== NONE || this.#resting.has(node)) return
      const parent = records[node + PARENT]!
      if (!isHidden(parent, levels.text(records[node + LEVEL]!))) this.#detach(parent, node)
      levels.release(records[node + LEVEL]!)
      nodes.unlink(node)
      nodes.release(node)
      node = parent
    }
  }

  #detach(parent: number, node: number): void {
    const { records } = this.nodes
    const first = records[parent + CHILD]!
    const next = records[node + NEXT]!
    const previous = records[node + PREVIOUS]!
    if (node === first) records[parent + CHILD] = next
    else records[previous + NEXT] = next
    if (next !== NONE) records[next + PREVIOUS] = previous
    else if (node !== first) records[first + PREVIOUS] = previous
  }
}

/** Not among the children that a wildcard at the first level goes through [MQTT-4.7.2-1]. */
function isHidden(parent: number, level: string): boolean {
  return parent === ROOT && level.startsWith('$')
}

/** Whether the last packet, the one that stays, has no payload. */
function isEmpty(run: PublishRun): boolean {
  return run.bodies[run.to - 1]! + run.headLength === run.end
}
