// A database that Debian's Mosquitto 2.0.11 wrote with known content: read whole, taken over into a store, refused when damaged.
// Content: sub4 (user anna) has a/+ QoS 2, was sent three messages, acknowledged none, sent PUBREC for the second, and owes a PUBREL;
// sub5 (5.0, an hour) has a/b and c/# with identifier 77 and Retain As Published and three messages waiting; three topics are retained.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { importMosquitto } from '../../src/store/import-mosquitto.ts'
import { JournalError } from '../../src/store/journal.ts'
import { isMosquittoDatabase, readMosquittoDatabase } from '../../src/store/mosquitto-db.ts'
import { eachPacket } from '../../src/store/packets.ts'
import { RecordType } from '../../src/store/record-types.ts'
import type { PacketsRecord } from '../../src/store/records.ts'
import { Store } from '../../src/store/store.ts'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import type { Publish } from '../../src/wire/mqtt/packet.ts'
import { FakeFiles } from '../support/fake-files.ts'

const BYTES: Uint8Array = readFileSync(fileURLToPath(new URL('../golden/mosquitto-2.0.11.db', import.meta.url)))
/** A minute after it was written. */
const NOW = Date.parse('2026-11-22T13:56:07Z')

function publishesIn(packets: PacketsRecord): Publish[] {
  const found: Publish[] = []
  eachPacket(packets, (_index, at, body, next) => {
    found.push(decodePacket(packets.bytes[at]!, packets.bytes, body, next, 5, 'client') as Publish)
  })
  return found
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

test('a database of Mosquitto 2.0.11 becomes a store, and stays what it was after a restart', async () => {
  const files = new FakeFiles()
  let store = await Store.open('/store', { files, ballastSize: 0, markAfterMs: 0 })
  const report = importMosquitto(store, readMosquittoDatabase(BYTES, 'mosquitto.db'), NOW)
  expect(report).toEqual({ sessions: 2, subscriptions: 3, waiting: 7, unreleased: 1, retained: 3, notes: [] })
  await store.close()
  store = await Store.open('/store', { files, ballastSize: 0 })

  const { state } = store
  const sub4 = state.byClientId.get('sub4')!
  expect(sub4.record).toMatchObject({ userName: 'anna', expiryInterval: 0xffffffff, detachedAt: NOW })
  expect([...sub4.subscriptions.values()]).toMatchObject([{ topicFilter: 'a/+', qos: 2, identifier: 0, noLocal: false, retainAsPublished: false }])
  const sub5 = state.byClientId.get('sub5')!
  expect(sub5.record).toMatchObject({ userName: null, expiryInterval: 3600, detachedAt: Date.parse('2026-11-22T13:55:07Z') })
  expect([...sub5.subscriptions.values()]).toMatchObject([
    { topicFilter: 'a/b', qos: 1, identifier: 77, retainAsPublished: true },
    { topicFilter: 'c/#', qos: 1, identifier: 77, retainAsPublished: true },
  ])

  const waiting = async (session: typeof sub4): Promise<unknown[]> => {
    const all: unknown[] = []
    for (const { number, slot, qos, retain, received, identifiers } of session.queue.from(0)) {
      const [publish] = publishesIn(await store.packets(slot, RecordType.Message))
      all.push([number, publish!.topicName, text(publish!.payload), qos, retain, received, identifiers])
    }
    return all
  }
  // the identifiers that the receiver has seen, 1 to 3, stay; the one past PUBREC gets PUBREL only
  expect(await waiting(sub4)).toEqual([
    [1, 'a/b', 'hello-one', 1, 0, false, null],
    [2, 'a/c', 'hello-two', 2, 0, true, null],
    [3, 'a/ret', 'retained-one', 1, 0, false, null],
    [5, 'a/b', 'queued-later', 1, 0, false, null],
  ])
  expect(sub4.sentUpTo).toBe(5)
  expect(await waiting(sub5)).toEqual([
    [4, 'a/b', 'hello-one', 1, 0, false, [77]],
    [5, 'c/rap', 'kept-flag', 1, 1, false, [77]],
    [6, 'a/b', 'queued-later', 1, 0, false, [77]],
  ])
  expect(sub5.sentUpTo).toBe(1)

  const expiring = await store.packets(sub4.queue.slot(2), RecordType.Message)
  expect(expiring).toMatchObject({ clientId: 'p5', userName: null, expiresAt: Date.parse('2026-11-22T15:18:27Z') })
  const { properties } = publishesIn(expiring)[0]!
  expect(properties).toEqual({ messageExpiryInterval: 4940, userProperties: [['k', 'v']], contentType: 'text/x' })

  expect([...sub4.unreleased.keys()]).toEqual([9])
  const [held] = publishesIn(await store.packets(Math.floor(sub4.unreleased.get(9)! / 65536), RecordType.Unreleased))
  expect(held).toMatchObject({ topicName: 'a/un', qos: 2, packetId: 9 })
  expect(text(held!.payload)).toBe('unreleased')

  const retained: Record<string, unknown> = {}
  for (const [topic, slot] of state.retained) {
    const [publish] = publishesIn(await store.packets(slot, RecordType.Message))
    retained[topic] = [text(publish!.payload), publish!.qos, publish!.retain, publish!.properties]
  }
  expect(retained).toEqual({
    'a/ret': ['retained-one', 1, true, {}],
    'r/five': ['retained-five', 0, true, { responseTopic: 're/sp' }],
    'c/rap': ['kept-flag', 1, true, {}],
  })
  await store.close()
})

test('taking the same database over twice adds nothing', async () => {
  const store = await Store.open('/store', { files: new FakeFiles(), ballastSize: 0 })
  const database = readMosquittoDatabase(BYTES, 'mosquitto.db')
  importMosquitto(store, database, NOW)
  const live = store.state.live.count
  const { sessions, waiting, notes } = importMosquitto(store, database, NOW)
  expect([sessions, waiting, store.state.live.count]).toEqual([0, 0, live])
  expect(notes).toContain('client "sub4" has a session here already: the one of the database was passed over')
  await store.close()
})

test('cut anywhere, the database is refused with its offset, or is one with fewer chunks', () => {
  expect(isMosquittoDatabase(BYTES.subarray(0, 22))).toBe(false)
  let refused = 0
  for (let length = 23; length < BYTES.length; length++) {
    try {
      readMosquittoDatabase(BYTES.slice(0, length), 'mosquitto.db')
    } catch (error) {
      expect(error).toBeInstanceOf(JournalError)
      expect((error as Error).message).toMatch(/^mosquitto\.db is damaged at offset \d+: /)
      refused++
    }
  }
  expect(refused).toBeGreaterThan(BYTES.length - 23 - 30)
})

test('other versions and other files are refused with what to do', () => {
  const older = BYTES.slice()
  older[22] = 4
  expect(() => readMosquittoDatabase(older, 'old.db')).toThrow(
    "old.db has version 4 of Mosquitto's format, version 6 can be read: let Mosquitto 2 load and save it",
  )
  expect(() => readMosquittoDatabase(new Uint8Array(100), 'x.db')).toThrow('x.db is no database of Mosquitto')
})
