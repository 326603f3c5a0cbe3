// What the other end of a bridge can do to us: send back what it got, publish what nobody asked for, break the protocol (row 52 of docs/security.md).
// The bridge and our broker are in memory; the peer is played packet by packet.

import { expect, test } from 'vitest'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { arrivals, BridgeBench, settle, topics } from '../bridge/bridge-bench.ts'

test.each([3, 4, 5] as const)("row 52: a bridge's peer that sends our own messages back gets them once, version %d", async (protocolVersion) => {
  const bench = new BridgeBench({ protocolVersion, topics: topics('# both 1'), topicAliasMaximum: 0 })
  await bench.welcome()
  const client = bench.near.client('c')
  client.subscribe('#')
  client.received()
  client.publish('a', 'x')
  let sent = 0
  for (let round = 0; round < 20; round++) {
    await settle()
    for (const packet of bench.link.sent(protocolVersion)) {
      if (packet.type !== PacketType.Publish) continue
      sent++
      await bench.say({ ...packet, dup: false })
    }
  }
  expect(sent).toBe(1)
  expect(arrivals(client)).toEqual(['a x q0 r0', 'a x q0 r0'])
})

test.each(['$SYS/broker/version', '$CONTROL/dynamic-security/v1', '$CONTROL/broker/v1'])('row 52: nobody gets at %s over a bridge', async (topicName) => {
  const bench = new BridgeBench({ topics: topics('$SYS/# in 2', '$CONTROL/# in 2', '# in 2') })
  await bench.welcome()
  const client = bench.near.client('c')
  for (const filter of ['$SYS/#', '$CONTROL/#', '#']) client.subscribe(filter)
  client.received()
  for (const qos of [0, 1, 2] as const) {
    await bench.publish(topicName, 'evil', { qos, packetId: qos, retain: true })
    if (qos === 2) await bench.acknowledge('pubrel', qos)
  }
  expect(arrivals(client)).toEqual([])
  expect(bench.near.broker.retainedCount).toBe(0)
  expect(bench.bridge.isConnected).toBe(true)
})

test('row 52: topics that nobody asked for are dropped, and the log is not flooded', async () => {
  const bench = new BridgeBench({ topics: topics('in/# in 2', 'out/# out 2') })
  await bench.welcome()
  const client = bench.near.client('c')
  client.subscribe('#')
  client.received()
  for (let i = 0; i < 500; i++) await bench.publish(`out/${i}`, 'evil')
  expect(arrivals(client)).toEqual([])
  expect(bench.log.filter((line) => line.includes('evil') || line.includes('dropped')).length).toBe(10)
})

test('row 52: a peer that breaks the protocol ends its own connection only', async () => {
  const bench = new BridgeBench()
  await bench.welcome()
  const client = bench.near.client('c')
  client.subscribe('#')
  client.received()
  bench.link.give(Uint8Array.of(0x36, 3, 0, 1, 0x61)) // QoS 3
  await settle()
  expect(bench.bridge.isConnected).toBe(false)
  expect(bench.log.at(-1)).toMatch(/the other broker broke the protocol: .*Trying again in 5 s\.$/)
  client.publish('a', 'x')
  expect(arrivals(client)).toEqual(['a x q0 r0'])
  await bench.pass(5000)
  await bench.welcome()
  expect(bench.bridge.isConnected).toBe(true)
})
