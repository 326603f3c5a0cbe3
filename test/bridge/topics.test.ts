// Which topics go over a bridge, in which direction, under which name.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TopicMap } from '../../src/bridge/topic-map.ts'
import { isTopicFilter } from '../../src/wire/mqtt/topics.ts'
import { topics } from './bridge-bench.ts'

test.each([
  // lines, our name, its name there
  [['a/# out'], 'a/b', 'a/b'],
  [['a/# out'], 'a', 'a'],
  [['a/# out'], 'b', null],
  [['a/# in'], 'a/b', null],
  [['# out 0 here/ there/'], 'here/x', 'there/x'],
  [['# out 0 here/ there/'], 'x', null],
  [['# out 0 here/ ""'], 'here/x', 'x'],
  [['# out 0 "" there/'], 'x', 'there/x'],
  [['+/t both 1 l/ r/'], 'l/1/t', 'r/1/t'],
  [['"" both 1 one/topic other/name'], 'one/topic', 'other/name'],
  [['"" both 1 one/topic other/name'], 'one/topic/x', null],
  [['# out 0 here/ there/'], 'here', 'there'],
  [['# out 0 here/ ""'], 'here', null],
  [['a out 0 "" x/', '# out 0 "" y/'], 'a', 'x/a'],
  [['a out 0 "" x/', '# out 0 "" y/'], 'b', 'y/b'],
  [['# out'], '$SYS/broker/uptime', null],
  [['$SYS/# out'], '$SYS/broker/uptime', '$SYS/broker/uptime'],
  [['$share/g/a/# out 0 "" r/'], 'a/b', 'r/a/b'],
] as const)('out by %j: %s becomes %s', (lines, here, there) => {
  expect(new TopicMap(topics(...lines)).toRemote(here)).toBe(there)
})

test.each([
  [['# in 0 here/ there/'], 'there/x', 'here/x'],
  [['# in 0 here/ there/'], 'x', null],
  [['# out 0 here/ there/'], 'there/x', null],
  [['"" in 1 one/topic other/name'], 'other/name', 'one/topic'],
  [['# in 0 "" there/'], 'there', null],
] as const)('in by %j: %s becomes %s', (lines, there, here) => {
  expect(new TopicMap(topics(...lines)).toLocal(there)).toBe(here)
})

test('subscriptions of both sides, the same filter once with its highest QoS, and what only goes out', () => {
  const map = new TopicMap(topics('a/# out 0', 'a/# in 1', 'b both 1 l/ r/', 'b both 2 l/ r/', 'c out 2 l/ r/'))
  expect(map.locally).toEqual([
    { topicFilter: 'a/#', qos: 0 },
    { topicFilter: 'l/b', qos: 2 },
    { topicFilter: 'l/c', qos: 2 },
  ])
  expect(map.remotely).toEqual([
    { topicFilter: 'a/#', qos: 1 },
    { topicFilter: 'r/b', qos: 2 },
  ])
  expect(map.onlyOut).toEqual(['r/c'])
})

test('a topic that goes both ways comes back under its own name', () => {
  const level = fc.constantFrom('a', 'b', 'c', '1')
  const name = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
  const prefix = fc.constantFrom('', 'l/', 'x/y/', 'p')
  const pattern = fc.constantFrom('#', '+', 'a/#', '+/b')
  fc.assert(
    fc.property(name, prefix, prefix, pattern, (topicName, localPrefix, remotePrefix, filter) => {
      fc.pre(isTopicFilter(localPrefix + filter) && isTopicFilter(remotePrefix + filter)) // others are refused by the configuration
      const map = new TopicMap([{ pattern: filter, direction: 'both', qos: 0, localPrefix, remotePrefix }])
      const there = map.toRemote(localPrefix + topicName)
      if (there !== null) expect(map.toLocal(there)).toBe(localPrefix + topicName)
    }),
  )
})
