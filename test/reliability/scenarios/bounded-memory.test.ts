// Every structure of the broker that clients can fill has a cap, and gives its memory back: each row abuses one of them 100,000 times
// (where each time needs a connection, that often only in whole runs). Measured in the broker's process after a garbage collection.

import { expect, test } from 'vitest'
import { type Packet, PacketType, type Publish } from '../../../src/wire/mqtt/packet.ts'
import { MeasuredBroker } from '../broker-under-test.ts'
import { type ConnectFields, connectPacket, MqttPeer, publishPacket } from '../mqtt-peer.ts'
import { amount, mib, tell } from '../run-size.ts'

const TIMES = 100_000
const CONNECTIONS = amount(1500, 100_000)
/** What may be held more afterwards: counters, compiled code, tables that stay within their caps. */
const SLACK = 3 << 19
/** A small cap, so that a table that fills and empties itself is not taken for a leak. */
const FEW_TOPICS = { internedTopics: 2048 }
const BATCH = 500
const NOTHING = new Uint8Array(0)

interface Abuse {
  readonly name: string
  readonly times: number
  /** Bytes that may stay; SLACK unless given. */
  readonly slack?: number
  readonly limits?: Readonly<Record<string, unknown>>
  /** Does it `times` times, each with a name of its own from `first` on, and cleans up as a client can. */
  readonly run: (port: number, first: number, times: number) => Promise<void>
}

/** One connected client sends a packet per time, and all is handled when it is done. */
function byOne(packetOf: (i: number) => readonly Packet[], fields: ConnectFields = {}): Abuse['run'] {
  return async (port, first, times) => {
    const { peer } = await MqttPeer.connect({ port }, 'abuser', fields)
    peer.forgetPackets()
    for (let at = first; at < first + times; at += BATCH) {
      for (let i = at; i < Math.min(at + BATCH, first + times); i++) peer.send(...packetOf(i))
      await peer.ping()
    }
    await peer.disconnect()
  }
}

/** Connections, fifty at a time, each with a life of its own. */
function byConnections(live: (port: number, i: number) => Promise<void>): Abuse['run'] {
  return async (port, first, times) => {
    let next = first
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        while (next < first + times) await live(port, next++)
      }),
    )
  }
}

function publish(topicName: string, changes: Partial<Publish> = {}): Publish {
  return publishPacket(topicName, NOTHING, changes.qos ?? 0, changes.packetId ?? 0, changes)
}

