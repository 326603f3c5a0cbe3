// Reads the database file of Mosquitto (persistence_file, mosquitto.db) of version 6, as Mosquitto 2.0 writes it.
// Learnt from files with known content. Lengths, identifiers and counts are big endian; database ids and times have the order of the machine.
//
//   file     00 B5 00 "mosquitto db" | checksum u32 (0) | version u32, then chunks: type u32 | length u32 | content
//   1 config last id u64 | shut down cleanly u8 | size of ids u8 | 6 bytes
//   2 base message   id u64 | expires i64 s | payload u32 | source mid u16 | source id u16 | source user u16 | topic u16 | port u16 | QoS u8 | retain u8
//                    then those texts: source id, source user, topic, payload, [properties: length, bytes]
//   3 client message base id u64 | mid u16 | client id u16 | QoS u8 | state u8 | retain << 4 | dup u8 | direction u8 | client id | [properties]
//   4 retained       base id u64
//   5 subscription   identifier u32 | client id u16 | filter u16 | QoS u8 | options u8 | 2 bytes | client id | filter
//   6 client         expires i64 s | expiry interval u32 | last mid u16 | client id u16 | port u16 | user u16 | 4 bytes | client id | user

import { JournalError } from './journal.ts'

const MAGIC = [0x00, 0xb5, 0x00, 0x6d, 0x6f, 0x73, 0x71, 0x75, 0x69, 0x74, 0x74, 0x6f, 0x20, 0x64, 0x62]
const HEADER = 23

/** Where a message of a client stands. */
export const MosquittoState = { AwaitingPuback: 3, AwaitingPubrec: 5, AwaitingPubrel: 7, AwaitingPubcomp: 9, Queued: 11 } as const

export interface MosquittoMessage {
  readonly id: bigint
  /** Seconds since 1970; 0 = never. */
  readonly expiresAt: number
  readonly sourceId: string
  readonly sourceUser: string
  readonly topic: string
  readonly qos: number
  readonly retain: boolean
  readonly payload: Uint8Array
  /** As in a packet, without their length. */
  readonly properties: Uint8Array
}

export interface MosquittoClientMessage {
  readonly messageId: bigint
  readonly clientId: string
  readonly mid: number
  readonly qos: number
  readonly state: number
  readonly retain: boolean
  readonly dup: boolean
  /** From the client to the broker. */
  readonly incoming: boolean
  readonly properties: Uint8Array
}

export interface MosquittoSubscription {
  readonly clientId: string
  readonly filter: string
  readonly qos: number
  /** 4 No Local, 8 Retain As Published. */
  readonly options: number
  /** 0 = none. */
  readonly identifier: number
}

export interface MosquittoClient {
  readonly clientId: string
  readonly userName: string
  /** Seconds since 1970 when its session ends; 0 = not counting. */
  readonly expiresAt: number
  readonly expiryInterval: number
  readonly lastMid: number
}

export interface MosquittoDatabase {
  readonly version: number
  readonly clients: readonly MosquittoClient[]
  readonly subscriptions: readonly MosquittoSubscription[]
  readonly messages: ReadonlyMap<bigint, MosquittoMessage>
  readonly clientMessages: readonly MosquittoClientMessage[]
  /** Messages by id. */
  readonly retained: readonly bigint[]
  /** What was passed over, in a sentence each. */
  readonly notes: readonly string[]
}

export function isMosquittoDatabase(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER && MAGIC.every((byte, i) => bytes[i] === byte)
}

