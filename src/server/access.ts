// Who may come in and do what, by a configuration: its password, ACL and PSK files become an authenticator and an authoriser per listener.
// A reload reads everything first and changes it then: a broken file changes nothing.

import { chownSync } from 'node:fs'
import { AccessFileError, type AccessFileNote, type FileOwner } from '../auth/access-file.ts'
import { AclFile } from '../auth/acl-file.ts'
import { DYNSEC_TOPIC, DynamicSecurity } from '../auth/dynsec/dynamic-security.ts'
import { DynsecAuthorizer } from '../auth/dynsec/dynsec-authorizer.ts'
import { makeFirstFile } from '../auth/dynsec/first-file.ts'
import { FileAuthenticator, type LoginRules } from '../auth/file-authenticator.ts'
import { FileAuthorizer } from '../auth/file-authorizer.ts'
import { PasswordFile } from '../auth/password-file.ts'
import { PasswordLogins } from '../auth/password-logins.ts'
import { PskFile } from '../auth/psk-file.ts'
import type { Log } from '../base/log.ts'
import type { Administration } from '../broker/administration.ts'
import { type Authorizer, type ControlHandler, OTHER_CONTROLS } from '../broker/ports.ts'
import type { Configuration, ListenerConfiguration, SecurityConfiguration } from '../config/configuration.ts'
import { decidingSetting, placeOf } from '../config/settings.ts'
import { BROKER_CONTROL_TOPIC, BrokerControl } from './broker-control.ts'

/** What one listener asks. The objects stay the same over reloads. */
export interface ListenerAccess {
  readonly authenticator: FileAuthenticator
  readonly authorizer: Authorizer
  /** What its clients may publish to below `$CONTROL`. */
  readonly controls: ReadonlyMap<string, ControlHandler>
  /** Null when the identity is not known. */
  keyOf(identity: string): Uint8Array | null
}

interface Entry extends ListenerAccess {
  readonly rights: FileAuthorizer
  readonly controls: Map<string, ControlHandler>
  /** Null without the plugin; a reload neither brings it nor takes it away. */
  readonly security: DynamicSecurity | null
  psk: PskFile | null
}

/** Files by their path: several listeners share one. */
interface AccessFiles {
  readonly passwords: ReadonlyMap<string, PasswordFile>
  readonly acls: ReadonlyMap<string, AclFile>
  readonly psks: ReadonlyMap<string, PskFile>
}

export class Access {
  /** In the order of the configuration's listeners; one for local-only mode. */
  readonly listeners: readonly ListenerAccess[]
  readonly #entries: readonly Entry[]
  readonly #owner: FileOwner | undefined
  #files: AccessFiles = { passwords: new Map(), acls: new Map(), psks: new Map() }
  /** By path: several listeners share one. */
  readonly #securities = new Map<string, DynamicSecurity>()
  readonly #control: BrokerControl

