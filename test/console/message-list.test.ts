// The recorder of messages and the list that filters it, against the plain thing: an array of messages, filtered.
// See src/console/worker/message-store.ts and message-list.ts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MessageList } from '../../src/console/worker/message-list.ts'
import { MessageStore, type NewMessage } from '../../src/console/worker/message-store.ts'
import { TopicNames } from '../../src/console/worker/topic-names.ts'
import type { Qos } from '../../src/wire/mqtt/packet.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

class Recorder {
  readonly store: MessageStore
  readonly names = new TopicNames()
  readonly muted = new Set<number>()
  readonly mutedTopics = new Set<string>()
  readonly list: MessageList

  constructor(budget?: number, most?: number) {
    this.store = new MessageStore(budget, most)
    this.list = new MessageList({
      store: this.store,
      topicOf: (id) => this.names.nameOf(id),
      isMuted: (one) => this.muted.has(one),
      isTopicMuted: (id) => this.mutedTopics.has(this.names.nameOf(id)),
    })
  }

  add(topic: string, text: string, more: Partial<NewMessage> = {}): number {
    const topicId = this.names.idOf(topic)
    const seq = this.store.add({
      time: 1000,
      topicId,
      previous: this.names.lastOf(topicId),
      isOut: false,
      qos: 0,
      retain: false,
      dup: false,
      subscription: 1,
      payload: bytes(text),
      properties: {},
      frame: 0,
      ...more,
    })
    this.names.setLast(topicId, seq)
    return seq
  }

  shown(): number[] {
    while (this.list.work(() => false));
    return Array.from({ length: this.list.total }, (_, row) => this.list.at(row))
  }
}

test('everything that was put in comes out again, properties included', () => {
  const recorder = new Recorder()
  const properties = { contentType: 'application/json', messageExpiryInterval: 60, userProperties: [['a', 'b'] as const, ['a', 'c'] as const] }
  const seq = recorder.add('a/b', 'hello', { time: 123.456, qos: 2, retain: true, dup: true, isOut: true, properties, frame: 9 })
  const { store } = recorder
  expect([store.time(seq), store.qos(seq), store.retain(seq), store.dup(seq), store.isOut(seq), store.frame(seq), store.size(seq)]).toEqual([
    123.456,
    2,
    true,
    true,
    true,
    9,
    5,
  ])
  expect(new TextDecoder().decode(store.payload(seq))).toBe('hello')
  expect(store.properties(seq)).toEqual(properties)
  expect(store.hasProperties(seq)).toBe(true)
})

test('an identifier of our own subscription is no property of the message', () => {
  const recorder = new Recorder()
  const seq = recorder.add('a', 'x', { properties: { subscriptionIdentifiers: [3] } })
  expect(recorder.store.hasProperties(seq)).toBe(false)
})

test('beyond its budget the oldest messages go, whole, and their number says how many', () => {
  const recorder = new Recorder(4096, 1_000_000)
  for (let n = 0; n < 1000; n++) recorder.add('t', `payload ${n} `.padEnd(100, '.'))
  const { store } = recorder
  expect(store.bytes).toBeLessThanOrEqual(4096)
  expect(store.end).toBe(1000)
  expect(store.kept).toBe(1000 - store.first)
  expect(store.kept).toBeGreaterThan(20)
  for (let seq = store.first; seq < store.end; seq++) expect(new TextDecoder().decode(store.payload(seq))).toBe(`payload ${seq} `.padEnd(100, '.'))
  expect(store.has(store.first - 1)).toBe(false)
  expect(() => store.payload(store.first - 1)).toThrow('is not kept')
})

test('a payload longer than the budget is kept in part, and its size is told whole', () => {
  const recorder = new Recorder(4096)
  const seq = recorder.add('t', 'x'.repeat(100_000))
  expect(recorder.store.size(seq)).toBe(100_000)
  expect(recorder.store.payload(seq).length).toBeLessThanOrEqual(4096)
})

