// `zanzara completion`: the scripts complete every command and flag that the manual pages name; bash itself runs its own.
// zsh and fish are asked where they are installed.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CLIENT_OPTIONS } from '../../src/cli/client-options.ts'
import { flagsInHelp } from '../../src/cli/completion/command-words.ts'
import { completed, fishScript } from '../../src/cli/completion/shell-scripts.ts'
import { builtProgram } from '../support/built.ts'

const folder = mkdtempSync(join(tmpdir(), 'completion-'))
const manuals = fileURLToPath(new URL('../../man/', import.meta.url))
const installed = (shell: string): boolean => spawnSync(shell, ['--version'], { stdio: 'ignore' }).status === 0
const zanzara = (...args: string[]): { stdout: string; stderr: string; status: number | null } =>
  spawnSync(process.execPath, [builtProgram(), ...args], { encoding: 'utf8', cwd: folder })

beforeAll(() => {
  for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(folder, shell), zanzara('completion', shell).stdout)
  mkdirSync(join(folder, 'files', 'pub'), { recursive: true })
  for (const name of ['mosquitto.conf', 'my notes.txt']) writeFileSync(join(folder, 'files', name), '')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What bash offers when Tab is typed at the end of these words. */
function offered(...words: string[]): string[] {
  const script = `source "$1"; shift; complete -p zanzara > /dev/null || exit 9; COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _zanzara; printf '%s\\n' "\${COMPREPLY[@]}"`
  const run = spawnSync('bash', ['--norc', '-c', script, 'bash', join(folder, 'bash'), 'zanzara', ...words], { encoding: 'utf8', cwd: join(folder, 'files') })
  expect([run.stderr, run.status]).toEqual(['', 0])
  return run.stdout.split('\n').filter((word) => word !== '')
}

test.skipIf(!installed('bash'))('bash: commands, the flags of each, and given words', () => {
  expect(offered('pu')).toEqual(['pub'])
  expect(offered('')).toEqual(expect.arrayContaining(['broker', 'sub', 'sniff', 'completion', 'help', '--lan', '--port']))
  expect(offered('sub', '--re')).toEqual(['--retain-as-published', '--retain-handling', '--retained-only', '--remove-retained'])
  expect(offered('pub', '--will-')).toEqual(['--will-topic', '--will-payload', '--will-qos', '--will-retain'])
  expect(offered('pub', '-q', '')).toEqual(['0', '1', '2'])
  expect(offered('sniff', '--payload', '')).toEqual(['text', 'hex', 'json', 'cbor'])
  expect(offered('config', '')).toEqual(['check', 'explain'])
  expect(offered('completion', 'z')).toEqual(['zsh'])
  expect(offered('help', 'doc')).toEqual(['doctor'])
  expect(offered('--tls', '')).toEqual(['dev'])
})

test.skipIf(!installed('bash'))('bash: files and folders where the help says so, nothing where it wants something else', () => {
  expect(offered('broker', '-c', 'mo')).toEqual(['mosquitto.conf'])
  expect(offered('pub', '-f', 'my')).toEqual(['my notes.txt'])
  expect(offered('pub', '--capath', '')).toEqual(['pub'])
  expect(offered('pub', '-h', '')).toEqual([])
  expect(offered('sniff', '-r', 'mo')).toEqual(['mosquitto.conf'])
  expect(offered('--port', '0', '--', 'mo')).toEqual(['mosquitto.conf'])
})

test.skipIf(!installed('bash'))('bash: every flag of every manual page is offered', () => {
  const pages = readdirSync(manuals).filter((name) => /^zanzara-[^.]+\.1$/.test(name) && !name.startsWith('zanzara-sniff-'))
  expect(pages.length).toBeGreaterThan(15)
  let count = 0
  for (const page of pages) {
    const text = readFileSync(join(manuals, page), 'utf8').replaceAll('\\-', '-')
    const named = [...text.matchAll(/^\.B (-{1,2}[\w-]+(?:, -{1,2}[\w-]+)*)/gm)].flatMap(([, flags]) => flags!.split(', '))
    const words = offered(page.replace(/^zanzara-|\.1$/g, ''), '-')
    count += named.length
    expect({ page, missing: named.filter((flag) => !words.includes(flag)) }).toEqual({ page, missing: [] })
  }
  expect(count).toBeGreaterThan(300)
})

test('flags of a help: spellings, argument, sentence', () => {
  const help = '  -c, --config-file FILE   read this\n      --written    only what is said\n  word   no flag\n  --host NAME   one\n                more of it\n'
  expect(flagsInHelp(help)).toEqual([
    { flags: ['-c', '--config-file'], argument: 'FILE', help: 'read this' },
    { flags: ['--written'], argument: null, help: 'only what is said' },
    { flags: ['--host'], argument: 'NAME', help: 'one' },
  ])
})

test('arguments are completed by what the help calls them', () => {
  expect(['FILE', 'DIR', 'dev', 'always|auto|never', 'HOST', 'QOS'].map((argument) => completed(argument))).toEqual([
    { kind: 'file' },
    { kind: 'folder' },
    { kind: 'words', words: ['dev'] },
    { kind: 'words', words: ['always', 'auto', 'never'] },
    { kind: 'nothing' },
    { kind: 'words', words: ['0', '1', '2'] },
  ])
})

test('fish: quotes in a sentence are escaped, each flag has a line', () => {
  const script = fishScript([{ command: 'pub', help: "one's", words: ['a'], flags: [{ flags: ['-f', '--file'], argument: 'FILE', help: "a file's" }] }], [])
  expect(script.split('\n').slice(1)).toEqual([
    "complete -c zanzara -n __fish_is_first_token -f -a pub -d 'one\\'s'",
    "complete -c zanzara -n '__fish_seen_subcommand_from pub' -a 'a'",
    "complete -c zanzara -n '__fish_seen_subcommand_from pub' -s f -l file -r -F -d 'a file\\'s'",
    '',
  ])
})

test.each([
  ['zsh', ['-n']],
  ['fish', ['--no-execute']],
])('%s reads its script without a complaint, and it has all flags of the clients', (shell, flags) => {
  const script = readFileSync(join(folder, shell), 'utf8')
  for (const flag of CLIENT_OPTIONS.flatMap((option) => option.flags)) {
    const word = shell === 'zsh' ? `'*${flag}[` : flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`
    expect(script).toContain(word)
  }
  if (!installed(shell)) return
  expect(spawnSync(shell, [...flags, join(folder, shell)], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
})

test('another shell, or none, is refused with what there is', () => {
  expect(zanzara('completion', 'tcsh')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: "Error: 'tcsh' is no shell that we know: bash, zsh or fish.\n\nUse 'zanzara completion --help' to see usage.\n",
  })
  expect(zanzara('completion').status).toBe(2)
  expect(zanzara('completion', 'bash', 'zsh').status).toBe(2)
  expect(zanzara('completion', '--help').stdout).toContain('Usage: zanzara completion bash|zsh|fish')
})
