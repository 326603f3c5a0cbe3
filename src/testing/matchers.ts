// What `expect` learns: `toHavePublished` and `toHaveDelivered`, for Vitest and Jest by `expect.extend(matchers)`, for others as functions.
// Knows no test framework: a matcher gives `pass` and a message, as both want it.

import { isDeepStrictEqual } from 'node:util'
import { PacketType } from '../wire/mqtt/packet.ts'
import { topicMatcher } from './message-log.ts'
import type { TestBroker } from './test-broker.ts'

/** Text, bytes, what the JSON in it must equal, a matcher such as `expect.objectContaining`, or a function from the text to yes or no. */
export type ExpectedPayload = string | Uint8Array | object | ((text: string) => boolean)

export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

export interface PublishedOptions {
  /** Client Identifier of who published. */
  readonly from?: string
  /** So often exactly; at least once unless given. */
  readonly times?: number
}

export interface DeliveredOptions {
  /** Client Identifier of who received. */
  readonly to?: string
  readonly times?: number
}

/** What `expect.extend(matchers)` adds to `expect(broker)`, for `declare module 'vitest' { interface Matchers<T> extends BrokerMatchers<T> {} }`. */
export interface BrokerMatchers<R> {
  toHavePublished(filter: string, payload?: ExpectedPayload, options?: PublishedOptions): R
  toHaveDelivered(filter: string, payload?: ExpectedPayload, options?: DeliveredOptions): R
}

/** Packets and messages that a failure shows. */
const MOST_SHOWN = 10
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Whether a message to such topics was published, with this payload if one is given. */
export function toHavePublished(broker: unknown, filter: string, payload?: ExpectedPayload, { from, times }: PublishedOptions = {}): MatcherResult {
  const { messages } = testBrokerOf(broker)
  const found = messages.matching(filter, from ?? null).filter((message) => isExpected(message.payload, payload))
  const all = messages.matching('#').map((message) => `${message.topic} ${shown(message.payload)}`)
  return verdict(found.length, times, `${from === undefined ? '' : `${from} `}published`, filter, payload, all)
}

/** Whether the broker sent a message to a client, and no fault kept it from it. */
export function toHaveDelivered(broker: unknown, filter: string, payload?: ExpectedPayload, { to, times }: DeliveredOptions = {}): MatcherResult {
  const matches = topicMatcher(filter)
  const delivered = testBrokerOf(broker).packets.filter(({ from, type, fate }) => from === 'broker' && type === PacketType.Publish && !LOST.has(fate))
  const found = delivered.filter(({ client, topic, packet }) => {
    if ((to !== undefined && client !== to) || topic === null || !matches(topic)) return false
    return packet?.type === PacketType.Publish && isExpected(packet.payload, payload)
  })
  const all = delivered.map(({ client, topic, packet }) => `${client ?? '?'}: ${topic} ${packet?.type === PacketType.Publish ? shown(packet.payload) : ''}`)
  return verdict(found.length, times, `delivered${to === undefined ? '' : ` to ${to}`}`, filter, payload, all)
}

/** For `expect.extend`. */
export const matchers: { readonly toHavePublished: typeof toHavePublished; readonly toHaveDelivered: typeof toHaveDelivered } = {
  toHavePublished,
  toHaveDelivered,
}

/** For node:test and others: throws an Error when nothing such was published. */
export function assertPublished(...args: Parameters<typeof toHavePublished>): void {
  assertPassed(toHavePublished(...args))
}

/** Throws an Error when nothing such was delivered. */
export function assertDelivered(...args: Parameters<typeof toHaveDelivered>): void {
  assertPassed(toHaveDelivered(...args))
}

const LOST: ReadonlySet<string | null> = new Set(['dropped', 'silenced', 'cut'])

function assertPassed({ pass, message }: MatcherResult): void {
  if (!pass) throw new Error(message())
}

function testBrokerOf(value: unknown): TestBroker {
  if (typeof value === 'object' && value !== null && 'packets' in value && 'messages' in value) return value as TestBroker
  throw new TypeError('this matcher is for what testBroker() gives: write expect(broker)')
}

function verdict(
  found: number,
  times: number | undefined,
  done: string,
  filter: string,
  payload: ExpectedPayload | undefined,
  all: readonly string[],
): MatcherResult {
  const pass = times === undefined ? found > 0 : found === times
  return {
    pass,
    message: () => {
      const what = `'${filter}'${payload === undefined ? '' : ` ${expectation(payload)}`}`
      const wanted = times === undefined ? '' : `, ${times} times`
      const left = all.length > MOST_SHOWN ? [`… and ${all.length - MOST_SHOWN} before them`] : []
      const lines = all.length === 0 ? ['nothing at all'] : [...all.slice(-MOST_SHOWN), ...left]
      return `expected ${pass ? 'not ' : ''}to have ${done} ${what}${wanted}; found ${found}. There was:\n  ${lines.join('\n  ')}`
    },
  }
}

function isExpected(payload: Uint8Array, expected: ExpectedPayload | undefined): boolean {
  if (expected === undefined) return true
  if (expected instanceof Uint8Array) return Buffer.compare(payload, expected) === 0
  const text = textOf(payload)
  if (text === null) return false
  if (typeof expected === 'string') return text === expected
  if (typeof expected === 'function') return expected(text)
  const value = jsonOf(text)
  if ('asymmetricMatch' in expected && typeof expected.asymmetricMatch === 'function') {
    const matches = (given: unknown): boolean => (expected as { asymmetricMatch(given: unknown): boolean }).asymmetricMatch(given)
    return matches(text) || (value !== undefined && matches(value))
  }
  return isDeepStrictEqual(value, JSON.parse(JSON.stringify(expected)))
}

function textOf(payload: Uint8Array): string | null {
  try {
    return decoder.decode(payload)
  } catch {
    return null
  }
}

/** Undefined for what is none. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function shown(payload: Uint8Array): string {
  const text = textOf(payload)
  if (text === null) return `(${payload.length} bytes)`
  return text.length > 60 ? `'${text.slice(0, 57)}…'` : `'${text}'`
}

function expectation(payload: ExpectedPayload): string {
  if (typeof payload === 'string') return `'${payload}'`
  if (payload instanceof Uint8Array) return shown(payload)
  return typeof payload === 'function' ? 'for which the function holds' : (JSON.stringify(payload) ?? String(payload))
}
