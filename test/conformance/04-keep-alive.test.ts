// Keep Alive: what is silent for one and a half of it is closed, whatever the broker itself has sent meanwhile [section 3.1.2.10].
// Times are exact: never early, at most one tick of 50 ms late. Server Keep Alive is in 01-connack-properties.test.ts.

import { expect, test } from 'vitest'
import type { Packet, ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { connectFrame, frame } from '../support/raw-packets.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

test.each(VERSIONS)('%s: silence of one and a half Keep Alive closes without a word, as Mosquitto does [MQTT-3.1.2-22]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { version, keepAlive: 10 })
  broker.advance(14_999)
  expect(client.isClosed).toBe(false)
  broker.advance(51)
  expect([client.isClosed, client.lines(), broker.broker.connectedCount]).toEqual([true, [], 0])
})

test.each(VERSIONS)('%s: Keep Alive 0 is none: a client may be silent for a week', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { version, keepAlive: 0 })
  for (let hour = 0; hour < 168; hour++) broker.advance(3_600_000)
  expect(client.isClosed).toBe(false)
})

test.each([1, 2, 3, 7, 60, 65535])('Keep Alive %i s: closed after exactly one and a half of it [MQTT-3.1.2-22]', (keepAlive) => {
  const broker = new TestBroker()
  const client = broker.client('c', { keepAlive })
  broker.advance(keepAlive * 1500 - 1)
  expect(client.isClosed).toBe(false)
  broker.advance(51)
  expect(client.isClosed).toBe(true)
})

const PACKETS: readonly (readonly [name: string, send: (client: TestClient) => void])[] = [
  ['PINGREQ', (client) => client.send({ type: 12 })],
  ['PUBLISH', (client) => client.publish('a', 'x')],
  ['PUBLISH of QoS 2', (client) => client.publish('a', 'x', { qos: 2, packetId: 3 })],
  ['PUBACK', (client) => client.acknowledge(4, 9)],
  ['PUBREC', (client) => client.acknowledge(5, 9)],
  ['PUBREL', (client) => client.acknowledge(6, 9)],
  ['PUBCOMP', (client) => client.acknowledge(7, 9)],
  ['SUBSCRIBE', (client) => client.subscribe('b')],
  ['UNSUBSCRIBE', (client) => client.unsubscribe('b')],
]

test.each(PACKETS.flatMap(([packet, send]) => VERSIONS.map(([name, version]) => [name, packet, version, send] as const)))(
  '%s: %s keeps the connection alive [MQTT-3.1.2-22]',
  (_name, _packet, version, send) => {
    const broker = new TestBroker()
    const client = broker.client('c', { version, keepAlive: 10 })
    for (let i = 0; i < 5; i++) {
      broker.advance(14_900)
      expect(client.isClosed).toBe(false)
      send(client)
    }
    broker.advance(15_100)
    expect(client.isClosed).toBe(true)
  },
)

test.each(VERSIONS)('%s: PINGREQ is answered with PINGRESP, as often as it comes [MQTT-3.12.4-1]', (_name, version) => {
  const client = new TestBroker().client('c', { version })
  client.sendBytes(frame(0xc0), frame(0xc0))
  expect(client.lines()).toEqual(['PINGRESP', 'PINGRESP'])
  client.sendBytes([0xc0])
  expect(client.lines()).toEqual([])
  client.sendBytes([0])
  expect(client.lines()).toEqual(['PINGRESP'])
})

test.each(VERSIONS)('%s: what the broker sends does not keep a silent client alive [MQTT-3.1.2-22]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { version, keepAlive: 10 })
  const publisher = broker.client('p', { keepAlive: 0 })
  client.subscribe('a')
  client.lines()
  for (let second = 1; second < 15; second++) {
    broker.advance(1_000)
    publisher.publish('a', 'x')
    expect(client.payloads()).toEqual(['x'])
  }
  broker.advance(1_100)
  expect(client.isClosed).toBe(true)
})

test.each(VERSIONS)('%s: bytes that make no whole packet do not keep a client alive [MQTT-3.1.2-22]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { version, keepAlive: 10 })
  const publish = frame(0x30, [0, 1, 0x61, ...new Array<number>(60).fill(0)])
  for (let i = 0; i < 4; i++) {
    broker.advance(4_900)
    client.sendBytes([publish[i]!])
  }
  expect(client.isClosed).toBe(true)
})

test.each(VERSIONS)('%s: the time counts from CONNECT, not from the opening of the connection', (_name, version) => {
  const broker = new TestBroker()
  const link = broker.link(version)
  broker.advance(9_000)
  link.sendBytes(connectFrame(version, { keepAlive: 10 }))
  broker.advance(14_900)
  expect(link.isClosed).toBe(false)
  broker.advance(200)
  expect(link.isClosed).toBe(true)
})

test('clients with different Keep Alives end each in its own time', () => {
  const broker = new TestBroker()
  const clients = [30, 10, 20].map((keepAlive) => broker.client(`c${keepAlive}`, { keepAlive }))
  const closed = [15_050, 15_000, 15_000].map((ms) => {
    broker.advance(ms)
    return clients.map((client) => client.isClosed)
  })
  expect(closed).toEqual([
    [false, true, false],
    [false, true, true],
    [true, true, true],
  ])
})

test('a session that a Keep Alive ended is kept as long as any other [MQTT-3.1.2-23]', () => {
  const broker = new TestBroker()
  const options = { cleanStart: false, keepAlive: 10 }
  const client = broker.client('c', options)
  client.subscribe('a', 1)
  broker.advance(15_100)
  broker.client('p').publish('a', 'waiting', { qos: 1 })
  expect(broker.dial('c', options).payloads()).toEqual(['waiting'])
})

test('after DISCONNECT nothing is due any more', () => {
  const ended: string[] = []
  const broker = new TestBroker({ observer: { opened: () => {}, connected: () => {}, ended: (_peer, _id, cause) => ended.push(cause) } })
  broker.client('c', { keepAlive: 10 }).disconnect()
  broker.advance(60_000)
  expect(ended).toEqual(['disconnect'])
})

test.each(VERSIONS)('%s: a broker that was not run for a while closes the silent and spares those that were heard', (_name, version: ProtocolVersion) => {
  const broker = new TestBroker()
  const ping: Packet = { type: 12 }
  const silent = broker.client('silent', { version, keepAlive: 10 })
  const lively = broker.client('lively', { version, keepAlive: 10 })
  broker.clock.advance(20_000)
  lively.send(ping)
  broker.advance(0)
  expect([silent.isClosed, lively.isClosed, lively.lines()]).toEqual([true, false, ['PINGRESP']])
})
