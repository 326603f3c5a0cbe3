// Which filters match which names, against the sentence of the standard taken literally, level by level.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { explainMatch, topicLevels, topicMatchesFilter } from '../../src/wire/mqtt/topics.ts'

/** The rules as they are written, over lists of levels. */
function naive(filter: string[], topic: string[]): boolean {
  if (topic[0]!.startsWith('$') && (filter[0] === '+' || filter[0] === '#')) return false
  if (filter[0] === '#') return true
  if (filter.length === 0 || topic.length === 0) return filter.length === topic.length
  if (filter[0] !== '+' && filter[0] !== topic[0]) return false
  return below(filter.slice(1), topic.slice(1))
}
const below = (filter: string[], topic: string[]): boolean =>
  filter[0] === '#' ||
  (filter.length === 0 || topic.length === 0
    ? filter.length === topic.length
    : (filter[0] === '+' || filter[0] === topic[0]) && below(filter.slice(1), topic.slice(1)))

const level = fc.constantFrom('', 'a', 'b', 'ab', '$SYS', '$', 'é')
const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/') || '/')
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 5 }), fc.boolean())
  .map(([levels, all]) => [...levels, ...(all ? ['#'] : [])].join('/') || '+')

test('matching is what the standard says, for any filter and name [MQTT-4.7.1-1, MQTT-4.7.1-2, MQTT-4.7.2-1, MQTT-4.7.3-4]', () => {
  let matched = 0
  fc.assert(
    fc.property(filter, topic, fc.constantFrom('', '$share/g/'), (wanted, name, share) => {
      const expected = naive(wanted.split('/'), name.split('/'))
      if (expected) matched++
      expect(topicMatchesFilter(share + wanted, name)).toBe(expected)
      const explained = explainMatch(share + wanted, name)
      expect(explained.matches).toBe(expected)
      expect(explained.level).toBeGreaterThanOrEqual(1)
      expect(explained.level).toBeLessThanOrEqual(Math.max(wanted.split('/').length, name.split('/').length))
      expect(explained.reason).not.toBe('')
    }),
    { numRuns: 4000 },
  )
  expect(matched).toBeGreaterThan(300)
})

describe('the examples of the standards', () => {
  const rows: readonly [filter: string, yes: string[], no: string[]][] = [
    [
      'sport/tennis/player1/#',
      ['sport/tennis/player1', 'sport/tennis/player1/ranking', 'sport/tennis/player1/score/wimbledon'],
      ['sport/tennis/player2', 'sport/tennis'],
    ],
    ['sport/#', ['sport', 'sport/'], ['sports']],
    ['#', ['a', '/', 'a/b/c'], ['$SYS/uptime', '$foo']],
    ['sport/tennis/+', ['sport/tennis/player1', 'sport/tennis/'], ['sport/tennis/player1/ranking', 'sport/tennis']],
    ['sport/+', ['sport/'], ['sport']],
    ['+/+', ['/finance'], ['finance', 'a/b/c']],
    ['/+', ['/finance'], ['finance']],
    ['+', ['finance', 'a b'], ['/finance', '$SYS']],
    ['+/monitor/Clients', ['a/monitor/Clients'], ['$SYS/monitor/Clients']],
    ['$SYS/#', ['$SYS', '$SYS/broker/uptime'], ['SYS', '$sys']],
    ['$SYS/monitor/+', ['$SYS/monitor/Clients'], []],
    ['ACCOUNTS', ['ACCOUNTS'], ['Accounts', '/ACCOUNTS', 'ACCOUNTS/']],
    ['$share/consumers/sport/#', ['sport', 'sport/tennis'], ['$share/consumers/sport/tennis']],
    ['$share/g/#', ['a'], ['$SYS/x']],
    ['a//#', ['a/', 'a//b'], ['a']],
  ]
  for (const [wanted, yes, no] of rows) {
    test(`${wanted} matches ${yes.join(' ')} but not ${no.join(' ')}`, () => {
      for (const name of yes) expect(topicMatchesFilter(wanted, name), name).toBe(true)
      for (const name of no) expect(topicMatchesFilter(wanted, name), name).toBe(false)
    })
  }
})

test('the explanation names the level of the name where they part', () => {
  expect(explainMatch('a/+/c', 'a/b/d')).toEqual({ matches: false, level: 3, reason: 'd is not c' })
  expect(explainMatch('a/b/c', 'a')).toEqual({ matches: false, level: 2, reason: 'the name ends before b' })
  expect(explainMatch('a/+', 'a/b/c')).toEqual({ matches: false, level: 3, reason: 'the filter ends before c' })
  expect(explainMatch('a', 'a/')).toEqual({ matches: false, level: 2, reason: 'the filter ends before an empty level' })
  expect(explainMatch('#', '$SYS/x')).toMatchObject({ matches: false, level: 1 })
  expect(explainMatch('$share/g/a/b', 'a/x')).toMatchObject({ matches: false, level: 2 })
  expect(explainMatch('a/#', 'a/b/c')).toMatchObject({ matches: true, level: 2 })
  expect(explainMatch('a/#', 'a')).toMatchObject({ matches: true, level: 2 })
  expect(explainMatch('a/b', 'a/b')).toMatchObject({ matches: true, level: 2 })
})

test('deep and long names are matched without trouble [MQTT-4.7.3-3]', () => {
  const deep = Array.from({ length: 30_000 }, (_, i) => i % 10).join('/')
  expect(topicMatchesFilter('+/'.repeat(29_999) + '+', deep)).toBe(true)
  expect(topicMatchesFilter('0/#', deep)).toBe(true)
  expect(topicMatchesFilter(deep, deep)).toBe(true)
  expect(topicMatchesFilter(`${deep}/x`, deep)).toBe(false)
})

test('empty levels count', () => {
  expect(topicLevels('/a//')).toEqual(['', 'a', '', ''])
})
