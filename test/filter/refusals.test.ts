// A refused filter says where and why, and what may have been meant.

import { expect, test } from 'vitest'
import { compileFilter } from '../../src/filter/filter.ts'
import '../../src/dissect/dissect.ts'
import { refusal } from './support.ts'

test.each([
  ['mqtt.topik == "a"', 'unknown field "mqtt.topik"; did you mean mqtt.topic?', 'mqtt.topik'],
  ['tcp and mqtt.msgtpye == 3', 'unknown field "mqtt.msgtpye"; did you mean mqtt.msgtype?', 'mqtt.msgtpye'],
  ['uper(mqtt.topic) == "A"', 'unknown function "uper"; did you mean upper?', 'uper(mqtt.topic)'],
  [
    'mqtt.msgtype == "Publish Mesage"',
    '"Publish Mesage" is neither a valid number nor a name of a value of this field; did you mean "Publish Message"?',
    '"Publish Mesage"',
  ],
  ['mqtt.qos == 300', '"300" is too large for this field, at most 255', '300'],
  ['mqtt.topic == mqtt.msgtype', 'mqtt.topic (text) and mqtt.msgtype (unsigned integer of 1 byte) are not of compatible types', 'mqtt.msgtype'],
  ['mqtt.len matches "1"', 'mqtt.len (unsigned integer of 8 bytes) cannot match a pattern; string() makes a text of a number', 'mqtt.len'],
  ['mqtt.topic matches "(a"', 'pattern: missing closing parenthesis', '"(a"'],
  ['ip.src == 10.0.0.0/33', 'the prefix of an IPv4 network has at most 32 bits, not 33', '10.0.0.0/33'],
  ['mqtt[2-1]', 'range 2-1: 2 is not less than 1', '2-1'],
  ['mqtt.topic == "a\\q"', '\\q is not a valid escape sequence; a backslash is written \\\\', '\\q'],
  ['mqtt xor tcp', '"xor" was unexpected in this context', 'xor'],
  ['${nosuch} == 1', 'macro ${nosuch} does not exist', '${nosuch}'],
])('%s', (text, message, marked) => {
  const error = refusal(text)
  expect(error.message).toBe(message)
  expect(text.slice(error.offset, error.offset + error.length)).toBe(marked)
})

test('the place is marked below the text', () => {
  expect(refusal('tcp and mqtt.topik').pointAt('tcp and mqtt.topik')).toBe('    tcp and mqtt.topik\n            ^~~~~~~~~~')
  expect(refusal('tcp and').pointAt('tcp and')).toBe('    tcp and\n           ^')
})

test('nesting has an end, also for strangers', () => {
  for (const [open, close] of [
    ['(', ')'],
    ['not ', ''],
    ['{', '}'],
    ['abs(', ')'],
  ] as const)
    expect(refusal(`${open.repeat(5000)}tcp.len${close.repeat(5000)} == 1`).message).toContain('nested more than')
  expect(refusal(`mqtt.topic matches "${'('.repeat(5000)}${')'.repeat(5000)}"`).message).toContain('nested more than')
})

test('a filter names the fields that it reads, each once', () => {
  expect(compileFilter('mqtt.msgtype == 3 and (mqtt.len > len(mqtt.topic) or mqtt.msgtype in {1, mqtt.qos..5}) and tcp[13] & 2').fields).toEqual([
    'mqtt.msgtype',
    'mqtt.len',
    'mqtt.topic',
    'mqtt.qos',
    'tcp',
  ])
  expect(compileFilter(' ').fields).toEqual([])
})
