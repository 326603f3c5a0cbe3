// A broker whose store cannot be used, or fails while it runs: what it says, how it ends, and what the next start finds.
// Damage of every kind is in test/store; kills under load are broker-killed.

import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { crc32 } from '../../src/store/checksum.ts'
import { freePort } from '../interop/support/mosquitto.ts'
import { startProgram } from '../support/built.ts'
import { ConfiguredProgram, configured, folder, guest } from './support/broker-kit.ts'

const STORED = ['allow_anonymous true', 'listener PORT 127.0.0.1', 'persistence true', 'persistence_location FOLDER']
const DATABASE = readFileSync(new URL('../golden/mosquitto-2.0.11.db', import.meta.url))
const PRELOAD = pathToFileURL(join(import.meta.dirname, '../support/failing-disk.mjs')).href

/** The first segment of its store. */
function segmentOf({ folder: path }: ConfiguredProgram): string {
  return join(path, 'zanzara', 'p0-0000000001.zlog')
}

/** Lines of what it says before it ends, and its exit code. */
async function refused(broker: ConfiguredProgram): Promise<{ code: number; log: string }> {
  const again = startProgram(['broker', '-c', broker.file])
  const code = await again.ended()
  return { code, log: again.log.join('\n') }
}

test.each(['write', 'commit'])(
  '%s: a disk that fails: no acknowledgement, a sentence, exit code 74; the next start finds what was acknowledged',
  async (sync) => {
    const sign = join(folder(), 'broken')
    const env = { NODE_OPTIONS: `--import ${PRELOAD}`, FAILING_DISK: sign }
    const broker = await configured([...STORED, `persistence_sync ${sync}`], { env })
    const writer = await guest(broker.port, { clientId: 'writer' })
    await writer.publish('kept', 'before', { qos: 1, retain: true })
    writeFileSync(sign, '')
    let told = false
    void writer.publish('kept', 'after', { qos: 1, retain: true }).then(
      () => {
        told = true
      },
      () => {},
    )
    expect(await broker.program.ended()).toBe(74)
    expect(broker.log.join('\n')).toMatch(
      /Error: the journal in .*zanzara cannot be written: EIO: .*, fdatasync\. Nothing more is acknowledged; start again when the disk is well\.\n.* terminating$/,
    )
    if (sync === 'commit') expect(told).toBe(false)
    rmSync(sign)
    const again = startProgram(['broker', '-c', broker.file], { env })
    await again.until('stderr', / running\n/)
    const reader = await guest(broker.port, { clientId: 'reader' })
    await reader.subscribe('kept')
    const [message] = await reader.got(1)
    expect(told ? ['kept after r'] : ['kept before r', 'kept after r']).toContain(message)
  },
)

test('a folder that may not be written is named, with the option that chooses another', async () => {
  const port = await freePort()
  const broker = new ConfiguredProgram([...STORED.slice(0, 3), 'persistence_location FOLDER/there'], [port], {})
  const there = join(broker.folder, 'there')
  mkdirSync(there)
  chmodSync(there, 0o555)
  expect(await startProgram(['broker', '-c', broker.file]).ended()).toBe(1)
  const { code, log } = await refused(broker)
  expect(code).toBe(1)
  expect(log).toContain(
    `Error: the store in ${there}/zanzara cannot be opened: EACCES: permission denied, mkdir '${there}/zanzara'; see 'persistence_location'`,
  )
  expect(readdirSync(there)).toEqual([])
})

test('a store of a newer format is left alone', async () => {
  const broker = await configured(STORED)
  expect(await broker.program.ended('SIGTERM')).toBe(0)
  const segment = segmentOf(broker)
  const bytes = readFileSync(segment)
  bytes.writeUInt32LE(2, 8)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60)
  writeFileSync(segment, bytes)
  const { code, log } = await refused(broker)
  expect(code).toBe(1)
  expect(log).toContain(`Error: ${segment} has format 2, this program knows 1: start the newer version that wrote it`)
  expect(readFileSync(segment)).toEqual(bytes)
})

test('a database of Mosquitto that is damaged or cannot be read: nothing of it is taken, and nothing is made', async () => {
  const lines = [...STORED, 'persistence_file old.db']
  const broker = await configured(STORED, { files: { 'old.db': DATABASE.subarray(0, DATABASE.length - 7) } })
  expect(await broker.program.ended('SIGTERM')).toBe(0)
  rmSync(join(broker.folder, 'zanzara'), { recursive: true })
  broker.configure(lines)
  const damaged = await refused(broker)
  expect(damaged.code).toBe(1)
  expect(damaged.log).toMatch(/Error: .*\/old\.db is damaged at offset \d+: .*Let Mosquitto load and save it, or start without it/)
  rmSync(join(broker.folder, 'old.db'))
  mkdirSync(join(broker.folder, 'old.db'))
  const unreadable = await refused(broker)
  expect(unreadable.code).toBe(1)
  expect(unreadable.log).toMatch(/^Error: the database of Mosquitto cannot be read: EISDIR: .*; see 'persistence_file'$/m)
  expect(readdirSync(broker.folder).sort()).toEqual(['old.db', 'test.conf'])
})

test('an import that was cut short is begun again: its half is not taken for a store', async () => {
  const broker = await configured(STORED, { files: { 'old.db': DATABASE } })
  const writer = await guest(broker.port, { clientId: 'writer' })
  await writer.publish('half', 'imported', { qos: 1, retain: true })
  expect(await broker.program.ended('SIGTERM')).toBe(0)
  const draft = join(broker.folder, 'zanzara.import')
  mkdirSync(draft)
  for (const name of readdirSync(join(broker.folder, 'zanzara'))) writeFileSync(join(draft, name), readFileSync(join(broker.folder, 'zanzara', name)))
  rmSync(join(broker.folder, 'zanzara'), { recursive: true })
  chmodSync(draft, 0o777)
  mkdirSync(join(broker.folder, 'zanzara'), { mode: 0o777 })
  writeFileSync(join(broker.folder, 'zanzara', 'ballast'), '')
  chmodSync(join(broker.folder, 'zanzara'), 0o777)
  broker.configure([...STORED, 'persistence_file old.db'])
  const again = startProgram(['broker', '-c', broker.file])
  await again.until('stderr', / running\n/)
  expect(again.log.join('\n')).toContain('Imported 2 sessions, 7 messages and 3 retained messages')
  expect(readdirSync(broker.folder).sort()).toEqual(['old.db', 'test.conf', 'zanzara'])
  const reader = await guest(broker.port, { clientId: 'fresh' })
  await reader.subscribe('half')
  await reader.subscribe('a/ret')
  expect(await reader.got(1)).toEqual(['a/ret retained-one r'])
})
