// mount_point: the clients of a listener live below a prefix and do not see it; the broker and its rules see full names only.
// As in Mosquitto, the authoriser is asked with the prefix.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PacketType, type ProtocolVersion, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5]

function mounted(b: TestBroker, mountPoint = 'mnt/'): Parameters<TestBroker['client']>[1] {
  return { rules: b.rules({ mountPoint }) }
}

test.each(VERSIONS)('version %i: put on what is published and subscribed to, taken off what is delivered', (version) => {
  const b = new TestBroker()
  const inside = b.client('in', { ...mounted(b), version })
  const outside = b.client('out', { version })
  inside.subscribe('#', 1)
  inside.subscribe('a/+', 2, { packetId: 2 })
  outside.subscribe('#', 1)
  for (const c of [inside, outside]) c.lines()
  inside.publish('a/b', 'from inside')
  outside.publish('mnt/x', 'from outside')
  outside.publish('mnt', 'the mount point itself')
  outside.publish('mnt/', 'nothing below it')
  outside.publish('mn/x', 'elsewhere')
  expect(inside.lines()).toEqual(['PUBLISH q0 r0 d0 m0 a/b from inside', 'PUBLISH q0 r0 d0 m0 a/b from inside', 'PUBLISH q0 r0 d0 m0 x from outside'])
  expect(outside.lines()[0]).toBe('PUBLISH q0 r0 d0 m0 mnt/a/b from inside')
  expect(outside.isClosed).toBe(false)
  inside.unsubscribe('#')
  inside.lines()
  inside.publish('a/b', 'again')
  inside.publish('c', 'unheard')
  expect(inside.payloads()).toEqual(['again'])
})

test.each([0, 1, 2] as const)('QoS %i: a read full of messages arrives whole and in order, with its own Packet Identifiers', (qos) => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 0 } })
  const inside = b.client('in', mounted(b))
  const other = b.client('other', { ...mounted(b), version: 5 })
  for (const c of [inside, other]) c.subscribe('t/#', qos)
  for (const c of [inside, other]) c.lines()
  const ids = Array.from({ length: 50 }, (_, i) => i + 1)
  inside.send(...ids.map((id): Publish => publishOf('t/x', `${id}`, qos, qos === 0 ? 0 : id + 100)))
  if (qos === 2) inside.acknowledge(6, ...ids.map((id) => id + 100))
  const got = inside.received()
  const acks = got.filter(({ type }) => type === (qos === 1 ? PacketType.Puback : PacketType.Pubrec))
  expect(acks).toMatchObject(qos === 0 ? [] : ids.map((id) => ({ packetId: id + 100, reasonCode: 0 })))
  for (const packets of [got, other.received()])
    expect(packets.filter(({ type }) => type === PacketType.Publish)).toMatchObject(ids.map((id) => ({ topicName: 't/x', qos, packetId: qos === 0 ? 0 : id })))
})

test.each(VERSIONS)('version %i: retained messages, the will, and a session that comes back', (version) => {
  const b = new TestBroker()
  const persistent = { version, cleanStart: false, ...(version === 5 ? { properties: { sessionExpiryInterval: 100 } } : {}) } as const
  const will = { topicName: 'will', payload: Uint8Array.of(87), qos: 1, retain: true, properties: {} } as const
  const inside = b.client('in', { ...mounted(b), version, will })
  inside.publish('state', 'on', { retain: true })
  let s = b.client('s', { ...mounted(b), ...persistent })
  s.subscribe('#', 1)
  expect(s.lines()).toEqual(['SUBACK m1 [1]', 'PUBLISH q0 r1 d0 m0 state on'])
  inside.cut()
  expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 will W'])
  const outside = b.client('out')
  outside.subscribe('+/will')
  expect(outside.lines()).toEqual(['SUBACK m1 [0]', 'PUBLISH q0 r1 d0 m0 mnt/will W'])
  s.cut()
  outside.publish('mnt/queued', 'q', { qos: 1 })
  s = b.dial('s', { ...mounted(b), ...persistent })
  expect(s.lines().slice(1)).toEqual(['PUBLISH q1 r0 d1 m1 will W', 'PUBLISH q1 r0 d0 m2 queued q'])
})

