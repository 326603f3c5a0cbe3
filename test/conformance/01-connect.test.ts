// CONNECT and CONNACK: what is accepted, what is refused and with which bytes [MQTT 3.1, 3.1.1, 5.0, sections 3.1 and 3.2].
// Names, passwords and AUTH are in 06-authentication.test.ts, timing of the first packet in 01-connect-waiting.test.ts.

import { expect, test } from 'vitest'
import type { Verdict } from '../../src/session/effects.ts'
import type { Connect } from '../../src/wire/mqtt/packet.ts'
import { bytesOf, connectFrame, field, frame, hexOf, welcome } from '../support/raw-packets.ts'
import { TestBroker } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

const NOTHING = ''

test.each(VERSIONS)('%s: CONNECT is answered with the bytes of Mosquitto 2.1 [MQTT-3.2.0-1, MQTT-3.2.2-1, MQTT-3.1.4-5]', (_name, version) => {
  const link = new TestBroker().link(version)
  link.sendBytes(connectFrame(version))
  expect(hexOf(link.receivedBytes())).toBe(version === 5 ? '200e00000b22000a27001e8480210014' : '20020000')
  expect(link.isClosed).toBe(false)
})

test.each(VERSIONS)('%s: CONNECT may come byte by byte; the answer follows the last one', (_name, version) => {
  const link = new TestBroker().link(version)
  const connect = connectFrame(version)
  for (const byte of connect.slice(0, -1)) link.sendBytes([byte])
  expect(link.lines()).toEqual([])
  link.sendBytes(connect.slice(-1))
  expect(link.lines()).toEqual([welcome(version)])
})

test.each([
  ['PUBLISH', '30 03 00 01 61'],
  ['SUBSCRIBE', '82 06 00 01 00 01 61 00'],
  ['PINGREQ', 'c0 00'],
  ['DISCONNECT', 'e0 00'],
  ['AUTH', 'f0 02 18 00'],
  ['CONNACK', '20 02 00 00'],
  ['a packet of type 0', '00 00'],
  ['CONNECT with flags', '11 0f 00 04 4d 51 54 54 04 02 00 3c 00 03 72 61 77'],
  ['an HTTP request', '47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a 0d 0a'],
  ['a TLS hello', '16 03 01 00 2a'],
])('%s as the first packet closes the connection without an answer [MQTT-3.1.0-1]', (_name, hex) => {
  const broker = new TestBroker()
  const link = broker.link()
  link.sendBytes(bytesOf(hex), connectFrame(4))
  expect([hexOf(link.receivedBytes()), link.isClosed]).toEqual([NOTHING, true])
  expect(broker.broker.sessionCount).toBe(0)
})

test.each([
  ['a foreign name closes [MQTT-3.1.2-1]', 'FOO', 4, NOTHING],
  ['a name in lower case closes [MQTT-3.1.2-1]', 'mqtt', 4, NOTHING],
  ['a longer name closes [MQTT-3.1.2-1]', 'MQTTS', 4, NOTHING],
  ['MQTT with level 3 gets return code 1 [MQTT-3.1.2-2]', 'MQTT', 3, '20020001'],
  ['MQTT with level 0 gets 0x84, as Mosquitto answers [MQTT-3.1.2-2]', 'MQTT', 0, '2003008400'],
  ['MQTT with level 2 gets 0x84, as Mosquitto answers [MQTT-3.1.2-2]', 'MQTT', 2, '2003008400'],
  ['MQIsdp with level 2 gets 0x84, as Mosquitto answers [MQTT-3.1.2-2]', 'MQIsdp', 2, '2003008400'],
  ['MQIsdp with level 4 gets return code 1 [MQTT-3.1.2-2]', 'MQIsdp', 4, '20020001'],
  ['MQTT with level 6 gets 0x84 [MQTT-3.1.2-2]', 'MQTT', 6, '2003008400'],
  ['MQTT with level 127 gets 0x84 [MQTT-3.1.2-2]', 'MQTT', 127, '2003008400'],
] as const)('%s', (_what, name, level, answer) => {
  const link = new TestBroker().link()
  link.sendBytes(connectFrame(4, { name, level }))
  expect([hexOf(link.receivedBytes()), link.isClosed]).toEqual([answer, true])
})

test.each(VERSIONS)('%s: bit 0x80 of the level marks a bridge and is accepted', (_name, version) => {
  const link = new TestBroker().link(version)
  link.sendBytes(connectFrame(version, { level: 0x80 | version }))
  expect(link.lines()).toEqual([welcome(version)])
})

