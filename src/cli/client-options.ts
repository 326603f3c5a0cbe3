// Every flag of pub, sub and rr as a row: names, tools, argument, help, what it sets. A new flag is a new row.
// Names, defaults and error texts are Mosquitto 2.1's.

import { ArgumentError } from './client-errors.ts'
import { applyProperty, propertyWords } from './client-properties.ts'
import { readProxyUrl } from './client-proxy.ts'
import type { ClientSettings, PayloadSource } from './client-settings.ts'
import * as read from './client-values.ts'
import { parseFormat } from './format.ts'
import type { ClientTool } from './terminal.ts'

/** Headings of the help. */
export type OptionGroup = 'Connection' | 'Session and will' | 'Security' | 'Message' | 'Subscription' | 'Output' | 'Other'

export interface ClientOption {
  /** The first one is named in errors, whichever was typed. */
  readonly flags: readonly string[]
  readonly tools: readonly ClientTool[]
  readonly group: OptionGroup
  /** What follows the flag, for the help; null = nothing. */
  readonly argument: string | null
  /** `no … specified` when the argument is missing; a text that ends in a dot is the whole error. */
  readonly missing: string
  /** How many words follow; depends on them for -D. Absent: one if there is an argument. */
  readonly words?: (rest: readonly string[]) => number
  readonly help: string
  /** Takes the words that follow the flag. Throws ArgumentError. */
  readonly set: (settings: ClientSettings, value: string, ...more: string[]) => void
}

const P: readonly ClientTool[] = ['pub']
const S: readonly ClientTool[] = ['sub']
const R: readonly ClientTool[] = ['rr']
const PR: readonly ClientTool[] = ['pub', 'rr']
const SR: readonly ClientTool[] = ['sub', 'rr']
const PSR: readonly ClientTool[] = ['pub', 'sub', 'rr']
const ALL: readonly ClientTool[] = ['pub', 'sub', 'rr', 'ctrl']

/** A row with an argument. */
function valued(
  flags: string,
  tools: readonly ClientTool[],
  group: OptionGroup,
  argument: string,
  missing: string,
  help: string,
  set: ClientOption['set'],
): ClientOption {
  return { flags: flags.split(' '), tools, group, argument, missing, help, set }
}

/** A row without one. */
function plain(flags: string, tools: readonly ClientTool[], group: OptionGroup, help: string, set: (settings: ClientSettings) => void): ClientOption {
  return { flags: flags.split(' '), tools, group, argument: null, missing: '', help, set }
}

