// All topics of a connection as a tree, and as the flat list of rows that are visible: filtered, sorted, folded.
// Knows messages by their numbers only; message-store.ts has their bytes.

import { type Findable, parseTerms, type Terms } from './find-terms.ts'
import { look } from './glance.ts'
import { mutedAbove } from './muted-topics.ts'
import { maskedGlance, PayloadMask } from './payload-mask.ts'
import type { Glance, TopicRow, TopicSort } from './protocol.ts'
import { TopicNode } from './topic-node.ts'
import { visibleLine } from './visible-text.ts'

/** Nodes beyond which new topics are counted and not shown. */
const MOST_NODES = 200_000
/** Up to so many topics, without the system's, everything is open from the start. */
const SMALL = 100
/** Milliseconds between two sortings by what changes all the time: rows must not dance. */
const RESORT_MS = 2000
const COLLATOR = new Intl.Collator('en', { numeric: true })

export interface Arrival {
  readonly topic: string
  readonly seq: number
  readonly time: number
  readonly payload: Uint8Array
  readonly retain: boolean
}

export class TopicTree {
  readonly #most: number
  readonly #mask: PayloadMask
  readonly #root = new TopicNode(-1, '', null)
  readonly #nodes: TopicNode[] = []
  /** Topics with messages. */
  readonly #byTopic = new Map<string, TopicNode>()
  #version = 0
  #beyond = 0
  /** Topics that do not begin with $. */
  #ordinary = 0
  #flat: TopicNode[] = []
  #isFlatOld = true
  #sortedAt = 0
  #sort: TopicSort = 'name'
  #find = ''
  #terms: Terms = parseTerms('')
  /** Nodes that pass, or have one below that does; null = no filter. */
  #passing: Set<TopicNode> | null = null
  #passingTopics = 0
  #muted: ReadonlySet<string> = new Set()

  constructor(most: number = MOST_NODES, mask: PayloadMask = new PayloadMask()) {
    this.#most = most
    this.#mask = mask
  }

  get topics(): number {
    return this.#root.topics
  }

  /** Those that the system does not write itself. */
  get ordinary(): number {
    return this.#ordinary
  }

  /** Another one when topics have come or gone. */
  get version(): number {
    return this.#version
  }

  /** Of all topics, in the order in which they came. */
  names(): Iterable<string> {
    return this.#byTopic.keys()
  }

  /** The last value of a topic as it may be shown; null = none yet. */
  glanceOf({ glance, path }: TopicNode): Glance | null {
    return glance !== null && this.#mask.hides(path) ? maskedGlance(glance) : glance
  }

  get beyond(): number {
    return this.#beyond
  }

  get problem(): string | null {
    return this.#terms.problem
  }

  /** Topics that pass the filter. */
  get passing(): number {
    return this.#passing === null ? this.#root.topics : this.#passingTopics
  }

  #nodeOf(topic: string): TopicNode | null {
    const known = this.#byTopic.get(topic)
    if (known !== undefined) return known
    let at = this.#root
    for (const name of topic.split('/')) {
      let next = at.children.get(name)
      if (next === undefined) {
        if (this.#nodes.length >= this.#most) {
          this.#beyond++
          return null
        }
        next = new TopicNode(this.#nodes.length, name, at)
        next.isMuted = at.isMuted || this.#muted.has(next.path)
        this.#nodes.push(next)
        at.addChild(next)
      }
      at = next
    }
    this.#byTopic.set(topic, at)
    this.#version++
    if (!topic.startsWith('$')) this.#ordinary++
    for (let node: TopicNode | null = at; node !== null; node = node.parent) node.topics++
    this.#isFlatOld = true
    return at
  }

  node(id: number): TopicNode | null {
    return this.#nodes[id] ?? null
  }

  find(topic: string): TopicNode | null {
    return this.#byTopic.get(topic) ?? null
  }

