// When a bridge connects, to which address, as whom and in which version; what it says first; what the log tells.

import { expect, test } from 'vitest'
import { RestartPause } from '../../src/bridge/restart-pause.ts'
import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { arrivals, BridgeBench, topics } from './bridge-bench.ts'

const text = (bytes: Uint8Array | null | undefined): string | null => (bytes == null ? null : new TextDecoder().decode(bytes))

test('CONNECT of 3.1.1 bears the bit of a bridge, the client identifier, keep alive and no clean session', async () => {
  const bench = new BridgeBench({ keepAlive: 30, remoteUserName: 'u', remotePassword: 'p' })
  const connect = await bench.connect()
  expect(connect).toMatchObject({ version: 4, bridge: true, clientId: 'here.b', keepAlive: 30, cleanStart: false, userName: 'u', will: null })
  expect(text(connect.password)).toBe('p')
})

test.each([
  [3, true, true],
  [3, false, false],
  [4, false, false],
  [5, true, false],
] as const)('protocol version %d with try_private %s: bit of a bridge %s', async (protocolVersion, tryPrivate, bridge) => {
  const bench = new BridgeBench({ protocolVersion, tryPrivate, cleanSession: true })
  expect(await bench.connect()).toMatchObject({ version: protocolVersion, bridge, cleanStart: true })
})

test('5.0: receive maximum, topic aliases, session expiry and the size of packets that we take', async () => {
  const bench = new BridgeBench(
    { protocolVersion: 5, receiveMaximum: 7, topicAliasMaximum: 3, sessionExpiryInterval: 99 },
    { limits: { maximumPacketSize: 5000 } },
  )
  expect((await bench.connect()).properties).toEqual({ receiveMaximum: 7, topicAliasMaximum: 3, sessionExpiryInterval: 99, maximumPacketSize: 5000 })
})

test.each([
  [false, 0xffffffff],
  [true, undefined],
])('5.0 with cleansession %s: the session expires after %s unless something is configured', async (cleanSession, expected) => {
  const bench = new BridgeBench({ protocolVersion: 5, cleanSession, topicAliasMaximum: 0 })
  const { properties } = await bench.connect()
  expect(properties.sessionExpiryInterval).toBe(expected)
  expect(properties.topicAliasMaximum).toBeUndefined()
})

test('a password without a user name goes to 5.0 only', async () => {
  const old = new BridgeBench({ remotePassword: 'p' })
  expect((await old.connect()).password).toBeNull()
  const latest = new BridgeBench({ remotePassword: 'p', protocolVersion: 5 })
  expect(text((await latest.connect()).password)).toBe('p')
})

test('after CONNACK it subscribes to what comes in and unsubscribes from what only goes out', async () => {
  const bench = new BridgeBench({ topics: topics('in/# in 1', 'out/# out 1', 'both/# both 2 l/ r/') })
  expect(await bench.welcome()).toEqual(['SUBSCRIBE in/# q1', 'SUBSCRIBE r/both/# q2', 'UNSUBSCRIBE out/#'])
})

test('bridge_attempt_unsubscribe false leaves the UNSUBSCRIBE out', async () => {
  const bench = new BridgeBench({ topics: topics('in/# in 1', 'out/# out 1'), attemptUnsubscribe: false })
  expect(await bench.welcome()).toEqual(['SUBSCRIBE in/# q1'])
})

test('5.0 says No Local and Retain As Published, but for shared subscriptions', async () => {
  const bench = new BridgeBench({ topics: topics('in/# in 1', '$share/g/x in 1'), protocolVersion: 5 })
  expect(await bench.welcome()).toEqual(['SUBSCRIBE in/# q1 nl rap', 'SUBSCRIBE $share/g/x q1 rap'])
})

test('the lines of the log, in the words that scripts know', async () => {
  const bench = new BridgeBench({ topics: topics('br/# both 1', 'rem/only out 0'), notifications: true })
  await bench.welcome()
  await bench.acknowledge('puback', 32768)
  expect(bench.log).toEqual([
    'debug: Bridge local.here.b doing local SUBSCRIBE on topic br/#',
    'debug: Bridge local.here.b doing local SUBSCRIBE on topic rem/only',
    'notice: Connecting bridge b (far:1883)',
    'debug: Bridge here.b sending CONNECT',
    'debug: Received CONNACK on connection local.here.b.',
    'debug: Bridge local.here.b sending SUBSCRIBE (Mid: 32769, Topic: br/#, QoS: 1, Options: 0x00)',
    'debug: Bridge local.here.b sending UNSUBSCRIBE (Mid: 32770, Topic: rem/only)',
    'debug: Received SUBACK from local.here.b',
    'debug: Received UNSUBACK from local.here.b',
    'debug: Received PUBACK from local.here.b (Mid: 32768, RC:0)',
  ])
})

