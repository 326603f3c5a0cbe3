// Many retained messages for one subscription: some at once, the others in slices, paced by window and socket, and live ones in between.
// Nothing is dropped, nothing comes twice, and nothing old after something new.

import { expect, test } from 'vitest'
import type { Packet } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const MANY = 3000
const decoder = new TextDecoder()

interface Came {
  readonly topicName: string
  readonly payload: string
  readonly retain: boolean
  readonly qos: number
  readonly packetId: number
}

function fill(b: TestBroker, qos: 0 | 1 = 0, count = MANY): TestClient {
  const p = b.client('p', { keepAlive: 0 })
  for (let i = 0; i < count; i++) p.publish(`t/${i % 30}/${i}`, `old ${i}`, { qos, retain: true })
  p.received()
  return p
}

function came(packets: readonly Packet[]): Came[] {
  return packets.flatMap((packet) => (packet.type === 3 ? [{ ...packet, payload: decoder.decode(packet.payload) }] : []))
}

function topicsOf(messages: readonly Came[]): Set<string> {
  return new Set(messages.map(({ topicName }) => topicName))
}

/** Lets the broker work until nothing comes any more; acknowledges. */
function takeAll(b: TestBroker, s: TestClient): Came[] {
  const all: Came[] = []
  for (let quiet = 0; quiet < 3; ) {
    const messages = came(s.received())
    quiet = messages.length === 0 ? quiet + 1 : 0
    all.push(...messages)
    const ids = messages.flatMap(({ qos, packetId }) => (qos === 1 ? [packetId] : []))
    if (ids.length > 0) s.acknowledge(4, ...ids)
    else b.advance(50)
  }
  return all
}

test('QoS 0: the first ones follow SUBACK at once, the others come in slices, each once', () => {
  const b = new TestBroker()
  fill(b)
  const s = b.client('s')
  s.subscribe('#')
  const [suback, ...rest] = s.received()
  const first = came(rest)
  expect(suback?.type).toBe(9)
  expect(first.length).toBeGreaterThanOrEqual(100)
  expect(first.length).toBeLessThan(1000)
  b.advance(50)
  const second = came(s.received())
  expect(second.length).toBeGreaterThan(0)
  expect(second.length).toBeLessThan(1000)
  const all = [...first, ...second, ...takeAll(b, s)]
  expect([all.length, topicsOf(all).size]).toEqual([MANY, MANY])
  expect(all.every(({ retain }) => retain)).toBe(true)
  expect(b.broker.counters.publishesDropped).toBe(0)
})

test('with `later` each slice is a turn of its own, shared by all who wait', () => {
  const turns: (() => void)[] = []
  const b = new TestBroker({ later: (work) => turns.push(work) })
  fill(b)
  const clients = ['s1', 's2', 's3'].map((id) => b.client(id))
  for (const client of clients) client.subscribe('#')
  const totals = clients.map((client) => came(client.received()).length)
  let most = 0
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
    expect(turns).toHaveLength(0)
    turn()
    const counts = clients.map((client) => came(client.received()).length)
    most = Math.max(
      most,
      counts.reduce((sum, count) => sum + count, 0),
    )
    counts.forEach((count, i) => {
      totals[i]! += count
    })
    expect(Math.max(...totals) - Math.min(...totals), 'nobody is left behind').toBeLessThan(600)
  }
  expect(totals).toEqual([MANY, MANY, MANY])
  expect(most).toBeLessThan(1500)
})

test('a filter that looks at much and finds little is sliced too', () => {
  const turns: (() => void)[] = []
  const b = new TestBroker({ later: (work) => turns.push(work) })
  const p = b.client('p', { keepAlive: 0 })
  for (let i = 0; i < 30_000; i++) p.publish(`t/${i}`, 'x', { retain: true })
  p.publish('t/29999/deep', 'found', { retain: true })
  const s = b.client('s')
  s.subscribe('t/+/deep')
  expect(s.payloads()).toEqual([])
  let count = 0
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift(), count++) turn()
  expect(count).toBeGreaterThan(0)
  expect(s.payloads()).toEqual(['found'])
})

test('the filters of one SUBSCRIBE share what is done at once', () => {
  const turns: (() => void)[] = []
  const b = new TestBroker({ later: (work) => turns.push(work) })
  const p = b.client('p', { keepAlive: 0 })
  for (let i = 0; i < 12_000; i++) p.publish(`t/${i}`, 'x', { retain: true })
  for (const name of ['x1', 'x2', 'x3']) p.publish(`t/last/${name}`, name, { retain: true })
  const s = b.client('s')
  const plain = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  s.send({ type: 8, packetId: 1, subscriptions: ['t/+/x1', 't/+/x2', 't/+/x3'].map((topicFilter) => ({ topicFilter, ...plain })), properties: {} })
  expect(s.payloads()).toEqual(['x1'])
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn()
  expect(s.payloads()).toEqual(['x2', 'x3'])
})

test.each([4, 5] as const)('QoS 1, version %i: all come, paced by the window, though there are more than may be queued [MQTT-3.3.4-9]', (version) => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 5, maximumQueuedMessages: 10 } })
  fill(b, 1)
  const s = b.client('s', { version, keepAlive: 0 })
  s.subscribe('#', 1)
  const all = came(s.received())
  expect(all).toHaveLength(5)
  for (let waiting = all; waiting.length > 0; ) {
    s.acknowledge(4, ...waiting.map(({ packetId }) => packetId))
    waiting = came(s.received())
    expect(waiting.length).toBeLessThanOrEqual(5)
    all.push(...waiting)
  }
  expect([all.length, topicsOf(all).size, b.broker.counters.publishesDropped]).toEqual([MANY, MANY, 0])
})

