// A broker as a configuration describes it: files read first, then sockets opened; and read again while it runs.
// What a line of the file means is config/; signals, process and log are cli/broker.ts'.

import type { AccessFileNote, FileOwner } from '../auth/access-file.ts'
import type { Log } from '../base/log.ts'
import { DEFAULT_LIMITS, type Limits } from '../broker/limits.ts'
import type { Configuration, ListenerConfiguration } from '../config/configuration.ts'
import { Access, aclFileOf, passwordFileOf, served } from './access.ts'
import { bridgeTarget } from './bridge-target.ts'
import { type ConsoleDoor, configuredListeners, tlsOf } from './configured-listeners.ts'
import { HttpApi } from './http-api.ts'
import { type BrokerBridge, type BrokerListener, type BrokerLook, type PersistencePlace, type RunningBroker, startBroker } from './start-broker.ts'

export interface ConfiguredBrokerOptions {
  readonly configuration: Configuration
  readonly log: Log
  /** Those of -p. */
  readonly ports: readonly number[]
  /** Beside those of the configuration. */
  readonly moreListeners: readonly BrokerListener[]
  /** For limits that neither the file nor broker/limits.ts sets. */
  readonly defaultLimits: Partial<Limits>
  readonly maximumConnectionsPerAddress: number | null
  readonly keyLogFile: string | null
  /** Whom files that say who may do what should belong to; the user of this process unless given. */
  readonly owner?: FileOwner
  readonly versionText: string
  /** Serves `console true`. */
  readonly console?: (BrokerLook & ConsoleDoor) | null
  readonly verbose: boolean
  /** Called once, when a client publishes for the first time. */
  readonly firstPublish?: () => void
}

/** Everything that must be read has been read; `open` begins to listen. */
export class ConfiguredBroker {
  readonly #options: ConfiguredBrokerOptions
  readonly #access: Access
  readonly #listeners: readonly BrokerListener[]
  readonly #looks: readonly BrokerLook[]
  readonly #bridges: readonly BrokerBridge[]
  #configuration: Configuration
  #running: RunningBroker | null = null

