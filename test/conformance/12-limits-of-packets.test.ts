// Packets that are too large: for the broker [section 3.2.2.3.6] and for a client [section 3.1.2.11.4].
// Windows and queues are in 12-limits.test.ts.

import { expect, test } from 'vitest'
import { bytesOf, field, frame, welcome } from '../support/raw-packets.ts'
import { TestBroker } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/** What the broker writes when it ends a connection: 5.0 learns why. */
function farewell(version: number, code: string): string[] {
  return version === 5 ? [`DISCONNECT ${code}`] : []
}

test.each(VERSIONS)('%s: a packet of exactly the Maximum Packet Size is taken, one byte more is refused with 0x95 [MQTT-3.2.2-15]', (_name, version) => {
  const broker = new TestBroker({ limits: { maximumPacketSize: 100 } })
  const watcher = broker.client('watcher')
  const client = broker.client('c', { version })
  watcher.subscribe('a')
  watcher.lines()
  const packet = (size: number): number[] => frame(0x30, field('a'), version === 5 ? [0] : [], new Array<number>(size - 5 - (version === 5 ? 1 : 0)).fill(0x78))
  expect([packet(100).length, packet(101).length]).toEqual([100, 101])
  client.sendBytes(packet(100))
  expect([watcher.payloads().length, client.isClosed]).toEqual([1, false])
  client.sendBytes(packet(101))
  expect([watcher.payloads(), client.lines(), client.isClosed]).toEqual([[], farewell(version, '0x95'), true])
})

test.each(VERSIONS)('%s: a packet that is too large is refused at its length, before its body comes', (_name, version) => {
  const client = new TestBroker().client('c', { version })
  client.sendBytes(bytesOf('30 ff ff ff 7f'))
  expect([client.lines(), client.isClosed]).toEqual([farewell(version, '0x95'), true])
})

test('by default 2,000,000 bytes are taken', () => {
  const broker = new TestBroker()
  const watcher = broker.client('watcher')
  const client = broker.client('c')
  watcher.subscribe('a')
  watcher.lines()
  client.publish('a', 'x'.repeat(2_000_000 - 4 - 3))
  expect([watcher.payloads()[0]?.length, client.isClosed]).toEqual([1_999_993, false])
  client.publish('a', 'x'.repeat(2_000_000 - 4 - 2))
  expect([watcher.payloads(), client.isClosed]).toEqual([[], true])
})

test.each([
  ['SUBSCRIBE', 0x82, 100_000],
  ['UNSUBSCRIBE', 0xa2, 100_000],
  ['AUTH', 0xf0, 100_000],
  ['PUBACK', 0x40, 10_000],
  ['PUBREC', 0x50, 10_000],
  ['PUBREL', 0x62, 10_000],
  ['PUBCOMP', 0x70, 10_000],
  ['DISCONNECT', 0xe0, 10_000],
])('5.0: %s is refused at its length when it is longer than such a packet needs to be', (_what, header, most) => {
  const announce = (length: number): readonly number[] => [
    header,
    (length & 127) | 128,
    ((length >> 7) & 127) | (length >> 14 > 0 ? 128 : 0),
    ...(length >> 14 > 0 ? [length >> 14] : []),
  ]
  const within = new TestBroker().client('c', { version: 5 })
  const beyond = new TestBroker().client('c', { version: 5 })
  within.sendBytes(announce(most))
  expect(within.isClosed).toBe(false)
  beyond.sendBytes(announce(most + 1))
  expect([beyond.lines(), beyond.isClosed]).toEqual([['DISCONNECT 0x95'], true])
})

test('CONNECT of more than 100,000 bytes is refused at its length, without an answer', () => {
  const within = new TestBroker().link()
  const beyond = new TestBroker().link()
  within.sendBytes(bytesOf('10 a0 8d 06'))
  beyond.sendBytes(bytesOf('10 a1 8d 06'))
  expect([within.isClosed, beyond.isClosed, beyond.lines()]).toEqual([false, true, []])
})

test('5.0: a message too large for a client is dropped as if delivered; exactly its Maximum Packet Size passes [MQTT-3.1.2-24, MQTT-3.1.2-25]', () => {
  for (const qos of [0, 1, 2] as const) {
    const broker = new TestBroker()
    const client = broker.client('c', { version: 5, properties: { maximumPacketSize: 32, receiveMaximum: 1 } })
    const publisher = broker.client('p', { version: 5 })
    client.subscribe('a', qos)
    client.lines()
    const room = 32 - 2 - 3 - (qos > 0 ? 2 : 0) - 1
    for (const [i, size] of [room + 1, room, room + 1].entries()) {
      publisher.publish('a', 'x'.repeat(size), { qos, packetId: qos === 0 ? 0 : i + 1 })
      if (qos === 2) publisher.acknowledge(6, i + 1)
    }
    expect(client.payloads()).toEqual(['x'.repeat(room)])
    expect([client.isClosed, publisher.isClosed]).toEqual([false, false])
    expect(publisher.lines().filter((line) => /0x/.test(line))).toEqual([])
  }
})

