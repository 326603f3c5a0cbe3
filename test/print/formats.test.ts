// Texts of values: as -T fields prints them, and in lines of the tree. The answers are tshark's.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { ipv6Text } from '../../src/dissect/address-text.ts'
import { defineProtocol, FIELDS, type FieldDefinition } from '../../src/dissect/field.ts'
import { formatValue } from '../../src/dissect/format.ts'
import { ROOT, Rows } from '../../src/dissect/rows.ts'
import { absoluteTimeText, clockTimeText, isoTimeText, relativeTimeText } from '../../src/dissect/time-text.ts'
import { fieldEscaped, treeEscaped } from '../../src/print/escapes.ts'
import { treeText } from '../../src/print/tree-line.ts'

const DEFINITIONS = {
  count: { name: 'probe.count', label: 'Count', type: 'uint16', base: 'dec', unit: ' bytes' },
  flags: { name: 'probe.flags', label: 'Flags', type: 'uint16', base: 'hex' },
  both: { name: 'probe.both', label: 'Identification', type: 'uint16', base: 'hex_dec' },
  kind: { name: 'probe.kind', label: 'Kind', type: 'uint8', base: 'dec', mask: 0xf0, values: new Map([[3, 'Publish Message']]) },
  set: {
    name: 'probe.set',
    label: 'Retain',
    type: 'boolean',
    width: 8,
    mask: 0x01,
    values: new Map([
      [0, 'Not set'],
      [1, 'Set'],
    ]),
  },
  plain: { name: 'probe.plain', label: 'Plain', type: 'boolean' },
  text: { name: 'probe.text', label: 'Topic', type: 'string' },
  bytes: { name: 'probe.bytes', label: 'Message', type: 'bytes' },
  mark: { name: 'probe.mark', label: 'Properties', type: 'none' },
  address: { name: 'probe.address', label: 'Source Address', type: 'ipv4' },
  span: { name: 'probe.span', label: 'Time since', type: 'relative_time', generated: true },
  signed: { name: 'probe.signed', label: 'Factor', type: 'int32', base: 'dec' },
} as const satisfies Record<string, FieldDefinition>

const PROBE: Readonly<Record<keyof typeof DEFINITIONS | 'protocol', number>> = defineProtocol({ name: 'probe', label: 'Probe Protocol' }, DEFINITIONS)

function line(key: keyof typeof PROBE, bytes: readonly number[] | string, own: string | null = null): string {
  const rows = new Rows()
  const frame = typeof bytes === 'string' ? Uint8Array.from(Buffer.from(bytes)) : Uint8Array.from(bytes)
  rows.reset(frame)
  const row = rows.add(PROBE[key], 0, 0, frame.length, ROOT)
  if (own !== null) rows.setText(row, own)
  return treeText(rows, row)
}

test('lines of the tree', () => {
  expect(line('count', [0, 8])).toBe('Count: 8 bytes')
  expect(line('count', [0, 1])).toBe('Count: 1 byte')
  expect(line('flags', [0, 0x18])).toBe('Flags: 0x0018')
  expect(line('both', [0x42, 0xce])).toBe('Identification: 0x42ce (17102)')
  expect(line('kind', [0x3f])).toBe('0011 .... = Kind: Publish Message (3)')
  expect(line('kind', [0x4f])).toBe('0100 .... = Kind: Unknown (4)')
  expect(line('set', [0xff])).toBe('.... ...1 = Retain: Set')
  expect(line('set', [0xfe])).toBe('.... ...0 = Retain: Not set')
  expect(line('plain', [1])).toBe('Plain: True')
  expect(line('text', 'a\tb\x01\x7f\u0085é"\\')).toBe('Topic: a\\tb\\001\\177\\u0085é"\\')
  expect(line('bytes', [1, 2, 255])).toBe('Message: 0102ff')
  expect(line('bytes', Array(37).fill(0x78))).toBe(`Message: ${'78'.repeat(36)}…`)
  expect(line('bytes', [])).toBe('Message: <MISSING>')
  expect(line('mark', [])).toBe('Properties')
  expect(line('protocol', [])).toBe('Probe Protocol')
  expect(line('protocol', [], 'Probe Protocol, Publish\n')).toBe('Probe Protocol, Publish\\n')
  expect(line('address', [127, 0, 0, 1])).toBe('Source Address: 127.0.0.1')
  expect(line('signed', [255, 255, 255, 254])).toBe('Factor: -2')
})

