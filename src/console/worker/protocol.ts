// What the page and its Worker say to each other: calls, answered once each, and events, at most 15 per second of a kind.
// Types only. The calls of a screen stand in its own file (packets: packets/packet-calls.ts) and are joined here.

import type { Qos, RetainHandling } from '../../wire/mqtt/packet.ts'
import type { Properties } from '../../wire/mqtt/properties.ts'
import type { ComparedAsk, ComparedTopics } from './compare-topics.ts'
import type { PacketCalls, PacketEvents } from './packets/packet-calls.ts'

export type { PacketCalls } from './packets/packet-calls.ts'

/** Where and as whom to connect. Kept in the browser's storage, but for the password. */
export interface Profile {
  readonly name: string
  /** `ws://` or `wss://`. */
  readonly url: string
  /** Empty: made up for each connection. */
  readonly clientId: string
  readonly userName: string
  readonly password: string
  readonly version: 3 | 4 | 5
  readonly cleanStart: boolean
  /** Seconds; 0 = off. */
  readonly keepAlive: number
  readonly subscriptions: readonly SubscriptionOptions[]
  /** Branches of the tree that are not shown, such as `building5/room5.03`. */
  readonly muted: readonly string[]
  /** Address of the admin API's stream of packets, `ws://HOST/admin/v1/stream`; null: we record what our own client sends and gets. */
  readonly stream: string | null
}

export interface SubscriptionOptions {
  readonly filter: string
  readonly qos: Qos
  /** 5.0, as are the two below. */
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: RetainHandling
}

/** A chip: a subscription and how it fares. `series` chooses colour and shape, 0 to 4. */
export interface SubscriptionState extends SubscriptionOptions {
  readonly series: number
  /** Asked for; granted; refused by the server; left alone while we are offline. */
  readonly state: 'asked' | 'granted' | 'refused' | 'waiting'
  /** Of SUBACK: the granted QoS, or why not. */
  readonly reasonCode: number
  readonly isMuted: boolean
  readonly count: number
  /** Messages per second. */
  readonly rate: number
}

export interface Problem {
  /** A code of MqttError. */
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly reasonCode: number | null
}

export type ConnectionPhase =
  /** `stage`: the WebSocket (with name lookup, TCP and TLS, which a page cannot tell apart), then CONNECT. Times in milliseconds, null = not done. */
  | { readonly phase: 'connecting'; readonly stage: 'socket' | 'connect'; readonly socketMs: number | null; readonly attempt: number }
  | { readonly phase: 'live'; readonly since: number; readonly clientId: string; readonly version: 3 | 4 | 5; readonly sessionPresent: boolean }
  /** `at`: milliseconds since 1970 of the next attempt. */
  | { readonly phase: 'reconnecting'; readonly attempt: number; readonly at: number; readonly cause: Problem; readonly since: number }
  /** Never connected, and not tried again. */
  | { readonly phase: 'refused'; readonly cause: Problem }
  /** Was connected; data is kept. `cause` null: we left. */
  | { readonly phase: 'offline'; readonly since: number; readonly cause: Problem | null }
  /** A capture file: there is no connection. */
  | { readonly phase: 'file' }

/** Numbers of the status line; told twice a second. */
export interface ConnectionNumbers {
  /** Messages per second that came in. */
  readonly rate: number
  readonly received: number
  readonly kept: number
  /** Bytes of payloads kept, and the budget. */
  readonly bufferBytes: number
  readonly bufferLimit: number
  /** Messages no longer kept, the oldest first. */
  readonly dropped: number
  /** Bytes of packets that came too fast for the Packets screen, or that the broker's stream left out. */
  readonly packetBytesMissed: number
  /** Topics beyond the limit, which the tree does not show. */
  readonly topicsBeyond: number
  /** Topics that do not begin with $. */
  readonly ordinaryTopics: number
  /** Milliseconds from PINGREQ to PINGRESP or of the last acknowledgement; null = unknown. */
  readonly roundTripMs: number | null
  /** Where the packets come from: the broker's own stream or our client. */
  readonly packetSource: 'stream' | 'client' | 'file'
}

export type TopicSort = 'name' | 'rate' | 'seen' | 'count'

export interface TopicRow {
  readonly id: number
  /** The Topic Name, or what stands before the next level. */
  readonly path: string
  readonly name: string
  /** From 1. */
  readonly level: number
  /** Null = a leaf. */
  readonly isOpen: boolean | null
  /** Topics below. */
  readonly topics: number
  readonly value: Glance | null
  readonly retained: boolean
  /** Of the last 60 numbers, words (as steps), or seconds (rate). */
  readonly spark: readonly number[]
  readonly sparkKind: 'line' | 'step' | 'rate'
  /** Messages per second. */
  readonly rate: number
  readonly count: number
  /** Milliseconds since 1970; 0 = never. */
  readonly seen: number
  readonly isPinned: boolean
  /** The muted branch it is in, itself perhaps: then it has no value, line and rate; null = none. */
  readonly mutedBy: string | null
}

