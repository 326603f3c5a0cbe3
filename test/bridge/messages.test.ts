// What goes over a bridge and what becomes of it: QoS, RETAIN, identifiers, outages, limits of either side, rights on ours.

import { expect, test } from 'vitest'
import type { Authorizer } from '../../src/broker/ports.ts'
import { arrivals, BridgeBench, settle, topics } from './bridge-bench.ts'

const OUT = { topics: topics('# out 2') }

test('out: each QoS with its acknowledgements, which end the flow here', async () => {
  const bench = new BridgeBench(OUT)
  await bench.welcome()
  const client = bench.near.client('c')
  client.publish('a', '0')
  client.publish('a', '1', { qos: 1, packetId: 1 })
  client.publish('a', '2', { qos: 2, packetId: 2 })
  client.acknowledge(6, 2)
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 a 0', 'PUBLISH q1 r0 m1 a 1', 'PUBLISH q2 r0 m2 a 2'])
  const session = bench.near.broker.sessions.get('local.here.b')!
  await bench.acknowledge('puback', 1)
  await bench.acknowledge('pubrec', 2)
  expect(await bench.sent()).toEqual(['PUBREL 2'])
  expect(session.outgoing.unfinished).toBe(1)
  await bench.acknowledge('pubcomp', 2)
  expect(session.outgoing.unfinished).toBe(0)
})

test('in: each QoS; QoS 2 comes here at its PUBREL', async () => {
  const bench = new BridgeBench({ topics: topics('# in 2') })
  await bench.welcome()
  const client = bench.near.client('c')
  client.subscribe('#', 2)
  client.received()
  await bench.publish('a', '0')
  await bench.publish('a', '1', { qos: 1, packetId: 7 })
  await bench.publish('a', '2', { qos: 2, packetId: 8 })
  expect(arrivals(client)).toEqual(['a 0 q0 r0', 'a 1 q1 r0'])
  expect(await bench.sent()).toEqual(['PUBACK 7', 'PUBREC 8'])
  await bench.acknowledge('pubrel', 8)
  expect(await bench.sent()).toEqual(['PUBCOMP 8'])
  expect(arrivals(client)).toEqual(['a 2 q2 r0'])
})

test('the QoS of a topic line is the most there is', async () => {
  const bench = new BridgeBench({ topics: topics('# out 0') })
  await bench.welcome()
  bench.near.client('c').publish('a', '2', { qos: 2 })
  bench.near.client('d').publish('a', '1', { qos: 1 })
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 a 1'])
})

test('names are mapped in both directions', async () => {
  const bench = new BridgeBench({ topics: topics('t/# both 1 here/ there/') })
  expect(await bench.welcome()).toEqual(['SUBSCRIBE there/t/# q1'])
  const client = bench.near.client('c')
  client.subscribe('#')
  client.publish('here/t/1', 'x')
  client.publish('t/1', 'y')
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 there/t/1 x'])
  await bench.publish('there/t/2', 'z')
  expect(arrivals(client)).toEqual(['here/t/1 x q0 r0', 't/1 y q0 r0', 'here/t/2 z q0 r0'])
})

test('what came in over the bridge does not go out again', async () => {
  const bench = new BridgeBench()
  await bench.welcome()
  const client = bench.near.client('c')
  client.subscribe('#')
  client.received()
  await bench.publish('a', 'x', { qos: 1, packetId: 3 })
  await bench.publish('a', 'y', { qos: 2, packetId: 4 })
  await bench.acknowledge('pubrel', 4)
  expect(await bench.sent()).toEqual(['PUBACK 3', 'PUBREC 4', 'PUBCOMP 4'])
  expect(arrivals(client)).toEqual(['a x q0 r0', 'a y q0 r0'])
})

test('what no topic line lets in is dropped, acknowledged and told', async () => {
  const bench = new BridgeBench({ topics: topics('ok/# in 2'), protocolVersion: 5 })
  await bench.welcome()
  const client = bench.near.client('c')
  client.subscribe('#')
  client.received()
  await bench.publish('bad', 'x')
  await bench.publish('bad', 'x', { qos: 1, packetId: 3 })
  await bench.publish('bad', 'x', { qos: 2, packetId: 4 })
  await bench.acknowledge('pubrel', 4)
  expect(await bench.sent()).toEqual(['PUBACK 3', 'PUBREC 4', 'PUBCOMP 4'])
  expect(arrivals(client)).toEqual([])
  expect(bench.log.at(-1)).toBe("notice: Bridge b dropped a message to 'bad': no topic line of the bridge lets it in.")
})