test.each(VERSIONS)('%s: a version that is not offered is refused [MQTT-3.1.2-2]', (_name, version) => {
  const broker = new TestBroker({ limits: { versions: ([3, 4, 5] as const).filter((other) => other !== version) } })
  const link = broker.link(version)
  link.sendBytes(connectFrame(version))
  expect([hexOf(link.receivedBytes()), link.isClosed]).toEqual([version === 5 ? '2003008400' : '20020001', true])
  expect(broker.broker.sessionCount).toBe(0)
})

const will = (version: number): number[] => bytesOf(version === 5 ? '00' : '', field('w'), field('x'))

test.each([
  ['the reserved flag [MQTT-3.1.2-3]', connectFrame(4, { flags: 3 }), connectFrame(5, { flags: 3 })],
  ['flags of the first byte [MQTT-2.1.3-1]', [0x14, ...connectFrame(4).slice(1)], [0x14, ...connectFrame(5).slice(1)]],
] as const)('3.1.1 and 5.0 are closed without an answer for %s; in 3.1 it means nothing', (_what, four, five) => {
  for (const [version, packet] of [
    [4, four],
    [5, five],
  ] as const) {
    const link = new TestBroker().link(version)
    link.sendBytes([...packet])
    expect([version, hexOf(link.receivedBytes()), link.isClosed]).toEqual([version, NOTHING, true])
  }
  for (const packet of [connectFrame(3, { flags: 3 }), [0x14, ...connectFrame(3).slice(1)]]) {
    const link = new TestBroker().link(3)
    link.sendBytes(packet)
    expect([hexOf(link.receivedBytes()), link.isClosed]).toEqual(['20020000', false])
  }
})

test.each([
  ['Will QoS without a will [MQTT-3.1.2-11]', 2 | 8, () => []],
  ['Will QoS 3 [MQTT-3.1.2-12]', 2 | 4 | 0x18, will],
  ['Will Retain without a will [MQTT-3.1.2-13]', 2 | 0x20, () => []],
] as const)('without an answer is closed, in all versions: %s', (_what, flags, rest) => {
  for (const [, version] of VERSIONS) {
    const link = new TestBroker().link(version)
    link.sendBytes(connectFrame(version, { flags, rest: rest(version) }))
    expect([version, hexOf(link.receivedBytes()), link.isClosed]).toEqual([version, NOTHING, true])
  }
})

test.each(VERSIONS.slice(0, 2))('%s: a password without a user name closes the connection [MQTT3-3.1.2-22]', (_name, version) => {
  const link = new TestBroker().link(version)
  link.sendBytes(connectFrame(version, { flags: 2 | 0x40, rest: field('pw') }))
  expect([hexOf(link.receivedBytes()), link.isClosed]).toEqual([NOTHING, true])
})

test('5.0: a password without a user name is allowed, and reaches the authenticator', () => {
  const seen: unknown[] = []
  const broker = new TestBroker({
    authenticator: {
      authenticate: ({ userName, password }) => {
        seen.push(userName, password === null ? null : [...password])
        return { reasonCode: 0, userName }
      },
      begin: () => null,
    },
  })
  const link = broker.link(5)
  link.sendBytes(connectFrame(5, { flags: 2 | 0x40, rest: field([0, 255]) }))
  expect([link.lines(), seen]).toEqual([[welcome(5)], [null, [0, 255]]])
})

test.each([
  ['a will flag without the will [MQTT-3.1.2-9]', 2 | 4, []],
  ['fields behind the last one the flags name [MQTT-3.1.2-16]', 2, bytesOf('7a 7a')],
  ['a password although its flag is 0 [MQTT-3.1.2-18]', 2 | 0x80, [...field('u'), ...field('pw')]],
] as const)('3.1.1 closes without an answer, 5.0 answers 0x81: %s', (_what, flags, rest) => {
  for (const [version, answer] of [
    [4, NOTHING],
    [5, '2003008100'],
  ] as const) {
    const link = new TestBroker().link(version)
    link.sendBytes(connectFrame(version, { flags, rest }))
    expect([version, hexOf(link.receivedBytes()), link.isClosed]).toEqual([version, answer, true])
  }
})

