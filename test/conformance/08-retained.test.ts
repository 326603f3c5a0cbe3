// Retained messages: kept, replaced, cleared, sent to new subscriptions [MQTT 5.0, sections 3.3.1.3 and 3.8.4].
// Their Message Expiry is here too; that of queued messages is in 11-message-expiry.

import { describe, expect, test } from 'vitest'
import type { Authorizer } from '../../src/broker/ports.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

const PUBREL = 6

function keep(client: TestClient, topicName: string, payload: string, options: Parameters<TestClient['publish']>[2] = {}): void {
  client.publish(topicName, payload, { retain: true, ...options })
  if (options.qos === 2) client.acknowledge(PUBREL, options.packetId ?? 1)
}

describe.each(VERSIONS)('MQTT %s', (_name, version) => {
  test('the last message with RETAIN is kept, whatever its QoS, and comes after SUBACK with RETAIN 1 [MQTT-3.3.1-5, MQTT3-3.3.1-6, MQTT3-3.3.1-8]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    keep(p, 't', 'first', { qos: 1 })
    keep(p, 't', 'last')
    const s = b.client('s', { version })
    s.subscribe('t', 1)
    expect(s.lines()).toEqual(['SUBACK m1 [1]', 'PUBLISH q0 r1 d0 m0 t last'])
  })

  test('a retained message is sent with the lower of its QoS and the granted one [MQTT-3.8.4-8]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    keep(p, 'q/2', 'two', { qos: 2, packetId: 3 })
    keep(p, 'q/1', 'one', { qos: 1 })
    keep(p, 'q/0', 'zero')
    const s = b.client('s', { version })
    s.subscribe('q/+', 1)
    const [suback, ...messages] = s.lines()
    expect(suback).toBe('SUBACK m1 [1]')
    expect(messages.map((line) => line.replace(/m\d+/, 'm')).sort()).toEqual([
      'PUBLISH q0 r1 d0 m q/0 zero',
      'PUBLISH q1 r1 d0 m q/1 one',
      'PUBLISH q1 r1 d0 m q/2 two',
    ])
  })

  test('a live message has RETAIN 0 for those who were subscribed [MQTT-3.3.1-12, MQTT3-3.3.1-9]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 1)
    s.lines()
    keep(p, 't', 'x', { qos: 1 })
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t x'])
  })

  test('a QoS 2 message is retained at its PUBREL [MQTT-4.3.3-11]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    p.publish('t', 'x', { qos: 2, retain: true })
    const early = b.client('early', { version })
    early.subscribe('t')
    expect(early.payloads()).toEqual([])
    p.acknowledge(PUBREL, 1)
    expect(b.broker.retainedCount).toBe(1)
    expect(early.lines()).toEqual(['PUBLISH q0 r0 d0 m0 t x'])
  })

  test('RETAIN 1 with an empty payload clears, is delivered live and is not kept itself [MQTT-3.3.1-6, MQTT-3.3.1-7]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    keep(p, 't', 'x')
    const s = b.client('s', { version })
    s.subscribe('t')
    s.lines()
    keep(p, 't', '')
    expect(s.lines()).toEqual(['PUBLISH q0 r0 d0 m0 t '])
    expect(b.broker.retainedCount).toBe(0)
    const late = b.client('late', { version })
    late.subscribe('t')
    expect(late.lines()).toEqual(['SUBACK m1 [0]'])
  })

  test('a message without RETAIN leaves the kept one alone, empty or not [MQTT-3.3.1-8]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    keep(p, 't', 'kept')
    p.publish('t', 'passing')
    p.publish('t', '')
    const s = b.client('s', { version })
    s.subscribe('t')
    expect(s.payloads()).toEqual(['kept'])
  })

  test('retained messages outlive their publisher and come at every SUBSCRIBE anew [MQTT-3.3.1-9, MQTT3-3.8.4-3]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    keep(p, 't', 'x')
    p.disconnect()
    const s = b.client('s', { version })
    for (let times = 0; times < 3; times++) {
      s.subscribe('t', 1)
      expect(s.lines()).toEqual(['SUBACK m1 [1]', 'PUBLISH q0 r1 d0 m0 t x'])
    }
  })

  test('one SUBSCRIBE with several filters: SUBACK first, then the retained messages of each [MQTT-3.8.4-5]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    keep(p, 'a', '1')
    keep(p, 'b', '2')
    const s = b.client('s', { version })
    const plain = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
    s.send({
      type: 8,
      packetId: 9,
      subscriptions: [
        { topicFilter: 'b', qos: 0, ...plain },
        { topicFilter: 'a', qos: 1, ...plain },
        { topicFilter: 'c', qos: 2, ...plain },
      ],
      properties: {},
    })
    expect(s.lines()).toEqual(['SUBACK m9 [0 1 2]', 'PUBLISH q0 r1 d0 m0 b 2', 'PUBLISH q0 r1 d0 m0 a 1'])
  })

  test('the messages of a run in one read: the last one is kept [MQTT-3.3.1-5]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const publish = (payload: string) =>
      ({ type: 3, topicName: 't', payload: new TextEncoder().encode(payload), qos: 0, retain: true, dup: false, packetId: 0, properties: {} }) as const
    p.send(publish('one'), publish('two'), publish('three'))
    const s = b.client('s', { version })
    s.subscribe('t')
    expect(s.payloads()).toEqual(['three'])
    p.send(publish('four'), publish(''), publish(''))
    expect(b.broker.retainedCount).toBe(0)
    p.send(publish(''), publish('five'))
    expect(b.broker.retainedCount).toBe(1)
  })

  test('a wildcard subscription brings all retained messages that match, no leading $ for a leading wildcard [MQTT-4.7.1-1, MQTT-4.7.1-2, MQTT-4.7.2-1]', () => {
    const names = ['a', 'a/b', 'a/b/c', 'a/', '/a', '$x', '$x/a', 'a/$x', 'ab', '/']
    const matches: readonly (readonly [string, readonly string[]])[] = [
      ['#', ['a', 'a/b', 'a/b/c', 'a/', '/a', 'a/$x', 'ab', '/']],
      ['+', ['a', 'ab']],
      ['a/#', ['a', 'a/b', 'a/b/c', 'a/', 'a/$x']],
      ['a/+', ['a/b', 'a/', 'a/$x']],
      ['+/a', ['/a']],
      ['+/+', ['a/b', 'a/', '/a', 'a/$x', '/']],
      ['/+', ['/a', '/']],
      ['/#', ['/a', '/']],
      ['+/b/#', ['a/b', 'a/b/c']],
      ['$x/#', ['$x', '$x/a']],
      ['$x/+', ['$x/a']],
      ['a/b/c', ['a/b/c']],
      ['a/b/c/#', ['a/b/c']],
      ['a/b/c/+', []],
      ['A', []],
    ]
    const b = new TestBroker()
    const p = b.client('p', { version })
    for (const name of names) keep(p, name, name)
    expect(b.broker.retainedCount).toBe(names.length)
    for (const [filter, expected] of matches) {
      const s = b.client('s', { version })
      s.subscribe(filter)
      expect(s.payloads().sort(), filter).toEqual([...expected].sort())
    }
  })

  test('retained messages are delivered through the window: the rest follows the acknowledgements [MQTT-3.3.4-9]', () => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 2 } })
    const p = b.client('p', { version })
    for (let i = 0; i < 5; i++) keep(p, `t/${i}`, `m${i}`, { qos: 1 })
    const s = b.client('s', { version })
    s.subscribe('t/#', 1)
    const got = s.payloads()
    expect(got).toHaveLength(2)
    s.acknowledge(4, 1, 2)
    got.push(...s.payloads())
    s.acknowledge(4, 3, 4)
    got.push(...s.payloads())
    expect(got.sort()).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
  })

  test('check_retain_source: while its publisher may no longer publish there, a retained message is not sent', () => {
    let banned = ''
    const authorizer: Authorizer = {
      generation: 0,
      mayReceive: () => 'allow',
      maySubscribe: () => 'allow',
      mayPublish: (clientId) => (clientId === banned ? 'deny' : 'allow'),
    }
    for (const checkRetainSource of [true, false]) {
      banned = ''
      const b = new TestBroker({ authorizer, limits: { checkRetainSource } })
      const p = b.client('p', { version })
      keep(p, 't', 'x')
      banned = 'p'
      const s = b.client('s', { version })
      s.subscribe('t')
      expect(s.payloads()).toEqual(checkRetainSource ? [] : ['x'])
      banned = ''
      s.subscribe('t')
      expect(s.payloads()).toEqual(['x'])
    }
  })

  test('who may not receive a topic gets no retained message of it', () => {
    const b = new TestBroker({
      authorizer: {
        generation: 0,
        mayPublish: () => 'allow',
        maySubscribe: () => 'allow',
        mayReceive: (_id, _user, topic) => (topic === 'secret' ? 'deny' : 'allow'),
      },
    })
    const p = b.client('p', { version })
    keep(p, 'secret', 'no')
    keep(p, 'open', 'yes')
    const s = b.client('s', { version })
    s.subscribe('#')
    expect(s.payloads()).toEqual(['yes'])
  })

  test('a retained message beyond max_retained_messages is refused, replacing and clearing go on', () => {
    const b = new TestBroker({ limits: { maximumRetainedMessages: 1 } })
    const p = b.client('p', { version })
    keep(p, 'a', '1')
    keep(p, 'b', '2')
    expect(b.broker.retainedCount).toBe(1)
    keep(p, 'a', '3')
    const s = b.client('s', { version })
    s.subscribe('#')
    expect(s.payloads()).toEqual(['3'])
    keep(p, 'a', '')
    keep(p, 'b', '4')
    expect(b.broker.retainedCount).toBe(1)
  })
})

