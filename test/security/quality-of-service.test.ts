// What a client can do with Packet Identifiers, acknowledgements, time and its own socket (rows 34 to 39 and 44 of docs/security.md).
// A hundred thousand times each: what they took must come back.

import { expect, test } from 'vitest'
import { field, frame } from '../support/raw-packets.ts'
import { TestBroker } from '../support/test-broker.ts'
import { heldBytes, row, until } from './arena.ts'

const TIMES = 100_000
const MIB = 2 ** 20

const qos2 = (packetId: number, header = 0x34): number[] => frame(header, field('q'), [packetId >> 8, packetId & 255], [0x78])
const acknowledgement = (header: number, packetId: number): number[] => [header, 2, packetId >> 8, packetId & 255]
const times = (count: number, make: (i: number) => readonly number[]): number[] => Array.from({ length: count }, (_, i) => make(i)).flat()

row(34, 'one QoS 2 identifier 100,000 times, PUBREC never answered: a PUBREC each, and one entry', async (arena) => {
  const attacker = await arena.connected(4)
  const before = heldBytes()
  const some = times(1000, () => qos2(7, 0x3c))
  for (let sent = 0; sent < TIMES; sent += 1000) {
    attacker.bytes = Buffer.alloc(0)
    attacker.write(some)
    await until(() => attacker.bytes.length === 4000, 'a thousand PUBREC')
    expect(attacker.bytes.subarray(-4).toString('hex')).toBe('50020007')
  }
  expect((heldBytes() - before) / MIB).toBeLessThan(8)
})

row(35, 'open QoS 2 identifiers end at the limit: 0x93', async (arena) => {
  const attacker = await arena.connected(5)
  const some = (from: number): number[] => times(1000, (i) => frame(0x34, field('q'), [(from + i) >> 8, (from + i) & 255, 0], [0x78]))
  attacker.write(some(1))
  await until(() => attacker.lines(5).length === 1000, 'a thousand PUBREC')
  attacker.write(some(1001))
  await attacker.closed()
  expect(attacker.lines(5).at(-1)).toBe('DISCONNECT 0x93')
  expect(attacker.lines(5).length).toBeLessThanOrEqual(1025)
})

row(36, 'acknowledgements of what was never sent: ignored or answered, without growth', async (arena) => {
  const attacker = await arena.connected(4)
  const before = heldBytes()
  for (const header of [0x40, 0x50, 0x62, 0x70]) {
    const answered = header === 0x50 || header === 0x62
    for (let sent = 0; sent < TIMES / 4; sent += 1000) {
      attacker.bytes = Buffer.alloc(0)
      attacker.write(
        times(1000, (i) => acknowledgement(header, sent + i + 1)),
        [0xc0, 0],
      )
      await until(() => attacker.bytes.length === (answered ? 4002 : 2), 'all answered')
    }
  }
  expect((heldBytes() - before) / MIB).toBeLessThan(8)
})

row(
  37,
  'a subscriber to everything that never reads: its backlog is bounded, drops are counted, nobody waits for it',
  async (arena) => {
    const deaf = await arena.connected(4)
    deaf.socket.pause()
    deaf.write(frame(0x82, [0, 1], field('#'), [1]))
    const before = heldBytes()
    const publisher = await arena.connected(4)
    const packet = frame(0x30, field('noise'), new Array(10_000).fill(120))
    const some = Uint8Array.from(times(20, () => packet))
    for (let i = 0; i < 60; i++) {
      publisher.bytes = Buffer.alloc(0)
      publisher.write(some, [0xc0, 0])
      await until(() => publisher.bytes.length === 2, 'twenty taken')
    }
    const { counters } = arena.running.broker
    expect(counters.publishesDropped).toBeGreaterThan(500)
    expect((heldBytes() - before) / MIB).toBeLessThan(16)
    deaf.leave()
  },
  { limits: { maximumQueuedMessages: 100, maximumQueuedBytes: 1 << 20 } },
)

test('row 38: silence ends after one and a half Keep Alives; max_keepalive bounds the longest and 0', () => {
  const b = new TestBroker({ limits: { maximumKeepAlive: 60 } })
  const old = b.dial('old', { keepAlive: 65_535 })
  expect([old.lines(), old.isClosed]).toEqual([['CONNACK 0 2'], true])
  for (const keepAlive of [0, 65_535]) {
    const c = b.client(`c${keepAlive}`, { version: 5, keepAlive })
    b.advance(89_000)
    expect(c.isClosed).toBe(false)
    b.advance(2000)
    expect([keepAlive, c.isClosed]).toEqual([keepAlive, true])
    c.gone()
  }
  const free = new TestBroker().client('free', { keepAlive: 0 })
  expect(free.isClosed).toBe(false)
  expect(b.broker.sessionCount).toBe(0)
})

row(39, 'one Client Identifier fought over by two, again and again: one session, nothing grows', async (arena) => {
  arena.running.broker.setLimits({ maximumTakeOverDelayMs: 0 }) // else they would wait: test/broker/take-overs.test.ts
  const connect = frame(0x10, field('MQTT'), [4, 2, 0, 60], field('fought-over'))
  const fight = async (rounds: number): Promise<void> => {
    for (let i = 0; i < rounds; i++) {
      const one = arena.attacker()
      one.write(connect)
      await until(() => one.bytes.length === 4, 'CONNACK')
      const before = arena.attackers.at(-2)
      if (before !== undefined && i > 0) await before.closed()
      expect(arena.running.broker.sessionCount).toBe(3)
    }
    arena.attackers.splice(0, arena.attackers.length - 1)
    arena.told.length = 0
  }
  await fight(100)
  const before = heldBytes()
  await fight(400)
  expect((heldBytes() - before) / MIB).toBeLessThan(8)
})

test('row 44: expiries of 0 and of the largest number, and sessions for ever: at the limit no more come in', () => {
  const b = new TestBroker({ limits: { globalMaximumClients: 1000 } })
  const s = b.client('s', { version: 5, keepAlive: 0 })
  s.subscribe('e', 1)
  s.lines()
  const p = b.client('p', { version: 5, keepAlive: 0 })
  for (const messageExpiryInterval of [0, 1, 0xffffffff]) p.publish('e', String(messageExpiryInterval), { properties: { messageExpiryInterval } })
  b.advance(0)
  expect(s.payloads().filter((payload) => payload !== '0')).toEqual(['1', '4294967295'])
  const before = heldBytes()
  const answers = new Map<string, number>()
  for (let i = 0; i < 3000; i++) {
    const c = b.dial(`forever-${i}`, { version: 5, cleanStart: false, properties: { sessionExpiryInterval: 0xffffffff } })
    const line = c.lines()[0]!.split(' ').slice(0, 3).join(' ')
    answers.set(line, (answers.get(line) ?? 0) + 1)
    c.cut()
  }
  expect([...answers]).toEqual([
    ['CONNACK 0 0', 998],
    ['CONNACK 0 137', 2002],
  ])
  expect((heldBytes() - before) / MIB).toBeLessThan(16)
  b.advance(86_400_000)
  expect(b.broker.sessionCount).toBe(1000)
  p.publish('e', 'still here')
  expect(s.payloads()).toEqual(['still here'])
})