test.each([
  ['a user name flag without the user name [MQTT-3.1.2-17]', 2 | 0x80, []],
  ['a password flag without the password [MQTT-3.1.2-19]', 2 | 0xc0, field('u')],
  ['a field that is cut off [MQTT-3.1.4-1]', 2 | 0x80, bytesOf('00 05 75')],
] as const)('faults of the credentials close without an answer in all versions, as in Mosquitto: %s', (_what, flags, rest) => {
  for (const version of [4, 5] as const) {
    const link = new TestBroker().link(version)
    link.sendBytes(connectFrame(version, { flags, rest }))
    expect([version, hexOf(link.receivedBytes()), link.isClosed]).toEqual([version, NOTHING, true])
  }
})

test.each(VERSIONS)(
  '%s: Client Identifier, will, user name and password are read in this order [MQTT-3.1.3-1, MQTT-3.1.3-3, MQTT-3.1.2-9]',
  (_name, version) => {
    const seen: unknown[] = []
    const authenticate = ({ clientId, userName, password, keepAlive, cleanStart }: Connect): Verdict => {
      seen.push(clientId, userName, password === null ? null : [...password], keepAlive, cleanStart)
      return { reasonCode: 0, userName }
    }
    const broker = new TestBroker({ authenticator: { authenticate, begin: () => null } })
    const watcher = broker.client('watcher')
    watcher.subscribe('topic', 2)
    watcher.lines()
    seen.length = 0
    const link = broker.link(version)
    const payload = bytesOf(version === 5 ? '00' : '', field('topic'), field('payload'))
    link.sendBytes(connectFrame(version, { flags: 0xc0 | 0x10 | 4, keepAlive: 0x1234, clientId: 'id', rest: bytesOf(payload, field('user'), field([1, 2])) }))
    expect([link.lines(), seen]).toEqual([[welcome(version)], ['id', 'user', [1, 2], 0x1234, false]])
    link.cut()
    expect(watcher.lines()).toEqual(['PUBLISH q2 r0 d0 m1 topic payload'])
  },
)

test('3.1: the Remaining Length decides whether user name and password are there, as that version says', () => {
  for (const [flags, rest] of [
    [2 | 0x80, []],
    [2 | 0xc0, []],
    [2 | 0xc0, field('u')],
  ] as const) {
    const link = new TestBroker().link(3)
    link.sendBytes(connectFrame(3, { flags, rest }))
    expect(link.lines()).toEqual([welcome(3)])
  }
})

test.each([
  ['U+0000 [MQTT-1.5.4-2]', [0x61, 0, 0x62]],
  ['a surrogate [MQTT-1.5.4-1]', [0xed, 0xa0, 0x80]],
  ['an overlong form [MQTT-1.5.4-1]', [0xc0, 0x80]],
  ['a byte that begins nothing [MQTT-3.1.3-4]', [0xff]],
])('3.x closes without an answer, 5.0 answers 0x85 to a Client Identifier with %s', (_what, clientId) => {
  for (const [, version] of VERSIONS) {
    const link = new TestBroker().link(version)
    link.sendBytes(connectFrame(version, { clientId }))
    expect([version, hexOf(link.receivedBytes()), link.isClosed]).toEqual([version, version === 5 ? '2003008500' : NOTHING, true])
  }
})

test.each([
  ['a single letter', 'Z'],
  ['23 letters and digits', '0123456789ABCDEFabcdefz'],
  ['24 characters', 'x'.repeat(24)],
  ['wildcards, slashes and spaces', '+/# a'],
  ['other alphabets', 'комар-蚊-🦟'],
  ['a byte order mark', '\ufeffx'],
  ['65,535 bytes', 'y'.repeat(65535)],
])('a Client Identifier of %s is accepted in all versions [MQTT-3.1.3-5]', (_what, clientId) => {
  for (const [, version] of VERSIONS) expect(new TestBroker().dial(clientId, { version }).lines()).toEqual([welcome(version)])
})

test('Client Identifiers that differ only in case or by a byte order mark are different clients [MQTT-3.1.3-2]', () => {
  const broker = new TestBroker()
  const clients = ['x', 'X', '\ufeffx'].map((clientId) => broker.client(clientId))
  expect([broker.broker.sessionCount, clients.map((client) => client.isClosed)]).toEqual([3, [false, false, false]])
})

