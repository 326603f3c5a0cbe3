// Two connections joined by topic: what is the same, what differs, what is on one side only; which rows are told.
// Trees and stores as a tab has them; messages are put in by hand.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { labelOf } from '../../src/console/views/compare/connection-label.ts'
import { type ComparedSide, type ComparedTopics, TopicComparison } from '../../src/console/worker/compare-topics.ts'
import { MessageStore } from '../../src/console/worker/message-store.ts'
import { PayloadMask } from '../../src/console/worker/payload-mask.ts'
import { TopicTree } from '../../src/console/worker/topic-tree.ts'
import { WorkerCalls } from '../../src/console/worker/worker-calls.ts'

class Side implements ComparedSide {
  readonly id: number
  readonly mask = new PayloadMask()
  readonly tree = new TopicTree(undefined, this.mask)
  readonly store = new MessageStore()
  #time = 0

  constructor(id: number, values: Readonly<Record<string, string>> = {}) {
    this.id = id
    for (const [topic, text] of Object.entries(values)) this.arrived(topic, text)
  }

  arrived(topic: string, text: string | Uint8Array, retain = false): void {
    const payload = typeof text === 'string' ? new TextEncoder().encode(text) : text
    const usual = { topicId: 0, previous: -1, isOut: false, qos: 0, dup: false, subscription: -1, properties: {}, frame: 0 } as const
    const time = ++this.#time
    const seq = this.store.add({ ...usual, time, retain, payload })
    this.tree.arrived({ topic, seq, time, payload, retain })
  }
}

const ASK = { first: 0, count: 100, differencesOnly: false, find: '' } as const
const lines = ({ rows }: ComparedTopics): string[] =>
  rows.map(({ topic, state, here, there }) => `${topic} ${state} ${here?.glance.text ?? '-'} ${there?.glance.text ?? '-'}`)

test('same, different, only here, only there; branches together; topics of the system when they are looked for', () => {
  const here = new Side(1, { 'a/x': '1', 'a/y': 'on', 'a-z': 'left', $SYS: 's', 'b/c': '{"v":1}' })
  const there = new Side(2, { 'b/c': '{"v":1}', 'a/y': 'off', 'a/w': '2', 'a/x': '1', $SYS: 't' })
  const comparison = new TopicComparison()
  const all = comparison.compare(here, there, ASK)
  expect(lines(all)).toEqual(['a/w there - 2', 'a/x same 1 1', 'a/y different on off', 'a-z here left -', 'b/c same 1 1'])
  expect([all.total, all.counts]).toEqual([5, { same: 2, different: 1, here: 1, there: 1 }])
  const differences = comparison.compare(here, there, { ...ASK, differencesOnly: true })
  expect(differences.rows.map(({ topic }) => topic)).toEqual(['a/w', 'a/y', 'a-z'])
  expect([differences.total, differences.counts]).toEqual([3, all.counts])
  expect(lines(comparison.compare(here, there, { ...ASK, find: '$s' }))).toEqual(['$SYS different s t'])
  expect(comparison.compare(here, there, { ...ASK, find: 'A Y' }).rows.map(({ topic }) => topic)).toEqual(['a/y'])
})

test('bytes decide, not how they look; a value that came later counts, and a topic that came later is there', () => {
  const here = new Side(1)
  const there = new Side(2)
  here.arrived('json', '{"v": 1}')
  there.arrived('json', '{"v":1}')
  here.arrived('bytes', Uint8Array.of(0, 1, 2, ...Array(100).fill(0), 1))
  there.arrived('bytes', Uint8Array.of(0, 1, 2, ...Array(100).fill(0), 2))
  const comparison = new TopicComparison()
  const states = (): string[] => comparison.compare(here, there, ASK).rows.map(({ topic, state }) => `${topic} ${state}`)
  expect(states()).toEqual(['bytes different', 'json different'])
  there.arrived('json', '{"v": 1}', true)
  there.arrived('new', '')
  expect(states()).toEqual(['bytes different', 'json same', 'new there'])
  expect(comparison.compare(here, there, ASK).rows[1]!.there).toMatchObject({ retained: true, glance: { text: '1' } })
  here.tree.clear()
  expect(states()).toEqual(['bytes there', 'json there', 'new there'])
})

test('a message whose bytes are no longer kept is compared by how it looks', () => {
  const here = new Side(1, { a: 'x', b: 'x' })
  const there = new Side(2, { a: 'x', b: 'y' })
  here.store.clear()
  expect(new TopicComparison().compare(here, there, ASK).rows.map(({ state }) => state)).toEqual(['same', 'different'])
})

test('rows are a part of the list that the counts are of, whatever both sides hold', () => {
  const values = fc.dictionary(fc.constantFrom('a', 'b', 'a/b', 'a/c', 'b/a', 'c'), fc.constantFrom('1', '2'))
  fc.assert(
    fc.property(values, values, fc.nat(6), fc.nat(6), fc.boolean(), (one, other, first, count, differencesOnly) => {
      const [here, there] = [new Side(1, one), new Side(2, other)]
      const comparison = new TopicComparison()
      const whole = comparison.compare(here, there, { ...ASK, differencesOnly })
      const { rows, counts, total } = comparison.compare(here, there, { ...ASK, first, count, differencesOnly })
      expect(rows).toEqual(whole.rows.slice(first, first + count))
      expect(total).toBe(whole.rows.length)
      const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
      const states = names.map((name) => (!(name in one) ? 'there' : !(name in other) ? 'here' : one[name] === other[name] ? 'same' : 'different'))
      expect(counts).toEqual(Object.fromEntries(['same', 'different', 'here', 'there'].map((state) => [state, states.filter((is) => is === state).length])))
    }),
  )
})

test('the Worker is asked with two connections, both of which must be there', () => {
  const calls = new WorkerCalls({ socket: null, wallMs: () => 0, random: () => 0 }, () => {})
  const [one, two] = ['one', 'two'].map((name) => calls.call('connection/open-file', { name }) as number)
  expect(calls.call('topics/compare', { connection: one!, other: two!, ...ASK })).toMatchObject({ total: 0, rows: [] })
  expect(() => calls.call('topics/compare', { connection: one!, other: 9, ...ASK })).toThrow('there is no connection 9')
})

test('connections of the same name are told apart by their addresses, else by their numbers', () => {
  const one = (id: number, name: string, url: string) => ({ id, name, profile: { value: { url } } })
  const all = [one(1, 'lab', 'ws://a:9001/mqtt'), one(2, 'lab', 'ws://b:9001/mqtt'), one(3, 'home', 'ws://c/mqtt'), one(4, 'lab', '')]
  expect(all.map((each) => labelOf(each, all))).toEqual(['lab (a:9001)', 'lab (b:9001)', 'home', 'lab (4)'])
})

test('values of masked topics are compared, and not shown', () => {
  const here = new Side(1, { 'door/code': '4711', 'room/temp': '21' })
  const there = new Side(2, { 'door/code': '0815', 'room/temp': '21' })
  for (const { mask } of [here, there]) mask.set(['door/#'])
  expect(lines(new TopicComparison().compare(here, there, ASK))).toEqual(['door/code different •••• ••••', 'room/temp same 21 21'])
})
