// Topic Filters by level, flat: a node costs 28 bytes, a subscription 12 more. Slow path: asked once per topic and change.
// Order of the answer: at each level the exact name, then `+`, then `#`, as Mosquitto delivers overlapping subscriptions.

import type { Session } from '../session.ts'
import { LEVEL, LevelNodes, NONE, ROOT } from './level-nodes.ts'
import { type LevelTable, UNKNOWN } from './level-table.ts'
import { SharedGroup } from './shared-subscriptions.ts'
import type { Subscription } from './subscription.ts'

/** One child by name: most nodes have but one, which then needs no slot in the table and lies next to its parent. */
const FIRST = 2
/** Four times the number of other children by name, which are in the table, and the two marks below. */
const OTHERS = 3
const PLUS = 4
const HASH = 5
/** The first of a chain of entries. */
const ENTRIES = 6
const STRIDE = 7

/** More subscribers than a chain should have: they are in `#crowds`. */
const CROWDED = 1
/** There are shared subscriptions: they are in `#groups`. */
const GROUPED = 2
const ANOTHER = 4
/** Longest chain; a chain is walked at each change. */
const CHAIN = 16

export class SubscriptionTree {
  readonly #levels: LevelTable
  readonly #nodes = new LevelNodes(STRIDE)
  /** Entry → subscription, and the entry behind it; of a free entry the next free one. Entry 0 stands for none. */
  #subscriptions: (Subscription | null)[] = [null]
  #next: Int32Array = new Int32Array(16)
  #freeEntry = 0
  #entries = 0
  readonly #crowds = new Map<number, Map<Session, Subscription>>()
  readonly #groups = new Map<number, Map<string, SharedGroup>>()
  /** Scratch of `match`: level ids of the topic, and what is still to be visited. */
  #wanted: Int32Array = new Int32Array(16)
  #stack: Int32Array = new Int32Array(68)

  constructor(levels: LevelTable) {
    this.#levels = levels
  }

  /** Bytes of what is stored, the references to subscriptions among it; without crowds, groups and the level table. */
  get bytes(): number {
    return this.#nodes.bytes + this.#next.byteLength + this.#subscriptions.length * 8
  }

  /** Nodes in use, the root among them. */
  get nodeCount(): number {
    return this.#nodes.count
  }

  /** Adds a subscription, or replaces the session's earlier one for this filter (and share name) in its place. */
  add(levels: readonly string[], subscription: Subscription, shareName: string | null): void {
    let node = ROOT
    for (const text of levels) {
      const child = this.#child(node, text)
      node = child === NONE ? this.#addChild(node, text) : child
    }
    if (shareName === null) this.#join(node, subscription)
    else this.#joinGroup(node, subscription, shareName)
  }

