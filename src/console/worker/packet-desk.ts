// Keeps a tab's packets until somebody wants to see them: only then the dissector is loaded, and reads what was kept.
// The dissector is four times as big as everything else, and most visits never open Packets. When it cannot keep pace, the oldest unread are forgotten.

import type { PayloadMask } from './payload-mask.ts'
import type { Emit, PacketCalls, PacketServing } from './protocol.ts'
import { UnreadPackets } from './unread-packets.ts'

/** Bytes kept unread. */
const MOST_UNREAD = 1 << 25
/** Bytes that the dissector is given ahead. */
const MOST_AHEAD = 1 << 21

export class PacketDesk {
  readonly #connection: number
  readonly #emit: Emit
  readonly #mask: PayloadMask
  readonly #unread = new UnreadPackets(MOST_UNREAD)
  #service: PacketServing | null = null
  #loading: Promise<PacketServing> | null = null

  constructor(connection: number, emit: Emit, mask: PayloadMask) {
    this.#connection = connection
    this.#mask = mask
    this.#emit = emit
  }

  /** Bytes of packets that came too fast to be looked at. */
  get forgottenBytes(): number {
    return this.#unread.forgotten
  }

  /** Whole blocks of pcapng; ours to keep. */
  push(bytes: Uint8Array): void {
    this.#unread.push(bytes)
    this.#feed()
  }

  async call(name: keyof PacketCalls, ask: unknown): Promise<unknown> {
    return (this.#service ?? (await this.#load())).call(name, ask)
  }

  tick(now: number): void {
    this.#feed()
    this.#service?.tick(now)
  }

  clear(): void {
    this.#unread.clear()
    this.#service?.clear()
  }

  #feed(): void {
    const service = this.#service
    if (service === null) return
    while (service.waiting < MOST_AHEAD) {
      const bytes = this.#unread.next()
      if (bytes === null) return
      service.push(bytes)
    }
  }

  #load(): Promise<PacketServing> {
    this.#loading ??= this.#read()
    return this.#loading
  }

  async #read(): Promise<PacketServing> {
    const { PacketService } = await import('./packets/packet-service.ts')
    this.#service = new PacketService(this.#connection, this.#emit, undefined, undefined, this.#mask)
    this.#feed()
    return this.#service
  }
}
