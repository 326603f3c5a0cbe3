// What a configuration file says, as values: filled by parse.ts through the table in options.ts, read by the command that starts the broker.
// Defaults are Mosquitto 2.1's.

import type { LogType } from '../base/log.ts'
import type { Limits } from '../broker/limits.ts'

/** One `listener` (or the default one that `port` and some options make). */
export interface ListenerConfiguration {
  /** 0 with a Unix socket. */
  port: number
  /** Null = all addresses. */
  host: string | null
  unixPath: string | null
  protocol: 'mqtt' | 'websockets'
  /** Null = both. */
  socketDomain: 'ipv4' | 'ipv6' | null
  /** -1 = no limit. */
  maximumConnections: number
  cafile: string | null
  certfile: string | null
  keyfile: string | null
  requireCertificate: boolean
  useIdentityAsUsername: boolean
}

export type LogDestination = { readonly to: 'stderr' | 'stdout' } | { readonly to: 'file'; readonly path: string }

/** A line to log once the log is open: warnings about deprecated options and the like. */
export interface ConfigurationNote {
  readonly type: LogType
  readonly text: string
}

export interface Configuration {
  readonly listeners: readonly ListenerConfiguration[]
  /** Nothing says where to listen: 127.0.0.1 and ::1 only. `listeners` is then empty, `localOnly` holds what applies to both. */
  readonly localOnly: ListenerConfiguration | null
  readonly allowAnonymous: boolean
  readonly limits: Partial<Limits>
  /** Null = the usual ones. */
  readonly logTypes: ReadonlySet<LogType> | null
  /** Null = stderr; empty = none. */
  readonly logDestinations: readonly LogDestination[] | null
  readonly logTimestamp: boolean
  readonly connectionMessages: boolean
  /** Where to write the process identifier; null = nowhere. */
  readonly pidFile: string | null
  readonly notes: readonly ConfigurationNote[]
}

/** The configuration cannot be used: ends the start. The message is Mosquitto 2.1's where it has one. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly file: string
  /** From 1; 0 when it concerns the file as a whole. */
  readonly line: number

  constructor(message: string, file = '', line = 0) {
    super(message)
    this.file = file
    this.line = line
  }
}

export function newListener(port: number): ListenerConfiguration {
  return {
    port,
    host: null,
    unixPath: null,
    protocol: 'mqtt',
    socketDomain: null,
    maximumConnections: -1,
    cafile: null,
    certfile: null,
    keyfile: null,
    requireCertificate: false,
    useIdentityAsUsername: false,
  }
}
