// Every MQTT packet that passed a test broker, one by one, as a list that grows: each is dissected when somebody asks, in the order of the wire.
// The witness of the faults (faults/), which is told of every packet. What a packet says is logged-packet.ts.

import { KeptPacket } from '../analyse/kept-packet.ts'
import { Annotations } from '../analyse/mqtt/annotations.ts'
import type { MqttMessage } from '../analyse/mqtt/message.ts'
import type { Peer } from '../base/link.ts'
import type { CaptureInterface } from '../capture/frame.ts'
import { SyntheticConnection } from '../capture/synthetic-connection.ts'
import { Demand } from '../dissect/demand.ts'
import { Dissector } from '../dissect/dissect.ts'
import type { ConnectionWitness, Side, Witness } from '../faults/passing-packet.ts'
import { compileFilter } from '../filter/filter.ts'
import { PacketType } from '../wire/mqtt/packet.ts'
import { type Dissected, LoggedPacket } from './logged-packet.ts'

/** Port of MQTT: the dissector looks for MQTT there, whatever port was really used. */
const MQTT_PORT = 1883
/** Packets that wait to be dissected; then it is done for all of them, asked or not. */
const MOST_WAITING = 1000
const SENDERS = { client: 'client', broker: 'server' } as const
const WHERE: CaptureInterface = { linkType: 1, name: 'broker', description: 'MQTT as the test broker sees it', snapLength: 0 }

/** A display filter, or a function as for arrays. */
export type PacketChoice = string | ((packet: LoggedPacket) => boolean)

/** What has to be dissected, in order: a packet, or a connection's end. */
type Step = { readonly connection: WitnessedConnection; readonly packet: LoggedPacket | null }

export class PacketLog implements Witness, Iterable<LoggedPacket> {
  readonly #most: number
  #packets: LoggedPacket[] = []
  readonly #dissected = new WeakMap<LoggedPacket, Dissected>()
  #waiting: Step[] = []
  #count = 0
  #forgotten = 0
  #connections = 0
  readonly #dissector = new Dissector({ demand: new Demand('everything', true, []) })
  readonly #annotations: Annotations
  #message: MqttMessage | null = null
  /** By client, sender and Packet Identifier: acknowledgements may come on a later connection than their PUBLISH. */
  readonly #topics = new Map<string, string>()
  readonly #listeners = new Set<(packet: LoggedPacket) => void>()
  readonly #now: () => bigint

  /** Keeps the last `most` packets. `now` in nanoseconds since 1970. */
  constructor(most: number, now: () => bigint) {
    this.#most = most
    this.#now = now
    this.#annotations = new Annotations({ message: (message) => void (this.#message = message) })
  }

  /** Packets kept. */
  get length(): number {
    return this.#packets.length
  }

  /** Packets that were left out because there were too many: the oldest. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** As of arrays: -1 is the latest. */
  at(index: number): LoggedPacket | undefined {
    return this.#packets.at(index)
  }

  /** Those that pass a display filter, or for which a function holds. @throws FilterError */
  filter(choice: PacketChoice): LoggedPacket[] {
    return this.#packets.filter(chooser(choice))
  }

  /** The first such one. @throws FilterError */
  find(choice: PacketChoice): LoggedPacket | undefined {
    return this.#packets.find(chooser(choice))
  }

  map<T>(give: (packet: LoggedPacket, index: number) => T): T[] {
    return this.#packets.map(give)
  }

