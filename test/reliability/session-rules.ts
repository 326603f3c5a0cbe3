// Rules 5 to 9 of the checker: retained messages, wills, take-over, shared groups, Session Present.
// Each takes the whole case; where clients cannot know what the broker saw first, both orders are legal.

import { keyOf, type Received } from './history.ts'
import { type Connection, type HistoryIndex, type Message, type Subscription, topicMatches } from './history-index.ts'
import type { Case } from './qos-checker.ts'

const TAKEN_OVER = 0x8e

/** Rule 5: what a late reader sees of each topic, nothing included, must be something that no acknowledged write has replaced for certain. */
export function checkRetained({ index, report }: Case): void {
  const writes = new Map<string, Message[]>()
  for (const message of index.messages.values()) {
    if (!message.retain) continue
    const list = writes.get(message.topic)
    if (list === undefined) writes.set(message.topic, [message])
    else list.push(message)
  }
  for (const { session, filter, at } of index.reads) {
    const seen = new Map<string, Received[]>()
    for (const received of index.lifeAt(session, at)?.received ?? []) {
      if (!received.retain) continue
      const list = seen.get(received.topic)
      if (list === undefined) seen.set(received.topic, [received])
      else list.push(received)
    }
    for (const [topic, list] of writes) {
      if (!topicMatches(filter, topic)) continue
      const live = list.filter((write) => write.at < at && !write.isRefused && !list.some((other) => replaces(other, write)))
      const got = seen.get(topic) ?? []
      if (got.length === 0) {
        const last = live.find(({ clears }) => !clears)
        const mayBeEmpty = live.some(({ clears }) => clears) || live.every(({ acknowledgedAt }) => acknowledgedAt === Infinity)
        if (!mayBeEmpty && last !== undefined) report(5, `${session} found nothing retained on ${topic}, but ${last.key} should be`, last.key, session)
        continue
      }
      if (got.length > 1) report(5, `${session} got ${got.length} retained messages of ${topic}`, null, session)
      const { message } = got[0]!
      const key = message === null ? null : keyOf(message)
      const found = live.some((write) => write.key === key && !write.clears)
      if (!found) report(5, `${session} found ${key ?? 'an unknown message'} retained on ${topic}: an older one, or one that was cleared`, key, session)
    }
  }
}

/** `later` has taken effect after `earlier` for certain. */
function replaces(later: Message, earlier: Message): boolean {
  if (later.acknowledgedAt === Infinity || later === earlier || later.isRefused) return false
  // a QoS 2 message takes effect at its PUBREL, so that a lower one sent after it may come before it; all others keep their order [MQTT-4.6.0-6]
  const mayOvertake = earlier.qos === 2 && later.qos < 2
  if (later.publisher === earlier.publisher && !mayOvertake) return later.sequence > earlier.sequence
  return earlier.acknowledgedAt < later.at
}

/** Rule 6. */
export function checkWills({ index, options, report }: Case): void {
  for (const { id, connections } of index.sessions.values()) {
    for (const [i, connection] of connections.entries()) {
      const { will } = connection.connecting
      if (will === null || connection.connected === null) continue
      const next = connections.slice(i + 1).find(({ connected }) => connected !== null) ?? null
      const fate = fateOf(connection, next, options.slackMs, index.quietAt)
      const key = keyOf(will)
      for (const subscription of index.subscriptions) {
        const { life, group, qos, sureFrom, sureUntil } = subscription
        if (group !== null || !topicMatches(subscription.filter, will.topic)) continue
        const all = life.received.filter(({ message }) => message !== null && keyOf(message) === key)
        const copies = all.filter(({ dup }, n) => n === 0 || !dup) // of the first the connection may have been lost: then all are repetitions
        if (copies.length > 1) report(6, `${life.session} got the will ${key} ${copies.length} times`, key, life.session)
        if (copies.length > 0 && fate.isForbidden) report(6, `${life.session} got the will ${key}, but ${fate.why}`, key, life.session)
        else if (copies.length > 0 && copies[0]!.at < fate.notBefore)
          report(6, `${life.session} got the will ${key} ${Math.round(fate.notBefore - copies[0]!.at)} ms too early`, key, life.session)
        const isOwed = fate.isOwed && will.qos > 0 && qos > 0 && sureFrom <= connection.connecting.at && sureUntil >= index.quietAt
        if (isOwed && copies.length === 0 && index.hasAllBy(life, connection.connecting.at))
          report(6, `${id} ended abnormally, but ${life.session} never got its will ${key}`, key, life.session)
      }
    }
  }
}

