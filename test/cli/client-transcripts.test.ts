// What Mosquitto 2.1's clients printed at a shell, and ours print under their names with our broker: output, errors, exit codes.
// What ours say beside that is in docs/compatibility.md: a line with the reason after the line that scripts know.

import { beforeAll, expect, test } from 'vitest'
import { builtProgram, type Program, startProgram } from '../support/built.ts'
import { type ConfiguredProgram, certificate, configured } from './support/broker-kit.ts'

const LINES = [
  'per_listener_settings true',
  'listener PORT 127.0.0.1',
  'allow_anonymous true',
  'listener PORT2 127.0.0.1',
  'allow_anonymous true',
  'certfile CERTS/server.crt',
  'keyfile CERTS/server.key',
  'listener PORT3 127.0.0.1',
  'certfile CERTS/server.crt',
  'keyfile CERTS/server.key',
  'cafile CERTS/ca.crt',
  'require_certificate true',
  'use_identity_as_username true',
  'listener PORT4 127.0.0.1',
  'psk_hint hint',
  'psk_file FOLDER/keys',
  'use_identity_as_username true',
]

interface Seen {
  readonly args: readonly string[]
  readonly stdin?: string
  readonly out?: readonly string[]
  readonly err?: readonly string[]
  readonly code: number
}

beforeAll(() => void builtProgram(), 180_000)

const HINT = (tool: string): string[] => ['', `Use 'mosquitto_${tool} --help' to see usage.`]
const TRACE = (id: string, topic = 'a', size = 1): string[] => [
  `Client ${id} sending CONNECT`,
  `Client ${id} received CONNACK (0)`,
  `Client ${id} sending PUBLISH (d0, q0, r0, m1, '${topic}', ... (${size} bytes))`,
  `Client ${id} sending DISCONNECT`,
]

