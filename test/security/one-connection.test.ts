// The boundary around each connection: whatever somebody who is asked throws ends the connection that asked, is told once, and harms nobody else.
// Faults are planted in authenticators and authorisers; the honest pair goes on.

import { expect, test } from 'vitest'
import type { Authenticator, Authorizer, Permission } from '../../src/broker/ports.ts'
import type { AuthenticationExchange, Trace, Verdict } from '../../src/session/effects.ts'
import { connectFrame, field, frame } from '../support/raw-packets.ts'
import { TestBroker } from '../support/test-broker.ts'
import { type Arena, row, until } from './arena.ts'

const PLANTED = 'planted\u001b[31m'

function planted(): never {
  throw new Error(PLANTED)
}

/** Throws when it is asked about the topic `planted/NAME`. */
const authorizer = (name: keyof Authorizer): Authorizer => {
  const answer = (asked: keyof Authorizer, topic: string): Permission => (topic === 'planted' && asked === name ? planted() : 'allow')
  return {
    generation: 0,
    mayPublish: (_id, _user, topic) => answer('mayPublish', topic),
    mayReceive: (_id, _user, topic) => answer('mayReceive', topic),
    maySubscribe: (_id, _user, topic) => answer('maySubscribe', topic),
  }
}

const authenticator = (fault: () => Verdict | Promise<Verdict>, begin: () => AuthenticationExchange | null = () => null): Authenticator => ({
  authenticate: (connect) => (connect.userName === 'honest' ? { reasonCode: 0, userName: 'honest' } : fault()),
  begin,
})

/** The log has told of it, once, and without the control characters of the thrown text. */
async function toldOnce(arena: Arena, count = 1): Promise<void> {
  const lines = (): string[] => arena.told.filter(({ type }) => type === 'error').map(({ line }) => line)
  await until(() => lines().length >= count, 'an error in the log')
  expect(lines()).toHaveLength(count)
  expect(lines()[0]).toMatch(/^Error: .*planted/)
}

let mayPublish = true
const SUBSCRIBE = frame(0x82, [0, 1], field('planted'), [1])
const PUBLISH = frame(0x32, field('planted'), [0, 1], [0x78])

for (const [what, fault] of [
  ['throws', planted],
  ['is rejected', async () => planted()],
] as const) {
  row(
    null,
    `an authenticator that ${what}`,
    async (arena) => {
      const attacker = arena.attacker()
      attacker.write(connectFrame(4))
      await attacker.closed()
      expect(attacker.lines(4).filter((line) => line.endsWith(' 0'))).toEqual([])
      await toldOnce(arena)
    },
    { authenticator: authenticator(fault) },
  )
}

for (const [what, step] of [
  ['throws', planted],
  ['is rejected', async () => planted()],
] as const) {
  row(
    null,
    `an enhanced authentication that ${what}`,
    async (arena) => {
      const attacker = arena.attacker()
      attacker.write(connectFrame(5, { properties: [0x15, ...field('X')] }))
      await attacker.closed()
      await toldOnce(arena)
    },
    { authenticator: authenticator(planted, () => ({ step }) as AuthenticationExchange) },
  )
}

row(
  null,
  'an authoriser that throws at SUBSCRIBE',
  async (arena) => {
    const attacker = await arena.connected(4)
    attacker.write(SUBSCRIBE)
    await attacker.closed()
    await toldOnce(arena)
  },
  { authorizer: authorizer('maySubscribe') },
)

row(
  null,
  'an authoriser that throws at PUBLISH',
  async (arena) => {
    const attacker = await arena.connected(4)
    attacker.write(PUBLISH)
    await attacker.closed()
    await toldOnce(arena)
  },
  { authorizer: authorizer('mayPublish') },
)

row(
  null,
  'an authoriser that throws when a will is judged at CONNECT',
  async (arena) => {
    const attacker = arena.attacker()
    attacker.write(connectFrame(4, { flags: 6, rest: [...field('planted'), ...field('x')] }))
    await attacker.closed()
    await toldOnce(arena)
  },
  { authorizer: authorizer('mayPublish') },
)

