// Goes through the retained messages that match a Topic Filter, a few at a time, while others set, replace and clear them.
// No message comes twice, none is missed that was there all the time; each is the current one of its topic when it comes.

import { type LevelNodes, NONE, PARENT, ROOT } from '../routing/level-nodes.ts'
import { type LevelTable, UNKNOWN } from '../routing/level-table.ts'
import type { RetainedMessage } from './retained-message.ts'

/** Fields of a node: the first of its children and its neighbour, oldest first, and the era it was made in. */
export const CHILD = 2
export const NEXT = 3
export const BORN = 4

/** What a cursor walks on. */
export interface RetainedTree {
  readonly nodes: LevelNodes
  readonly levels: LevelTable
  /** The child of a node at a level, NONE when there is none. */
  child(node: number, level: number): number
  /** The message at a node, null when there is none or it has expired. */
  at(node: number, now: number): RetainedMessage | null
  /** A cursor comes to rest: the node stays until it moves on. */
  rest(node: number): void
  /** The cursor has moved on. */
  leave(node: number): void
  /** Nodes made from now on are born in this era. */
  newEra(): number
}

/** What a level of the filter asks for, besides level ids. */
const PLUS = -1
const REST = -2
const NOWHERE = -1

/**
 * Between two slices the cursor rests on one node, which therefore stays, and with it all nodes above. Nodes made later are passed
 * over: what is new is delivered live, and who sets and clears topics for ever does not keep the cursor from its end.
 */
export class RetainedCursor {
  /** All messages have come, or the cursor was closed. */
  isDone = false
  /** Nodes looked at since the start: what a slice costs, whether it found anything or not. */
  visited = 0
  readonly #tree: RetainedTree
  readonly #filter: readonly string[]
  /** Level ids of the filter: valid during a slice, for in between others may be given the same ids. */
  readonly #wanted: Int32Array
  /** The node looked at last, and how many levels it is below the root. */
  #node = ROOT
  #depth = 0
  /** The node that stays because of this cursor. */
  #resting = NOWHERE
  #isMoving = false
  /** The era of the first rest. */
  #end = Infinity

  constructor(tree: RetainedTree, topicFilter: string) {
    this.#tree = tree
    this.#filter = topicFilter.split('/')
    this.#wanted = new Int32Array(this.#filter.length)
  }

  /** The next message; null at the end, or when `visited` has reached `until`. Call `rest` before anything retained may change. */
  next(now: number, until: number): RetainedMessage | null {
    if (this.isDone || this.visited >= until) return null
    if (!this.#isMoving) this.#begin()
    const last = this.#wanted.length - 1
    const hasRest = this.#wanted[last] === REST
    while (this.visited < until) {
      this.#step()
      if (this.#resting !== NOWHERE) this.#leave()
      if (this.#node === ROOT) {
        this.isDone = true
        return null
      }
      this.visited++
      const isMatch = hasRest ? this.#depth >= last : this.#depth > last // `a/#` includes `a` [MQTT-4.7.1-2]
      const message = isMatch ? this.#tree.at(this.#node, now) : null
      if (message !== null) return message
    }
    return null
  }

  /** The slice ends: from here on anything may change. */
  rest(): void {
    if (this.isDone || !this.#isMoving) return
    this.#isMoving = false
    this.#resting = this.#node
    if (this.#end === Infinity) this.#end = this.#tree.newEra()
    this.#tree.rest(this.#node)
  }

  /** Nobody wants the others. */
  close(): void {
    this.isDone = true
    if (this.#resting !== NOWHERE) this.#leave()
  }

  #begin(): void {
    const { levels } = this.#tree
    for (const [i, text] of this.#filter.entries()) this.#wanted[i] = text === '+' ? PLUS : text === '#' ? REST : levels.find(text)
    this.#isMoving = true
  }

  /** To the next node that begins like the filter: below this one, else beside it, else beside one above; back at ROOT that was all. */
  #step(): void {
    const { records } = this.#tree.nodes
    const below = this.#below(records)
    if (below !== NONE) {
      this.#node = below
      this.#depth++
      return
    }
    for (; this.#node !== ROOT; this.#node = records[this.#node + PARENT]!, this.#depth--) {
      const isOneOfMany = this.#wanted[Math.min(this.#depth, this.#wanted.length) - 1]! < 0
      const beside = isOneOfMany ? this.#old(records, records[this.#node + NEXT]!) : NONE
      if (beside === NONE) continue
      this.#node = beside
      return
    }
  }

  #below(records: Int32Array): number {
    const last = this.#wanted.length - 1
    const wanted = this.#wanted[Math.min(this.#depth, last)]!
    if (wanted === UNKNOWN || (this.#depth > last && wanted !== REST)) return NONE
    return this.#old(records, wanted < 0 ? records[this.#node + CHILD]! : this.#tree.child(this.#node, wanted))
  }

  /** Neighbours of a node that is too young are, too. */
  #old(records: Int32Array, node: number): number {
    return node === NONE || records[node + BORN]! < this.#end ? node : NONE
  }

  /** The node of the last rest is no longer needed; it goes if it is empty, the node we are on never does. */
  #leave(): void {
    const node = this.#resting
    this.#resting = NOWHERE
    this.#tree.leave(node)
  }
}
