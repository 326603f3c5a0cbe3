// Flags of the connection that need no server to be judged: proxy, shared key, engines, versions, properties, option files. Texts are whole.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { readClientArguments } from '../../src/cli/client-arguments.ts'
import type { ClientSettings } from '../../src/cli/client-settings.ts'
import { runPub } from '../../src/cli/pub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const given = ['-t', 'a', '-m', 'x', '-p', '1', '-h', '127.0.0.1']
const HINT = "\nUse 'zanzara pub --help' to see usage.\n"
const REFUSED = 'Error: Connection refused\n'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function settings(...words: string[]): ClientSettings {
  const asked = readClientArguments('pub', [...given, ...words], new FakeTerminal())
  if (asked.show !== 'settings') throw new Error(`shows ${asked.show}`)
  return asked.settings
}

async function errorOf(argv: readonly string[], io = new FakeTerminal()): Promise<string> {
  expect(await runPub([...given, ...argv], io)).toBe(1)
  expect(io.stdout.text).toBe('')
  return io.stderr.text
}

test.each([
  ['socks5h://p.example', { host: 'p.example', port: 1080 }],
  ['socks5h://p.example:9050', { host: 'p.example', port: 9050 }],
  ['socks5h://u%40x:p%3Aw%25@p:1080', { host: 'p', port: 1080, userName: 'u@x', password: 'p:w%' }],
  ['socks5h://u:p:w@[::1]:1081', { host: '::1', port: 1081, userName: 'u', password: 'p:w' }],
])('--proxy %s', (url, proxy) => {
  expect(settings('--proxy', url).proxy).toEqual(proxy)
})

test.each([
  ['http://x', 'Unsupported proxy protocol: http://x'],
  ['socks5://x', 'Unsupported proxy protocol: socks5://x'],
  ['socks5h://', 'Invalid proxy.'],
  ['socks5h://u:p@', 'Invalid proxy.'],
  ['socks5h://p:', 'Invalid proxy.'],
  ['socks5h://:80', 'Invalid proxy.'],
  ['socks5h://@p', 'Invalid proxy: user name and password come together, user:password@host.'],
  ['socks5h://me@p', 'Invalid proxy: user name and password come together, user:password@host.'],
  ['socks5h://me:@p', 'Invalid proxy: user name and password come together, user:password@host.'],
  ['socks5h://p:0', 'Invalid proxy port 0'],
  ['socks5h://p:70000', 'Invalid proxy port 70000'],
  ['socks5h://p:1:2', 'Invalid proxy port 1:2'],
  ['socks5h://u%4z@p', 'Invalid URL encoding in username.'],
  ['socks5h://u:p%41@p', 'Invalid URL encoding in password.'],
  [`socks5h://${'u'.repeat(256)}@p`, 'Invalid proxy: user name and password have room for 255 bytes each.'],
])('--proxy %s is refused', async (url, message) => {
  expect(await errorOf(['--proxy', url])).toBe(`Error: ${message}\n${HINT}`)
})

test.each([
  [['--proxy'], '--proxy argument given but no proxy url specified.'],
  [['--psk'], '--psk argument given but no key specified.'],
  [['--psk-identity'], '--psk-identity argument given but no identity specified.'],
  [['--keyform'], '--keyform argument given but no keyform specified.'],
  [['--tls-engine'], '--tls-engine argument given but no engine_id specified.'],
  [['--tls-engine-kpass-sha1'], '--tls-engine-kpass-sha1 argument given but no kpass sha1 specified.'],
  [['--tls-version'], '--tls-version argument given but no version specified.'],
  [['--tls-alpn'], '--tls-alpn argument given but no protocol specified.'],
  [['--tls-keylog'], '--tls-keylog argument given but no file specified.'],
  [['--ciphers'], '--ciphers argument given but no ciphers specified.'],
  [['--cafile'], '--cafile argument given but no file specified.'],
  [['--capath'], '--capath argument given but no directory specified.'],
  [['--cert'], '--cert argument given but no file specified.'],
  [['--key'], '--key argument given but no file specified.'],
  [['-A'], '-A argument given but no address specified.'],
  [['-h'], '-h argument given but no host specified.'],
  [['--host'], '-h argument given but no host specified.'],
  [['-i'], '-i argument given but no id specified.'],
  [['-I'], '-I argument given but no id prefix specified.'],
  [['-k'], '-k argument given but no keepalive specified.'],
  [['-L'], '-L argument given but no URL specified.'],
  [['-m'], '-m argument given but no message specified.'],
  [['-f'], '-f argument given but no file specified.'],
  [['-M'], '-M argument given but max_inflight not specified.'],
  [['-o'], '-o argument given but no options file specified.'],
  [['-p'], '-p argument given but no port specified.'],
  [['-P'], '-P argument given but no password specified.'],
  [['-u'], '-u argument given but no username specified.'],
  [['-t'], '-t argument given but no topic specified.'],
  [['--unix'], '--unix argument given but no socket path specified.'],
  [['-x'], '-x argument given but no session expiry interval specified.'],
  [['--repeat'], '--repeat argument given but no count specified.'],
  [['--repeat-delay'], '--repeat-delay argument given but no time specified.'],
  [['--will-topic'], '--will-topic argument given but no will topic specified.'],
  [['--will-payload'], '--will-payload argument given but no will payload specified.'],
  [['--will-qos'], '--will-qos argument given but no will QoS specified.'],
])('%j without its value', async (argv, message) => {
  expect(await errorOf(argv)).toBe(`Error: ${message}\n\n${HINT}`)
})