test('live messages meanwhile are delivered, and the queue has room for them', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 5, maximumQueuedMessages: 10 } })
  const p = fill(b, 1)
  const s = b.client('s', { keepAlive: 0 })
  s.subscribe('#', 1)
  const all = came(s.received())
  for (let i = 0, waiting = all; waiting.length > 0; i++) {
    if (i % 50 === 0) for (let j = 0; j < 5; j++) p.publish('live', `${i} ${j}`, { qos: 1 })
    s.acknowledge(4, ...waiting.map(({ packetId }) => packetId))
    waiting = came(s.received())
    all.push(...waiting)
  }
  const live = all.filter(({ topicName }) => topicName === 'live')
  expect(live.length).toBeGreaterThan(50)
  expect(live.length % 5).toBe(0)
  expect([all.length - live.length, b.broker.counters.publishesDropped]).toEqual([MANY, 0])
})

test('after a live message of a topic its older retained one does not come any more', () => {
  const b = new TestBroker()
  const p = fill(b)
  const s = b.client('s')
  s.subscribe('#')
  const all = came(s.received())
  for (let i = 0; i < MANY; i += 7) {
    if (i % 3 === 0) p.publish(`t/${i % 30}/${i}`, '', { retain: true })
    else p.publish(`t/${i % 30}/${i}`, `new ${i}`, { retain: true })
    if (i % 49 === 0) b.advance(50)
    all.push(...came(s.received()))
  }
  all.push(...takeAll(b, s))
  const last = new Map<string, string>()
  for (const { topicName, payload } of all) {
    if (last.has(topicName)) expect(payload, `${topicName} after ${last.get(topicName)}`).not.toMatch(/^old/)
    last.set(topicName, payload)
  }
  expect(last.size).toBe(MANY)
  for (let i = 0; i < MANY; i++) expect(last.get(`t/${i % 30}/${i}`)).toBe(i % 7 > 0 ? `old ${i}` : i % 3 === 0 ? '' : `new ${i}`)
  const repeated = all.filter(({ retain }) => retain).map(({ topicName }) => topicName)
  expect(new Set(repeated).size).toBe(repeated.length)
})

test('a socket that takes no more stops them, and they go on when it has drained', () => {
  const b = new TestBroker()
  fill(b)
  const s = b.client('s', { highWater: 4096 })
  s.block()
  s.subscribe('#')
  b.advance(200)
  // half a queue and a little more than the high-water mark
  expect(s.output.length).toBeLessThan(8192)
  s.drain()
  const all = takeAll(b, s)
  expect([all.length, topicsOf(all).size, b.broker.counters.publishesDropped]).toEqual([MANY, MANY, 0])
})

test('UNSUBSCRIBE ends them, and another filter’s go on', () => {
  const b = new TestBroker()
  fill(b)
  const s = b.client('s')
  const plain = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  s.send({
    type: 8,
    packetId: 1,
    subscriptions: [
      { topicFilter: 't/#', ...plain },
      { topicFilter: 't/7/+', ...plain },
    ],
    properties: {},
  })
  const before = came(s.received()).length
  expect(before).toBeLessThan(1000)
  s.unsubscribe('t/#')
  const after = takeAll(b, s)
  expect(after).toHaveLength(MANY / 30)
  expect(after.every(({ topicName }) => topicName.startsWith('t/7/'))).toBe(true)
})

test('the end of the connection interrupts them; a session that is resumed gets the rest, once, and from the start when it subscribes anew', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 5 } })
  fill(b, 1)
  const s = b.client('s', { cleanStart: false })
  s.subscribe('#', 1)
  s.cut()
  b.advance(1000)
  const back = b.dial('s', { cleanStart: false })
  const all = takeAll(b, back)
  expect(topicsOf(all).size).toBe(MANY)
  expect(all).toHaveLength(MANY)
  back.subscribe('#', 1)
  expect(topicsOf(takeAll(b, back)).size).toBe(MANY)
})

test('who subscribes again while they come gets them anew, with the new QoS', () => {
  const b = new TestBroker()
  fill(b, 1)
  const s = b.client('s')
  s.subscribe('t/#', 0)
  const before = came(s.received())
  s.subscribe('t/#', 1)
  const after = takeAll(b, s)
  expect(before.every(({ qos }) => qos === 0)).toBe(true)
  expect([after.length, topicsOf(after).size, after.every(({ qos }) => qos === 1)]).toEqual([MANY, MANY, true])
})

test('a change of options without retained messages counts for those still to come', () => {
  const b = new TestBroker()
  fill(b, 1)
  const s = b.client('s', { version: 5 })
  s.subscribe('t/#', 0)
  const before = came(s.received()).length
  s.subscribe('t/#', 1, { retainHandling: 2 })
  const after = takeAll(b, s)
  expect([before + after.length, after.every(({ qos }) => qos === 1)]).toEqual([MANY, true])
})

test('messages that expire before their turn are not sent [MQTT-3.3.2-5]', () => {
  const b = new TestBroker()
  const p = b.client('p', { version: 5, keepAlive: 0 })
  for (let i = 0; i < MANY; i++) p.publish(`t/${i}`, `${i}`, { retain: true, properties: { messageExpiryInterval: 10 } })
  const s = b.client('s')
  s.block()
  s.subscribe('#')
  b.advance(10_000)
  s.drain()
  expect(takeAll(b, s).length).toBeLessThan(1000)
})
