// Connecting out by TLS: names to check, certificates or a pre-shared key, ALPN, key log.
// From the handshake on it is the plain way of stream-carrier.ts.

import { isIP } from 'node:net'
import { type ConnectionOptions, connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { Accept, Link } from '../base/link.ts'
import type { TlsDialOptions, TlsTarget } from './dial.ts'
import { abandon, addressOptions, attempt, CONNECT_TIMEOUT_MS } from './dial-attempt.ts'
import type { NetContext } from './net-context.ts'
import { describePeer } from './peer.ts'
import { StallAt } from './socket-link.ts'
import { connectThrough } from './socks-dial.ts'
import { openStream } from './stream-carrier.ts'
import { checkPsk, cipherList } from './tls-options.ts'

export function dialTls(context: NetContext, target: TlsTarget, accept: Accept, signal: AbortSignal | undefined): Promise<Link> {
  return attempt(`${target.host}:${target.port}`, target.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, signal, ({ succeed, fail }) => {
    const { host, proxy, tls = {} } = target
    const secure = (where: WayThere): (() => void) => {
      const socket = connectTls(host, tls, where)
      socket.once('error', fail)
      socket.once('secureConnect', () => {
        socket.off('error', fail)
        succeed(() => openStream(context, socket, describePeer(socket, 'tls'), StallAt.Dialled, accept))
      })
      return () => abandon(socket)
    }
    if (proxy === undefined) return secure({ ...addressOptions(target), allowHalfOpen: true })
    optionsOf(host, tls) // what is wrong with them is thrown before anything is connected
    let giveUp = connectThrough(proxy, target, fail, (socket) => (giveUp = secure({ socket })))
    return () => giveUp()
  })
}

/** How to reach the host: where to connect to, or the socket of a proxy. */
export type WayThere = ConnectionOptions & { readonly allowHalfOpen?: boolean }

/** A socket on its way. @throws UsageError, and OpenSSL's error, for options that cannot be */
export function connectTls(host: string, tls: TlsDialOptions, where: WayThere): TLSSocket {
  const { keylog } = tls
  const socket = connect({ host, ...where, noDelay: true, keepAlive: true, ...optionsOf(host, tls) } as ConnectionOptions)
  if (keylog !== undefined) socket.on('keylog', keylog)
  return socket
}

function optionsOf(host: string, tls: TlsDialOptions): ConnectionOptions {
  const { ca, cert, key, passphrase, minVersion, maxVersion, alpn, checkServerIdentity, psk } = tls
  const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined) // addresses are no server names (RFC 6066, 3)
  const ciphers = cipherList(tls.ciphers, tls.ciphersuites13, psk !== undefined)
  return {
    rejectUnauthorized: tls.rejectUnauthorized ?? true,
    ...given({ ca, cert, key, passphrase, ciphers, minVersion, maxVersion, checkServerIdentity, servername }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    ...(psk === undefined ? {} : pskOptions(psk)),
  } as ConnectionOptions
}

/** A server that shows a certificate has not proved the key: whoever vouches for it, it is not the one we share a key with. */
function pskOptions({ identity, key }: NonNullable<TlsDialOptions['psk']>): Partial<ConnectionOptions> {
  checkPsk(identity, key)
  return {
    pskCallback: () => ({ identity, psk: key }),
    rejectUnauthorized: true,
    checkServerIdentity: (_host: string, certificate: PeerCertificate | undefined) =>
      certificate === undefined || certificate === null || certificate.raw === undefined
        ? undefined
        : Object.assign(new Error('the server showed a certificate instead of proving the pre-shared key'), { code: 'ERR_PSK_NOT_PROVED' }),
  }
}

/** Only what is not undefined: Node takes a present undefined for a value. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}
