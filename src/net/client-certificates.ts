// Who is who on one TLS listener: client certificates where Node's own verdict is too strict or too lax, and identities of pre-shared keys.
// What a name means for a user name is decided in auth/.

import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { certificatesOf, isVouchedFor } from './certificate-chain.ts'
import type { PskListenerOptions, TlsListenerOptions } from './listener.ts'
import { type TlsFacts, tlsFacts } from './peer.ts'
import { isUsableKey, listOf } from './tls-options.ts'

/** Node's verdicts that speak of dates only, or hide another fault behind the dates. */
const OUT_OF_TIME: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

export class ClientCertificates {
  readonly #options: TlsListenerOptions
  #trusted: readonly X509Certificate[] | null = null
  #hasRevocations = false
  readonly #outOfTime = new WeakSet<TLSSocket>()
  readonly #identities = new WeakMap<TLSSocket, string>()

  constructor(options: TlsListenerOptions) {
    this.#options = options
    this.renew(options)
  }

  /** New authorities from now on. @throws OpenSSL's error for bad contents */
  renew({ ca, crl }: TlsListenerOptions): void {
    this.#trusted = this.#options.disableDateChecks === true && ca ? certificatesOf(listOf(ca)) : null
    this.#hasRevocations = Boolean(crl)
  }

  /** After the handshake: why the peer is refused, or null. What Node has refused by itself never comes here. */
  judge(socket: TLSSocket): Error | null {
    const { requireCertificate, requestCertificate, psk } = this.#options
    if (psk) return this.#identities.has(socket) ? null : new Error('no pre-shared key was proved')
    if (!requireCertificate && !requestCertificate) return null
    if (socket.authorized) return null
    const isShown = socket.getPeerX509Certificate() !== undefined
    if (!isShown) return requireCertificate ? new Error('peer did not return a certificate') : null
    const reason = String((socket.authorizationError as (Error & { code?: string }) | string | null) ?? 'not verified')
    const code = (socket.authorizationError as { code?: string } | null)?.code ?? reason
    if (this.#trusted !== null && OUT_OF_TIME.has(code) && !this.#hasRevocations && isVouchedFor(socket, this.#trusted)) {
      this.#outOfTime.add(socket)
      return null
    }
    return new Error(`client certificate refused: ${reason}`)
  }

  /** What TLS says of a peer that was not refused. */
  factsOf(socket: TLSSocket): TlsFacts {
    return tlsFacts(socket, socket.authorized || this.#outOfTime.has(socket), this.#identities.get(socket) ?? null)
  }

  /** For Node's `pskCallback`. A client may offer several identities: the last one with a key is the one whose key it must prove. */
  keyOf(psk: PskListenerOptions, socket: TLSSocket, identity: string): Buffer | null {
    if (identity === '' || identity.includes('\ufffd')) return null // ill-formed text arrives so: it must not pass for another identity
    const key = psk.lookup(identity)
    if (key === null || !isUsableKey(key)) return null
    this.#identities.set(socket, identity)
    return Buffer.from(key)
  }
}
