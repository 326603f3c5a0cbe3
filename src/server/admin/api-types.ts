// The JSON of /admin/v1: what each answer holds. The console imports these types; openapi.ts describes them to others.
// Times are milliseconds since 1970, texts are as clients gave them: to be shown as text only.

/** What somebody may do: look, act on clients and messages, or all. */
export type Role = 'viewer' | 'operator' | 'admin'

/** GET session: who is asking. `role` null = a login is needed. */
export interface SessionAnswer {
  readonly role: Role | null
  /** Programs of this machine need no login here. */
  readonly isLocal: boolean
  /** By a cookie, which `logout` ends. */
  readonly isLoggedIn: boolean
  /** By which the page itself may connect over MQTT; told to administrators, where the broker has made it up at its start. Else null. */
  readonly mqttLogin: MqttLogin | null
}

export interface MqttLogin {
  readonly userName: string
  readonly password: string
}

/** GET broker. */
export interface BrokerAnswer {
  readonly name: string
  readonly version: string
  readonly pid: number
  readonly node: string
  readonly platform: string
  readonly startedAt: number
  readonly now: number
  readonly uptimeSeconds: number
  readonly connected: number
  readonly sessions: number
  readonly retained: number
  readonly subscriptions: number
  readonly sharedSubscriptions: number
  readonly counters: Readonly<Record<string, number>>
  /** Of the ring of packets. */
  readonly capture: CaptureState
  readonly listeners: readonly ListenerRow[]
  readonly turns: TurnTimesAnswer
}

/**
 * How long turns of the event loop were that wrote something, from the start of their first read to the end of their writes: no message waited longer in the
 * broker, unless in a queue or for a slow subscriber. Milliseconds; null without turns.
 */
export interface TurnTimesAnswer {
  /** How many of the last seconds it is about. */
  readonly seconds: number
  /** What the turns of each bucket took at most. */
  readonly boundsMs: readonly number[]
  /** One more than bounds: the last one is of what is beyond them. */
  readonly counts: readonly number[]
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
}

export interface CaptureState {
  readonly budgetBytes: number
  readonly usedBytes: number
  /** Reads and writes remembered, each of one connection and direction. */
  readonly events: number
  /** Of the oldest one; null = there is none. */
  readonly since: number | null
  readonly readers: number
}

export interface ListenerRow {
  readonly transport: 'tcp' | 'tls' | 'unix' | 'ws' | 'wss' | 'http' | 'https'
  /** Null = all addresses. */
  readonly host: string | null
  readonly port: number
  /** Of a Unix socket. */
  readonly path: string | null
  readonly connections: number
  readonly mountPoint: string
  readonly hasConsole: boolean
  /** Dynamic security is in force there. */
  readonly hasDynsec: boolean
  readonly certificate: CertificateRow | null
}

export interface CertificateRow {
  readonly subject: string
  readonly issuer: string
  readonly names: readonly string[]
  readonly validFrom: number
  readonly validTo: number
  readonly fingerprint256: string
  readonly isSelfSigned: boolean
}

/** GET bridges. */
export interface BridgesAnswer {
  readonly now: number
  readonly bridges: readonly BridgeRow[]
}

export interface BridgeRow {
  readonly name: string
  /** `HOST:PORT`, the preferred one first. */
  readonly addresses: readonly string[]
  /** Which serves or is tried, or will be next. */
  readonly address: string
  readonly isTls: boolean
  readonly version: '3.1' | '3.1.1' | '5.0'
  readonly start: 'automatic' | 'lazy' | 'once'
  /** Its Client Identifier there, and that of its session here. */
  readonly remoteClientId: string
  readonly localClientId: string
  /** `lazy`: it waits for messages before it connects. `stopped`: it does not try again. */
  readonly state: 'connected' | 'connecting' | 'waiting' | 'lazy' | 'stopped'
  /** Since when it has been connected, or has not been. */
  readonly since: number
  readonly nextAttemptAt: number | null
  /** The last one, also of a bridge that is connected now. */
  readonly problem: { readonly time: number; readonly text: string } | null
  /** Connections that the other broker accepted. */
  readonly connects: number
  /** PUBLISH packets; bytes are those of payloads. Since the bridge was opened. */
  readonly messagesIn: number
  readonly messagesOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly dropped: number
  /** What waits here for the other broker. */
  readonly queued: number
  readonly queuedBytes: number
  readonly topics: readonly BridgeTopicRow[]
}