const PUB: readonly Seen[] = [
  { args: ['-p', 'PORT', '-t', 'a', '-m', 'x', '-V', 'mqttv31'], code: 0 },
  { args: ['-p', 'PORT', '-t', 'a', '-m', 'x', '-V', '31', '-i', '123456789012345678901234567890'], code: 0 },
  { args: ['-p', 'PORT', '-t', 'a', '-m', 'x', '-c', '-i', 'idc', '-q', '1'], code: 0 },
  { args: ['-p', 'PORT', '-t', 'a', '-m', 'x', '-x', '5'], code: 0 },
  { args: ['-p', 'PORT', '-t', 'a', '-m', 'x', '-D', 'publish', 'user-property', 'k', 'v', '-D', 'publish', 'message-expiry-interval', '10'], code: 0 },
  { args: ['-p', '1', '-t', 'a', '-m', 'x'], err: ['Error: Connection refused'], code: 1 },
  { args: ['-p', '1', '-t', 'a', '-m', 'x', '--quiet'], code: 1 },
  { args: ['-h', 'nosuch.invalid', '-t', 'a', '-m', 'x'], err: ['Unable to connect (Lookup error).'], code: 1 },
  { args: ['-p', 'PORT', '-t', 'a', '-s'], err: ['Error: Zero length input.', 'Error loading input from stdin.'], code: 1 },
  { args: ['-p', 'PORT', '-t', 'a', '-l'], code: 0 },
  {
    args: ['-L', 'mqtt://localhost:PORT/url/topic', '-m', 'hi', '-d'],
    out: [
      'Client null sending CONNECT',
      'Client (null) received CONNACK (0)',
      "Client null sending PUBLISH (d0, q0, r0, m1, 'url/topic', ... (2 bytes))",
      'Client null sending DISCONNECT',
    ],
    code: 0,
  },
  { args: ['-L', 'mqtt://u:p@localhost:PORT/url/topic', '-m', 'hi'], code: 0 },
  { args: ['-p', 'PORT2', '--cafile', 'CA', '-h', 'localhost', '-t', 'a', '-m', 'x', '-d', '-i', 'tlsok'], out: TRACE('tlsok'), code: 0 },
  { args: ['-p', 'PORT2', '--cafile', 'CA', '-h', '127.0.0.1', '-t', 'a', '-m', 'x'], code: 0 },
  { args: ['-p', 'PORT2', '--cafile', 'OTHER', '-h', 'localhost', '-t', 'a', '-m', 'x'], err: ['Error: Protocol error'], code: 14 },
  { args: ['-p', 'PORT2', '-h', 'localhost', '-t', 'a', '-m', 'x'], err: ['Error: The connection was lost'], code: 7 },
  { args: ['-p', 'PORT', '--cafile', 'CA', '-h', 'localhost', '-t', 'a', '-m', 'x'], err: ['Unable to connect (A TLS error occurred).'], code: 1 },
  {
    args: ['-p', 'PORT2', '--cafile', '/nope', '-h', 'localhost', '-t', 'a', '-m', 'x'],
    err: ['Error: Problem setting TLS options: File not found.'],
    code: 1,
  },
  { args: ['-p', 'PORT3', '--cafile', 'CA', '-h', 'localhost', '-t', 'a', '-m', 'x'], err: ['Unable to connect (The connection was lost).'], code: 1 },
  {
    args: ['-p', 'PORT3', '--cafile', 'CA', '--cert', 'CERT', '--key', 'KEY', '-h', 'localhost', '-t', 'a', '-m', 'x', '-d', '-i', 'certc'],
    out: TRACE('certc'),
    code: 0,
  },
  {
    args: ['-p', 'PORT4', '--psk', '0011aabb', '--psk-identity', 'id1', '-h', 'localhost', '-t', 'a', '-m', 'x', '-d', '-i', 'pskc'],
    out: TRACE('pskc'),
    code: 0,
  },
  { args: ['-p', 'PORT4', '--psk', '0011aabc', '--psk-identity', 'id1', '-h', 'localhost', '-t', 'a', '-m', 'x'], err: ['Error: Protocol error'], code: 14 },
  {
    args: ['-p', 'PORT4', '--psk', '00', '-h', 'localhost', '-t', 'a', '-m', 'x'],
    err: ['Error: --psk-identity required if --psk used.', ...HINT('pub')],
    code: 1,
  },
  { args: ['-p', 'PORT', '--proxy', 'socks5h://127.0.0.1:1', '-h', 'localhost', '-t', 'a', '-m', 'x'], err: ['Error: Connection refused'], code: 1 },
  {
    args: ['--proxy', 'http://127.0.0.1:1', '-h', 'localhost', '-t', 'a', '-m', 'x'],
    err: ['Error: Unsupported proxy protocol: http://127.0.0.1:1', ...HINT('pub')],
    code: 1,
  },
]

const SUB: readonly Seen[] = [
  {
    args: ['-p', 'PORT', '-U', 'foo/bar', '-W', '1', '-d', '-i', 'uu'],
    out: [
      'Client uu sending CONNECT',
      'Client uu received CONNACK (0)',
      'Client uu sending UNSUBSCRIBE (Mid: 1, Topic: foo/bar)',
      'Client uu received UNSUBACK',
      'Client uu sending DISCONNECT',
    ],
    err: ['Timed out'],
    code: 27,
  },
  {
    args: ['-p', 'PORT', '-t', 'u/1', '-U', 'u/1', '-W', '1', '-d', '-i', 'un'],
    out: [
      'Client un sending CONNECT',
      'Client un received CONNACK (0)',
      'Client un sending SUBSCRIBE (Mid: 1, Topic: u/1, QoS: 0, Options: 0x00)',
      'Client un sending UNSUBSCRIBE (Mid: 2, Topic: u/1)',
      'Client un received SUBACK',
      'Subscribed (mid: 1): 0',
      'Client un received UNSUBACK',
      'Client un sending DISCONNECT',
    ],
    err: ['Timed out'],
    code: 27,
  },
  { args: ['-p', '1', '-t', 'x'], err: ['Error: Connection refused'], code: 1 },
  { args: ['-p', 'PORT', '-t', 'x', '-V', '5', '-x', '10', '-W', '1'], err: ['Timed out'], code: 27 },
]

