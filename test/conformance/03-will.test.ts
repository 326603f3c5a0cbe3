// The Will Message: which ends of a connection publish it, and in which shape it comes [MQTT 5.0, section 3.1.2.5].
// When it comes (delay, return, end of the session, takeover) is in 03-will-delay.test.ts.

import { expect, test } from 'vitest'
import { type Authorizer, PERMIT_ALL, type Permission } from '../../src/broker/ports.ts'
import type { ProtocolVersion, Will } from '../../src/wire/mqtt/packet.ts'
import { bytesOf, connectFrame, field, settled, welcome } from '../support/raw-packets.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

const encoder = new TextEncoder()

function will(payload: string, fields: Partial<Will> = {}): Will {
  return { topicName: 'w', payload: encoder.encode(payload), qos: 0, retain: false, properties: {}, ...fields }
}

/** Sees every will; 5.0, so that properties show. */
function watch(broker: TestBroker, qos: 0 | 1 | 2 = 2): TestClient {
  const watcher = broker.client('watcher', { version: 5, keepAlive: 0 })
  watcher.subscribe('w/#', qos)
  watcher.lines()
  return watcher
}

const ENDS: readonly (readonly [name: string, end: (client: TestClient, broker: TestBroker, version: ProtocolVersion) => void])[] = [
  ['the Network Connection breaks', (client) => client.cut()],
  ['the client is silent for one and a half Keep Alive [MQTT-3.1.2-22]', (_client, broker) => broker.advance(90_100)],
  ['the client breaks the protocol [MQTT-4.13.1-1]', (client) => client.sendBytes(bytesOf('00 00'))],
  ['the client sends a malformed packet', (client) => client.sendBytes(bytesOf('36 03 00 01 61'))],
  ['the client sends a second CONNECT [MQTT-3.1.0-2]', (client, _broker, version) => client.sendBytes(connectFrame(version))],
  ['the client is taken over [MQTT-3.1.4-3]', (_client, broker, version) => broker.client('c', { version })],
]

test.each(ENDS.flatMap(([end, act]) => VERSIONS.map(([name, version]) => [name, end, version, act] as const)))(
  '%s: the will is published once when %s [MQTT-3.1.2-8, MQTT-3.1.2-10]',
  (_name, _end, version, act) => {
    const broker = new TestBroker()
    const watcher = watch(broker)
    const client = broker.client('c', { version, will: will('gone') })
    expect(watcher.lines()).toEqual([])
    act(client, broker, version)
    expect([watcher.lines(), client.isClosed]).toEqual([['PUBLISH q0 r0 d0 m0 w gone'], true])
    client.gone()
    broker.advance(600_000)
    expect(watcher.lines()).toEqual([])
  },
)

test.each(VERSIONS)('%s: DISCONNECT deletes the will: it never comes [MQTT-3.14.4-3, MQTT-3.1.2-10]', (_name, version) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', { version, will: will('gone') })
  client.disconnect()
  expect(client.isClosed).toBe(true)
  client.gone()
  broker.advance(600_000)
  expect(watcher.lines()).toEqual([])
})

test.each(VERSIONS)('%s: DISCONNECT deletes the will of a persistent session for good [MQTT-3.14.4-3]', (_name, version) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const properties = version === 5 ? { sessionExpiryInterval: 10 } : {}
  broker.client('c', { version, cleanStart: false, properties, will: will('gone') }).disconnect()
  broker.client('c', { version, cleanStart: false, properties }).cut()
  broker.advance(60_000)
  expect(watcher.lines()).toEqual([])
})

const WITH_WILL = [0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99].map(
  (code) => [`0x${code.toString(16).padStart(2, '0')}`, code] as const,
)

test.each(WITH_WILL)('5.0: DISCONNECT with %s publishes the will [MQTT-3.1.2-8]', (_hex, reasonCode) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const client = broker.client('c', { version: 5, will: will('gone') })
  client.disconnect(reasonCode)
  expect([watcher.lines(), client.isClosed, client.lines()]).toEqual([['PUBLISH q0 r0 d0 m0 w gone'], true, []])
})

