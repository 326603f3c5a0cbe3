// What the Broker and Clients screens make of the admin API's answers: lines of plots, the log, options, facts, beginnings of payloads.
// Pure parts under Node; the screens themselves are looked at in a browser.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spanText } from '../../src/console/parts/span-text.ts'
import { problemText } from '../../src/console/views/broker/bridge-problem.ts'
import { BROKER } from '../../src/console/views/broker/broker-words.ts'
import { sectionsFor } from '../../src/console/views/broker/config-rows.ts'
import { latestOf, levelsOf, ratesOf, tailOf } from '../../src/console/views/broker/history-lines.ts'
import { findLines, type LogFeed, logText, withLines } from '../../src/console/views/broker/log-lines.ts'
import { barsOf, decadesOf, shortTime } from '../../src/console/views/broker/turn-bars.ts'
import { validityOf } from '../../src/console/views/broker/validity.ts'
import { factsOf } from '../../src/console/views/clients/client-facts.ts'
import { CLIENTS } from '../../src/console/views/clients/clients-words.ts'
import { payloadText } from '../../src/console/views/clients/payload-start.ts'
import { nextTraffic } from '../../src/console/views/clients/traffic.ts'
import { creating, deleting, directoryOf, namesOf } from '../../src/console/views/security/directory.ts'
import { SECURITY } from '../../src/console/views/security/security-words.ts'
import { spanBounds } from '../../src/net/turn-spans.ts'
import type { ClientAnswer, ClientRow, ConfigSection, LogLine } from '../../src/server/admin/api-types.ts'

const DAY = 86_400_000

test('a counter becomes a rate by the time that really passed; a restart and what was not measured are holes', () => {
  const answer = { stepSeconds: 2, time: [0, 2000, 4500, 6500, 8500], columns: { sent: [10, 30, 80, 5, 25], seen: [1, null, 3, 4, 5] } }
  expect([...ratesOf(answer, 'sent')]).toEqual([Number.NaN, 10, 20, Number.NaN, 10])
  expect([...levelsOf(answer, 'seen')]).toEqual([1, Number.NaN, 3, 4, 5])
  expect([...ratesOf(answer, 'no such column')].every(Number.isNaN)).toBe(true)
  expect(latestOf(Float64Array.of(1, 7, Number.NaN))).toBe(7)
  expect(latestOf(new Float64Array(0))).toBe(0)
  expect(tailOf(Float64Array.of(1, 2, Number.NaN, 4), 3)).toEqual([2, 4])
})

const line = (number: number, text = `line ${number}`, more: Partial<LogLine> = {}): LogLine => ({
  number,
  time: number * 1000,
  type: 'notice',
  text,
  client: null,
  address: null,
  ...more,
})
const EMPTY: LogFeed = { lines: [], dropped: 0, isOpen: true }
const numbers = ({ lines }: LogFeed): number[] => lines.map(({ number }) => number)

test('lines that come again after an interruption are there once', () => {
  const before = withLines(EMPTY, [line(1), line(2), line(4)])
  expect(numbers(withLines(before, [line(1), line(2), line(4), line(7)]))).toEqual([1, 2, 4, 7])
  expect(numbers(withLines(before, []))).toEqual([1, 2, 4])
})

test('a broker that was started anew counts anew', () => {
  const before = withLines(EMPTY, [line(1), line(2), line(9)])
  const anew = [line(1, 'started', { time: 20_000 }), line(12, 'later', { time: 30_000 })]
  expect(withLines(before, anew).lines.map(({ text }) => text)).toEqual(['started', 'later'])
})

test('the page keeps the newest five thousand lines and counts the others', () => {
  let feed = EMPTY
  for (let from = 0; from < 5200; from += 100)
    feed = withLines(
      feed,
      Array.from({ length: 100 }, (_, i) => line(from + i + 1)),
    )
  expect([feed.lines.length, feed.lines[0]!.number, feed.lines.at(-1)!.number, feed.dropped]).toEqual([5000, 201, 5200, 200])
})

