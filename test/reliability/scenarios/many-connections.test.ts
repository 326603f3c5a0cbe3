// Scenarios C1 to C4: many idle clients, a storm of connects, a mass end with wills, two clients that fight for one Client Identifier.
// Everybody is served in time, nothing stays behind. Each client has a source port of its own address.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { PacketType } from '../../../src/wire/mqtt/packet.ts'
import { BrokerUnderTest, MeasuredBroker } from '../broker-under-test.ts'
import { Load } from '../load.ts'
import { type ConnectFields, connectPacket, MqttPeer } from '../mqtt-peer.ts'
import { amount, mib, percentile, SEED, tell } from '../run-size.ts'

/** Clients of the mass; their two ends are two thousand files here, too. */
const MANY = amount(2000, 15_000)
/** Connects in progress at a time. */
const AT_ONCE = 400

/** Connects this many clients, and tells how long each waited for CONNACK. */
async function crowd(
  port: number,
  count: number,
  fields: (i: number) => ConnectFields,
  after: (peer: MqttPeer, i: number) => Promise<void> = async () => {},
): Promise<{ peers: MqttPeer[]; waits: number[] }> {
  const peers: MqttPeer[] = []
  const waits: number[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, count) }, async () => {
      while (next < count) {
        const i = next++
        const since = performance.now()
        const { peer } = await MqttPeer.connect({ port, localAddress: `127.0.1.${1 + (i % 200)}` }, `crowd-${i}`, fields(i))
        peer.forgetPackets()
        waits.push(performance.now() - since)
        await after(peer, i)
        peers.push(peer)
      }
    }),
  )
  return { peers, waits }
}

test('C1: many idle clients cost little memory and hardly any CPU', { timeout: amount(60, 300) * 1000 }, async () => {
  const broker = await BrokerUnderTest.start({ lines: ['sys_interval 0', 'connection_messages false'] })
  await crowd(broker.port, 100, () => ({})) // what is made once
  const before = broker.rss()
  const { peers } = await crowd(broker.port, MANY, (i) => ({ clientId: `idle-${i}`, version: i % 2 === 0 ? 4 : 5 }))
  const each = (broker.rss() - before) / MANY
  const seconds = amount(3, 60)
  const cpu = broker.cpuMs()
  await sleep(seconds * 1000)
  const load = (broker.cpuMs() - cpu) / (seconds * 10)
  tell(`C1: ${MANY} idle clients: ${(each / 1024).toFixed(1)} KiB resident each, ${load.toFixed(1)} % CPU`)
  expect(each).toBeLessThan(32 << 10)
  expect(load).toBeLessThan(5)
  for (const peer of peers) peer.socket.destroy()
  await expect.poll(() => broker.openFiles(), { timeout: 20_000 }).toBeLessThan(150)
})

test('C2: a storm of connects with ten subscriptions each: nobody waits long, live traffic goes on', { timeout: amount(60, 300) * 1000 }, async () => {
  const broker = await MeasuredBroker.start()
  const load = new Load({ port: broker.port }, SEED)
  const live = await load.subscriber('live', ['load/#'], { qos: 1 })
  await load.publisher('p', { topics: ['load/a', 'load/b'], qos: [0, 1], rate: 200 }).start()
  await broker.report()
  const begin = performance.now()
  const { peers, waits } = await crowd(
    broker.port,
    MANY,
    () => ({ cleanStart: false, properties: { sessionExpiryInterval: 600 } }),
    async (peer, i) => {
      const options = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
      const subscriptions = Array.from({ length: 10 }, (_, k) => ({ topicFilter: k === 0 ? `device/${i}/+` : `group/${(i + k) % 500}/${k}`, ...options }))
      peer.send({ type: PacketType.Subscribe, packetId: 1, subscriptions, properties: {} })
      await peer.next('SUBACK', ({ type }) => type === PacketType.Suback)
    },
  )
  const seconds = (performance.now() - begin) / 1000
  const report = await broker.report()
  await load.quiet()
  load.check()
  const p99 = percentile(live.latencies, 0.99)
  const longest = Math.max(...waits)
  tell(
    `C2: ${MANY} clients with 10 subscriptions in ${seconds.toFixed(1)} s: longest wait ${longest.toFixed(0)} ms, live p99 ${p99.toFixed(0)} ms, longest pause ${report.longestPauseMs.toFixed(0)} ms`,
  )
  expect(longest).toBeLessThan(5000)
  expect(p99).toBeLessThan(amount(3000, 500)) // the clients' side of the storm shares this machine
  expect(report.sessions).toBe(MANY + 2)
  for (const peer of peers) peer.socket.destroy()
  await load.end()
})

