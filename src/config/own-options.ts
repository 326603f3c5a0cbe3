// Options that Mosquitto does not have. A file that uses them is ours alone.
// All are off, or as Mosquitto behaves, unless written.

import { ConfigError } from './configuration.ts'
import type { BrokerDraft } from './drafts.ts'
import type { Row } from './option.ts'
import { oneOf } from './values.ts'

export const OWN_OPTIONS: readonly Row<BrokerDraft>[] = [
  {
    name: 'console_host',
    own: true,
    kind: 'text',
    repeats: true,
    default: '',
    reload: false,
    meaning: 'Host name by which browsers may ask for the console, repeatable; addresses, localhost and the name of this machine need none.',
    set: (draft, value) => {
      if (!/^[a-z0-9._-]+$/i.test(value)) throw new ConfigError(`Invalid 'console_host' value (${value}).`)
      draft.consoleHosts.push(value)
    },
  },
  {
    name: 'console_token_file',
    own: true,
    kind: 'text',
    default: '',
    reload: false,
    meaning: 'File of the tokens by which people log in to the console, made when it is missing; in persistence_location unless given.',
    set: (draft, value) => void (draft.consoleTokenFile = value),
  },
  {
    name: 'log_format',
    own: true,
    kind: 'word',
    default: 'text',
    reload: true,
    meaning: 'Lines of the log: text as Mosquitto writes it, or json, one object a line.',
    set: (draft, value) => void (draft.logFormat = oneOf('log_format', value, ['text', 'json'])),
  },
  {
    name: 'max_connections_per_address',
    own: true,
    kind: 'integer',
    minimum: 0,
    default: '0',
    reload: true,
    meaning: 'Connections of one address at a time, those of this machine apart; 0 = no limit.',
    set: (draft, value) => void (draft.maximumConnectionsPerAddress = value),
  },
  {
    name: 'max_publish_bytes_rate',
    own: true,
    kind: 'integer',
    minimum: 0,
    default: '0',
    reload: true,
    meaning: 'Payload bytes a second that one client may publish: QoS 0 beyond it is dropped, QoS 1 and 2 wait; 0 = no limit.',
    set: (draft, value) => void (draft.limits.maximumPublishBytesRate = value),
  },
  {
    name: 'max_publish_rate',
    own: true,
    kind: 'integer',
    minimum: 0,
    default: '0',
    reload: true,
    meaning: 'Messages a second that one client may publish: QoS 0 beyond it is dropped, QoS 1 and 2 wait; 0 = no limit.',
    set: (draft, value) => void (draft.limits.maximumPublishRate = value),
  },
  {
    name: 'max_retained_messages',
    own: true,
    kind: 'integer',
    minimum: 1,
    default: '10000000',
    reload: true,
    meaning: 'Retained messages that the broker keeps; no further topic gets one.',
    set: (draft, value) => void (draft.limits.maximumRetainedMessages = value),
  },
  {
    name: 'max_subscriptions_per_client',
    own: true,
    kind: 'integer',
    minimum: 1,
    default: '100000',
    reload: true,
    meaning: 'Subscriptions of one client; further ones are refused.',
    set: (draft, value) => void (draft.limits.maximumSubscriptionsPerClient = value),
  },
  {
    name: 'max_topic_levels',
    own: true,
    kind: 'integer',
    minimum: 6, // $SYS/broker/load/messages/received/1min
    maximum: 65535,
    refusal: "'max_topic_levels' must be between 6 and 65535 inclusive: $SYS has topics of 6 levels.",
    default: '201',
    reload: true,
    meaning: 'Levels of a Topic Name or Filter, at least 6, which $SYS needs.',
    set: (draft, value) => void (draft.limits.maximumTopicLevels = value),
  },
  {
    name: 'persistence_sync',
    own: true,
    kind: 'word',
    default: 'write',
    reload: true,
    meaning:
      'When a QoS 1 or 2 message is acknowledged: write = handed to the system (a crash of the broker loses nothing), commit = on the disk, none = at once.',
    set: (draft, value) => void (draft.persistence.sync = oneOf('persistence_sync', value, ['write', 'commit', 'none'])),
  },
  {
    name: 'sys_acl',
    own: true,
    kind: 'word',
    default: 'open',
    reload: true,
    meaning: 'Who may read $SYS: open = as Mosquitto decides, admin = only who has a rule for it.',
    set: (draft, value) => void (draft.sysAcl = oneOf('sys_acl', value, ['open', 'admin'])),
  },
  {
    name: 'tap_listener',
    own: true,
    kind: 'text',
    default: '',
    reload: false,
    meaning: 'A port of 127.0.0.1, or the path of a Unix socket, where programs of this machine read along all that passes, in clear, as pcapng.',
    set: (draft, value) => void (draft.tapListener = tapPlace(value)),
  },
]

function tapPlace(value: string): BrokerDraft['tapListener'] {
  if (value.startsWith('/') || value.startsWith('./')) return { path: value }
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65535) throw new ConfigError(`Invalid 'tap_listener' value (${value}).`)
  return { port: Number(value) }
}