  /** A message came: new topics get their place. */
  arrived(arrival: Arrival): void {
    const node = this.#nodeOf(arrival.topic)
    if (node === null) return
    const { seq, time, payload, retain } = arrival
    node.last = seq
    node.ownCount++
    node.retained = payload.length > 0 && (retain || node.retained)
    for (let at: TopicNode | null = node; at !== null; at = at.parent) {
      at.count++
      // what is muted does not make its branch look alive
      if (node.isMuted && !at.isMuted) continue
      at.seen = time
      at.rates.add(time)
    }
    if (node.mayLook(time)) {
      const { glance, number } = look(payload, arrival.topic)
      node.tell(glance, number)
    }
  }

  /** Chooses order and filter. */
  show(sort: TopicSort, find: string): void {
    if (sort === this.#sort && find === this.#find) return
    this.#sort = sort
    if (find !== this.#find) this.#terms = parseTerms(find)
    this.#find = find
    this.#isFlatOld = true
  }

  toggle(id: number, open: boolean): void {
    const node = this.#nodes[id]
    if (node === undefined) return
    node.open = open
    this.#isFlatOld = true
  }

  toggleAll(open: boolean): void {
    for (const node of this.#nodes) node.open = open
    this.#isFlatOld = true
  }

  pin(id: number, isPinned: boolean): void {
    const node = this.#nodes[id]
    if (node === undefined) return
    node.isPinned = isPinned
    this.#isFlatOld = true
  }

  /** What is muted from now on. A branch that is shown again was last seen when something came below it. */
  mute(paths: ReadonlySet<string>): void {
    this.#muted = paths
    for (const node of this.#nodes) {
      const wasMuted = node.isMuted
      const parent = node.parent!
      node.isMuted = parent.isMuted || paths.has(node.path)
      if (wasMuted && !node.isMuted) for (let at: TopicNode | null = parent; at !== null && at.seen < node.seen; at = at.parent) at.seen = node.seen
    }
    this.#isFlatOld = true
  }

  /** Topics in muted branches. */
  get mutedTopics(): number {
    let topics = 0
    for (const node of this.#nodes) if (node.isMuted && node.parent?.isMuted !== true) topics += node.topics
    return topics
  }

  /** Opens what is above a topic; its row, or -1. */
  reveal(topic: string, now: number): number {
    const node = this.#byTopic.get(topic)
    if (node === undefined) return -1
    for (let at = node.parent; at !== null && at.level > 0; at = at.parent) if (!this.#isOpen(at)) at.open = true
    this.#isFlatOld = true
    return this.#rows(now).indexOf(node)
  }

  /** How many rows there are. */
  visible(now: number): number {
    return this.#rows(now).length
  }

  rows(first: number, count: number, now: number): TopicRow[] {
    return this.#rows(now)
      .slice(first, first + count)
      .map((node) => this.#row(node, now))
  }

  /** Topic Names that hold the text: those that begin with it first. */
  complete(text: string, limit: number): { readonly topic: string; readonly glance: Glance | null }[] {
    const wanted = text.toLowerCase()
    const begins: TopicNode[] = []
    const holds: TopicNode[] = []
    for (const [topic, node] of this.#byTopic) {
      const at = topic.toLowerCase().indexOf(wanted)
      if (at === 0) begins.push(node)
      else if (at > 0 && holds.length < limit) holds.push(node)
      if (begins.length >= limit) break
    }
    return [...begins, ...holds].slice(0, limit).map((node) => ({ topic: node.path, glance: this.glanceOf(node) }))
  }

  /** Topics at and below a path whose last message was retained. */
  retainedBelow(path: string): string[] {
    const found: string[] = []
    for (const [topic, node] of this.#byTopic) if (node.retained && (path === '' || topic === path || topic.startsWith(`${path}/`))) found.push(topic)
    return found.sort(COLLATOR.compare)
  }

  clear(): void {
    this.#root.children.clear()
    this.#root.topics = this.#root.count = 0
    this.#nodes.length = 0
    this.#byTopic.clear()
    this.#version++
    this.#beyond = this.#ordinary = 0
    this.#isFlatOld = true
  }

  #rows(now: number): readonly TopicNode[] {
    const isMoving = this.#sort !== 'name' || !this.#terms.isEmpty
    if (this.#isFlatOld || (isMoving && now - this.#sortedAt >= RESORT_MS)) {
      this.#isFlatOld = false
      this.#sortedAt = now
      this.#passing = this.#terms.isEmpty || this.#terms.problem !== null ? null : this.#filtered(now)
      this.#flat = []
      this.#flatten(this.#root, now)
    }
    return this.#flat
  }

  #filtered(now: number): Set<TopicNode> {
    const passing = new Set<TopicNode>()
    this.#passingTopics = 0
    for (const [topic, node] of this.#byTopic) {
      if (!this.#terms.passes(findable(topic, node, now))) continue
      this.#passingTopics++
      for (let at: TopicNode | null = node; at !== null && !passing.has(at); at = at.parent) passing.add(at)
    }
    return passing
  }

  #flatten(node: TopicNode, now: number): void {
    for (const child of this.#ordered(node, now)) {
      if (this.#passing !== null && !this.#passing.has(child)) continue
      this.#flat.push(child)
      if (!child.isLeaf && this.#isOpen(child)) this.#flatten(child, now)
    }
  }

  /** A filter opens all that it lets through; else small trees are open, and of large ones the top. */
  #isOpen(node: TopicNode): boolean {
    if (node.open !== null) return node.open
    if (this.#passing !== null) return true
    if (node.path.startsWith('$')) return false
    return this.#ordinary <= SMALL || node.level <= 1
  }

  #ordered(node: TopicNode, now: number): readonly TopicNode[] {
    const byName = node.sortedByName(compareNames)
    const order = ORDERS[this.#sort]
    const ordered =
      order === null ? byName : [...byName].sort((a, b) => Number(a.isMuted) - Number(b.isMuted) || (a.isMuted ? 0 : order(b, now) - order(a, now)))
    return ordered.some((child) => child.isPinned) ? [...ordered].sort((a, b) => Number(b.isPinned) - Number(a.isPinned)) : ordered
  }

  #row(node: TopicNode, now: number): TopicRow {
    const { isLeaf } = node
    const hasLine = isLeaf && !this.#mask.hides(node.path)
    const line = node.last < 0 || !hasLine ? [] : node.line()
    const glance = this.glanceOf(node)
    const mutedBy = node.isMuted ? mutedAbove(this.#muted, node.path) : null
    return {
      id: node.id,
      path: node.path,
      name: visibleLine(node.name),
      level: node.level,
      isOpen: isLeaf ? null : this.#isOpen(node),
      topics: node.topics,
      value: mutedBy !== null || node.last < 0 || glance === null ? null : { ...glance, text: visibleLine(glance.text), unit: visibleLine(glance.unit) },
      retained: node.retained,
      spark: mutedBy !== null ? [] : hasLine ? line : node.rates.line(now),
      sparkKind: hasLine ? node.lineKind : 'rate',
      rate: mutedBy !== null ? 0 : node.rates.rate(now),
      count: node.count,
      seen: node.seen,
      isPinned: node.isPinned,
      mutedBy,
    }
  }
}

const ORDERS: Readonly<Record<TopicSort, ((node: TopicNode, now: number) => number) | null>> = {
  name: null,
  rate: (node, now) => node.rates.rate(now),
  seen: (node) => node.seen,
  count: (node) => node.count,
}

function compareNames(a: TopicNode, b: TopicNode): number {
  const isSystem = Number(a.name.startsWith('$')) - Number(b.name.startsWith('$'))
  return isSystem !== 0 && a.level === 1 ? isSystem : COLLATOR.compare(a.name, b.name)
}

function findable(topic: string, node: TopicNode, now: number): Findable {
  return {
    topic,
    text: () => node.glance?.text ?? '',
    value: node.number,
    qos: Number.NaN,
    size: Number.NaN,
    rate: node.rates.rate(now),
    count: node.ownCount,
    retain: node.retained,
    dup: false,
    isOut: false,
  }
}
