// A client's unfinished messages in one file: records are appended before the packets they are about go out, and what is done is cleaned away.
// It outlives the program; with `sync` also a loss of power. A record that was cut short by the end of the program is left out.
//
//   file    the line 'zanzara client store 1', records
//   record  length of the rest (4 bytes), checksum of the rest (4), kind (1), key (4), body

import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import type { JournaledDelivery, StoredSession } from '../session/client-journal.ts'
import type { Publish } from '../wire/mqtt/packet.ts'
import { MqttError } from './errors.ts'
import type { ClientStore } from './options.ts'
import { deliveryBytes, deliveryOf, publishBytes, publishOf } from './stored-message.ts'

export interface FileStoreOptions {
  /** Waits for the disk at each record; false unless given. */
  readonly sync?: boolean
}

const HEADER = new TextEncoder().encode('zanzara client store 1\n')
const Kind = { Outgoing: 1, OutgoingDone: 2, Incoming: 3, IncomingDone: 4 } as const
const NOTHING = new Uint8Array(0)
/** Bytes beyond which a file is written anew, when less than half of it counts. */
const WORTH_CLEANING = 1 << 20
/** Bytes beyond which a file in which nothing counts is emptied. */
const WORTH_EMPTYING = 1 << 16

/** For `connect(url, { clientId, store: fileStore('lamp.store') })`. The file is for one client at a time. */
export function fileStore(file: string, options: FileStoreOptions = {}): ClientStore {
  return new FileStore(file, options.sync === true)
}

class FileStore implements ClientStore {
  readonly #file: string
  readonly #isSync: boolean
  readonly #outgoing = new Map<number, JournaledDelivery>()
  readonly #incoming = new Map<number, Publish>()
  #fd = -1
  /** Bytes of the file. */
  #size = 0
  /** Bytes of the records that count. */
  readonly #sizes = new Map<string, number>()
  #live = 0
  #failure: Error | null = null

  constructor(file: string, isSync: boolean) {
    this.#file = file
    this.#isSync = isSync
  }

