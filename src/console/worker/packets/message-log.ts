// Every MQTT packet of a capture in eleven integers, and which of them belong together: a PUBLISH, its repeats, its acknowledgements. ● hot
// A session goes on over connections: what is sent again after a reconnect still belongs to its first PUBLISH.

import type { MqttConnection } from '../../../analyse/mqtt/connection.ts'
import type { ConnectionListener } from '../../../analyse/mqtt/connections.ts'
import type { MqttMessage } from '../../../analyse/mqtt/message.ts'
import { type Packet, PacketType } from '../../../wire/mqtt/packet.ts'
import { TextTable } from './text-table.ts'

/** One MQTT packet. */
export interface LoggedMessage {
  /** Ascending in the order of the capture; not consecutive with those of dropped packets. */
  readonly id: number
  readonly frame: number
  /** Index of `connections`. */
  readonly connection: number
  readonly fromClient: boolean
  readonly type: PacketType
  readonly qos: number
  readonly dup: boolean
  readonly retain: boolean
  /** It broke the protocol and was not read. */
  readonly isBroken: boolean
  readonly packetId: number
  /** Topic Name of a PUBLISH, filters of a SUBSCRIBE, what CONNECT asks for. */
  readonly text: string
  /** Bytes of a PUBLISH's payload, of other packets all. */
  readonly size: number
  /** Of the payload. */
  readonly hash: number
  readonly reasonCode: number
  /** The PUBLISH that began the exchange; -1 = it belongs to none. */
  readonly first: number
}

export interface LoggedConnection {
  /** tcp.stream; -1 = forgotten. */
  readonly stream: number
  /** Empty = unknown. */
  clientId: string
  readonly client: string
  readonly server: string
  version: number
  /** Packet that ended it; 0 = open. */
  endFrame: number
}

/** Exchanges under way of one session, by Packet Identifier: the PUBLISH's id. */
interface Session {
  readonly client: Map<number, number>
  readonly server: Map<number, number>
  /** SUBSCRIBE, UNSUBSCRIBE, CONNECT and PINGREQ of the connection, by type and Packet Identifier. */
  readonly requests: Map<number, number>
}

const Field = { Frame: 0, Connection: 1, Bits: 2, PacketId: 3, Text: 4, Size: 5, Hash: 6, Reason: 7, First: 8, Next: 9, Tail: 10 } as const
const FIELDS = 11
const Bit = { Qos: 4, Dup: 64, Retain: 128, FromClient: 256, Done: 512, Broken: 1024 } as const
const NONE = -1
const REQUESTS: ReadonlySet<number> = new Set([PacketType.Connect, PacketType.Subscribe, PacketType.Unsubscribe, PacketType.Pingreq])
/** Messages of an exchange, at most: who repeats for ever is not followed for ever. */
const LONGEST_EXCHANGE = 500
/** Sessions of clients that are remembered after their connection. */
const MOST_SESSIONS = 20_000
/** Records that are gone before the others move up: moving for each would cost more than everything else. */
const LEAST_MOVED = 8192
/** Texts from which those that no record has any more are looked for. */
const LEAST_TEXTS = 65_536
const FORGOTTEN: LoggedConnection = { stream: -1, clientId: '', client: '', server: '', version: 4, endFrame: 0 }

export class MessageLog implements ConnectionListener {
  readonly connections: LoggedConnection[] = []
  #records = new Int32Array(1024 * FIELDS)
  /** Id of the record at the beginning of `#records`, which may be gone already. */
  #origin = 0
  /** Id of the first record kept. */
  #base = 0
  #count = 0
  readonly #texts = new TextTable()
  #mostTexts = LEAST_TEXTS
  readonly #indexOf = new WeakMap<MqttConnection, number>()
  /** Null = forgotten with its connection. */
  readonly #sessionOf: (Session | null)[] = []
  readonly #sessions = new Map<string, Session>()
  /** Indices of connections that have ended, in that order. */
  readonly #ended: number[] = []

  /** Id of the oldest message. */
  get first(): number {
    return this.#base
  }

  /** Id behind the newest one. */
  get end(): number {
    return this.#base + this.#count
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#records.byteLength
  }

