// What clients send that no client may: packets of servers, wrong flags, topics and filters that are none (rows 18 to 33, 43 and 53).
// Reactions are those of Mosquitto 2.1 on the wire. In 3.x every fault ends in silence.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect } from 'vitest'
import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { field, frame, type Part } from '../support/raw-packets.ts'
import { heldBytes, row, until } from './arena.ts'

const OLD: readonly ProtocolVersion[] = [3, 4]
const ALL: readonly ProtocolVersion[] = [3, 4, 5]

/** Bytes behind CONNECT; the reaction in 5.0. In 3.x it is `closed` unless a third one is given. */
type Fault = readonly [name: string, bytes: (version: ProtocolVersion) => Part, reaction: string, before5?: string]

const MALFORMED = 'DISCONNECT 0x81, closed'
const FORBIDDEN = 'DISCONNECT 0x82, closed'

function faults(number: number, title: string, table: readonly Fault[], versions: readonly ProtocolVersion[] = ALL): void {
  row(number, title, async (arena) => {
    for (const version of versions) {
      for (const [name, bytes, reaction, before5 = 'closed'] of table)
        expect([version, name, await arena.reaction([bytes(version)], version)]).toEqual([version, name, version === 5 ? reaction : before5])
    }
  })
}

/** No properties, where there may be some. */
const none = (version: ProtocolVersion): number[] => (version === 5 ? [0] : [])
const publish = (version: ProtocolVersion, topic: string | readonly number[], header = 0x30): number[] =>
  frame(header, field(topic), (header & 6) === 0 ? [] : [0, 1], none(version), [0x78])
const subscribe = (version: ProtocolVersion, filter: string | readonly number[], options = 0): number[] =>
  frame(0x82, [0, 1], none(version), field(filter), [options])

faults(18, 'packets that only servers send', [
  ['CONNACK', () => '20020000', FORBIDDEN],
  ['SUBACK', () => '9003000100', FORBIDDEN],
  ['UNSUBACK', (version) => (version === 5 ? 'b00400010000' : 'b0020001'), FORBIDDEN],
  ['PINGRESP', () => 'd000', FORBIDDEN],
])

faults(19, 'packet types that do not exist', [
  ['type 0', () => '0000', FORBIDDEN],
  ['type 15, which is AUTH in 5.0 only', () => 'f000', FORBIDDEN],
])

faults(20, 'flags of the first byte that are not those of the packet', [
  ['SUBSCRIBE 0x80', () => '8006000100016100', MALFORMED],
  ['UNSUBSCRIBE 0xa0', () => 'a005000100016100', MALFORMED],
  ['PUBREL 0x60', () => '60020001', FORBIDDEN],
  ['PUBACK 0x41', () => '41020001', MALFORMED],
  ['PINGREQ 0xc1', () => 'c100', MALFORMED],
  ['DISCONNECT 0xe1', () => 'e100', FORBIDDEN],
])

faults(21, 'PUBLISH of QoS 3, or repeated with QoS 0', [
  ['QoS 3', (version) => publish(version, 'a', 0x36), MALFORMED],
  ['QoS 3 with DUP and RETAIN', (version) => publish(version, 'a', 0x3f), MALFORMED],
  ['DUP with QoS 0', (version) => publish(version, 'a', 0x38), MALFORMED],
])

faults(22, 'an empty Topic Name', [
  ['QoS 0', (version) => publish(version, ''), MALFORMED],
  ['QoS 2, retained', (version) => publish(version, '', 0x35), MALFORMED],
])

faults(23, 'Topic Names with wildcards, or that are no text', [
  ['+', (version) => publish(version, 'a/+/b'), MALFORMED],
  ['#', (version) => publish(version, '#'), MALFORMED],
  ['U+0000', (version) => publish(version, [97, 0]), MALFORMED],
  ['a byte that UTF-8 does not have', (version) => publish(version, [97, 0xff]), MALFORMED],
  ['a surrogate', (version) => publish(version, [0xed, 0xbf, 0xbf]), MALFORMED],
  ['beyond U+10FFFF', (version) => publish(version, [0xf4, 0x90, 0x80, 0x80]), MALFORMED],
  ['overlong', (version) => publish(version, [0xe0, 0x80, 0xaf]), MALFORMED],
  ['longer than the packet', () => '3003ffff61', MALFORMED],
])

const levels = (count: number): string => new Array(count).fill('a').join('/')

faults(24, 'Topic Names too deep', [
  ['65,535 slashes', (version) => publish(version, '/'.repeat(65_535)), 'DISCONNECT 0x90, closed'],
  ['202 levels', (version) => publish(version, levels(202)), 'DISCONNECT 0x90, closed'],
  ['202 levels, retained, QoS 2', (version) => publish(version, levels(202), 0x35), 'DISCONNECT 0x90, closed'],
  ['201 levels', (version) => publish(version, levels(201)), 'open', 'open'],
])

