// Who may come in where: options for all listeners, for one, and per_listener_settings.
// What holds for a listener is on the listener, wherever it was written.

import { expect, test } from 'vitest'
import { ConfigError, type Configuration } from '../../src/config/configuration.ts'
import { parseConfiguration } from '../../src/config/parse.ts'

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

test('options of security hold for all listeners, even when they stand below one', () => {
  const { listeners, aclFile, allowAnonymous } = parse('listener 1\nacl_file a\nlistener 2\npassword_file p\npsk_file k\nallow_anonymous true')
  for (const listener of listeners) expect(listener).toMatchObject({ aclFile: 'a', passwordFile: 'p', pskFile: 'k', allowAnonymous: true })
  expect([aclFile, allowAnonymous]).toEqual(['a', true])
})

test('listener_allow_anonymous and listener_auto_id_prefix go before', () => {
  const { listeners, limits } = parse(
    'auto_id_prefix all-\nlistener 1\nlistener_allow_anonymous true\nlistener 2\nlistener_auto_id_prefix two-\nlistener 3\nallow_anonymous false',
  )
  expect(listeners.map(({ allowAnonymous }) => allowAnonymous)).toEqual([true, false, false])
  expect(listeners.map((listener) => listener.limits)).toEqual([{}, { clientIdPrefix: 'two-' }, {}])
  expect(limits).toEqual({ clientIdPrefix: 'all-' })
})

test('with per_listener_settings they belong to the listener above them', () => {
  const { listeners, perListenerSettings, notes, settings } = parse(
    'per_listener_settings true\nlistener 1\nallow_anonymous true\nacl_file a\nallow_zero_length_clientid false\nlistener 2\npassword_file p\nlistener 3\n',
  )
  expect(perListenerSettings).toBe(true)
  expect(listeners).toMatchObject([
    { allowAnonymous: true, aclFile: 'a', passwordFile: null, limits: { allowZeroLengthClientId: false } },
    { allowAnonymous: false, aclFile: null, passwordFile: 'p', limits: {} },
    { allowAnonymous: false, aclFile: null, passwordFile: null, limits: {} },
  ])
  expect(notes.map(({ text }) => text)).toEqual([
    "The 'per_listener_settings' option is now deprecated and will be removed in version 3.0. Please see the documentation for how to achieve the same effect.",
    "You are using the 'allow_anonymous' option with 'per_listener_settings true'. Please replace this with 'listener_allow_anonymous'.",
  ])
  expect(settings.map(({ option }) => option)).toEqual(['per_listener_settings'])
  expect(listeners[0]!.settings.map(({ option }) => option)).toEqual(['listener', 'allow_anonymous', 'acl_file', 'allow_zero_length_clientid'])
})

test('per_listener_settings: before all others, never unset, and every option then needs a listener', () => {
  const late = 'per_listener_settings must be set before any other security settings.'
  for (const line of ['allow_anonymous true', 'acl_file a', 'password_file p', 'plugin x.so', 'auto_id_prefix x'])
    expect(failure(`${line}\nper_listener_settings true`)).toBe(`2: ${late}`)
  expect(failure('allow_anonymous true\nper_listener_settings false')).toBe('accepted')
  expect(failure('per_listener_settings true\nper_listener_settings nonsense')).toBe('accepted')
  expect(parse('per_listener_settings true\nper_listener_settings false').perListenerSettings).toBe(true)
  for (const name of ['allow_anonymous', 'acl_file', 'password_file', 'psk_file', 'auto_id_prefix', 'allow_zero_length_clientid', 'plugin'])
    expect(failure(`per_listener_settings true\n${name} 1`)).toBe(`2: The '${name}' option requires a listener to be defined first.`)
})

test('local listeners admit everybody unless told not to', () => {
  expect(parse('').localOnly).toMatchObject({ allowAnonymous: true, passwordFile: null })
  expect(parse('allow_anonymous false\npassword_file p').localOnly).toMatchObject({ allowAnonymous: false, passwordFile: 'p' })
  expect(parse('max_connections 1\nlistener_allow_anonymous false').localOnly).toMatchObject({ allowAnonymous: false, maximumConnections: 1 })
})

test('limits of a listener are its own', () => {
  const { listeners, limits } = parse(
    'listener 1\nmax_qos 1\nmax_topic_alias 3\nmax_topic_alias_broker 0\n' +
      'accept_protocol_versions 5, 4\tx\nmount_point a/\nlistener 2\nuse_username_as_clientid true',
  )
  expect(listeners[0]).toMatchObject({ limits: { maximumQos: 1, topicAliasMaximum: 3, topicAliasMaximumOutgoing: 0, versions: [4, 5] }, mountPoint: 'a/' })
  expect(listeners[1]).toMatchObject({ limits: {}, mountPoint: '', useUserNameAsClientId: true })
  expect(limits).toEqual({})
})

