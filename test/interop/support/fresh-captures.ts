// Captures made up from a seed: MQTT over TCP with the troubles of networks, MQTT-SN, CoAP and DNS over UDP, well formed and damaged.
// Nothing of the analyser is used; the MQTT packets are those of the codec's own tests.

import fc from 'fast-check'
import { encodePacket } from '../../../src/wire/mqtt/encode.ts'
import type { ProtocolVersion } from '../../../src/wire/mqtt/packet.ts'
import { packet } from '../../wire/arbitraries.ts'
import { coapMessage, dnsMessage, mqttSnMessage } from './fresh-datagrams.ts'

/** A small linear congruential generator: the same numbers from the same seed. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
    for (let i = 0; i < 4; i++) this.below(2)
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * limit)
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }
}

export interface FreshCapture {
  readonly bytes: Uint8Array
  readonly frames: number
  /** Decode As for the odd ports in it. */
  readonly args: readonly string[]
}

interface Stored {
  readonly bytes: Uint8Array
  readonly length: number
}

export const ODD_PORTS = { mqtt: 18_830, mqttSn: 10_000, coap: 5700 } as const
const DECODE_AS = [`tcp.port==${ODD_PORTS.mqtt},mqtt`, `udp.port==${ODD_PORTS.mqttSn},mqttsn`, `udp.port==${ODD_PORTS.coap},coap`]
const Flag = { Fin: 1, Syn: 2, Reset: 4, Push: 8, Ack: 16 } as const

/** One capture; the same for the same seed. */
export function freshCapture(seed: number): FreshCapture {
  const chance = new Chance(seed)
  const traffic: Uint8Array[][] = []
  const connections = 1 + chance.below(4)
  const mayDamage = seed % 5 !== 2
  for (let i = 0; i < connections; i++) traffic.push(mqttConnection(chance, i, mayDamage))
  for (let i = chance.below(3); i > 0; i--) traffic.push(datagrams(chance, mayDamage))
  const frames = shuffled(chance, traffic).map((bytes) => stored(chance, seed, bytes))
  return { bytes: pcap(chance, frames), frames: frames.length, args: DECODE_AS.flatMap((rule) => ['-d', rule]) }
}

const SNAP_LENGTHS = [60, 80, 96, 128] as const

/** All lists as one, each in its order. */
function shuffled(chance: Chance, lists: readonly Uint8Array[][]): Uint8Array[] {
  const next = lists.map(() => 0)
  const result: Uint8Array[] = []
  for (;;) {
    const open = lists.map((_, i) => i).filter((i) => next[i]! < lists[i]!.length)
    if (open.length === 0) return result
    const chosen = chance.of(open)
    result.push(lists[chosen]![next[chosen]!++]!)
  }
}

/** Every fifth capture has a snap length; in every seventh a frame has flipped bits. */
function stored(chance: Chance, seed: number, bytes: Uint8Array): Stored {
  const kept = new Uint8Array(bytes)
  if (seed % 35 === 3 && chance.once(8))
    for (let i = 1 + chance.below(3); i > 0; i--) kept[54 + chance.below(Math.max(1, kept.length - 54))]! ^= 1 << chance.below(8)
  return { bytes: seed % 5 === 2 ? kept.subarray(0, SNAP_LENGTHS[seed % 4]!) : kept, length: bytes.length }
}

/** A PDU on the wire: the packets of one side, some damaged, as one run of bytes with their bounds. */
function mqttStream(chance: Chance, version: ProtocolVersion, sender: 'client' | 'server', isDamaged: boolean): Uint8Array[] {
  const numRuns = 1 + chance.below(7)
  const sent = fc.sample(packet(version, sender), { numRuns, seed: chance.below(1 << 30) }).map((one) => encodePacket(one, version))
  if (isDamaged)
    for (const bytes of sent) {
      if (chance.once(2)) continue
      for (let flips = 1 + chance.below(3); flips > 0; flips--) {
        const at = chance.once(6) ? 0 : Math.min(bytes.length - 1, (chance.once(4) ? 1 : 2) + chance.below(bytes.length))
        bytes[at] = chance.once(2) ? chance.below(256) : bytes[at]! ^ (1 << chance.below(8))
      }
    }
  return sent
}

interface Segment {
  readonly back: boolean
  readonly seq: number
  readonly ack: number
  readonly flags: number
  readonly payload: Uint8Array
  readonly window?: number
  readonly options?: readonly number[]
}

