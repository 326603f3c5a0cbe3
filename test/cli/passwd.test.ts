// `zanzara passwd` on real files: what it writes, keeps, prints and answers with, as scripts know it from mosquitto_passwd.
// Debian's tool and broker read and write the same files in test/interop.

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parsePasswordFile } from '../../src/auth/password-file.ts'
import { verifyPasswordHash } from '../../src/auth/password-hash.ts'
import { asker, type RawInput } from '../../src/cli/hidden-input.ts'
import { runPasswd } from '../../src/cli/passwd.ts'
import { changeLines } from '../../src/cli/password-lines.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const FAST = ['-I', '2']
let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'passwd-'))
  path = join(folder, 'passwords')
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function passwd(argv: readonly string[], input = ''): Promise<Outcome> {
  const terminal = new FakeTerminal()
  terminal.stdin.push(input)
  terminal.stdin.end()
  const code = await runPasswd(argv, terminal)
  return { code, out: terminal.stdout.text, err: terminal.stderr.text }
}

async function fits(userName: string, password: string): Promise<boolean> {
  const entry = parsePasswordFile(readFileSync(path), path).get(userName)
  return entry !== undefined && (await verifyPasswordHash(Buffer.from(password), entry.hash))
}

function linesIn(file = path): string[] {
  return readFileSync(file, 'utf8').split('\n')
}

test('a new file, another user, another password, one user less', async () => {
  expect(await passwd(['-c', '-b', path, 'ann', 'secret'])).toEqual({ code: 0, out: 'Adding password for user ann\n', err: '' })
  expect(linesIn()[0]).toMatch(/^ann:\$7\$10000\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$/)
  expect(await passwd(['-b', path, 'bob', 'b'])).toEqual({ code: 0, out: 'Adding password for user bob\n', err: '' })
  const [, bob] = linesIn()
  expect(await passwd(['-b', path, 'ann', 'other'])).toEqual({ code: 0, out: 'Updating password for user ann\n', err: '' })
  expect([await fits('ann', 'secret'), await fits('ann', 'other'), linesIn()[1]]).toEqual([false, true, bob])
  expect(await passwd(['-D', path, 'ann'])).toEqual({ code: 0, out: '', err: '' })
  expect(linesIn()).toEqual([bob, ''])
  expect(await passwd(['-D', path, 'ann'])).toEqual({ code: 1, out: '', err: 'Warning: User ann not found in password file.\n' })
  expect(readdirSync(folder)).toEqual(['passwords'])
})

