// Rules at work on one connection in memory, with a clock moved by hand: which packets are struck, what becomes of them, and of half packets.
// Over real sockets and with whole brokers: test/testing/faults.test.ts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Faults } from '../../src/faults/faults.ts'
import type { PassingPacket, Witness } from '../../src/faults/passing-packet.ts'
import type { BentLink, LinkBend } from '../../src/net/link-faults.ts'
import { PacketLog } from '../../src/testing/packet-log.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Packet, PacketType } from '../../src/wire/mqtt/packet.ts'
import { connectOf, publishOf } from '../client/scripted-server.ts'
import { PEER } from './peer.ts'

class Wire implements BentLink {
  readonly peer = PEER
  readonly isDialled = false
  readonly clock = new TestClock(true)
  readonly log = new PacketLog(1000, () => 0n)
  readonly faults: Faults
  readonly bend: LinkBend
  /** What came through, `>` to the broker, `<` to the client, and what happened. */
  readonly events: string[] = []

  constructor(witness?: Witness) {
    this.faults = new Faults(witness ?? this.log, this.clock)
    this.bend = this.faults.begin(this)
  }

  arrive(bytes: Uint8Array): void {
    this.#note('>', bytes, 0, bytes.length)
  }

  write(bytes: Uint8Array): void {
    this.#note('<', bytes, 0, bytes.length)
  }

  released(): void {
    this.events.push('released')
  }

  midway(): Uint8Array | null {
    return null
  }

  straighten(): void {
    this.events.push('straight')
  }

  cut(): void {
    this.events.push('cut')
    this.bend.ended()
  }

  /** The client says something. */
  say(...packets: (Packet | Uint8Array)[]): this {
    const bytes = Buffer.concat(packets.map((packet) => (packet instanceof Uint8Array ? packet : encodePacket(packet, 4))))
    const bent = this.bend.received(bytes, 0, bytes.length)
    if (bent !== null) this.arrive(bent)
    return this
  }

  /** The broker says something. */
  answer(...packets: (Packet | Uint8Array)[]): this {
    const bytes = Buffer.concat(packets.map((packet) => (packet instanceof Uint8Array ? packet : encodePacket(packet, 4))))
    const bent = this.bend.sent(bytes)
    if (bent !== null) this.write(bent)
    return this
  }

  /** Events since the last call. */
  seen(): string[] {
    return this.events.splice(0)
  }

  #rest: Record<string, Uint8Array> = { '>': new Uint8Array(0), '<': new Uint8Array(0) }