function mqttConnection(chance: Chance, index: number, mayDamage: boolean): Uint8Array[] {
  const version = chance.of([3, 4, 4, 5, 5] as const)
  const isDamaged = chance.once(3) && mayDamage
  const client = 40_000 + chance.below(3) + index * 10
  const server = chance.once(6) ? ODD_PORTS.mqtt : 1883
  const isIpv6 = chance.once(5)
  const vlan = chance.once(8)
  const bases = [chance.of([1000, 0xfffffff0, chance.below(2 ** 31)]), chance.of([5000, 0xffffff00])] as const
  const hasStamps = chance.once(2)
  const sides = (['client', 'server'] as const).map((sender) => mqttStream(chance, version, sender, isDamaged))
  const streams = sides.map((packets) => pieces(chance, packets))
  const next = [1, 1]
  const segments: Segment[] = []
  const stamps = (back: boolean): readonly number[] => (hasStamps ? [1, 1, 8, 10, 0, 0, 0, segments.length + 1, 0, 0, 0, back ? 9 : 7] : [])
  if (!chance.once(5)) {
    const options = chance.of([
      [],
      [2, 4, 5, 0xb4],
      [2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 0, 0],
      [2, 4, 0xff, 0xd7, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, chance.below(16)],
    ])
    segments.push({ back: false, seq: 0, ack: 0, flags: Flag.Syn, payload: NOTHING, options })
    segments.push({ back: true, seq: 0, ack: 1, flags: Flag.Syn | Flag.Ack, payload: NOTHING, options: chance.once(4) ? [] : options })
    segments.push({ back: false, seq: 1, ack: 1, flags: Flag.Ack, payload: NOTHING, options: stamps(false) })
  }
  while (streams.some((list) => list.length > 0)) {
    const own = streams[0]!.length === 0 ? 1 : streams[1]!.length === 0 ? 0 : chance.below(2)
    const payload = streams[own]!.shift()!
    const segment: Segment = {
      back: own === 1,
      seq: next[own]!,
      ack: next[1 - own]!,
      flags: Flag.Ack | (chance.once(3) ? 0 : Flag.Push),
      payload,
      options: stamps(own === 1),
      window: chance.of([501, 501, 64, chance.below(65536)]),
    }
    segments.push(segment)
    next[own]! += payload.length
    if (chance.once(3)) segments.push({ ...segment, back: own === 0, seq: next[1 - own]!, ack: next[own]!, flags: Flag.Ack, payload: NOTHING, window: 501 })
  }
  if (chance.once(2)) {
    segments.push({ back: false, seq: next[0]!, ack: next[1]!, flags: Flag.Fin | Flag.Ack, payload: NOTHING })
    segments.push({ back: true, seq: next[1]!, ack: next[0]! + 1, flags: Flag.Fin | Flag.Ack, payload: NOTHING })
    segments.push({ back: false, seq: next[0]! + 1, ack: next[1]! + 1, flags: Flag.Ack, payload: NOTHING })
  } else if (chance.below(2) === 0) segments.push({ back: chance.once(2), seq: next[0]!, ack: next[1]!, flags: Flag.Reset | Flag.Ack, payload: NOTHING })
  return (chance.once(2) ? troubled(chance, segments) : segments).map((segment) => tcpFrame(segment, client, server, bases, isIpv6, vlan))
}

const NOTHING: Uint8Array = new Uint8Array(0)

/** The bytes of packets as segments: one each, several in one, or cut anywhere. */
function pieces(chance: Chance, packets: readonly Uint8Array[]): Uint8Array[] {
  const way = chance.below(3)
  if (way === 0) return [...packets]
  const all = new Uint8Array(packets.reduce((sum, one) => sum + one.length, 0))
  let at = 0
  for (const one of packets) {
    all.set(one, at)
    at += one.length
  }
  const most = way === 1 ? 1400 : 2 + chance.below(60)
  const result: Uint8Array[] = []
  for (let from = 0; from < all.length; ) {
    const size = Math.min(all.length - from, 1 + chance.below(most))
    result.push(all.subarray(from, from + size))
    from += size
  }
  return result
}

/** Segments twice, late, lost, resent with other bounds. */
function troubled(chance: Chance, segments: readonly Segment[]): Segment[] {
  const result: Segment[] = []
  for (const segment of segments) {
    const trouble = chance.below(24)
    if (trouble === 0) continue
    result.push(segment)
    if (trouble === 1) result.push(segment)
    if (trouble === 2 && result.length > 1) result.splice(-2, 2, segment, result.at(-2)!)
    if (trouble === 3 && result.length > 2) result.push(chance.of(result))
    if (trouble === 4 && segment.payload.length > 2) {
      const cut = 1 + chance.below(segment.payload.length - 1)
      result.push({ ...segment, seq: segment.seq + cut, payload: segment.payload.subarray(cut) })
    }
    if (trouble === 5 && segment.payload.length > 0) result.push({ ...segment, seq: segment.seq - 1, payload: NOTHING, flags: Flag.Ack })
  }
  return result
}