  /** Reads certificates, passwords and access rules. @throws AccessFileError, CertificateError */
  constructor(options: ConfiguredBrokerOptions) {
    const { configuration, log, owner } = options
    this.#options = options
    this.#configuration = configuration
    this.#access = new Access(configuration, log, owner)
    const httpApi = new HttpApi({ listeners: () => served(this.#configuration), versionText: options.versionText })
    const door = options.console ?? null
    const hasHttpApi = served(configuration).some(({ protocol }) => protocol === 'http_api')
    this.#looks = [...(door === null ? [] : [door]), ...(hasHttpApi ? [httpApi] : [])]
    this.#listeners = [...configuredListeners(configuration, this.#access.listeners, { ...options, console: door, httpApi }), ...options.moreListeners]
    this.#bridges = bridgesOf(configuration)
  }

  /** Warnings about the files that were read. */
  get notes(): readonly AccessFileNote[] {
    return this.#access.notes
  }

  /** What holds now. */
  get configuration(): Configuration {
    return this.#configuration
  }

  /** @throws ListenError */
  async open(): Promise<RunningBroker> {
    const { configuration, log, versionText, verbose } = this.#options
    const first = this.#access.listeners[0]
    this.#running = await startBroker(
      {
        listeners: this.#listeners,
        bridges: this.#bridges,
        limits: this.#limitsOf(configuration),
        ...(first === undefined ? {} : { authenticator: first.authenticator, authorizer: first.authorizer }),
        log,
        versionText,
        verbose,
        connectionMessages: configuration.connectionMessages,
        tap: configuration.tapListener,
        looks: this.#looks,
        maximumConnections: orNull(configuration.globalMaximumConnections),
        maximumConnectionsPerAddress: this.#perAddress(configuration),
        persistence: placeOfStore(configuration),
      },
      this.#options.firstPublish === undefined ? {} : { firstPublish: this.#options.firstPublish },
    )
    this.#access.serve(this.#running.broker.administration)
    return this.#running
  }

  /**
   * Goes over to a configuration that was read anew; returns how many clients had to go. Whatever throws, throws before anything has changed.
   * `verbose`: every packet is logged from now on. Listeners cannot come and go: those that the file does not name any more keep what they had.
   * @throws AccessFileError, CertificateError, OpenSSL's error for bad certificates
   */
  reload(read: Configuration, verbose: boolean): number {
    const running = this.#running
    if (running === null) return 0
    const { log, keyLogFile } = this.#options
    const configuration = this.#withSameListeners(read)
    if (!haveSameListeners(read, this.#configuration))
      log.write('error', 'Error: It is not currently possible to add/remove listeners when reloading the config file.')
    const swapAccess = this.#access.prepare(configuration)
    const bridges = bridgesOf(read)
    const certificates = served(configuration).map((listener, i) => tlsOf(listener, this.#access.listeners[i]!, keyLogFile))
    for (const [i, tls] of certificates.entries()) if (tls !== null) running.listeners[i]!.renew(tls)
    swapAccess()
    this.#configuration = configuration
    const limits = { ...DEFAULT_LIMITS, ...this.#limitsOf(configuration) }
    running.broker.setLimits(limits)
    // In local-only mode one section of the file stands for all ports.
    for (const [i, { rules }] of running.listeners.entries()) {
      const listener = configuration.localOnly ?? configuration.listeners[i]
      if (listener !== undefined && rules !== running.broker.rules) running.broker.setLimits({ ...limits, ...listener.limits }, rules)
    }
    running.setLogging(verbose, configuration.connectionMessages)
    running.limitConnections(orNull(configuration.globalMaximumConnections), this.#perAddress(configuration))
    for (const { type, text } of this.#access.notes) log.write(type, text)
    running.bridges.become(bridges)
    return running.broker.recheck()
  }

  #limitsOf({ limits }: Configuration): Partial<Limits> {
    return { ...this.#options.defaultLimits, ...limits }
  }

  #perAddress({ maximumConnectionsPerAddress }: Configuration): number | null {
    return maximumConnectionsPerAddress > 0 ? maximumConnectionsPerAddress : this.#options.maximumConnectionsPerAddress
  }

  #withSameListeners(read: Configuration): Configuration {
    const old = this.#configuration
    if (old.localOnly !== null) return { ...read, listeners: [], localOnly: read.localOnly ?? old.localOnly }
    const byPlace = new Map(read.listeners.map((listener) => [placeOf(listener), listener]))
    return { ...read, localOnly: null, listeners: old.listeners.map((listener) => byPlace.get(placeOf(listener)) ?? listener) }
  }
}

/** Null when nothing is to be stored. */
export function placeOfStore({ persistence }: Configuration): PersistencePlace | null {
  const { enabled, location, path, sync } = persistence
  return enabled ? { path: location === null || location === '' ? '.' : location, sync, mosquittoFile: path } : null
}

/** True when nobody can come in: no anonymous clients, no passwords, no certificates or keys. */
export function admitsNobody(configuration: Configuration): boolean {
  return served(configuration).every(
    ({ allowAnonymous, passwordFile, plugins, useIdentityAsUsername, useSubjectAsUsername }) =>
      !allowAnonymous && passwordFile === null && plugins.length === 0 && !useIdentityAsUsername && !useSubjectAsUsername,
  )
}

/**
 * Programs of this machine could read and send everything by MQTT anyway, and no password passes that would be worth something: every listener
 * takes clients without a name, and nowhere there are rules, passwords or a part of the topics that others do not see.
 */
export function isOpenToThisMachine(configuration: Configuration): boolean {
  const doors = served(configuration).filter(({ protocol }) => protocol !== 'http_api')
  return configuration.sysAcl !== 'admin' && doors.length > 0 && doors.every((door) => isForEverybody(door))
}

function isForEverybody(listener: ListenerConfiguration): boolean {
  const { allowAnonymous, requireCertificate, mountPoint, plugins, pskFile } = listener
  const hasRules = plugins.length > 0 || passwordFileOf(listener) !== null || aclFileOf(listener) !== null
  return allowAnonymous && !requireCertificate && mountPoint === '' && pskFile === null && !hasRules
}

/** Reads the certificates of bridges. @throws CertificateError */
function bridgesOf({ bridges }: Configuration): BrokerBridge[] {
  return bridges.map((settings) => ({ settings, target: bridgeTarget(settings) }))
}

function haveSameListeners(a: Configuration, b: Configuration): boolean {
  const places = (configuration: Configuration): string => configuration.listeners.map(placeOf).join('\n')
  return places(a) === places(b) && (a.localOnly === null) === (b.localOnly === null)
}

/** What cannot change while it listens. */
function placeOf({ port, host, unixPath, protocol, certfile, pskHint }: ListenerConfiguration): string {
  return JSON.stringify([port, host, unixPath, protocol, certfile !== null, pskHint !== null])
}

/** -1 stands for no limit. */
function orNull(limit: number): number | null {
  return limit < 0 ? null : limit
}
