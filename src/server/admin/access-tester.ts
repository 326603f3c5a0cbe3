// "Would this client be allowed to …?" and "why did this client get that?": answers from the rules and subscriptions that are in force.
// Asks the same authorisers as the router; changes nothing.

import type { Broker } from '../../broker/broker.ts'
import type { AccessAction, Authorizer } from '../../broker/ports.ts'
import { isReservedTopic } from '../../broker/reserved-topics.ts'
import type { Session } from '../../broker/session.ts'
import { explainMatch, parseSharedFilter, topicMatchesFilter } from '../../wire/mqtt/topics.ts'
import type { OpenListener } from '../open-listeners.ts'
import type { AccessAnswer, WhyAnswer, WhyMatch } from './api-types.ts'
import { subscriptionRows } from './client-views.ts'

type Qos = 0 | 1 | 2

export interface AccessQuestion {
  readonly client: string
  /** Absent = that of the client's session, else none. */
  readonly user?: string | null | undefined
  readonly action: AccessAction
  readonly topic: string
  /** By which listener the client comes in; absent = that of its session, else the first one. */
  readonly listenerPort?: number | undefined
}

export function accessAnswer(broker: Broker, listeners: readonly OpenListener[], question: AccessQuestion): AccessAnswer {
  const { client, action, listenerPort } = question
  const session = broker.sessions.get(client) ?? null
  const listener = listenerPort === undefined ? null : (listeners.find(({ port }) => port === listenerPort) ?? null)
  const rules = listener?.rules ?? session?.rules ?? listeners[0]?.rules ?? broker.rules
  const user = question.user === undefined ? (session?.userName ?? null) : question.user
  const asked = (parseSharedFilter(question.topic)?.topicFilter ?? question.topic) as string
  const topic = rules.mountPoint + (action === 'subscribe' ? asked : question.topic)
  if (action === 'publish' && isReservedTopic(topic) && rules.controls?.has(topic) !== true)
    return { allowed: false, rule: null, reason: 'the broker itself lets no client publish to $SYS, $CONTROL and $share, whatever the rules say', user, topic }
  return { ...explained(rules.authorizer, action, client, user, topic), user, topic }
}

function explained(authorizer: Authorizer, action: AccessAction, client: string, user: string | null, topic: string): Omit<AccessAnswer, 'user' | 'topic'> {
  if (authorizer.explain !== undefined) return authorizer.explain(action, client, user, topic)
  const ask = { publish: authorizer.mayPublish, receive: authorizer.mayReceive, subscribe: authorizer.maySubscribe }[action]
  return { allowed: ask.call(authorizer, client, user, topic).endsWith('allow'), rule: null, reason: 'the authoriser gives no reasons' }
}

export interface WhyQuestion {
  /** Topic Name as the broker has it, with the mount point. */
  readonly topic: string
  /** With which it was published. */
  readonly publishedQos?: Qos | undefined
  /** As it was delivered. */
  readonly qos?: Qos | undefined
  readonly retain?: boolean | undefined
  readonly dup?: boolean | undefined
  /** Client Identifier of who published it. */
  readonly publisher?: string | undefined
}

export function whyAnswer(broker: Broker, listeners: readonly OpenListener[], session: Session, question: WhyQuestion): WhyAnswer {
  const { topic, publishedQos, publisher } = question
  const upgrades = broker.limits.upgradeOutgoingQos
  const matches = subscriptionRows(session).flatMap((row): WhyMatch[] => {
    const filter = (parseSharedFilter(row.filter)?.topicFilter ?? row.filter) as string
    if (!topicMatchesFilter(filter, topic)) return []
    const isKeptBack = row.noLocal && publisher === session.clientId
    const deliveredQos = publishedQos === undefined ? null : upgrades ? row.qos : (Math.min(publishedQos, row.qos) as Qos)
    const reason = isKeptBack ? 'No Local: its own messages do not come back by this subscription' : explainMatch(filter, topic).reason
    return [{ ...row, deliveredQos, reason }]
  })
  const access = accessAnswer(broker, listeners, { client: session.clientId, user: session.userName, action: 'receive', topic: withoutMount(session, topic) })
  const kind = kindOf(question, matches)
  return { matches, access, kind, sentences: sentencesOf(session, question, matches, kind, upgrades) }
}

/** RETAIN is set on what was kept; with Retain As Published also on what comes at once. */
function kindOf({ retain }: WhyQuestion, matches: readonly WhyMatch[]): WhyAnswer['kind'] {
  if (retain !== true) return retain === false ? 'live' : 'retained-or-live'
  return matches.some(({ retainAsPublished }) => retainAsPublished) ? 'retained-or-live' : 'retained'
}

function sentencesOf(session: Session, question: WhyQuestion, matches: readonly WhyMatch[], kind: WhyAnswer['kind'], upgrades: boolean): string[] {
  const { publishedQos, qos, dup, retain } = question
  const told: string[] = []
  if (matches.length === 0) told.push('No subscription of this client matches now: it was ended meanwhile, or belonged to an earlier session.')
  else if (matches.length === 1) told.push(`It matches ${matches[0]!.filter}: ${matches[0]!.reason}.`)
  else told.push(`${matches.length} subscriptions match: ${matches.map(({ filter }) => filter).join(', ')}. Each of them may bring a copy.`)
  for (const { shareName, filter } of matches)
    if (shareName !== null) told.push(`${filter} is shared: each message goes to one member of the group ${shareName}.`)
  if (kind === 'retained') told.push('RETAIN is set: the broker had kept it, and sent it when the client subscribed.')
  else if (kind === 'live') told.push('RETAIN is not set: it was published while the subscription stood, and was sent at once or waited in the queue.')
  else if (retain === true)
    told.push('RETAIN is set, and a subscription has Retain As Published: it was kept by the broker, or was just published with RETAIN.')
  const granted = matches.map(({ qos: each }) => each)
  if (publishedQos !== undefined && granted.length > 0) {
    const rule = upgrades
      ? 'upgrade_outgoing_qos: the granted one'
      : `the lesser of ${publishedQos} as published and ${[...new Set(granted)].join(' or ')} as granted`
    told.push(`QoS ${qos ?? matches.map(({ deliveredQos }) => deliveredQos).join(' or ')}: ${rule}.`)
  } else if (qos !== undefined && granted.length > 0) {
    told.push(`QoS ${qos}: the lesser of the one it was published with and the one granted (${[...new Set(granted)].join(' or ')}).`)
  }
  if (dup === true)
    told.push(
      session.persistent
        ? 'DUP is set: it had been sent on an earlier connection of this session and was not acknowledged there, so it was sent again.'
        : 'DUP is set: it was sent again because it had not been acknowledged.',
    )
  return told
}

function withoutMount({ rules: { mountPoint } }: Session, topic: string): string {
  return topic.startsWith(mountPoint) ? topic.slice(mountPoint.length) : topic
}
