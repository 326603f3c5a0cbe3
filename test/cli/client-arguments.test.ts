// Flags of pub and sub: values, their order, the option file, what must fit together.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { readClientArguments } from '../../src/cli/client-arguments.ts'
import { CLIENT_OPTIONS } from '../../src/cli/client-options.ts'
import type { ClientSettings } from '../../src/cli/client-settings.ts'
import type { ClientTool } from '../../src/cli/terminal.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function settings(tool: ClientTool, words: string[], io = new FakeTerminal()): ClientSettings {
  const asked = readClientArguments(tool, words, io)
  if (asked.show !== 'settings') throw new Error(`shows ${asked.show}`)
  return asked.settings
}

const pub = (...words: string[]): ClientSettings => settings('pub', [...words, ...(words.includes('-m') || words.includes('-n') ? [] : ['-m', 'x']), '-t', 'a'])
const sub = (...words: string[]): ClientSettings => settings('sub', [...words, '-t', 'a'])

test('nothing but topic and message: the defaults', () => {
  const s = settings('pub', ['-t', 'a/b', '-m', 'x'])
  expect(s).toMatchObject({
    host: 'localhost',
    effectivePort: 1883,
    usesTls: false,
    id: null,
    version: 4,
    cleanStart: true,
    keepAlive: 60,
    userName: null,
    password: null,
    qos: 0,
    retain: false,
    debug: false,
    quiet: false,
    topics: ['a/b'],
    payload: { from: 'text', text: 'x' },
    repeat: 1,
    repeatDelayMs: 0,
    sessionExpiryInterval: null,
  })
})

test('short and long names set the same', () => {
  const short = pub('-h', 'host', '-p', '1884', '-q', '2', '-r', '-i', 'me', '-d', '-u', 'user', '-P', 'secret', '-k', '30', '-V', '5', '-c')
  const long = pub(
    '--host',
    'host',
    '--port',
    '1884',
    '--qos',
    '2',
    '--retain',
    '--id',
    'me',
    '--debug',
    '--username',
    'user',
    '--pw',
    'secret',
    '--keepalive',
    '30',
    '--protocol-version',
    'mqttv5',
    '--disable-clean-session',
  )
  expect(long).toEqual(short)
  expect(short).toMatchObject({
    host: 'host',
    port: 1884,
    qos: 2,
    retain: true,
    id: 'me',
    debug: true,
    userName: 'user',
    password: 'secret',
    keepAlive: 30,
    version: 5,
    cleanStart: false,
  })
})

test('a later value takes the place of an earlier one', () => {
  expect(pub('-q', '1', '-q', '2').qos).toBe(2)
})

test('sub takes any number of topics, pub the last one', () => {
  expect(settings('sub', ['-t', 'a/#', '-t', '+/b']).topics).toEqual(['a/#', '+/b'])
  expect(settings('pub', ['-t', 'a', '-t', 'b', '-n']).topics).toEqual(['b'])
})

test('an argument that looks like a flag is still the argument', () => {
  expect(settings('pub', ['-t', 'a', '-m', '-d'])).toMatchObject({ payload: { from: 'text', text: '-d' }, debug: false })
})

test.each([
  ['31', 3],
  ['mqttv31', 3],
  ['311', 4],
  ['mqttv311', 4],
  ['5', 5],
  ['mqttv5', 5],
] as const)('-V %s', (value, version) => {
  expect(pub('-V', value).version).toBe(version)
})

test('-I makes the Client Identifier of a prefix and the process number', () => {
  expect(pub('-I', 'lab-').clientId(4242)).toBe('lab-4242')
  expect(pub().clientId(4242)).toBeNull()
})

test('-x makes it MQTT 5; -1, the largest number and the infinity sign mean never', () => {
  expect(pub('-x', '10')).toMatchObject({ version: 5, sessionExpiryInterval: 10, cleanStart: true })
  for (const never of ['-1', '4294967295', '∞']) expect(pub('-i', 'me', '-x', never).sessionExpiryInterval).toBe(0xffffffff)
})

