// A bridge of a broker with a store: the other broker is told nothing before it is safe here, and a restart of ours loses and doubles nothing.
// The first tests say themselves when something is stored; the last ones kill a broker on a real store.

import { expect, test } from 'vitest'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Packet, PacketType } from '../../src/wire/mqtt/packet.ts'
import { publishOf } from '../client/scripted-server.ts'
import { RecordingPersistence } from '../support/recording-persistence.ts'
import { RestartingBroker } from '../support/restarting-broker.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { arrivals, BridgeBench, settle, topics } from './bridge-bench.ts'

const decoder = new TextDecoder()

async function stored(): Promise<{ bench: BridgeBench; store: RecordingPersistence; commit(): Promise<void> }> {
  const store = new RecordingPersistence()
  const bench = new BridgeBench({}, { persistence: store })
  await bench.welcome()
  const commit = async (): Promise<void> => {
    store.commit(bench.near)
    await settle()
  }
  return { bench, store, commit }
}

test('a bridge connects and subscribes while its own session is not stored yet', async () => {
  const { bench } = await stored()
  expect(bench.bridge.isConnected).toBe(true)
  bench.near.client('c').publish('a', 'x')
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 a x'])
  expect(bench.log.filter((line) => line.startsWith('error'))).toEqual([])
})

test('PUBACK, PUBREC and PUBCOMP wait until what they acknowledge is stored, in their order', async () => {
  const { bench, commit } = await stored()
  await commit()
  const client = bench.near.client('c')
  client.subscribe('#', 2)
  await commit()
  client.received()
  bench.near.dial('other', { cleanStart: false }).subscribe('#', 2) // who wants it stored
  await commit()
  await bench.publish('a', '1', { qos: 1, packetId: 1 })
  await bench.publish('a', '2', { qos: 2, packetId: 2 })
  expect(await bench.sent()).toEqual([])
  await commit()
  expect(await bench.sent()).toEqual(['PUBACK 1', 'PUBREC 2'])
  await bench.acknowledge('pubrel', 2)
  expect(await bench.sent()).toEqual([])
  await commit()
  expect(await bench.sent()).toEqual(['PUBCOMP 2'])
  expect(arrivals(client)).toEqual(['a 1 q1 r0', 'a 2 q2 r0'])
})

test('messages go out while an acknowledgement waits for the store, and behind it, none lost', async () => {
  const { bench, commit } = await stored()
  await commit()
  const client = bench.near.client('c')
  bench.near.dial('other', { cleanStart: false }).subscribe('in', 1)
  await commit()
  client.publish('out', 'first')
  await bench.publish('in', 'x', { qos: 1, packetId: 1 })
  expect(await bench.sent()).toEqual(['PUBLISH q0 r0 m0 out first'])
  for (let i = 0; i < 3000; i++) client.publish('out', `${i}`)
  await settle()
  await commit()
  const sent = await bench.sent()
  expect(sent[0]).toBe('PUBACK 1')
  expect(sent.slice(1).map((packet) => packet.split(' ').at(-1))).toEqual(Array.from({ length: 3000 }, (_, i) => `${i}`))
})

test('when many acknowledgements wait for the store, the other broker is not read, until they have gone', async () => {
  const { bench, commit } = await stored()
  await commit()
  bench.near.dial('other', { cleanStart: false }).subscribe('kept', 1)
  await commit()
  await bench.publish('kept', 'x', { qos: 1, packetId: 1 })
  const count = 17_000
  for (let packetId = 2; packetId <= count; packetId++) {
    expect(bench.link.paused).toBe(false)
    bench.link.give(encodePacket(publishOf('a', 'x', { qos: 1, packetId }), 4))
    if (bench.link.paused) break
  }
  expect(bench.link.paused).toBe(true)
  expect(await bench.sent()).toEqual([])
  await commit()
  expect(bench.link.paused).toBe(false)
  expect((await bench.sent()).length).toBeGreaterThan(16_000)
})

test('a PUBREC of the other broker is stored before PUBREL goes out', async () => {
  const { bench, commit } = await stored()
  await commit()
  const client = bench.near.client('c')
  client.publish('a', 'x', { qos: 2, packetId: 1 })
  client.acknowledge(6, 1)
  await commit()
  expect(await bench.sent()).toEqual(['PUBLISH q2 r0 m1 a x'])
  await bench.acknowledge('pubrec', 1)
  expect(await bench.sent()).toEqual([])
  await commit()
  expect(await bench.sent()).toEqual(['PUBREL 1'])
})

test('when the store has no space, a far end of 3.x keeps the message and sends it again', async () => {
  const { bench, store, commit } = await stored()
  await commit()
  store.isFull = true
  await bench.publish('a', 'x', { qos: 1, packetId: 1 })
  await commit()
  expect(bench.link.ended).not.toBe(null)
  expect(await bench.sent()).toEqual([])
})

