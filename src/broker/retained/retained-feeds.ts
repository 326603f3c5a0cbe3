// Retained messages for new subscriptions: the first ones at once, the others in slices as window and socket take them, however many.
// Which ones is the cursor's affair; how a message leaves is session.ts's.

import type { Qos } from '../../wire/mqtt/packet.ts'
import { PublishRun } from '../../wire/mqtt/publish-run.ts'
import type { RouterParts } from '../routing/router.ts'
import type { Subscription } from '../routing/subscription.ts'
import type { Session } from '../session.ts'
import type { Feed } from '../session-context.ts'
import type { RetainedCursor } from './retained-cursor.ts'
import { type RetainedMessage, retainedRun } from './retained-message.ts'

/** How much is done in one go: messages, and nodes of the retained tree looked at. About a millisecond. */
interface Slice {
  messages: number
  visits: number
}

/** Right after SUBACK: these may wait in the session's queue like live ones, the others are read when they can leave. */
const AT_ONCE: Slice = { messages: 500, visits: 16_384 }
/** Each time the client made room. */
const AT_RESUME: Slice = { messages: 256, visits: 4_096 }
/** One turn for all sessions together, and for one of them before it is the next one's turn. */
const IN_TURN: Slice = { messages: 512, visits: 16_384 }
const EACH: Slice = { messages: 128, visits: 2_048 }

/** Calls back in a later turn of the event loop. */
export type Later = (work: () => void) => void

export class RetainedFeeds {
  readonly #parts: RouterParts
  readonly #later: Later | null
  readonly #ready = new Set<SessionFeed>()
  readonly #run = new PublishRun()
  #isScheduled = false

  /** Without `later`, `work` must be called from time to time. */
  constructor(parts: RouterParts, later: Later | null) {
    this.#parts = parts
    this.#later = later
  }

  /** Sends the retained messages of these filters, to which the session has just subscribed; anew when some are on their way already. */
  begin(session: Session, topicFilters: readonly string[]): void {
    const slice = { ...AT_ONCE }
    for (const topicFilter of topicFilters) {
      session.feed?.cancel(topicFilter)
      const cursor = this.#parts.retained.cursor(topicFilter)
      this.#advance(session, topicFilter, cursor, slice, true)
      if (cursor.isDone) continue
      const feed = session.feed instanceof SessionFeed ? session.feed : new SessionFeed(session, this)
      session.feed = feed
      feed.cursors.set(topicFilter, cursor)
    }
    if (session.feed instanceof SessionFeed) this.#await(session.feed)
  }

  /** The client may have made room. */
  resume(feed: SessionFeed): void {
    if (!this.#ready.has(feed)) this.#serve(feed, { ...AT_RESUME })
  }

  /** Nothing more for this session. */
  forget(feed: SessionFeed): void {
    this.#ready.delete(feed)
  }

  /** One slice for those that wait for nothing but their turn. */
  work(): void {
    const whole = { ...IN_TURN }
    for (const feed of this.#ready) {
      if (whole.messages <= 0 || whole.visits <= 0) break
      const slice = { messages: Math.min(EACH.messages, whole.messages), visits: Math.min(EACH.visits, whole.visits) }
      whole.messages -= slice.messages
      whole.visits -= slice.visits
      this.#ready.delete(feed)
      this.#serve(feed, slice) // ready again, it comes behind the others
      whole.messages += slice.messages
      whole.visits += slice.visits - 1 // one at least, so that this ends
    }
    if (this.#ready.size > 0) this.#schedule()
  }

  /** One filter after the other. */
  #serve(feed: SessionFeed, slice: Slice): void {
    const { session, cursors } = feed
    for (const [topicFilter, cursor] of cursors) {
      this.#advance(session, topicFilter, cursor, slice, false)
      if (!cursor.isDone) break
      cursors.delete(topicFilter)
    }
    this.#await(feed)
  }

  /** Ends the feed, or sees that it goes on: in its turn, unless it must wait for the client. */
  #await(feed: SessionFeed): void {
    const { session, cursors } = feed
    if (cursors.size === 0) {
      session.feed = null
      return
    }
    const [topicFilter] = cursors.keys()
    const subscription = session.subscriptions.get(topicFilter!)
    if (subscription !== undefined && !session.takesNow(subscription.qos)) return
    this.#ready.add(feed)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#later === null) return
    this.#isScheduled = true
    this.#later(() => {
      this.#isScheduled = false
      this.work()
    })
  }

  /** Delivers what the cursor finds until the slice is used up or the session takes no more; lowers what is left of the slice. */
  #advance(session: Session, topicFilter: string, cursor: RetainedCursor, slice: Slice, mayQueue: boolean): void {
    const subscription = session.subscriptions.get(topicFilter)
    if (subscription === undefined) {
      cursor.close()
      return
    }
    const now = this.#parts.now()
    const before = cursor.visited
    while (slice.messages > 0 && (session.takesNow(subscription.qos) || (mayQueue && session.hasQueueRoom))) {
      const message = cursor.next(now, before + slice.visits)
      if (message === null) break
      slice.messages--
      this.#send(session, subscription, message, now, mayQueue)
    }
    cursor.rest()
    slice.visits -= cursor.visited - before
  }

  /** `isNamed` makes the topic known to the topic table, and so to Topic Aliases: not for a million of them. */
  #send(session: Session, subscription: Subscription, message: RetainedMessage, now: number, isNamed: boolean): void {
    const { authorizer, authorizers, limits, topics, variants, slabs, stored } = this.#parts
    const { topicName, clientId, userName } = message
    if (!session.mayReceive(topicName) || session.hides(subscription, topicName)) return
    const source = message.authorizer ?? authorizer
    if (limits.checkRetainSource && clientId !== null && !authorizers.ask(clientId, () => source.mayPublish(clientId, userName, topicName)).endsWith('allow'))
      return
    if (subscription.noLocal && clientId === session.clientId) return
    const run = retainedRun(message, now, this.#run, limits.retainExpiryInterval)
    if (isNamed) run.topicId = topics.intern(run.topicBytes, run.topicAt, run.topicLength).id
    const qos = limits.upgradeOutgoingQos ? subscription.qos : (Math.min(run.qos, subscription.qos) as Qos)
    session.deliver(run, 0, 1, qos, 1, subscription.identifiers) // [MQTT-3.3.1-8]
    if (stored !== null) stored.write(run, clientId, userName, null)
    variants.reset()
    if (run.slab !== null) slabs.release(run.slab, 1)
    run.slab = null
  }
}

/** What is still to come for one session. */
class SessionFeed implements Feed {
  readonly session: Session
  /** By filter, in the order of subscribing. */
  readonly cursors: Map<string, RetainedCursor> = new Map()
  readonly #feeds: RetainedFeeds

  constructor(session: Session, feeds: RetainedFeeds) {
    this.session = session
    this.#feeds = feeds
  }

  resume(): void {
    this.#feeds.resume(this)
  }

  cancel(topicFilter: string): void {
    this.cursors.get(topicFilter)?.close()
    this.cursors.delete(topicFilter)
  }

  close(): void {
    for (const cursor of this.cursors.values()) cursor.close()
    this.cursors.clear()
    this.#feeds.forget(this)
  }
}
