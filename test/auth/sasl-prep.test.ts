// SASLprep: the examples of RFC 4013, section 3, and what must not pass.
// The function has no other output than text or null.

import { expect, test } from 'vitest'
import { saslPrep } from '../../src/auth/sasl-prep.ts'

test.each([
  ['I\u00adX', 'IX'],
  ['user', 'user'],
  ['USER', 'USER'],
  ['\u00aa', 'a'],
  ['\u2168', 'IX'],
  ['a\u00a0b', 'a b'],
  ['\ufeffa', 'a'],
  ['\u05d0\u05d1\u05d2', '\u05d0\u05d1\u05d2'],
  ['\u0627\u0031\u0628', '\u0627\u0031\u0628'],
])('%j becomes %j', (given, expected) => {
  expect(saslPrep(given)).toBe(expected)
})

test.each([
  '\u0007',
  '\u0627\u0031',
  '',
  '\u00ad',
  'a\u0000b',
  'a\u007fb',
  'a\u0085b',
  '\ue000',
  '\ud800',
  'a\u202eb',
  'a\ufffdb',
  '\u{e0041}',
  '\u05d0b\u05d1',
])('%j is refused', (given) => {
  expect(saslPrep(given)).toBe(null)
})