row(
  25,
  'retained messages of one client end at the limit, and what they took comes back',
  async (arena) => {
    const before = heldBytes()
    const attacker = await arena.connected(5)
    const send = (from: number, to: number, payload: number): void => {
      const packets: number[] = []
      for (let i = from; i < to; i++)
        packets.push(...frame(0x33, field(`flood/${i}`), [((i % 1000) + 1) >> 8, ((i % 1000) + 1) & 255], [0], new Array(payload).fill(120)))
      attacker.write(packets)
    }
    for (let from = 0; from < 8000; from += 1000) {
      attacker.bytes = Buffer.alloc(0)
      send(from, from + 1000, 20)
      await until(() => attacker.bytes.length >= 4000 && attacker.lines(5).length === 1000, 'a thousand answers')
      const refused = attacker.lines(5).filter((line) => line.endsWith('0x97')).length
      expect(refused).toBe(from < 4000 ? 0 : 1000)
    }
    expect(arena.running.broker.retainedCount).toBe(4000)
    for (let from = 0; from < 8000; from += 1000) {
      attacker.bytes = Buffer.alloc(0)
      send(from, from + 1000, 0)
      await until(() => attacker.bytes.length >= 4000 && attacker.lines(5).length === 1000, 'a thousand answers')
    }
    expect(arena.running.broker.retainedCount).toBe(0)
    attacker.leave()
    arena.attackers.length = 0
    await until(() => arena.running.connections === 2, 'gone')
    expect((heldBytes() - before) / 2 ** 20).toBeLessThan(16)
  },
  { limits: { maximumRetainedMessages: 4000 } },
)

/** With what the fault is in 5.0: no filter at all, or a shared one that is none. */
const FILTERS: readonly (readonly [filter: string, reaction: string])[] = [
  ...['a#', '#/a', 'a/+b', 'a+/b', '', '##', '+#', '$share/g+/x', '$share/#/x', '$share/g/a#'].map((filter) => [filter, MALFORMED] as const),
  ...['$share/g', '$share//', '$share//x', '$share/g/', '$share/+/x'].map((filter) => [filter, FORBIDDEN] as const),
]

faults(
  26,
  'Topic Filters that are none: never a refusal in SUBACK, always the end',
  FILTERS.map(([filter, reaction]) => [filter === '' ? 'nothing' : filter, (version) => subscribe(version, filter), reaction]),
)

row(27, '5,000 filters of wildcards and a deep Topic Name hold nobody up', async (arena) => {
  const attacker = await arena.connected(4)
  for (const filter of ['/'.repeat(65_535), new Array(202).fill('+').join('/')])
    expect(await arena.reaction([subscribe(4, filter)], 4)).toMatch(/^(SUBACK m1 \[128\], open|closed)$/)
  const wild = (i: number): string => Array.from({ length: 200 }, (_, at) => (at === i % 200 || at === Math.floor(i / 200) ? 'a' : '+')).join('/')
  for (let i = 0; i < 5000; i++) attacker.write(subscribe(4, wild(i)))
  await until(() => attacker.bytes.length === 5000 * 5, 'all granted', 15_000)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const before = arena.exchanges
  const publisher = await arena.connected(4)
  for (let i = 0; i < 5; i++) publisher.write(publish(4, levels(199) + '/x'.slice(0, i % 2 === 0 ? 0 : 2)))
  publisher.write([0xc0, 0])
  await until(() => publisher.bytes.at(-2) === 0xd0, 'the deep messages routed', 15_000)
  await until(() => arena.exchanges > before + 3, 'the honest pair goes on', 15_000)
  delay.disable()
  expect(delay.max / 1e6).toBeLessThan(3000) // a loaded machine adds its own pauses; a match that tries each way down would never end
})

faults(30, 'SUBSCRIBE without a filter, with Packet Identifier 0, with options that do not exist', [
  ['no filter', (version) => frame(0x82, [0, 1], none(version)), MALFORMED],
  ['identifier 0', (version) => frame(0x82, [0, 0], none(version), field('a'), [0]), MALFORMED],
  ['option 0x40', (version) => subscribe(version, 'a', 0x40), MALFORMED],
  ['option 0x80', (version) => subscribe(version, 'a', 0x80), MALFORMED],
  ['QoS 3', (version) => subscribe(version, 'a', 3), MALFORMED],
  ['Retain Handling 3', (version) => subscribe(version, 'a', 0x30), MALFORMED],
  ['No Local and shared', (version) => subscribe(version, '$share/g/a', 4), FORBIDDEN],
  ['UNSUBSCRIBE without a filter', (version) => frame(0xa2, [0, 1], none(version)), MALFORMED],
])