test('5.0: dropped messages use no window: what fits comes although more than the window was dropped [MQTT-3.1.2-25]', () => {
  const broker = new TestBroker()
  const client = broker.client('c', { version: 5, properties: { maximumPacketSize: 32, receiveMaximum: 2 } })
  const publisher = broker.client('p')
  client.subscribe('a', 1)
  client.lines()
  for (let i = 1; i <= 10; i++) publisher.publish('a', i % 5 === 0 ? 'fits' : 'x'.repeat(40), { qos: 1, packetId: i })
  expect(client.lines()).toEqual(['PUBLISH q1 r0 d0 m1 a fits', 'PUBLISH q1 r0 d0 m2 a fits'])
})

test('5.0: the size that counts is that of the packet sent, Subscription Identifier and all [MQTT-3.1.2-24]', () => {
  const sizes = [undefined, 268_435_455].map((identifier) => {
    const broker = new TestBroker()
    const client = broker.client('c', { version: 5, properties: { maximumPacketSize: 32 } })
    client.subscribe('a', 0, identifier === undefined ? {} : { identifier })
    client.lines()
    broker.client('p').publish('a', 'x'.repeat(26))
    return client.receivedBytes().length
  })
  expect(sizes).toEqual([32, 0])
})

test('5.0: retained and queued messages that are too large do not come either [MQTT-3.1.2-24, MQTT-3.1.2-25]', () => {
  const broker = new TestBroker()
  const properties = { maximumPacketSize: 32, sessionExpiryInterval: 60 }
  const publisher = broker.client('p')
  publisher.publish('r/1', 'x'.repeat(40), { retain: true })
  publisher.publish('r/2', 'fits', { retain: true })
  const client = broker.client('c', { version: 5, cleanStart: false, properties })
  client.subscribe('r/+', 1)
  expect(client.payloads()).toEqual(['fits'])
  client.cut()
  publisher.publish('r/3', 'y'.repeat(40), { qos: 1, packetId: 1 })
  publisher.publish('r/3', 'queued', { qos: 1, packetId: 2 })
  const next = broker.dial('c', { version: 5, cleanStart: false, properties })
  expect(next.lines()).toEqual([welcome(5, 1), 'PUBLISH q1 r0 d0 m1 r/3 queued'])
})

test('5.0: a message that was sent before and is too large for the next connection counts as delivered [MQTT-3.1.2-25]', () => {
  const broker = new TestBroker()
  const client = broker.client('c', { version: 5, properties: { sessionExpiryInterval: 60 } })
  const publisher = broker.client('p')
  client.subscribe('a', 1)
  publisher.publish('a', 'x'.repeat(40), { qos: 1, packetId: 1 })
  publisher.publish('a', 'fits', { qos: 1, packetId: 2 })
  client.cut()
  const next = broker.dial('c', { version: 5, cleanStart: false, properties: { sessionExpiryInterval: 60, maximumPacketSize: 32 } })
  expect(next.lines()).toEqual([welcome(5, 1), 'PUBLISH q1 r0 d1 m2 a fits'])
  next.cut()
  expect(broker.dial('c', { version: 5, cleanStart: false }).payloads()).toEqual(['fits'])
})

test('5.0: a message too large for one member of a shared subscription goes to another [MQTT-3.1.2-25]', () => {
  const broker = new TestBroker()
  const small = broker.client('small', { version: 5, properties: { maximumPacketSize: 32 } })
  const large = broker.client('large', { version: 5 })
  for (const member of [small, large]) {
    member.subscribe('$share/g/a', 1)
    member.lines()
  }
  const publisher = broker.client('p')
  const long = 'x'.repeat(40)
  for (const packetId of range(1, 4)) publisher.publish('a', long, { qos: 1, packetId })
  expect([small.payloads(), large.payloads()]).toEqual([[], [long, long, long, long]])
})

test.each([5, 10, 15])('5.0: to a client with Maximum Packet Size %i no packet is larger than that, CONNACK included [MQTT-3.1.2-24]', (maximumPacketSize) => {
  const broker = new TestBroker()
  const client = broker.dial('c', { version: 5, properties: { maximumPacketSize } })
  for (let bytes = client.receivedBytes(), at = 0; at < bytes.length; at += bytes[at + 1]! + 2)
    expect(bytes[at + 1]! + 2).toBeLessThanOrEqual(maximumPacketSize)
  expect([client.isClosed, broker.broker.sessionCount]).toEqual([true, 0])
})

test('5.0: an answer that is larger than the client takes is not sent [MQTT-3.1.2-24]', () => {
  const client = new TestBroker().client('c', { version: 5, properties: { maximumPacketSize: 40 } })
  const request = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  client.send({ type: 8, packetId: 1, subscriptions: range(1, 60).map((i) => ({ topicFilter: `${i}`, ...request })), properties: {} })
  expect(client.receivedBytes().length).toBeLessThanOrEqual(40)
})
