// mosquitto.conf: what a file means, and what Mosquitto 2.1 would say about a broken one, with file and line.
// Pure: bytes in, values or ConfigError out.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError, type Configuration } from '../../src/config/configuration.ts'
import { OPTIONS, UNAVAILABLE_OPTIONS } from '../../src/config/options.ts'
import { parseConfiguration, readConfiguration } from '../../src/config/parse.ts'

const parse = (text: string): Configuration => parseConfiguration(Buffer.from(text), 'test.conf')

function failure(text: string): string {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof ConfigError) return `${error.line}: ${error.message}`
    throw error
  }
  return 'accepted'
}

test('without a listener: local only, anonymous clients allowed', () => {
  const configuration = parse('# nothing\n\n')
  expect(configuration.listeners).toEqual([])
  expect(configuration.localOnly).toMatchObject({ port: 1883, host: null, maximumConnections: -1 })
  expect(configuration).toMatchObject({ allowAnonymous: true, limits: {}, logTypes: null, logDestinations: null, connectionMessages: true, notes: [] })
})

test('any listener ends that, and anonymous clients are refused unless allowed', () => {
  expect(parse('listener 1884')).toMatchObject({ localOnly: null, allowAnonymous: false, listeners: [{ port: 1884, host: null }] })
  expect(parse('allow_anonymous true\nlistener 1884').allowAnonymous).toBe(true)
  expect(parse('allow_anonymous false').allowAnonymous).toBe(false)
})

test('listener options belong to the listener above them', () => {
  const { listeners } = parse(
    'listener 1884 127.0.0.1\nmax_connections 5\nlistener 9001\nprotocol websockets\nsocket_domain ipv6\nlistener 0 /tmp/my broker.sock\n' +
      'listener 8883 ::1\ncafile /etc/my ca.crt\ncertfile s.crt\nkeyfile s.key\nrequire_certificate true\nuse_identity_as_username 1\n',
  )
  expect(listeners).toMatchObject([
    { port: 1884, host: '127.0.0.1', protocol: 'mqtt', maximumConnections: 5, socketDomain: null },
    { port: 9001, host: null, protocol: 'websockets', maximumConnections: -1, socketDomain: 'ipv6' },
    { port: 0, unixPath: '/tmp/my broker.sock' },
    { port: 8883, host: '::1', cafile: '/etc/my ca.crt', certfile: 's.crt', keyfile: 's.key', requireCertificate: true, useIdentityAsUsername: true },
  ])
})

test('options set the limits they name', () => {
  const { limits } = parse(
    'max_inflight_messages 7\nmax_queued_messages 0\nmax_queued_bytes 1000\nmax_packet_size 20\nmax_keepalive 30\nretain_available false\n' +
      'allow_duplicate_messages false\nsys_interval 0\nallow_zero_length_clientid false\ncheck_retain_source false\nauto_id_prefix dev-\n',
  )
  expect(limits).toEqual({
    maximumInflightMessages: 7,
    receiveMaximum: 7,
    receiveMaximumEnforced: 1024,
    maximumQueuedMessages: 0,
    maximumQueuedBytes: 1000,
    maximumPacketSize: 20,
    maximumKeepAlive: 30,
    retainAvailable: false,
    allowDuplicateMessages: false,
    sysInterval: 0,
    allowZeroLengthClientId: false,
    checkRetainSource: false,
    clientIdPrefix: 'dev-',
  })
  expect(parse('max_inflight_messages 0').limits).toEqual({ maximumInflightMessages: 0, receiveMaximum: 65535, receiveMaximumEnforced: 65535 })
  expect(parse('max_keepalive 0').limits).toEqual({ maximumKeepAlive: 65535 })
})

test('log options', () => {
  const { logTypes, logDestinations, connectionMessages, logTimestamp } = parse(
    'log_type error\nlog_type subscribe # and more\nlog_dest stdout\nlog_dest file /tmp/my log\nconnection_messages false\nlog_timestamp false',
  )
  expect([...logTypes!]).toEqual(['error', 'subscribe'])
  expect(logDestinations).toEqual([{ to: 'stdout' }, { to: 'file', path: '/tmp/my log' }])
  expect([connectionMessages, logTimestamp]).toEqual([false, false])
  expect(parse('log_type all').logTypes!.size).toBe(8)
  expect(parse('log_type all\nlog_type none').logTypes!.size).toBe(0)
  expect(parse('log_dest none').logDestinations).toEqual([])
})

test('`port` is deprecated and says so, as Mosquitto 2.1 does', () => {
  const { listeners, notes } = parse('port 1884\nport 1885\nbind_address 127.0.0.1')
  expect(listeners).toMatchObject([{ port: 1885, host: '127.0.0.1' }])
  expect(notes.map((note) => note.text)).toEqual([
    "The 'port' option is now deprecated and will be removed in version 3.0. Please use 'listener' instead.",
    "Creating default listener due to 'port' option.",
    "It is best practice to define a 'listener' first. Using the 'port' option without a listener will be disabled in the future.",
    "The 'port' option is now deprecated and will be removed in version 3.0. Please use 'listener' instead.",
    'Warning: Default listener port specified multiple times. Only the latest will be used.',
    "The 'bind_address' option is now deprecated and will be removed in version 3.0. ",
  ])
})

