// What a program says to connect(): the URL and the options, checked, and the CONNECT packet they mean.
// Which transport is made of it is the business of node.ts and browser.ts.

import type { ClientAuthentication, ClientTrace } from '../session/client-effects.ts'
import type { SessionJournal, StoredSession } from '../session/client-journal.ts'
import type { Connect, ProtocolVersion, Qos, Will } from '../wire/mqtt/packet.ts'
import * as PacketType from '../wire/mqtt/packet-type.ts'
import { NO_PROPERTIES, type Properties } from '../wire/mqtt/properties.ts'
import { MqttError } from './errors.ts'
import { type Payload, payloadBytes } from './message.ts'
import { DEFAULT_RECONNECT, type ReconnectPolicy } from './reconnect.ts'
import type { WaitOptions } from './waiting.ts'

/** Where a URL leads. */
export interface Target {
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss' | 'unix'
  /** Name or address, without brackets; empty for a Unix socket. */
  readonly host: string
  /** 0 for a Unix socket. */
  readonly port: number
  /** Of the WebSocket request, or of the Unix socket; else empty. */
  readonly path: string
}

export interface WillOptions {
  readonly topic: string
  readonly payload: Payload | object
  readonly qos?: Qos
  readonly retain?: boolean
  /** Seconds between the end of the connection and the will; 5.0. */
  readonly delay?: number
  readonly properties?: Properties
}

/** Keeps QoS 1 and 2 messages beyond the end of the program. One client at a time; `fileStore` makes one in Node, `webStore` in browsers. */
export interface ClientStore extends SessionJournal {
  /** What an earlier program left. Called once, before the client connects. */
  open(): StoredSession | Promise<StoredSession>
  /** The client is closed. */
  close(): void
}

export interface ConnectOptions extends WaitOptions {
  /** Empty (default): the server assigns one. */
  readonly clientId?: string
  readonly username?: string
  readonly password?: string | Uint8Array
  /** 3 = MQTT 3.1, 4 = 3.1.1, 5 = 5.0. Without it 5.0, and 3.1.1 when the server does not know 5.0. */
  readonly version?: ProtocolVersion
  /** True (default, but with a `store`): begin without what an earlier program left. Reconnecting resumes the session either way. */
  readonly cleanStart?: boolean
  /** Seconds that the server keeps the session without us; 5.0. 300 unless given, and then `close` ends it at once. With a `store`: one day. */
  readonly sessionExpiry?: number
  /** Keeps what is not delivered for the next program with the same `clientId`, which must be given. */
  readonly store?: ClientStore
  /**
   * Milliseconds for which messages of a resumed session are kept that no subscription of this program wants yet; then they are acknowledged and
   * counted in `unclaimed`. 5000 unless given.
   */
  readonly unclaimedMs?: number
  /** Milliseconds that publish, subscribe, unsubscribe, request, `end` and `close` may take where they are given no `timeoutMs`; without limit unless given. */
  readonly callTimeoutMs?: number
  /** Seconds; 60 unless given, 0 = off. */
  readonly keepAlive?: number
  /** Milliseconds to CONNACK for each attempt; 30,000 unless given. */
  readonly connectTimeoutMs?: number
  /** False: one connection only. `retryFirst` goes on trying also before the first success. */
  readonly reconnect?: false | (Partial<ReconnectPolicy> & { readonly retryFirst?: boolean })
  readonly will?: WillOptions
  /** QoS 1 and 2 messages that the server may send ahead of our acknowledgements; 5.0. 256 unless given. */
  readonly receiveMaximum?: number
  /** Bytes of the largest packet that we take. */
  readonly maximumPacketSize?: number
  /** Topic Aliases that the server may use; 5.0. 32 unless given. */
  readonly topicAliasMaximum?: number
  /** Topic Aliases that we use for the topics published to most recently, as far as the server allows; 5.0. 16 unless given. */
  readonly topicAliases?: number
  /** Unacknowledged messages towards the server. Unless given: 5.0: its Receive Maximum, which is never exceeded; before, where it says none: 20. */
  readonly maximumInflight?: number
  /** Messages that may wait to be sent, beyond which `publish` rejects with OVERFLOW; 10,000 unless given. */
  readonly maximumQueued?: number
  /** Bytes of payload that may wait for their delivery, beyond which `publish` rejects with OVERFLOW; 64 MiB unless given. */
  readonly maximumQueuedBytes?: number
  /** Further properties of CONNECT; 5.0. */
  readonly properties?: Properties
  readonly authentication?: ClientAuthentication
  /** Sees every packet. */
  readonly trace?: ClientTrace
}

