// `zanzara acl check`: the answer, the line that decides, exit codes, JSON, and what is wrong with arguments and files.
// That the answers are right is test/auth's business.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aclFileOf, runAcl } from '../../src/cli/acl.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'acl-'))
  file = join(folder, 'aclfile')
  writeFileSync(file, 'topic read news/#\nuser ann\ntopic home/#\n  topic deny home/safe/+  \npattern write dev/%c/up\n')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function acl(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const terminal = new FakeTerminal()
  const code = await runAcl(argv, terminal)
  return { code, out: terminal.stdout.text.replaceAll(folder, ''), err: terminal.stderr.text.replaceAll(folder, '') }
}

test.each<[readonly string[], number, string]>([
  [
    ['--user', 'ann', 'publish', 'home/lamp'],
    0,
    "allowed\nrule    /aclfile:3: topic home/#\nreason  the first rule of user 'ann' that matches and grants write\n",
  ],
  [['--user', 'ann', 'deliver', 'home/safe/x'], 1, "denied\nrule    /aclfile:4: topic deny home/safe/+\nreason  a deny rule of user 'ann' matches\n"],
  [['publish', 'dev/c1/up'], 0, 'allowed\nrule    /aclfile:5: pattern write dev/%c/up\nreason  the first pattern that matches and grants write\n'],
  [
    ['deliver', 'news/today'],
    0,
    'allowed\nrule    /aclfile:1: topic read news/#\nreason  the first rule for clients without a user name that matches and grants read\n',
  ],
  [['publish', 'news/today'], 1, 'denied\nreason  no rule grants write; line 1 matches, but grants read only\n'],
  [['--user', 'zoe', 'publish', 'x'], 1, "denied\nreason  no rule matches: the file has no lines for user 'zoe', and no pattern fits\n"],
  [['subscribe', '$share/g/#'], 0, 'allowed\nreason  an ACL file never refuses SUBSCRIBE; what may not be read is not delivered: ask with deliver\n'],
  [['publish', '$SYS/broker/uptime'], 1, 'denied\nreason  the broker itself lets no client publish to $SYS, $CONTROL and $share, whatever the rules say\n'],
  [['publish', '--', '-odd'], 1, 'denied\nreason  no rule matches\n'],
])('%j', async (argv, code, out) => {
  expect(await acl('check', '--acl', file, '--client', 'c1', ...argv)).toEqual({ code, out, err: '' })
})

test('a Client Identifier with wildcards reaches no pattern', async () => {
  expect(await acl('check', '--acl', file, '--client', 'c#', 'publish', 'dev/c#/up'.replace('#', 'x'))).toMatchObject({
    code: 1,
    out: 'denied\nreason  the client id holds + or #, and the file has patterns\n',
  })
})

test('one JSON object', async () => {
  const { code, out } = await acl('check', '--acl', file, '--user', 'ann', '--client', 'c1', '--json', 'deliver', 'home/safe/x')
  expect([code, JSON.parse(out)]).toEqual([
    1,
    {
      allowed: false,
      action: 'deliver',
      topic: 'home/safe/x',
      user: 'ann',
      client: 'c1',
      rule: { file: '/aclfile', line: 4, text: 'topic deny home/safe/+' },
      reason: "a deny rule of user 'ann' matches",
    },
  ])
})

test('a configuration without acl_file allows everything but what the broker forbids', async () => {
  const config = join(folder, 'mosquitto.conf')
  writeFileSync(config, 'listener 1883\n')
  expect(await acl('check', '--config', config, '--client', 'c', 'deliver', 'x')).toMatchObject({ code: 0, out: expect.stringContaining('has no acl_file') })
  expect(await acl('check', '--config', config, '--client', 'c', 'publish', '$CONTROL/x')).toMatchObject({ code: 1 })
})

test('the file of a configuration, or of one of its listeners', () => {
  const listeners = [
    { port: 1883, aclFile: 'a' },
    { port: 8883, aclFile: 'b' },
    { port: 9001, aclFile: null },
  ]
  expect(aclFileOf({ listeners: [] }, null)).toBeNull()
  expect(aclFileOf({ aclFile: 'x', listeners: [] }, null)).toBe('x')
  expect(aclFileOf({ aclFile: 'x', listeners: [{ port: 1883 }, { port: 8883 }] }, null)).toBe('x')
  expect([1883, 8883, 9001].map((port) => aclFileOf({ listeners }, port))).toEqual(['a', 'b', null])
  expect(() => aclFileOf({ listeners }, null)).toThrow('The listeners have different ACL files. Say by --port which one: 1883, 8883, 9001.')
  expect(() => aclFileOf({ listeners }, 1884)).toThrow('The configuration has no listener with port 1884.')
})

test('files that cannot be used', async () => {
  expect(await acl('check', '--acl', join(folder, 'no'), '--client', 'c', 'publish', 'x')).toEqual({
    code: 2,
    out: '',
    err: 'Error: Unable to open acl_file "/no".\nThere is no such file.\n',
  })
  writeFileSync(file, 'user ann\ntopik x\n')
  expect(await acl('check', '--acl', file, '--client', 'c', 'publish', 'x')).toMatchObject({
    code: 2,
    err: 'Error: Invalid line in acl_file "/aclfile": topik.\nError found at /aclfile:2.\n',
  })
  writeFileSync(file, 'nonsense 1\n')
  expect(await acl('check', '--config', file, '--client', 'c', 'publish', 'x')).toMatchObject({
    code: 2,
    err: "Error: Unknown configuration variable 'nonsense'.\nError found at /aclfile:1.\n",
  })
})

test.each<[readonly string[], string]>([
  [[], "Say what to do: 'zanzara acl check'."],
  [['chek'], "Unknown word 'chek'; there is 'zanzara acl check'."],
  [['check'], 'Give an action: publish, subscribe or deliver.'],
  [['check', 'read'], "Unknown action 'read': publish, subscribe or deliver."],
  [['check', 'publish'], 'Give a topic.'],
  [['check', 'publish', 'a', 'b'], "One topic at a time: 'b' is too many."],
  [['check', 'publish', 'a'], 'Give either --acl FILE or --config FILE.'],
  [['check', '--acl', 'f', '--config', 'f', 'publish', 'a'], 'Give either --acl FILE or --config FILE.'],
  [['check', '--acl', 'f', 'publish', 'a'], 'Give --client ID: patterns with %c depend on it.'],
  [['check', '--acl', 'f', '--client', 'c', 'publish', 'a/#'], "Invalid Topic Name 'a/#': names are not empty and have no wildcards."],
  [['check', '--acl', 'f', '--client', 'c', 'subscribe', 'a#'], "Invalid Topic Filter 'a#'."],
  [['check', '--acl', 'f', '--port', '1', '--client', 'c', 'publish', 'a'], '--port takes a number, and goes with --config.'],
  [['check', '--config', 'f', '--port', 'x', '--client', 'c', 'publish', 'a'], '--port takes a number, and goes with --config.'],
  [['check', '--user'], '--user needs a value.'],
  [['check', '--what'], "Unknown option '--what'."],
])('%j is refused', async (argv, sentence) => {
  expect(await acl(...argv)).toEqual({ code: 2, out: '', err: `Error: ${sentence}\n\nUse 'zanzara acl --help' to see usage.\n` })
})

test('help', async () => {
  for (const word of ['--help', '-h']) expect(await acl(word)).toMatchObject({ code: 0, err: '', out: expect.stringContaining('zanzara acl check --acl FILE') })
})