test.each(VERSIONS)('version %i: shared subscriptions are below the mount point too', (version) => {
  const b = new TestBroker()
  const rules = mounted(b)
  const [one, two] = [b.client('1', { ...rules, version }), b.client('2', { ...rules, version })]
  for (const c of [one, two]) c.subscribe('$share/g/t')
  for (const c of [one, two]) c.lines()
  const outside = b.client('out')
  outside.publish('t', 'elsewhere')
  outside.publish('mnt/t', 'a')
  outside.publish('mnt/t', 'b')
  expect([one.lines(), two.lines()].flat().sort()).toEqual(['PUBLISH q0 r0 d0 m0 t a', 'PUBLISH q0 r0 d0 m0 t b'])
  one.unsubscribe('$share/g/t')
  expect(one.lines()).toEqual([version === 5 ? 'UNSUBACK m1 [0]' : 'UNSUBACK m1 []'])
})

test('$SYS is not below a mount point, and a leading wildcard does not match what begins with $ below it [MQTT-4.7.2-1]', () => {
  const b = new TestBroker({ limits: { sysInterval: 10 } })
  const inside = b.client('in', mounted(b))
  inside.subscribe('$SYS/#')
  expect(inside.lines()).toEqual(['SUBACK m1 [0]'])
  inside.subscribe('#', 0)
  inside.subscribe('$share/g/+/x', 0)
  inside.subscribe('$own/x', 1)
  inside.lines()
  const outside = b.client('out')
  outside.publish('mnt/$own/x', 'x', { retain: true })
  expect(inside.lines()).toEqual(['PUBLISH q0 r0 d0 m0 $own/x x'])
  inside.subscribe('#')
  expect(inside.lines()).toEqual(['SUBACK m1 [0]'])
  inside.subscribe('$own/#')
  expect(inside.lines()).toEqual(['SUBACK m1 [0]', 'PUBLISH q0 r1 d0 m0 $own/x x'])
})

test('5.0: Topic Aliases in both directions, Subscription Identifiers, properties untouched', () => {
  const b = new TestBroker()
  const inside = b.client('in', { ...mounted(b), version: 5, properties: { topicAliasMaximum: 3 } })
  inside.subscribe('#', 1, { identifier: 7 })
  inside.lines()
  inside.publish('t', '1', { properties: { topicAlias: 1, responseTopic: 'answers', userProperties: [['k', 'v']] } })
  inside.publish('', '2', { properties: { topicAlias: 1 } })
  expect(inside.lines()).toEqual([
    'PUBLISH q0 r0 d0 m0 t 1 {"responseTopic":"answers","userProperties":[["k","v"]],"topicAlias":1,"subscriptionIdentifiers":[7]}',
    'PUBLISH q0 r0 d0 m0  2 {"topicAlias":1,"subscriptionIdentifiers":[7]}',
  ])
})

test('the authoriser sees full names', () => {
  const asked: string[] = []
  const note = (what: string) => (_id: string, _user: string | null, topic: string) => {
    asked.push(`${what} ${topic}`)
    return 'allow' as const
  }
  const b = new TestBroker()
  const authorizer = { generation: 0, mayPublish: note('publish'), mayReceive: note('receive'), maySubscribe: note('subscribe') }
  const rules = b.rules({ mountPoint: 'mnt/', authorizer })
  const c = b.client('c', { rules, will: { topicName: 'w', payload: new Uint8Array(0), qos: 0, retain: false, properties: {} } })
  c.subscribe('$share/g/t')
  c.publish('t', 'x')
  expect(asked).toEqual(['publish mnt/w', 'subscribe mnt/t', 'publish mnt/t', 'receive mnt/t'])
})

test('one mount point below another: each client gets the name that is its own', () => {
  const b = new TestBroker()
  const [upper, lower] = [b.client('upper', mounted(b, 'a/')), b.client('lower', mounted(b, 'a/b/'))]
  for (const c of [upper, lower]) c.subscribe('#')
  for (const c of [upper, lower]) c.lines()
  b.client('p').publish('a/b/c', 'x')
  expect([upper.lines(), lower.lines()]).toEqual([['PUBLISH q0 r0 d0 m0 b/c x'], ['PUBLISH q0 r0 d0 m0 c x']])
})

