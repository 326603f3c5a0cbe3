// Which topics go over a bridge, in which direction, and what they are called on the other side.
// One line of a configuration is one row: PREFIX and pattern here are PREFIX and pattern there; the first row that matches decides.

import type { Qos } from '../wire/mqtt/packet.ts'
import { parseSharedFilter, topicMatchesFilter } from '../wire/mqtt/topics.ts'

export interface BridgeTopic {
  /** Null = exactly one topic: `localPrefix` here is `remotePrefix` there. */
  readonly pattern: string | null
  readonly direction: 'out' | 'in' | 'both'
  readonly qos: Qos
  readonly localPrefix: string
  readonly remotePrefix: string
}

export interface FilterWithQos {
  readonly topicFilter: string
  readonly qos: Qos
}

/** From `filter` on one side to the other: `from` is taken off, `to` put before. */
interface Way {
  readonly filter: string
  readonly from: string
  readonly to: string
}

export class TopicMap {
  /** What the bridge subscribes to on our broker. */
  readonly locally: readonly FilterWithQos[]
  /** What it subscribes to on the other one. */
  readonly remotely: readonly FilterWithQos[]
  /** What only goes out, as the other broker calls it: nothing of it is to come back. */
  readonly onlyOut: readonly string[]
  readonly #out: readonly Way[]
  readonly #in: readonly Way[]

  constructor(topics: readonly BridgeTopic[]) {
    const out = topics.filter(({ direction }) => direction !== 'in')
    const incoming = topics.filter(({ direction }) => direction !== 'out')
    this.locally = unique(out.map((topic) => ({ topicFilter: localFilter(topic), qos: topic.qos })))
    this.remotely = unique(incoming.map((topic) => ({ topicFilter: remoteFilter(topic), qos: topic.qos })))
    const wanted = new Set(this.remotely.map(({ topicFilter }) => topicFilter))
    this.onlyOut = [...new Set(out.map(remoteFilter))].filter((topicFilter) => !wanted.has(topicFilter))
    this.#out = out.map((topic) => ({ filter: unshared(localFilter(topic)), from: topic.localPrefix, to: topic.remotePrefix }))
    this.#in = incoming.map((topic) => ({ filter: unshared(remoteFilter(topic)), from: topic.remotePrefix, to: topic.localPrefix }))
  }

  /** The other broker's name of a topic of ours; null when it does not go out. */
  toRemote(topicName: string): string | null {
    return mapped(this.#out, topicName)
  }

  /** Our name of a topic of the other broker; null when no line lets it in. */
  toLocal(topicName: string): string | null {
    return mapped(this.#in, topicName)
  }
}

/** What a bridge subscribes to on our broker for a topic that goes out. */
export function localFilter({ pattern, localPrefix }: BridgeTopic): string {
  return localPrefix + (pattern ?? '')
}

/** What it subscribes to on the other one for a topic that comes in. */
export function remoteFilter({ pattern, remotePrefix }: BridgeTopic): string {
  return remotePrefix + (pattern ?? '')
}

function unshared(filter: string): string {
  return parseSharedFilter(filter)?.topicFilter ?? filter
}

function mapped(ways: readonly Way[], topicName: string): string | null {
  for (const { filter, from, to } of ways) {
    if (!topicMatchesFilter(filter, topicName)) continue
    if (topicName.startsWith(from)) return to + topicName.slice(from.length) || null
    // `from#` also matches the level above, which has no slash at its end
    if (`${topicName}/` === from) return to.replace(/\/$/, '') || null
    return to + topicName // the prefix of a shared subscription is no part of the name
  }
  return null
}

/** The same filter of several lines is one subscription with the highest QoS. */
function unique(filters: readonly FilterWithQos[]): FilterWithQos[] {
  const found = new Map<string, Qos>()
  for (const { topicFilter, qos } of filters) found.set(topicFilter, Math.max(qos, found.get(topicFilter) ?? 0) as Qos)
  return [...found].map(([topicFilter, qos]) => ({ topicFilter, qos }))
}
