// `$SYS/broker/...`: retained values about the broker, at an interval, for those who ask for them by name.
// Names and formats as Mosquitto's, so that dashboards go on working.

import { expect, test } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { untilNextUpdate } from '../../src/broker/sys-topics.ts'
import { TestBroker } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

const COUNTED = [
  'messages/received',
  'messages/sent',
  'publish/received',
  'publish/sent',
  'publish/dropped',
  'bytes/received',
  'bytes/sent',
  'sockets',
  'connections',
]
const LOADS = COUNTED.flatMap((name) => ['1min', '5min', '15min'].map((period) => `load/${name}/${period}`))

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
      'messages/stored',
      'store/messages/count',
      'store/messages/bytes',
      'packet/out/count',
      'packet/out/bytes',
      'connections/socket/count',
      ...LOADS,
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
  for (const [name, value] of values) {
    if (name.startsWith('load/')) expect(value, name).toBe('0.00')
    else if (name !== 'version' && name !== 'uptime') expect(value, name).toMatch(/^\d+$/)
  }
})

test('the version may be that of the program that we stand in for; memory is told by those who know it', () => {
  let used = 1000
  const b = new TestBroker({ versionText: 'mosquitto version 2.1.2 (zanzara 1.2.3)', heapUsed: () => used, limits: { sysInterval: 10 } })
  const values = sysValues(b)
  expect(values.get('version')).toBe('mosquitto version 2.1.2 (zanzara 1.2.3)')
  expect([values.get('heap/current'), values.get('heap/maximum')]).toEqual(['1000', '1000'])
  used = 3000
  b.advance(10_000)
  used = 2000
  b.advance(10_000)
  const later = sysValues(b, 'later')
  expect([later.get('heap/current'), later.get('heap/maximum')]).toEqual(['2000', '3000'])
})

test('updates come at the round seconds of the calendar, and go with it when it is set', () => {
  let offset = 3_400
  const clock = new ManualClock(1_000_000)
  const b = new TestBroker({ clock, wallClock: () => clock.now() + offset, limits: { sysInterval: 10 } })
  const s = b.client('s', { keepAlive: 0 })
  s.subscribe('$SYS/broker/uptime')
  expect(s.payloads()).toEqual(['0 seconds'])
  const pass = (ms: number): string[] => {
    for (let i = 0; i < ms; i += 50) {
      clock.advance(50)
      b.broker.run(clock.now())
    }
    return s.payloads()
  }
  expect(pass(6_550)).toEqual([])
  expect(pass(50)).toEqual(['6 seconds']) // 1 010 000 of the calendar
  expect(pass(10_000)).toEqual(['16 seconds'])
  offset += 2_000 // somebody sets the calendar: the update that is due comes when it was to come, the next one is round again
  expect(pass(10_000)).toEqual(['26 seconds'])
  expect(pass(7_950)).toEqual([])
  expect(pass(50)).toEqual(['34 seconds'])
})

test('an update that came a little early is not repeated at once', () => {
  expect(untilNextUpdate(1_000_000, 10_000)).toBe(10_000)
  expect(untilNextUpdate(1_003_000, 10_000)).toBe(7_000)
  expect(untilNextUpdate(1_009_995, 10_000)).toBe(10_005)
  expect(untilNextUpdate(1_000_999, 1_000)).toBe(1_001)
})

test('what is stored and what waits', () => {
  const b = new TestBroker({ limits: { sysInterval: 10, maximumInflightMessages: 1 } })
  const base = Number(sysValues(b, 'first').get('messages/stored'))
  const gone = b.client('gone', { keepAlive: 0, cleanStart: false })
  gone.subscribe('t', 1)
  gone.disconnect()
  gone.gone()
  const slow = b.client('slow', { keepAlive: 0 })
  slow.subscribe('t', 1)
  const p = b.client('p', { keepAlive: 0 })
  for (let i = 1; i <= 3; i++) p.publish('t', 'x'.repeat(100), { qos: 1, packetId: i })
  p.publish('r', 'x', { retain: true })
  b.advance(10_000)
  const values = sysValues(b, 'second')
  // 3 queued for one client; 1 sent and 2 queued for the other; 1 retained; and those of $SYS itself, of which there were some at `base`
  const retained = Number(values.get('retained messages/count'))
  expect(Number(values.get('messages/stored'))).toBe(retained + 6)
  expect(values.get('store/messages/count')).toBe(values.get('messages/stored'))
  expect(retained).toBeGreaterThan(40)
  expect(base).toBeLessThan(retained)
  expect(Number(values.get('store/messages/bytes'))).toBeGreaterThan(500)
  expect(values.get('packet/out/count')).toBe('2')
  expect(Number(values.get('packet/out/bytes'))).toBeGreaterThanOrEqual(200)
  expect(values.get('connections/socket/count')).toBe('4')
})

test('loads: per minute, over 1, 5 and 15 minutes, told when they change by a hundredth', () => {
  const b = new TestBroker({ limits: { sysInterval: 10 } })
  const p = b.client('p', { keepAlive: 0 })
  const s = b.client('s', { keepAlive: 0 })
  s.subscribe('$SYS/broker/load/publish/received/+')
  s.received()
  for (let i = 0; i < 100; i++) p.publish('t', 'x')
  b.advance(10_000)
  // 600 a minute, seen for 10 seconds: 600 * (1 - e^(-10/60)), and so on
  expect(s.payloads()).toEqual(['92.11', '19.67', '6.63'])
  b.advance(10_000)
  expect(s.payloads()).toEqual(['77.97', '19.03', '6.56'])
  for (let i = 0; i < 1000; i++) b.advance(10_000)
  const told = s.payloads()
  expect(told.at(-1)).toBe('0.00')
  expect(new Set(told).size).toBeGreaterThan(300)
  b.advance(10_000)
  expect(s.payloads()).toEqual([])
})

test('each load counts its own', () => {
  const b = new TestBroker({ limits: { sysInterval: 60 } })
  const s = b.client('s', { keepAlive: 0 })
  s.subscribe('t', 1)
  s.publish('t', 'abc')
  s.publish('t', 'abc')
  b.link() // a socket that says nothing
  b.advance(60_000)
  const values = sysValues(b)
  const perMinute = (count: number): string => (count * (1 - Math.exp(-1))).toFixed(2)
  expect(values.get('load/sockets/1min')).toBe(perMinute(2))
  expect(values.get('load/connections/1min')).toBe(perMinute(1))
  expect(values.get('load/messages/received/1min')).toBe(perMinute(4))
  expect(values.get('load/messages/sent/1min')).toBe(perMinute(4))
  expect(values.get('load/publish/received/1min')).toBe(perMinute(2))
  expect(values.get('load/publish/sent/1min')).toBe(perMinute(2))
  expect(values.get('load/publish/dropped/1min')).toBe('0.00')
  expect(values.get('load/bytes/received/1min')).toBe(perMinute(Number(values.get('bytes/received'))))
  expect(values.get('load/bytes/sent/1min')).toBe(perMinute(Number(values.get('bytes/sent'))))
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
