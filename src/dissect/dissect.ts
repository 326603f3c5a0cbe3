// A frame in, its rows out: the dissector of a capture, with everything it remembers between frames. ● hot
// Protocols meet their ports in protocols.ts; what they do is in their own files.

import type { CaptureSecrets, Frame } from '../capture/frame.ts'
import { DissectContext } from './context.ts'
import type { Demand } from './demand.ts'
import { addFrame, FrameTimes } from './frame.ts'
import { FRAME } from './frame-fields.ts'
import { dissectLink } from './link.ts'
import type { Columns, Packet } from './packet.ts'
import { defaultProtocols } from './protocols.ts'
import type { DecodeAs } from './registry.ts'
import type { Rows } from './rows.ts'
import type { TlsCrypto } from './tls-crypto.ts'

export interface DissectOptions {
  readonly demand: Demand
  /** Beyond tshark: recognise MQTT on any port and inside WebSocket. */
  readonly auto?: boolean
  readonly decodeAs?: readonly DecodeAs[]
  /** Wireshark preferences, `mqtt.show_msg_as_text` → `TRUE`. */
  readonly preferences?: ReadonlyMap<string, string>
  /** Opens TLS that a key log knows; Node's is capture/tls-crypto-node.ts. */
  readonly tlsCrypto?: TlsCrypto
}

export class Dissector implements Packet {
  readonly #context: DissectContext
  readonly #times: FrameTimes | null

  constructor(options: DissectOptions) {
    const registry = defaultProtocols()
    for (const rule of options.decodeAs ?? []) registry.decodeAs(rule)
    this.#context = new DissectContext(NO_FRAME, options.demand, registry, options.auto === true, options.preferences ?? new Map(), options.tlsCrypto ?? null)
    this.#times = options.demand.has(FRAME.protocol) ? new FrameTimes() : null
  }

  /** Dissects a frame. The packet, its rows included, holds until the next call. */
  dissect(frame: Frame): Packet {
    const context = this.#context
    context.begin(frame)
    this.#times?.begin(frame)
    const protocols = addFrame(context, this.#times)
    dissectLink(context, frame.length)
    if (protocols >= 0) context.rows.given[context.rows.value[protocols]!] = this.protocols
    return this
  }

  /** The last packet passed the filter: frame.time_delta_displayed of the next counts from it. */
  displayed(): void {
    this.#times?.displayed()
  }

  /** TLS keys for the frames after this. */
  addSecrets(secrets: CaptureSecrets): void {
    this.#context.keyLog.add(secrets.keyLog)
  }

  get frame(): Frame {
    return this.#context.frame
  }

  get rows(): Rows {
    return this.#context.rows
  }

  get columns(): Columns {
    return this.#context.columns
  }

  get protocols(): string {
    return this.#context.layers.join(':')
  }
}

const NO_FRAME: Frame = {
  number: 0,
  bytes: new Uint8Array(0),
  length: 0,
  seconds: 0,
  nanoseconds: 0,
  hasTime: false,
  interface: { linkType: 1, name: null, description: null, snapLength: 0 },
  interfaceId: null,
  section: 1,
  comments: [],
  flags: null,
}
