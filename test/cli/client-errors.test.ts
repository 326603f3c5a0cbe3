// Errors of sockets and TLS in the words of Mosquitto's clients, with their exit codes.

import { expect, test } from 'vitest'

import { refusalExitCode, refusalLine } from '../../src/cli/client-connector.ts'
import { connectFailure, lossFailure, refusalText, systemErrorText } from '../../src/cli/client-errors.ts'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../src/wire/mqtt/properties.ts'

const coded = (code: string, message = `${code} happened`): Error => Object.assign(new Error(message), { code })

test.each([
  ['ECONNREFUSED', 'Error: Connection refused', 1],
  ['ETIMEDOUT', 'Error: Connection timed out', 1],
  ['EHOSTUNREACH', 'Error: No route to host', 1],
  ['ENOENT', 'Error: No such file or directory', 1],
  ['ENOTFOUND', 'Unable to connect (Lookup error).', 1],
  ['EAI_AGAIN', 'Unable to connect (Lookup error).', 1],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'Unable to connect (A TLS error occurred).', 1],
])('%s', (code, text, exitCode) => {
  expect(connectFailure(coded(code))).toEqual({ text, exitCode })
})

test.each(['SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
  '%s is a certificate error',
  (code) => {
    const failure = connectFailure(coded(code, 'the reason'))
    expect(failure.exitCode).toBe(14)
    expect(failure.text).toMatch(/^Error: Protocol error\n.*the reason/)
  },
)

test('the cause counts, however deep; of several addresses the first', () => {
  expect(connectFailure(new Error('outer', { cause: coded('ECONNREFUSED') })).text).toBe('Error: Connection refused')
  expect(connectFailure(new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')])).text).toBe('Error: Connection refused')
})

test('an error without a known code is said in its own words', () => {
  expect(connectFailure(coded('EWEIRD', 'weird')).text).toBe('Error: weird')
  expect(systemErrorText('thrown text')).toBe('thrown text')
})

test('return codes beyond the standard', () => {
  expect(refusalText(6)).toBe('Connection Refused: unknown reason')
})

test.each([
  ['a TLS library', Object.assign(coded('EPROTO'), { syscall: 'write' }), 'Unable to connect (A TLS error occurred).', 1],
  ['a WebSocket handshake', coded('EPROTO', 'HTTP 404'), 'Error: HTTP 404', 1],
  ['a file that is no key', coded('ERR_OSSL_UNSUPPORTED'), 'Unable to connect (A TLS error occurred).', 1],
  [
    'an alert about our own certificate',
    coded('ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED'),
    'Error: Protocol error\nError: The server ended the TLS handshake: certificate expired.',
    14,
  ],
  ['an alert', coded('ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR'), 'Error: Protocol error\nError: The server ended the TLS handshake: decrypt error.', 14],
])('TLS fails by %s', (_name, error, text, exitCode) => {
  expect(connectFailure(error)).toEqual({ text, exitCode })
})

test('an alert after the handshake says what to do about a missing certificate', () => {
  expect(lossFailure(coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), true)).toEqual({
    text: 'Unable to connect (The connection was lost).\nError: The server ended the TLS connection: certificate required. Show it one with --cert and --key.',
    exitCode: 1,
  })
  expect(lossFailure(coded('ECONNRESET'), true)).toEqual({ text: 'Unable to connect (The connection was lost).', exitCode: 1 })
  expect(lossFailure(coded('ECONNRESET'), false)).toEqual({ text: 'Error: The connection was lost', exitCode: 7 })
  expect(lossFailure(null, false)).toEqual({ text: 'Error: The connection was lost', exitCode: 7 })
})

test.each([
  [128, 'Unspecified error'],
  [129, 'Malformed Packet'],
  [130, 'Protocol Error'],
  [131, 'Implementation specific error'],
  [133, 'Client Identifier not valid'],
  [134, 'Bad User Name or Password'],
  [135, 'Not authorized'],
  [136, 'Server unavailable'],
  [137, 'Server busy'],
  [138, 'Banned'],
  [140, 'Bad authentication method'],
  [144, 'Topic Name invalid'],
  [149, 'Packet too large'],
  [151, 'Quota exceeded'],
  [153, 'Payload format invalid'],
  [154, 'Retain not supported'],
  [155, 'QoS not supported'],
  [156, 'Use another server'],
  [157, 'Server moved'],
  [159, 'Connection rate exceeded'],
])('refused in MQTT 5 with %d: its name, and the code to exit with', (reasonCode, name) => {
  const connack = { type: PacketType.Connack, sessionPresent: false, reasonCode, properties: NO_PROPERTIES } as const
  expect(refusalLine(connack, 5)).toBe(`Connection error: ${name}`)
  expect(refusalExitCode(connack, 5)).toBe(reasonCode)
})