/** A payload at a glance, one line. */
export interface Glance {
  readonly kind: 'number' | 'word' | 'text' | 'json' | 'binary' | 'empty'
  readonly text: string
  readonly unit: string
}

export interface MessageRow {
  readonly seq: number
  /** Milliseconds since 1970, with fraction. */
  readonly time: number
  /** Since the message before it in the list; null = the first. */
  readonly deltaMs: number | null
  readonly isOut: boolean
  readonly topic: string
  /** Of the subscription it came by, or -1. */
  readonly series: number
  readonly qos: Qos
  readonly retain: boolean
  readonly dup: boolean
  readonly hasProperties: boolean
  readonly size: number
  readonly preview: string
}

export interface MessageDetail {
  readonly seq: number
  readonly time: number
  readonly isOut: boolean
  readonly topic: string
  readonly qos: Qos
  readonly retain: boolean
  readonly dup: boolean
  readonly properties: Properties
  /** The first part of it, if it is long and the whole was not asked for. */
  readonly payload: Uint8Array
  readonly size: number
  /** Number of the packet that carried it; null = unknown. */
  readonly frame: number | null
  /** Of the subscription it came by; null = none. */
  readonly subscription: string | null
}

export interface TopicDetail {
  readonly connection: number
  readonly topic: string
  /** The newest, or the one that was asked for; null = nothing is kept any more. */
  readonly message: MessageDetail | null
  readonly previous: MessageDetail | null
  readonly count: number
  readonly rate: number
  readonly retained: boolean
  /** Newest first. */
  readonly history: readonly HistoryRow[]
  /** How many are kept of this topic. */
  readonly kept: number
  /** Paths of numbers in the payload; '' = the payload itself is one. */
  readonly fields: readonly string[]
  readonly field: string | null
  readonly times: Float64Array
  readonly values: Float64Array
}

export interface HistoryRow {
  readonly seq: number
  readonly time: number
  readonly isOut: boolean
  readonly qos: Qos
  readonly retain: boolean
  readonly size: number
  readonly glance: Glance
}

/** What is published. `payload` and `topic` may hold `{{…}}`, filled in for each message. */
export interface Draft {
  readonly topic: string
  readonly payload: Uint8Array
  /** Fill in `{{…}}` of topic and payload. */
  readonly isTemplate: boolean
  readonly qos: Qos
  readonly retain: boolean
  readonly properties: Properties
  readonly times: number
  readonly everyMs: number
}

export interface PublishProgress {
  readonly connection: number
  /** Of the call. */
  readonly job: number
  readonly sent: number
  readonly done: number
  readonly failed: number
  readonly times: number
  /** Of the last acknowledgement; QoS 0: null. */
  readonly lastMs: number | null
  readonly reasonCode: number
  readonly error: string | null
  readonly isOver: boolean
}

export type ExportForm = 'json' | 'csv' | 'pcapng'

interface Of {
  readonly connection: number
}

