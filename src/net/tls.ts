// TLS listeners: handshake, client certificates, then the plain way of stream-carrier.ts.
// What a client certificate means for a user name is decided in auth/.

import { createServer, type SecureContextOptions, type TLSSocket, type TlsOptions } from 'node:tls'
import type { Accept } from '../base/link.ts'
import { UsageError } from '../wire/errors.ts'
import { BoundServer, bind, limitConnections, place, SOCKET_OPTIONS } from './bound-server.ts'
import { ConnectionBook } from './connection-book.ts'
import type { Listener, ListenerOptions, TlsListenerOptions } from './listener.ts'
import type { NetContext } from './net-context.ts'
import { describePeer, plainAddress } from './peer.ts'
import { StallAt } from './socket-link.ts'
import { openStream } from './stream-carrier.ts'

const HANDSHAKE_TIMEOUT_MS = 10_000

export async function listenTls(context: NetContext, options: ListenerOptions, tls: TlsListenerOptions, accept: Accept): Promise<Listener> {
  const book = new ConnectionBook(options.maximumConnections ?? null)
  const server = createServer({ ...SOCKET_OPTIONS, ...serverTlsOptions(tls) }, (socket) => {
    socket.disableRenegotiation()
    openStream(context, socket, describePeer(socket, 'tls'), StallAt.Accepted, accept)
  })
  server.on('tlsClientError', (error, socket) => reportHandshake(context, error, socket))
  limitConnections(context, server, book)
  await bind(context, server, place(options))
  return new BoundServer(server, book, (renewed) => server.setSecureContext(secureContextOptions(renewed)))
}

/** For tls.createServer and https.createServer alike. @throws UsageError for client certificates without authorities */
export function serverTlsOptions(tls: TlsListenerOptions): TlsOptions {
  const certificate = tls.requireCertificate ?? false
  // Without a list of ours Node would trust every public authority to name our users.
  if (certificate && !tls.ca) throw new UsageError('requireCertificate needs the authorities that may vouch for clients: give `ca`')
  return {
    ...secureContextOptions(tls),
    requestCert: certificate,
    rejectUnauthorized: certificate,
    handshakeTimeout: tls.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
  }
}

/** What can be renewed while listening. */
export function secureContextOptions(tls: TlsListenerOptions): SecureContextOptions {
  return {
    key: tls.key,
    cert: tls.cert,
    ...(tls.ca ? { ca: list(tls.ca) } : {}),
    ...(tls.crl ? { crl: list(tls.crl) } : {}),
    ...(tls.ciphers === undefined ? {} : { ciphers: tls.ciphers }),
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
    minVersion: tls.minVersion ?? 'TLSv1.2',
  }
}

function list(pem: string | Buffer | readonly (string | Buffer)[]): (string | Buffer)[] {
  return typeof pem === 'string' || Buffer.isBuffer(pem) ? [pem] : [...pem]
}

/** Says why a handshake failed; Node closes refused certificates without a word, so theirs is looked up. */
export function reportHandshake(context: NetContext, error: Error, socket: TLSSocket): void {
  const refused = socket.authorizationError as Error | string | undefined | null
  const reason = refused ? new Error(`client certificate refused: ${typeof refused === 'string' ? refused : refused.message}`) : error
  context.report('handshake', reason, plainAddress(socket.remoteAddress))
  socket.destroy()
}