  message(message: MqttMessage): void {
    const { packet, type, fromClient, frame, size } = message
    const connection = this.#connectionOf(message)
    const id = this.#append()
    let bits = type | (fromClient ? Bit.FromClient : 0) | (message.error === null ? 0 : Bit.Broken)
    this.#set(id, Field.Frame, frame)
    this.#set(id, Field.Connection, connection)
    this.#set(id, Field.Size, size)
    for (const field of [Field.First, Field.Next, Field.Tail]) this.#set(id, field, NONE)
    if (packet?.type === PacketType.Publish) {
      bits |= (packet.qos << Bit.Qos) | (packet.dup ? Bit.Dup : 0) | (packet.retain ? Bit.Retain : 0)
      this.#set(id, Field.PacketId, packet.packetId)
      this.#set(id, Field.Text, this.#texts.number(message.topicName ?? '?'))
      this.#set(id, Field.Size, packet.payload.length)
      this.#set(id, Field.Hash, hashOf(packet.payload))
    } else {
      this.#set(id, Field.PacketId, packet !== null && 'packetId' in packet ? packet.packetId : 0)
      this.#set(id, Field.Text, this.#texts.number(message.error?.message ?? detailOf(packet)))
      this.#set(id, Field.Reason, packet !== null && 'reasonCode' in packet ? packet.reasonCode : 0)
    }
    this.#set(id, Field.Bits, bits)
    if (packet === null) return
    if (packet.type === PacketType.Publish && packet.qos > 0) this.#published(id, connection, fromClient, packet.packetId, packet.dup)
    else if (packet.type >= PacketType.Puback && packet.type <= PacketType.Pubcomp && 'packetId' in packet)
      this.#acknowledged(id, connection, fromClient, packet.type, packet.packetId, 'reasonCode' in packet ? packet.reasonCode : 0)
    else if (packet.type !== PacketType.Publish) this.#requested(id, connection, packet.type, 'packetId' in packet ? packet.packetId : 0)
  }

  ended(connection: MqttConnection): void {
    const index = this.#indexOf.get(connection)
    if (index === undefined) return
    this.connections[index]!.endFrame = connection.end?.frame ?? 0
    this.#ended.push(index)
  }

