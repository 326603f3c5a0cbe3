// Files with secrets on a real file system: who else can read them is said, links and folders are refused. Keys for TLS too.
// The warnings are Mosquitto's, three a file.

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type AccessFileOptions, readAccessFile } from '../../src/auth/access-file.ts'
import { AclFile } from '../../src/auth/acl-file.ts'
import { PasswordFile } from '../../src/auth/password-file.ts'
import { PskFile, parsePskFile } from '../../src/auth/psk-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'access-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function file(text: string, mode = 0o600): string {
  const path = join(folder, 'file')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

function notesOf(path: string, options: AccessFileOptions = {}): string[] {
  return readAccessFile(path, 'acl_file', options).notes.map(({ type, text }) => `${type} ${text}`)
}

const isWindows = process.platform === 'win32'

test.skipIf(isWindows)('a file of its user alone gives no warnings', () => {
  const { uid, gid } = statSync(file(''))
  for (const mode of [0o600, 0o640]) expect(notesOf(file('', mode), { owner: { uid, gid, userName: 'u', groupName: 'g' } })).toEqual([])
})

test.skipIf(isWindows)('one that the world can use, of another user and group, gives three', () => {
  const path = file('', 0o604)
  const owner = { uid: process.getuid!() + 1, gid: process.getgid!() + 1, userName: 'mosquitto', groupName: 'mqtt' }
  expect(notesOf(path, { owner })).toEqual([
    `warning Warning: File ${path} has world readable permissions. Future versions will refuse to load this file. To fix this, use \`chmod 0700 ${path}\`.`,
    `warning Warning: File ${path} owner is not mosquitto. Future versions will refuse to load this file. To fix this, use \`chown mosquitto ${path}\`.`,
    `warning Warning: File ${path} group is not mqtt. Future versions will refuse to load this file.`,
  ])
  expect(notesOf(path, { owner: null })).toEqual([])
  expect(new AclFile(path).notes.map(({ text }) => text)).toContain(notesOf(path)[0]!.slice('warning '.length))
})

test.skipIf(isWindows)('a symbolic link is refused unless it is allowed', () => {
  const link = join(folder, 'link')
  symlinkSync(file('topic a\n'), link)
  const refused = {
    message: `Unable to open acl_file "${link}".`,
    detail: 'It is a symbolic link. Name the file itself, or set MOSQUITTO_UNSAFE_ALLOW_SYMLINKS=1.',
  }
  expect(() => new AclFile(link)).toThrow(expect.objectContaining(refused))
  expect(new AclFile(link, { allowSymlinks: true }).check(null, 'c', 'read', 'a')).toBe(true)
  vi.stubEnv('MOSQUITTO_UNSAFE_ALLOW_SYMLINKS', '1')
  expect(new AclFile(link).check(null, 'c', 'read', 'a')).toBe(true)
})

test('a missing file, a folder and a pipe that nobody writes to are refused with the reason, at once', () => {
  const missing = join(folder, 'missing')
  expect(() => new PasswordFile(missing)).toThrow(
    expect.objectContaining({ logLines: [`Error: Unable to open pwfile "${missing}".`, 'There is no such file.'] }),
  )
  expect(() => new AclFile(folder)).toThrow(expect.objectContaining({ message: `Unable to open acl_file "${folder}".`, detail: `${folder} is not a file.` }))
  if (isWindows) return
  const pipe = join(folder, 'pipe')
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
  expect(() => new PskFile(pipe)).toThrow(expect.objectContaining({ detail: `${pipe} is not a file.` }))
})

test('an error names its line for the log', () => {
  const path = file('topic a\nuser\n')
  expect(() => new AclFile(path)).toThrow(
    expect.objectContaining({ logLines: [`Error: Missing username in acl_file "${path}".`, `Error found at ${path}:2.`] }),
  )
})

test('a file that is deleted or spoilt before a reload leaves everything as it was; another may take its place', () => {
  const path = file('topic a\n')
  const acl = new AclFile(path)
  writeFileSync(path, 'topic a\nnonsense\n')
  expect(() => acl.reload()).toThrow(expect.objectContaining({ file: path, line: 2 }))
  rmSync(path)
  expect(() => acl.reload()).toThrow(expect.objectContaining({ file: path, detail: 'There is no such file.' }))
  expect([acl.path, acl.check(null, 'c', 'read', 'a')]).toEqual([path, true])
  const other = join(folder, 'other')
  writeFileSync(other, 'topic b\n')
  acl.reload(other)
  expect([acl.path, acl.check(null, 'c', 'read', 'a'), acl.check(null, 'c', 'read', 'b')]).toEqual([other, false, true])
})

test('pre-shared keys by identity', () => {
  const path = file('# keys\nann:0aFf\n\nbob smith : 12 \nno key here\n')
  const keys = new PskFile(path)
  expect([keys.keyOf('ann'), keys.keyOf('bob smith'), keys.keyOf('zoe')]).toEqual([Buffer.from([0x0a, 0xff]), Buffer.from([0x12]), null])
  writeFileSync(path, 'ann:xx\n')
  expect(() => keys.reload()).toThrow()
  expect(keys.keyOf('bob smith')).not.toBeNull()
})

test.each([
  ['ann:', 'Empty psk for identity "ann".'],
  ['ann:0x12', 'psk for identity "ann" contains non-hexadecimal characters.'],
  [`ann:${'ab'.repeat(513)}`, 'psk for identity "ann" is longer than 512 bytes.'],
  [':12', "Empty identity in psk file 'keys'."],
  ['bob:12', "Duplicate identity 'bob' in psk file 'keys'."],
  [`${'i'.repeat(257)}:12`, "Invalid line in psk file 'keys', identity longer than 256 bytes."],
  ['a\0b:12', "Invalid line in psk file 'keys'."],
])('%.20j is refused', (line, message) => {
  expect(() => parsePskFile(Buffer.from(`bob:34\n${line}\n`), 'keys')).toThrow(expect.objectContaining({ message, file: 'keys', line: 2 }))
})

test('no bytes make the parser of keys do anything but give keys or say which line is wrong', () => {
  const piece = fc.constantFrom('ann', 'bob', ':', ':', '\n', '\n', 'ab', '12', '3', ' ', '#', '\0', 'é')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        for (const [identity, key] of parsePskFile(Buffer.from(pieces.join('')), 'keys')) {
          expect(identity.trim()).toBe(identity)
          expect(key.length).toBeGreaterThan(0)
        }
      } catch (error) {
        if ((error as Error).name !== 'AccessFileError') throw error
        expect((error as { line: number }).line).toBeGreaterThan(0)
      }
    }),
    { numRuns: 1000, seed: 20261122 },
  )
})

test('a key of an odd number of digits begins with half a byte, as in Mosquitto', () => {
  expect(parsePskFile(Buffer.from('easy:12345\n'), 'keys').get('easy')).toEqual(Buffer.from('012345', 'hex'))
})
