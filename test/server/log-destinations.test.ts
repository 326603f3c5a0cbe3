// Stamps, types and order of log lines: whole lines, one write per turn, nothing lost at the end.
// Time and turn are the test's own.

import { expect, test } from 'vitest'
import { ALL_LOG_TYPES, DEFAULT_LOG_TYPES, escapeControls, LineLog, NO_LOG_TYPES } from '../../src/server/log-destinations.ts'

function setUp(types = DEFAULT_LOG_TYPES): { log: LineLog; writes: string[]; turn: () => void; setTime: (ms: number) => void } {
  const writes: string[] = []
  const scheduled: (() => void)[] = []
  let time = 1_795_333_003_999
  const log = new LineLog({ write: (text) => void writes.push(text), types, wallClock: () => time, schedule: (flush) => void scheduled.push(flush) })
  return { log, writes, turn: () => scheduled.splice(0).forEach((flush) => flush()), setTime: (ms) => void (time = ms) }
}

test('lines carry the second and leave together at the end of the turn', () => {
  const { log, writes, turn, setTime } = setUp()
  log.write('notice', 'one')
  setTime(1_795_333_004_000)
  log.write('error', 'two')
  expect(writes).toEqual([])
  turn()
  expect(writes).toEqual(['1795333003: one\n1795333004: two\n'])
  turn()
  expect(writes).toHaveLength(1)
})

test('flush writes at once what waits; a late turn repeats nothing', () => {
  const { log, writes, turn } = setUp()
  log.write('notice', 'one')
  log.flush()
  turn()
  log.flush()
  expect(writes).toEqual(['1795333003: one\n'])
})

test('by default no debug and no subscribe lines; -v all; -q none', () => {
  for (const [types, expected] of [
    [DEFAULT_LOG_TYPES, 4],
    [ALL_LOG_TYPES, 8],
    [NO_LOG_TYPES, 0],
  ] as const) {
    const { log, writes } = setUp(types)
    for (const type of ALL_LOG_TYPES) log.write(type, 'x')
    log.flush()
    expect(writes.join('').split('\n').length - 1).toBe(expected)
  }
})

test('much in one turn does not pile up', () => {
  const { log, writes } = setUp()
  for (let i = 0; i < 3000; i++) log.write('notice', 'x'.repeat(100))
  expect(writes.length).toBeGreaterThan(3)
  expect(writes.every((text) => text.endsWith('\n'))).toBe(true)
})

test('without timestamps', () => {
  const writes: string[] = []
  const log = new LineLog({ write: (text) => void writes.push(text), types: DEFAULT_LOG_TYPES, timestamps: false })
  log.write('notice', 'bare')
  log.flush()
  expect(writes).toEqual(['bare\n'])
})

test.each([
  ['plain text, é, 蚊, 🦟', 'plain text, é, 蚊, 🦟'],
  ['\u0000\t\n\r\u001b[2J\u007f\u009b', '\\x00\\x09\\x0a\\x0d\\x1b[2J\\x7f\\x9b'],
  ['a\u2028b\u2029c\u202ed\u2066e', 'a\\u{2028}b\\u{2029}c\\u{202e}d\\u{2066}e'],
])('%j is shown as %j', (text, shown) => {
  expect(escapeControls(text)).toBe(shown)
})
