// Reads the packets of many connections in the order in which they pass: fields for display filters, whose they are, which topic they are about.
// Made-up frames go through the dissector, so that filters find what the analyser finds in a capture.

import { KeptPacket } from '../analyse/kept-packet.ts'
import { Annotations } from '../analyse/mqtt/annotations.ts'
import type { MqttMessage } from '../analyse/mqtt/message.ts'
import type { Peer } from '../base/link.ts'
import type { CaptureInterface, Frame } from '../capture/frame.ts'
import { SyntheticConnection } from '../capture/synthetic-connection.ts'
import { Demand } from '../dissect/demand.ts'
import { Dissector } from '../dissect/dissect.ts'
import { PacketType } from '../wire/mqtt/packet.ts'
import type { Side } from './passing-packet.ts'

/** Port of MQTT: the dissector looks for MQTT there, whatever port was really used. */
const MQTT_PORT = 1883
const SENDERS = { client: 'client', broker: 'server' } as const
const WHERE: CaptureInterface = { linkType: 1, name: 'broker', description: 'MQTT as the broker sees it', snapLength: 0 }
/** Messages under way whose topic is remembered, of all clients together; the oldest are forgotten. */
const MOST_TOPICS = 100_000

/** What dissecting gave. */
export interface ReadPacket {
  readonly kept: KeptPacket
  /** Null when it belongs to no MQTT stream. */
  readonly message: MqttMessage | null
  /** As in PassingPacket. */
  readonly topic: string | null
  readonly client: string | null
}

export class PacketReader {
  readonly #dissector = new Dissector({ demand: new Demand('everything', true, []) })
  readonly #annotations: Annotations
  #message: MqttMessage | null = null
  /** By client, sender and Packet Identifier: acknowledgements may come on a later connection than their PUBLISH. */
  readonly #topics = new Map<string, string>()
  #connections = 0

  constructor() {
    this.#annotations = new Annotations({ message: (message) => void (this.#message = message) })
  }

  begin(peer: Peer): ReadConnection {
    return new ReadConnection(this, peer, ++this.#connections)
  }

  /** Library only: one frame, in order. */
  frame(frame: Frame): { readonly kept: KeptPacket; readonly message: MqttMessage | null } {
    const borrowed = this.#dissector.dissect(frame) // what fields refer to
    this.#message = null
    this.#annotations.annotate(borrowed)
    return { kept: new KeptPacket(borrowed), message: this.#message }
  }

  /** Library only: of a PUBLISH, or of the one that it answers. */
  topicOf(message: MqttMessage | null): string | null {
    const packet = message?.packet ?? null
    if (message === null || packet === null || !('packetId' in packet)) return null
    const isPublish = packet.type === PacketType.Publish
    if (!isPublish && (packet.type < PacketType.Puback || packet.type > PacketType.Pubcomp)) return null
    // PUBREL goes the way of its PUBLISH, the others against it.
    const isFromClient = message.fromClient === (isPublish || packet.type === PacketType.Pubrel)
    const key = `${isFromClient ? '>' : '<'}${packet.packetId} ${message.connection.name}`
    if (!isPublish) return this.#topics.get(key) ?? null
    if (packet.qos > 0 && message.topicName !== null) {
      this.#topics.delete(key)
      this.#topics.set(key, message.topicName)
      if (this.#topics.size > MOST_TOPICS) this.#topics.delete(this.#topics.keys().next().value!)
    }
    return message.topicName
  }
}

/** One connection, whose packets are to be read in order. */
export class ReadConnection {
  /** Client Identifier; null until it is known. */
  client: string | null = null
  readonly #reader: PacketReader
  readonly #frames: SyntheticConnection
  #isOpen = false
  #number: number | null = null
  #read: ReturnType<PacketReader['frame']> | null = null

  constructor(reader: PacketReader, { address, port }: Peer, number: number) {
    this.#reader = reader
    const server = { address: address.includes(':') ? '::1' : '127.0.0.1', port: MQTT_PORT }
    this.#frames = new SyntheticConnection(WHERE, { address, port: port === 0 ? number % 65_536 : port }, server, (frame) => this.#frame(frame))
  }

  /** `time` in nanoseconds since 1970. With `number` the packet's frames bear it. */
  packet(from: Side, bytes: Uint8Array, time: bigint, number: number | null = null): ReadPacket {
    this.#open()
    this.#number = number
    this.#frames.data(SENDERS[from], bytes, time)
    const { kept, message } = this.#read! // of the packet's last frame
    return { kept, message, topic: this.#reader.topicOf(message), client: this.client }
  }

  ended(time: bigint): void {
    this.#open()
    this.#frames.close('client', false, time)
  }

  /** The handshake comes first. */
  #open(): void {
    this.#number = null
    if (!this.#isOpen) this.#frames.open(0n)
    this.#isOpen = true
  }

  #frame(frame: Frame): void {
    this.#read = this.#reader.frame(this.#number === null ? frame : { ...frame, number: this.#number })
    const clientId = this.#read.message?.connection.clientId
    if (clientId) this.client = clientId
  }
}