test('names of the broker itself stay closed to the far end, but for the states of bridges', async () => {
  const bench = new BridgeBench({ topics: topics('$SYS/# in 1'), protocolVersion: 5 })
  await bench.welcome()
  const client = bench.near.client('c')
  client.subscribe('$SYS/#')
  client.received()
  await bench.publish('$SYS/broker/uptime', '1', { qos: 1, packetId: 1 })
  await bench.publish('$SYS/broker/connection/x/state', '1', { qos: 1, packetId: 2 })
  expect(await bench.sent()).toEqual(['PUBACK 1 0x87', 'PUBACK 2'])
  expect(arrivals(client)).toEqual(['$SYS/broker/connection/x/state 1 q0 r0'])
})

test('RETAIN is kept in both directions; a new connection begins with the retained messages', async () => {
  const bench = new BridgeBench({ topics: topics('o/# out 1', 'i/# in 1') })
  const client = bench.near.client('c')
  client.publish('o/old', '1', { retain: true })
  expect((await bench.welcome()).slice(2)).toEqual(['PUBLISH q0 r1 m0 o/old 1'])
  client.publish('o/new', '2', { retain: true })
  expect(await bench.sent()).toEqual(['PUBLISH q0 r1 m0 o/new 2'])
  await bench.publish('i/x', '3', { retain: true })
  client.subscribe('i/#')
  expect(arrivals(client)).toEqual(['i/x 3 q0 r1'])
  await bench.lose()
  expect((await bench.welcome()).slice(2).sort()).toEqual(['PUBLISH q0 r1 m0 o/new 2', 'PUBLISH q0 r1 m0 o/old 1'])
})

test('bridge_outgoing_retain false clears RETAIN', async () => {
  const bench = new BridgeBench({ ...OUT, outgoingRetain: false })
  await bench.welcome()
  bench.near.client('c').publish('a', '1', { retain: true })
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 a 1'])
})

test('QoS 1 and 2 wait while the far end is away, in their order; QoS 0 does not', async () => {
  const bench = new BridgeBench(OUT)
  const client = bench.near.client('c')
  client.publish('a', 'before', { qos: 1, packetId: 1 }) // the bridge has never been connected yet
  await bench.welcome()
  expect(await bench.sent()).toEqual([])
  await bench.acknowledge('puback', 1)
  await bench.lose(0)
  for (let i = 2; i < 6; i++) client.publish('a', `m${i}`, { qos: i % 2 === 0 ? 1 : 2, packetId: i })
  client.acknowledge(6, 3, 5)
  client.publish('a', 'nobody there')
  await bench.pass(5000)
  // QoS 2 was published at its PUBREL
  const sent = (await bench.welcome({ sessionPresent: true })).filter((packet) => packet.startsWith('PUBLISH'))
  expect(sent).toEqual(['PUBLISH q1 r0 m2 a m2', 'PUBLISH q1 r0 m3 a m4', 'PUBLISH q2 r0 m4 a m3', 'PUBLISH q2 r0 m5 a m5'])
})

test('what is unfinished is sent again with the identifier it had: PUBLISH as a duplicate, or PUBREL', async () => {
  const bench = new BridgeBench(OUT)
  await bench.welcome()
  const client = bench.near.client('c')
  for (const packetId of [1, 2, 3]) client.publish('a', `m${packetId}`, { qos: 2, packetId })
  client.acknowledge(6, 1, 2, 3)
  await bench.sent()
  await bench.acknowledge('pubrec', 1)
  await bench.acknowledge('pubrec', 2)
  await bench.acknowledge('pubcomp', 2)
  await bench.lose()
  expect((await bench.welcome({ sessionPresent: true })).slice(1)).toEqual(['PUBREL 1', 'PUBLISH dup q2 r0 m3 a m3'])
})

