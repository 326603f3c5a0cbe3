// What a bridge tells of itself: whether it stands and since when, when it tries again and why it must, what went over it, what is refused.
// The other broker is played by the test; time is moved by hand.

import { expect, test } from 'vitest'
import type { BridgeStatus } from '../../src/bridge/bridge-status.ts'
import type { Authorizer } from '../../src/broker/ports.ts'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { connackOf, settle } from '../client/scripted-server.ts'
import { BridgeBench, topics } from './bridge-bench.ts'

const told = ({ state, address: { host }, sinceMs, nextInMs, problem }: BridgeStatus): unknown[] => [state, host, sinceMs, nextInMs, problem?.text ?? null]

test('from the first attempt over a connection and its end to the next address: since when, how long to wait, and why', async () => {
  const bench = new BridgeBench({
    addresses: [
      { host: 'far', port: 1883 },
      { host: 'other', port: 1883 },
    ],
  })
  await bench.pass(100)
  expect(told(bench.bridge.status())).toEqual(['connecting', 'far', 100, null, null])
  await bench.welcome()
  await bench.pass(700)
  expect(told(bench.bridge.status())).toEqual(['connected', 'far', 700, null, null])
  bench.unreachable.add('other')
  await bench.lose(2000)
  expect(told(bench.bridge.status())).toEqual(['waiting', 'other', 2000, 3000, 'connection closed by the other broker'])
  expect(bench.bridge.status().problem!.agoMs).toBe(2000)
  await bench.pass(3000)
  expect(told(bench.bridge.status())).toEqual(['waiting', 'far', 5000, 5000, 'connect ECONNREFUSED other:1883'])
  await bench.pass(5000)
  await bench.welcome()
  expect(told(bench.bridge.status())).toEqual(['connected', 'far', 0, null, 'connect ECONNREFUSED other:1883'])
  expect(bench.bridge.status().record.connects).toBe(2)
  await bench.bridge.close()
  expect(told(bench.bridge.status())).toEqual(['stopped', 'far', 0, null, 'connect ECONNREFUSED other:1883'])
})

test('a refusal is told in words; a bridge that tries once stops, one that waits for messages says so', async () => {
  const once = new BridgeBench({ startType: 'once', tryPrivate: false })
  await once.welcome({ reasonCode: 5 })
  expect(told(once.bridge.status())).toEqual(['stopped', 'far', 0, null, 'connection refused: not authorised'])
  const lazy = new BridgeBench({ startType: 'lazy' })
  expect(told(lazy.bridge.status()).slice(0, 1)).toEqual(['lazy'])
})

test('when our own broker ends it, that is the reason, not the end of the connection that follows', async () => {
  const bench = new BridgeBench()
  await bench.welcome()
  bench.near.client('local.here.b')
  await settle()
  expect(told(bench.bridge.status()).slice(0, 2)).toEqual(['waiting', 'far'])
  expect(bench.bridge.status().problem?.text).toBe('this broker ended its session')
})

test('messages and payload bytes in both directions, what is dropped, what waits', async () => {
  const bench = new BridgeBench({ topics: topics('out/# out 1', 'in/# in 1'), maximumPacketSize: 60 })
  await bench.welcome()
  const here = bench.near.client('here')
  here.publish('out/a', 'seven..', { qos: 1, packetId: 1 })
  here.publish('out/a', 'x'.repeat(100), { qos: 1, packetId: 2 })
  await bench.publish('in/a', 'four')
  await bench.publish('not/wanted', 'dropped')
  const { record, queue } = bench.bridge.status()
  expect([record.sentMessages, record.sentBytes]).toEqual([1, 7])
  expect([record.receivedMessages, record.receivedBytes]).toEqual([2, 11])
  expect(record.droppedMessages).toBe(2)
  expect(queue).toMatchObject({ messages: 0, bytes: 0 })
  await bench.lose(10)
  here.publish('out/b', 'later', { qos: 1, packetId: 3 })
  const waiting = bench.bridge.status()
  expect(waiting.queue!.messages).toBe(1)
  expect(waiting.queue!.bytes).toBeGreaterThan(5)
  expect(waiting.record.sentMessages).toBe(1)
})

test('topics that one of the brokers does not give are known until it is asked again', async () => {
  let isAllowed = false
  const maySubscribe: Authorizer['maySubscribe'] = () => (isAllowed ? 'allow' : 'deny')
  const bridgeAuthorizer: Authorizer = { generation: 0, maySubscribe, mayPublish: () => 'allow', mayReceive: () => 'allow' }
  const bench = new BridgeBench({ topics: topics('in/# in 1', 'secret/# in 1', 'out/# out 1') }, { bridgeAuthorizer })
  await bench.connect()
  await bench.say(connackOf())
  for (const packet of bench.link.sent(4))
    if (packet.type === PacketType.Subscribe) {
      const isSecret = packet.subscriptions[0]!.topicFilter === 'secret/#'
      await bench.say({ type: PacketType.Suback, packetId: packet.packetId, reasonCodes: [isSecret ? 0x80 : 1], properties: {} })
    }
  const refused = (): unknown[] => [...bench.bridge.status().record.refusedThere.keys(), ...bench.bridge.status().record.refusedHere]
  expect(refused()).toEqual(['secret/#', 'out/#'])
  isAllowed = true
  await bench.lose(5000)
  await bench.welcome()
  expect(refused()).toEqual([])
})
