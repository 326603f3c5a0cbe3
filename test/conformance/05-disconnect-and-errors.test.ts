// DISCONNECT from both sides, and what happens around a fault: what came before it counts, what comes after does not.
// [MQTT 5.0, sections 3.14 and 4.13]; which fault gets which code is in 05-observed-replies.test.ts.

import { expect, test } from 'vitest'
import { bytesOf, connectFrame, field, frame } from '../support/raw-packets.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

const will = { topicName: 'w', payload: new Uint8Array([0x78]), qos: 0, retain: false, properties: {} } as const

function watch(broker: TestBroker): TestClient {
  const watcher = broker.client('watcher', { keepAlive: 0 })
  watcher.subscribe('#')
  watcher.lines()
  return watcher
}

/** PUBLISH with QoS 0. */
function message(version: number, topic: string, payload: string): number[] {
  return frame(0x30, field(topic), version === 5 ? [0] : [], [...Buffer.from(payload)])
}

test.each(VERSIONS)('%s: DISCONNECT closes the connection without an answer [MQTT-3.14.4-2]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { version })
  client.sendBytes(bytesOf('e0 00'))
  expect([client.lines(), client.isClosed, broker.broker.connectedCount]).toEqual([[], true, 0])
})

test.each(VERSIONS)('%s: what was sent before DISCONNECT is delivered, what comes after it is not [MQTT-3.14.4-1]', (_name, version) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', { version })
  client.sendBytes(message(version, 'a', 'before'), bytesOf('e0 00'), message(version, 'a', 'after'))
  client.sendBytes(message(version, 'a', 'later'))
  expect([watcher.payloads(), client.lines()]).toEqual([['before'], []])
})

test.each(VERSIONS.slice(0, 2))('%s: DISCONNECT has no body: one with it is a fault, and the will is published [MQTT-3.1.2-8]', (_name, version) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', { version, will })
  client.sendBytes(bytesOf('e0 01 00'))
  expect([client.lines(), client.isClosed, watcher.payloads()]).toEqual([[], true, ['x']])
})

test('5.0: DISCONNECT may give a reason in words and User Properties', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', { version: 5, will })
  client.disconnect(0, { reasonString: 'bye', userProperties: [['a', 'b']] })
  expect([client.lines(), client.isClosed, watcher.payloads()]).toEqual([[], true, []])
})

test('5.0: a Server Reference from a client means nothing: its DISCONNECT is one, as in Mosquitto', () => {
  const client = new TestBroker().client('c', { version: 5 })
  client.sendBytes(frame(0xe0, '00 04 1c', field('x')))
  expect([client.lines(), client.isClosed]).toEqual([[], true])
})

test.each([
  ['a Reason Code for servers, 0x8B', 'e0 01 8b'],
  ['a Reason Code of other packets, 0x10', 'e0 01 10'],
  ['a property of other packets', 'e0 05 00 03 21 00 01'],
])('5.0: DISCONNECT with %s ends the connection as a fault: the will is published [MQTT-3.14.2-1, MQTT-3.1.2-8]', (_what, hex) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', { version: 5, will })
  client.sendBytes(bytesOf(hex))
  expect([client.isClosed, watcher.payloads()]).toEqual([true, ['x']])
})

const FAULTS: readonly (readonly [what: string, bytes: string])[] = [
  ['a packet of type 0', '00 00'],
  ['PUBLISH with QoS 3', '36 05 00 01 61 00 01'],
  ['PUBLISH with a wildcard', '30 05 00 03 61 2f 23'],
  ['PUBLISH with Packet Identifier 0', '32 06 00 01 61 00 00 00'],
  ['SUBSCRIBE with a malformed filter', '82 08 00 01 00 00 02 61 23 00'],
  ['a Remaining Length of five bytes', '30 80 80 80 80 01'],
  ['a second CONNECT', '10 00'],
  ['SUBACK', '90 03 00 01 00'],
]

test.each(FAULTS.flatMap(([what, hex]) => VERSIONS.map(([name, version]) => [name, what, version, hex] as const)))(
  '%s: all packets before %s are handled and answered, none after it [MQTT-4.13.1-1]',
  (_name, _what, version, hex) => {
    const broker = new TestBroker()
    const watcher = watch(broker)
    const client = broker.client('c', { version })
    const acknowledged = frame(0x32, field('a'), '00 09', version === 5 ? [0] : [], '32')
    client.sendBytes(
      message(version, 'a', '1'),
      acknowledged,
      bytesOf('c0 00'),
      message(version, 'a', '3'),
      bytesOf(hex),
      message(version, 'a', '4'),
      bytesOf('c0 00'),
    )
    client.sendBytes(message(version, 'a', '5'))
    expect(watcher.payloads()).toEqual(['1', '2', '3'])
    expect(client.lines().slice(0, 2)).toEqual(['PUBACK m9', 'PINGRESP'])
    expect([client.isClosed, broker.broker.connectedCount, watcher.isClosed]).toEqual([true, 1, false])
  },
)

test.each(VERSIONS)('%s: a fault in the middle of equal packets: those before it are delivered', (_name, version) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', { version })
  const numbered = (packetId: number): number[] => frame(0x32, field('a'), [0, packetId], version === 5 ? [0] : [], [0x30 + packetId])
  client.sendBytes(numbered(1), numbered(2), numbered(0), numbered(3))
  expect(client.lines()).toEqual(['PUBACK m1', 'PUBACK m2', ...(version === 5 ? ['DISCONNECT 0x82'] : [])])
  expect([watcher.payloads(), client.isClosed]).toEqual([['1', '2'], true])
})

