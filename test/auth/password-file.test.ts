// Password files: hashes of every kind that Mosquitto has written, lines that are wrong, and reloads that fail.
// Who gets in by them is password-logins.test.ts; Debian's own tool writes and reads ours in test/interop.

import { createHash, pbkdf2Sync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PasswordFile, parsePasswordFile } from '../../src/auth/password-file.ts'
import { makePasswordHash, parsePasswordHash, verifyPasswordHash } from '../../src/auth/password-hash.ts'

const OLD_PBKDF2 = hashOf(101, 12)
const SHA512 = (() => {
  const salt = Buffer.alloc(12, 7)
  return `$6$${salt.toString('base64')}$${createHash('sha512').update('pw').update(salt).digest('base64')}`
})()
const ARGON2ID = '$argon2id$v=19$m=47104,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9ydHktdHdvIGJ5dGVzIG9mIGEgaGFzaCB0aGF0IGlzIG5vbmU'

function hashOf(iterations: number, saltLength: number): string {
  const salt = Buffer.alloc(saltLength, 9)
  return `$7$${iterations}$${salt.toString('base64')}$${pbkdf2Sync('pw', salt, iterations, 64, 'sha512').toString('base64')}`
}

function parse(...lines: readonly string[]): ReturnType<typeof parsePasswordFile> {
  return parsePasswordFile(Buffer.from(`${lines.join('\n')}\n`), 'passwords', () => true)
}

test.each([
  ['$7$ of 2.0', OLD_PBKDF2],
  ['$7$ of 2.1', hashOf(1000, 64)],
  ['one iteration, a salt of 16 bytes', hashOf(1, 16)],
  ['$6$', SHA512],
])('%s is read, fits its password and no other', async (_what, text) => {
  const hash = parsePasswordHash(text)!
  expect(await verifyPasswordHash(Buffer.from('pw'), hash)).toBe(true)
  for (const wrong of ['', 'p', 'p\0w', 'PW']) expect(await verifyPasswordHash(Buffer.from(wrong), hash)).toBe(false)
})

test.each([
  ['b', '$7$101$0Jy0u4Gjic//qj33$c4r6xow/Rc61qoS0/nXAmfJuHkvyrxK1N4fbKaDLfzKlAsbechCmaVdx1+ZMyiO33k2LtbS/cQMY5U9DDIS1JA=='],
  ['y', '$6$i1ePDKOjRC1HG97z$2cruUq4irpPpuSc4ikY+wn+ZYjrby8CRlD2kleKBQ+vxSXyfg02gexCfYpwTCq840cKL0UlO5h0+Hai1ifs+ew=='],
])('%s fits what mosquitto_passwd 2.0.11 made of it', async (password, text) => {
  expect(await verifyPasswordHash(Buffer.from(password), parsePasswordHash(text)!)).toBe(true)
  expect(await verifyPasswordHash(Buffer.from('x'), parsePasswordHash(text)!)).toBe(false)
})

test('what is made can be read, for any bytes; each time with another salt', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 100 }),
      fc.constantFrom({ kind: 'sha512' } as const, { kind: 'pbkdf2', iterations: 3 } as const),
      async (password, wanted) => {
        const text = (await makePasswordHash(password, wanted))!
        expect(await makePasswordHash(password, wanted)).not.toBe(text)
        expect(await verifyPasswordHash(password, parsePasswordHash(text)!)).toBe(true)
        expect(await verifyPasswordHash(Buffer.concat([password, Buffer.from('x')]), parsePasswordHash(text)!)).toBe(false)
      },
    ),
    { numRuns: 50, seed: 20261122 },
  )
})

test('argon2id is made and checked by its library, with the parameters of Mosquitto; without it nothing fits', async () => {
  const calls: unknown[] = []
  const library = {
    verify: async (encoded: string, password: Buffer): Promise<boolean> => calls.push([encoded, password.toString()]) > 0 && password.toString() === 'pw',
    hash: async (password: Buffer, options: object): Promise<string> => (calls.push([password.toString(), options]) > 0 ? ARGON2ID : ''),
  }
  const hash = parsePasswordHash(ARGON2ID)!
  expect(hash).toEqual({ kind: 'argon2id', encoded: ARGON2ID })
  expect([await verifyPasswordHash(Buffer.from('pw'), hash, library), await verifyPasswordHash(Buffer.from('no'), hash, library)]).toEqual([true, false])
  expect(await verifyPasswordHash(Buffer.from('pw'), hash, null)).toBe(false)
  expect(await makePasswordHash(Buffer.from('pw'), { kind: 'argon2id' }, library)).toBe(ARGON2ID)
  expect(await makePasswordHash(Buffer.from('pw'), { kind: 'argon2id' }, null)).toBeNull()
  expect(calls.at(-1)).toEqual(['pw', { type: 2, memoryCost: 47_104, timeCost: 1, parallelism: 1 }])
})

