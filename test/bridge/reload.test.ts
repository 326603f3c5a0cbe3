// What a reload changes of a bridge: at its next connection, or at once; and what stays of a bridge that is taken out.

import { expect, test } from 'vitest'
import { BridgeBench, settle, topics } from './bridge-bench.ts'

test('bridge_reload_type lazy: the new topics hold from the next connection on, and the old ones are given up', async () => {
  const bench = new BridgeBench({ topics: topics('old/# out 1') })
  await bench.welcome()
  bench.bridge.change(bench.options({ topics: topics('new/# out 1', 'in/# in 1'), keepAlive: 99 }))
  const client = bench.near.client('c')
  client.publish('new/1', 'a')
  client.publish('old/1', 'b')
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 old/1 b'])
  await bench.lose()
  expect((await bench.connect()).keepAlive).toBe(99)
  await bench.say({ type: 2, sessionPresent: true, reasonCode: 0, properties: {} })
  client.publish('new/2', 'c')
  client.publish('old/2', 'd')
  expect(await bench.sent()).toEqual(['SUBSCRIBE in/# q1', 'UNSUBSCRIBE new/#', 'PUBLISH q0 r0 m0 new/2 c'])
  expect([...bench.near.broker.sessions.get('local.here.b')!.subscriptions.keys()]).toEqual(['new/#'])
})

test('bridge_reload_type immediate: it connects anew at once, and loses nothing that waits', async () => {
  const bench = new BridgeBench({ topics: topics('# out 1') })
  await bench.welcome()
  const client = bench.near.client('c')
  client.publish('a', '1', { qos: 1, packetId: 1 })
  await bench.sent()
  bench.bridge.change(bench.options({ topics: topics('# out 1'), addresses: [{ host: 'other', port: 1884 }], reloadType: 'immediate' }))
  expect(await bench.links[0]!.sent(4)).toMatchObject([{ type: 14 }])
  client.publish('a', '2', { qos: 1, packetId: 2 })
  await settle()
  expect(bench.dialled).toEqual(['far:1883', 'other:1884'])
  expect((await bench.welcome()).slice(1)).toEqual(['PUBLISH dup q1 r0 m1 a 1', 'PUBLISH q1 r0 m2 a 2'])
})

test('immediate also while it waits', async () => {
  const bench = new BridgeBench()
  await bench.welcome()
  await bench.lose(0)
  bench.bridge.change(bench.options({ reloadType: 'immediate', keepAlive: 7 }))
  expect((await bench.connect()).keepAlive).toBe(7)
  expect(bench.dialled).toHaveLength(2)
})

test('from automatic to lazy and back: a lazy one connects for messages only', async () => {
  const bench = new BridgeBench()
  await bench.welcome()
  bench.bridge.change(bench.options({ startType: 'lazy', reloadType: 'immediate', threshold: 1 }))
  await bench.pass(60_000)
  expect(bench.bridge.isConnected).toBe(false)
  expect(bench.dialled).toHaveLength(1)
  bench.bridge.change(bench.options({ keepAlive: 8 }))
  await bench.pass(1000)
  expect((await bench.connect()).keepAlive).toBe(8)
})

test('another local_clientid: the session of the old name is given up', async () => {
  const bench = new BridgeBench({ topics: topics('# out 1') })
  await bench.welcome()
  bench.bridge.change(bench.options({ topics: topics('# out 1'), localClientId: 'local.new', reloadType: 'immediate' }))
  await settle()
  await bench.welcome()
  expect(bench.near.broker.sessions.has('local.here.b')).toBe(false)
  expect(bench.near.broker.sessions.has('local.new')).toBe(true)
})

test('a bridge that is closed keeps its session, for a restart; one that is taken out leaves nothing', async () => {
  const bench = new BridgeBench({ topics: topics('# out 1') })
  await bench.welcome()
  await bench.bridge.close()
  expect(bench.near.broker.sessions.has('local.here.b')).toBe(true)
  expect(bench.bridge.isConnected).toBe(false)
  const other = new BridgeBench({ topics: topics('# out 1') })
  await other.welcome()
  await other.bridge.close(true)
  await settle()
  expect(other.near.broker.sessions.has('local.here.b')).toBe(false)
  expect(other.near.broker.sessionCount).toBe(0)
})

test('closing ends an attempt that is on its way, too', async () => {
  const bench = new BridgeBench()
  await bench.connect()
  await bench.bridge.close()
  expect(bench.link.ended).toBe('destroy')
  await bench.pass(100_000)
  expect(bench.dialled).toHaveLength(1)
})
