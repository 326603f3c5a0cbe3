// Who may come in and what they may do: the two ports, and how their refusals read in each version [section 3.1.4, MQTT-3.1.4-2].
// AUTH packets are in 06-enhanced-authentication.test.ts.

import { expect, test } from 'vitest'
import { makeScramVerifier } from '../../src/auth/scram-verifier.ts'
import { StaticUsers } from '../../src/auth/static-users.ts'
import { type Authorizer, PERMIT_ALL, type Permission } from '../../src/broker/ports.ts'
import type { Connect } from '../../src/wire/mqtt/packet.ts'
import { bytesOf, connectFrame, field, welcome } from '../support/raw-packets.ts'
import { TestBroker } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

function brokerThat(judge: (connect: Connect) => number): TestBroker {
  return new TestBroker({ authenticator: { authenticate: (connect) => ({ reasonCode: judge(connect), userName: connect.userName }), begin: () => null } })
}

test.each([
  ['bad user name or password (0x86)', 0x86, 4],
  ['not authorized (0x87)', 0x87, 5],
  ['Client Identifier not valid (0x85)', 0x85, 2],
  ['server unavailable (0x88)', 0x88, 3],
  ['server busy (0x89)', 0x89, 3],
  ['banned (0x8a)', 0x8a, 5],
  ['quota exceeded (0x97)', 0x97, 3],
  ['connection rate exceeded (0x9f)', 0x9f, 3],
  ['unspecified error (0x80)', 0x80, 3],
])(
  'a refusal as %s: that code in 5.0, its return code in 3.x; then the connection is closed [MQTT-3.1.4-2, MQTT-3.2.2-7, MQTT-3.2.2-8]',
  (_what, reasonCode, returnCode) => {
    for (const [, version] of VERSIONS) {
      const broker = brokerThat(() => reasonCode)
      const client = broker.dial('c', { version, cleanStart: false })
      expect([client.lines(), client.isClosed]).toEqual([[`CONNACK 0 ${version === 5 ? reasonCode : returnCode}`], true])
      expect([broker.broker.sessionCount, broker.broker.connectedCount]).toEqual([0, 0])
    }
  },
)

test('a refusal never says that a session is present, although there is one [MQTT-3.2.2-6]', () => {
  for (const [, version] of VERSIONS) {
    let code = 0
    const broker = brokerThat(() => code)
    const options = { version, cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 60 } : {} } as const
    broker.client('c', options).cut()
    code = 0x87
    expect(broker.dial('c', options).received()).toMatchObject([{ type: 2, sessionPresent: false }])
  }
})

test.each(VERSIONS)('%s: user name, password and Client Identifier reach the authenticator as they were sent [MQTT-3.1.3-12]', (_name, version) => {
  const seen: Connect[] = []
  const broker = brokerThat((connect) => {
    seen.push(connect)
    return 0
  })
  const link = broker.link(version)
  link.sendBytes(connectFrame(version, { flags: 0xc2, clientId: 'ключ', rest: bytesOf(field('комар'), field([0, 1, 254, 255])) }))
  expect(link.lines()).toEqual([welcome(version)])
  expect(seen).toMatchObject([{ version, clientId: 'ключ', userName: 'комар' }])
  expect([...seen[0]!.password!]).toEqual([0, 1, 254, 255])
})

test.each(VERSIONS)('%s: absent, empty and given are three kinds of user name and password', (_name, version) => {
  const seen: unknown[] = []
  const broker = brokerThat(({ userName, password }) => {
    seen.push([userName, password === null ? null : password.length])
    return 0
  })
  for (const [flags, rest] of [
    [2, []],
    [0x82, field('')],
    [0xc2, [...field(''), ...field('')]],
    [0xc2, [...field('u'), ...field('p')]],
  ] as const) {
    broker.link(version).sendBytes(connectFrame(version, { flags, rest }))
  }
  expect(seen).toEqual([
    [null, null],
    ['', null],
    ['', 0],
    ['u', 1],
  ])
})

test('a user name that is not UTF-8 never reaches the authenticator [MQTT-3.1.3-12]', () => {
  const broker = brokerThat(() => {
    throw new Error('asked')
  })
  const link = broker.link(5)
  link.sendBytes(connectFrame(5, { flags: 0x82, rest: field([0xff]) }))
  expect([link.lines(), link.isClosed]).toEqual([[], true])
})

test('a list of users: right and wrong passwords, unknown and absent names, as Mosquitto answers', async () => {
  const users = new StaticUsers({ users: [{ userName: 'ann', verifier: makeScramVerifier('secret', { iterations: 1 })! }], allowAnonymous: false })
  const tries = [
    { userName: 'ann', password: 'secret' },
    { userName: 'ann', password: 'wrong' },
    { userName: 'bob', password: 'secret' },
    { userName: 'ann' },
    {},
  ]
  for (const [, version] of VERSIONS) {
    const broker = new TestBroker({ authenticator: users })
    const clients = tries.map((credentials, i) => broker.dial(`c${i}`, { version, ...credentials }))
    const answers: string[][] = clients.map(() => [])
    await expect.poll(() => clients.every((client, i) => answers[i]!.push(...client.lines()) > 0), { timeout: 5_000, interval: 5 }).toBe(true)
    const refused = [`CONNACK 0 ${version === 5 ? 0x87 : 5}`]
    expect(answers).toEqual([[welcome(version)], refused, refused, refused, refused])
    expect(clients.map((client) => client.isClosed)).toEqual([false, true, true, true, true])
  }
})

