// Clients that fight for one Client Identifier wait longer and longer; nobody else does.
// What a single take-over does is quality-of-service.test.ts; under load it is scenario C4 of test/reliability.

import { expect, test } from 'vitest'
import { Deadlines } from '../../src/base/deadlines.ts'
import type { BrokerOptions } from '../../src/broker/broker-options.ts'
import { DEFAULT_LIMITS } from '../../src/broker/limits.ts'
import { ADMIT_ALL } from '../../src/broker/ports.ts'
import { TakeOvers } from '../../src/broker/take-overs.ts'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

/** Promises that are kept have their say. */
async function soon(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}

async function pass(b: TestBroker, ms: number): Promise<void> {
  b.advance(ms)
  await soon()
}

/** With the delay of a broker that nobody has told otherwise. */
function damped(options: Partial<BrokerOptions> = {}): TestBroker {
  return new TestBroker({ ...options, limits: { maximumTakeOverDelayMs: DEFAULT_LIMITS.maximumTakeOverDelayMs } })
}

/** Milliseconds until CONNACK has come, in steps of 50. */
async function wait(b: TestBroker, client: TestClient): Promise<number> {
  for (let waited = 0; waited <= 20_000; waited += 50) {
    await soon()
    if (client.lines()[0]?.startsWith('CONNACK') === true) return waited
    b.advance(50)
  }
  throw new Error('no CONNACK within 20 s')
}

test('four in a moment are free, the fifth and those after it wait: longer each time, up to a bound', async () => {
  const b = damped()
  b.client('one', { version: 5 })
  const waits: number[] = []
  for (let i = 0; i < 12; i++) waits.push(await wait(b, b.dial('one', { version: 5 })))
  expect(waits.slice(0, 4)).toEqual([0, 0, 0, 0])
  expect(waits.slice(4, 8)).toEqual([100, 200, 400, 800])
  expect(waits.slice(8).every((waited) => waited >= 800)).toBe(true) // one after another they come to about one a second
})

test('however many come at once, none waits longer than the limit says', async () => {
  const b = new TestBroker({ limits: { maximumTakeOverDelayMs: 3000 } })
  b.client('one')
  const crowd = Array.from({ length: 40 }, () => b.dial('one'))
  let welcome = 0
  const count = async (): Promise<number> => {
    await soon()
    for (const client of crowd) if (client.lines().some((line) => line.startsWith('CONNACK'))) welcome++
    return welcome
  }
  expect(await count()).toBe(4)
  await pass(b, 2900)
  expect(await count()).toBe(9) // after 100, 200, 400, 800 and 1600
  await pass(b, 150)
  expect(await count()).toBe(40)
  expect(b.broker.sessionCount).toBe(1)
})

test('who is in stays in while the newcomer waits, and others come and go at once', async () => {
  const b = damped()
  let holder = b.client('one', { version: 5 })
  for (let i = 0; i < 4; i++) holder = b.client('one', { version: 5 })
  const newcomer = b.dial('one', { version: 5 })
  newcomer.subscribe('later', 0)
  await soon()
  expect([newcomer.lines(), holder.lines(), holder.isClosed]).toEqual([[], [], false])
  holder.subscribe('t', 0)
  b.client('other').publish('t', 'still here')
  expect(holder.lines().at(-1)).toContain('still here')
  for (let i = 0; i < 4; i++) expect(await wait(b, b.dial('another'))).toBe(0)
  await pass(b, 100)
  expect(holder.lines()).toEqual(['DISCONNECT 0x8e'])
  expect(newcomer.lines().map((line) => line.split(' ')[0])).toEqual(['CONNACK', 'SUBACK'])
})

test('one take-over a second is forgiven: a client that comes back now and then never waits', async () => {
  const b = damped()
  b.client('one')
  for (let i = 0; i < 50; i++) {
    expect(await wait(b, b.dial('one'))).toBe(0)
    b.advance(1000)
  }
  for (let i = 0; i < 8; i++) await wait(b, b.dial('one'))
  await pass(b, 12_000)
  expect(await wait(b, b.dial('one'))).toBe(0)
})

test('a client that was alone does not wait, however often it comes and goes', async () => {
  const b = damped()
  for (let i = 0; i < 20; i++) {
    const client = b.dial('one')
    expect(await wait(b, client)).toBe(0)
    client.cut()
  }
})

test('a limit of 0 lets everybody in at once', async () => {
  const b = new TestBroker({ limits: { maximumTakeOverDelayMs: 0 } })
  for (let i = 0; i < 30; i++) expect(await wait(b, b.dial('one'))).toBe(0)
})

test('with enhanced authentication, too; authenticating again is no take-over', async () => {
  const authenticator: BrokerOptions['authenticator'] = { ...ADMIT_ALL, begin: () => ({ step: () => ({ reasonCode: 0, data: null, userName: null }) }) }
  const b = damped({ authenticator })
  const options = { version: 5, properties: { authenticationMethod: 'nod' } } as const
  let holder = b.dial('one', options)
  for (let i = 0; i < 4; i++) holder = b.dial('one', options)
  expect(holder.lines()[0]).toMatch(/^CONNACK/)
  for (let i = 0; i < 9; i++) {
    holder.send({ type: PacketType.Auth, reasonCode: 0x19, properties: { authenticationMethod: 'nod' } })
    expect(holder.lines()[0]).toMatch(/^AUTH/)
  }
  expect(await wait(b, b.dial('one', options))).toBe(100)
})

test('who leaves while it waits takes nothing over', async () => {
  const b = damped()
  let holder = b.client('one')
  for (let i = 0; i < 4; i++) holder = b.client('one')
  b.dial('one').cut()
  await pass(b, 1000)
  expect(holder.isClosed).toBe(false)
})

test('identifiers that are forgiven are forgotten', () => {
  const clock = { time: 0, now: () => clock.time }
  const takeOvers = new TakeOvers(clock, new Deadlines(0), DEFAULT_LIMITS)
  for (let i = 0; i < 100_000; i++) {
    clock.time += 1
    takeOvers.next(`client ${i}`, null)
  }
  expect(takeOvers.size).toBeLessThan(4096)
})
