// Scenario N1: a network that delays, stalls, tears, cuts and forgets connections, under a mixed load; then it heals and the checker judges.
// And single faults of a connection: half-open, FIN in mid packet, byte by byte, lumps.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { PacketType } from '../../../src/wire/mqtt/packet.ts'
import { ChaosProxy, type Cut, type Weather } from '../../support/chaos-proxy.ts'
import { MeasuredBroker } from '../broker-under-test.ts'
import { Load } from '../load.ts'
import { connectPacket, MqttPeer, publishPacket } from '../mqtt-peer.ts'
import { describeVerdict } from '../qos-checker.ts'
import { amount, SEED, tell } from '../run-size.ts'

async function throughProxy(seed: number, limits: object = {}): Promise<{ broker: MeasuredBroker; proxy: ChaosProxy }> {
  const broker = await MeasuredBroker.start({ limits })
  const proxy = await ChaosProxy.start(broker.port, seed)
  onTestFinished(() => proxy.close())
  return { broker, proxy }
}

const WEATHERS: readonly Weather[] = [
  {},
  { delayMs: [0, 20] },
  { isStalled: true },
  { bytesPerSecond: 20_000 },
  { largestPiece: 1 },
  { largestPiece: 7, delayMs: [0, 1] },
  { lump: 65_536 },
]
const CUTS: readonly Cut[] = ['reset', 'close', 'half-close']

test('N1: changing weather and cut connections under load: the nine rules hold', { timeout: amount(60, 180) * 1000 }, async () => {
  const { proxy } = await throughProxy(SEED, { maximumQueuedMessages: 0 })
  const load = new Load({ port: proxy.port }, SEED)
  const { random } = load
  for (const version of [3, 4, 5] as const) await load.subscriber(`all ${version}`, ['load/#'], { version, receiveMaximum: 10 })
  await load.subscriber('most once', ['load/1'], { qos: 1 })
  for (const member of [1, 2, 3]) await load.subscriber(`member ${member}`, ['$share/g/work/#'], { qos: 2 })
  await load.subscriber('watcher', ['will/#'], { qos: 2 })
  const mortals = await Promise.all(
    [0, 0, 1000].map((delayMs, i) => load.subscriber(`mortal ${i}`, [`nothing/${i}`], { will: { topic: `will/${i}`, qos: 1, delayMs } })),
  )
  for (let i = 0; i < 6; i++) {
    const version = ([3, 4, 5] as const)[i % 3]!
    const topics = i < 4 ? ['load/1', 'load/2', `load/${i}/own`] : i === 4 ? ['work/a', 'work/b'] : ['kept/1', 'kept/2', 'kept/3']
    const qos = i === 5 ? ([1] as const) : i === 4 ? ([1, 2] as const) : ([0, 1, 2] as const)
    await load.publisher(`p${i}`, { version, topics, qos, rate: 100, retain: i === 5, sizeBytes: 60 + random(400) }).start()
  }
  const end = load.now() + amount(8, 60) * 1000
  let cuts = 0
  while (load.now() < end) {
    proxy.setWeather(WEATHERS[random(WEATHERS.length)]!, WEATHERS[random(WEATHERS.length)]!)
    await sleep(50 + random(300))
    const connections = [...proxy.connections]
    for (let i = random(4); i > 0 && connections.length > 0; i--, cuts++) {
      connections[random(connections.length)]!.cut(CUTS[random(CUTS.length)]!, random(2) === 0 ? 'up' : 'down')
    }
    const mortal = mortals[random(mortals.length)]!
    if (random(4) === 0 && mortal.isConnected) {
      await mortal.leave((['close', 'reset'] as const)[random(2)]!)
      mortal.comeBack().catch(() => {})
    }
  }
  proxy.setWeather({})
  await load.quiet(2000)
  await load.readRetained('kept/#')
  const verdict = load.check({ isLossyWay: true, slackMs: 1500 })
  tell(`N1: ${describeVerdict(verdict)}; ${cuts} cuts, ${proxy.count} connections`)
  expect(verdict.acknowledged).toBeGreaterThan(500)
  expect(cuts).toBeGreaterThan(10)
  await load.end()
})

test('N1: a half-open connection is closed at 1.5 times its Keep Alive, and its will is published [MQTT-3.1.2-22]', { timeout: 20_000 }, async () => {
  const { broker, proxy } = await throughProxy(SEED)
  const watcher = (await MqttPeer.connect({ port: broker.port }, 'watcher')).peer
  await watcher.subscribe('will', 1)
  const will = { topicName: 'will', payload: Uint8Array.of(33), qos: 1, retain: false, properties: {} } as const
  const { peer } = await MqttPeer.connect({ port: proxy.port }, 'forgotten', { keepAlive: 2, will })
  await peer.ping()
  const since = performance.now()
  proxy.setWeather({ isSwallowed: true })
  const heard = await watcher.publishArrived()
  const after = performance.now() - since
  expect([heard.topicName, [...heard.payload]]).toEqual(['will', [33]])
  expect(after).toBeGreaterThan(2900)
  expect(after).toBeLessThan(4500)
  await expect.poll(async () => (await broker.report()).connections, { timeout: 5000 }).toBe(1)
  await peer.vanish('reset')
})

test.each<Cut>(['close', 'reset', 'half-close'])('N1: %s in mid packet: nothing of it is taken, the will is published, others go on', async (cut) => {
  const { broker, proxy } = await throughProxy(SEED)
  const watcher = (await MqttPeer.connect({ port: broker.port }, 'watcher')).peer
  await watcher.subscribe('#', 1)
  const will = { topicName: 'will', payload: new Uint8Array(0), qos: 1, retain: false, properties: {} } as const
  const hello = connectPacket('torn', { will, keepAlive: 5 })
  const peer = await MqttPeer.open({ port: proxy.port })
  peer.send(hello)
  await peer.next('CONNACK', ({ type }) => type === PacketType.Connack)
  const [connection] = [...proxy.connections]
  peer.send(publishPacket('whole', new Uint8Array(100), 1, 1))
  expect((await watcher.publishArrived()).topicName).toBe('whole')
  await peer.acknowledgement(PacketType.Puback, 1)
  proxy.setWeather({ isStalled: true }, {})
  peer.send(publishPacket('torn', new Uint8Array(50_000), 1, 2))
  proxy.setWeather({ largestPiece: 1000, delayMs: [5, 5] }, {})
  const before = connection!.passed.up
  await expect.poll(() => connection!.passed.up - before, { interval: 5 }).toBeGreaterThan(2000)
  connection!.cut(cut, 'up')
  expect((await watcher.publishArrived()).topicName).toBe('will')
  await watcher.ping()
  await peer.vanish()
})

test.each<[string, Weather]>([
  ['byte by byte', { largestPiece: 1 }],
  ['in pieces of 13 bytes', { largestPiece: 13 }],
  ['in lumps of 64 KiB', { lump: 65_536 }],
])('N1: bytes %s both ways: every message once and in order', async (_name, weather) => {
  const { proxy } = await throughProxy(SEED)
  proxy.setWeather(weather)
  const load = new Load({ port: proxy.port }, SEED)
  for (const version of [4, 5] as const) await load.subscriber(`s${version}`, ['load/#'], { version })
  for (const version of [4, 5] as const) await load.publisher(`p${version}`, { version, topics: ['load/a', 'load/b'], qos: [0, 1, 2], most: 100 }).start()
  await load.quiet()
  const verdict = load.check()
  expect([verdict.published, verdict.received]).toEqual([200, 400])
  await load.end()
})