function subscribe(topicFilter: string, packetId: number): Packet {
  const request = { topicFilter, qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  return { type: PacketType.Subscribe, packetId, subscriptions: [request], properties: {} }
}

function unsubscribe(topicFilter: string, packetId: number): Packet {
  return { type: PacketType.Unsubscribe, packetId, topicFilters: [topicFilter], properties: {} }
}

const idOf = (i: number): number => 1 + (i % 60_000)

const ABUSES: readonly Abuse[] = [
  {
    name: 'QoS 2 messages that are never released',
    times: TIMES,
    run: async (port, first, times) => {
      for (let at = first; at < first + times; at += 1000) {
        const { peer } = await MqttPeer.connect({ port }, 'abuser', { properties: { sessionExpiryInterval: 600 } }) // Clean Start drops the ones before
        peer.forgetPackets()
        for (let i = 0; i < 1000; i++) peer.send(publishPacket(`unreleased/${i}`, Buffer.alloc(200), 2, 1 + i))
        await peer.ping()
        await peer.vanish()
      }
      await (await MqttPeer.connect({ port }, 'abuser')).peer.disconnect()
    },
  },
  { name: 'topics, each published to once', times: TIMES, limits: FEW_TOPICS, run: byOne((i) => [publish(`topic/${i}/x`)]) },
  {
    name: 'Topic Aliases given a new meaning',
    times: TIMES,
    limits: FEW_TOPICS,
    run: byOne((i) => [publish(`aliased/${i}`, { properties: { topicAlias: 1 + (i % 10) } })]),
  },
  {
    name: 'topics for a subscriber with Topic Aliases',
    times: TIMES,
    limits: FEW_TOPICS,
    run: async (port, first, times) => {
      const { peer } = await MqttPeer.connect({ port }, 'aliased', { properties: { topicAliasMaximum: 10 } })
      await peer.subscribe('#', 0)
      peer.forgetPackets()
      await byOne((i) => [publish(`for/${i}`)])(port, first, times)
      await peer.disconnect()
    },
  },
  { name: 'subscriptions made and ended', times: TIMES, run: byOne((i) => [subscribe(`deep/${i}/+/x/#`, 1), unsubscribe(`deep/${i}/+/x/#`, 2)]) },
  { name: 'shared subscriptions made and ended', times: TIMES, run: byOne((i) => [subscribe(`$share/g${i}/a/b`, 1), unsubscribe(`$share/g${i}/a/b`, 2)]) },
  {
    name: 'subscriptions of a client that just goes',
    times: TIMES,
    run: async (port, first, times) => {
      for (let at = first; at < first + times; at += 10_000) await byOne((i) => [subscribe(`left/${i}/+`, 1)])(port, at, Math.min(10_000, times))
    },
  },
  {
    name: 'messages retained and cleared',
    times: TIMES,
    limits: FEW_TOPICS,
    run: byOne((i) => [publishPacket(`kept/${i}`, Buffer.alloc(50), 0, 0, { retain: true }), publish(`kept/${i}`, { retain: true })]),
  },
  {
    name: 'messages for a session that is away, then dropped',
    times: TIMES,
    slack: 8 << 20, // empty slabs are kept for the next queue
    limits: { maximumQueuedMessages: 0, maximumQueuedBytes: 0 },
    run: async (port, first, times) => {
      const { peer } = await MqttPeer.connect({ port }, 'away', { cleanStart: false, properties: { sessionExpiryInterval: 600 } })
      await peer.subscribe('queued', 1)
      await peer.disconnect()
      await byOne((i) => [publishPacket('queued', Buffer.alloc(200), 1, idOf(i))])(port, first, times)
      await (await MqttPeer.connect({ port }, 'away')).peer.disconnect()
    },
  },
  {
    name: 'acknowledgements of nothing',
    times: TIMES,
    run: byOne((i) => [{ type: ([4, 5, 6, 7] as const)[i % 4]!, packetId: idOf(i), reasonCode: 0, properties: {} }], { version: 4 }),
  },
  {
    name: 'wills, published and withdrawn',
    times: CONNECTIONS,
    run: byConnections(async (port, i) => {
      const will = { topicName: `will/${i % 100}`, payload: Buffer.alloc(500), qos: 1, retain: false, properties: { willDelayInterval: i % 2 } } as const
      const { peer } = await MqttPeer.connect({ port }, `mortal-${i}`, { will, properties: { sessionExpiryInterval: i % 2 } })
      if (i % 3 === 0) await peer.disconnect()
      else await peer.vanish()
    }),
  },
  {
    name: 'take-overs',
    times: CONNECTIONS,
    limits: { maximumTakeOverDelayMs: 0 },
    run: async (port, first, times) => {
      let last: MqttPeer | null = null
      for (let i = first; i < first + times; i++) {
        const { peer } = await MqttPeer.connect({ port }, 'the one', { cleanStart: i % 100 === 0, properties: { sessionExpiryInterval: 5 } })
        await last?.closed
        last = peer
      }
      await (await MqttPeer.connect({ port }, 'the one')).peer.disconnect()
    },
  },
  {
    name: 'lasting sessions made and ended',
    times: CONNECTIONS,
    run: byConnections(async (port, i) => {
      const { peer } = await MqttPeer.connect({ port }, `session-${i}`, { cleanStart: false, properties: { sessionExpiryInterval: 600 } })
      await peer.subscribe(`session/${i}`, 1)
      await peer.vanish()
      await (await MqttPeer.connect({ port }, `session-${i}`)).peer.disconnect()
    }),
  },
  {
    name: 'connections that go in mid CONNECT',
    times: CONNECTIONS,
    run: byConnections(async (port, i) => {
      const peer = await MqttPeer.open({ port })
      peer.sendBytes(Uint8Array.of(0x10, 0xff, 0x7f, 0, 4, 77, 81).subarray(0, i % 8))
      await peer.flushed()
      await peer.vanish(i % 2 === 0 ? 'close' : 'reset')
    }),
  },
  {
    name: 'AUTH, asked for and unasked',
    times: CONNECTIONS,
    run: byConnections(async (port, i) => {
      const peer = await MqttPeer.open({ port })
      const isAsked = i % 2 === 0
      peer.send(connectPacket(`auth-${i}`, { properties: isAsked ? { authenticationMethod: `method ${i}`, authenticationData: Buffer.alloc(1000) } : {} }))
      peer.send({ type: PacketType.Auth, reasonCode: 0x19, properties: { authenticationMethod: `method ${i}` } })
      await peer.closed
    }),
  },
  {
    name: 'clients that go while their SUBSCRIBE is being logged',
    times: CONNECTIONS,
    run: byConnections(async (port, i) => {
      const { peer } = await MqttPeer.connect({ port }, `logged-${i}-${'x'.repeat(100)}`)
      peer.send(subscribe(i % 2 === 0 ? 'a/b' : `${'deep/'.repeat(250)}x`, 1))
      await peer.vanish(i % 4 === 0 ? 'reset' : 'close')
    }),
  },
]

const ROWS = ABUSES.map((abuse) => [abuse.times, abuse.name, abuse] as const)

test.each(ROWS)('the memory is back after %i times: %s', { timeout: amount(60, 900) * 1000 }, async (times, name, { slack = SLACK, limits = {}, run }) => {
  const broker = await MeasuredBroker.start({ limits: { sysInterval: 0, ...limits }, log: true, verbose: name.includes('logged') })
  await run(broker.port, 1_000_000, times === TIMES ? 5000 : 500) // what is made once
  await expect.poll(async () => (await broker.report()).connections, { timeout: 10_000 }).toBe(0)
  const before = await broker.report()
  await run(broker.port, 2_000_000, times)
  await expect.poll(async () => (await broker.report()).connections, { timeout: 10_000 }).toBe(0)
  await expect.poll(async () => (await broker.report()).sessions, { timeout: 10_000 }).toBe(0)
  const after = await broker.report()
  tell(`${name}, ${times} times: held ${mib(before.held)} → ${mib(after.held)}, resident ${mib(after.rss)}`)
  expect(after.held - before.held).toBeLessThan(slack)
})
