// Who may come in by one listener: by name and password, by certificate or pre-shared key, or without a name.
// Implements broker/ports.ts' Authenticator; how passwords are judged is in password-logins.ts.

import type { Peer } from '../base/link.ts'
import type { Authenticator } from '../broker/ports.ts'
import type { Verdict } from '../session/effects.ts'
import type { Connect } from '../wire/mqtt/packet.ts'
import type { PasswordFile } from './password-file.ts'
import type { PasswordLogins, UserDirectory } from './password-logins.ts'

export interface LoginRules {
  /** Clients without a user name are welcome; without a password file those with one too. A wrong name is never anonymous. */
  readonly allowAnonymous: boolean
  /** Null = names are not checked. */
  readonly passwordFile: PasswordFile | null
  /** Asked before the password file, about the names it knows; absent or null = none. */
  readonly users?: UserDirectory | null
  /**
   * Where the user name comes from. `identity`: use_identity_as_username, the Common Name of the certificate or the identity of
   * the pre-shared key; `subject`: use_subject_as_username. The password file is then not asked, nor the name in CONNECT.
   */
  readonly nameFrom: 'connect' | 'identity' | 'subject'
  /** clientid_prefixes: what every Client Identifier must begin with; null = anything. */
  readonly clientIdPrefix: string | null
  /** Where `allow_anonymous` stands, such as `m.conf:3`, for the log; null = nowhere, it is the default. */
  readonly anonymousAt?: string | null
}

/** By what somebody came in: asked again after a reload. `password`: the hash that it fitted. */
type Login = { readonly by: 'nothing' | 'name' | 'identity' | 'subject' } | { readonly by: 'password'; readonly userName: string; readonly encoded: string }

/** What a wrong password, an unknown user and a missing name are answered with: 5 in 3.x, 0x87 in 5.0. */
const NOT_AUTHORIZED = 0x87
/** Who should have brought a name in a certificate or key, and has none: 4 in 3.x, 0x86 in 5.0. */
const BAD_USER_NAME = 0x86
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
    if (!this.#mayBear(connect.clientId)) return refused(`its Client Identifier does not begin as 'clientid_prefixes' demands`)
    if (nameFrom !== 'connect') return this.#byIdentity(peer, nameFrom)
    if (connect.userName === null)
      return allowAnonymous ? this.#admit(peer, { by: 'nothing' }, null) : refused(`it gave no user name, and ${this.#noAnonymous}`)
    const { users = null } = this.#rules
    if (users !== null && (passwordFile === null || users.has(connect.userName)))
      return this.#byPassword(connect.userName, connect.password, connect.clientId, peer, users)
    if (passwordFile === null)
      return allowAnonymous
        ? this.#admit(peer, { by: 'name' }, connect.userName)
        : refused(`there is no 'password_file' to check its user name with, and ${this.#noAnonymous}`)
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
    const { allowAnonymous, passwordFile, nameFrom, users = null } = this.#rules
    switch (login.by) {
      case 'identity':
      case 'subject':
        return nameFrom === login.by
      case 'nothing':
        return nameFrom === 'connect' && userName === null && allowAnonymous
      case 'name':
        return nameFrom === 'connect' && passwordFile === null && users === null && allowAnonymous
      case 'password':
        if (nameFrom !== 'connect') return false
        if (users?.lookup(login.userName)?.encoded === login.encoded) return users.objection(login.userName, clientId) === null
        return passwordFile === null ? users === null && allowAnonymous : passwordFile.lookup(login.userName)?.encoded === login.encoded
    }
  }

  /** New rules, as after a reload of the configuration. Those who are in stay until somebody asks `stillWelcome`. */
  replace(rules: LoginRules): void {
    this.#rules = rules
  }

  async #byPassword(userName: string, password: Uint8Array | null, clientId: string, peer: Peer, source: PasswordFile | UserDirectory): Promise<Verdict> {
    const result = await this.#logins.judge(source, userName, password, peer.address)
    if (result.outcome !== 'welcome')
      return result.outcome === 'busy'
        ? QUOTA_EXCEEDED
        : refused(`its user name or password is not that of ${'path' in source ? source.path : 'dynamic security'}`)
    // The rules may have changed while the password was judged: then it was judged by the wrong ones, and the client tries again.
    const { passwordFile, users = null, nameFrom } = this.#rules
    if ((source !== passwordFile && source !== users) || nameFrom !== 'connect' || !this.#mayBear(clientId))
      return refused('the configuration changed while its password was checked')
    const objection = source === users && users !== null ? users.objection(userName, clientId) : null
    if (objection !== null) return refused(objection)
    return this.#admit(peer, { by: 'password', userName, encoded: result.entry.encoded }, userName)
  }

  #byIdentity(peer: Peer, nameFrom: 'identity' | 'subject'): Verdict {
    const name = nameFrom === 'subject' ? peer.certificateSubject : (peer.certificateName ?? peer.pskIdentity)
    return name !== null && isUsable(name, nameFrom)
      ? this.#admit(peer, { by: nameFrom }, name)
      : { ...refused(`it has no usable name in a certificate or key, which 'use_${nameFrom}_as_username' demands`), reasonCode: BAD_USER_NAME }
  }

  /** The line that keeps out who has no name, and the one that would let it in. */
  get #noAnonymous(): string {
    const at = this.#rules.anonymousAt ?? null
    return at === null ? "'allow_anonymous' is false unless the configuration says 'allow_anonymous true'" : `'allow_anonymous' is false (${at})`
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

/** Mosquitto answers passwords and names all alike; the reason is for the log only. */
function refused(reason: string): Verdict {
  return { reasonCode: NOT_AUTHORIZED, userName: null, reason }
}

/** No wildcard may come in as a name, lest it match a pattern; no control character, lest it forge a log line. A subject may hold a slash. */
function isUsable(name: string, nameFrom: 'identity' | 'subject'): boolean {
  return name.length > 0 && !/[+#\p{Cc}\p{Cs}\ufffd]/u.test(name) && (nameFrom === 'subject' || !name.includes('/'))
}
