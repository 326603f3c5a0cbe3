// Bridges: what the lines below `connection` mean, and what Mosquitto 2.1 says about broken ones.
// Pure: nothing is connected or looked up.

import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import type { BridgeConfiguration } from '../../src/config/bridge-configuration.ts'
import { ConfigError, type Configuration } from '../../src/config/configuration.ts'
import { parseConfiguration } from '../../src/config/parse.ts'

const parse = (text: string): Configuration => parseConfiguration(Buffer.from(text), 'test.conf')
const bridge = (...lines: string[]): BridgeConfiguration => parse(['connection b', 'address h', 'topic t', ...lines].join('\n')).bridges[0]!

function failure(text: string): string {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof ConfigError) return `${error.line}: ${error.message}`
    throw error
  }
  return 'accepted'
}

test('the smallest bridge has the defaults of the manual', () => {
  expect(bridge()).toMatchObject({
    name: 'b',
    addresses: [{ host: 'h', port: 1883 }],
    topics: [{ pattern: 't', direction: 'out', qos: 0, localPrefix: '', remotePrefix: '' }],
    startType: 'automatic',
    restartTimeout: { base: 5, cap: 30, stable: 0 },
    keepAlive: 60,
    idleTimeout: 60,
    threshold: 10,
    cleanSession: false,
    localCleanSession: false,
    remoteClientId: `${hostname()}.b`,
    localClientId: `local.${hostname()}.b`,
    notifications: true,
    tryPrivate: true,
    attemptUnsubscribe: true,
    outgoingRetain: true,
    protocolVersion: 4,
    topicAliasMaximum: 10,
    receiveMaximum: 20,
    sessionExpiryInterval: null,
    reloadType: 'lazy',
  })
})

test('addresses with and without ports, IPv6, a comment', () => {
  const { bridges } = parse('connection b and more\naddresses one two:1884 ::1:1885 [fe80::1]:1886 # three\ntopic t\n')
  expect(bridges[0]).toMatchObject({
    name: 'b',
    addresses: [
      { host: 'one', port: 1883 },
      { host: 'two', port: 1884 },
      { host: '::1', port: 1885 },
      { host: 'fe80::1', port: 1886 },
    ],
  })
})

test.each<[string, Partial<BridgeConfiguration['topics'][number]>]>([
  ['a/#', { pattern: 'a/#', direction: 'out', qos: 0 }],
  ['a/# IN', { direction: 'in' }],
  ['a both 2', { direction: 'both', qos: 2 }],
  ['a both 1 l/ r/', { qos: 1, localPrefix: 'l/', remotePrefix: 'r/' }],
  ['a both 1 "" r/', { localPrefix: '', remotePrefix: 'r/' }],
  ['a both 1 l/ ""', { localPrefix: 'l/', remotePrefix: '' }],
  ['a both 1 l/ # r/', { localPrefix: 'l/', remotePrefix: '' }],
  ['a both 1 # l/ r/', { localPrefix: '', remotePrefix: '' }],
  ['a both # 1', { qos: 0, localPrefix: '' }],
  ['"" in 1 here/x there/y', { pattern: null, localPrefix: 'here/x', remotePrefix: 'there/y' }],
  ['"a b/#" in 1', { pattern: 'a b/#', direction: 'in', qos: 1 }],
  ['"plain" out 1', { pattern: 'plain', qos: 1 }],
  ['"a  b  c" both 1 "" x/', { pattern: 'a  b  c', remotePrefix: 'x/' }],
])('topic %s', (value, expected) => {
  expect(parse(`connection b\naddress h\ntopic ${value}`).bridges[0]!.topics).toMatchObject([expected])
})

test('the same topic twice is passed over', () => {
  const { bridges, notes } = parse('connection b\naddress h\ntopic t out 1\ntopic t out 1\ntopic t in 1')
  expect(bridges[0]!.topics).toHaveLength(2)
  expect(notes).toMatchObject([{ type: 'information', text: "Duplicate bridge topic 't', skipping", at: { line: 4 } }])
})

test('times: raised, lowered, constant or growing', () => {
  expect(bridge('restart_timeout 20').restartTimeout).toEqual({ base: 20, cap: null, stable: 0 })
  expect(bridge('restart_timeout 5 9000 60').restartTimeout).toEqual({ base: 5, cap: 7200, stable: 60 })
  expect(bridge('restart_timeout 0').restartTimeout.base).toBe(1)
  expect(bridge('restart_timeout 5000').restartTimeout.base).toBe(3600)
  expect(bridge('keepalive_interval 1', 'idle_timeout 0', 'threshold 0')).toMatchObject({ keepAlive: 5, idleTimeout: 1, threshold: 1 })
  const { notes } = parse('connection b\naddress h\ntopic t\nkeepalive_interval 1\nrestart_timeout 0')
  expect(notes.map(({ text }) => text)).toEqual(['keepalive interval too low, using 5 seconds.', 'restart_timeout interval too low, using 1 second.'])
})