test('a listener option without a listener is for the local listeners, which stay local', () => {
  const configuration = parse('max_connections 3')
  expect(configuration).toMatchObject({ listeners: [], localOnly: { port: 1883, maximumConnections: 3 }, allowAnonymous: true })
  expect(configuration.notes[0]!.text).toBe("Creating default listener due to 'max_connections' option.")
})

test('spaces, carriage returns, hexadecimal and octal numbers, words after a number', () => {
  expect(parse('  listener 0x75c\r\nsys_interval 017 seconds\r\n').listeners).toMatchObject([{ port: 1884 }])
  expect(parse('sys_interval 017 seconds').limits.sysInterval).toBe(15)
  expect(parse('auto_id_prefix  \t a b \t ').limits.clientIdPrefix).toBe('a b')
})

test.each([
  ['bogus_option 1', "1: Unknown configuration variable 'bogus_option'."],
  ['\n# x\nallow_anonymous yes', "3: Invalid 'allow_anonymous' value (yes)."],
  ['allow_anonymous', "1: Empty 'allow_anonymous' value in configuration."],
  ['listener', "1: Empty 'listener port' value in configuration."],
  ['listener bogus', "1: 'listener port' value not a number."],
  ['listener 1883x', "1: 'listener port' value not a number."],
  ['listener 09', "1: 'listener port' value not a number."],
  ['listener 70000', "1: Invalid 'listener port' value (70000)."],
  ['port 70000', "1: Invalid 'port' value (70000)."],
  ['listener 0', '1: A listener with port 0 must provide a Unix socket path.'],
  ['listener\t1883', "1: Unknown configuration variable 'listener\t1883'."],
  ['cafile x', "1: The 'cafile' option requires a listener to be defined first."],
  ['listener 1\ncertfile', "2: Empty 'certfile' value in configuration."],
  ['listener 1\ncertfile a\ncertfile b', "3: Duplicate 'certfile' value in configuration."],
  ['auto_id_prefix a\nauto_id_prefix b', "2: Duplicate 'auto_id_prefix' value in configuration."],
  ['listener 1\ncertfile a', '0: Both certfile and keyfile must be provided to enable a TLS listener.'],
  ['listener 1\nrequire_certificate true', '0: Both certfile and keyfile must be provided to enable a TLS listener.'],
  ['listener 1\ncertfile a\nkeyfile b\nrequire_certificate true', "0: 'require_certificate' needs a 'cafile' to check certificates against."],
  ['listener 1\nuse_identity_as_username true', "0: 'use_identity_as_username' needs 'require_certificate true'."],
  ['listener 1\nprotocol http', "2: Invalid 'protocol' value (http)."],
  ['listener 1\nsocket_domain ipv5', "2: Invalid 'socket_domain' value (ipv5)."],
  ['max_packet_size 19', "1: Invalid 'max_packet_size' value (19)."],
  ['max_keepalive -1', "1: Invalid 'max_keepalive' value (-1)."],
  ['log_type everything', "1: Invalid 'log_type' value (everything)."],
  ['log_dest topic', "1: Invalid 'log_dest' value (topic)."],
  [`auto_id_prefix ${'x'.repeat(51)}`, "1: 'auto_id_prefix' length should be 50 bytes or less."],
  ['password_file /etc/passwords', "1: The 'password_file' option is not available in this version."],
])('%j: %s', (text, expected) => {
  expect(failure(text)).toBe(expected)
})

test('bytes that are not UTF-8 are named with their line', () => {
  expect(() => parseConfiguration(Buffer.from([0x23, 0x0a, 0x61, 0xff]), 'x')).toThrow(expect.objectContaining({ line: 2, file: 'x' }))
})

test('a file that is missing, or a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  try {
    expect(() => readConfiguration(join(folder, 'none.conf'))).toThrow(`Unable to open config file '${join(folder, 'none.conf')}'.`)
    expect(() => readConfiguration(folder)).toThrow(`Config file '${folder}' is a directory.`)
    writeFileSync(join(folder, 'a.conf'), 'listener 1884\n')
    expect(readConfiguration(join(folder, 'a.conf')).listeners).toHaveLength(1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('no option is both available and not; each is named once', () => {
  const names = OPTIONS.map((option) => option.name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter((name) => UNAVAILABLE_OPTIONS.has(name))).toEqual([])
})

test('any text is read or refused with a ConfigError, nothing else', () => {
  const value = fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom('true', 'false', '0', '1883 ::1', '/x', 'ipv4', ''))
  const line = fc
    .tuple(fc.constantFrom(...OPTIONS.map((option) => option.name), 'listener', 'port', 'bind_address', 'x', ''), value)
    .map(([name, text]) => `${name} ${text}`)
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => void failure(lines.join('\n'))),
    { numRuns: 500 },
  )
})
