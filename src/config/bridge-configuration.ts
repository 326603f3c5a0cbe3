// Bridges and plugins of a configuration, as values.
// Filled through bridge-options.ts and plugin-options.ts; who connects or loads them is elsewhere.

import type { Setting } from './settings.ts'

/** One `topic` line of a bridge. */
export interface BridgeTopic {
  /** Null = exactly one topic: `localPrefix` here is `remotePrefix` there. */
  readonly pattern: string | null
  readonly direction: 'out' | 'in' | 'both'
  readonly qos: 0 | 1 | 2
  readonly localPrefix: string
  readonly remotePrefix: string
}

/** One `connection`: a client of another broker. */
export interface BridgeConfiguration {
  readonly name: string
  /** The first is the one to prefer unless `roundRobin`. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  readonly topics: readonly BridgeTopic[]
  readonly roundRobin: boolean
  readonly startType: 'automatic' | 'lazy' | 'once'
  /** Seconds without messages after which a lazy bridge closes. */
  readonly idleTimeout: number
  /** Messages waiting that start a lazy bridge. */
  readonly threshold: number
  /** Seconds. `cap` null = always `base`; else a random time between both; `stable` = how long a connection must last to begin anew. */
  readonly restartTimeout: { readonly base: number; readonly cap: number | null; readonly stable: number }
  /** Seconds. */
  readonly keepAlive: number
  readonly cleanSession: boolean
  readonly localCleanSession: boolean
  /** HOSTNAME.NAME unless given. */
  readonly remoteClientId: string
  /** `local.` and the remote one unless given. */
  readonly localClientId: string
  readonly remoteUserName: string | null
  readonly remotePassword: string | null
  readonly localUserName: string | null
  readonly localPassword: string | null
  readonly notifications: boolean
  readonly notificationsLocalOnly: boolean
  readonly notificationTopic: string | null
  readonly tryPrivate: boolean
  readonly attemptUnsubscribe: boolean
  readonly bindAddress: string | null
  /** 0 = no limit. */
  readonly maximumPacketSize: number
  readonly topicAliasMaximum: number
  readonly receiveMaximum: number
  /** Seconds; null = 0 with a clean session, else for ever. */
  readonly sessionExpiryInterval: number | null
  readonly outgoingRetain: boolean
  readonly protocolVersion: 3 | 4 | 5
  readonly reloadType: 'lazy' | 'immediate'
  readonly alpn: string | null
  readonly cafile: string | null
  readonly capath: string | null
  readonly certfile: string | null
  readonly keyfile: string | null
  readonly ciphers: string | null
  readonly ciphersTls13: string | null
  readonly insecure: boolean
  readonly tlsVersion: 'TLSv1.2' | 'TLSv1.3' | null
  readonly useOsCertificates: boolean
  readonly pskIdentity: string | null
  /** Hexadecimal. */
  readonly psk: string | null
  readonly settings: readonly Setting[]
}

/** Plugins whose work is built in, by the names of their files. */
export const KNOWN_PLUGINS = ['dynamic_security', 'acl_file', 'password_file', 'persist_sqlite', 'sparkplug_aware'] as const
export type KnownPlugin = (typeof KNOWN_PLUGINS)[number]

export interface PluginConfiguration {
  /** That of plugin_load; null otherwise. */
  readonly name: string | null
  readonly path: string
  /** Null = a foreign one, which cannot be loaded. */
  readonly known: KnownPlugin | null
  readonly options: ReadonlyMap<string, string>
  /** Refuse clients with `+` or `#` in their name without asking. */
  readonly denySpecialCharacters: boolean
  readonly settings: readonly Setting[]
}

/** What a plugin's file stands for, by its name: `…/mosquitto_acl_file.so`, with any ending. */
export function knownPlugin(path: string): KnownPlugin | null {
  const file = path.split(/[\\/]/).at(-1)!.replace(/\..*$/, '')
  return KNOWN_PLUGINS.find((name) => file === `mosquitto_${name}`) ?? null
}
