// Acknowledgements wait until the journal has what they acknowledge, and leave in the order of the publishes.
// The journal here is a list of records and a number that the test raises.

import { expect, test } from 'vitest'
import type { Journal } from '../../src/broker/ports.ts'
import { PacketType, type Publish, type Qos } from '../../src/wire/mqtt/packet.ts'
import type { PublishRun } from '../../src/wire/mqtt/publish-run.ts'
import { TestBroker } from '../support/test-broker.ts'

const PUBREL = 6

class TestJournal implements Journal {
  durableUpTo = 0
  readonly records: string[] = []

  append(run: PublishRun): number {
    return this.records.push(`${new TextDecoder().decode(run.topicBytes.subarray(run.topicAt, run.topicAt + run.topicLength))} q${run.qos} ×${run.count}`)
  }
}

function stage(): { b: TestBroker; journal: TestJournal; commit: (upTo: number) => void } {
  const journal = new TestJournal()
  const b = new TestBroker({ journal })
  const keeper = b.client('keeper', { cleanStart: false })
  keeper.subscribe('durable', 2)
  keeper.lines()
  return {
    b,
    journal,
    commit: (upTo) => {
      journal.durableUpTo = upTo
      b.broker.committed(upTo)
    },
  }
}

function publish(topicName: string, qos: Qos, packetId: number, retain = false): Publish {
  return { type: PacketType.Publish, topicName, payload: Uint8Array.of(120), qos, retain, dup: false, packetId, properties: {} }
}

test('what a lasting session or the retained set must keep is journalled, the rest is not', () => {
  const { b, journal } = stage()
  const p = b.client('p')
  b.client('clean').subscribe('volatile', 1)
  p.send(
    publish('durable', 1, 1),
    publish('durable', 1, 2),
    publish('volatile', 1, 3),
    publish('nobody', 1, 4),
    publish('nobody', 1, 5, true),
    publish('durable', 0, 0),
    publish('durable', 2, 6),
    publish('volatile', 2, 7),
  )
  expect(journal.records).toEqual(['durable q1 ×2', 'nobody q1 ×1', 'durable q2 ×1'])
})

test('acknowledgements are held until the commit, also those that need none behind one that does [MQTT-4.6.0-2, MQTT-4.6.0-3]', () => {
  const { b, commit } = stage()
  const p = b.client('p')
  p.send(
    publish('volatile', 1, 1),
    publish('durable', 1, 2),
    publish('volatile', 1, 3),
    publish('durable', 2, 4),
    publish('volatile', 2, 5),
    publish('durable', 1, 6),
  )
  expect(p.lines()).toEqual(['PUBACK m1'])
  commit(1)
  expect(p.lines()).toEqual(['PUBACK m2', 'PUBACK m3'])
  commit(2)
  expect(p.lines()).toEqual(['PUBREC m4', 'PUBREC m5'])
  commit(3)
  expect(p.lines()).toEqual(['PUBACK m6'])
})

test('one commit releases all that it covers', () => {
  const { b, commit } = stage()
  const p = b.client('p')
  for (let id = 1; id <= 5; id++) p.send(publish('durable', 1, id))
  expect(p.lines()).toEqual([])
  commit(4)
  expect(p.lines()).toEqual(['PUBACK m1', 'PUBACK m2', 'PUBACK m3', 'PUBACK m4'])
  commit(5)
  expect(p.lines()).toEqual(['PUBACK m5'])
})

test('PUBCOMP keeps its place behind what is held', () => {
  const { b, commit } = stage()
  const p = b.client('p')
  p.send(publish('durable', 2, 1))
  commit(1)
  expect(p.lines()).toEqual(['PUBREC m1'])
  p.send(publish('durable', 1, 2))
  p.acknowledge(PUBREL, 1, 77)
  p.send(publish('volatile', 1, 3))
  expect(p.lines()).toEqual([])
  commit(2)
  expect(p.lines()).toEqual(['PUBACK m2', 'PUBCOMP m1', 'PUBCOMP m77', 'PUBACK m3'])
})

test('delivery does not wait for the commit, nor do the acknowledgements of other clients', () => {
  const { b } = stage()
  const s = b.client('s')
  s.subscribe('durable', 1)
  s.lines()
  const p = b.client('p')
  const q = b.client('q')
  p.send(publish('durable', 1, 1))
  expect(s.lines()).toEqual(['PUBLISH q1 r0 d0 m1 durable x'])
  q.send(publish('volatile', 1, 1))
  expect(q.lines()).toEqual(['PUBACK m1'])
  expect(p.lines()).toEqual([])
})

test('a 5.0 client gets its Reason Codes in place when they are held', () => {
  const { b, commit } = stage()
  const p = b.client('p', { version: 5 })
  p.send(publish('durable', 1, 1), publish('nobody', 1, 2), publish('$SYS/x', 2, 3))
  expect(p.lines()).toEqual([])
  commit(1)
  expect(p.lines()).toEqual(['PUBACK m1', 'PUBACK m2 0x10', 'PUBREC m3 0x87'])
})

test('held acknowledgements go nowhere when the connection ends; the message sent again is acknowledged anew', () => {
  const { b, commit } = stage()
  const p = b.client('p', { cleanStart: false })
  p.send(publish('durable', 1, 1), publish('durable', 2, 2))
  p.cut()
  const back = b.client('p', { cleanStart: false })
  commit(2)
  expect(back.lines()).toEqual([])
  back.send({ ...publish('durable', 1, 1), dup: true }, { ...publish('durable', 2, 2), dup: true })
  commit(3)
  expect(back.lines()).toEqual(['PUBACK m1', 'PUBREC m2'])
})

test('a message refused is not journalled', () => {
  const journal = new TestJournal()
  const b = new TestBroker({ journal, authorizer: { generation: 0, mayPublish: () => 'deny', mayReceive: () => 'allow', maySubscribe: () => 'allow' } })
  const keeper = b.client('keeper', { cleanStart: false })
  keeper.subscribe('#', 2)
  const p = b.client('p', { version: 5 })
  p.send(publish('durable', 1, 1), publish('durable', 2, 2))
  expect(journal.records).toEqual([])
  expect(p.lines()).toEqual(['PUBACK m1 0x87', 'PUBREC m2 0x87'])
})
