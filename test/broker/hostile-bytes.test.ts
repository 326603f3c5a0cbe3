// Whatever bytes one client sends, the broker lives, the others notice nothing, and nothing of it is left when it is gone.
// Longer runs of the same idea, over sockets, are in the fuzz tier.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import type { Packet, ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const publish = { type: 3, topicName: 'noise/a', payload: Uint8Array.of(1, 2, 3), dup: false, packetId: 0, qos: 0, retain: false, properties: {} } as const
const subscription = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const

/** What an honest client might send; mutations start from here. Its names are its own: `noise`. */
const HONEST: readonly Packet[] = [
  publish,
  { ...publish, qos: 1, packetId: 1 },
  { ...publish, qos: 2, packetId: 2, retain: true },
  { ...publish, qos: 2, packetId: 2, dup: true },
  { type: 6, packetId: 2, reasonCode: 0, properties: {} },
  {
    type: 8,
    packetId: 3,
    subscriptions: [
      { topicFilter: 'noise/#', qos: 2, ...subscription },
      { topicFilter: '$share/g/noise/+', qos: 1, ...subscription },
    ],
    properties: {},
  },
  { type: 4, packetId: 1, reasonCode: 0, properties: {} },
  { type: 5, packetId: 2, reasonCode: 0, properties: {} },
  { type: 7, packetId: 2, reasonCode: 0, properties: {} },
  { type: 10, packetId: 4, topicFilters: ['noise/#'], properties: {} },
  { type: 12 },
]

function connectOf(version: ProtocolVersion): Packet {
  const will = { topicName: 'noise/w', payload: Uint8Array.of(9), qos: 2, retain: true, properties: {} } as const
  return {
    type: 1,
    version,
    bridge: false,
    cleanStart: true,
    keepAlive: 10,
    clientId: 'noise-client',
    will,
    userName: 'u',
    password: Uint8Array.of(1),
    properties: version === 5 ? { topicAliasMaximum: 3, receiveMaximum: 2 } : {},
  }
}

interface Attack {
  readonly version: ProtocolVersion
  readonly connects: boolean
  readonly order: readonly number[]
  readonly mutations: readonly { readonly at: number; readonly value: number; readonly how: 'set' | 'insert' | 'remove' | 'flip' }[]
  readonly random: Uint8Array
  readonly chunk: number
}

const attack: fc.Arbitrary<Attack> = fc.record({
  version: fc.constantFrom(3, 4, 5),
  connects: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  order: fc.array(fc.nat(HONEST.length - 1), { maxLength: 20 }),
  mutations: fc.array(fc.record({ at: fc.nat(2000), value: fc.nat(255), how: fc.constantFrom('set', 'insert', 'remove', 'flip') }), { maxLength: 6 }),
  random: fc.uint8Array({ maxLength: 60 }),
  chunk: fc.integer({ min: 1, max: 40 }),
})

function bytesOf({ version, order, mutations, random }: Attack): number[] {
  const bytes = order.flatMap((i) => [...encodePacket(HONEST[i]!, version)])
  for (const { at, value, how } of mutations) {
    const place = bytes.length === 0 ? 0 : at % bytes.length
    if (how === 'set') bytes[place] = value
    else if (how === 'flip') bytes[place] = (bytes[place] ?? 0) ^ (1 << (value & 7))
    else bytes.splice(place, how === 'remove' ? 1 : 0, ...(how === 'insert' ? [value] : []))
  }
  return [...bytes, ...random]
}

function exchange(p: TestClient, s: TestClient, payload: string): void {
  p.publish('the/others', payload, { qos: 1 })
  expect(p.lines()).toEqual(['PUBACK m1'])
  const [packet, ...more] = s.received()
  expect(more).toEqual([])
  if (packet?.type !== 3) throw new Error('nothing came')
  expect(new TextDecoder().decode(packet.payload)).toBe(payload)
  s.acknowledge(4, packet.packetId)
}

test('random and mutated bytes of one client: the broker lives, two others exchange their messages undisturbed', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 2 } })
  const p = b.client('p', { keepAlive: 0 })
  const s = b.client('s', { keepAlive: 0 })
  s.subscribe('the/others', 1)
  s.received()
  let accepted = 0
  let ended = 0
  let number = 0
  fc.assert(
    fc.property(attack, (one) => {
      const hostile = b.link(one.version)
      if (one.connects) {
        hostile.send(connectOf(one.version))
        accepted++
      }
      const bytes = bytesOf(one)
      for (let at = 0; at < bytes.length; at += one.chunk) {
        hostile.sendBytes(bytes.slice(at, at + one.chunk))
        if (at % 7 === 0) exchange(p, s, `${number++}`)
      }
      if (hostile.isClosed) ended++
      hostile.received() // whatever was written are whole packets, readable
      b.advance(100)
      hostile.cut()
      exchange(p, s, `${number++}`)
    }),
    { numRuns: 300, seed: 31 },
  )
  // the attack was one: some connections were ended, some were not
  expect(accepted).toBeGreaterThan(200)
  expect(ended).toBeGreaterThan(50)
  expect(ended).toBeLessThan(300)
  b.advance(600_000)
  expect([b.broker.sessionCount, b.broker.connectedCount]).toEqual([2, 2])
})

test('a hostile client that is gone leaves no session, no subscription and no stored bytes', () => {
  fc.assert(
    fc.property(attack, (one) => {
      const b = new TestBroker()
      const hostile = b.link(one.version)
      hostile.send(connectOf(one.version))
      hostile.sendBytes(bytesOf(one))
      hostile.cut()
      expect(b.broker.sessionCount).toBe(0)
      expect(b.broker.counters.subscriptions + b.broker.counters.sharedSubscriptions).toBe(0)
      expect(b.broker.slabs.outstanding).toBe(0)
    }),
    { numRuns: 150, seed: 32 },
  )
})

test('mutated CONNECT packets: accepted, refused or dropped, never more', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<ProtocolVersion>(3, 4, 5),
      fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 }),
      fc.integer({ min: 1, max: 90 }),
      (version, changes, chunk) => {
        const b = new TestBroker()
        const bytes = [...encodePacket(connectOf(version), version)]
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        const link = b.link(version)
        for (let at = 0; at < bytes.length; at += chunk) link.sendBytes(bytes.slice(at, at + chunk))
        const answer = link.receivedBytes()
        if (answer.length > 0) expect(answer[0]).toBe(0x20)
        b.advance(11_000)
        link.cut()
        expect(b.broker.connectedCount).toBe(0)
      },
    ),
    { numRuns: 150, seed: 33 },
  )
})