test('every word must stand in a line, in its text, type, client or address', () => {
  const lines = [line(1, 'New client', { client: 'Pump', address: '192.0.2.1:5' }), line(2, 'Saved', { type: 'error' })]
  const found = (find: string): number[] => findLines(lines, find).map(({ number }) => number)
  expect(found('')).toEqual([1, 2])
  expect(found('pump NEW')).toEqual([1])
  expect(found('192.0.2')).toEqual([1])
  expect(found('error')).toEqual([2])
  expect(found('pump saved')).toEqual([])
  expect(logText(lines.slice(1))).toBe('1970-01-01T00:00:02.000Z error: Saved\n')
})

test('options: those that were given, as far as every word fits; sections without any are left out', () => {
  const option = (name: string, origin: string | null, value = '') => ({ name, value, origin, meaning: `about ${name}` })
  const sections: ConfigSection[] = [
    { kind: 'broker', title: 'Whole broker', options: [option('persistence', 'a.conf:3', 'true'), option('sys_interval', null, '10')] },
    { kind: 'listener', title: 'Listener', options: [option('protocol', null, 'mqtt')] },
  ]
  const names = (find: string, isGiven: boolean): string[] => sectionsFor(sections, find, isGiven).flatMap(({ options }) => options.map(({ name }) => name))
  expect(names('', true)).toEqual(['persistence'])
  expect(names('', false)).toEqual(['persistence', 'sys_interval', 'protocol'])
  expect(names('ABOUT 10', false)).toEqual(['sys_interval'])
  expect(sectionsFor(sections, 'a.conf:3', false).map(({ title }) => title)).toEqual(['Whole broker'])
})

test.each([
  [-10 * DAY, 200 * DAY, { kind: 'valid', days: 200 }],
  [-10 * DAY, 30 * DAY, { kind: 'soon', days: 30 }],
  [-10 * DAY, 1, { kind: 'soon', days: 1 }],
  [-10 * DAY, 0, { kind: 'ended', days: 0 }],
  [-10 * DAY, -3 * DAY - 1, { kind: 'ended', days: 3 }],
  [DAY, 400 * DAY, { kind: 'not-yet', days: 400 }],
] as const)('a certificate from %i to %i ms from now', (from, to, expected) => {
  const now = 1_700_000_000_000
  expect(validityOf({ validFrom: now + from, validTo: now + to }, now)).toEqual(expected)
})

test.each([
  [0, '0 s'],
  [59.9, '59 s'],
  [60, '1 m'],
  [130, '2 m 10 s'],
  [3600, '1 h'],
  [3661, '1 h 1 m'],
  [90_000, '1 d 1 h'],
  [604_800, '7 d'],
])('%d seconds are %s', (seconds, text) => {
  expect(spanText(seconds)).toBe(text)
})

const encoded = (text: string | Uint8Array): string => Buffer.from(text as string).toString('base64')

test('the beginning of a payload: text with its signs made visible, bytes as such, the cut told', () => {
  expect(payloadText('', 0, 'empty')).toBe('empty')
  expect(payloadText(encoded('21.5 °C'), 8, 'empty')).toBe('21.5 °C')
  expect(payloadText(encoded('a\u202eb\n'), 6, 'empty')).toBe('a\u2039202E\u203ab\u240a')
  expect(payloadText(encoded(Uint8Array.of(0xff, 0xfe, 1)), 3, 'empty')).toBe('ff fe 01')
  expect(payloadText(encoded('abc'), 300, 'empty')).toBe('abc…')
})

test('a payload that is cut inside a character is still text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 20, maxLength: 40 }), fc.integer({ min: 1, max: 20 }), (text, cut) => {
      const whole = Buffer.from(text.replace(/\p{C}/gu, 'x'))
      const kept = whole.subarray(0, Math.max(1, whole.length - cut))
      const shown = payloadText(kept.toString('base64'), whole.length, '')
      expect(shown.endsWith('…')).toBe(true)
      expect(shown).not.toMatch(/^(?:[0-9a-f]{2} ){3}/)
    }),
  )
})

