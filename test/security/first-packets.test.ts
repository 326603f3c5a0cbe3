// What strangers send first: silence, crumbs, other protocols, broken CONNECT packets (rows 1 to 17 of docs/security.md).
// Reactions are those of Mosquitto 2.1 on the wire.

import { expect, test } from 'vitest'
import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { connectFrame, field, frame, type Part } from '../support/raw-packets.ts'
import { TestBroker } from '../support/test-broker.ts'
import { heldBytes, row, until } from './arena.ts'

const ALL: readonly ProtocolVersion[] = [3, 4, 5]
const will = (...parts: readonly Part[]): Part => parts.flatMap((part) => (typeof part === 'string' ? [] : [...part]))

/** One reaction per input, the same in each of its versions. */
type Expected = readonly (readonly [name: string, version: ProtocolVersion, bytes: readonly Part[], reaction: string])[]

function first(number: number, title: string, expected: Expected): void {
  row(number, title, async (arena) => {
    for (const [name, version, bytes, reaction] of expected) expect([name, await arena.reaction(bytes, version, 'first')]).toEqual([name, reaction])
  })
}

row(
  1,
  'a connection that says nothing is closed in time',
  async (arena) => {
    const begun = performance.now()
    const silent = Array.from({ length: 50 }, () => arena.attacker())
    await until(() => silent.every(({ isClosed }) => isClosed), 'all closed')
    expect(performance.now() - begun).toBeGreaterThan(250)
    expect(silent.every(({ bytes }) => bytes.length === 0)).toBe(true)
  },
  { limits: { connectTimeoutMs: 300 } },
)

test('row 1: the time is ten seconds, of silence and of crumbs', () => {
  const b = new TestBroker()
  const silent = b.link()
  const slow = b.link()
  for (let second = 0; second < 9; second++) {
    slow.sendBytes(connectFrame(4).slice(second, second + 1))
    b.advance(1100)
  }
  expect([silent.isClosed, slow.isClosed]).toEqual([false, false])
  b.advance(200)
  expect([silent.isClosed, slow.isClosed, silent.receivedBytes().length]).toEqual([true, true, 0])
})

row(
  2,
  'a byte now and then does not lengthen the time for CONNECT',
  async (arena) => {
    const slow = arena.attacker()
    const bytes = connectFrame(5, { clientId: 'x'.repeat(1000) })
    const begun = performance.now()
    let at = 0
    const timer = setInterval(() => slow.write([bytes[at++] ?? 0]), 20)
    await slow.closed()
    clearInterval(timer)
    expect(performance.now() - begun).toBeLessThan(5000)
    expect([slow.bytes.length, at > 5, at < bytes.length]).toEqual([0, true, true])
  },
  { limits: { connectTimeoutMs: 300 } },
)

first(
  3,
  'anything but CONNECT first is closed at once',
  ALL.flatMap((version) =>
    ['3003000161', 'c000', '0000', 'f000', '20020000', '40020001', '62020001', '8206000100016100', 'd000', 'e000'].map(
      (hex) => [hex, version, [hex], 'closed'] as const,
    ),
  ),
)

row(4, 'HTTP and TLS on the plain port are closed, TLS with a hint', async (arena) => {
  expect(await arena.reaction([new TextEncoder().encode('GET / HTTP/1.1\r\nHost: broker\r\n\r\n')], 4, 'first')).toBe('closed')
  expect(await arena.reaction(['16030100c8010000c40303', new Array(190).fill(7)], 4, 'first')).toBe('closed')
  expect(arena.linesAbout(arena.attackers[1]!)).toEqual([
    expect.stringMatching(/^Client from 127\.0\.0\.1:\d+ appears to be using TLS to connect to a non-TLS listener\.$/),
    expect.stringContaining('disconnected'),
  ])
})

row(5, 'CONNECT that announces 268,435,455 bytes is closed after its fixed header; a thousand of them cost nothing', async (arena) => {
  const before = heldBytes()
  for (let round = 0; round < 10; round++) {
    const many = Array.from({ length: 100 }, () => arena.attacker())
    for (const one of many) one.write('10 ffffff7f')
    await until(() => many.every(({ isClosed }) => isClosed), 'all closed')
    expect(many.every(({ bytes }) => bytes.length === 0)).toBe(true)
  }
  arena.attackers.length = 0
  expect((heldBytes() - before) / 2 ** 20).toBeLessThan(8)
  // one that announces what is allowed and sends nothing holds what it has sent, not what it announced
  const waiting = Array.from({ length: 200 }, () => arena.attacker())
  for (const one of waiting) one.write('10 9f8d06')
  await until(() => arena.running.connections === 202, 'all there')
  expect((heldBytes() - before) / 2 ** 20).toBeLessThan(16)
})

