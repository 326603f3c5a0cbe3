// What one server connection asks of the outside world: the broker implements these ports, tests record them.
// Runs of PUBLISH, not single packets, cross here (wire/mqtt/publish-run.ts); memory is borrowed for the length of a call.

import type { Clock } from '../base/clock.ts'
import type { Deadlines } from '../base/deadlines.ts'
import type { Link, Peer } from '../base/link.ts'
import type { ProtocolError } from '../wire/errors.ts'
import type { Connect, Packet, ProtocolVersion, Subscribe, Unsubscribe } from '../wire/mqtt/packet.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import type { IncomingPublishes } from './incoming-publishes.ts'
import type { OutgoingPublishes } from './outgoing-publishes.ts'

/** Why a connection ended. Only `disconnect` keeps the will back [MQTT-3.14.4-3]. */
export type EndCause =
  | 'disconnect' // DISCONNECT 0x00
  | 'disconnect-with-will' // DISCONNECT 0x04 or another code
  | 'closed' // the Network Connection went away
  | 'keep-alive' // silent for one and a half Keep Alive
  | 'taken-over' // another connection with this Client Identifier
  | 'protocol-error' // the peer broke the protocol
  | 'refused' // CONNECT was not accepted
  | 'timeout' // no CONNECT in time
  | 'not-authorised' // connected, but not welcome any more
  | 'administrative' // closed on our side
  | 'shutdown' // the broker stops

/** What a server connection may do and announces; the broker's limits, as far as they concern one connection. */
export interface ConnectionLimits {
  /** Bytes of a whole packet accepted from a client; announced in CONNACK when `announceMaximumPacketSize`. */
  readonly maximumPacketSize: number
  /** Unacknowledged QoS 1 and 2 publishes announced to a client, and taken from it before 0x93. */
  readonly receiveMaximum: number
  readonly receiveMaximumEnforced: number
  /** Topic Aliases a client may use. */
  readonly topicAliasMaximum: number
  /** Topic Aliases we use towards a client that allows it. */
  readonly topicAliasMaximumOutgoing: number
  readonly maximumQos: 0 | 1 | 2
  readonly retainAvailable: boolean
  /** Seconds; 0 or 65535 = no limit. A larger Keep Alive is lowered (5.0) or refused (3.x). */
  readonly maximumKeepAlive: number
  /** Milliseconds from the start of the connection to a complete CONNECT. */
  readonly connectTimeoutMs: number
  /** Whether an empty Client Identifier is given one. */
  readonly allowZeroLengthClientId: boolean
  /** Protocol Levels accepted. */
  readonly versions: readonly ProtocolVersion[]
  /** Sends Reason Strings with errors (5.0, unless the client asked for none). Mosquitto does not. */
  readonly reasonStrings: boolean
  /** message_size_limit: bytes of a payload; larger ones are dropped, 5.0 is told 0x97. 0 = no limit. */
  readonly messageSizeLimit: number
  /** PUBLISH packets, and their bytes, that one client may send in a second: more QoS 0 is dropped, QoS 1 and 2 waits unread. 0 = no limit. */
  readonly maximumPublishRate: number
  readonly maximumPublishBytesRate: number
  /** What Response Information to give a client that asks; null = none. */
  readonly responseInformation: string | null
}

/** What authentication found: a Reason Code, 0 = welcome, and the name to go on with. */
export interface Verdict {
  readonly reasonCode: number
  readonly userName: string | null
  /** Of a refusal, for the log alone: why, and what in the configuration would allow it. A clause without capital and full stop. */
  readonly reason?: string
}

/** One run of an enhanced authentication [section 4.12]; made for CONNECT and for each re-authentication. */
export interface AuthenticationExchange {
  /** Takes the client's Authentication Data (null when it sent none); 0x18 = go on, 0 = success, 0x80 or more = refused. */
  step(data: Uint8Array | null): AuthenticationStep | Promise<AuthenticationStep>
}

export interface AuthenticationStep {
  readonly reasonCode: number
  /** Authentication Data for the client; null = none. */
  readonly data: Uint8Array | null
  /** Set with success. */
  readonly userName: string | null
}

