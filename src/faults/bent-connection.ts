// One connection under faults: cuts both directions into packets, shows them to the witness, and does to them what the rules say.
// Without rules bytes pass as they come, half packets too; with rules a packet waits until it is whole, since only then it can be judged.

import type { BentLink, LinkBend } from '../net/link-faults.ts'
import { PacketType } from '../wire/mqtt/packet.ts'
import type { Fault } from './fault.ts'
import type { Faults } from './faults.ts'
import { PacketCutter } from './packet-cutter.ts'
import type { ConnectionWitness, FaultTimers, Side } from './passing-packet.ts'

/** Packets whose loss leaves the other side waiting for as long as the connection lives. */
const ACKNOWLEDGEMENTS: ReadonlySet<number> = new Set([
  PacketType.Puback,
  PacketType.Pubrec,
  PacketType.Pubrel,
  PacketType.Pubcomp,
  PacketType.Suback,
  PacketType.Unsuback,
])

/** What waits for its time; null bytes break the connection. */
interface Held {
  readonly at: number
  readonly bytes: Uint8Array | null
}

class Direction {
  readonly from: Side
  readonly cutter = new PacketCutter()
  /** Bytes of the packet that is not whole yet which have gone their way already. */
  passed = 0
  /** In the order in which they go on: each waits for those before it. */
  readonly held: Held[] = []
  isTimed = false

  constructor(from: Side) {
    this.from = from
  }
}

export class BentConnection implements LinkBend {
  readonly #link: BentLink
  readonly #witness: ConnectionWitness
  readonly #timers: FaultTimers
  readonly #faults: Faults
  readonly #ended: (connection: BentConnection) => void
  readonly #incoming = new Direction('client')
  readonly #outgoing = new Direction('broker')
  /** Who keeps everything from passing. */
  #silencedBy: Fault | null = null
  #isOver = false

