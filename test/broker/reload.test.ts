// What a reload needs of the broker: limits that change while it runs, clients that are asked for again, and a look inside.
// Rights that change are in rights-everywhere.test.ts.

import { expect, test } from 'vitest'
import type { Authenticator } from '../../src/broker/ports.ts'
import type { EndCause, Observer } from '../../src/session/effects.ts'
import { TestBroker } from '../support/test-broker.ts'

/** Lets everybody in; who is welcome may change. */
function doorkeeper(unwelcome: Set<string>, asked: string[] = []): Authenticator {
  return {
    authenticate: (connect) => ({ reasonCode: 0, userName: connect.userName }),
    begin: () => null,
    stillWelcome: (peer, clientId, userName) => {
      asked.push(`${peer.address} ${clientId} ${userName ?? '-'}`)
      return !unwelcome.has(clientId)
    },
  }
}

class Ends implements Observer {
  readonly causes: (readonly [string | null, EndCause])[] = []
  opened(): void {}
  connected(): void {}
  ended(_peer: unknown, clientId: string | null, cause: EndCause): void {
    this.causes.push([clientId, cause])
  }
}

test('recheck ends those who are no longer welcome: 5.0 is told 0x98, their wills are published, sessions stay', () => {
  const unwelcome = new Set(['b', 'c', 'offline'])
  const asked: string[] = []
  const observer = new Ends()
  const b = new TestBroker({ authenticator: doorkeeper(unwelcome, asked), observer })
  const will = { topicName: 'w', payload: new TextEncoder().encode('gone'), qos: 0, retain: false, properties: {} } as const
  b.client('offline', { cleanStart: false }).cut()
  const a = b.client('a', { userName: 'ann' })
  const c4 = b.client('b', { cleanStart: false, will })
  const c5 = b.client('c', { version: 5 })
  const waiting = b.link()
  a.subscribe('w')
  a.lines()
  expect(b.broker.recheck()).toBe(2)
  expect(asked.sort()).toEqual(['127.0.0.1 a ann', '127.0.0.1 b -', '127.0.0.1 c -'])
  expect([c4.lines(), c4.isClosed, c5.lines(), c5.isClosed]).toEqual([[], true, ['DISCONNECT 0x98'], true])
  expect([a.lines(), a.isClosed, waiting.isClosed]).toEqual([['PUBLISH q0 r0 d0 m0 w gone'], false, false])
  expect(observer.causes.slice(1)).toEqual([
    ['b', 'not-authorised'],
    ['c', 'not-authorised'],
  ])
  expect([b.broker.sessionCount, b.broker.connectedCount]).toEqual([3, 1])
  expect(b.broker.recheck()).toBe(0)
})

test('recheck asks the authenticator of the listener that the client came by; one that does not judge keeps all', () => {
  const b = new TestBroker({ authenticator: doorkeeper(new Set(['a', 'b'])) })
  const { stillWelcome: _none, ...silent } = doorkeeper(new Set())
  const a = b.client('a')
  const other = b.client('b', { rules: b.rules({ authenticator: silent }) })
  expect(b.broker.recheck()).toBe(1)
  expect([a.isClosed, other.isClosed]).toEqual([true, false])
})

test('setLimits: of the broker, of listeners that had its value, and of one listener alone', () => {
  const b = new TestBroker()
  const own = b.rules({ limits: { topicAliasMaximum: 3 } })
  const rest = b.rules({})
  for (const rules of [own, rest]) b.client('c', { rules })
  b.broker.setLimits({ topicAliasMaximum: 20, maximumQueuedMessages: 2, maximumPacketSize: 500 })
  expect([own, rest].map(({ limits }) => [limits.topicAliasMaximum, limits.maximumQueuedMessages])).toEqual([
    [3, 2],
    [20, 2],
  ])
  b.broker.setLimits({ topicAliasMaximum: 5 }, own)
  expect([own.limits.topicAliasMaximum, rest.limits.topicAliasMaximum, b.broker.limits.topicAliasMaximum]).toEqual([5, 20, 20])
  expect(b.dial('x', { version: 5, rules: own }).lines()[0]).toContain('"topicAliasMaximum":5,"maximumPacketSize":500')
  const c = b.client('y', { version: 5 })
  c.publish('t', 'x'.repeat(600))
  expect(c.lines()).toEqual(['DISCONNECT 0x95'])
})