function tcpFrame(segment: Segment, client: number, server: number, bases: readonly [number, number], isIpv6: boolean, vlan: boolean): Uint8Array {
  const { back, seq, ack, flags, payload, window = 501, options = [] } = segment
  const [source, destination] = back ? [server, client] : [client, server]
  const own = (seq + bases[back ? 1 : 0]) >>> 0
  const other = (flags & Flag.Ack) === 0 ? 0 : (ack + bases[back ? 0 : 1]) >>> 0
  const head = 20 + options.length
  const tcp = new Uint8Array(head + payload.length)
  const view = new DataView(tcp.buffer)
  view.setUint16(0, source)
  view.setUint16(2, destination)
  view.setUint32(4, own)
  view.setUint32(8, other)
  view.setUint16(12, ((head / 4) << 12) | flags)
  view.setUint16(14, window)
  tcp.set(options, 20)
  tcp.set(payload, head)
  return ethernet(ip(6, tcp, back, isIpv6), isIpv6, vlan)
}

function datagrams(chance: Chance, mayDamage: boolean): Uint8Array[] {
  const kind = chance.below(3)
  const isIpv6 = chance.once(5)
  const port = [chance.of([5683, ODD_PORTS.coap]), ODD_PORTS.mqttSn, 53][kind]!
  const make = [coapMessage, mqttSnMessage, dnsMessage][kind]!
  const isDamaged = chance.once(3) && mayDamage && port !== 53
  return Array.from({ length: 2 + chance.below(14) }, (_, i) => {
    const back = i % 2 === 1
    const payload = make(chance, back, i)
    if (isDamaged && chance.once(2)) payload[chance.below(payload.length)] = chance.below(256)
    const cut = isDamaged && chance.once(5) ? payload.subarray(0, chance.below(payload.length)) : payload
    const udp = new Uint8Array(8 + cut.length)
    const view = new DataView(udp.buffer)
    view.setUint16(0, back ? port : 50_000)
    view.setUint16(2, back ? 50_000 : port)
    view.setUint16(4, udp.length)
    udp.set(cut, 8)
    return ethernet(ip(17, udp, back, isIpv6), isIpv6, false)
  })
}

function ip(protocol: number, payload: Uint8Array, back: boolean, isIpv6: boolean): Uint8Array {
  if (isIpv6) {
    const packetBytes = new Uint8Array(40 + payload.length)
    packetBytes.set([0x60, 0, 0, 0, payload.length >> 8, payload.length & 255, protocol, 64])
    packetBytes.set([0x20, 1, 0xd, 0xb8], 8)
    packetBytes.set([0x20, 1, 0xd, 0xb8], 24)
    packetBytes[23] = back ? 2 : 1
    packetBytes[39] = back ? 1 : 2
    packetBytes.set(payload, 40)
    return packetBytes
  }
  const length = 20 + payload.length
  return Uint8Array.from([0x45, 0, length >> 8, length & 255, 0, 1, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, back ? 2 : 1, 10, 0, 0, back ? 1 : 2, ...payload])
}

function ethernet(payload: Uint8Array, isIpv6: boolean, vlan: boolean): Uint8Array {
  const type = isIpv6 ? [0x86, 0xdd] : [8, 0]
  return Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...(vlan ? [0x81, 0, 0x20, 7] : []), ...type, ...payload])
}

function pcap(chance: Chance, frames: readonly Stored[]): Uint8Array {
  const out = new Uint8Array(24 + frames.reduce((sum, { bytes }) => sum + 16 + bytes.length, 0))
  const view = new DataView(out.buffer)
  const isLittle = !chance.once(3)
  view.setUint32(0, 0xa1b2c3d4, isLittle)
  view.setUint16(4, 2, isLittle)
  view.setUint16(6, 4, isLittle)
  view.setUint32(16, 262_144, isLittle)
  view.setUint32(20, 1, isLittle)
  let at = 24
  let time = 1_700_000_000_000_000
  for (const { bytes, length } of frames) {
    time += chance.of([5, 40, 300, 4000, 30_000, 1_200_000])
    view.setUint32(at, Math.floor(time / 1e6), isLittle)
    view.setUint32(at + 4, time % 1e6, isLittle)
    view.setUint32(at + 8, bytes.length, isLittle)
    view.setUint32(at + 12, length, isLittle)
    out.set(bytes, at + 16)
    at += 16 + bytes.length
  }
  return out
}