/** name → what is asked and what is answered. Every ask names its connection, but for the first three. */
export interface Calls extends PacketCalls {
  /** Payloads of these Topic Filters are told as dots from now on; null = none. */
  'mask/set': { ask: { readonly filters: readonly string[] | null }; answer: null }
  /** Opens a tab with a broker behind it; the answer is its number. */
  'connection/open': { ask: { readonly profile: Profile }; answer: number }
  /** Opens a tab for a capture; the answer is its number. */
  'connection/open-file': { ask: { readonly name: string }; answer: number }
  /** Begins anew, with what is recorded kept; subscriptions of the profile are added to those there are. */
  'connection/connect': { ask: Of & { readonly profile: Profile }; answer: null }
  'connection/disconnect': { ask: Of; answer: null }
  /** Forgets everything of it. */
  'connection/close': { ask: Of; answer: null }
  /** Stops the screens; recording goes on. */
  'connection/pause': { ask: Of & { readonly paused: boolean }; answer: null }
  'connection/clear': { ask: Of; answer: null }
  'subscription/add': { ask: Of & { readonly subscription: SubscriptionOptions }; answer: null }
  'subscription/remove': { ask: Of & { readonly filter: string }; answer: null }
  'subscription/mute': { ask: Of & { readonly filter: string; readonly muted: boolean }; answer: null }
  /** The rows of the tree that are visible; null count = nobody looks. */
  'topics/watch': { ask: Of & { readonly first: number; readonly count: number; readonly sort: TopicSort; readonly find: string }; answer: null }
  'topics/toggle': { ask: Of & { readonly id: number; readonly open: boolean }; answer: null }
  'topics/toggle-all': { ask: Of & { readonly open: boolean }; answer: null }
  'topics/pin': { ask: Of & { readonly id: number; readonly pinned: boolean }; answer: null }
  /** The branches that are muted from now on. */
  'topics/mute': { ask: Of & { readonly paths: readonly string[] }; answer: null }
  /** Opens the branches above a topic; its row among the visible ones, or -1. */
  'topics/reveal': { ask: Of & { readonly topic: string }; answer: number }
  /** Topic Names that begin with, or hold, what was typed. */
  'topics/complete': {
    ask: Of & { readonly text: string; readonly limit: number }
    answer: readonly { readonly topic: string; readonly glance: Glance | null }[]
  }
  /** The topics of two connections, joined by name. */
  'topics/compare': { ask: Of & ComparedAsk; answer: ComparedTopics }
  /** Topics below a branch, itself included, whose last message was a retained one. */
  'topics/retained': { ask: Of & { readonly path: string }; answer: readonly string[] }
  /** Publishes an empty retained message to each. */
  'topics/delete-retained': { ask: Of & { readonly topics: readonly string[] }; answer: null }
  'topic/watch': { ask: Of & { readonly topic: string | null; readonly message: number | null; readonly field: string | null }; answer: null }
  'messages/watch': { ask: Of & { readonly first: number; readonly count: number; readonly find: string; readonly follow: boolean }; answer: null }
  /** The row of a message among those that pass the filter, or -1. */
  'messages/row': { ask: Of & { readonly seq: number }; answer: number }
  /** The row of the newest message not younger than a time (milliseconds since 1970), or -1. */
  'messages/row-at': { ask: Of & { readonly time: number }; answer: number }
  'message/get': { ask: Of & { readonly seq: number; readonly whole: boolean }; answer: MessageDetail | null }
  /** Null = all that pass the filter. */
  'messages/export': {
    ask: Of & { readonly seqs: readonly number[] | null; readonly form: ExportForm }
    answer: { readonly bytes: Uint8Array; readonly count: number }
  }
  'messages/replay': { ask: Of & { readonly seqs: readonly number[]; readonly keepTimes: boolean }; answer: number }
  'publish/send': { ask: Of & { readonly draft: Draft }; answer: number }
  'publish/stop': { ask: Of & { readonly job: number }; answer: null }
  /** Four sensors that publish until they are stopped. */
  'demo/run': { ask: Of & { readonly running: boolean }; answer: null }
}

export interface Events extends PacketEvents {
  'connection/phase': Of & { readonly phase: ConnectionPhase }
  'connection/numbers': Of & ConnectionNumbers
  'subscriptions/state': Of & { readonly subscriptions: readonly SubscriptionState[] }
  'topics/rows': Of & {
    readonly visible: number
    readonly topics: number
    readonly passing: number
    readonly first: number
    readonly rows: readonly TopicRow[]
    /** Topics in muted branches. */
    readonly muted: number
    /** What is wrong with the filter; null = nothing. */
    readonly problem: string | null
  }
  'topic/detail': TopicDetail
  'messages/rows': Of & {
    /** Rows of the list, the newest first. */
    readonly total: number
    readonly first: number
    readonly rows: readonly MessageRow[]
    /** Messages since the list stands still. */
    readonly newer: number
    readonly kept: number
    /** Of muted branches of the tree, among those kept. */
    readonly hidden: number
    readonly problem: string | null
    /** Share of the filter's first run that is done, 0 to 1. */
    readonly progress: number
    /** Of the last minutes by time and series, for the histogram above the list. */
    readonly histogram: Histogram
  }
  'publish/progress': PublishProgress
  /** Something worth a line in the list of events. */
  notice: Of & { readonly level: 'info' | 'warn' | 'error'; readonly what: Notice }
}

/** Put into words where it is shown; a text is what an error says. */
export type Notice = string | { readonly notice: 'packets-missed'; readonly events: number; readonly bytes: number } | { readonly notice: 'stream-ended' }

/** Messages by time: `counts[bucket * 6 + series]`; series 5 holds those without a subscription. */
export interface Histogram {
  readonly startMs: number
  readonly bucketMs: number
  readonly buckets: number
  readonly counts: Uint32Array
}

export type CallName = keyof Calls
export type EventName = keyof Events

/** Page → Worker. */
export interface CallMessage<N extends CallName = CallName> {
  readonly call: number
  readonly name: N
  readonly ask: Calls[N]['ask']
}

/** Worker → page. */
export type WorkerMessage =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly error: string }
  | { readonly event: EventName; readonly value: Events[EventName] }

/** How parts of the Worker tell the page something. */
export type Emit = <N extends EventName>(event: N, value: Events[N]) => void

/** The part of the Worker that serves a connection's packets, made by packets/packet-service.ts. */
export interface PacketServing {
  /** Consecutive bytes of a pcapng stream; ours to keep. */
  push(bytes: Uint8Array): void
  /** Packets so far: the number of the newest. */
  readonly count: number
  /** Bytes that were pushed and not read yet. */
  readonly waiting: number
  /** `name` begins with `packets/`. Throws for what cannot be. */
  call(name: keyof PacketCalls, ask: unknown): unknown
  /** Emits what has changed: about 15 times a second while somebody looks. `now` in milliseconds. */
  tick(now: number): void
  clear(): void
}
