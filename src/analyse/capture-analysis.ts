// A capture from its bytes to the packets that pass a filter: reading, dissecting, filtering as one pull. ● hot
// Pieces are pushed in, packets pulled out; no object is made per frame.

import { CaptureReader } from '../capture/capture-reader.ts'
import { type CaptureSecrets, type Frame, isFrame } from '../capture/frame.ts'
import { Demand } from '../dissect/demand.ts'
import { Dissector } from '../dissect/dissect.ts'
import type { Packet } from '../dissect/packet.ts'
import type { DecodeAs } from '../dissect/registry.ts'
import type { TlsCrypto } from '../dissect/tls-crypto.ts'
import { compileFilter, type Filter } from '../filter/filter.ts'
import { Annotations } from './mqtt/annotations.ts'
import { CONNECTION_FIELDS } from './mqtt/connections.ts'

export interface AnalysisOptions {
  /** Wireshark's display filter; null or '' = every packet. */
  readonly filter?: string | null
  /** Beyond tshark: MQTT on any port and in WebSocket. */
  readonly auto?: boolean
  readonly decodeAs?: readonly DecodeAs[]
  /** Wireshark's preferences by name. */
  readonly preferences?: ReadonlyMap<string, string>
  /** NSS key log text that decrypts TLS. */
  readonly keyLog?: string | null
  /** The cryptography for it; null = TLS stays closed. */
  readonly tlsCrypto?: TlsCrypto | null
  /** Names of fields that are read of the packets; everything unless given. */
  readonly fields?: readonly string[] | 'everything'
  /** Those among them whose line of the tree is read. */
  readonly printed?: readonly string[]
  /** Whether the summary's columns are read. */
  readonly columns?: boolean
}

export class CaptureAnalysis {
  readonly #reader = new CaptureReader()
  readonly #dissector: Dissector
  readonly #filter: Filter | null
  /** Adds what only whole connections tell; null when nobody reads that. */
  readonly #annotations: Annotations | null
  /** Told of each frame before it is dissected, hidden ones too; null = nobody listens. */
  onFrame: ((frame: Frame) => void) | null = null
  /** Told of each packet, hidden ones too: statistics count them all, as tshark's do. */
  onPacket: ((packet: Packet) => void) | null = null
  /** Told of keys in the file. */
  onSecrets: ((secrets: CaptureSecrets) => void) | null = null
  /** Frames read, hidden ones too. */
  frames = 0
  /** Stops after so many frames. */
  mostFrames: number = Number.POSITIVE_INFINITY

  /** @throws FilterError */
  constructor(options: AnalysisOptions) {
    const {
      filter = null,
      fields = 'everything',
      printed = [],
      columns = true,
      auto = false,
      decodeAs = [],
      preferences = new Map(),
      tlsCrypto = null,
    } = options
    this.#filter = filter === null || filter.trim() === '' ? null : compileFilter(filter)
    const named = fields === 'everything' ? fields : [...fields, ...(this.#filter?.fields ?? [])]
    const isAnnotated = named === 'everything' ? auto || (this.#filter?.fields ?? []).some(isOwnField) : named.some(isOwnField)
    const names = isAnnotated && named !== 'everything' ? [...named, ...CONNECTION_FIELDS] : named
    this.#annotations = isAnnotated ? new Annotations() : null
    this.#dissector = new Dissector({ demand: new Demand(names, columns, printed), auto, decodeAs, preferences, ...(tlsCrypto === null ? {} : { tlsCrypto }) })
    if (options.keyLog !== undefined && options.keyLog !== null) this.#dissector.addSecrets({ keyLog: options.keyLog })
  }

  /** Takes a piece of the file, which must stay untouched until the next one. To be called when `next` gave null. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk)
  }

  /** No more pieces come. */
  end(): void {
    this.#reader.end()
  }

  /** The next packet that passes the filter, borrowed until the next call; null = push more, or the end. @throws CaptureError */
  next(): Packet | null {
    const reader = this.#reader
    const dissector = this.#dissector
    const filter = this.#filter
    while (this.frames < this.mostFrames) {
      const item = reader.next()
      if (item === null) return null
      if (!isFrame(item)) {
        dissector.addSecrets(item)
        this.onSecrets?.(item)
        continue
      }
      this.frames++
      if (this.onFrame !== null) this.onFrame(item)
      const packet = dissector.dissect(item)
      if (this.#annotations !== null) this.#annotations.annotate(packet)
      if (this.onPacket !== null) this.onPacket(packet)
      if (filter === null || filter.test(packet)) {
        dissector.displayed()
        return packet
      }
    }
    return null
  }
}

/** `zz`, or a field of it. */
function isOwnField(name: string): boolean {
  return name === 'zz' || name.startsWith('zz.')
}
