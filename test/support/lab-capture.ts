// A capture made here, in which a lab has happened: names are resolved, clients of three versions come and go, an acknowledgement gets lost,
// a will fires, a client is taken over, a CoAP request fails. What is in it is known, so questions about it have known answers.

import { captureWriter } from '../../src/capture/capture-writer.ts'
import type { CaptureInterface, Frame } from '../../src/capture/frame.ts'
import { addToSum, checksumOf } from '../../src/capture/internet-checksum.ts'
import { SyntheticConnection } from '../../src/capture/synthetic-connection.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import type { Packet, ProtocolVersion, Publish, Qos, Will } from '../../src/wire/mqtt/packet.ts'
import type { Properties } from '../../src/wire/mqtt/properties.ts'

const LAB: CaptureInterface = { linkType: 1, name: 'lab0', description: 'made by a program', snapLength: 0 }
export const BROKER = '10.0.0.1'
const BEGIN = 1_790_000_000_000_000_000n
const MS = 1_000_000n

/** One client on the wire, as both sides speak. */
class LabClient {
  readonly #lab: LabCapture
  readonly #frames: SyntheticConnection
  readonly #version: ProtocolVersion
  #time: bigint

  constructor(lab: LabCapture, address: string, port: number, version: ProtocolVersion) {
    this.#lab = lab
    this.#version = version
    this.#time = lab.time
    this.#frames = new SyntheticConnection(LAB, { address, port }, { address: BROKER, port: 1883 }, (frame) => lab.add(frame))
    this.#frames.open(this.#time)
  }

  /** What the client says, some milliseconds after what was said last. */
  says(packet: Packet, afterMs = 1): this {
    this.#frames.data('client', encodePacket(packet, this.#version), this.#lab.wait(afterMs))
    return this
  }

  hears(packet: Packet, afterMs = 1): this {
    this.#frames.data('server', encodePacket(packet, this.#version), this.#lab.wait(afterMs))
    return this
  }

  connects(clientId: string, more: { readonly will?: Will; readonly userName?: string; readonly keepAlive?: number; readonly code?: number } = {}): this {
    const { will = null, userName = null, keepAlive = 60, code = 0 } = more
    const password = userName === null ? null : Buffer.from('secret')
    this.says({ type: 1, version: this.#version, bridge: false, cleanStart: true, keepAlive, clientId, will, userName, password, properties: {} })
    return this.hears({ type: 2, sessionPresent: false, reasonCode: code, properties: {} })
  }

  subscribes(packetId: number, filters: readonly (readonly [string, Qos])[], granted: readonly number[] = filters.map(([, qos]) => qos)): this {
    const subscriptions = filters.map(([topicFilter, qos]) => ({ topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 as const }))
    return this.says({ type: 8, packetId, subscriptions, properties: {} }).hears({ type: 9, packetId, reasonCodes: granted, properties: {} })
  }

  closes(isAborted = false): void {
    this.#frames.close('client', isAborted, this.#lab.wait(1))
  }
}

export class LabCapture {
  time = BEGIN
  readonly #parts: Buffer[] = []
  readonly #writer = captureWriter('pcapng', (bytes) => this.#parts.push(Buffer.copyBytesFrom(bytes)), 'zanzara lab')
  #number = 0

  /** Some milliseconds pass. */
  wait(ms: number): bigint {
    this.time += BigInt(Math.round(ms * 1000)) * (MS / 1000n)
    return this.time
  }

  add(frame: Frame): void {
    this.#number++
    this.#writer.write({ ...frame, number: this.#number })
  }

  client(address: string, port: number, version: ProtocolVersion): LabClient {
    return new LabClient(this, address, port, version)
  }

  /** A UDP datagram from one address to another. */
  udp(from: string, fromPort: number, to: string, toPort: number, payload: Uint8Array): void {
    const bytes = new Uint8Array(42 + payload.length)
    const view = new DataView(bytes.buffer)
    bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45])
    view.setUint16(16, 28 + payload.length)
    bytes.set([64, 17], 22)
    bytes.set([...from.split('.').map(Number), ...to.split('.').map(Number)], 26)
    view.setUint16(24, checksumOf(addToSum(0, bytes, 14, 34)))
    view.setUint16(34, fromPort)
    view.setUint16(36, toPort)
    view.setUint16(38, 8 + payload.length)
    bytes.set(payload, 42)
    const time = this.wait(1)
    this.add({
      number: 0,
      bytes,
      length: bytes.length,
      seconds: Number(time / 1_000_000_000n),
      nanoseconds: Number(time % 1_000_000_000n),
      hasTime: true,
      interface: LAB,
      interfaceId: 0,
      section: 1,
      comments: [],
      flags: null,
    })
  }

