// `zanzara backup`: what it prints and leaves alone; a copy of a broker under load, put in place, is that broker as it was.
// Segments that come and go meanwhile are in test/store/backup.test.ts.

import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runBackup } from '../../src/cli/backup.ts'
import { Store } from '../../src/store/store.ts'
import { startProgram } from '../support/built.ts'
import { packetsOf } from '../support/store-model.ts'
import { configured, guest } from './support/broker-kit.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'backup-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = new FakeTerminal()
  const code = await runBackup(argv, io)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

/** A store with several segments. */
async function stored(path: string): Promise<void> {
  const store = await Store.open(path, { ballastSize: 4096, segmentSize: 4096, batchSize: 1024 })
  store.session({ session: store.newSession(), clientId: 'lamp', userName: null, version: 5, expiryInterval: 60, detachedAt: 0 })
  for (let i = 1; i <= 20; i++) {
    const recipient = { session: 1, from: 0, to: 1, first: i, qos: 1, retain: 0, received: false, identifiers: null } as const
    store.message(packetsOf('a/b', [`${i} ${'.'.repeat(500)}`]), [recipient], null)
    await store.journal.flush()
  }
  await store.close()
}

test('a stopped broker’s store: complete segments get a second name, the newest is copied, nothing else comes along', async () => {
  const path = folder()
  const store = join(path, 'zanzara')
  await stored(store)
  const target = join(path, 'copies', 'monday')
  const { code, out, err } = await run(path, target)
  expect([code, err]).toEqual([0, ''])
  const names = readdirSync(target)
  expect(names).toEqual(readdirSync(store).filter((name) => name.endsWith('.zlog')))
  expect(names.length).toBeGreaterThan(2)
  expect(out).toMatch(new RegExp(`^${target}: ${names.length} segments, 22 records up to sequence 22, \\d+ bytes\\. Whole\\.\n$`))
  for (const name of names) expect(readFileSync(join(target, name)), name).toEqual(readFileSync(join(store, name)))
  const isShared = names.map((name) => statSync(join(target, name)).ino === statSync(join(store, name)).ino)
  expect(isShared).toEqual(names.map((_, i) => i < names.length - 1))
  const json = await run('--json', store, join(path, 'tuesday'))
  expect(JSON.parse(json.out)).toEqual({ store, target: join(path, 'tuesday'), segments: names.length, records: 22, bytes: expect.any(Number), upTo: 22 })
})

test('what cannot be copied is said: no store, a full target, a damaged segment', async () => {
  const path = folder()
  const store = join(path, 'zanzara')
  expect((await run(path, join(path, 'copy'))).err).toBe(
    `Error: ${path} holds no journal: name a broker's persistence_location, or the folder 'zanzara' in it\n`,
  )
  await stored(store)
  expect((await run(store, store)).err).toBe(`Error: ${store} holds a journal already: name an empty folder for the backup\n`)
  const second = join(store, 'p0-0000000002.zlog')
  const bytes = readFileSync(second)
  bytes[200]! ^= 1
  writeFileSync(second, bytes)
  const { code, err } = await run(store, join(path, 'copy'))
  expect(code).toBe(1)
  expect(err).toMatch(/^Error: .*copy\/p0-0000000002\.zlog is damaged at offset 64 \(no valid batch\): it is as it was in .*zanzara, see `zanzara fsck`\n$/)
})

test.each([[[]], [['one']], [['one', 'two', 'three']], [['--fast', 'one', 'two']]])('wrong arguments %j: what is wrong, and where help is', async (argv) => {
  const { code, err } = await run(...argv)
  expect(code).toBe(2)
  expect(err).toMatch(/^Error: .+\n\nUse 'zanzara backup --help' to see usage\.\n$/)
})

test('a broker under load: copied again and again, each copy restores what was acknowledged before it was begun', { timeout: 40_000 }, async () => {
  const lines = ['allow_anonymous true', 'listener PORT 127.0.0.1', 'persistence true', 'persistence_location FOLDER', 'max_queued_messages 0']
  const broker = await configured(lines)
  const keeper = await guest(broker.port, { clientId: 'keeper', clean: false })
  await keeper.subscribe('load', 2)
  await keeper.leave()
  const writer = await guest(broker.port, { clientId: 'writer' })
  const acknowledged = new Set<number>()
  let next = 0
  let isOver = false
  const publish = async (): Promise<void> => {
    while (!isOver) {
      const number = next++
      await writer.publish('load', String(number), { qos: number % 2 === 0 ? 1 : 2 })
      acknowledged.add(number)
    }
  }
  const work = Promise.all(Array.from({ length: 20 }, publish))
  const copies: { path: string; owed: number[] }[] = []
  for (let i = 0; i < 4; i++) {
    for (const before = acknowledged.size; acknowledged.size < before + 200; ) await new Promise((resolve) => setTimeout(resolve, 5))
    const owed = [...acknowledged]
    const path = join(broker.folder, `copy-${i}`)
    const { code, err } = await run(broker.folder, path)
    expect([code, err]).toEqual([0, ''])
    copies.push({ path, owed })
  }
  isOver = true
  await work
  expect(await broker.program.ended('SIGTERM')).toBe(0)
  for (const { path, owed } of [copies[0]!, copies.at(-1)!]) {
    const store = join(broker.folder, 'zanzara')
    renameSync(store, `${path}.before`)
    renameSync(path, store)
    const again = startProgram(['broker', '-c', broker.file])
    await again.until('stderr', / running\n/)
    const back = await guest(broker.port, { clientId: 'keeper', clean: false })
    const numbers = (): number[] => back.messages.map((line) => Number(line.split(' ')[1]))
    const missing = (): number[] => {
      const there = new Set(numbers())
      return owed.filter((number) => !there.has(number))
    }
    await expect.poll(missing, { timeout: 30_000 }).toEqual([])
    expect(numbers().length).toBe(new Set(numbers()).size)
    await back.leave()
    expect(await again.ended('SIGTERM')).toBe(0)
  }
})
