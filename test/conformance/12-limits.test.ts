// How much may be on its way and waiting: Receive Maximum in both directions (20 announced, 1,024 taken), window, queue [MQTT 5.0, section 4.9].
// Packets that are too large are in 12-limits-of-packets.test.ts, topics and subscriptions in 12-limits-of-topics.test.ts.

import { expect, test } from 'vitest'
import { field, frame } from '../support/raw-packets.ts'
import { RecordingPersistence } from '../support/recording-persistence.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

/** PUBLISH of QoS 1 or 2 to `a`. */
function message(version: number, qos: 1 | 2, packetId: number, dup: 0 | 8 = 0): number[] {
  return frame(0x30 | (qos << 1) | dup, field('a'), [packetId >> 8, packetId & 255], version === 5 ? [0] : [], '78')
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/** What the broker writes when it ends a connection: 5.0 learns why. */
function farewell(version: number, code: string): string[] {
  return version === 5 ? [`DISCONNECT ${code}`] : []
}

test.each(VERSIONS)('%s: 1,024 unreleased QoS 2 messages are taken, one more ends the connection with 0x93 [MQTT-3.3.4-7]', (_name, version) => {
  const client = new TestBroker().client('c', { version })
  for (const packetId of range(1, 1024)) client.sendBytes(message(version, 2, packetId))
  expect([client.lines().length, client.isClosed]).toEqual([1024, false])
  client.sendBytes(message(version, 2, 1025))
  expect([client.lines().filter((line) => !line.startsWith('PUBREC')), client.isClosed]).toEqual([farewell(version, '0x93'), true])
})

test.each(VERSIONS)('%s: all in one read, the messages up to the limit are taken all the same [MQTT-3.3.4-7]', (_name, version) => {
  const taken = new TestBroker().client('c', { version })
  const refused = new TestBroker().client('c', { version })
  taken.sendBytes(...range(1, 1024).map((packetId) => message(version, 2, packetId)))
  expect([taken.lines().length, taken.isClosed]).toEqual([1024, false])
  refused.sendBytes(...range(1, 1025).map((packetId) => message(version, 2, packetId)))
  expect([refused.isClosed, refused.lines().filter((line) => !line.startsWith('PUBREC'))]).toEqual([true, farewell(version, '0x93')])
})

test.each(VERSIONS)('%s: repetitions of one message count once, and a released one counts no more [MQTT-4.3.3-10]', (_name, version) => {
  const client = new TestBroker().client('c', { version })
  client.sendBytes(...range(1, 1024).map((packetId) => message(version, 2, packetId)))
  for (let i = 0; i < 2000; i++) client.sendBytes(message(version, 2, 7, 8))
  expect([client.lines().length, client.isClosed]).toEqual([3024, false])
  client.acknowledge(6, 7)
  client.sendBytes(message(version, 2, 1025))
  expect([client.lines(), client.isClosed]).toEqual([['PUBCOMP m7', 'PUBREC m1025'], false])
  client.sendBytes(message(version, 2, 1026))
  expect(client.isClosed).toBe(true)
})

test('QoS 1 messages that are acknowledged at once never exceed it', () => {
  const client = new TestBroker().client('c', { version: 5 })
  client.sendBytes(...range(1, 5000).map((packetId) => message(5, 1, packetId)))
  expect([client.lines().length, client.isClosed]).toEqual([5000, false])
})

test('a client whose QoS 1 acknowledgements wait for the store is not ended but read no further [MQTT-3.3.4-7]', () => {
  const store = new RecordingPersistence()
  const broker = new TestBroker({ persistence: store })
  const client = broker.client('c', { version: 5 })
  const reader = broker.dial('reader', { cleanStart: false })
  reader.subscribe('a', 1)
  for (const packetId of range(1, 16_384)) client.sendBytes(message(5, 1, packetId))
  expect([client.lines(), client.isClosed, client.isPaused]).toEqual([[], false, false])
  for (const packetId of range(16_385, 16_390)) client.sendBytes(message(5, 1, packetId))
  expect([client.lines(), client.isClosed, client.isPaused]).toEqual([[], false, true])
  store.commit(broker)
  expect([client.lines().length, client.isClosed, client.isPaused]).toEqual([16_390, false, false])
})

function fill(broker: TestBroker, count: number, qos: 1 | 2 = 1): TestClient {
  const publisher = broker.client('p')
  for (const packetId of range(1, count)) {
    publisher.publish('a', `${packetId}`, { qos, packetId })
    if (qos === 2) publisher.acknowledge(6, packetId)
  }
  return publisher
}

test('5.0: no more than Receive Maximum messages are on their way; each acknowledgement lets one go [MQTT-3.3.4-9, MQTT-4.9.0-2]', () => {
  const broker = new TestBroker()
  const client = broker.client('c', { version: 5, properties: { receiveMaximum: 2 } })
  client.subscribe('a', 1)
  client.lines()
  fill(broker, 5)
  expect(client.payloads()).toEqual(['1', '2'])
  client.acknowledge(4, 2)
  expect(client.payloads()).toEqual(['3'])
  client.acknowledge(4, 2)
  expect(client.payloads()).toEqual([])
  client.acknowledge(4, 1, 3)
  expect(client.payloads()).toEqual(['4', '5'])
})

test('5.0: of QoS 2, PUBCOMP gives the room back and PUBREC does not, unless it refuses [MQTT-4.9.0-2, MQTT-4.9.0-3]', () => {
  const broker = new TestBroker()
  const client = broker.client('c', { version: 5, properties: { receiveMaximum: 1 } })
  client.subscribe('a', 2)
  client.lines()
  fill(broker, 3, 2)
  expect(client.lines()).toEqual(['PUBLISH q2 r0 d0 m1 a 1'])
  client.acknowledge(5, 1)
  expect(client.lines()).toEqual(['PUBREL m1'])
  client.acknowledge(7, 1)
  expect(client.lines()).toEqual(['PUBLISH q2 r0 d0 m2 a 2'])
  client.send({ type: 5, packetId: 2, reasonCode: 0x83, properties: {} })
  expect(client.lines()).toEqual(['PUBLISH q2 r0 d0 m3 a 3'])
})

test('5.0: a PUBACK that refuses gives the room back and is not repeated [MQTT-4.4.0-2, MQTT-4.9.0-2]', () => {
  const broker = new TestBroker()
  const client = broker.client('c', { version: 5, properties: { receiveMaximum: 1, sessionExpiryInterval: 60 } })
  client.subscribe('a', 1)
  client.lines()
  fill(broker, 2)
  client.send({ type: 4, packetId: 1, reasonCode: 0x97, properties: { reasonString: 'full' } })
  expect(client.payloads()).toEqual(['1', '2'])
  client.cut()
  expect(broker.dial('c', { version: 5, cleanStart: false }).payloads()).toEqual(['2'])
})

test('a full window delays neither QoS 0 nor other packets [MQTT-3.3.4-10, MQTT-3.3.4-9]', () => {
  for (const [, version] of VERSIONS) {
    const broker = new TestBroker({ limits: { maximumInflightMessages: 1 } })
    const client = broker.client('c', { version })
    client.subscribe('a', 1)
    client.lines()
    const publisher = fill(broker, 3)
    publisher.publish('a', 'zero')
    client.send({ type: 12 })
    client.subscribe('b', 0, { packetId: 9 })
    expect(client.lines()).toEqual(['PUBLISH q1 r0 d0 m1 a 1', 'PUBLISH q0 r0 d0 m0 a zero', 'PINGRESP', 'SUBACK m9 [0]'])
  }
})

test.each(VERSIONS)('%s: by default 20 messages are on their way at a time, as in Mosquitto', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { version })
  client.subscribe('a', 1)
  client.lines()
  fill(broker, 50)
  expect(client.payloads()).toHaveLength(20)
  client.acknowledge(4, ...range(1, 20))
  expect(client.payloads()).toHaveLength(20)
})

