// The command line of `zanzara sniff`: tshark's ways of writing it, and what is said of a wrong one.

import { expect, test } from 'vitest'

import { readSniffArguments, type SniffSettings } from '../../src/cli/sniff-arguments.ts'

function settings(...argv: string[]): SniffSettings {
  const read = readSniffArguments(argv)
  if (typeof read === 'string') throw new Error(read)
  return read
}

test('flags joined, values joined or behind', () => {
  const { quiet, statistics, read, details, hex, output, fields } = settings(
    '-qzmqtt,topics',
    '-rlab.pcap',
    '-Vx',
    '-Tjson',
    '-e',
    'mqtt.topic',
    '-eframe.number',
  )
  expect({ quiet, statistics, read, details, hex, output, fields }).toEqual({
    quiet: true,
    statistics: ['mqtt,topics'],
    read: 'lab.pcap',
    details: true,
    hex: true,
    output: 'json',
    fields: ['mqtt.topic', 'frame.number'],
  })
  expect(settings('--read-file=x', '--display-filter', 'tcp').filter).toBe('tcp')
})

test('words are the display filter of a file and the capture filter of an interface', () => {
  expect(settings('-r', 'x', 'mqtt.qos', '==', '1').filter).toBe('mqtt.qos == 1')
  expect(settings('-i', 'lo', 'tcp', 'port', '1883').captureFilter).toBe('tcp port 1883')
  expect(settings('-r', 'x', '--', '-1 == tcp.port').filter).toBe('-1 == tcp.port')
})

test('-E, -d, -o, -a', () => {
  const { fieldsOptions, decodeAs, preferences, mostFrames, durationSeconds, mostBytes } = settings(
    ...['-E', 'header=y', '-E', 'separator=/s', '-E', 'aggregator=;', '-E', 'occurrence=l', '-E', 'quote=d', '-E', 'bom=y'],
    ...['-d', 'tcp.port==1880-1890,mqtt', '-d', 'udp.port==5700,CoAP', '-d', 'tcp.port==1884:2,mqtt'],
    ...['-o', 'mqtt.show_msg_as_text:TRUE', '-a', 'duration:1.5', '-a', 'packets:7', '-a', 'filesize:2', '-c', '9'],
  )
  expect(fieldsOptions).toEqual({ header: true, byteOrderMark: true, separator: ' ', aggregator: ';', occurrence: 'last', quote: '"', toTerminal: false })
  expect(decodeAs).toEqual([
    { table: 'tcp.port', from: 1880, to: 1890, protocol: 'mqtt' },
    { table: 'udp.port', from: 5700, to: 5700, protocol: 'coap' },
    { table: 'tcp.port', from: 1884, to: 1885, protocol: 'mqtt' },
  ])
  expect([...preferences]).toEqual([['mqtt.show_msg_as_text', 'TRUE']])
  expect({ mostFrames, durationSeconds, mostBytes }).toEqual({ mostFrames: 7, durationSeconds: 1.5, mostBytes: 2000 })
})

test('help and version', () => {
  expect(readSniffArguments(['-r', 'x', '-h'])).toBe('help')
  expect(readSniffArguments(['--version'])).toBe('version')
})

test.each([
  [['-T', 'xml'], "-T 'xml' is none of: text tabs fields json jsonl ek pdml psml"],
  [['-T', 'fields'], '-T fields needs the fields to print'],
  [['-e', 'mqtt.topic'], "-e 'mqtt.topic' needs -T fields"],
  [['-c', '0'], "-c '0' must be at least 1"],
  [['-c', 'x'], "-c 'x' is not a whole number"],
  [['-t', 'x'], "-t 'x' is none of: a ad"],
  [['-E', 'separator=ab'], 'one character'],
  [['-E', 'header=x'], 'header is y or n'],
  [['-E', 'occurrence=x'], 'f, l or a'],
  [['-E', 'foo=x'], "-E 'foo=x' is none of"],
  [['-d', 'tcp.port=1,mqtt'], "-d 'tcp.port=1,mqtt' is not of the form"],
  [['-d', 'foo.port==1,mqtt'], "'foo.port' is none of tcp.port"],
  [['-d', 'tcp.port==9-3,mqtt'], 'the first not above the last'],
  [['-d', 'tcp.port==70000,mqtt'], 'ports are 0 to 65535'],
  [['-o', 'x'], "-o 'x' is not of the form"],
  [['-a', 'foo:1'], "-a 'foo:1' is none of"],
  [['-F', 'erf'], "-F 'erf' is none of: pcapng pcap nsecpcap"],
  [['-r'], '-r needs a value: -r FILE'],
  [['--quit'], "there is no option '--quit'"],
  [['--autostp', '1'], 'did you mean --autostop?'],
  [['--auto=1'], "--auto takes no value, but '1' was given"],
  [['-2'], "-2 is tshark's, not ours"],
  [['-Y', 'a', 'b'], "two filters: -Y 'a' and 'b'"],
  [['-i', 'lo', '-f', 'a', 'b'], 'two capture filters'],
  [['-j', 'mqtt'], '-j and -J need -T json'],
  [['--payload', 'xml'], "--payload 'xml' is none of: text hex json cbor"],
  [['--payload', 'hex', '-T', 'json'], '--payload goes with the summary'],
])('%j is refused', (argv, message) => {
  expect(() => readSniffArguments(argv)).toThrow(message)
})