test.each([
  [['--psk', '00'], '--psk-identity required if --psk used.'],
  [['--psk', '00', '--psk-identity', 'me', '--cafile', 'x'], 'Only one of --psk or --cafile/--capath may be used at once.'],
  [['--psk', '00', '--capath', 'x'], 'Only one of --psk or --cafile/--capath may be used at once.'],
  [['--keyform', 'pem'], 'If keyform is set, keyfile must be also specified.'],
  [['--tls-engine-kpass-sha1', '00'], 'when using tls-engine-kpass-sha1, both tls-engine and keyform must also be provided.'],
  [['-S'], "Unknown option '-S'."],
  [['-k', '65536'], 'Invalid keepalive given, it must be between 5 and 65535 inclusive.\n'],
])('%j does not fit together', async (argv, message) => {
  expect(await errorOf(argv)).toBe(`Error: ${message}\n${HINT}`)
})

test.each([
  [
    ['--psk', 'zz', '--psk-identity', 'me'],
    'Problem setting TLS-PSK options.\nThe key of --psk is written in hexadecimal digits without 0x, at most 512 of them.',
  ],
  [
    ['--psk', '', '--psk-identity', 'me'],
    'Problem setting TLS-PSK options.\nThe key of --psk is written in hexadecimal digits without 0x, at most 512 of them.',
  ],
  [['--keyform', 'der', '--cert', 'c', '--key', 'k'], "Problem setting key form, it must be one of 'pem' or 'engine'."],
  [['--keyform', 'engine', '--cert', 'c', '--key', 'k'], 'Problem setting key form: engines are not supported. Keys are read from PEM files only.'],
  [['--tls-version', 'tlsv1.1'], 'Problem setting TLS options, check the options are valid.\nThere is no --tls-version tlsv1.1: tlsv1.2 or tlsv1.3.'],
  [['-i', ''], 'Invalid id.'],
  [['-P', 'x'], 'Problem setting username and/or password.\nA password needs a user name (-u) before MQTT 5.'],
  [['--cafile', '/nope'], 'Problem setting TLS options: File not found.'],
])('%j cannot be set, which --quiet passes over in silence', async (argv, message) => {
  expect(await errorOf(argv)).toBe(`Error: ${message}\n`)
  expect(await errorOf([...argv, '--quiet'])).toBe('')
})

test('--quiet says what is wrong with the arguments all the same', async () => {
  expect(await errorOf(['--quiet', '-k', '3'])).toMatch(/^Error: Invalid keepalive given/)
  expect(await errorOf(['--quiet', '--will-retain'])).toMatch(/^Error: Will retain given/)
})

test('--tls-engine is accepted; that it has no effect is said once, but not to --quiet', async () => {
  expect(await errorOf(['--tls-engine', 'pkcs11'])).toBe(`Warning: --tls-engine pkcs11 has no effect: keys are read from PEM files (--key).\n${REFUSED}`)
  expect(await errorOf(['--tls-engine', 'pkcs11', '--quiet'])).toBe('')
})

test('--nodelay, --keyform pem and --psk-identity alone change nothing', async () => {
  expect(await errorOf(['--nodelay', '--keyform', 'pem', '--cert', 'c', '--key', 'k', '--psk-identity', 'me'])).toBe(REFUSED)
})

test('a shared key switches TLS on, at its port', () => {
  const words = ['-t', 'a', '-n', '--psk', '0a', '--psk-identity', 'me']
  const asked = readClientArguments('pub', words, new FakeTerminal())
  expect(asked).toMatchObject({ settings: { usesTls: true, effectivePort: 8883 } })
})

test("the system's authorities alone do not change the port", () => {
  expect(readClientArguments('pub', ['-t', 'a', '-n', '--tls-use-os-certs'], new FakeTerminal())).toMatchObject({
    settings: { usesTls: true, effectivePort: 1883 },
  })
})

