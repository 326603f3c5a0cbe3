// The subscriptions of all sessions as a tree of topic levels, for people: each filter's last level with who subscribed to it, and QoS.
// Made from the sessions' own lists, so that the index need not know whose its entries are.

import { parseSharedFilter } from '../wire/mqtt/topics.ts'
import type { Session } from './session.ts'

interface Level {
  readonly below: Map<string, Level>
  readonly subscribers: string[]
}

/** One line per level, those below indented; ` (client, QoS)` after it for each subscription, with `$share/NAME` before the client of a shared one. */
export function describeTree(sessions: Iterable<Session>): string[] {
  const root = makeLevel()
  for (const session of sessions) {
    for (const [topicFilter, { qos }] of session.subscriptions) {
      const shared = parseSharedFilter(topicFilter)
      const group = shared === null ? '' : `$share/${shared.shareName} `
      const level = (shared === null ? topicFilter : shared.topicFilter).split('/').reduce(child, root)
      level.subscribers.push(`(${group}${session.clientId}, ${qos})`)
    }
  }
  const lines: string[] = []
  print(root, '', lines)
  return lines
}

function makeLevel(): Level {
  return { below: new Map(), subscribers: [] }
}

function child(level: Level, text: string): Level {
  const known = level.below.get(text)
  if (known !== undefined) return known
  const made = makeLevel()
  level.below.set(text, made)
  return made
}

/** Levels are 201 deep at most: see maximumTopicLevels. */
function print(level: Level, indent: string, lines: string[]): void {
  for (const text of [...level.below.keys()].sort()) {
    const below = level.below.get(text)!
    lines.push([indent + text, ...below.subscribers.sort()].join(' '))
    print(below, `${indent}  `, lines)
  }
}
