// A session changes its connection while acknowledgements wait for the store; who of a shared subscription keeps what.
// The store commits when the test says so. Takeover itself is 02-takeover, holding back is test/broker/journal.

import { expect, test } from 'vitest'
import { RecordingPersistence } from '../support/recording-persistence.ts'
import { type ClientOptions, TestBroker } from '../support/test-broker.ts'

const LASTING: ClientOptions = { cleanStart: false }

test.each([1, 2] as const)('held acknowledgements of QoS %i leave on the connection that asked, though an old one of the session is still closing', (qos) => {
  const store = new RecordingPersistence()
  const b = new TestBroker({ persistence: store })
  const old = b.dial('p', LASTING)
  old.subscribe('t', qos)
  store.commit(b)
  old.lines()
  const now = b.dial('p', LASTING)
  expect(old.isClosed).toBe(true) // its socket is not: nobody has said `gone`
  now.publish('t', 'x', { qos, packetId: 5 })
  const before = now.lines()
  store.commit(b)
  expect([old.lines(), [...before, ...now.lines()].filter((line) => line.endsWith('m5'))]).toEqual([[], [qos === 1 ? 'PUBACK m5' : 'PUBREC m5']])
})

test('a drained socket of an old connection sends nothing and disturbs nothing', () => {
  const b = new TestBroker()
  const old = b.client('s', LASTING)
  old.subscribe('t', 1)
  old.lines()
  old.block()
  const now = b.client('s', LASTING)
  b.client('p').publish('t', 'x', { qos: 1 })
  old.drain()
  expect([now.lines(), old.lines()]).toEqual([['PUBLISH q1 r0 d0 m1 t x'], []])
})

test('when no member is there, a QoS 1 message waits with one that can keep it [section 4.8.2]', () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ] as const) {
    const b = new TestBroker()
    order.forEach((qos, i) => {
      const member = b.client(`m${i}`, LASTING)
      member.subscribe('$share/g/t', qos)
      member.cut()
    })
    const p = b.client('p')
    for (const payload of ['1', '2', '3', '4']) p.publish('t', payload, { qos: 1 })
    const back = order.map((_, i) => b.dial(`m${i}`, LASTING).payloads())
    expect(back.flat()).toEqual(['1', '2', '3', '4'])
  }
})
