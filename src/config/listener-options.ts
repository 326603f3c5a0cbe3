// The options of one listener: addresses, protocol, limits of its clients, WebSocket, PROXY protocol. Those of TLS are in tls-options.ts.
// Some make the default listener when none was opened, others need one.

import { ConfigError } from './configuration.ts'
import type { ListenerDraft } from './drafts.ts'
import type { LineContext, Row } from './option.ts'
import { NEED_A_LISTENER, TLS_OPTIONS } from './tls-options.ts'
import { text } from './values.ts'

/** A row of a listener; `needs`: what must stand above it, or else the default listener is made. */
export type ListenerRow = Row<ListenerDraft> & { readonly needs: 'nothing' | 'a listener' | 'a listener of its own' }

export const LISTENER_OPTIONS: readonly ListenerRow[] = [
  {
    name: 'accept_protocol_versions',
    needs: 'a listener of its own',
    kind: 'line',
    default: '3, 4, 5',
    reload: true,
    meaning: 'Versions of MQTT that clients may speak: 3 (3.1), 4 (3.1.1), 5 (5.0), separated by commas or spaces.',
    set: setVersions,
  },
  {
    name: 'bind_interface',
    needs: 'nothing',
    kind: 'text',
    default: '',
    reload: false,
    noEffect: 'Node cannot bind to a network interface; give its address in the listener line',
    meaning: 'Listen on this network interface only.',
    set: () => {},
  },
  {
    name: 'console',
    own: true,
    needs: 'a listener',
    kind: 'boolean',
    default: 'false',
    reload: false,
    meaning: 'Browsers that ask this websockets listener get the console; with it come its API, /metrics, /health and /ready.',
    set: (listener, value) => void (listener.hasConsole = value),
  },
  {
    name: 'enable_proxy_protocol',
    needs: 'a listener',
    kind: 'integer',
    minimum: 1,
    maximum: 2,
    refusal: 'enable_proxy_protocol must be 1 or 2.',
    default: '',
    reload: false,
    meaning: 'Connections begin with the PROXY protocol, version 1 or 2: the listener is behind a proxy.',
    set: (listener, value) => void (listener.proxyProtocol = value as 1 | 2),
  },
  {
    name: 'http_dir',
    needs: 'a listener',
    kind: 'text',
    default: '',
    reload: false,
    meaning: 'Folder of files for browsers that ask a websockets listener.',
    set: (listener, value) => void (listener.httpDirectory = value),
  },
  {
    name: 'listener_allow_anonymous',
    needs: 'a listener',
    kind: 'boolean',
    default: '',
    reload: false,
    meaning: 'Clients of this listener may connect without a user name; as allow_anonymous unless given.',
    set: (listener, value) => void (listener.allowAnonymous = value),
  },
  {
    name: 'listener_auto_id_prefix',
    needs: 'a listener',
    kind: 'text',
    default: '',
    reload: false,
    meaning: 'What Client Identifiers that the broker gives on this listener begin with; as auto_id_prefix unless given.',
    set: (listener, value) => {
      if (Buffer.byteLength(value) > 50) throw new ConfigError("'listener_auto_id_prefix' length must be <= 50.")
      listener.limits.clientIdPrefix = value
    },
  },
  {
    name: 'max_connections',
    needs: 'nothing',
    kind: 'integer',
    default: '-1',
    reload: false,
    meaning: 'Connections at a time; -1 = no limit.',
    set: (listener, value) => void (listener.maximumConnections = Math.max(-1, value)),
  },
  {
    name: 'max_qos',
    aliases: ['maximum_qos'],
    needs: 'nothing',
    kind: 'integer',
    minimum: 0,
    maximum: 2,
    refusal: "'max_qos' must be between 0 and 2 inclusive.",
    default: '2',
    reload: false,
    meaning: 'The highest QoS that clients may publish with; subscriptions are lowered to it.',
    set: (listener, value) => void (listener.limits.maximumQos = value as 0 | 1 | 2),
  },
  {
    name: 'max_topic_alias',
    needs: 'a listener',
    kind: 'integer',
    minimum: 0,
    maximum: 65535,
    refusal: "Invalid 'max_topic_alias' value in configuration.",
    default: '10',
    reload: false,
    meaning: 'Topic Aliases that a client may use.',
    set: (listener, value) => void (listener.limits.topicAliasMaximum = value),
  },
  {
    name: 'max_topic_alias_broker',
    needs: 'a listener',
    kind: 'integer',
    minimum: 0,
    maximum: 65535,
    refusal: "Invalid 'max_topic_alias_broker' value in configuration.",
    default: '10',
    reload: false,
    meaning: 'Topic Aliases that the broker uses towards a client that allows them.',
    set: (listener, value) => void (listener.limits.topicAliasMaximumOutgoing = value),
  },
  {
    name: 'mount_point',
    needs: 'a listener',
    kind: 'text',
    again: 'last',
    default: '',
    reload: false,
    meaning: 'Put before every topic of the clients of this listener, and taken off on delivery.',
    set: (listener, value) => {
      if (/[+#]/.test(value)) throw new ConfigError(`Invalid 'mount_point' value (${value}). Does it contain a wildcard character?`)
      listener.mountPoint = value
    },
  },
  {
    name: 'protocol',
    needs: 'nothing',
    kind: 'word',
    default: 'mqtt',
    reload: false,
    meaning: 'What is spoken: mqtt, websockets, or http_api.',
    set: (listener, value) => {
      if (value !== 'mqtt' && value !== 'websockets' && value !== 'http_api') throw new ConfigError(`Invalid 'protocol' value (${value}).`)
      listener.protocol = value
    },
  },
  {
    name: 'proxy_protocol_v2_require_tls',
    needs: 'a listener',
    kind: 'boolean',
    default: 'false',
    reload: false,
    meaning: 'Take only connections that reached the proxy by TLS.',
    set: (listener, value) => void (listener.proxyRequireTls = value),
  },
  {
    name: 'socket_domain',
    needs: 'nothing',
    kind: 'word',
    default: '',
    reload: false,
    meaning: 'Addresses of ipv4 or ipv6 only; both unless given.',
    set: (listener, value) => {
      if (value !== 'ipv4' && value !== 'ipv6') throw new ConfigError(`Invalid 'socket_domain' value '${value}' in configuration.`)
      listener.socketDomain = value
    },
  },
  {
    name: 'use_username_as_clientid',
    needs: 'nothing',
    kind: 'boolean',
    default: 'false',
    reload: false,
    meaning: 'The user name becomes the Client Identifier; clients without one are refused.',
    set: (listener, value) => void (listener.useUserNameAsClientId = value),
  },
  {
    name: 'websockets_origin',
    needs: 'a listener',
    kind: 'text',
    repeats: true,
    default: '',
    reload: false,
    meaning: 'Origin that a web page must have to connect, such as https://lab.example, repeatable; any unless given.',
    set: (listener, value) => void listener.webSocketOrigins.push(value),
  },
  ...TLS_OPTIONS.map((row): ListenerRow => ({ ...row, needs: NEED_A_LISTENER.has(row.name) ? 'a listener' : 'nothing' })),
]

function setVersions(listener: ListenerDraft, value: string, { name, note }: LineContext): void {
  const words = text(name, value)
    .split(/[, \t]+/)
    .filter((word) => word !== '')
  if (words.length === 0) throw new ConfigError(`Empty '${name}' value in configuration.`)
  for (const word of words) if (!/^[345]$/.test(word)) note('warning', `Warning: '${name}' knows 3, 4 and 5; '${word}' is passed over.`)
  listener.limits.versions = ([3, 4, 5] as const).filter((version) => words.includes(`${version}`))
}
