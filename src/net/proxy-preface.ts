// Waits for the PROXY protocol header at the beginning of a connection, and refuses who sends none.
// The format is wire/proxy-protocol.ts; what the header says of the peer is used in peer.ts.

import type { Socket } from 'node:net'
import { type ProxyHeader, readProxyHeader } from '../wire/proxy-protocol.ts'
import type { NetContext } from './net-context.ts'
import { plainAddress } from './peer.ts'

/** What must come before everything else on each connection of a listener. */
export interface ProxyRules {
  readonly version: 1 | 2
  /** Refuses clients that the proxy does not say to have come by TLS. */
  readonly requireTls: boolean
  /** Refuses clients whose certificate the proxy does not vouch for. */
  readonly requireCertificate: boolean
  /** Milliseconds until the header must be whole. */
  readonly timeoutMs: number
}

/** The header is good, its client is not let in. The message says what the client did not do. */
class ClientRefusal extends Error {}

/** What the listener demands of the client and the proxy does not say; null = all of it. */
function refusalOf({ tls }: ProxyHeader, rules: ProxyRules): ClientRefusal | null {
  if (rules.requireTls && tls === null) return new ClientRefusal('client did not connect using TLS')
  if (rules.requireCertificate && tls?.isCertified !== true) return new ClientRefusal('client did not provide a certificate')
  return null
}

/** The header of one connection, from its first byte to its last. Until then it watches the socket's end. */
export class AwaitedHeader {
  readonly #context: NetContext
  readonly #socket: Socket
  readonly #rules: ProxyRules
  readonly #timer: NodeJS.Timeout
  /** What came so far; never more than the longest header. */
  #held: Uint8Array = new Uint8Array(0)
  #header: ProxyHeader | null = null

  constructor(context: NetContext, socket: Socket, rules: ProxyRules) {
    this.#context = context
    this.#socket = socket
    this.#rules = rules
    this.#timer = setTimeout(() => this.#refuse(new Error(`no whole PROXY protocol header within ${rules.timeoutMs} ms`)), rules.timeoutMs)
    socket.on('error', this.#cut)
    socket.on('end', this.#ended)
    socket.on('close', this.#finish)
  }

  /** Null until `take` has found its end. */
  get header(): ProxyHeader | null {
    return this.#header
  }

  /** Takes bytes[start, end), which are lent. Returns where the connection's own bytes begin; -1 while the header is not whole, or when it was refused. */
  take(bytes: Uint8Array, start: number, end: number): number {
    const known = this.#held.length
    const whole = new Uint8Array(known + end - start)
    whole.set(this.#held)
    whole.set(bytes.subarray(start, end), known)
    this.#held = whole
    let header: ProxyHeader | null
    try {
      header = readProxyHeader(this.#rules.version, whole)
    } catch (error) {
      this.#refuse(error as Error)
      return -1
    }
    if (header === null) return -1
    const refusal = refusalOf(header, this.#rules)
    if (refusal !== null) {
      const { source } = header
      this.#refuse(refusal, source === null ? null : `${plainAddress(source.address)}:${source.port}`)
      return -1
    }
    this.#finish()
    this.#header = header
    return start + header.length - known
  }

  readonly #cut = (): void => void this.#socket.destroy()

  /** A probe that connects and leaves is no news. */
  readonly #ended = (): void => {
    if (this.#held.length > 0) this.#refuse(new Error('the connection ended within its PROXY protocol header'))
    else this.#socket.destroy()
  }

  readonly #finish = (): void => {
    clearTimeout(this.#timer)
    this.#socket.off('error', this.#cut)
    this.#socket.off('end', this.#ended)
    this.#socket.off('close', this.#finish)
  }

  /** `client`: whom a whole header speaks of, who is not let in. */
  #refuse(error: Error, client: string | null = null): void {
    const { remoteAddress } = this.#socket
    if (error instanceof ClientRefusal) this.#context.report('behind-proxy', error, client ?? plainAddress(remoteAddress))
    else this.#context.report('proxy', error, plainAddress(remoteAddress))
    this.#finish()
    this.#socket.on('error', this.#cut) // nobody else listens
    this.#socket.destroy()
  }
}

/** Reads the header off a socket that nobody reads yet, then calls `ready`; what came behind the header is put back. */
export function stripHeader(context: NetContext, socket: Socket, rules: ProxyRules, ready: (header: ProxyHeader) => void): void {
  const awaited = new AwaitedHeader(context, socket, rules)
  const read = (): void => {
    for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
      const at = awaited.take(chunk, 0, chunk.length)
      if (awaited.header === null) {
        if (socket.destroyed) return
        continue
      }
      socket.off('readable', read)
      if (at < chunk.length) socket.unshift(chunk.subarray(at))
      ready(awaited.header)
      return
    }
  }
  socket.on('readable', read)
}
