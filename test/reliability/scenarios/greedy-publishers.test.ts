// Scenarios S5 and S6: publishers that are faster than the store or than the memory allows, and one that ignores Receive Maximum.
// Whoever keeps the rules is slowed down and loses nothing; whoever does not is told so.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Broker } from '../../../src/broker/broker.ts'
import { listen } from '../../../src/net/listener.ts'
import { createNetContext } from '../../../src/net/net-context.ts'
import { PacketType } from '../../../src/wire/mqtt/packet.ts'
import { RecordingPersistence } from '../../support/recording-persistence.ts'
import { MeasuredBroker } from '../broker-under-test.ts'
import { Load } from '../load.ts'
import { MqttPeer, publishPacket } from '../mqtt-peer.ts'
import { amount, mib, SEED, tell } from '../run-size.ts'

interface StuckBroker {
  readonly port: number
  readonly store: RecordingPersistence
  /** Nothing becomes durable while this is true. */
  isStuck: boolean
}

/** A broker in this process whose store can get stuck. */
async function brokerOnStuckStore(): Promise<StuckBroker> {
  const store = new RecordingPersistence()
  const context = createNetContext({})
  const clock = { now: () => performance.now() }
  const broker = new Broker({ clock, pool: context.pool, newId: () => `${Math.random()}`, version: '0', wallClock: () => Date.now(), persistence: store })
  const options = { transport: 'tcp', host: '127.0.0.1', port: 0, path: null, ipv6Only: false, tls: null, maximumConnections: null, websocket: null } as const
  const listener = await listen(context, options, (link) => broker.accept(link))
  const stage: StuckBroker = { port: listener.address.port, store, isStuck: false }
  const timer = setInterval(() => {
    if (!stage.isStuck && store.durableUpTo < store.ticket) store.commit({ broker })
  }, 1)
  onTestFinished(async () => {
    clearInterval(timer)
    await listener.close(true)
  })
  return stage
}

test.each([4, 5] as const)(
  'S5: version %i, a store that is stuck: nothing is acknowledged, the window fills and stops; it goes on where it was',
  async (version) => {
    const broker = await brokerOnStuckStore()
    const load = new Load({ port: broker.port }, SEED)
    await load.subscriber('keeper', ['load/#'], { version })
    const publisher = load.publisher('p', { version, topics: ['load/a'], qos: [1, 2, 1], window: 20, most: amount(1000, 20_000) })
    const starting = publisher.start()
    await expect.poll(() => publisher.acknowledged).toBeGreaterThan(0)
    broker.isStuck = true
    let acknowledged = -1 // what left before may still be on its way
    await expect.poll(() => acknowledged === (acknowledged = publisher.acknowledged) && publisher.unacknowledged, { interval: 200 }).toBe(20)
    await sleep(300)
    expect([publisher.unacknowledged, publisher.acknowledged]).toEqual([20, acknowledged])
    broker.isStuck = false
    await starting
    await load.quiet()
    const { published, acknowledged: all } = load.check()
    expect([published, all]).toEqual([amount(1000, 20_000), amount(1000, 20_000)])
    await load.end()
  },
)

test('S5: a publisher that ignores its window while the store is stuck is not read any more, and goes on with the store', async () => {
  const broker = await brokerOnStuckStore()
  const { port, store } = broker
  const keeper = await MqttPeer.connect({ port }, 'keeper', { cleanStart: false, properties: { sessionExpiryInterval: 600 } })
  await keeper.peer.subscribe('load', 1)
  const { peer } = await MqttPeer.connect({ port }, 'greedy')
  let acknowledged = 0
  peer.forgetPackets()
  peer.onPacket = ({ type }) => void (acknowledged += type === PacketType.Puback ? 1 : 0)
  broker.isStuck = true
  const payload = Buffer.alloc(2000)
  const most = 20_000
  for (let i = 1; i <= most; i++) peer.send(publishPacket('load', payload, 1, i))
  let told = -1
  await expect.poll(() => told === (told = store.ticket), { interval: 300 }).toBe(true)
  expect([acknowledged, peer.isClosed]).toEqual([0, false])
  expect(store.messages).toBeLessThan(most / 2)
  await keeper.peer.ping() // others are served
  broker.isStuck = false
  await expect.poll(() => acknowledged, { timeout: 10_000 }).toBe(most)
})

