// SUBSCRIBE and UNSUBSCRIBE: which messages come, in how many copies, with which QoS [MQTT 5.0, sections 3.8 to 3.11 and 4.7].
// Retained messages of a new subscription are in 08-retained, shared subscriptions in 10-shared.

import { describe, expect, test } from 'vitest'
import type { Authorizer } from '../../src/broker/ports.ts'
import type { Qos } from '../../src/wire/mqtt/packet.ts'
import { TestBroker } from '../support/test-broker.ts'
import { afterConnack, lasting, VERSIONS } from './versions.ts'

const PUBREC = 5
const PUBREL = 6
const PUBCOMP = 7
const PLAIN = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const

/** Filter, Topic Names it matches, Topic Names it does not. */
const MATCHES: readonly (readonly [filter: string, yes: readonly string[], no: readonly string[]])[] = [
  ['a/b', ['a/b'], ['a', 'a/b/', '/a/b', 'a/B', 'a/b/c', 'a//b']],
  ['#', ['a', 'a/b', '/', '/a', 'a/b/c/d/e', ' ', 'a/$x'], ['$SYS', '$x/a', '$']],
  ['a/#', ['a', 'a/', 'a/b', 'a/b/c', 'a//'], ['ab', 'b/a', 'A', '/a']],
  ['/#', ['/', '/a', '/a/b'], ['a', 'a/']],
  ['+', ['a', ' ', 'finance'], ['/finance', 'a/', 'a/b', '$x']],
  ['/+', ['/finance', '/'], ['finance', '/a/b', '//']],
  ['+/+', ['/finance', 'a/b', '/', 'a/', 'a/$x'], ['a', 'a/b/c', '$x/a']],
  ['a/+', ['a/', 'a/b'], ['a', 'a/b/c', 'b/a']],
  ['a/+/c', ['a/b/c', 'a//c'], ['a/c', 'a/b/b/c', 'a/b/d']],
  ['+/b/#', ['a/b', 'a/b/c', '/b'], ['a/c/b', 'b', '$x/b']],
  ['+/+/#', ['a/b', 'a/b/c', '/'], ['a', '$x/b']],
  ['a/+/#', ['a/b', 'a/b/c', 'a/'], ['a']],
  ['$x/#', ['$x', '$x/a'], ['$xy', 'x']],
  ['$x/+', ['$x/a'], ['$x', '$x/a/b']],
  ['a b', ['a b'], ['ab', 'a%20b', 'a  b']],
  ['\ufb00/\u00e9', ['\ufb00/\u00e9'], ['ff/\u00e9', '\ufb00/e\u0301']],
  ['sport/tennis/player1/#', ['sport/tennis/player1', 'sport/tennis/player1/ranking'], ['sport/tennis/player2']],
]

