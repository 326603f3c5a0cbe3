// A server for tests, packet by packet: a link in memory, time moved by hand, every packet of both directions in one log.
// `say` sends what the test dictates; nothing is answered by itself.

import { ManualClock } from '../../src/base/clock.ts'
import { Deadlines } from '../../src/base/deadlines.ts'
import type { Accept, Link, Peer, Receiver } from '../../src/base/link.ts'
import { BytePool, OutputBuffer } from '../../src/base/output-buffer.ts'
import type { Timers } from '../../src/client/timers.ts'
import { ClientConnection } from '../../src/session/client-connection.ts'
import {
  CLIENT_DEFAULTS,
  type ClientConnectionOptions,
  type ClientEnd,
  type ClientEvents,
  type Delivery,
  type OutgoingMessage,
  type Receipt,
} from '../../src/session/client-effects.ts'
import { ClientSession } from '../../src/session/client-session.ts'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import {
  type Connack,
  type Connect,
  type Packet,
  PacketType,
  type ProtocolVersion,
  type Publish,
  type PublishAcknowledgement,
  type Qos,
} from '../../src/wire/mqtt/packet.ts'
import { packetName } from '../../src/wire/mqtt/packet-names.ts'
import { NO_PROPERTIES, type Properties } from '../../src/wire/mqtt/properties.ts'

const PEER: Peer = {
  transport: 'memory',
  address: '',
  port: 0,
  localPort: 0,
  certificateName: null,
  certificateSubject: null,
  pskIdentity: null,
  tlsVersion: null,
  cipher: null,
}
const pool = new BytePool(1 << 20)

/** One end of a connection in memory. What the client writes is read by `sent`. */
export class MemoryLink implements Link {
  readonly peer = PEER
  readonly output: OutputBuffer
  receiver: Receiver | null = null
  /** How our side ended it. */
  ended: 'end' | 'destroy' | null = null
  paused = false
  #bytes: number[] = []

