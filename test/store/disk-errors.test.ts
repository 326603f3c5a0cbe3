// A disk that is full, and one that fails: nothing is promised that is not stored; space comes back by itself, a failure is final.

import { expect, test } from 'vitest'
import { FileJournal, type FileJournalOptions } from '../../src/store/file-journal.ts'
import type { JournalState } from '../../src/store/journal.ts'
import { RecordType } from '../../src/store/record-types.ts'
import { appendRetainedCleared } from '../../src/store/records.ts'
import { FakeFiles } from '../support/fake-files.ts'

async function open(files: FakeFiles, options: FileJournalOptions = {}): Promise<{ journal: FileJournal; texts: string[]; states: JournalState[] }> {
  const texts: string[] = []
  const states: JournalState[] = []
  const journal = await FileJournal.open(
    '/store',
    (type, fields) => {
      if (type === RecordType.RetainedCleared) texts.push(fields.text())
    },
    { files, segmentSize: 65536, batchSize: 512, ballastSize: 2048, retryMs: 5, ...options },
  )
  journal.onState((state) => states.push(state))
  return { journal, texts, states }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function until(what: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !what(); ) {
    if (Date.now() > end) throw new Error(`not true within 30 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

for (const mode of ['write', 'commit'] as const) {
  test(`${mode}: a full disk is said, the ballast takes what is on its way, and all goes on when there is space`, async () => {
    const files = new FakeFiles()
    const { journal, states } = await open(files, { mode })
    files.capacity = 6000
    let written = 0
    while (journal.state === 'open' && written < 500) {
      appendRetainedCleared(journal, `${written++} ${'x'.repeat(100)}`)
      await turn()
      await turn()
    }
    expect(states).toEqual(['full'])
    // what was appended when it became full fits where the ballast was
    await until(() => journal.durableUpTo === journal.ticket)
    expect(await files.list('/store')).not.toContain('ballast')

    // and when that is full, too, nothing more is durable
    let atRest = -1
    while ((atRest !== journal.durableUpTo || journal.durableUpTo === journal.ticket) && written < 500) {
      atRest = journal.durableUpTo
      appendRetainedCleared(journal, `${written++} ${'x'.repeat(100)}`)
      await new Promise((resolve) => setTimeout(resolve, 12))
    }
    const stuck = journal.durableUpTo
    expect(stuck).toBeLessThan(journal.ticket)
    expect((await open(files.restarted(true))).texts.length, 'what was durable is there').toBeGreaterThanOrEqual(mode === 'commit' ? stuck : 0)

    files.capacity = 100_000
    await until(() => journal.state === 'open')
    await until(() => journal.durableUpTo === journal.ticket)
    expect(states).toEqual(['full', 'open'])
    expect(await files.list('/store')).toContain('ballast')
    await journal.close()
    expect((await open(files.restarted(false))).texts).toHaveLength(written)
  })
}

test('a disk that is full from the start is full, not dead', async () => {
  const files = new FakeFiles()
  files.capacity = 1000
  const { journal, states } = await open(files)
  expect(journal.state).toBe('full')
  files.capacity = 100_000
  await until(() => journal.state === 'open')
  expect(states).toEqual(['open'])
  await journal.close()
})

test('closing while the disk is full gives up instead of waiting', async () => {
  const files = new FakeFiles()
  const { journal } = await open(files, { ballastSize: 0, retryMs: 60_000 })
  files.capacity = 100
  appendRetainedCleared(journal, 'x'.repeat(200))
  await turn()
  await turn()
  await expect(journal.close()).rejects.toThrow(/cannot be written: ENOSPC/)
  expect(journal.state).toBe('closed')
})

test('a sync that fails is final: nothing becomes durable any more, appending throws', async () => {
  const files = new FakeFiles()
  const { journal, states } = await open(files, { mode: 'commit' })
  appendRetainedCleared(journal, 'before')
  await journal.flush()
  files.isBroken = true
  const durable = journal.durableUpTo
  appendRetainedCleared(journal, 'after')
  await expect(journal.flush()).rejects.toThrow(/\/store cannot be written: EIO: fdatasync\. Nothing more is acknowledged/)
  files.isBroken = false
  expect(() => appendRetainedCleared(journal, 'again')).toThrow(/EIO/)
  await turn()
  expect(journal.durableUpTo).toBe(durable)
  expect(states).toEqual(['failed'])
  await expect(journal.close()).rejects.toThrow(/EIO/)
})

test('write: the background sync finds the failure, too', async () => {
  const files = new FakeFiles()
  const { journal, states } = await open(files, { mode: 'write', syncEveryMs: 5 })
  files.isBroken = true
  appendRetainedCleared(journal, 'written')
  await until(() => journal.state === 'failed')
  expect(states).toEqual(['failed'])
  await expect(journal.close()).rejects.toThrow(/EIO/)
})
