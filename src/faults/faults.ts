// The faults in force, and the connections that they act on. `broker.faults` of a test broker; of a broker with a console what its page sets.
// Rules are asked in the order in which they were set; the first that strikes decides what becomes of a packet.

import { compileFilter } from '../filter/filter.ts'
import type { BentLink, LinkBend, LinkFaults } from '../net/link-faults.ts'
import { UsageError } from '../wire/errors.ts'
import { BentConnection } from './bent-connection.ts'
import { type Action, Fault, type FaultOptions } from './fault.ts'
import type { FaultTimers, PassingPacket, Witness } from './passing-packet.ts'

export interface DropOptions extends FaultOptions {
  /** Whether the connection breaks, too. True for acknowledgements unless given: on a living connection nobody sends again what they answer. */
  readonly cut?: boolean
}

export interface DelayOptions extends FaultOptions {
  /** Adds a random part of up to so many milliseconds. */
  readonly jitterMs?: number
}

export interface DuplicateOptions extends FaultOptions {
  /** How many more; 1 unless given. */
  readonly copies?: number
}

export interface CutOptions extends FaultOptions {
  /** What still gets through of the packet: nothing (unless given), its first half, all of it. */
  readonly at?: 'before' | 'middle' | 'after'
}

/** What the owner of the faults is told. Must not throw. */
export interface FaultEvents {
  /** A fault acts on a packet. */
  struck(fault: Fault, packet: PassingPacket): void
  /** The last fault is gone and nothing is held back any more: no link is to be bent from now on. Those that are, are straightened next. */
  idle(): void
}

/** A link that nobody can judge: its client was still logging in when we came, or we have dialled it. */
class UnbentLink implements LinkBend {
  readonly holdsIncoming = false
  readonly holdsOutgoing = false
  readonly link: BentLink
  readonly #ended: (unbent: UnbentLink) => void

  constructor(link: BentLink, ended: (unbent: UnbentLink) => void) {
    this.link = link
    this.#ended = ended
  }

  received(bytes: Uint8Array): Uint8Array {
    return bytes
  }

  sent(bytes: Uint8Array): Uint8Array {
    return bytes
  }

  ended(): void {
    this.#ended(this)
  }
}

/** Display filters are Wireshark's; an empty one means every packet. All methods throw FilterError and UsageError. */
export class Faults implements LinkFaults {
  readonly #witness: Witness
  readonly #timers: FaultTimers
  readonly #events: FaultEvents | null
  readonly #connections = new Set<BentConnection>()
  readonly #unbent = new Set<UnbentLink>()
  #all: readonly Fault[] = []
  #isSettling = false

  /** With `events`, faults that have acted as often as they may go by themselves, and links are straightened when there are none. */
  constructor(witness: Witness, timers: FaultTimers, events: FaultEvents | null = null) {
    this.#witness = witness
    this.#timers = timers
    this.#events = events
  }

  /** Those in force, in order. */
  get all(): readonly Fault[] {
    return this.#all
  }