test('a QoS 2 message that the far end sends again comes here once', async () => {
  const bench = new BridgeBench()
  await bench.welcome()
  const client = bench.near.client('c')
  client.subscribe('#', 2)
  client.received()
  await bench.publish('a', 'x', { qos: 2, packetId: 9 })
  await bench.lose()
  await bench.welcome({ sessionPresent: true })
  await bench.publish('a', 'x', { qos: 2, packetId: 9, dup: true })
  await bench.acknowledge('pubrel', 9)
  expect(await bench.sent()).toEqual(['PUBREC 9', 'PUBCOMP 9'])
  expect(arrivals(client)).toEqual(['a x q2 r0'])
  await bench.lose()
  await bench.welcome({ sessionPresent: true })
  await bench.acknowledge('pubrel', 9) // PUBCOMP was lost
  expect(await bench.sent()).toEqual(['PUBCOMP 9'])
  expect(arrivals(client)).toEqual([])
})

test('a far end that has forgotten its session may use an identifier anew; what it gave us whole is delivered', async () => {
  const bench = new BridgeBench()
  await bench.welcome()
  const client = bench.near.client('c')
  client.subscribe('#', 2)
  client.received()
  await bench.publish('a', 'old', { qos: 2, packetId: 9 })
  await bench.lose()
  expect((await bench.welcome({ sessionPresent: false })).slice(1)).toEqual([])
  expect(arrivals(client)).toEqual(['a old q2 r0'])
  await bench.publish('a', 'new', { qos: 2, packetId: 9 })
  await bench.acknowledge('pubrel', 9)
  expect(await bench.sent()).toEqual(['PUBREC 9', 'PUBCOMP 9'])
  expect(arrivals(client)).toEqual(['a new q2 r0'])
})

test('max_queued_messages holds for what waits', async () => {
  const bench = new BridgeBench(OUT, { limits: { maximumQueuedMessages: 2 } })
  await bench.welcome()
  await bench.lose(0)
  const client = bench.near.client('c')
  for (let i = 1; i < 5; i++) client.publish('a', `${i}`, { qos: 1, packetId: i })
  await bench.pass(5000)
  expect((await bench.welcome()).filter((packet) => packet.startsWith('PUBLISH'))).toEqual(['PUBLISH q1 r0 m1 a 1', 'PUBLISH q1 r0 m2 a 2'])
})

test('local_cleansession true: nothing waits', async () => {
  const bench = new BridgeBench({ ...OUT, localCleanSession: true })
  const client = bench.near.client('c')
  client.publish('a', '1', { qos: 1, packetId: 1 })
  await bench.welcome()
  expect(await bench.sent()).toEqual([])
  client.publish('a', '2', { qos: 1, packetId: 2 })
  expect(await bench.sent()).toEqual(['PUBLISH q1 r0 m1 a 2'])
  await bench.lose(0)
  expect(bench.near.broker.sessions.has('local.here.b')).toBe(false)
})

test('the Receive Maximum of the far end bounds what is unacknowledged', async () => {
  const bench = new BridgeBench({ ...OUT, protocolVersion: 5, topicAliasMaximum: 0 })
  await bench.welcome({ properties: { receiveMaximum: 2 } })
  const client = bench.near.client('c')
  for (let i = 1; i < 5; i++) client.publish('a', `${i}`, { qos: 1, packetId: i })
  expect(await bench.sent()).toEqual(['PUBLISH q1 r0 m1 a 1', 'PUBLISH q1 r0 m2 a 2'])
  await bench.acknowledge('puback', 1)
  expect(await bench.sent()).toEqual(['PUBLISH q1 r0 m3 a 3'])
})

test('its own notification counts against that, too', async () => {
  const bench = new BridgeBench({ ...OUT, protocolVersion: 5, topicAliasMaximum: 0, notifications: true })
  expect((await bench.welcome({ properties: { receiveMaximum: 2 } }))[0]).toMatch(/^PUBLISH q1 r1/)
  const client = bench.near.client('c')
  for (let i = 1; i < 5; i++) client.publish('a', `${i}`, { qos: 1, packetId: i })
  expect(await bench.sent()).toEqual(['PUBLISH q1 r0 m1 a 1'])
  await bench.lose()
  expect((await bench.welcome({ properties: { receiveMaximum: 1 } }))[0]).toMatch(/^PUBLISH q0 r1/)
})

test('topic aliases, as many as the far end takes, and no more than bridge_max_topic_alias', async () => {
  const bench = new BridgeBench({ ...OUT, protocolVersion: 5, topicAliasMaximum: 1 })
  await bench.welcome({ properties: { topicAliasMaximum: 9 } })
  const client = bench.near.client('c')
  client.publish('long/name', '1')
  client.publish('long/name', '2')
  await bench.publish('x', 'y', { properties: { topicAlias: 1 } })
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 long/name 1', 'PUBLISH q0 r0 m0  2'])
  expect(bench.bridge.isConnected).toBe(true)
})