first(6, 'Remaining Length of five bytes, or in more bytes than needed', [
  ...ALL.map((version) => ['five bytes', version, ['10 ffffffff01'], 'closed'] as const),
  ['not minimal, 5.0', 5, ['108e00', connectFrame(5).slice(2)], 'closed'],
  ['not minimal, 3.1.1', 4, [[0x10, (connectFrame(4).length - 2) | 0x80, 0], connectFrame(4).slice(2)], 'CONNACK 0 0, open'],
])

first(7, 'wrong names and levels of the protocol', [
  ['MQIsdp with level 4', 4, [connectFrame(4, { name: 'MQIsdp' })], 'CONNACK 0 1, closed'],
  ['MQTT with level 3', 4, [connectFrame(4, { level: 3 })], 'CONNACK 0 1, closed'],
  ['mqtt', 4, [connectFrame(4, { name: 'mqtt' })], 'closed'],
  ['a name of 65,535 bytes announced', 4, [frame(0x10, 'ffff', field('MQTT'))], 'closed'],
  ['level 6', 5, [connectFrame(5, { level: 6 })], 'CONNACK 0 132, closed'],
  ['level 0', 5, [connectFrame(4, { level: 0 })], 'CONNACK 0 132, closed'],
  ['level 255', 5, [connectFrame(4, { level: 255 })], 'CONNACK 0 132, closed'],
])

first(8, 'flags of CONNECT that contradict each other', [
  ['reserved bit', 4, [connectFrame(4, { flags: 3 })], 'closed'],
  ['reserved bit, 5.0', 5, [connectFrame(5, { flags: 3 })], 'closed'],
  ['will of QoS 3', 4, [connectFrame(4, { flags: 0x1e, rest: will(field('w'), field('x')) })], 'closed'],
  ['will of QoS 3, 5.0', 5, [connectFrame(5, { flags: 0x1e, rest: will([0], field('w'), field('x')) })], 'closed'],
  ['RETAIN without a will', 4, [connectFrame(4, { flags: 0x22 })], 'closed'],
  ['QoS without a will', 4, [connectFrame(4, { flags: 0x0a })], 'closed'],
  ['password without a name', 4, [connectFrame(4, { flags: 0x42, rest: field('secret') })], 'closed'],
  ['password without a name is right in 5.0', 5, [connectFrame(5, { flags: 0x42, rest: field('secret') })], 'CONNACK 0 0, open'],
])

first(
  9,
  'a second CONNECT ends the connection',
  ALL.map((version) => [`version ${version}`, version, [connectFrame(version), connectFrame(version)], 'CONNACK 0 0, closed'] as const),
)

first(10, 'no Client Identifier where a session shall be kept', [
  ['3.1.1', 4, [connectFrame(4, { flags: 0, clientId: '' })], 'CONNACK 0 2, closed'],
  ['3.1', 3, [connectFrame(3, { flags: 2, clientId: '' })], 'CONNACK 0 2, closed'],
  ['5.0', 5, [connectFrame(5, { flags: 0, clientId: '' })], 'CONNACK 0 0, open'],
])

first(11, 'Client Identifiers that are no text, and a very long one', [
  ...ALL.flatMap((version) =>
    (
      [
        ['U+0000', [97, 0, 98]],
        ['a lone surrogate', [0xed, 0xa0, 0x80]],
        ['overlong U+0000', [0xc0, 0x80]],
        ['a control character', [97, 7]],
        ['cut short', [0xe2, 0x82]],
      ] as const
    ).map(([name, clientId]) => [name, version, [connectFrame(version, { clientId })], version === 5 ? 'CONNACK 0 133, closed' : 'closed'] as const),
  ),
  ['65,535 bytes', 4, [connectFrame(4, { clientId: 'x'.repeat(65_535) })], 'CONNACK 0 0, open'],
])

const userProperties = (count: number): number[] => Array.from({ length: count }, () => [0x26, ...field('a'), ...field('b')]).flat()

/** A CONNECT of 5.0 whose property length takes more than one byte. */
function connectWith(properties: readonly number[]): number[] {
  const length: number[] = []
  for (let rest = properties.length; ; rest >>= 7) {
    length.push((rest & 127) | (rest > 127 ? 128 : 0))
    if (rest <= 127) break
  }
  return frame(0x10, field('MQTT'), [5, 2, 0, 60, ...length, ...properties], field('raw'))
}

