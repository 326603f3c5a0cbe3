// The store of retained messages against a naive one, cursors against changes between their slices, and memory that comes back.
// How they reach subscribers is in retained-slices.test.ts and conformance/08-retained.test.ts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Retained } from '../../src/broker/retained/retained.ts'
import { retainedRun } from '../../src/broker/retained/retained-message.ts'
import { RetainedPublishers } from '../../src/broker/retained/retained-publishers.ts'
import { LevelTable } from '../../src/broker/routing/level-table.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { readRun } from '../../src/wire/mqtt/framer.ts'
import { PublishRun, type WireVersion } from '../../src/wire/mqtt/publish-run.ts'
import { topicMatchesFilter } from '../../src/wire/mqtt/topics.ts'

interface Kept {
  readonly payload: string
  readonly expires: number
  readonly version: WireVersion
  readonly clientId: string | null
  readonly userName: string | null
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The bytes are wiped afterwards, as the receive buffer is. */
function store(
  retained: Retained,
  topicName: string,
  payload: string,
  now = 0,
  options: { seconds?: number; version?: WireVersion; from?: [string | null, string | null] } = {},
): boolean {
  const { seconds, version = 5, from = ['client', null] } = options
  const properties = seconds === undefined ? {} : { messageExpiryInterval: seconds }
  const bytes = encodePacket({ type: 3, topicName, payload: encoder.encode(payload), qos: 0, retain: true, dup: false, packetId: 0, properties }, version)
  const run = new PublishRun()
  readRun(run, bytes, 0, bytes.length, version)
  const isStored = retained.store(topicName, run, now, from[0], from[1])
  bytes.fill(0xee)
  return isStored
}

function payloadOf(bytes: Uint8Array, version: WireVersion): string {
  const run = new PublishRun()
  readRun(run, bytes, 0, bytes.length, version)
  return decoder.decode(bytes.subarray(run.bodies[0]! + run.headLength, run.end))
}

function found(retained: Retained, filter: string, now = 0): Map<string, Kept> {
  const all = new Map<string, Kept>()
  const cursor = retained.cursor(filter)
  for (let message = cursor.next(now, Infinity); message !== null; message = cursor.next(now, Infinity)) {
    const { topicName, bytes, version, expires, clientId, userName } = message
    expect(all.has(topicName), `${topicName} twice`).toBe(false)
    all.set(topicName, { payload: payloadOf(bytes, version), expires, version, clientId, userName })
  }
  expect(cursor.isDone).toBe(true)
  return all
}

const LEVELS = ['a', 'b', 'c', '', '$s', 'ein-langer-Name-für-eine-Stufe']
const level = fc.constantFrom(...LEVELS)
const topicName = fc
  .array(level, { minLength: 1, maxLength: 3 })
  .map((levels) => levels.join('/'))
  .filter((name) => name !== '')
const filter = fc
  .tuple(fc.array(fc.oneof({ weight: 2, arbitrary: level }, { weight: 1, arbitrary: fc.constant('+') }), { maxLength: 3 }), fc.boolean())
  .map(([levels, rest]) => (rest || levels.length === 0 ? [...levels, '#'] : levels).join('/'))
  .filter((text) => text !== '')
const length = fc.oneof(
  { weight: 8, arbitrary: fc.nat(60) },
  { weight: 2, arbitrary: fc.integer({ min: 1000, max: 60_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 300_000 }) },
)

test('law: after any changes, a filter finds what a naive store finds, as it was published', () => {
  const change = fc.record({
    what: fc.constantFrom('set', 'set', 'set', 'set', 'clear', 'find', 'wait', 'tidy'),
    topicName,
    filter,
    length,
    seconds: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    version: fc.constantFrom(4 as const, 5 as const),
    clientId: fc.constantFrom(null, 'c1', 'c2'),
    userName: fc.constantFrom(null, 'u'),
  })
  fc.assert(
    fc.property(fc.array(change, { minLength: 60, maxLength: 160 }), (changes) => {
      const levels = new LevelTable()
      const retained = new Retained(Infinity, levels)
      const naive = new Map<string, Kept>()
      let now = 0
      for (const [i, { what, topicName, filter, length, seconds, version, clientId, userName }] of changes.entries()) {
        if (what === 'set') {
          const payload = length === 0 ? '' : `${i}`.padEnd(length, '.')
          store(retained, topicName, payload, now, { version, from: [clientId, userName], ...(seconds === undefined ? {} : { seconds }) })
          const expires = seconds === undefined || version === 4 ? Infinity : now + seconds * 1000
          if (payload === '') naive.delete(topicName)
          else naive.set(topicName, { payload, expires, version, clientId, userName: clientId === null ? null : userName })
        } else if (what === 'clear') {
          retained.delete(topicName)
          naive.delete(topicName)
        } else if (what === 'wait') now += 3000
        else if (what === 'tidy') {
          while (retained.dropExpired(now, 2));
          for (const [name, { expires }] of naive) if (expires <= now) naive.delete(name)
        } else {
          const expected = new Map([...naive].filter(([name, { expires }]) => expires > now && topicMatchesFilter(filter, name)))
          expect(found(retained, filter, now)).toEqual(expected)
          expect(retained.has(topicName, now)).toBe((naive.get(topicName)?.expires ?? 0) > now)
        }
        expect(retained.count).toBe(naive.size)
      }
      for (const name of naive.keys()) retained.delete(name)
      expect([retained.count, retained.nodes.count, levels.count]).toEqual([0, 1, 0])
    }),
    { numRuns: 100, seed: 5 },
  )
})

test('law: a cursor whose slices are interleaved with changes brings nothing twice, nothing old, and all that was there all the time', () => {
  const change = fc.record({ what: fc.constantFrom('set', 'clear', 'clear', 'slice', 'slice', 'other'), topicName, visits: fc.integer({ min: 1, max: 6 }) })
  fc.assert(
    fc.property(fc.uniqueArray(topicName, { maxLength: 60 }), fc.array(change, { maxLength: 120 }), filter, filter, (first, changes, filter, otherFilter) => {
      const levels = new LevelTable()
      const retained = new Retained(Infinity, levels)
      const current = new Map<string, string>()
      for (const name of first) {
        store(retained, name, 'first')
        current.set(name, 'first')
      }
      const always = new Set(first.filter((name) => topicMatchesFilter(filter, name)))
      const seen = new Set<string>()
      const cursor = retained.cursor(filter)
      const other = retained.cursor(otherFilter)
      const slice = (visits: number): void => {
        const until = cursor.visited + visits
        for (let message = cursor.next(0, until); message !== null; message = cursor.next(0, until)) {
          expect(seen.has(message.topicName), `${message.topicName} twice`).toBe(false)
          expect(topicMatchesFilter(filter, message.topicName)).toBe(true)
          expect(payloadOf(message.bytes, message.version)).toBe(current.get(message.topicName))
          seen.add(message.topicName)
        }
        expect(cursor.visited).toBeLessThanOrEqual(until)
        cursor.rest()
      }
      slice(2)
      for (const [i, { what, topicName, visits }] of changes.entries()) {
        if (what === 'set') {
          store(retained, topicName, `at ${i}`)
          current.set(topicName, `at ${i}`)
        } else if (what === 'clear') {
          retained.delete(topicName)
          current.delete(topicName)
          if (!seen.has(topicName)) always.delete(topicName)
        } else if (what === 'slice') slice(visits)
        else {
          other.next(0, other.visited + visits)
          other.rest()
        }
      }
      if (changes.length % 2 === 0) other.close()
      while (!cursor.isDone) slice(50)
      expect([...always].filter((name) => !seen.has(name))).toEqual([])
      while (!other.isDone) other.next(0, Infinity)
      for (const name of current.keys()) retained.delete(name)
      expect([retained.nodes.count, levels.count]).toEqual([1, 0])
    }),
    { numRuns: 300, seed: 3 },
  )
})

test('messages of one level, cleared in any order and set again, are all found, oldest first', () => {
  const retained = new Retained(Infinity, new LevelTable())
  let expected: string[] = []
  for (let i = 0; i < 300; i++) {
    const name = `t/${(i * 7) % 23}`
    if (expected.includes(name)) {
      retained.delete(name)
      expected = expected.filter((other) => other !== name)
    } else {
      store(retained, name, 'x')
      expected.push(name)
    }
    const last = expected.at(-1)
    if (i % 5 === 0 && last !== undefined) {
      retained.delete(last)
      expected.pop()
    }
    expect([...found(retained, 't/+').keys()]).toEqual(expected)
  }
})

test('publishers are known as long as a message of theirs is kept', () => {
  const publishers = new RetainedPublishers()
  const [one, same, other] = [publishers.hold('c', null), publishers.hold('c', null), publishers.hold('c', 'u')]
  expect([one === same, one === other, publishers.hold(null, null), publishers.count]).toEqual([true, false, 0, 2])
  expect([publishers.of(one), publishers.of(other), publishers.of(0)]).toMatchObject([
    { clientId: 'c', userName: null },
    { clientId: 'c', userName: 'u' },
    { clientId: null, userName: null },
  ])
  for (const number of [0, one, other]) publishers.release(number)
  expect([publishers.count, publishers.of(same).clientId]).toEqual([1, 'c'])
  publishers.release(same)
  expect(publishers.count).toBe(0)
})

test('without messages that expire no memory is spent on when they do', () => {
  const retained = new Retained(Infinity, new LevelTable())
  store(retained, 'a', 'x')
  store(retained, 'b', 'x')
  const before = retained.bytes
  store(retained, 'b', 'y', 0, { seconds: 5 })
  expect(retained.bytes).toBeGreaterThan(before)
  retained.delete('b')
  expect(retained.bytes).toBe(before)
})

test('topics set and cleared for ever do not keep a cursor from its end', () => {
  const retained = new Retained(Infinity, new LevelTable())
  for (let i = 0; i < 50; i++) store(retained, `t/${i}`, 'x')
  const cursor = retained.cursor('t/#')
  let brought = 0
  let slices = 0
  for (; !cursor.isDone; slices++) {
    if (cursor.next(0, Infinity) !== null) brought++
    cursor.rest()
    for (let i = 0; i < 3; i++) store(retained, `t/new/${slices}/${i}`, 'x')
    expect(slices).toBeLessThan(60)
  }
  expect(brought).toBe(50)
})

test('a cursor that nobody goes on with leaves nothing behind when it is closed', () => {
  const levels = new LevelTable()
  const retained = new Retained(Infinity, levels)
  store(retained, 'a/b', 'x')
  store(retained, 'a/c', 'x')
  const cursors = Array.from({ length: 3 }, () => retained.cursor('#'))
  for (const cursor of cursors) {
    cursor.next(0, Infinity)
    cursor.rest()
  }
  retained.delete('a/b')
  retained.delete('a/c')
  expect([retained.count, retained.nodes.count]).toEqual([0, 3])
  for (const cursor of cursors) cursor.close()
  expect([retained.nodes.count, levels.count, cursors[0]!.next(0, Infinity)]).toEqual([1, 0, null])
})

test('overwriting topics 100,000 times with messages of any size does not grow memory', () => {
  const retained = new Retained(Infinity, new LevelTable())
  const topics = Array.from({ length: 20 }, (_, i) => `device/${i}/state`)
  for (const name of topics) store(retained, name, 'x'.repeat(400))
  store(retained, 'steady', 'stays')
  const before = retained.bytes
  for (let i = 0; i < 100_000; i++) store(retained, topics[i % 20]!, 'x'.repeat(1 + ((i * 7919) % 400)))
  expect(retained.bytes).toBeLessThanOrEqual(before + 3 * (1 << 18))
  expect([retained.count, found(retained, '#').get('steady')?.payload]).toEqual([21, 'stays'])
})

test('when all is cleared the memory is given back; large messages are alone in theirs', () => {
  const retained = new Retained(Infinity, new LevelTable())
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 20_000; i++) store(retained, `a/${i % 100}/${i}`, 'x'.repeat(100))
    store(retained, 'large', 'x'.repeat(1_000_000))
    const full = retained.bytes
    expect(full).toBeGreaterThan(20_000 * 100 + 1_000_000)
    expect(full).toBeLessThan(20_000 * 300 + 1_100_000)
    retained.delete('large')
    expect(retained.bytes).toBe(full - Math.ceil((1_000_000 + 1 + 3 + 2 + 5 + 1) / 4) * 4 - 12)
    for (let i = 0; i < 20_000; i++) retained.delete(`a/${i % 100}/${i}`)
    expect(retained.bytes).toBeLessThan(1 << 20)
  }
})