interface Fate {
  readonly isForbidden: boolean
  readonly isOwed: boolean
  readonly why: string
  readonly notBefore: number
}

/** What must become of a connection's will. */
function fateOf({ connecting, closed }: Connection, next: Connection | null, slackMs: number, quietAt: number): Fate {
  const comesBackAt = next?.connecting.at ?? Infinity
  const closedAt = closed?.at ?? Infinity
  const endedAt = Math.min(closedAt, comesBackAt)
  if (endedAt === Infinity) return { isForbidden: true, isOwed: false, why: 'its client is still connected', notBefore: 0 }
  const isDisconnected = closed !== null && closedAt <= comesBackAt && closed.disconnect !== 'no'
  if (isDisconnected && closed.disconnect === 'sent') return { isForbidden: true, isOwed: false, why: 'its client had sent DISCONNECT', notBefore: 0 }
  const delay = Math.min(connecting.will!.delayMs, connecting.expiryMs)
  const endsSession = next?.connecting.cleanStart === true
  const dueAt = endsSession ? Math.min(endedAt + delay, comesBackAt) : endedAt + delay
  const isBack = next !== null && !endsSession && delay > 0
  const isBackInTime = isBack && next.connected!.at < endedAt + delay - slackMs
  if (isBackInTime) return { isForbidden: true, isOwed: false, why: 'its client was back before the Will Delay Interval had passed', notBefore: 0 }
  const isMaybeBack = isBack && comesBackAt < endedAt + delay + slackMs
  const isOwed = !isMaybeBack && !isDisconnected && dueAt + slackMs < quietAt
  return { isForbidden: false, isOwed, why: '', notBefore: dueAt - slackMs }
}

/** Rule 7. */
export function checkTakeover({ index, options, report }: Case): void {
  for (const { id, connections } of index.sessions.values()) {
    for (const [i, older] of connections.entries()) {
      const newer = connections.slice(i + 1).find(({ connected }) => connected !== null)
      if (newer === undefined || older.connected === null) continue
      const since = newer.connected!.at
      if ((older.closed?.at ?? Infinity) < since) continue
      const number = older.connecting.connection
      if (older.closed === null && since + options.slackMs < index.quietAt && index.quietAt < Infinity)
        report(7, `${id}: connection ${number} stayed open although ${newer.connecting.connection} had taken over`, null, id)
      const { version } = older.connecting
      const isUntold = older.closed !== null && older.closed.disconnect === 'no' && older.closed.reasonCode !== TAKEN_OVER
      if (isUntold && version === 5 && !options.isLossyWay) report(7, `${id}: connection ${number} was taken over without being told 0x8e`, null, id) // [MQTT-3.1.4-3]
      for (const life of index.sessions.get(id)!.lives) {
        for (const { connection, message } of life.received) {
          if (connection !== number || message === null) continue
          const key = keyOf(message)
          if ((index.messages.get(key)?.at ?? 0) > since) report(7, `${id}: connection ${number} got ${key} after it had been taken over`, key, id)
        }
      }
    }
  }
}