  open(): StoredSession {
    if (this.#fd >= 0) throw new MqttError('STORE_FAILED', `${this.#file} is open already`, { hint: 'a store is for one client: make another one' })
    try {
      if (existsSync(this.#file)) this.#read(readFileSync(this.#file))
      this.#rewrite()
    } catch (error) {
      if (error instanceof MqttError) throw error
      throw new MqttError('STORE_FAILED', `${this.#file} cannot be used: ${(error as Error).message}`, { hint: 'may this user write there?', cause: error })
    }
    return { outgoing: [...this.#outgoing.values()].sort((a, b) => a.key - b.key), incoming: [...this.#incoming.values()] }
  }

  close(): void {
    if (this.#fd < 0) return
    closeSync(this.#fd)
    this.#fd = -1
  }

  outgoing(delivery: JournaledDelivery): void {
    if (delivery.packetId === 0 && this.#failure !== null) throw this.#failed()
    this.#outgoing.set(delivery.key, delivery)
    this.#put(Kind.Outgoing, delivery.key, deliveryBytes(delivery))
    if (this.#failure === null || delivery.packetId !== 0) return
    this.#outgoing.delete(delivery.key)
    throw this.#failed()
  }

  outgoingDone(key: number): void {
    if (this.#outgoing.delete(key)) this.#remove(Kind.Outgoing, key)
  }

  incoming(publish: Publish): void {
    this.#incoming.set(publish.packetId, publish)
    this.#put(Kind.Incoming, publish.packetId, publishBytes(publish))
  }

  incomingDone(packetId: number): void {
    if (this.#incoming.delete(packetId)) this.#remove(Kind.Incoming, packetId)
  }

  #failed(): MqttError {
    return new MqttError('STORE_FAILED', `${this.#file} cannot be written: ${this.#failure!.message}`, { cause: this.#failure })
  }

  #put(kind: number, key: number, body: Uint8Array): void {
    const size = this.#append(kind, key, body)
    const name = `${kind} ${key}`
    this.#live += size - (this.#sizes.get(name) ?? 0)
    this.#sizes.set(name, size)
    this.#clean()
  }

  #remove(kind: number, key: number): void {
    const name = `${kind} ${key}`
    this.#append(kind + 1, key, NOTHING)
    this.#live -= this.#sizes.get(name) ?? 0
    this.#sizes.delete(name)
    this.#clean()
  }

  /** Faults are kept for the next `publish`, which is refused: here nobody waits. */
  #append(kind: number, key: number, body: Uint8Array): number {
    const record = recordOf(kind, key, body)
    if (this.#fd < 0) return 0
    try {
      this.#write(this.#fd, record)
      if (this.#isSync) fsyncSync(this.#fd)
      this.#failure = null
    } catch (error) {
      this.#failure = error as Error
    }
    return record.length
  }

  /** Whole, or not at all: half a record would hide those behind it. */
  #write(fd: number, bytes: Uint8Array): void {
    let at = 0
    try {
      while (at < bytes.length) at += writeSync(fd, bytes, at, bytes.length - at, this.#size + at)
      this.#size += bytes.length
    } catch (error) {
      if (at > 0) ftruncateSync(fd, this.#size)
      throw error
    }
  }

  #clean(): void {
    const isEmpty = this.#sizes.size === 0 && this.#size > WORTH_EMPTYING
    if (this.#fd < 0 || !(isEmpty || (this.#size > WORTH_CLEANING && this.#size > 2 * this.#live))) return
    try {
      this.#rewrite()
    } catch (error) {
      this.#failure = error as Error
    }
  }

  /** A new file with what counts, in the place of the old one. */
  #rewrite(): void {
    const fresh = `${this.#file}.new`
    const fd = openSync(fresh, 'w', 0o600)
    const sizeBefore = this.#size
    this.#size = 0
    try {
      this.#write(fd, HEADER)
      this.#sizes.clear()
      this.#live = 0
      const put = (kind: number, key: number, body: Uint8Array): void => {
        const record = recordOf(kind, key, body)
        this.#write(fd, record)
        this.#sizes.set(`${kind} ${key}`, record.length)
        this.#live += record.length
      }
      for (const delivery of this.#outgoing.values()) put(Kind.Outgoing, delivery.key, deliveryBytes(delivery))
      for (const publish of this.#incoming.values()) put(Kind.Incoming, publish.packetId, publishBytes(publish))
      if (this.#isSync) fsyncSync(fd)
      renameSync(fresh, this.#file)
    } catch (error) {
      closeSync(fd)
      this.#size = sizeBefore
      throw error
    }
    if (this.#fd >= 0) closeSync(this.#fd)
    this.#fd = fd
  }

  #read(bytes: Uint8Array): void {
    if (bytes.length > 0 && !HEADER.every((byte, i) => bytes[i] === byte))
      throw new MqttError('STORE_FAILED', `${this.#file} is no store of a client`, { hint: 'name another file' })
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = HEADER.length; at + 8 <= bytes.length; ) {
      const end = at + 8 + view.getUint32(at)
      if (end > bytes.length || end < at + 13 || view.getUint32(at + 4) !== checksum(bytes, at + 8, end)) return // the end of the program cut it short
      const key = view.getUint32(at + 9)
      const body = bytes.subarray(at + 13, end)
      const kind = bytes[at + 8]!
      if (kind === Kind.Outgoing) this.#outgoing.set(key, deliveryOf(key, body))
      else if (kind === Kind.OutgoingDone) this.#outgoing.delete(key)
      else if (kind === Kind.Incoming) this.#incoming.set(key, publishOf(body))
      else if (kind === Kind.IncomingDone) this.#incoming.delete(key)
      at = end
    }
  }
}

function recordOf(kind: number, key: number, body: Uint8Array): Uint8Array {
  const record = new Uint8Array(13 + body.length)
  const view = new DataView(record.buffer)
  view.setUint32(0, 5 + body.length)
  record[8] = kind
  view.setUint32(9, key)
  record.set(body, 13)
  view.setUint32(4, checksum(record, 8, record.length))
  return record
}

/** FNV-1a: finds records that were cut short or filled with zeros. */
function checksum(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return hash >>> 0
}