test.skipIf(process.platform === 'win32')('a new file is for its owner alone; an old one keeps its mode; a link stays a link', async () => {
  await passwd([...FAST, '-c', '-b', path, 'ann', 'a'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  chmodSync(path, 0o640)
  const link = join(folder, 'link')
  symlinkSync(path, link)
  await passwd([...FAST, '-b', link, 'bob', 'b'])
  expect([statSync(path).mode & 0o777, await fits('bob', 'b')]).toEqual([0o640, true])
  await passwd([...FAST, '-c', '-b', path, 'zoe', 'z'])
  expect([statSync(path).mode & 0o777, linesIn().length, await fits('zoe', 'z')]).toEqual([0o640, 2, true])
})

test('asked twice on standard input, without a file to read from', async () => {
  writeFileSync(path, '')
  expect(await passwd([...FAST, path, 'ann'], 'secret\r\nsecret\n')).toEqual({
    code: 0,
    out: 'Password: \nReenter password: \nAdding password for user ann\n',
    err: '',
  })
  expect(await fits('ann', 'secret')).toBe(true)
})

test.each([
  ['different', 'not\nmatching\n', 2, 'Error: Passwords do not match.\n'],
  ['the second is missing', 'secret\n', 2, 'Error: Passwords do not match.\n'],
  ['empty', '\n\n', 1, 'Error: Empty password.\n'],
  ['none', '', 1, 'Error: Empty password.\n'],
])('passwords that are %s change nothing', async (_what, input, code, err) => {
  expect(await passwd(['-c', path, 'ann'], input)).toMatchObject({ code, err })
  expect(readdirSync(folder)).toEqual([])
})

test('to standard output, with nothing but the line', async () => {
  const batch = await passwd([...FAST, '-b', '-c', '-', 'ann', 'pw'])
  expect(batch.out).toMatch(/^ann:\$7\$2\$\S+\n$/)
  const asked = await passwd([...FAST, '-c', '-', 'ann'], 'pw\npw\n')
  expect(asked.out).toMatch(/^Password: \nReenter password: \nann:\$7\$2\$\S+\n$/)
})

test.each([
  [[], 1, ''],
  [['--help'], 1, ''],
  [['-b', 'file', 'ann'], 1, ''],
  [['-H'], 1, 'Error: -H argument given but not enough other arguments.\n'],
  [['-H', 'nohash'], 1, "Error: Unknown hash type 'nohash'\n"],
  [['-I'], 1, 'Error: -I argument given but not enough other arguments.\n'],
  [['-I', '0'], 1, 'Error: Number of iterations must be > 0.\n'],
  [['-I', 'x'], 1, 'Error: Number of iterations must be > 0.\n'],
  [['-I', '2147483648'], 1, 'Error: Number of iterations must be at most 2147483647.\n'],
  [['-c', '-D'], 1, 'Error: -c and -D cannot be used together.\n'],
  [['-c', '-U'], 1, 'Error: -c and -U cannot be used together.\n'],
  [['-U', '-D'], 1, 'Error: -D and -U cannot be used together.\n'],
  [['-b', '-D'], 1, 'Error: -b and -D cannot be used together.\n'],
  [['-c', '-b'], 1, 'Error: -c argument given but password file, username, or password missing.\n'],
  [['-c'], 1, 'Error: -c argument given but password file or username missing.\n'],
  [['-D'], 1, 'Error: -D argument given but password file or username missing.\n'],
  [['-U'], 1, 'Error: -U argument given but password file missing.\n'],
  [['-D', 'f', 'a:'], 1, "Error: Username must not contain the ':' character.\n"],
  [['-D', 'f', 'a\n'], 1, 'Error: Username must not contain control characters.\n'],
  [['-D', 'f', 'a'.repeat(65_536)], 1, 'Error: Username must be less than 65536 characters long.\n'],
  [['-b', 'f', 'a', 'x'.repeat(65_536)], 1, 'Error: Password must be less than 65536 characters long.\n'],
  [['-b', 'f', '', 'x'], 1, 'Error: Username must not be empty.\n'],
  [['-b', 'f', '#a', 'x'], 1, "Error: Username must not begin with '#': its line would be a comment.\n"],
  [['-b', 'f', 'a ', 'x'], 1, 'Error: Username must not begin or end with a space.\n'],
])('%.60j: exit code %i', async (argv, code, err) => {
  const outcome = await passwd(argv)
  expect([outcome.code, outcome.err]).toEqual([code, err])
  expect(outcome.out !== '').toBe(err === '') // the usage, when nothing else is said
})

test('files that are not there, or are no files', async () => {
  const missing = join(folder, 'no', 'file')
  expect(await passwd(['-b', path, 'a', 'b'])).toMatchObject({ code: 1, err: `Error: Unable to open password file ${path}. No such file or directory.\n` })
  expect(await passwd(['-b', '-c', missing, 'a', 'b'])).toMatchObject({
    code: 1,
    err: `Error: Unable to open file ${missing} for writing. No such file or directory.\n`,
  })
  expect(await passwd(['-b', folder, 'a', 'b'])).toMatchObject({ code: 1, err: `Error: Unable to open password file ${folder}. Is a directory.\n` })
})

test('a plain file is hashed in place; comments, empty lines and hashes stay', async () => {
  writeFileSync(path, '# plain\nann:secret\n\n bob : pa:ss \r\nzoe:z')
  expect(await passwd([...FAST, '-U', path])).toEqual({ code: 0, out: '', err: '' })
  expect([await fits('ann', 'secret'), await fits('bob', 'pa:ss'), await fits('zoe', 'z')]).toEqual([true, true, true])
  const hashed = linesIn()
  expect([hashed[0], hashed[2], hashed.length]).toEqual(['# plain', '', 6])
  expect(await passwd([...FAST, '-U', path])).toMatchObject({ code: 0 })
  expect(linesIn()).toEqual(hashed)
})

test.each([
  ['no colon', 'ann:x\nbob\n', 2],
  ['no name', ':x\n', 1],
  ['no password', 'ann:x\n\nbob: \n', 3],
])('a file with %s is left alone, and its line named', async (_what, text, line) => {
  writeFileSync(path, text)
  for (const argv of [
    [...FAST, '-U', path],
    [...FAST, '-b', path, 'zoe', 'z'],
    ['-D', path, 'ann'],
  ]) {
    expect(await passwd(argv)).toMatchObject({ code: 1, err: `Error: Corrupt password file at line ${line}.\n` })
    expect(readFileSync(path, 'utf8')).toBe(text)
  }
  expect(readdirSync(folder)).toEqual(['passwords'])
})

test('a last line without an end does not swallow the new one', async () => {
  writeFileSync(path, 'ann:$6$x')
  await passwd([...FAST, '-b', path, 'bob', 'b'])
  expect(linesIn().map((line) => line.slice(0, 8))).toEqual(['ann:$6$x', 'bob:$7$2', ''])
})

test('-H sha512 and argon2id', async () => {
  await passwd(['-H', 'sha512', '-c', '-b', path, 'ann', 'a'])
  expect([linesIn()[0]!.startsWith('ann:$6$'), await fits('ann', 'a')]).toEqual([true, true])
  const before = readFileSync(path)
  const outcome = await passwd(['-H', 'argon2id', '-b', path, 'bob', 'b'])
  if (outcome.code === 0)
    expect(linesIn()[1]).toMatch(/^bob:\$argon2id\$v=19\$m=47104,t=1,p=1\$/) // the optional package is installed here
  else {
    expect(outcome).toMatchObject({ code: 10, err: expect.stringMatching(/^Error: Unable to hash password\..* npm install argon2@/) })
    expect(readFileSync(path)).toEqual(before)
  }
})

test('where no file can be made beside it, nothing is changed', async () => {
  const long = join(folder, 'p'.repeat(250)) // names of files end at 255
  writeFileSync(long, 'ann:x\n')
  expect(await passwd([...FAST, '-b', long, 'bob', 'b'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^Error creating backup password file ".*", not continuing\.\n$/),
  })
  expect(readFileSync(long, 'utf8')).toBe('ann:x\n')
})

test('lines that are not meant stay as they are, byte for byte', async () => {
  const line = fc.constantFrom('ann:x', 'bob:$6$y', ' bob : z ', '# bob:é', '', 'zoe:a:b\r', '\t')
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.boolean(), async (lines, endsOpen) => {
      const text = lines.map((one) => `${one}\n`).join('')
      const contents = Buffer.from(endsOpen ? text.slice(0, -1) : text)
      const changed = await changeLines(contents, ({ userName }) => (userName === 'bob' ? 'remove' : 'keep'))
      const kept = contents
        .toString()
        .split('\n')
        .slice(0, endsOpen && contents.length > 0 && contents.at(-1) !== 0x0a ? undefined : -1)
        .filter((one) => !/^ ?bob ?:/.test(one))
      expect(changed.toString()).toBe(kept.map((one) => `${one}\n`).join(''))
    }),
    { numRuns: 300, seed: 20261122 },
  )
})