test('restart_timeout with one number: what cannot be reached is tried again after that pause, for ever', async () => {
  const bench = new BridgeBench({ addresses: [{ host: 'away', port: 1 }], restartTimeout: { base: 7, cap: null, stable: 0 } })
  await bench.welcome()
  bench.unreachable.add('away')
  await bench.lose(6999)
  expect(bench.dialled).toHaveLength(1)
  await bench.pass(1)
  expect(bench.dialled).toHaveLength(2)
  for (let attempts = 3; attempts < 10; attempts++) {
    await bench.pass(7000)
    expect(bench.dialled).toHaveLength(attempts)
  }
  expect(bench.log.at(-1)).toBe('error: Error creating bridge b (away:1): connect ECONNREFUSED away:1. Trying again in 7 s.')
})

test('the pause grows from its last value, at random, up to the cap, and begins anew after a lasting connection', () => {
  const timeout = { base: 5, cap: 30, stable: 10 }
  let chance = 1
  const pause = new RestartPause(() => chance)
  expect([1, 2, 3, 4].map(() => pause.next(timeout))).toEqual([15_000, 30_000, 30_000, 30_000])
  chance = 0
  expect(pause.next(timeout)).toBe(5000)
  chance = 0.5
  expect([pause.next(timeout), pause.next(timeout)]).toEqual([10_000, 17_500])
  pause.lasted(9_999, timeout)
  expect(pause.next(timeout)).toBe(28_750)
  pause.lasted(10_000, timeout)
  expect(pause.next(timeout)).toBe(10_000)
})

test('after a failure comes the next address; a lesser one is left when the first answers again', async () => {
  const bench = new BridgeBench({ addresses: ['one', 'two', 'three'].map((host) => ({ host, port: 1883 })) })
  await bench.welcome()
  bench.unreachable.add('one')
  await bench.lose()
  expect(bench.dialled).toEqual(['one:1883', 'two:1883'])
  await bench.welcome()
  await bench.pass(5000)
  expect(bench.dialled).toEqual(['one:1883', 'two:1883', 'one:1883'])
  expect(bench.bridge.isConnected).toBe(true)
  bench.unreachable.clear()
  const serving = bench.link
  await bench.pass(5000)
  expect(serving.ended).toBe('end')
  expect(bench.dialled.slice(3)).toEqual(['one:1883', 'one:1883']) // a look, and the connection
  expect(bench.log).toContain('notice: Bridge b: one:1883 is back, changing over.')
  await bench.welcome()
  expect(bench.bridge.isConnected).toBe(true)
  await bench.pass(60_000)
  expect(bench.dialled).toHaveLength(5)
})

test('round_robin true: the next address serves as well as the first', async () => {
  const bench = new BridgeBench({ addresses: ['one', 'two'].map((host) => ({ host, port: 1883 })), roundRobin: true, keepAlive: 600 })
  await bench.welcome()
  await bench.lose()
  await bench.welcome()
  await bench.pass(20_000)
  expect(bench.dialled).toEqual(['one:1883', 'two:1883'])
  await bench.lose()
  expect(bench.dialled.at(-1)).toBe('one:1883')
})

test('start_type once: it is not tried again', async () => {
  const bench = new BridgeBench({ startType: 'once' })
  await bench.welcome()
  await bench.lose(100_000)
  expect(bench.dialled).toHaveLength(1)
  expect(bench.log.at(-1)).toBe('notice: Client local.here.b [far:1883] disconnected: connection closed by the other broker. It is not tried again.')
})

test('start_type lazy: threshold messages connect it, and it leaves when nothing has moved for idle_timeout', async () => {
  const bench = new BridgeBench({ startType: 'lazy', threshold: 3, idleTimeout: 20, topics: topics('# out 2') })
  await bench.pass(5000)
  expect(bench.dialled).toEqual([])
  const client = bench.near.client('c')
  client.publish('a', '1') // of every QoS
  client.publish('a', '2', { qos: 1 })
  await bench.pass(1000)
  expect(bench.dialled).toEqual([])
  client.publish('a', '3')
  await bench.pass(500)
  expect(await bench.welcome()).toContain('PUBLISH q0 r0 m0 a 1')
  await bench.acknowledge('puback', 1)
  await bench.pass(15_000)
  client.publish('a', '4')
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 a 4'])
  await bench.pass(19_000)
  expect(bench.bridge.isConnected).toBe(true)
  await bench.pass(1000)
  expect(await bench.sent()).toEqual(['DISCONNECT'])
  expect(bench.bridge.isConnected).toBe(false)
  for (const payload of ['5', '6', '7']) client.publish('a', payload)
  await bench.pass(500)
  expect(bench.dialled).toHaveLength(2)
  expect((await bench.welcome()).filter((sent) => sent.startsWith('PUBLISH'))).toEqual(['PUBLISH q0 r0 m0 a 5', 'PUBLISH q0 r0 m0 a 6', 'PUBLISH q0 r0 m0 a 7'])
})

