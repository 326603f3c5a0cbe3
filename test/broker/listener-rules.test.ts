// Each listener has rules of its own: limits, who may come, what they may do; a session keeps those of the listener that it last used.
// Mount points are in mount-point.test.ts.

import { expect, test } from 'vitest'
import type { Authenticator, Authorizer, Permission } from '../../src/broker/ports.ts'
import { PacketType, type ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { TestBroker } from '../support/test-broker.ts'

/** May read and write what begins with the prefix. */
function only(prefix: string): Authorizer & { generation: number; prefix: string } {
  const rights = {
    generation: 0,
    prefix,
    mayPublish: (_id: string, _user: string | null, topicName: string): Permission => (topicName.startsWith(rights.prefix) ? 'allow' : 'deny'),
    mayReceive: (_id: string, _user: string | null, topicName: string): Permission => (topicName.startsWith(rights.prefix) ? 'allow' : 'deny'),
    maySubscribe: (): Permission => 'allow',
  }
  return rights
}

test('max_qos of a listener: CONNACK says it, subscriptions are lowered, more than it ends the connection with 0x9B', () => {
  const b = new TestBroker()
  const rules = b.rules({ limits: { maximumQos: 1 } })
  const c = b.dial('c', { version: 5, rules })
  expect(c.lines()[0]).toContain('"maximumQos":1')
  c.subscribe('t', 2)
  expect(c.lines()).toEqual(['SUBACK m1 [1]'])
  const free = b.client('free', { version: 5 })
  free.subscribe('t', 2)
  expect(free.lines()).toEqual(['SUBACK m1 [2]'])
  free.publish('t', 'x', { qos: 2 })
  expect([free.lines(), free.isClosed]).toEqual([['PUBREC m1'], false])
  c.publish('t', 'x', { qos: 2 })
  expect([c.lines(), c.isClosed]).toEqual([['DISCONNECT 0x9b'], true])
  const old = b.client('old', { rules })
  old.publish('t', 'x', { qos: 2 })
  expect([old.lines(), old.isClosed]).toEqual([[], true])
  const will = { topicName: 'w', payload: new Uint8Array(0), qos: 2, retain: false, properties: {} } as const
  expect(b.dial('w', { version: 5, rules, will }).lines()).toEqual(['CONNACK 0 155'])
})

test('max_topic_alias and max_topic_alias_broker of a listener, in both directions', () => {
  const b = new TestBroker()
  const rules = b.rules({ limits: { topicAliasMaximum: 2, topicAliasMaximumOutgoing: 1 } })
  const c = b.dial('c', { version: 5, rules, properties: { topicAliasMaximum: 5 } })
  expect(c.lines()[0]).toContain('"topicAliasMaximum":2')
  c.subscribe('#')
  c.lines()
  const p = b.client('p')
  for (const topicName of ['a', 'b', 'a', 'b']) p.publish(topicName, 'x')
  expect(c.lines()).toEqual([
    'PUBLISH q0 r0 d0 m0 a x {"topicAlias":1}',
    'PUBLISH q0 r0 d0 m0 b x',
    'PUBLISH q0 r0 d0 m0  x {"topicAlias":1}',
    'PUBLISH q0 r0 d0 m0 b x',
  ])
  c.publish('a', 'x', { properties: { topicAlias: 3 } })
  expect(c.lines()).toEqual(['DISCONNECT 0x94'])
})

test.each<[ProtocolVersion, string[]]>([
  [3, ['CONNACK 0 1']],
  [4, ['CONNACK 0 1']],
  [5, ['CONNACK 0 0 {"topicAliasMaximum":10,"maximumPacketSize":2000000,"receiveMaximum":20}']],
])('accept_protocol_versions 5: version %i', (version, expected) => {
  const b = new TestBroker()
  expect(b.dial('c', { version, rules: b.rules({ limits: { versions: [5] } }) }).lines()).toEqual(expected)
})

test('auto_id_prefix and allow_zero_length_clientid of a listener', () => {
  const b = new TestBroker()
  const c = b.dial('', { version: 5, rules: b.rules({ limits: { clientIdPrefix: 'lab-' } }) })
  expect(c.lines()[0]).toContain('"assignedClientIdentifier":"lab-ID-1"')
  expect(b.dial('', { version: 5 }).lines()[0]).toContain('"assignedClientIdentifier":"auto-ID-2"')
  const strict = b.rules({ limits: { allowZeroLengthClientId: false } })
  expect(b.dial('', { version: 5, rules: strict }).lines()).toEqual(['CONNACK 0 133'])
  expect(b.dial('', { rules: strict }).lines()).toEqual(['CONNACK 0 2'])
})

test('max_packet_size of a listener', () => {
  const b = new TestBroker()
  const c = b.client('c', { version: 5, rules: b.rules({ limits: { maximumPacketSize: 200 } }) })
  c.publish('t', 'x'.repeat(300))
  expect(c.lines()).toEqual(['DISCONNECT 0x95'])
})

test('each listener asks its own authenticator', () => {
  const nobody: Authenticator = { authenticate: () => ({ reasonCode: 0x87, userName: null }), begin: () => null }
  const b = new TestBroker()
  expect(b.dial('a', { rules: b.rules({ authenticator: nobody }) }).lines()).toEqual(['CONNACK 0 5'])
  expect(b.dial('a').lines()).toEqual(['CONNACK 0 0'])
})

test('each listener asks its own authoriser: publishing, receiving, retained messages and their source', () => {
  const b = new TestBroker()
  const left = b.rules({ authorizer: only('l/') })
  const rights = only('r/')
  const right = b.rules({ authorizer: rights })
  const l = b.client('l', { version: 5, rules: left })
  const r = b.client('r', { version: 5, rules: right })
  const all = b.client('all')
  for (const c of [l, r, all]) c.subscribe('#')
  for (const c of [l, r, all]) c.lines()
  for (const c of [l, r]) for (const topicName of ['l/1', 'r/1']) c.publish(topicName, `${topicName} of ${c === l ? 'l' : 'r'}`, { qos: 1, retain: true })
  expect(l.lines()).toEqual(['PUBLISH q0 r0 d0 m0 l/1 l/1 of l', 'PUBACK m1', 'PUBACK m1 0x87'])
  expect(r.lines()).toEqual(['PUBACK m1 0x87', 'PUBLISH q0 r0 d0 m0 r/1 r/1 of r', 'PUBACK m1'])
  expect(all.payloads()).toEqual(['l/1 of l', 'r/1 of r'])
  all.subscribe('+/1')
  expect(all.payloads()).toEqual(['l/1 of l', 'r/1 of r'])
  rights.prefix = 'nothing'
  rights.generation++
  all.subscribe('+/1')
  expect(all.payloads()).toEqual(['l/1 of l']) // r may no longer publish it
  r.publish('r/1', 'late', { qos: 1 })
  expect(r.lines()).toEqual(['PUBACK m1 0x87'])
  l.publish('l/1', 'on', { qos: 1 })
  expect(l.lines()).toEqual(['PUBLISH q0 r0 d0 m0 l/1 on', 'PUBACK m1'])
})

test('a session that is offline keeps the rules of the listener it last used; coming by another one it gets those', () => {
  const b = new TestBroker()
  const left = b.rules({ authorizer: only('l/') })
  const right = b.rules({ authorizer: only('r/') })
  let s = b.client('s', { cleanStart: false, rules: left })
  s.subscribe('#', 1)
  s.cut()
  const p = b.client('p')
  for (const topicName of ['l/1', 'r/1']) p.publish(topicName, topicName, { qos: 1 })
  s = b.dial('s', { cleanStart: false, rules: left })
  expect(s.payloads()).toEqual(['l/1'])
  s.acknowledge(4, 1)
  s.cut()
  for (const topicName of ['l/2', 'r/2']) p.publish(topicName, topicName, { qos: 1 })
  s = b.dial('s', { cleanStart: false, rules: right })
  expect(s.payloads()).toEqual([]) // l/2 was queued by other rights
  for (const topicName of ['l/3', 'r/3']) p.publish(topicName, topicName, { qos: 1 })
  expect(s.payloads()).toEqual(['r/3'])
  expect(b.broker.slabs.outstanding).toBe(1)
})

test.each<[ProtocolVersion, string]>([
  [3, 'CONNACK 0 5'],
  [4, 'CONNACK 0 5'],
  [5, 'CONNACK 0 135'],
])('use_username_as_clientid, version %i: the user name names the session, without one there is none', (version, refused) => {
  const b = new TestBroker()
  const rules = b.rules({ userNameAsClientId: true })
  expect(b.dial('own', { version, rules }).lines()).toEqual([refused])
  expect(b.dial('own', { version, rules, userName: '' }).lines()).toEqual([refused])
  const one = b.client('own', { version, rules, userName: 'pia' })
  const [connack] = b.dial('other', { version, rules, userName: 'pia' }).received()
  expect(connack).toMatchObject({ type: PacketType.Connack, reasonCode: 0 })
  expect(one.isClosed).toBe(true)
  expect(b.broker.describeTree()).toEqual([])
  expect([b.broker.sessionCount, b.broker.connectedCount]).toEqual([1, 1])
})

test('use_username_as_clientid: an empty Client Identifier of 5.0 is answered with the user name', () => {
  const b = new TestBroker()
  const c = b.dial('', { version: 5, userName: 'pia', rules: b.rules({ userNameAsClientId: true }) })
  expect(c.lines()[0]).toContain('"assignedClientIdentifier":"pia"')
})
