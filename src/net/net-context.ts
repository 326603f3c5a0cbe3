// What all links of a process share: blocks for output, the read buffer, the turn, the count of connections, and where problems are told.
// Made once by the program and handed to `listen` and `dial`; this folder keeps no state of its own.

import { type Block, BytePool } from '../base/output-buffer.ts'
import type { LinkFaults } from './link-faults.ts'
import type { LinkTap } from './link-tap.ts'
import { type ConnectionLimits, OpenConnections } from './open-connections.ts'
import { Turn } from './turn.ts'

const READ_BUFFER_SIZE = 65536
const REPORTS = 5
const REPORT_WINDOW_MS = 10_000

/**
 * What can go wrong without anybody waiting for the answer:
 * `receiver` - the owner of a link threw, the link was destroyed; `accept` - the system refused a new connection (too many files);
 * `handshake` - a TLS or HTTP handshake failed; `proxy` - the PROXY protocol header that must come did not, or was none;
 * `behind-proxy` - by its header the client did not do what the listener demands;
 * a newcomer was closed because of: `limit` - the listener's `maximumConnections`; `global-limit` - that of all listeners together;
 * `address-limit` - that of one address; `descriptors` - the files that the system lets us open.
 */
export type ProblemKind = 'receiver' | 'accept' | 'handshake' | 'proxy' | 'behind-proxy' | 'limit' | 'global-limit' | 'address-limit' | 'descriptors'

export interface NetProblem {
  readonly kind: ProblemKind
  readonly error: Error
  /** IP address of the peer, with its port for `behind-proxy`; empty when unknown. */
  readonly address: string
  /** The peer's port and ours, of a connection that got as far as a handshake; null = unknown. */
  readonly ports: { readonly peer: number; readonly local: number } | null
  /** Problems of this kind left out before this one, because there were too many. */
  readonly unreported: number
}

/** The limits hold for all listeners of the context together. */
export interface NetContextOptions extends ConnectionLimits {
  /** Told of problems: at most 5 of a kind in 10 seconds. Must not throw. */
  readonly onError?: (problem: NetProblem) => void
  /** Milliseconds a peer has to take what waits after `Link.end`; 5,000 unless given. */
  readonly endTimeoutMs?: number
  /** Bytes of address space for output blocks; 24 MiB unless given. Pages are used on demand. */
  readonly arenaSize?: number
  /** Listens in on all links; null = nobody. */
  readonly tap?: LinkTap | null
  /** Bends what passes all links; null = nobody. */
  readonly faults?: LinkFaults | null
  /** False gives every socket chunks of its own instead of the shared read buffer; for runtimes whose sockets cannot share. */
  readonly sharedReadBuffer?: boolean
}

interface ReportWindow {
  until: number
  reported: number
  unreported: number
}

export class NetContext {
  readonly pool: BytePool
  readonly turn: Turn = new Turn()
  /** Lies in the arena of the output blocks, so that copying from it needs no view. */
  readonly readBlock: Block
  /** The same memory, for sockets to read into: 64 KiB. */
  readonly readBuffer: Uint8Array
  readonly sharedReadBuffer: boolean
  readonly endTimeoutMs: number
  /** Accepted connections of all listeners; its limits can be changed. */
  readonly connections: OpenConnections
  /** Whoever listens in now; null = nobody. May change at any time. */
  tap: LinkTap | null
  /** Whoever bends now; null = nobody. May change at any time: a link that is bent stays so until it is straightened. */
  faults: LinkFaults | null
  readonly #onError: (problem: NetProblem) => void
  readonly #windows = new Map<ProblemKind, ReportWindow>()

  constructor(options: NetContextOptions) {
    this.pool = new BytePool(options.arenaSize, uncleared)
    this.readBlock = this.pool.take(READ_BUFFER_SIZE)
    this.pool.lentBlocks-- // never given back: not a debt of any link
    this.readBuffer = this.readBlock.bytes.subarray(this.readBlock.start, this.readBlock.start + READ_BUFFER_SIZE)
    this.sharedReadBuffer = options.sharedReadBuffer ?? true
    this.endTimeoutMs = options.endTimeoutMs ?? 5000
    this.connections = new OpenConnections(options)
    this.tap = options.tap ?? null
    this.faults = options.faults ?? null
    this.#onError = options.onError ?? (() => {})
  }

  /** Tells a problem, unless too many of its kind have just been told. */
  report(kind: ProblemKind, error: Error, address: string, ports: NetProblem['ports'] = null): void {
    const now = performance.now()
    let window = this.#windows.get(kind)
    if (window === undefined) this.#windows.set(kind, (window = { until: 0, reported: 0, unreported: 0 }))
    if (now >= window.until) {
      window.until = now + REPORT_WINDOW_MS
      window.reported = 0
    }
    if (window.reported === REPORTS) {
      window.unreported++
      return
    }
    const unreported = window.unreported
    window.reported++
    window.unreported = 0
    this.#onError({ kind, error, address, ports, unreported })
  }
}

/** One per process, or per test. */
export function createNetContext(options: NetContextOptions = {}): NetContext {
  return new NetContext(options)
}

/** Bytes with whatever was in them: zeros for a thousand large blocks in one turn took half of it. A plain array, or the hot path would see two kinds. */
function uncleared(size: number): Uint8Array {
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(size)
  return new Uint8Array(buffer, byteOffset, size)
}
