// The authoriser is asked once per client, topic and generation of its rules, and each time when its answer may not be remembered.
// What a refusal looks like on the wire is in test/conformance.

import { expect, test } from 'vitest'
import type { Authorizer, Permission } from '../../src/broker/ports.ts'
import { TestBroker } from '../support/test-broker.ts'

class TestAuthorizer implements Authorizer {
  generation = 0
  publish: Permission = 'allow'
  receive: Permission = 'allow'
  readonly asked: string[] = []

  mayPublish(clientId: string, userName: string | null, topicName: string): Permission {
    this.asked.push(`${clientId}/${userName ?? '-'} publishes ${topicName}`)
    return this.publish
  }

  mayReceive(clientId: string, _userName: string | null, topicName: string): Permission {
    this.asked.push(`${clientId} receives ${topicName}`)
    return this.receive
  }

  maySubscribe(): Permission {
    return 'allow'
  }

  /** Questions since the last call. */
  questions(): string[] {
    return this.asked.splice(0)
  }
}

test('once per client, topic and generation', () => {
  const authorizer = new TestAuthorizer()
  const b = new TestBroker({ authorizer })
  const s = b.client('s')
  s.subscribe('#')
  const p = b.client('p', { userName: 'pia' })
  const q = b.client('q')
  for (let i = 0; i < 100; i++) for (const topicName of ['a', 'b']) p.publish(topicName, 'x')
  expect(authorizer.questions().sort()).toEqual(['p/pia publishes a', 'p/pia publishes b', 's receives a', 's receives b'])
  expect(s.payloads()).toHaveLength(200)
  for (let i = 0; i < 10; i++) q.publish('a', 'x')
  expect(authorizer.questions()).toEqual(['q/- publishes a'])
  authorizer.generation++
  for (let i = 0; i < 10; i++) p.publish('a', 'x')
  expect(authorizer.questions().sort()).toEqual(['p/pia publishes a', 's receives a'])
})

test('a client of many topics does not ask anew for each message', () => {
  const authorizer = new TestAuthorizer()
  const b = new TestBroker({ authorizer })
  const p = b.client('p')
  for (let round = 0; round < 60; round++) for (let i = 0; i < 200; i++) p.publish(`t/${i}`)
  const before = authorizer.questions().length
  expect(before).toBeLessThan(6_000)
  for (let round = 0; round < 10; round++) for (let i = 0; i < 200; i++) p.publish(`t/${i}`)
  expect(authorizer.questions()).toEqual([])
})

test('a change of the generation takes effect with the next message, in both directions', () => {
  const authorizer = new TestAuthorizer()
  const b = new TestBroker({ authorizer })
  const s = b.client('s')
  const p = b.client('p', { version: 5 })
  s.subscribe('a', 1)
  p.publish('a', '1', { qos: 1 })
  authorizer.publish = 'deny'
  p.publish('a', '2', { qos: 1 }) // still remembered: the authoriser has not said that anything changed
  authorizer.generation++
  p.publish('a', '3', { qos: 1 })
  authorizer.publish = 'allow'
  authorizer.generation++
  p.publish('a', '4', { qos: 1 })
  authorizer.receive = 'deny'
  authorizer.generation++
  p.publish('a', '5', { qos: 1 })
  expect(s.payloads()).toEqual(['1', '2', '4'])
  expect(p.lines()).toEqual(['PUBACK m1', 'PUBACK m1', 'PUBACK m1 0x87', 'PUBACK m1', 'PUBACK m1'])
  s.unsubscribe('a')
  p.publish('a', '6', { qos: 1 })
  expect(p.lines().at(-1)).toBe('PUBACK m1 0x10')
})

test('an answer that may not be remembered is asked for each time', () => {
  const authorizer = new TestAuthorizer()
  authorizer.publish = 'uncacheable-allow'
  authorizer.receive = 'uncacheable-allow'
  const b = new TestBroker({ authorizer })
  const s = b.client('s')
  const p = b.client('p')
  s.subscribe('a')
  for (let i = 0; i < 3; i++) p.publish('a', `${i}`)
  expect(authorizer.questions()).toEqual(Array.from({ length: 3 }, () => ['p/- publishes a', 's receives a']).flat())
  authorizer.receive = 'uncacheable-deny'
  p.publish('a', 'unheard')
  authorizer.receive = 'uncacheable-allow'
  authorizer.publish = 'uncacheable-deny'
  p.publish('a', 'unsaid')
  authorizer.publish = 'uncacheable-allow'
  p.publish('a', 'heard')
  expect(s.payloads()).toEqual(['0', '1', '2', 'heard'])
})

test('a refusal is not remembered as a permission, nor a permission of one user for another', () => {
  const authorizer = new TestAuthorizer()
  const b = new TestBroker({ authorizer })
  const s = b.client('s')
  s.subscribe('a')
  let p = b.client('p', { cleanStart: false, userName: 'one' })
  p.publish('a', 'one')
  authorizer.publish = 'deny'
  p.cut()
  p = b.client('p', { cleanStart: false, userName: 'two' })
  p.publish('a', 'two')
  p.publish('a', 'two')
  authorizer.publish = 'allow'
  p.publish('a', 'two again')
  expect(s.payloads()).toEqual(['one', 'two again'])
})

test('the right to read is that of the user who has the session now', () => {
  const b = new TestBroker({
    authorizer: {
      generation: 0,
      mayPublish: () => 'allow',
      maySubscribe: () => 'allow',
      mayReceive: (_id, userName) => (userName === 'reader' ? 'allow' : 'deny'),
    },
  })
  const p = b.client('p')
  let s = b.client('s', { cleanStart: false, userName: 'reader' })
  s.subscribe('a')
  p.publish('a', '1')
  expect(s.payloads()).toEqual(['1'])
  s.cut()
  s = b.client('s', { cleanStart: false, userName: 'stranger' })
  p.publish('a', '2')
  expect(s.payloads()).toEqual([])
  s.cut()
  s = b.client('s', { cleanStart: false, userName: 'reader' })
  p.publish('a', '3')
  expect(s.payloads()).toEqual(['3'])
})

test('a will is published only if its client may publish there', () => {
  const authorizer = new TestAuthorizer()
  const b = new TestBroker({ authorizer })
  const s = b.client('s')
  s.subscribe('w')
  s.lines()
  const will = { topicName: 'w', payload: Uint8Array.of(87), qos: 1, retain: true, properties: {} } as const
  const w = b.client('w', { will })
  authorizer.publish = 'deny'
  authorizer.generation++
  w.cut()
  expect(s.payloads()).toEqual([])
  expect(b.broker.retainedCount).toBe(0)
})
