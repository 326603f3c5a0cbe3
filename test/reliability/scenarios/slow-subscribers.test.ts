// Scenarios S1 to S4: subscribers that never read, read slowly, never acknowledge, or are away for long, while others publish and listen.
// Memory stays bounded, the others lose nothing, and what is dropped is the newest, and is counted.

import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { encodePacket } from '../../../src/wire/mqtt/encode.ts'
import { PacketType } from '../../../src/wire/mqtt/packet.ts'
import { BrokerUnderTest, MeasuredBroker } from '../broker-under-test.ts'
import { Load } from '../load.ts'
import { connectPacket, MqttPeer, publishPacket } from '../mqtt-peer.ts'
import { amount, mib, percentile, SEED, tell } from '../run-size.ts'

/** max_queued_messages. */
const QUEUED = 1000

/** A subscriber of the load that reads so many bytes a second from its socket; 0 = never. */
async function slowReader(port: number, number: number, bytesPerSecond: number): Promise<void> {
  const options = { port, host: '127.0.0.1', readableHighWaterMark: 1024 } // reads no more than asked for
  const socket = connect(options)
  socket.on('error', () => {})
  await once(socket, 'connect')
  const request = { topicFilter: 'load/#', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  socket.write(encodePacket(connectPacket(`slow ${number}`, { version: 4, keepAlive: 0 }), 4))
  socket.write(encodePacket({ type: PacketType.Subscribe, packetId: 1, subscriptions: [request], properties: {} }, 4))
  await once(socket, 'readable')
  socket.read(9) // CONNACK and SUBACK
  const timer = bytesPerSecond === 0 ? undefined : setInterval(() => socket.read(bytesPerSecond), 1000)
  onTestFinished(() => {
    clearInterval(timer)
    socket.destroy()
  })
}

test.each([
  ['S1: one that never reads', 1, 0, amount(4000, 10_000), amount(4, 600), 1024],
  ['S2: many that read 1 kB a second', amount(50, 1000), 1000, amount(500, 1000), amount(4, 300), amount(5000, 1024)],
])(
  '%s: a healthy pair loses nothing, memory is bounded, drops are counted',
  { timeout: amount(60, 900) * 1000 },
  async (name, readers, pace, rate, seconds, sizeBytes) => {
    const broker = await MeasuredBroker.start({ limits: { sysInterval: 1 } })
    for (let i = 0; i < readers; i++) await slowReader(broker.port, i, pace)
    const load = new Load({ port: broker.port }, SEED)
    const healthy = await load.subscriber('healthy', ['load/#'], { qos: 0, expirySeconds: 0 })
    const before = await broker.report()
    await load.publisher('p', { topics: ['load/a'], qos: [0], rate, sizeBytes, most: rate * seconds, expirySeconds: 0 }).start()
    await load.quiet(1000)
    const after = await broker.report()
    const verdict = load.check()
    expect([healthy.received, verdict.published]).toEqual([rate * seconds, rate * seconds])
    const growth = after.rss - before.rss
    const p99 = percentile(healthy.latencies, 0.99)
    tell(
      `${name}: ${readers} readers, ${rate} messages/s of ${sizeBytes} bytes: resident +${mib(growth)}, longest pause ${after.longestPauseMs.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ${after.dropped - before.dropped} dropped`,
    )
    expect(growth).toBeLessThan(readers * QUEUED * (sizeBytes + 100) + (20 << 20))
    expect(after.longestPauseMs).toBeLessThan(amount(500, 100))
    expect(after.dropped - before.dropped).toBeGreaterThan(0)
    if (readers === 1) {
      const watcher = (await MqttPeer.connect({ port: broker.port }, 'watcher')).peer
      await watcher.subscribe('$SYS/broker/publish/messages/dropped', 0)
      const told = await watcher.publishArrived()
      expect(Number(new TextDecoder().decode(told.payload))).toBeGreaterThan(0)
    }
    await load.end()
  },
)

test.each([
  [4, undefined, 20],
  [5, undefined, 20],
  [5, 5, 5],
] as const)(
  'S3: version %i, Receive Maximum %s, never acknowledges: %i in flight, 1,000 queued, the newest dropped [MQTT-3.3.4-9]',
  async (version, receiveMaximum, window) => {
    const { port } = await MeasuredBroker.start()
    const load = new Load({ port }, SEED)
    const options = { version, ...(receiveMaximum === undefined ? {} : { receiveMaximum }) }
    const mute = await load.subscriber('mute', ['load/#'], options)
    const healthy = await load.subscriber('healthy', ['load/#'], { version })
    mute.isMute = true
    await load.publisher('p', { version, topics: ['load/a'], qos: [1], most: 3000, window: 20 }).start()
    await load.publishers[0]!.finish()
    await expect.poll(() => healthy.received, { timeout: 10_000 }).toBe(3000)
    await mute.peer!.ping()
    expect(mute.received).toBe(window)
    mute.isMute = false
    await mute.leave('reset') // what it has not acknowledged comes again
    await load.quiet()
    load.check({ mayDrop: ({ sequence }, session) => session === 'mute' && sequence >= 1000 + window })
    expect(mute.received).toBe(window + 1000 + window)
    await load.end()
  },
)

test('S4: a session that stays away: its queue has a limit, the newest is dropped, counted, and told once', { timeout: amount(60, 1800) * 1000 }, async () => {
  const messages = amount(30_000, 10_000_000)
  const broker = await BrokerUnderTest.start({ lines: ['sys_interval 1'] })
  const load = new Load({ port: broker.port }, SEED)
  const away = await load.subscriber('away', ['load/#'], { qos: 1 })
  await away.leave('disconnect')
  const { peer } = await MqttPeer.connect({ port: broker.port }, 'fast', { version: 4 })
  peer.forgetPackets()
  let acknowledged = 0
  peer.onPacket = ({ type }) => void (acknowledged += type === PacketType.Puback ? 1 : 0)
  const payload = Buffer.alloc(200, 'x')
  let warm = 0
  for (let i = 0; i < messages; i += 500) {
    peer.send(...Array.from({ length: 500 }, (_, k) => publishPacket(`load/${k % 7}`, payload, 1, 1 + ((i + k) % 60_000))))
    await expect.poll(() => acknowledged, { interval: 1, timeout: 20_000 }).toBe(i + 500)
    if (i === 5000) warm = broker.rss()
  }
  const growth = broker.rss() - warm
  expect(growth).toBeLessThan(amount(48, 64) << 20)
  const watcher = (await MqttPeer.connect({ port: broker.port }, 'watcher')).peer
  await watcher.subscribe('$SYS/broker/publish/messages/dropped', 0)
  await expect.poll(async () => Number(new TextDecoder().decode((await watcher.publishArrived()).payload)), { timeout: 5000 }).toBe(messages - 1000)
  expect(broker.log.match(/Outgoing messages are being dropped for client away\./g)).toHaveLength(1)
  const before = away.received
  await away.comeBack()
  await expect.poll(() => away.received - before, { timeout: 10_000 }).toBe(1000)
  await away.peer!.ping()
  expect(away.received - before).toBe(1000)
  tell(`S4: ${messages} messages for one who is away: resident +${mib(growth)} after the first 5,000`)
})
