// What a configuration file says, as values: filled by parse.ts through the tables of options, read by what starts the broker.
// Defaults are Mosquitto 2.1's; bridges and plugins have their own file.

import type { LogType } from '../base/log.ts'
import type { Limits } from '../broker/limits.ts'
import type { BridgeConfiguration, PluginConfiguration } from './bridge-configuration.ts'
import type { Origin, Setting } from './settings.ts'

/** Limits that the file sets; what it leaves out has the default of broker/limits.ts. */
export type ConfigurationLimits = Partial<Limits>

/** Who may come in and what they may do; for the whole broker, or for one listener. */
export interface SecurityConfiguration {
  readonly allowAnonymous: boolean
  readonly passwordFile: string | null
  readonly aclFile: string | null
  readonly pskFile: string | null
  /** In the order in which they are asked. */
  readonly plugins: readonly PluginConfiguration[]
}

/** One `listener` (or the default one that `port` and some options make). Its security is what holds for its clients, wherever it was written. */
export interface ListenerConfiguration extends SecurityConfiguration {
  /** 0 with a Unix socket. */
  readonly port: number
  /** Null = all addresses. */
  readonly host: string | null
  readonly unixPath: string | null
  readonly protocol: 'mqtt' | 'websockets' | 'http_api'
  /** Null = both. */
  readonly socketDomain: 'ipv4' | 'ipv6' | null
  /** -1 = no limit. */
  readonly maximumConnections: number
  /** Laid over the broker's. */
  readonly limits: ConfigurationLimits
  /** Put before every topic of this listener's clients; '' = nothing. */
  readonly mountPoint: string
  readonly useUserNameAsClientId: boolean
  readonly proxyProtocol: 1 | 2 | null
  readonly proxyRequireTls: boolean
  /** Folder of files for browsers (websockets). */
  readonly httpDirectory: string | null
  /** Origins that web pages may have; empty = any. */
  readonly webSocketOrigins: readonly string[]
  /** Serves the console and its API beside MQTT over WebSocket. */
  readonly hasConsole: boolean
  readonly cafile: string | null
  /** Folder of CA certificates. */
  readonly capath: string | null
  readonly certfile: string | null
  readonly keyfile: string | null
  readonly crlfile: string | null
  /** Null = OpenSSL's. */
  readonly ciphers: string | null
  readonly ciphersTls13: string | null
  readonly minimumTlsVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly requireCertificate: boolean
  readonly disableClientCertificateDateChecks: boolean
  readonly useIdentityAsUsername: boolean
  readonly useSubjectAsUsername: boolean
  /** Not null = TLS with pre-shared keys. */
  readonly pskHint: string | null
  readonly settings: readonly Setting[]
}

export type LogDestination = { readonly to: 'stderr' | 'stdout' | 'syslog' | 'topic' } | { readonly to: 'file'; readonly path: string }

/** A line to log once the log is open: warnings about deprecated options and the like. */
export interface ConfigurationNote {
  readonly type: LogType
  readonly text: string
  /** The line that caused it. */
  readonly at: Origin | null
}

/** persistence and what belongs to it. */
export interface PersistenceConfiguration {
  readonly enabled: boolean
  readonly file: string
  /** Null = the working folder. */
  readonly location: string | null
  /** Location and file joined. */
  readonly path: string
  /** Seconds, or changes with `autosaveOnChanges`; 0 = only at the end and at USR1. */
  readonly autosaveInterval: number
  readonly autosaveOnChanges: boolean
  /** Until where a message must have got before its sender is told: the system, the disk, or neither. */
  readonly sync: 'write' | 'commit' | 'none'
}

/** What options set for the whole broker, but for security and limits. */
export interface BrokerValues {
  /** Null = the usual ones. */
  readonly logTypes: ReadonlySet<LogType> | null
  /** Null = stderr; empty = none. */
  readonly logDestinations: readonly LogDestination[] | null
  readonly logTimestamp: boolean
  /** strftime; null = seconds since 1970. */
  readonly logTimestampFormat: string | null
  /** 0–7 = local0–local7; null = daemon. */
  readonly logFacility: number | null
  readonly logFormat: 'text' | 'json'
  readonly connectionMessages: boolean
  /** Where to write the process identifier; null = nowhere. */
  readonly pidFile: string | null
  /** Whom to become when started as root. */
  readonly user: string
  /** Client Identifiers must begin with it; null = any. */
  readonly clientIdPrefixes: string | null
  readonly enableControlApi: boolean
  /** Connections of all listeners; -1 = no limit. */
  readonly globalMaximumConnections: number
  /** Connections of one address, loopback apart; 0 = no limit. */
  readonly maximumConnectionsPerAddress: number
  /** Who may read `$SYS`: everybody whom the ACL lets, or those only whom a rule names. */
  readonly sysAcl: 'open' | 'admin'
  /** Where the tokens of the console are kept; null = a place of its own. */
  readonly consoleTokenFile: string | null
  /** Host names by which browsers may ask for the console. */
  readonly consoleHosts: readonly string[]
  /** Where programs of this machine read along; null = nowhere. */
  readonly tapListener: { readonly port: number } | { readonly path: string } | null
}

export interface Configuration extends BrokerValues, SecurityConfiguration {
  readonly listeners: readonly ListenerConfiguration[]
  /** Nothing says where to listen: 127.0.0.1 and ::1 only. `listeners` is then empty, `localOnly` holds what applies to both. */
  readonly localOnly: ListenerConfiguration | null
  readonly perListenerSettings: boolean
  readonly limits: ConfigurationLimits
  readonly persistence: PersistenceConfiguration
  readonly bridges: readonly BridgeConfiguration[]
  /** Every plugin named, also those that nobody uses; `plugins` are those that are asked. */
  readonly allPlugins: readonly PluginConfiguration[]
  readonly notes: readonly ConfigurationNote[]
  /** What was written for the whole broker; listeners, bridges and plugins have their own. */
  readonly settings: readonly Setting[]
  /** All files read, the main one first. */
  readonly files: readonly string[]
}

interface ErrorContext {
  readonly includedFrom?: Origin | null
  readonly about?: Origin | null
  readonly notes?: readonly ConfigurationNote[]
}

/** The configuration cannot be used: ends the start. The message is Mosquitto 2.1's where it has one. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly file: string
  /** From 1; 0 when it concerns the file as a whole. */
  readonly line: number
  /** The line of the main file that included `file`. */
  readonly includedFrom: Origin | null
  /** With line 0: where to look, although the error is not of one line. */
  readonly about: Origin | null
  /** What would have been logged before it. */
  readonly notes: readonly ConfigurationNote[]

  constructor(message: string, file = '', line = 0, context: ErrorContext = {}) {
    super(message)
    this.file = file
    this.line = line
    this.includedFrom = context.includedFrom ?? null
    this.about = context.about ?? null
    this.notes = context.notes ?? []
  }

  /** The sentences that follow the message in the log, innermost file first. */
  get places(): readonly string[] {
    const { file, line, includedFrom } = this
    const last = includedFrom === null ? [] : [`Error found at ${includedFrom.file}:${includedFrom.line}.`]
    if (line === 0) return last
    return [includedFrom === null ? `Error found at ${file}:${line}.` : `Error found at '${file}:${line}'.`, ...last]
  }
}
