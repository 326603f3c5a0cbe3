// What CONNACK announces and what follows from it: Server Keep Alive, Maximum QoS, Retain Available, Response Information.
// [MQTT 5.0, section 3.2.2.3]; in 3.x the same limits hold without a word.

import { expect, test } from 'vitest'
import type { Properties } from '../../src/wire/mqtt/properties.ts'
import { welcome } from '../support/raw-packets.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

const will = { topicName: 'w', payload: new Uint8Array(0), qos: 0, retain: false, properties: {} } as const

function announced(client: TestClient): Properties {
  const [connack] = client.received()
  if (connack?.type !== 2 || connack.reasonCode !== 0) throw new Error(`no CONNACK 0 but ${JSON.stringify(connack)}`)
  return connack.properties
}

test.each([
  [0, 100, 150_000],
  [101, 100, 150_000],
  [65535, 100, 150_000],
  [100, undefined, 150_000],
  [40, undefined, 60_000],
])(
  '5.0, at most 100 s: Keep Alive %i is answered with Server Keep Alive %s, which is in force [MQTT-3.2.2-21, MQTT-3.2.2-22]',
  (asked, told, closedAfterMs) => {
    const broker = new TestBroker({ limits: { maximumKeepAlive: 100 } })
    const client = broker.dial('c', { version: 5, keepAlive: asked })
    expect(announced(client).serverKeepAlive).toBe(told)
    broker.advance(closedAfterMs - 100)
    expect(client.isClosed).toBe(false)
    broker.advance(200)
    expect(client.isClosed).toBe(true)
  },
)

test.each(VERSIONS.slice(0, 2))('%s: a Keep Alive that is too long cannot be lowered, hence is refused with 2', (_name, version) => {
  const broker = new TestBroker({ limits: { maximumKeepAlive: 100 } })
  const answers = [0, 101, 100].map((keepAlive) => broker.dial(`c${keepAlive}`, { version, keepAlive }).lines())
  expect(answers).toEqual([['CONNACK 0 2'], ['CONNACK 0 2'], ['CONNACK 0 0']])
})

test('5.0: without a limit no Server Keep Alive is sent, whatever the client asks [MQTT-3.2.2-22]', () => {
  const broker = new TestBroker()
  for (const keepAlive of [0, 1, 65535]) expect(announced(broker.dial('c', { version: 5, keepAlive })).serverKeepAlive).toBe(undefined)
})

test('5.0: Maximum QoS is announced when it is limited, and not as 2 [MQTT-3.2.2-9]', () => {
  const values = ([0, 1, 2] as const).map((maximumQos) => announced(new TestBroker({ limits: { maximumQos } }).dial('c', { version: 5 })).maximumQos)
  expect(values).toEqual([0, 1, undefined])
})

test.each(VERSIONS)('%s: with Maximum QoS 0 subscriptions of every QoS are accepted and granted 0 [MQTT-3.2.2-10]', (_name, version) => {
  const client = new TestBroker({ limits: { maximumQos: 0 } }).client('c', { version })
  for (const qos of [0, 1, 2] as const) client.subscribe(`a/${qos}`, qos, { packetId: qos + 1 })
  expect(client.lines()).toEqual(['SUBACK m1 [0]', 'SUBACK m2 [0]', 'SUBACK m3 [0]'])
})

test.each(VERSIONS)('%s: a PUBLISH above the Maximum QoS ends the connection, 5.0 with 0x9B [MQTT-3.2.2-11]', (_name, version) => {
  const broker = new TestBroker({ limits: { maximumQos: 1 } })
  const watcher = broker.client('watcher')
  const client = broker.client('c', { version })
  watcher.subscribe('a')
  watcher.lines()
  client.publish('a', 'fine', { qos: 1, packetId: 1 })
  client.publish('a', 'too much', { qos: 2, packetId: 2 })
  expect([client.lines(), client.isClosed]).toEqual([version === 5 ? ['PUBACK m1', 'DISCONNECT 0x9b'] : ['PUBACK m1'], true])
  expect(watcher.payloads()).toEqual(['fine'])
})

test('a will above the Maximum QoS is refused: 5.0 with 0x9B [MQTT-3.2.2-12]', () => {
  for (const [, version] of VERSIONS) {
    const broker = new TestBroker({ limits: { maximumQos: 1 } })
    const [at, above] = ([1, 2] as const).map((qos) => broker.dial(`c${qos}`, { version, will: { ...will, qos } }))
    expect([at!.isClosed, above!.isClosed, broker.broker.sessionCount]).toEqual([false, true, 1])
    if (version === 5) expect(above!.lines()).toEqual([`CONNACK 0 ${0x9b}`])
  }
})