test.each(VERSIONS)('%s: the shutdown of the broker publishes no will; a 5.0 client learns 0x8B', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { version, will: will('gone', { retain: true }) })
  const watcher = watch(broker)
  broker.broker.shutdown()
  expect([client.lines(), client.isClosed]).toEqual([version === 5 ? ['DISCONNECT 0x8b'] : [], true])
  client.gone()
  broker.advance(600_000)
  expect([watcher.lines(), broker.broker.retainedCount]).toEqual([['DISCONNECT 0x8b'], 0])
})

test('after the shutdown began nobody is let in any more', () => {
  const broker = new TestBroker()
  broker.broker.shutdown()
  const client = broker.dial('late')
  expect([client.isClosed, client.lines(), broker.broker.sessionCount]).toEqual([true, [], 0])
})

test.each(VERSIONS)('%s: a refused CONNECT has no will [MQTT-3.1.2-7]', async (_name, version) => {
  let accept = true
  const broker = new TestBroker({ authenticator: { authenticate: async () => ({ reasonCode: accept ? 0 : 0x87, userName: null }), begin: () => null } })
  const watcher = broker.dial('watcher', { version: 5 })
  await settled()
  watcher.subscribe('w/#')
  expect(watcher.lines()).toEqual([welcome(5), 'SUBACK m1 [0]'])
  accept = false
  const client = broker.dial('c', { version, will: will('gone') })
  await settled()
  client.gone()
  expect([client.isClosed, watcher.lines()]).toEqual([true, []])
})

test.each(VERSIONS)('%s: a CONNECT without a will forgets that of the connection before [MQTT-3.1.2-7, MQTT-3.1.2-10]', (_name, version) => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const properties = version === 5 ? { sessionExpiryInterval: 100 } : {}
  broker.client('c', { version, cleanStart: false, properties, will: will('first') }).cut()
  expect(watcher.payloads()).toEqual(['first'])
  broker.client('c', { version, cleanStart: false, properties }).cut()
  broker.advance(200_000)
  expect(watcher.payloads()).toEqual([])
})

test.each([0, 1, 2] as const)('a will of QoS %i is delivered with the lesser of its QoS and the granted one [MQTT-3.1.2-9]', (qos) => {
  for (const granted of [0, 1, 2] as const) {
    const broker = new TestBroker()
    const watcher = watch(broker, granted)
    const least = Math.min(qos, granted)
    broker.client('c', { will: will('gone', { qos }) }).cut()
    expect(watcher.lines()).toEqual([`PUBLISH q${least} r0 d0 m${least > 0 ? 1 : 0} w gone`])
  }
})

test.each(VERSIONS)('%s: a will with RETAIN is a retained message, one without is not [MQTT-3.1.2-14, MQTT-3.1.2-15]', (_name, version) => {
  for (const retain of [true, false]) {
    const broker = new TestBroker()
    const watcher = watch(broker)
    broker.client('c', { version, will: will('gone', { retain, qos: 1 }) }).cut()
    expect(watcher.lines()).toEqual(['PUBLISH q1 r0 d0 m1 w gone'])
    const later = broker.client('later')
    later.subscribe('w', 1)
    expect(later.lines()).toEqual(retain ? ['SUBACK m1 [1]', 'PUBLISH q1 r1 d0 m1 w gone'] : ['SUBACK m1 [1]'])
  }
})

test.each(VERSIONS)('%s: an empty will with RETAIN clears the retained message, and is delivered', (_name, version) => {
  const broker = new TestBroker()
  const client = broker.client('c', { version, will: will('', { retain: true }) })
  client.publish('w', 'online', { retain: true })
  const watcher = watch(broker)
  client.cut()
  expect([watcher.lines(), broker.broker.retainedCount]).toEqual([['PUBLISH q0 r0 d0 m0 w '], 0])
})