test('what is sent again is asked for by its full name', () => {
  const asked: string[] = []
  const authorizer = {
    generation: 0,
    mayPublish: () => 'allow' as const,
    maySubscribe: () => 'allow' as const,
    mayReceive: (_id: string, _user: string | null, topicName: string) => {
      asked.push(topicName)
      return 'allow' as const
    },
  }
  const b = new TestBroker()
  const rules = b.rules({ mountPoint: 'mnt/', authorizer })
  const s = b.client('s', { rules, cleanStart: false })
  s.subscribe('t', 1)
  b.client('p').publish('mnt/t', 'x', { qos: 1 })
  s.cut()
  authorizer.generation++
  asked.length = 0
  expect(b.dial('s', { rules, cleanStart: false }).lines()).toEqual(['CONNACK 1 0', 'PUBLISH q1 r0 d1 m1 t x'])
  expect(asked).toEqual(['mnt/t'])
})

test('a name that becomes too long is refused; nothing of it is subscribed to or kept', () => {
  const b = new TestBroker()
  const rules = mounted(b, 'm'.repeat(10))
  const c = b.client('c', { ...rules, version: 5 })
  c.publish('x'.repeat(65_530), 'y')
  expect([c.lines(), c.isClosed]).toEqual([['DISCONNECT 0x90'], true])
  const will = { topicName: 'x'.repeat(65_530), payload: new Uint8Array(0), qos: 0, retain: false, properties: {} } as const
  expect(b.dial('w', { ...rules, version: 5, will }).lines()).toEqual(['CONNACK 0 144'])
})

test('two listeners with other mount points, and one without: a subscription stays where it was made', () => {
  const b = new TestBroker()
  const [one, two] = [mounted(b, 'one/'), mounted(b, 'two/')]
  let s = b.client('s', { ...one, cleanStart: false })
  s.subscribe('#', 1)
  s.cut()
  s = b.client('s', { ...two, cleanStart: false })
  const p = b.client('p')
  p.publish('one/t', 'not under two')
  expect(s.payloads()).toEqual([])
  s.cut()
  s = b.client('s', { cleanStart: false })
  p.publish('one/t', 'full name')
  expect(s.lines()).toEqual(['PUBLISH q0 r0 d0 m0 one/t full name'])
  expect(b.broker.slabs.outstanding).toBe(0)
})

const chars = fc.constantFrom('a', 'b', '/', 'é', '$')
const name = fc.string({ unit: chars, minLength: 1, maxLength: 6 })

test('law: clients of one mount point see what clients of a broker without one would see', () => {
  const step = fc.record({ qos: fc.constantFrom<Qos>(0, 1, 2), retain: fc.boolean(), topicName: name, count: fc.integer({ min: 1, max: 3 }) })
  const filter = fc.oneof(name, fc.constantFrom('#', '+', '+/#', 'a/+', '+/b', '/#'))
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 12 }),
      fc.array(filter, { minLength: 1, maxLength: 3 }),
      fc.constantFrom<ProtocolVersion>(4, 5),
      (steps, filters, version) => {
        const seen = ['', 'x/é/'].map((mountPoint) => {
          const b = new TestBroker()
          const options = { version, ...mounted(b, mountPoint) }
          const s = b.client('s', options)
          const p = b.client('p', options)
          filters.forEach((topicFilter, i) => s.subscribe(topicFilter, (i % 3) as Qos, { packetId: i + 1 }))
          for (const { qos, retain, topicName, count } of steps) burst(p, topicName, qos, retain, count)
          filters.forEach((topicFilter, i) => s.subscribe(topicFilter, 0, { packetId: i + 1 }))
          return [s.lines(), p.lines()]
        })
        expect(seen[1]).toEqual(seen[0])
      },
    ),
    { numRuns: 150 },
  )
})

function burst(p: TestClient, topicName: string, qos: Qos, retain: boolean, count: number): void {
  if (topicName.startsWith('$SYS')) return
  p.send(...Array.from({ length: count }, (_, i): Publish => ({ ...publishOf(topicName, `${i}`, qos, qos === 0 ? 0 : i + 1), retain })))
  if (qos === 2) p.acknowledge(6, ...Array.from({ length: count }, (_, i) => i + 1))
}

function publishOf(topicName: string, payload: string, qos: Qos, packetId: number): Publish {
  return { type: PacketType.Publish, topicName, payload: new TextEncoder().encode(payload), qos, retain: false, dup: false, packetId, properties: {} }
}
