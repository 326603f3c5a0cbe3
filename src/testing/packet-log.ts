// Every MQTT packet that passed a test broker, one by one, as a list that grows: each is dissected when somebody asks, in the order of the wire.
// The witness of the faults (faults/), which is told of every packet. What a packet says is logged-packet.ts.

import { PacketReader, type ReadConnection, type ReadPacket } from '../faults/packet-reader.ts'
import type { ConnectionWitness, Side, Witness, WitnessedLink } from '../faults/passing-packet.ts'
import { compileFilter } from '../filter/filter.ts'
import { LoggedPacket } from './logged-packet.ts'

/** Packets that wait to be dissected; then it is done for all of them, asked or not. */
const MOST_WAITING = 1000

/** A display filter, or a function as for arrays. */
export type PacketChoice = string | ((packet: LoggedPacket) => boolean)

/** What has to be dissected, in order: a packet, or a connection's end. */
type Step = { readonly connection: WitnessedConnection; readonly packet: LoggedPacket | null }

export class PacketLog implements Witness, Iterable<LoggedPacket> {
  readonly #most: number
  #packets: LoggedPacket[] = []
  readonly #dissected = new WeakMap<LoggedPacket, ReadPacket>()
  #waiting: Step[] = []
  #count = 0
  #forgotten = 0
  readonly #reader = new PacketReader()
  readonly #listeners = new Set<(packet: LoggedPacket) => void>()
  readonly #now: () => bigint

  /** Keeps the last `most` packets. `now` in nanoseconds since 1970. */
  constructor(most: number, now: () => bigint) {
    this.#most = most
    this.#now = now
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

  begin({ peer }: WitnessedLink): ConnectionWitness {
    return new WitnessedConnection(this, this.#reader.begin(peer))
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

  #dissectedOf(packet: LoggedPacket): ReadPacket {
    if (!this.#dissected.has(packet)) this.catchUp()
    return this.#dissected.get(packet)!
  }

  /** Library only. Dissects what waits: versions, aliases and acknowledgements are known from what went before, so it goes in order. */
  catchUp(): void {
    const steps = this.#waiting
    this.#waiting = []
    for (const { connection, packet } of steps) {
      if (packet === null) connection.read.ended(this.#now())
      else this.#dissected.set(packet, connection.read.packet(packet.from, packet.bytes, packet.time, packet.number))
    }
  }
}

/** A connection, as the log follows it. */
export class WitnessedConnection implements ConnectionWitness {
  /** Library only. */
  readonly read: ReadConnection
  readonly #log: PacketLog

  constructor(log: PacketLog, read: ReadConnection) {
    this.#log = log
    this.read = read
  }

  get client(): string | null {
    this.#log.catchUp()
    return this.read.client
  }

  packet(from: Side, bytes: Uint8Array): LoggedPacket {
    return this.#log.add(this, from, bytes)
  }

  ended(): void {
    this.#log.end(this)
  }
}

/** @throws FilterError */
export function chooser(choice: PacketChoice): (packet: LoggedPacket) => boolean {
  if (typeof choice === 'function') return choice
  const filter = compileFilter(choice)
  return (packet) => filter.test(packet.layered)
}
