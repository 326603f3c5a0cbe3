// Judges a history by nine rules: nothing acknowledged is lost, QoS 2 comes once, order, retained, wills, take-over, shared groups, sessions.
// Pure. An operation that was never answered may or may not have happened: both are legal. Rules 5 to 9 are in session-rules.ts.

import { describeEvent, type HistoryEvent, keyOf, type Received } from './history.ts'
import { HistoryIndex, type Life, type Message } from './history-index.ts'
import { checkRetained, checkSessionPresent, checkShared, checkTakeover, checkWills } from './session-rules.ts'

export type Rule = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

/** What each rule wants, for people. */
export const RULES: Readonly<Record<Rule, string>> = {
  1: 'an acknowledged message reaches every session that was subscribed',
  2: 'a QoS 2 message arrives exactly once',
  3: 'nothing arrives that was not published there, or that nobody here asked for',
  4: 'messages arrive in the order of their publishing, and again only as repetitions',
  5: 'a retained message is the last acknowledged one, or a later one',
  6: 'a will comes once after an abnormal end, and not before its delay',
  7: 'one connection at most per Client Identifier gets new messages',
  8: 'a shared group gets each message, with QoS 2 in one member only',
  9: 'Session Present is told exactly if state was kept',
}

export interface Violation {
  readonly rule: Rule
  readonly sentence: string
  /** The events that matter, in order. */
  readonly history: readonly HistoryEvent[]
}

export interface CheckOptions {
  /** Told in the verdict: how to see it again. */
  readonly seed: number
  /** Messages that limits or expiry allow the broker to drop for a session. */
  readonly mayDrop?: (message: Message, session: string) => boolean
  /** Milliseconds between what happens and what the clients' clock says of it; 250 unless given. */
  readonly slackMs?: number
  /** The way between client and broker may lose what the broker says at last: DISCONNECT 0x8E is not insisted on. */
  readonly isLossyWay?: boolean
}

export interface Verdict {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly published: number
  readonly acknowledged: number
  readonly received: number
}

/** What a rule is given, and where it tells what it has found. */
export interface Case {
  readonly index: HistoryIndex
  readonly options: Required<CheckOptions>
  readonly report: (rule: Rule, sentence: string, key: string | null, session: string | null) => void
}

/** Violations told with their history: one fault of a broker often shows in thousands of messages. */
const MOST_TOLD = 5

export function checkHistory(events: readonly HistoryEvent[], options: CheckOptions): Verdict {
  const index = new HistoryIndex(events)
  const violations: Violation[] = []
  const report: Case['report'] = (rule, sentence, key, session) => {
    const history = violations.length < MOST_TOLD || violations.every((one) => one.rule !== rule) ? index.storyOf(key, session) : []
    violations.push({ rule, sentence, history })
  }
  const matter: Case = { index, options: { mayDrop: () => false, slackMs: 250, isLossyWay: false, ...options }, report }
  checkNothingLost(matter)
  for (const session of index.sessions.values()) {
    for (const life of session.lives) {
      checkOrigin(matter, life)
      checkOnceAndInOrder(matter, life)
    }
  }
  checkRetained(matter)
  checkWills(matter)
  checkTakeover(matter)
  checkShared(matter)
  checkSessionPresent(matter)
  const messages = [...index.messages.values()]
  return {
    seed: options.seed,
    violations,
    published: messages.filter(({ isWill }) => !isWill).length,
    acknowledged: messages.filter(({ acknowledgedAt }) => acknowledgedAt < Infinity).length,
    received: events.filter(({ kind }) => kind === 'receive').length,
  }
}

export function describeVerdict({ seed, violations, published, acknowledged, received }: Verdict): string {
  const counts = `${published} published, ${acknowledged} acknowledged, ${received} received; seed ${seed}`
  if (violations.length === 0) return `all nine rules hold: ${counts}`
  const told = violations.filter(({ history }) => history.length > 0)
  const stories = told.map(({ rule, sentence, history }) => [`rule ${rule} (${RULES[rule]}): ${sentence}`, ...history.map(describeEvent)].join('\n'))
  return [`${violations.length} violations: ${counts}`, ...stories].join('\n\n')
}

