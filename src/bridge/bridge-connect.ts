// How a bridge introduces itself to the other broker: CONNECT in the version that is tried, and what is tried after a refusal.
// In 3.x the highest bit of the Protocol Level says that it is a bridge (try_private); in 5.0 subscriptions say what that bit stands for.

import { refusalReason } from '../client/errors.ts'
import type { ClientEnd } from '../session/client-effects.ts'
import type { Connect, ProtocolVersion, Will } from '../wire/mqtt/packet.ts'
import { PacketType } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import { ReasonCode } from '../wire/mqtt/reason-codes.ts'
import { type BridgeSettings, notificationTopicOf } from './bridge-settings.ts'

const FOR_EVER = 0xffffffff
const encoder = new TextEncoder()

/** Payloads of a notification. */
export const UP: Uint8Array = encoder.encode('1')
export const DOWN: Uint8Array = encoder.encode('0')

/** The way in which the other broker is spoken to. */
export interface Manner {
  readonly version: ProtocolVersion
  readonly isPrivate: boolean
}

/** The best manner first; what the other broker refuses is not tried again. */
export class Manners {
  readonly #settings: BridgeSettings
  #now: Manner
  /** The manner before one that was tried on suspicion only. */
  #suspected: Manner | null = null

  constructor(settings: BridgeSettings) {
    this.#settings = settings
    const { protocolVersion: version, tryPrivate } = settings
    this.#now = { version, isPrivate: tryPrivate && version < 5 }
  }

  get now(): Manner {
    return this.#now
  }

  /** The other broker has accepted us. */
  accepted(): void {
    this.#suspected = null
  }

  /** An attempt ended without CONNACK 0. True when another manner is to be tried at once. */
  failed(end: ClientEnd, wasEverConnected: boolean): boolean {
    if (this.#suspected !== null) {
      this.#now = this.#suspected // that did no better: it was not the manner
      this.#suspected = null
      return false
    }
    const isRefused = end.cause === 'refused' && refusalReason(end.reasonCode) === ReasonCode.UnsupportedProtocolVersion
    const isSuspect = end.cause === 'network' && !wasEverConnected
    const next = this.#next()
    if (next === null || !(isRefused || isSuspect)) return false
    if (isSuspect) this.#suspected = this.#now
    this.#now = next
    return true
  }

  #next(): Manner | null {
    if (this.#now.version === 5) return { version: 4, isPrivate: this.#settings.tryPrivate }
    return this.#now.isPrivate ? { version: this.#now.version, isPrivate: false } : null
  }
}

/** `maximumPacketSize`: what we take, in bytes, for a 5.0 server to know; 0 = no limit. */
export function bridgeConnect(settings: BridgeSettings, { version, isPrivate }: Manner, maximumPacketSize: number): Connect {
  const { remoteUserName: userName, remotePassword: password } = settings
  return {
    type: PacketType.Connect,
    version,
    bridge: isPrivate,
    cleanStart: settings.cleanSession,
    keepAlive: settings.keepAlive,
    clientId: settings.remoteClientId,
    will: willOf(settings),
    userName,
    // 3.x knows no password alone [MQTT3-3.1.2-22]
    password: password === null || (userName === null && version < 5) ? null : encoder.encode(password),
    properties: version === 5 ? connectProperties(settings, maximumPacketSize) : NO_PROPERTIES,
  }
}

function connectProperties(settings: BridgeSettings, maximumPacketSize: number): Properties {
  const { cleanSession, topicAliasMaximum, receiveMaximum } = settings
  const sessionExpiryInterval = settings.sessionExpiryInterval ?? (cleanSession ? 0 : FOR_EVER)
  return {
    ...(sessionExpiryInterval === 0 ? {} : { sessionExpiryInterval }),
    receiveMaximum,
    ...(maximumPacketSize === 0 ? {} : { maximumPacketSize }),
    ...(topicAliasMaximum === 0 ? {} : { topicAliasMaximum }),
  }
}

function willOf(settings: BridgeSettings): Will | null {
  if (!settings.notifications || settings.notificationsLocalOnly) return null
  return { topicName: notificationTopicOf(settings), payload: DOWN, qos: 1, retain: true, properties: NO_PROPERTIES }
}