test('properties of 5.0 go through, but for what holds between two neighbours', async () => {
  const bench = new BridgeBench({ protocolVersion: 5 })
  await bench.welcome()
  const client = bench.near.client('c', { version: 5 })
  client.subscribe('#', 0, { identifier: 5 })
  client.received()
  await bench.publish('a', 'x', { properties: { topicAlias: 2, contentType: 't', responseTopic: 'r', userProperties: [['k', 'v']] } })
  await bench.publish('', 'y', { properties: { topicAlias: 2 } })
  expect(client.lines()).toEqual([
    'PUBLISH q0 r0 d0 m0 a x {"contentType":"t","responseTopic":"r","userProperties":[["k","v"]],"subscriptionIdentifiers":[5]}',
    'PUBLISH q0 r0 d0 m0 a y {"subscriptionIdentifiers":[5]}',
  ])
  client.publish('b', 'z', { properties: { messageExpiryInterval: 60, correlationData: Uint8Array.of(1) } })
  await settle()
  const [packet] = bench.link.sent(5)
  expect(packet).toMatchObject({ topicName: 'b', properties: { messageExpiryInterval: 60, correlationData: Uint8Array.of(1) } })
})

test('a far end without QoS 2 gets QoS 1, and one without QoS 1 gets QoS 0; both end the flow here', async () => {
  const bench = new BridgeBench({ ...OUT, protocolVersion: 5, topicAliasMaximum: 0 })
  await bench.welcome({ properties: { maximumQos: 1, retainAvailable: 0 } })
  const client = bench.near.client('c')
  const session = bench.near.broker.sessions.get('local.here.b')!
  client.publish('a', '2', { qos: 2, packetId: 1, retain: true })
  client.acknowledge(6, 1)
  expect(await bench.sent()).toEqual(['PUBLISH q1 r0 m1 a 2'])
  await bench.acknowledge('puback', 1)
  expect(session.outgoing.unfinished).toBe(0)
  await bench.lose()
  await bench.welcome({ properties: { maximumQos: 0 } })
  client.publish('a', '1', { qos: 1, packetId: 1 })
  client.publish('a', '2', { qos: 2, packetId: 2 })
  client.acknowledge(6, 2)
  expect((await bench.sent()).slice(-2)).toEqual(['PUBLISH q0 r0 m0 a 1', 'PUBLISH q0 r0 m0 a 2'])
  expect(session.outgoing.unfinished).toBe(0)
})

test('bridge_max_packet_size and the size that the far end takes: what is larger is dropped and told, the next goes over', async () => {
  const bench = new BridgeBench({ ...OUT, maximumPacketSize: 20, protocolVersion: 5, topicAliasMaximum: 0 })
  await bench.welcome()
  const client = bench.near.client('c')
  const session = bench.near.broker.sessions.get('local.here.b')!
  client.publish('a', 'x'.repeat(20), { qos: 1, packetId: 1 })
  client.publish('a', 'y'.repeat(20), { qos: 2, packetId: 2 })
  client.acknowledge(6, 2)
  client.publish('a', 'small', { qos: 1, packetId: 3 })
  expect(await bench.sent()).toEqual(['PUBLISH q1 r0 m3 a small'])
  expect(bench.log.filter((line) => line.includes('dropped'))).toEqual([
    "notice: Bridge b dropped a message to 'a': packet of 28 bytes: bridge_max_packet_size is 20.",
    "notice: Bridge b dropped a message to 'a': packet of 28 bytes: bridge_max_packet_size is 20.",
  ])
  expect(session.outgoing.unfinished).toBe(1)
  await bench.lose()
  await bench.welcome({ properties: { maximumPacketSize: 15 } })
  client.publish('a', 'z'.repeat(11), { qos: 1, packetId: 4 })
  expect((await bench.sent()).some((line) => line.includes('zzz'))).toBe(false)
  expect(bench.log.at(-1)).toContain("dropped a message to 'a'")
})

