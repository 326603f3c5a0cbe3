// The options of one bridge, which stand below its `connection` line. Those of TLS are in bridge-tls-options.ts.
// They only say what a bridge is; who connects it is elsewhere.

import { BRIDGE_TLS_OPTIONS } from './bridge-tls-options.ts'
import { addBridgeTopic } from './bridge-topic.ts'
import { ConfigError } from './configuration.ts'
import type { BridgeDraft } from './drafts.ts'
import type { LineContext, Row } from './option.ts'
import { integer, looseInteger, text, word } from './values.ts'

const VERSIONS: Readonly<Record<string, 3 | 4 | 5>> = { mqttv31: 3, mqttv311: 4, mqttv50: 5 }

export const BRIDGE_OPTIONS: readonly Row<BridgeDraft>[] = [
  {
    name: 'address',
    aliases: ['addresses'],
    kind: 'line',
    default: '',
    reload: true,
    meaning: 'The other broker as HOST or HOST:PORT (1883 unless given); more of them, separated by spaces, take over when it fails.',
    set: setAddresses,
  },
  {
    name: 'bridge_attempt_unsubscribe',
    kind: 'boolean',
    default: 'true',
    reload: true,
    meaning: 'Unsubscribe there from topics that only go out, in case an earlier configuration took them in.',
    set: (bridge, value) => void (bridge.attemptUnsubscribe = value),
  },
  {
    name: 'bridge_bind_address',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Own address to connect from.',
    set: (bridge, value) => void (bridge.bindAddress = value),
  },
  {
    name: 'bridge_max_packet_size',
    kind: 'integer',
    default: '0',
    reload: true,
    meaning: 'Bytes of the largest packet sent; 0 = no limit but that of the other broker.',
    set: (bridge, value) => void (bridge.maximumPacketSize = Math.max(0, value)),
  },
  {
    name: 'bridge_max_topic_alias',
    kind: 'integer',
    minimum: 0,
    maximum: 65535,
    refusal: 'bridge_max_topic_alias must be > 0 and <= 65535.',
    default: '10',
    reload: true,
    meaning: 'Topic Aliases that the other broker may use (MQTT 5.0).',
    set: (bridge, value) => void (bridge.topicAliasMaximum = value),
  },
  {
    name: 'bridge_outgoing_retain',
    kind: 'boolean',
    default: 'true',
    reload: true,
    meaning: 'Retained messages go out as retained ones; false: as ordinary ones.',
    set: (bridge, value) => void (bridge.outgoingRetain = value),
  },
  {
    name: 'bridge_protocol_version',
    kind: 'line',
    default: 'mqttv311',
    reload: true,
    meaning: 'MQTT spoken to the other broker: mqttv31, mqttv311 or mqttv50.',
    set: (bridge, value, { name }) => {
      const version = VERSIONS[text(name, value)]
      if (version === undefined) throw new ConfigError(`Invalid '${name}' value (${value}).`)
      bridge.protocolVersion = version
    },
  },
  {
    name: 'bridge_receive_maximum',
    kind: 'line',
    default: '20',
    reload: true,
    meaning: 'QoS 1 and 2 messages that the other broker may send before they are acknowledged (MQTT 5.0).',
    set: (bridge, value, { name }) => {
      const number = integer(name, value)
      if (number <= 0) throw new ConfigError('bridge_receive_maximum must be greater than 0.')
      if (number > 65535) throw new ConfigError('bridge_receive_maximum must be lower than 65535.')
      bridge.receiveMaximum = number
    },
  },
  {
    name: 'bridge_reload_type',
    kind: 'word',
    default: 'lazy',
    reload: true,
    meaning: 'After SIGHUP: lazy = new values at the next connection, immediate = connect anew.',
    set: (bridge, value, { name }) => {
      if (value !== 'lazy' && value !== 'immediate') throw new ConfigError(`Invalid '${name}' value in configuration (${value}).`)
      bridge.reloadType = value
    },
  },
  {
    name: 'bridge_session_expiry_interval',
    kind: 'integer',
    minimum: 0,
    refusal: 'bridge_session_expiry_interval must not be negative.',
    default: '',
    reload: true,
    meaning: 'Seconds that the other broker keeps the session (MQTT 5.0); 0 with cleansession, else for ever, unless given.',
    set: (bridge, value) => void (bridge.sessionExpiryInterval = value),
  },
  {
    name: 'bridge_tcp_keepalive',
    kind: 'line',
    default: '',
    reload: true,
    noEffect: 'Node sets no times for the keep-alive of TCP; keepalive_interval finds lost connections',
    meaning: 'Keep-alive of TCP: seconds idle, seconds between probes, probes.',
    set: (_bridge, value) => {
      const words = value.split(/ +/)
      for (const [i, part] of ['idle', 'interval', 'counter'].entries())
        if (integer(`bridge_tcp_keepalive_${part}`, words[i] ?? '') <= 0) throw new ConfigError(`invalid TCP keepalive ${part} value.`)
    },
  },
  {
    name: 'bridge_tcp_user_timeout',
    kind: 'integer',
    minimum: 0,
    refusal: 'invalid TCP user timeout value.',
    default: '',
    reload: true,
    noEffect: 'Node cannot set it; keepalive_interval finds lost connections',
    meaning: 'Milliseconds that sent data may stay unacknowledged.',
    set: () => {},
  },
  {
    name: 'cleansession',
    kind: 'boolean',
    default: 'false',
    reload: true,
    meaning: 'The other broker forgets the session when the connection ends.',
    set: (bridge, value) => void (bridge.cleanSession = value),
  },
  {
    name: 'idle_timeout',
    kind: 'integer',
    default: '60',
    reload: true,
    meaning: 'Seconds without messages after which a lazy bridge closes.',
    set: (bridge, value, line) => void (bridge.idleTimeout = atLeast(value, 1, 'idle_timeout interval too low, using 1 second.', line)),
  },
  {
    name: 'keepalive_interval',
    kind: 'integer',
    maximum: 65535,
    refusal: 'Bridge keepalive value too high.',
    default: '60',
    reload: true,
    meaning: 'Seconds of Keep Alive, at least 5.',
    set: (bridge, value, line) => void (bridge.keepAlive = atLeast(value, 5, 'keepalive interval too low, using 5 seconds.', line)),
  },
  {
    name: 'local_cleansession',
    kind: 'boolean',
    default: '',
    reload: true,
    meaning: 'This broker forgets the session when the bridge is down; as cleansession unless given.',
    set: (bridge, value) => void (bridge.localCleanSession = value),
  },
  {
    name: 'local_clientid',
    label: 'bridge local clientid',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Client Identifier of the bridge on this broker; local. and remote_clientid unless given.',
    set: (bridge, value) => void (bridge.localClientId = value),
  },
  {
    name: 'local_password',
    label: 'bridge local_password',
    secret: true,
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Password of local_username.',
    set: (bridge, value) => void (bridge.localPassword = value),
  },
  {
    name: 'local_username',
    label: 'bridge local_username',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'User whose rights the bridge has on this broker.',
    set: (bridge, value) => void (bridge.localUserName = value),
  },
  {
    name: 'notification_topic',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Topic of the notifications; $SYS/broker/connection/REMOTE_CLIENTID/state unless given.',
    set: (bridge, value) => void (bridge.notificationTopic = value),
  },
  {
    name: 'notifications',
    kind: 'boolean',
    default: 'true',
    reload: true,
    meaning: 'Say on both brokers, retained, whether the bridge is up (1) or down (0).',
    set: (bridge, value) => void (bridge.notifications = value),
  },
  {
    name: 'notifications_local_only',
    kind: 'boolean',
    default: 'false',
    reload: true,
    meaning: 'Say it on this broker only.',
    set: (bridge, value) => void (bridge.notificationsLocalOnly = value),
  },
  {
    name: 'remote_clientid',
    aliases: ['clientid'],
    label: 'bridge remote clientid',
    kind: 'text',
    default: '',
    reload: true,
    meaning: "Client Identifier on the other broker; this machine's name, a dot and the bridge's name unless given.",
    set: (bridge, value) => void (bridge.remoteClientId = value),
  },
  {
    name: 'remote_password',
    aliases: ['password'],
    label: 'bridge remote_password',
    secret: true,
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'Password of remote_username.',
    set: (bridge, value) => void (bridge.remotePassword = value),
  },
  {
    name: 'remote_username',
    aliases: ['username'],
    label: 'bridge remote_username',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'User name on the other broker.',
    set: (bridge, value) => void (bridge.remoteUserName = value),
  },
  {
    name: 'restart_timeout',
    kind: 'line',
    default: '5 30',
    reload: true,
    meaning:
      'Seconds before connecting again: one number, or the least and the most of a growing random time, and how long a connection must last to reset it.',
    set: setRestartTimeout,
  },
  {
    name: 'round_robin',
    kind: 'boolean',
    default: 'false',
    reload: true,
    meaning: 'All addresses are equal; false: the first is preferred and tried again meanwhile.',
    set: (bridge, value) => void (bridge.roundRobin = value),
  },
  {
    name: 'start_type',
    kind: 'word',
    default: 'automatic',
    reload: true,
    meaning: 'When to connect: automatic = always, lazy = when messages wait, once = not again after the first time.',
    set: (bridge, value, { name }) => {
      if (value === 'manual') throw new ConfigError('Manual start_type not supported.')
      if (value !== 'automatic' && value !== 'lazy' && value !== 'once') throw new ConfigError(`Invalid '${name}' value in configuration (${value}).`)
      bridge.startType = value
    },
  },
  {
    name: 'threshold',
    kind: 'integer',
    default: '10',
    reload: true,
    meaning: 'Messages waiting that start a lazy bridge.',
    set: (bridge, value, line) => void (bridge.threshold = atLeast(value, 1, 'threshold too low, using 1 message.', line)),
  },
  {
    name: 'topic',
    repeats: true,
    kind: 'line',
    default: '',
    reload: true,
    meaning: 'What is shared, repeatable: PATTERN [out|in|both [QOS [LOCALPREFIX [REMOTEPREFIX]]]], "" for no prefix.',
    set: addBridgeTopic,
  },
  {
    name: 'try_private',
    kind: 'boolean',
    default: 'true',
    reload: true,
    meaning: 'Tell the other broker that this is a bridge, so that it keeps RETAIN and sends nothing back; not in MQTT 5.0.',
    set: (bridge, value) => void (bridge.tryPrivate = value),
  },
  ...BRIDGE_TLS_OPTIONS,
]

