// Every flag of `zanzara bench` as a row: names, modes, argument, help, what it sets. A new flag is a new row.
// What belongs together is checked in bench-arguments.ts.

import type { ProtocolVersion, Qos } from '../../wire/mqtt/packet.ts'

export const BENCH_MODES = ['conn', 'pub', 'sub', 'pair', 'fan'] as const
export type BenchMode = (typeof BENCH_MODES)[number]

/** What is wrong with the arguments: exit code 2. */
export class BenchUsageError extends Error {
  override readonly name = 'BenchUsageError'
}

export interface BenchTls {
  /** Files (PEM); null = none. */
  cafile: string | null
  cert: string | null
  key: string | null
  insecure: boolean
}

/** What was asked for. Null = not given; `bench-arguments` puts the mode's default in its place. */
export interface BenchSettings {
  readonly mode: BenchMode
  host: string
  port: number | null
  unixPath: string | null
  webSocket: boolean
  tls: BenchTls | null
  version: ProtocolVersion
  userName: string | null
  password: string | null
  /** Seconds. */
  keepAlive: number
  idPrefix: string | null
  connections: number | null
  /** Per second; 0 = as fast as they are taken. */
  connectRate: number
  topic: string | null
  qos: Qos
  retain: boolean
  size: number
  intervalMs: number
  /** Messages per second of all publishers; 0 = no pace. */
  rate: number
  count: number | null
  /** Seconds; 0 = no limit. */
  duration: number | null
  inflight: number
  window: number | null
  fanIn: boolean
  /** Milliseconds of patience: for an answer, and for the next message at the end. */
  timeoutMs: number
  json: boolean
}

export interface BenchOption {
  readonly flags: readonly string[]
  readonly modes: readonly BenchMode[]
  /** What follows the flag; null = nothing. */
  readonly argument: string | null
  readonly help: string
  /** Throws BenchUsageError. */
  readonly set: (settings: BenchSettings, value: string, flag: string) => void
}

export function newSettings(mode: BenchMode): BenchSettings {
  return {
    mode,
    host: 'localhost',
    port: null,
    unixPath: null,
    webSocket: false,
    tls: null,
    version: 4,
    userName: null,
    password: null,
    keepAlive: 60,
    idPrefix: null,
    connections: null,
    connectRate: 0,
    topic: null,
    qos: 0,
    retain: false,
    size: 64,
    intervalMs: 0,
    rate: 0,
    count: null,
    duration: null,
    inflight: 100,
    window: null,
    fanIn: false,
    timeoutMs: 10_000,
    json: false,
  }
}

const ALL: readonly BenchMode[] = BENCH_MODES
const TRAFFIC: readonly BenchMode[] = ['pub', 'sub', 'pair', 'fan']
const SENDING: readonly BenchMode[] = ['pub', 'pair', 'fan']
const JUDGED: readonly BenchMode[] = ['pair', 'fan']

function row(flags: string, modes: readonly BenchMode[], argument: string | null, help: string, set: BenchOption['set']): BenchOption {
  return { flags: flags.split(' '), modes, argument, help, set }
}