  /** Removes the subscription of this one's session for this filter (and share name), and the nodes nobody needs any more. */
  remove(levels: readonly string[], subscription: Subscription, shareName: string | null): void {
    const path = [ROOT]
    for (const text of levels) {
      const node = this.#child(path[path.length - 1]!, text)
      if (node === NONE) return
      path.push(node)
    }
    const last = path[path.length - 1]!
    if (shareName === null) this.#leave(last, subscription.session)
    else this.#leaveGroup(last, subscription, shareName)
    for (let i = path.length - 1; i > 0 && this.#isEmpty(path[i]!); i--) this.#removeChild(path[i - 1]!, path[i]!, levels[i - 1]!)
  }

  /**
   * Everything that matches, a session perhaps several times. No leading wildcard matches a leading `$` [MQTT-4.7.2-1].
   * A node is visited once at most, and on the way of a single filter each is the next record in memory, so that filters of many
   * levels cost nanoseconds per level.
   */
  match(topicName: string, found: Subscription[], groups: SharedGroup[]): void {
    const count = this.#read(topicName)
    const { records } = this.#nodes
    const wanted = this.#wanted
    const stack = this.#stack
    const isReserved = topicName.startsWith('$')
    let top = 0
    // pairs of node and depth; a negative node is a `#` whose turn comes after all that is more exact
    stack[top++] = ROOT
    stack[top++] = 0
    while (top > 0) {
      const at = stack[--top]!
      const node = stack[--top]!
      if (node < 0) {
        this.#collect(-node, found, groups)
        continue
      }
      const isWild = at > 0 || !isReserved
      const rest = isWild ? records[node + HASH]! : NONE // also the parent level [MQTT-4.7.1-2]
      if (rest !== NONE) {
        stack[top++] = -rest
        stack[top++] = at
      }
      if (at === count) {
        this.#collect(node, found, groups)
        continue
      }
      const any = isWild ? records[node + PLUS]! : NONE
      if (any !== NONE) {
        stack[top++] = any
        stack[top++] = at + 1
      }
      const exact = this.#exactChild(records, node, wanted[at]!)
      if (exact !== NONE) {
        stack[top++] = exact
        stack[top++] = at + 1
      }
    }
  }

  /** Looks up the levels of a name; returns how many there are. */
  #read(topicName: string): number {
    let count = 0
    for (let at = 0; at >= 0; ) {
      const slash = topicName.indexOf('/', at)
      if (count === this.#wanted.length) {
        this.#wanted = larger(this.#wanted)
        this.#stack = new Int32Array(this.#wanted.length * 4 + 4) // depth first: at most two pairs a level stay behind
      }
      this.#wanted[count++] = this.#levels.find(slash < 0 ? topicName.slice(at) : topicName.slice(at, slash))
      at = slash < 0 ? -1 : slash + 1
    }
    return count
  }

  #collect(node: number, found: Subscription[], groups: SharedGroup[]): void {
    const { records } = this.#nodes
    for (let entry = records[node + ENTRIES]!; entry !== 0; entry = this.#next[entry]!) found.push(this.#subscriptions[entry]!)
    const marks = records[node + OTHERS]!
    if ((marks & CROWDED) !== 0) for (const subscription of this.#crowds.get(node)!.values()) found.push(subscription)
    if ((marks & GROUPED) !== 0) for (const group of this.#groups.get(node)!.values()) groups.push(group)
  }

  #exactChild(records: Int32Array, node: number, level: number): number {
    const first = records[node + FIRST]!
    if (level === UNKNOWN) return NONE
    if (first !== NONE && records[first + LEVEL] === level) return first
    return records[node + OTHERS]! < ANOTHER ? NONE : this.#nodes.find(node, level)
  }

  #child(node: number, text: string): number {
    const { records } = this.#nodes
    if (text === '+') return records[node + PLUS]!
    if (text === '#') return records[node + HASH]!
    return this.#exactChild(records, node, this.#levels.find(text))
  }

