// The topics of two connections joined by name: the same, another value, only here, only there.
// Values are compared byte by byte as long as both are kept, else by how they look.

import type { MessageStore } from './message-store.ts'
import type { Glance } from './protocol.ts'
import type { TopicNode } from './topic-node.ts'
import type { TopicTree } from './topic-tree.ts'
import { visibleLine } from './visible-text.ts'

export type Comparison = 'same' | 'different' | 'here' | 'there'

export interface ComparedTopic {
  readonly topic: string
  readonly state: Comparison
  /** Null = that side has none. */
  readonly here: ComparedValue | null
  readonly there: ComparedValue | null
}

export interface ComparedValue {
  readonly glance: Glance
  readonly retained: boolean
  /** Milliseconds since 1970. */
  readonly seen: number
}

export interface ComparedAsk {
  /** The other connection. */
  readonly other: number
  readonly first: number
  readonly count: number
  readonly differencesOnly: boolean
  /** Words that stand in the Topic Name. Topics of the system are compared when they are looked for. */
  readonly find: string
}

export interface ComparedTopics {
  /** Of all topics that fit `find`. */
  readonly counts: Readonly<Record<Comparison, number>>
  /** Rows, of which these are a part. */
  readonly total: number
  readonly first: number
  readonly rows: readonly ComparedTopic[]
}

/** A tab, as far as it is compared. */
export interface ComparedSide {
  readonly id: number
  readonly tree: TopicTree
  readonly store: MessageStore
}

export class TopicComparison {
  /** All names of both, in order; made anew when there are new ones. */
  #names: readonly string[] = []
  #of = ''

  compare(here: ComparedSide, there: ComparedSide, { first, count, differencesOnly, find }: Omit<ComparedAsk, 'other'>): ComparedTopics {
    const words = find.toLowerCase().split(/\s+/).filter(Boolean)
    const hasSystem = find.startsWith('$')
    const counts = { same: 0, different: 0, here: 0, there: 0 }
    const rows: ComparedTopic[] = []
    let total = 0
    for (const topic of this.#namesOf(here, there)) {
      if (topic.startsWith('$') && !hasSystem) continue
      if (words.length > 0 && !fits(topic.toLowerCase(), words)) continue
      const a = here.tree.find(topic)
      const b = there.tree.find(topic)
      const state = a === null ? 'there' : b === null ? 'here' : isSame(here, a, there, b) ? 'same' : 'different'
      counts[state]++
      if (differencesOnly && state === 'same') continue
      if (total >= first && rows.length < count) rows.push({ topic, state, here: valueOf(here, a), there: valueOf(there, b) })
      total++
    }
    return { counts, total, first, rows }
  }

  #namesOf(here: ComparedSide, there: ComparedSide): readonly string[] {
    const of = [here, there].map(({ id, tree }) => `${id} ${tree.version}`).join(' ')
    if (of !== this.#of) {
      this.#of = of
      this.#names = sortedByLevels(new Set([...here.tree.names(), ...there.tree.names()]))
    }
    return this.#names
  }
}

function isSame(here: ComparedSide, a: TopicNode, there: ComparedSide, b: TopicNode): boolean {
  if (here.store.has(a.last) && there.store.has(b.last)) {
    const [one, other] = [here.store.payload(a.last), there.store.payload(b.last)]
    return one.length === other.length && one.every((byte, i) => byte === other[i])
  }
  return a.glance?.text === b.glance?.text && a.glance?.unit === b.glance?.unit
}

function valueOf({ tree }: ComparedSide, node: TopicNode | null): ComparedValue | null {
  const glance = node === null ? null : tree.glanceOf(node)
  if (node === null || glance === null) return null
  return { glance: { ...glance, text: visibleLine(glance.text), unit: visibleLine(glance.unit) }, retained: node.retained, seen: node.seen }
}

function fits(topic: string, words: readonly string[]): boolean {
  for (const word of words) if (!topic.includes(word)) return false
  return true
}

/** Branches stay together: `a/b` comes before `a-b`. No Topic Name holds NUL. */
function sortedByLevels(topics: Iterable<string>): string[] {
  return Array.from(topics, (topic) => topic.replaceAll('/', '\u0000'))
    .sort()
    .map((key) => key.replaceAll('\u0000', '/'))
}