test('a listener with TLS, one behind a proxy, one for browsers', () => {
  const { listeners } = parse(
    'listener 1\ncapath d\ncertfile c\nkeyfile k\ncrlfile r\nciphers A:B\nciphers_tls1.3 C\ntls_version tlsv1.3\nrequire_certificate true\n' +
      'disable_client_cert_date_checks true\nuse_subject_as_username true\n' +
      'listener 2\nenable_proxy_protocol 2\nproxy_protocol_v2_require_tls true\nuse_identity_as_username true\n' +
      'listener 3\nprotocol websockets\nhttp_dir /srv/my files\nwebsockets_origin https://a\nwebsockets_origin https://b\nlistener 4\npsk_hint hint\n',
  )
  expect(listeners).toMatchObject([
    { capath: 'd', crlfile: 'r', ciphers: 'A:B', ciphersTls13: 'C', minimumTlsVersion: 'TLSv1.3', disableClientCertificateDateChecks: true },
    { proxyProtocol: 2, proxyRequireTls: true, useIdentityAsUsername: true },
    { protocol: 'websockets', httpDirectory: '/srv/my files', webSocketOrigins: ['https://a', 'https://b'] },
    { pskHint: 'hint', minimumTlsVersion: 'TLSv1.2' },
  ])
})

test('require_certificate behind a proxy: version 2 tells of certificates, version 1 does not and is refused', () => {
  expect(parse('listener 1\nenable_proxy_protocol 2\nrequire_certificate true').listeners).toMatchObject([{ proxyProtocol: 2, requireCertificate: true }])
  expect(() => parse('listener 1\nenable_proxy_protocol 1\nrequire_certificate true')).toThrow(
    'Both certfile and keyfile must be provided to enable a TLS listener.',
  )
})

test('names from certificates that nobody is asked for: a warning with its line', () => {
  const { notes } = parse('listener 1\nuse_identity_as_username true')
  expect(notes).toEqual([
    {
      type: 'warning',
      text:
        "Warning: 'use_identity_as_username' without 'require_certificate true': clients are not asked for a certificate, " +
        'so nobody can connect to this listener.',
      at: expect.objectContaining({ file: 'test.conf', line: 2 }),
    },
  ])
})

test('plugins: known ones by their file, for all listeners or for those that use them', () => {
  const { plugins, listeners, allPlugins } = parse(
    'global_plugin /usr/lib/mosquitto_dynamic_security.so\nplugin_opt_config_file /var/lib/my dynsec.json\nauth_plugin_deny_special_chars false\n' +
      'plugin_load pw C:\\lib\\mosquitto_password_file.dll\nplugin_opt_file p\nauth_plugin /opt/foreign.so\nauth_opt_user u\n' +
      'listener 1\nplugin_use pw\nlistener 2\n',
  )
  expect(allPlugins).toMatchObject([
    { name: null, known: 'dynamic_security', denySpecialCharacters: false, options: new Map([['config_file', '/var/lib/my dynsec.json']]) },
    { name: 'pw', known: 'password_file', denySpecialCharacters: true, options: new Map([['file', 'p']]) },
    { name: null, known: null, path: '/opt/foreign.so', options: new Map([['user', 'u']]) },
  ])
  expect(plugins).toEqual([allPlugins[0], allPlugins[2]])
  expect(listeners.map((listener) => listener.plugins)).toEqual([
    [allPlugins[0], allPlugins[2], allPlugins[1]],
    [allPlugins[0], allPlugins[2]],
  ])
})

test.each([
  ['plugin_opt_x y', "1: The 'plugin_opt_x' option requires plugin/global_plugin/plugin_load to be defined first."],
  ['plugin a.so\nplugin_opt_ y', "2: Invalid 'plugin_opt_' config option."],
  ['plugin a.so\nplugin_opt_test', "2: Empty 'test' value in configuration."],
  ['auth_plugin_deny_special_chars true', '1: An auth_plugin_deny_special_chars option exists in the config file without a plugin.'],
  ['plugin', "1: Missing plugin path for plugin name '(null)'."],
  ['plugin_load', "1: Empty 'plugin_load' value in configuration."],
  ['plugin_load x', "1: Missing plugin path for plugin name 'x'."],
  ['plugin_load x a.so\nplugin_load x b.so', "2: Duplicate plugin name 'x'."],
  ['plugin_load x a.so\nplugin_use x', "2: The 'plugin_use' option requires a listener to be defined first."],
  ['port 1\nplugin_use x', "2: The 'plugin_use' option requires a listener to be defined first."],
  ['listener 1\nplugin_use x', "2: Plugin 'x' not previously loaded."],
])('%j: %s', (text, expected) => expect(failure(text)).toBe(expected))
