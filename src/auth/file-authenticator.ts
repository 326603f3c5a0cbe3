// Who may come in by one listener: by name and password, by certificate or pre-shared key, or without a name.
// Implements broker/ports.ts' Authenticator; how passwords are judged is in password-logins.ts.

import type { Peer } from '../base/link.ts'
import type { Authenticator } from '../broker/ports.ts'
import type { Verdict } from '../session/effects.ts'
import type { Connect } from '../wire/mqtt/packet.ts'
import type { PasswordFile } from './password-file.ts'
import type { PasswordLogins } from './password-logins.ts'

export interface LoginRules {
  /** Clients without a user name are welcome; without a password file those with one too. A wrong name is never anonymous. */
  readonly allowAnonymous: boolean
  /** Null = names are not checked. */
  readonly passwordFile: PasswordFile | null
  /**
   * Where the user name comes from. `identity`: use_identity_as_username, the Common Name of the certificate or the identity of
   * the pre-shared key; `subject`: use_subject_as_username. The password file is then not asked, nor the name in CONNECT.
   */
  readonly nameFrom: 'connect' | 'identity' | 'subject'
  /** clientid_prefixes: what every Client Identifier must begin with; null = anything. */
  readonly clientIdPrefix: string | null
}

/** What transports with certificates and keys tell of a peer. */
type IdentifiedPeer = Peer & { readonly certificateSubject?: string | null; readonly pskIdentity?: string | null }

/** By what somebody came in: asked again after a reload. `password`: the hash that it fitted. */
type Login = { readonly by: 'nothing' | 'name' | 'identity' | 'subject' } | { readonly by: 'password'; readonly userName: string; readonly encoded: string }

/** Mosquitto answers a wrong password, an unknown user and a missing name alike: 5 in 3.x, 0x87 in 5.0. */
const REFUSED: Verdict = { reasonCode: 0x87, userName: null }
const QUOTA_EXCEEDED: Verdict = { reasonCode: 0x97, userName: null }

export class FileAuthenticator implements Authenticator {
  readonly #logins: PasswordLogins
  readonly #byPeer = new WeakMap<Peer, Login>()
  #rules: LoginRules

  /** `logins` may serve many listeners. */
  constructor(rules: LoginRules, logins: PasswordLogins) {
    this.#rules = rules
    this.#logins = logins
  }

  authenticate(connect: Connect, peer: Peer): Verdict | Promise<Verdict> {
    const { allowAnonymous, passwordFile, nameFrom } = this.#rules
    if (!this.#mayBear(connect.clientId)) return REFUSED
    if (nameFrom !== 'connect') return this.#byIdentity(peer, nameFrom)
    if (connect.userName === null) return allowAnonymous ? this.#admit(peer, { by: 'nothing' }, null) : REFUSED
    if (passwordFile === null) return allowAnonymous ? this.#admit(peer, { by: 'name' }, connect.userName) : REFUSED
    return this.#byPassword(connect.userName, connect.password, connect.clientId, peer, passwordFile)
  }

  /** A password file holds nothing that SCRAM could use. */
  begin(): null {
    return null
  }

  /** Would this client, connected as it is, still be let in under the rules of now? No for one that came in elsewhere. */
  stillWelcome(peer: Peer, clientId: string, userName: string | null): boolean {
    const login = this.#byPeer.get(peer)
    if (login === undefined || !this.#mayBear(clientId)) return false
    const { allowAnonymous, passwordFile, nameFrom } = this.#rules
    switch (login.by) {
      case 'identity':
      case 'subject':
        return nameFrom === login.by
      case 'nothing':
        return nameFrom === 'connect' && userName === null && allowAnonymous
      case 'name':
        return nameFrom === 'connect' && passwordFile === null && allowAnonymous
      case 'password':
        if (nameFrom !== 'connect') return false
        return passwordFile === null ? allowAnonymous : passwordFile.lookup(login.userName)?.encoded === login.encoded
    }
  }

  /** New rules, as after a reload of the configuration. Those who are in stay until somebody asks `stillWelcome`. */
  replace(rules: LoginRules): void {
    this.#rules = rules
  }

  async #byPassword(userName: string, password: Uint8Array | null, clientId: string, peer: Peer, passwordFile: PasswordFile): Promise<Verdict> {
    const result = await this.#logins.judge(passwordFile, userName, password, peer.address)
    if (result.outcome !== 'welcome') return result.outcome === 'busy' ? QUOTA_EXCEEDED : REFUSED
    // The rules may have changed while the password was judged: then it was judged by the wrong ones, and the client tries again.
    const { passwordFile: current, nameFrom } = this.#rules
    if (current !== passwordFile || nameFrom !== 'connect' || !this.#mayBear(clientId)) return REFUSED
    return this.#admit(peer, { by: 'password', userName, encoded: result.entry.encoded }, userName)
  }

  #byIdentity(peer: IdentifiedPeer, nameFrom: 'identity' | 'subject'): Verdict {
    const name = nameFrom === 'subject' ? (peer.certificateSubject ?? null) : (peer.certificateName ?? peer.pskIdentity ?? null)
    return name !== null && isUsable(name, nameFrom) ? this.#admit(peer, { by: nameFrom }, name) : REFUSED
  }

  #mayBear(clientId: string): boolean {
    const { clientIdPrefix } = this.#rules
    return clientIdPrefix === null || clientId.startsWith(clientIdPrefix)
  }

  #admit(peer: Peer, login: Login, userName: string | null): Verdict {
    this.#byPeer.set(peer, login)
    return { reasonCode: 0, userName }
  }
}

/** No wildcard may come in as a name, lest it match a pattern; no control character, lest it forge a log line. A subject may hold a slash. */
function isUsable(name: string, nameFrom: 'identity' | 'subject'): boolean {
  return name.length > 0 && !/[+#\p{Cc}\p{Cs}\ufffd]/u.test(name) && (nameFrom === 'subject' || !name.includes('/'))
}
