// What a bridge is told: whom to connect, as whom, which topics go which way. The shape is that of a configuration's `connection`.
// How the other broker is dialled (addresses of ours, TLS) is not in it: that is the port `BridgeDial`.

import type { Accept, Link } from '../base/link.ts'
import type { BridgeTopic } from './topic-map.ts'

export interface BridgeAddress {
  readonly host: string
  readonly port: number
}

export interface BridgeSettings {
  readonly name: string
  /** One or more; the first is the one to prefer unless `roundRobin`. */
  readonly addresses: readonly BridgeAddress[]
  readonly topics: readonly BridgeTopic[]
  readonly roundRobin: boolean
  readonly startType: 'automatic' | 'lazy' | 'once'
  /** Seconds without messages after which a lazy bridge closes. */
  readonly idleTimeout: number
  /** Messages waiting that start a lazy bridge. */
  readonly threshold: number
  readonly restartTimeout: RestartTimeout
  /** Seconds. */
  readonly keepAlive: number
  readonly cleanSession: boolean
  readonly localCleanSession: boolean
  readonly remoteClientId: string
  readonly localClientId: string
  readonly remoteUserName: string | null
  readonly remotePassword: string | null
  /** Whose rights hold on our broker; null = all rights. */
  readonly localUserName: string | null
  readonly localPassword: string | null
  readonly notifications: boolean
  readonly notificationsLocalOnly: boolean
  /** Null = `$SYS/broker/connection/REMOTECLIENTID/state`. */
  readonly notificationTopic: string | null
  readonly tryPrivate: boolean
  readonly attemptUnsubscribe: boolean
  /** Bytes of the largest PUBLISH sent; 0 = no limit. */
  readonly maximumPacketSize: number
  readonly topicAliasMaximum: number
  readonly receiveMaximum: number
  /** Seconds; null = 0 with a clean session, else for ever. */
  readonly sessionExpiryInterval: number | null
  readonly outgoingRetain: boolean
  readonly protocolVersion: 3 | 4 | 5
  readonly reloadType: 'lazy' | 'immediate'
}

/** Seconds. `cap` null = always `base`; else a random time between both; `stable` = how long a connection must last to begin anew. */
export interface RestartTimeout {
  readonly base: number
  readonly cap: number | null
  readonly stable: number
}

/** Opens a Network Connection to one of the addresses. Rejects when there is none, and when aborted. */
export type BridgeDial = (address: BridgeAddress, accept: Accept, signal: AbortSignal) => Promise<Link>

/** Where a bridge says whether it is up. */
export function notificationTopicOf({ notificationTopic, remoteClientId }: BridgeSettings): string {
  return notificationTopic ?? `$SYS/broker/connection/${remoteClientId}/state`
}
