// The tables of options: every name that Mosquitto 2.1 knows is read, each row says what it is.
// The names below are those of its manual.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/broker/limits.ts'
import { ConfigError, type Configuration } from '../../src/config/configuration.ts'
import { findOption, indexOfOptions, OPTIONS } from '../../src/config/options.ts'
import { parseConfiguration } from '../../src/config/parse.ts'

const parse = (text: string): Configuration => parseConfiguration(Buffer.from(text), 'test.conf')
const paper = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

/** A line that Mosquitto accepts, for each option of the whole broker or of a default listener. */
const GLOBAL_LINES = `acl_file acl
allow_anonymous true
allow_duplicate_messages false
allow_zero_length_clientid false
auto_id_prefix x-
autosave_interval 5
autosave_on_changes true
check_retain_source false
clientid_prefixes dev-
connection_messages false
enable_control_api true
global_max_clients 5
global_max_connections 5
log_dest stdout
log_facility 3
log_timestamp false
log_timestamp_format %F %T
log_type all
max_inflight_bytes 5
max_inflight_messages 5
max_keepalive 60
max_packet_size 1000
max_queued_bytes 5
max_queued_messages 5
memory_limit 5000000
message_size_limit 5
password_file pw
per_listener_settings false
persistence true
retained_persistence true
persistence_file x.db
persistence_location /tmp
persistent_client_expiration 14d
pid_file x.pid
psk_file psk
queue_qos0_messages true
retain_available false
retain_expiry_interval 5
retry_interval 20
set_tcp_nodelay true
sys_interval 5
upgrade_outgoing_qos true
user root
websockets_headers_size 4096
packet_buffer_size 4096
websockets_log_level 0
auth_plugin x.so
plugin x.so
global_plugin x.so
plugin_load name x.so
port 1883
bind_address ::1
listener 1884
bind_interface lo
capath x
certfile x
ciphers x
ciphers_tls1.3 x
crlfile x
dhparamfile x
keyfile x
max_connections 5
max_qos 1
maximum_qos 1
protocol websockets
psk_hint x
require_certificate false
socket_domain ipv4
tls_engine x
tls_engine_kpass_sha1 ${'ab'.repeat(20)}
tls_keyform pem
use_identity_as_username true
use_subject_as_username true
use_username_as_clientid true`.split('\n')

/** The same, below a listener of its own. */
const LISTENER_LINES = `accept_protocol_versions 3, 4
cafile x
disable_client_cert_date_checks true
enable_proxy_protocol 1
http_dir /tmp
listener_allow_anonymous true
listener_auto_id_prefix x
max_topic_alias 5
max_topic_alias_broker 5
mount_point x/
proxy_protocol_v2_require_tls true
tls_version tlsv1.3
websockets_origin https://lab.example`.split('\n')

const BRIDGE_LINES = `address localhost
addresses localhost
bridge_alpn mqtt
bridge_attempt_unsubscribe false
bridge_bind_address ::1
bridge_cafile x
bridge_capath x
bridge_certfile x
bridge_ciphers x
bridge_ciphers_tls1.3 x
bridge_identity x
bridge_insecure true
bridge_keyfile x
bridge_max_packet_size 100
bridge_max_topic_alias 5
bridge_outgoing_retain false
bridge_protocol_version mqttv50
bridge_psk ab
bridge_receive_maximum 5
bridge_reload_type immediate
bridge_require_ocsp true
bridge_session_expiry_interval 5
bridge_tcp_keepalive 5 5 5
bridge_tcp_user_timeout 5
bridge_tls_use_os_certs true
bridge_tls_version tlsv1.3
cleansession true
clientid x
idle_timeout 5
keepalive_interval 5
local_cleansession true
local_clientid x
local_password x
local_username x
notification_topic x
notifications false
notifications_local_only true
password x
remote_clientid x
remote_password x
remote_username x
restart_timeout 5 30 10
round_robin true
start_type lazy
threshold 5
topic x
try_private false
username x`.split('\n')

const nameOf = (line: string): string => line.split(' ')[0]!

/** What the line alone is refused with; null when it was read, whatever the whole file lacks. */
function refusal(text: string): string | null {
  try {
    parse(text)
    return null
  } catch (error) {
    if (error instanceof ConfigError) return error.line === 0 ? null : error.message
    throw error
  }
}

test.each(GLOBAL_LINES)('%s', (line) => expect(refusal(line)).toBeNull())

test.each(LISTENER_LINES)('listener … %s', (line) => {
  expect(refusal(`listener 1884\n${line}`)).toBeNull()
  expect(refusal(line)).toBe(`The '${nameOf(line)}' option requires a listener to be defined first.`)
})

test.each(BRIDGE_LINES)('connection … %s', (line) => {
  expect(refusal(`connection x\n${line}`)).toBeNull()
  expect(refusal(line)).toBe(`The '${nameOf(line)}' option requires a bridge to be defined first.`)
})