test('S5: at memory_limit a 3.1.1 publisher is not read, MQTT 5 is told 0x97, QoS 0 is dropped; with memory again all goes on', {
  timeout: 60_000,
}, async () => {
  const limit = 96 << 20
  const broker = await MeasuredBroker.start({ limits: { memoryLimit: limit, maximumQueuedMessages: 0, maximumQueuedBytes: 0 } })
  const { port } = broker
  const subscriber = (await MqttPeer.connect({ port }, 'slow', { properties: { receiveMaximum: 10 } })).peer
  const unanswered: number[] = []
  const seen: number[] = []
  let isMute = true
  await subscriber.subscribe('load', 1)
  subscriber.forgetPackets()
  subscriber.onPacket = (packet) => {
    if (packet.type !== PacketType.Publish || packet.qos === 0) return
    seen.push(Buffer.from(packet.payload).readUInt32BE())
    if (isMute) unanswered.push(packet.packetId)
    else subscriber.acknowledge(PacketType.Puback, packet.packetId)
  }
  const modern = (await MqttPeer.connect({ port }, 'modern')).peer
  const { peer } = await MqttPeer.connect({ port }, 'old', { version: 4 })
  peer.forgetPackets()
  let acknowledged = 0
  peer.onPacket = ({ type }) => void (acknowledged += type === PacketType.Puback ? 1 : 0)
  let sent = 0
  let isStopped = false
  const publishing = (async () => {
    for (; !isStopped && !peer.isClosed; sent++) {
      const payload = Buffer.alloc(10_000)
      payload.writeUInt32BE(sent)
      while (sent - acknowledged >= 100 && !isStopped) await sleep(1)
      peer.send(publishPacket('load', payload, 1, 1 + (sent % 60_000)))
      await peer.flushed()
    }
  })()
  // no progress for a second: it is not being read any more
  for (let before = -1; before !== acknowledged; await sleep(1000)) before = acknowledged
  const stoppedAt = acknowledged
  expect(stoppedAt * 10_000).toBeGreaterThan(limit / 4)
  const full = await broker.report()
  expect(full.held).toBeLessThan(limit * 2) // the memory is looked at four times a second
  modern.send(publishPacket('load', Buffer.alloc(4, 0xff), 1, 1))
  expect(await modern.acknowledgement(PacketType.Puback, 1)).toBe(0x97)
  await expect(MqttPeer.connect({ port }, 'newcomer')).rejects.toThrow('refused with 151')
  isMute = false
  for (const packetId of unanswered.splice(0)) subscriber.acknowledge(PacketType.Puback, packetId)
  await expect.poll(() => acknowledged, { timeout: 20_000 }).toBeGreaterThan(stoppedAt + 100)
  isStopped = true
  await publishing
  await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(acknowledged)
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i))
  tell(`S5: stopped after ${stoppedAt} messages of 10 kB at ${mib(full.held)} held, ${mib(full.rss)} resident; ${acknowledged} in the end`)
})

test('S6: a publisher with more QoS 2 messages on their way than any window is disconnected with 0x93 [MQTT-3.3.4-7]', async () => {
  const { port } = await MeasuredBroker.start()
  const keeper = await MqttPeer.connect({ port }, 'keeper', { cleanStart: false, properties: { sessionExpiryInterval: 600 } })
  await keeper.peer.subscribe('#', 2)
  const { peer, connack } = await MqttPeer.connect({ port }, 'greedy')
  expect(connack.properties.receiveMaximum).toBe(20)
  for (let i = 1; i <= 1100; i++) peer.send(publishPacket('a', Buffer.alloc(1), 2, i))
  await peer.closed
  expect(peer.reasonCode).toBe(0x93)
})
