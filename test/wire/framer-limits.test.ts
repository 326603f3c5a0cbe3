// What a framer takes by type and size, and when it holds back or stops.

import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/wire/errors.ts'
import { decodePublishHead } from '../../src/wire/mqtt/decode-publish.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { Framer, type FrameSink } from '../../src/wire/mqtt/framer.ts'
import type { Packet, Publish } from '../../src/wire/mqtt/packet.ts'
import { clientPacketSizes, largestRemainingLength, packetSizes } from '../../src/wire/mqtt/packet-sizes.ts'
import { fromHex, joined, Recorder, receive } from './framing.ts'

const publish = (fields: Partial<Publish> = {}): Publish => ({
  type: 3,
  topicName: 'a',
  payload: new Uint8Array(1),
  qos: 0,
  retain: false,
  dup: false,
  packetId: 0,
  properties: {},
  ...fields,
})

/** A packet with this first byte and so many bytes behind its Remaining Length, of which only the fixed header is given. */
function announced(header: number, remaining: number): Uint8Array {
  const bytes = [header]
  for (let left = remaining; ; left >>>= 7) {
    bytes.push(left > 127 ? (left & 127) | 128 : left)
    if (left < 128) return Uint8Array.from(bytes)
  }
}

const verdict = (maximum: Int32Array, header: number, remaining: number, sender: 'client' | 'server' = 'client'): string => {
  const { error, kept } = receive([announced(header, remaining)], { version: 5, sender, maximum })
  return error === null ? `waits with ${kept}` : `0x${error.reasonCode.toString(16)}${error.answered ? '' : ' silent'}`
}

describe('a server', () => {
  const { before, after } = packetSizes(2_000_000)
  test('takes nothing but a CONNECT of up to 100,000 bytes first [MQTT-3.1.0-1]', () => {
    expect(verdict(before, 0x10, 100_000)).toBe('waits with 4')
    expect(verdict(before, 0x10, 100_001)).toBe('0x95')
    for (let type = 0; type < 16; type++) if (type !== 1) expect(verdict(before, type << 4, 20), `type ${type}`).toBe('0x82')
  })

  test('closes without a word at a second CONNECT [MQTT-3.1.0-2]', () => {
    expect(verdict(after, 0x10, 20)).toBe('0x82 silent')
  })

  test('closes without a word at a PINGREQ with a body', () => {
    expect(verdict(after, 0xc0, 1)).toBe('0x81 silent')
  })

  test('takes requests of 100,000 bytes, answers of 10,000, and what only servers send not at all', () => {
    for (const header of [0x82, 0xa2, 0xf0])
      expect([verdict(after, header, 100_000), verdict(after, header, 100_001)], header.toString(16)).toEqual(['waits with 4', '0x95'])
    for (const header of [0x40, 0x50, 0x62, 0x70, 0xe0])
      expect([verdict(after, header, 10_000), verdict(after, header, 10_001)], header.toString(16)).toEqual(['waits with 3', '0x95'])
    for (const header of [0x00, 0x20, 0x90, 0xb0, 0xd0]) expect(verdict(after, header, 0), header.toString(16)).toBe('0x82')
    expect(verdict(packetSizes(2_000_000, 4).after, 0xf0, 0)).toBe('0x82')
  })

  test('takes a PUBLISH of Maximum Packet Size bytes, fixed header and all, and none of one more [MQTT-3.2.2-15]', () => {
    for (const size of [20, 128, 129, 130, 131, 16386, 16387, 16388, 2_000_000, 2_097_156]) {
      const maximum = packetSizes(size).after
      let payload = Math.max(0, size - 12)
      while (encodePacket(publish({ payload: new Uint8Array(payload) }), 5).length < size) payload++
      const largest = encodePacket(publish({ payload: new Uint8Array(payload) }), 5)
      const larger = encodePacket(publish({ payload: new Uint8Array(payload + 1) }), 5)
      // between two lengths of the length field one size does not exist
      if (largest.length === size) expect(receive([largest], { version: 5, sender: 'client', maximum }).packets, `${size}`).toHaveLength(1)
      else expect(receive([largest], { version: 5, sender: 'client', maximum }).error?.reasonCode, `${size}`).toBe(0x95)
      expect(receive([larger], { version: 5, sender: 'client', maximum }).error?.reasonCode, `${size} + 1`).toBe(0x95)
    }
    expect(largestRemainingLength(0)).toBe(268_435_455)
    expect(largestRemainingLength(2)).toBe(0)
    expect(largestRemainingLength(0xffffffff)).toBe(268_435_455)
  })

  test('counts Maximum Packet Size for other packets too, but not for the CONNECT before it is announced', () => {
    const small = packetSizes(50)
    expect(verdict(small.after, 0x82, 49)).toBe('0x95')
    expect(verdict(small.before, 0x10, 1000)).toBe('waits with 3')
  })
})

describe('a client', () => {
  const { before, after } = clientPacketSizes(0)
  test('takes nothing but CONNACK and AUTH first [MQTT-3.2.0-1]', () => {
    for (let type = 0; type < 16; type++)
      expect(verdict(before, type << 4, 20, 'server'), `type ${type}`).toBe(type === 2 || type === 15 ? 'waits with 2' : '0x82')
    expect(verdict(clientPacketSizes(0, 4).before, 0xf0, 2, 'server')).toBe('0x82')
  })

  test('takes no second CONNACK [MQTT-3.2.0-2] and nothing that only clients send', () => {
    for (const header of [0x10, 0x20, 0x82, 0xa2, 0xc0]) expect(verdict(after, header, 2, 'server'), header.toString(16)).toBe('0x82')
    for (const header of [0x30, 0x40, 0x90, 0xb0, 0xe0, 0xf0]) expect(verdict(after, header, 100, 'server'), header.toString(16)).toBe('waits with 2')
    for (const header of [0xe0, 0xf0]) expect(verdict(clientPacketSizes(0, 4).after, header, 0, 'server'), header.toString(16)).toBe('0x82')
  })
})