test.each(VERSIONS)('%s: a fault is answered the same when its packet comes byte by byte', (_name, version) => {
  for (const [, hex] of FAULTS) {
    const whole = new TestBroker().client('c', { version })
    const split = new TestBroker().client('c', { version })
    whole.sendBytes(bytesOf(hex))
    for (const byte of bytesOf(hex)) split.sendBytes([byte])
    expect([hex, split.lines(), split.isClosed]).toEqual([hex, whole.lines(), true])
  }
})

test.each(VERSIONS.slice(0, 2))('%s: the broker sends no DISCONNECT, whatever happens [MQTT-3.14.0-1]', (_name, version) => {
  for (const [, hex] of FAULTS) {
    const client = new TestBroker().client('c', { version })
    client.sendBytes(bytesOf(hex))
    expect([hex, client.lines(), client.isClosed]).toEqual([hex, [], true])
  }
})

test('5.0: before CONNACK the broker sends no DISCONNECT [MQTT-3.14.0-1]', () => {
  for (const [, hex] of FAULTS) {
    const link = new TestBroker().link(5)
    link.sendBytes(bytesOf(hex))
    expect([hex, link.lines(), link.isClosed]).toEqual([hex, [], true])
  }
})

test.each([
  ['PUBACK', '41 02 00 07', 0x81],
  ['PUBREC', '52 02 00 07', 0x81],
  ['PUBREL', '60 02 00 07', 0x82],
  ['PUBCOMP', '78 02 00 07', 0x81],
  ['SUBSCRIBE', '83 07 00 01 00 00 01 61 00', 0x81],
  ['UNSUBSCRIBE', 'a0 06 00 01 00 00 01 61', 0x81],
  ['PINGREQ', 'c8 00', 0x81],
  ['DISCONNECT', 'e2 00', 0x82],
])('%s with wrong flags is malformed: 3.x is closed, 5.0 told first [MQTT-2.1.3-1]', (_what, hex, code) => {
  for (const [, version] of VERSIONS) {
    const broker = new TestBroker()
    const watcher = watch(broker)
    const client = broker.client('c', { version, will })
    client.sendBytes(bytesOf(hex))
    expect([client.lines(), client.isClosed]).toEqual([version === 5 ? [`DISCONNECT 0x${code.toString(16)}`] : [], true])
    expect(watcher.payloads()).toEqual(['x'])
  }
})

test('3.1 alone marks repeated PUBREL, SUBSCRIBE and UNSUBSCRIBE with DUP', () => {
  for (const [hex, answer] of [
    ['6a 02 00 07', 'PUBCOMP m7'],
    ['8a 06 00 01 00 01 61 00', 'SUBACK m1 [0]'],
    ['aa 05 00 01 00 01 61', 'UNSUBACK m1 []'],
  ] as const) {
    const clients = ([3, 4, 5] as const).map((version) => new TestBroker().client('c', { version }))
    for (const client of clients) client.sendBytes(bytesOf(hex))
    expect([clients[0]!.lines(), clients.map((client) => client.isClosed)]).toEqual([[answer], [false, true, true]])
  }
})

test.each([
  ['CONNACK', '20 02 00 00'],
  ['SUBACK', '90 03 00 01 00'],
  ['UNSUBACK', 'b0 02 00 01'],
  ['PINGRESP', 'd0 00'],
])('%s is no packet of a client: 3.x is closed, 5.0 told 0x82', (_what, hex) => {
  for (const [, version] of VERSIONS) {
    const client = new TestBroker().client('c', { version })
    client.sendBytes(bytesOf(hex))
    expect([client.lines(), client.isClosed]).toEqual([version === 5 ? ['DISCONNECT 0x82'] : [], true])
  }
})

test('a Remaining Length in more bytes than needed: 5.0 calls it malformed, 3.x reads it [MQTT-1.5.5-1]', () => {
  for (const [, version] of VERSIONS) {
    const client = new TestBroker().client('c', { version })
    client.sendBytes(bytesOf('c0 80 00'))
    expect([client.lines(), client.isClosed]).toEqual(version === 5 ? [['DISCONNECT 0x81'], true] : [['PINGRESP'], false])
  }
})

test('5.0: a Reason String says what was wrong, where the operator wants it', () => {
  const client = new TestBroker({ limits: { reasonStrings: true } }).client('c', { version: 5 })
  client.sendBytes(bytesOf('36 06 00 01 61 00 01 00'))
  const [disconnect] = client.received()
  expect(disconnect).toMatchObject({ type: 14, reasonCode: 0x81, properties: { reasonString: 'QoS 3' } })
})

test('5.0: a Reason String that would exceed the Maximum Packet Size is left out [MQTT-3.14.2-3]', () => {
  const topic = 'a/'.repeat(300)
  for (const [maximumPacketSize, hasReason] of [
    [1000, true],
    [30, false],
  ] as const) {
    const client = new TestBroker({ limits: { reasonStrings: true } }).client('c', { version: 5, properties: { maximumPacketSize } })
    client.publish(topic, 'x')
    const [disconnect] = client.received()
    expect(disconnect).toMatchObject({ type: 14, reasonCode: 0x90 })
    expect(disconnect?.type === 14 && 'reasonString' in disconnect.properties).toBe(hasReason)
  }
})

test('what is left of a connection after a fault takes no more: no state, no will twice', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', { will })
  client.sendBytes(bytesOf('00 00'))
  client.sendBytes(connectFrame(4, { clientId: 'again' }))
  client.gone()
  expect([watcher.payloads(), broker.broker.sessionCount, client.lines()]).toEqual([['x'], 1, []])
})