describe('MQTT 5.0 alone', () => {
  const version = 5

  test('Retain Handling: 0 at every SUBSCRIBE, 1 at a new one, 2 never [MQTT-3.3.1-9, MQTT-3.3.1-10, MQTT-3.3.1-11, MQTT-3.8.4-4]', () => {
    const b = new TestBroker()
    keep(b.client('p', { version }), 't', 'x')
    for (const [retainHandling, first, second] of [
      [0, ['x'], ['x']],
      [1, ['x'], []],
      [2, [], []],
    ] as const) {
      const s = b.client('s', { version })
      s.subscribe('t', 0, { retainHandling })
      expect(s.payloads(), `handling ${retainHandling}, new`).toEqual(first)
      s.subscribe('t', 0, { retainHandling })
      expect(s.payloads(), `handling ${retainHandling}, again`).toEqual(second)
    }
  })

  test('Retain Handling 1: a subscription that was ended is new again; one that outlived its connection is not [MQTT-3.3.1-10]', () => {
    const b = new TestBroker()
    keep(b.client('p', { version }), 't', 'x')
    const options = { version, cleanStart: false, properties: { sessionExpiryInterval: 100 } } as const
    const s = b.client('s', options)
    s.subscribe('t', 0, { retainHandling: 1 })
    expect(s.payloads()).toEqual(['x'])
    s.unsubscribe('t')
    s.subscribe('t', 0, { retainHandling: 1 })
    expect(s.payloads()).toEqual(['x'])
    s.cut()
    const back = b.client('s', options)
    back.subscribe('t', 0, { retainHandling: 1 })
    expect(back.payloads()).toEqual([])
  })

  test('Retain As Published keeps the live flag, 0 and 1; without it the live flag is 0 [MQTT-3.3.1-12, MQTT-3.3.1-13]', () => {
    const b = new TestBroker()
    const as = b.client('as', { version })
    const not = b.client('not', { version })
    const p = b.client('p', { version: 4 })
    as.subscribe('t', 1, { retainAsPublished: true })
    not.subscribe('t', 1)
    as.lines()
    not.lines()
    keep(p, 't', 'a', { qos: 1 })
    p.publish('t', 'b', { qos: 1 })
    keep(p, 't', 'c')
    expect(as.lines()).toEqual(['PUBLISH q1 r1 d0 m1 t a', 'PUBLISH q1 r0 d0 m2 t b', 'PUBLISH q0 r1 d0 m0 t c'])
    expect(not.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t a', 'PUBLISH q1 r0 d0 m2 t b', 'PUBLISH q0 r0 d0 m0 t c'])
  })

  test('a retained message of 3.1.1 reaches 5.0 and back; properties come along between 5.0 clients only [MQTT-3.3.2-20]', () => {
    const b = new TestBroker()
    keep(b.client('p5', { version }), 'five', 'x', { properties: { contentType: 'text/plain', userProperties: [['k', 'v']] } })
    keep(b.client('p4', { version: 4 }), 'four', 'y')
    const s5 = b.client('s5', { version })
    const s3 = b.client('s3', { version: 3 })
    s5.subscribe('#')
    s3.subscribe('#')
    expect(s5.lines().slice(1).sort()).toEqual([
      'PUBLISH q0 r1 d0 m0 five x {"contentType":"text/plain","userProperties":[["k","v"]]}',
      'PUBLISH q0 r1 d0 m0 four y',
    ])
    expect(s3.lines().slice(1).sort()).toEqual(['PUBLISH q0 r1 d0 m0 five x', 'PUBLISH q0 r1 d0 m0 four y'])
  })

  test('the Subscription Identifier comes with a retained message, No Local holds back one of one’s own [MQTT-3.3.4-3, MQTT-3.8.3-3]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    keep(s, 'mine', 'x')
    keep(b.client('p', { version }), 'theirs', 'y')
    s.subscribe('#', 0, { identifier: 77, noLocal: true })
    expect(s.lines()).toEqual(['SUBACK m1 [0]', 'PUBLISH q0 r1 d0 m0 theirs y {"subscriptionIdentifiers":[77]}'])
  })

  test('with its Message Expiry Interval a retained message goes out lowered by the time it waited, and then no more [MQTT-3.3.2-5, MQTT-3.3.2-6]', () => {
    const b = new TestBroker()
    keep(b.client('p', { version }), 't', 'x', { properties: { messageExpiryInterval: 60, contentType: 'c' } })
    const at = (ms: number): string[] => {
      b.advance(ms)
      const s = b.client('s', { version })
      s.subscribe('t')
      return s.lines().slice(1)
    }
    expect(at(0)).toEqual(['PUBLISH q0 r1 d0 m0 t x {"messageExpiryInterval":60,"contentType":"c"}'])
    expect(at(25_000)).toEqual(['PUBLISH q0 r1 d0 m0 t x {"messageExpiryInterval":35,"contentType":"c"}'])
    expect(at(34_000)).toEqual(['PUBLISH q0 r1 d0 m0 t x {"messageExpiryInterval":1,"contentType":"c"}'])
    expect(at(1_000)).toEqual([])
    b.advance(120_000)
    expect(b.broker.retainedCount).toBe(0)
  })

  test('towards 3.1.1 a retained message expires just the same [MQTT-3.3.2-5]', () => {
    const b = new TestBroker()
    keep(b.client('p', { version }), 't', 'x', { properties: { messageExpiryInterval: 2 } })
    const s = b.client('s', { version: 4 })
    s.subscribe('t')
    expect(s.payloads()).toEqual(['x'])
    b.advance(2_000)
    s.subscribe('t')
    expect(s.payloads()).toEqual([])
  })

  test('RETAIN when it is not offered ends the connection with 0x9A [MQTT-3.2.2-14]', () => {
    const b = new TestBroker({ limits: { retainAvailable: false } })
    const p = b.dial('p', { version })
    expect(p.lines()[0]).toContain('"retainAvailable":0')
    keep(p, 't', 'x')
    expect(p.lines()).toEqual(['DISCONNECT 0x9a'])
    expect(p.isClosed).toBe(true)
  })
})