test('5.0: the lesser of window and Receive Maximum counts [MQTT-3.3.4-9]', () => {
  for (const [maximumInflightMessages, receiveMaximum, sent] of [
    [5, 3, 3],
    [3, 5, 3],
    [0, 40, 40],
    [0, undefined, 50],
  ] as const) {
    const broker = new TestBroker({ limits: { maximumInflightMessages } })
    const client = broker.client('c', { version: 5, properties: receiveMaximum === undefined ? {} : { receiveMaximum } })
    client.subscribe('a', 1)
    client.lines()
    fill(broker, 50)
    expect(client.payloads()).toHaveLength(sent)
  }
})

function offline(broker: TestBroker): void {
  const client = broker.client('c', { cleanStart: false })
  client.subscribe('a', 1)
  client.cut()
}

/** All that a session has kept, acknowledging as it comes. */
function takeAll(broker: TestBroker): string[] {
  const client = broker.dial('c', { cleanStart: false })
  const found: string[] = []
  for (let packets = client.received(); packets.length > 0; packets = client.received()) {
    for (const packet of packets) {
      if (packet.type !== 3) continue
      found.push(new TextDecoder().decode(packet.payload))
      client.acknowledge(4, packet.packetId)
    }
  }
  return found
}

test('a queue holds so many messages; the newest are refused, as in Mosquitto, and the publisher notices nothing', () => {
  const logged: string[] = []
  const broker = new TestBroker({ limits: { maximumQueuedMessages: 3 }, log: { write: (_level, text) => logged.push(text) } })
  offline(broker)
  expect(fill(broker, 6).lines()).toEqual(range(1, 6).map((packetId) => `PUBACK m${packetId}`))
  expect(takeAll(broker)).toEqual(['1', '2', '3'])
  expect(logged).toEqual(['Outgoing messages are being dropped for client c.'])
})