row(13, '20,000 User Properties: too large before CONNECT, taken where the packet may be that large', async (arena) => {
  const many = userProperties(20_000)
  const length = [(many.length & 127) | 128, ((many.length >> 7) & 127) | 128, many.length >> 14]
  expect(await arena.reaction([connectWith(many)], 5, 'first')).toBe('closed')
  expect(await arena.reaction([frame(0x82, [0, 1], length, many, field('a'), [0])], 5)).toMatch(/^(DISCONNECT 0x95, )?closed$/)
  expect(await arena.reaction([frame(0xe0, [0], length, many)], 5)).toMatch(/^(DISCONNECT 0x95, )?closed$/)
  expect(await arena.reaction([frame(0x30, field('a'), length, many)], 5)).toBe('open')
  const fits = userProperties(14_000)
  expect(await arena.reaction([connectWith(fits)], 5, 'first')).toBe('CONNACK 0 0, open')
})

const PUBLISH = (properties: Part, length?: number): number[] => {
  const body = typeof properties === 'string' ? Buffer.from(properties.replaceAll(' ', ''), 'hex') : properties
  return frame(0x30, field('a'), [length ?? body.length], body, [0x78])
}

row(14, 'properties longer than the packet, unknown, twice, or of another packet', async (arena) => {
  for (const [name, bytes, reaction] of [
    ['longer than the packet', PUBLISH('', 100), 'DISCONNECT 0x81, closed'],
    ['a property over the end of all', PUBLISH('02 0000', 3), 'DISCONNECT 0x81, closed'],
    ['unknown', PUBLISH('7f 00'), 'DISCONNECT 0x81, closed'],
    ['unknown, of two bytes', PUBLISH('80 01 00'), 'DISCONNECT 0x81, closed'],
    ['twice', PUBLISH('02 00000001 02 00000001'), 'DISCONNECT 0x82, closed'],
    ['of CONNECT', PUBLISH('11 00000001'), 'DISCONNECT 0x82, closed'],
  ] as const) {
    expect([name, await arena.reaction([bytes], 5)]).toEqual([name, reaction])
  }
  for (const [name, properties, code] of [
    ['longer than the packet', '', 129],
    ['unknown', '7f00', 129],
    ['twice', '21000121 0001', 130],
    ['of PUBLISH', '230001', 130],
  ] as const) {
    const bytes = name === 'longer than the packet' ? frame(0x10, field('MQTT'), [5, 2, 0, 60, 0x7f], field('raw')) : connectFrame(5, { properties })
    expect([name, await arena.reaction([bytes], 5, 'first')]).toEqual([name, `CONNACK 0 ${code}, closed`])
  }
})

first(15, 'a payload that is not the text it says it is passes as in Mosquitto; an indicator that is neither 0 nor 1 does not', [
  ['will, indicator 1', 5, [connectFrame(5, { flags: 6, rest: will([2, 1, 1], field('w'), field([0xff])) })], 'CONNACK 0 0, open'],
  ['will, indicator 2', 5, [connectFrame(5, { flags: 6, rest: will([2, 1, 2], field('w'), field('x')) })], 'CONNACK 0 130, closed'],
  ['PUBLISH, indicator 1', 5, [connectFrame(5), frame(0x30, field('a'), [2, 1, 1, 0xff])], 'CONNACK 0 0, open'],
  ['PUBLISH, indicator 2', 5, [connectFrame(5), frame(0x30, field('a'), [2, 1, 2, 0xff])], 'CONNACK 0 0, DISCONNECT 0x82, closed'],
])

first(16, 'zero where zero is forbidden, and a single property twice', [
  ['Receive Maximum 0', 5, [connectFrame(5, { properties: '210000' })], 'CONNACK 0 130, closed'],
  ['Maximum Packet Size 0', 5, [connectFrame(5, { properties: '2700000000' })], 'CONNACK 0 130, closed'],
  ['Session Expiry Interval twice', 5, [connectFrame(5, { properties: '1100000001 1100000001' })], 'CONNACK 0 130, closed'],
  ['Maximum Packet Size 1: no CONNACK fits', 5, [connectFrame(5, { properties: '2700000001' })], 'closed'],
])

const X_METHOD = [0x15, ...field('X')]
first(17, 'enhanced authentication without a method, with an unknown one, and AUTH at the wrong time', [
  ['data without a method', 5, [connectFrame(5, { properties: '16000158' })], 'CONNACK 0 130, closed'],
  ['unknown method', 5, [connectFrame(5, { properties: X_METHOD })], 'CONNACK 0 140, closed'],
  ['AUTH first', 5, ['f000'], 'closed'],
  ['AUTH of who did not begin with it', 5, [connectFrame(5), frame(0xf0, [0x19, X_METHOD.length], X_METHOD)], 'CONNACK 0 0, DISCONNECT 0x82, closed'],
  ['AUTH in 3.1.1', 4, [connectFrame(4), 'f000'], 'CONNACK 0 0, closed'],
])