test('retained messages do not wake a lazy bridge; they go over when it is awake', async () => {
  const bench = new BridgeBench({ topics: topics('# out 1') }) // its broker has them before the lazy one looks
  const client = bench.near.client('c')
  for (const name of ['x', 'y', 'z']) client.publish(name, '1', { qos: 1, retain: true, packetId: name.charCodeAt(0) })
  bench.bridge.change(bench.options({ topics: topics('# out 1'), startType: 'lazy', threshold: 4, localClientId: 'local.lazy', reloadType: 'lazy' }))
  await bench.welcome()
  await bench.lose()
  await bench.pass(60_000)
  expect(bench.dialled).toHaveLength(1)
  for (let i = 1; i < 5; i++) client.publish('live', `${i}`, { qos: 1, packetId: i })
  await bench.pass(500)
  const sent = (await bench.welcome()).filter((packet) => packet.startsWith('PUBLISH'))
  expect(sent.map((packet) => packet.slice(11, 13)).sort()).toEqual(['r0', 'r0', 'r0', 'r0', 'r1', 'r1', 'r1'])
})

test('the pause begins anew after a connection that lasted as long as restart_timeout says', async () => {
  const bench = new BridgeBench({ restartTimeout: { base: 1, cap: 100, stable: 10 }, keepAlive: 600 })
  bench.chance = 1
  await bench.welcome()
  await bench.lose(0)
  expect(bench.timers.waits).toEqual([3000])
  await bench.pass(3000)
  await bench.welcome()
  await bench.pass(9000)
  await bench.lose(0)
  expect(bench.timers.waits).toEqual([9000])
  await bench.pass(9000)
  await bench.welcome()
  await bench.pass(10_000)
  await bench.lose(0)
  expect(bench.timers.waits).toEqual([3000])
})

test('messages that come in keep a lazy bridge, too', async () => {
  const bench = new BridgeBench({ startType: 'lazy', threshold: 1, idleTimeout: 20 })
  bench.near.client('c').publish('a', '1')
  await bench.pass(500)
  await bench.welcome()
  await bench.pass(15_000)
  await bench.publish('x', '1')
  await bench.pass(15_000)
  expect(bench.bridge.isConnected).toBe(true)
  await bench.pass(5000)
  expect(bench.bridge.isConnected).toBe(false)
})

test('a far end that does not know the bit of a bridge is spoken to without it, at once and from then on', async () => {
  const bench = new BridgeBench()
  expect(await bench.connect()).toMatchObject({ version: 4, bridge: true })
  await bench.say({ type: 2, sessionPresent: false, reasonCode: 1, properties: {} })
  expect(await bench.connect()).toMatchObject({ version: 4, bridge: false })
  await bench.say({ type: 2, sessionPresent: false, reasonCode: 0, properties: {} })
  await bench.lose()
  expect(await bench.connect()).toMatchObject({ version: 4, bridge: false })
})

test('a far end that closes without a word is tried without the bit; if that does not help, with it again', async () => {
  const bench = new BridgeBench()
  expect((await bench.connect()).bridge).toBe(true)
  bench.link.cut()
  expect((await bench.connect()).bridge).toBe(false)
  await bench.lose()
  expect((await bench.connect()).bridge).toBe(true)
})

test('a far end that refuses 5.0 gets 3.1.1 with the bit, then without', async () => {
  const bench = new BridgeBench({ protocolVersion: 5 })
  const seen: [ProtocolVersion, boolean][] = []
  for (let i = 0; i < 3; i++) {
    const { version, bridge } = await bench.connect()
    seen.push([version, bridge])
    bench.version = version
    await bench.say({ type: 2, sessionPresent: false, reasonCode: version === 5 ? 0x84 : 1, properties: {} })
    bench.version = 4
  }
  expect(seen).toEqual([
    [5, false],
    [4, true],
    [4, false],
  ])
})