test('what is larger than our broker takes, or has too many levels, is dropped and does not end the bridge', async () => {
  const bench = new BridgeBench({}, { limits: { maximumPacketSize: 100, maximumTopicLevels: 3 } })
  await bench.welcome()
  await bench.publish('a', 'x'.repeat(200), { qos: 1, packetId: 1 })
  await bench.publish('a/b/c/d', 'x', { qos: 1, packetId: 2 })
  await bench.publish('a/b/c', 'x', { qos: 1, packetId: 3 })
  expect(await bench.sent()).toEqual(['PUBACK 1', 'PUBACK 2', 'PUBACK 3'])
  expect(bench.log.slice(-2)).toEqual([
    "notice: Bridge b dropped a message to 'a': packet of 209 bytes: max_packet_size is 100.",
    "notice: Bridge b dropped a message to 'a/b/c/d': a topic of 4 levels, 3 at most.",
  ])
  expect(bench.bridge.isConnected).toBe(true)
})

test('when our broker has no memory left, a far end of 3.x keeps the message and sends it again', async () => {
  let used = 0
  const bench = new BridgeBench({}, { heapUsed: () => used, limits: { memoryLimit: 1000 } })
  await bench.welcome()
  used = 2000
  bench.near.advance(1000)
  await bench.publish('a', 'x', { qos: 1, packetId: 1 })
  expect(bench.bridge.isConnected).toBe(false)
  used = 0
  bench.near.advance(1000)
  await bench.pass(5000)
  await bench.welcome({ sessionPresent: true })
  await bench.publish('a', 'x', { qos: 1, packetId: 1, dup: true })
  expect(await bench.sent()).toEqual(['PUBACK 1'])
})

test('a far end that does not read: messages wait in the session, and come when it reads again', async () => {
  const bench = new BridgeBench(OUT, { limits: { maximumInflightMessages: 1000 } })
  await bench.welcome()
  const { output } = bench.link
  output.blocked = true
  const client = bench.near.client('c')
  const payload = 'x'.repeat(100_000)
  for (let i = 1; i <= 10; i++) {
    client.publish('a', payload + i, { qos: 1, packetId: i })
    await settle()
  }
  expect(output.length).toBeLessThan(500_000)
  expect(bench.near.broker.sessions.get('local.here.b')!.queue.messages).toBeGreaterThan(3)
  output.blocked = false
  bench.link.receiver!.drained()
  expect((await bench.sent()).map((line) => line.replace(/x+/, ''))).toEqual([...Array(10).keys()].map((i) => `PUBLISH q1 r0 m${i + 1} a ${i + 1}`))
})

test('local_username: what that user may not read does not go out, what it may not publish does not come in', async () => {
  const asked: string[] = []
  const authorizer: Authorizer = {
    generation: 0,
    maySubscribe: (clientId, userName) => {
      asked.push(`${clientId} ${userName}`)
      return 'allow'
    },
    mayPublish: (_clientId, _userName, topicName) => (topicName.startsWith('free') ? 'allow' : 'deny'),
    mayReceive: (_clientId, _userName, topicName) => (topicName.startsWith('free') ? 'allow' : 'deny'),
  }
  const bench = new BridgeBench({ localUserName: 'joe', localPassword: 'x' }, { bridgeAuthorizer: authorizer })
  await bench.welcome()
  expect(new Set(asked)).toEqual(new Set(['local.here.b joe']))
  const client = bench.near.client('c')
  client.subscribe('#')
  client.publish('free/1', 'a')
  client.publish('closed/1', 'b')
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 free/1 a'])
  client.received()
  await bench.publish('free/2', 'c')
  await bench.publish('closed/2', 'd')
  expect(arrivals(client)).toEqual(['free/2 c q0 r0'])
})

test('a topic that local_username may not subscribe to is told', async () => {
  const authorizer: Authorizer = { generation: 0, maySubscribe: () => 'deny', mayPublish: () => 'allow', mayReceive: () => 'allow' }
  const bench = new BridgeBench({ ...OUT, localUserName: 'joe' }, { bridgeAuthorizer: authorizer })
  await bench.welcome()
  expect(bench.log).toContain('warning: Warning: bridge b may not subscribe to # here as user joe (local_username).')
})

test('a client that takes the name of the bridge ends the connection, which comes back', async () => {
  const bench = new BridgeBench(OUT)
  await bench.welcome()
  const thief = bench.near.client('local.here.b')
  await settle()
  expect(bench.log).toContain('error: Error: bridge b: this broker ended its session.')
  expect(bench.bridge.isConnected).toBe(false)
  thief.disconnect()
  await bench.pass(5000)
  await bench.welcome()
  bench.near.client('c').publish('a', '1')
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 a 1'])
})
