// A store in use: what it keeps on disk and in memory, group commit, backup and restore, packets read back.
// On a file system in memory, but for the modes of files.

import { expect, test } from 'vitest'
import type { SyncMode } from '../../src/store/file-journal.ts'
import { MemoryJournal } from '../../src/store/memory-journal.ts'
import { DoneReason, RecordType } from '../../src/store/record-types.ts'
import { appendRetainedCleared } from '../../src/store/records.ts'
import { Store, type StoreOptions } from '../../src/store/store.ts'
import { FakeFiles } from '../support/fake-files.ts'
import { contentOf, packetsOf, payloadsOf } from '../support/store-model.ts'

function open(files: FakeFiles, options: StoreOptions = {}): Promise<Store> {
  return Store.open('/store', { files, segmentSize: 16384, batchSize: 1024, ballastSize: 0, syncEveryMs: 1e9, markAfterMs: 0, ...options })
}

function sessionIn(store: Store, clientId = 'client'): number {
  const session = store.newSession()
  store.session({ session, clientId, userName: null, version: 5, expiryInterval: 3600, detachedAt: 0 })
  return session
}

function send(store: Store, session: number, payload: string, topic = 't'): number {
  const first = store.state.sessions.get(session)!.nextNumber
  store.message(packetsOf(topic, [payload]), [{ session, from: 0, to: 1, first, qos: 1, retain: 0, received: false, identifiers: null }], null)
  return first
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('one turn is one batch: all its records share a write, and in commit a sync', async () => {
  for (const [mode, operations] of [
    ['write', 1],
    ['commit', 2],
  ] as const satisfies [SyncMode, number][]) {
    const files = new FakeFiles()
    const store = await open(files, { mode, batchSize: 8192 })
    const session = sessionIn(store)
    await store.journal.flush()
    const before = files.operations
    const told: number[] = []
    store.journal.onDurable((upTo) => told.push(upTo))
    for (let i = 0; i < 50; i++) send(store, session, `message ${i}`)
    expect(store.durableUpTo).toBeLessThan(store.ticket)
    for (let i = 0; i < 20 && store.durableUpTo < store.ticket; i++) await turn()
    expect(files.operations - before, mode).toBe(operations)
    expect(told).toEqual([store.ticket])
    await store.close()
  }
})

test('none promises at once', async () => {
  const store = await open(new FakeFiles(), { mode: 'none' })
  sessionIn(store)
  expect(store.durableUpTo).toBe(store.ticket)
  await store.close()
})

test('the disk holds little more than twice what counts, whatever goes through', async () => {
  const files = new FakeFiles()
  const store = await open(files)
  const session = sessionIn(store)
  store.subscribed({ session, topicFilter: 'a/#', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0, identifier: 9 })
  for (let i = 0; i < 20; i++) store.message(packetsOf(`r/${i}`, [`retained ${i}`]), [], `r/${i}`)
  for (let i = 0; i < 4000; i++) {
    const number = send(store, session, `message ${i} ${'.'.repeat(100)}`)
    if (number > 50) store.done(session, number - 50, 1, DoneReason.Acknowledged)
    if (i % 20 === 0) await turn()
  }
  await store.save()
  expect(store.cleaning.removed).toBeGreaterThan(20)
  const bytes = store.journal.segments().reduce((sum, use) => sum + use.bytes, 0)
  expect(bytes).toBeLessThan(2 * store.state.live.bytes + 2 * 16384)
  expect(store.cleaning.rewrittenBytes, 'little is written twice').toBeLessThan(4000 * 130)
  const before = await contentOf(store)
  await store.close()
  const again = await open(files.restarted(true))
  expect(await contentOf(again)).toBe(before)
  await again.close()
})

test('what is done leaves nothing behind in memory', async () => {
  const store = await open(new FakeFiles())
  const session = sessionIn(store)
  const live = store.state.live.count
  for (let i = 0; i < 3000; i++) send(store, session, `m${i}`)
  store.done(session, 1, 3000, DoneReason.Acknowledged)
  expect(store.state.live.count).toBe(live)
  expect(store.state.sessions.get(session)!.queue.count).toBe(0)
  store.sessionEnded(session)
  expect(store.state.live.count).toBe(0)
  expect(store.state.live.bytes).toBe(0)
  await store.close()
})

test('packets are read back while they are collected, when they are written, and in bulk with few reads', async () => {
  const files = new FakeFiles()
  const store = await open(files, { cacheSize: 1 << 20 })
  const session = sessionIn(store)
  send(store, session, 'collected')
  const { queue } = store.state.sessions.get(session)!
  expect(payloadsOf(await store.packets(queue.slot(1), RecordType.Message))).toEqual(['collected'])
  for (let i = 2; i <= 400; i++) send(store, session, `number ${i}`)
  await store.journal.flush()
  let reads = 0
  const readPlace = store.journal.readPlace.bind(store.journal)
  store.journal.readPlace = (...place) => {
    reads++
    return readPlace(...place)
  }
  for (let i = 2; i <= 400; i++) expect(payloadsOf(await store.packets(queue.slot(i), RecordType.Message))).toEqual([`number ${i}`])
  expect(reads).toBeLessThan(6)
  await store.close()
})

test('a backup taken while messages come in is a store as it was at that moment, and restores by being put in place', async () => {
  const files = new FakeFiles()
  const store = await open(files)
  const session = sessionIn(store)
  for (let i = 0; i < 300; i++) send(store, session, `before ${i} ${'.'.repeat(80)}`)
  const wanted = await contentOf(store)
  const upTo = store.ticket
  const backup = store.backup('/backup')
  for (let i = 0; i < 300; i++) {
    send(store, session, `after ${i} ${'.'.repeat(80)}`)
    if (i % 10 === 0) await turn()
  }
  const report = await backup
  expect(report.upTo).toBeGreaterThanOrEqual(upTo)
  expect(report.segments).toBeGreaterThan(1)
  await expect(store.backup('/backup')).rejects.toThrow('/backup holds a journal already')
  store.done(session, 1, 400, DoneReason.Acknowledged)
  await store.save()
  await store.close()

  const restored = await Store.open('/backup', { files, segmentSize: 16384, ballastSize: 0, markAfterMs: 0 })
  const content = JSON.parse(await contentOf(restored))
  const before = JSON.parse(wanted)
  const queue: Record<string, string> = content.sessions[0][1].queue
  expect(Object.entries(queue).slice(0, 300)).toEqual(Object.entries(before.sessions[0][1].queue))
  expect(restored.journal.recovery.lastSequence).toBe(report.upTo)
  await restored.close()
})

test('a group is never divided, and numbers of sessions are never given twice', async () => {
  const files = new FakeFiles()
  const store = await open(files)
  const one = sessionIn(store, 'one')
  store.sessionEnded(one)
  const two = sessionIn(store, 'two')
  expect(two).toBeGreaterThan(one)
  store.together(() => {
    for (let i = 0; i < 40; i++) send(store, two, `${i} ${'.'.repeat(100)}`)
  })
  await store.journal.flush()
  const batches: number[] = []
  await store.journal.read(1, (batch) => batches.push(batch.count))
  expect(Math.max(...batches)).toBeGreaterThanOrEqual(40)
  await store.close()
})

test('a journal that was taken over with a later epoch refuses an earlier one; each start takes it over', async () => {
  const files = new FakeFiles()
  await (await open(files)).close()
  const store = await open(files)
  expect(store.journal.epoch).toBe(2)
  await expect(store.journal.fence(2)).rejects.toThrow('epoch 2: /store was taken over with epoch 2')
  await store.close()
})

test('the journal in memory is durable at once and keeps nothing', async () => {
  const journal = new MemoryJournal()
  appendRetainedCleared(journal, 'a/b')
  expect(journal.durableUpTo).toBe(1)
  journal.begin(1, 5_000_000)
  journal.begin(1, 10)
  expect(journal.bytes.length).toBeLessThan(100_000)
  await journal.flush()
  await expect(journal.readPlace(0, 7)).rejects.toThrow('keeps nothing')
  await journal.close()
  expect(() => journal.begin(1, 1)).toThrow('closed')
})
