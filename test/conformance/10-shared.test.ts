// Shared subscriptions: each message to one member of each group [MQTT 5.0, section 4.8.2]; for 3.1 and 3.1.1 as well, as in Mosquitto.
// Ordinary subscriptions are in 09-subscriptions.

import { describe, expect, test } from 'vitest'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { afterConnack, lasting, subscribeBytes, VERSIONS } from './versions.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6

/** Clients m0, m1, … that share `filter`. */
function members(b: TestBroker, count: number, filter: string, options: Parameters<TestBroker['client']>[1], qos: 0 | 1 | 2 = 0): TestClient[] {
  return Array.from({ length: count }, (_, i) => {
    const member = b.client(`m${i}`, options)
    member.subscribe(filter, qos)
    expect(member.lines()).toEqual([`SUBACK m1 [${qos}]`])
    return member
  })
}

describe.each(VERSIONS)('MQTT %s', (_name, version) => {
  test('messages go round the members, one copy each [section 4.8.2]', () => {
    const b = new TestBroker()
    const group = members(b, 3, '$share/g/t', { version })
    const p = b.client('p', { version })
    for (let i = 0; i < 7; i++) p.publish('t', `${i}`)
    expect(group.map((member) => member.payloads())).toEqual([
      ['0', '3', '6'],
      ['1', '4'],
      ['2', '5'],
    ])
  })

  test('messages of one read are dealt one by one too [section 4.8.2]', () => {
    const b = new TestBroker()
    const group = members(b, 2, '$share/g/t', { version }, 1)
    const p = b.client('p', { version })
    p.send(
      ...Array.from(
        { length: 6 },
        (_, i) =>
          ({
            type: PacketType.Publish,
            topicName: 't',
            payload: new TextEncoder().encode(`${i}`),
            qos: 1,
            retain: false,
            dup: false,
            packetId: i + 1,
            properties: {},
          }) as const,
      ),
    )
    expect(group.map((member) => member.payloads())).toEqual([
      ['0', '2', '4'],
      ['1', '3', '5'],
    ])
    expect(p.lines()).toEqual([1, 2, 3, 4, 5, 6].map((id) => `PUBACK m${id}`))
  })

  test('every group gets its copy, every ordinary subscriber too, a client in both roles two [section 4.8.2]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const [a, c, both] = ['a', 'c', 'both'].map((id) => b.client(id, { version })) as [TestClient, TestClient, TestClient]
    a.subscribe('$share/one/t')
    c.subscribe('$share/two/t')
    both.subscribe('t')
    both.subscribe('$share/three/+')
    for (const client of [a, c, both]) client.lines()
    p.publish('t', 'x')
    expect([a, c, both].map((client) => client.payloads())).toEqual([['x'], ['x'], ['x', 'x']])
  })

  test('a group is its name and its filter: same name with another filter is another group [section 4.8.2]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const [a, c] = ['a', 'c'].map((id) => b.client(id, { version })) as [TestClient, TestClient]
    a.subscribe('$share/g/t')
    c.subscribe('$share/g/+')
    p.publish('t', 'x')
    expect([a.payloads(), c.payloads()]).toEqual([['x'], ['x']])
  })

  test('the filter inside matches as any other; no leading $ for a leading wildcard [MQTT-4.7.2-1]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const a = b.client('a', { version })
    a.subscribe('$share/g/#')
    a.lines()
    for (const topicName of ['$x/t', 'a/b', '$share/g/t']) p.publish(topicName, topicName)
    expect(a.payloads()).toEqual(['a/b'])
    a.subscribe('$share/h//a/+')
    a.lines()
    p.publish('/a/b', 'slash')
    expect(a.payloads()).toEqual(['slash', 'slash'])
  })

  test('each member gets the QoS that was granted to it [MQTT-4.8.2-3]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const group = [0, 1, 2].map((qos) => {
      const member = b.client(`m${qos}`, { version })
      member.subscribe('$share/g/t', qos as 0 | 1 | 2)
      member.lines()
      return member
    })
    for (let id = 1; id <= 3; id++) p.publish('t', 'x', { qos: 2, packetId: id })
    p.acknowledge(PUBREL, 1, 2, 3)
    expect(group.map((member) => member.lines())).toEqual([['PUBLISH q0 r0 d0 m0 t x'], ['PUBLISH q1 r0 d0 m1 t x'], ['PUBLISH q2 r0 d0 m1 t x']])
  })

  test('members without a connection are passed over while another has one [section 4.8.2]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const [here, away] = members(b, 2, '$share/g/t', lasting(version), 1) as [TestClient, TestClient]
    away.cut()
    for (let i = 0; i < 4; i++) p.publish('t', `${i}`, { qos: 1 })
    expect(here.payloads()).toEqual(['0', '1', '2', '3'])
    expect(afterConnack(b.dial('m1', lasting(version)))).toEqual([])
  })

  test('when no member has a connection, QoS 1 waits in one session, QoS 0 in none [section 4.8.2]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    for (const member of members(b, 2, '$share/g/t', lasting(version), 1)) member.cut()
    p.publish('t', 'gone')
    for (let i = 0; i < 4; i++) p.publish('t', `${i}`, { qos: 1 })
    const got = ['m0', 'm1'].flatMap((id) => b.dial(id, lasting(version)).payloads())
    expect(got.sort()).toEqual(['0', '1', '2', '3'])
  })

  test('a member that leaves, by UNSUBSCRIBE or by going, is no longer dealt to [MQTT-3.10.4-2]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const [stays, leaves, goes] = members(b, 3, '$share/g/t', { version }) as [TestClient, TestClient, TestClient]
    leaves.unsubscribe('t')
    leaves.unsubscribe('$share/other/t')
    expect(leaves.lines()).toEqual(version === 5 ? ['UNSUBACK m1 [17]', 'UNSUBACK m1 [17]'] : ['UNSUBACK m1 []', 'UNSUBACK m1 []'])
    leaves.unsubscribe('$share/g/t')
    expect(leaves.lines()).toEqual(version === 5 ? ['UNSUBACK m1 [0]'] : ['UNSUBACK m1 []'])
    goes.cut()
    for (let i = 0; i < 3; i++) p.publish('t', `${i}`)
    expect(stays.payloads()).toEqual(['0', '1', '2'])
    expect(leaves.payloads()).toEqual([])
    expect(b.broker.counters.sharedSubscriptions).toBe(1)
    stays.unsubscribe('$share/g/t')
    p.publish('t', 'nobody', { qos: 1 })
    expect(p.lines()).toEqual([version === 5 ? 'PUBACK m1 0x10' : 'PUBACK m1'])
    expect(b.broker.counters.sharedSubscriptions).toBe(0)
  })

  test('no retained messages for a shared subscription; live ones come [section 4.8.2]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    p.publish('t', 'kept', { retain: true })
    const a = b.client('a', { version })
    a.subscribe('$share/g/t')
    expect(a.lines()).toEqual(['SUBACK m1 [0]'])
    p.publish('t', 'live', { retain: true })
    expect(a.lines()).toEqual(['PUBLISH q0 r0 d0 m0 t live'])
  })

  test('what was sent to a member and not acknowledged stays its, over a reconnect [MQTT-4.8.2-4]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const [here, away] = members(b, 2, '$share/g/t', lasting(version), 2) as [TestClient, TestClient]
    for (let id = 1; id <= 2; id++) p.publish('t', `${id}`, { qos: 2, packetId: id })
    p.acknowledge(PUBREL, 1, 2)
    away.cut()
    expect(here.payloads()).toEqual(['1'])
    expect(afterConnack(b.dial('m1', lasting(version)))).toEqual(['PUBLISH q2 r0 d1 m1 t 2'])
  })

  test('a QoS 2 message of a member whose session ends goes to nobody else [MQTT-4.8.2-5]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const [here, goes] = members(b, 2, '$share/g/t', { version }, 2) as [TestClient, TestClient]
    for (let id = 1; id <= 2; id++) p.publish('t', `${id}`, { qos: 2, packetId: id })
    p.acknowledge(PUBREL, 1, 2)
    goes.cut()
    expect(here.payloads()).toEqual(['1'])
    expect(b.broker.slabs.outstanding).toBe(0)
  })

  test.each([
    ['$share//t', 'MQTT-4.8.2-1'],
    ['$share/', 'MQTT-4.8.2-1'],
    ['$share/+/t', 'MQTT-4.8.2-2'],
    ['$share/a#/t', 'MQTT-4.8.2-2'],
    ['$share/g', 'MQTT-4.8.2-2'],
    ['$share/g/', 'MQTT-4.8.2-2'],
    ['$share/g/a#', 'MQTT-4.7.1-1'],
  ])('%s is no shared subscription: the connection ends [%s]', (filter) => {
    const b = new TestBroker()
    const s = b.client('s', { version })
    s.sendBytes(subscribeBytes(version, filter))
    expect(s.isClosed).toBe(true)
    if (version === 5) expect(s.lines()[0]).toMatch(/^DISCONNECT 0x8[12f]$/)
    else expect(s.lines()).toEqual([])
    expect(b.broker.counters.sharedSubscriptions).toBe(0)
  })

  test('`$shared/g/t` and `$share` are ordinary filters', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const s = b.client('s', { version })
    s.subscribe('$shared/g/t')
    s.subscribe('$share')
    s.lines()
    p.publish('$shared/g/t', 'x')
    p.publish('$share', 'y')
    expect(s.payloads()).toEqual(['x', 'y'])
  })
})

