// Faults that begin while links live: which links they take up, which they leave alone, and when they let go of them.
// With whole brokers: test/server/admin-faults.test.ts.

import { expect, test } from 'vitest'
import { type FaultEvents, Faults } from '../../src/faults/faults.ts'
import { type KnownConnection, LiveWitness } from '../../src/faults/live-witness.ts'
import type { BentLink } from '../../src/net/link-faults.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import type { Packet } from '../../src/wire/mqtt/packet.ts'
import { connectOf, publishOf } from '../client/scripted-server.ts'
import { PEER } from './peer.ts'

const LAMP: KnownConnection = { clientId: 'lamp', version: 4, aliases: { client: new Map(), broker: new Map() } }

interface Bench {
  readonly faults: Faults
  /** What was told: strikes, `idle`, what links were told. */
  readonly told: string[]
  link(given?: Partial<BentLink>): BentLink
}

function begin(known: KnownConnection | null): Bench {
  const told: string[] = []
  const events: FaultEvents = { struck: (_, { client, topic }) => void told.push(`struck ${client} ${topic}`), idle: () => void told.push('idle') }
  const link = (given: Partial<BentLink> = {}): BentLink => ({
    peer: PEER,
    isDialled: false,
    midway: () => new Uint8Array(0),
    arrive: (bytes) => void told.push(`arrive ${bytes.length}`),
    write: (bytes) => void told.push(`write ${bytes.length}`),
    released: () => {},
    cut: () => void told.push('cut'),
    straighten: () => void told.push('straight'),
    ...given,
  })
  return {
    faults: new Faults(
      new LiveWitness(
        () => known,
        () => 0n,
      ),
      new TestClock(true),
      events,
    ),
    told,
    link,
  }
}

const bytesOf = (packet: Packet): Uint8Array => encodePacket(packet, 4)
const publish = bytesOf(publishOf('lab/t', 'x'))
/** All microtasks have run. */
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a link that was open before: whose it is comes from the broker', async () => {
  const { faults, told, link } = begin(LAMP)
  faults.drop('mqtt.msgtype == 3', { client: 'lamp', topic: 'lab/#', times: 1 })
  const bend = faults.begin(link())
  expect(bend.received(publish, 0, publish.length)).toBe(null)
  await soon()
  expect(told).toEqual(['struck lamp lab/t', 'idle', 'straight'])
})

test.each([
  ['before anything came', null],
  ['in the middle of CONNECT', bytesOf(connectOf(4, { clientId: 'new' })).subarray(0, 5)],
])('a link %s needs nobody who knows it', (_, before) => {
  const { faults, told, link } = begin(null)
  faults.drop('mqtt.msgtype == 3', { client: 'new' })
  const connect = bytesOf(connectOf(4, { clientId: 'new' }))
  const bend = faults.begin(link({ midway: () => before }))
  bend.received(connect, before?.length ?? 0, connect.length)
  expect(bend.received(publish, 0, publish.length)).toBe(null)
  expect(told).toEqual(['struck new lab/t'])
})

test('a client that is logging in is left alone and counted; it is taken up like others when faults begin again', async () => {
  const { faults, told, link } = begin(null)
  const fault = faults.drop('')
  const bend = faults.begin(link())
  expect([bend.received(publish, 0, publish.length), bend.sent(publish)]).toEqual([publish, publish])
  expect([faults.unbentClients, bend.holdsIncoming, bend.holdsOutgoing, told]).toEqual([1, false, false, []])
  fault.remove()
  await soon()
  expect([faults.unbentClients, told]).toEqual([0, ['idle', 'straight']])
})

test('one that ends is counted no more', () => {
  const { faults, link } = begin(null)
  faults.drop('')
  faults.begin(link()).ended()
  expect(faults.unbentClients).toBe(0)
})

test('links that we have dialled are left alone', () => {
  const { faults, told, link } = begin(LAMP)
  faults.drop('')
  const bend = faults.begin(link({ isDialled: true, midway: () => null }))
  expect(bend.received(publish, 0, publish.length)).toBe(publish)
  expect([faults.unbentClients, told]).toEqual([0, []])
})

test('whole packets that came before, and wait for the broker, are known and not struck', () => {
  const { faults, told, link } = begin(LAMP)
  faults.drop('mqtt.msgtype == 3', { topic: 'lab/t' })
  const waits = Buffer.concat([publish, publish.subarray(0, 3)])
  const bend = faults.begin(link({ midway: () => waits }))
  expect(bend.received(publish, 3, publish.length)).toEqual(publish.subarray(3)) // the rest of the second one
  expect(told).toEqual([])
  expect(bend.received(publish, 0, publish.length)).toBe(null)
  expect(told).toEqual(['struck lamp lab/t'])
})