test.each([
  [['-D', 'publish', 'content-type', 'a', '-D', 'publish', 'content-type', 'b'], 'PUBLISH properties: Duplicate property in property list'],
  [['-D', 'connect', 'session-expiry-interval', '5', '-x', '6'], 'CONNECT properties: Duplicate property in property list'],
  [['-D', 'connect', 'receive-maximum', '0'], 'CONNECT properties: A network protocol error occurred when communicating with the broker'],
  [['-D', 'connect', 'maximum-packet-size', '0'], 'CONNECT properties: A network protocol error occurred when communicating with the broker'],
  [['-D', 'connect', 'request-problem-information', '2'], 'CONNECT properties: A network protocol error occurred when communicating with the broker'],
  [['-D', 'publish', 'topic-alias', '0'], 'PUBLISH properties: A network protocol error occurred when communicating with the broker'],
  [
    ['-D', 'will', 'payload-format-indicator', '2', '--will-topic', 'w'],
    'WILL properties: A network protocol error occurred when communicating with the broker',
  ],
])('%j: found when all is known', async (argv, message) => {
  expect(await errorOf(argv)).toBe(`Error in ${message}\n${HINT}`)
})

test.each([
  [['receive-maximum', '65536'], 'Property value (65536) out of range for property receive-maximum.'],
  [['maximum-packet-size', '-1'], 'Property value (-1) out of range for property maximum-packet-size.'],
  [['request-response-information', '256'], 'Property value (256) out of range for property request-response-information.'],
  [['receive-maximum', 'x'], 'Property value (x) out of range for property receive-maximum.'],
])('-D connect %j is beyond its field', async ([name = '', value = ''], message) => {
  expect(await errorOf(['-D', 'connect', name, value])).toBe(`Error: ${message}\n\n${HINT}`)
})

test.each(['auth', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'suback', 'unsuback'])('-D %s is known and yet not to be had', async (packet) => {
  expect(await errorOf(['-D', packet, 'reason-string', 'x'])).toBe(
    `Error: reason-string property not supported for ${packet} in --property argument.\n\n${HINT}`,
  )
})

test('-D publish subscription-identifier is for servers', async () => {
  expect(await errorOf(['-D', 'publish', 'subscription-identifier', '5'])).toBe(
    `Error: subscription-identifier property not supported for publish in --property argument.\n\n${HINT}`,
  )
})

test.each([
  [['-L', 'mqtt:///a'], `Error: Invalid URL for -L argument specified - host missing in mqtt:///a.\n${HINT}`],
  [['-L', 'mqtt://h:0x/a'], `Error: Invalid port given: 0x\n${HINT}`],
  [['-L', 'mqtt://h/a/#'], `Error: Invalid publish topic 'a/#', does it contain '+' or '#'?\n${HINT}`],
  [['-L', 'mqtt://h/'], `Error: Invalid publish topic '', does it contain '+' or '#'?\n${HINT}`],
  [['-L', 'mqtt:h/a'], `Error: Unsupported URL scheme.\n\n${HINT}`],
])('%j', async (argv, message) => {
  expect(await errorOf(argv)).toBe(message)
})

// Option files.

function home(text: string): FakeTerminal {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-flags-'))
  folders.push(folder)
  mkdirSync(join(folder, '.config'))
  writeFileSync(join(folder, '.config', 'mosquitto_pub'), text)
  const io = new FakeTerminal()
  io.env['HOME'] = folder
  return io
}

const read = (io: FakeTerminal, ...words: string[]): ClientSettings => {
  const asked = readClientArguments('pub', words, io)
  if (asked.show !== 'settings') throw new Error(`shows ${asked.show}`)
  return asked.settings
}

test('a flag may be followed by a space; a value keeps its own', () => {
  expect(read(home('-d \n-r\n-u ann b \n  -q 1\n'), '-t', 'a', '-n')).toMatchObject({ debug: true, retain: true, userName: 'ann b ', qos: 1 })
})

test('a value is missing in the file as on the command line', () => {
  expect(() => read(home('-u \n'), '-t', 'a', '-n')).toThrow('-u argument given but no username specified.')
})

test('a usual place that cannot be read is passed over: nobody asked for it', () => {
  const io = home('')
  const folder = join(io.env['HOME']!, '.config', 'mosquitto_pub')
  rmSync(folder)
  mkdirSync(folder)
  expect(read(io, '-t', 'a', '-n').host).toBe('localhost')
})

test('topic, payload and TLS may stand in the file; the command line has the last word', () => {
  const io = home('-t from/file\n-m hello\n--cafile ca.pem\n-p 8883\n')
  expect(read(io)).toMatchObject({ topics: ['from/file'], payload: { from: 'text', text: 'hello' }, usesTls: true })
  expect(read(io, '--no-tls', '-n', '-t', 'other')).toMatchObject({ topics: ['other'], payload: { from: 'nothing' }, usesTls: false })
})

test('on Windows the file lies in the profile, with an ending', () => {
  const io = home('')
  const windows = new (class extends FakeTerminal {
    override readonly platform = 'win32' as 'linux'
  })()
  windows.env['USERPROFILE'] = io.env['HOME']
  writeFileSync(join(io.env['HOME']!, 'mosquitto_pub.conf'), '-h from.profile')
  expect(read(windows, '-t', 'a', '-n').host).toBe('from.profile')
})
