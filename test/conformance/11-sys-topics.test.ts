// `$SYS/broker/...`: retained values about the broker, at an interval, for those who ask for them by name.
// Names and formats as Mosquitto's, so that dashboards go on working.

import { expect, test } from 'vitest'
import { TestBroker } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

/** Topic below `$SYS/broker/` → value, as a new client sees it. */
function sysValues(b: TestBroker, clientId = 'reader'): Map<string, string> {
  const reader = b.client(clientId, { keepAlive: 0 })
  reader.subscribe('$SYS/#')
  const values = new Map<string, string>()
  for (const packet of reader.received()) {
    if (packet.type !== 3) continue
    expect(packet.retain, packet.topicName).toBe(true)
    values.set(packet.topicName.replace('$SYS/broker/', ''), new TextDecoder().decode(packet.payload))
  }
  return values
}

test('all topics are there from the start, retained, as text', () => {
  const b = new TestBroker({ version: '1.2.3', limits: { sysInterval: 10 } })
  const values = sysValues(b)
  expect([...values.keys()].sort()).toEqual(
    [
      'version',
      'uptime',
      'clients/total',
      'clients/maximum',
      'clients/connected',
      'clients/active',
      'clients/disconnected',
      'clients/inactive',
      'clients/expired',
      'messages/received',
      'messages/sent',
      'bytes/received',
      'bytes/sent',
      'publish/messages/received',
      'publish/messages/sent',
      'publish/messages/dropped',
      'publish/bytes/received',
      'publish/bytes/sent',
      'subscriptions/count',
      'shared_subscriptions/count',
      'retained messages/count',
    ].sort(),
  )
  expect(values.get('version')).toBe('zanzara version 1.2.3')
  expect(values.get('uptime')).toBe('0 seconds')
  for (const [name, value] of values) if (name !== 'version' && name !== 'uptime') expect(value, name).toMatch(/^\d+$/)
})

test('after each interval the values are those of that moment', () => {
  const b = new TestBroker({ limits: { sysInterval: 10 } })
  const p = b.client('p', { keepAlive: 0 })
  const s = b.client('s', { version: 5, keepAlive: 0, cleanStart: false, properties: { sessionExpiryInterval: 5 } })
  const gone = b.client('gone', { keepAlive: 0, cleanStart: false })
  gone.disconnect()
  s.subscribe('t', 1)
  s.subscribe('$share/g/u')
  p.publish('t', 'hello', { retain: true })
  p.publish('t', 'you', { qos: 1 })
  b.advance(10_000)
  const values = sysValues(b)
  expect(values.get('uptime')).toBe('10 seconds')
  expect(values.get('clients/total')).toBe('3')
  expect(values.get('clients/maximum')).toBe('3')
  expect([values.get('clients/connected'), values.get('clients/active')]).toEqual(['2', '2'])
  expect([values.get('clients/disconnected'), values.get('clients/inactive')]).toEqual(['1', '1'])
  expect(values.get('subscriptions/count')).toBe('1')
  expect(values.get('shared_subscriptions/count')).toBe('1')
  expect(values.get('publish/messages/received')).toBe('2')
  expect(values.get('publish/messages/sent')).toBe('2')
  expect(values.get('publish/bytes/received')).toBe('8')
  expect(values.get('publish/bytes/sent')).toBe('8')
  expect(values.get('messages/received')).toBe('8') // 3 CONNECT, DISCONNECT, 2 SUBSCRIBE, 2 PUBLISH
  expect(values.get('messages/sent')).toBe('8') // 3 CONNACK, 2 SUBACK, 2 PUBLISH, PUBACK
  s.cut()
  b.advance(10_000)
  expect(sysValues(b, 'another').get('clients/expired')).toBe('1')
})

test('a subscriber gets the value at once with RETAIN 1, then only what changed, with RETAIN 0', () => {
  const b = new TestBroker({ limits: { sysInterval: 10 } })
  const s = b.client('s', { keepAlive: 0 })
  s.subscribe('$SYS/broker/+', 2)
  const first = s.received().flatMap((packet) => (packet.type === 3 ? [packet] : []))
  expect(first.map(({ topicName, qos, retain }) => `${topicName} ${qos} ${retain}`).sort()).toEqual(['$SYS/broker/uptime 2 true', '$SYS/broker/version 2 true'])
  b.advance(9_900)
  expect(s.lines()).toEqual([])
  b.advance(100)
  expect(s.lines()).toEqual(['PUBLISH q2 r0 d0 m3 $SYS/broker/uptime 10 seconds'])
})

test('integers are published again only when they changed', () => {
  const b = new TestBroker({ limits: { sysInterval: 1 } })
  const s = b.client('s', { keepAlive: 0 })
  s.subscribe('$SYS/broker/clients/connected')
  b.advance(1_000)
  expect(s.payloads()).toEqual(['0', '1'])
  b.advance(1_000)
  expect(s.payloads()).toEqual([])
  b.client('t')
  b.advance(1_000)
  expect(s.payloads()).toEqual(['2'])
})

test('with sys_interval 0 there is none at all', () => {
  const b = new TestBroker({ limits: { sysInterval: 0 } })
  b.advance(100_000)
  expect(b.broker.retainedCount).toBe(0)
  expect(sysValues(b).size).toBe(0)
})

test.each(VERSIONS)('# and + do not bring them to a client of MQTT %s, $SYS/# does [MQTT-4.7.2-1]', (_name, version) => {
  const b = new TestBroker({ limits: { sysInterval: 10 } })
  const s = b.client('s', { version, keepAlive: 0 })
  s.subscribe('#')
  s.subscribe('+/broker/uptime')
  b.advance(10_000)
  expect(s.payloads()).toEqual([])
  s.subscribe('$SYS/+/uptime')
  expect(s.payloads()).toEqual(['10 seconds'])
})

test.each(VERSIONS)('a client of MQTT %s cannot publish there, nor leave a will there, whatever the authoriser says', (_name, version) => {
  const b = new TestBroker({ limits: { sysInterval: 10 } })
  const s = b.client('s', { keepAlive: 0 })
  s.subscribe('$SYS/broker/#')
  s.subscribe('$CONTROL/#')
  s.lines()
  const p = b.client('p', { version })
  const denied = version === 5 ? ' 0x87' : ''
  for (const topicName of ['$SYS/broker/uptime', '$SYS', '$SYS/own', '$CONTROL/dynamic-security/v1']) {
    p.publish(topicName, 'forged', { qos: 1, retain: true })
    expect(p.lines(), topicName).toEqual([`PUBACK m1${denied}`])
    p.publish(topicName, 'forged')
  }
  expect(s.payloads()).toEqual([])
  expect(p.isClosed).toBe(false)
  const w = b.dial('w', { version, will: { topicName: '$SYS/broker/uptime', payload: Uint8Array.of(1), qos: 0, retain: true, properties: {} } })
  expect(w.received()).toMatchObject([{ type: 2, reasonCode: version === 5 ? 0x87 : 5 }])
  expect(w.isClosed).toBe(true)
  expect(sysValues(b).get('uptime')).toBe('0 seconds')
})

test('other topics beginning with $ are the clients’ own', () => {
  const b = new TestBroker({ limits: { sysInterval: 10 } })
  const s = b.client('s')
  const p = b.client('p')
  s.subscribe('$own/#')
  s.subscribe('$SYSTEM')
  s.lines()
  p.publish('$own/t', 'x')
  p.publish('$SYSTEM', 'y')
  expect(s.payloads()).toEqual(['x', 'y'])
})