describe.each(VERSIONS)('MQTT %s', (_name, version) => {
  test.each(MATCHES)('%s matches by levels, byte by byte [MQTT-4.7.1-1, MQTT-4.7.1-2, MQTT-4.7.2-1, MQTT-4.7.3-4, MQTT-3.3.2-3]', (filter, yes, no) => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe(filter)
    s.lines()
    for (const topicName of [...yes, ...no]) p.publish(topicName, topicName)
    expect(s.payloads()).toEqual(yes)
  })

  test('a topic of 201 levels goes through, a filter of more is refused [MQTT-4.7.3-3]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    const deep = Array.from({ length: 201 }, () => 'x').join('/')
    s.subscribe(deep)
    s.subscribe(`${'+/'.repeat(200)}#`, 0, { packetId: 2 })
    s.lines()
    p.publish(deep, 'deep')
    expect(s.payloads()).toEqual(['deep', 'deep'])
    s.subscribe(`${deep}/y`, 1)
    expect(s.lines()).toEqual([version === 5 ? 'SUBACK m1 [143]' : version === 4 ? 'SUBACK m1 [128]' : 'SUBACK m1 [1]'])
  })

  test('a topic of 65,535 bytes goes through [MQTT-4.7.3-3]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    const long = 'x'.repeat(65_535)
    s.subscribe(long)
    s.lines()
    p.publish(long, 'long')
    expect(s.payloads()).toEqual(['long'])
  })

  test('one SUBSCRIBE with several filters: one SUBACK, the codes in their order, as if sent one by one [MQTT-2.2.1-6, MQTT-3.8.4-1, MQTT-3.8.4-2, MQTT-3.8.4-5, MQTT-3.8.4-6, MQTT-3.8.4-7, MQTT-3.9.3-1]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.send({
      type: 8,
      packetId: 500,
      subscriptions: (
        [
          ['a', 2],
          ['b', 0],
          ['c', 1],
          ['a', 0],
        ] as const
      ).map(([topicFilter, qos]) => ({ topicFilter, qos, ...PLAIN })),
      properties: {},
    })
    expect(s.lines()).toEqual(['SUBACK m500 [2 0 1 0]'])
    for (const topicName of ['a', 'b', 'c', 'd']) p.publish(topicName, topicName, { qos: 1 })
    expect(s.lines()).toEqual(['PUBLISH q0 r0 d0 m0 a a', 'PUBLISH q0 r0 d0 m0 b b', 'PUBLISH q1 r0 d0 m1 c c'])
  })

  test('the same filter again replaces the subscription: one copy, the new QoS [MQTT-3.8.4-3]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t/+', 0)
    s.subscribe('t/+', 2)
    p.publish('t/1', 'x', { qos: 1 })
    expect(s.lines().slice(2)).toEqual(['PUBLISH q1 r0 d0 m1 t/1 x'])
    s.subscribe('t/+', 0)
    p.publish('t/1', 'y', { qos: 1 })
    expect(s.lines().slice(1)).toEqual(['PUBLISH q0 r0 d0 m0 t/1 y'])
    expect(b.broker.counters.subscriptions).toBe(1)
  })

  test('overlapping subscriptions: one copy for each, with its QoS [MQTT-3.3.4-5]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('o/#', 0)
    s.subscribe('o/+', 1)
    s.subscribe('o/1', 2)
    s.lines()
    p.publish('o/1', 'M', { qos: 2 })
    p.acknowledge(PUBREL, 1)
    expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m1 o/1 M', 'PUBLISH q1 r0 d0 m2 o/1 M', 'PUBLISH q0 r0 d0 m0 o/1 M'])
  })

  test('with overlapping subscriptions the copies of one message stay together and the messages in order [MQTT-4.6.0-6]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('o/#', 0)
    s.subscribe('o/+', 0)
    s.lines()
    const publish = (payload: string) =>
      ({ type: 3, topicName: 'o/1', payload: new TextEncoder().encode(payload), qos: 0, retain: false, dup: false, packetId: 0, properties: {} }) as const
    p.send(publish('a'), publish('b'), publish('c'))
    expect(s.payloads()).toEqual(['a', 'a', 'b', 'b', 'c', 'c'])
  })

  test('overlapping subscriptions without duplicates: one copy, the highest QoS of those that match [MQTT-3.3.4-2, MQTT3-3.3.5-1]', () => {
    const b = new TestBroker({ limits: { allowDuplicateMessages: false } })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('o/#', 0)
    s.subscribe('o/+', 1)
    s.subscribe('other', 2)
    s.lines()
    p.publish('o/1', 'M', { qos: 2 })
    p.acknowledge(PUBREL, 1)
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 o/1 M'])
  })

  test('a client gets its own messages [section 3.8.3.1]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    s.subscribe('t')
    s.lines()
    s.publish('t', 'mine')
    expect(s.payloads()).toEqual(['mine'])
  })

  test('UNSUBSCRIBE ends the subscription with exactly this filter, and is answered [MQTT-3.10.4-1, MQTT-3.10.4-2, MQTT-3.10.4-4, MQTT-3.10.4-5]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t/+')
    s.lines()
    const unsuback = (packetId: number, code: number): string => (version === 5 ? `UNSUBACK m${packetId} [${code}]` : `UNSUBACK m${packetId} []`)
    for (const filter of ['t/#', 't/1', 'T/+', '#']) {
      s.unsubscribe(filter, 7)
      expect(s.lines()).toEqual([unsuback(7, 0x11)])
    }
    p.publish('t/1', 'still')
    expect(s.payloads()).toEqual(['still'])
    s.unsubscribe('t/+', 8)
    expect(s.lines()).toEqual([unsuback(8, 0)])
    p.publish('t/1', 'gone')
    expect(s.lines()).toEqual([])
    expect(b.broker.counters.subscriptions).toBe(0)
  })

  test('several filters in one UNSUBSCRIBE: one UNSUBACK, the codes in their order [MQTT-3.10.4-6, MQTT-3.11.3-1]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('a')
    s.subscribe('c')
    s.lines()
    s.send({ type: 10, packetId: 9, topicFilters: ['a', 'b', 'c', 'a'], properties: {} })
    expect(s.lines()).toEqual([version === 5 ? 'UNSUBACK m9 [0 17 0 17]' : 'UNSUBACK m9 []'])
    p.publish('a')
    p.publish('c')
    expect(s.lines()).toEqual([])
  })

  test('UNSUBSCRIBE leaves the deliveries under way to be finished, and may leave what waits [MQTT-3.10.4-3]', () => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 1 } })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 2)
    p.publish('t', 'x', { qos: 2 })
    p.acknowledge(PUBREL, 1)
    s.lines()
    s.unsubscribe('t')
    s.lines()
    s.acknowledge(PUBREC, 1)
    expect(s.lines()).toEqual(['PUBREL m1'])
    s.acknowledge(PUBCOMP, 1)
    expect(s.lines()).toEqual([])
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test('a subscription outlives the connection of a lasting session, not that of another [MQTT-3.1.2-4, MQTT-4.1.0-2]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const stays = b.client('stays', lasting(version))
    const goes = b.client('goes', { version })
    stays.subscribe('t', 1)
    goes.subscribe('t', 1)
    stays.cut()
    goes.cut()
    expect(b.broker.counters.subscriptions).toBe(1)
    p.publish('t', 'x', { qos: 1 })
    expect(afterConnack(b.dial('stays', lasting(version)))).toEqual(['PUBLISH q1 r0 d0 m1 t x'])
    expect(afterConnack(b.dial('goes', { version }))).toEqual([])
  })

  test('a filter that is not permitted is refused: 0x87, 0x80 in 3.1.1; 3.1 has no code for it; nothing comes [MQTT-3.9.3-2, MQTT3-3.9.3-2]', () => {
    const authorizer: Authorizer = {
      generation: 0,
      mayPublish: () => 'allow',
      mayReceive: () => 'allow',
      maySubscribe: (_id, _user, filter) => (filter.startsWith('secret') ? 'deny' : 'allow'),
    }
    const b = new TestBroker({ authorizer })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.send({
      type: 8,
      packetId: 3,
      subscriptions: [
        { topicFilter: 'open', qos: 1, ...PLAIN },
        { topicFilter: 'secret/#', qos: 2, ...PLAIN },
        { topicFilter: '$share/g/secret', qos: 1, ...PLAIN },
      ],
      properties: {},
    })
    expect(s.lines()).toEqual([{ 3: 'SUBACK m3 [1 2 1]', 4: 'SUBACK m3 [1 128 128]', 5: 'SUBACK m3 [1 135 135]' }[version]])
    p.publish('secret', 'x')
    p.publish('open', 'y')
    expect(s.payloads()).toEqual(['y'])
  })

  test('who may subscribe but not receive is granted the subscription and gets nothing of that topic', () => {
    const b = new TestBroker({
      authorizer: {
        generation: 0,
        mayPublish: () => 'allow',
        maySubscribe: () => 'allow',
        mayReceive: (clientId, _user, topic) => (clientId === 's' && topic === 't/1' ? 'deny' : 'allow'),
      },
    })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t/#', 1)
    expect(s.lines()).toEqual(['SUBACK m1 [1]'])
    p.publish('t/1', 'no', { qos: 1 })
    p.publish('t/2', 'yes', { qos: 1 })
    expect(s.payloads()).toEqual(['yes'])
  })

  test('no more than so many subscriptions for one client: 0x97, 0x80 in 3.1.1', () => {
    const b = new TestBroker({ limits: { maximumSubscriptionsPerClient: 2 } })
    const s = b.client('s', { version })
    s.subscribe('a')
    s.subscribe('b')
    s.subscribe('a', 1)
    s.lines()
    s.subscribe('c', 2)
    expect(s.lines()).toEqual([{ 3: 'SUBACK m1 [2]', 4: 'SUBACK m1 [128]', 5: 'SUBACK m1 [151]' }[version]])
    expect(b.broker.counters.subscriptions).toBe(2)
  })

  test.each([0, 1, 2] as const)('with max_qos 1 a subscription of QoS %i is granted at most 1 [MQTT-3.2.2-10]', (qos) => {
    const b = new TestBroker({ limits: { maximumQos: 1 } })
    const s = b.client('s', { version })
    s.subscribe('t', qos)
    expect(s.lines()).toEqual([`SUBACK m1 [${Math.min(qos, 1)}]`])
  })
})

