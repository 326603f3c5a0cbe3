// Random, valid sequences of what three clients do, from a seed: connections of 3.1.1 and 5.0 with sessions and wills, subscriptions, messages.
// A sequence is data; world.ts carries it out against a broker. What is known to differ does not occur in it, see KNOWN in same-behaviour.test.ts:
// taking over a connection of 5.0 or with a will, retained messages for shared subscriptions or, with No Local, for their own publisher,
// other Subscription Options for the same filter, and a will that waits longer than its session lives.

import type { ProtocolVersion, Qos, RetainHandling } from '../../../src/wire/mqtt/packet.ts'

export const CLIENTS = ['a', 'b', 'c'] as const
export type ClientName = (typeof CLIENTS)[number]

export interface WillChoice {
  readonly topicName: string
  readonly payload: string
  readonly qos: Qos
  readonly retain: boolean
  /** Seconds; 5.0 only. */
  readonly delay: number
}

export type Operation =
  | {
      readonly kind: 'connect'
      readonly client: ClientName
      readonly version: ProtocolVersion
      readonly cleanStart: boolean
      /** Seconds; 5.0 only. */
      readonly expiry: number
      readonly receiveMaximum: number | null
      readonly will: WillChoice | null
      /** Whether it acknowledges what it gets. */
      readonly acknowledges: boolean
    }
  | { readonly kind: 'disconnect'; readonly client: ClientName; readonly reasonCode: number }
  | { readonly kind: 'cut'; readonly client: ClientName }
  | {
      readonly kind: 'subscribe'
      readonly client: ClientName
      readonly requests: readonly {
        readonly topicFilter: string
        readonly qos: Qos
        readonly noLocal: boolean
        readonly retainAsPublished: boolean
        readonly retainHandling: RetainHandling
      }[]
      readonly identifier: number | null
    }
  | { readonly kind: 'unsubscribe'; readonly client: ClientName; readonly topicFilter: string }
  | {
      readonly kind: 'publish'
      readonly client: ClientName
      readonly topicName: string
      readonly payload: string
      readonly qos: Qos
      readonly retain: boolean
      /** 0 = none. Known = the Topic Name is left out. */
      readonly alias: number
      readonly aliasIsKnown: boolean
      readonly hasProperties: boolean
    }

const TOPICS = ['x', 'x/y', 'x/z', 'x/y/z', 'w', '/x', 'x/', '$own/x'] as const
const FILTERS = ['#', '+', 'x/#', 'x/+', '+/y', 'x/y', 'x', '/+', '+/+', '$own/#', 'x/+/z', '+/#'] as const
/** One client alone has shared subscriptions: which member gets a message is the broker's own choice. */
const SHARER: ClientName = 'c'
/** One client comes now with 3.1.1, now with 5.0, and never with Subscription Options. */
const MIXED: ClientName = 'a'
const SHARED = ['$share/g/x/#', '$share/g/w', '$share/h/+/y'] as const
const HOUR = 3600

/** A generator of numbers in [0, 1) that gives the same ones for the same seed. */
function numbersFrom(seed: number): () => number {
  let state = (seed * 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What a connection is, as far as it decides what is valid. */
interface Connection {
  readonly version: ProtocolVersion
  readonly aliases: Map<number, string>
  /** Brokers agree about it: see the head. */
  readonly mayBeTakenOver: boolean
}

export function operationsFrom(seed: number, count: number): Operation[] {
  const next = numbersFrom(seed)
  const chance = (probability: number): boolean => next() < probability
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)]!
  const qos = (): Qos => pick([0, 1, 2])
  const open = new Map<ClientName, Connection>()
  /** Those whose will may be waiting for its delay. */
  const waiting = new Set<ClientName>()
  let messages = 0

  const connect = (client: ClientName): Operation => {
    const version = client === MIXED ? pick<ProtocolVersion>([4, 5]) : 5
    const is5 = version === 5
    const expiry = is5 && chance(0.6) ? HOUR : 0
    const cleanStart = chance(0.4) && !waiting.has(client)
    const will = chance(0.3)
      ? { topicName: pick(TOPICS), payload: `will${++messages}`, qos: qos(), retain: chance(0.3), delay: expiry !== 0 && chance(0.3) ? HOUR : 0 }
      : null
    if (will !== null && will.delay > 0) waiting.add(client)
    else waiting.delete(client)
    open.set(client, { version, aliases: new Map(), mayBeTakenOver: !is5 && will === null })
    const acknowledges = chance(0.85) // else no small window: which copy of a message takes the last place in it is the broker's own choice
    return {
      kind: 'connect',
      client,
      version,
      cleanStart,
      expiry,
      receiveMaximum: is5 && acknowledges && chance(0.3) ? pick([1, 2, 5]) : null,
      will,
      acknowledges,
    }
  }
  const subscribe = (client: ClientName, { version }: Connection): Operation => {
    const is5 = version === 5
    const requests = Array.from({ length: pick([1, 1, 2, 3]) }, () => {
      const isShared = client === SHARER && chance(0.3)
      const topicFilter = isShared ? pick(SHARED) : pick(FILTERS)
      const hasOptions = client !== MIXED && !isShared
      const noLocal = hasOptions && topicFilter.length % 3 === CLIENTS.indexOf(client) % 3
      return {
        topicFilter,
        qos: qos(),
        noLocal,
        retainAsPublished: hasOptions && topicFilter.length % 2 === CLIENTS.indexOf(client) % 2,
        retainHandling: (isShared || noLocal ? 2 : is5 && chance(0.3) ? pick([1, 2]) : 0) as RetainHandling, // see the head: retained messages
      }
    })
    const filters = new Set<string>()
    return {
      kind: 'subscribe',
      client,
      requests: requests.filter(({ topicFilter }) => !filters.has(topicFilter) && filters.add(topicFilter)),
      identifier: is5 && chance(0.4) ? pick([1, 200, 70_000]) : null,
    }
  }
  const publish = (client: ClientName, { version, aliases }: Connection): Operation => {
    const is5 = version === 5
    const alias = is5 && chance(0.3) ? pick([1, 2, 10]) : 0
    const known = aliases.get(alias)
    const aliasIsKnown = known !== undefined && chance(0.6)
    const topicName = aliasIsKnown ? known : pick(TOPICS)
    if (alias !== 0) aliases.set(alias, topicName)
    const retain = chance(0.3)
    return {
      kind: 'publish',
      client,
      topicName,
      payload: retain && chance(0.3) ? '' : `m${++messages}`,
      qos: qos(),
      retain,
      alias,
      aliasIsKnown,
      hasProperties: is5 && chance(0.3),
    }
  }

  return Array.from({ length: count }, () => {
    const client = pick(CLIENTS)
    const connection = open.get(client)
    if (connection === undefined || (chance(0.08) && connection.mayBeTakenOver)) return connect(client)
    if (chance(0.14)) {
      open.delete(client)
      return chance(0.5) ? { kind: 'cut', client } : { kind: 'disconnect', client, reasonCode: connection.version === 5 && chance(0.4) ? 4 : 0 }
    }
    if (chance(0.35)) return subscribe(client, connection)
    if (chance(0.1)) return { kind: 'unsubscribe', client, topicFilter: pick([...FILTERS, ...(client === SHARER ? SHARED : [])]) }
    return publish(client, connection)
  })
}