const ROW: ClientRow = {
  id: 'pump',
  user: null,
  isOnline: true,
  address: '192.0.2.1',
  port: 5,
  transport: 'tcp',
  listenerPort: 1883,
  version: '5.0',
  keepAlive: 30,
  cleanStart: false,
  sessionExpiry: 3600,
  connectedAt: 1_000_000,
  disconnectedAt: null,
  endCause: null,
  subscriptions: 0,
  inflightIn: 0,
  inflightOut: 0,
  queued: 0,
  queuedBytes: 0,
  bytesIn: 0,
  bytesOut: 0,
  lastHeardAt: 1_055_000,
}
const answer = (row: Partial<ClientRow> = {}, tls: ClientAnswer['tls'] = null): ClientAnswer => ({
  client: { ...ROW, ...row },
  tls,
  subscriptions: [],
  queue: [],
  inflight: [],
  will: null,
})

test('facts of a connected session, and of one that is asleep', () => {
  const facts = (given: ClientAnswer): Record<string, string> => Object.fromEntries(factsOf(given, CLIENTS.en, 'en', 1_060_000))
  expect(facts(answer())).toMatchObject({
    Address: 'by port 1883, tcp',
    'Keep Alive': '30 s, last heard 5 s',
    Lifetime: 'kept 1 h after the connection',
    'Clean Start': 'no',
  })
  expect(facts(answer())['Connected']).toMatch(/^since \d\d:\d\d:\d\d \(1 m\)$/)
  expect(facts(answer({}, { version: 'TLSv1.3', cipher: 'AES', subject: 'CN=a\u202e' }))['TLS']).toBe('TLSv1.3, AES, CN=a‹202E›')
  const away = {
    isOnline: false,
    connectedAt: null,
    disconnectedAt: 1_000_000,
    endCause: 'keep-alive',
    listenerPort: null,
    transport: null,
    sessionExpiry: null,
  }
  const asleep = facts(answer({ ...away, queued: 12, queuedBytes: 2048, inflightIn: 2 }))
  expect(asleep).toMatchObject({
    Lifetime: 'kept until the client ends it',
    Waiting: '12 messages, 2.0 KiB',
    'In from it': '2 of QoS 2 wait for PUBREL',
  })
  expect(asleep['Left']).toMatch(/ \(1 m\), silent beyond its Keep Alive$/)
  expect(Object.keys(asleep)).not.toContain('Address')
})

test('bytes a second from answer to answer; a new connection begins anew', () => {
  const nothing = { fromClient: [], toClient: [] }
  const one = nextTraffic(nothing, answer(), answer({ bytesIn: 300, bytesOut: 60 }), 2)
  expect(one).toEqual({ fromClient: [150], toClient: [30] })
  expect(nextTraffic(one, answer({ bytesIn: 300, bytesOut: 60 }), answer({ bytesIn: 300, bytesOut: 80 }), 2)).toEqual({
    fromClient: [150, 0],
    toClient: [30, 10],
  })
  expect(nextTraffic(one, answer({ bytesIn: 300 }), answer({ bytesIn: 500, connectedAt: 2_000_000 }), 2)).toEqual(nothing)
  expect(nextTraffic(one, answer({ bytesIn: 300 }), answer({ bytesIn: 5 }), 2)).toEqual(nothing)
})

test('the directory of dynamic security is what its answers hold, also when they hold nothing', () => {
  const users = [
    { username: 'Anna', roles: [], groups: [] },
    { username: 'bob', roles: [], groups: [] },
  ]
  const directory = directoryOf([
    { totalCount: 2, clients: users },
    { groups: [] },
    { roles: [{ rolename: 'r', acls: [] }] },
    { acls: [] },
    { group: { groupname: 'guests' } },
  ])
  expect(namesOf(directory, 'users', '')).toEqual(['Anna', 'bob'])
  expect(namesOf(directory, 'users', 'AN na')).toEqual(['Anna'])
  expect([namesOf(directory, 'groups', ''), namesOf(directory, 'roles', ''), directory.anonymousGroup]).toEqual([[], ['r'], 'guests'])
  expect(directoryOf([null, null, null, null, null])).toEqual({ users: [], groups: [], roles: [], defaults: [], anonymousGroup: '' })
  expect([creating('users', 'a'), deleting('roles', 'r')]).toEqual([
    { command: 'createClient', username: 'a' },
    { command: 'deleteRole', rolename: 'r' },
  ])
})