/** The part of a session that outlives its connection, as the connection needs it. */
export interface ConnectedSession {
  readonly clientId: string
  readonly incoming: IncomingPublishes
  readonly outgoing: OutgoingPublishes
  readonly sessionPresent: boolean
  /** Seconds granted; differs from the one asked when the broker limits it. */
  readonly sessionExpiryInterval: number
  /** Each packet of a run gets a Reason Code of its own: runs of several are to be taken packet by packet. Absent = no. */
  readonly asksEach?: boolean
  /** Takes a QoS 0 or 1 run to its subscribers now; returns the Reason Code of its acknowledgement. */
  route(run: PublishRun): number
  /** QoS 2, first half: may this run come in? Returns the Reason Code of its PUBREC. Not yet routed. */
  admit(run: PublishRun): number
  /** QoS 2, second half: a run that was admitted earlier goes to its subscribers. `arrived` is clock time. */
  routeAdmitted(run: PublishRun, arrived: number): void
  /** What is told is stored: `keep`, `together` and `released` want to be called. */
  readonly stores: boolean
  /** An admitted run awaits PUBREL. */
  keep(run: PublishRun): void
  /** What `work` routes and releases is stored as one. */
  together(work: () => void): void
  released(packetIds: readonly number[]): void
  /** Of what was stored for the last call of this session, being attached included; the client is told when `durableUpTo` reaches it. 0 = nothing was. */
  readonly ticket: number
  readonly durableUpTo: number
  /** Reason Codes in the order of the filters; retained messages come with `sendRetained`, after SUBACK. */
  subscribe(packet: Subscribe): number[]
  sendRetained(): void
  unsubscribe(packet: Unsubscribe): number[]
  /** Room came back (acknowledgements, drained socket): send what waits. */
  resume(): void
  /** The connection has ended. `sessionExpiryInterval` is the one of DISCONNECT, null = unchanged. */
  detach(cause: EndCause, sessionExpiryInterval: number | null): void
}

/** A connection, as the broker sees it. */
export interface AttachedConnection {
  readonly link: Link
  /** As CONNECT said. */
  readonly version: ProtocolVersion
  /** Topic Aliases that the client has set, to look at; null and undefined = none. */
  readonly aliases?: { readonly names: ReadonlyMap<number, Uint8Array> } | null
  /** What is written from here on leaves when the store has reached the ticket. */
  hold(ticket: number): void
  /** The store has reached this ticket: what waited may go. True when something waits still. */
  release(durableUpTo: number): boolean
  /** Ends the connection from our side; a 5.0 client is told the Reason Code, null = close without a word. */
  end(cause: EndCause, reasonCode: number | null): void
}

/** What is refused with a Reason Code before there is a session, or the session. */
export type Attachment = ConnectedSession | number

export interface ServerHost {
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly observer: Observer
  /** Packet by packet, for `-v`; null when nobody listens, which is the fast way. */
  readonly trace: Trace | null
  readonly counters: ConnectionCounters
  /** Memory is over its limit: nobody new comes in, and no message. */
  readonly isFull: boolean
  /** The disk is: QoS 1 and 2 are not taken. */
  readonly isStoreFull: boolean
  /** Judges user name, password, certificate. Returns at once or later; the connection waits. */
  authenticate(connect: Connect, peer: Peer): Verdict | Promise<Verdict>
  /** Begins an enhanced authentication; null = this method is not supported (0x8C). */
  beginAuthentication(method: string, connect: Connect, peer: Peer): AuthenticationExchange | null
  /** A fresh Client Identifier for a client without one. */
  assignClientId(): string
  /** Makes, resumes or takes over the session, whose Client Identifier may be another. `connect.clientId` is not empty any more. */
  attach(connect: Connect, userName: string | null, connection: AttachedConnection): Attachment
  /** Something of ours went wrong for one connection, which is being ended. */
  failed(error: unknown, peer: Peer): void
  /** The connection waits for the store: it wants to be released. */
  holds(connection: AttachedConnection): void
  /** The link of a connection is gone for good. */
  forget(connection: AttachedConnection): void
}

/** What $SYS and metrics report about packets; plain fields, added to once per run or packet. */
export interface ConnectionCounters {
  messagesReceived: number
  messagesSent: number
  bytesReceived: number
  connectsReceived: number
  publishesReceived: number
  /** Of payloads. */
  publishBytesReceived: number
  /** Lost to limits. */
  publishesDropped: number
}

/** The life of connections: for the log and for `$SYS`. */
export interface Observer {
  opened(peer: Peer): void
  connected(peer: Peer, clientId: string, connect: Connect, userName: string | null): void
  /** `clientId` is null as long as no CONNECT told it; of a refused client it is the one that it gave. A refusal's message is its reason, or NO_REASON. */
  ended(peer: Peer, clientId: string | null, cause: EndCause, error: ProtocolError | null): void
}

export type Direction = 'received' | 'sending'

/** Every packet, for `-v`. */
export interface Trace {
  /** All but PUBLISH and its acknowledgements. Before a Client Identifier is known, `clientId` is the peer's address. */
  packet(direction: Direction, clientId: string, packet: Packet): void
  /** One PUBLISH; `denied` and `too large` are received or dropped ones that go nowhere. */
  publish(what: Direction | 'denied' | 'too large', clientId: string, header: number, packetId: number, topicName: string, payloadLength: number): void
  /** One PUBACK, PUBREC, PUBREL or PUBCOMP. */
  acknowledgement(direction: Direction, clientId: string, type: 4 | 5 | 6 | 7, packetId: number, reasonCode: number): void
}

export const NO_OBSERVER: Observer = { opened: () => {}, connected: () => {}, ended: () => {} }