test('5.0: Retain Available is announced as 0 when it is, else left out', () => {
  const values = [false, true].map((retainAvailable) => announced(new TestBroker({ limits: { retainAvailable } }).dial('c', { version: 5 })).retainAvailable)
  expect(values).toEqual([0, undefined])
})

test.each(VERSIONS)('%s: RETAIN where it is not offered ends the connection, 5.0 with 0x9A [MQTT-3.2.2-14]', (_name, version) => {
  const client = new TestBroker({ limits: { retainAvailable: false } }).client('c', { version })
  client.publish('a', 'x', { retain: true })
  expect([client.lines(), client.isClosed]).toEqual([version === 5 ? ['DISCONNECT 0x9a'] : [], true])
})

test('a will with RETAIN where it is not offered is refused: 5.0 with 0x9A [MQTT-3.2.2-13]', () => {
  for (const [, version] of VERSIONS) {
    const broker = new TestBroker({ limits: { retainAvailable: false } })
    const client = broker.dial('c', { version, will: { ...will, retain: true } })
    expect([client.isClosed, broker.broker.sessionCount]).toEqual([true, 0])
    if (version === 5) expect(client.lines()).toEqual([`CONNACK 0 ${0x9a}`])
  }
})

test('5.0: the properties come in the order of Mosquitto, for those who compare bytes', () => {
  const broker = new TestBroker({ limits: { maximumKeepAlive: 60, maximumQos: 1, retainAvailable: false } })
  const bytes = Buffer.from(broker.dial('', { version: 5, keepAlive: 61 }).receivedBytes()).toString('hex')
  expect(bytes).toMatch(/^20..0000..13003c22000a12....(?:..)*25002700[0-9a-f]{6}2100142401$/)
})

test('5.0: Response Information is given only to a client that asks for it [MQTT-3.1.2-28]', () => {
  const broker = new TestBroker({ limits: { responseInformation: 'replies/' } })
  const values = [undefined, 0, 1].map((asked) => {
    const properties = asked === undefined ? {} : { requestResponseInformation: asked }
    return announced(broker.dial('c', { version: 5, properties })).responseInformation
  })
  expect(values).toEqual([undefined, undefined, 'replies/'])
  expect(announced(new TestBroker().dial('c', { version: 5, properties: { requestResponseInformation: 1 } })).responseInformation).toBe(undefined)
})

test('5.0: Topic Alias Maximum is left out when aliases are off, and then every alias is refused with 0x94 [MQTT-3.3.2-9]', () => {
  const client = new TestBroker({ limits: { topicAliasMaximum: 0 } }).dial('c', { version: 5 })
  expect(announced(client).topicAliasMaximum).toBe(undefined)
  client.publish('a', 'x', { properties: { topicAlias: 1 } })
  expect([client.lines(), client.isClosed]).toEqual([['DISCONNECT 0x94'], true])
})

test('a refusal carries no session and none of the properties: it is as short as Mosquitto makes it [MQTT-3.2.2-6, MQTT-3.2.2-7]', () => {
  const broker = new TestBroker({ authenticator: { authenticate: () => ({ reasonCode: 0x87, userName: null }), begin: () => null } })
  for (const [version, hex] of [
    [3, '20020005'],
    [4, '20020005'],
    [5, '2003008700'],
  ] as const) {
    const client = broker.dial('c', { version, cleanStart: false })
    expect([Buffer.from(client.receivedBytes()).toString('hex'), client.isClosed]).toEqual([hex, true])
  }
})

test('5.0: the Session Expiry Interval is announced only when another one was granted than asked for', () => {
  const broker = new TestBroker({ limits: { maximumSessionExpiryInterval: 30 } })
  const granted = [0, 30, 31, 0xffffffff].map(
    (sessionExpiryInterval) => announced(broker.dial('c', { version: 5, properties: { sessionExpiryInterval } })).sessionExpiryInterval,
  )
  expect(granted).toEqual([undefined, undefined, 30, 30])
  expect(new TestBroker().dial('c', { version: 5, properties: { sessionExpiryInterval: 0xffffffff } }).lines()).toEqual([welcome(5)])
})
