// One authorisation for every way: what a client may not read never reaches it, what it may not write goes nowhere, also after a reload.
// A table of ways; each is gone both with the right and without it, so that a way that delivers nothing at all is noticed.

import { expect, test } from 'vitest'
import type { Authorizer, Permission } from '../../src/broker/ports.ts'
import { PacketType, type ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

class Rights implements Authorizer {
  generation = 0
  /** `client action topic` that is not allowed. */
  readonly #denied = new Set<string>()
  readonly asked: string[] = []

  deny(rule: string): void {
    this.#denied.add(rule)
    this.generation++
  }

  allow(rule: string): void {
    this.#denied.delete(rule)
    this.generation++
  }

  mayPublish(clientId: string, _user: string | null, topicName: string): Permission {
    return this.#denied.has(`${clientId} write ${topicName}`) ? 'deny' : 'allow'
  }

  mayReceive(clientId: string, _user: string | null, topicName: string): Permission {
    return this.#denied.has(`${clientId} read ${topicName}`) ? 'deny' : 'allow'
  }

  maySubscribe(clientId: string, _user: string | null, topicFilter: string): Permission {
    this.asked.push(`${clientId} ${topicFilter}`)
    return this.#denied.has(`${clientId} subscribe ${topicFilter}`) ? 'deny' : 'allow'
  }
}

interface Scene {
  readonly b: TestBroker
  readonly rights: Rights
  readonly version: ProtocolVersion
  /** The reader, whose right to read `secret` changes. */
  connect(clean?: boolean): TestClient
}

/** Returns what the reader got; `change` takes the right away, or does nothing. */
type Way = (scene: Scene, change: () => void) => string[]

const READING: Readonly<Record<string, Way>> = {
  'live, exact filter': (scene, change) => live(scene, change, 'secret'),
  'live, wildcard': (scene, change) => live(scene, change, '#'),
  'live, shared': (scene, change) => live(scene, change, '$share/g/+'),
  'live, resolved before the change': ({ b, connect }, change) => {
    const s = connect()
    s.subscribe('#', 1)
    const p = b.client('p')
    p.publish('secret', 'before', { qos: 1 })
    expect(s.payloads()).toEqual(['before'])
    change()
    p.publish('secret', 'x', { qos: 1 })
    return s.payloads()
  },
  retained: ({ b, connect }, change) => {
    const s = connect()
    b.client('p').publish('secret', 'x', { retain: true })
    change()
    s.subscribe('#', 1)
    return s.payloads()
  },
  'retained, in slices': ({ b, connect }, change) => {
    const s = connect()
    const p = b.client('p')
    for (let i = 0; i < 600; i++) p.publish(`many/${i}`, 'other', { retain: true })
    p.publish('secret', 'x', { retain: true })
    s.subscribe('#', 1)
    change()
    const got: string[] = []
    for (let i = 0; i < 100; i++) {
      for (const packet of s.received()) {
        if (packet.type !== PacketType.Publish) continue
        got.push(new TextDecoder().decode(packet.payload))
        if (packet.qos === 1) s.acknowledge(4, packet.packetId)
      }
      b.advance(100)
    }
    return got.filter((text) => text !== 'other')
  },
  'queued while offline': ({ b, connect }, change) => {
    let s = connect(false)
    s.subscribe('#', 1)
    s.cut()
    const p = b.client('p')
    for (const topicName of ['secret', 'free', 'secret']) p.publish(topicName, topicName === 'secret' ? 'x' : 'free', { qos: 1 })
    change()
    s = connect(false)
    const got = s.payloads()
    expect(got.filter((text) => text === 'free')).toHaveLength(1)
    return [...new Set(got.filter((text) => text !== 'free'))]
  },
  'queued behind the window': ({ b, connect }, change) => {
    const s = connect()
    s.subscribe('#', 1)
    const p = b.client('p')
    for (let i = 0; i < 20; i++) p.publish('free', 'free', { qos: 1 })
    p.publish('secret', 'x', { qos: 1 })
    s.received()
    change()
    s.acknowledge(4, ...Array.from({ length: 20 }, (_, i) => i + 1))
    return s.payloads()
  },
  'queued behind a slow socket': ({ b }, change) => {
    const s = b.client('s', { highWater: 100 })
    s.subscribe('#', 1)
    s.received()
    s.block()
    const p = b.client('p')
    for (let i = 0; i < 20; i++) p.publish('free', 'free', { qos: 1 })
    p.publish('secret', 'x', { qos: 0 })
    change()
    s.drain()
    s.acknowledge(4, ...Array.from({ length: 20 }, (_, i) => i + 1))
    return s.payloads().filter((text) => text !== 'free')
  },
  'sent again, QoS 1': (scene, change) => sentAgain(scene, change, 1),
  'sent again, QoS 2': (scene, change) => sentAgain(scene, change, 2),
  'shared, queued for a member that is offline': ({ b, connect }, change) => {
    let s = connect(false)
    s.subscribe('$share/g/+', 1)
    s.cut()
    b.client('p').publish('secret', 'x', { qos: 1 })
    change()
    s = connect(false)
    return s.payloads()
  },
  will: ({ b, connect }, change) => {
    const s = connect()
    s.subscribe('#', 1)
    const w = b.client('w', { will: { topicName: 'secret', payload: new TextEncoder().encode('x'), qos: 1, retain: false, properties: {} } })
    change()
    w.cut()
    return s.payloads()
  },
}

function live({ b, connect }: Scene, change: () => void, filter: string): string[] {
  const s = connect()
  s.subscribe(filter, 1)
  change()
  b.client('p').publish('secret', 'x', { qos: 1 })
  return s.payloads()
}

function sentAgain({ b, connect, version }: Scene, change: () => void, qos: 1 | 2): string[] {
  let s = connect(false)
  s.subscribe('#', 2)
  const p = b.client('p')
  for (const topicName of ['secret', 'free']) {
    p.publish(topicName, topicName === 'secret' ? 'x' : 'free', { qos })
    if (qos === 2) p.acknowledge(6, 1)
  }
  expect(s.payloads()).toEqual(['x', 'free'])
  s.cut()
  change()
  s = connect(false)
  const lines = s.lines().slice(1)
  const got = lines.filter((line) => line.startsWith('PUBLISH')).map((line) => line.split(' ').at(-1)!)
  expect(lines).toContain(`PUBLISH q${qos} r0 d1 m2 free free`)
  // a QoS 2 message may have arrived before: its PUBREL frees the identifier on both sides
  if (qos === 2 && got.length === 1) expect(lines[0]).toBe('PUBREL m1')
  if (lines[0] === 'PUBREL m1') s.acknowledge(7, 1)
  s.acknowledge(qos === 1 ? 4 : 5, 1, 2)
  if (qos === 2) s.acknowledge(7, 1, 2)
  expect(b.broker.slabs.outstanding).toBe(0)
  expect(version).toBeGreaterThan(0)
  return got.filter((text) => text !== 'free')
}

function scene(version: ProtocolVersion): Scene {
  const rights = new Rights()
  const b = new TestBroker({ authorizer: rights })
  const lasting = version === 5 ? { properties: { sessionExpiryInterval: 1000 } } : {}
  return { b, rights, version, connect: (clean = true) => b.dial('s', { version, cleanStart: clean, ...(clean ? {} : lasting) }) }
}

for (const version of [3, 4, 5] as const) {
  test.each(Object.entries(READING))(`version ${version}, the right to read is gone: %s`, (_name, way) => {
    expect(way(scene(version), () => {})).toEqual(['x'])
    const denied = scene(version)
    expect(way(denied, () => denied.rights.deny('s read secret'))).toEqual([])
  })
}

test('a right that comes back: what was queued meanwhile and not asked for is delivered', () => {
  const { b, rights, connect } = scene(4)
  let s = connect(false)
  s.subscribe('#', 1)
  s.cut()
  const p = b.client('p')
  p.publish('secret', 'x', { qos: 1 })
  rights.deny('s read secret')
  p.publish('secret', 'not for s', { qos: 1 })
  rights.allow('s read secret')
  p.publish('secret', 'y', { qos: 1 })
  s = connect(false)
  expect(s.payloads()).toEqual(['x', 'y'])
})

test('rights that change while the queue drains are asked for again', () => {
  const { b, rights, connect } = scene(5)
  const s = connect()
  s.subscribe('#', 1)
  const p = b.client('p')
  for (let i = 0; i < 30; i++) p.publish('secret', `${i}`, { qos: 1 })
  s.acknowledge(4, 1)
  expect(s.payloads()).toHaveLength(21)
  rights.deny('s read secret')
  p.publish('free', 'free', { qos: 1 })
  s.acknowledge(4, 2)
  expect(s.payloads()).toEqual(['free'])
})

test('$share/NAME/FILTER is asked for as FILTER', () => {
  const { rights, connect } = scene(5)
  rights.deny('s subscribe secret')
  const s = connect()
  for (const filter of ['secret', '$share/g/secret', '$share/g/free']) s.subscribe(filter, 1)
  expect(s.lines().slice(1)).toEqual(['SUBACK m1 [135]', 'SUBACK m1 [135]', 'SUBACK m1 [1]'])
  expect(rights.asked).toEqual(['s secret', 's secret', 's free'])
})

const WRITING: readonly (readonly [string, string, 'denied' | 'reserved'])[] = [
  ['secret', 'p write secret', 'denied'],
  ['$SYS/broker/uptime', '', 'reserved'],
  ['$CONTROL/dynamic-security/v1', '', 'reserved'],
  ['$CONTROL', '', 'reserved'],
]

for (const version of [3, 4, 5] as const) {
  test.each(WRITING)(`version ${version}, no right to write %s: live, retained, QoS 2, will at CONNECT and when it is due`, (topicName, rule) => {
    const { b, rights } = scene(version)
    if (rule !== '') rights.deny(rule)
    const s = b.client('reader')
    for (const filter of ['#', '$SYS/#', '$CONTROL/#', '$CONTROL']) s.subscribe(filter, 2)
    s.lines()
    const p = b.client('p', { version })
    const told = version === 5 ? ' 0x87' : ''
    p.publish(topicName, '0', { retain: true })
    p.publish(topicName, '1', { qos: 1, retain: true })
    p.publish(topicName, '2', { qos: 2, packetId: 2 })
    expect(p.lines()).toEqual([`PUBACK m1${told}`, `PUBREC m2${told}`])
    p.acknowledge(6, 2)
    expect(p.isClosed).toBe(false)
    const will = { topicName, payload: new Uint8Array(1), qos: 0, retain: true, properties: {} } as const
    p.cut()
    expect(b.dial('p', { version, will }).lines()).toEqual([version === 5 ? 'CONNACK 0 135' : 'CONNACK 0 5'])
    if (rule !== '') {
      rights.allow(rule)
      const w = b.client('p', { version, will })
      rights.deny(rule)
      w.cut()
    }
    expect([s.payloads(), b.broker.retainedCount]).toEqual([[], 0])
  })
}

test('what was retained by somebody who may no longer write there is not delivered, and is again when the right is back', () => {
  const { b, rights } = scene(5)
  const p = b.client('p')
  p.publish('a', 'of p', { retain: true })
  b.client('q').publish('b', 'of q', { retain: true })
  p.cut()
  const s = b.client('reader')
  rights.deny('p write a')
  s.subscribe('#')
  expect(s.payloads()).toEqual(['of q'])
  rights.allow('p write a')
  s.subscribe('#')
  expect(s.payloads().sort()).toEqual(['of p', 'of q'])
})
