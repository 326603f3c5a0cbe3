// What a broker finds after it was killed, or stopped: sessions, messages on both ways in every state of their handshake, retained messages, wills.
// The store is real files; sockets are the test broker's.

import { expect, test } from 'vitest'
import { type Authorizer, PERMIT_ALL } from '../../src/broker/ports.ts'
import { RestartingBroker } from '../support/restarting-broker.ts'
import type { ClientOptions, TestClient } from '../support/test-broker.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6
const PUBCOMP = 7
const LASTING: ClientOptions = { cleanStart: false }
const LONG: ClientOptions = { version: 5, cleanStart: false, properties: { sessionExpiryInterval: 3600 } }

/** Connects, and waits for the store and CONNACK. */
async function come(it: RestartingBroker, clientId: string, options: ClientOptions = LASTING): Promise<TestClient> {
  const client = it.b.dial(clientId, options)
  await it.settle()
  return client
}

/** What came after CONNACK. */
function after(client: TestClient): string[] {
  const [connack, ...lines] = client.lines()
  expect(connack).toMatch(/^CONNACK 1 0/)
  return lines
}

test.each(['crash', 'restart'] as const)('sessions, subscriptions and what waits survive a %s; order and Packet Identifiers stay', async (how) => {
  await using it = await RestartingBroker.start()
  const s = await come(it, 's')
  s.subscribe('a/+', 2, { packetId: 1 })
  s.subscribe('gone', 1, { packetId: 2 })
  s.unsubscribe('gone')
  s.cut()
  const p = it.b.client('p')
  for (let i = 1; i <= 5; i++) p.publish(`a/${i % 2}`, `${i}`, { qos: 1, packetId: i })
  p.publish('gone', 'x', { qos: 1 })
  await it[how]()
  expect([it.b.broker.sessionCount, it.b.broker.counters.subscriptions]).toEqual([1, 1])
  it.b.client('q').publish('a/9', '6', { qos: 1 })
  const back = await come(it, 's')
  const lines = after(back)
  expect(lines.map((line) => line.replace(/m\d+/, 'm'))).toEqual(
    [1, 2, 3, 4, 5].map((i) => `PUBLISH q1 r0 d0 m a/${i % 2} ${i}`).concat('PUBLISH q1 r0 d0 m a/9 6'),
  )
  expect(lines.map((line) => / m(\d+)/.exec(line)![1])).toEqual(['1', '2', '3', '4', '5', '4102'])
  back.acknowledge(PUBACK, 1, 2, 3, 4, 5, 4102)
  await it.restart()
  expect(after(await come(it, 's'))).toEqual([])
})

test('sent and not acknowledged: again with DUP and the same identifiers, PUBREL where PUBREC has come, in the old order', async () => {
  await using it = await RestartingBroker.start()
  const s = await come(it, 's')
  s.subscribe('t', 2)
  await it.settle()
  s.lines()
  const p = it.b.client('p')
  for (let i = 1; i <= 6; i++) p.publish('t', `${i}`, { qos: i % 2 === 0 ? 2 : 1, packetId: i })
  p.acknowledge(PUBREL, 2, 4, 6)
  await it.settle()
  expect(s.payloads()).toEqual(['1', '3', '5', '2', '4', '6'])
  s.acknowledge(PUBREC, 5)
  s.acknowledge(PUBACK, 2)
  await it.settle()
  expect(s.lines()).toEqual(['PUBREL m5'])
  await it.store.save()
  await it.crash()
  const back = await come(it, 's')
  expect(after(back)).toEqual(['PUBLISH q1 r0 d1 m1 t 1', 'PUBLISH q1 r0 d1 m3 t 5', 'PUBLISH q2 r0 d1 m4 t 2', 'PUBREL m5', 'PUBLISH q2 r0 d1 m6 t 6'])
  back.acknowledge(PUBACK, 1, 3)
  back.acknowledge(PUBREC, 4, 6)
  back.acknowledge(PUBCOMP, 5)
  await it.settle()
  expect(back.lines()).toEqual(['PUBREL m4', 'PUBREL m6'])
  back.acknowledge(PUBCOMP, 4, 6)
  await it.restart()
  expect(after(await come(it, 's'))).toEqual([])
})