test.each([
  ['3.1 refuses it with 2 [MQTT-3.1.3-8]', 3, 2, '20020002'],
  ['3.1 refuses it with 2 without Clean Session too [MQTT-3.1.3-8]', 3, 0, '20020002'],
  ['3.1.1 without Clean Session refuses it with 2 [MQTT3-3.1.3-8]', 4, 0, '20020002'],
] as const)('an empty Client Identifier: %s', (_what, version, flags, answer) => {
  const link = new TestBroker().link(version)
  link.sendBytes(connectFrame(version, { flags, clientId: '' }))
  expect([hexOf(link.receivedBytes()), link.isClosed]).toEqual([answer, true])
})

test('an empty Client Identifier with Clean Session is accepted in 3.1.1, each time as another client [MQTT3-3.1.3-6, MQTT3-3.1.3-7]', () => {
  const broker = new TestBroker()
  const one = broker.client('', { version: 4 })
  const other = broker.client('', { version: 4 })
  expect([broker.broker.connectedCount, one.isClosed, other.isClosed]).toEqual([2, false, false])
})

test.each([0, 2])('5.0: an empty Client Identifier gets one assigned, in the bytes of Mosquitto 2.1 (flags %i) [MQTT-3.1.3-7, MQTT-3.2.2-16]', (flags) => {
  const link = new TestBroker({ newId: () => '790E36C7-C897-66D6-4ABE-7CCB4DC34232' }).link(5)
  link.sendBytes(connectFrame(5, { flags, clientId: '' }))
  const id = '6175746f2d37393045333643372d433839372d363644362d344142452d374343423444433334323332'
  expect(hexOf(link.receivedBytes())).toBe(`203a00003722000a120029${id}27001e8480210014`)
})

test('5.0: an assigned Client Identifier is unique, and its session can be resumed under it [MQTT-3.1.3-6, MQTT-3.2.2-16]', () => {
  const broker = new TestBroker()
  const properties = { sessionExpiryInterval: 60 }
  const [first, second] = [1, 2].map(() => {
    const client = broker.dial('', { version: 5, properties })
    const [connack] = client.received()
    client.subscribe('a')
    client.cut()
    return connack?.type === 2 ? connack.properties.assignedClientIdentifier : undefined
  })
  expect([first, second]).toEqual(['auto-ID-1', 'auto-ID-2'])
  expect(broker.dial('auto-ID-1', { version: 5, cleanStart: false, properties }).lines()).toEqual([welcome(5, 1)])
})

test('an empty Client Identifier is refused where none are assigned: 2 in 3.1.1, 0x85 in 5.0 [MQTT-3.1.3-8]', () => {
  const broker = new TestBroker({ limits: { allowZeroLengthClientId: false } })
  for (const [version, code] of [
    [4, 2],
    [5, 0x85],
  ] as const) {
    const link = broker.dial('', { version })
    expect([link.lines(), link.isClosed]).toEqual([[`CONNACK 0 ${code}`], true])
  }
})

test.each(VERSIONS)('%s: a second CONNECT closes the connection without an answer [MQTT-3.1.0-2]', (_name, version) => {
  const broker = new TestBroker()
  const other = broker.client('other', { version })
  const link = broker.client('raw', { version })
  link.sendBytes(connectFrame(version, { clientId: 'other' }), frame(0xc0))
  expect([hexOf(link.receivedBytes()), link.isClosed]).toEqual([NOTHING, true])
  expect([broker.broker.connectedCount, other.isClosed]).toEqual([1, false])
})

test.each(VERSIONS)(
  '%s: a second CONNECT right behind the first gets no second CONNACK, but the will is published [MQTT-3.2.0-2, MQTT-3.1.2-8]',
  (_name, version) => {
    const broker = new TestBroker()
    const watcher = broker.client('watcher')
    watcher.subscribe('w')
    watcher.lines()
    const link = broker.link(version)
    const connect = connectFrame(version, { flags: 2 | 4, rest: will(version) })
    link.sendBytes(connect, connect)
    expect([link.lines(), link.isClosed]).toEqual([[welcome(version)], true])
    expect(watcher.lines()).toEqual(['PUBLISH q0 r0 d0 m0 w x'])
  },
)

test('5.0: faults in the properties of CONNECT are answered, in the fixed part they are not [MQTT-3.1.4-1]', () => {
  const answers = [{ properties: '21 00 00' }, { properties: '7f 00' }, { flags: 3 }].map((fields) => {
    const link = new TestBroker().link(5)
    link.sendBytes(connectFrame(5, fields))
    return [hexOf(link.receivedBytes()), link.isClosed]
  })
  expect(answers).toEqual([
    ['2003008200', true],
    ['2003008100', true],
    [NOTHING, true],
  ])
})
