// Where a broker's listeners are, for clients on this machine, and by which of them a peer came.
// Also what a listener becomes before it is opened: its development certificates, and the plugins before its own rules.

import type { Peer } from '../../base/link.ts'
import { UsageError } from '../../wire/errors.ts'
import { type BrokerListener, type OpenListener, type ReadyListener, urlOf } from '../open-listeners.ts'
import type { Embedding } from './embedding.ts'

/** Loads what `tls: 'dev'` stands for. `authority` is null when no listener says so. @throws DevCertificatesError, UsageError */
export async function withCertificates(
  listeners: readonly BrokerListener[],
): Promise<{ readonly wanted: readonly ReadyListener[]; readonly authority: string | null }> {
  let authority: string | null = null
  const wanted: ReadyListener[] = []
  for (const listener of listeners) {
    const { tls, transport = 'tls' } = listener
    if (tls !== 'dev') {
      wanted.push(tls === undefined ? (listener as ReadyListener) : { ...listener, tls })
      continue
    }
    if (transport !== 'tls' && transport !== 'wss') throw new UsageError(`a ${transport} listener has no TLS: leave out tls: 'dev', or say tls or wss`)
    const { loadDevTls } = await import('./dev-tls.ts')
    const dev = await loadDevTls()
    authority = dev.authority
    wanted.push({ ...listener, transport, tls: { cert: dev.cert, key: dev.key } })
  }
  return { wanted, authority }
}

/** The listener with the plugins before its own authenticator and authoriser; those of the broker have them already. */
export function plugged(listener: ReadyListener, { access }: Embedding): ReadyListener {
  const { authenticator, authorizer } = listener
  return {
    ...listener,
    ...(authenticator === undefined ? {} : { authenticator: access.authenticator(authenticator) }),
    ...(authorizer === undefined ? {} : { authorizer: access.authorizer(authorizer) }),
  }
}

export class ListenerUrls {
  readonly #wanted: readonly ReadyListener[]
  readonly #open: readonly OpenListener[]

  /** `open` fills up in the order of `wanted`. */
  constructor(wanted: readonly ReadyListener[], open: readonly OpenListener[]) {
    this.#wanted = wanted
    this.#open = open
  }

  /** Empty when there are none. */
  get first(): string {
    return this.#wanted.length === 0 ? '' : this.#url(0)
  }

  get firstWebSocket(): string | null {
    const i = this.#wanted.findIndex(({ transport }) => transport === 'ws' || transport === 'wss')
    return i < 0 ? null : this.#url(i)
  }

  /** Empty when it came by none. Of several Unix sockets the first is named. */
  of({ transport, localPort }: Peer): string {
    const isUnix = transport === 'unix'
    const i = this.#open.findIndex(({ port }, at) => (this.#wanted[at]!.transport === 'unix') === isUnix && (isUnix || port === localPort))
    return transport === 'memory' || i < 0 ? '' : this.#url(i)
  }

  #url(i: number): string {
    return urlOf(this.#wanted[i]!, this.#open[i]!.port)
  }
}
