// The configuration while it is being read: the same fields, writable, with the values that hold when nothing is written.
// resolve.ts makes a Configuration of it.

import type { LogType } from '../base/log.ts'
import { type BridgeConfiguration, knownPlugin, type PluginConfiguration } from './bridge-configuration.ts'
import type { BrokerValues, ConfigurationLimits, ListenerConfiguration, LogDestination, PersistenceConfiguration } from './configuration.ts'
import type { Setting } from './settings.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Security while it is open where it is written: null = not said here. */
export interface SecurityDraft {
  allowAnonymous: boolean | null
  passwordFile: string | null
  aclFile: string | null
  pskFile: string | null
  readonly plugins: PluginDraft[]
  readonly limits: Writable<ConfigurationLimits>
  readonly settings: Setting[]
}

export interface BrokerDraft extends Writable<Omit<BrokerValues, 'logTypes' | 'logDestinations' | 'consoleHosts'>>, SecurityDraft {
  readonly consoleHosts: string[]
  logTypes: Set<LogType> | null
  logDestinations: LogDestination[] | null
  readonly persistence: Writable<Omit<PersistenceConfiguration, 'path'>>
}

export interface ListenerDraft extends Writable<Omit<ListenerConfiguration, keyof SecurityDraft | 'webSocketOrigins'>>, SecurityDraft {
  readonly webSocketOrigins: string[]
}

type OpenInBridge = 'localCleanSession' | 'remoteClientId' | 'localClientId'

export interface BridgeDraft extends Writable<Omit<BridgeConfiguration, 'addresses' | 'topics' | 'settings' | OpenInBridge>> {
  readonly addresses: { readonly host: string; readonly port: number }[]
  readonly topics: BridgeConfiguration['topics'][number][]
  localCleanSession: boolean | null
  remoteClientId: string | null
  localClientId: string | null
  readonly settings: Setting[]
}

export interface PluginDraft extends Writable<Omit<PluginConfiguration, 'options' | 'settings'>> {
  readonly options: Map<string, string>
  readonly settings: Setting[]
}

function newSecurity(): SecurityDraft {
  return { allowAnonymous: null, passwordFile: null, aclFile: null, pskFile: null, plugins: [], limits: {}, settings: [] }
}

export function newBroker(): BrokerDraft {
  return {
    ...newSecurity(),
    logTypes: null,
    logDestinations: null,
    logTimestamp: true,
    logTimestampFormat: null,
    logFacility: null,
    logFormat: 'text',
    connectionMessages: true,
    pidFile: null,
    user: 'mosquitto',
    clientIdPrefixes: null,
    enableControlApi: false,
    globalMaximumConnections: -1,
    maximumConnectionsPerAddress: 0,
    sysAcl: 'open',
    tapListener: null,
    consoleTokenFile: null,
    consoleHosts: [],
    persistence: { enabled: false, file: 'mosquitto.db', location: null, autosaveInterval: 1800, autosaveOnChanges: false, sync: 'write' },
  }
}

export function newListener(port: number): ListenerDraft {
  return {
    ...newSecurity(),
    port,
    host: null,
    unixPath: null,
    protocol: 'mqtt',
    socketDomain: null,
    maximumConnections: -1,
    mountPoint: '',
    useUserNameAsClientId: false,
    proxyProtocol: null,
    proxyRequireTls: false,
    httpDirectory: null,
    webSocketOrigins: [],
    hasConsole: false,
    cafile: null,
    capath: null,
    certfile: null,
    keyfile: null,
    crlfile: null,
    ciphers: null,
    ciphersTls13: null,
    minimumTlsVersion: 'TLSv1.2',
    requireCertificate: false,
    disableClientCertificateDateChecks: false,
    useIdentityAsUsername: false,
    useSubjectAsUsername: false,
    pskHint: null,
  }
}

export function newBridge(name: string): BridgeDraft {
  return {
    name,
    addresses: [],
    topics: [],
    roundRobin: false,
    startType: 'automatic',
    idleTimeout: 60,
    threshold: 10,
    restartTimeout: { base: 5, cap: 30, stable: 0 },
    keepAlive: 60,
    cleanSession: false,
    localCleanSession: null,
    remoteClientId: null,
    localClientId: null,
    remoteUserName: null,
    remotePassword: null,
    localUserName: null,
    localPassword: null,
    notifications: true,
    notificationsLocalOnly: false,
    notificationTopic: null,
    tryPrivate: true,
    attemptUnsubscribe: true,
    bindAddress: null,
    maximumPacketSize: 0,
    topicAliasMaximum: 10,
    receiveMaximum: 20,
    sessionExpiryInterval: null,
    outgoingRetain: true,
    protocolVersion: 4,
    reloadType: 'lazy',
    alpn: null,
    cafile: null,
    capath: null,
    certfile: null,
    keyfile: null,
    ciphers: null,
    ciphersTls13: null,
    insecure: false,
    tlsVersion: null,
    useOsCertificates: false,
    pskIdentity: null,
    psk: null,
    settings: [],
  }
}

export function newPlugin(name: string | null, path: string): PluginDraft {
  return { name, path, known: knownPlugin(path), options: new Map(), denySpecialCharacters: true, settings: [] }
}
