// One connection between two programs, seen from both sides of the I/O border: net/ or a test's memory pair
// implements Link and calls Receiver; session/ implements Receiver and uses Link.

import type { OutputBuffer } from './output-buffer.ts'

/** How a peer is connected. */
export type Transport = 'tcp' | 'tls' | 'unix' | 'ws' | 'wss' | 'memory'

/** Who is at the other end, as far as the transport knows. */
export interface Peer {
  readonly transport: Transport
  /** IP address without brackets; empty for Unix sockets and memory. Behind a proxy that says so (PROXY protocol), the client's. */
  readonly address: string
  /** TCP port of the peer; 0 without one. */
  readonly port: number
  /** Our own port that it came in by; 0 without one. */
  readonly localPort: number
  /** Common Name of the verified client certificate; null without one. */
  readonly certificateName: string | null
  /** Its whole subject as RFC 2253 writes it, such as `CN=alice,O=Lab`; null without one. */
  readonly certificateSubject: string | null
  /** By which identity the peer proved a pre-shared key; null without one. */
  readonly pskIdentity: string | null
  /** Such as `TLSv1.3`; null without TLS. */
  readonly tlsVersion: string | null
  /** OpenSSL's name of the cipher, such as `TLS_AES_256_GCM_SHA384`; null without TLS. */
  readonly cipher: string | null
}

/** A connection as its owner uses it. */
export interface Link {
  readonly peer: Peer
  /** What is to be sent; gathered during a turn, written at its end. */
  readonly output: OutputBuffer
  /** Stops reading from the peer: bytes stay in the kernel. A call more than needed does no harm. */
  pause(): void
  /** Reads again. */
  resume(): void
  /** Writes what waits in `output`, then closes. A peer that does not take it in time is cut. */
  end(): void
  /** Closes at once; what waits is lost. */
  destroy(): void
}

/** The owner of a connection, as its transport sees it. */
export interface Receiver {
  /** Borrowed: bytes[start, end) is overwritten after the call. */
  received(bytes: Uint8Array, start: number, end: number): void
  /** What came in and is not a whole packet yet, a view; null before anything came. For who begins to listen in. Absent = nobody may. */
  midway?(): Uint8Array | null
  /** The socket takes bytes again after `output.full`. */
  drained(): void
  /** The connection is gone, for whatever reason; called exactly once, the last call. `error` says why if it broke. */
  closed(error: Error | null): void
}

/** Makes the owner of a new connection. */
export type Accept = (link: Link) => Receiver
