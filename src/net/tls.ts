// TLS listeners: handshake, client certificates, pre-shared keys, then the plain way of stream-carrier.ts.
// What a client certificate means for a user name is decided in auth/.

import { constants } from 'node:crypto'
import { createServer, type SecureContextOptions, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import type { Accept } from '../base/link.ts'
import { UsageError } from '../wire/errors.ts'
import { BoundServer, bind, place, SOCKET_OPTIONS } from './bound-server.ts'
import { ClientCertificates } from './client-certificates.ts'
import { ConnectionBook } from './connection-book.ts'
import { Entrance, interpose, proxyRules } from './entrance.ts'
import type { ListenerOptions, PreparedListener, TlsListenerOptions } from './listener.ts'
import type { NetContext } from './net-context.ts'
import { StallAt } from './socket-link.ts'
import { openStream } from './stream-carrier.ts'
import { cipherList, listOf, revocationLists } from './tls-options.ts'

const HANDSHAKE_TIMEOUT_MS = 10_000

export function prepareTls(context: NetContext, options: ListenerOptions, tls: TlsListenerOptions, accept: Accept): PreparedListener {
  const entrance = new Entrance(context, new ConnectionBook(options.maximumConnections ?? null, context.connections, options.together), proxyRules(options))
  const certificates = new ClientCertificates(tls)
  const server = createServer({ ...SOCKET_OPTIONS, ...serverTlsOptions(tls, certificates) }, (socket) => {
    const peer = entrance.describe(socket, 'tls', certificates.factsOf(socket))
    if (peer === null) socket.destroy()
    else openStream(context, socket, peer, StallAt.Accepted, accept)
  })
  const renew = guardTls(context, entrance, server, tls, certificates)
  return {
    listen: async (port = options.port) => {
      await bind(context, server, place(options, port))
      return new BoundServer(server, entrance.book, renew)
    },
  }
}

/** What TLS and HTTPS servers share: the entrance, judging peers, reports, the key log. Returns how to renew keys. */
export function guardTls(
  context: NetContext,
  entrance: Entrance,
  server: Server,
  tls: TlsListenerOptions,
  certificates: ClientCertificates,
): (renewed: TlsListenerOptions) => void {
  entrance.guard(server)
  // Who hangs up within the handshake is gone: half open it would keep its place until the time for the handshake is over.
  server.prependListener('connection', (socket) => {
    socket.allowHalfOpen = false
    entrance.note(socket)
  })
  interpose<TLSSocket>(server, 'secureConnection', (socket, pass) => {
    const refusal = certificates.judge(socket)
    if (refusal !== null) {
      context.report('handshake', refusal, entrance.addressOf(socket), entrance.portsOf(socket))
      socket.destroy()
      return
    }
    socket.allowHalfOpen = true
    socket.disableRenegotiation()
    pass()
  })
  server.removeAllListeners('tlsClientError') // an HTTPS server would tell it once more, as an HTTP fault
  server.on('tlsClientError', (error, socket) => reportHandshake(context, error, socket, entrance))
  const { keylog } = tls
  if (keylog) server.on('keylog', (line) => keylog(line))
  return (renewed) => {
    server.setSecureContext(secureContextOptions({ ...renewed, psk: tls.psk ?? null }))
    certificates.renew(renewed)
  }
}

/** For tls.createServer and https.createServer alike. @throws UsageError for client certificates without authorities */
export function serverTlsOptions(tls: TlsListenerOptions, certificates: ClientCertificates): TlsOptions {
  const { psk, requireCertificate = false, requestCertificate = false, disableDateChecks = false } = tls
  const isAsked = requireCertificate || requestCertificate
  // Without a list of ours Node would trust every public authority to name our users.
  if (isAsked && !tls.ca)
    throw new UsageError(`${requireCertificate ? 'requireCertificate' : 'requestCertificate'} needs the authorities that may vouch for clients: give \`ca\``)
  return {
    ...secureContextOptions(tls),
    requestCert: isAsked,
    rejectUnauthorized: requireCertificate && !disableDateChecks, // otherwise client-certificates.ts judges
    handshakeTimeout: tls.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
    ...(psk ? { pskCallback: (socket: TLSSocket, identity: string) => certificates.keyOf(psk, socket, identity) } : {}),
    ...(psk?.hint ? { pskIdentityHint: psk.hint } : {}),
  } as TlsOptions
}

/** What can be renewed while listening. */
export function secureContextOptions(tls: TlsListenerOptions): SecureContextOptions {
  const { key, cert, ca, crl, psk, maxVersion, disableDateChecks } = tls
  const ciphers = cipherList(tls.ciphers, tls.ciphersuites13, Boolean(psk))
  return {
    ...(key ? { key } : {}),
    ...(cert ? { cert } : {}),
    ...(ca ? { ca: listOf(ca) } : {}),
    ...(crl ? { crl: revocationLists(crl) } : {}),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    // A resumed session would bring neither the identity of its key nor the chain of its certificate along.
    ...(psk || disableDateChecks ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}),
    minVersion: tls.minVersion ?? 'TLSv1.2',
  }
}

/** Says why a handshake failed; Node closes refused certificates without a word, so theirs is looked up. */
function reportHandshake(context: NetContext, error: Error, socket: TLSSocket, entrance: Entrance): void {
  const refused = socket.authorizationError as Error | string | undefined | null
  const reason = refused ? new Error(`client certificate refused: ${typeof refused === 'string' ? refused : refused.message}`) : error
  context.report('handshake', reason, entrance.addressOf(socket), entrance.portsOf(socket))
  socket.destroy()
}
