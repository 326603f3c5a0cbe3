// What the flags of pub, sub and rr add up to. Filled by client-options.ts row by row, checked whole by client-arguments.ts.
// Plain data: nothing here opens a file or a socket.

import type { ProxyOptions } from '../client/node.ts'
import type { ProtocolVersion, Qos, RetainHandling } from '../wire/mqtt/packet.ts'
import type { Properties } from '../wire/mqtt/properties.ts'
import type { FormatPart } from './format.ts'
import type { ClientTool } from './terminal.ts'

/** Session Expiry Interval that stands for "never" [MQTT 5.0, section 3.1.2.11.2]. */
export const NEVER_EXPIRES = 0xffffffff

/** Where the payload of `pub` comes from. */
export type PayloadSource =
  | { readonly from: 'text'; readonly text: string } // -m
  | { readonly from: 'nothing' } // -n
  | { readonly from: 'file'; readonly path: string } // -f
  | { readonly from: 'stdin' } // -s: all of it is one payload
  | { readonly from: 'stdin lines' } // -l: each line is one

/** Packets that -D can add properties to. */
export type PropertyPacket = 'connect' | 'publish' | 'subscribe' | 'unsubscribe' | 'disconnect' | 'will'

/** What is wrong with the properties of one packet, found when all of them are known. */
export type PropertyFault = 'duplicate' | 'protocol'

export interface TlsSettings {
  cafile: string | null
  /** --tls dev: trust this user's development authority. */
  isDevelopment: boolean
  capath: string | null
  useOsCertificates: boolean
  cert: string | null
  key: string | null
  ciphers: string | null
  alpn: string | null
  /** As given, such as `tlsv1.3`; null = negotiated. */
  version: string | null
  /** --psk: the key in hexadecimal. */
  psk: string | null
  pskIdentity: string | null
  /** --tls-keylog: the file that session keys are appended to. */
  keylog: string | null
  /** Accepted for compatibility: keys are read from PEM files only. */
  engine: string | null
  keyform: string | null
  engineKeyPassword: string | null
  insecure: boolean
  /** --no-tls: port 8883 alone does not switch TLS on. */
  refused: boolean
}

export interface WillSettings {
  topicName: string | null
  payload: string | null
  qos: Qos
  retain: boolean
}

/** Mutable while flags are read, done when `readClientArguments` returns it. */
export class ClientSettings {
  readonly tool: ClientTool
  host = 'localhost'
  /** null = not given: 1883, or 8883 with a CA. */
  port: number | null = null
  /** -A; null = the system chooses. */
  localAddress: string | null = null
  proxy: ProxyOptions | null = null
  unixPath: string | null = null
  webSocket = false
  id: string | null = null
  idPrefix: string | null = null
  version: ProtocolVersion
  cleanStart = true
  /** Seconds. */
  keepAlive = 60
  userName: string | null = null
  password: string | null = null
  /** Seconds; null = not given. */
  sessionExpiryInterval: number | null = null
  maximumInflight = 20
  readonly will: WillSettings = { topicName: null, payload: null, qos: 0, retain: false }
  readonly tls: TlsSettings = {
    cafile: null,
    isDevelopment: false,
    capath: null,
    useOsCertificates: false,
    cert: null,
    key: null,
    ciphers: null,
    alpn: null,
    version: null,
    psk: null,
    pskIdentity: null,
    keylog: null,
    engine: null,
    keyform: null,
    engineKeyPassword: null,
    insecure: false,
    refused: false,
  }
  readonly properties: Partial<Record<PropertyPacket, Properties>> = {}
  /** The first fault of each packet's properties. */
  readonly propertyFaults: Partial<Record<PropertyPacket, PropertyFault>> = {}
  debug = false
  quiet = false
  qos: Qos = 0
  /** One for pub, any number for sub. */
  readonly topics: string[] = []

  // pub
  retain = false
  payload: PayloadSource | null = null
  /** How often the payload is published. */
  repeat = 1
  repeatDelayMs = 0
  /** --reconnect: a lost connection is made again and unfinished messages are resumed. */
  reconnect = false
  /** --ack-timeout, milliseconds; null = wait for ever. */
  ackTimeoutMs: number | null = null

  // sub
  readonly unsubscribe: string[] = []
  /** Messages that match one of these are not printed. */
  readonly filterOut: string[] = []
  verbose = false
  endOfLine = true
  /** -F; null = the payload alone. */
  format: readonly FormatPart[] | null = null
  /** --pretty: JSON with line ends and tabs. */
  pretty = false
  /** --watch */
  watch = false
  /** --message-rate: counts instead of messages. */
  messageRate = false
  /** -C; null = no end. */
  count: number | null = null
  /** -W, seconds; null = no end. */
  timeout: number | null = null
  /** -R */
  noRetained = false
  retainedOnly = false
  removeRetained = false
  exitAfterSubscribing = false
  retainAsPublished = false
  retainHandling: RetainHandling = 0
  /** Per cent of the messages that are printed. */
  randomFilter = 100

  // rr
  /** -e */
  responseTopic: string | null = null
  /** --latency */
  latency = false

  // ctrl
  /** -f: the file that is changed in place of a broker. */
  dataFile: string | null = null
  /** Module, command and its words: all that follows the options. */
  readonly words: string[] = []

  constructor(tool: ClientTool) {
    this.tool = tool
    this.version = tool === 'rr' || tool === 'ctrl' ? 5 : 4
    if (tool === 'ctrl') this.qos = 1
  }

  /** Whether the connection is to be encrypted: a CA or a key was named, or the port is the one of MQTT over TLS. */
  get usesTls(): boolean {
    const { useOsCertificates, refused } = this.tls
    if (refused || this.unixPath !== null) return false
    return this.#namesTrust || useOsCertificates || this.port === 8883
  }

  /** Whether a flag of TLS was given that is checked even where there is no TLS. */
  get namesTls(): boolean {
    const { psk, keyform, version } = this.tls
    return psk !== null || keyform !== null || version !== null
  }

  /** Whether unfinished messages are to be resumed on the next connection, which takes a session that outlives the first. */
  get resumes(): boolean {
    return this.reconnect && this.qos > 0
  }

  /** Whether the user wants no session to be kept. */
  get keepsNothing(): boolean {
    return this.cleanStart && (this.sessionExpiryInterval ?? this.properties.connect?.sessionExpiryInterval ?? 0) === 0
  }

  /** Whether a session is left on the server that nobody asked for: before MQTT 5 one that can be resumed has no end. */
  get leavesSession(): boolean {
    return this.resumes && this.version !== 5 && this.keepsNothing
  }

  /** The port that is connected to. As with Mosquitto's clients the system's authorities alone do not change it. */
  get effectivePort(): number {
    return this.port ?? (this.usesTls && this.#namesTrust ? 8883 : 1883)
  }

  get #namesTrust(): boolean {
    const { cafile, isDevelopment, capath, psk } = this.tls
    return cafile !== null || isDevelopment || capath !== null || psk !== null
  }

  /** The Client Identifier to send; null = none given, which asks the server for one. */
  clientId(pid: number): string | null {
    return this.idPrefix === null ? this.id : `${this.idPrefix}${pid}`
  }
}
