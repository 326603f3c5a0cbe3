// Who is at the other end of a socket.
// What a verified client certificate says is trusted here; whether its name may be a user name is decided in auth/.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Peer, Transport } from '../base/link.ts'

/** An IPv4 address that came in by an IPv6 socket is shown as IPv4. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** `localPort` spares asking the system, whose answer the socket would keep. */
export function describePeer(socket: Socket, transport: Transport, localPort: number | null = null): Peer {
  return {
    transport,
    address: plainAddress(socket.remoteAddress),
    port: socket.remotePort ?? 0,
    localPort: localPort ?? socket.localPort ?? 0,
    certificateName: 'getPeerCertificate' in socket ? certificateName(socket as TLSSocket) : null,
  }
}

/** First Common Name of a certificate that passed verification; null for all others. */
function certificateName(socket: TLSSocket): string | null {
  if (!socket.authorized) return null
  const subject = socket.getPeerCertificate().subject as { CN?: string | string[] } | undefined
  const name = subject?.CN
  return (Array.isArray(name) ? name[0] : name) ?? null
}
