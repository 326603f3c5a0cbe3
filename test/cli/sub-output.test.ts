// The ways of `sub` to print: -F, --watch, --message-rate, --random-filter, --quiet; and the flags about retained messages on the wire.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { runSub } from '../../src/cli/sub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'
import { type Peer, packet, publish, ScriptedServer, TYPE, text } from './support/scripted-server.ts'

let server: ScriptedServer
let io: FakeTerminal
beforeEach(async () => {
  server = await ScriptedServer.listen()
  io = new FakeTerminal()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await server.close()
})

const sub = (...argv: string[]): Promise<number> => runSub(['-h', '127.0.0.1', '-p', server.port, ...argv], io)
const CONNACK_5 = '2003000000'

async function subscribed(connack = '20020000', granted = '00'): Promise<Peer> {
  const peer = await server.accept()
  await peer.welcome(connack)
  const { hex } = await peer.expect(TYPE.subscribe)
  peer.send(packet(0x90, hex.slice(4, 8), granted))
  return peer
}

test('-F: a line for each message, also for an empty one; without -N nothing more', async () => {
  const code = sub('-t', '#', '-F', '%t=%p', '-C', '2', '-v')
  ;(await subscribed()).send(publish('a', '1'), publish('b', ''))
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('a=1\nb=\n')
})

test('-F with -N: no line ends but those of the format', async () => {
  const code = sub('-t', '#', '-N', '-F', '%p;', '-C', '2')
  ;(await subscribed()).send(publish('a', '1'), publish('b', '2'))
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('1;2;')
})

test('%J of what is no JSON: an empty line, a line on standard error, and it counts; --quiet leaves the error out', async () => {
  const loud = sub('-t', '#', '-F', '%J', '-C', '1')
  ;(await subscribed()).send(publish('a/b', 'hello'))
  expect(await loud).toBe(0)
  expect(io.stdout.text).toBe('\n')
  expect(io.stderr.text).toBe('Error: Message payload is not valid JSON on topic a/b.\n')
  io = new FakeTerminal()
  const quiet = sub('-t', '#', '-F', '%J', '-C', '1', '--quiet')
  ;(await subscribed()).send(publish('a/b', 'hello'))
  expect(await quiet).toBe(0)
  expect(io.stderr.text).toBe('')
})

test('%j of MQTT 5: properties in the order of the packet, the Topic Alias among them', async () => {
  const code = sub('-V', '5', '-D', 'connect', 'topic-alias-maximum', '10', '-t', '#', '-F', '%j', '-C', '2')
  const peer = await subscribed(CONNACK_5, '0000')
  const properties = `03${text('x/y')} 2300 01 26${text('k')}${text('1')} 0b07 26${text('k')}${text('2')} 0101`
  const size = (properties.replaceAll(' ', '').length / 2).toString(16).padStart(2, '0')
  peer.send(packet(0x30, text('a'), size, properties, text('hi', false)), packet(0x30, text(''), '03 2300 01', text('ho', false)))
  expect(await code).toBe(0)
  const lines = io.stdout.text.split('\n').map((line) => line.replace(/^\{"tst":"[^"]*",/, ''))
  expect(lines).toEqual([
    '"topic":"a","qos":0,"retain":false,"payloadlen":2,"properties":{"content-type":"x/y","topic-alias":1,"user-properties":[{"k":"1"},{"k":"2"}],' +
      '"subscription-identifier":7,"payload-format-indicator":1},"payload":"hi"}',
    '"topic":"a","qos":0,"retain":false,"payloadlen":2,"properties":{"topic-alias":1},"payload":"ho"}',
    '',
  ])
})

test('--watch: each topic keeps its line', async () => {
  const code = sub('-t', '#', '--watch', '-C', '4')
  ;(await subscribed()).send(publish('a', '1'), publish('b', '2'), publish('a', '3'), publish('c', ''))
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe(
    '\x1b[2J\x1b[1;1HBroker: 127.0.0.1\n' + '\x1b[2;1H1\n\x1b[2;1H\n' + '\x1b[3;1H2\n\x1b[3;1H\n' + '\x1b[2;1H3\n\x1b[3;1H\n' + '\x1b[4;1H\x1b[4;1H\n',
  )
})

test('--watch stands above the reason why nobody is connected', async () => {
  const other = await ScriptedServer.listen()
  const { port } = other
  await other.close()
  expect(await runSub(['-h', '127.0.0.1', '-p', port, '-t', 'a', '-w'], io)).toBe(1)
  expect(io.stdout.text).toBe('\x1b[2J\x1b[1;1HBroker: 127.0.0.1\n')
})

test('--message-rate prints counts instead of messages, the last one at the end; -C and --watch mean nothing then', async () => {
  const code = sub('-t', '#', '--message-rate', '-W', '2', '-C', '1', '-w', '--retained-only')
  const peer = await subscribed()
  peer.send(publish('a', '1'), publish('b', '2'))
  await io.stdout.printed('2 msgs/s\n')
  peer.send(publish('a', '3'))
  expect(await code).toBe(27)
  expect(io.stdout.text).toBe('2 msgs/s\n1 msgs/s\n')
  expect(io.stderr.text).toBe('Timed out\n')
})

test('--message-rate ended by a signal', async () => {
  const code = sub('-t', '#', '--message-rate')
  const peer = await subscribed()
  peer.send(publish('a', '1'))
  await io.stdout.printed('1 msgs/s\n')
  io.signal('SIGINT')
  expect(await code).toBe(0)
  expect(io.stdout.text).toMatch(/^1 msgs\/s\n(0 msgs\/s\n)?$/)
})

test('--random-filter prints a part of the messages; -C counts all of them', async () => {
  const random = vi.spyOn(Math, 'random')
  const code = sub('-t', '#', '--random-filter', '25', '-C', '4')
  const peer = await subscribed()
  for (const chance of [0.24, 0.25, 0.99, 0]) random.mockReturnValueOnce(chance)
  peer.send(publish('a', '1'), publish('a', '2'), publish('a', '3'), publish('a', '4'))
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('1\n4\n')
})

test('--random-filter 100 prints all', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.999999)
  const code = sub('-t', '#', '--random-filter', '100', '-C', '1')
  ;(await subscribed()).send(publish('a', 'x'))
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('x\n')
})

