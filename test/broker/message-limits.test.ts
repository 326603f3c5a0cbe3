// Limits of what comes in, waits and goes out, as mosquitto.conf names them; off by default.
// max_queued_messages, max_inflight_messages and max_packet_size are in test/conformance, rates in publish-rate.test.ts.

import { expect, test } from 'vitest'
import type { Limits } from '../../src/broker/limits.ts'
import { PacketType, type ProtocolVersion, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import { TestBroker } from '../support/test-broker.ts'

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5]

function brokerWith(limits: Partial<Limits>): TestBroker {
  return new TestBroker({ limits })
}

/** A session that outlives its connection. */
function lasting(version: ProtocolVersion): Parameters<TestBroker['client']>[1] {
  return { version, cleanStart: false, ...(version === 5 ? { properties: { sessionExpiryInterval: 1000 } } : {}) }
}

function publishes(qos: Qos, ...payloads: readonly string[]): Publish[] {
  return payloads.map((payload, i) => ({
    type: PacketType.Publish,
    topicName: 't',
    payload: new TextEncoder().encode(payload),
    qos,
    retain: false,
    dup: false,
    packetId: qos === 0 ? 0 : i + 1,
    properties: {},
  }))
}

test.each(VERSIONS)(
  'version %i, message_size_limit: larger payloads go nowhere, their flow is completed, 5.0 is told 0x97 [MQTT-3.4.2-1, MQTT-3.5.2-1]',
  (version) => {
    const b = brokerWith({ messageSizeLimit: 4 })
    const s = b.client('s')
    s.subscribe('t', 2)
    s.lines()
    const p = b.client('p', { version })
    const told = version === 5 ? ' 0x97' : ''
    p.send(...publishes(0, 'none', 'large', 'some'))
    expect(p.lines()).toEqual([])
    p.send(...publishes(1, '1234', '12345', '', '123456789'))
    expect(p.lines()).toEqual(['PUBACK m1', `PUBACK m2${told}`, 'PUBACK m3', `PUBACK m4${told}`])
    p.send(...publishes(2, '1234', '12345', 'x'))
    expect(p.lines()).toEqual(['PUBREC m1', `PUBREC m2${told}`, 'PUBREC m3'])
    if (version !== 5) {
      p.acknowledge(6, 1, 2, 3)
      expect(p.lines()).toEqual(['PUBCOMP m1', 'PUBCOMP m2', 'PUBCOMP m3'])
    } else p.acknowledge(6, 1, 3)
    expect(s.payloads()).toEqual(['none', 'some', '1234', '', '1234', 'x'])
    expect(b.broker.counters.publishesDropped).toBe(4)
  },
)

test('message_size_limit: a larger will is refused at CONNECT', () => {
  const b = brokerWith({ messageSizeLimit: 4 })
  const will = { topicName: 'w', payload: new Uint8Array(5), qos: 0, retain: false, properties: {} } as const
  expect(b.dial('w', { version: 5, will }).lines()).toEqual(['CONNACK 0 149'])
  expect(b.dial('w', { will }).lines()).toEqual(['CONNACK 0 5'])
  expect(b.dial('w', { will: { ...will, payload: new Uint8Array(4) } }).lines()).toEqual(['CONNACK 0 0'])
})