test('the window comes on top of the queue', () => {
  const broker = new TestBroker({ limits: { maximumQueuedMessages: 3, maximumInflightMessages: 2 } })
  const client = broker.client('c', { cleanStart: false })
  client.subscribe('a', 1)
  client.lines()
  fill(broker, 8)
  expect(client.payloads()).toEqual(['1', '2'])
  client.acknowledge(4, 1, 2)
  expect(client.payloads()).toEqual(['3', '4'])
  client.acknowledge(4, 3, 4)
  expect(client.payloads()).toEqual(['5'])
})

test('a queue that was full takes messages again when there is room; the log tells of it again after it was empty', () => {
  const logged: string[] = []
  const broker = new TestBroker({ limits: { maximumQueuedMessages: 2 }, log: { write: (_level, text) => logged.push(text) } })
  offline(broker)
  fill(broker, 4)
  expect(takeAll(broker)).toEqual(['1', '2'])
  broker.client('c', { cleanStart: false }).cut()
  fill(broker, 3)
  expect([takeAll(broker), logged.length]).toEqual([['1', '2'], 2])
})

test('by default 1,000 messages are queued; 0 is no limit', () => {
  for (const [limits, kept] of [
    [{}, 1000],
    [{ maximumQueuedMessages: 0 }, 1500],
  ] as const) {
    const broker = new TestBroker({ limits })
    offline(broker)
    fill(broker, 1500)
    expect(takeAll(broker)).toHaveLength(kept)
  }
})

test('a queue holds so many bytes; the newest are refused, one by one or many in a read alike', () => {
  const packets = range(1, 6).map((packetId) => frame(0x32, field('a'), [0, packetId], new Array<number>(91).fill(0x30 + packetId)))
  expect(packets[0]).toHaveLength(98)
  for (const inOneRead of [false, true]) {
    const broker = new TestBroker({ limits: { maximumQueuedBytes: 300 } })
    offline(broker)
    const publisher = broker.client('p')
    if (inOneRead) publisher.sendBytes(...packets)
    else for (const packet of packets) publisher.sendBytes(packet)
    expect([inOneRead, takeAll(broker).map((payload) => payload[0])]).toEqual([inOneRead, ['1', '2', '3']])
  }
})

test('messages in one read are refused at the same place as one by one', () => {
  for (const inOneRead of [false, true]) {
    const broker = new TestBroker({ limits: { maximumQueuedMessages: 4 } })
    offline(broker)
    const publisher = broker.client('p')
    const packets = range(1, 9).map((packetId) => frame(0x32, field('a'), [0, packetId], [0x30 + packetId]))
    if (inOneRead) publisher.sendBytes(...packets)
    else for (const packet of packets) publisher.sendBytes(packet)
    expect(takeAll(broker)).toEqual(['1', '2', '3', '4'])
  }
})

test('the bytes of a queue count down again as messages leave it', () => {
  const broker = new TestBroker({ limits: { maximumQueuedBytes: 300 } })
  offline(broker)
  for (let round = 0; round < 5; round++) {
    const publisher = broker.client('p')
    for (const packetId of range(1, 3)) publisher.publish('a', 'x'.repeat(80), { qos: 1, packetId })
    expect(takeAll(broker)).toHaveLength(3)
    broker.client('c', { cleanStart: false }).cut()
  }
})
