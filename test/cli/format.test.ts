// -F: what each conversion prints, byte for byte, and what is no format.

import { expect, test } from 'vitest'
import { parseFormat } from '../../src/cli/format.ts'
import { MessageFormatter } from '../../src/cli/format-message.ts'
import { runRr } from '../../src/cli/rr.ts'
import { runSub } from '../../src/cli/sub.ts'
import { WallClock } from '../../src/cli/wall-clock.ts'
import { localMoment } from '../../src/server/local-time.ts'
import { PacketType, type Publish } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../../src/wire/mqtt/properties.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const AT = {
  epochSeconds: 1795332902,
  nanoseconds: 806102533,
  offsetMinutes: 60,
  zoneName: 'CET',
  year: 2026,
  month: 11,
  day: 22,
  hour: 8,
  minute: 35,
  second: 2,
  weekday: 0,
  yearday: 326,
} as const

const PROPERTIES: Properties = {
  userProperties: [
    ['k1', 'v1'],
    ['k2', 'v2'],
  ],
  contentType: 'text/plain',
  responseTopic: 'resp/t',
  correlationData: Buffer.from('abc'),
  payloadFormatIndicator: 1,
  messageExpiryInterval: 993,
}

function message(payload: string | Uint8Array = 'hello', more: Partial<Publish> = {}): Publish {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  return { type: PacketType.Publish, topicName: 'ret/b', payload: bytes, qos: 0, retain: true, dup: false, packetId: 0, properties: NO_PROPERTIES, ...more }
}

function formatted(format: string, about: Publish = message(), pretty = false): { out: Buffer; err: string[] } {
  const err: string[] = []
  const formatter = new MessageFormatter({ parts: parseFormat(format), pretty, now: () => AT, fail: (text) => err.push(text) })
  return { out: formatter.bytes(about), err }
}

const text = (format: string, about?: Publish, pretty?: boolean): string => {
  const { out, err } = formatted(format, about, pretty)
  expect(err).toEqual([])
  return out.toString()
}

const FIVE = message('hello', { qos: 1, packetId: 1, properties: { ...PROPERTIES, subscriptionIdentifiers: [7, 8], topicAlias: 3 } })

test.each([
  ['%t|%p|%q|%r|%l|%m|%x|%X|%%', 'ret/b|hello|0|1|5|0|68656c6c6f|68656C6C6F|%'],
  ['%A|%C|%D|%E|%F|%P|%R|%S|', '||||||||'],
  ['%10t|%-10t|%010t|%.3t|%10.3t|%-10.3t|', '     ret/b|ret/b     |     ret/b|ret|       ret|ret       |'],
  ['%5l|%05l|%-5l|%-05l|%.9l|%3m|%03m', '    5|00005|5    |5    |5|  0|000'],
  ['[%10p][%-10p][%010p][%3p][%.1p]', '[     hello][hello     ][00000hello][hel][hello]'],
  ['[%12x][%-12x][%012x][%4x]', '[  68656c6c6f][68656c6c6f  ][0068656c6c6f][68656c6c]'],
  ['%.2:x|%.4 X|%20.2x', '68:65:6c:6c:6f|6865 6C6C 6F|               68 65 6c 6c 6f'],
  ['%.2x|%.1-x|%.3.x|%.0x|%.2|x', '68 65 6c 6c 6f|6-8-6-5-6-c-6-c-6-f|686.56c.6c6.f|68656c6c6f|68|65|6c|6c|6f'],
  ['%9q|%9r|%5%', '0|1|%'], // a width means nothing here
  ['[%-p][%-x][%-4x]', '[hello     ][68656c6c6f     ][68656c6c    ]'], // what Mosquitto's client does with `-`
  ['[%5A][%05A][%5C][%05C][%-5E][%5F][%5S][%5R][%5D][%5P]', '[     ][00000][     ][00000][     ][     ][     ][][][]'],
  ['\\\\|\\0|\\a|\\e[0m|\\n|\\r|\\t|\\v', '\\|\0|\x07|\x1b[0m|\n|\r|\t|\v'],
  ['%I|%27I|%.10I|%U', '2026-11-22T08:35:02+0100|   2026-11-22T08:35:02+0100|2026-11-22|1795332902.806102533'],
  ['@Y-@m-@d @H:@M:@S.@N @s @@ @a @j @z @Z', '2026-11-22 08:35:02.806102533 1795332902 @ Sun 326 +0100 CET'],
  ['plain é 100%% a@@b', 'plain é 100% a@b'],
  ['', ''],
])('%j', (format, expected) => {
  expect(text(format)).toBe(expected)
})