test('-c of MQTT 5 keeps the session for ever, or as long as -x says', () => {
  expect(sub('-V', '5', '-c', '-i', 'me').sessionExpiryInterval).toBe(0xffffffff)
  expect(sub('-V', '5', '-c', '-x', '60')).toMatchObject({ sessionExpiryInterval: 60, cleanStart: false })
})

test("a CA, the port 8883 or the system's authorities switch TLS on; --no-tls off", () => {
  expect(pub('--cafile', 'ca.pem')).toMatchObject({ usesTls: true, effectivePort: 8883 })
  expect(pub('--capath', 'certs', '-p', '1884')).toMatchObject({ usesTls: true, effectivePort: 1884 })
  expect(pub('-p', '8883')).toMatchObject({ usesTls: true, effectivePort: 8883 })
  expect(pub('--tls-use-os-certs').usesTls).toBe(true)
  expect(pub('-p', '8883', '--no-tls').usesTls).toBe(false)
  expect(pub('--cert', 'c', '--key', 'k').usesTls).toBe(false)
})

test.each([
  ['mqtt://broker/room/1', { host: 'broker', port: 1883, userName: null, password: null, topics: ['room/1'], webSocket: false, usesTls: false }],
  ['MQTT://user:p:w@broker:1884/a', { host: 'broker', port: 1884, userName: 'user', password: 'p:w', topics: ['a'] }],
  ['mqtt://user@broker/a', { userName: 'user', password: null }],
  ['mqtts://broker/a', { port: 8883, usesTls: true }],
  ['ws://broker/a', { port: 1883, webSocket: true, usesTls: false }],
  ['wss://broker:443/a', { port: 443, webSocket: true, usesTls: true }],
  ['mqtt://[::1]:1884/a/b', { host: '::1', port: 1884, topics: ['a/b'] }],
  ['mqtt://h//a', { topics: ['/a'] }],
])('-L %s', (url, expected) => {
  expect(settings('pub', ['-m', 'x', '-L', url])).toMatchObject(expected)
})

test('-L of sub adds a subscription', () => {
  expect(settings('sub', ['-t', 'a', '-L', 'mqtt://h/b/#']).topics).toEqual(['a', 'b/#'])
})

test('-D adds MQTT 5 properties to the packets named, whatever the letter case', () => {
  const s = pub(
    '-D',
    'publish',
    'user-property',
    'k1',
    'v1',
    '-D',
    'PUBLISH',
    'User-Property',
    'k2',
    'v2',
    '-D',
    'publish',
    'content-type',
    'text/plain',
    '-D',
    'publish',
    'correlation-data',
    'abc',
    '-D',
    'connect',
    'topic-alias-maximum',
    '7',
    '-D',
    'will',
    'will-delay-interval',
    '3',
  )
  expect(s.version).toBe(5)
  expect(s.properties).toEqual({
    publish: {
      userProperties: [
        ['k1', 'v1'],
        ['k2', 'v2'],
      ],
      contentType: 'text/plain',
      correlationData: Buffer.from('abc'),
    },
    connect: { topicAliasMaximum: 7 },
    will: { willDelayInterval: 3 },
  })
  expect(sub('-D', 'subscribe', 'subscription-identifier', '7').properties).toEqual({ subscribe: { subscriptionIdentifiers: [7] } })
})

test('--help and --version stop the reading; an earlier error comes first', () => {
  const io = new FakeTerminal()
  expect(readClientArguments('sub', ['--help', '--bogus'], io)).toEqual({ show: 'help' })
  expect(readClientArguments('sub', ['-d', '--version'], io)).toEqual({ show: 'version' })
  expect(() => readClientArguments('sub', ['-q', '3', '--help'], io)).toThrow('Invalid QoS given: 3')
})

test('-R of MQTT 5 asks the server to send no retained messages', () => {
  expect(sub('-R', '-V', '5').retainHandling).toBe(2)
  expect(sub('-V', '5').retainHandling).toBe(0)
  expect(sub('-R', '-V', '5', '--retain-handling', 'new')).toMatchObject({ noRetained: true, retainHandling: 1 })
})