  #addChild(node: number, text: string): number {
    const isWild = text === '+' || text === '#'
    const child = this.#nodes.take(node, isWild ? UNKNOWN : this.#levels.hold(text))
    const { records } = this.#nodes
    if (isWild) records[node + (text === '+' ? PLUS : HASH)] = child
    else if (records[node + FIRST] === NONE) records[node + FIRST] = child
    else {
      records[node + OTHERS]! += ANOTHER
      this.#nodes.link(child)
    }
    return child
  }

  #removeChild(node: number, child: number, text: string): void {
    const { records } = this.#nodes
    if (text === '+') records[node + PLUS] = NONE
    else if (text === '#') records[node + HASH] = NONE
    else {
      this.#levels.release(records[child + LEVEL]!)
      if (records[node + FIRST] === child) records[node + FIRST] = NONE
      else {
        records[node + OTHERS]! -= ANOTHER
        this.#nodes.unlink(child)
      }
    }
    this.#nodes.release(child)
  }

  #isEmpty(node: number): boolean {
    const { records } = this.#nodes
    for (let field = FIRST; field < STRIDE; field++) if (records[node + field] !== 0) return false
    return true
  }

  #join(node: number, subscription: Subscription): void {
    const { records } = this.#nodes
    const { session } = subscription
    if ((records[node + OTHERS]! & CROWDED) !== 0) {
      this.#crowds.get(node)!.set(session, subscription)
      return
    }
    let last = 0
    let length = 0
    for (let entry = records[node + ENTRIES]!; entry !== 0; entry = this.#next[entry]!) {
      if (this.#subscriptions[entry]!.session === session) {
        this.#subscriptions[entry] = subscription
        return
      }
      last = entry
      length++
    }
    if (length === CHAIN) {
      this.#crowds.set(node, this.#gather(node).set(session, subscription))
      records[node + OTHERS]! |= CROWDED
      return
    }
    const entry = this.#takeEntry(subscription)
    if (last === 0) records[node + ENTRIES] = entry
    else this.#next[last] = entry
  }

  /** Ends a chain: its subscriptions, in order. */
  #gather(node: number): Map<Session, Subscription> {
    const { records } = this.#nodes
    const crowd = new Map<Session, Subscription>()
    for (let entry = records[node + ENTRIES]!; entry !== 0; ) {
      const subscription = this.#subscriptions[entry]!
      const next = this.#next[entry]!
      crowd.set(subscription.session, subscription)
      this.#releaseEntry(entry)
      entry = next
    }
    records[node + ENTRIES] = 0
    return crowd
  }

  #leave(node: number, session: Session): void {
    const { records } = this.#nodes
    if ((records[node + OTHERS]! & CROWDED) !== 0) {
      const crowd = this.#crowds.get(node)!
      crowd.delete(session)
      if (crowd.size > 0) return
      this.#crowds.delete(node)
      records[node + OTHERS]! &= ~CROWDED
      return
    }
    let before = 0
    for (let entry = records[node + ENTRIES]!; entry !== 0; before = entry, entry = this.#next[entry]!) {
      if (this.#subscriptions[entry]!.session !== session) continue
      if (before === 0) records[node + ENTRIES] = this.#next[entry]!
      else this.#next[before] = this.#next[entry]!
      this.#releaseEntry(entry)
      return
    }
  }

  #joinGroup(node: number, subscription: Subscription, shareName: string): void {
    let groups = this.#groups.get(node)
    if (groups === undefined) {
      groups = new Map()
      this.#groups.set(node, groups)
      this.#nodes.records[node + OTHERS]! |= GROUPED
    }
    let group = groups.get(shareName)
    if (group === undefined) {
      group = new SharedGroup()
      groups.set(shareName, group)
    }
    group.join(subscription)
  }

  #leaveGroup(node: number, subscription: Subscription, shareName: string): void {
    const groups = this.#groups.get(node)
    const group = groups?.get(shareName)
    if (groups === undefined || group === undefined) return
    group.leave(subscription)
    if (group.members.length > 0) return
    groups.delete(shareName)
    if (groups.size > 0) return
    this.#groups.delete(node)
    this.#nodes.records[node + OTHERS]! &= ~GROUPED
  }

  #takeEntry(subscription: Subscription): number {
    this.#entries++
    let entry = this.#freeEntry
    if (entry === 0) {
      entry = this.#subscriptions.push(subscription) - 1
      if (entry === this.#next.length) this.#next = larger(this.#next)
    } else {
      this.#freeEntry = this.#next[entry]!
      this.#subscriptions[entry] = subscription
    }
    this.#next[entry] = 0
    return entry
  }

  #releaseEntry(entry: number): void {
    this.#subscriptions[entry] = null
    this.#next[entry] = this.#freeEntry
    this.#freeEntry = entry
    if (--this.#entries > 0) return
    this.#subscriptions = [null]
    this.#next = new Int32Array(16)
    this.#freeEntry = 0
  }
}

function larger(old: Int32Array): Int32Array {
  const larger = new Int32Array(old.length < 65536 ? old.length * 2 : old.length + (old.length >> 2))
  larger.set(old)
  return larger
}
