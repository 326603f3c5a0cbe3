// The `topic` line of a bridge: PATTERN [out|in|both [QOS [LOCALPREFIX [REMOTEPREFIX]]]].
// The pattern may stand in quotes to hold spaces; "" is no pattern, or no prefix; a word that begins with # begins a comment.

import { isTopicFilter } from '../wire/mqtt/topics.ts'
import type { BridgeTopic } from './bridge-configuration.ts'
import { ConfigError } from './configuration.ts'
import type { BridgeDraft } from './drafts.ts'
import type { LineContext } from './option.ts'
import { text } from './values.ts'

/** Adds the topic unless the bridge has it already. @throws ConfigError */
export function addBridgeTopic(bridge: BridgeDraft, value: string, line: LineContext): void {
  const topic = parseBridgeTopic(text('topic', value))
  if (bridge.topics.some((known) => isSame(known, topic))) line.note('information', `Duplicate bridge topic '${topic.pattern ?? '""'}', skipping`)
  else bridge.topics.push(topic)
}

function parseBridgeTopic(value: string): BridgeTopic {
  const [pattern, rest] = splitPattern(value)
  const words = rest.split(/ +/).filter((word) => word !== '')
  const topic: BridgeTopic = {
    pattern: pattern === '' ? null : pattern,
    direction: directionOf(words[0]),
    qos: qosOf(words[1]),
    ...prefixesOf(words.slice(2), words[1]?.startsWith('#') === true),
  }
  check(topic)
  return topic
}

/** The pattern without its quotes, and what follows it. */
function splitPattern(value: string): [string, string] {
  const space = value.indexOf(' ')
  if (value.startsWith('"')) {
    const end = value.indexOf('"', 1)
    if (end < 0) throw new ConfigError(`Missing closing quote in topic value (${space < 0 ? '' : value.slice(space + 1)}).`)
    return [value.slice(1, end), value.slice(end + 1)]
  }
  return space < 0 ? [value, ''] : [value.slice(0, space), value.slice(space)]
}

function directionOf(word: string | undefined): BridgeTopic['direction'] {
  const direction = word?.toLowerCase() ?? 'out'
  if (direction === 'out' || direction === 'in' || direction === 'both') return direction
  throw new ConfigError(`Invalid bridge topic direction '${word}'.`)
}

function qosOf(word: string | undefined): 0 | 1 | 2 {
  if (word === undefined || word.startsWith('#')) return 0
  const qos = Number(/^[0-9]+/.exec(word)?.[0] ?? (word.startsWith('-') ? -1 : 0))
  if (qos === 0 || qos === 1 || qos === 2) return qos
  throw new ConfigError(`Invalid bridge QoS level '${word}'.`)
}

function prefixesOf(words: readonly string[], isCommented: boolean): Pick<BridgeTopic, 'localPrefix' | 'remotePrefix'> {
  const comment = words.findIndex((word) => word.startsWith('#'))
  const [local = '', remote = ''] = (isCommented ? [] : comment < 0 ? words : words.slice(0, comment)).map((word) => (word === '""' ? '' : word))
  return { localPrefix: local, remotePrefix: remote }
}

function check({ pattern, localPrefix, remotePrefix }: BridgeTopic): void {
  if (/[+#]/.test(localPrefix)) throw new ConfigError(`Invalid bridge topic local prefix '${localPrefix}'.`)
  if (/[+#]/.test(remotePrefix)) throw new ConfigError(`Invalid bridge topic remote prefix '${remotePrefix}'.`)
  if (pattern === null && (localPrefix === '' || remotePrefix === '')) throw new ConfigError('Invalid bridge remapping.')
  for (const [side, prefix] of [
    ['local', localPrefix],
    ['remote', remotePrefix],
  ] as const) {
    const whole = prefix + (pattern ?? '')
    if (isTopicFilter(whole)) continue
    if (prefix === '') throw new ConfigError(`Invalid bridge topic pattern '${whole}'.`)
    throw new ConfigError(`Invalid bridge topic ${side} prefix and pattern combination '${whole}'.`)
  }
}

function isSame(a: BridgeTopic, b: BridgeTopic): boolean {
  return a.pattern === b.pattern && a.direction === b.direction && a.qos === b.qos && a.localPrefix === b.localPrefix && a.remotePrefix === b.remotePrefix
}