/** Rule 1, for ordinary subscriptions; rule 8 looks at shared ones. */
function checkNothingLost({ index, options, report }: Case): void {
  const seen = new Map<Life, Set<string>>()
  for (const subscription of index.subscriptions) {
    const { life, group, qos, filter, sureFrom, sureUntil } = subscription
    if (group !== null || qos === 0) continue
    let keys = seen.get(life)
    if (keys === undefined) seen.set(life, (keys = keysOf(life.received)))
    for (const message of index.messages.values()) {
      const isOwed = message.qos > 0 && message.at >= sureFrom && message.acknowledgedAt <= sureUntil && message.acknowledgedAt < Infinity
      if (!isOwed || keys.has(message.key) || !index.matching(life, message.topic).includes(subscription)) continue
      if (!index.hasAllBy(life, message.at) || options.mayDrop(message, life.session)) continue
      report(1, `${message.key} was acknowledged, but ${life.session}, subscribed to ${filter}, never got it`, message.key, life.session)
    }
  }
}

/** Rule 3. */
function checkOrigin({ index, report }: Case, life: Life): void {
  for (const { message: told, topic, qos, at, retain } of life.received) {
    if (told === null) {
      report(3, `${life.session} got a payload on ${topic} that is damaged or was never published`, null, life.session)
      continue
    }
    const key = keyOf(told)
    const message = index.messages.get(key)
    const fault = message === undefined || message.at > at ? 'that was never published' : message.isRefused ? 'that the broker had refused' : null
    if (fault !== null) report(3, `${life.session} got ${key} ${fault}`, key, life.session)
    if (message === undefined) continue
    if (topic !== message.topic) report(3, `${life.session} got ${key} on ${topic}, but it was published to ${message.topic}`, key, life.session)
    const matching = index.matching(life, message.topic).filter(({ since, until }) => since <= at && (retain || message.at <= until))
    if (matching.length === 0) report(3, `${life.session} got ${key}, but had no subscription to ${message.topic}`, key, life.session)
    else if (matching.every((one) => Math.min(one.qos, message.qos) !== qos)) {
      const wanted = [...new Set(matching.map((one) => Math.min(one.qos, message.qos)))].join(' or ')
      report(3, `${life.session} got ${key} with QoS ${qos} instead of ${wanted}`, key, life.session)
    }
  }
}

interface Arrivals {
  readonly first: Received
  copies: number
}

/** Rules 2 and 4. */
function checkOnceAndInOrder({ index, report }: Case, life: Life): void {
  const arrived = new Map<string, Arrivals>()
  const unreleased = new Map<number, string>()
  const latest = new Map<string, number>()
  let released = 0
  for (const received of life.received) {
    const { message: told, qos, dup, at, packetId, retain, connection } = received
    for (; released < life.releases.length && life.releases[released]!.at <= at; released++) unreleased.delete(life.releases[released]!.packetId)
    if (told === null) continue
    const key = keyOf(told)
    if (qos === 2) {
      const held = unreleased.get(packetId)
      if (held === key) {
        if (!dup) report(4, `${life.session} got ${key} again without DUP`, key, life.session) // [MQTT-3.3.1-1]
        continue
      }
      if (held !== undefined)
        report(2, `${life.session} got ${key} with the Packet Identifier ${packetId} of ${held}, which is not released`, key, life.session)
      unreleased.set(packetId, key)
    }
    if (retain) continue // sent because of a new subscription: rule 5
    const before = arrived.get(key)
    if (before !== undefined) {
      before.copies++
      const copies = index.matching(life, told.topic).length
      if (before.copies <= copies) continue
      if (qos === 2) report(2, `${life.session} got ${key} ${before.copies} times`, key, life.session)
      else if (qos === 0 || !(dup || before.first.connection !== connection || index.messages.get(key)?.isResent === true))
        report(4, `${life.session} got ${key} with QoS ${qos} ${before.copies} times without DUP`, key, life.session)
      continue
    }
    arrived.set(key, { first: received, copies: 1 })
    const isShared = index.matching(life, told.topic).some(({ group }) => group !== null)
    const stream = `${told.publisher} ${told.topic} ${qos}`
    const last = latest.get(stream) ?? -1
    if (told.sequence < last && !isShared) report(4, `${life.session} got ${key} after ${told.publisher} #${last}`, key, life.session)
    latest.set(stream, Math.max(last, told.sequence))
  }
}

function keysOf(received: readonly Received[]): Set<string> {
  return new Set(received.flatMap(({ message }) => (message === null ? [] : [keyOf(message)])))
}