  constructor(highWater = 262144) {
    this.output = new OutputBuffer(pool, { schedule: () => {}, flushNow: () => this.collect() }, highWater)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  end(): void {
    if (this.ended !== null) return
    this.collect()
    this.ended = 'end'
  }

  destroy(): void {
    this.ended ??= 'destroy'
  }

  /** The Network Connection goes away. */
  cut(error: Error | null = null): void {
    this.output.closed = true
    this.receiver!.closed(error)
  }

  collect(): void {
    if (this.output.blocked || this.output.length === 0) return
    const length = this.output.length
    const block = this.output.take()
    for (let i = 0; i < length; i++) this.#bytes.push(block.bytes[block.start + i]!)
    pool.give(block)
  }

  /** Packets written since the last call. */
  sent(version: ProtocolVersion): Packet[] {
    if (this.ended !== 'destroy') this.collect()
    const bytes = Uint8Array.from(this.#bytes)
    const packets: Packet[] = []
    this.#bytes = []
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
      packets.push(decodePacket(header, bytes, at, at + length, version, 'client'))
      at += length
    }
    return packets
  }

  /** Bytes for the client, through a buffer that is overwritten afterwards, in chunks of `chunk`. */
  give(bytes: Uint8Array, chunk = bytes.length): void {
    for (let at = 0; at < bytes.length; at += chunk) {
      const part = Uint8Array.from(bytes.subarray(at, at + chunk))
      this.receiver!.received(part, 0, part.length)
      part.fill(0xee)
    }
  }
}

export function connectOf(version: ProtocolVersion, changes: Partial<Connect> = {}): Connect {
  return {
    type: PacketType.Connect,
    version,
    bridge: false,
    cleanStart: true,
    keepAlive: 60,
    clientId: 'c',
    will: null,
    userName: null,
    password: null,
    properties: NO_PROPERTIES,
    ...changes,
  }
}

export function connackOf(changes: Partial<Connack> = {}): Connack {
  return { type: PacketType.Connack, sessionPresent: false, reasonCode: 0, properties: NO_PROPERTIES, ...changes }
}

export function publishOf(topicName: string, payload: string, changes: Partial<Publish> = {}): Publish {
  const qos = changes.qos ?? 0
  return {
    type: PacketType.Publish,
    topicName,
    payload: new TextEncoder().encode(payload),
    qos,
    retain: false,
    dup: false,
    packetId: qos === 0 ? 0 : 1,
    properties: NO_PROPERTIES,
    ...changes,
  }
}

export function messageOf(topicName: string, payload: string, qos: Qos = 0, properties: Properties = NO_PROPERTIES, retain = false): OutgoingMessage {
  return { topicName, payload: new TextEncoder().encode(payload), qos, retain, properties }
}

export function ackOf(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetId: number, reasonCode = 0): PublishAcknowledgement {
  const types = { puback: PacketType.Puback, pubrec: PacketType.Pubrec, pubrel: PacketType.Pubrel, pubcomp: PacketType.Pubcomp } as const
  return { type: types[type], packetId, reasonCode, properties: NO_PROPERTIES }
}

/** A packet in a few words. */
export function show(packet: Packet): string {
  const name = packetName(packet.type)
  const code = 'reasonCode' in packet && packet.reasonCode !== 0 ? ` 0x${packet.reasonCode.toString(16)}` : ''
  switch (packet.type) {
    case PacketType.Publish: {
      const alias = packet.properties.topicAlias === undefined ? '' : ` alias ${packet.properties.topicAlias}`
      return `PUBLISH${packet.dup ? ' dup' : ''} q${packet.qos} ${packet.packetId} '${packet.topicName}'${alias} ${new TextDecoder().decode(packet.payload)}`
    }
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp:
      return `${name} ${packet.packetId}${code}`
    case PacketType.Subscribe:
      return `SUBSCRIBE ${packet.packetId} ${packet.subscriptions.map(({ topicFilter, qos }) => `${topicFilter}:${qos}`).join(' ')}`
    case PacketType.Unsubscribe:
      return `UNSUBSCRIBE ${packet.packetId} ${packet.topicFilters.join(' ')}`
    case PacketType.Auth:
      return `AUTH${code} ${new TextDecoder().decode(packet.properties.authenticationData)}`
    default:
      return `${name}${code}`
  }
}

/** A client's session with connections one after another, everything written into `log`. */
export class Dialogue {
  readonly clock = new ManualClock()
  readonly deadlines = new Deadlines(0, 1)
  readonly session = new ClientSession()
  readonly version: ProtocolVersion
  readonly options: Partial<ClientConnectionOptions>
  /** Events since the last `events()`. */
  #events: string[] = []
  readonly receipts: Receipt[] = []
  readonly ends: ClientEnd[] = []
  readonly deliveries: Delivery[] = []
  /** Called in `connected`. */
  onConnected: () => void = () => {}
  link!: MemoryLink
  connection!: ClientConnection

  constructor(version: ProtocolVersion, options: Partial<ClientConnectionOptions> = {}) {
    this.version = version
    this.options = options
  }

