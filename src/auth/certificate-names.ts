// use_identity_as_username: the Common Name of a verified client certificate is the user name.
// Implements broker/ports.ts' Authenticator around another one, which judges all listeners without the option.

import type { Peer } from '../base/link.ts'
import type { Authenticator } from '../broker/ports.ts'
import type { AuthenticationExchange, Verdict } from '../session/effects.ts'
import type { Connect } from '../wire/mqtt/packet.ts'

export class CertificateNames implements Authenticator {
  readonly #localPorts: ReadonlySet<number>
  readonly #others: Authenticator

  /** `localPorts` are those of the listeners with the option. */
  constructor(localPorts: ReadonlySet<number>, others: Authenticator) {
    this.#localPorts = localPorts
    this.#others = others
  }

  authenticate(connect: Connect, peer: Peer): Verdict | Promise<Verdict> {
    if (!this.#localPorts.has(peer.localPort)) return this.#others.authenticate(connect, peer)
    const name = peer.certificateName
    return name !== null && isUsable(name) ? { reasonCode: 0, userName: name } : { reasonCode: 0x87, userName: null }
  }

  begin(method: string, connect: Connect, peer: Peer): AuthenticationExchange | null {
    return this.#localPorts.has(peer.localPort) ? null : this.#others.begin(method, connect, peer)
  }
}

/** No wildcard may come in as a name, lest it match a pattern; no control character, lest it forge a log line. */
function isUsable(name: string): boolean {
  return name.length > 0 && !/[+#/\p{Cc}\p{Cs}\ufffd]/u.test(name)
}