test('--quiet leaves out what was granted, but not the packets of -d', async () => {
  const code = sub('-t', 'a', '-i', 'x', '-d', '--quiet', '-E')
  await subscribed()
  expect(await code).toBe(0)
  expect(io.stdout.text).toContain('Client x received SUBACK\nClient x sending DISCONNECT\n')
})

test.each([
  [['--retain-handling', 'always'], '00'],
  [['--retain-handling', 'new'], '10'],
  [['--retain-handling', 'never'], '20'],
  [['-R'], '20'],
  [['-R', '--retain-handling', 'new'], '10'],
  [['--retain-as-published', '--retain-handling', 'new', '-q', '2'], '1a'],
])('%j of MQTT 5 is %s on the wire; 3.1.1 knows only the QoS', async (flags, options) => {
  const five = sub('-V', '5', '-t', 'a', '-E', ...flags)
  const peer = await server.accept()
  await peer.welcome(CONNACK_5)
  expect((await peer.packet()).hex).toBe(packet(0x82, '0001 00', text('a'), options))
  peer.send('9004 0001 00 00')
  expect(await five).toBe(0)
  const older = sub('-t', 'a', '-E', ...flags)
  const other = await server.accept()
  await other.welcome()
  expect((await other.packet()).hex).toBe(packet(0x82, '0001', text('a'), `0${Number(`0x${options}`) & 3}`))
  other.send('9003 0001 00')
  expect(await older).toBe(0)
})

test.each([
  [['-F'], 'Error: -F argument given but no format specified.\n\n'],
  [['-C'], 'Error: -C argument given but no count specified.\n\n'],
  [['-W'], 'Error: -W argument given but no timeout specified.\n\n'],
  [['-T'], 'Error: -T argument given but no topic filter specified.\n\n'],
  [['-U'], 'Error: -U argument given but no unsubscribe topic specified.\n\n'],
  [['--random-filter'], 'Error: --random-filter argument given but no chance specified.\n\n'],
  [['--random-filter', '100.1'], 'Error: --random-filter chance must be between 0.1-100.0\n\n'],
  [['--retain-handling'], 'Error: --retain-handling argument given but no option specified.\n\n'],
  [['--retain-handling', 'invalid'], "Error: Unknown value 'invalid' for --retain-handling.\n\n"],
  [['-t', '++'], "Error: Invalid subscription topic '++', are all '+' and '#' wildcards correct?\n"],
  [['-T', '++'], "Error: Invalid filter topic '++', are all '+' and '#' wildcards correct?\n"],
  [['-U', '++'], "Error: Invalid unsubscribe topic '++', are all '+' and '#' wildcards correct?\n"],
  ...['-l', '-m', '-n', '-r', '-s', '-f', '-e', '--repeat', '--repeat-delay', '--latency'].map((flag): [string[], string] => [
    [flag],
    `Error: Unknown option '${flag}'.\n`,
  ]),
])('wrong arguments %j', async (argv, err) => {
  expect(await runSub(argv, io)).toBe(1)
  expect(io.stderr.text).toBe(`${err}\nUse 'zanzara sub --help' to see usage.\n`)
})
