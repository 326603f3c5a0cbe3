// Somebody who is asked while a packet is handled ends the connection that it came by: nothing more is said to it, nothing of it stays.
// An authoriser may do that to a client it has had enough of.

import { expect, test } from 'vitest'
import type { Authorizer, Permission } from '../../src/broker/ports.ts'
import { PacketType, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

class Executioner implements Authorizer {
  generation = 0
  readonly b: TestBroker
  /** The question that ends all connections. */
  at: 'publish' | 'receive' | 'subscribe' | null = null
  answer: Permission = 'allow'

  constructor() {
    this.b = new TestBroker({ authorizer: this })
  }

  mayPublish(): Permission {
    return this.#asked('publish')
  }

  mayReceive(): Permission {
    return this.#asked('receive')
  }

  maySubscribe(): Permission {
    return this.#asked('subscribe')
  }

  #asked(what: 'publish' | 'receive' | 'subscribe'): Permission {
    if (this.at === what) this.b.broker.recheck()
    return this.at === what ? this.answer : 'allow'
  }
}

function executioner(): Executioner {
  const e = new Executioner()
  e.b.broker.rules.authenticator.stillWelcome = (_peer, clientId) => clientId !== 'p'
  return e
}

function publishes(qos: Qos): Publish[] {
  return [1, 2, 2, 3].map((id) => ({
    type: PacketType.Publish,
    topicName: 't',
    payload: new Uint8Array(10),
    qos,
    retain: false,
    dup: false,
    packetId: qos === 0 ? 0 : id,
    properties: {},
  }))
}

function check({ b }: Executioner, p: TestClient, version: 4 | 5, wasAdmitted = false): void {
  expect(p.isClosed).toBe(true)
  const said = p.lines()
  expect(said.filter((line) => !line.startsWith('PUBLISH') && !(wasAdmitted && line.startsWith('PUBREC')))).toEqual(version === 5 ? ['DISCONNECT 0x98'] : [])
  if (version === 5) expect(said.at(-1)).toBe('DISCONNECT 0x98')
  b.advance(200_000)
  expect([b.broker.connectedCount, b.broker.slabs.outstanding]).toEqual([0, 0])
}

for (const version of [4, 5] as const)
  for (const clean of [true, false])
    for (const at of ['publish', 'receive'] as const)
      for (const qos of [0, 1, 2] as const)
        for (const answer of ['allow', 'deny'] as const)
          test(`version ${version}, QoS ${qos}, clean ${clean}: asked about the right to ${at}, the answer is ${answer}`, () => {
            const e = executioner()
            const lasting = version === 5 && !clean ? { properties: { sessionExpiryInterval: 100 } } : {}
            const p = e.b.client('p', { version, cleanStart: clean, ...lasting })
            p.subscribe('t', 2)
            p.lines()
            e.at = at
            e.answer = answer
            p.send(
              ...publishes(qos),
              ...(qos === 2 ? [1, 2, 3] : []).map((packetId) => ({ type: PacketType.Pubrel, packetId, reasonCode: 0, properties: {} }) as const),
            )
            e.at = null
            if (!clean) {
              expect(p.isClosed).toBe(true)
              const back = e.b.dial('p', { version, cleanStart: true })
              expect(back.lines()[0]).toMatch(/^CONNACK 0 0/)
              back.disconnect()
            }
            check(e, p, version, qos === 2 && at === 'receive') // who may read is asked at PUBREL
          })

test.each([4, 5] as const)('version %i: asked about a SUBSCRIBE', (version) => {
  const e = executioner()
  const p = e.b.client('p', { version })
  e.b.client('q').publish('t', 'x', { retain: true })
  e.at = 'subscribe'
  p.subscribe('t', 1)
  e.b.client('q').disconnect()
  check(e, p, version)
  expect(e.b.broker.describeTree()).toEqual([])
})

test.each([4, 5] as const)('version %i: at PUBREL, the messages of one read are routed once and the session takes them up again', (version) => {
  const e = executioner()
  const lasting = version === 5 ? { properties: { sessionExpiryInterval: 100 } } : {}
  const p = e.b.client('p', { version, cleanStart: false, ...lasting })
  const s = e.b.client('s')
  p.send(...publishes(2).filter((_, i) => i !== 2))
  p.lines()
  s.subscribe('t')
  s.lines()
  e.at = 'receive'
  p.acknowledge(6, 1, 2, 3)
  e.at = null
  expect(p.isClosed).toBe(true)
  const first = s.received().length
  const back = e.b.dial('p', { version, cleanStart: false, ...lasting })
  expect(back.lines()[0]).toMatch(/^CONNACK 1 0/)
  back.acknowledge(6, 1, 2, 3)
  expect(back.lines()).toEqual(['PUBCOMP m1', 'PUBCOMP m2', 'PUBCOMP m3'])
  expect(first + s.received().length).toBe(3)
  expect(e.b.broker.slabs.outstanding).toBe(0)
})

test.each([4, 5] as const)('version %i: a QoS 2 message whose reception was cut off is taken when it is sent again', (version) => {
  const e = executioner()
  const options = { version, cleanStart: false, ...(version === 5 ? { properties: { sessionExpiryInterval: 100 } } : {}) } as const
  const s = e.b.client('s')
  s.subscribe('t')
  s.lines()
  const p = e.b.client('p', options)
  e.at = 'publish'
  p.publish('t', 'x', { qos: 2 })
  e.at = null
  expect(p.isClosed).toBe(true)
  const back = e.b.client('p', options)
  back.publish('t', 'x', { qos: 2, dup: true })
  back.acknowledge(6, 1)
  expect([back.lines(), s.payloads()]).toEqual([['PUBREC m1', 'PUBCOMP m1'], ['x']])
})

test.each([4, 5] as const)('version %i: at PUBREL, of a session that ends with its connection', (version) => {
  const e = executioner()
  const p = e.b.client('p', { version })
  const s = e.b.client('s')
  p.send(...publishes(2).filter((_, i) => i !== 2))
  p.lines()
  s.subscribe('t')
  s.lines()
  e.at = 'receive'
  p.acknowledge(6, 1, 2, 3)
  e.at = null
  s.disconnect()
  check(e, p, version)
  const next = e.b.client('next', { version })
  next.send(...publishes(2).filter((_, i) => i !== 2))
  next.acknowledge(6, 1, 2, 3)
  expect(next.lines().filter((line) => line.startsWith('PUBCOMP'))).toHaveLength(3)
  expect(e.b.broker.slabs.outstanding).toBe(0)
})
