// Laws of the sending window: never more than the quota unfinished, identifiers unique among the unfinished, nothing lost, order kept,
// whatever order acknowledgements come in, over reconnects, and when identifiers wrap at 65,535.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PacketType, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6
const PUBCOMP = 7

type Step =
  | { readonly what: 'publish'; readonly qos: Qos; readonly count: number }
  | { readonly what: 'acknowledge'; readonly which: number; readonly count: number }
  | { readonly what: 'reconnect'; readonly quota: number }
  | { readonly what: 'block' | 'drain' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('publish' as const), qos: fc.constantFrom(0, 1, 2), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 8, arbitrary: fc.record({ what: fc.constant('acknowledge' as const), which: fc.nat(20), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('reconnect' as const), quota: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('block' as const, 'drain' as const) }) },
)

/** A correct client that remembers what it owes, and checks each packet it gets. */
class Subscriber {
  client: TestClient
  quota: number
  /** Unfinished on this connection: identifier → what the broker waits for. */
  readonly owed = new Map<number, 4 | 5 | 7>()
  /** Published on this connection and unfinished: these count against the quota. */
  readonly counted = new Set<number>()
  /** QoS 2 identifiers whose message it has, over connections. */
  readonly known = new Set<number>()
  readonly got: string[] = []
  readonly #b: TestBroker

  constructor(b: TestBroker, quota: number) {
    this.#b = b
    this.quota = quota
    this.client = b.client('s', this.#options(quota))
    this.client.subscribe('t', 2)
    this.client.received()
  }

  reconnect(quota: number): void {
    this.client.cut()
    this.quota = quota
    this.owed.clear()
    this.counted.clear()
    this.client = this.#b.dial('s', this.#options(quota))
  }

  read(): void {
    for (const packet of this.client.received()) {
      if (packet.type === PacketType.Pubrel) {
        this.owed.set(packet.packetId, PUBCOMP)
        this.known.delete(packet.packetId)
      } else if (packet.type === PacketType.Publish) this.#take(packet)
    }
  }

  /** Acknowledges one of those owed; false when there is none. */
  acknowledge(which: number): boolean {
    const [packetId, type] = [...this.owed][which % Math.max(1, this.owed.size)] ?? []
    if (packetId === undefined || type === undefined) return false
    this.owed.delete(packetId)
    if (type !== PUBREC) this.counted.delete(packetId)
    this.client.acknowledge(type, packetId)
    return true
  }

  #take(packet: Publish): void {
    const text = new TextDecoder().decode(packet.payload)
    if (packet.qos === 0) return
    expect(this.owed.has(packet.packetId), `identifier ${packet.packetId} is in use`).toBe(false)
    this.owed.set(packet.packetId, packet.qos === 1 ? PUBACK : PUBREC)
    this.counted.add(packet.packetId)
    expect(this.counted.size, 'unfinished').toBeLessThanOrEqual(this.quota)
    if (packet.qos === 2) {
      if (this.known.has(packet.packetId)) expect(packet.dup).toBe(true)
      else this.got.push(text)
      this.known.add(packet.packetId)
    } else if (!packet.dup || !this.got.includes(text)) this.got.push(text)
  }

  #options(receiveMaximum: number): Parameters<TestBroker['client']>[1] {
    return { version: 5, cleanStart: false, keepAlive: 0, highWater: 200, properties: { sessionExpiryInterval: 1000, receiveMaximum } }
  }
}

test('under random acknowledgements and reconnects: never more than the quota, nothing lost, in order, QoS 2 once [MQTT-3.3.4-9, MQTT-4.4.0-1, MQTT-4.6.0-6]', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 120 }), fc.integer({ min: 1, max: 6 }), (steps, quota) => {
      const b = new TestBroker({ limits: { maximumInflightMessages: 5 } })
      const s = new Subscriber(b, quota)
      const p = b.client('p', { keepAlive: 0 })
      const sent: string[] = []
      let packetId = 0
      for (const one of steps) {
        if (one.what === 'publish') {
          const messages = Array.from({ length: one.count }, (_, i): Publish => {
            const id = one.qos === 0 ? 0 : ++packetId
            return {
              type: PacketType.Publish,
              topicName: 't',
              payload: new TextEncoder().encode(one.qos === 0 ? 'zero' : `m${id} ${'x'.repeat(i * 9)}`),
              qos: one.qos,
              retain: false,
              dup: false,
              packetId: id,
              properties: {},
            }
          })
          p.send(...messages)
          if (one.qos === 2) p.acknowledge(PUBREL, ...messages.map((message) => message.packetId))
          if (one.qos > 0) sent.push(...messages.map(({ payload }) => new TextDecoder().decode(payload)))
        } else if (one.what === 'acknowledge') {
          for (let i = 0; i < one.count; i++) s.acknowledge(one.which + i)
        } else if (one.what === 'reconnect') s.reconnect(one.quota)
        else if (one.what === 'block') s.client.block()
        else s.client.drain()
        s.read()
      }
      s.client.drain()
      do s.read()
      while (s.acknowledge(0))
      expect(s.got).toEqual(sent)
      expect(b.broker.slabs.outstanding).toBe(0)
    }),
    { numRuns: 80, seed: 65_535 },
  )
})