  /** Library only. Connections of clients that no fault acts on: they were still logging in when faults began. */
  get unbentClients(): number {
    let count = 0
    for (const { link } of this.#unbent) if (!link.isDialled) count++
    return count
  }

  /** Loses packets. An acknowledgement (PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK) takes its connection along unless `cut` is false. */
  drop(filter: string, { cut, ...options }: DropOptions = {}): Fault {
    return this.#add(filter, options, { kind: 'drop', cut: cut ?? null })
  }

  /** Holds packets up, and those behind them in the same direction: the order stays, as in TCP. */
  delay(filter: string, ms: number, { jitterMs = 0, ...options }: DelayOptions = {}): Fault {
    if (!(ms >= 0) || !(jitterMs >= 0)) throw new UsageError(`delay of ${ms} ms with jitter ${jitterMs}: give milliseconds from 0 on`)
    return this.#add(filter, options, { kind: 'delay', ms, jitterMs })
  }

  /** Sends packets more than once, bit by bit the same. */
  duplicate(filter: string, { copies = 1, ...options }: DuplicateOptions = {}): Fault {
    if (!Number.isInteger(copies) || copies < 1) throw new UsageError(`copies ${copies}: give a whole number from 1 on`)
    return this.#add(filter, options, { kind: 'duplicate', copies })
  }

  /** Breaks the connection at a packet, which is lost unless `at` says otherwise. */
  cut(filter: string, { at = 'before', ...options }: CutOptions = {}): Fault {
    if (at !== 'before' && at !== 'middle' && at !== 'after') throw new UsageError(`at '${String(at)}': give 'before', 'middle' or 'after'`)
    return this.#add(filter, options, { kind: 'cut', at })
  }

  /** From a packet on nothing passes in either direction, and nobody learns of it: a network that swallows. Ends with the fault. */
  silence(filter: string, options: FaultOptions = {}): Fault {
    return this.#add(filter, options, { kind: 'silence' })
  }

  /** Puts other bytes in the place of packets. `change` gets a copy; what it throws lets the packet pass and is thrown into the process. */
  change(filter: string, change: (packet: Uint8Array) => Uint8Array, options: FaultOptions = {}): Fault {
    if (typeof change !== 'function') throw new UsageError(`change is a ${typeof change}: give a function from bytes to bytes`)
    return this.#add(filter, options, { kind: 'change', change })
  }

  /** Breaks the connections of a client now; how many there were. */
  cutClient(client: string): number {
    const its = [...this.#connections].filter((connection) => connection.client === client)
    for (const connection of its) connection.cut()
    return its.length
  }

  /** Takes all faults out. */
  clear(): void {
    for (const fault of this.#all) fault.remove()
  }

  begin(link: BentLink): LinkBend {
    const witness = this.#witness.begin(link)
    if (witness === null) {
      const unbent = new UnbentLink(link, (ended) => this.#unbent.delete(ended))
      this.#unbent.add(unbent)
      return unbent
    }
    const connection = new BentConnection(link, witness, this.#timers, this, (ended) => {
      this.#connections.delete(ended)
      this.settle()
    })
    this.#connections.add(connection)
    return connection
  }

  /** Who acts on a packet; null = nobody, it goes its way. Library only. */
  judge(packet: PassingPacket): Fault | null {
    for (const fault of this.#all) {
      if (!fault.strikes(packet)) continue
      this.#events?.struck(fault, packet)
      if (fault.isSpent) this.settle()
      return fault
    }
    return null
  }

  /** Library only. Looks whether faults are spent, and links need not be bent any more: when the packets in hand have gone their way. */
  settle(): void {
    if (this.#events === null || this.#isSettling) return
    this.#isSettling = true
    queueMicrotask(() => {
      this.#settleNow(this.#events!)
      this.#isSettling = false
    })
  }

  #settleNow(events: FaultEvents): void {
    const connections = [...this.#connections]
    for (const fault of this.#all) if (fault.isSpent && !connections.some(({ silencedBy }) => silencedBy === fault)) fault.remove()
    if (this.#all.length > 0 || connections.some(({ holdsIncoming, holdsOutgoing }) => holdsIncoming || holdsOutgoing)) return
    events.idle() // first: what straightening sets going must not begin anew
    for (const connection of connections) connection.straighten()
    for (const { link } of this.#unbent) link.straighten()
    this.#connections.clear()
    this.#unbent.clear()
  }

  #add(filter: string, options: FaultOptions, action: Action): Fault {
    const fault = new Fault(compileFilter(filter), options, action, (removed) => this.#remove(removed))
    this.#all = [...this.#all, fault]
    return fault
  }

  #remove(fault: Fault): void {
    this.#all = this.#all.filter((other) => other !== fault)
    for (const connection of this.#connections) connection.speak(fault)
    this.settle()
  }
}