test('connected at the crash: what may have been sent comes with DUP, one that was received shows that it was sent', async () => {
  await using it = await RestartingBroker.start()
  const s = await come(it, 's')
  s.subscribe('t', 2)
  await it.settle()
  const p = it.b.client('p')
  p.publish('t', '1', { qos: 1, packetId: 1 })
  p.publish('t', '2', { qos: 2, packetId: 2 })
  p.acknowledge(PUBREL, 2)
  p.publish('t', '3', { qos: 1, packetId: 3 })
  s.acknowledge(PUBREC, 2)
  await it.crash()
  const back = await come(it, 's')
  expect(after(back)).toEqual(['PUBLISH q1 r0 d1 m1 t 1', 'PUBREL m2', 'PUBLISH q1 r0 d1 m3 t 3'])
})

test('a window that is full of unacknowledged messages goes on behind them', async () => {
  await using it = await RestartingBroker.start({ limits: { maximumInflightMessages: 3 } })
  const s = await come(it, 's')
  s.subscribe('t', 1)
  const p = it.b.client('p')
  for (let i = 1; i <= 8; i++) p.publish('t', `${i}`, { qos: 1, packetId: i })
  await it.store.save()
  await it.crash()
  const back = await come(it, 's')
  expect(after(back)).toEqual(['PUBLISH q1 r0 d1 m1 t 1', 'PUBLISH q1 r0 d1 m2 t 2', 'PUBLISH q1 r0 d1 m3 t 3'])
  back.acknowledge(PUBACK, 2)
  // never sent, but the journal knows that of every 128th only
  expect(back.lines()).toEqual(['PUBLISH q1 r0 d1 m4 t 4'])
  back.acknowledge(PUBACK, 1, 3, 4)
  expect(back.payloads()).toEqual(['5', '6', '7'])
  it.b.client('q').publish('t', '9', { qos: 1 })
  back.acknowledge(PUBACK, 5, 6, 7)
  await it.settle()
  expect(back.payloads()).toEqual(['8', '9'])
})

test('the end of a connection says how far it got: what was queued after it comes without DUP, after a crash, too', async () => {
  await using it = await RestartingBroker.start()
  const s = await come(it, 's')
  s.subscribe('t', 1)
  const p = it.b.client('p')
  p.publish('t', '1', { qos: 1 })
  await it.settle()
  s.cut()
  p.publish('t', '2', { qos: 1 })
  await it.crash()
  const back = await come(it, 's')
  expect(after(back)).toEqual(['PUBLISH q1 r0 d1 m1 t 1', 'PUBLISH q1 r0 d0 m2 t 2'])
  it.b.client('q').publish('t', '3', { qos: 1 })
  await it.settle()
  expect(back.lines()).toEqual(['PUBLISH q1 r0 d0 m4099 t 3'])
})

test('QoS 2 leaves for a receiver when it is stored, QoS 1 at once but for the first of many', async () => {
  await using it = await RestartingBroker.start()
  const s = await come(it, 's')
  s.subscribe('t', 2)
  await it.settle()
  s.lines()
  const p = it.b.client('p')
  p.publish('t', '1', { qos: 1, packetId: 1 })
  expect(s.payloads()).toEqual([])
  await it.settle()
  expect(s.payloads()).toEqual(['1'])
  p.publish('t', '2', { qos: 1, packetId: 2 })
  expect(s.payloads()).toEqual(['2'])
  p.publish('t', '3', { qos: 2, packetId: 3 })
  await it.settle()
  p.acknowledge(PUBREL, 3)
  expect(s.payloads()).toEqual([])
  await it.settle()
  expect(s.payloads()).toEqual(['3'])
})