  #note(way: '>' | '<', bytes: Uint8Array, start: number, end: number): void {
    let all = Buffer.concat([this.#rest[way]!, bytes.subarray(start, end)])
    while (all.length >= 2 && all.length >= 2 + all[1]!) {
      this.events.push(`${way} ${nameOf(all.subarray(0, 2 + all[1]!))}`)
      all = all.subarray(2 + all[1]!)
    }
    if (all.length > 0 && this.#rest[way]!.length === 0) this.events.push(`${way} a part`)
    this.#rest[way] = all
  }
}

function nameOf(bytes: Uint8Array): string {
  const type = bytes[0]! >> 4
  if (type === PacketType.Publish) return new TextDecoder().decode(bytes.subarray(4 + bytes[3]! + ((bytes[0]! & 6) === 0 ? 0 : 2)))
  return Object.entries(PacketType).find(([, value]) => value === type)![0]
}

const connect = connectOf(4, { clientId: 'lamp' })
const ack = (type: 4 | 5 | 6 | 7, packetId = 1): Packet => ({ type, packetId, reasonCode: 0, properties: {} })
const publish = (payload: string, qos: 0 | 1 | 2 = 0, topic = 'a'): Packet => publishOf(topic, payload, { qos, packetId: qos === 0 ? 0 : 1 })
const many = (count: number): Packet[] => Array.from({ length: count }, (_, i) => publish(`${i + 1}`))

test('without faults everything passes as it comes, in the same memory', () => {
  const wire = new Wire()
  const bytes = encodePacket(publish('x'), 4)
  for (let i = 0; i < bytes.length; i++) expect(wire.bend.received(bytes, i, i + 1)).toBe(bytes)
  expect(wire.bend.sent(bytes)).toBe(bytes)
  expect([wire.log.length, wire.bend.holdsIncoming, wire.bend.holdsOutgoing]).toEqual([2, false, false])
})

test('drop: filter, times, nth, every, side, client, topic', () => {
  const struck = (options: Parameters<Faults['drop']>[1], filter = 'mqtt.msgtype == 3'): string => {
    const wire = new Wire()
    wire.say(connect)
    wire.seen()
    const fault = wire.faults.drop(filter, options)
    wire.say(...many(9))
    wire.answer(publish('out', 0, 'b/c'))
    const left = wire.seen().map((line) => line.slice(2))
    expect(left.length).toBe(10 - fault.hits)
    return left.join(' ')
  }
  expect(struck({ times: 2 })).toBe('3 4 5 6 7 8 9 out')
  expect(struck({ nth: 3 })).toBe('1 2 4 5 6 7 8 9 out')
  expect(struck({ every: 4 })).toBe('1 2 3 5 6 7 9 out')
  expect(struck({ every: 4, times: 1 })).toBe('1 2 3 5 6 7 8 9 out')
  expect(struck({ from: 'broker' })).toBe('1 2 3 4 5 6 7 8 9')
  expect(struck({ from: 'client' })).toBe('out')
  expect(struck({ client: 'lamp' })).toBe('')
  expect(struck({ client: 'other' })).toBe('1 2 3 4 5 6 7 8 9 out')
  expect(struck({ topic: 'b/#' })).toBe('1 2 3 4 5 6 7 8 9')
  expect(struck({}, 'mqtt.msg == "5"')).toBe('1 2 3 4 6 7 8 9 out')
  expect(struck({}, '')).toBe('')
  expect(struck({ probability: 0 })).toBe('1 2 3 4 5 6 7 8 9 out')
  expect(struck({ probability: 1 })).toBe('')
  expect(struck({ probability: 0.5, seed: 7 })).toBe(struck({ probability: 0.5, seed: 7 }))
  expect(new Set([1, 2, 3, 4].map((seed) => struck({ probability: 0.5, seed }))).size).toBeGreaterThan(1)
})

test('an acknowledgement that is dropped takes the connection along, unless it shall not; others do not', () => {
  for (const type of [4, 5, 6, 7] as const) {
    const wire = new Wire()
    wire.faults.drop(`mqtt.msgtype == ${type}`)
    wire.say(connect, publish('before'), ack(type), publish('behind'))
    expect(wire.seen()).toEqual(['> Connect', '> before', 'cut'])
    wire.say(publish('later')).answer(publish('answer'))
    expect(wire.seen()).toEqual([])
  }
  const wire = new Wire()
  wire.faults.drop('mqtt.msgtype == 4', { cut: false })
  wire.faults.drop('mqtt.msgtype == 3', { cut: true })
  wire.say(connect).answer(ack(4), ack(5), publish('x'))
  expect(wire.seen()).toEqual(['> Connect', '< Pubrec', 'cut'])
  expect(wire.log.map(({ fate }) => fate)).toEqual([null, 'dropped', null, 'dropped'])
})

test('a topic also chooses the acknowledgements of its messages, both ways', () => {
  const wire = new Wire()
  const fault = wire.faults.drop('mqtt.msgtype != 3', { topic: 'lab/+', cut: false })
  wire.say(connect, publishOf('lab/1', 'x', { qos: 2, packetId: 1 }), publishOf('other', 'y', { qos: 1, packetId: 2 }))
  wire.answer(ack(5, 1), ack(4, 2), publishOf('lab/2', 'z', { qos: 1, packetId: 1 }))
  wire.say(ack(6, 1), ack(4, 1))
  expect(wire.seen()).toEqual(['> Connect', '> x', '> y', '< Puback', '< z'])
  expect(fault.hits).toBe(3)
})

test('delay: in time, in order, with what is behind it; the other direction goes on', async () => {
  const wire = new Wire()
  wire.say(connect)
  wire.faults.delay('mqtt.msg == "slow"', 200)
  wire.say(publish('1'), publish('slow'), publish('2')).answer(publish('answer'))
  wire.say(publish('3'))
  expect(wire.seen()).toEqual(['> Connect', '> 1', '< answer'])
  expect([wire.bend.holdsIncoming, wire.bend.holdsOutgoing]).toEqual([true, false])
  await wire.clock.advance(150)
  expect(wire.seen()).toEqual([])
  await wire.clock.advance(50)
  expect(wire.seen()).toEqual(['> slow', '> 2', '> 3', 'released'])
  wire.say(publish('4'))
  expect(wire.seen()).toEqual(['> 4'])
  wire.faults.delay('mqtt.msgtype == 3', 100, { jitterMs: 100 })
  wire.answer(publish('late'), publish('later'))
  await wire.clock.advance(99)
  expect(wire.seen()).toEqual([])
  await wire.clock.advance(101)
  expect(wire.seen()).toEqual(['< late', '< later', 'released'])
})

test('a cut behind something delayed waits for it; a connection that is gone holds nothing', async () => {
  const wire = new Wire()
  wire.say(connect)
  wire.faults.delay('mqtt.msg == "slow"', 200)
  wire.faults.cut('mqtt.msg == "end"')
  wire.say(publish('slow'), publish('end'), publish('never'))
  expect(wire.seen()).toEqual(['> Connect'])
  await wire.clock.advance(200)
  expect(wire.seen()).toEqual(['> slow', 'cut'])
  const gone = new Wire()
  gone.say(connect)
  gone.faults.delay('', 200)
  gone.say(publish('slow'))
  gone.bend.ended()
  await gone.clock.advance(1000)
  expect(gone.seen()).toEqual(['> Connect'])
})

test('duplicate, cut at half and behind, change', () => {
  const wire = new Wire()
  wire.say(connect)
  const twice = wire.faults.duplicate('mqtt.msg == "2"')
  wire.faults.duplicate('mqtt.msg == "3"', { copies: 3 })
  wire.faults.change('mqtt.msg == "4"', (bytes) => bytes.with(bytes.length - 1, 0x58))
  wire.faults.change('mqtt.msg == "5"', () => new Uint8Array(0))
  wire.say(...many(6))
  expect(wire.seen()).toEqual(['> Connect', '> 1', '> 2', '> 2', '> 3', '> 3', '> 3', '> 3', '> X', '> 6'])
  twice.remove()
  twice.remove()
  wire.say(publish('2'))
  expect(wire.seen()).toEqual(['> 2'])
  wire.faults.cut('mqtt.msg == "half"', { at: 'middle' })
  wire.say(publish('before'), publish('half'), publish('never'))
  expect(wire.seen()).toEqual(['> before', '> a part', 'cut'])
  const after = new Wire()
  after.faults.cut('mqtt.msgtype == 2', { at: 'after' })
  after.say(connect).answer({ type: PacketType.Connack, sessionPresent: false, reasonCode: 0, properties: {} }, publish('never'))
  expect(after.seen()).toEqual(['> Connect', '< Connack', 'cut'])
})

test('silence swallows both directions, holds up the ends, and is over with its fault', () => {
  const wire = new Wire()
  wire.say(connect)
  const silence = wire.faults.silence('mqtt.msg == "2"')
  wire.say(...many(3)).answer(publish('answer'))
  expect(wire.seen()).toEqual(['> Connect', '> 1'])
  expect([wire.bend.holdsIncoming, wire.bend.holdsOutgoing, wire.log.at(-1)!.fate]).toEqual([true, true, 'silenced'])
  silence.remove()
  expect(wire.seen()).toEqual(['released'])
  wire.say(publish('4')).answer(publish('again'))
  expect(wire.seen()).toEqual(['> 4', '< again'])
})

test('the first fault that strikes decides; those behind it are not asked', () => {
  const wire = new Wire()
  const first = wire.faults.drop('mqtt.msgtype == 3', { times: 1 })
  const second = wire.faults.duplicate('mqtt.msgtype == 3')
  wire.say(connect, publish('1'), publish('2'))
  expect(wire.seen()).toEqual(['> Connect', '> 2', '> 2'])
  expect([first.hits, first.matches, second.hits, second.matches]).toEqual([1, 1, 1, 1])
  wire.faults.clear()
  expect(wire.faults.all).toEqual([])
})

test('what cannot be is said', () => {
  const { faults } = new Wire()
  expect(() => faults.drop('mqtt.msgtype ==')).toThrow()
  expect(() => faults.drop('', { times: 0 })).toThrow('times 0: give a whole number from 1 on')
  expect(() => faults.drop('', { nth: 1.5 })).toThrow('nth 1.5: give a whole number from 1 on')
  expect(() => faults.drop('', { probability: 2 })).toThrow('probability 2: give 0 to 1')
  expect(() => faults.drop('', { from: 'server' as never })).toThrow("from 'server': give 'client' or 'broker'")
  expect(() => faults.drop('', { topic: 'a#' })).toThrow("topic 'a#' is not a valid Topic Filter")
  expect(() => faults.delay('', -1)).toThrow('delay of -1 ms with jitter 0: give milliseconds from 0 on')
  expect(() => faults.duplicate('', { copies: 0 })).toThrow('copies 0: give a whole number from 1 on')
  expect(() => faults.cut('', { at: 'end' as never })).toThrow("at 'end': give 'before', 'middle' or 'after'")
  expect(() => faults.change('', 'x' as never)).toThrow('change is a string: give a function from bytes to bytes')
  expect(faults.all).toEqual([])
})

test('faults that come and go in mid-packet lose and repeat no byte, in whatever pieces it comes', () => {
  const pieces = fc.array(fc.record({ size: fc.integer({ min: 1, max: 12 }), armed: fc.boolean() }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(pieces, (steps) => {
      const wire = new Wire()
      const stream = Buffer.concat([connect, ...many(9)].map((packet) => encodePacket(packet, 4)))
      const out: Uint8Array[] = []
      let armed: Disposable | null = null
      for (let at = 0, i = 0; at < stream.length; i++) {
        const step = steps[i % steps.length]!
        if (step.armed && armed === null) armed = wire.faults.drop('mqtt.msg == "never"')
        else if (!step.armed) {
          armed?.[Symbol.dispose]()
          armed = null
        }
        const end = Math.min(stream.length, at + step.size)
        const bent = wire.bend.received(stream, at, end)
        if (bent !== null) out.push(bent === stream ? stream.subarray(at, end) : bent)
        at = end
      }
      expect(Buffer.concat(out).toString('hex')).toBe(stream.toString('hex'))
    }),
    { numRuns: 100 },
  )
})

test('packets are judged once and in order, and only when there are faults', () => {
  const judged: string[] = []
  const witness: Witness = {
    begin: () => ({
      client: null,
      packet: (from, bytes): PassingPacket => ({
        from,
        type: bytes[0]! >> 4,
        client: null,
        topic: null,
        fate: null,
        get layered(): never {
          judged.push(nameOf(bytes))
          throw new Error('dissected')
        },
      }),
      ended: () => {},
    }),
  }
  const wire = new Wire(witness)
  wire.say(connect, ...many(3))
  expect(judged).toEqual([])
  wire.faults.drop('mqtt')
  expect(() => wire.say(publish('x'))).toThrow('dissected')
  expect(judged).toEqual(['x'])
})
