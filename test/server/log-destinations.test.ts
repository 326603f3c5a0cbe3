// Stamps, types and order of log lines: whole lines, one write per turn, nothing lost at the end.
// Time and turn are the test's own.

import { expect, test } from 'vitest'
import type { LogSubject, LogType } from '../../src/base/log.ts'
import { ALL_LOG_TYPES, DEFAULT_LOG_TYPES, escapeControls, LineLog, type LineLogOptions, NO_LOG_TYPES } from '../../src/server/log-destinations.ts'

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
    [ALL_LOG_TYPES, 9],
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

function one(options: Partial<LineLogOptions>, type: LogType = 'notice', line = 'text', about?: LogSubject): string {
  const writes: string[] = []
  const log = new LineLog({ write: (text) => void writes.push(text), types: ALL_LOG_TYPES, wallClock: () => 1_795_333_003_250, schedule: () => {}, ...options })
  log.write(type, line, about)
  log.flush()
  return writes.join('')
}

test('log_timestamp_format is strftime in local time; %N is of the moment, not of the second', () => {
  expect(one({ timestampFormat: '%s' })).toBe('1795333003: text\n')
  expect(one({ timestampFormat: '%Y' })).toBe('2026: text\n')
  expect(one({ timestampFormat: '' })).toBe('Time error: text\n')
  expect(one({ timestampFormat: '%s\u001b[31m' })).toBe('1795333003\\x1b[31m: text\n')
  let time = 1_795_333_003_250
  const writes: string[] = []
  const log = new LineLog({ write: (text) => void writes.push(text), types: ALL_LOG_TYPES, wallClock: () => time++, timestampFormat: '%s.%3N' })
  log.write('notice', 'a')
  log.write('notice', 'b')
  log.flush()
  expect(writes).toEqual(['1795333003.250: a\n1795333003.251: b\n'])
})

test('log_format json: one object a line, with whom it is about', () => {
  const line = one({ format: 'json', timestamps: false }, 'notice', 'Client a\\x0ab went', { client: 'a\nb\u202e\u0085', address: '127.0.0.1:1' })
  expect(line).toBe(
    '{"time":"2026-11-22T07:36:43.250Z","level":"info","type":"notice","msg":"Client a\\\\x0ab went","client":"a\\nb\\u202e\\u0085","address":"127.0.0.1:1"}\n',
  )
  expect(JSON.parse(line)).toMatchObject({ client: 'a\nb\u202e\u0085', msg: 'Client a\\x0ab went' })
  expect(JSON.parse(one({ format: 'json' }, 'debug', '\ttopic'))).toEqual({ time: '2026-11-22T07:36:43.250Z', level: 'debug', type: 'debug', msg: 'topic' })
})

test.each<[LogType, string]>([
  ['error', 'error'],
  ['warning', 'warn'],
  ['information', 'info'],
  ['subscribe', 'info'],
  ['websockets', 'debug'],
])('the JSON level of type %s is %s', (type, level) => {
  expect(JSON.parse(one({ format: 'json' }, type))).toMatchObject({ type, level })
})

test('a line is one line, whoever wrote it, and not a page', () => {
  expect(one({ timestamps: false }, 'notice', 'a\n1: forged\u001b[31m')).toBe('a\\x0a1: forged\\x1b[31m\n')
  expect(one({ timestamps: false }, 'debug', '\ttopic\there')).toBe('\ttopic\\x09here\n')
  expect(one({ timestamps: false }, 'notice', 'x'.repeat(5000))).toBe(`${'x'.repeat(1000)}\n`)
  expect(one({ timestamps: false }, 'notice', `${'x'.repeat(999)}🦟`)).toBe(`${'x'.repeat(999)}\n`)
  expect(JSON.parse(one({ format: 'json' }, 'notice', 'x', { client: 'y'.repeat(65535) })).client).toHaveLength(1000)
})

test('destinations of single lines get them at once, stamped, of the wanted types only', () => {
  const seen: [LogType, string][] = []
  const log = new LineLog({
    write: () => {},
    types: DEFAULT_LOG_TYPES,
    sinks: [{ line: (type, text) => void seen.push([type, text]) }],
    wallClock: () => 1000,
    schedule: () => {},
  })
  log.write('notice', 'one')
  log.write('debug', 'two')
  log.write('error', 'three')
  expect(seen).toEqual([
    ['notice', '1: one'],
    ['error', '1: three'],
  ])
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