/** The rows, in the order of the help. */
export const CLIENT_OPTIONS: readonly ClientOption[] = [
  valued('-h --host', ALL, 'Connection', 'HOST', 'host', 'name or address of the server; localhost if absent', (s, v) => {
    s.host = v
  }),
  valued('-p --port', ALL, 'Connection', 'PORT', 'port', 'its port; 1883, or 8883 when a CA or --psk is given', (s, v) => {
    s.port = read.port(v)
  }),
  valued('-L --url', ALL, 'Connection', 'URL', 'URL', 'server and topic in one: mqtt[s]://[user[:password]@]host[:port]/topic, or ws[s]://', read.applyUrl),
  valued('--unix', ALL, 'Connection', 'PATH', 'socket path', 'connect to this Unix socket instead', (s, v) => {
    s.unixPath = v
  }),
  plain('--ws', ALL, 'Connection', 'speak MQTT over WebSocket, at path /mqtt', (s) => {
    s.webSocket = true
  }),
  valued('--proxy', ALL, 'Connection', 'URL', 'proxy url', 'by a SOCKS5 proxy: socks5h://[user[:password]@]host[:port]', (s, v) => {
    s.proxy = readProxyUrl(v)
  }),
  valued('-A', ALL, 'Connection', 'ADDRESS', 'address', 'connect from this local address', (s, v) => {
    s.localAddress = v
  }),
  valued(
    '-V --protocol-version',
    ALL,
    'Connection',
    'VERSION',
    '--protocol-version argument given but no version specified.',
    '31, 311 or 5 (also mqttv31, mqttv311, mqttv5); 311 if absent, of rr and ctrl 5',
    (s, v) => {
      s.version = read.protocolVersion(v)
    },
  ),
  valued('-k --keepalive', ALL, 'Connection', 'SECONDS', 'keepalive', 'Keep Alive, 5 to 65535; 60 if absent', (s, v) => {
    s.keepAlive = read.integer(v, 5, 65535, 'Invalid keepalive given, it must be between 5 and 65535 inclusive.', 'blank and hint')
  }),

  valued('-i --id', ALL, 'Session and will', 'ID', 'id', 'Client Identifier; the server assigns one if absent', (s, v) => {
    s.id = v
    onlyOneId(s)
  }),
  valued('-I --id-prefix', ALL, 'Session and will', 'PREFIX', 'id prefix', 'Client Identifier made of this and the process number', (s, v) => {
    s.idPrefix = v
    onlyOneId(s)
  }),
  plain('-c --disable-clean-session', PSR, 'Session and will', 'keep the session: subscriptions and messages wait for the next connection; needs -i', (s) => {
    s.cleanStart = false
  }),
  valued(
    '-x --session-expiry-interval',
    PSR,
    'Session and will',
    'SECONDS',
    'session expiry interval',
    'Session Expiry Interval; -1 = never; makes it MQTT 5',
    (s, v) => {
      s.sessionExpiryInterval = read.sessionExpiryInterval(v)
      s.version = 5
    },
  ),
  valued('--will-topic', PSR, 'Session and will', 'TOPIC', 'will topic', 'what the server publishes to if this connection breaks', (s, v) => {
    s.will.topicName = read.nameOf(v, 'will', '--will-topic')
  }),
  valued('--will-payload', PSR, 'Session and will', 'TEXT', 'will payload', 'payload of the will; empty if absent', (s, v) => {
    s.will.payload = v
  }),
  valued('--will-qos', PSR, 'Session and will', 'QOS', 'will QoS', 'QoS of the will; 0 if absent', (s, v) => {
    s.will.qos = read.integer(v, 0, 2, `Invalid will QoS ${v}.`, 'blank and hint') as 0 | 1 | 2
  }),
  plain('--will-retain', PSR, 'Session and will', 'the will is retained', (s) => {
    s.will.retain = true
  }),

  valued('-u --username', ALL, 'Security', 'NAME', 'username', 'user name', (s, v) => {
    s.userName = v
  }),
  valued('-P --pw', ALL, 'Security', 'PASSWORD', 'password', 'password', (s, v) => {
    s.password = v
  }),
  valued('--cafile', ALL, 'Security', 'FILE', 'file', 'TLS: certificates of the authorities to trust (PEM)', (s, v) => {
    s.tls.cafile = v
  }),
  valued('--tls', ALL, 'Security', 'dev', 'kind', 'TLS: trust the certificates of a broker of yours started with --tls dev', (s, v) => {
    if (v !== 'dev') throw new ArgumentError(`Invalid --tls value ${v} given, it must be dev.`, 'blank and hint')
    s.tls.isDevelopment = true
  }),
  valued('--capath', ALL, 'Security', 'DIR', 'directory', 'TLS: folder of such certificates', (s, v) => {
    s.tls.capath = v
  }),
  plain('--tls-use-os-certs', ALL, 'Security', 'TLS: trust the authorities that the system trusts', (s) => {
    s.tls.useOsCertificates = true
  }),
  valued('--cert', ALL, 'Security', 'FILE', 'file', 'TLS: own certificate (PEM)', (s, v) => {
    s.tls.cert = v
  }),
  valued('--key', ALL, 'Security', 'FILE', 'file', 'TLS: its private key (PEM)', (s, v) => {
    s.tls.key = v
  }),
  valued('--ciphers', ALL, 'Security', 'LIST', 'ciphers', "TLS: ciphers to offer, in OpenSSL's notation", (s, v) => {
    s.tls.ciphers = v
  }),
  valued('--tls-version', ALL, 'Security', 'VERSION', 'version', 'TLS: the lowest version to accept, tlsv1.2 or tlsv1.3; tlsv1.2 if absent', (s, v) => {
    s.tls.version = v
  }),
  valued('--tls-alpn', ALL, 'Security', 'NAME', 'protocol', 'TLS: protocol to ask for by ALPN', (s, v) => {
    s.tls.alpn = v
  }),
  valued('--tls-keylog', ALL, 'Security', 'FILE', 'file', 'TLS: append the keys of the session, for analysers of captured traffic', (s, v) => {
    s.tls.keylog = v
  }),
  valued('--psk', ALL, 'Security', 'KEY', 'key', 'TLS with a shared key instead of certificates, in hexadecimal; needs --psk-identity', (s, v) => {
    s.tls.psk = v
  }),
  valued('--psk-identity', ALL, 'Security', 'NAME', 'identity', 'name that the server knows the shared key by', (s, v) => {
    s.tls.pskIdentity = v
  }),
  valued('--keyform', ALL, 'Security', 'FORM', 'keyform', 'form of the private key: pem', (s, v) => {
    s.tls.keyform = v
  }),
  valued('--tls-engine', ALL, 'Security', 'NAME', 'engine_id', 'accepted for compatibility: OpenSSL engines are not supported', (s, v) => {
    s.tls.engine = v
  }),
  valued('--tls-engine-kpass-sha1', ALL, 'Security', 'HASH', 'kpass sha1', 'accepted for compatibility, as --tls-engine', (s, v) => {
    s.tls.engineKeyPassword = v
  }),
  plain('--insecure', ALL, 'Security', "TLS: do not check the server's certificate. For tests only", (s) => {
    s.tls.insecure = true
  }),
  plain('--no-tls', ALL, 'Security', 'no TLS, whatever the port and the option file say', (s) => {
    s.tls.refused = true
  }),

  valued('-t --topic', P, 'Message', 'TOPIC', 'topic', 'Topic Name to publish to', read.addTopic),
  valued('-m --message', PR, 'Message', 'TEXT', 'message', 'payload: this text', (s, v) => {
    setPayload(s, { from: 'text', text: v })
  }),
  plain('-n --null-message', PR, 'Message', 'payload: nothing; with -r it clears a retained message', (s) => {
    setPayload(s, { from: 'nothing' })
  }),
  valued('-f --file', PR, 'Message', 'FILE', 'file', 'payload: the content of this file', (s, v) => {
    setPayload(s, { from: 'file', path: v })
  }),
  plain('-s --stdin-file', PR, 'Message', 'payload: all of standard input', (s) => {
    setPayload(s, { from: 'stdin' })
  }),
  plain('-l --stdin-line', P, 'Message', 'each line of standard input is a message', (s) => {
    setPayload(s, { from: 'stdin lines' })
  }),
  valued('-q --qos', ALL, 'Message', 'QOS', 'QoS', 'Quality of Service: 0, 1 or 2; 0 if absent, of ctrl 1', (s, v) => {
    s.qos = read.qos(v)
  }),
  plain('-r --retain', P, 'Message', 'the server keeps the message for later subscribers', (s) => {
    s.retain = true
  }),
  valued('--repeat', P, 'Message', 'N', 'count', 'publish the payload N times', (s, v) => {
    s.repeat = read.integer(v, 1, 0x7fffffff, '--repeat argument must be >0.', 'blank and hint')
  }),
  valued('--repeat-delay', P, 'Message', 'SECONDS', 'time', 'wait between them, counted from the acknowledgement', (s, v) => {
    s.repeatDelayMs = read.decimal(v, 0, 2_147_483, '--repeat-delay argument must be >=0.0.') * 1000
  }),
  plain('--reconnect', P, 'Message', 'make a lost connection again and go on where it broke off; keeps the session until the end', (s) => {
    s.reconnect = true
  }),
  valued('--ack-timeout', P, 'Message', 'SECONDS', 'time', 'QoS 1 and 2: end with exit code 27 when no acknowledgement comes for so long', (s, v) => {
    s.ackTimeoutMs = read.decimal(v, 0.001, 2_147_483, '--ack-timeout argument must be >0.') * 1000
  }),
  valued('-M', PSR, 'Message', 'N', '-M argument given but max_inflight not specified.', 'QoS 1 and 2 messages on their way at once; 20 if absent', (s, v) => {
    s.maximumInflight = read.integer(v, 1, 65535, 'Maximum inflight messages must be greater than 0.', 'blank and hint')
  }),
  {
    ...valued(
      '-D --property',
      PSR,
      'Message',
      'PACKET NAME VALUE',
      '--property argument given but not enough arguments specified.',
      'MQTT 5 property, e.g. -D publish content-type text/plain, -D connect user-property name value',
      applyProperty,
    ),
    words: propertyWords,
  },

  valued('-t --topic', R, 'Subscription', 'TOPIC', 'topic', 'Topic Name to publish the request to', read.addTopic),
  valued('-e', R, 'Subscription', 'TOPIC', 'response topic', 'Response Topic: subscribed to before the request is published', (s, v) => {
    s.responseTopic = read.nameOf(v, 'response', '-e')
  }),
  valued('-t --topic', S, 'Subscription', 'FILTER', 'topic', 'Topic Filter to subscribe to; may be given many times', read.addTopic),
  valued('-U --unsubscribe', S, 'Subscription', 'FILTER', 'unsubscribe topic', 'Topic Filter to unsubscribe from; may be given many times', (s, v) => {
    s.unsubscribe.push(read.filterOf(v, 'unsubscribe', '-U'))
  }),
  plain('-E', S, 'Subscription', 'end once subscribed: with -c it leaves a session that collects', (s) => {
    s.exitAfterSubscribing = true
  }),
  plain('--retain-as-published', SR, 'Subscription', 'MQTT 5: keep the RETAIN flag as published', (s) => {
    s.retainAsPublished = true
  }),
  valued(
    '--retain-handling',
    SR,
    'Subscription',
    'WHEN',
    'option',
    'MQTT 5: retained messages always, new (only if the subscription is new) or never',
    (s, v) => {
      const handling = ['always', 'new', 'never'].indexOf(v)
      if (handling < 0) throw new ArgumentError(`Unknown value '${v}' for --retain-handling.`, 'blank and hint')
      s.retainHandling = handling as 0 | 1 | 2
    },
  ),

  plain('-v --verbose', SR, 'Output', 'print the topic before each payload', (s) => {
    s.verbose = true
  }),
  plain('-N', SR, 'Output', 'no newline after each payload', (s) => {
    s.endOfLine = false
  }),
  valued('-F', SR, 'Output', 'FORMAT', 'format', "print this, e.g. '@H:@M:@S %t %p' or %j for JSON", (s, v) => {
    s.format = parseFormat(v)
  }),
  plain('--pretty', SR, 'Output', 'JSON of %j and %J over several lines', (s) => {
    s.pretty = true
  }),
  plain('-w --watch', S, 'Output', 'keep a line of the screen for each topic', (s) => {
    s.watch = true
  }),
  plain('--message-rate', S, 'Output', 'print how many messages come each second instead of them', (s) => {
    s.messageRate = true
  }),
  plain('--latency', R, 'Output', 'print the time between request and response', (s) => {
    s.latency = true
  }),
  plain('-R', SR, 'Output', 'leave retained messages out', (s) => {
    s.noRetained = true
    s.retainHandling = 2 // MQTT 5 can spare the server the sending [MQTT-3.3.1-11]
  }),
  plain('--retained-only', S, 'Output', 'print retained messages only; end at the first other one', (s) => {
    s.retainedOnly = true
  }),
  plain('--remove-retained', S, 'Output', 'print retained messages and clear them on the server', (s) => {
    s.removeRetained = true
  }),
  valued('-T --filter-out', S, 'Output', 'FILTER', 'topic filter', 'leave out what matches this; may be given many times', (s, v) => {
    s.filterOut.push(read.filterOf(v, 'filter', '-T'))
  }),
  valued('--random-filter', S, 'Output', 'PERCENT', 'chance', 'print each message with this probability, 0.1 to 100', (s, v) => {
    s.randomFilter = read.decimal(v, 0.1, 100, '--random-filter chance must be between 0.1-100.0')
  }),
  valued('-C', S, 'Output', 'N', 'count', 'end after N messages', (s, v) => {
    s.count = read.integer(v, 1, 0x7fffffff, `Invalid message count "${v}".`, 'blank and hint')
  }),
  valued('-W', SR, 'Output', 'SECONDS', 'timeout', 'end after this time, with exit code 27', (s, v) => {
    s.timeout = read.integer(v, 1, 2_147_483, `Invalid timeout "${v}".`, 'blank and hint')
  }),

  plain('-d --debug', ALL, 'Other', 'print every packet', (s) => {
    s.debug = true
  }),
  plain('--quiet', ALL, 'Other', 'print no errors but those of the arguments', (s) => {
    s.quiet = true
  }),
  plain('--nodelay', ALL, 'Other', 'accepted for compatibility: small packets are never held back', () => {}),
  valued('-f --file', ['ctrl'], 'Other', 'FILE', 'data file', 'dynsec setClientPassword: change this file, without a broker', (s, v) => {
    s.dataFile = v
  }),
  plain('-v --verbose', ['ctrl'], 'Other', 'accepted for compatibility: there is nothing more to say', () => {}),
  valued('-o', ALL, 'Other', 'FILE', 'options file', 'read options from this file instead of the usual one', () => {}),
]

/** The row that `flag` belongs to; null when the tool does not know it. */
export function findOption(tool: ClientTool, flag: string): ClientOption | null {
  return CLIENT_OPTIONS.find((option) => option.tools.includes(tool) && option.flags.includes(flag)) ?? null
}

/** How many of the words after the flag belong to it; -1 when there are too few. */
export function wordsOf(option: ClientOption, rest: readonly string[]): number {
  const words = option.words !== undefined ? option.words(rest) : option.argument === null ? 0 : 1
  return words <= rest.length ? words : -1
}

/** The error when they are too few. */
export function missingArgument(option: ClientOption): ArgumentError {
  const message = option.missing.endsWith('.') ? option.missing : `${option.flags[0]} argument given but no ${option.missing} specified.`
  return new ArgumentError(message, 'blank and hint')
}

function onlyOneId(settings: ClientSettings): void {
  if (settings.id !== null && settings.idPrefix !== null) throw new ArgumentError('-i and -I argument cannot be used together.', 'blank and hint')
}

function setPayload(settings: ClientSettings, payload: PayloadSource): void {
  if (settings.payload !== null) throw new ArgumentError('Only one type of message can be sent at once.', 'blank and hint')
  settings.payload = payload
}