const message = fc.record({
  topic: fc.constantFrom('a/one', 'a/two', 'b/three'),
  text: fc.constantFrom('12', '30 °C', 'open', ''),
  qos: fc.constantFrom<Qos>(0, 1, 2),
  subscription: fc.constantFrom(1, 2),
})
const step = fc.oneof(
  { weight: 8, arbitrary: message.map((one) => ({ do: 'add' as const, ...one })) },
  { weight: 1, arbitrary: fc.constantFrom('', 'two', 'value > 20', 'qos:1', '-one', 'topic:b').map((find) => ({ do: 'find' as const, find })) },
  { weight: 1, arbitrary: fc.boolean().map((follow) => ({ do: 'follow' as const, follow })) },
  { weight: 1, arbitrary: fc.constant({ do: 'mute' as const }) },
)

test('the list is the plain filter of what is kept, newest first, whatever comes between', () => {
  const passes: Readonly<Record<string, (one: { topic: string; text: string; qos: number }) => boolean>> = {
    '': () => true,
    two: ({ topic }) => topic.includes('two'),
    'value > 20': ({ text }) => Number.parseFloat(text) > 20,
    'qos:1': ({ qos }) => qos === 1,
    '-one': ({ topic }) => !topic.includes('one'),
    'topic:b': ({ topic }) => topic.includes('b'),
  }
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const recorder = new Recorder(1 << 16, 40)
      const all: { topic: string; text: string; qos: Qos; subscription: number }[] = []
      let find = ''
      let standsAt = Number.POSITIVE_INFINITY
      let newer = 0
      for (const one of steps) {
        if (one.do === 'add') {
          recorder.add(one.topic, one.text, { qos: one.qos, subscription: one.subscription })
          all.push(one)
        } else if (one.do === 'find') {
          find = one.find
          recorder.list.show(find, recorder.muted.size > 0, false)
        } else if (one.do === 'mute') {
          if (!recorder.muted.delete(2)) recorder.muted.add(2)
          recorder.list.show(find, recorder.muted.size > 0, true)
        } else {
          recorder.list.follow(one.follow)
          if (one.follow) standsAt = Number.POSITIVE_INFINITY
          else if (standsAt === Number.POSITIVE_INFINITY) standsAt = all.length
        }
        const wanted = all
          .map((_, seq) => seq)
          .filter((seq) => seq >= recorder.store.first && passes[find]!(all[seq]!) && !recorder.muted.has(all[seq]!.subscription))
        newer = wanted.filter((seq) => seq >= standsAt).length
        expect(recorder.shown()).toEqual(wanted.filter((seq) => seq < standsAt).reverse())
        expect(recorder.list.newer).toBe(newer)
        for (const [row, seq] of recorder.shown().entries()) expect(recorder.list.rowOf(seq)).toBe(row)
      }
    }),
    { numRuns: 60 },
  )
})

test('messages of muted branches are hidden and counted, read from both ends, until they are dropped', () => {
  const recorder = new Recorder(undefined, 8)
  recorder.mutedTopics.add('loud')
  for (let n = 0; n < 3; n++) recorder.add('loud', `${n}`)
  recorder.add('quiet', 'x')
  recorder.list.show('', true, true)
  for (let n = 0; n < 3; n++) recorder.add('loud', `${n}`)
  expect([recorder.shown(), recorder.list.hidden]).toEqual([[3], 6])
  const { store } = recorder
  while (store.first < 5) recorder.add('quiet', 'y')
  expect([recorder.shown().includes(3), recorder.list.hidden]).toEqual([false, Math.max(0, 7 - store.first)])
  while (store.first < 7) recorder.add('quiet', 'y')
  recorder.shown()
  expect(recorder.list.hidden).toBe(0)
  recorder.list.show('', false, true)
  expect([recorder.shown().length, recorder.list.hidden]).toEqual([store.kept, 0])
})
