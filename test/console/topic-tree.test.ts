// The tree of topics: rows, values, counts, order, filter, what is retained.
// See src/console/worker/topic-tree.ts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TopicTree } from '../../src/console/worker/topic-tree.ts'

const NOW = 1_000_000
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function filled(...messages: readonly (readonly [topic: string, text: string, retain?: boolean])[]): TopicTree {
  const tree = new TopicTree()
  for (const [seq, [topic, text, retain = false]] of messages.entries()) tree.arrived({ topic, seq, time: NOW + seq * 10, payload: bytes(text), retain })
  return tree
}

const rows = (tree: TopicTree, now = NOW + 5000) => tree.rows(0, 1000, now)

test('a branch stands above its topics, names in the order of people, the system last', () => {
  const tree = filled(['b/room10/t', '1'], ['b/room9/t', '2'], ['$SYS/broker/uptime', '3 seconds'], ['a', 'x'])
  expect(rows(tree).map(({ name, level, topics }) => `${level} ${name} ${topics}`)).toEqual([
    '1 a 1',
    '1 b 2',
    '2 room9 1',
    '3 t 1',
    '2 room10 1',
    '3 t 1',
    '1 $SYS 1',
  ])
  expect(tree.topics).toBe(4)
  expect(tree.ordinary).toBe(3)
})

test('a row shows the last value with its unit, how often it came, and its line', () => {
  const tree = filled(['a/temperature', '20.5 °C'], ['a/temperature', '21 °C'], ['a/temperature', '21.5 °C'])
  const row = rows(tree).find(({ name }) => name === 'temperature')!
  expect(row.value).toEqual({ kind: 'number', text: '21.5', unit: '°C' })
  expect(row.count).toBe(3)
  expect(row.seen).toBe(NOW + 20)
})

test.each([
  ['{"value":7,"unit":"bar"}', { kind: 'number', text: '7', unit: 'bar' }],
  ['{"t":21.7,"battery":3}', { kind: 'number', text: '21.7', unit: '' }],
  ['{"a":{"b":1}}', { kind: 'json', text: '{"a":{"b":1}}', unit: '' }],
  ['open', { kind: 'word', text: 'open', unit: '' }],
  ['', { kind: 'empty', text: '', unit: '' }],
  ['line one\nline two, which is long', { kind: 'text', text: 'line one line two, which is long', unit: '' }],
])('%s is shown as what it is', (text, value) => {
  expect(rows(filled(['a/temperature', text])).at(-1)!.value).toEqual(value)
})

test('bytes that are no text are shown in hexadecimal digits', () => {
  const tree = new TopicTree()
  tree.arrived({ topic: 'a', seq: 0, time: NOW, payload: Uint8Array.of(0xff, 0, 0x4d), retain: false })
  expect(rows(tree)[0]!.value).toEqual({ kind: 'binary', text: 'ff 00 4d', unit: '' })
})

test('names and values cannot hide or turn text round', () => {
  const row = rows(filled(['a\u202eb', 'x\u0007\u001b[31m\u200by']))[0]!
  expect(row.name).toBe('a‹202E›b')
  expect(row.value!.text).not.toMatch(/[\u0007\u001b\u200b]/)
})

test('retained: set by a retained message, kept by others, ended by an empty one', () => {
  const retained = (tree: TopicTree): boolean => rows(tree)[0]!.retained
  expect(retained(filled(['a', '1', true]))).toBe(true)
  expect(retained(filled(['a', '1', true], ['a', '2']))).toBe(true)
  expect(retained(filled(['a', '1', true], ['a', '', true]))).toBe(false)
  expect(filled(['a/b', '1', true], ['a/b/c', '1', true], ['a/bc', '1', true], ['a/d', '1']).retainedBelow('a/b')).toEqual(['a/b', 'a/b/c'])
})

test('a filter shows what passes and the branches above it', () => {
  const tree = filled(['a/temperature', '20'], ['a/humidity', '40'], ['b/temperature', '30'])
  tree.show('name', 'temp value > 25')
  expect(rows(tree).map(({ name }) => name)).toEqual(['b', 'temperature'])
  expect([tree.passing, tree.topics]).toEqual([1, 3])
  tree.show('name', 'value >')
  expect(tree.problem).toContain('a number is missing')
  expect(rows(tree)).toHaveLength(5)
})

