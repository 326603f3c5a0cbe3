// The options of mosquitto.conf that we know: name, kind, where it may stand, and what it sets. A new option is a row here.
// Reading and checking lines is parse.ts' affair.

import type { LogType } from '../base/log.ts'
import type { Limits } from '../broker/limits.ts'
import { ConfigError, type ListenerConfiguration, type LogDestination } from './configuration.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** What the rows fill; parse.ts makes a Configuration of it. */
export interface Draft {
  allowAnonymous: boolean | null
  readonly limits: Partial<Writable<Limits>>
  logTypes: Set<LogType> | null
  logDestinations: LogDestination[] | null
  logTimestamp: boolean
  connectionMessages: boolean
  pidFile: string | null
}

interface Named {
  readonly name: string
  /** The end of Mosquitto's sentence about a deprecated option. */
  readonly deprecated?: string
}

/** An option for the whole broker. */
export type GlobalOption = Named & { readonly scope: 'global' } & (
    | { readonly kind: 'boolean'; set(draft: Draft, value: boolean): void }
    | { readonly kind: 'integer'; readonly minimum: number; readonly maximum: number; set(draft: Draft, value: number): void }
    | { readonly kind: 'text' | 'word'; set(draft: Draft, value: string): void }
  )

/** An option of the listener above it. With `needsListener` there must be one; else it makes the default listener. */
export type ListenerOption = Named & { readonly scope: 'listener'; readonly needsListener: boolean } & (
    | { readonly kind: 'boolean'; set(listener: ListenerConfiguration, value: boolean): void }
    | { readonly kind: 'integer'; readonly minimum: number; readonly maximum: number; set(listener: ListenerConfiguration, value: number): void }
    | { readonly kind: 'text' | 'word'; once(listener: ListenerConfiguration): boolean; set(listener: ListenerConfiguration, value: string): void }
  )

/** `listener`, `port` and `bind_address` say where to listen; parse.ts handles them by name. */
export type Option = GlobalOption | ListenerOption

const MAXIMUM_INTEGER = 2_147_483_647
const LOG_TYPE_WORDS = ['debug', 'error', 'warning', 'notice', 'information', 'subscribe', 'unsubscribe', 'websockets'] as const satisfies readonly LogType[]

export const OPTIONS: readonly Option[] = [
  { name: 'allow_anonymous', scope: 'global', kind: 'boolean', set: (draft, value) => void (draft.allowAnonymous = value) },
  {
    name: 'allow_duplicate_messages',
    scope: 'global',
    kind: 'boolean',
    deprecated: 'The behaviour will default to true.',
    set: (draft, value) => void (draft.limits.allowDuplicateMessages = value),
  },
  { name: 'allow_zero_length_clientid', scope: 'global', kind: 'boolean', set: (draft, value) => void (draft.limits.allowZeroLengthClientId = value) },
  { name: 'auto_id_prefix', scope: 'global', kind: 'text', set: setClientIdPrefix },
  { name: 'check_retain_source', scope: 'global', kind: 'boolean', set: (draft, value) => void (draft.limits.checkRetainSource = value) },
  { name: 'connection_messages', scope: 'global', kind: 'boolean', set: (draft, value) => void (draft.connectionMessages = value) },
  { name: 'log_dest', scope: 'global', kind: 'text', set: addLogDestination },
  { name: 'log_timestamp', scope: 'global', kind: 'boolean', set: (draft, value) => void (draft.logTimestamp = value) },
  { name: 'log_type', scope: 'global', kind: 'word', set: addLogType },
  { name: 'max_inflight_messages', scope: 'global', kind: 'integer', minimum: 0, maximum: 65535, set: setMaximumInflight },
  {
    name: 'max_keepalive',
    scope: 'global',
    kind: 'integer',
    minimum: 0,
    maximum: 65535,
    set: (draft, value) => void (draft.limits.maximumKeepAlive = value || 65535),
  },
  { name: 'max_packet_size', scope: 'global', kind: 'integer', minimum: 20, maximum: MAXIMUM_INTEGER, set: setMaximumPacketSize },
  {
    name: 'max_queued_bytes',
    scope: 'global',
    kind: 'integer',
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    set: (draft, value) => void (draft.limits.maximumQueuedBytes = value),
  },
  {
    name: 'max_queued_messages',
    scope: 'global',
    kind: 'integer',
    minimum: 0,
    maximum: MAXIMUM_INTEGER,
    set: (draft, value) => void (draft.limits.maximumQueuedMessages = value),
  },
  { name: 'pid_file', scope: 'global', kind: 'text', set: (draft, value) => void (draft.pidFile = value) },
  { name: 'retain_available', scope: 'global', kind: 'boolean', set: (draft, value) => void (draft.limits.retainAvailable = value) },
  { name: 'set_tcp_nodelay', scope: 'global', kind: 'boolean', set: () => {} }, // always on
  { name: 'sys_interval', scope: 'global', kind: 'integer', minimum: 0, maximum: 65535, set: (draft, value) => void (draft.limits.sysInterval = value) },

  {
    name: 'cafile',
    scope: 'listener',
    needsListener: true,
    kind: 'text',
    once: (listener) => listener.cafile === null,
    set: (listener, value) => void (listener.cafile = value),
  },
  {
    name: 'certfile',
    scope: 'listener',
    needsListener: false,
    kind: 'text',
    once: (listener) => listener.certfile === null,
    set: (listener, value) => void (listener.certfile = value),
  },
  {
    name: 'keyfile',
    scope: 'listener',
    needsListener: false,
    kind: 'text',
    once: (listener) => listener.keyfile === null,
    set: (listener, value) => void (listener.keyfile = value),
  },
  {
    name: 'max_connections',
    scope: 'listener',
    needsListener: false,
    kind: 'integer',
    minimum: -1,
    maximum: MAXIMUM_INTEGER,
    set: (listener, value) => void (listener.maximumConnections = value),
  },
  { name: 'protocol', scope: 'listener', needsListener: false, kind: 'word', once: () => true, set: setProtocol },
  {
    name: 'require_certificate',
    scope: 'listener',
    needsListener: false,
    kind: 'boolean',
    set: (listener, value) => void (listener.requireCertificate = value),
  },
  { name: 'socket_domain', scope: 'listener', needsListener: false, kind: 'word', once: () => true, set: setSocketDomain },
  {
    name: 'use_identity_as_username',
    scope: 'listener',
    needsListener: false,
    kind: 'boolean',
    set: (listener, value) => void (listener.useIdentityAsUsername = value),
  },
]

