// What one client can make the broker spend or throw: memory behind an alias, held acknowledgements, words for a fault.
// Sizes of packets and numbers of messages are limited in the 12 files.

import { expect, test } from 'vitest'
import type { AuthenticationStep } from '../../src/session/effects.ts'
import { field, frame, settled } from '../support/raw-packets.ts'
import { TestBroker } from '../support/test-broker.ts'

test('many empty messages behind the alias of a long topic do not grow the broker by their full names [MQTT-3.3.2-10]', () => {
  const b = new TestBroker()
  const p = b.client('p', { version: 5 })
  p.publish('x'.repeat(65_535), '', { properties: { topicAlias: 1 } })
  const one = frame(0x30, [0, 0, 3, 0x23, 0, 1])
  const before = process.memoryUsage().arrayBuffers
  p.sendBytes(Array.from({ length: 1000 }, () => one).flat())
  expect((process.memoryUsage().arrayBuffers - before) / 2 ** 20).toBeLessThan(16)
  expect([p.isClosed, b.broker.counters.publishesReceived]).toEqual([false, 1001])
})

test('a PUBLISH behind an alias is no larger than the client takes either [MQTT-3.1.2-24]', () => {
  const b = new TestBroker()
  const s = b.client('s', { version: 5, properties: { topicAliasMaximum: 10, maximumPacketSize: 40 } })
  const p = b.client('p', { version: 5 })
  for (const topic of ['a', 'bc', 'def', 'ghij', 'klmno']) {
    s.subscribe(topic)
    s.receivedBytes()
    p.publish(topic, 'x')
    s.receivedBytes()
    for (let length = 20; length < 40; length++) {
      p.publish(topic, 'y'.repeat(length))
      expect(s.receivedBytes().length).toBeLessThanOrEqual(40)
    }
  }
})

test('properties that just reach two bytes of length: an alias may not make the packet too large [MQTT-3.1.2-24]', () => {
  const b = new TestBroker()
  const s = b.client('s', { version: 5, properties: { topicAliasMaximum: 10, maximumPacketSize: 150 } })
  const p = b.client('p', { version: 5 })
  s.subscribe('abcd')
  s.receivedBytes()
  p.publish('abcd', 'x')
  s.receivedBytes()
  for (let length = 100; length < 140; length++) {
    p.publish('abcd', '', { properties: { contentType: 'c'.repeat(length) } })
    expect(s.receivedBytes().length).toBeLessThanOrEqual(150)
  }
})

test('a fault in a text of 65,535 bytes ends the connection like any other, also where Reason Strings are on', () => {
  const b = new TestBroker({ limits: { reasonStrings: true } })
  const s = b.client('s', { version: 5 })
  s.sendBytes(frame(0x82, [0, 1, 0], field(`a#${'x'.repeat(65_533)}`), [0]))
  expect([s.isClosed, s.lines()[0]?.slice(0, 15)]).toEqual([true, 'DISCONNECT 0x81'])
})

test.each(['at once', 'later'])('a re-authentication refused %s with a code that only CONNACK knows: DISCONNECT 0x87 [MQTT-4.12.1-2]', async (when) => {
  const steps: AuthenticationStep[] = [
    { reasonCode: 0, data: null, userName: 'ann' },
    { reasonCode: 0x86, data: null, userName: null },
  ]
  const authenticator = {
    authenticate: (): never => {
      throw new Error('a password was asked for')
    },
    begin: () => ({ step: () => (when === 'later' ? Promise.resolve(steps.shift()!) : steps.shift()!) }),
  }
  const b = new TestBroker({ authenticator })
  const c = b.dial('c', { version: 5, properties: { authenticationMethod: 'X' } })
  await settled()
  c.lines()
  c.send({ type: 15, reasonCode: 0x19, properties: { authenticationMethod: 'X' } })
  await settled()
  expect([c.lines(), c.isClosed, b.broker.connectedCount]).toEqual([['DISCONNECT 0x87'], true, 0])
})

test('a topic that is refused leaves the Packet Identifier of its QoS 2 message free [MQTT-4.3.3-8]', () => {
  const b = new TestBroker()
  const s = b.client('s')
  s.subscribe('t', 2)
  s.lines()
  const lasting = { version: 5, cleanStart: false, properties: { sessionExpiryInterval: 100 } } as const
  const p = b.client('p', lasting)
  p.publish(new Array(202).fill('a').join('/'), 'bad', { qos: 2, packetId: 5 })
  expect([p.lines(), p.isClosed]).toEqual([['DISCONNECT 0x90'], true])
  p.gone()
  const again = b.client('p', lasting)
  again.publish('t', 'good', { qos: 2, packetId: 5 })
  again.acknowledge(6, 5)
  expect(again.lines()).toEqual(['PUBREC m5', 'PUBCOMP m5'])
  expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m1 t good'])
})

test('nothing but CONNECT opens a connection: every other packet closes it without an answer [MQTT-3.1.0-1]', () => {
  const b = new TestBroker()
  for (const version of [3, 4, 5] as const) {
    for (const first of [
      '3003000161',
      '40020001',
      '50020001',
      '62020001',
      '70020001',
      '8206000100016100',
      'a2050001000161',
      'c000',
      'e000',
      'f000',
      '0000',
      '20020000',
      'd000',
    ]) {
      const link = b.link(version)
      link.sendBytes(Buffer.from(first, 'hex'))
      expect([first, link.isClosed, link.receivedBytes().length]).toEqual([first, true, 0])
    }
  }
  expect(b.broker.sessionCount).toBe(0)
})

test('a large packet on its way is a sign of life, a small one is not [MQTT-3.1.2-22]', () => {
  const b = new TestBroker()
  for (const [size, alive] of [
    [5000, true],
    [500, false],
  ] as const) {
    const c = b.client(`c${size}`, { keepAlive: 10 })
    const bytes = frame(0x30, field('t'), new Array(size).fill(120))
    c.sendBytes(bytes.slice(0, bytes.length - 30))
    for (let i = 0; i < 20; i++) {
      b.advance(5000)
      if (!c.isClosed) c.sendBytes([120])
    }
    expect([size, c.isClosed]).toEqual([size, !alive])
  }
})