const [, , , SALT, KEY] = OLD_PBKDF2.split('$')
test.each([
  ['plain text', 'secret'],
  ['nothing', ''],
  ['an unknown kind', `$5$${SALT}$${KEY}`],
  ['no iterations', `$7$0$${SALT}$${KEY}`],
  ['iterations that are no number', `$7$1e3$${SALT}$${KEY}`],
  ['iterations beyond what can be done', `$7$2147483648$${SALT}$${KEY}`],
  ['a negative number', `$7$-1$${SALT}$${KEY}`],
  ['no salt', `$7$101$$${KEY}`],
  ['a salt that is no base64', `$7$101$!!!!$${KEY}`],
  ['a key without its padding', `$7$101$${SALT}$${KEY!.replace(/=+$/, '')}`],
  ['a key cut short', `$7$101$${SALT}$${KEY!.slice(0, 44)}`],
  ['a field too many', `${OLD_PBKDF2}$x`],
  ['a field too few', `$7$${SALT}$${KEY}`],
  ['text before it', `x${OLD_PBKDF2}`],
  ['argon2i', ARGON2ID.replace('argon2id', 'argon2i')],
  ['argon2id cut short', ARGON2ID.slice(0, 50)],
])('%s is no hash', (_what, text) => {
  expect(parsePasswordHash(text)).toBeNull()
})

test('comments, empty lines and lines without a colon are skipped; blanks around names and hashes too', () => {
  const entries = parse('# a comment: not a user', '', 'ann', `  bob  : ${OLD_PBKDF2} `, `zoe:${SHA512}\r`, 'last')
  expect([...entries.keys()]).toEqual(['bob', 'zoe'])
  expect([entries.get('bob')!.line, entries.get('zoe')!.encoded]).toEqual([4, SHA512])
})

test.each([
  [
    'ann:',
    "Unable to decode line in password file 'passwords'.",
    "User 'ann' has no password hash. If it is in plain text, hash the file with: zanzara passwd -U.",
  ],
  [
    'ann:  ',
    "Unable to decode line in password file 'passwords'.",
    "User 'ann' has no password hash. If it is in plain text, hash the file with: zanzara passwd -U.",
  ],
  [
    'ann:secret',
    "Unable to decode line in password file 'passwords'.",
    "User 'ann' has no password hash. If it is in plain text, hash the file with: zanzara passwd -U.",
  ],
  ['ann:$7$x', "Unable to decode line in password file 'passwords'.", "User 'ann' has no password hash. Set the password anew with: zanzara passwd."],
  [`bob:${SHA512}`, "Duplicate user 'bob' in password file 'passwords'.", ''],
  [`:${SHA512}`, "Invalid line in password file 'passwords'.", 'It has no user name.'],
  [`ann\0:${SHA512}`, "Invalid line in password file 'passwords'.", 'It has a NUL character.'],
  [`${'u'.repeat(65_536)}:${SHA512}`, "Invalid line in password file 'passwords', username too long.", ''],
  [`ann:${'x'.repeat(1 << 20)}`, "Invalid line in password file 'passwords', password too long.", ''],
])('%.20j is refused with its line, and the secret is not shown', (line, message, detail) => {
  expect(() => parse(`bob:${SHA512}`, line)).toThrow(expect.objectContaining({ name: 'AccessFileError', file: 'passwords', line: 2, message, detail }))
})

test('bytes that are no UTF-8 are refused, but not in a comment', () => {
  const wrong = Buffer.concat([Buffer.from([0x23, 0xe9, 0x0a, 0xe9]), Buffer.from(`:${SHA512}`)])
  expect(() => parsePasswordFile(wrong, 'passwords')).toThrow(expect.objectContaining({ line: 2, detail: 'It is not UTF-8.' }))
})

test('argon2id without its library: one sentence says what to install', () => {
  expect(() => parsePasswordFile(Buffer.from(`ann:${ARGON2ID}`), 'passwords', () => false)).toThrow(
    expect.objectContaining({
      line: 1,
      detail: "User 'ann' has an argon2id hash, and the optional package 'argon2' is not installed; install it with: npm install argon2@0.44.",
    }),
  )
})

test('no bytes make the parser do anything but give users or say which line is wrong', () => {
  const piece = fc.constantFrom(
    `ann:${SHA512}\n`,
    `bob:${OLD_PBKDF2}\n`,
    'ann',
    ':',
    '\n',
    '\r\n',
    ' ',
    '#',
    '\0',
    OLD_PBKDF2,
    SHA512,
    ARGON2ID,
    '$7$',
    '$',
    'é',
  )
  const bytes = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''))),
    fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
  )
  let users = 0
  fc.assert(
    fc.property(bytes, (contents) => {
      try {
        const entries = parsePasswordFile(contents, 'passwords', () => true)
        for (const [name, entry] of entries) {
          expect([entry.userName, parsePasswordHash(entry.encoded)]).toEqual([name, entry.hash])
          expect(contents.toString()).toContain(entry.encoded)
          users++
        }
      } catch (error) {
        if ((error as Error).name !== 'AccessFileError') throw error
        expect((error as { line: number }).line).toBeGreaterThan(0)
      }
    }),
    { numRuns: 1500, seed: 20261122 },
  )
  expect(users).toBeGreaterThan(10)
})

test('a reload that fails keeps every user', () => {
  let text = `ann:${SHA512}\n`
  const file = new PasswordFile('passwords', { read: () => ({ bytes: Buffer.from(text), notes: [] }) })
  text = 'ann:secret\n'
  expect(() => file.reload()).toThrow('Unable to decode')
  expect(file.lookup('ann')!.encoded).toBe(SHA512)
  text = `bob:${SHA512}\n`
  file.reload()
  expect([file.lookup('ann'), file.lookup('bob')?.line, file.size]).toEqual([null, 1, 1])
})