/** Feeds `count` QoS 1 messages in reads of 1,000. */
function pour(p: TestClient, from: number, count: number): void {
  for (let done = 0; done < count; done += 1000) {
    p.send(
      ...Array.from(
        { length: Math.min(1000, count - done) },
        (_, i): Publish => ({
          type: PacketType.Publish,
          topicName: 't',
          payload: new TextEncoder().encode(`${from + done + i}`),
          qos: 1,
          retain: false,
          dup: false,
          packetId: 1 + i,
          properties: {},
        }),
      ),
    )
    p.receivedBytes()
  }
}

test.each([true, false])('70,000 messages: identifiers go from 1 to 65,535 and on from 1, every message once (clean: %s) [MQTT-2.2.1-4]', (cleanStart) => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 0, maximumQueuedMessages: 0 } })
  const p = b.client('p')
  const s = b.client('s', { cleanStart })
  s.subscribe('t', 1)
  s.received()
  let expected = 0
  for (let round = 0; round < 70; round++) {
    pour(p, round * 1000, 1000)
    const ids: number[] = []
    for (const packet of s.received()) {
      if (packet.type !== PacketType.Publish) continue
      const id = (expected % 65_535) + 1
      if (packet.packetId !== id || Number(new TextDecoder().decode(packet.payload)) !== expected)
        throw new Error(`identifier ${packet.packetId} instead of ${id}, message ${expected}`)
      ids.push(packet.packetId)
      expected++
    }
    s.acknowledge(PUBACK, ...ids)
  }
  expect(expected).toBe(70_000)
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('an identifier that is never acknowledged is not given again: the window waits for it, then goes on [MQTT-2.2.1-4]', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 0, maximumQueuedMessages: 0 } })
  const p = b.client('p')
  const s = b.client('s')
  s.subscribe('t', 1)
  s.received()
  let seen = 0
  const read = (): number[] => {
    const ids = s.received().flatMap((packet) => (packet.type === PacketType.Publish ? [packet.packetId] : []))
    seen += ids.length
    return ids
  }
  for (let round = 0; round < 70; round++) {
    pour(p, round * 1000, 1000)
    const ids = read()
    if (round > 0) expect(ids).not.toContain(1)
    s.acknowledge(PUBACK, ...ids.filter((id) => id !== 1))
  }
  expect(seen).toBeGreaterThan(65_000)
  expect(seen).toBeLessThanOrEqual(65_535)
  expect(s.isClosed).toBe(false)
  s.acknowledge(PUBACK, 1)
  for (let ids = read(); ids.length > 0; ids = read()) s.acknowledge(PUBACK, ...ids)
  expect(seen).toBe(70_000)
  expect(b.broker.slabs.outstanding).toBe(0)
})

test('a resend over the wrap keeps the order: 65,534, 65,535, 1, 2 [MQTT-4.6.0-1]', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 4, maximumQueuedMessages: 0 } })
  const p = b.client('p')
  const s = b.client('s', { cleanStart: false })
  s.subscribe('t', 1)
  s.received()
  let done = 0
  while (done < 65_533) {
    pour(p, done, Math.min(1000, 65_533 - done))
    for (let ids = idsOf(s); ids.length > 0; ids = idsOf(s)) {
      done += ids.length
      s.acknowledge(PUBACK, ...ids)
    }
  }
  pour(p, done, 6)
  expect(idsOf(s)).toEqual([65_534, 65_535, 1, 2])
  s.cut()
  const back = b.dial('s', { cleanStart: false })
  expect(back.lines().slice(1)).toEqual([65_534, 65_535, 1, 2].map((id, i) => `PUBLISH q1 r0 d1 m${id} t ${65_533 + i}`))
  back.acknowledge(PUBACK, 1)
  back.acknowledge(PUBACK, 65_535, 65_534, 2)
  expect(back.lines()).toEqual(['PUBLISH q1 r0 d0 m3 t 65537', 'PUBLISH q1 r0 d0 m4 t 65538'])
  back.acknowledge(PUBACK, 3, 4)
  expect(b.broker.slabs.outstanding).toBe(0)
})

function idsOf(s: TestClient): number[] {
  return s.received().flatMap((packet) => (packet.type === PacketType.Publish ? [packet.packetId] : []))
}

test('the newest are refused when the queue is full, and counted; the others come', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 2, maximumQueuedMessages: 3 } })
  const p = b.client('p')
  const s = b.client('s')
  s.subscribe('t', 1)
  s.received()
  pour(p, 0, 10)
  expect(b.broker.counters.publishesDropped).toBe(5)
  const got = s.payloads()
  for (let id = 1; id <= 5; id++) {
    s.acknowledge(PUBACK, id)
    got.push(...s.payloads())
  }
  expect(got).toEqual(['0', '1', '2', '3', '4'])
  pour(p, 10, 1)
  expect(s.payloads()).toEqual(['10'])
})
