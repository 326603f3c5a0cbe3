// Who is at the other end of a socket, as addresses, TLS and a proxy in front of us say.
// What a verified client certificate says is trusted here; whether its name may be a user name is decided in auth/.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Peer, Transport } from '../base/link.ts'
import type { ProxyHeader } from '../wire/proxy-protocol.ts'
import { isText } from '../wire/text.ts'

/** What TLS says of a peer. */
export type TlsFacts = Pick<Peer, 'certificateName' | 'certificateSubject' | 'pskIdentity' | 'tlsVersion' | 'cipher'>

const NO_TLS: TlsFacts = { certificateName: null, certificateSubject: null, pskIdentity: null, tlsVersion: null, cipher: null }

/** An IPv4 address that came in by an IPv6 socket is shown as IPv4. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** `localPort` spares asking the system, whose answer the socket would keep. `tls` is what a listener that judged the peer itself knows. */
export function describePeer(socket: Socket, transport: Transport, localPort: number | null = null, tls: TlsFacts | null = null): Peer {
  const facts = tls ?? ('getPeerCertificate' in socket ? tlsFacts(socket as TLSSocket, (socket as TLSSocket).authorized, null) : NO_TLS)
  return {
    transport,
    address: plainAddress(socket.remoteAddress),
    port: socket.remotePort ?? 0,
    localPort: localPort ?? socket.localPort ?? 0,
    certificateName: facts.certificateName,
    certificateSubject: facts.certificateSubject,
    pskIdentity: facts.pskIdentity,
    tlsVersion: facts.tlsVersion,
    cipher: facts.cipher,
  }
}

/**
 * The peer that a proxy speaks of. Its TLS, if the proxy ended it, is that of the client: a certificate that the proxy itself shows us, on its
 * own connection, never names a client.
 */
export function peerBehind(peer: Peer, { source, tls }: ProxyHeader): Peer {
  const address = source === null ? null : { address: plainAddress(source.address), port: source.port }
  if (tls === null) return { ...peer, ...address }
  const { certificateName, version, cipher } = tls
  return { ...peer, ...address, certificateName: nameOf(certificateName), certificateSubject: null, pskIdentity: null, tlsVersion: version, cipher }
}

/** `isVouched`: the certificate of the peer is good; one that is not names nobody. */
export function tlsFacts(socket: TLSSocket, isVouched: boolean, pskIdentity: string | null): TlsFacts {
  const subject = isVouched ? (socket.getPeerCertificate().subject as { CN?: string | string[] } | undefined) : undefined
  const name = subject?.CN
  return {
    certificateName: nameOf((Array.isArray(name) ? name[0] : name) ?? null), // of several, the first
    certificateSubject: subject === undefined ? null : rfc2253(socket.getPeerX509Certificate()?.subject ?? ''),
    pskIdentity,
    tlsVersion: socket.getProtocol(),
    cipher: socket.getCipher()?.name ?? null,
  }
}

/** A name that is no valid text, or holds what the decoder puts in place of such, is none. */
function nameOf(name: string | null): string | null {
  return name !== null && isText(name) && !name.includes('\ufffd') ? name : null
}

/** Node gives a line per part, in the order of the certificate, escaped already; RFC 2253 wants the last first, and bytes beyond ASCII in hexadecimal. */
function rfc2253(subject: string): string | null {
  if (subject === '') return null
  const parts = subject.split('\n').reverse()
  const joined = parts.map((part) => part.split(' + ').reverse().join('+')).join(',')
  return joined.replace(/[^\0-\x7f]+/g, (text) =>
    Array.from(new TextEncoder().encode(text), (byte) => `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}
