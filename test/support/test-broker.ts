// A broker and its clients in one process without sockets or timers: bytes in, bytes out, time by hand.
// Protocol tests read as dialogues on it. What clients send goes through a buffer that is wiped after each call, as sockets do.

import { ManualClock } from '../../src/base/clock.ts'
import type { Link, Peer, Receiver } from '../../src/base/link.ts'
import { BytePool, OutputBuffer } from '../../src/base/output-buffer.ts'
import { Broker, type BrokerOptions } from '../../src/broker/broker.ts'
import type { Limits } from '../../src/broker/limits.ts'
import type { ListenerRules } from '../../src/broker/listener-rules.ts'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Connect, type Packet, PacketType, type ProtocolVersion, type Publish, type Qos, type SubscriptionRequest } from '../../src/wire/mqtt/packet.ts'
import { packetName } from '../../src/wire/mqtt/packet-names.ts'
import type { Properties } from '../../src/wire/mqtt/properties.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const MEMORY: Peer = {
  transport: 'memory',
  address: '127.0.0.1',
  port: 1000,
  localPort: 1883,
  certificateName: null,
  certificateSubject: null,
  pskIdentity: null,
  tlsVersion: null,
  cipher: null,
}

export interface ClientOptions extends Partial<Omit<Connect, 'type' | 'password'>> {
  readonly password?: string
  /** Bytes of backlog at which the client's socket counts as full. */
  readonly highWater?: number
  /** Of the listener that it comes by. */
  readonly rules?: ListenerRules
}

export class TestBroker {
  readonly clock: ManualClock = new ManualClock(1_000_000)
  readonly pool: BytePool = new BytePool(1 << 22)
  readonly broker: Broker
  #ids = 0

  constructor(options: Partial<BrokerOptions> = {}) {
    this.broker = new Broker({
      clock: this.clock,
      pool: this.pool,
      newId: () => `ID-${++this.#ids}`,
      version: '0.0.0',
      ...options,
      limits: { sysInterval: 0, maximumTakeOverDelayMs: 0, ...options.limits }, // names of clients are used again and again
    })
  }

  /** Lets time pass; what becomes due happens. */
  advance(ms: number): void {
    this.clock.advance(ms)
    this.broker.run(this.clock.now())
  }

  /** A connection that has said nothing yet. */
  link(version: ProtocolVersion = 4, highWater = 262_144, rules: ListenerRules = this.broker.rules): TestClient {
    return new TestClient(this, version, highWater, rules)
  }

  /** Rules of another listener: the broker's own but for what is given. */
  rules({ limits, ...rules }: Partial<Omit<ListenerRules, 'limits'>> & { limits?: Partial<Limits> }): ListenerRules {
    return { ...this.broker.rules, ...rules, limits: { ...this.broker.limits, ...limits } }
  }

  /** A connection that has sent CONNECT; its CONNACK is the first thing to be received. */
  dial(clientId: string, options: ClientOptions = {}): TestClient {
    const client = this.link(options.version ?? 4, options.highWater, options.rules)
    client.connect(clientId, options)
    return client
  }

  /** A connected client, CONNACK taken. */
  client(clientId: string, options: ClientOptions = {}): TestClient {
    const client = this.dial(clientId, options)
    const [connack] = client.received()
    if (connack?.type !== PacketType.Connack || connack.reasonCode !== 0) throw new Error(`no CONNACK 0 but ${JSON.stringify(connack)}`)
    return client
  }
}

/** The client's end of one connection. */
export class TestClient {
  readonly version: ProtocolVersion
  readonly output: OutputBuffer
  /** The broker has ended the connection. */
  isClosed = false
  /** The broker has stopped reading. */
  isPaused = false
  readonly #receiver: Receiver
  #bytes: number[] = []
  #gone = false

