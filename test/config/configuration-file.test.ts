// mosquitto.conf: what a file means, and what Mosquitto 2.1 would say about a broken one, with file and line.
// Pure: bytes in, values or ConfigError out.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError, type Configuration } from '../../src/config/configuration.ts'
import { OPTIONS } from '../../src/config/options.ts'
import { parseConfiguration, readConfiguration } from '../../src/config/parse.ts'
import { decidingSetting, placeOf, settingOf } from '../../src/config/settings.ts'

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
    'listener 1884 127.0.0.1\nmax_connections 5\nlistener 9001\nprotocol websockets\nsocket_domain ipv6\nlistener 0 broker.sock # not a path with spaces\n' +
      'listener 8883 ::1\ncafile /etc/my ca.crt\ncertfile s.crt\nkeyfile s.key\nrequire_certificate true\nuse_identity_as_username 1\n',
  )
  expect(listeners).toMatchObject([
    { port: 1884, host: '127.0.0.1', protocol: 'mqtt', maximumConnections: 5, socketDomain: null },
    { port: 9001, host: null, protocol: 'websockets', maximumConnections: -1, socketDomain: 'ipv6' },
    { port: 0, unixPath: 'broker.sock' },
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
    'Warning: Default listener port specified multiple times. Only the latest will be used.',
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

test('with a listener below it, the default listener of such an option listens too', () => {
  const { listeners, localOnly } = parse('max_connections 5\nlistener 1884\nmax_connections 6')
  expect(listeners).toMatchObject([
    { port: 1883, host: null, maximumConnections: 5, allowAnonymous: false },
    { port: 1884, maximumConnections: 6 },
  ])
  expect(localOnly).toBeNull()
  expect(parse('listener 1884\nport 1885').listeners.map(({ port }) => port)).toEqual([1884, 1885])
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
  ['listener 70000', "1: Invalid 'port' value (70000)."],
  ['listener -1', "1: Invalid 'port' value (-1)."],
  ['listener 0 # path', '1: A listener with port 0 must provide a Unix socket path.'],
  ['port 70000', "1: Invalid 'port' value (70000)."],
  ['listener 0', '1: A listener with port 0 must provide a Unix socket path.'],
  ['listener\t1883', "1: Unknown configuration variable 'listener\t1883'."],
  ['cafile x', "1: The 'cafile' option requires a listener to be defined first."],
  ['listener 1\ncertfile', "2: Empty 'certfile' value in configuration."],
  ['pid_file a\npid_file b', "2: Duplicate 'pid_file' value in configuration."],
  ['listener 1\npsk_hint a\nlistener 2\npsk_hint b\npsk_hint c', "5: Duplicate 'psk_hint' value in configuration."],
  ['auto_id_prefix a\nauto_id_prefix b', "2: Duplicate 'auto_id_prefix' value in configuration."],
  ['listener 1\ncertfile a', '0: Both certfile and keyfile must be provided to enable a TLS listener.'],
  ['listener 1\nrequire_certificate true', '0: Both certfile and keyfile must be provided to enable a TLS listener.'],
  ['listener 1\ncertfile a\nkeyfile b\nrequire_certificate true', "0: 'require_certificate' needs a 'cafile' to check certificates against."],
  ['listener 1\nkeyfile a', '0: Both certfile and keyfile must be provided to enable a TLS listener.'],
  ['listener 1\ncafile a', '0: cafile specified without certfile and keyfile.'],
  ['listener 1\ncapath a', '0: capath specified without certfile and keyfile.'],
  ['listener 1\ncertfile a\npsk_hint b', '3: Cannot use both certificate and psk encryption in a single listener.'],
  ['listener 1\npsk_hint b\ncertfile a', '3: Cannot use both certificate and psk encryption in a single listener.'],
  ['listener 1\npsk_hint b\ncafile a', '3: Cannot use both certificate and psk encryption in a single listener.'],
  ['listener 1\nenable_proxy_protocol 3', '2: enable_proxy_protocol must be 1 or 2.'],
  ['listener 1\nenable_proxy_protocol 2\nuse_subject_as_username true', '0: use_subject_as_username cannot be used with `enable_proxy_protocol 2`.'],
  ['listener 1\nenable_proxy_protocol 2\ncertfile a\nkeyfile b', '0: certfile and keyfile cannot be used with `enable_proxy_protocol 2`.'],
  ['listener 1\ntls_version ssl3', "2: Unsupported tls_version 'ssl3': use tlsv1.2 or tlsv1.3."],
  ['listener 1\ntls_engine_kpass_sha1 12', "2: Invalid 'tls_engine_kpass_sha1' value: 40 hexadecimal digits are needed."],
  ['listener 1\nmount_point a/+/', "2: Invalid 'mount_point' value (a/+/). Does it contain a wildcard character?"],
  ['listener 1\nmax_qos 3', "2: 'max_qos' must be between 0 and 2 inclusive."],
  ['listener 1\nmaximum_qos -1', "2: 'max_qos' must be between 0 and 2 inclusive."],
  ['listener 1\nmax_topic_alias 65536', "2: Invalid 'max_topic_alias' value in configuration."],
  ['listener 1\nmax_topic_alias_broker -1', "2: Invalid 'max_topic_alias_broker' value in configuration."],
  [`listener 1\nlistener_auto_id_prefix ${'x'.repeat(51)}`, "2: 'listener_auto_id_prefix' length must be <= 50."],
  ['accept_protocol_versions 3', "1: The 'accept_protocol_versions' option requires a listener to be defined first."],
  ['port 1\naccept_protocol_versions 3', "2: The 'accept_protocol_versions' option requires a listener to be defined first."],
  ['listener 1\naccept_protocol_versions', "2: Empty 'accept_protocol_versions' value in configuration."],
  ['port 1\nbind_address ::1\nbind_address ::1', "3: Duplicate 'default listener bind_address' value in configuration."],
  ['bind_address', "1: Empty 'default listener bind_address' value in configuration."],
  ['listener 1\nprotocol http', "2: Invalid 'protocol' value (http)."],
  ['listener 1\nsocket_domain ipv5', "2: Invalid 'socket_domain' value 'ipv5' in configuration."],
  ['max_packet_size 19', "1: 'max_packet_size' must be >= 20."],
  ['max_packet_size 2147483648', "1: 'max_packet_size' value out of range."],
  ['max_inflight_messages 65536', "1: 'max_inflight_messages' must be <= 65535."],
  ['message_size_limit 268435456', "1: Invalid 'message_size_limit' value (268435456)."],
  ['message_size_limit -1', "1: Invalid 'message_size_limit' value (4294967295)."],
  ['memory_limit', "1: Empty 'memory_limit' value in configuration."],
  ['memory_limit -1', "1: Invalid 'memory_limit' value (-1)."],
  ['retain_expiry_interval 0', '1: retain_expiry_interval must be >= 1.'],
  ['packet_buffer_size 65536', '1: Packet buffer size must be between 0 and 65535 inclusive.'],
  ['log_facility 8', "1: Invalid 'log_facility' value (8)."],
  ['persistent_client_expiration 14', "1: Invalid 'persistent_client_expiration' duration in configuration."],
  ['persistent_client_expiration 0d', "1: Invalid 'persistent_client_expiration' duration in configuration."],
  ['persistent_client_expiration d', "1: Invalid 'persistent_client_expiration' duration in configuration."],
  ['log_format xml', "1: Invalid 'log_format' value (xml). Use text or json."],
  ['persistence_sync always', "1: Invalid 'persistence_sync' value (always). Use write or commit or none."],
  ['sys_acl nobody', "1: Invalid 'sys_acl' value (nobody). Use open or admin."],
  ['max_publish_rate -1', "1: Invalid 'max_publish_rate' value (-1)."],
  ['max_keepalive -1', "1: Invalid 'max_keepalive' value (-1)."],
  ['log_type everything', "1: Invalid 'log_type' value (everything)."],
  ['log_dest journal', "1: Invalid 'log_dest' value (journal)."],
  ['log_dest file', '1: Empty "log_dest file" value in configuration.'],
  ['log_dest file a\nlog_dest file b', '2: Duplicate "log_dest file" value.'],
  [`auto_id_prefix ${'x'.repeat(51)}`, '1: auto_id_prefix length must be <= 50.'],
])('%j: %s', (text, expected) => {
  expect(failure(text)).toBe(expected)
})

test('the last line counts where Mosquitto lets it: files of a listener, passwords, rules, the user', () => {
  const { listeners, passwordFile, user } = parse('listener 1\ncertfile a\ncertfile b\nkeyfile k\npassword_file p\npassword_file q\nuser x\nuser root\n')
  expect(listeners[0]).toMatchObject({ certfile: 'b', keyfile: 'k' })
  expect([passwordFile, user]).toEqual(['q', 'root'])
})

test('durations, sizes and numbers below zero as Mosquitto takes them', () => {
  const limitsOf = (text: string): Configuration['limits'] => parse(text).limits
  for (const [text, seconds] of [
    ['90s', 90],
    ['2h', 7200],
    ['14d', 1_209_600],
    ['2w', 1_209_600],
    ['1m', 2_592_000],
    ['1y', 31_536_000],
    ['900y', 0xffffffff],
  ] as const)
    expect(limitsOf(`persistent_client_expiration ${text} # why`).maximumSessionExpiryInterval).toBe(seconds)
  expect(limitsOf('retain_expiry_interval 2').retainExpiryInterval).toBe(120)
  expect(limitsOf('retain_expiry_interval 20000000').retainExpiryInterval).toBe(600_000_000)
  expect(limitsOf('max_queued_messages -5\nmax_queued_bytes -5\nmax_inflight_bytes -1')).toEqual({
    maximumQueuedMessages: 0,
    maximumQueuedBytes: 0,
    maximumInflightBytes: 0,
  })
  expect(limitsOf('max_inflight_messages 65535').maximumInflightMessages).toBe(0)
  expect(limitsOf('memory_limit 3000000000x').memoryLimit).toBe(3_000_000_000)
  expect(parse('autosave_interval -1').persistence.autosaveInterval).toBe(0)
  expect(parse('listener 1\nmax_connections -9').listeners[0]!.maximumConnections).toBe(-1)
})

test('where the state is kept; the environment goes first', () => {
  const text = 'persistence_location /var/lib/mosquitto/\npersistence_file state.db\nretained_persistence 1\n'
  expect(parse('').persistence).toMatchObject({ enabled: false, path: 'mosquitto.db', location: null, sync: 'write' })
  expect(parse(text).persistence).toMatchObject({ enabled: true, path: '/var/lib/mosquitto//state.db' })
  const other = parseConfiguration(Buffer.from(text), 'test.conf', { MOSQUITTO_PERSISTENCE_LOCATION: '/data' })
  expect(other.persistence).toMatchObject({ location: '/data', path: '/data/state.db' })
  expect(placeOf(settingOf(other.settings, 'persistence_location'))).toBe('environment MOSQUITTO_PERSISTENCE_LOCATION')
})

test('every value keeps the line it comes from', () => {
  const { settings, listeners, notes } = parse('# x\nallow_anonymous true\nlistener 1884\nmaximum_qos 1\nmax_qos 2\nbind_interface lo\n')
  expect(settings).toEqual([{ option: 'allow_anonymous', value: 'true', file: 'test.conf', line: 2 }])
  expect(settingOf(listeners[0]!.settings, 'max_qos')).toEqual({ option: 'max_qos', value: '2', file: 'test.conf', line: 5 })
  expect(placeOf(settingOf(listeners[0]!.settings, 'protocol'))).toBe('default')
  expect(notes[0]!.at).toEqual({ file: 'test.conf', line: 6 })
})

test('the line that decides for a listener, wherever it was written', () => {
  const decides = (text: string, option: string): string => {
    const configuration = parse(text)
    return placeOf(decidingSetting(configuration, configuration.listeners[0]!, option))
  }
  expect(decides('listener 1\nlistener 2\nallow_anonymous false', 'allow_anonymous')).toBe('test.conf:3')
  expect(decides('allow_anonymous false\nlistener 1\nlistener_allow_anonymous true', 'allow_anonymous')).toBe('test.conf:3')
  expect(decides('per_listener_settings true\nlistener 1\nlistener 2\nacl_file a', 'acl_file')).toBe('default')
  expect(decides('listener 1\nmax_connections 3', 'max_connections')).toBe('test.conf:2')
})

test('an error comes with what was to be said before it', () => {
  expect(() => parse('allow_duplicate_messages true\nbogus')).toThrow(
    expect.objectContaining({
      line: 2,
      notes: [
        {
          type: 'notice',
          text: "The 'allow_duplicate_messages' option is now deprecated and will be removed in version 3.0. The behaviour will default to true.",
          at: { file: 'test.conf', line: 1 },
        },
      ],
    }),
  )
})

test('comments may hold any bytes, lines end with any number of carriage returns', () => {
  expect(parseConfiguration(Buffer.from([0x23, 0xe9, 0x0a, 0x0d, 0x0a]), 'x').notes).toEqual([])
  expect(parse('sys_interval 5\r\r\n   \n').limits.sysInterval).toBe(5)
  expect(failure(' # not in the first column')).toBe("1: Unknown configuration variable '#'.")
  expect(failure('sys_interval 5\u0000')).toBe('1: Malformed UTF-8 in configuration.')
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

test('any text is read or refused with a ConfigError, nothing else', () => {
  const value = fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom('true', 'false', '0', '1883 ::1', '/x', 'ipv4', ''))
  const line = fc.tuple(fc.constantFrom(...OPTIONS.map(({ row }) => row.name), 'plugin_opt_x', 'x', ''), value).map(([name, text]) => `${name} ${text}`)
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => void failure(lines.join('\n'))),
    { numRuns: 1000 },
  )
})