/** Options of Mosquitto that would change what is allowed or kept: named, so that nobody believes them in force. */
export const UNAVAILABLE_OPTIONS: ReadonlySet<string> = new Set([
  'acl_file',
  'auth_plugin',
  'autosave_interval',
  'autosave_on_changes',
  'bind_interface',
  'capath',
  'ciphers',
  'ciphers_tls1.3',
  'clientid_prefixes',
  'connection',
  'crlfile',
  'enable_control_api',
  'enable_proxy_protocol',
  'global_max_clients',
  'global_max_connections',
  'global_plugin',
  'http_dir',
  'include_dir',
  'listener_allow_anonymous',
  'log_facility',
  'log_timestamp_format',
  'max_inflight_bytes',
  'max_qos',
  'max_topic_alias',
  'max_topic_alias_broker',
  'memory_limit',
  'message_size_limit',
  'mount_point',
  'password_file',
  'per_listener_settings',
  'persistence',
  'persistence_file',
  'persistence_location',
  'persistent_client_expiration',
  'plugin',
  'plugin_load',
  'psk_file',
  'psk_hint',
  'queue_qos0_messages',
  'retain_expiry_interval',
  'tls_version',
  'topic',
  'upgrade_outgoing_qos',
  'use_subject_as_username',
  'use_username_as_clientid',
  'user',
  'websockets_origin',
  'accept_protocol_versions',
])

function setClientIdPrefix(draft: Draft, value: string): void {
  if (Buffer.byteLength(value) > 50) throw new ConfigError("'auto_id_prefix' length should be 50 bytes or less.")
  draft.limits.clientIdPrefix = value
}

/** Also what MQTT 5 clients are told they may send; 0 = as many as the protocol allows. */
function setMaximumInflight(draft: Draft, value: number): void {
  draft.limits.maximumInflightMessages = value
  draft.limits.receiveMaximum = value || 65535
  draft.limits.receiveMaximumEnforced = Math.max(1024, value || 65535)
}

/** The largest packet that MQTT can describe has 268,435,455 bytes and 5 before them. */
function setMaximumPacketSize(draft: Draft, value: number): void {
  draft.limits.maximumPacketSize = Math.min(value, 268_435_460)
}

function addLogType(draft: Draft, word: string): void {
  draft.logTypes ??= new Set()
  if (word === 'all') for (const type of LOG_TYPE_WORDS) draft.logTypes.add(type)
  else if (word === 'none') draft.logTypes.clear()
  else if ((LOG_TYPE_WORDS as readonly string[]).includes(word)) draft.logTypes.add(word as LogType)
  else if (word !== 'internal') throw new ConfigError(`Invalid 'log_type' value (${word}).`)
}

function addLogDestination(draft: Draft, value: string): void {
  draft.logDestinations ??= []
  if (value === 'stderr' || value === 'stdout') draft.logDestinations.push({ to: value })
  else if (value.startsWith('file ') && value.slice(5).trim() !== '') draft.logDestinations.push({ to: 'file', path: value.slice(5).trim() })
  else if (value === 'none') draft.logDestinations.length = 0
  else throw new ConfigError(`Invalid 'log_dest' value (${value}).`)
}

function setProtocol(listener: ListenerConfiguration, word: string): void {
  if (word !== 'mqtt' && word !== 'websockets') throw new ConfigError(`Invalid 'protocol' value (${word}).`)
  listener.protocol = word
}

function setSocketDomain(listener: ListenerConfiguration, word: string): void {
  if (word !== 'ipv4' && word !== 'ipv6') throw new ConfigError(`Invalid 'socket_domain' value (${word}).`)
  listener.socketDomain = word
}
