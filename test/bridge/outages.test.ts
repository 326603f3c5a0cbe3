// Two brokers and a bridge whose connection breaks at any moment: QoS 2 arrives once, QoS 1 at least once, both in order and in both directions.
// Every run is a script of publishes, breaks and pauses; bytes on their way when the connection breaks are lost.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Packet, ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'
import { BridgeBench, settle, topics } from './bridge-bench.ts'

type Side = 'near' | 'far'
type Step = { readonly do: 'publish'; readonly from: Side; readonly qos: 0 | 1 | 2 } | { readonly do: 'cut' } | { readonly do: 'ticks'; readonly count: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      from: fc.constantFrom<Side>('near', 'far'),
      qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ticks' as const), count: fc.integer({ min: 1, max: 12 }) }) },
)

/** A client that publishes, and one that takes everything. */
class Ends {
  readonly publisher: TestClient
  readonly reader: TestClient
  readonly arrived: string[] = []
  #packetId = 0

  constructor(broker: TestBroker) {
    this.publisher = broker.client('publisher')
    this.reader = broker.client('reader')
    this.reader.subscribe('#', 2)
    this.reader.received()
  }

  publish(qos: 0 | 1 | 2, payload: string): void {
    const packetId = ++this.#packetId
    this.publisher.publish('t', payload, { qos, packetId: qos === 0 ? 0 : packetId })
    if (qos === 2) this.publisher.acknowledge(6, packetId)
    this.publisher.received()
  }

  /** Reads and acknowledges. */
  read(): void {
    for (let packets: Packet[] = this.reader.received(); packets.length > 0; packets = this.reader.received())
      for (const packet of packets) {
        if (packet.type === PacketType.Publish) {
          this.arrived.push(new TextDecoder().decode(packet.payload))
          if (packet.qos > 0) this.reader.acknowledge(packet.qos === 1 ? 4 : 5, packet.packetId)
        } else if (packet.type === PacketType.Pubrel) this.reader.acknowledge(7, packet.packetId)
      }
  }
}

async function run(protocolVersion: ProtocolVersion, steps: readonly Step[]): Promise<void> {
  const far = new TestBroker()
  const bench = new BridgeBench(
    { protocolVersion, topics: topics('# both 2'), notifications: true, restartTimeout: { base: 1, cap: null, stable: 0 } },
    { far },
  )
  const ends = { near: new Ends(bench.near), far: new Ends(far) }
  const published: Record<Side, { readonly payload: string; readonly qos: number }[]> = { near: [], far: [] }
  await settle()
  let number = 0
  for (const next of steps) {
    if (next.do === 'publish') {
      const payload = `${next.from} q${next.qos} ${++number}`
      published[next.from].push({ payload, qos: next.qos })
      ends[next.from].publish(next.qos, payload)
    } else if (next.do === 'cut') {
      bench.wire.cut()
      for (let i = 0; i < 3; i++) await Promise.resolve()
      bench.timers.pass(1000)
    } else for (let i = 0; i < next.count; i++) await Promise.resolve()
    for (const end of Object.values(ends)) end.read()
  }
  for (let round = 0; round < 5; round++) {
    await bench.pass(1000)
    for (const end of Object.values(ends)) end.read()
  }
  for (const [from, to] of [
    ['near', 'far'],
    ['far', 'near'],
  ] as const) {
    const arrived = ends[to].arrived.filter((payload) => payload.startsWith(from))
    const of = (qos: number): string[] => arrived.filter((payload) => payload.includes(` q${qos} `))
    const sent = (qos: number): string[] => published[from].filter((message) => message.qos === qos).map(({ payload }) => payload)
    expect(of(2)).toEqual(sent(2))
    expect([...new Set(of(1))]).toEqual(sent(1))
    expect(new Set(of(0)).size).toBe(of(0).length)
    // nobody gets back what went over the bridge
    const own = ends[from].arrived.filter((payload) => payload.startsWith(from))
    expect(new Set(own).size).toBe(own.length)
  }
}

test.each([3, 4, 5] as const)('version %d: nothing is lost or doubled, whenever the connection breaks', async (version) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => run(version, steps)),
    { numRuns: 60 },
  )
})

test('what waited during a long outage arrives in its order', async () => {
  const steps: Step[] = [{ do: 'publish', from: 'near', qos: 2 }, { do: 'cut' }]
  for (let i = 0; i < 100; i++) steps.push({ do: 'publish', from: i % 3 === 0 ? 'far' : 'near', qos: i % 2 === 0 ? 1 : 2 })
  await run(4, steps)
  await run(5, steps)
})