/** Throws JournalError naming the offset when it is none, of another version, or damaged. */
export function readMosquittoDatabase(bytes: Uint8Array, path: string): MosquittoDatabase {
  if (!isMosquittoDatabase(bytes)) throw new JournalError(`${path} is no database of Mosquitto: it does not begin like one`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint32(19)
  if (version !== 6) throw new JournalError(`${path} has version ${version} of Mosquitto's format, version 6 can be read: let Mosquitto 2 load and save it`)
  const clients: MosquittoClient[] = []
  const subscriptions: MosquittoSubscription[] = []
  const messages = new Map<bigint, MosquittoMessage>()
  const clientMessages: MosquittoClientMessage[] = []
  const retained: bigint[] = []
  const notes: string[] = []
  for (let at = HEADER; at < bytes.length; ) {
    if (bytes.length - at < 8) throw damaged(path, at, 'a chunk without a head')
    const type = view.getUint32(at)
    const end = at + 8 + view.getUint32(at + 4)
    if (end > bytes.length) throw damaged(path, at, `a chunk of ${end - at - 8} bytes where ${bytes.length - at - 8} are left`)
    const chunk = new Chunk(bytes, view, at + 8, end, path)
    switch (type) {
      case 1:
        break
      case 2: {
        const message = readMessage(chunk)
        messages.set(message.id, message)
        break
      }
      case 3:
        clientMessages.push(readClientMessage(chunk))
        break
      case 4:
        retained.push(chunk.id())
        break
      case 5:
        subscriptions.push(readSubscription(chunk))
        break
      case 6:
        clients.push(readClient(chunk))
        break
      default:
        notes.push(`${path}: a chunk of unknown type ${type} at offset ${at} was passed over`)
    }
    at = end
  }
  return { version, clients, subscriptions, messages, clientMessages, retained, notes }
}

function readMessage(chunk: Chunk): MosquittoMessage {
  const id = chunk.id()
  const expiresAt = chunk.time()
  const payloadLength = chunk.u32()
  chunk.skip(2)
  const sourceIdLength = chunk.u16()
  const sourceUserLength = chunk.u16()
  const topicLength = chunk.u16()
  chunk.skip(2)
  const qos = chunk.u8()
  const retain = chunk.u8() !== 0
  const sourceId = chunk.text(sourceIdLength)
  const sourceUser = chunk.text(sourceUserLength)
  const topic = chunk.text(topicLength)
  const payload = chunk.bytes(payloadLength)
  return { id, expiresAt, sourceId, sourceUser, topic, qos, retain, payload, properties: chunk.properties() }
}

function readClientMessage(chunk: Chunk): MosquittoClientMessage {
  const messageId = chunk.id()
  const mid = chunk.u16()
  const clientIdLength = chunk.u16()
  const qos = chunk.u8()
  const state = chunk.u8()
  const flags = chunk.u8()
  const incoming = chunk.u8() === 0
  const clientId = chunk.text(clientIdLength)
  return { messageId, clientId, mid, qos, state, retain: (flags & 0xf0) !== 0, dup: (flags & 0x0f) !== 0, incoming, properties: chunk.properties() }
}

function readSubscription(chunk: Chunk): MosquittoSubscription {
  const identifier = chunk.u32()
  const clientIdLength = chunk.u16()
  const filterLength = chunk.u16()
  const qos = chunk.u8()
  const options = chunk.u8()
  chunk.skip(2)
  return { identifier, clientId: chunk.text(clientIdLength), filter: chunk.text(filterLength), qos, options }
}

function readClient(chunk: Chunk): MosquittoClient {
  const expiresAt = chunk.time()
  const expiryInterval = chunk.u32()
  const lastMid = chunk.u16()
  const clientIdLength = chunk.u16()
  chunk.skip(2)
  const userLength = chunk.u16()
  chunk.skip(4)
  return { expiresAt, expiryInterval, lastMid, clientId: chunk.text(clientIdLength), userName: chunk.text(userLength) }
}

/** One chunk, read in its order. */
class Chunk {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #end: number
  readonly #path: string
  #at: number

  constructor(bytes: Uint8Array, view: DataView, at: number, end: number, path: string) {
    this.#bytes = bytes
    this.#view = view
    this.#at = at
    this.#end = end
    this.#path = path
  }

  skip(size: number): void {
    this.#take(size)
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  id(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  time(): number {
    return Number(this.#view.getBigInt64(this.#take(8), true))
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  text(length: number): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.bytes(length))
  }

  /** What is left: a length and properties, or nothing. */
  properties(): Uint8Array {
    if (this.#at === this.#end) return new Uint8Array(0)
    let length = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8()
      length += (byte & 127) * scale
      if (byte < 128) break
      if (scale === 2097152) throw damaged(this.#path, this.#at, 'a length of properties that does not end')
    }
    return this.bytes(length)
  }

  #take(size: number): number {
    const at = this.#at
    if (size > this.#end - at) throw damaged(this.#path, at, `${size} bytes where the chunk has ${this.#end - at}`)
    this.#at = at + size
    return at
  }
}

function damaged(path: string, at: number, what: string): JournalError {
  return new JournalError(`${path} is damaged at offset ${at}: ${what}. Let Mosquitto load and save it, or start without it`)
}