/** A client here that stays over restarts of the broker: QoS 2 counts at its PUBLISH, once for each Packet Identifier in use. */
class StayingReader {
  readonly arrived: string[] = []
  readonly #unreleased = new Set<number>()
  #client!: TestClient

  connect(broker: TestBroker): void {
    this.#client = broker.dial('reader', { cleanStart: false })
  }

  subscribe(): void {
    this.#client.subscribe('in', 2)
  }

  read(): void {
    for (let packets: Packet[] = this.#client.received(); packets.length > 0; packets = this.#client.received())
      for (const packet of packets) this.#take(packet)
  }

  #take(packet: Packet): void {
    if (packet.type === PacketType.Publish) {
      const isRepeated = packet.qos === 2 && this.#unreleased.has(packet.packetId)
      if (!isRepeated) this.arrived.push(decoder.decode(packet.payload))
      if (packet.qos === 2) this.#unreleased.add(packet.packetId)
      if (packet.qos > 0) this.#client.acknowledge(packet.qos === 1 ? 4 : 5, packet.packetId)
    } else if (packet.type === PacketType.Pubrel) {
      this.#unreleased.delete(packet.packetId)
      this.#client.acknowledge(7, packet.packetId)
    }
  }
}

test.each([4, 5] as const)('our broker is killed at any moment and comes back: QoS 2 arrives once, both ways, version %d', async (protocolVersion) => {
  await using near = await RestartingBroker.start()
  const far = new TestBroker()
  const settings = { protocolVersion, topics: topics('out out 2', 'in in 2') }
  const reader = new StayingReader()
  reader.connect(near.b)
  reader.subscribe()
  await near.settle()
  const there = far.client('reader')
  there.subscribe('out', 2)
  there.received()
  const arrived: string[] = []
  const read = (): void => {
    reader.read()
    for (let packets: Packet[] = there.received(); packets.length > 0; packets = there.received())
      for (const packet of packets) {
        if (packet.type === PacketType.Publish) {
          arrived.push(decoder.decode(packet.payload))
          there.acknowledge(5, packet.packetId)
        } else if (packet.type === PacketType.Pubrel) there.acknowledge(7, packet.packetId)
      }
  }
  let bench = new BridgeBench(settings, { near: near.b, far })
  await settle()
  const wanted: string[] = []
  for (let life = 0; life < 14; life++) {
    const [here, other] = [near.b.client('writer'), far.client('writer')]
    for (let i = 1; i <= 4; i++) {
      wanted.push(`${life}.${i}`)
      here.publish('out', `${life}.${i}`, { qos: 2, packetId: i })
      here.acknowledge(6, i)
      other.publish('in', `${life}.${i}`, { qos: 2, packetId: i })
      other.acknowledge(6, i)
    }
    const isStored = near.settle() // what the clients were told
    for (let i = 0; i < life * 3; i++) {
      await Promise.resolve()
      read()
    }
    if (life % 2 === 1) await isStored
    bench.wire.cut()
    await near.crash()
    reader.connect(near.b)
    read()
    bench = new BridgeBench(settings, { near: near.b, far })
    await settle()
  }
  for (let round = 0; round < 12; round++) {
    await near.settle()
    await settle()
    read()
  }
  expect(arrived).toEqual(wanted)
  expect(reader.arrived).toEqual(wanted)
})

test('a restart of ours and a far end that has forgotten its session: an identifier it uses anew is a new message', async () => {
  await using near = await RestartingBroker.start()
  let bench = new BridgeBench({}, { near: near.b })
  await bench.welcome()
  near.b.dial('early', { cleanStart: false }).subscribe('#', 2)
  await near.settle()
  await bench.publish('a', 'old', { qos: 2, packetId: 9 })
  await near.settle()
  await settle()
  expect(await bench.sent()).toEqual(['PUBREC 9'])
  bench.link.cut()
  await near.crash()
  const late = near.b.client('late')
  late.subscribe('#', 2)
  await near.settle()
  late.received()
  bench = new BridgeBench({}, { near: near.b })
  await bench.welcome({ sessionPresent: false })
  await near.settle()
  await settle()
  expect(arrivals(late)).toEqual(['a old q2 r0'])
  await bench.publish('a', 'new', { qos: 2, packetId: 9 })
  await near.settle()
  await settle()
  await bench.acknowledge('pubrel', 9)
  await near.settle()
  await settle()
  expect(await bench.sent()).toEqual(['PUBREC 9', 'PUBCOMP 9'])
  expect(arrivals(late)).toEqual(['a new q2 r0'])
})