export interface BridgeTopicRow {
  /** Null = exactly one topic, which the prefixes name. */
  readonly pattern: string | null
  readonly direction: 'out' | 'in' | 'both'
  readonly qos: 0 | 1 | 2
  readonly localPrefix: string
  readonly remotePrefix: string
  /** This broker does not let the bridge read it. */
  readonly isRefusedHere: boolean
  /** Why the other broker does not give it; null = it does, or has not been asked. */
  readonly refusedThere: string | null
}

/** GET sys: `$SYS` as it stands, by Topic Name. */
export interface SysAnswer {
  readonly interval: number
  readonly values: Readonly<Record<string, string>>
}

/** GET history: columns of equal length, the oldest row first. */
export interface HistoryAnswer {
  readonly stepSeconds: number
  /** Milliseconds since 1970. */
  readonly time: readonly number[]
  /** By name; null where it was not measured. */
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>
}

export interface LogLine {
  /** Rises by one with each line of the log. */
  readonly number: number
  readonly time: number
  readonly type: 'error' | 'warning' | 'notice' | 'information' | 'debug' | 'subscribe' | 'unsubscribe' | 'websockets' | 'internal'
  readonly text: string
  readonly client: string | null
  readonly address: string | null
}

/** GET log. */
export interface LogAnswer {
  readonly lines: readonly LogLine[]
  /** Lines since the start, those that are forgotten included. */
  readonly total: number
}

/** GET config. */
export interface ConfigAnswer {
  /** Files that were read, the main one first; none = started without. */
  readonly files: readonly string[]
  readonly sections: readonly ConfigSection[]
}

export interface ConfigSection {
  readonly kind: 'broker' | 'listener' | 'bridge' | 'plugin'
  readonly title: string
  readonly options: readonly ConfigOption[]
}

export interface ConfigOption {
  readonly name: string
  readonly value: string
  /** `FILE:LINE`, or what else set it; null = the default. */
  readonly origin: string | null
  readonly meaning: string
}

/** A session, with or without a connection. What belongs to the connection is null without one. */
export interface ClientRow {
  readonly id: string
  readonly user: string | null
  readonly isOnline: boolean
  readonly address: string | null
  readonly port: number | null
  readonly transport: string | null
  readonly listenerPort: number | null
  readonly version: '3.1' | '3.1.1' | '5.0' | null
  /** Seconds; 0 = none. */
  readonly keepAlive: number | null
  readonly cleanStart: boolean | null
  /** Seconds that the session outlives its connection; null = for ever. */
  readonly sessionExpiry: number | null
  readonly connectedAt: number | null
  /** Of a session without a connection, if known. */
  readonly disconnectedAt: number | null
  /** Why the last connection ended. */
  readonly endCause: string | null
  readonly subscriptions: number
  /** QoS 2 messages of the client that wait for PUBREL. */
  readonly inflightIn: number
  /** Messages sent to it that are not finished. */
  readonly inflightOut: number
  readonly queued: number
  readonly queuedBytes: number
  /** Since the connection began, or since the console looks. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** When bytes of it came in last. */
  readonly lastHeardAt: number | null
}

/** GET clients. */
export interface ClientsAnswer {
  readonly total: number
  readonly online: number
  /** Rows that the search left, of which `rows` are a page. */
  readonly matched: number
  readonly rows: readonly ClientRow[]
}

export interface SubscriptionRow {
  readonly filter: string
  /** Null = not shared. */
  readonly shareName: string | null
  readonly qos: 0 | 1 | 2
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly identifiers: readonly number[]
}

export interface QueuedRow {
  readonly topic: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly sizeBytes: number
  /** The first bytes of the payload, base64. */
  readonly payloadStart: string
  /** Milliseconds left; null = it does not expire. */
  readonly expiresInMs: number | null
}

export interface InflightRow {
  readonly packetId: number
  readonly awaits: 'PUBACK' | 'PUBREC' | 'PUBCOMP'
  /** Null when its bytes are not kept. */
  readonly topic: string | null
}

export interface WillRow {
  readonly topic: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly sizeBytes: number
  readonly payloadStart: string
  readonly delaySeconds: number
}

/** GET client. Lists are cut; `client` has the true counts. */
export interface ClientAnswer {
  readonly client: ClientRow
  readonly tls: { readonly version: string; readonly cipher: string; readonly subject: string | null } | null
  readonly subscriptions: readonly SubscriptionRow[]
  readonly queue: readonly QueuedRow[]
  readonly inflight: readonly InflightRow[]
  readonly will: WillRow | null
}

