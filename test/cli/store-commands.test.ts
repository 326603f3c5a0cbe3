// `zanzara fsck` and `zanzara db dump`: what they print, their exit codes, what they leave alone.
// Folders are real and temporary.

import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { runDb } from '../../src/cli/db.ts'
import { runFsck } from '../../src/cli/fsck.ts'
import { Store } from '../../src/store/store.ts'
import { packetsOf } from '../support/store-model.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const DATABASE = fileURLToPath(new URL('../golden/mosquitto-2.0.11.db', import.meta.url))

async function run(command: typeof runDb, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = new FakeTerminal()
  const code = await command(argv, io)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'store-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A stopped broker's folder: three batches, durable one after another. */
async function stored(): Promise<{ path: string; segment: string }> {
  const path = folder()
  const store = await Store.open(path, { ballastSize: 0, mode: 'commit', markAfterMs: 0, now: () => Date.parse('2025-01-02T03:04:05Z') })
  store.session({ session: store.newSession(), clientId: 'kitchen lamp', userName: null, version: 5, expiryInterval: 60, detachedAt: 0 })
  await store.journal.flush()
  store.message(packetsOf('a/b', ['hello', 'world']), [{ session: 1, from: 0, to: 2, first: 1, qos: 1, retain: 0, received: false, identifiers: [7] }], null)
  await store.journal.flush()
  store.done(1, 1, 1, 1)
  await store.close()
  return { path, segment: join(path, 'p0-0000000001.zlog') }
}

function damage(segment: string, text: string): void {
  const bytes = readFileSync(segment)
  bytes[bytes.indexOf(text)]! ^= 1
  writeFileSync(segment, bytes)
}

test('fsck of a whole folder says what is in it and ends with 0', async () => {
  const { path, segment } = await stored()
  const before = readFileSync(segment)
  const { code, out, err } = await run(runFsck, path)
  expect(out).toBe(`${path}: 1 segment, 4 batches, 4 records, sequences 1 to 4, ${before.length} bytes\nWhole.\n`)
  expect([code, err]).toEqual([0, ''])
  expect(readFileSync(segment)).toEqual(before)
  expect(readdirSync(path)).toEqual(['p0-0000000001.zlog'])
})

test('fsck and db dump take the persistence_location, too', async () => {
  const { path } = await stored()
  const place = folder()
  renameSync(path, join(place, 'zanzara'))
  expect((await run(runFsck, place)).out).toMatch(new RegExp(`^${place}/zanzara: 1 segment, .*\nWhole\\.\n$`))
  expect((await run(runDb, 'dump', place)).out).toContain('clientId="kitchen lamp"')
})

test('fsck names the damage and changes nothing; --repair keeps the rest and the old file', async () => {
  const { path, segment } = await stored()
  damage(segment, 'hello')
  const before = readFileSync(segment)
  const { code, out } = await run(runFsck, path)
  expect(code).toBe(4)
  expect(out).toMatch(
    /p0-0000000001\.zlog: bytes \d+ to \d+: no valid batch; what was stored there is lost\nDamaged\. Restore a backup, or set the damaged part aside with --repair\.\n$/,
  )
  expect(readFileSync(segment)).toEqual(before)
  await expect(Store.open(path)).rejects.toThrow('zanzara fsck --repair')

  const repaired = await run(runFsck, '--repair', path)
  expect(repaired.code).toBe(1)
  expect(repaired.out).toContain(`${segment}: written anew\n${segment}.damaged: the old file\nRepaired: what was whole is kept.`)
  expect(readFileSync(`${segment}.damaged`)).toEqual(before)
  expect((await run(runFsck, path)).code).toBe(0)
  const store = await Store.open(path, { ballastSize: 0 })
  expect(store.state.byClientId.get('kitchen lamp')!.queue.count).toBe(0)
  await store.close()
})

test('a torn last write is no damage', async () => {
  const { path, segment } = await stored()
  writeFileSync(segment, readFileSync(segment).subarray(0, -20))
  const { code, out } = await run(runFsck, path)
  expect(code).toBe(0)
  expect(out).toContain('Whole but for its last write, which was never acknowledged as durable; the broker cuts it off when it starts.\n')
})

test('fsck --json is one object', async () => {
  const { path, segment } = await stored()
  damage(segment, 'hello')
  const { out } = await run(runFsck, '--json', path)
  expect(JSON.parse(out)).toMatchObject({ segments: 1, batches: 3, damage: [{ path: segment, isLoss: true }], repaired: [] })
})

test('fsck refuses a folder in use, one without a journal, and wrong arguments', async () => {
  const { path } = await stored()
  const store = await Store.open(path, { ballastSize: 0 })
  expect(await run(runFsck, path)).toEqual({ code: 8, out: '', err: expect.stringMatching(/^Error: .* is in use by process \d+; stop it first/) })
  await store.close()
  expect((await run(runFsck, folder())).err).toMatch(/holds no journal: name a broker's persistence_location, or the folder 'zanzara' in it\n$/)
  expect((await run(runFsck)).err).toBe("Error: Give the folder to look at.\n\nUse 'zanzara fsck --help' to see usage.\n")
  expect((await run(runFsck, '--fix', path)).code).toBe(16)
  expect((await run(runFsck, '--help')).out).toMatch(/^zanzara fsck looks over/)
})

test('db dump of a folder prints a line per record, also beside a running broker', async () => {
  const { path } = await stored()
  const store = await Store.open(path, { ballastSize: 0 })
  const { code, out, err } = await run(runDb, 'dump', path)
  await store.close()
  expect([code, err]).toEqual([0, ''])
  const lines = out.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^1 fence place=1:\d+ epoch=1$/)
  expect(lines[1]).toMatch(/^2 session place=1:\d+ session=1 clientId="kitchen lamp" version=5 expiryInterval=60 nextNumber=1 sentUpTo=1$/)
  expect(lines[2]).toContain('"topic":"a/b","qos":1,"retain":false,"packetId":1,"payload":"hello"')
  expect(lines[3]).toMatch(/^4 done place=1:\d+ session=1 first=1 count=1 reason="dropped by a limit"$/)
  expect(lines[4]).toMatch(/^5 fence /)
})

test('db dump --json gives one object a line; damage is said and the rest shown', async () => {
  const { path, segment } = await stored()
  damage(segment, 'hello')
  const { code, out, err } = await run(runDb, 'dump', '--json', path)
  expect(code).toBe(1)
  expect(err).toMatch(/^Error: .*p0-0000000001\.zlog: bytes \d+ to \d+: no valid batch\n$/)
  const records = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(records.map(({ sequence, record }) => [sequence, record])).toEqual([
    [1, 'fence'],
    [2, 'session'],
    [4, 'done'],
  ])
  expect(records[0].at).toBe('2025-01-02T03:04:05.000Z')
})

test('db dump of a database of Mosquitto', async () => {
  const { code, out, err } = await run(runDb, 'dump', DATABASE)
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain('subscription identifier=77 clientId=sub5 filter=a/b qos=1 options=8\n')
  expect(out).toContain('client-message message=54 clientId=sub4 mid=2 qos=2 retain=false dup=true incoming=false state="awaiting PUBCOMP"\n')
  const json = (await run(runDb, 'dump', '--json', DATABASE)).out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(json.filter(({ record }) => record === 'retained').map(({ topic }) => topic)).toEqual(['a/ret', 'r/five', 'c/rap'])
})

test('db dump says what it cannot read', async () => {
  expect((await run(runDb, 'dump', '/none/none.db')).err).toBe('Error: /none/none.db: No such file or directory\n')
  expect((await run(runDb, 'dump', fileURLToPath(import.meta.url))).err).toMatch(/is no database of Mosquitto/)
  expect((await run(runDb, 'dumb', 'x')).err).toContain("There is no 'db dumb'. Did you mean: zanzara db dump")
  expect((await run(runDb)).code).toBe(2)
})
