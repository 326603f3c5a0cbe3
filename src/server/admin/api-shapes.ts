// The answers of /admin/v1 for the OpenAPI document: the interfaces of api-types.ts once more, as data.
// A word per field: `string`, `integer`, `number`, `boolean`, `"a" | "b"`, a shape's name, `map` of a word, `object` with anything, `[]` behind a word, `| null`.

export type Shape = Readonly<Record<string, string>>

export const SHAPES: Readonly<Record<string, Shape>> = {
  SessionAnswer: { role: '"viewer" | "operator" | "admin" | null', isLocal: 'boolean', isLoggedIn: 'boolean', mqttLogin: 'MqttLogin | null' },
  MqttLogin: { userName: 'string', password: 'string' },
  BrokerAnswer: {
    name: 'string',
    version: 'string',
    pid: 'integer',
    node: 'string',
    platform: 'string',
    startedAt: 'number',
    now: 'number',
    uptimeSeconds: 'integer',
    connected: 'integer',
    sessions: 'integer',
    retained: 'integer',
    subscriptions: 'integer',
    sharedSubscriptions: 'integer',
    counters: 'map number',
    capture: 'CaptureState',
    listeners: 'ListenerRow[]',
    turns: 'TurnTimes',
  },
  TurnTimes: { seconds: 'integer', boundsMs: 'number[]', counts: 'integer[]', p50Ms: 'number | null', p99Ms: 'number | null', maxMs: 'number | null' },
  BridgesAnswer: { now: 'number', bridges: 'BridgeRow[]' },
  BridgeRow: {
    name: 'string',
    addresses: 'string[]',
    address: 'string',
    isTls: 'boolean',
    version: '"3.1" | "3.1.1" | "5.0"',
    start: '"automatic" | "lazy" | "once"',
    remoteClientId: 'string',
    localClientId: 'string',
    state: '"connected" | "connecting" | "waiting" | "lazy" | "stopped"',
    since: 'number',
    nextAttemptAt: 'number | null',
    problem: 'BridgeProblem | null',
    connects: 'integer',
    messagesIn: 'integer',
    messagesOut: 'integer',
    bytesIn: 'integer',
    bytesOut: 'integer',
    dropped: 'integer',
    queued: 'integer',
    queuedBytes: 'integer',
    topics: 'BridgeTopicRow[]',
  },
  BridgeProblem: { time: 'number', text: 'string' },
  BridgeTopicRow: {
    pattern: 'string | null',
    direction: '"out" | "in" | "both"',
    qos: 'integer',
    localPrefix: 'string',
    remotePrefix: 'string',
    isRefusedHere: 'boolean',
    refusedThere: 'string | null',
  },
  CaptureState: { budgetBytes: 'integer', usedBytes: 'integer', events: 'integer', since: 'number | null', readers: 'integer' },
  ListenerRow: {
    transport: '"tcp" | "tls" | "unix" | "ws" | "wss" | "http" | "https"',
    host: 'string | null',
    port: 'integer',
    path: 'string | null',
    connections: 'integer',
    mountPoint: 'string',
    hasConsole: 'boolean',
    hasDynsec: 'boolean',
    certificate: 'CertificateRow | null',
  },
  CertificateRow: {
    subject: 'string',
    issuer: 'string',
    names: 'string[]',
    validFrom: 'number',
    validTo: 'number',
    fingerprint256: 'string',
    isSelfSigned: 'boolean',
  },
  SysAnswer: { interval: 'integer', values: 'map string' },
  HistoryAnswer: { stepSeconds: 'integer', time: 'number[]', columns: 'map numbers' },
  LogAnswer: { lines: 'LogLine[]', total: 'integer' },
  LogLine: {
    number: 'integer',
    time: 'number',
    type: '"error" | "warning" | "notice" | "information" | "debug" | "subscribe" | "unsubscribe" | "websockets" | "internal"',
    text: 'string',
    client: 'string | null',
    address: 'string | null',
  },
  ConfigAnswer: { files: 'string[]', sections: 'ConfigSection[]' },
  ConfigSection: { kind: '"broker" | "listener" | "bridge" | "plugin"', title: 'string', options: 'ConfigOption[]' },
  ConfigOption: { name: 'string', value: 'string', origin: 'string | null', meaning: 'string' },
  ClientsAnswer: { total: 'integer', online: 'integer', matched: 'integer', rows: 'ClientRow[]' },
  ClientRow: {
    id: 'string',
    user: 'string | null',
    isOnline: 'boolean',
    address: 'string | null',
    port: 'integer | null',
    transport: 'string | null',
    listenerPort: 'integer | null',
    version: '"3.1" | "3.1.1" | "5.0" | null',
    keepAlive: 'integer | null',
    cleanStart: 'boolean | null',
    sessionExpiry: 'integer | null',
    connectedAt: 'number | null',
    disconnectedAt: 'number | null',
    endCause: 'string | null',
    subscriptions: 'integer',
    inflightIn: 'integer',
    inflightOut: 'integer',
    queued: 'integer',
    queuedBytes: 'integer',
    bytesIn: 'integer',
    bytesOut: 'integer',
    lastHeardAt: 'number | null',
  },
  ClientAnswer: {
    client: 'ClientRow',
    tls: 'TlsFacts | null',
    subscriptions: 'SubscriptionRow[]',
    queue: 'QueuedRow[]',
    inflight: 'InflightRow[]',
    will: 'WillRow | null',
  },
  TlsFacts: { version: 'string', cipher: 'string', subject: 'string | null' },
  SubscriptionRow: {
    filter: 'string',
    shareName: 'string | null',
    qos: 'integer',
    noLocal: 'boolean',
    retainAsPublished: 'boolean',
    identifiers: 'integer[]',
  },
  QueuedRow: { topic: 'string', qos: 'integer', retain: 'boolean', sizeBytes: 'integer', payloadStart: 'string', expiresInMs: 'integer | null' },
  InflightRow: { packetId: 'integer', awaits: '"PUBACK" | "PUBREC" | "PUBCOMP"', topic: 'string | null' },
  WillRow: { topic: 'string', qos: 'integer', retain: 'boolean', sizeBytes: 'integer', payloadStart: 'string', delaySeconds: 'integer' },
  ActionAnswer: { done: 'boolean', message: 'string' },
  RetainedAnswer: { count: 'integer', topics: 'string[]' },
  RetainedMessageAnswer: { topic: 'string', qos: 'integer', payload: 'string', client: 'string | null', user: 'string | null' },
  DeletedAnswer: { deleted: 'integer' },
  AccessAnswer: { allowed: 'boolean', reason: 'string', rule: 'RuleLine | null', user: 'string | null', topic: 'string' },
  DynsecAnswer: { responses: 'DynsecResponse[]' },
  DynsecResponse: { command: 'string', error: 'string | null', data: 'object | null' },
  RuleLine: { file: 'string', line: 'integer', text: 'string' },
  WhyAnswer: { matches: 'WhyMatch[]', access: 'AccessAnswer', kind: '"retained" | "live" | "retained-or-live"', sentences: 'string[]' },
  WhyMatch: {
    filter: 'string',
    shareName: 'string | null',
    qos: 'integer',
    noLocal: 'boolean',
    retainAsPublished: 'boolean',
    identifiers: 'integer[]',
    deliveredQos: 'integer | null',
    reason: 'string',
  },
  ErrorAnswer: { error: 'string' },
}