test('setLimits takes effect for those who are connected: queue, sizes, rate, QoS, duplicates', () => {
  const b = new TestBroker()
  const s = b.client('s')
  const p = b.client('p', { version: 5 })
  s.subscribe('t', 0)
  s.subscribe('+', 0)
  s.lines()
  b.broker.setLimits({ messageSizeLimit: 3 })
  p.publish('t', '1234', { qos: 1 })
  expect(p.lines()).toEqual(['PUBACK m1 0x97'])
  b.broker.setLimits({ messageSizeLimit: 0, upgradeOutgoingQos: true, maximumPublishRate: 2 })
  for (let i = 0; i < 5; i++) p.publish('t', `${i}`)
  expect(s.payloads()).toEqual(['0', '0', '1', '1'])
  b.broker.setLimits({ maximumPublishRate: 0 })
  p.publish('t', 'free')
  expect(s.payloads()).toEqual(['free', 'free'])
  b.broker.setLimits({ maximumQos: 0 })
  s.subscribe('x', 2)
  expect(s.lines()).toEqual(['SUBACK m1 [0]'])
  p.publish('t', 'x', { qos: 1 })
  expect(p.lines()).toEqual(['DISCONNECT 0x9b'])
})

test('setLimits looks at the memory at once', () => {
  const b = new TestBroker({ heapUsed: () => 100 })
  b.advance(300)
  expect(b.broker.isFull).toBe(false)
  b.broker.setLimits({ memoryLimit: 99 })
  expect(b.broker.isFull).toBe(true)
  b.broker.setLimits({ memoryLimit: 0 })
  expect(b.broker.isFull).toBe(false)
})

test('describeTree: levels with their subscribers and QoS, shared ones with their group, sessions that are offline too', () => {
  const b = new TestBroker()
  const a = b.client('a')
  const c = b.client('c', { cleanStart: false, rules: b.rules({ mountPoint: 'mnt/' }) })
  a.subscribe('home/+/temperature', 1)
  a.subscribe('home', 0)
  a.subscribe('#', 2)
  c.subscribe('home/kitchen', 1)
  c.subscribe('$share/g/home/kitchen', 0)
  c.cut()
  expect(b.broker.describeTree()).toEqual(['# (a, 2)', 'home (a, 0)', '  +', '    temperature (a, 1)', 'mnt', '  home', '    kitchen ($share/g c, 0) (c, 1)'])
  a.disconnect()
  expect(b.broker.describeTree()).toHaveLength(3)
})

test('what is stored and what waits: retained, queued, unacknowledged; nothing at the end', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 1 } })
  const { broker } = b
  const sums = (): number[] => [broker.storedMessages, broker.storedBytes, broker.queuedPackets, broker.queuedBytes]
  expect(sums()).toEqual([0, 0, 0, 0])
  const p = b.client('p')
  p.publish('r', 'four', { retain: true }) // a packet of 9 bytes
  p.publish('r', '12345678', { retain: true }) // 13
  p.publish('r', '87654321', { retain: true }) // in its place
  p.publish('q', '', { retain: true })
  expect(sums()).toEqual([1, 13, 0, 0])
  const s = b.client('s')
  s.subscribe('t', 1)
  s.lines()
  for (const payload of ['a', 'b', 'c']) p.publish('t', payload, { qos: 1 }) // 8 bytes each
  p.lines()
  expect(sums()).toEqual([4, 13 + 16, 2, 16 + 8])
  s.lines()
  expect(sums()).toEqual([4, 13 + 16, 2, 16])
  const away = b.client('away', { cleanStart: false })
  away.subscribe('t', 1)
  away.cut()
  away.lines()
  p.publish('t', 'd', { qos: 1 })
  p.lines()
  expect(sums()).toEqual([6, 13 + 32, 3, 24])
  p.publish('r', '', { retain: true })
  for (const id of [1, 2, 3, 4]) s.acknowledge(4, id)
  s.lines()
  b.client('away').disconnect()
  expect(sums()).toEqual([0, 0, 0, 0])
  expect(broker.counters.socketsOpened).toBe(4)
})
