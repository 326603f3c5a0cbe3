// Passwords at full speed and access files that are broken (rows 45 and 46 of docs/security.md).
// What a right file means is the business of test/auth.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { AccessFileError } from '../../src/auth/access-file.ts'
import { AclFile } from '../../src/auth/acl-file.ts'
import { FileAuthenticator } from '../../src/auth/file-authenticator.ts'
import { PasswordFile } from '../../src/auth/password-file.ts'
import { makePasswordHash, verifyPasswordHash } from '../../src/auth/password-hash.ts'
import { PasswordLogins } from '../../src/auth/password-logins.ts'
import { PskFile } from '../../src/auth/psk-file.ts'
import type { Authenticator } from '../../src/broker/ports.ts'
import { connectFrame, field } from '../support/raw-packets.ts'
import { type Attacker, heldBytes, row, until } from './arena.ts'

const HASH = (await makePasswordHash(Buffer.from('right'), { kind: 'pbkdf2', iterations: 5000 }))!
const passwords = (): PasswordFile => new PasswordFile('passwords', { read: () => ({ bytes: Buffer.from(`known:${HASH}\n`), notes: [] }) })

/** Hashing waits for it: a flood must not depend on how fast this machine is. */
let held: Promise<void> = Promise.resolve()

/** The password file for everybody but the honest pair, which must not wait behind a flood of hashes of others. */
function gate(): Authenticator {
  const file = new FileAuthenticator(
    { allowAnonymous: false, passwordFile: passwords(), nameFrom: 'connect', clientIdPrefix: null },
    new PasswordLogins({
      verify: async (password, hash) => {
        await held
        return await verifyPasswordHash(password, hash)
      },
    }),
  )
  return {
    authenticate: (connect, peer) => (connect.userName === 'honest' ? { reasonCode: 0, userName: 'honest' } : file.authenticate(connect, peer)),
    begin: () => null,
  }
}

const login = (userName: string, password: string | readonly number[] | null): number[] =>
  connectFrame(5, { flags: password === null ? 0x82 : 0xc2, rest: [...field(userName), ...(password === null ? [] : field(password))] })

row(
  45,
  'passwords: longest, empty, none; a flood is bounded; unknown users cost what known ones do',
  async (arena) => {
    const refused = 'CONNACK 0 135, closed'
    for (const [userName, password, reaction] of [
      ['known', 'right', 'CONNACK 0 0, open'],
      ['known', 'wrong', refused],
      ['known', '', refused],
      ['known', null, refused],
      ['', 'right', refused],
      ['unknown', 'right', refused],
      ['known', 'x'.repeat(65_535), refused],
      ['known', [0, 0xff, 0], refused],
    ] as const)
      expect([userName, await arena.reaction([login(userName, password)], 5, 'first')]).toEqual([userName, reaction])

    const times: Record<string, number[]> = { known: [], unknown: [] }
    for (let i = 0; i < 40; i++) {
      const userName = i % 2 === 0 ? 'known' : 'unknown'
      const begun = performance.now()
      await arena.reaction([login(userName, `guess ${i}`)], 5, 'first')
      times[userName]!.push(performance.now() - begun)
    }
    const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!
    expect(median(times['unknown']!) / median(times['known']!)).toBeGreaterThan(0.5)
    expect(median(times['unknown']!) / median(times['known']!)).toBeLessThan(2)

    arena.attackers.length = 0
    const before = heldBytes()
    let release = (): void => {}
    held = new Promise((resolve) => {
      release = resolve
    })
    const flood = Array.from({ length: 400 }, (_, i) => {
      const attacker = arena.attacker()
      attacker.write(login('known', `guess ${i}`))
      return attacker
    })
    // four are hashed, 256 wait; the others are told at once
    const isBusy = (attacker: Attacker): boolean => attacker.isClosed && attacker.lines(5)[0] === 'CONNACK 0 151'
    await until(() => flood.filter(isBusy).length === 140, '140 sent away')
    release()
    await until(() => flood.every(({ isClosed }) => isClosed), 'all refused', 15_000)
    expect(flood.filter((attacker) => attacker.lines(5)[0] === 'CONNACK 0 135')).toHaveLength(260)
    flood.length = arena.attackers.length = 0
    expect((heldBytes() - before) / 2 ** 20).toBeLessThan(8)
  },
  { authenticator: gate() },
)

type File = { reload(path?: string): void }
const KINDS: readonly (readonly [kind: string, open: (path: string) => File, good: string, broken: readonly string[]])[] = [
  [
    'password file',
    (path) => new PasswordFile(path),
    `ann:${HASH}\n`,
    ['ann:\n', ':x\n', 'ann:plain\n', `ann:${HASH}\nann:${HASH}\n`, 'ann:$7$x\n', `ann\0:${HASH}\n`, '\xff:x\n', `${'x'.repeat(1 << 20)}:${HASH}\n`],
  ],
  ['ACL file', (path) => new AclFile(path), 'topic a\n', ['topic\n', 'user\n', 'nonsense a\n', 'topic a#\n', 'pattern\n']],
  ['PSK file', (path) => new PskFile(path), 'ann:c0ffee\n', ['ann:\n', ':c0\n', 'ann:xyz\n']],
]

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'zanzara-security-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test.each(KINDS)('row 46: a broken %s refuses to start and changes nothing at a reload', (_kind, open, good, broken) => {
  const home = folder()
  const path = join(home, 'file')
  for (const text of broken) {
    writeFileSync(path, Buffer.from(text, 'latin1'), { mode: 0o600 })
    expect(() => open(path), JSON.stringify(text.slice(0, 40))).toThrow(AccessFileError)
  }
  expect(() => open(home)).toThrow(AccessFileError)
  expect(() => open(join(home, 'none'))).toThrow(AccessFileError)
  writeFileSync(path, good, { mode: 0o600 })
  const file = open(path)
  for (const text of broken) {
    writeFileSync(path, Buffer.from(text, 'latin1'), { mode: 0o600 })
    expect(() => file.reload()).toThrow(AccessFileError)
  }
  rmSync(path)
  expect(() => file.reload()).toThrow(AccessFileError)
  if (file instanceof PasswordFile) expect(file.lookup('ann')?.userName).toBe('ann')
  if (file instanceof AclFile) expect(file.check(null, 'c', 'read', 'a')).toBe(true)
  if (file instanceof PskFile) expect(file.keyOf('ann')).not.toBeNull()
})

test('row 46: an empty ACL file allows nothing, an empty password file admits nobody', async () => {
  const read = (): { bytes: Uint8Array; notes: [] } => ({ bytes: Buffer.alloc(0), notes: [] })
  const acl = new AclFile('acl', { read })
  for (const access of ['read', 'write'] as const) expect(acl.check('ann', 'c', access, 'a')).toBe(false)
  const file = new PasswordFile('passwords', { read })
  for (const password of [null, Buffer.alloc(0), Buffer.from('x')])
    expect(await new PasswordLogins().judge(file, 'ann', password, '127.0.0.1')).toEqual({ outcome: 'refused' })
})