async function broker(): Promise<(text: string) => string> {
  const started: ConfiguredProgram = await configured(LINES, { files: { keys: 'id1:0011aabb\n' } })
  const words: Readonly<Record<string, string>> = {
    CA: certificate('ca.crt'),
    OTHER: certificate('other-ca.crt'),
    CERT: certificate('client.crt'),
    KEY: certificate('client.key'),
  }
  return (text) => words[text] ?? text.replace(/\bPORT(\d?)\b/g, (_, n: string) => String(started.ports[n === '' ? 0 : Number(n) - 1]))
}

function client(tool: 'pub' | 'sub', args: readonly string[]): Program {
  return startProgram([tool, ...args], { env: { ZANZARA_PROGRAM_NAME: `mosquitto_${tool}` } })
}

test.each([
  ['pub', PUB],
  ['sub', SUB],
] as const)('mosquitto_%s, row by row', { timeout: 60_000 }, async (tool, rows) => {
  const filled = await broker()
  for (const { args, out = [], err = [], code } of rows) {
    const program = client(tool, args.map(filled))
    const ended = await program.ended()
    const lines = (text: string): string[] => text.split('\n').slice(0, -1)
    // behind the line that scripts know ours may say why, on a line of its own
    const said = lines(program.stderr)
    expect({ args, out: lines(program.stdout), err: code === 14 || code === 1 ? said.slice(0, err.length) : said, code: ended }).toEqual({
      args,
      out,
      err,
      code,
    })
  }
})

test('a session that outlives its client, as a lesson shows it', async () => {
  const filled = await broker()
  const port = filled('PORT')
  const sub = async (...more: readonly string[]): Promise<string[]> => {
    const program = client('sub', ['-p', port, '-c', '-i', 'pers', '-q', '1', '-t', 'p/1', '-d', ...more])
    expect(await program.ended()).toBe(0)
    return program.stdout.split('\n').slice(0, -1)
  }
  const open = ['Client pers sending CONNECT', 'Client pers received CONNACK (0)', 'Client pers sending SUBSCRIBE (Mid: 1, Topic: p/1, QoS: 1, Options: 0x00)']
  expect(await sub('-E')).toEqual([...open, 'Client pers received SUBACK', 'Subscribed (mid: 1): 1', 'Client pers sending DISCONNECT'])
  for (const payload of ['m1', 'm2']) expect(await client('pub', ['-p', port, '-t', 'p/1', '-m', payload, '-q', '1']).ended()).toBe(0)
  expect(await sub('-C', '2')).toEqual([
    ...open,
    "Client pers received PUBLISH (d0, q1, r0, m1, 'p/1', ... (2 bytes))",
    'Client pers sending PUBACK (m1, rc0)',
    'm1',
    "Client pers received PUBLISH (d0, q1, r0, m2, 'p/1', ... (2 bytes))",
    'Client pers sending PUBACK (m2, rc0)',
    'm2',
    'Client pers sending DISCONNECT',
  ])
})

test('wills: killed at once; ended by a signal, none in 3.1.1 and one in 5.0', async () => {
  const filled = await broker()
  const port = filled('PORT')
  const watcher = client('sub', ['-p', port, '-t', 'will/#', '-v', '-d'])
  await watcher.until('stdout', /Subscribed/)
  const sub = (id: string, ...more: readonly string[]): Program =>
    client('sub', ['-p', port, '-t', 'x', '-d', '-i', id, '--will-topic', `will/${id}`, '--will-payload', 'bye', ...more])
  for (const [id, signal, more] of [
    ['t', 'SIGKILL', []],
    ['t2', 'SIGTERM', []],
    ['t3', 'SIGTERM', ['-V', '5']],
  ] as const) {
    const program = sub(id, ...more)
    await program.until('stdout', /Subscribed/)
    if (signal === 'SIGKILL') program.child.kill(signal)
    else expect(await program.ended(signal)).toBe(0)
  }
  await watcher.until('stdout', /will\/t3 bye\n/)
  expect(watcher.stdout.split('\n').filter((line) => line.startsWith('will/'))).toEqual(['will/t bye', 'will/t3 bye'])
})