  /** Begins a connection: CONNECT is written. */
  open(connect: Partial<Connect> = {}, highWater?: number): this {
    this.link = new MemoryLink(highWater)
    const options: ClientConnectionOptions = { ...CLIENT_DEFAULTS, ...this.options, connect: connectOf(this.version, connect) }
    this.connection = new ClientConnection(this.link, this.session, options, this.clock, this.deadlines, this.#recorder())
    this.link.receiver = this.connection
    this.connection.open()
    return this
  }

  /** Begins a connection and accepts it; what both said so far is forgotten. */
  connect(connect: Partial<Connect> = {}, connack: Partial<Connack> = {}, highWater?: number): this {
    this.open(connect, highWater)
    this.link.sent(this.version)
    this.say(connackOf(connack))
    return this
  }

  say(...packets: Packet[]): this {
    for (const packet of packets) this.link.give(encodePacket(packet, this.version))
    return this
  }

  raw(...bytes: number[]): this {
    this.link.give(Uint8Array.from(bytes))
    return this
  }

  /** What the client wrote since the last call. */
  sent(): string[] {
    return this.link.sent(this.version).map(show)
  }

  /** What the client told since the last call. */
  events(): string[] {
    const events = this.#events
    this.#events = []
    return events
  }

  publish(message: OutgoingMessage): this {
    this.deliveries.push(this.session.outgoing.add(message))
    this.connection.pump()
    return this
  }

  pass(ms: number): this {
    for (let left = ms; left > 0; left -= Math.min(left, 10)) {
      this.clock.advance(Math.min(left, 10))
      this.deadlines.run(this.clock.now())
    }
    return this
  }

  #recorder(): ClientEvents {
    const note = (line: string): void => {
      this.#events.push(line)
    }
    return {
      connected: (connack) => {
        note(`connected${connack.sessionPresent ? ' with session' : ''}`)
        this.onConnected()
      },
      refused: ({ reasonCode }) => note(`refused 0x${reasonCode.toString(16)}`),
      message: (publish, receipt) => {
        note(`message '${publish.topicName}' ${new TextDecoder().decode(publish.payload)}`)
        this.receipts.push(receipt)
      },
      delivered: ({ message }, acknowledgement) =>
        note(
          `delivered ${new TextDecoder().decode(message.payload)}${acknowledgement !== null && acknowledgement.reasonCode > 0 ? ` 0x${acknowledgement.reasonCode.toString(16)}` : ''}`,
        ),
      undelivered: ({ message }, error) => note(`undelivered ${new TextDecoder().decode(message.payload)}: ${error.name}`),
      suback: (packet, request) =>
        note(`suback ${packet.packetId} ${request.subscriptions.map(({ topicFilter }) => topicFilter).join(' ')} ${packet.reasonCodes.join(' ')}`),
      unsuback: (packet, request) => note(`unsuback ${packet.packetId} ${request.topicFilters.join(' ')}`),
      drained: () => note('drained'),
      disconnected: ({ reasonCode }) => note(`disconnected 0x${reasonCode.toString(16)}`),
      reauthenticated: () => note('reauthenticated'),
      closed: (end) => {
        this.ends.push(end)
        note(`closed ${end.cause}${end.reasonCode > 0 ? ` 0x${end.reasonCode.toString(16)}` : ''}`)
      },
    }
  }
}

/** Timers moved by hand; actions run in the order of their time. */
export class ManualTimers implements Timers {
  #now = 0
  #next = 0
  readonly #set = new Map<number, { at: number; action: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, action: () => void): () => void {
    const id = this.#next++
    this.#set.set(id, { at: this.#now + ms, action })
    return () => this.#set.delete(id)
  }

  /** Milliseconds from now, of all that are set. */
  get waits(): number[] {
    return [...this.#set.values()].map(({ at }) => at - this.#now).sort((a, b) => a - b)
  }

  pass(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const due = [...this.#set].filter(([, { at }]) => at <= until).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0]
      if (due === undefined) break
      this.#set.delete(due[0])
      this.#now = Math.max(this.#now, due[1].at)
      due[1].action()
    }
    this.#now = until
  }
}

/** Lets promises settle. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

/** Dials in memory; the test meets each link in `links`. */
export class MemoryDialer {
  readonly links: MemoryLink[] = []
  /** Errors with which the next dials fail. */
  readonly failures: Error[] = []
  readonly dial = (accept: Accept, signal: AbortSignal): Promise<Link> => {
    const failure = this.failures.shift()
    if (failure !== undefined) return Promise.reject(failure)
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    const link = new MemoryLink()
    this.links.push(link)
    link.receiver = accept(link)
    return Promise.resolve(link)
  }

  get last(): MemoryLink {
    return this.links.at(-1)!
  }
}
