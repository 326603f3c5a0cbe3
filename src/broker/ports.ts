// What the broker needs from outside: judgement, durability, randomness. One small interface per need.
// Implemented in auth/, store/ and server/; tests give their own.

import type { Peer } from '../base/link.ts'
import type { AuthenticationExchange, Verdict } from '../session/effects.ts'
import type { Connect } from '../wire/mqtt/packet.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'

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

/** What somebody may do. Answers are remembered per topic until `generation` changes. */
export interface Authorizer {
  /** Changes whenever an answer may have changed; never decreases. */
  readonly generation: number
  mayPublish(clientId: string, userName: string | null, topicName: string): Permission
  mayReceive(clientId: string, userName: string | null, topicName: string): Permission
  /** Asked with the Topic Filter without `$share/NAME/`. */
  maySubscribe(clientId: string, userName: string | null, topicFilter: string): Permission
}

/** Durability: see the journal of the store. The memory journal answers at once. */
export interface Journal {
  /** Everything up to this ticket is durable. */
  readonly durableUpTo: number
  /** Copies the run's packets into the batch being collected; returns its ticket. */
  append(run: PublishRun): number
}

/** Lets everybody in under the name given. */
export const ADMIT_ALL: Authenticator = {
  authenticate: (connect) => ({ reasonCode: 0, userName: connect.userName }),
  begin: () => null,
}

/** Allows everything that the broker itself does not forbid. */
export const PERMIT_ALL: Authorizer = { generation: 0, mayPublish: () => 'allow', mayReceive: () => 'allow', maySubscribe: () => 'allow' }

/** Keeps nothing: `persistence false`. */
export const NO_JOURNAL: Journal = { durableUpTo: 0, append: () => 0 }