test('the properties of MQTT 5', () => {
  expect(text('%q|%m|%A|%C|%D|%E|%F|%P|%R|%S', FIVE)).toBe('1|1|3|text/plain|abc|993|1|k1:v1 k2:v2|resp/t|7')
  expect(text('%5A|%-5E|%05F|%.4C|%8.4C|%-8R|%4S', FIVE)).toBe('    3|993  |00001|text|    text|resp/t  |   7')
  expect(text('%E', message('', { properties: { messageExpiryInterval: 0xffffffff } }))).toBe('4294967295')
})

test('payload bytes pass unchanged, also cut and padded', () => {
  const payload = Uint8Array.from({ length: 256 }, (_, i) => i)
  expect(formatted('%p', message(payload)).out).toEqual(Buffer.from(payload))
  expect(formatted('%2p|%04p', message(Uint8Array.of(0xff, 0x00, 0xfe))).out).toEqual(Buffer.of(0xff, 0, 0x7c, 0x30, 0xff, 0, 0xfe))
  expect(formatted('%D', message('', { properties: { correlationData: Uint8Array.of(0, 255) } })).out).toEqual(Buffer.of(0, 255))
  expect(text('[%p][%x][%3p][%-3x][%03x]', message(''))).toBe('[][][   ][   ][000]')
  expect(text('%4.2x|', message(''))).toBe('     '.concat(' |')) // four blanks in groups, each with its separator
})

test('widths and precisions count bytes', () => {
  expect(text('[%4t]', message('', { topicName: 'é' }))).toBe('[  é]')
  expect(formatted('%.1t', message('', { topicName: 'é' })).out).toEqual(Buffer.of(0xc3))
})

test('payloads that are IEEE 754', () => {
  const double = Buffer.alloc(8)
  double.writeDoubleLE(2.719)
  const float = Buffer.alloc(4)
  float.writeFloatLE(-0.5)
  expect(text('%d|%.3d|%9.2d|%09.2d|%-9.2d|%.0d', message(double))).toBe('2.719000|2.719|     2.72|000002.72|2.72     |3')
  expect(text('%f|%.1f|%08.2f|%.0f', message(float))).toBe('-0.500000|-0.5|-0000.50|-0')
  double.writeDoubleLE(Infinity)
  float.writeFloatLE(NaN)
  float[3]! |= 0x80
  expect(text('%06d', message(double))).toBe('   inf')
  expect(text('%f', message(float))).toBe('-nan')
  expect(formatted('[%f]', message('hello'))).toEqual({ out: Buffer.from('[]'), err: ['requested float printing, but non-float data received'] })
  expect(formatted('[%d]', message(float))).toEqual({ out: Buffer.from('[]'), err: ['requested double printing, but non-double data received'] })
})

const HEAD = '{"tst":"2026-11-22T08:35:02.806102+0100","topic":"ret/b"'

test.each([
  ['a string', '%j', message('{"v":1,"s":"x y"}'), `${HEAD},"qos":0,"retain":true,"payloadlen":17,"payload":"{\\"v\\":1,\\"s\\":\\"x y\\"}"}`],
  ['parsed', '%J', message('{"v":1,"s":"x y"}'), `${HEAD},"qos":0,"retain":true,"payloadlen":17,"payload":{"v":1,"s":"x y"}}`],
  ['nothing', '%j', message('', { retain: false }), `${HEAD},"qos":0,"retain":false,"payloadlen":0,"payload":null}`],
  ['nothing, parsed', '%J', message(''), `${HEAD},"qos":0,"retain":true,"payloadlen":0,"payload":null}`],
  [
    'MQTT 5',
    '%j',
    message('hello', { qos: 2, packetId: 9, properties: PROPERTIES }),
    `${HEAD},"qos":2,"retain":true,"payloadlen":5,"mid":9,"properties":{"user-properties":[{"k1":"v1"},{"k2":"v2"}],"content-type":"text/plain",` +
      '"response-topic":"resp/t","correlation-data":"abc","payload-format-indicator":1,"message-expiry-interval":993},"payload":"hello"}',
  ],
  [
    'properties in the order in which they came',
    '%j',
    message('', { properties: { topicAlias: 1, subscriptionIdentifiers: [99, 100], contentType: 'x' } }),
    `${HEAD},"qos":0,"retain":true,"payloadlen":0,"properties":{"topic-alias":1,"subscription-identifier":99,"subscription-identifier":100,` +
      '"content-type":"x"},"payload":null}',
  ],
  [
    'controls',
    '%j',
    message('\0\b\t\n\f\r\x1b\x7f"\\/é😀'),
    `${HEAD},"qos":0,"retain":true,"payloadlen":17,"payload":"\\u0000\\b\\t\\n\\f\\r\\u001b\x7f\\"\\\\/é😀"}`,
  ],
  ['no UTF-8', '%j', message(Uint8Array.of(0x61, 0xff, 0x62)), `${HEAD},"qos":0,"retain":true,"payloadlen":3,"payload":"a\ufffdb"}`],
])('JSON: %s', (_, format, about, expected) => {
  expect(text(format, about)).toBe(expected)
})

