// The options of mosquitto.conf that hold for the whole broker: limits, sessions, persistence, the process.
// Those of the log are in log-options.ts, those of security in security-options.ts, our own in own-options.ts.

import { ConfigError } from './configuration.ts'
import type { BrokerDraft } from './drafts.ts'
import type { Row } from './option.ts'
import { integer, looseInteger } from './values.ts'

/** The largest packet that MQTT can describe has 268,435,455 bytes and 5 before them. */
const LARGEST_PACKET = 268_435_460
const LARGEST_PAYLOAD = 268_435_455

export const BROKER_OPTIONS: readonly Row<BrokerDraft>[] = [
  {
    name: 'allow_duplicate_messages',
    kind: 'boolean',
    default: 'true',
    reload: true,
    deprecated: 'The behaviour will default to true.',
    meaning: 'A client with overlapping subscriptions gets one copy for each of them; false: one copy.',
    set: (draft, value) => void (draft.limits.allowDuplicateMessages = value),
  },
  {
    name: 'autosave_interval',
    kind: 'integer',
    default: '1800',
    reload: true,
    meaning: 'Seconds between saves of the whole state, or changes with autosave_on_changes; 0 = only at the end and at SIGUSR1.',
    set: (draft, value) => void (draft.persistence.autosaveInterval = Math.max(0, value)),
  },
  {
    name: 'autosave_on_changes',
    kind: 'boolean',
    default: 'false',
    reload: true,
    meaning: 'Count changes, not seconds, for autosave_interval.',
    set: (draft, value) => void (draft.persistence.autosaveOnChanges = value),
  },
  {
    name: 'check_retain_source',
    kind: 'boolean',
    default: 'true',
    reload: true,
    meaning: 'A retained message is delivered only while its publisher may still publish there.',
    set: (draft, value) => void (draft.limits.checkRetainSource = value),
  },
  {
    name: 'clientid_prefixes',
    kind: 'text',
    again: 'last',
    default: '',
    reload: true,
    deprecated: '',
    meaning: 'Only clients whose Client Identifier begins with this text may connect.',
    set: (draft, value) => void (draft.clientIdPrefixes = value),
  },
  {
    name: 'enable_control_api',
    kind: 'boolean',
    default: 'false',
    reload: true,
    meaning: 'Answer requests on $CONTROL/broker/v1.',
    set: (draft, value) => void (draft.enableControlApi = value),
  },
  {
    name: 'global_max_clients',
    kind: 'integer',
    default: '-1',
    reload: true,
    meaning: 'Sessions at a time, those without a connection included; -1 = no limit.',
    set: (draft, value) => void (draft.limits.globalMaximumClients = Math.max(0, value)),
  },
  {
    name: 'global_max_connections',
    kind: 'integer',
    default: '-1',
    reload: true,
    meaning: 'Connections of all listeners at a time; -1 = no limit.',
    set: (draft, value) => void (draft.globalMaximumConnections = Math.max(-1, value)),
  },
  {
    name: 'max_inflight_bytes',
    kind: 'integer',
    default: '0',
    reload: true,
    meaning: 'Bytes of QoS 1 and 2 messages that one client has not acknowledged yet; 0 = no limit.',
    set: (draft, value) => void (draft.limits.maximumInflightBytes = Math.max(0, value)),
  },
  {
    name: 'max_inflight_messages',
    kind: 'integer',
    maximum: 65535,
    refusal: "'max_inflight_messages' must be <= 65535.",
    default: '20',
    reload: true,
    meaning: 'QoS 1 and 2 messages that one client has not acknowledged yet, also announced to it as Receive Maximum; 0 = no limit, 1 = strict order.',
    set: setMaximumInflight,
  },
  {
    name: 'max_keepalive',
    kind: 'integer',
    minimum: 0,
    maximum: 65535,
    default: '0',
    reload: true,
    meaning: 'Seconds of Keep Alive that a client may ask for; 0 = no limit.',
    set: (draft, value) => void (draft.limits.maximumKeepAlive = value || 65535),
  },
  {
    name: 'max_packet_size',
    kind: 'integer',
    minimum: 20,
    refusal: "'max_packet_size' must be >= 20.",
    default: '2000000',
    reload: true,
    meaning: 'Bytes of a packet that a client may send; larger ones end its connection.',
    set: (draft, value) => void (draft.limits.maximumPacketSize = Math.min(value, LARGEST_PACKET)),
  },
  {
    name: 'max_queued_bytes',
    kind: 'integer',
    default: '67108864',
    reload: true,
    meaning: 'Bytes of messages waiting for one client; 0 = no limit.',
    set: (draft, value) => void (draft.limits.maximumQueuedBytes = Math.max(0, value)),
  },
  {
    name: 'max_queued_messages',
    kind: 'integer',
    default: '1000',
    reload: true,
    meaning: 'Messages waiting for one client beyond those in flight, new ones are then dropped; 0 = no limit.',
    set: (draft, value) => void (draft.limits.maximumQueuedMessages = Math.max(0, value)),
  },
  { name: 'memory_limit', kind: 'line', default: '0', reload: true, meaning: 'Bytes of heap that the broker may use; 0 = no limit.', set: setMemoryLimit },
  {
    name: 'message_size_limit',
    kind: 'line',
    default: '0',
    reload: true,
    meaning: 'Bytes of payload; larger messages are dropped, the connection stays. Better: max_packet_size.',
    set: (draft, value, line) => {
      line.note('notice', 'Note: It is recommended to replace `message_size_limit` with `max_packet_size`.')
      const size = integer('message_size_limit', value)
      if (size < 0 || size > LARGEST_PAYLOAD) throw new ConfigError(`Invalid 'message_size_limit' value (${size >>> 0}).`)
      draft.limits.messageSizeLimit = size
    },
  },
  {
    name: 'persistence',
    aliases: ['retained_persistence'],
    kind: 'boolean',
    default: 'false',
    reload: true,
    meaning: 'Keep sessions, subscriptions, queued and retained messages over a restart.',
    set: (draft, value) => void (draft.persistence.enabled = value),
  },
  {
    name: 'persistence_file',
    kind: 'text',
    default: 'mosquitto.db',
    reload: true,
    meaning: "Name of the state's file.",
    set: (draft, value) => void (draft.persistence.file = value),
  },
  {
    name: 'persistence_location',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Folder of the state; the working folder unless given. The environment variable MOSQUITTO_PERSISTENCE_LOCATION goes first.',
    set: (draft, value) => void (draft.persistence.location = value),
  },
  {
    name: 'persistent_client_expiration',
    kind: 'word',
    default: '',
    reload: true,
    meaning: 'Sessions without a connection end after this time: a number and s, h, d, w, m (30 days) or y; never unless given.',
    set: setExpiration,
  },
  {
    name: 'pid_file',
    kind: 'text',
    default: '',
    reload: false,
    meaning: 'File for the process identifier, removed at the end.',
    set: (draft, value) => void (draft.pidFile = value),
  },
  {
    name: 'queue_qos0_messages',
    kind: 'boolean',
    default: 'false',
    reload: true,
    meaning: 'QoS 0 messages too wait for clients that are away.',
    set: (draft, value) => void (draft.limits.queueQos0Messages = value),
  },
  {
    name: 'retain_available',
    kind: 'boolean',
    default: 'true',
    reload: true,
    meaning: 'Take retained messages; false: who sends one is disconnected.',
    set: (draft, value) => void (draft.limits.retainAvailable = value),
  },
  {
    name: 'retain_expiry_interval',
    kind: 'integer',
    minimum: 1,
    refusal: 'retain_expiry_interval must be >= 1.',
    default: '',
    reload: true,
    meaning: 'Minutes after which a retained message is removed; never unless given.',
    set: (draft, value, line) => {
      if (value > 10_000_000) line.note('warning', 'Warning: retain_expiry_interval being capped at 19 years.')
      draft.limits.retainExpiryInterval = Math.min(value, 10_000_000) * 60
    },
  },
  {
    name: 'retry_interval',
    kind: 'line',
    default: '',
    reload: true,
    meaning: 'Nothing any more: messages are sent again when a client comes back, as MQTT asks for.',
    set: (_draft, _value, line) => line.note('warning', "Warning: The 'retry_interval' option is no longer available."),
  },
  {
    name: 'set_tcp_nodelay',
    kind: 'boolean',
    default: 'true',
    reload: true,
    meaning: 'Send small packets at once; always on here, whatever is written.',
    set: () => {},
  },
  {
    name: 'sys_interval',
    kind: 'integer',
    minimum: 0,
    maximum: 65535,
    default: '10',
    reload: true,
    meaning: 'Seconds between updates of $SYS; 0 = no $SYS at all.',
    set: (draft, value) => void (draft.limits.sysInterval = value),
  },
  {
    name: 'upgrade_outgoing_qos',
    kind: 'boolean',
    default: 'false',
    reload: true,
    meaning: 'Deliver with the QoS of the subscription even if the message was published with a lower one.',
    set: (draft, value) => void (draft.limits.upgradeOutgoingQos = value),
  },
  {
    name: 'user',
    kind: 'text',
    again: 'last',
    default: 'mosquitto',
    reload: false,
    meaning: 'Whom to become when started as root, nobody if there is no such user; root = stay root.',
    set: (draft, value) => void (draft.user = value),
  },
  {
    name: 'websockets_headers_size',
    aliases: ['packet_buffer_size'],
    kind: 'integer',
    minimum: 0,
    maximum: 65535,
    refusal: 'Packet buffer size must be between 0 and 65535 inclusive.',
    default: '4096',
    reload: false,
    noEffect: 'buffers grow with what arrives, and the heads of HTTP requests have a fixed limit',
    meaning: 'Bytes of the buffer for the head of a WebSocket request.',
    set: () => {},
  },
  {
    name: 'websockets_log_level',
    kind: 'integer',
    default: '0',
    reload: true,
    noEffect: 'it is for a library that is not used here; WebSockets log as other connections do',
    meaning: 'What the WebSocket library logs.',
    set: () => {},
  },
]

/** Also what MQTT 5 clients are told they may send; 0 = as many as the protocol allows. */
function setMaximumInflight(draft: BrokerDraft, value: number): void {
  const messages = value < 0 || value === 65535 ? 0 : value
  draft.limits.maximumInflightMessages = messages
  draft.limits.receiveMaximum = messages || 65535
  draft.limits.receiveMaximumEnforced = Math.max(1024, messages || 65535)
}

function setMemoryLimit(draft: BrokerDraft, value: string): void {
  const bytes = looseInteger('memory_limit', value)
  if (bytes < 0) throw new ConfigError(`Invalid 'memory_limit' value (${bytes}).`)
  draft.limits.memoryLimit = bytes
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, h: 3600, d: 86_400, w: 7 * 86_400, m: 30 * 86_400, y: 365 * 86_400 }

function setExpiration(draft: BrokerDraft, value: string): void {
  const name = 'persistent_client_expiration'
  const unit = SECONDS[value.at(-1)!]
  const seconds = unit === undefined ? 0 : looseInteger(name, value) * unit
  if (seconds <= 0) throw new ConfigError(`Invalid '${name}' duration in configuration.`)
  draft.limits.maximumSessionExpiryInterval = Math.min(seconds, 0xffffffff)
}
