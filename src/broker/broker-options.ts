// What a broker is made with.
// Everything that the core lacks comes in here: clock, randomness, judgement, durability.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { BytePool } from '../base/output-buffer.ts'
import type { Observer, Trace } from '../session/effects.ts'
import type { Interception } from './interception.ts'
import type { Limits } from './limits.ts'
import type { Authenticator, Authorizer, Persistence } from './ports.ts'
import type { Later } from './retained/retained-feeds.ts'

export interface BrokerOptions {
  readonly clock: Clock
  /** The pool that all links' output comes from: it knows how many bytes were sent. */
  readonly pool: BytePool
  /** A random UUID in upper case, for Client Identifiers that we assign. */
  readonly newId: () => string
  /** Any 32-bit number, different each time, so that nobody can choose names that collide; 0 unless given. */
  readonly seed?: number
  /** Of the product, for `$SYS/broker/version`. */
  readonly version: string
  /** All that `$SYS/broker/version` says; `zanzara version X` unless given. */
  readonly versionText?: string
  /** Milliseconds of the calendar: `$SYS` is updated at its round seconds. Without it, at those of `clock`. */
  readonly wallClock?: () => number
  readonly authenticator?: Authenticator
  readonly authorizer?: Authorizer
  /** What must outlive the broker goes there; null = nothing does. Needs `wallClock`. */
  readonly persistence?: Persistence | null
  readonly limits?: Partial<Limits>
  readonly observer?: Observer
  readonly trace?: Trace | null
  /** Whom clients' messages and subscriptions are shown first. */
  readonly interception?: Interception
  readonly log?: Log
  /** Bytes of memory in use, for `memoryLimit`; asked a few times a second. */
  readonly heapUsed?: () => number
  /** Calls back in a later turn of the event loop: for what is done in slices. Without it, each `run` does one. */
  readonly later?: Later
  /** Called once, when a client publishes for the first time: before there is any traffic. */
  readonly firstPublish?: () => void
  /** Calls back when the first `$SYS` may be published; at once unless given. */
  readonly firstSys?: Later
}