/** Texts with the values of functions, by their path. */
function texts(words: unknown, path = ''): (readonly [path: string, text: string])[] {
  if (typeof words === 'string') return [[path, words]]
  if (typeof words === 'function') return [[path, String((words as (...given: unknown[]) => unknown)('«1»', '«2»', '«3»', '«4»'))]]
  return Object.entries(words as object).flatMap(([name, each]) => texts(each, `${path}.${name}`))
}

test.each([
  ['Broker', BROKER],
  ['Clients', CLIENTS],
  ['Security', SECURITY],
])('the words of the %s screen are whole in both languages: none is empty, each says the same of its values', (_, { en, it }) => {
  const italian = new Map(texts(it))
  for (const [path, text] of texts(en)) {
    const values = (given: string): string[] => [...new Set(given.match(/«\d»/g))].sort()
    expect([path, italian.get(path)?.trim()]).not.toEqual([path, ''])
    expect([path, values(italian.get(path)!)]).toEqual([path, values(text)])
    expect(text.trim()).not.toBe('')
  }
})

test('turns as bars: each as tall as its share of the most, what is there at all can be seen; powers of ten below', () => {
  const boundsMs = spanBounds()
  const counts = [...boundsMs.map(() => 0), 2]
  counts[0] = 200
  counts[20] = 100
  counts[21] = 1
  const turns = { seconds: 60, boundsMs, counts, p50Ms: 0.01, p99Ms: 1, maxMs: 11_000 }
  const bars = barsOf(turns)
  expect(bars.length).toBe(62)
  expect(bars.filter(({ count }) => count > 0)).toEqual([
    { fromMs: 0, toMs: 0.01, count: 200, height: 100 },
    { fromMs: 0.8, toMs: 1, count: 100, height: 50 },
    { fromMs: 1, toMs: 1.25, count: 1, height: 3 },
    { fromMs: 10_000, toMs: null, count: 2, height: 3 },
  ])
  const decades = decadesOf(turns)
  expect(decades.map(({ text }) => text)).toEqual(['10 µs', '100 µs', '1 ms', '10 ms', '100 ms', '1 s', '10 s'])
  expect(decades[2]!.at).toBeCloseTo(21 / 62)
})

test('short times in as few digits as will do', () => {
  expect([0, 0.0126, 0.08, 0.315, 1, 1.25, 9.96, 62.4, 160, 1000, 3150].map(shortTime)).toEqual([
    '0 µs',
    '13 µs',
    '80 µs',
    '320 µs',
    '1 ms',
    '1.3 ms',
    '10 ms',
    '62 ms',
    '160 ms',
    '1 s',
    '3.1 s',
  ])
})

test('why a bridge is not connected: codes of the system in words, other sentences as they are', () => {
  const { codes } = BROKER.en.bridge
  expect(problemText('connect ECONNREFUSED 192.0.2.1:1883', codes)).toBe('nobody listens there (connect ECONNREFUSED 192.0.2.1:1883)')
  expect(problemText('getaddrinfo ENOTFOUND far', BROKER.it.bridge.codes)).toBe('il nome non esiste (getaddrinfo ENOTFOUND far)')
  expect(problemText('connection refused: not authorised', codes)).toBe('connection refused: not authorised')
  expect(problemText('write EPROTO', codes)).toBe('write EPROTO')
  expect(Object.keys(BROKER.it.bridge.codes)).toEqual(Object.keys(codes))
})
