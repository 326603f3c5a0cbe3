// A large made-up capture: 200 connections of MQTT 3.1.1 to one broker, PUBLISH with QoS 0, 1 and 2 and what answers it,
// several messages in a segment, payloads over several segments, TCP acknowledgements. The same bytes for the same seed.
import { closeSync, openSync, writeSync } from 'node:fs'
import { encodePacket } from '../../dist/wire/mqtt/encode.js'
import { chance } from './figures.mjs'

const CONNECTIONS = 200
const SEGMENT = 1460
const PIECE = 1 << 22
const PLACES = ['deib', 'home', 'factory']
const KINDS = ['temperature', 'humidity', 'co2']
const [SYN, ACK, PUSH_ACK, SYN_ACK] = [0x02, 0x10, 0x18, 0x12]
const text = new TextEncoder()

/** Writes a pcap file of about so many MiB; returns how many frames and PUBLISH packets are in it. */
export function writeBigCapture(path, mebibytes, seed = 5) {
  const below = chance(seed)
  const topics = PLACES.flatMap((place) =>
    Array.from({ length: 300 }, (_, i) => `${place}/floor${i % 4}/room${String(Math.floor(i / 4) % 25).padStart(2, '0')}/${KINDS[i % 3]}`),
  )
  const file = openSync(path, 'w')
  const out = Buffer.alloc(PIECE + 65_536)
  let [used, size, micros, frames, publishes] = [0, 0, 1_700_000_000_000_000, 0, 0]
  const flush = () => {
    size += writeSync(file, out, 0, used)
    used = 0
  }
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(262_144, 16)
  header.writeUInt32LE(1, 20)
  used = header.copy(out)

  /** One frame of connection `c`, from its client (0) or the broker (1). */
  const frame = (c, from, flags, data) => {
    const length = 54 + data.length
    micros += 5 + below(55)
    out.writeUInt32LE(Math.floor(micros / 1e6), used)
    out.writeUInt32LE(micros % 1e6, used + 4)
    out.writeUInt32LE(length, used + 8)
    out.writeUInt32LE(length, used + 12)
    const at = used + 16
    out.fill(0, at, at + 54)
    out.writeUInt16BE(0x0200, at)
    out[at + 5] = from === 0 ? 1 : 2
    out.writeUInt16BE(0x0200, at + 6)
    out[at + 11] = from === 0 ? 2 : 1
    out.writeUInt16BE(0x0800, at + 12)
    out[at + 14] = 0x45
    out.writeUInt16BE(40 + data.length, at + 16)
    out.writeUInt16BE(frames & 0xffff, at + 18)
    out.writeUInt16BE(0x4000, at + 20)
    out.writeUInt16BE(0x4006, at + 22)
    const [source, target] = from === 0 ? [c.address, 0x0a000001] : [0x0a000001, c.address]
    out.writeUInt32BE(source, at + 26)
    out.writeUInt32BE(target, at + 30)
    out.writeUInt16BE(from === 0 ? c.port : 1883, at + 34)
    out.writeUInt16BE(from === 0 ? 1883 : c.port, at + 36)
    out.writeUInt32BE(c.next[from], at + 38)
    out.writeUInt32BE(c.next[1 - from], at + 42)
    out[at + 46] = 0x50
    out[at + 47] = flags
    out.writeUInt16BE(64_240, at + 48)
    out.set(data, at + 54)
    used = at + length
    frames++
    c.next[from] = (c.next[from] + data.length + (flags & SYN ? 1 : 0)) >>> 0
    if (used >= PIECE) flush()
  }
  const nothing = new Uint8Array(0)
  const send = (c, from, data) => {
    for (let at = 0; at < data.length; at += SEGMENT) frame(c, from, PUSH_ACK, data.subarray(at, at + SEGMENT))
    if (below(2) === 0) frame(c, 1 - from, ACK, nothing)
  }
  const say = (c, from, ...packets) => send(c, from, Buffer.concat(packets.map((packet) => encodePacket(packet, 4))))

  const connections = Array.from({ length: CONNECTIONS }, (_, i) => {
    const c = { address: 0x0a000000 + ((1 + Math.floor(i / 100)) << 8) + (i % 100) + 1, port: 30_000 + i, next: [below(2 ** 32), below(2 ** 32)], id: 1 }
    frame(c, 0, SYN, nothing)
    frame(c, 1, SYN_ACK, nothing)
    frame(c, 0, ACK, nothing)
    const connect = { type: 1, version: 4, bridge: false, cleanStart: true, keepAlive: 60, will: null, userName: null, password: null, properties: {} }
    say(c, 0, { ...connect, clientId: `client-${String(i).padStart(4, '0')}` })
    say(c, 1, { type: 2, sessionPresent: false, reasonCode: 0, properties: {} })
    const request = { topicFilter: `deib/+/room${String(i % 25).padStart(2, '0')}/#`, qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }
    say(c, 0, { type: 8, packetId: 1, subscriptions: [request], properties: {} })
    say(c, 1, { type: 9, packetId: 1, reasonCodes: [1], properties: {} })
    return c
  })

  while (size + used < mebibytes * (1 << 20)) {
    const c = connections[below(CONNECTIONS)]
    const from = below(10) < 6 ? 1 : 0
    const share = below(100)
    const qos = share < 55 ? 0 : share < 85 ? 1 : 2
    const kind = below(100)
    const payload =
      kind < 60
        ? text.encode((below(4000) / 100).toFixed(2))
        : kind < 95
          ? text.encode(`{"value":${below(100)},"unit":"C","ts":${micros}}`)
          : new Uint8Array(1000 + below(7000)).fill(80)
    const ids = Array.from({ length: below(10) < 8 ? 1 : 2 + below(6) }, () => (c.id = (c.id % 65_000) + 1))
    const publish = { type: 3, payload, qos, retain: false, dup: false, properties: {} }
    say(c, from, ...ids.map((id) => ({ ...publish, topicName: topics[below(topics.length)], packetId: qos === 0 ? 0 : id })))
    publishes += ids.length
    const answer = (type) => ids.map((packetId) => ({ type, packetId, reasonCode: 0, properties: {} }))
    if (qos === 1) say(c, 1 - from, ...answer(4))
    if (qos === 2) {
      say(c, 1 - from, ...answer(5))
      say(c, from, ...answer(6))
      say(c, 1 - from, ...answer(7))
    }
  }
  flush()
  closeSync(file)
  return { frames, publishes }
}