test('expired messages are dropped some at a time; those without an expiry stay', () => {
  const retained = new Retained(Infinity, new LevelTable())
  for (let i = 0; i < 100; i++) store(retained, `short/${i}`, 'x', 0, { seconds: 10 })
  for (let i = 0; i < 100; i++) store(retained, `long/${i}`, 'x', 0, { seconds: 100 })
  store(retained, 'for/ever', 'x')
  expect([retained.dropExpired(9_999, 1000), retained.count]).toEqual([false, 201])
  expect([retained.dropExpired(10_000, 60), retained.count]).toEqual([true, 141])
  expect(found(retained, 'short/#', 10_000).size).toBe(0)
  expect([retained.dropExpired(10_000, 60), retained.count]).toEqual([false, 101])
  expect([retained.dropExpired(100_000, 1000), retained.count]).toEqual([false, 1])
})

test('a message that replaces one with an expiry has its own', () => {
  const retained = new Retained(Infinity, new LevelTable())
  store(retained, 't', 'x', 0, { seconds: 10 })
  store(retained, 't', 'y', 0)
  retained.dropExpired(20_000, 1000)
  expect(found(retained, 't', 20_000).get('t')?.payload).toBe('y')
  store(retained, 't', 'z', 20_000, { seconds: 5 })
  expect([found(retained, 't', 24_999).size, found(retained, 't', 25_000).size]).toEqual([1, 0])
  const cursor = retained.cursor('t')
  expect(retainedRun(cursor.next(22_500, Infinity)!, 22_500, new PublishRun()).expiry).toBe(3)
})

test('there is room for no more than the limit; replacing and clearing go on, what has expired makes no room until it is dropped', () => {
  const retained = new Retained(2, new LevelTable())
  expect([store(retained, 'a', '1'), store(retained, 'b', '1', 0, { seconds: 1 }), store(retained, 'c', '1')]).toEqual([true, true, false])
  expect([store(retained, 'a', '2'), store(retained, 'c', ''), store(retained, 'c', '1', 2000)]).toEqual([true, true, false])
  retained.dropExpired(2000, 10)
  expect([store(retained, 'c', '1', 2000), retained.count]).toEqual([true, 2])
})
