// Who gets a topic's messages: resolved once per topic and change, walked once per run.
// Made from the subscription tree's answer: merging of overlaps and read permission are decided here.

import type { Qos } from '../../wire/mqtt/packet.ts'
import type { Permission } from '../ports.ts'
import type { Session } from '../session.ts'
import type { SharedGroup } from './shared-subscriptions.ts'
import { NO_IDENTIFIERS, type Subscription } from './subscription.ts'

/** Bytes of Subscription Identifiers that are written for one client at a time. */
const PORTION_BYTES = 1 << 20

/** A shared subscription's group, and those of its members that may read the topic. */
export interface SharedRecipients {
  readonly group: SharedGroup
  readonly members: readonly Subscription[]
}

export interface Recipients {
  readonly direct: readonly Subscription[]
  readonly shared: readonly SharedRecipients[]
  /** Somebody has subscribed to it, who may receive it or not: the publisher is not told 0x10 then, as with Mosquitto. */
  readonly hasSubscribers: boolean
  /**
   * Packets of a run that are distributed at a time: one when some client is in `direct` more than once, for its copies of consecutive messages
   * must alternate, not many when the longest list of Subscription Identifiers would make much of little.
   */
  readonly portion: number
  /** Some answer of the authoriser may not be remembered: resolve again next time. */
  readonly uncertain: boolean
}

/** Turns what matches into who receives. With `duplicates` one copy per subscription, else one per client. */
export function resolveRecipients(topicName: string, found: readonly Subscription[], groups: readonly SharedGroup[], duplicates: boolean): Recipients {
  const bySession = new Map<Session, Subscription[]>()
  const direct: Subscription[] = []
  const shared: SharedRecipients[] = []
  let hasSubscribers = false
  let repeats = false
  let uncertain = false
  const mayReceive = ({ session }: Subscription): boolean => {
    const permission: Permission = session.permissionToReceive(topicName)
    if (permission.startsWith('uncacheable')) uncertain = true
    return permission.endsWith('allow')
  }
  for (const subscription of found) {
    if (subscription.session.hides(subscription, topicName)) continue
    hasSubscribers = true
    const own = bySession.get(subscription.session)
    if (own === undefined) {
      if (!mayReceive(subscription)) continue
      bySession.set(subscription.session, [subscription])
      if (duplicates) direct.push(subscription)
    } else {
      own.push(subscription)
      if (duplicates) direct.push(subscription)
      repeats = duplicates
    }
  }
  if (!duplicates) for (const own of bySession.values()) direct.push(...merge(own))
  for (const group of groups) {
    const seeing = group.members.filter((member) => !member.session.hides(member, topicName))
    if (seeing.length > 0) hasSubscribers = true
    const members = seeing.filter(mayReceive)
    if (members.length > 0) shared.push({ group, members })
  }
  const addedBytes = direct.reduce((most, { identifiers }) => Math.max(most, (identifiers?.length ?? 0) * 5), 0)
  const portion = repeats ? 1 : Math.max(1, Math.floor(PORTION_BYTES / (addedBytes + 1)))
  return { direct, shared, hasSubscribers, portion, uncertain }
}

/** One copy for one client's overlapping subscriptions. Some with No Local, some without: its own messages match only the latter. */
function merge(own: readonly Subscription[]): Subscription[] {
  const local = own.filter(({ noLocal }) => !noLocal)
  if (own.length === 1 || local.length === 0 || local.length === own.length) return [combine(own)]
  return [
    { ...combine(own), noLocal: true },
    { ...combine(local), isOnlyLocal: true },
  ]
}

/** The highest QoS, all identifiers [MQTT-3.3.4-2, MQTT-3.3.4-4]. */
function combine(own: readonly Subscription[]): Subscription {
  const [first] = own
  if (own.length === 1) return first!
  const identifiers = own.flatMap((subscription) => subscription.identifiers ?? NO_IDENTIFIERS)
  return {
    session: first!.session,
    qos: Math.max(...own.map(({ qos }) => qos)) as Qos,
    noLocal: first!.noLocal,
    isOnlyLocal: false,
    retainMask: own.some(({ retainMask }) => retainMask === 1) ? 1 : 0,
    identifiers: identifiers.length === 0 ? null : identifiers,
  }
}
