// A long run of messages for a shared subscription is dealt in pieces: each message once, in order within each member, equal shares.
// Short ones are dealt one by one; the rules of shared subscriptions themselves are in test/conformance.

import { expect, test } from 'vitest'
import { PacketType, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

function send(p: TestClient, count: number, qos: Qos = 0, size = 1): void {
  p.send(
    ...Array.from({ length: count }, (_, i): Publish => {
      const payload = new TextEncoder().encode(`${i}`.padEnd(size))
      return { type: PacketType.Publish, topicName: 't', payload, qos, retain: false, dup: false, packetId: qos === 0 ? 0 : i + 1, properties: {} }
    }),
  )
}

function members(b: TestBroker, count: number, qos: Qos, options: Parameters<TestBroker['client']>[1] = {}): TestClient[] {
  return Array.from({ length: count }, (_, i) => {
    const client = b.client(`m${i}`, options)
    client.subscribe('$share/g/t', qos)
    client.lines()
    return client
  })
}

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${from + i}`)
}

test.each([0, 1, 2] as const)('QoS %i: 1,000 messages in one read, three members: a third each, one after the other', (qos) => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 0, receiveMaximumEnforced: 65_535 } })
  const all = members(b, 3, qos)
  const p = b.client('p')
  send(p, 1000, qos)
  if (qos === 2) p.acknowledge(6, ...Array.from({ length: 1000 }, (_, i) => i + 1))
  expect(all.map((client) => client.payloads())).toEqual([range(0, 334), range(334, 668), range(668, 1000)])
})

test('64 messages and fewer go one by one', () => {
  const b = new TestBroker()
  const [one, two] = members(b, 2, 0)
  send(b.client('p'), 64)
  expect(one!.payloads()).toEqual(range(0, 64).filter((n) => Number(n) % 2 === 0))
  expect(two!.payloads()).toEqual(range(0, 64).filter((n) => Number(n) % 2 === 1))
})

test('while one member is away all go to those who are there, one by one', () => {
  const b = new TestBroker({ limits: { maximumInflightMessages: 0 } })
  const [one, two, three] = members(b, 3, 1, { cleanStart: false })
  two!.cut()
  send(b.client('p'), 100, 1)
  expect([one!.payloads(), three!.payloads()]).toEqual([range(0, 100).filter((n) => Number(n) % 2 === 0), range(0, 100).filter((n) => Number(n) % 2 === 1)])
})

test('a member that does not take the largest packet gets those it takes', () => {
  const b = new TestBroker()
  const [small] = members(b, 1, 0, { version: 5, properties: { maximumPacketSize: 50 } })
  const large = b.client('large')
  large.subscribe('$share/g/t')
  large.lines()
  const p = b.client('p')
  p.send(
    ...Array.from({ length: 100 }, (_, i): Publish => {
      const payload = new TextEncoder().encode(`${i}`.padEnd(i === 99 ? 100 : 3))
      return { type: PacketType.Publish, topicName: 't', payload, qos: 0, retain: false, dup: false, packetId: 0, properties: {} }
    }),
  )
  const got = [small!.payloads(), large.payloads()]
  expect(got.map((payloads) => payloads.length)).toEqual([50, 50])
  expect(
    got
      .flat()
      .map(Number)
      .sort((a, b) => a - b),
  ).toEqual(range(0, 100).map(Number))
  expect(got[1]!.map(Number)).toContain(99)
})