test('folding, revealing, pinning', () => {
  const tree = filled(['a/x/deep', '1'], ['b', '2'])
  const [a] = rows(tree)
  tree.toggle(a!.id, false)
  expect(rows(tree).map(({ name }) => name)).toEqual(['a', 'b'])
  expect(tree.reveal('a/x/deep', NOW)).toBe(2)
  tree.pin(rows(tree).find(({ name }) => name === 'b')!.id, true)
  expect(rows(tree)[0]!.name).toBe('b')
  expect(tree.reveal('not/there', NOW)).toBe(-1)
})

test('what is typed is completed by beginnings first', () => {
  const tree = filled(['lab/temp', '1'], ['temp/lab', '2'], ['temp', '3'])
  expect(tree.complete('temp', 9).map(({ topic }) => topic)).toEqual(['temp/lab', 'temp', 'lab/temp'])
})

test('beyond its limit new topics are counted and not shown', () => {
  const tree = new TopicTree(10)
  for (let n = 0; n < 30; n++) tree.arrived({ topic: `t${n}`, seq: n, time: NOW, payload: bytes('x'), retain: false })
  expect(rows(tree)).toHaveLength(10)
  expect(tree.beyond).toBe(20)
})

test('each topic has exactly one row when all is open, in an order that goes down by one level at most', () => {
  const topic = fc.array(fc.constantFrom('', 'a', 'b', 'c10', '$x', 'ü'), { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
  fc.assert(
    fc.property(fc.array(topic, { maxLength: 60 }), (topics) => {
      const tree = new TopicTree()
      for (const [seq, one] of topics.entries()) tree.arrived({ topic: one, seq, time: NOW, payload: bytes('1'), retain: false })
      tree.toggleAll(true)
      const all = rows(tree)
      const counted = new Map<string, number>()
      for (const one of topics) counted.set(one, (counted.get(one) ?? 0) + 1)
      const paths = all.map(({ path }) => path)
      expect(new Set(paths).size).toBe(paths.length)
      for (const [one] of counted) expect(paths).toContain(one)
      for (const [i, { level }] of all.entries()) expect(level).toBeLessThanOrEqual((all[i - 1]?.level ?? 0) + 1)
      for (const { path, count } of all.filter((row) => row.isOpen === null)) expect(count).toBe(counted.get(path))
    }),
    { numRuns: 80 },
  )
})

test('a muted branch is quiet: no value, line or rate, below the others whatever the order, and its branch does not look alive', () => {
  const tree = filled(['house/loud/a', '1'], ['house/loud/b', '2'], ['house/calm', '3'])
  tree.mute(new Set(['house/loud']))
  for (let n = 0; n < 50; n++) tree.arrived({ topic: 'house/loud/a', seq: 3 + n, time: NOW + 4000, payload: bytes('9'), retain: false })
  for (const order of ['rate', 'seen', 'count'] as const) {
    tree.show(order, '')
    expect(rows(tree).map(({ name }) => name)).toEqual(['house', 'calm', 'loud', 'a', 'b'])
  }
  expect(rows(tree).map(({ mutedBy, rate, spark, value }) => [mutedBy, rate, spark.length, value])).toEqual([
    [null, expect.any(Number), expect.any(Number), null],
    [null, expect.any(Number), 1, { kind: 'number', text: '3', unit: '' }],
    ...Array.from({ length: 3 }, () => ['house/loud', 0, 0, null]),
  ])
  expect(rows(tree)[0]!.seen).toBe(NOW + 20)
  expect([tree.mutedTopics, rows(tree)[0]!.count]).toEqual([2, 53])
  // what comes into it later is muted as well
  tree.arrived({ topic: 'house/loud/c/d', seq: 99, time: NOW + 4500, payload: bytes('x'), retain: false })
  expect(rows(tree).find(({ name }) => name === 'd')!.mutedBy).toBe('house/loud')
  tree.mute(new Set())
  tree.show('rate', '')
  expect(rows(tree)[0]!.seen).toBe(NOW + 4500)
  expect(rows(tree)[1]!.name).toBe('loud')
  expect(rows(tree)[2]!.value!.text).toBe('9')
})