test('C3: a mass end with wills: each will comes once, nothing stays behind', { timeout: amount(60, 300) * 1000 }, async () => {
  const broker = await MeasuredBroker.start({ limits: { maximumQueuedMessages: 0 } })
  const watcher = (await MqttPeer.connect({ port: broker.port }, 'watcher', { properties: { receiveMaximum: 1000 } })).peer
  await watcher.subscribe('will/#', 1)
  const heard = new Map<string, number>()
  watcher.forgetPackets()
  watcher.onPacket = (packet) => {
    if (packet.type !== PacketType.Publish) return
    heard.set(packet.topicName, (heard.get(packet.topicName) ?? 0) + 1)
    watcher.acknowledge(PacketType.Puback, packet.packetId)
  }
  const warm = await crowd(broker.port, 200, () => ({}))
  for (const peer of warm.peers) peer.socket.destroy()
  await expect.poll(async () => (await broker.report()).connections, { timeout: 10_000 }).toBe(1)
  const before = await broker.report()
  const { peers } = await crowd(broker.port, MANY, (i) => ({
    will: { topicName: `will/${i}`, payload: Buffer.from(`${i}`), qos: 1, retain: false, properties: {} },
  }))
  await broker.report()
  for (const [i, { socket }] of peers.entries()) {
    if (i % 2 === 0) socket.destroy()
    else socket.resetAndDestroy()
  }
  await expect.poll(() => heard.size, { timeout: 30_000 }).toBe(MANY)
  await expect.poll(async () => (await broker.report()).connections, { timeout: 10_000 }).toBe(1)
  await watcher.ping()
  const after = await broker.report()
  expect([...heard.values()].every((times) => times === 1)).toBe(true)
  expect(after.sessions).toBe(1)
  tell(`C3: ${MANY} wills at once; held ${mib(before.held)} → ${mib(after.held)}, longest pause ${after.longestPauseMs.toFixed(0)} ms`)
  expect(after.held - before.held).toBeLessThan(8 << 20)
})

test('C4: two clients with one Client Identifier: each take-over is told, they wait for each other, one stays, nothing leaks', {
  timeout: amount(60, 300) * 1000,
}, async () => {
  const broker = await MeasuredBroker.start()
  const watcher = (await MqttPeer.connect({ port: broker.port }, 'watcher')).peer
  await watcher.subscribe('will', 1)
  let wills = 0
  watcher.onPacket = ({ type }) => void (wills += type === PacketType.Publish ? 1 : 0)
  let connects = 0
  let told = 0
  let isOver = false
  const fighter = async (): Promise<void> => {
    while (!isOver) {
      const peer = await MqttPeer.open({ port: broker.port })
      peer.forgetPackets()
      const will = { topicName: 'will', payload: new Uint8Array(0), qos: 0, retain: false, properties: { willDelayInterval: 30 } } as const
      peer.send(connectPacket('the one', { cleanStart: false, will, properties: { sessionExpiryInterval: 600 } }))
      await peer.next('CONNACK', ({ type }) => type === PacketType.Connack)
      connects++
      const taken = peer.closed.then(() => void (told += peer.reasonCode === 0x8e ? 1 : 0))
      await sleep(10)
      if (isOver) break
      await Promise.race([taken, sleep(20)])
    }
  }
  const before = await broker.report()
  const fighters = [fighter(), fighter()]
  const begun = performance.now()
  await sleep(amount(4, 60) * 1000)
  isOver = true
  await Promise.all(fighters)
  const seconds = (performance.now() - begun) / 1000
  const after = await broker.report()
  tell(`C4: ${connects} take-overs in ${Math.round(seconds)} s; held ${mib(before.held)} → ${mib(after.held)}`)
  // four at once, then longer and longer: about one a second
  expect(connects).toBeGreaterThan(5)
  expect(connects).toBeLessThan(12 + 2 * seconds)
  expect([after.connections, after.sessions]).toEqual([2, 2])
  await expect.poll(() => told).toBe(connects - 1)
  expect(wills).toBe(0) // the session went on each time [MQTT-3.1.3-9]
  expect(after.held - before.held).toBeLessThan(4 << 20)
})