/** What became of an action; `message` says it in words. */
export interface ActionAnswer {
  readonly done: boolean
  readonly message: string
}

/** GET retained: what `retained/delete` would delete. */
export interface RetainedAnswer {
  readonly count: number
  /** Some of the Topic Names. */
  readonly topics: readonly string[]
}

/** GET retained/message. */
export interface RetainedMessageAnswer {
  readonly topic: string
  readonly qos: 0 | 1 | 2
  /** Base64. */
  readonly payload: string
  /** Who published it; null = the broker itself, or not known. */
  readonly client: string | null
  readonly user: string | null
}

export interface DeletedAnswer {
  readonly deleted: number
}

/** POST access. */
export interface AccessAnswer {
  readonly allowed: boolean
  readonly reason: string
  /** The line that decides; null when none does. */
  readonly rule: { readonly file: string; readonly line: number; readonly text: string } | null
  /** How the question was put: whose rules, which name. */
  readonly user: string | null
  readonly topic: string
}

/** POST dynsec: one for each command, in their order. */
export interface DynsecAnswer {
  readonly responses: readonly DynsecResponse[]
}

export interface DynsecResponse {
  readonly command: string
  /** Null = it was done. */
  readonly error: string | null
  /** What was asked for; null = nothing. */
  readonly data: Readonly<Record<string, unknown>> | null
}

export interface WhyMatch extends SubscriptionRow {
  /** min(QoS published, QoS granted); null when the published one is not known. */
  readonly deliveredQos: 0 | 1 | 2 | null
  readonly reason: string
}

/** POST why. */
export interface WhyAnswer {
  readonly matches: readonly WhyMatch[]
  readonly access: AccessAnswer
  /** How it came: kept by the broker, at once, or one of the two. */
  readonly kind: 'retained' | 'live' | 'retained-or-live'
  /** One sentence each: how it came, its QoS, RETAIN, DUP. */
  readonly sentences: readonly string[]
}

export type FaultAction = 'drop' | 'delay' | 'duplicate' | 'cut' | 'silence'

/** Which packets a fault acts on, and what it does to them; null = not given. */
export interface FaultFacts {
  readonly action: FaultAction
  /** A display filter; '' = every packet. */
  readonly filter: string
  readonly from: 'client' | 'broker' | null
  /** Client Identifier. */
  readonly client: string | null
  /** Topic Filter. */
  readonly topic: string | null
  readonly times: number | null
  readonly nth: number | null
  readonly every: number | null
  readonly ms: number | null
  readonly jitterMs: number | null
  readonly copies: number | null
  readonly at: 'before' | 'middle' | 'after' | null
  /** Of `drop`: whether the connection breaks, too; null = with acknowledgements. */
  readonly cut: boolean | null
}

/** A fault that is in force. */
export interface FaultRow extends FaultFacts {
  readonly id: number
  /** What it does, in a sentence. */
  readonly words: string
  readonly setAt: number
  /** How often it has acted, and packets that it could have acted on. */
  readonly hits: number
  readonly matches: number
}

/** A packet that a fault acted on. */
export interface FaultStrike {
  /** Rises by one with each. */
  readonly number: number
  /** Id of the fault, which may be gone. */
  readonly fault: number
  readonly time: number
  readonly client: string | null
  readonly from: 'client' | 'broker'
  /** Control Packet type. */
  readonly type: number
  /** 0 = it has none. */
  readonly packetId: number
  readonly topic: string | null
  readonly info: string
  readonly fate: 'dropped' | 'delayed' | 'duplicated' | 'cut' | 'silenced'
  /** Its receiver never sees it. */
  readonly isLost: boolean
}

/** GET faults. */
export interface FaultsAnswer {
  readonly faults: readonly FaultRow[]
  /** The last ones, the oldest first. */
  readonly strikes: readonly FaultStrike[]
  /** Open connections of clients that no fault acts on: they were still logging in when the first one was set. Their next ones are like all others. */
  readonly unbentClients: number
}

/** Every refusal. */
export interface ErrorAnswer {
  readonly error: string
}

/** Text messages of the stream, between its binary ones. */
export type StreamNotice =
  | { readonly type: 'ring'; readonly events: number; readonly bytes: number; readonly since: number | null }
  | { readonly type: 'live' }
  | { readonly type: 'skipped'; readonly events: number; readonly bytes: number }