test('5.0: the properties of a will are delivered unaltered, User Properties in their order; the delay is not [MQTT-3.1.3-10]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const properties = {
    payloadFormatIndicator: 1,
    messageExpiryInterval: 60,
    contentType: 'text/plain',
    responseTopic: 'r',
    correlationData: encoder.encode('k'),
    userProperties: [
      ['b', '1'],
      ['a', '2'],
      ['b', '1'],
    ],
  } as const
  broker.client('c', { version: 5, will: will('gone', { properties: { willDelayInterval: 0, ...properties } }) }).cut()
  const [publish] = watcher.received()
  expect(publish).toMatchObject({ type: 3, topicName: 'w', properties })
  expect(publish).not.toHaveProperty('properties.willDelayInterval')
})

test('5.0: the Message Expiry of a will counts from its publication, not from CONNECT or the break [MQTT-3.3.2-6]', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const properties = { willDelayInterval: 100, messageExpiryInterval: 10 }
  const client = broker.client('c', { version: 5, keepAlive: 0, properties: { sessionExpiryInterval: 1000 }, will: will('gone', { retain: true, properties }) })
  broker.advance(50_000)
  client.cut()
  broker.advance(100_050)
  expect(watcher.lines()).toEqual(['PUBLISH q0 r0 d0 m0 w gone {"messageExpiryInterval":10}'])
  broker.advance(6_000)
  const early = broker.client('early', { version: 5 })
  early.subscribe('w')
  expect(early.lines()).toEqual(['SUBACK m1 [0]', 'PUBLISH q0 r1 d0 m0 w gone {"messageExpiryInterval":4}'])
  broker.advance(5_000)
  const late = broker.client('late', { version: 5 })
  late.subscribe('w')
  expect(late.lines()).toEqual(['SUBACK m1 [0]'])
})

test('5.0: a will of 3.1.1 arrives without properties, one of 5.0 loses them towards 3.1.1', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const old = broker.client('old')
  old.subscribe('w')
  old.lines()
  broker.client('c', { version: 5, will: will('five', { properties: { contentType: 'text' } }) }).cut()
  broker.client('c', { version: 4, will: will('four') }).cut()
  expect(watcher.lines()).toEqual(['PUBLISH q0 r0 d0 m0 w five {"contentType":"text"}', 'PUBLISH q0 r0 d0 m0 w four'])
  expect(old.lines()).toEqual(['PUBLISH q0 r0 d0 m0 w five', 'PUBLISH q0 r0 d0 m0 w four'])
})

test('a will is binary: any bytes up to 65,535 of them', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const payload = Uint8Array.from({ length: 65535 }, (_, i) => i & 255)
  broker.client('c', { will: will('', { payload }) }).cut()
  const [publish] = watcher.received()
  expect(publish?.type === 3 && publish.payload.every((byte, i) => byte === (i & 255)) && publish.payload.length).toBe(65535)
})

test.each([
  ['a wildcard', 'a/#'],
  ['a single-level wildcard', '+/a'],
  ['no character', ''],
])('a Will Topic with %s is malformed: 3.x closes without an answer, 5.0 answers 0x81 [MQTT-3.1.4-1, MQTT-4.7.3-1]', (_what, topicName) => {
  for (const [, version] of VERSIONS) {
    const broker = new TestBroker()
    const link = broker.link(version)
    link.sendBytes(connectFrame(version, { flags: 2 | 4, rest: bytesOf(version === 5 ? '00' : '', field(topicName), field('x')) }))
    expect([version, Buffer.from(link.receivedBytes()).toString('hex'), link.isClosed]).toEqual([version, version === 5 ? '2003008100' : '', true])
    expect(broker.broker.sessionCount).toBe(0)
  }
})

test('a Will Topic that is not UTF-8 is malformed: 5.0 answers 0x81 [MQTT-3.1.3-11]', () => {
  for (const [, version] of VERSIONS) {
    const link = new TestBroker().link(version)
    link.sendBytes(connectFrame(version, { flags: 2 | 4, rest: bytesOf(version === 5 ? '00' : '', field([0xc3]), field('x')) }))
    expect([Buffer.from(link.receivedBytes()).toString('hex'), link.isClosed]).toEqual([version === 5 ? '2003008100' : '', true])
  }
})

