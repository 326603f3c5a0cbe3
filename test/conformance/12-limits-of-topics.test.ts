// Limits on topics: levels and length, subscriptions per client, retained messages.
// Windows, queues and packet sizes are in 12-limits.test.ts.

import { expect, test } from 'vitest'
import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

/** A topic of so many levels. */
function deep(levels: number): string {
  return Array.from({ length: levels }, (_, i) => `${i % 10}`).join('/')
}

function watch(broker: TestBroker): TestClient {
  const watcher = broker.client('watcher')
  watcher.subscribe('#', 2)
  watcher.lines()
  return watcher
}

/** A refused filter in SUBACK; 3.1 knows no refusal. */
function refused(version: ProtocolVersion, code: number, qos: number): number {
  return version === 5 ? code : version === 4 ? 0x80 : qos
}

test.each(VERSIONS)('%s: a topic of 201 levels works, 202 end the connection with 0x90 [MQTT-4.7.3-3]', (_name, version) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', { version })
  client.publish(deep(201), 'deep', { qos: 1, packetId: 1 })
  expect([client.lines(), watcher.payloads()]).toEqual([['PUBACK m1'], ['deep']])
  client.publish(deep(202), 'too deep', { qos: 1, packetId: 2 })
  expect([client.lines(), client.isClosed]).toEqual([version === 5 ? ['DISCONNECT 0x90'] : [], true])
  expect(watcher.payloads()).toEqual([])
})

test.each(VERSIONS)('%s: a filter of 201 levels is granted, one of 202 refused; the others of its SUBSCRIBE are not [MQTT-3.9.3-1]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { version })
  const request = (topicFilter: string) => ({ topicFilter, qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }) as const
  const filters = [deep(201), deep(202), `${'+/'.repeat(200)}#`, `${'+/'.repeat(201)}#`, `$share/g/${deep(201)}`, 'a']
  client.send({ type: 8, packetId: 5, subscriptions: filters.map(request), properties: {} })
  const no = refused(version, 0x8f, 1)
  expect([client.lines(), client.isClosed]).toEqual([[`SUBACK m5 [1 ${no} 1 ${no} 1 1]`], false])
  broker.client('p').publish(deep(201), 'deep')
  expect(client.payloads()).toEqual(['deep', 'deep', 'deep'])
})

test.each(VERSIONS)('%s: topics and filters of 65,535 bytes work [MQTT-4.7.3-3]', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { version })
  const topic = 'x'.repeat(65535)
  client.subscribe(topic, 1)
  expect(client.lines()).toEqual(['SUBACK m1 [1]'])
  client.publish(topic, 'long')
  expect(client.received()).toMatchObject([{ type: 3, topicName: topic }])
})

test.each(VERSIONS)('%s: levels may be empty: 200 slashes, which Mosquitto takes, are 201 levels', (_name, version) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', { version })
  client.publish('/'.repeat(200), 'empty')
  expect(watcher.payloads()).toEqual(['empty'])
  client.publish('/'.repeat(201), 'too many')
  expect([watcher.payloads(), client.isClosed]).toEqual([[], true])
})

test.each(VERSIONS)('%s: subscriptions beyond the limit are refused with 0x97, those that exist may change, and room comes back', (_name, version) => {
  const broker = new TestBroker({ limits: { maximumSubscriptionsPerClient: 3 } })
  const client = broker.client('c', { version })
  const no = refused(version, 0x97, 1)
  for (const filter of ['a', 'b', '$share/g/c', 'd']) client.subscribe(filter, 1)
  expect(client.lines()).toEqual(['SUBACK m1 [1]', 'SUBACK m1 [1]', 'SUBACK m1 [1]', `SUBACK m1 [${no}]`])
  const publisher = broker.client('p')
  publisher.publish('d', 'not subscribed')
  client.subscribe('a', 2)
  expect(client.lines()).toEqual(['SUBACK m1 [2]'])
  client.unsubscribe('b')
  client.subscribe('d', 1)
  client.lines()
  publisher.publish('d', 'subscribed')
  expect(client.payloads()).toEqual(['subscribed'])
})