function atLeast(value: number, minimum: number, sentence: string, line: LineContext): number {
  if (value >= minimum) return value
  line.note('notice', sentence)
  return minimum
}

function setAddresses(bridge: BridgeDraft, value: string): void {
  if (bridge.addresses.length > 0) throw new ConfigError("Invalid bridge configuration, 'address' only allowed once.")
  for (const item of value.split(/ +/)) {
    if (item === '' || item.startsWith('#')) break
    const colon = item.lastIndexOf(':')
    const port = colon < 0 ? 1883 : looseInteger('address', item.slice(colon + 1) || '0')
    if (port < 1 || port > 65535) throw new ConfigError(`Invalid bridge port value (${port}).`)
    bridge.addresses.push({ host: (colon < 0 ? item : item.slice(0, colon)).replace(/^\[(.*)\]$/, '$1'), port })
  }
  if (bridge.addresses.length === 0) throw new ConfigError('Empty address value in configuration.')
}

function setRestartTimeout(bridge: BridgeDraft, value: string, line: LineContext): void {
  word(line.name, value)
  const [first = 0, cap, stable = 0] = value.split(/ +/).map((item) => looseInteger(line.name, item))
  const base = Math.min(3600, Math.max(1, first))
  if (first < 1) line.note('notice', 'restart_timeout interval too low, using 1 second.')
  else if (first > 3600) line.note('notice', 'restart_timeout interval too high, using 3600 seconds.')
  if (cap !== undefined && cap < base) throw new ConfigError('backoff cap is lower than the base in restart_timeout.')
  if (cap !== undefined && cap > 7200) line.note('warning', 'Warning: backoff cap too high, using 7200 seconds.')
  if (stable < 0) throw new ConfigError('stable connection period cannot be negative.')
  bridge.restartTimeout = { base, cap: cap === undefined ? null : Math.min(cap, 7200), stable }
}