/** The rows, in the order of the help. */
export const BENCH_OPTIONS: readonly BenchOption[] = [
  row('-h --host', ALL, 'HOST', 'name or address of the server; localhost unless given', (s, v) => {
    s.host = v
  }),
  row('-p --port', ALL, 'PORT', 'its port; 1883, with TLS 8883, with --ws 8080 or 8081, unless given', (s, v, flag) => {
    s.port = integer(flag, v, 1, 65535)
  }),
  row('--unix', ALL, 'PATH', 'connect to this Unix socket instead', (s, v) => {
    s.unixPath = v
  }),
  row('--ws', ALL, null, 'speak MQTT over WebSocket, at path /mqtt', (s) => {
    s.webSocket = true
  }),
  row('--tls', ALL, null, 'encrypt; the next four flags imply it', (s) => {
    tls(s)
  }),
  row('--cafile', ALL, 'FILE', 'certificates of the authorities to trust (PEM)', (s, v) => {
    tls(s).cafile = v
  }),
  row('--cert', ALL, 'FILE', 'own certificate (PEM)', (s, v) => {
    tls(s).cert = v
  }),
  row('--key', ALL, 'FILE', 'its private key (PEM)', (s, v) => {
    tls(s).key = v
  }),
  row('--insecure', ALL, null, "do not check the server's certificate", (s) => {
    tls(s).insecure = true
  }),
  row('-V --protocol-version', ALL, 'VERSION', '31, 311 or 5; 311 unless given', (s, v, flag) => {
    const version = ({ '31': 3, '311': 4, '5': 5 } as const)[v.replace(/^mqttv/, '')]
    if (version === undefined) throw new BenchUsageError(`${flag} ${v}: the version is 31, 311 or 5.`)
    s.version = version
  }),
  row('-u --username', ALL, 'NAME', 'user name', (s, v) => {
    s.userName = v
  }),
  row('-P --pw', ALL, 'PASSWORD', 'password', (s, v) => {
    s.password = v
  }),
  row('-k --keepalive', ALL, 'SECONDS', 'Keep Alive, 0 = none; 60 unless given', (s, v, flag) => {
    s.keepAlive = integer(flag, v, 0, 65535)
  }),
  row('--id-prefix', ALL, 'TEXT', 'Client Identifiers begin with this; made up for each run unless given', (s, v) => {
    s.idPrefix = v
  }),
  row('-c --connections', ALL, 'N', 'clients; of pair: pairs; of fan: subscribers, or publishers with --fan-in', (s, v, flag) => {
    s.connections = integer(flag, v, 1, 1_000_000)
  }),
  row('-R --connect-rate', ALL, 'N', 'connections begun per second; as fast as they are taken unless given', (s, v, flag) => {
    s.connectRate = decimal(flag, v, 0, 1_000_000)
  }),
  row('-d --duration', ALL, 'SECONDS', 'how long, 0 = until Ctrl-C; 10 unless -n is given', (s, v, flag) => {
    s.duration = decimal(flag, v, 0, 2_000_000)
  }),
  row('-n --count', TRAFFIC, 'N', 'end after N messages of each publisher; of sub: after N received', (s, v, flag) => {
    s.count = integer(flag, v, 1, 2 ** 48)
  }),
  row('-t --topic', TRAFFIC, 'TOPIC', 'Topic Name, of sub Topic Filter; %i = number of the client, from 1', (s, v) => {
    s.topic = v
  }),
  row('-q --qos', TRAFFIC, 'QOS', 'Quality of Service: 0, 1 or 2; 0 unless given', (s, v, flag) => {
    s.qos = integer(flag, v, 0, 2) as Qos
  }),
  row('-s --size', SENDING, 'BYTES', 'payload; 64 unless given; at least 16 for pair and fan', (s, v, flag) => {
    s.size = integer(flag, v, 0, 268_000_000)
  }),
  row('--retain', ['pub'], null, 'the server keeps the messages', (s) => {
    s.retain = true
  }),
  row('-I --interval', SENDING, 'MS', 'each publisher sends one message every MS milliseconds', (s, v, flag) => {
    s.intervalMs = decimal(flag, v, 0, 86_400_000)
  }),
  row('-r --rate', SENDING, 'N', 'messages per second of all publishers together; 0 = as fast as answers come back', (s, v, flag) => {
    s.rate = decimal(flag, v, 0, 100_000_000)
  }),
  row('-M --inflight', SENDING, 'N', 'QoS 1 and 2: unacknowledged publishes of each publisher; 100 unless given', (s, v, flag) => {
    s.inflight = integer(flag, v, 1, 65535)
  }),
  row('-w --window', JUDGED, 'N', 'messages of a publisher that its subscribers have not got yet; 0 = no limit: the server may drop', (s, v, flag) => {
    s.window = integer(flag, v, 0, 1_000_000)
  }),
  row('--fan-in', ['fan'], null, 'many publishers, one subscriber', (s) => {
    s.fanIn = true
  }),
  row('--timeout', ALL, 'SECONDS', 'patience with a server that does not answer or deliver; 10 unless given', (s, v, flag) => {
    s.timeoutMs = decimal(flag, v, 0.1, 86_400) * 1000
  }),
  row('--json', ALL, null, 'the result as one JSON object', (s) => {
    s.json = true
  }),
]

function tls(settings: BenchSettings): BenchTls {
  return (settings.tls ??= { cafile: null, cert: null, key: null, insecure: false })
}

function integer(flag: string, text: string, least: number, most: number): number {
  if (!/^\d+$/.test(text) || !(Number(text) >= least && Number(text) <= most))
    throw new BenchUsageError(`${flag} ${text}: a whole number from ${least} to ${most} is needed.`)
  return Number(text)
}

function decimal(flag: string, text: string, least: number, most: number): number {
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text) || !(Number(text) >= least && Number(text) <= most))
    throw new BenchUsageError(`${flag} ${text}: a number from ${least} to ${most} is needed.`)
  return Number(text)
}