test('every row is reachable: no flag twice for one tool', () => {
  for (const tool of ['pub', 'sub', 'rr'] as const) {
    const flags = CLIENT_OPTIONS.filter((option) => option.tools.includes(tool)).flatMap((option) => option.flags)
    expect(flags.filter((flag, i) => flags.indexOf(flag) !== i)).toEqual([])
  }
})

// The option file.

function withFile(tool: ClientTool, text: string): FakeTerminal {
  const home = mkdtempSync(join(tmpdir(), 'zanzara-options-'))
  folders.push(home)
  mkdirSync(join(home, '.config'))
  writeFileSync(join(home, '.config', `mosquitto_${tool}`), text)
  const io = new FakeTerminal()
  io.env['HOME'] = home
  return io
}

test('the option file is read first; the command line wins', () => {
  const io = withFile('pub', '# my broker\n-h broker.example\n-p 1884\n\n--username  two words \n-d\n-q 1\r\n')
  expect(settings('pub', ['-t', 'a', '-m', 'x', '-p', '1885'], io)).toMatchObject({
    host: 'broker.example',
    port: 1885,
    userName: ' two words ',
    debug: true,
    qos: 1,
  })
})

test('blanks around a number do no harm: they are easily left behind in a file', () => {
  const io = withFile('pub', '-p 1884 \n-k 30\t\n-q  1\n--repeat-delay 0.5 \n-D publish message-expiry-interval 7 \n-x 9 \n')
  expect(settings('pub', ['-t', 'a', '-n'], io)).toMatchObject({ port: 1884, keepAlive: 30, qos: 1, repeatDelayMs: 500, sessionExpiryInterval: 9 })
  expect(() => settings('pub', ['-t', 'a', '-n', '-p', '18 84'])).toThrow('Invalid port given: 18 84')
  expect(() => settings('pub', ['-t', 'a', '-n', '-p', ' '])).toThrow('Invalid port given:  ')
})

test('XDG_CONFIG_HOME comes before HOME, and each tool has its own file', () => {
  const io = withFile('sub', '-h wrong')
  const config = mkdtempSync(join(tmpdir(), 'zanzara-options-'))
  folders.push(config)
  writeFileSync(join(config, 'mosquitto_sub'), '-h right')
  io.env['XDG_CONFIG_HOME'] = config
  expect(settings('sub', ['-t', 'a'], io).host).toBe('right')
  expect(settings('pub', ['-t', 'a', '-n'], io).host).toBe('localhost')
})

test('-D in the option file takes the rest of the line as the value', () => {
  const io = withFile('pub', '-D publish user-property greeting good morning\n-D publish content-type text/plain')
  expect(settings('pub', ['-t', 'a', '-n'], io).properties).toEqual({ publish: { userProperties: [['greeting', 'good morning']], contentType: 'text/plain' } })
})

test('-o names another file, read instead of the usual one', () => {
  const io = withFile('sub', '-h usual\n-q 2')
  const other = join(io.env['HOME']!, 'other')
  writeFileSync(other, '-h other')
  expect(settings('sub', ['-t', 'a', '-o', other], io)).toMatchObject({ host: 'other', qos: 0 })
  expect(settings('sub', ['-t', '-o', '-i', 'x'], io)).toMatchObject({ host: 'usual', topics: ['-o'] })
  expect(() => settings('sub', ['-o', other, '-o', other], io)).toThrow('Duplicate -o argument given.')
  expect(() => settings('sub', ['-o', '/nonexistent/file'], io)).toThrow('Unable to read option file "/nonexistent/file": No such file or directory.')
})

test('an error in the option file is reported as one of the command line', () => {
  expect(() => settings('pub', ['-t', 'a', '-n'], withFile('pub', '--bogus 1'))).toThrow("Unknown option '--bogus'.")
  expect(() => settings('pub', ['-t', 'a', '-n'], withFile('pub', '-p'))).toThrow('-p argument given but no port specified.')
})

test('no home, no file: nothing is missed', () => {
  expect(settings('pub', ['-t', 'a', '-n']).host).toBe('localhost')
})
