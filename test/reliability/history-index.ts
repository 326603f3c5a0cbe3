// A history sorted by what the rules ask for: messages, sessions with their connections and lives, subscriptions with their times.
// Knows no rule; independent of the broker's code, its matching of topics too.

import type { Qos } from '../../src/wire/mqtt/packet.ts'
import { type Closed, type Connected, type Connecting, type HistoryEvent, keyOf, type Received, type RetainedRead, type Told } from './history.ts'

export interface Message extends Told {
  readonly key: string
  /** When it may have taken effect first. */
  readonly at: number
  readonly retain: boolean
  readonly clears: boolean
  readonly isWill: boolean
  /** When it was acknowledged with success; Infinity = never, so nobody knows whether it took effect. */
  acknowledgedAt: number
  /** The broker has said no: it must not appear. */
  isRefused: boolean
  isResent: boolean
}

export interface Connection {
  readonly connecting: Connecting
  connected: Connected | null
  closed: Closed | null
}

/** A session's state from its making to its end: what one Session Present 0 begins. */
export interface Life {
  readonly session: string
  /** Before this it cannot have existed. */
  readonly from: number
  /** After this it may be gone. */
  until: number
  readonly isPersistent: boolean
  readonly received: Received[]
  /** Packet Identifiers whose message is not released yet, by time of PUBREL. */
  readonly releases: { readonly at: number; readonly packetId: number }[]
}

export interface Subscription {
  readonly life: Life
  /** `NAME` of `$share/NAME/…`; null = an ordinary one. */
  readonly group: string | null
  readonly filter: string
  qos: Qos
  /** May be in force from here on, is in force from `sureFrom` until `sureUntil`, may still be until `until`. */
  readonly since: number
  readonly sureFrom: number
  sureUntil: number
  until: number
}

export interface Session {
  readonly id: string
  readonly connections: Connection[]
  readonly lives: Life[]
}

export class HistoryIndex {
  readonly messages: Map<string, Message> = new Map()
  readonly sessions: Map<string, Session> = new Map()
  readonly subscriptions: Subscription[] = []
  readonly reads: RetainedRead[] = []
  readonly events: readonly HistoryEvent[]
  /** What had not arrived by then never will; Infinity without a `quiet` event. */
  quietAt = Infinity
  readonly #byConnection = new Map<number, Connection>()
  readonly #matching = new Map<Life, Map<string, Subscription[]>>()

  constructor(events: readonly HistoryEvent[]) {
    this.events = events
    for (const event of events) this.#take(event)
    for (const subscription of this.subscriptions) {
      subscription.sureUntil = Math.min(subscription.sureUntil, subscription.life.until)
    }
  }

  /** The session's life at a time; null before its first. */
  lifeAt(session: string, at: number): Life | null {
    return this.sessions.get(session)?.lives.findLast(({ from }) => from <= at) ?? null
  }

  /** Subscriptions of a life, at whatever time, whose filter matches the topic. */
  matching(life: Life, topic: string): readonly Subscription[] {
    let topics = this.#matching.get(life)
    if (topics === undefined) this.#matching.set(life, (topics = new Map()))
    let found = topics.get(topic)
    if (found === undefined) {
      found = this.subscriptions.filter((subscription) => subscription.life === life && topicMatches(subscription.filter, topic))
      topics.set(topic, found)
    }
    return found
  }

  /** Connected without a break from `at` until all was quiet, or able to catch up by then. */
  hasAllBy(life: Life, at: number): boolean {
    if (this.quietAt === Infinity || life.until < Infinity) return false
    const { connections } = this.sessions.get(life.session)!
    const last = connections.at(-1)!
    if (last.connected === null || last.closed !== null) return false
    return life.isPersistent || last.connected.at <= at
  }

  /** The events that tell the story of a message in a session. */
  storyOf(key: string | null, session: string | null): HistoryEvent[] {
    return this.events.filter((event) => {
      switch (event.kind) {
        case 'publish':
        case 'resend':
        case 'acknowledge':
          return keyOf(event) === key
        case 'receive':
          return (
            (session === null || event.session === session) && (key === null ? event.message === null : event.message !== null && keyOf(event.message) === key)
          )
        case 'connecting':
          return event.session === session || (event.will !== null && keyOf(event.will) === key)
        case 'quiet':
          return true
        case 'release':
          return false
        default:
          return event.session === session
      }
    })
  }

