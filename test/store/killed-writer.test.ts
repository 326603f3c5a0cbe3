// A real process that is killed with SIGKILL while it writes and cleans: what it called durable is there, in order, once.
// And who may open a folder while somebody is in it.

import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { RecordType } from '../../src/store/record-types.ts'
import { Store } from '../../src/store/store.ts'
import { builtProgram } from '../support/built.ts'
import { payloadsOf } from '../support/store-model.ts'

const WRITER = fileURLToPath(new URL('../support/store-writer.mjs', import.meta.url))
const ROUNDS = Number(process.env['ZZ_KILLS'] ?? 4)

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'store-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Starts the writer; resolves when it has said `lines` lines. */
async function writer(path: string, mode: string, lines: number): Promise<{ child: ChildProcess; said: () => string[]; ended: Promise<void> }> {
  const child = spawn(process.execPath, [WRITER, dirname(dirname(builtProgram())), path, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  const said = (): string[] => text.split('\n').slice(0, -1)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (said().length >= lines) resolve()
    })
    void ended.then(() => reject(new Error(`the writer ended by itself after ${text.length} bytes`)))
  })
  return { child, said, ended }
}

for (const mode of ['write', 'commit']) {
  test(`${mode}: killed ${ROUNDS} times, nothing that was durable is lost, nothing doubled`, { timeout: 30_000 + ROUNDS * 10_000 }, async () => {
    const path = folder()
    let acknowledged = 0
    for (let round = 0; round < ROUNDS; round++) {
      const { child, said, ended } = await writer(path, mode, mode === 'write' ? 150 + (round % 5) * 90 : 60 + (round % 5) * 20)
      child.kill('SIGKILL')
      await ended
      const last = Number(said().at(-1))
      expect(last).toBeGreaterThan(acknowledged)
      acknowledged = last

      const store = await Store.open(path, { ballastSize: 0 })
      const session = store.state.byClientId.get('keeper')!
      expect(session.nextNumber).toBeGreaterThan(acknowledged)
      const numbers: number[] = []
      for (const { number, slot } of session.queue.from(0)) {
        const [payload = ''] = payloadsOf(await store.packets(slot, RecordType.Message))
        expect(payload).toBe(`${number} ${'x'.repeat(number % 200)}`)
        numbers.push(number)
      }
      const first = numbers[0]!
      expect(numbers).toEqual(Array.from({ length: session.nextNumber - first }, (_, i) => first + i))
      expect(first).toBeLessThanOrEqual(Math.max(1, acknowledged - 900))
      await store.close()
    }
    const segments = readdirSync(path).filter((name) => name.endsWith('.zlog'))
    expect(segments.toSorted()[0], 'cleaned under way').not.toBe('p0-0000000001.zlog')
  })
}

test('a folder is one process’ alone, and free again when that was killed', async () => {
  const path = folder()
  const { child, ended } = await writer(path, 'write', 1)
  await expect(Store.open(path)).rejects.toThrow(`${path} is in use by process ${child.pid}; stop it first`)
  child.kill('SIGKILL')
  await ended
  const store = await Store.open(path, { ballastSize: 0 })
  await expect(Store.open(path)).rejects.toThrow(`in use by process ${process.pid}`)
  await store.close()
  // a number that somebody else has got since, and a lock torn by a power cut
  for (const left of [`${process.pid} another-boot/1\n`, '']) {
    writeFileSync(join(path, 'lock'), left)
    await (await Store.open(path, { ballastSize: 0 })).close()
  }
  expect(readdirSync(path).filter((name) => name.startsWith('lock'))).toEqual([])
})

test('what is stored is for its owner alone', async () => {
  const path = join(folder(), 'deep', 'store')
  const store = await Store.open(path, { ballastSize: 4096 })
  await store.journal.flush()
  expect(statSync(path).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o777, name).toBe(0o600)
  await store.close()
})

test('a folder that cannot be written is an error that names it', async () => {
  if (process.getuid?.() === 0) return
  const path = folder()
  chmodSync(path, 0o500)
  await expect(Store.open(path)).rejects.toThrow(path)
})