row(
  null,
  'an authoriser that throws when a will is published at once: its session is gone all the same',
  async (arena) => {
    mayPublish = true
    const attacker = await arena.connected(4, { flags: 6, rest: [...field('planted'), ...field('x')] })
    mayPublish = false
    attacker.leave()
    await toldOnce(arena)
    mayPublish = true
  },
  { authorizer: { ...authorizer('maySubscribe'), mayPublish: (_id, _user, topic) => (topic === 'planted' && !mayPublish ? planted() : 'allow') } },
)

row(
  null,
  'an authenticator that throws at a reload: that client is sent away, the others are asked about all the same',
  async (arena) => {
    const [first, second, third] = [await arena.connected(5), await arena.connected(5), await arena.connected(5)]
    expect(arena.running.broker.recheck()).toBe(2)
    await until(() => first.isClosed && third.isClosed, 'two sent away')
    expect([first.lines(5), second.isClosed, third.lines(5)]).toEqual([['DISCONNECT 0x98'], false, ['DISCONNECT 0x98']])
    await toldOnce(arena)
  },
  {
    authenticator: {
      authenticate: ({ userName }) => ({ reasonCode: 0, userName }),
      begin: () => null,
      stillWelcome: (_peer, clientId) => (clientId === 'attacker-1' ? planted() : clientId !== 'attacker-3'),
    },
  },
)

test.each([3, 4, 5] as const)('a trace that throws while a message is on its way, version %i: later messages and wills are right', (version) => {
  let isBroken = false
  const trace: Trace = {
    packet() {},
    acknowledgement() {},
    publish: (what) => void (isBroken && what === 'sending' && planted()),
  }
  const b = new TestBroker({ trace })
  const subscribers = ['s1', 's2'].map((name) => b.client(name, { version }))
  for (const subscriber of subscribers) {
    subscriber.subscribe('a', 0)
    subscriber.subscribe('w', 1)
    subscriber.lines()
  }
  const publisher = b.client('p')
  isBroken = true
  expect(() => publisher.publish('a', 'lost')).toThrow('planted')
  isBroken = false
  publisher.cut() // as the link's boundary does
  for (const subscriber of subscribers) subscriber.payloads()
  const will = { topicName: 'w', payload: Buffer.from('will'), qos: 1, retain: false, properties: {} } as const
  b.client('dying', { will }).cut()
  for (const subscriber of subscribers) expect(subscriber.payloads()).toEqual(['will'])
  b.client('q').publish('a', 'next')
  for (const subscriber of subscribers) expect(subscriber.payloads()).toEqual(['next'])
})

row(null, 'a flood of broken packets is told in part: no flood of lines', async (arena) => {
  for (let round = 0; round < 5; round++) {
    const many = Array.from({ length: 100 }, () => arena.attacker())
    for (const one of many) one.write('3003000161')
    await until(() => many.every(({ isClosed }) => isClosed), 'all closed')
  }
  const told = arena.told.filter(({ line }) => line.startsWith('Protocol error from '))
  expect(told.length).toBeGreaterThanOrEqual(20)
  expect(told.length).toBeLessThan(400)
})

row(
  null,
  'an authoriser that throws when a will is due',
  async (arena) => {
    mayPublish = true
    const attacker = await arena.connected(5, { flags: 6, properties: '11 00000064', rest: [5, 0x18, 0, 0, 0, 1, ...field('planted'), ...field('x')] })
    mayPublish = false
    attacker.leave()
    await toldOnce(arena)
    const end = await arena.connected(5, { clientId: 'attacker-1' })
    end.leave()
  },
  {
    authorizer: { ...authorizer('maySubscribe'), mayPublish: (_id, _user, topic) => (topic === 'planted' && !mayPublish ? planted() : 'allow') },
  },
)

row(
  null,
  'an authoriser that throws when a message is about to be delivered: who published it stays',
  async (arena) => {
    const subscriber = await arena.connected(4)
    subscriber.write(SUBSCRIBE)
    await until(() => subscriber.lines(4).length === 1, 'SUBACK')
    const publisher = await arena.connected(4)
    publisher.write(PUBLISH, [0xc0, 0])
    await until(() => publisher.isClosed || publisher.bytes.at(-2) === 0xd0, 'an answer')
    expect([publisher.isClosed, publisher.lines(4)]).toEqual([false, ['PUBACK m1', 'PINGRESP']])
    await toldOnce(arena)
  },
  { authorizer: authorizer('mayReceive') },
)