row(
  31,
  'as many filters as a SUBSCRIBE holds: beyond the limit each is refused by itself',
  async (arena) => {
    const filters = Array.from({ length: 16_000 }, (_, i) => [...field(i.toString(36)), 0]).flat()
    const attacker = await arena.connected(5)
    attacker.write(frame(0x82, [0, 1, 0], filters))
    await until(() => attacker.lines(5).length === 1, 'SUBACK')
    const codes = /\[(.*)\]/.exec(attacker.lines(5)[0]!)![1]!.split(' ')
    expect([codes.length, codes.filter((code) => code === '0').length, codes.filter((code) => code === '151').length]).toEqual([16_000, 1000, 15_000])
    const tooMany = Array.from({ length: 30_000 }, (_, i) => [...field(i.toString(36)), 0]).flat()
    expect(await arena.reaction([frame(0x82, [0, 1, 0], tooMany)], 5)).toMatch(/^(DISCONNECT 0x95, )?closed$/)
  },
  { limits: { maximumSubscriptionsPerClient: 1000 } },
)

faults(
  32,
  'Subscription Identifiers out of their range',
  [
    ['0', () => frame(0x82, [0, 1], '02 0b00', field('a'), [0]), FORBIDDEN],
    ['five bytes', () => frame(0x82, [0, 1], '06 0bffffffff01', field('a'), [0]), MALFORMED],
    ['two of them', () => frame(0x82, [0, 1], '04 0b01 0b02', field('a'), [0]), FORBIDDEN],
    ['in a PUBLISH', () => frame(0x30, field('a'), '02 0b01', 'aa'), FORBIDDEN],
  ],
  [5],
)

faults(
  33,
  'Topic Aliases that cannot be',
  [
    ['0', () => frame(0x30, field('a'), '03 230000', 'aa'), FORBIDDEN],
    ['above the maximum', () => frame(0x30, field('a'), '03 23000b', 'aa'), 'DISCONNECT 0x94, closed'],
    ['65,535', () => frame(0x30, field('a'), '03 23ffff', 'aa'), 'DISCONNECT 0x94, closed'],
    ['unknown, with an empty Topic Name', () => frame(0x30, field(''), '03 230001', 'aa'), FORBIDDEN],
    ['twice', () => frame(0x30, field('a'), '06 230001 230001', 'aa'), FORBIDDEN],
  ],
  [5],
)

faults(
  43,
  'a Response Topic with wildcards; correlation data of 64 KiB are data',
  [
    ['#', () => frame(0x30, field('a'), [6, 8], field('b/#'), 'aa'), FORBIDDEN],
    ['+', () => frame(0x30, field('a'), [4, 8], field('+'), 'aa'), FORBIDDEN],
    ['U+0000', () => frame(0x30, field('a'), [5, 8], field([0x61, 0]), 'aa'), MALFORMED],
    ['64 KiB of correlation', () => frame(0x30, field('a'), [0x82, 0x80, 4, 9], field(new Array(65_535).fill(7)), 'aa'), 'open'],
    ['more correlation than properties', () => frame(0x30, field('a'), [4, 9, 0xff, 0xff, 1], 'aa'), MALFORMED],
  ],
  [5],
)

row(53, 'one packet in each way to cut it, and 5,000 packets in one segment: the same as whole', async (arena) => {
  for (const version of [...OLD, 5 as const]) {
    const subscriber = await arena.connected(version)
    subscriber.write(subscribe(version, 'cut/#'))
    await until(() => subscriber.lines(version).length === 1, 'SUBACK')
    const publisher = await arena.connected(version)
    const one = publish(version, 'cut/a', 0x32)
    for (let at = 1; at < one.length; at++) {
      publisher.write(one.slice(0, at))
      await new Promise((resolve) => setImmediate(resolve))
      publisher.write(one.slice(at))
      await until(() => publisher.lines(version).length === at, 'PUBACK')
    }
    await until(() => subscriber.lines(version).length === one.length, 'all of them')
    publisher.write(Array.from({ length: 5000 }, () => publish(version, 'cut/b')).flat(), [0xc0, 0])
    await until(() => publisher.bytes.at(-2) === 0xd0 && subscriber.lines(version).length === one.length + 5000, 'all of the segment')
    expect(new Set(subscriber.lines(version).slice(1))).toEqual(new Set(['PUBLISH q0 r0 d0 m0 cut/a x', 'PUBLISH q0 r0 d0 m0 cut/b x']))
  }
})