describe('MQTT 5.0 alone', () => {
  const version = 5

  test('a message too large for one member goes to another; too large for all, to none [MQTT-3.1.2-24, MQTT-3.1.2-25]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const small = b.client('small', { version, properties: { maximumPacketSize: 40 } })
    const smaller = b.client('smaller', { version, properties: { maximumPacketSize: 30 } })
    const large = b.client('large', { version, properties: { maximumPacketSize: 100 } })
    for (const member of [small, smaller, large]) {
      member.subscribe('$share/g/t', 1)
      member.lines()
    }
    for (let i = 0; i < 3; i++) p.publish('t', 'x'.repeat(60), { qos: 1 })
    expect(large.payloads()).toHaveLength(3)
    expect(p.lines()).toEqual(['PUBACK m1', 'PUBACK m1', 'PUBACK m1'])
    p.publish('t', 'x'.repeat(200), { qos: 1 })
    expect(p.lines()).toHaveLength(1)
    for (const member of [small, smaller, large]) expect(member.lines()).toEqual([])
  })

  test('that a message does not fit is judged with what is added for the member, its Subscription Identifier [MQTT-3.1.2-25]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const tight = b.client('tight', { version, properties: { maximumPacketSize: 20 } })
    const roomy = b.client('roomy', { version })
    tight.subscribe('$share/g/t', 0, { identifier: 268_435_455 })
    roomy.subscribe('$share/g/t', 0)
    for (const member of [tight, roomy]) member.lines()
    for (let i = 0; i < 4; i++) p.publish('t', 'x'.repeat(12)) // 18 bytes, 23 with the identifier
    expect([tight.payloads().length, roomy.payloads().length]).toEqual([0, 4])
  })

  test('a refusal by a member’s PUBACK or PUBREC drops the message: no other member gets it [MQTT-4.8.2-6]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const [a, c] = members(b, 2, '$share/g/t', { version }, 2) as [TestClient, TestClient]
    p.publish('t', 'q1', { qos: 1 })
    p.publish('t', 'q2', { qos: 2 })
    p.acknowledge(PUBREL, 1)
    expect([a.payloads(), c.payloads()]).toEqual([['q1'], ['q2']])
    a.send({ type: PUBACK, packetId: 1, reasonCode: 0x97, properties: {} })
    c.send({ type: PUBREC, packetId: 1, reasonCode: 0x80, properties: {} })
    expect([a.lines(), c.lines()]).toEqual([[], []])
  })

  test('Subscription Identifiers and Retain As Published are the member’s own [MQTT-3.3.4-3]', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const a = b.client('a', { version })
    const c = b.client('c', { version })
    a.subscribe('$share/g/t', 0, { identifier: 1, retainAsPublished: true })
    c.subscribe('$share/g/t', 0, { identifier: 2 })
    a.lines()
    c.lines()
    for (let i = 0; i < 2; i++) p.publish('t', 'x', { retain: true })
    expect(a.lines()).toEqual(['PUBLISH q0 r1 d0 m0 t x {"subscriptionIdentifiers":[1]}'])
    expect(c.lines()).toEqual(['PUBLISH q0 r0 d0 m0 t x {"subscriptionIdentifiers":[2]}'])
  })

  test('a member that may not receive the topic is passed over', () => {
    const b = new TestBroker({
      authorizer: { generation: 0, mayPublish: () => 'allow', maySubscribe: () => 'allow', mayReceive: (clientId) => (clientId === 'm0' ? 'deny' : 'allow') },
    })
    const p = b.client('p', { version })
    const group = members(b, 2, '$share/g/t', { version })
    for (let i = 0; i < 4; i++) p.publish('t', `${i}`)
    expect(group.map((member) => member.payloads())).toEqual([[], ['0', '1', '2', '3']])
  })

  test('members of all versions share a group', () => {
    const b = new TestBroker()
    const p = b.client('p', { version })
    const group = ([3, 4, 5] as const).map((level) => {
      const member = b.client(`v${level}`, { version: level })
      member.subscribe('$share/g/t', 1)
      member.lines()
      return member
    })
    for (let i = 0; i < 3; i++) p.publish('t', `${i}`, { qos: 1, properties: { contentType: 'c' } })
    expect(group.map((member) => member.lines())).toEqual([
      ['PUBLISH q1 r0 d0 m1 t 0'],
      ['PUBLISH q1 r0 d0 m1 t 1'],
      ['PUBLISH q1 r0 d0 m1 t 2 {"contentType":"c"}'],
    ])
  })
})
