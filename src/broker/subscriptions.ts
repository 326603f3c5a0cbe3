// SUBSCRIBE and UNSUBSCRIBE: the tree, the session's own list, what becomes out of date, and the retained messages that follow.
// Sits between a session's attachment and the subscription tree.

import type { Qos, SubscriptionRequest } from '../wire/mqtt/packet.ts'
import { ReasonCode } from '../wire/mqtt/reason-codes.ts'
import { parseSharedFilter } from '../wire/mqtt/topics.ts'
import { utf8Length, writeUtf8 } from '../wire/text.ts'
import { type RetainedMessage, retainedRun } from './retained.ts'
import type { RouterParts } from './router.ts'
import type { Session } from './session.ts'
import { SharedGroup } from './shared-subscriptions.ts'
import type { Subscription } from './subscription.ts'

export class Subscriptions {
  readonly #parts: RouterParts

  constructor(parts: RouterParts) {
    this.#parts = parts
  }

  /** Adds or replaces a subscription [MQTT-3.8.4-3]; returns the granted QoS or why not. `identifier` 0 = none. */
  subscribe(session: Session, request: SubscriptionRequest, identifier: number): number {
    const { limits, authorizer, tree, counters } = this.#parts
    const shared = parseSharedFilter(request.topicFilter)
    const filter = shared === null ? request.topicFilter : shared.topicFilter
    const levels = filter.split('/')
    if (levels.length > limits.maximumTopicLevels) return ReasonCode.TopicFilterInvalid
    const permission = authorizer.maySubscribe(session.clientId, session.userName, filter)
    if (permission === 'deny' || permission === 'uncacheable-deny') return ReasonCode.NotAuthorized
    const known = session.subscriptions.has(request.topicFilter)
    if (!known && session.subscriptions.size >= limits.maximumSubscriptionsPerClient) return ReasonCode.QuotaExceeded
    const qos = Math.min(request.qos, limits.maximumQos) as Qos
    const subscription: Subscription = {
      session,
      qos,
      noLocal: request.noLocal || (session.isBridge && shared === null),
      isOnlyLocal: false,
      retainMask: request.retainAsPublished || session.isBridge ? 1 : 0,
      identifiers: identifier > 0 ? [identifier] : null,
    }
    session.subscriptions.set(request.topicFilter, subscription)
    tree.update(levels, (subscriptions, groups) => {
      if (shared === null) {
        subscriptions.set(session, subscription)
        return
      }
      let group = groups.get(shared.shareName)
      if (group === undefined) {
        group = new SharedGroup()
        groups.set(shared.shareName, group)
      }
      group.join(subscription)
    })
    if (!known) {
      if (shared === null) counters.subscriptions++
      else counters.sharedSubscriptions++
    }
    this.#outdate(filter, levels)
    return qos
  }

  /** Returns 0, or 0x11 when there was none [MQTT-3.10.4-1]. */
  unsubscribe(session: Session, topicFilter: string): number {
    const subscription = session.subscriptions.get(topicFilter)
    if (subscription === undefined) return ReasonCode.NoSubscriptionExisted
    session.subscriptions.delete(topicFilter)
    const { tree, counters } = this.#parts
    const shared = parseSharedFilter(topicFilter)
    const filter = shared === null ? topicFilter : shared.topicFilter
    const levels = filter.split('/')
    tree.update(levels, (subscriptions, groups) => {
      if (shared === null) {
        subscriptions.delete(session)
        return
      }
      const group = groups.get(shared.shareName)
      group?.leave(subscription)
      if (group?.members.length === 0) groups.delete(shared.shareName)
    })
    if (shared === null) counters.subscriptions--
    else counters.sharedSubscriptions--
    this.#outdate(filter, levels)
    return 0
  }

  unsubscribeAll(session: Session): void {
    for (const topicFilter of [...session.subscriptions.keys()]) this.unsubscribe(session, topicFilter)
  }

  /** Retained messages of one SUBSCRIBE's filters, by Retain Handling [MQTT-3.3.1-9..-11]; none for shared ones [section 4.8.2]. */
  sendRetained(session: Session, requests: readonly SubscriptionRequest[], isNew: readonly boolean[]): void {
    const now = this.#parts.now()
    const matched = new Map<string, RetainedMessage[]>()
    for (const [i, { topicFilter, retainHandling }] of requests.entries()) {
      const subscription = session.subscriptions.get(topicFilter)
      if (subscription === undefined || retainHandling === 2 || (retainHandling === 1 && isNew[i] !== true) || topicFilter.startsWith('$share/')) continue
      let found = matched.get(topicFilter)
      if (found === undefined) {
        found = []
        this.#parts.retained.match(topicFilter, now, found)
        matched.set(topicFilter, found)
      }
      if (session.isStuffed) this.#parts.counters.publishesDropped += found.length
      else for (const message of found) this.#sendRetainedMessage(session, subscription, message, now)
    }
  }

  #sendRetainedMessage(session: Session, subscription: Subscription, message: RetainedMessage, now: number): void {
    const { authorizer, limits, topics, variants, slabs } = this.#parts
    const { topicName, clientId, userName } = message
    if (!authorizer.mayReceive(session.clientId, session.userName, topicName).endsWith('allow')) return
    if (limits.checkRetainSource && clientId !== null && !authorizer.mayPublish(clientId, userName, topicName).endsWith('allow')) return
    if (subscription.noLocal && clientId === session.clientId) return
    const run = retainedRun(message, now)
    run.topicId = topics.intern(run.topicBytes, run.topicAt, run.topicLength).id
    session.deliver(run, 0, 1, Math.min(run.qos, subscription.qos) as Qos, 1, subscription.identifiers) // [MQTT-3.3.1-8]
    variants.reset()
    if (run.slab !== null) slabs.release(run.slab, 1)
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