  /** `owner`: whose files these should be; the user of this process unless given. @throws AccessFileError */
  constructor(configuration: Configuration, log: Log, owner?: FileOwner) {
    this.#owner = owner
    const logins = new PasswordLogins()
    this.#control = new BrokerControl(log)
    this.#entries = served(configuration).map((listener) => {
      const rights = new FileAuthorizer({ aclFile: null, log })
      const security = this.#securityOf(listener, log)
      const entry: Entry = {
        authenticator: new FileAuthenticator(NOBODY, logins),
        authorizer: security === null ? rights : new DynsecAuthorizer(security, rights),
        rights,
        security,
        controls: new Map(security === null ? [] : [[DYNSEC_TOPIC, security]]),
        psk: null,
        keyOf: (identity) => entry.psk?.keyOf(identity) ?? null,
      }
      return entry
    })
    this.listeners = this.#entries
    this.prepare(configuration)()
  }

  /** Warnings about the files as they were last read. */
  get notes(): readonly AccessFileNote[] {
    const { passwords, acls, psks } = this.#files
    return [...this.#securities.values(), ...passwords.values(), ...acls.values(), ...psks.values()].flatMap(({ notes }) => notes)
  }

  /** The broker runs: requests on `$CONTROL` are answered from now on. */
  serve(administration: Administration): void {
    for (const handler of [...this.#securities.values(), this.#control]) handler.serve(administration)
  }

  /**
   * Reads all files that a configuration names; nothing changes until the function returned is called.
   * The configuration has the same listeners as the one before. @throws AccessFileError
   */
  prepare(configuration: Configuration): () => void {
    const listeners = served(configuration)
    const options = this.#owner === undefined ? {} : { owner: this.#owner }
    const swaps: (() => void)[] = []
    const all = <F extends { prepare(): () => void }>(
      old: ReadonlyMap<string, F>,
      paths: readonly (string | null)[],
      open: (path: string) => F,
    ): Map<string, F> => {
      const files = new Map<string, F>()
      for (const path of paths) {
        if (path === null || files.has(path)) continue
        const known = old.get(path)
        if (known !== undefined) swaps.push(known.prepare())
        files.set(path, known ?? open(path))
      }
      return files
    }
    const files: AccessFiles = {
      passwords: all(this.#files.passwords, listeners.map(passwordFileOf), (path) => new PasswordFile(path, options)),
      acls: all(this.#files.acls, listeners.map(aclFileOf), (path) => new AclFile(path, options)),
      psks: all(
        this.#files.psks,
        listeners.map(({ pskHint, pskFile }) => (pskHint === null ? null : pskFile)),
        (path) => new PskFile(path, options),
      ),
    }
    return () => {
      for (const swap of swaps) swap()
      this.#files = files
      for (const [i, listener] of listeners.entries()) this.#apply(this.#entries[i]!, configuration, listener)
    }
  }

  #apply(entry: Entry, configuration: Configuration, listener: ListenerConfiguration): void {
    const { passwords, acls, psks } = this.#files
    const passwordFile = passwords.get(passwordFileOf(listener) ?? '') ?? null
    entry.authenticator.replace({ ...loginRules(configuration, listener, passwordFile), users: entry.security })
    const aclFile = acls.get(aclFileOf(listener) ?? '') ?? null
    const refusesWildcards = listener.plugins.length > 0 && listener.plugins.every(({ denySpecialCharacters }) => denySpecialCharacters)
    if (entry.rights.aclFile !== aclFile || aclFile === null)
      entry.rights.replace(aclFile, refusesWildcards && aclFile !== null, configuration.sysAcl === 'admin')
    entry.psk = psks.get(listener.pskFile ?? '') ?? null
    for (const [topic, handler] of [
      [BROKER_CONTROL_TOPIC, this.#control],
      [OTHER_CONTROLS, this.#control.others],
    ] as const) {
      if (configuration.enableControlApi) entry.controls.set(topic, handler)
      else entry.controls.delete(topic)
    }
    this.#control.tellOf(configuration)
  }

  /** Reads the file of dynamic security, or makes it. @throws AccessFileError */
  #securityOf({ plugins }: SecurityConfiguration, log: Log): DynamicSecurity | null {
    const plugin = plugins.find(({ known }) => known === 'dynamic_security')
    if (plugin === undefined) return null
    const path = plugin.options.get('config_file')
    if (path === undefined) {
      const place = plugin.settings[0] === undefined ? '' : ` (${placeOf(plugin.settings[0])})`
      throw new AccessFileError(
        `The plugin '${plugin.path}'${place} has no 'plugin_opt_config_file'.`,
        plugin.path,
        0,
        'Name the file of its clients and roles.',
      )
    }
    const known = this.#securities.get(path)
    if (known !== undefined) return known
    const made = makeFirstFile({ path, passwordFile: plugin.options.get('password_init_file') ?? null, env: process.env })
    if (made !== null) log.write('notice', made.sentence)
    const { uid, gid } = this.#owner ?? {}
    if (made !== null && uid !== undefined && gid !== undefined) for (const file of made.files) chownSync(file, uid, gid)
    const security = new DynamicSecurity({ path, log, ...(this.#owner === undefined ? {} : { owner: this.#owner }) })
    this.#securities.set(path, security)
    return security
  }
}

/** The listeners that will be opened. */
export function served({ listeners, localOnly }: Configuration): readonly ListenerConfiguration[] {
  return localOnly === null ? listeners : [localOnly]
}

const NOBODY: LoginRules = { allowAnonymous: false, passwordFile: null, nameFrom: 'connect', clientIdPrefix: null }

function loginRules(configuration: Configuration, listener: ListenerConfiguration, passwordFile: PasswordFile | null): LoginRules {
  const anonymous = decidingSetting(configuration, listener, 'allow_anonymous')
  return {
    allowAnonymous: listener.allowAnonymous,
    passwordFile,
    nameFrom: listener.useIdentityAsUsername ? 'identity' : listener.useSubjectAsUsername ? 'subject' : 'connect',
    clientIdPrefix: configuration.clientIdPrefixes,
    anonymousAt: anonymous === null ? null : placeOf(anonymous),
  }
}

/** The file of the option, or of the plugin that does the same. */
export function passwordFileOf(security: SecurityConfiguration): string | null {
  return security.passwordFile ?? pluginFile(security, 'password_file')
}

export function aclFileOf(security: SecurityConfiguration): string | null {
  return security.aclFile ?? pluginFile(security, 'acl_file')
}

function pluginFile({ plugins }: SecurityConfiguration, kind: 'password_file' | 'acl_file'): string | null {
  const options = plugins.find(({ known }) => known === kind)?.options
  return options?.get(kind) ?? null
}
