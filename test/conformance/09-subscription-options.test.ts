// What 5.0 adds to subscriptions: No Local, Subscription Identifiers, options that are faults [MQTT 5.0, section 3.8.3].
// Retain Handling and Retain As Published are in 08-retained; what all versions have in common is in 09-subscriptions.

import { describe, expect, test } from 'vitest'
import { TestBroker } from '../support/test-broker.ts'
import { afterConnack, lasting, subscribeBytes } from './versions.ts'

const PUBACK = 4

describe('MQTT 5.0 alone', () => {
  const version = 5

  test('No Local: what a client publishes does not come back to it [MQTT-3.8.3-3]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 0, { noLocal: true })
    s.lines()
    s.publish('t', 'mine')
    p.publish('t', 'theirs')
    expect(s.payloads()).toEqual(['theirs'])
  })

  test('No Local concerns one subscription: another that matches brings the message, with its own QoS and identifier [MQTT-3.8.3-3]', () => {
    for (const allowDuplicateMessages of [true, false]) {
      const b = new TestBroker({ limits: { allowDuplicateMessages } })
      const s = b.client('s', { version })
      s.subscribe('t/#', 1, { noLocal: true, identifier: 1 })
      s.subscribe('t/+', 0, { identifier: 2 })
      s.lines()
      s.publish('t/1', 'mine', { qos: 1 })
      expect(s.lines().filter((line) => line.startsWith('PUBLISH'))).toEqual(['PUBLISH q0 r0 d0 m0 t/1 mine {"subscriptionIdentifiers":[2]}'])
    }
  })

  test('No Local holds for the will too: it is the client’s own message [MQTT-3.8.3-3]', () => {
    const b = new TestBroker()
    const options = {
      version,
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
      will: { topicName: 't', payload: new Uint8Array([87]), qos: 1, retain: false, properties: {} },
    } as const
    const s = b.client('s', options)
    s.subscribe('t', 1, { noLocal: true })
    s.cut()
    expect(afterConnack(b.dial('s', options))).toEqual([])
  })

  test('the Subscription Identifier comes with each message, from 1 to 268,435,455 [MQTT-3.3.4-3]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version: 4 })
    for (const identifier of [1, 127, 128, 16_384, 268_435_455]) {
      s.subscribe('t', 1, { identifier })
      p.publish('t', 'x', { qos: 1 })
      const line = s.lines().find((text) => text.startsWith('PUBLISH'))
      expect(line).toMatch(new RegExp(`^PUBLISH q1 r0 d0 m\\d t x \\{"subscriptionIdentifiers":\\[${identifier}\\]\\}$`))
    }
  })

  test('overlapping subscriptions: each copy with its own identifier, or one copy with all of them [MQTT-3.3.4-4, MQTT-3.3.4-5]', () => {
    const conversation = (allowDuplicateMessages: boolean): string[] => {
      const b = new TestBroker({ limits: { allowDuplicateMessages } })
      const s = b.client('s', { version })
      const p = b.client('p', { version })
      s.subscribe('o/#', 0, { identifier: 1 })
      s.subscribe('o/+', 1, { identifier: 2 })
      s.subscribe('o/1', 0)
      s.lines()
      p.publish('o/1', 'M', { qos: 1 })
      return s.lines()
    }
    expect(conversation(true)).toEqual([
      'PUBLISH q0 r0 d0 m0 o/1 M',
      'PUBLISH q1 r0 d0 m1 o/1 M {"subscriptionIdentifiers":[2]}',
      'PUBLISH q0 r0 d0 m0 o/1 M {"subscriptionIdentifiers":[1]}',
    ])
    const [line, ...more] = conversation(false)
    expect(more).toEqual([])
    expect(['PUBLISH q1 r0 d0 m1 o/1 M {"subscriptionIdentifiers":[2,1]}', 'PUBLISH q1 r0 d0 m1 o/1 M {"subscriptionIdentifiers":[1,2]}']).toContain(line)
  })

  test('subscribing again without an identifier removes it, with another one changes it [MQTT-3.8.4-3]', () => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    const published = (): string[] => {
      s.lines()
      p.publish('t', 'x')
      return s.lines()
    }
    s.subscribe('t', 0, { identifier: 5 })
    expect(published()).toEqual(['PUBLISH q0 r0 d0 m0 t x {"subscriptionIdentifiers":[5]}'])
    s.subscribe('t', 0, { identifier: 6 })
    expect(published()).toEqual(['PUBLISH q0 r0 d0 m0 t x {"subscriptionIdentifiers":[6]}'])
    s.subscribe('t', 0)
    expect(published()).toEqual(['PUBLISH q0 r0 d0 m0 t x'])
  })

  test('identifiers survive the connection and come with what waited, and with what is sent again [MQTT-3.3.4-3]', () => {
    const b = new TestBroker()
    const s = b.client('s', lasting(version))
    const p = b.client('p', { version })
    s.subscribe('t', 1, { identifier: 300 })
    p.publish('t', 'in flight', { qos: 1 })
    s.cut()
    p.publish('t', 'waited', { qos: 1 })
    const back = b.dial('s', lasting(version))
    p.publish('t', 'live', { qos: 1 })
    const identifiers = '{"subscriptionIdentifiers":[300]}'
    expect(afterConnack(back)).toEqual([
      `PUBLISH q1 r0 d1 m1 t in flight ${identifiers}`,
      `PUBLISH q1 r0 d0 m2 t waited ${identifiers}`,
      `PUBLISH q1 r0 d0 m3 t live ${identifiers}`,
    ])
  })

  test('a subscription made again while messages wait: those keep what they were queued with', () => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 1 } })
    const s = b.client('s', { version })
    const p = b.client('p', { version })
    s.subscribe('t', 1, { identifier: 1 })
    for (const payload of ['a', 'b']) p.publish('t', payload, { qos: 1 })
    s.subscribe('t', 1, { identifier: 2 })
    p.publish('t', 'c', { qos: 1 })
    s.lines()
    s.acknowledge(PUBACK, 1)
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m2 t b {"subscriptionIdentifiers":[1]}'])
    s.acknowledge(PUBACK, 2)
    expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m3 t c {"subscriptionIdentifiers":[2]}'])
  })

  test.each([
    ['No Local with a shared subscription', '$share/g/t', 4, 'MQTT-3.8.3-4'],
    ['QoS 3', 't', 3, 'MQTT-3.8.3-5'],
    ['Retain Handling 3', 't', 0x30, 'MQTT-3.8.3-5'],
    ['a reserved bit of the options', 't', 0x40, 'MQTT-3.8.3-5'],
    ['a + that is not a whole level', 'a+/b', 0, 'MQTT-4.7.1-2'],
    ['a # before the end', 'a/#/b', 0, 'MQTT-4.7.1-1'],
    ['an empty filter', '', 0, 'MQTT-4.7.3-1'],
  ])('%s ends the connection, and nothing is subscribed to', (_what, filter, options) => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    s.sendBytes(subscribeBytes(version, filter, options))
    const [line, ...more] = s.lines()
    expect(line).toMatch(/^DISCONNECT 0x8[12f]$/)
    expect(more).toEqual([])
    expect(s.isClosed).toBe(true)
    expect(b.broker.counters.subscriptions).toBe(0)
  })
})