test('QoS 2 from a publisher: once, whether killed before or after PUBREC and PUBREL', async () => {
  await using it = await RestartingBroker.start()
  const s = await come(it, 's')
  s.subscribe('t', 2)
  s.cut()
  let p = await come(it, 'p')
  p.publish('t', '1', { qos: 2, packetId: 10 })
  p.publish('t', '2', { qos: 2, packetId: 11 })
  p.publish('u', '3', { qos: 2, packetId: 12 })
  await it.settle()
  expect(p.lines().slice(1)).toEqual(['PUBREC m10', 'PUBREC m11', 'PUBREC m12'])
  await it.crash()
  p = await come(it, 'p')
  p.publish('t', '1', { qos: 2, packetId: 10, dup: true })
  p.acknowledge(PUBREL, 11, 10)
  await it.settle()
  expect(after(p)).toEqual(['PUBREC m10', 'PUBCOMP m11', 'PUBCOMP m10'])
  await it.crash()
  p = await come(it, 'p')
  p.acknowledge(PUBREL, 10, 11, 12)
  await it.settle()
  expect(after(p)).toEqual(['PUBCOMP m10', 'PUBCOMP m11', 'PUBCOMP m12'])
  expect((await come(it, 's')).payloads()).toEqual(['2', '1'])
})

test('retained messages: the last one of each topic, none that was cleared or has expired meanwhile', async () => {
  await using it = await RestartingBroker.start()
  const p = it.b.client('p', { version: 5 })
  p.publish('r/1', 'old', { retain: true })
  p.publish('r/1', 'new', { retain: true, qos: 1 })
  p.publish('r/2', 'x', { retain: true })
  p.publish('r/2', '', { retain: true })
  p.publish('r/3', 'short', { retain: true, properties: { messageExpiryInterval: 5 } })
  p.publish('r/4', 'long', { retain: true, properties: { messageExpiryInterval: 100, userProperties: [['a', 'b']] } })
  await it.crash(10_000)
  expect(it.b.broker.retainedCount).toBe(2)
  const s = it.b.client('s', { version: 5 })
  s.subscribe('r/#')
  expect(s.lines().slice(1).toSorted()).toEqual([
    'PUBLISH q0 r1 d0 m0 r/1 new',
    'PUBLISH q0 r1 d0 m0 r/4 long {"messageExpiryInterval":90,"userProperties":[["a","b"]]}',
  ])
  await it.restart()
  expect(it.b.broker.retainedCount).toBe(2)
})

test('expiry counts the time away: of sessions and of messages', async () => {
  await using it = await RestartingBroker.start()
  for (const [clientId, sessionExpiryInterval] of [
    ['short', 60],
    ['long', 3600],
  ] as const) {
    const client = await come(it, clientId, { ...LONG, properties: { sessionExpiryInterval } })
    client.subscribe('t', 1)
    if (clientId === 'long') client.cut() // the other one is connected when the broker dies
  }
  const p = it.b.client('p', { version: 5 })
  p.publish('t', 'soon', { qos: 1, packetId: 1, properties: { messageExpiryInterval: 50 } })
  p.publish('t', 'late', { qos: 1, packetId: 2, properties: { messageExpiryInterval: 500 } })
  await it.crash(100_000)
  it.b.advance(100)
  expect(it.b.broker.sessionCount).toBe(1)
  expect(after(await come(it, 'long', LONG))).toEqual(['PUBLISH q1 r0 d0 m2 t late {"messageExpiryInterval":400}'])
})