test('names, passwords, protocol, TLS', () => {
  expect(
    bridge(
      'clientid r',
      'username u',
      'password p w',
      'local_username lu',
      'local_password lp',
      'cleansession true',
      'start_type lazy',
      'bridge_protocol_version mqttv50',
      'bridge_session_expiry_interval 60',
      'bridge_cafile ca',
      'bridge_certfile c',
      'bridge_keyfile k',
      'bridge_insecure true',
      'bridge_tls_version tlsv1.3',
      'bridge_alpn mqtt',
      'notification_topic n',
      'notifications_local_only true',
      'bridge_reload_type immediate',
    ),
  ).toMatchObject({
    remoteClientId: 'r',
    localClientId: 'local.r',
    remoteUserName: 'u',
    remotePassword: 'p w',
    localUserName: 'lu',
    localPassword: 'lp',
    cleanSession: true,
    localCleanSession: true,
    startType: 'lazy',
    protocolVersion: 5,
    sessionExpiryInterval: 60,
    cafile: 'ca',
    certfile: 'c',
    keyfile: 'k',
    insecure: true,
    tlsVersion: 'TLSv1.3',
    alpn: 'mqtt',
    notificationTopic: 'n',
    notificationsLocalOnly: true,
    reloadType: 'immediate',
  })
  expect(bridge('cleansession true', 'local_cleansession false').localCleanSession).toBe(false)
  expect(bridge('bridge_identity i', 'bridge_psk ab')).toMatchObject({ pskIdentity: 'i', psk: 'ab' })
})

