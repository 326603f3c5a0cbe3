// What no packet can carry, or no server takes, is said before anything is connected: too long, control characters, what stands alone and must not.

import { expect, test } from 'vitest'

import { runPub } from '../../src/cli/pub.ts'
import { runRr } from '../../src/cli/rr.ts'
import { runSub } from '../../src/cli/sub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const LONG = 'x'.repeat(65536)
const TOOLS = { pub: runPub, sub: runSub, rr: runRr } as const
const GIVEN = { pub: ['-t', 'a', '-m', 'x'], sub: ['-t', 'a'], rr: ['-t', 'a', '-e', 'b', '-m', 'x'] } as const

/** Nobody listens at port 1: whoever connects says `Connection refused`. */
async function errorOf(tool: keyof typeof TOOLS, argv: readonly string[]): Promise<string> {
  const io = new FakeTerminal()
  expect(await TOOLS[tool](['-h', '127.0.0.1', '-p', '1', ...GIVEN[tool], ...argv], io)).toBe(1)
  expect(io.stdout.text).toBe('')
  return io.stderr.text
}

const hint = (tool: string): string => `\n\nUse 'zanzara ${tool} --help' to see usage.\n`

test.each([
  ['pub', ['-t', 'a\x01'], '-t'],
  ['pub', ['--topic', 'a\x7f'], '-t'],
  ['pub', ['-t', 'a\x85'], '-t'],
  ['pub', ['-t', 'a\ufffe'], '-t'],
  ['pub', ['-t', 'a\ufdd0'], '-t'],
  ['pub', ['-t', 'a\u{1ffff}'], '-t'],
  ['pub', ['-L', 'mqtt://127.0.0.1:1/a\n'], '-L topic'],
  ['pub', ['--will-topic', 'w\t'], '--will-topic'],
  ['sub', ['-t', 'a\x01/#'], '-t'],
  ['sub', ['-T', 'a\x01'], '-T'],
  ['sub', ['-U', 'a\x01'], '-U'],
  ['sub', ['-L', 'mqtt://127.0.0.1:1/a\x02'], '-L topic'],
  ['rr', ['-t', 'a\x01'], '-t'],
  ['rr', ['-e', 'a\x01'], '-e'],
] as const)('%s %j: servers close the connection for such a character', async (tool, argv, flag) => {
  expect(await errorOf(tool, argv)).toBe(`Error: Malformed UTF-8 in ${flag} argument.\n${hint(tool)}`)
})

test.each(['a\ufeff', 'a\u2028', 'è/€/😀', 'a b', 'a\ufffd'])('%j is a topic like others', async (topic) => {
  expect(await errorOf('pub', ['-t', topic])).toBe('Error: Connection refused\n')
})

test.each([
  [['-i', LONG], 'Client Identifier of 65536 bytes: at most 65535.'],
  [['-u', LONG], 'User Name of 65536 bytes: at most 65535.'],
  [['-u', 'u', '-P', LONG], 'Password of 65536 bytes: at most 65535.'],
  [['--will-topic', 'w', '--will-payload', LONG], 'Will Payload of 65536 bytes: at most 65535.'],
  [['-i', 'a\x01'], 'Invalid id.\nControl characters and non-characters cannot stand in a Client Identifier.'],
  [['-I', 'a\x01'], 'Invalid id.\nControl characters and non-characters cannot stand in a Client Identifier.'],
  [['-u', 'a\x01'], 'Problem setting username and/or password.\nControl characters and non-characters cannot stand in a user name.'],
])('pub %#: what CONNECT cannot carry', async (argv, message) => {
  for (const tool of ['pub', 'sub', 'rr'] as const) expect(await errorOf(tool, argv)).toBe(`Error: ${message}\n`)
  expect(await errorOf('pub', [...argv, '--quiet'])).toBe('')
})

test('payloads and passwords are bytes: anything may stand in them', async () => {
  expect(await errorOf('pub', ['-u', 'u', '-P', '\x01', '--will-topic', 'w', '--will-payload', '\x01'])).toBe('Error: Connection refused\n')
})

test.each([
  [['publish', 'content-type', LONG], 'Property value too long for property content-type.'],
  [['publish', 'correlation-data', LONG], 'Property value too long for property correlation-data.'],
  [['publish', 'user-property', 'name', LONG], 'Property value too long for property user-property.'],
  [['connect', 'user-property', LONG, 'value'], 'Property value too long for property user-property.'],
  [['disconnect', 'reason-string', LONG], 'Property value too long for property reason-string.'],
  [['will', 'content-type', `${'é'.repeat(32768)}`], 'Property value too long for property content-type.'],
  [['publish', 'content-type', 'a\x01'], 'Malformed UTF-8 in value of property content-type.'],
  [['connect', 'user-property', 'a\x01', 'b'], 'Malformed UTF-8 in value of property user-property.'],
  [['connect', 'user-property', 'a', 'b\ufffe'], 'Malformed UTF-8 in value of property user-property.'],
])('-D %j', async (words, message) => {
  expect(await errorOf('pub', ['-D', ...words])).toBe(`Error: ${message}\n${hint('pub')}`)
})

test.each(['publish', 'will'])('-D %s response-topic has no wildcards', async (packet) => {
  const message = "Error: Invalid response topic 'a/#', does it contain '+' or '#'?\n"
  expect(await errorOf('pub', ['-D', packet, 'response-topic', 'a/#'])).toBe(`${message}${hint('pub').slice(1)}`)
})

test('-D connect authentication-data means nothing alone', async () => {
  const data = ['-D', 'connect', 'authentication-data', 'x']
  const message = 'Error: authentication-data for connect needs an authentication-method.\n'
  for (const tool of ['pub', 'sub', 'rr'] as const) expect(await errorOf(tool, data)).toBe(`${message}${hint(tool).slice(1)}`)
  expect(await errorOf('pub', [...data, '-D', 'connect', 'authentication-method', 'SCRAM-SHA-256'])).toBe('Error: Connection refused\n')
})

test('an empty host is nobody, and not this machine: -h "$UNSET"', async () => {
  for (const tool of ['pub', 'sub', 'rr'] as const) expect(await errorOf(tool, ['-h', ''])).toBe('Unable to connect (Lookup error).\n')
})