/** Answers by topic; counts how often it was asked. */
function rules(
  deny: (action: 'publish' | 'receive' | 'subscribe', topic: string, userName: string | null) => boolean,
): Authorizer & { readonly asked: string[]; generation: number } {
  const asked: string[] = []
  const judge =
    (action: 'publish' | 'receive' | 'subscribe') =>
    (clientId: string, userName: string | null, topic: string): Permission => {
      asked.push(`${clientId} ${action} ${topic}`)
      return deny(action, topic, userName) ? 'deny' : 'allow'
    }
  return { asked, generation: 0, mayPublish: judge('publish'), mayReceive: judge('receive'), maySubscribe: judge('subscribe') }
}

test.each(VERSIONS)('%s: a PUBLISH that is not permitted goes nowhere: 5.0 learns 0x87, 3.x gets an ordinary acknowledgement', (_name, version) => {
  const broker = new TestBroker({ authorizer: rules((action, topic) => action === 'publish' && topic === 'secret') })
  const watcher = broker.client('watcher')
  const client = broker.client('c', { version })
  watcher.subscribe('#', 2)
  watcher.lines()
  client.publish('secret', '0', { retain: true })
  client.publish('secret', '1', { qos: 1, packetId: 1, retain: true })
  client.publish('secret', '2', { qos: 2, packetId: 2 })
  client.publish('open', 'fine', { qos: 1, packetId: 3 })
  expect(client.lines()).toEqual(version === 5 ? ['PUBACK m1 0x87', 'PUBREC m2 0x87', 'PUBACK m3'] : ['PUBACK m1', 'PUBREC m2', 'PUBACK m3'])
  client.acknowledge(6, 2)
  expect([client.lines(), client.isClosed]).toEqual([['PUBCOMP m2'], false])
  expect([watcher.payloads(), broker.broker.retainedCount]).toEqual([['fine'], 0])
})

test('5.0: after a refused PUBREC the Packet Identifier is free: the next PUBLISH with it is a new message [MQTT-4.3.3-9]', () => {
  const broker = new TestBroker({ authorizer: rules((action, topic) => action === 'publish' && topic === 'secret') })
  const watcher = broker.client('watcher')
  const client = broker.client('c', { version: 5 })
  watcher.subscribe('#', 2)
  client.publish('secret', 'no', { qos: 2, packetId: 7 })
  client.publish('open', 'yes', { qos: 2, packetId: 7 })
  expect(client.lines()).toEqual(['PUBREC m7 0x87', 'PUBREC m7'])
  client.acknowledge(6, 7)
  expect(watcher.payloads()).toEqual(['yes'])
})

test.each(VERSIONS)('%s: no client publishes below $SYS or $CONTROL, whatever it may otherwise', (_name, version) => {
  const broker = new TestBroker()
  const watcher = broker.client('watcher')
  const client = broker.client('c', { version })
  for (const filter of ['$SYS/#', '$CONTROL/#', '$SYSTEM/#']) watcher.subscribe(filter, 1)
  watcher.lines()
  for (const [i, topic] of ['$SYS', '$SYS/x', '$CONTROL/x', '$SYSTEM/x'].entries()) client.publish(topic, topic, { qos: 1, packetId: i + 1, retain: true })
  const denied = version === 5 ? ' 0x87' : ''
  expect(client.lines()).toEqual([`PUBACK m1${denied}`, `PUBACK m2${denied}`, `PUBACK m3${denied}`, 'PUBACK m4'])
  expect([watcher.payloads(), broker.broker.retainedCount]).toEqual([['$SYSTEM/x'], 1])
})

test('a SUBSCRIBE that is not permitted: 0x87 in 5.0, 0x80 in 3.1.1, the QoS asked for in 3.1, which has no refusal [MQTT-3.9.3-1]', () => {
  for (const [version, code] of [
    [3, 1],
    [4, 0x80],
    [5, 0x87],
  ] as const) {
    const broker = new TestBroker({ authorizer: rules((action, filter) => action === 'subscribe' && filter === 'secret/#') })
    const client = broker.client('c', { version })
    const request = (topicFilter: string) => ({ topicFilter, qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }) as const
    client.send({ type: 8, packetId: 5, subscriptions: [request('a'), request('secret/#'), request('$share/g/secret/#'), request('b')], properties: {} })
    expect(client.lines()).toEqual([`SUBACK m5 [1 ${code} ${code} 1]`])
    broker.client('p').publish('secret/1', 'x', { qos: 1 })
    expect([client.lines(), client.isClosed]).toEqual([[], false])
    client.unsubscribe('secret/#', 6)
    expect(client.lines()).toEqual([version === 5 ? 'UNSUBACK m6 [17]' : 'UNSUBACK m6 []'])
  }
})

