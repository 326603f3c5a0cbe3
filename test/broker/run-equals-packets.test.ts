// Law: a run routed at once equals its packets routed one by one, however the bytes are cut, for every kind of subscriber.
// And what is borrowed is not read later: test clients wipe their buffer after each call.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Packet, PacketType, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import type { Properties } from '../../src/wire/mqtt/properties.ts'
import { lineOf, TestBroker, type TestClient } from '../support/test-broker.ts'

interface Step {
  readonly what: 'publish' | 'release' | 'repeat'
  readonly topic: number
  readonly size: number
  readonly qos: Qos
  readonly retain: boolean
  readonly alias: 0 | 1 | 2
  readonly properties: 0 | 1 | 2
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof({ weight: 8, arbitrary: fc.constant('publish' as const) }, { weight: 2, arbitrary: fc.constantFrom('release' as const, 'repeat' as const) }),
  topic: fc.nat(2),
  size: fc.oneof(
    { weight: 5, arbitrary: fc.nat(8) },
    { weight: 5, arbitrary: fc.nat(150) },
    { weight: 3, arbitrary: fc.constantFrom(0, 117, 118, 119) },
    { weight: 1, arbitrary: fc.constant(16_500) },
  ),
  qos: fc.constantFrom(0, 1, 2),
  retain: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  alias: fc.constantFrom(0, 0, 0, 1, 2),
  properties: fc.constantFrom(0, 0, 1, 2),
})

/** Streams in which equal heads follow one another, as they do in life. */
const steps = fc
  .array(fc.tuple(step, fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 14 })
  .map((list) => list.flatMap(([one, times]) => Array.from({ length: times }, () => one)))

/** The packets a publisher of this version sends for these steps; identifiers as a correct client would choose them. */
function packetsOf(list: readonly Step[], version: 4 | 5): Packet[] {
  const packets: Packet[] = []
  const defined = new Set<number>()
  const open: Publish[] = []
  let packetId = 0
  for (const { what, topic, size, qos, retain, alias, properties } of list) {
    if (what === 'release') {
      const released = open.splice(size % (open.length + 1), 1)[0]
      packets.push({ type: PacketType.Pubrel, packetId: released?.packetId ?? 60_000, reasonCode: 0, properties: {} })
    } else if (what === 'repeat' && open.length > 0) packets.push({ ...open[size % open.length]!, dup: true })
    else {
      const aliased = version === 5 && alias > 0 && (alias === 1 || defined.has(topic + 1))
      if (aliased) defined.add(topic + 1)
      const own: Properties = version === 4 ? {} : { ...PROPERTIES[properties], ...(aliased ? { topicAlias: topic + 1 } : {}) }
      const publish: Publish = {
        type: PacketType.Publish,
        topicName: aliased && alias === 2 ? '' : `t/${topic}`,
        payload: new TextEncoder().encode(`${packets.length}:${'x'.repeat(size)}`),
        qos,
        retain,
        dup: false,
        packetId: qos === 0 ? 0 : ++packetId,
        properties: own,
      }
      packets.push(publish)
      // a repetition comes with its name: the alias may have been set anew since
      if (qos === 2) open.push({ ...publish, topicName: `t/${topic}`, properties: version === 4 ? {} : { ...PROPERTIES[properties] } })
    }
  }
  return packets
}

const PROPERTIES: readonly Properties[] = [{}, { userProperties: [['a', 'b']] }, { messageExpiryInterval: 100, contentType: 'c' }]

