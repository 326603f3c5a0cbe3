// Nothing reads borrowed bytes after the call that lent them: the receive buffer here is one for all, overwritten each time.
// And slabs: whatever is kept is counted, and given back.

import { expect, test } from 'vitest'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { PacketType, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import { TestBroker } from '../support/test-broker.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6
const PUBCOMP = 7

function run(topicName: string, qos: Qos, from: number, count: number, retain = false): Publish[] {
  return Array.from({ length: count }, (_, i) => ({
    type: PacketType.Publish,
    topicName,
    payload: new TextEncoder().encode(`m${from + i}`),
    qos,
    retain,
    dup: false,
    packetId: qos === 0 ? 0 : from + i,
    properties: {},
  }))
}

test('what is retained, queued, in flight, unreleased or split over reads is a copy', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 2 } })
  const away = b.client('away', { cleanStart: false })
  const slow = b.client('slow')
  const p = b.client('p')
  away.subscribe('t/#', 1)
  slow.subscribe('t/#', 2)
  away.cut()
  slow.lines()
  p.send(...run('t/1', 1, 1, 5))
  p.send(...run('t/2', 2, 10, 3), ...run('t/3', 1, 20, 1, true))
  p.sendInChunks(3, ...run('t/4', 1, 30, 2))
  // other bytes pass through the same memory
  p.send(...run('elsewhere/with/a/long/name', 1, 100, 50))
  p.acknowledge(PUBREL, 10, 11, 12)
  const expected = ['m1', 'm2', 'm3', 'm4', 'm5', 'm20', 'm30', 'm31', 'm10', 'm11', 'm12']
  const got = slow.payloads()
  for (let id = 1; id <= 12; id++) {
    if (id <= 8) slow.acknowledge(PUBACK, id)
    else {
      slow.acknowledge(PUBREC, id)
      slow.acknowledge(PUBCOMP, id)
    }
    got.push(...slow.payloads())
  }
  expect(got).toEqual(expected)
  const back = b.dial('away', { cleanStart: false })
  const waited = back.payloads()
  for (let id = 1; id <= 12; id++) {
    back.acknowledge(PUBACK, id)
    waited.push(...back.payloads())
  }
  expect(waited).toEqual(expected)
  const late = b.client('late')
  late.subscribe('#')
  expect(late.lines()).toEqual(['SUBACK m1 [0]', 'PUBLISH q0 r1 d0 m0 t/3 m20'])
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('one copy in a slab serves all sessions that wait', () => {
  const b = new TestBroker()
  const p = b.client('p')
  for (let i = 0; i < 50; i++) {
    const s = b.client(`s${i}`, { cleanStart: false })
    s.subscribe('t', 1)
    s.cut()
  }
  const before = b.broker.slabs.allocated
  for (let i = 0; i < 10; i++) p.publish('t', 'x'.repeat(1000), { qos: 1 })
  expect(b.broker.slabs.outstanding).toBe(500)
  expect(b.broker.slabs.allocated).toBe(before) // 10 kB in the first slab, not 500 kB
  for (let i = 0; i < 50; i++) b.client(`s${i}`).disconnect()
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('slabs come back: memory does not grow with what has passed through', () => {
  const b = new TestBroker()
  const p = b.client('p')
  const away = b.client('s', { cleanStart: false })
  away.subscribe('t', 1)
  let client = away
  let most = 0
  for (let round = 0; round < 12; round++) {
    client.cut()
    for (let i = 0; i < 20; i++) p.publish('t', 'x'.repeat(5_000), { qos: 1 })
    client = b.dial('s', { cleanStart: false })
    client.acknowledge(PUBACK, ...client.received().flatMap((packet) => (packet.type === 3 ? [packet.packetId] : [])))
    expect(b.broker.slabs.outstanding).toBe(0)
    if (round === 2) most = b.broker.slabs.allocated
  }
  expect(b.broker.slabs.allocated).toBeLessThanOrEqual(most)
})

test('a message larger than a slab waits and arrives whole', () => {
  const b = new TestBroker()
  const p = b.client('p')
  const s = b.client('s', { cleanStart: false })
  s.subscribe('t', 2)
  s.cut()
  const payload = Array.from({ length: 300_000 }, (_, i) => String.fromCharCode(97 + (i % 23))).join('')
  p.publish('t', payload, { qos: 1 })
  p.publish('t', payload, { qos: 2 })
  p.acknowledge(PUBREL, 1)
  const back = b.dial('s', { cleanStart: false })
  expect(back.payloads().map((text) => text === payload)).toEqual([true, true])
  back.acknowledge(PUBACK, 1)
  back.acknowledge(PUBREC, 2)
  back.acknowledge(PUBCOMP, 2)
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('packets before a fault are handled, nothing after it', () => {
  const faults: readonly (readonly number[])[] = [
    [0x30, 0x80, 0x80, 0x80, 0x80], // Remaining Length of five bytes
    [0x36, 5, 0, 1, 97, 0, 1], // QoS 3
    [0xf0, 0], // AUTH in 3.1.1
    [0x10, 1, 0], // a second CONNECT
    [0x30, 5, 0, 3, 120, 47, 35], // a wildcard in a Topic Name
    [0x32, 5, 0, 1, 116, 0, 0], // Packet Identifier 0
  ]
  for (const fault of faults) {
    const b = new TestBroker()
    const s = b.client('s')
    const p = b.client('p')
    s.subscribe('t')
    s.lines()
    const [a, second, third] = ['a', 'b', 'c'].map((text) =>
      encodePacket({ type: 3, topicName: 't', payload: new TextEncoder().encode(text), qos: 0, retain: false, dup: false, packetId: 0, properties: {} }, 4),
    )
    p.sendBytes(a!, second!, fault, third!)
    expect(s.payloads(), `fault ${fault}`).toEqual(['a', 'b'])
    expect(p.isClosed).toBe(true)
    p.sendBytes(third!)
    expect(s.payloads()).toEqual([])
  }
})
