// max_publish_rate and max_publish_bytes_rate: more QoS 0 is dropped and counted, more QoS 1 and 2 waits unread; nothing taken is left unacknowledged.
// A client may send one second's worth at once.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PacketType, type ProtocolVersion, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import { TestBroker } from '../support/test-broker.ts'

const VERSIONS: readonly ProtocolVersion[] = [4, 5]

function publishes(qos: Qos, from: number, count: number, fields: Partial<Publish> = {}): Publish[] {
  return Array.from({ length: count }, (_, i) => ({
    type: PacketType.Publish,
    topicName: 't',
    payload: new TextEncoder().encode(`${from + i}`),
    qos,
    retain: false,
    dup: false,
    packetId: qos === 0 ? 0 : from + i,
    properties: {},
    ...fields,
  }))
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`)
}

test.each(VERSIONS)('version %i, QoS 0: beyond the rate messages are dropped and counted, the client is read on', (version) => {
  const b = new TestBroker({ limits: { maximumPublishRate: 10 } })
  const s = b.client('s')
  s.subscribe('t')
  const p = b.client('p', { version })
  p.send(...publishes(0, 1, 25))
  expect([s.payloads(), p.isPaused]).toEqual([numbers(1, 10), false])
  expect(b.broker.counters.publishesDropped).toBe(15)
  b.advance(500)
  p.send(...publishes(0, 26, 25))
  expect(s.payloads()).toEqual(numbers(26, 30))
  b.advance(60_000) // not more than one second's worth is saved
  p.send(...publishes(0, 51, 25))
  expect(s.payloads()).toEqual(numbers(51, 60))
  const other = b.client('other', { version })
  other.send(...publishes(0, 1, 5))
  expect(s.payloads()).toEqual(numbers(1, 5))
})

test.each([
  [4, 1],
  [4, 2],
  [5, 1],
  [5, 2],
] as const)('version %i, QoS %i: beyond the rate the client is not read; all is delivered and acknowledged in time', (version, qos) => {
  const b = new TestBroker({ limits: { maximumPublishRate: 10, receiveMaximumEnforced: 65_535, receiveMaximum: 65_535 } })
  const s = b.client('s', { keepAlive: 0 })
  s.subscribe('t')
  const p = b.client('p', { version, keepAlive: 1 })
  p.send(...publishes(qos, 1, 45), { type: PacketType.Pingreq })
  const answered: string[] = p.lines()
  expect([answered.length, p.isPaused]).toEqual([10, true])
  for (let i = 0; i < 34; i++) {
    b.advance(100)
    answered.push(...p.lines())
    expect(answered.length).toBeLessThanOrEqual(10 + i + 1)
  }
  expect([answered.length, p.isPaused, p.isClosed]).toEqual([44, true, false])
  b.advance(150)
  answered.push(...p.lines())
  expect(answered).toEqual([...numbers(1, 45).map((id) => `${qos === 1 ? 'PUBACK' : 'PUBREC'} m${id}`), 'PINGRESP'])
  expect(p.isPaused).toBe(false)
  if (qos === 2) p.acknowledge(6, ...Array.from({ length: 45 }, (_, i) => i + 1))
  expect(s.payloads()).toEqual(numbers(1, 45))
  expect(b.broker.counters.publishesDropped).toBe(0)
  expect(b.broker.counters.publishesReceived).toBe(45)
  b.advance(1_600)
  expect(p.isClosed).toBe(true) // its Keep Alive holds again
})

test('5.0: a Topic Alias set in a read that was cut short is known afterwards', () => {
  const b = new TestBroker({ limits: { maximumPublishRate: 2 } })
  const s = b.client('s')
  s.subscribe('#')
  const p = b.client('p', { version: 5 })
  const first = publishes(1, 1, 5, { properties: { topicAlias: 1 } })
  p.send(...first, ...publishes(1, 6, 3, { topicName: '', properties: { topicAlias: 1 } }))
  for (let i = 0; i < 40; i++) b.advance(100)
  expect(s.lines().filter((line) => line.startsWith('PUBLISH'))).toEqual(numbers(1, 8).map((n) => `PUBLISH q0 r0 d0 m0 t ${n}`))
})

test('bytes: whole packets count; the last one may overdraw, what it took must come back first', () => {
  const b = new TestBroker({ limits: { maximumPublishBytesRate: 1000 } })
  const s = b.client('s')
  s.subscribe('t')
  const p = b.client('p', { keepAlive: 1 }) // less than it has to wait: nobody listens to it
  const large = (id: number): Publish => ({ ...publishes(1, id, 1)[0]!, payload: new Uint8Array(2991) }) // a packet of 3,000 bytes
  p.send(large(1), large(2))
  expect(p.lines()).toEqual(['PUBACK m1'])
  b.advance(1_900)
  expect(p.lines()).toEqual([])
  b.advance(150)
  expect(p.lines()).toEqual(['PUBACK m2'])
})

test('a large packet that came in pieces waits whole', () => {
  const b = new TestBroker({ limits: { maximumPublishRate: 1 } })
  const s = b.client('s')
  s.subscribe('t')
  const p = b.client('p')
  const [small, next, last] = publishes(1, 1, 3)
  p.send(small!)
  p.sendInChunks(30_000, { ...next!, payload: new TextEncoder().encode('x'.repeat(100_000)) }, last!)
  expect([p.lines(), s.payloads()]).toEqual([['PUBACK m1'], ['1']])
  for (let i = 0; i < 22; i++) b.advance(100)
  expect(p.lines()).toEqual(['PUBACK m2', 'PUBACK m3'])
  expect(s.payloads().map((text) => text.length)).toEqual([100_000, 1])
})

test('a client that is ended while it waits sends no more; one that comes back begins anew', () => {
  const b = new TestBroker({ limits: { maximumPublishRate: 1 } })
  const s = b.client('s')
  s.subscribe('t')
  const p = b.client('p')
  p.send(...publishes(1, 1, 3))
  p.cut()
  b.advance(10_000)
  expect(s.payloads()).toEqual(['1'])
  const again = b.client('p')
  again.send(...publishes(1, 2, 2))
  expect(again.lines()).toEqual(['PUBACK m2'])
  b.advance(1_100)
  expect(again.lines()).toEqual(['PUBACK m3'])
})

test('law: whatever comes in whatever pieces, QoS 1 and 2 arrive once and in order, never faster than the rate', () => {
  const burst = fc.record({ qos: fc.constantFrom<Qos>(1, 2), count: fc.integer({ min: 1, max: 12 }), topicName: fc.constantFrom('t', 'u'), wait: fc.nat(900) })
  fc.assert(
    fc.property(fc.array(burst, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 20 }), (bursts, chunk, rate) => {
      const b = new TestBroker({ limits: { maximumPublishRate: rate, receiveMaximumEnforced: 65_535, maximumQueuedMessages: 0 } })
      const s = b.client('s', { keepAlive: 0 })
      for (const filter of ['t', 'u']) s.subscribe(filter)
      s.lines()
      const p = b.client('p', { keepAlive: 0 })
      let id = 1
      let got: string[] = []
      const begun = b.clock.now()
      for (const { qos, count, topicName, wait } of bursts) {
        const packets = publishes(qos, id, count, { topicName })
        p.sendInChunks(
          chunk,
          ...packets.flatMap((packet) =>
            qos === 2 ? [packet, { type: PacketType.Pubrel, packetId: packet.packetId, reasonCode: 0, properties: {} } as const] : [packet],
          ),
        )
        id += count
        b.advance(wait)
        got = [...got, ...s.payloads()]
        expect(got.length).toBeLessThanOrEqual(rate + ((b.clock.now() - begun) / 1000) * rate)
      }
      for (let i = 0; i < 2_000 && p.isPaused; i++) b.advance(100)
      got = [...got, ...s.payloads()]
      expect(got).toEqual(numbers(1, id - 1))
      expect(b.broker.slabs.outstanding).toBe(0)
    }),
    { numRuns: 60 },
  )
})
