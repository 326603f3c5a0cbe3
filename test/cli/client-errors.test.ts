// Errors of sockets and TLS in the words of Mosquitto's clients, with their exit codes.

import { expect, test } from 'vitest'

import { connectFailure, refusalText, systemErrorText } from '../../src/cli/client-errors.ts'

const coded = (code: string, message = `${code} happened`): Error => Object.assign(new Error(message), { code })

test.each([
  ['ECONNREFUSED', 'Error: Connection refused', 1],
  ['ETIMEDOUT', 'Error: Connection timed out', 1],
  ['EHOSTUNREACH', 'Error: No route to host', 1],
  ['ENOENT', 'Error: No such file or directory', 1],
  ['ENOTFOUND', 'Unable to connect (Lookup error).', 1],
  ['EAI_AGAIN', 'Unable to connect (Lookup error).', 1],
  ['EPROTO', 'Unable to connect (A TLS error occurred).', 1],
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
