// What all dissectors of one frame share: rows, demand, the conversation they are in, desegmentation, layers, columns. ● hot
// One object per Dissector, made new for each frame by `begin`. Dissectors keep nothing themselves: what lasts is in conversations.

import type { Frame } from '../capture/frame.ts'
import { ArpHolders } from './arp-holders.ts'
import { type Conversation, Conversations } from './conversations.ts'
import type { Demand } from './demand.ts'
import { Echoes } from './echoes.ts'
import { FragmentTable } from './fragments.ts'
import { Columns } from './packet.ts'
import type { Registry } from './registry.ts'
import { Rows } from './rows.ts'
import type { TlsCrypto } from './tls-crypto.ts'
import { KeyLog } from './tls-keys.ts'

/** `desegmentLength` when nobody knows how many bytes are missing: the rest comes again with one more segment. */
export const ONE_MORE_SEGMENT = -1

/** Depth of dissectors within dissectors (tunnels, ICMP errors, TLS, WebSocket) at which a frame is not followed further. */
const DEEPEST = 32

/** Conversations remembered at a time, per transport. */
const MOST_CONVERSATIONS = 65_536

export class DissectContext {
  readonly rows: Rows = new Rows()
  readonly columns: Columns = new Columns()
  readonly demand: Demand
  readonly registry: Registry
  /** Beyond tshark: finds MQTT on any port, in WebSocket and so on. */
  readonly auto: boolean
  readonly #preferences: ReadonlyMap<string, string>
  readonly tcpConversations: Conversations = new Conversations(MOST_CONVERSATIONS)
  readonly udpConversations: Conversations = new Conversations(MOST_CONVERSATIONS)
  /** TLS secrets given so far. */
  readonly keyLog: KeyLog = new KeyLog()
  /** Null: TLS stays closed. */
  readonly tlsCrypto: TlsCrypto | null
  /** The protocol row of the HTTP message in hand. */
  httpRow = -1
  readonly echoes: Echoes = new Echoes()
  readonly arpHolders: ArpHolders = new ArpHolders()
  readonly ipFragments: FragmentTable = new FragmentTable()
  frame: Frame
  /** Short names of the protocols from the outside in. */
  readonly layers: string[] = []
  #depth = 0

  /** The TCP or UDP conversation that the bytes belong to; null below the transport. */
  conversation: Conversation | null = null
  /** 0: from the conversation's `first` end to its `second`; 1: back. */
  direction: 0 | 1 = 0
  sourcePort = 0
  destinationPort = 0
  /** The transport's protocol row. */
  transportRow = -1

  /**
   * Whether the dissector may ask for more bytes. If so it sets `desegmentOffset` to the first byte (in its source) that it did not dissect,
   * and `desegmentLength` to the number of bytes missing or ONE_MORE_SEGMENT, and returns; it will be called again with all of them in one source.
   */
  canDesegment = false
  desegmentOffset = 0
  desegmentLength = 0
  /** The bytes are known to be a part of something: lacking ones are no fault of the sender. */
  fragmented = false
  /** End of the outermost network packet in the frame, for the link layer's padding; -1 = not known. */
  payloadEnd = -1
  /** The network addresses: where they stand in `addressBytes`, and their size, 4 or 16. */
  addressBytes: Uint8Array = new Uint8Array(0)
  sourceAddress = 0
  destinationAddress = 0
  addressSize = 0
  /** The packet stands in an ICMP error: nothing may be learned from it. */
  inError = false

  constructor(first: Frame, demand: Demand, registry: Registry, auto: boolean, preferences: ReadonlyMap<string, string>, tlsCrypto: TlsCrypto | null = null) {
    this.tlsCrypto = tlsCrypto
    this.frame = first
    this.demand = demand
    this.registry = registry
    this.auto = auto
    this.#preferences = preferences
  }

  /** A Wireshark preference such as `mqtt.show_msg_as_text` (-o). */
  preference(name: string, otherwise: boolean): boolean {
    const text = this.#preferences.get(name)
    return text === undefined ? otherwise : text.toUpperCase() === 'TRUE'
  }

  /** Forgets the frame before. */
  begin(frame: Frame): void {
    this.frame = frame
    this.rows.reset(frame.bytes)
    this.layers.length = 0
    this.#depth = 0
    this.conversation = null
    this.payloadEnd = -1
    this.transportRow = -1
    this.canDesegment = false
    this.desegmentLength = 0
    this.fragmented = false
    this.inError = false
    if (this.demand.columns) this.columns.clear()
  }

  /** Calls a dissector one level down; its name joins frame.protocols unless it takes nothing. Returns the bytes taken. */
  call(
    name: string,
    dissect: (context: DissectContext, source: number, start: number, length: number) => number,
    source: number,
    start: number,
    length: number,
  ): number {
    if (this.#depth === DEEPEST) return 0
    const layer = this.layers.length
    this.layers.push(name)
    this.#depth++
    const taken = dissect(this, source, start, length)
    this.#depth--
    if (taken === 0) this.layers.length = layer
    return taken
  }
}
