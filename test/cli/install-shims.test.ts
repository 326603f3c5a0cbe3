// `zanzara install-shims DIR`: programs under Mosquitto's names that start ours, and nobody else's file touched.
// One test runs the written files; the others look at them.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { installShims } from '../../src/cli/install-shims.ts'
import { builtProgram } from '../support/built.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const WRAPPERS = { mosquitto: 'broker', mosquitto_pub: 'pub' }

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zanzara shims-')) // with a space
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function install(argv: readonly string[], options: { path?: string; platform?: string; node?: string; program?: string } = {}): Promise<Run> {
  const io = Object.assign(new FakeTerminal(), { platform: options.platform ?? 'linux' })
  io.env['PATH'] = options.path ?? '/bin'
  const code = await installShims(argv, io, WRAPPERS, { node: options.node ?? '/opt/node', program: options.program ?? "/opt/it's/zanzara.js" })
  return { code, out: io.stdout.text, err: io.stderr.text }
}

test.skipIf(process.platform === 'win32')('the programs run, under the names that scripts know, with their arguments and exit codes', () => {
  const written = spawnSync(process.execPath, [builtProgram(), 'install-shims', join(folder, 'bin')], { encoding: 'utf8' })
  expect(written.status).toBe(0)
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` }
  const run = (program: string, ...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(program, args, { encoding: 'utf8', env })
  const names = readdirSync(join(folder, 'bin'))
  expect(names).toEqual(expect.arrayContaining(['mosquitto', 'mosquitto_pub', 'mosquitto_sub']))
  expect(written.stdout).toContain(`Written to ${join(folder, 'bin')}: `)
  expect(run('mosquitto', '--version').stdout).toMatch(/^mosquitto version 2\.1\.2 /)
  for (const name of ['mosquitto_pub', 'mosquitto_sub']) expect(run(name, '--version').stdout).toMatch(new RegExp(`^${name} version 2\\.1\\.2 `))
  const wrong = run('mosquitto_pub', '-t', 'a', '-m', 'two words', '--bogus')
  expect([wrong.status, wrong.stderr]).toEqual([1, "Error: Unknown option '--bogus'.\n\nUse 'mosquitto_pub --help' to see usage.\n"])
})

test('a shim goes straight to Node, whatever the folders are called', async () => {
  expect((await install([folder])).code).toBe(0)
  expect(readdirSync(folder).sort()).toEqual(['mosquitto', 'mosquitto_pub'])
  expect(readFileSync(join(folder, 'mosquitto_pub'), 'utf8')).toBe(
    `#!/bin/sh\n# mosquitto_pub, written by zanzara install-shims\nexport ZANZARA_PROGRAM_NAME=mosquitto_pub\nexec '/opt/node' '/opt/it'\\''s/zanzara.js' pub "$@"\n`,
  )
})

test('on Windows there are batch files too', async () => {
  const { code, out } = await install([folder], { platform: 'win32', node: 'C:\\Program Files\\node.exe', program: 'C:\\100%\\zanzara.js' })
  expect(code).toBe(0)
  expect(readdirSync(folder).sort()).toEqual(['mosquitto', 'mosquitto.cmd', 'mosquitto_pub', 'mosquitto_pub.cmd'])
  expect(readFileSync(join(folder, 'mosquitto.cmd'), 'utf8').split('\r\n')).toEqual([
    '@rem mosquitto, written by zanzara install-shims',
    '@setlocal',
    '@set ZANZARA_PROGRAM_NAME=mosquitto',
    '@"C:\\Program Files\\node.exe" "C:\\100%%\\zanzara.js" broker %*',
    '',
  ])
  expect(readFileSync(join(folder, 'mosquitto'), 'utf8')).toContain("exec 'C:/Program Files/node.exe' 'C:/100%/zanzara.js' broker")
  expect(out).toContain(`set "PATH=${folder};%PATH%"`)
})

test('what is not ours is left alone, all or nothing, unless forced', async () => {
  writeFileSync(join(folder, 'mosquitto_pub'), 'mine')
  const refused = await install([folder])
  expect(refused.code).toBe(1)
  expect(refused.err).toContain(`left alone: ${join(folder, 'mosquitto_pub')}\nNothing was written.`)
  expect(readdirSync(folder)).toEqual(['mosquitto_pub'])
  expect((await install([folder, '--force'])).code).toBe(0)
  expect(readFileSync(join(folder, 'mosquitto_pub'), 'utf8')).toContain('exec')
  expect((await install([folder])).code).toBe(0) // our own are replaced
})

test.skipIf(process.platform === 'win32')('a link to nothing is somebody else’s too', async () => {
  symlinkSync('/nonexistent/mosquitto', join(folder, 'mosquitto'))
  expect((await install([folder])).code).toBe(1)
})

test('--remove takes ours and only ours', async () => {
  await install([folder])
  writeFileSync(join(folder, 'mosquitto'), 'mine')
  writeFileSync(join(folder, 'other'), 'mine')
  const { code, out } = await install([folder, '--remove'])
  expect([code, out]).toEqual([0, `Removed from ${folder}: mosquitto_pub\nNot ours, and left alone: mosquitto\n`])
  expect(readdirSync(folder).sort()).toEqual(['mosquitto', 'other'])
  expect((await install([join(folder, 'none'), '--remove'])).out).toBe(`No shims of ours in ${join(folder, 'none')}.\n`)
})

test('what PATH needs: nothing, the folder, or the folder further in front', async () => {
  const line = `export PATH="${folder}:$PATH"`
  expect((await install([folder], { path: `/nowhere:${folder}` })).out).toContain('The folder is in PATH, and no other mosquitto comes before it.')
  const missing = await install([folder], { path: '/nowhere' })
  expect(missing.out).toContain(`The folder is not in PATH. To use the shims in this shell:\n\n    ${line}\n`)
  const before = join(folder, 'before')
  mkdirSync(before)
  writeFileSync(join(before, 'mosquitto'), '')
  const late = await install([folder], { path: `${before}:${folder}` })
  expect(late.out).toContain(`after ${before}, whose programs of these names come first`)
  expect(late.out).toContain(line)
  expect((await install([folder], { path: `${folder}:${before}` })).out).toContain('no other mosquitto comes before it')
})

test.each([
  [[], 'Name the folder to write to.'],
  [['a', 'b'], "One folder only; 'b' is a second one."],
  [['--frce', 'a'], "Unknown option '--frce'."],
])('wrong arguments %j: 2', async (argv, sentence) => {
  const { code, out, err } = await install(argv)
  expect([code, out, err]).toEqual([2, '', `Error: ${sentence}\n\nUse 'zanzara install-shims --help' to see usage.\n`])
  expect(existsSync('a')).toBe(false)
})

test('a folder that cannot be is an error of one line', async () => {
  writeFileSync(join(folder, 'file'), '')
  const { code, err } = await install([join(folder, 'file', 'bin')])
  expect(code).toBe(1)
  expect(err).toMatch(/^Error: ENOTDIR[^\n]*\n$/)
})
