// Who gets a topic's messages: resolved once per topic and change, walked once per run.
// Made from the subscription tree's answer: merging of overlaps and read permission are decided here.

import { NO_IDENTIFIERS, type Subscription } from './subscription.ts'
import type { Authorizer, Permission } from './ports.ts'
import type { SharedGroup } from './shared-subscriptions.ts'
import type { Session } from './session.ts'

/** A shared subscription's group, and those of its members that may read the topic. */
export interface SharedRecipients {
  readonly group: SharedGroup
  readonly members: readonly Subscription[]
}

export interface Recipients {
  readonly direct: readonly Subscription[]
  readonly shared: readonly SharedRecipients[]
  /** Some client is in `direct` more than once: its copies of consecutive messages must alternate, so runs are taken apart. */
  readonly repeats: boolean
  /** A session that outlives its connection is among them: QoS 1 and 2 must be journalled. */
  readonly durable: boolean
  /** Some answer of the authoriser may not be remembered: resolve again next time. */
  readonly uncertain: boolean
}

/** Turns what matches into who receives. With `duplicates` one copy per subscription, else one per client. */
export function resolveRecipients(topicName: string, found: readonly Subscription[], groups: readonly SharedGroup[], authorizer: Authorizer, duplicates: boolean): Recipients {
  const direct: Subscription[] = [], places = new Map<Session, number>(), shared: SharedRecipients[] = []
  let repeats = false, uncertain = false
  const mayReceive = ({ session }: Subscription): boolean => {
    const permission: Permission = authorizer.mayReceive(session.clientId, session.userName, topicName)
    if (permission.startsWith('uncacheable')) uncertain = true
    return permission.endsWith('allow')
  }
  for (const subscription of found) {
    const place = places.get(subscription.session)
    if (place === undefined) {
      if (!mayReceive(subscription)) continue
      places.set(subscription.session, direct.length)
      direct.push(subscription)
    } else if (duplicates) {
      repeats = true
      direct.push(subscription)
    } else direct[place] = merge(direct[place]!, subscription)
  }
  for (const group of groups) {
    const members = group.members.filter(mayReceive)
    if (members.length > 0) shared.push({ group, members })
  }
  const outlives = ({ session, qos }: Subscription): boolean => session.persistent && qos > 0
  const durable = direct.some(outlives) || shared.some(({ members }) => members.some(outlives))
  return { direct, shared, repeats, durable, uncertain }
}

/** One copy for overlapping subscriptions: the highest QoS, all identifiers [MQTT-3.3.4-2, MQTT-3.3.4-4]. */
function merge(a: Subscription, b: Subscription): Subscription {
  const identifiers = [...(a.identifiers ?? NO_IDENTIFIERS), ...(b.identifiers ?? NO_IDENTIFIERS)]
  return {
    session: a.session,
    qos: a.qos > b.qos ? a.qos : b.qos,
    noLocal: a.noLocal && b.noLocal,
    retainMask: (a.retainMask | b.retainMask) as 0 | 1,
    identifiers: identifiers.length === 0 ? null : identifiers,
  }
}