test.each(['crash', 'restart'] as const)(
  'the will of whoever was connected at a %s goes out as its delay says; of whoever said goodbye, none [MQTT-3.1.2-8]',
  async (how) => {
    await using it = await RestartingBroker.start()
    const s = await come(it, 's')
    s.subscribe('w/#', 1)
    s.cut()
    const will = (topicName: string, willDelayInterval?: number): NonNullable<ClientOptions['will']> => ({
      topicName,
      payload: Uint8Array.of(120),
      qos: 1,
      retain: true,
      properties: willDelayInterval === undefined ? {} : { willDelayInterval },
    })
    await come(it, 'now', { will: will('w/now') })
    await come(it, 'later', { ...LONG, will: will('w/later', 30) })
    await come(it, 'back', { ...LONG, will: will('w/back', 30) })
    const bye = await come(it, 'bye', { will: will('w/bye') })
    bye.disconnect()
    await it[how](10_000)
    const again = it.b.broker
    expect([again.retainedCount, again.sessionCount]).toEqual([1, 3])
    await come(it, 'back', LONG)
    it.b.advance(15_000)
    expect(again.retainedCount).toBe(1)
    it.b.advance(6000)
    expect(again.retainedCount).toBe(2)
    await it.crash() // nothing of them a second time
    expect(after(await come(it, 's')).map((line) => line.split(' ').slice(-2).join(' '))).toEqual(['w/now x', 'w/later x'])
  },
)

test('a shared subscription deals to its members as before', async () => {
  await using it = await RestartingBroker.start()
  for (const clientId of ['a', 'b']) {
    const member = await come(it, clientId)
    member.subscribe('$share/g/t', 1)
    member.cut()
  }
  await it.crash()
  const p = it.b.client('p')
  for (let i = 1; i <= 4; i++) p.publish('t', `${i}`, { qos: 1, packetId: i })
  const [a, b] = [await come(it, 'a'), await come(it, 'b')]
  expect([a.payloads(), b.payloads()]).toEqual([
    ['1', '3'],
    ['2', '4'],
  ])
})

test.each([
  ['known', true],
  ['not known any more', false],
])(
  'behind a mount point, its listener %s, names stay whole in the store and short for the client, sent ones and unreleased ones too',
  async (_name, isKnown) => {
    await using it = await RestartingBroker.start({}, (b) => (isKnown ? [b.rules({ name: 'mounted', mountPoint: 'm/' })] : []))
    const mounted = (): ClientOptions => ({ ...LASTING, rules: it.listeners[0] ?? it.b.rules({ name: 'other', mountPoint: 'm/' }) })
    const s = await come(it, 's', mounted())
    s.subscribe('t', 2)
    await it.settle()
    it.b.client('p').publish('m/t', 'sent', { qos: 1 })
    await it.settle()
    expect(s.payloads()).toEqual(['sent'])
    s.publish('u', 'x', { qos: 2, packetId: 9 })
    await it.store.save()
    s.cut()
    it.b.client('p').publish('m/t', 'queued', { qos: 1 })
    await it.crash()
    const reader = it.b.client('reader')
    reader.subscribe('#', 0)
    reader.lines()
    const back = await come(it, 's', mounted())
    expect(after(back)).toEqual(['PUBLISH q1 r0 d1 m1 t sent', 'PUBLISH q1 r0 d0 m2 t queued'])
    back.publish('u', 'x', { qos: 2, packetId: 9, dup: true }) // known, whatever stands before its name in the store
    back.acknowledge(PUBREL, 9)
    await it.settle()
    expect([back.lines(), reader.lines()]).toEqual([['PUBREC m9', 'PUBCOMP m9'], ['PUBLISH q0 r0 d0 m0 m/u x']])
  },
)

test('a QoS 2 message that took the place of another under its identifier is the one that a restart finds', async () => {
  await using it = await RestartingBroker.start()
  const p = await come(it, 'p')
  p.publish('t', 'lost', { qos: 2, packetId: 9 })
  p.publish('t', 'kept', { qos: 2, packetId: 8 })
  p.publish('t', 'found', { qos: 2, packetId: 9 })
  await it.store.save()
  await it.crash()
  const reader = it.b.client('reader')
  reader.subscribe('#', 0)
  reader.lines()
  const back = await come(it, 'p')
  back.acknowledge(PUBREL, 8, 9)
  await it.settle()
  expect(reader.payloads()).toEqual(['kept', 'found'])
})