/** A terminal that says when it hides what is typed. */
class Keyboard implements RawInput {
  readonly isTTY = true
  isHidden = false
  #listener: ((chunk: Uint8Array) => void) | null = null

  setRawMode(on: boolean): void {
    this.isHidden = on
  }
  on(_event: 'data', listener: (chunk: Uint8Array) => void): void {
    this.#listener = listener
  }
  off(): void {
    this.#listener = null
  }
  resume(): void {}
  pause(): void {}

  type(text: string): void {
    this.#listener?.(Buffer.from(text))
  }
}

test('on a terminal nothing is shown of what is typed, from before the prompt on', async () => {
  const keyboard = new Keyboard()
  const terminal = new FakeTerminal()
  const shown: [string, boolean][] = []
  const write = terminal.stdout.write.bind(terminal.stdout)
  terminal.stdout.write = (data) => {
    shown.push([String(data), keyboard.isHidden])
    write(data)
  }
  const ask = asker(terminal, keyboard)
  const first = ask('Password: ')
  await terminal.stdout.flush()
  keyboard.type('wrong\u0015sex')
  keyboard.type('\u007fcreté\b\rsecret\r')
  expect(Buffer.from((await first) as Uint8Array).toString()).toBe('secret')
  expect(keyboard.isHidden).toBe(false)
  expect(Buffer.from((await ask('Reenter password: ')) as Uint8Array).toString()).toBe('secret') // typed ahead
  const third = ask('Password: ')
  await terminal.stdout.flush()
  keyboard.type('abc\u0003')
  expect([await third, keyboard.isHidden]).toEqual(['interrupted', false])
  expect(shown).toEqual([
    ['Password: ', true],
    ['\n', true],
    ['Reenter password: ', true],
    ['\n', true],
    ['Password: ', true],
    ['\n', true],
  ])
})

test('interrupted by Ctrl-C nothing is written', async () => {
  const terminal = new FakeTerminal()
  expect(await runPasswd(['-c', path, 'ann'], terminal, async () => 'interrupted')).toBe(1)
  expect([terminal.stderr.text, readdirSync(folder)]).toEqual(['Interrupted: nothing was changed.\n', []])
})