test('generated lines stand in brackets, long ones are cut', () => {
  const rows = new Rows()
  rows.reset(new Uint8Array(0))
  const row = rows.addGiven(PROBE.span, 0, -1, 0, ROOT, 68_000n)
  expect(treeText(rows, row)).toBe('[Time since: 0.000068000 seconds]')
  const long = line('text', 'x'.repeat(300))
  expect(long.startsWith('Topic [truncated]: xxx')).toBe(true)
  expect(long.length).toBe(238)
  const wide = line('text', 'é'.repeat(130))
  expect(wide.startsWith('Topic [truncated]: éé')).toBe(true)
  expect([238, 237]).toContain(Buffer.byteLength(wide))
  expect(wide).not.toContain('\ufffd')
  expect(line('text', 'x', 'y'.repeat(300))).toBe('y'.repeat(239))
})

test('values of -T fields', () => {
  const text = (key: keyof typeof PROBE, value: number | bigint | string | Uint8Array): string => formatValue(FIELDS[PROBE[key]]!, value)
  expect(text('count', 8)).toBe('8')
  expect(text('flags', 0x18)).toBe('0x0018')
  expect(text('both', 17_102)).toBe('0x42ce')
  expect(text('kind', 3)).toBe('3')
  expect(text('set', 1)).toBe('1')
  expect(text('bytes', Uint8Array.of(222, 173))).toBe('dead')
  expect(text('address', 0xc0a80001)).toBe('192.168.0.1')
  expect(text('span', -1_500_000n)).toBe('-0.001500000')
})

test('control characters: few escapes in fields, all in the tree', () => {
  expect(fieldEscaped('a\tb\nc\rd\be\ff\x07\v\x1b"\\')).toBe('a\\tb\\nc\\rd\\be\\ff\x07\v\x1b"\\')
  expect(treeEscaped('\x07\b\f\v\r|\x1b')).toBe('\\a\\b\\f\\v\\r|\\033')
})

describe('times', () => {
  const zone = process.env['TZ']
  beforeEach(() => {
    process.env['TZ'] = 'Europe/Rome'
  })
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })
  const TIME = 1_700_086_400_997_976_320n

  test('are local and exact', () => {
    expect(absoluteTimeText(TIME)).toBe('Nov 15, 2023 23:13:20.997976320 CET')
    expect(absoluteTimeText(TIME - 120n * 86_400n * 1_000_000_000n)).toBe('Jul 19, 2023 00:13:20.997976320 CEST')
    expect(absoluteTimeText(TIME, true)).toBe('Nov 15, 2023 22:13:20.997976320 UTC')
    expect(absoluteTimeText(-1n, true)).toBe('Dec 31, 1969 23:59:59.999999999 UTC')
    expect(isoTimeText(TIME)).toBe('2023-11-15T22:13:20.997976320Z')
    expect(clockTimeText(TIME, 'none', false, 6)).toBe('23:13:20.997976')
    expect(clockTimeText(TIME, 'date', true, 9)).toBe('2023-11-15 22:13:20.997976320')
    expect(clockTimeText(TIME, 'day-of-year', false, 3)).toBe('2023/319 23:13:20.997')
  })

  test('relative ones are cut, not rounded', () => {
    expect(relativeTimeText(1_999_999_999n, 3)).toBe('1.999')
    expect(relativeTimeText(-5n)).toBe('-0.000000005')
    expect(relativeTimeText(7_000_000_000n, 0)).toBe('7')
  })
})

test.each([
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['fd000000000000000000000000000044', 'fd00::44'],
  ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['00010000000000010000000000000001', '1:0:0:1::1'],
  ['00000000000000000000ffffc0a80001', '::ffff:192.168.0.1'],
  ['fe800000000000000000000000000000', 'fe80::'],
])('IPv6 %s is %s', (hex, text) => {
  expect(ipv6Text(Uint8Array.from(Buffer.from(hex, 'hex')))).toBe(text)
})
