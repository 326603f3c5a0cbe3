// The checker against a stub that commits known faults: each is found, by the rule it breaks, and faultless runs pass.
// What it prints is what somebody reads at night: the message's story and the seed.

import { describe, expect, test } from 'vitest'
import type { HistoryEvent } from './history.ts'
import { checkHistory, describeVerdict } from './qos-checker.ts'
import { FAULTS, type Fault, StubBroker } from './stub-broker.ts'

const SEEDS = Array.from({ length: 12 }, (_, i) => 1000 + i)

test('faultless runs pass, with operations that were never answered in them', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const history = new StubBroker(seed, null).run()
    const verdict = checkHistory(history, { seed })
    expect(describeVerdict(verdict)).toMatch(/^all nine rules hold/)
    const answered = new Set(history.flatMap((event) => (event.kind === 'acknowledge' ? [event.sequence] : [])))
    const received = new Set(history.flatMap((event) => (event.kind === 'receive' && event.message !== null ? [event.message.sequence] : [])))
    const open = history
      .filter((event) => event.kind === 'publish' && event.qos > 0 && !answered.has(event.sequence))
      .map((event) => 'sequence' in event && event.sequence)
    expect(open.some((sequence) => received.has(sequence as number))).toBe(true)
    expect(open.some((sequence) => !received.has(sequence as number))).toBe(true)
  }
})

describe.each(Object.entries(FAULTS) as [Fault, number][])('%s', (fault, rule) => {
  test(`is found by rule ${rule}`, () => {
    for (const seed of SEEDS) {
      const stub = new StubBroker(seed, fault)
      const history = stub.run()
      expect(stub.isFaulty, `seed ${seed} gave the fault no occasion`).toBe(true)
      const { violations } = checkHistory(history, { seed })
      expect(
        violations.map((one) => one.rule),
        `seed ${seed}`,
      ).toContain(rule)
    }
  })
})

test.each([
  [2, 1, true],
  [1, 2, false],
  [1, 1, false],
  [2, 2, false],
] as const)(
  'a retained message of QoS %i beside a later one of QoS %i that was acknowledged first: found at the end is legal: %s',
  (first, second, isLegal) => {
    const one = { publisher: 'p', sequence: 1, topic: 'a', qos: first } as const
    const two = { publisher: 'p', sequence: 2, topic: 'a', qos: second } as const
    const history: HistoryEvent[] = [
      { kind: 'publish', at: 1, ...one, retain: true, clears: false },
      { kind: 'publish', at: 2, ...two, retain: true, clears: false },
      { kind: 'acknowledge', at: 3, publisher: 'p', sequence: 2, reasonCode: 0 },
      { kind: 'acknowledge', at: 4, publisher: 'p', sequence: 1, reasonCode: 0 },
      { kind: 'quiet', at: 100 },
      { kind: 'connecting', at: 101, session: 'r', connection: 1, version: 5, cleanStart: true, expiryMs: 0, will: null },
      { kind: 'connected', at: 102, session: 'r', connection: 1, sessionPresent: false },
      { kind: 'read retained', at: 103, session: 'r', filter: 'a' },
      { kind: 'subscribe', since: 104, at: 105, session: 'r', filter: 'a', qos: 2 },
      { kind: 'receive', at: 106, session: 'r', connection: 1, topic: 'a', qos: first, dup: false, retain: true, packetId: 1, message: one },
    ]
    expect(checkHistory(history, { seed: 1 }).violations.map(({ rule }) => rule)).toEqual(isLegal ? [] : [5])
  },
)

test('a verdict tells the rule, the story of the message alone, and the seed', () => {
  const told = { publisher: 'p', sequence: 7, topic: 'a', qos: 2 } as const
  const other = { ...told, sequence: 8 }
  const packet = { kind: 'receive', session: 's', connection: 1, topic: 'a', qos: 2, dup: false, retain: false } as const
  const history: HistoryEvent[] = [
    { kind: 'connecting', at: 1, session: 's', connection: 1, version: 5, cleanStart: false, expiryMs: Infinity, will: null },
    { kind: 'connected', at: 2, session: 's', connection: 1, sessionPresent: false },
    { kind: 'subscribe', since: 3, at: 4, session: 's', filter: '+', qos: 2 },
    { kind: 'publish', at: 5, ...told, retain: false, clears: false },
    { ...packet, at: 6, packetId: 1, message: told },
    { kind: 'publish', at: 7, ...other, retain: false, clears: false },
    { ...packet, at: 8, packetId: 2, message: other },
    { kind: 'release', at: 9, session: 's', packetId: 1 },
    { kind: 'release', at: 9, session: 's', packetId: 2 },
    { ...packet, at: 10, packetId: 3, message: told },
    { kind: 'quiet', at: 1000 },
  ]
  expect(describeVerdict(checkHistory(history, { seed: 99 }))).toBe(`1 violations: 2 published, 0 acknowledged, 3 received; seed 99

rule 2 (a QoS 2 message arrives exactly once): s got p #7 2 times
       1.0 ms  s connects (1), goes on, session lasts Infinity ms
       2.0 ms  s connected (1), session present 0
       4.0 ms  s subscribed + with QoS 2
       5.0 ms  p #7 published to a, QoS 2
       6.0 ms  s received (1) p #7 on a, QoS 2, id 1
      10.0 ms  s received (1) p #7 on a, QoS 2, id 3
    1000.0 ms  quiet`)
})

test('what limits allow to be dropped is not missed', () => {
  const stub = new StubBroker(1000, 'a message queued for an absent session is lost')
  const history = stub.run()
  const mayDrop = (): boolean => true
  expect(checkHistory(history, { seed: 1000, mayDrop }).violations).toEqual([])
})
