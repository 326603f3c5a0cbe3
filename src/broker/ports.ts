// What the broker needs from outside: judgement, durability, randomness. One small interface per need.
// Implemented in auth/, store/ and server/; tests give their own.

import type { Peer } from '../base/link.ts'
import type { AuthenticationExchange, Verdict } from '../session/effects.ts'
import type { Connect, Qos } from '../wire/mqtt/packet.ts'

/** Who somebody is. */
export interface Authenticator {
  /** Judges CONNECT without an Authentication Method; 0 = welcome, 0x86 bad user name or password, 0x87 not authorised. */
  authenticate(connect: Connect, peer: Peer): Verdict | Promise<Verdict>
  /** Begins an enhanced authentication; null = method not supported. */
  begin(method: string, connect: Connect, peer: Peer): AuthenticationExchange | null
  /** Asked for each connected client after a reload; false = it is disconnected (5.0: 0x98). Absent = always true. */
  stillWelcome?(peer: Peer, clientId: string, userName: string | null): boolean
}

/** An answer of the authoriser; `uncacheable-…` when it depends on time or quota and must be asked each time. */
export type Permission = 'allow' | 'deny' | 'uncacheable-allow' | 'uncacheable-deny'

/** An answer of the authoriser for people: what decides, and why. */
export interface Explanation {
  readonly allowed: boolean
  /** The line of a file that decides; null when none does. */
  readonly rule: { readonly file: string; readonly line: number; readonly text: string } | null
  readonly reason: string
}

/** What somebody may do. Answers are remembered per topic until `generation` changes. */
export interface Authorizer {
  /** Changes whenever an answer may have changed; never decreases. */
  readonly generation: number
  mayPublish(clientId: string, userName: string | null, topicName: string): Permission
  mayReceive(clientId: string, userName: string | null, topicName: string): Permission
  /** Asked with the Topic Filter without `$share/NAME/`. */
  maySubscribe(clientId: string, userName: string | null, topicFilter: string): Permission
  /** As `maySubscribe`; absent = everybody may. */
  mayUnsubscribe?(clientId: string, userName: string | null, topicFilter: string): Permission
  /** As these three, with the reason. Absent = it has none to give. */
  explain?(action: AccessAction, clientId: string, userName: string | null, topic: string): Explanation
}

/** Takes what clients publish to one topic below `$CONTROL`, in place of subscribers. */
export interface ControlHandler {
  /** One message of somebody who may publish there; `payload` is the handler's own. Answers go by `Broker.administration`. */
  request(clientId: string, userName: string | null, payload: Uint8Array, topicName: string): void
  /** As `request`, for somebody who is no client: `who` names them in the log, and the answer is theirs alone. Absent = clients only. */
  execute?(who: string, payload: Uint8Array): Promise<string>
}

/** In place of a Topic Name: whoever takes what is published to other topics below `$CONTROL/`. */
export const OTHER_CONTROLS = '$CONTROL/#'

export type AccessAction = 'publish' | 'receive' | 'subscribe'

/** A session as it is stored. */
export interface SessionFacts {
  /** Names it in all that is stored; never used twice. */
  readonly session: number
  readonly clientId: string
  readonly userName: string | null
  /** 3, 4 or 5. */
  readonly version: number
  /** Seconds; 0xFFFFFFFF = for ever. */
  readonly expiryInterval: number
  /** Wall clock in milliseconds when its connection ended; 0 while it is connected. */
  readonly detachedAt: number
  /** Name of the rules of the listener that it last used; null = not known. */
  readonly listener?: string | null
}

export interface SubscriptionFacts {
  readonly session: number
  /** With `$share/NAME/`. */
  readonly topicFilter: string
  readonly qos: Qos
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: number
  /** 0 = none. */
  readonly identifier: number
}

/** PUBLISH packets one after another with the same head; borrowed during the call. Times are wall clock in milliseconds. */
export interface PacketFacts {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** 4 or 5: how they are laid out. */
  readonly version: number
  readonly count: number
  readonly arrivedAt: number
  /** 0 = never. */
  readonly expiresAt: number
  /** Who published them; null for the broker itself. */
  readonly clientId: string | null
  readonly userName: string | null
  /** Of what is retained: name of the rules of its publisher's listener; null = those of listeners without their own. */
  readonly listener?: string | null
}

/** Packets [from, to) wait for a session under the numbers from `first` on. */
export interface RecipientFacts {
  readonly session: number
  readonly from: number
  readonly to: number
  readonly first: number
  readonly qos: Qos
  readonly retain: 0 | 1
  /** Its PUBREC has come. */
  readonly received: boolean
  readonly identifiers: readonly number[] | null
}

/** Why a session waits for a message no more. */
export const DoneReason = { Acknowledged: 0, Dropped: 1, Expired: 2, TooLarge: 3, Refused: 4 } as const
export type DoneReason = (typeof DoneReason)[keyof typeof DoneReason]

/** Why a will is no more. */
export const WillEnd = { Removed: 0, Published: 1 } as const
export type WillEnd = (typeof WillEnd)[keyof typeof WillEnd]

/** What must outlive the broker, told as it happens. An acknowledgement may leave when `durableUpTo` has reached the ticket of what it acknowledges. */
export interface Persistence {
  /** There is no space: clients shall not give us more to keep. */
  readonly isFull: boolean
  /** Of what was told last. */
  readonly ticket: number
  readonly durableUpTo: number
  newSession(): number
  /** What `work` tells becomes durable as one. */
  together(work: () => void): void
  /** A session has begun, or is connected, or is not any more, or its expiry has changed. */
  session(facts: SessionFacts): void
  sessionEnded(session: number): void
  subscribed(facts: SubscriptionFacts): void
  unsubscribed(session: number, topicFilter: string): void
  /** With `retainedTopic` the last packet is retained. */
  message(packets: PacketFacts, recipients: readonly RecipientFacts[], retainedTopic: string | null): void
  retainedCleared(topicName: string): void
  done(session: number, first: number, count: number, reason: DoneReason): void
  /** Messages below `upTo` have been sent. */
  sent(session: number, upTo: number): void
  /** PUBRECs have come. */
  received(session: number, first: number, count: number): void
  /** QoS 2 packets await PUBREL; `ranges`: first packet, number of packets, … */
  unreleased(session: number, packets: PacketFacts, ranges: readonly number[]): void
  /** Their PUBRELs have come. */
  released(session: number, packetIds: readonly number[]): void
  /** The will of a connection, `delay` in seconds. */
  will(session: number, delay: number, packets: PacketFacts): void
  willEnded(session: number, how: WillEnd): void
}

/** Lets everybody in under the name given. */
export const ADMIT_ALL: Authenticator = {
  authenticate: (connect) => ({ reasonCode: 0, userName: connect.userName }),
  begin: () => null,
}

/** Allows everything that the broker itself does not forbid. */
export const PERMIT_ALL: Authorizer = { generation: 0, mayPublish: () => 'allow', mayReceive: () => 'allow', maySubscribe: () => 'allow' }