test('a refusal is told, and tried again after the pause', async () => {
  const bench = new BridgeBench()
  await bench.connect()
  await bench.say({ type: 2, sessionPresent: false, reasonCode: 5, properties: {} })
  expect(bench.log.at(-1)).toBe('error: Connection Refused: not authorised (bridge b). Trying again in 5 s.')
  await bench.pass(5000)
  expect(bench.dialled).toHaveLength(2)
})

test('a far end that falls silent is left after PINGREQ without an answer', async () => {
  const bench = new BridgeBench({ keepAlive: 10 })
  await bench.welcome()
  await bench.pass(10_000)
  expect(await bench.sent()).toEqual(['PINGREQ'])
  await bench.pass(10_000)
  expect(bench.log.at(-1)).toBe('notice: Client local.here.b [far:1883] disconnected: exceeded timeout. Trying again in 5 s.')
})

test('notifications: 0 here from the start, 1 on both sides, the will there, 0 here when the connection is gone', async () => {
  const bench = new BridgeBench({ notifications: true })
  const watcher = bench.near.client('w')
  watcher.subscribe('$SYS/broker/connection/#', 1)
  expect(arrivals(watcher)).toEqual(['$SYS/broker/connection/here.b/state 0 q1 r1'])
  const connect = await bench.connect()
  expect({ ...connect.will, payload: text(connect.will?.payload) }).toMatchObject({
    topicName: '$SYS/broker/connection/here.b/state',
    payload: '0',
    qos: 1,
    retain: true,
  })
  await bench.say({ type: 2, sessionPresent: false, reasonCode: 0, properties: {} })
  expect((await bench.sent())[0]).toBe('PUBLISH q1 r1 m32768 $SYS/broker/connection/here.b/state 1')
  expect(arrivals(watcher)).toEqual(['$SYS/broker/connection/here.b/state 1 q1 r0'])
  watcher.acknowledge(4, 1, 2)
  await bench.lose(0)
  expect(arrivals(watcher)).toEqual(['$SYS/broker/connection/here.b/state 0 q1 r0'])
})

test('a bridge that is closed says 0 there, since its DISCONNECT takes the will away', async () => {
  const bench = new BridgeBench({ notifications: true, notificationTopic: 'bridges/b' })
  await bench.welcome()
  await bench.acknowledge('puback', 32768)
  const closed = bench.bridge.close()
  expect(await bench.sent()).toEqual(['PUBLISH q0 r1 m0 bridges/b 0', 'DISCONNECT'])
  await closed
  await bench.pass(100_000)
  expect(bench.dialled).toHaveLength(1)
})

test('notifications_local_only: nothing of it goes there', async () => {
  const bench = new BridgeBench({ notifications: true, notificationsLocalOnly: true, notificationTopic: 'bridges/b', topics: topics('x in 0') })
  const watcher = bench.near.client('w')
  watcher.subscribe('bridges/b')
  expect((await bench.connect()).will).toBeNull()
  await bench.say({ type: 2, sessionPresent: false, reasonCode: 0, properties: {} })
  expect(await bench.sent()).toEqual(['SUBSCRIBE x q0'])
  expect(arrivals(watcher)).toEqual(['bridges/b 0 q0 r1', 'bridges/b 1 q0 r0'])
})

test('notifications false: nobody is told', async () => {
  const bench = new BridgeBench({ notifications: false })
  const watcher = bench.near.client('w')
  watcher.subscribe('$SYS/#')
  expect((await bench.connect()).will).toBeNull()
  await bench.say({ type: 2, sessionPresent: false, reasonCode: 0, properties: {} })
  expect(await bench.sent()).toEqual(['SUBSCRIBE # q2'])
  expect(arrivals(watcher)).toEqual([])
})

test('subscriptions that the far end refuses, or announces not to take, are told', async () => {
  const bench = new BridgeBench({ topics: topics('a in 1', 'b/# in 1'), protocolVersion: 5 })
  await bench.connect()
  await bench.say({ type: 2, sessionPresent: false, reasonCode: 0, properties: { wildcardSubscriptionAvailable: 0 } })
  expect(bench.log.at(-1)).toBe('warning: Warning: bridge b gets nothing of b/#: b/#: the server takes no wildcards.')
  expect(await bench.sent()).toEqual(['SUBSCRIBE a q1 nl rap'])
  await bench.say({ type: 9, packetId: 32768, reasonCodes: [0x87], properties: {} })
  expect(bench.log.at(-1)).toMatch(/^warning: Warning: bridge b gets nothing of a: /)
})