  /** The first message of a packet or of a later one. */
  at(frame: number): number {
    let low = this.#base
    let high = this.end
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#get(middle, Field.Frame) < frame) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Null when it is not kept. */
  get(id: number): LoggedMessage | null {
    if (id < this.#base || id >= this.end) return null
    const bits = this.#get(id, Field.Bits)
    return {
      id,
      frame: this.#get(id, Field.Frame),
      connection: this.#get(id, Field.Connection),
      fromClient: (bits & Bit.FromClient) !== 0,
      type: (bits & 15) as PacketType,
      qos: (bits >> Bit.Qos) & 3,
      dup: (bits & Bit.Dup) !== 0,
      retain: (bits & Bit.Retain) !== 0,
      isBroken: (bits & Bit.Broken) !== 0,
      packetId: this.#get(id, Field.PacketId),
      text: this.#texts.text(this.#get(id, Field.Text)),
      size: this.#get(id, Field.Size),
      hash: this.#get(id, Field.Hash),
      reasonCode: this.#get(id, Field.Reason),
      first: this.#get(id, Field.First),
    }
  }

  frameOf(id: number): number {
    return id < this.#base || id >= this.end ? 0 : this.#get(id, Field.Frame)
  }

  /** The message that began the exchange of one; -1 = it belongs to none. */
  beginOf(id: number): number {
    return id < this.#base || id >= this.end ? NONE : this.#get(id, Field.First)
  }

  /** Whether both are a PUBLISH of the same topic and payload. */
  isSamePublish(id: number, other: number): boolean {
    return (
      this.#isPublish(id) &&
      this.#isPublish(other) &&
      this.#get(id, Field.Text) === this.#get(other, Field.Text) &&
      this.#get(id, Field.Hash) === this.#get(other, Field.Hash) &&
      this.#get(id, Field.Size) === this.#get(other, Field.Size)
    )
  }

  #isPublish(id: number): boolean {
    return id >= this.#base && id < this.end && (this.#get(id, Field.Bits) & 15) === PacketType.Publish
  }

  /** All messages of the exchange that a message belongs to, in order; itself alone when to none. */
  exchange(id: number): LoggedMessage[] {
    const own = this.get(id)
    if (own === null) return []
    if (own.first < this.#base) return [own]
    const messages: LoggedMessage[] = []
    for (let at = own.first; at !== NONE && messages.length < LONGEST_EXCHANGE; at = this.#get(at, Field.Next)) messages.push(this.get(at)!)
    return messages
  }

  /** Whether the last acknowledgement of an exchange has come; `id` is of its PUBLISH. */
  isDone(id: number): boolean {
    return id >= this.#base && (this.#get(id, Field.Bits) & Bit.Done) !== 0
  }

  /** Forgets what happened before a packet, and connections that ended before it. */
  dropBefore(frame: number): void {
    const gone = this.at(frame) - this.#base
    this.#base += gone
    this.#count -= gone
    let over = 0
    while (over < this.#ended.length && this.connections[this.#ended[over]!]!.endFrame < frame) {
      const index = this.#ended[over++]!
      this.connections[index] = FORGOTTEN
      this.#sessionOf[index] = null
    }
    if (over > 0) this.#ended.splice(0, over)
    const moved = this.#base - this.#origin
    if (moved < LEAST_MOVED || moved < this.#count) return
    this.#records.copyWithin(0, moved * FIELDS, (moved + this.#count) * FIELDS)
    this.#origin = this.#base
    if (this.#texts.size >= this.#mostTexts) this.#forgetTexts()
  }

  #forgetTexts(): void {
    const renumbered = this.#texts.keep((mark) => {
      for (let id = this.#base; id < this.end; id++) mark(this.#get(id, Field.Text))
    })
    for (let id = this.#base; id < this.end; id++) this.#set(id, Field.Text, renumbered[this.#get(id, Field.Text)]!)
    this.#mostTexts = Math.max(LEAST_TEXTS, 2 * this.#texts.size)
  }

  #published(id: number, connection: number, fromClient: boolean, packetId: number, dup: boolean): void {
    const running = this.#sessionOf[connection]![fromClient ? 'client' : 'server']
    const first = running.get(packetId)
    this.#set(id, Field.First, id)
    this.#set(id, Field.Tail, id)
    // an answer that its receiver never got ends nothing for it: it sends again
    if (dup && first !== undefined && first >= this.#base && this.#get(first, Field.Text) === this.#get(id, Field.Text)) this.#chain(first, id)
    else running.set(packetId, id)
  }

  #acknowledged(id: number, connection: number, fromClient: boolean, type: PacketType, packetId: number, reasonCode: number): void {
    // PUBREL goes the way of its PUBLISH, the others against it
    const sender = fromClient === (type === PacketType.Pubrel) ? 'client' : 'server'
    const first = this.#sessionOf[connection]![sender].get(packetId)
    if (first === undefined || first < this.#base) return
    this.#chain(first, id)
    if (type === PacketType.Puback || type === PacketType.Pubcomp || (type === PacketType.Pubrec && reasonCode >= 0x80))
      this.#set(first, Field.Bits, this.#get(first, Field.Bits) | Bit.Done)
  }

  /** The answer of a request has the next type. */
  #requested(id: number, connection: number, type: PacketType, packetId: number): void {
    const { requests } = this.#sessionOf[connection]!
    if (REQUESTS.has(type)) {
      requests.set((type << 16) | packetId, id)
      this.#set(id, Field.First, id)
      this.#set(id, Field.Tail, id)
    } else if (REQUESTS.has(type - 1)) {
      const key = ((type - 1) << 16) | packetId
      const request = requests.get(key)
      requests.delete(key)
      if (request !== undefined && request >= this.#base) this.#chain(request, id)
    }
  }

  #chain(first: number, id: number): void {
    this.#set(this.#get(first, Field.Tail), Field.Next, id)
    this.#set(first, Field.Tail, id)
    this.#set(id, Field.First, first)
  }

  #connectionOf({ connection, packet }: MqttMessage): number {
    let index = this.#indexOf.get(connection)
    if (index === undefined || this.connections[index] === FORGOTTEN) {
      const { stream, client, server } = connection
      index = this.connections.push({ stream, client, server, clientId: '', version: connection.version, endFrame: 0 }) - 1
      this.#indexOf.set(connection, index)
      this.#sessionOf.push({ client: new Map(), server: new Map(), requests: new Map() })
    }
    const own = this.connections[index]!
    if (packet?.type === PacketType.Connect) {
      own.clientId = packet.clientId
      own.version = packet.version
      if (packet.clientId !== '') this.#sessionOf[index] = this.#sessionFor(`${packet.clientId} ${own.server}`, packet.cleanStart)
    } else if (packet?.type === PacketType.Connack && packet.properties.assignedClientIdentifier !== undefined)
      own.clientId = packet.properties.assignedClientIdentifier
    return index
  }

  #sessionFor(name: string, isNew: boolean): Session {
    const known = this.#sessions.get(name)
    if (known !== undefined && !isNew) return known
    const session: Session = { client: new Map(), server: new Map(), requests: new Map() }
    this.#sessions.delete(name)
    this.#sessions.set(name, session)
    if (this.#sessions.size > MOST_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value!)
    return session
  }

  #append(): number {
    if ((this.end + 1 - this.#origin) * FIELDS > this.#records.length) {
      const bigger = new Int32Array(2 * this.#records.length)
      bigger.set(this.#records)
      this.#records = bigger
    }
    return this.#base + this.#count++
  }

  #get(id: number, field: number): number {
    return this.#records[(id - this.#origin) * FIELDS + field]!
  }

  #set(id: number, field: number, value: number): void {
    this.#records[(id - this.#origin) * FIELDS + field] = value
  }
}

/** FNV-1a over the payload, over its ends only if it is long: enough to know a message again beside its topic and size. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  const step = bytes.length > 4096 ? Math.ceil(bytes.length / 4096) : 1
  for (let i = 0; i < bytes.length; i += step) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash
}

/** What a packet without topic says, in the standard's words. */
function detailOf(packet: Packet | null): string {
  switch (packet?.type) {
    case PacketType.Connect:
      return `${packet.version === 5 ? 'clean start' : 'clean session'} ${packet.cleanStart ? 1 : 0}${packet.will === null ? '' : `, will ${packet.will.topicName}`}`
    case PacketType.Connack:
      return `session present ${packet.sessionPresent ? 1 : 0}`
    case PacketType.Subscribe:
      return packet.subscriptions.map(({ topicFilter, qos }) => `${topicFilter} QoS ${qos}`).join(', ')
    case PacketType.Unsubscribe:
      return packet.topicFilters.join(', ')
    case PacketType.Suback:
      return packet.reasonCodes.map((code) => (code < 3 ? `QoS ${code}` : `0x${code.toString(16)}`)).join(', ')
    default:
      return ''
  }
}
