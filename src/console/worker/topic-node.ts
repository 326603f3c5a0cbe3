// One level of one topic: its place in the tree, what came last, its line and its rate.
// topic-tree.ts makes them; nodes that never had a message themselves are branches only.

import type { Glance } from './protocol.ts'
import { SecondRates } from './second-rates.ts'

/** Values kept for the line. */
export const LINE = 60
/** Distinct words that a step line tells apart. */
const WORDS = 8
/** Payloads read per topic and second: the line of a flood needs no more. */
const LOOKS_PER_SECOND = 20

export class TopicNode {
  readonly id: number
  readonly name: string
  /** The whole Topic Name up to here. */
  readonly path: string
  readonly parent: TopicNode | null
  /** From 1; the root has 0. */
  readonly level: number
  readonly children = new Map<string, TopicNode>()
  readonly rates = new SecondRates()
  /** Topics at and below. */
  topics = 0
  /** Messages at and below. */
  count = 0
  /** Of this topic alone. */
  ownCount = 0
  /** Sequence number of the last message; -1 = none yet. */
  last = -1
  /** Milliseconds since 1970, at and below. */
  seen = 0
  /** The server said that it keeps it. */
  retained = false
  glance: Glance | null = null
  number: number = Number.NaN
  /** Null = as the tree decides. */
  open: boolean | null = null
  isPinned = false
  /** It, or what is above it, is muted. */
  isMuted = false
  #line: Float64Array | null = null
  #lineLength = 0
  #lineAt = 0
  #words: string[] | null = null
  #looks = 0
  #lookSecond = 0
  #sorted: TopicNode[] | null = null

  constructor(id: number, name: string, parent: TopicNode | null) {
    this.id = id
    this.name = name
    this.parent = parent
    this.level = parent === null ? 0 : parent.level + 1
    this.path = parent === null || parent.level === 0 ? name : `${parent.path}/${name}`
  }

  get isLeaf(): boolean {
    return this.children.size === 0
  }

  /** Whether the payload of a message at `now` is worth reading for the line. */
  mayLook(now: number): boolean {
    const second = Math.floor(now / 1000)
    if (second !== this.#lookSecond) {
      this.#lookSecond = second
      this.#looks = 0
    }
    return this.#looks++ < LOOKS_PER_SECOND
  }

  /** Adds to the line: a number, or a word as a step. */
  tell(glance: Glance, number: number): void {
    this.glance = glance
    this.number = number
    if (!Number.isNaN(number)) {
      if (this.#words !== null) this.#restart()
      this.#push(number)
    } else if (glance.kind === 'word') {
      if (this.#words === null) this.#restart()
      const words = (this.#words ??= [])
      let at = words.indexOf(glance.text)
      if (at < 0) at = words.length < WORDS ? words.push(glance.text) - 1 : WORDS
      this.#push(at)
    } else this.#restart()
  }

  get lineKind(): 'line' | 'step' {
    return this.#words === null ? 'line' : 'step'
  }

  /** The last values, the oldest first. */
  line(): number[] {
    const line = this.#line
    if (line === null) return []
    const length = this.#lineLength
    return Array.from({ length }, (_, i) => line[(this.#lineAt - length + i + LINE) % LINE]!)
  }

  addChild(child: TopicNode): void {
    this.children.set(child.name, child)
    this.#sorted = null
  }

  /** Names in the order of people: room2 before room10; what begins with $ comes last. */
  sortedByName(compare: (a: TopicNode, b: TopicNode) => number): readonly TopicNode[] {
    return (this.#sorted ??= [...this.children.values()].sort(compare))
  }

  #restart(): void {
    this.#lineLength = 0
    this.#words = null
  }

  #push(value: number): void {
    const line = (this.#line ??= new Float64Array(LINE))
    line[this.#lineAt] = value
    this.#lineAt = (this.#lineAt + 1) % LINE
    this.#lineLength = Math.min(LINE, this.#lineLength + 1)
  }
}