test.each(VERSIONS)('%s: what a client may not read does not reach it: live, retained, shared, queued', (_name, version) => {
  const broker = new TestBroker({ authorizer: rules((action, topic) => action === 'receive' && topic.startsWith('secret')) })
  const publisher = broker.client('p')
  const client = broker.client('c', { version, cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 60 } : {} })
  publisher.publish('secret/1', 'retained', { retain: true })
  publisher.publish('open', 'retained', { retain: true })
  client.subscribe('#', 1, { packetId: 1 })
  client.subscribe('$share/g/secret/#', 1, { packetId: 2 })
  expect(client.lines()).toEqual(['SUBACK m1 [1]', 'PUBLISH q0 r1 d0 m0 open retained', 'SUBACK m2 [1]'])
  publisher.publish('secret/2', 'live', { qos: 1 })
  client.cut()
  publisher.publish('secret/3', 'queued', { qos: 1 })
  expect(broker.dial('c', { version, cleanStart: false }).payloads()).toEqual([])
})

test('answers are remembered until the rules change, then asked again', () => {
  let allowed = true
  const authorizer = rules((action) => action === 'publish' && !allowed)
  const broker = new TestBroker({ authorizer })
  const client = broker.client('c', { version: 5 })
  client.subscribe('a')
  client.lines()
  for (const packetId of [1, 2, 3]) client.publish('a', 'x', { qos: 1, packetId })
  expect(client.lines().filter((line) => line.startsWith('PUBACK'))).toEqual(['PUBACK m1', 'PUBACK m2', 'PUBACK m3'])
  expect(authorizer.asked.filter((line) => line === 'c publish a')).toHaveLength(1)
  allowed = false
  authorizer.generation++
  client.publish('a', 'x', { qos: 1, packetId: 4 })
  expect(client.lines()).toEqual(['PUBACK m4 0x87'])
})

test('an answer that may not be remembered is asked for each time', () => {
  let left = 2
  const authorizer: Authorizer = { ...PERMIT_ALL, mayPublish: () => (left-- > 0 ? 'uncacheable-allow' : 'uncacheable-deny') }
  const client = new TestBroker({ authorizer }).client('c', { version: 5 })
  for (const packetId of [1, 2, 3]) client.publish('a', 'x', { qos: 1, packetId })
  expect(client.lines()).toEqual(['PUBACK m1 0x10', 'PUBACK m2 0x10', 'PUBACK m3 0x87'])
})

test('the rules are asked with the name that the authenticator found, not the one that was sent', () => {
  const seen: (string | null)[] = []
  const authorizer: Authorizer = {
    ...PERMIT_ALL,
    mayPublish: (_clientId, userName) => {
      seen.push(userName)
      return 'allow'
    },
  }
  const broker = new TestBroker({ authorizer, authenticator: { authenticate: () => ({ reasonCode: 0, userName: 'found' }), begin: () => null } })
  broker.client('c', { userName: 'sent' }).publish('a', 'x')
  expect(seen).toEqual(['found'])
})

test('a retained message of a publisher who may not publish there any more is not sent', () => {
  let allowed = true
  const authorizer = rules((action, _topic, userName) => action === 'publish' && userName === 'bad' && !allowed)
  const broker = new TestBroker({ authorizer })
  broker.client('bad', { userName: 'bad' }).publish('a', 'stale', { retain: true })
  broker.client('good', { userName: 'good' }).publish('b', 'fresh', { retain: true })
  const retainedFor = (clientId: string): string[] => {
    const reader = broker.client(clientId)
    reader.subscribe('+')
    return reader.payloads()
  }
  expect(retainedFor('before')).toEqual(['stale', 'fresh'])
  allowed = false
  authorizer.generation++
  expect(retainedFor('after')).toEqual(['fresh'])
})

test.each(VERSIONS.slice(0, 2))('%s: a refused QoS 2 message is acknowledged to the end and its identifier is free after PUBCOMP', (_name, version) => {
  const broker = new TestBroker({ authorizer: rules((action, topic) => action === 'publish' && topic === 'secret') })
  const watcher = broker.client('watcher')
  const client = broker.client('c', { version })
  watcher.subscribe('#', 2)
  client.publish('secret', 'no', { qos: 2, packetId: 7 })
  client.acknowledge(6, 7)
  client.publish('open', 'yes', { qos: 2, packetId: 7 })
  client.acknowledge(6, 7)
  expect([client.lines(), watcher.payloads()]).toEqual([['PUBREC m7', 'PUBCOMP m7', 'PUBREC m7', 'PUBCOMP m7'], ['yes']])
})