  /** All, as an array of the present. */
  all(): LoggedPacket[] {
    return [...this.#packets]
  }

  [Symbol.iterator](): IterableIterator<LoggedPacket> {
    return this.#packets[Symbol.iterator]()
  }

  /** Forgets what has passed so far. */
  clear(): void {
    this.catchUp()
    this.#packets = []
  }

  /** One line for each packet. */
  toString(): string {
    return this.#packets.join('\n')
  }

  /** Calls `listener` with each packet from now on; returns how to stop that. */
  listen(listener: (packet: LoggedPacket) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  begin(peer: Peer): ConnectionWitness {
    return new WitnessedConnection(this, peer, ++this.#connections)
  }

  /** Library only. */
  add(connection: WitnessedConnection, from: Side, bytes: Uint8Array): LoggedPacket {
    const packet = new LoggedPacket(++this.#count, from, bytes, this.#now(), (asked) => this.#dissectedOf(asked))
    this.#packets.push(packet)
    this.#waiting.push({ connection, packet })
    if (this.#waiting.length >= MOST_WAITING) this.catchUp()
    if (this.#packets.length > this.#most * 1.5) {
      this.#forgotten += this.#packets.length - this.#most
      this.#packets = this.#packets.slice(-this.#most)
    }
    for (const listener of this.#listeners) listener(packet)
    return packet
  }

  /** Library only. */
  end(connection: WitnessedConnection): void {
    this.#waiting.push({ connection, packet: null })
  }

  #dissectedOf(packet: LoggedPacket): Dissected {
    if (!this.#dissected.has(packet)) this.catchUp()
    return this.#dissected.get(packet)!
  }

  /** Library only. Dissects what waits: versions, aliases and acknowledgements are known from what went before, so it goes in order. */
  catchUp(): void {
    const steps = this.#waiting
    this.#waiting = []
    for (const { connection, packet } of steps) {
      const frames = connection.frames((frame) => {
        const borrowed = this.#dissector.dissect(packet === null ? frame : { ...frame, number: packet.number }) // what fields refer to
        this.#message = null
        this.#annotations.annotate(borrowed)
        if (packet === null) return
        const message = this.#message as MqttMessage | null
        if (message?.connection.clientId) connection.client = message.connection.clientId
        // of the packet's last frame
        this.#dissected.set(packet, { kept: new KeptPacket(borrowed), message, topic: this.#topicOf(message), client: connection.client })
      })
      if (packet === null) frames.close('client', false, this.#now())
      else frames.data(SENDERS[packet.from], packet.bytes, packet.time)
    }
  }

  /** Of a PUBLISH, or of the one that it answers. */
  #topicOf(message: MqttMessage | null): string | null {
    const packet = message?.packet ?? null
    if (message === null || packet === null || !('packetId' in packet)) return null
    const isPublish = packet.type === PacketType.Publish
    if (!isPublish && (packet.type < PacketType.Puback || packet.type > PacketType.Pubcomp)) return null
    // PUBREL goes the way of its PUBLISH, the others against it.
    const isFromClient = message.fromClient === (isPublish || packet.type === PacketType.Pubrel)
    const key = `${isFromClient ? '>' : '<'}${packet.packetId} ${message.connection.name}`
    if (!isPublish) return this.#topics.get(key) ?? null
    if (packet.qos > 0 && message.topicName !== null) this.#topics.set(key, message.topicName)
    return message.topicName
  }
}

/** A connection, as the log follows it. */
export class WitnessedConnection implements ConnectionWitness {
  readonly #log: PacketLog
  readonly #peer: Peer
  readonly #number: number
  #frames: SyntheticConnection | null = null
  #emit: (frame: Parameters<Dissector['dissect']>[0]) => void = () => {}
  #client: string | null = null

  constructor(log: PacketLog, peer: Peer, number: number) {
    this.#log = log
    this.#peer = peer
    this.#number = number
  }

  get client(): string | null {
    this.#log.catchUp()
    return this.#client
  }

  set client(client: string) {
    this.#client = client
  }

  packet(from: Side, bytes: Uint8Array): LoggedPacket {
    return this.#log.add(this, from, bytes)
  }

  ended(): void {
    this.#log.end(this)
  }

  /** Frames go to `emit`; the handshake comes first. */
  frames(emit: (frame: Parameters<Dissector['dissect']>[0]) => void): SyntheticConnection {
    this.#emit = emit
    if (this.#frames !== null) return this.#frames
    const { address, port } = this.#peer
    const server = { address: address.includes(':') ? '::1' : '127.0.0.1', port: MQTT_PORT }
    this.#frames = new SyntheticConnection(WHERE, { address, port: port === 0 ? this.#number % 65_536 : port }, server, (frame) => this.#emit(frame))
    this.#frames.open(0n)
    return this.#frames
  }
}

/** @throws FilterError */
export function chooser(choice: PacketChoice): (packet: LoggedPacket) => boolean {
  if (typeof choice === 'function') return choice
  const filter = compileFilter(choice)
  return (packet) => filter.test(packet.layered)
}