const DEFAULT_PORTS = { tcp: 1883, tls: 8883, ws: 80, wss: 443, unix: 0 } as const
const TRANSPORTS: Readonly<Record<string, Target['transport']>> = {
  'mqtt:': 'tcp',
  'tcp:': 'tcp',
  'mqtts:': 'tls',
  'ssl:': 'tls',
  'tls:': 'tls',
  'ws:': 'ws',
  'wss:': 'wss',
  'unix:': 'unix',
  'mqtt+unix:': 'unix',
}
export const DEFAULT_SESSION_EXPIRY = 300
const STORED_SESSION_EXPIRY = 86_400

export interface ParsedUrl {
  readonly target: Target
  readonly username: string | null
  readonly password: string | null
}

/** Takes `mqtt://`, `mqtts://`, `ws://`, `wss://` and `unix:` URLs apart. Throws MqttError. */
export function parseUrl(text: string | URL): ParsedUrl {
  let url: URL
  try {
    url = new URL(text)
  } catch (error) {
    throw new MqttError('INVALID_ARGUMENT', `URL '${String(text)}' cannot be read`, { hint: 'write it like mqtt://localhost:1883', cause: error })
  }
  const transport = TRANSPORTS[url.protocol]
  if (transport === undefined) {
    throw new MqttError('INVALID_ARGUMENT', `URL scheme '${url.protocol}' is unknown`, { hint: 'use mqtt:, mqtts:, ws:, wss: or unix:' })
  }
  const username = url.username === '' ? null : decodeURIComponent(url.username)
  const password = url.password === '' ? null : decodeURIComponent(url.password)
  const path = decodeURIComponent(url.pathname)
  if (transport === 'unix') {
    if (path === '' || path === '/')
      throw new MqttError('INVALID_ARGUMENT', `URL '${String(text)}' names no socket`, { hint: 'write it like unix:/run/mqtt.sock' })
    return { target: { transport, host: '', port: 0, path }, username, password }
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === '') throw new MqttError('INVALID_ARGUMENT', `URL '${String(text)}' names no host`, { hint: 'write it like mqtt://localhost:1883' })
  const port = url.port === '' ? DEFAULT_PORTS[transport] : Number(url.port)
  const overHttp = transport === 'ws' || transport === 'wss'
  return { target: { transport, host, port, path: overHttp ? (path === '' || path === '/' ? '/mqtt' : url.pathname + url.search) : '' }, username, password }
}

/** The CONNECT that the options mean. Throws MqttError for what cannot be. */
export function connectPacket(url: ParsedUrl, options: ConnectOptions): Connect {
  const version = options.version ?? 5
  const cleanStart = options.cleanStart ?? options.store === undefined
  const clientId = options.clientId ?? ''
  if (version !== 3 && version !== 4 && version !== 5) throw new MqttError('INVALID_ARGUMENT', `version ${String(version)}: must be 3, 4 or 5`)
  if (version !== 5 && clientId === '' && (version === 3 || !cleanStart)) {
    throw new MqttError('INVALID_ARGUMENT', version === 3 ? 'MQTT 3.1 needs a Client Identifier' : 'a session to be resumed needs a Client Identifier', {
      hint: 'set clientId',
    })
  }
  if (options.store !== undefined && clientId === '')
    throw new MqttError('INVALID_ARGUMENT', 'a store belongs to one Client Identifier', { hint: 'set clientId' })
  const password = options.password ?? url.password
  return {
    type: PacketType.Connect,
    version,
    bridge: false,
    cleanStart,
    keepAlive: options.keepAlive ?? 60,
    clientId,
    will: options.will === undefined ? null : willOf(options.will, version),
    userName: options.username ?? url.username,
    password: password === null ? null : payloadBytes(password),
    properties: version === 5 ? connectProperties(options) : NO_PROPERTIES,
  }
}

/** Null when there shall be no second attempt. */
export function reconnectPolicy(options: ConnectOptions): ReconnectPolicy | null {
  return options.reconnect === false ? null : { ...DEFAULT_RECONNECT, ...options.reconnect }
}

function connectProperties(options: ConnectOptions): Properties {
  const { receiveMaximum = 256, topicAliasMaximum = 32, maximumPacketSize, store } = options
  const { sessionExpiry = store === undefined ? DEFAULT_SESSION_EXPIRY : STORED_SESSION_EXPIRY } = options
  return {
    sessionExpiryInterval: sessionExpiry,
    receiveMaximum,
    topicAliasMaximum,
    ...(maximumPacketSize === undefined ? {} : { maximumPacketSize }),
    ...options.properties,
  }
}

function willOf(will: WillOptions, version: ProtocolVersion): Will {
  const delay = will.delay === undefined ? {} : { willDelayInterval: will.delay }
  return {
    topicName: will.topic,
    payload: payloadBytes(will.payload),
    qos: will.qos ?? 0,
    retain: will.retain ?? false,
    properties: version === 5 ? { ...will.properties, ...delay } : NO_PROPERTIES,
  }
}
