// Which dissector gets which bytes: tables by link type, EtherType, IP protocol and port, and what the user decodes as something else.
// Filled once by dissect.ts; a conversation remembers its answer.

import type { DissectContext } from './context.ts'

/**
 * Dissects `length` bytes of a source from `start` and returns how many it took; 0 = not mine, no row may have been written then.
 * `length` is what the layer above promises ("reported"); of these `context.rows.sources[source].length - start` are there.
 */
export type Dissect = (context: DissectContext, source: number, start: number, length: number) => number

export interface Protocol {
  /** Wireshark's short name: in frame.protocols and behind the comma of Decode As. */
  readonly name: string
  readonly dissect: Dissect
  /** Whether a conversation that begins with these bytes surely is this protocol; asked in `auto` mode only, where no port decides. */
  readonly recognises?: (bytes: Uint8Array, start: number, end: number) => boolean
}

export type PortTable = 'tcp.port' | 'udp.port' | 'tls.port' | 'ws.port'

/** `-d tcp.port==1880-1890,mqtt`. */
export interface DecodeAs {
  readonly table: PortTable
  readonly from: number
  readonly to: number
  /** Short name of the protocol. */
  readonly protocol: string
}

export class Registry {
  readonly #byName = new Map<string, Protocol>()
  readonly #ports: Record<PortTable, Map<number, Protocol>> = { 'tcp.port': new Map(), 'udp.port': new Map(), 'tls.port': new Map(), 'ws.port': new Map() }
  /** Ports that the user decided. */
  readonly #chosen: Record<PortTable, Set<number>> = { 'tcp.port': new Set(), 'udp.port': new Set(), 'tls.port': new Set(), 'ws.port': new Set() }
  /** By IP protocol number. */
  readonly #transports: (Protocol | null)[] = new Array(256).fill(null)
  /** Tried on TCP payload that no port explains, in this order. */
  readonly tcpHeuristics: Protocol[] = []
  readonly udpHeuristics: Protocol[] = []
  /** Protocols with `recognises`: the `auto` mode's. */
  readonly recognisable: Protocol[] = []

  /** Makes a protocol known by name and on its ports. */
  add(protocol: Protocol, ports: Partial<Record<PortTable, readonly number[]>> = {}): void {
    this.#byName.set(protocol.name, protocol)
    if (protocol.recognises !== undefined) this.recognisable.push(protocol)
    for (const [table, numbers] of Object.entries(ports) as [PortTable, readonly number[]][]) for (const port of numbers) this.#ports[table].set(port, protocol)
  }

  /** Makes a protocol known by its IP protocol number. */
  addTransport(number: number, protocol: Protocol): void {
    this.#transports[number] = protocol
  }

  ipProtocol(number: number): Protocol | null {
    return this.#transports[number] ?? null
  }

  /** Obeys a Decode As rule; false when no such protocol exists. */
  decodeAs(rule: DecodeAs): boolean {
    const protocol = this.#byName.get(rule.protocol)
    if (protocol === undefined) return false
    for (let port = rule.from; port <= rule.to; port++) {
      this.#ports[rule.table].set(port, protocol)
      this.#chosen[rule.table].add(port)
    }
    return true
  }

  named(name: string): Protocol | null {
    return this.#byName.get(name) ?? null
  }

  /** All protocols that Decode As can name, sorted. */
  names(): readonly string[] {
    return [...this.#byName.keys()].sort()
  }

  port(table: PortTable, port: number): Protocol | null {
    return this.#ports[table].get(port) ?? null
  }

  /** Whether the user, not a default, gave this port its protocol. */
  isChosen(table: PortTable, port: number): boolean {
    return this.#chosen[table].has(port)
  }
}