/** One word of the notation as JSON Schema. */
export function schemaOfWord(word: string): Readonly<Record<string, unknown>> {
  const options = word.split(' | ')
  const isNullable = options.includes('null')
  const kinds = options.filter((option) => option !== 'null')
  if (kinds[0]!.startsWith('"')) return { enum: [...kinds.map((kind) => JSON.parse(kind) as string), ...(isNullable ? [null] : [])] }
  const schema = schemaOfKind(kinds[0]!)
  return isNullable ? { anyOf: [schema, { type: 'null' }] } : schema
}

export function schemaOfShape(shape: Shape): Readonly<Record<string, unknown>> {
  const properties = Object.fromEntries(Object.entries(shape).map(([name, word]) => [name, schemaOfWord(word)]))
  return { type: 'object', properties, required: Object.keys(shape), additionalProperties: false }
}

function schemaOfKind(kind: string): Readonly<Record<string, unknown>> {
  if (kind.endsWith('[]')) return { type: 'array', items: schemaOfKind(kind.slice(0, -2)) }
  if (kind === 'object') return { type: 'object', additionalProperties: true }
  if (kind === 'map numbers') return { type: 'object', additionalProperties: { type: 'array', items: { anyOf: [{ type: 'number' }, { type: 'null' }] } } }
  if (kind.startsWith('map ')) return { type: 'object', additionalProperties: schemaOfKind(kind.slice(4)) }
  if (kind === 'string' || kind === 'integer' || kind === 'number' || kind === 'boolean') return { type: kind }
  return { $ref: `#/components/schemas/${kind}` }
}