const WHOLE = 'connection b\naddress h\ntopic t\n'
test.each([
  ['connection', "1: Empty 'connection' value in configuration."],
  ['connection b', '0: Invalid bridge configuration: no remote addresses defined.'],
  ['connection b\ntopic t', '0: Invalid bridge configuration: no remote addresses defined.'],
  ['connection b\naddress h', '0: Invalid bridge configuration: no topics defined.'],
  [`${WHOLE}connection b`, "4: Duplicate bridge name 'b'."],
  [`${WHOLE}address h`, "4: Invalid bridge configuration, 'address' only allowed once."],
  ['connection b\naddress', '2: Empty address value in configuration.'],
  ['connection b\naddress # h', '2: Empty address value in configuration.'],
  ['connection b\naddress h:0', '2: Invalid bridge port value (0).'],
  ['connection b\naddress h:70000', '2: Invalid bridge port value (70000).'],
  ['connection b\ntopic', "2: Empty 'topic' value in configuration."],
  ['connection b\ntopic "missing quote', '2: Missing closing quote in topic value (quote).'],
  ['connection b\ntopic t up', "2: Invalid bridge topic direction 'up'."],
  ['connection b\ntopic t out 3', "2: Invalid bridge QoS level '3'."],
  ['connection b\ntopic t out -1', "2: Invalid bridge QoS level '-1'."],
  ['connection b\ntopic t out 0 l/+/', "2: Invalid bridge topic local prefix 'l/+/'."],
  ['connection b\ntopic t out 0 "" r#', "2: Invalid bridge topic remote prefix 'r#'."],
  ['connection b\ntopic +/x out 0 l', "2: Invalid bridge topic local prefix and pattern combination 'l+/x'."],
  ['connection b\ntopic +/x out 0 "" r', "2: Invalid bridge topic remote prefix and pattern combination 'r+/x'."],
  ['connection b\ntopic a#b', "2: Invalid bridge topic pattern 'a#b'."],
  ['connection b\ntopic ""', '2: Invalid bridge remapping.'],
  ['connection b\ntopic "" in 0 l', '2: Invalid bridge remapping.'],
  [`${WHOLE}start_type manual`, '4: Manual start_type not supported.'],
  [`${WHOLE}start_type never`, "4: Invalid 'start_type' value in configuration (never)."],
  [`${WHOLE}bridge_protocol_version mqttv5`, "4: Invalid 'bridge_protocol_version' value (mqttv5)."],
  [`${WHOLE}bridge_reload_type soon`, "4: Invalid 'bridge_reload_type' value in configuration (soon)."],
  [`${WHOLE}bridge_receive_maximum 0`, '4: bridge_receive_maximum must be greater than 0.'],
  [`${WHOLE}bridge_receive_maximum 65536`, '4: bridge_receive_maximum must be lower than 65535.'],
  [`${WHOLE}bridge_max_topic_alias -1`, '4: bridge_max_topic_alias must be > 0 and <= 65535.'],
  [`${WHOLE}bridge_session_expiry_interval -1`, '4: bridge_session_expiry_interval must not be negative.'],
  [`${WHOLE}bridge_tcp_keepalive 1`, "4: Empty 'bridge_tcp_keepalive_interval' value in configuration."],
  [`${WHOLE}bridge_tcp_keepalive 1 0 1`, '4: invalid TCP keepalive interval value.'],
  [`${WHOLE}bridge_tcp_user_timeout -1`, '4: invalid TCP user timeout value.'],
  [`${WHOLE}keepalive_interval 65536`, '4: Bridge keepalive value too high.'],
  [`${WHOLE}restart_timeout`, "4: Empty 'restart_timeout' value in configuration."],
  [`${WHOLE}restart_timeout 10 5`, '4: backoff cap is lower than the base in restart_timeout.'],
  [`${WHOLE}restart_timeout 1 5 -1`, '4: stable connection period cannot be negative.'],
  [`${WHOLE}remote_clientid a\nclientid b`, "5: Duplicate 'bridge remote clientid' value in configuration."],
  [`${WHOLE}bridge_psk ab`, '0: Invalid bridge configuration: missing bridge_identity.'],
  [`${WHOLE}bridge_identity i`, '0: Invalid bridge configuration: missing bridge_psk.'],
  [`${WHOLE}bridge_identity i\nbridge_cafile c`, "5: 'bridge_cafile': Cannot use both certificate and psk encryption in a single bridge."],
  [`${WHOLE}bridge_capath c\nbridge_psk ab`, "5: 'bridge_psk': Cannot use both certificate and identity encryption in a single bridge."],
  [
    `${WHOLE}local_clientid x\nconnection c\naddress h\ntopic t\nlocal_clientid x`,
    "0: Bridge local_clientid 'x' is not unique. Try changing or setting the local_clientid value for one of the bridges.",
  ],
  [`${WHOLE}notification_topic x/#`, "0: Invalid 'notification_topic' value (x/#). Does it contain a wildcard character?"],
  [`${WHOLE}remote_clientid a+b`, "0: Invalid 'notification_topic' value ($SYS/broker/connection/a+b/state). Does it contain a wildcard character?"],
  [`${WHOLE}remote_clientid a+b\nnotifications false`, 'accepted'],
  [`${WHOLE}notification_topic x/#\nnotifications false`, 'accepted'],
  [`max_topic_levels 6\n${WHOLE}notification_topic a/b/c/d/e/f/g`, "0: 'notification_topic' has 7 levels, at most 6."],
  [`${WHOLE}notification_topic a/b/c/d/e/f/g`, 'accepted'],
])('%j: %s', (text, expected) => expect(failure(text)).toBe(expected))

test('names of a bridge fit into packets', () => {
  const n = (count: number): string => 'n'.repeat(count)
  expect(failure(`${WHOLE}remote_username ${n(65536)}`)).toBe("4: 'bridge remote_username' has 65536 bytes, at most 65535.")
  expect(failure(`${WHOLE}local_clientid ${n(65535)}`)).toBe('accepted')
  expect(failure(`${WHOLE}remote_clientid ${n(65535)}\nnotifications false`)).toBe("0: 'local_clientid' has 65541 bytes, at most 65535.")
  expect(failure(`${WHOLE}remote_clientid ${n(65530)}\nlocal_clientid l`)).toBe("0: 'notification_topic' has 65559 bytes, at most 65535.")
  expect(failure(`${WHOLE}notification_topic ${'a/'.repeat(201)}`)).toBe("0: 'notification_topic' has 202 levels, at most 201.")
})

test('a notification that would be no Topic Name points to the line that makes it so', () => {
  const line = (text: string): number | undefined => {
    try {
      parse(text)
    } catch (error) {
      return (error as ConfigError).about?.line
    }
    return undefined
  }
  expect(line(`${WHOLE}remote_clientid a\nnotification_topic +`)).toBe(5)
  expect(line(`${WHOLE}notifications true\nremote_clientid a+`)).toBe(5)
  expect(line('\nconnection b#\naddress h\ntopic t')).toBe(2)
})

test('an error about a bridge as a whole says where it begins', () => {
  expect(() => parse('\nconnection b\naddress h')).toThrow(
    expect.objectContaining({ line: 0, places: [], about: expect.objectContaining({ file: 'test.conf', line: 2 }) }),
  )
})