describe('holding back', () => {
  const packets: Packet[] = [publish(), publish({ topicName: 'b' }), { type: 12 }, publish({ topicName: 'c' })]
  const stream = joined(packets.map((packet) => encodePacket(packet, 4)))

  /** Holds at the first call, wherever that is. */
  class Holding extends Recorder {
    framer: Framer | null = null
    override publishes(run: Parameters<FrameSink['publishes']>[0]): void {
      super.publishes(run)
      this.framer?.hold()
    }
  }

  test('nothing behind the packet at hand comes out until release, whatever the chunks', () => {
    for (let size = 1; size <= stream.length; size++) {
      const framer = new Framer(new Int32Array(16).fill(1000), decodePublishHead)
      const sink = new Holding(4, 'client')
      sink.framer = framer
      for (let at = 0; at < stream.length; at += size) {
        const chunk = stream.slice(at, at + size)
        framer.feed(chunk, 0, chunk.length, sink)
        chunk.fill(0xff)
      }
      expect(sink.packets, `chunks of ${size}`).toEqual(packets.slice(0, 1))
      framer.release(sink)
      expect(sink.packets, `chunks of ${size}`).toEqual(packets.slice(0, 2))
      framer.release(sink)
      expect(sink.packets, `chunks of ${size}`).toEqual(packets)
      expect(framer.kept).toBe(0)
    }
  })

  test('release without hold does nothing', () => {
    const framer = new Framer(new Int32Array(16).fill(1000), decodePublishHead)
    const sink = new Recorder(4, 'client')
    framer.feed(stream, 0, 3, sink)
    framer.release(sink)
    framer.feed(stream, 3, stream.length, sink)
    expect(sink.packets).toEqual(packets)
  })

  test('a stopped framer ignores the rest of the chunk and all later ones', () => {
    const framer = new Framer(new Int32Array(16).fill(1000), decodePublishHead)
    const sink = new Recorder(4, 'client')
    const stopping: FrameSink = {
      publishes: (run) => {
        sink.publishes(run)
        framer.stop()
      },
      acknowledgements: () => {},
      packet: () => {},
    }
    framer.feed(stream, 0, stream.length, stopping)
    framer.feed(stream, 0, stream.length, stopping)
    expect(sink.packets).toEqual(packets.slice(0, 1))
    expect(framer.kept).toBe(0)
  })
})

test('a fault of the sink stops the framer', () => {
  const framer = new Framer(new Int32Array(16).fill(1000), decodePublishHead)
  const bytes = Uint8Array.of(0xc0, 0)
  let calls = 0
  const sink: FrameSink = {
    publishes: () => {},
    acknowledgements: () => {},
    packet: () => {
      calls++
      throw new ProtocolError(0x82, 'x')
    },
  }
  expect(() => framer.feed(bytes, 0, 2, sink)).toThrow(ProtocolError)
  framer.feed(bytes, 0, 2, sink)
  expect(calls).toBe(1)
})

test('a row of acknowledgements ends before Packet Identifier 0, which comes as a packet of its own', () => {
  const bytes = fromHex('40020001 40020002 40020000 40020003')
  const log: string[] = []
  new Framer(new Int32Array(16).fill(1000), decodePublishHead).feed(bytes, 0, bytes.length, {
    publishes: () => {},
    acknowledgements: (header, _, at, count) => log.push(`row of ${count} at ${at} with ${header}`),
    packet: (header, _, at, end) => log.push(`packet ${header} from ${at} to ${end}`),
  })
  expect(log).toEqual(['row of 2 at 0 with 64', 'packet 64 from 10 to 12', 'row of 1 at 12 with 64'])
})

test('a fault behind packets that stopped or held the framer is not reported, or only at release', () => {
  const good = encodePacket(publish({ qos: 1, packetId: 1 }), 4)
  for (const fault of ['30 ff ff ff ff 7f', '20 02 00 00', '32 06 0001 61 0000 00', '36 06 0001 61 0001 00']) {
    const bytes = joined([good, fromHex(fault)])
    for (const how of ['stop', 'hold'] as const) {
      const maximum = new Int32Array(16).fill(1000)
      maximum[2] = -1
      const framer = new Framer(maximum, decodePublishHead)
      const sink: FrameSink = { publishes: () => framer[how](), acknowledgements: () => {}, packet: () => {} }
      framer.feed(bytes, 0, bytes.length, sink)
      if (how === 'stop') expect(() => framer.release(sink), fault).not.toThrow()
      else expect(() => framer.release(sink), fault).toThrow(ProtocolError)
    }
  }
})

test('a run longer than its index arrays is handed over in parts', () => {
  const one = encodePacket(publish({ payload: new Uint8Array(0) }), 4)
  const many = joined(Array.from({ length: 10_000 }, () => one))
  const counts: number[] = []
  new Framer(new Int32Array(16).fill(1000), decodePublishHead).feed(many, 0, many.length, {
    publishes: (run) => counts.push(run.count),
    acknowledgements: () => {},
    packet: () => {},
  })
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10_000)
  expect(Math.max(...counts)).toBeLessThan(5000)
})
