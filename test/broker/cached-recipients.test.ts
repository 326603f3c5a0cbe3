// Law: who gets a message is what a naive match says, after any sequence of changes, though answers are remembered per topic.
// The topic table is so small that names are evicted all the time.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const FILTERS = [
  '#',
  '+',
  '+/#',
  'a',
  'a/#',
  'a/+',
  'a/b',
  '+/b',
  'a/b/#',
  'a/b/+',
  'a/b/c',
  'a/+/c',
  'a/b/c/#',
  'b/#',
  'b/c',
  '/#',
  '/',
  '+/+',
  '$x/#',
  '$x/+',
  '$x/b',
  '+/b/c',
  'b/+/#',
]
const TOPICS = ['a', 'b', 'a/b', 'b/c', 'a/c', 'a/b/c', 'a/b/d', 'a/d/c', 'a/b/c/d', '/', '$x/b', '$x', 'b', 'c/b/c']

/** Section 4.7, level by level. */
function matches(filter: string, topicName: string): boolean {
  const f = filter.split('/')
  const t = topicName.split('/')
  if (topicName.startsWith('$') && (f[0] === '#' || f[0] === '+')) return false
  for (let i = 0; i < f.length; i++) {
    if (f[i] === '#') return true
    if (i >= t.length || (f[i] !== '+' && f[i] !== t[i])) return false
  }
  return f.length === t.length
}

/** How many members of the group hold this filter; a session may come and go. */
interface Subscriber {
  client: TestClient
  readonly filters: Map<string, 0 | 1>
}

type Change = {
  readonly what: 'subscribe' | 'unsubscribe' | 'publish' | 'leave' | 'tidy'
  readonly who: number
  readonly filter: number
  readonly topic: number
  readonly qos: 0 | 1
}

const change: fc.Arbitrary<Change> = fc.record({
  what: fc.oneof(
    { weight: 5, arbitrary: fc.constant('subscribe' as const) },
    { weight: 3, arbitrary: fc.constant('unsubscribe' as const) },
    { weight: 10, arbitrary: fc.constant('publish' as const) },
    { weight: 1, arbitrary: fc.constantFrom('leave' as const, 'tidy' as const) },
  ),
  who: fc.nat(4),
  filter: fc.nat(FILTERS.length - 1),
  topic: fc.nat(TOPICS.length - 1),
  qos: fc.constantFrom(0, 1),
})

test.each([true, false])('recipients are those of a fresh match; copies per subscription: %s', (allowDuplicateMessages) => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 40, maxLength: 250 }), (changes) => {
      const b = new TestBroker({ limits: { internedTopics: 6, allowDuplicateMessages } })
      const publishers = ['p0', 'p1', 'p2'].map((id) => b.client(id, { keepAlive: 0 }))
      const subscribers: Subscriber[] = [0, 1, 2, 3, 4].map((i) => ({ client: b.client(`s${i}`, { keepAlive: 0 }), filters: new Map() }))
      changes.forEach(({ what, who, filter, topic, qos }, at) => {
        const subscriber = subscribers[who]!
        const text = FILTERS[filter]!
        if (what === 'subscribe') {
          subscriber.client.subscribe(text, qos)
          subscriber.filters.set(text, qos)
        } else if (what === 'unsubscribe') {
          subscriber.client.unsubscribe(text)
          subscriber.filters.delete(text)
        } else if (what === 'leave') {
          subscriber.client.cut()
          subscriber.filters.clear()
          subscriber.client = b.client(`s${who}`, { keepAlive: 0 })
        } else if (what === 'tidy') b.advance(61_000)
        else {
          const topicName = TOPICS[topic]!
          for (const { client } of subscribers) client.received()
          publishers[at % 3]!.publish(topicName, `${at}`, { qos: 1 })
          for (const { client, filters } of subscribers) {
            const granted = [...filters].flatMap(([one, most]) => (matches(one, topicName) ? [most] : []))
            const expected = allowDuplicateMessages ? granted : granted.length > 0 ? [Math.max(...granted)] : []
            const got = client.received().flatMap((packet) => (packet.type === 3 ? [packet] : []))
            expect(got.map((packet) => packet.qos).sort(), `${topicName} for ${[...filters.keys()]}`).toEqual([...expected].sort())
            for (const packet of got) if (packet.qos === 1) client.acknowledge(4, packet.packetId)
          }
        }
      })
    }),
    { numRuns: 20, seed: 7 },
  )
})

test('an evicted topic is not used again by a client that remembers it', () => {
  const b = new TestBroker({ limits: { internedTopics: 1 } })
  const [p, q, s] = ['p', 'q', 's'].map((id) => b.client(id)) as [TestClient, TestClient, TestClient]
  p.publish('a', '1')
  q.publish('b', '2')
  s.subscribe('a')
  s.lines()
  p.publish('a', '3')
  expect(s.lines()).toEqual(['PUBLISH q0 r0 d0 m0 a 3'])
})

test('a client that goes on with an evicted topic hears of subscriptions made since', () => {
  const b = new TestBroker({ limits: { internedTopics: 1 } })
  const [p, q, s] = ['p', 'q', 's'].map((id) => b.client(id)) as [TestClient, TestClient, TestClient]
  p.publish('a', '1')
  q.publish('b', '2')
  p.publish('a', '3') // no recipients: remembered
  s.subscribe('a')
  s.lines()
  p.publish('a', '4')
  expect(s.payloads()).toEqual(['4'])
  s.unsubscribe('a')
  s.lines()
  p.publish('a', '5')
  expect(s.payloads()).toEqual([])
})

test('a topic that follows another in a client’s cycle is found anew after the table was swept', () => {
  const b = new TestBroker({ limits: { internedTopics: 4 } })
  const [p, q, s] = ['p', 'q', 's'].map((id) => b.client(id)) as [TestClient, TestClient, TestClient]
  s.subscribe('t/#')
  s.lines()
  const cycle = ['t/1', 't/2', 't/3']
  for (let round = 0; round < 5; round++) {
    for (const topicName of cycle) p.publish(topicName, topicName)
    for (let i = 0; i < 6; i++) q.publish(`other/${round}/${i}`)
    expect(s.payloads()).toEqual(cycle)
  }
})

test('thousands of topics beyond the table’s limit: all delivered, the aliases of a 5.0 client stay right', () => {
  const b = new TestBroker({ limits: { internedTopics: 16 } })
  const p = b.client('p')
  const s = b.client('s', { version: 5, properties: { topicAliasMaximum: 10 } })
  s.subscribe('#')
  s.lines()
  const names = new Map<number, string>()
  for (let i = 0; i < 3000; i++) {
    const topicName = i % 3 === 0 ? 'often' : `t/${i % 501}`
    p.publish(topicName, topicName)
    const [packet] = s.received()
    if (packet?.type !== 3) throw new Error('nothing came')
    const alias = packet.properties.topicAlias
    if (alias !== undefined && packet.topicName !== '') names.set(alias, packet.topicName)
    expect(packet.topicName === '' ? names.get(alias!) : packet.topicName).toBe(topicName)
    expect(new TextDecoder().decode(packet.payload)).toBe(topicName)
  }
  expect(names.size).toBeLessThanOrEqual(10)
})
