// SUBSCRIBE and UNSUBSCRIBE: the tree, the session's own list, what becomes out of date, and the retained messages that follow.
// Sits between a session's attachment and the subscription tree.

import type { Qos, SubscriptionRequest } from '../../wire/mqtt/packet.ts'
import { ReasonCode } from '../../wire/mqtt/reason-codes.ts'
import { isShared, parseSharedFilter } from '../../wire/mqtt/topics.ts'
import { utf8Length, writeUtf8 } from '../../wire/text.ts'
import type { RetainedFeeds } from '../retained/retained-feeds.ts'
import type { Session } from '../session.ts'
import type { RouterParts } from './router.ts'
import type { Subscription } from './subscription.ts'

export class Subscriptions {
  readonly #parts: RouterParts
  readonly #feeds: RetainedFeeds

  constructor(parts: RouterParts, feeds: RetainedFeeds) {
    this.#parts = parts
    this.#feeds = feeds
  }

  /** Adds or replaces a subscription [MQTT-3.8.4-3]; returns the granted QoS or why not. `identifier` 0 = none. */
  subscribe(session: Session, request: SubscriptionRequest, identifier: number): number {
    const { limits } = this.#parts
    const shared = parseSharedFilter(request.topicFilter)
    const filter = shared === null ? request.topicFilter : shared.topicFilter
    const levels = filter.split('/')
    if (levels.length > limits.maximumTopicLevels) return ReasonCode.TopicFilterInvalid
    const permission = session.authorizer.maySubscribe(session.clientId, session.userName, filter)
    if (permission === 'deny' || permission === 'uncacheable-deny') return ReasonCode.NotAuthorized
    const known = session.subscriptions.has(request.topicFilter)
    const hasRoom =
      session.subscriptions.size < limits.maximumSubscriptionsPerClient && session.filterText + request.topicFilter.length <= limits.maximumFilterTextPerClient
    if (!known && !hasRoom) return ReasonCode.QuotaExceeded
    const { subscribe: asked } = this.#parts.interception
    const allowed = asked === null ? request.qos : asked(session, request)
    if (allowed >= 0x80) return allowed
    const qos = Math.min(request.qos, session.maximumQos, allowed) as Qos
    const granted: SubscriptionRequest = {
      ...request,
      qos,
      noLocal: request.noLocal || (session.isBridge && shared === null),
      retainAsPublished: request.retainAsPublished || session.isBridge,
    }
    this.restore(session, granted, identifier)
    const { journal } = session
    if (journal !== null) this.#parts.stored?.persistence.subscribed({ session: journal.session, ...granted, identifier })
    return qos
  }

  /** A subscription as it was granted, now or before the broker's restart. */
  restore(session: Session, { topicFilter, qos, noLocal, retainAsPublished }: SubscriptionRequest, identifier: number): void {
    const { tree, counters } = this.#parts
    const shared = parseSharedFilter(topicFilter)
    const filter = shared === null ? topicFilter : shared.topicFilter
    const levels = filter.split('/')
    const identifiers = identifier > 0 ? [identifier] : null
    const subscription: Subscription = { session, qos, noLocal, isOnlyLocal: false, retainMask: retainAsPublished ? 1 : 0, identifiers }
    if (!session.subscriptions.has(topicFilter)) {
      session.filterText += topicFilter.length
      if (shared === null) counters.subscriptions++
      else counters.sharedSubscriptions++
    }
    session.subscriptions.set(topicFilter, subscription)
    tree.add(levels, subscription, shared === null ? null : shared.shareName)
    this.#outdate(filter, levels)
  }

  /** As the client asks for; returns the Reason Code of UNSUBACK. */
  unsubscribeAsked(session: Session, topicFilter: string): number {
    const { authorizer, clientId, userName } = session
    const filter = parseSharedFilter(topicFilter)?.topicFilter ?? topicFilter
    const permission = authorizer.mayUnsubscribe?.(clientId, userName, filter) ?? 'allow'
    return permission.endsWith('allow') ? this.unsubscribe(session, topicFilter) : ReasonCode.NotAuthorized
  }

  /** Ends the subscriptions that the client may not have any more; returns how many that were. */
  recheck(session: Session, mayStay: (topicFilter: string) => boolean): number {
    const gone = [...session.subscriptions.keys()].filter((topicFilter) => !mayStay(parseSharedFilter(topicFilter)?.topicFilter ?? topicFilter))
    for (const topicFilter of gone) this.unsubscribe(session, topicFilter)
    return gone.length
  }

  /** Returns 0, or 0x11 when there was none [MQTT-3.10.4-1]. */
  unsubscribe(session: Session, topicFilter: string): number {
    const code = this.#remove(session, topicFilter)
    const { journal } = session
    if (journal !== null && code === 0) this.#parts.stored?.persistence.unsubscribed(journal.session, topicFilter)
    return code
  }

  /** The session ends. */
  unsubscribeAll(session: Session): void {
    for (const topicFilter of [...session.subscriptions.keys()]) this.#remove(session, topicFilter)
  }

  #remove(session: Session, topicFilter: string): number {
    const subscription = session.subscriptions.get(topicFilter)
    if (subscription === undefined) return ReasonCode.NoSubscriptionExisted
    session.subscriptions.delete(topicFilter)
    session.filterText -= topicFilter.length
    const { tree, counters } = this.#parts
    const shared = parseSharedFilter(topicFilter)
    const filter = shared === null ? topicFilter : shared.topicFilter
    const levels = filter.split('/')
    tree.remove(levels, subscription, shared === null ? null : shared.shareName)
    session.feed?.cancel(topicFilter)
    if (shared === null) counters.subscriptions--
    else counters.sharedSubscriptions--
    this.#outdate(filter, levels)
    return 0
  }

  /** Retained messages of one SUBSCRIBE's filters, by Retain Handling [MQTT-3.3.1-9..-11]; none for shared ones [section 4.8.2]. */
  sendRetained(session: Session, requests: readonly SubscriptionRequest[], isNew: readonly boolean[]): void {
    const wanted: string[] = []
    for (const [i, { topicFilter, retainHandling }] of requests.entries()) {
      if (!session.subscriptions.has(topicFilter) || retainHandling === 2 || (retainHandling === 1 && isNew[i] !== true)) continue
      if (!isShared(topicFilter)) wanted.push(topicFilter)
    }
    if (wanted.length > 0) this.#feeds.begin(session, wanted)
  }

  /** An exact filter concerns one topic, one with wildcards the branch below its first two levels. */
  #outdate(filter: string, levels: readonly string[]): void {
    const { topics } = this.#parts
    if (/[+#]/.test(filter)) {
      topics.branches.touch(levels)
      return
    }
    const bytes = new Uint8Array(utf8Length(filter))
    writeUtf8(filter, bytes, 0)
    const topic = topics.find(bytes)
    if (topic !== null) topic.stamp = -1
  }
}