test('5.0: of many filters in one SUBSCRIBE those up to the limit are granted [MQTT-3.9.3-1]', () => {
  const client = new TestBroker({ limits: { maximumSubscriptionsPerClient: 2 } }).client('c', { version: 5 })
  const request = (topicFilter: string) => ({ topicFilter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }) as const
  client.send({ type: 8, packetId: 1, subscriptions: ['a', 'b', 'c', 'a'].map(request), properties: {} })
  expect(client.lines()).toEqual([`SUBACK m1 [0 0 ${0x97} 0]`])
})

test.each([1, 2] as const)('5.0: a retained message of QoS %i beyond the limit is refused with 0x97, and goes nowhere', (qos) => {
  const broker = new TestBroker({ limits: { maximumRetainedMessages: 2 } })
  const watcher = watch(broker)
  const client = broker.client('c', { version: 5 })
  for (const [i, topic] of ['a', 'b', 'c'].entries()) {
    client.publish(topic, topic, { qos, packetId: i + 1, retain: true })
    if (qos === 2 && i < 2) client.acknowledge(6, i + 1)
  }
  expect(client.lines().filter((line) => line.includes(' m3'))).toEqual([`${qos === 1 ? 'PUBACK' : 'PUBREC'} m3 0x97`])
  expect([watcher.payloads(), broker.broker.retainedCount, client.isClosed]).toEqual([['a', 'b'], 2, false])
})

test.each(VERSIONS)('%s: at the limit a retained message may be replaced or cleared, and then there is room again', (_name, version) => {
  const broker = new TestBroker({ limits: { maximumRetainedMessages: 2 } })
  const client = broker.client('c', { version })
  const retain = (topic: string, payload: string): void => client.publish(topic, payload, { retain: true })
  retain('a', '1')
  retain('b', '1')
  retain('c', 'refused')
  retain('a', '2')
  retain('b', '')
  retain('d', '1')
  client.subscribe('#')
  expect([client.payloads().sort(), broker.broker.retainedCount]).toEqual([['1', '2'], 2])
})

test.each([3, 4] as const)('version %i: a refused retained message is acknowledged all the same, and the connection stays', (version) => {
  const broker = new TestBroker({ limits: { maximumRetainedMessages: 0 } })
  const client = broker.client('c', { version })
  client.publish('a', 'x', { qos: 1, packetId: 1, retain: true })
  client.publish('a', 'x', { qos: 1, packetId: 2 })
  expect([client.lines(), client.isClosed, broker.broker.retainedCount]).toEqual([['PUBACK m1', 'PUBACK m2'], false, 0])
})

test('a will beyond the limit of retained messages harms nobody', () => {
  const broker = new TestBroker({ limits: { maximumRetainedMessages: 0 } })
  const watcher = watch(broker)
  broker.client('c', { will: { topicName: 'w', payload: new Uint8Array(1), qos: 2, retain: true, properties: {} } }).cut()
  watcher.send({ type: 12 })
  expect([watcher.lines().at(-1), broker.broker.retainedCount]).toEqual(['PINGRESP', 0])
})

test('the Topic Filters of one client may have so much text together; beyond it 0x97', () => {
  const b = new TestBroker({ limits: { maximumFilterTextPerClient: 20 } })
  const client = b.client('c', { version: 5 })
  client.subscribe('a/23456789', 1)
  client.subscribe('b/23456789', 1)
  client.subscribe('c', 1)
  expect(client.lines()).toEqual(['SUBACK m1 [1]', 'SUBACK m1 [1]', 'SUBACK m1 [151]'])
  client.subscribe('a/23456789', 0) // known: nothing is added
  client.unsubscribe('b/23456789')
  client.subscribe('c', 2)
  expect(client.lines()).toEqual(['SUBACK m1 [0]', 'UNSUBACK m1 [0]', 'SUBACK m1 [2]'])
})
