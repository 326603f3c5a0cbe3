// What the sessions of a broker share, and what may still be on its way to one of them.
// Made by broker.ts, used by session.ts.

import type { SlabStore } from '../base/slab.ts'
import type { Trace } from '../session/effects.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import type { Authorizers } from './authorizers.ts'
import type { Counters } from './counters.ts'
import type { Limits } from './limits.ts'
import type { PublishVariants } from './routing/publish-variants.ts'
import type { Session } from './session.ts'
import type { StoredMessages } from './stored-messages.ts'

/** What all sessions of a broker have in common. */
export interface SessionContext {
  readonly slabs: SlabStore
  readonly counters: Counters
  readonly limits: Limits
  readonly variants: PublishVariants
  readonly authorizers: Authorizers
  /** Scratch: describes what is being sent from a queue. */
  readonly queued: PublishRun
  trace: Trace | null
  /** Null without persistence. */
  readonly stored: StoredMessages | null
  now(): number
  /** The session's queue is full: told once until it has been empty again. */
  dropping(session: Session): void
}

/** Retained messages that follow when there is room for them (retained-feeds.ts). */
export interface Feed {
  /** There may be room. */
  resume(): void
  /** Nothing more for this filter. */
  cancel(topicFilter: string): void
  close(): void
}