test('every row of the tables but our own is one of these', () => {
  const written = new Set([...GLOBAL_LINES, ...LISTENER_LINES, ...BRIDGE_LINES].map(nameOf))
  const elsewhere = ['connection', 'include_dir', 'plugin_opt_*', 'auth_opt_*', 'plugin_use', 'auth_plugin_deny_special_chars']
  const own = OPTIONS.filter(({ row }) => row.own === true).map(({ row }) => row.name)
  expect([...indexOfOptions().keys()].filter((name) => !written.has(name) && !elsewhere.includes(name)).sort()).toEqual(own.sort())
})

test('each name is there once; each row has a meaning of one sentence', () => {
  const names = OPTIONS.flatMap(({ row }) => [row.name, ...(row.aliases ?? [])])
  expect(new Set(names).size).toBe(names.length)
  for (const { row } of OPTIONS) expect(row.meaning).toMatch(/^[A-Z$].*\.$/s)
})

/** All values without where they come from, limits with their defaults. */
function values({ notes: _, ...configuration }: Configuration): unknown {
  const text = JSON.stringify(configuration, (key, value) => (key === 'settings' ? null : key === 'limits' ? { ...DEFAULT_LIMITS, ...value } : value))
  return JSON.parse(text)
}

test('a default that is written means the same as none: the tables, the drafts and broker/limits.ts agree', () => {
  // the first is no word of the file, the next four are lists or say where the log goes
  const skipped = ['allow_anonymous', 'log_type', 'log_dest', 'port', 'per_listener_settings']
  for (const { scope, row } of OPTIONS) {
    if (row.default === '' || skipped.includes(row.name)) continue
    const before = { listener: 'listener 1884\n', bridge: 'connection x\naddress y\ntopic z\n', plugin: 'plugin x.so\n' }[scope as string] ?? ''
    expect([row.name, values(parse(`${before}${row.name} ${row.default}`))]).toEqual([row.name, values(parse(before))])
  }
})

test('integers, truth values and texts refuse what is empty, and numbers what is none', () => {
  for (const { scope, row } of OPTIONS) {
    if (!('kind' in row) || row.kind === 'line') continue
    const before = scope === 'listener' ? 'listener 1884\n' : scope === 'bridge' ? 'connection x\n' : scope === 'plugin' ? 'plugin x.so\n' : ''
    const label = row.label ?? row.name
    expect(refusal(`${before}${row.name}  `)).toBe(`Empty '${label}' value in configuration.`)
    if (row.kind === 'integer') expect(refusal(`${before}${row.name} 5x`)).toBe(`'${label}' value not a number.`)
    if (row.kind === 'boolean') expect(refusal(`${before}${row.name} yes`)).toBe(`Invalid '${label}' value (yes).`)
  }
})

test('options that do nothing say so in a warning, and docs/compatibility.md has it word for word', () => {
  const listed = paper('compatibility.md')
  const lines = [...GLOBAL_LINES, ...LISTENER_LINES.map((line) => `listener 1884\n${line}`), ...BRIDGE_LINES.map((line) => `${BRIDGE}${line}`)]
  const others = ['listener 1\ntls_version tlsv1.1', `${BRIDGE}bridge_tls_version tlsv1.1`, 'tls_keyform engine', 'log_dest dlt', 'log_dest android']
  const silent = [...lines, ...others].flatMap((line) => {
    const name = nameOf(line.split('\n').at(-1)!)
    const { row } = findOption(indexOfOptions(), name)!
    if (row.noEffect === undefined && !others.includes(line)) return []
    const warning = warningsOf(line).find((text) => text.includes('has no effect: '))
    return warning !== undefined && listed.includes(`\`${name}`) && listed.includes(warning.slice(warning.indexOf('has no effect'))) ? [] : [line]
  })
  expect(silent).toEqual([])
  for (const line of ['retry_interval 20', 'dhparamfile x', 'listener 1\nuse_identity_as_username true']) expect(listed).toContain(warningsOf(line).at(-1))
  for (const name of ['mosquitto_persist_sqlite.so', 'mosquitto_sparkplug_aware.so'])
    expect(warningsOf(`plugin ${name}`)).toEqual([`Warning: The plugin '${name}' is not in force in this version.`])
  expect(warningsOf('plugin mosquitto_acl_file.so')).toEqual([])
})

test('max_topic_levels leaves room for $SYS', () => {
  expect(parse('max_topic_levels 6').limits.maximumTopicLevels).toBe(6)
  expect(() => parse('max_topic_levels 5')).toThrow("'max_topic_levels' must be between 6 and 65535 inclusive: $SYS has topics of 6 levels.")
})

const BRIDGE = 'connection x\naddress y\ntopic z\n'

/** Warnings of a file, as far as its options can stand alone. */
function warningsOf(text: string): string[] {
  try {
    return parse(text)
      .notes.filter(({ type }) => type === 'warning')
      .map((note) => note.text)
  } catch (error) {
    if (error instanceof ConfigError) return []
    throw error
  }
}
