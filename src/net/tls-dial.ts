// Connecting out by TLS: names to check, certificates, ALPN, key log.
// From the handshake on it is the plain way of stream-carrier.ts.

import { isIP } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Accept, Link } from '../base/link.ts'
import type { TlsDialOptions, TlsTarget } from './dial.ts'
import { abandon, addressOptions, attempt, CONNECT_TIMEOUT_MS } from './dial-attempt.ts'
import type { NetContext } from './net-context.ts'
import { describePeer } from './peer.ts'
import { StallAt } from './socket-link.ts'
import { openStream } from './stream-carrier.ts'

export function dialTls(context: NetContext, target: TlsTarget, accept: Accept, signal: AbortSignal | undefined): Promise<Link> {
  return attempt(`${target.host}:${target.port}`, target.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, signal, ({ succeed, fail }) => {
    const socket = connectTls(target.host, target.tls ?? {}, { ...addressOptions(target), allowHalfOpen: true })
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      socket.off('error', fail)
      succeed(() => openStream(context, socket, describePeer(socket, 'tls'), StallAt.Dialled, accept))
    })
    return () => abandon(socket)
  })
}

/** A socket on its way; `where` tells how to reach `host`. */
export function connectTls(host: string, tls: TlsDialOptions, where: ConnectionOptions & { readonly allowHalfOpen?: boolean }): TLSSocket {
  const { ca, cert, key, passphrase, ciphers, minVersion, maxVersion, alpn, checkServerIdentity, keylog } = tls
  const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined) // addresses are no server names (RFC 6066, 3)
  const socket = connect({
    ...where,
    noDelay: true,
    keepAlive: true,
    rejectUnauthorized: tls.rejectUnauthorized ?? true,
    ...given({ ca, cert, key, passphrase, ciphers, minVersion, maxVersion, checkServerIdentity, servername }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
  } as ConnectionOptions)
  if (keylog !== undefined) socket.on('keylog', keylog)
  return socket
}

/** Only what is not undefined: Node takes a present undefined for a value. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}