  constructor(link: BentLink, witness: ConnectionWitness, timers: FaultTimers, faults: Faults, ended: (connection: BentConnection) => void) {
    this.#link = link
    this.#witness = witness
    this.#timers = timers
    this.#faults = faults
    this.#ended = ended
    const before = link.midway()
    if (before === null) return
    // we begin in mid-connection: of what came in before, only the last packet may have a part that is still to come
    for (const packet of this.#incoming.cutter.cut(before, 0, before.length)) witness.packet('client', packet)
    this.#incoming.passed = this.#incoming.cutter.waiting
  }

  get client(): string | null {
    return this.#witness.client
  }

  get holdsIncoming(): boolean {
    return this.#incoming.held.length > 0 || this.#silencedBy !== null
  }

  get holdsOutgoing(): boolean {
    return this.#outgoing.held.length > 0 || this.#silencedBy !== null
  }

  received(bytes: Uint8Array, start: number, end: number): Uint8Array | null {
    return this.#pass(this.#incoming, bytes, start, end)
  }

  sent(bytes: Uint8Array): Uint8Array | null {
    return this.#pass(this.#outgoing, bytes, 0, bytes.length)
  }

  ended(): void {
    this.#isOver = true
    this.#incoming.held.length = 0
    this.#outgoing.held.length = 0
    this.#witness.ended()
    this.#ended(this)
  }

  /** Who silences it; null = nobody. */
  get silencedBy(): Fault | null {
    return this.#silencedBy
  }

  /** Nobody bends it any more, and nothing is held: the beginning of a packet that waited for its rest goes on, and the link is on its own again. */
  straighten(): void {
    if (this.#isOver) return
    for (const direction of [this.#incoming, this.#outgoing]) {
      const rest = direction.cutter.rest.subarray(direction.passed)
      direction.passed = direction.cutter.waiting
      if (rest.length > 0) this.#give(direction, rest)
    }
    this.#isOver = true
    this.#link.straighten()
  }

  /** Breaks now. */
  cut(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#link.cut()
  }

  /** A fault is gone: if it was the one that silenced us, we speak again. */
  speak(fault: Fault): void {
    if (this.#silencedBy !== fault) return
    this.#silencedBy = null
    this.#link.released()
  }

  #pass(direction: Direction, bytes: Uint8Array, start: number, end: number): Uint8Array | null {
    if (this.#isOver) return null
    const { cutter, from, held } = direction
    const waited = cutter.waiting
    const packets = cutter.cut(bytes, start, end)
    if (this.#faults.all.length === 0 && held.length === 0 && waited === direction.passed) {
      for (const packet of packets) this.#witness.packet(from, packet)
      direction.passed = cutter.waiting
      return bytes
    }
    const now: Uint8Array[] = []
    for (const packet of packets) {
      const rest = packet.subarray(direction.passed)
      const isWhole = direction.passed === 0
      direction.passed = 0
      const seen = this.#witness.packet(from, packet)
      if (this.#silencedBy !== null && isWhole) {
        seen.fate = 'silenced'
        continue
      }
      const fault = isWhole ? this.#faults.judge(seen) : null
      if (fault === null) this.#send(direction, rest, 0, now)
      else this.#act(direction, fault, seen.type, packet, now)
      if (this.#isOver) return null
    }
    if (this.#faults.all.length === 0 && held.length === 0 && this.#silencedBy === null) {
      this.#send(direction, cutter.rest.subarray(direction.passed), 0, now) // there is nothing to wait for any more
      direction.passed = cutter.waiting
    }
    return joined(now)
  }

  /** `now` is what goes on at once. */
  #act(direction: Direction, fault: Fault, type: number, packet: Uint8Array, now: Uint8Array[]): void {
    const { action } = fault
    switch (action.kind) {
      case 'drop':
        if (action.cut ?? ACKNOWLEDGEMENTS.has(type)) this.#break(direction, now)
        return
      case 'delay':
        this.#send(direction, packet, action.ms + (action.jitterMs === 0 ? 0 : fault.random() * action.jitterMs), now)
        return
      case 'duplicate':
        for (let i = 0; i <= action.copies; i++) this.#send(direction, packet, 0, now)
        return
      case 'cut':
        if (action.at !== 'before') this.#send(direction, action.at === 'after' ? packet : packet.subarray(0, packet.length >> 1), 0, now)
        this.#break(direction, now)
        return
      case 'silence':
        this.#silencedBy = fault
        return
      case 'change':
        this.#send(direction, changed(action.change, packet), 0, now)
    }
  }

  /** Now, or behind what is held back. */
  #send(direction: Direction, bytes: Uint8Array, delayMs: number, now: Uint8Array[]): void {
    if (bytes.length === 0) return
    if (delayMs === 0 && direction.held.length === 0) now.push(bytes)
    else this.#hold(direction, bytes, delayMs)
  }

  #hold(direction: Direction, bytes: Uint8Array | null, delayMs: number): void {
    direction.held.push({ at: this.#timers.now() + delayMs, bytes })
    this.#wake(direction)
  }

  /** Breaks the connection behind all that is on its way in this direction. */
  #break(direction: Direction, now: Uint8Array[]): void {
    if (direction.held.length > 0) {
      this.#hold(direction, null, 0)
      return
    }
    const before = joined(now)
    if (before !== null) this.#give(direction, before)
    this.cut()
  }

  #wake(direction: Direction): void {
    if (direction.isTimed || direction.held.length === 0) return
    direction.isTimed = true
    this.#timers.after(Math.max(0, direction.held[0]!.at - this.#timers.now()), () => {
      direction.isTimed = false
      this.#release(direction)
    })
  }

  #release(direction: Direction): void {
    const { held } = direction
    if (this.#isOver) return
    while (held.length > 0 && held[0]!.at <= this.#timers.now()) {
      const { bytes } = held.shift()!
      if (bytes === null) {
        this.cut()
        return
      }
      if (this.#silencedBy === null) this.#give(direction, bytes)
      if (this.#isOver) return
    }
    if (held.length > 0) this.#wake(direction)
    else {
      this.#link.released()
      this.#faults.settle()
    }
  }

  #give(direction: Direction, bytes: Uint8Array): void {
    if (direction === this.#incoming) this.#link.arrive(bytes)
    else this.#link.write(bytes)
  }
}

/** The packet itself when nothing can be put in its place: who changes it has made a mistake, and shall hear of it. */
function changed(change: (packet: Uint8Array) => Uint8Array, packet: Uint8Array): Uint8Array {
  try {
    const bytes: unknown = change(packet.slice())
    if (bytes instanceof Uint8Array) return bytes.slice()
    throw new TypeError(`a fault's change gave ${typeof bytes}: give the bytes of a packet`)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
    return packet
  }
}

/** Null when there is nothing. */
function joined(pieces: readonly Uint8Array[]): Uint8Array | null {
  if (pieces.length <= 1) return pieces[0] ?? null
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
