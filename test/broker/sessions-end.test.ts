// What has ended leaves nothing behind: no session, no subscription, no stored bytes, no deadline, no lent block.
// Ends of all kinds: DISCONNECT, broken connections, protocol errors, takeover, expiry, shutdown.

import { expect, test } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import type { Link, Receiver } from '../../src/base/link.ts'
import { BytePool, OutputBuffer } from '../../src/base/output-buffer.ts'
import { Broker } from '../../src/broker/broker.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Packet, PacketType, type ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const PUBACK = 4
const PUBREC = 5
const PUBREL = 6

/** A client with something of everything: subscriptions, in flight, queued, unreleased, a will, aliases. */
function busy(b: TestBroker, version: ProtocolVersion): TestClient {
  const will = { topicName: 'wills', payload: Uint8Array.of(87), qos: 1, retain: false, properties: {} } as const
  const client = b.client('busy', {
    version,
    cleanStart: version !== 5,
    will,
    highWater: 500,
    properties: version === 5 ? { receiveMaximum: 3, topicAliasMaximum: 4 } : {},
  })
  client.subscribe('t/#', 2)
  client.subscribe('$share/g/t/+', 1)
  const p = b.client('p', { version: 5 })
  for (let id = 1; id <= 12; id++) {
    p.publish(`t/${id % 3}`, 'x'.repeat(90), {
      qos: (id % 3) as 0 | 1 | 2,
      packetId: id % 3 === 0 ? 0 : id,
      properties: id % 2 === 0 ? {} : { messageExpiryInterval: 1000 },
    })
  }
  p.acknowledge(PUBREL, ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  for (let i = 0; i < 2; i++) {
    for (const packet of client.received().slice(0, 3)) {
      if (packet.type === PacketType.Publish && packet.qos > 0) client.acknowledge(packet.qos === 1 ? PUBACK : PUBREC, packet.packetId)
    }
  }
  client.block()
  for (let i = 0; i < 10; i++) p.publish('t/0', 'y'.repeat(200))
  for (let id = 1; id <= 4; id++) client.publish('unreleased', `${id}`, { qos: 2, packetId: id })
  p.disconnect()
  p.gone()
  return client
}

function expectNothingLeft(b: TestBroker): void {
  expect(b.broker.sessionCount, 'sessions').toBe(0)
  expect(b.broker.connectedCount, 'connected').toBe(0)
  expect(b.broker.counters.subscriptions, 'subscriptions').toBe(0)
  expect(b.broker.counters.sharedSubscriptions, 'shared subscriptions').toBe(0)
  expect(b.broker.slabs.outstanding, 'references into slabs').toBe(0)
  expect(b.broker.deadlines.count, 'deadlines').toBe(new TestBroker().broker.deadlines.count)
}

const ENDS: readonly (readonly [how: string, end: (b: TestBroker, client: TestClient) => void])[] = [
  ['DISCONNECT', (_b, client) => client.disconnect()],
  ['a broken connection', (_b, client) => client.cut()],
  ['a protocol error', (_b, client) => client.sendBytes([0x36, 5, 0, 1, 97, 0, 1])],
  ['silence', (b) => b.advance(600_000)],
  ['shutdown', (b) => b.broker.shutdown()],
  [
    'takeover with a clean start',
    (b) => {
      const other = b.client('busy')
      other.disconnect()
      other.gone()
    },
  ],
]

test.each(ENDS.flatMap(([how, end]) => ([3, 4, 5] as const).map((version) => [how, version, end] as const)))(
  'after %s of a client of level %i nothing is left',
  (_how, version, end) => {
    const b = new TestBroker({ limits: { maximumInflightMessages: 5 } })
    const client = busy(b, version)
    expect(b.broker.sessionCount).toBe(1)
    expect(b.broker.slabs.outstanding).toBeGreaterThan(0)
    end(b, client)
    expect(client.isClosed).toBe(true)
    client.gone()
    expectNothingLeft(b)
  },
)

test('a session that outlives its connection goes with its Session Expiry Interval, with all it kept [MQTT-3.1.2-23]', () => {
  const b = new TestBroker()
  const s = b.client('s', { version: 5, cleanStart: false, properties: { sessionExpiryInterval: 60 } })
  const p = b.client('p', { version: 5, keepAlive: 0 })
  s.subscribe('t', 2)
  for (let id = 1; id <= 40; id++) p.publish('t', 'x', { qos: 1, packetId: id })
  s.publish('t', 'unreleased', { qos: 2, packetId: 9 })
  s.cut()
  s.gone()
  p.publish('t', 'more', { qos: 1 })
  expect(b.broker.sessionCount).toBe(2)
  expect(b.broker.slabs.outstanding).toBe(42)
  b.advance(59_900)
  expect(b.broker.sessionCount).toBe(2)
  b.advance(200)
  expect(b.broker.sessionCount).toBe(1)
  expect(b.broker.slabs.outstanding).toBe(0)
  p.publish('t', 'nobody', { qos: 1 })
  expect(p.lines().at(-1)).toBe('PUBACK m1 0x10')
  p.disconnect()
  expectNothingLeft(b)
})

test('hundreds of clients that come and go leave nothing', () => {
  const b = new TestBroker()
  for (let i = 0; i < 300; i++) {
    const client = b.client(`c${i}`, { version: i % 2 === 0 ? 4 : 5 })
    client.subscribe(`own/${i}`, 1)
    client.subscribe('all/#', 1)
    client.publish(`own/${i}`, 'x', { qos: 1 })
    client.publish('all/x', 'y', { qos: 1 })
    expect(client.payloads()).toEqual(['x', 'y'])
    if (i % 3 === 0) client.disconnect()
    else client.cut()
    client.gone()
  }
  expectNothingLeft(b)
})

test('connections that never said CONNECT are ended in time and leave nothing', () => {
  const b = new TestBroker()
  const silent = Array.from({ length: 20 }, () => b.link())
  for (const link of silent) link.sendBytes([0x10, 30, 0, 4]) // begins well, goes no further
  b.advance(9_900)
  expect(silent.every((link) => !link.isClosed)).toBe(true)
  b.advance(200)
  expect(silent.every((link) => link.isClosed)).toBe(true)
  for (const link of silent) link.gone()
  expectNothingLeft(b)
})

/** A transport as careful with its blocks as sockets must be: what it takes it gives back, at its end it drops what waits. */
class CarefulClient {
  readonly #receiver: Receiver
  readonly #output: OutputBuffer
  readonly #pool: BytePool

  constructor(broker: Broker, pool: BytePool) {
    this.#pool = pool
    this.#output = new OutputBuffer(pool, { schedule: () => {}, flushNow: () => this.flush() }, 2000)
    const link: Link = {
      peer: {
        transport: 'memory',
        address: '',
        port: 0,
        localPort: 0,
        certificateName: null,
        certificateSubject: null,
        pskIdentity: null,
        tlsVersion: null,
        cipher: null,
      },
      output: this.#output,
      pause: () => {},
      resume: () => {},
      end: () => {},
      destroy: () => {},
    }
    this.#receiver = broker.accept(link)
  }

  send(...packets: readonly Packet[]): void {
    const bytes = Uint8Array.from(packets.flatMap((packet) => [...encodePacket(packet, 4)]))
    this.#receiver.received(bytes, 0, bytes.length)
  }

  flush(): void {
    if (this.#output.length > 0) this.#pool.give(this.#output.take())
  }

  block(): void {
    this.#output.blocked = true
  }

  close(): void {
    this.#output.drop()
    this.#receiver.closed(null)
  }
}

test('nothing is written to a connection that is gone: all its blocks return to the pool', () => {
  const clock = new ManualClock()
  const pool = new BytePool(1 << 20)
  const broker = new Broker({ clock, pool, newId: () => 'ID', version: '0', limits: { sysInterval: 0 } })
  const connect = (clientId: string, cleanStart: boolean): CarefulClient => {
    const client = new CarefulClient(broker, pool)
    client.send({
      type: PacketType.Connect,
      version: 4,
      bridge: false,
      cleanStart,
      keepAlive: 60,
      clientId,
      will: null,
      userName: null,
      password: null,
      properties: {},
    })
    client.send({
      type: PacketType.Subscribe,
      packetId: 1,
      subscriptions: [{ topicFilter: 't', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
      properties: {},
    })
    return client
  }
  const publish = (client: CarefulClient, count: number): void => {
    for (let i = 1; i <= count; i++)
      client.send({ type: PacketType.Publish, topicName: 't', payload: new Uint8Array(300), qos: 1, retain: false, dup: false, packetId: i, properties: {} })
  }
  const p = connect('p', true)
  const clients = Array.from({ length: 20 }, (_, i) => connect(`c${i}`, i % 2 === 0))
  clients.slice(0, 10).forEach((client) => {
    client.block()
  })
  publish(p, 40)
  expect(pool.lentBlocks).toBeGreaterThan(0)
  for (const client of clients) client.close()
  publish(p, 10)
  const back = connect('c1', false)
  back.flush()
  back.close()
  clock.advance(1_000_000)
  broker.run(clock.now())
  p.close()
  broker.shutdown()
  expect(pool.lentBlocks).toBe(0)
})