function subscribers(b: TestBroker): TestClient[] {
  const clients: [TestClient, (client: TestClient) => void][] = [
    [b.client('3q0', { version: 3 }), (c) => c.subscribe('t/#', 0)],
    [b.client('4q1'), (c) => c.subscribe('t/1', 1)],
    [b.client('4q2', { cleanStart: false }), (c) => c.subscribe('+/0', 2)],
    [b.client('5rap', { version: 5 }), (c) => c.subscribe('t/+', 1, { retainAsPublished: true, identifier: 5 })],
    [b.client('5kept', { version: 5, properties: { sessionExpiryInterval: 100, receiveMaximum: 3 } }), (c) => c.subscribe('#', 2)],
    [b.client('5alias', { version: 5, properties: { topicAliasMaximum: 2 } }), (c) => c.subscribe('t/+', 2, { identifier: 300 })],
    [b.client('5small', { version: 5, properties: { maximumPacketSize: 130, receiveMaximum: 2, sessionExpiryInterval: 100 } }), (c) => c.subscribe('#', 1)],
    [
      b.client('5over', { version: 5, properties: { topicAliasMaximum: 9, sessionExpiryInterval: 100 } }),
      (c) => {
        c.subscribe('t/#', 0, { identifier: 1 })
        c.subscribe('+/2', 2, { identifier: 2 })
      },
    ],
    [b.client('group1'), (c) => c.subscribe('$share/g/t/#', 1)],
    [b.client('group2', { version: 5 }), (c) => c.subscribe('$share/g/t/#', 2)],
  ]
  return clients.map(([client, subscribe]) => {
    subscribe(client)
    client.received()
    return client
  })
}

/** Reads and acknowledges until nobody has anything left to say. */
function settle(clients: readonly TestClient[]): string[][] {
  const heard: string[][] = clients.map(() => [])
  for (let round = 0, quiet = false; !quiet; round++) {
    if (round > 1000) throw new Error('no end of it')
    quiet = true
    clients.forEach((client, i) => {
      const packets = client.received()
      if (packets.length > 0) quiet = false
      heard[i]!.push(...packets.map((packet) => `${lineOf(packet).slice(0, 200)} ${packet.type === 3 ? packet.payload.length : ''}`))
      for (const packet of packets) {
        if (packet.type === PacketType.Publish && packet.qos > 0) client.acknowledge(packet.qos === 1 ? 4 : 5, packet.packetId)
        else if (packet.type === PacketType.Pubrel) client.acknowledge(7, packet.packetId)
      }
    })
  }
  return heard
}

function conversation(packets: readonly Packet[], version: 4 | 5, chunk: number): unknown {
  const b = new TestBroker({ limits: { maximumInflightMessages: 7 } })
  const clients = subscribers(b)
  const publisher = b.client('publisher', { version, cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 100 } : {} })
  if (chunk === 0) for (const packet of packets) publisher.send(packet)
  else publisher.sendInChunks(chunk, ...packets)
  expect(publisher.isClosed).toBe(false)
  const heard = settle([...clients, publisher])
  const { bytesReceived, ...counters } = b.broker.counters
  const late = b.client('late', { version: 5 })
  late.subscribe('#', 2)
  const kept = late.lines().sort()
  for (const client of [...clients, publisher, late]) client.disconnect()
  // lasting sessions still wait for nothing but their releases; a clean start ends them
  for (const id of ['4q2', '5kept', '5small', '5over', 'publisher']) b.client(id).disconnect()
  expect(b.broker.slabs.outstanding).toBe(0)
  return { heard, counters, kept }
}

test.each([4, 5] as const)('published by level %i: the same in one read, in reads of a few bytes, and packet by packet', (version) => {
  fc.assert(
    fc.property(steps, (list) => {
      const packets = packetsOf(list, version)
      const expected = conversation(packets, version, 0)
      for (const chunk of [list.some(({ size }) => size > 200) ? 50 : 1, 13, 1 << 30])
        expect(conversation(packets, version, chunk), `chunks of ${chunk}`).toEqual(expected)
    }),
    { numRuns: 10, seed: 20_260 + version },
  )
})

test('the law is about something: all subscribers hear publishes, and of every QoS', () => {
  const list: Step[] = Array.from({ length: 30 }, (_, i) => ({
    what: 'publish',
    topic: i % 3,
    size: 3,
    qos: (i % 3) as Qos,
    retain: false,
    alias: 0,
    properties: 0,
  }))
  const packets = [
    ...packetsOf(list, 4),
    ...Array.from({ length: 20 }, (_, i) => ({ type: PacketType.Pubrel, packetId: i + 1, reasonCode: 0, properties: {} }) as const),
  ]
  const { heard } = conversation(packets, 4, 50) as { heard: string[][] }
  heard.slice(0, -1).forEach((lines, i) => {
    expect(lines.filter((line) => line.startsWith('PUBLISH')).length, `subscriber ${i}`).toBeGreaterThan(4)
  })
})
