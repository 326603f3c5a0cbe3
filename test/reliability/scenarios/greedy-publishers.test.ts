// Scenarios S5 and S6: publishers that are faster than the store or than the memory allows, and one that ignores Receive Maximum.
// Whoever keeps the rules is slowed down and loses nothing; whoever does not is told so.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Broker } from '../../../src/broker/broker.ts'
import { listen } from '../../../src/net/listener.ts'
import { createNetContext } from '../../../src/net/net-context.ts'
import { PacketType } from '../../../src/wire/mqtt/packet.ts'
import type { PublishRun } from '../../../src/wire/mqtt/publish-run.ts'
import { MeasuredBroker } from '../broker-under-test.ts'
import { Load } from '../load.ts'
import { MqttPeer, publishPacket } from '../mqtt-peer.ts'
import { amount, mib, SEED, tell } from '../run-size.ts'

/** A broker in this process whose journal writes only when the test says so. */
async function brokerOnStuckJournal(): Promise<{ port: number; appended: () => number; write: () => void }> {
  let appended = 0
  const journal = { durableUpTo: 0, append: ({ count }: PublishRun) => (appended += count) }
  const context = createNetContext({})
  const broker = new Broker({ clock: { now: () => performance.now() }, pool: context.pool, newId: () => `${Math.random()}`, version: '0', journal })
  const options = { transport: 'tcp', host: '127.0.0.1', port: 0, path: null, ipv6Only: false, tls: null, maximumConnections: null, websocket: null } as const
  const listener = await listen(context, options, (link) => broker.accept(link))
  onTestFinished(async () => await listener.close(true))
  return {
    port: listener.address.port,
    appended: () => appended,
    write: () => {
      journal.durableUpTo = appended
      broker.committed(appended)
    },
  }
}

test.each([4, 5] as const)(
  'S5: version %i, a journal that is stuck: nothing is acknowledged, the window fills and stops; it goes on where it was',
  async (version) => {
    const { port, appended, write } = await brokerOnStuckJournal()
    const load = new Load({ port }, SEED)
    await load.subscriber('keeper', ['load/#'], { version })
    const publisher = load.publisher('p', { version, topics: ['load/a'], qos: [1, 2, 1], window: 20, most: amount(1000, 20_000) })
    await publisher.start()
    await expect.poll(() => publisher.unacknowledged).toBe(20)
    await sleep(300)
    expect([publisher.published, publisher.acknowledged]).toEqual([20, 0])
    const timer = setInterval(write, 1)
    onTestFinished(() => clearInterval(timer))
    await load.quiet()
    const { published, acknowledged } = load.check()
    expect([published, acknowledged]).toEqual([amount(1000, 20_000), amount(1000, 20_000)])
    expect(appended()).toBeGreaterThanOrEqual(published)
    await load.end()
  },
)

test('S5: a publisher that ignores its window while the journal is stuck is cut off before it fills the memory', async () => {
  const { port } = await brokerOnStuckJournal()
  const keeper = await MqttPeer.connect({ port }, 'keeper', { cleanStart: false, properties: { sessionExpiryInterval: 600 } })
  await keeper.peer.subscribe('load', 1)
  const { peer } = await MqttPeer.connect({ port }, 'greedy')
  const payload = Buffer.alloc(100)
  for (let i = 1; i <= 5000 && !peer.isClosed; i++) {
    peer.send(publishPacket('load', payload, 1, i))
    await peer.flushed()
  }
  await peer.closed
  expect(peer.reasonCode).toBe(0x93)
  await keeper.peer.ping()
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

test.each([1, 2] as const)('S6: a publisher with more QoS %i messages on their way than any window is disconnected with 0x93 [MQTT-3.3.4-7]', async (qos) => {
  const { port } = qos === 1 ? await brokerOnStuckJournal() : await MeasuredBroker.start()
  const keeper = await MqttPeer.connect({ port }, 'keeper', { cleanStart: false, properties: { sessionExpiryInterval: 600 } })
  await keeper.peer.subscribe('#', 2)
  const { peer, connack } = await MqttPeer.connect({ port }, 'greedy')
  expect(connack.properties.receiveMaximum).toBe(20)
  for (let i = 1; i <= 1100; i++) peer.send(publishPacket('a', Buffer.alloc(1), qos, i))
  await peer.closed
  expect(peer.reasonCode).toBe(0x93)
})