  get file(): Buffer {
    this.#writer.finish()
    return Buffer.concat(this.#parts)
  }
}

export function publish(
  topicName: string,
  payload: string,
  qos: Qos = 0,
  packetId = 0,
  more: { readonly retain?: boolean; readonly dup?: boolean; readonly properties?: Properties } = {},
): Publish {
  return {
    type: 3,
    topicName,
    payload: Buffer.from(payload),
    qos,
    retain: more.retain ?? false,
    dup: more.dup ?? false,
    packetId,
    properties: more.properties ?? {},
  }
}

const acknowledgement = (type: 4 | 5 | 6 | 7, packetId: number): Packet => ({ type, packetId, reasonCode: 0, properties: {} })

/** A DNS answer: one name, one IPv4 address. */
function dnsAnswer(name: string, address: string): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)])
  return Uint8Array.from([
    0x12,
    0x34,
    0x81,
    0x80,
    0,
    1,
    0,
    1,
    0,
    0,
    0,
    0,
    ...labels,
    0,
    0,
    1,
    0,
    1,
    0xc0,
    12,
    0,
    1,
    0,
    1,
    0,
    0,
    0,
    60,
    0,
    4,
    ...address.split('.').map(Number),
  ])
}

/** CON message with a token: a request with its path, or an answer. */
function coap(code: number, mid: number, path: string | null): Uint8Array {
  const options = path === null ? [] : path.split('/').flatMap((segment, i) => [((i === 0 ? 11 : 0) << 4) | segment.length, ...Buffer.from(segment)])
  return Uint8Array.from([path === null ? 0x62 : 0x42, code, mid >> 8, mid & 255, 0xab, mid & 255, ...options])
}

/** The lab. Its story is told in docs/guide/analyser.md. */
export function labCapture(): Buffer {
  const lab = new LabCapture()
  lab.udp('10.0.0.53', 53, '10.0.0.11', 40053, dnsAnswer('broker.lab.example', BROKER))
  const sub = lab.client('10.0.0.11', 40001, 4).connects('viewer')
  sub.subscribes(1, [['room/+/temp', 1]]).subscribes(2, [['#', 2]], [1])
  const pub = lab
    .client('10.0.0.12', 40002, 5)
    .connects('sensor-1', { will: { topicName: 'state/sensor-1', payload: Buffer.from('gone'), qos: 0, retain: true, properties: {} } })
  pub.says(publish('room/1/temp', '21.5', 1, 1)).hears(acknowledgement(4, 1), 2)
  sub.hears(publish('room/1/temp', '21.5', 1, 1)).says(acknowledgement(4, 1), 4)
  pub
    .says(publish('room/1/temp', '21.7', 2, 2))
    .hears(acknowledgement(5, 2))
    .says(acknowledgement(6, 2))
    .hears(acknowledgement(7, 2))
  sub.hears(publish('room/1/temp', '21.7', 1, 2)).says(acknowledgement(4, 2))
  // a PUBACK gets lost: the message is sent again, with DUP
  pub
    .says(publish('room/1/temp', '21.9', 1, 3))
    .says(publish('room/1/temp', '21.9', 1, 3, { dup: true }), 5000)
    .hears(acknowledgement(4, 3))
  // never acknowledged
  pub.says(publish('room/2/temp', '19.0', 1, 4))
  pub.says(publish('room/1/setpoint', '20', 0, 0, { retain: true })).says(publish('room/2/setpoint', '18', 0, 0, { retain: true }))
  pub.says(publish('room/2/setpoint', '', 0, 0, { retain: true }))
  pub.closes(true)
  sub.hears(publish('state/sensor-1', 'gone'))
  const refused = lab.client('10.0.0.13', 40003, 4).connects('guest', { userName: 'guest', code: 5 })
  refused.closes()
  const bench = lab.client('10.0.0.14', 40004, 3).connects('bench')
  bench.subscribes(1, [['room/1/#', 0]])
  bench.says({ type: 14, reasonCode: 0, properties: {} })
  bench.closes()
  const thief = lab.client('10.0.0.15', 40005, 4).connects('viewer')
  thief.subscribes(7, [['room/#', 2]])
  sub.closes()
  lab.udp('10.0.0.16', 50000, '10.0.0.2', 5683, coap(1, 1, 'temp'))
  lab.udp('10.0.0.2', 5683, '10.0.0.16', 50000, coap(69, 1, null))
  lab.udp('10.0.0.16', 50000, '10.0.0.2', 5683, coap(3, 2, 'led'))
  lab.udp('10.0.0.2', 5683, '10.0.0.16', 50000, coap(132, 2, null))
  return lab.file
}