test.each(VERSIONS)(
  'a filter that is no text ends the connection in MQTT %s, in SUBSCRIBE and in UNSUBSCRIBE [MQTT-3.8.3-1, MQTT-3.10.3-1]',
  (_name, version) => {
    for (const filter of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [97, 0]]) {
      const body = [0, 1, ...(version === 5 ? [0] : []), 0, filter.length, ...filter]
      for (const packet of [
        [0x82, body.length + 1, ...body, 0],
        [0xa2, body.length, ...body],
      ]) {
        const b = new TestBroker()
        const s = b.client('s', { version })
        s.sendBytes(packet)
        expect(s.isClosed).toBe(true)
        expect(s.lines()).toEqual(version === 5 ? ['DISCONNECT 0x81'] : [])
      }
    }
  },
)

test('a change of the authoriser’s generation takes effect for those who are subscribed already', () => {
  const rules = { generation: 0, allowed: true }
  const authorizer: Authorizer = {
    get generation() {
      return rules.generation
    },
    mayPublish: () => 'allow',
    maySubscribe: () => 'allow',
    mayReceive: () => (rules.allowed ? 'allow' : 'deny'),
  }
  const b = new TestBroker({ authorizer })
  const s = b.client('s')
  const p = b.client('p')
  const qos: Qos = 1
  s.subscribe('t', qos)
  p.publish('t', 'one')
  rules.allowed = false
  rules.generation++
  p.publish('t', 'two')
  rules.allowed = true
  rules.generation++
  p.publish('t', 'three')
  expect(s.payloads()).toEqual(['one', 'three'])
})