/** Rule 8. */
export function checkShared({ index, options, report }: Case): void {
  for (const members of groupsOf(index)) {
    const { group, filter } = members[0]!
    const name = `$share/${group}/${filter}`
    const arrivals = arrivalsOf(members)
    for (const message of index.messages.values()) {
      if (!topicMatches(filter, message.topic) || message.isWill) continue
      const got = arrivals.get(message.key) ?? []
      const sessions = new Set(got.map(({ session }) => session))
      const sure = members.filter(({ sureFrom, sureUntil, qos }) => qos > 0 && sureFrom <= message.at && message.acknowledgedAt <= sureUntil)
      const isOwed = message.qos > 0 && message.acknowledgedAt < Infinity && sure.length > 0 && members.every(({ life }) => index.hasAllBy(life, message.at))
      if (isOwed && sessions.size === 0 && !options.mayDrop(message, name))
        report(8, `${message.key} was acknowledged, but no member of ${name} got it`, message.key, null)
      if (sessions.size < 2) continue
      const isTwice = got.every(({ qos }) => qos === 2) || (!message.isResent && !got.some(({ dup }) => dup) && !isBrokenOff(index, got))
      if (isTwice) report(8, `${[...sessions].join(' and ')} of ${name} both got ${message.key}`, message.key, null)
    }
  }
}

/** Subscriptions that share, by group and Topic Filter. */
function groupsOf(index: HistoryIndex): Subscription[][] {
  const groups = new Map<string, Subscription[]>()
  for (const subscription of index.subscriptions) {
    if (subscription.group === null) continue
    const name = `${subscription.group}/${subscription.filter}`
    groups.set(name, [...(groups.get(name) ?? []), subscription])
  }
  return [...groups.values()]
}

/** What came to members that have no ordinary subscription to it as well. */
function arrivalsOf(members: readonly Subscription[]): Map<string, Received[]> {
  const arrivals = new Map<string, Received[]>()
  for (const life of new Set(members.map((member) => member.life))) {
    for (const received of life.received) {
      if (received.message === null || received.retain) continue
      const key = keyOf(received.message)
      arrivals.set(key, [...(arrivals.get(key) ?? []), received])
    }
  }
  return arrivals
}

/** The first who got it lost its connection: the broker cannot know whether it was taken, and may give it to another with QoS 1. */
function isBrokenOff(index: HistoryIndex, got: readonly Received[]): boolean {
  const [first, second] = [got[0]!, got.find(({ session }) => session !== got[0]!.session)!]
  const connection = index.sessions.get(first.session)!.connections.find(({ connecting }) => connecting.connection === first.connection)
  return (connection?.closed?.at ?? Infinity) <= second.at
}

/** Rule 9. What may be known of a session is a set: unanswered CONNECTs and times near its expiry leave both open. */
export function checkSessionPresent({ index, options, report }: Case): void {
  for (const { id, connections } of index.sessions.values()) {
    let mayExist = false
    let mayBeGone = true
    let previous: Connection | null = null
    for (const connection of connections) {
      const { connecting, connected } = connection
      if (previous !== null && mayExist) {
        const { expiryMs } = previous.connecting
        const goneFor = connecting.at - (previous.closed?.at ?? Infinity)
        if (expiryMs === 0 || goneFor > expiryMs - options.slackMs) mayBeGone = true
        if (goneFor > (expiryMs === 0 ? 0 : expiryMs + options.slackMs)) mayExist = false
      }
      if (connected === null) {
        mayBeGone ||= connecting.cleanStart || connecting.expiryMs === 0
        mayExist ||= connecting.expiryMs > 0
        if (connecting.expiryMs > 0) previous = connection
        continue
      }
      const isExpected = { true: !connecting.cleanStart && mayExist, false: connecting.cleanStart || mayBeGone }
      if (!isExpected[`${connected.sessionPresent}`]) {
        const should = connecting.cleanStart || !mayExist ? 'there was nothing to be kept' : 'its state should have been kept'
        report(9, `${id} (${connecting.connection}) was told Session Present ${connected.sessionPresent ? 1 : 0}, but ${should}`, null, id)
      }
      mayExist = true // while it is connected; a later one looks at its expiry
      mayBeGone = false
      previous = connection
    }
  }
}