test.each(['$SYS/broker/version', '$SYS', '$CONTROL/dynamic-security/v1'])(
  'a will on %s is refused at CONNECT: 5 in 3.x, 0x87 in 5.0 [MQTT-3.1.4-2]',
  (topicName) => {
    for (const [, version] of VERSIONS) {
      const broker = new TestBroker()
      const client = broker.dial('c', { version, will: will('x', { topicName }) })
      expect([client.lines(), client.isClosed, broker.broker.sessionCount]).toEqual([[`CONNACK 0 ${version === 5 ? 0x87 : 5}`], true, 0])
    }
  },
)

test('other topics that begin with $ are ordinary ones for wills', () => {
  const broker = new TestBroker()
  const watcher = broker.client('watcher')
  watcher.subscribe('$SYSTEM/#')
  watcher.lines()
  broker.client('c', { will: will('x', { topicName: '$SYSTEM/a' }) }).cut()
  expect(watcher.lines()).toEqual(['PUBLISH q0 r0 d0 m0 $SYSTEM/a x'])
})

test('a will where the client may not publish is refused at CONNECT, and takes no session over [MQTT-3.1.4-2]', () => {
  for (const [, version] of VERSIONS) {
    const authorizer: Authorizer = { ...PERMIT_ALL, mayPublish: (_clientId, _userName, topicName) => (topicName === 'w' ? 'deny' : 'allow') }
    const broker = new TestBroker({ authorizer })
    const first = broker.client('c', { version })
    const second = broker.dial('c', { version, will: will('x') })
    expect([second.lines(), second.isClosed, first.isClosed]).toEqual([[`CONNACK 0 ${version === 5 ? 0x87 : 5}`], true, false])
  }
})

test('a will is judged again when it is published: a permission that is gone stops it', () => {
  for (const allowed of [true, false]) {
    let permission: Permission = 'allow'
    let generation = 0
    const authorizer: Authorizer = {
      ...PERMIT_ALL,
      get generation() {
        return generation
      },
      mayPublish: () => permission,
    }
    const broker = new TestBroker({ authorizer })
    const watcher = watch(broker)
    const client = broker.client('c', { will: will('gone', { retain: true }) })
    client.publish('w', 'remembered')
    expect(watcher.payloads()).toEqual(['remembered'])
    permission = allowed ? 'allow' : 'deny'
    generation++
    client.cut()
    expect([watcher.payloads(), broker.broker.retainedCount]).toEqual(allowed ? [['gone'], 1] : [[], 0])
  }
})

test('a will of more topic levels than the broker takes is refused: 3 in 3.x, 0x90 in 5.0; one of 201 is published [MQTT-4.7.3-3]', () => {
  for (const [, version] of VERSIONS) {
    const broker = new TestBroker()
    const watcher = watch(broker)
    const refused = broker.dial('c', { version, will: will('too deep', { topicName: `w${'/'.repeat(201)}` }) })
    expect([refused.lines(), refused.isClosed]).toEqual([[`CONNACK 0 ${version === 5 ? 0x90 : 3}`], true])
    refused.gone()
    broker.client('c', { version, will: will('deep', { topicName: `w${'/'.repeat(200)}` }) }).cut()
    expect(watcher.payloads()).toEqual(['deep'])
  }
})

test('the own subscriptions of a session that ends get nothing of its will; those of one that stays do', () => {
  for (const cleanStart of [true, false]) {
    const broker = new TestBroker()
    const client = broker.client('c', { cleanStart, will: will('own', { qos: 1 }) })
    client.subscribe('w', 1)
    client.cut()
    expect(broker.dial('c', { cleanStart: false }).payloads()).toEqual(cleanStart ? [] : ['own'])
  }
})

test('many wills at once: each is published once, also those caused by a break in the middle of a message', () => {
  const broker = new TestBroker()
  const watcher = watch(broker)
  const clients = Array.from({ length: 50 }, (_, i) => broker.client(`c${i}`, { will: will(`${i}`) }))
  for (const client of clients) {
    client.sendBytes(bytesOf('30 0a 00 01 61 68 61'))
    client.cut()
  }
  expect(watcher.payloads()).toEqual(clients.map((_, i) => `${i}`))
})