test.each(VERSIONS)('version %i, max_inflight_bytes: nothing more is sent until unacknowledged payloads are below it; the order stays', (version) => {
  const b = brokerWith({ maximumInflightBytes: 10 })
  const s = b.client('s', lasting(version))
  s.subscribe('t', 1)
  s.lines()
  const p = b.client('p')
  p.send(...publishes(1, 'aaaaaa', 'bbbbbb', 'cccccc', 'd', 'e'))
  expect(s.payloads()).toEqual(['aaaaaa', 'bbbbbb']) // 6 < 10: another one may go
  s.acknowledge(4, 1)
  expect(s.payloads()).toEqual(['cccccc'])
  s.acknowledge(4, 3)
  expect(s.payloads()).toEqual(['d', 'e'])
  s.acknowledge(4, 2, 4)
  p.send(...publishes(1, 'ffffffffffffffff', 'g'))
  expect(s.payloads()).toEqual(['ffffffffffffffff'])
  s.cut()
  const back = b.dial('s', lasting(version))
  expect(back.payloads()).toEqual(['e', 'ffffffffffffffff'])
  back.acknowledge(4, 5, 6)
  expect(back.payloads()).toEqual(['g'])
  back.acknowledge(4, 7)
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('max_inflight_bytes counts right however many small messages are on their way', () => {
  const b = brokerWith({ maximumInflightBytes: 40, maximumInflightMessages: 0 })
  const s = b.client('s')
  s.subscribe('t', 1)
  s.lines()
  b.client('p').send(...publishes(1, ...Array.from({ length: 200 }, () => 'x')))
  let acknowledged = 0
  for (let got = s.payloads().length; got > 0; got = s.payloads().length) {
    expect(got).toBe(40)
    s.acknowledge(4, ...Array.from({ length: got }, (_, i) => acknowledged + i + 1))
    acknowledged += got
  }
  expect(acknowledged).toBe(200)
})

test.each(VERSIONS)('version %i, queue_qos0_messages: QoS 0 waits for who is away, among the others, within the limit of the queue', (version) => {
  for (const queueQos0Messages of [false, true]) {
    const b = brokerWith({ queueQos0Messages, maximumQueuedMessages: 4 })
    let s = b.client('s', lasting(version))
    const clean = b.client('clean', { version })
    for (const c of [s, clean]) c.subscribe('t', 1)
    for (const c of [s, clean]) c.cut()
    const p = b.client('p')
    for (const [i, qos] of ([0, 1, 0, 1, 0, 0] as const).entries()) p.publish('t', `${i}`, { qos })
    s = b.dial('s', lasting(version))
    expect(s.payloads()).toEqual(queueQos0Messages ? ['0', '1', '2', '3'] : ['1', '3'])
    s.acknowledge(4, 1, 2)
    p.publish('t', 'live')
    expect(s.payloads()).toEqual(['live'])
    expect(b.broker.sessionCount).toBe(2)
    expect(b.broker.slabs.outstanding).toBe(0)
  }
})

test.each(VERSIONS)('version %i, upgrade_outgoing_qos: the QoS of the subscription, for live, queued, shared and retained messages', (version) => {
  const b = brokerWith({ upgradeOutgoingQos: true })
  let s = b.client('s', lasting(version))
  s.subscribe('t', 2)
  const member = b.client('m', { version })
  member.subscribe('$share/g/t', 1)
  const plain = b.client('plain', { version })
  plain.subscribe('t', 0)
  for (const c of [s, member, plain]) c.lines()
  const p = b.client('p')
  p.publish('t', 'x', { retain: true })
  expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m1 t x'])
  expect(member.lines()).toEqual(['PUBLISH q1 r0 d0 m1 t x'])
  expect(plain.lines()).toEqual(['PUBLISH q0 r0 d0 m0 t x'])
  plain.subscribe('t', 1)
  expect(plain.lines()).toEqual(['SUBACK m1 [1]', 'PUBLISH q1 r1 d0 m1 t x'])
  s.acknowledge(5, 1)
  s.acknowledge(7, 1)
  s.cut()
  p.publish('t', 'y')
  s = b.dial('s', lasting(version))
  expect(s.lines().slice(1)).toEqual(['PUBLISH q2 r0 d0 m2 t y'])
})

test.each(VERSIONS)('version %i, allow_duplicate_messages: a copy for each subscription, or one', (version) => {
  for (const [allowDuplicateMessages, expected] of [
    [true, ['x', 'x', 'x']],
    [false, ['x']],
  ] as const) {
    const b = brokerWith({ allowDuplicateMessages })
    const s = b.client('s', { version })
    for (const filter of ['t', '+', '#']) s.subscribe(filter, 0)
    b.client('p').publish('t', 'x')
    expect(s.payloads()).toEqual(expected)
  }
})

test('retain_expiry_interval: a retained message is forgotten after that, whatever it says itself, and is told what it said itself', () => {
  const b = brokerWith({ retainExpiryInterval: 60 })
  const p = b.client('p', { version: 5 })
  const s = b.client('s', { version: 5 })
  p.publish('plain', 'x', { retain: true })
  p.publish('short', 'x', { retain: true, properties: { messageExpiryInterval: 10 } })
  p.publish('long', 'x', { retain: true, properties: { messageExpiryInterval: 1000 } })
  b.advance(4_000)
  s.subscribe('#')
  expect(s.lines().slice(1).sort()).toEqual([
    'PUBLISH q0 r1 d0 m0 long x {"messageExpiryInterval":996}',
    'PUBLISH q0 r1 d0 m0 plain x',
    'PUBLISH q0 r1 d0 m0 short x {"messageExpiryInterval":6}',
  ])
  b.advance(55_000)
  s.subscribe('#')
  expect(s.lines().slice(1).sort()).toEqual(['PUBLISH q0 r1 d0 m0 long x {"messageExpiryInterval":941}', 'PUBLISH q0 r1 d0 m0 plain x'])
  b.advance(1_000)
  s.subscribe('#')
  expect(s.lines()).toEqual(['SUBACK m1 [0]'])
  b.advance(120_000)
  expect(b.broker.retainedCount).toBe(0)
})

test.each(VERSIONS)('version %i, persistent_client_expiration: the session ends after that; a client that came back in time keeps it', (version) => {
  const b = brokerWith({ maximumSessionExpiryInterval: 100 })
  b.client('s', lasting(version)).cut()
  b.advance(99_000)
  const back = b.dial('s', lasting(version))
  expect(back.lines()[0]).toMatch(version === 3 ? /^CONNACK 0 0/ : /^CONNACK 1 0/)
  if (version === 5) expect(b.dial('t', lasting(5)).lines()[0]).toContain('"sessionExpiryInterval":100')
  const sessions = b.broker.sessionCount
  back.cut()
  b.advance(99_000)
  expect(b.broker.sessionCount).toBe(sessions)
  b.advance(1_100)
  expect(b.broker.sessionCount).toBe(sessions - 1)
  expect(b.broker.counters.clientsExpired).toBe(1)
})

test.each<[ProtocolVersion, string[]]>([
  [3, []],
  [4, []],
  [5, ['CONNACK 0 137']],
])('version %i, global_max_clients: one more is not let in, those who are known are', (version, refused) => {
  const b = brokerWith({ globalMaximumClients: 2 })
  b.client('away', lasting(version)).cut()
  const here = b.client('here', { version })
  const third = b.dial('third', { version })
  expect([third.lines(), third.isClosed]).toEqual([refused, true])
  b.client('away', lasting(version))
  b.client('here', { version })
  expect(here.isClosed).toBe(true)
  b.client('away', { version }).disconnect()
  b.client('third', { version })
  expect(b.broker.sessionCount).toBe(2)
})

test.each([0, 65_535])('max_keepalive %i is no limit', (maximumKeepAlive) => {
  const b = brokerWith({ maximumKeepAlive })
  for (const version of VERSIONS)
    for (const keepAlive of [0, 60, 65_535]) {
      const [connack] = b.dial(`${version} ${keepAlive}`, { version, keepAlive }).lines()
      expect(connack).toMatch(/^CONNACK 0 0/)
      expect(connack).not.toContain('serverKeepAlive')
    }
})

test('memory_limit: over it no new client and no message comes in, below it everything goes on; what was waiting comes then', () => {
  let heap = 0
  const b = new TestBroker({ heapUsed: () => heap, limits: { memoryLimit: 1000 } })
  const s = b.client('s')
  const p4 = b.client('p4', { keepAlive: 1 })
  const p5 = b.client('p5', { version: 5 })
  s.subscribe('t', 2)
  s.lines()
  heap = 1001
  p4.publish('t', 'not looked at yet')
  b.advance(300)
  expect(s.payloads()).toEqual(['not looked at yet'])
  expect(b.broker.isFull).toBe(true)
  expect(b.dial('new4').lines()).toEqual(['CONNACK 0 3'])
  expect(b.dial('new5', { version: 5 }).lines()).toEqual(['CONNACK 0 151'])
  for (const p of [p4, p5]) p.publish('t', 'dropped')
  p5.send(...publishes(1, 'a', 'b'))
  expect(p5.lines()).toEqual(['PUBACK m1 0x97', 'PUBACK m2 0x97'])
  p5.send(...publishes(2, 'a'))
  expect(p5.lines()).toEqual(['PUBREC m1 0x97'])
  p4.send(...publishes(1, 'a', 'b'))
  p4.publish('t', 'behind')
  expect([p4.lines(), p4.isPaused]).toEqual([[], true])
  for (let i = 0; i < 20; i++) b.advance(300) // longer than its Keep Alive: nobody listens to it
  expect([p4.isPaused, p4.isClosed, s.payloads()]).toEqual([true, false, []])
  heap = 1000
  b.advance(300)
  b.advance(300)
  expect([p4.lines(), p4.isPaused]).toEqual([['PUBACK m1', 'PUBACK m2'], false])
  expect(s.payloads()).toEqual(['a', 'b', 'behind'])
  b.client('new4')
  expect(b.broker.counters.publishesDropped).toBe(5)
})

test.each([
  ['that wait', false],
  ['that are retained', true],
] as const)('memory_limit: between two looks messages %s may take a MiB more, however fast they come', (_name, retain) => {
  const kept = (): number => b.broker.slabs.allocated + b.broker.retained.packetBytes
  const b: TestBroker = new TestBroker({ heapUsed: () => kept(), limits: { memoryLimit: 4 << 20, maximumQueuedMessages: 0, maximumQueuedBytes: 0 } })
  if (!retain) {
    const keeper = b.client('keeper', { cleanStart: false })
    keeper.subscribe('#', 1)
    keeper.cut()
  }
  const p = b.client('p', { version: 5 })
  for (let i = 1; i <= 400; i++) p.publish(retain ? `t/${i}` : 't', 'x'.repeat(20_000), { qos: 1, retain, packetId: i })
  expect(kept()).toBeGreaterThan(4 << 20)
  expect(kept()).toBeLessThan((5 << 20) + 200_000)
  expect(p.lines().at(-1)).toBe('PUBACK m400 0x97')
})
