// A copy of a store that somebody else is writing to: segments that are made, removed and half written meanwhile.
// On a file system in memory; the command is test/cli/backup-command.test.ts.

import { expect, test } from 'vitest'
import { backup } from '../../src/store/backup.ts'
import type { StoreFile } from '../../src/store/files.ts'
import { DoneReason } from '../../src/store/record-types.ts'
import { Store } from '../../src/store/store.ts'
import { FakeFiles } from '../support/fake-files.ts'
import { packetsOf } from '../support/store-model.ts'

const SMALL = { segmentSize: 4096, batchSize: 512, ballastSize: 0, markAfterMs: 0, mode: 'write' } as const

function send(store: Store): void {
  const first = store.state.sessions.get(1)!.nextNumber
  const recipient = { session: 1, from: 0, to: 1, first, qos: 1, retain: 0, received: false, identifiers: null } as const
  store.message(packetsOf('t', [`${first} ${'.'.repeat(200)}`]), [recipient], null)
}

async function written(store: Store): Promise<void> {
  while (store.durableUpTo < store.ticket) await new Promise((resolve) => setImmediate(resolve))
}

/** Does something each time a file is opened or linked: between any two steps of a copy. */
class BusyFiles extends FakeFiles {
  between: () => Promise<void> = async () => {}

  override async duplicate(from: string, to: string): Promise<void> {
    await this.between()
    await super.duplicate(from, to)
  }

  override async open(path: string, how: 'create' | 'write' | 'read'): Promise<StoreFile> {
    if (how === 'read') await this.between()
    return await super.open(path, how)
  }
}

async function open(): Promise<{ files: BusyFiles; store: Store }> {
  const files = new BusyFiles()
  const store = await Store.open('/store', { ...SMALL, files })
  store.session({ session: store.newSession(), clientId: 'keeper', userName: null, version: 5, expiryInterval: 3600, detachedAt: 0 })
  for (let i = 0; i < 60; i++) {
    send(store)
    await written(store)
  }
  return { files, store }
}

async function numbersIn(files: FakeFiles, folder: string): Promise<number[]> {
  const store = await Store.open(folder, { ...SMALL, files })
  const numbers = [...store.state.byClientId.get('keeper')!.queue.from(0)].map(({ number }) => number)
  await store.close()
  return numbers
}

test('while messages come in between any two steps, and segments are made: a beginning of what there is, with all that was told before', async () => {
  const { files, store } = await open()
  files.between = async () => {
    for (let i = 0; i < 25; i++) send(store)
    await written(store)
  }
  const { upTo } = await backup('/store', '/copy', files)
  files.between = async () => {}
  const numbers = await numbersIn(files, '/copy')
  expect(numbers).toEqual(numbers.map((_, i) => i + 1))
  expect(numbers.length).toBeGreaterThan(60)
  expect(store.ticket).toBeGreaterThan(upTo)
  await store.close()
})

test('while segments are removed: it begins anew, and nothing of the first attempt stays', async () => {
  const { files, store } = await open()
  let isCleaned = false
  files.between = async () => {
    if (isCleaned) return
    isCleaned = true
    store.done(1, 1, 55, DoneReason.Acknowledged)
    await store.save()
  }
  await backup('/store', '/copy', files)
  expect(await files.list('/copy')).toEqual((await files.list('/store')).filter((name) => name.endsWith('.zlog')))
  expect(await files.list('/copy')).not.toContain('p0-0000000001.zlog')
  expect(await numbersIn(files, '/copy')).toEqual([56, 57, 58, 59, 60])
  await store.close()
})

test('a batch that is half written ends the copy; one that stands behind it does not count', async () => {
  const { files, store } = await open()
  await store.close()
  const [newest] = (await files.list('/store'))
    .filter((name) => name.endsWith('.zlog'))
    .sort()
    .slice(-1)
  const bytes = files.content(`/store/${newest}`).slice()
  const batches = [...bytes.keys()].filter((at) => at % 8 === 0 && bytes.subarray(at, at + 4).toString() === '90,66,65,84')
  expect(batches.length).toBeGreaterThan(3)
  const torn = batches.at(-3)!
  bytes[torn + 60]! ^= 1 // read before it was there, while the next one was read when it was
  files.put(`/store/${newest}`, bytes)
  const before = (await numbersIn(await copyOf(files), '/copy')).length
  expect(before).toBeLessThan(60)
  expect(before).toBeGreaterThan(40)
})

test('a segment that is just being made has no header yet, and is left out', async () => {
  const { files, store } = await open()
  await store.close()
  files.put('/store/p0-0000000099.zlog', new Uint8Array(4096))
  const names = (await files.list('/store')).filter((name) => name.endsWith('.zlog')).sort()
  const next = Number(names.at(-2)!.slice(3, 13)) + 1
  await files.rename('/store/p0-0000000099.zlog', `/store/p0-${String(next).padStart(10, '0')}.zlog`)
  expect((await numbersIn(await copyOf(files), '/copy')).length).toBe(60)
})

async function copyOf(files: FakeFiles): Promise<FakeFiles> {
  await backup('/store', '/copy', files)
  return files
}
