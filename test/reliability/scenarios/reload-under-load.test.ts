// Scenario U1: SIGHUP under load. Nobody who may stay is disconnected, nothing is lost, and new rights hold from the next message on:
// for what is queued, what is retained and for wills, too.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { PacketType } from '../../../src/wire/mqtt/packet.ts'
import { BrokerUnderTest } from '../broker-under-test.ts'
import { Load } from '../load.ts'
import { MqttPeer, publishPacket } from '../mqtt-peer.ts'
import { amount, SEED } from '../run-size.ts'

const LINES = ['acl_file FOLDER/acl', 'max_queued_messages 0', 'sys_interval 0']
const OPEN = 'topic readwrite load/#\ntopic readwrite secret/#\n'
const CLOSED = 'topic readwrite load/#\ntopic write secret/#\n'

async function start(through: readonly string[] = []): Promise<BrokerUnderTest> {
  // the first start needs the file: an ACL that allows everything comes with the second
  const broker = await BrokerUnderTest.start({ lines: ['sys_interval 0'], through })
  writeFileSync(join(broker.folder, 'acl'), OPEN)
  broker.configure(LINES)
  await broker.restart()
  return broker
}

/** Sends SIGHUP and waits until the broker says that it reads its files again: nothing else happens in it before it has. Returns what it says. */
async function reload(broker: BrokerUnderTest): Promise<string> {
  const from = broker.log.length
  broker.signal('SIGHUP')
  await expect.poll(() => broker.log.slice(from), { timeout: 5000 }).toContain('Reloading config.')
  return broker.log.slice(from)
}

test('U1: twenty reloads under load: no connection ends, no message is lost', { timeout: amount(60, 600) * 1000 }, async () => {
  const broker = await start()
  const load = new Load({ port: broker.port }, SEED)
  for (const version of [4, 5] as const) await load.subscriber(`s${version}`, ['load/#'], { version })
  for (const version of [4, 5] as const) await load.publisher(`p${version}`, { version, topics: ['load/a', 'load/b'], qos: [0, 1, 2], rate: 300 }).start()
  for (let i = 0; i < amount(20, 200); i++) {
    await sleep(50 + load.random(100))
    await reload(broker)
  }
  await load.quiet()
  load.check()
  expect([...load.publishers, ...load.subscribers].map(({ failures }) => failures)).toEqual([0, 0, 0, 0])
  await load.end()
  expect(await broker.stop()).toBe(0)
})

test('U1: a right that is taken away holds for the next message, the queued ones, the retained one and the will', async () => {
  const broker = await start()
  const { port } = broker
  const lasting = { cleanStart: false, properties: { sessionExpiryInterval: 600 } } as const
  const heard: string[] = []
  const listen = (peer: MqttPeer): void => {
    peer.onPacket = (packet) => {
      if (packet.type !== PacketType.Publish) return
      heard.push(`${packet.topicName} ${Buffer.from(packet.payload)}`)
      if (packet.qos === 1) peer.acknowledge(PacketType.Puback, packet.packetId)
    }
  }
  const { peer: online } = await MqttPeer.connect({ port }, 'online', lasting, listen)
  const { peer: away } = await MqttPeer.connect({ port }, 'away', lasting)
  for (const peer of [online, away]) for (const filter of ['load/#', 'secret/#']) await peer.subscribe(filter, 1)
  await away.disconnect()
  const { peer: publisher } = await MqttPeer.connect({ port }, 'publisher')
  const will = { topicName: 'secret/will', payload: Buffer.from('will'), qos: 1, retain: false, properties: {} } as const
  const { peer: mortal } = await MqttPeer.connect({ port }, 'mortal', { will })
  const say = async (topic: string, text: string, retain = false): Promise<void> => {
    const packetId = publisher.nextId()
    publisher.send(publishPacket(topic, Buffer.from(text), 1, packetId, { retain }))
    await publisher.acknowledgement(PacketType.Puback, packetId)
  }
  await say('secret/a', 'before')
  await say('secret/kept', 'retained', true)
  await say('load/a', 'before')
  await online.ping()
  expect(heard.splice(0)).toEqual(['secret/a before', 'secret/kept retained', 'load/a before'])
  writeFileSync(join(broker.folder, 'acl'), CLOSED)
  await reload(broker)
  await say('secret/a', 'after')
  await say('load/a', 'after')
  await mortal.vanish()
  await say('load/a', 'last')
  await online.ping()
  expect(heard.splice(0)).toEqual(['load/a after', 'load/a last'])
  const { peer: back, connack } = await MqttPeer.connect({ port }, 'away', lasting, listen)
  expect(connack.sessionPresent).toBe(true)
  await back.ping()
  await expect.poll(() => heard.length).toBe(3)
  expect(heard.splice(0)).toEqual(['load/a before', 'load/a after', 'load/a last'])
  const { peer: late } = await MqttPeer.connect({ port }, 'late', {}, listen)
  await late.subscribe('#', 1)
  await late.ping()
  expect(heard).toEqual([])
  expect(await broker.stop()).toBe(0)
})

test('U1 and F1: with its files used up the broker still reads them at SIGHUP, or keeps the rights that it has', { timeout: 60_000 }, async () => {
  const broker = await start(['sh', '-c', 'ulimit -n 256 && exec "$0" "$@"'])
  const crowd = await Promise.all(
    Array.from(
      { length: 300 },
      async (_, i) =>
        await MqttPeer.connect({ port: broker.port }, `crowd ${i}`)
          .then(({ peer }) => peer)
          .catch(() => null),
    ),
  )
  const [first] = crowd.filter((peer) => peer !== null && !peer.isClosed)
  expect(await first!.subscribe('secret/#', 1)).toBe(1)
  writeFileSync(join(broker.folder, 'acl'), CLOSED)
  await reload(broker)
  let isHeard = false
  first!.onPacket = ({ type }) => void (isHeard ||= type === PacketType.Publish)
  first!.send(publishPacket('secret/a', Buffer.from('x'), 1, 1))
  await first!.acknowledgement(PacketType.Puback, 1)
  await first!.ping()
  expect(isHeard).toBe(false)
  expect(await broker.stop()).toBe(0)
})