test('what the client may not read any more is dropped when it comes back, and only then', async () => {
  let allowed = true
  const authorizer: Authorizer = { ...PERMIT_ALL, mayReceive: () => (allowed ? 'allow' : 'deny') }
  await using it = await RestartingBroker.start({ authorizer })
  const s = await come(it, 's')
  s.subscribe('t', 1)
  it.b.client('p').publish('t', 'sent', { qos: 1 })
  await it.store.save()
  s.cut()
  it.b.client('p').publish('t', 'queued', { qos: 1 })
  allowed = false
  await it.crash()
  expect(after(await come(it, 's'))).toEqual([])
  allowed = true
  await it.restart()
  expect(after(await come(it, 's'))).toEqual([])
})

test('Subscription Identifiers, No Local and Retain As Published are remembered', async () => {
  await using it = await RestartingBroker.start()
  const s = await come(it, 's', LONG)
  s.subscribe('t', 1, { identifier: 7, noLocal: true, retainAsPublished: true })
  s.cut()
  const p = it.b.client('p')
  p.publish('t', '1', { qos: 1 })
  await it.crash()
  it.b.client('p').publish('t', '2', { qos: 1, retain: true })
  const back = await come(it, 's', LONG)
  expect(after(back)).toEqual(['PUBLISH q1 r0 d0 m1 t 1 {"subscriptionIdentifiers":[7]}', 'PUBLISH q1 r1 d0 m4098 t 2 {"subscriptionIdentifiers":[7]}'])
  back.publish('t', 'own', { qos: 0 })
  expect(back.lines()).toEqual([])
})

test('limits that were lowered meanwhile take nothing away', async () => {
  const limits = { maximumQueuedMessages: 50 }
  await using it = await RestartingBroker.start({ limits })
  const s = await come(it, 's')
  s.subscribe('t', 1)
  s.cut()
  const p = it.b.client('p')
  for (let i = 1; i <= 60; i++) p.publish('t', `${i}`, { qos: 1, packetId: i })
  limits.maximumQueuedMessages = 5
  await it.crash()
  const back = await come(it, 's')
  const got: string[] = []
  for (let id = 1; id <= 60; id++) {
    got.push(...back.payloads())
    back.acknowledge(PUBACK, id)
  }
  expect(got).toEqual(Array.from({ length: 50 }, (_, i) => `${i + 1}`))
})

test('killed again and again, nothing is lost, doubled or out of order, and the files stay few', async () => {
  await using it = await RestartingBroker.start({ limits: { maximumQueuedMessages: 0 } })
  ;(await come(it, 's')).subscribe('t', 2)
  const got: string[] = []
  const released = new Set<number>()
  let next = 1
  for (let round = 0; round < 12; round++) {
    const s = await come(it, 's')
    const p = it.b.client('p')
    for (let i = 0; i < 40; i++, next++) {
      p.publish('t', `${next} ${'x'.repeat(1000)}`, { qos: 2, packetId: 1 })
      p.acknowledge(PUBREL, 1)
    }
    for (let turn = 0; turn < 3; turn++) {
      await it.settle()
      for (const packet of s.received()) {
        if (packet.type === 3) {
          if (!released.has(packet.packetId)) got.push(new TextDecoder().decode(packet.payload).split(' ')[0]!)
          released.add(packet.packetId)
          s.acknowledge(PUBREC, packet.packetId)
        } else if (packet.type === 6) {
          released.delete(packet.packetId)
          s.acknowledge(PUBCOMP, packet.packetId)
        }
      }
    }
    await it.crash()
  }
  const s = await come(it, 's')
  for (let quiet = 0; quiet < 3; quiet++) {
    for (const packet of s.received()) {
      quiet = 0
      if (packet.type === 3) {
        if (!released.has(packet.packetId)) got.push(new TextDecoder().decode(packet.payload).split(' ')[0]!)
        released.add(packet.packetId)
        s.acknowledge(PUBREC, packet.packetId)
      } else if (packet.type === 6) {
        released.delete(packet.packetId)
        s.acknowledge(PUBCOMP, packet.packetId)
      }
    }
    await it.settle()
  }
  expect(got).toEqual(Array.from({ length: next - 1 }, (_, i) => `${i + 1}`))
})