test('--pretty: tabs before and between', () => {
  expect(text('%J', message('{"v":[1,{"s":"x y"}],"o":{},"a":[]}'), true)).toBe(
    [
      '{',
      '\t"tst":\t"2026-11-22T08:35:02.806102+0100",',
      '\t"topic":\t"ret/b",',
      '\t"qos":\t0,',
      '\t"retain":\ttrue,',
      '\t"payloadlen":\t35,',
      '\t"payload":\t{',
      '\t\t"v":\t[1, {',
      '\t\t\t\t"s":\t"x y"',
      '\t\t\t}],',
      '\t\t"o":\t{',
      '\t\t},',
      '\t\t"a":\t[]',
      '\t}',
      '}',
    ].join('\n'),
  )
})

test('a payload that is no JSON is said on standard error, the rest is printed', () => {
  expect(formatted('<%J>')).toEqual({ out: Buffer.from('<>'), err: ['Error: Message payload is not valid JSON on topic ret/b.'] })
})

test.each([
  ['%', 'Incomplete format specifier.'],
  ['%0', 'Incomplete format specifier.'],
  ['%-', 'Incomplete format specifier.'],
  ['%1', 'Incomplete format specifier.'],
  ['%.', 'Incomplete format specifier.'],
  ['%.1', 'Incomplete format specifier.'],
  ['%.2:', 'Incomplete format specifier.'],
  ['%t%', 'Incomplete format specifier.'],
  ['%z', "Invalid format specifier 'z'."],
  ['%0-5l', "Invalid format specifier '5'."],
  ['%é', "Invalid format specifier 'é'."],
  ['%\n', "Invalid format specifier '\n'."],
  ['@', 'Incomplete format specifier.'],
  ['\\', 'Incomplete escape specifier.'],
  ['\\q', "Invalid escape specifier 'q'."],
  ['\\😀', "Invalid escape specifier '😀'."],
  ['%99999t', 'Field width or precision 99999 in the format is too large, the largest is 65535.'],
])('%j is no format: said for both tools before anything is connected', async (format, error) => {
  for (const [tool, run] of [['sub', runSub] as const, ['rr', runRr] as const]) {
    const io = new FakeTerminal()
    expect(await run(['-p', '1', '-t', 'a', '-F', format], io)).toBe(1)
    expect(io.stderr.text).toBe(`Error: ${error}\n\nUse 'zanzara ${tool} --help' to see usage.\n`)
    expect(io.stdout.text).toBe('')
  }
})

test('the clock keeps to the system, finer', () => {
  const clock = new WallClock()
  const before = Date.now()
  const { epochSeconds, nanoseconds } = clock.now()
  const ms = epochSeconds * 1000 + nanoseconds / 1e6
  expect(ms).toBeGreaterThan(before - 3)
  expect(ms).toBeLessThan(Date.now() + 3)
  expect(Number.isInteger(nanoseconds) && nanoseconds >= 0 && nanoseconds < 1e9).toBe(true)
})

test.each([
  ['Europe/Rome', 1795332902, { year: 2026, month: 11, day: 22, hour: 8, weekday: 0, yearday: 326, offsetMinutes: 60, zoneName: 'CET' }],
  ['Europe/Rome', 1782864000, { month: 7, day: 1, hour: 2, offsetMinutes: 120, zoneName: 'CEST', yearday: 182 }],
  ['America/New_York', 1798761600, { year: 2026, month: 12, day: 31, hour: 19, yearday: 365, offsetMinutes: -300, zoneName: 'EST' }],
  ['Asia/Kathmandu', 1704067200, { year: 2024, month: 1, day: 1, hour: 5, minute: 45, yearday: 1, offsetMinutes: 345, zoneName: '+0545' }],
  ['UTC', 1735603200, { month: 12, day: 31, yearday: 366, offsetMinutes: 0, zoneName: 'UTC' }],
])('local time in %s', (zone, seconds, expected) => {
  const before = process.env['TZ']
  process.env['TZ'] = zone
  try {
    expect(localMoment(seconds, 0)).toMatchObject({ epochSeconds: seconds, ...expected })
  } finally {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  }
})