  #take(event: HistoryEvent): void {
    switch (event.kind) {
      case 'publish':
        this.#add({ ...event, key: keyOf(event), isWill: false, acknowledgedAt: Infinity, isRefused: false, isResent: false })
        return
      case 'resend': {
        const message = this.messages.get(keyOf(event))
        if (message !== undefined) message.isResent = true
        return
      }
      case 'acknowledge': {
        const message = this.messages.get(keyOf(event))
        if (message === undefined) return
        if (event.reasonCode >= 0x80) message.isRefused = true
        else message.acknowledgedAt = Math.min(message.acknowledgedAt, event.at)
        return
      }
      case 'connecting':
        this.#connecting(event)
        return
      case 'connected':
        this.#connected(event)
        return
      case 'closed': {
        const connection = this.#byConnection.get(event.connection)!
        connection.closed = event
        const life = this.sessions.get(event.session)!.lives.at(-1)
        const isLatest = this.sessions.get(event.session)!.connections.at(-1) === connection
        if (life !== undefined && isLatest && connection.connected !== null && connection.connecting.expiryMs === 0) life.until = Math.min(life.until, event.at)
        return
      }
      case 'subscribe':
      case 'unsubscribe':
        this.#subscription(event)
        return
      case 'receive':
        this.lifeAt(event.session, event.at)?.received.push(event)
        return
      case 'release':
        this.lifeAt(event.session, event.at)?.releases.push(event)
        return
      case 'read retained':
        this.reads.push(event)
        return
      case 'quiet':
        this.quietAt = event.at
    }
  }

  #add(message: Message): void {
    this.messages.set(message.key, message)
  }

  #connecting(event: Connecting): void {
    let session = this.sessions.get(event.session)
    if (session === undefined) this.sessions.set(event.session, (session = { id: event.session, connections: [], lives: [] }))
    const connection: Connection = { connecting: event, connected: null, closed: null }
    session.connections.push(connection)
    this.#byConnection.set(event.connection, connection)
    const life = session.lives.at(-1)
    if (event.cleanStart && life !== undefined) life.until = Math.min(life.until, event.at)
    if (event.will !== null) {
      const { delayMs: _delay, ...told } = event.will
      const fate = { retain: false, clears: false, isWill: true, acknowledgedAt: Infinity, isRefused: false, isResent: false }
      this.#add({ ...told, key: keyOf(told), at: event.at, ...fate })
    }
  }

  #connected(event: Connected): void {
    const connection = this.#byConnection.get(event.connection)!
    connection.connected = event
    const { lives } = this.sessions.get(event.session)!
    if (event.sessionPresent && lives.length > 0) return
    const { at, expiryMs } = connection.connecting
    const last = lives.at(-1)
    if (last !== undefined) last.until = Math.min(last.until, at)
    lives.push({ session: event.session, from: at, until: Infinity, isPersistent: expiryMs > 0, received: [], releases: [] })
  }

  #subscription({ kind, session, filter: text, since, at, qos }: HistoryEvent & { kind: 'subscribe' | 'unsubscribe' }): void {
    const life = this.lifeAt(session, at)
    if (life === null) return
    const [, group = null, filter = text] = /^\$share\/([^/]+)\/(.*)$/s.exec(text) ?? []
    const before = this.subscriptions.findLast((one) => one.life === life && one.group === group && one.filter === filter && one.until === Infinity)
    if (before !== undefined) {
      before.sureUntil = Math.min(before.sureUntil, since)
      before.until = at
    }
    if (kind === 'subscribe') this.subscriptions.push({ life, group, filter, qos, since, sureFrom: at, sureUntil: Infinity, until: Infinity })
  }
}

/** Level by level, as section 4.7 tells it. */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const levels = topic.split('/')
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false
  }
  return wanted.length === levels.length
}