  constructor(owner: TestBroker, version: ProtocolVersion, highWater: number, rules: ListenerRules) {
    this.version = version
    this.output = new OutputBuffer(owner.pool, { schedule: () => {}, flushNow: () => this.#collect() }, highWater)
    const close = (): void => {
      this.isClosed = true
    }
    const link: Link = {
      peer: { ...MEMORY },
      output: this.output,
      pause: () => {
        this.isPaused = true
      },
      resume: () => {
        this.isPaused = false
      },
      end: close,
      destroy: close,
    }
    this.#receiver = owner.broker.accept(link, rules)
  }

  connect(clientId: string, options: ClientOptions = {}): void {
    const { password, highWater: _water, rules: _rules, ...fields } = options
    this.send({
      type: PacketType.Connect,
      version: this.version,
      bridge: false,
      cleanStart: true,
      keepAlive: 60,
      clientId,
      will: null,
      userName: null,
      password: password === undefined ? null : encoder.encode(password),
      properties: {},
      ...fields,
    })
  }

  send(...packets: readonly Packet[]): void {
    this.sendBytes(...packets.map((packet) => encodePacket(packet, this.version)))
  }

  /** All in one read. */
  sendBytes(...parts: readonly (Uint8Array | readonly number[])[]): void {
    const shared = Uint8Array.from(parts.flatMap((part) => [...part]))
    this.#receiver.received(shared, 0, shared.length)
    shared.fill(0xee)
  }

  /** In one read, without a copy: for many bytes. */
  sendWhole(bytes: Uint8Array): void {
    this.#receiver.received(bytes, 0, bytes.length)
  }

  /** The same bytes in reads of `size` bytes. */
  sendInChunks(size: number, ...packets: readonly Packet[]): void {
    const bytes = packets.flatMap((packet) => [...encodePacket(packet, this.version)])
    for (let at = 0; at < bytes.length; at += size) this.sendBytes(bytes.slice(at, at + size))
  }

  subscribe(topicFilter: string, qos: Qos = 0, options: Partial<SubscriptionRequest> & { identifier?: number; packetId?: number } = {}): void {
    const { identifier, packetId = 1, ...request } = options
    this.send({
      type: PacketType.Subscribe,
      packetId,
      subscriptions: [{ topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0, ...request }],
      properties: identifier === undefined ? {} : { subscriptionIdentifiers: [identifier] },
    })
  }

  unsubscribe(topicFilter: string, packetId = 1): void {
    this.send({ type: PacketType.Unsubscribe, packetId, topicFilters: [topicFilter], properties: {} })
  }

  publish(topicName: string, payload = '', options: Partial<Omit<Publish, 'type' | 'topicName' | 'payload'>> = {}): void {
    const qos = options.qos ?? 0
    this.send({
      type: PacketType.Publish,
      topicName,
      payload: encoder.encode(payload),
      qos,
      retain: false,
      dup: false,
      packetId: qos === 0 ? 0 : 1,
      properties: {},
      ...options,
    })
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP for each identifier. */
  acknowledge(type: 4 | 5 | 6 | 7, ...packetIds: readonly number[]): void {
    this.send(...packetIds.map((packetId): Packet => ({ type, packetId, reasonCode: 0, properties: {} })))
  }

  disconnect(reasonCode = 0, properties: Properties = {}): void {
    this.send({ type: PacketType.Disconnect, reasonCode, properties })
  }

  /** The Network Connection breaks. */
  cut(): void {
    this.isClosed = true
    this.gone()
  }

  /** Tells the broker that the socket is closed, as a transport does after `end` too. */
  gone(): void {
    if (this.#gone) return
    this.#gone = true
    this.#receiver.closed(null)
  }

  /** The socket takes nothing any more, until `drain`. */
  block(): void {
    this.output.blocked = true
  }

  drain(): void {
    this.output.blocked = false
    this.#receiver.drained()
  }

  /** Bytes written since the last call. */
  receivedBytes(): Uint8Array {
    this.#collect()
    const bytes = Uint8Array.from(this.#bytes)
    this.#bytes = []
    return bytes
  }

  /** Packets written since the last call. */
  received(): Packet[] {
    const bytes = this.receivedBytes()
    const packets: Packet[] = []
    for (let at = 0; at < bytes.length; ) {
      const header = bytes[at++]!
      let length = 0
      let shift = 0
      let digit: number
      do {
        digit = bytes[at++]!
        length |= (digit & 127) << shift
        shift += 7
      } while (digit > 127)
      if (at + length > bytes.length) throw new Error('the broker wrote half a packet')
      packets.push(decodePacket(header, bytes, at, at + length, this.version, 'server'))
      at += length
    }
    return packets
  }

  /** What was received, one short line each: `PUBLISH q1 r0 d0 m1 topic payload`. */
  lines(): string[] {
    return this.received().map(lineOf)
  }

  /** Payloads of the PUBLISH packets received. */
  payloads(): string[] {
    return this.received().flatMap((packet) => (packet.type === PacketType.Publish ? [decoder.decode(packet.payload)] : []))
  }

  #collect(): void {
    if (this.output.blocked || this.output.ready === 0) return
    const length = this.output.ready
    const block = this.output.take()
    for (let i = 0; i < length; i++) this.#bytes.push(block.bytes[block.start + i]!)
  }
}

export function lineOf(packet: Packet): string {
  const name = packetName(packet.type)
  const properties =
    'properties' in packet && Object.keys(packet.properties).length > 0
      ? ` ${JSON.stringify(packet.properties, (_key, value) => (value instanceof Uint8Array ? decoder.decode(value) : value))}`
      : ''
  switch (packet.type) {
    case PacketType.Publish: {
      const flags = `q${packet.qos} r${packet.retain ? 1 : 0} d${packet.dup ? 1 : 0} m${packet.packetId}`
      return `${name} ${flags} ${packet.topicName} ${decoder.decode(packet.payload)}${properties}`
    }
    case PacketType.Connack:
      return `${name} ${packet.sessionPresent ? 1 : 0} ${packet.reasonCode}${properties}`
    case PacketType.Suback:
    case PacketType.Unsuback:
      return `${name} m${packet.packetId} [${packet.reasonCodes.join(' ')}]${properties}`
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp:
      return `${name} m${packet.packetId}${packet.reasonCode === 0 ? '' : ` 0x${packet.reasonCode.toString(16)}`}${properties}`
    case PacketType.Disconnect:
    case PacketType.Auth:
      return `${name} 0x${packet.reasonCode.toString(16)}${properties}`
    default:
      return name
  }
}
