// `zanzara rr` as a server and a user see it: packets in order, what is printed, how it ends.

import { afterEach, beforeEach, expect, test } from 'vitest'

import { latencyLine, runRr } from '../../src/cli/rr.ts'
import { FakeTerminal } from './support/fake-terminal.ts'
import { type Peer, packet, publish, ScriptedServer, TYPE, text } from './support/scripted-server.ts'

let server: ScriptedServer
let io: FakeTerminal
beforeEach(async () => {
  server = await ScriptedServer.listen()
  io = new FakeTerminal()
})
afterEach(() => server.close())

const CONNACK_5 = '2003000000'
const THERE = ['-t', 'q', '-e', 'a']
const rr = (...argv: string[]): Promise<number> => runRr(['-h', '127.0.0.1', '-p', server.port, ...argv], io)
const answer = (payload: string, firstByte = 0x30): string => packet(firstByte, text('a'), '00', text(payload, false))

/** CONNECT and SUBSCRIBE are answered and the request has come. */
async function requested(connack = CONNACK_5, granted = '0000'): Promise<Peer> {
  const peer = await subscribed(connack, granted)
  await peer.expect(TYPE.publish)
  return peer
}

async function subscribed(connack = CONNACK_5, granted = '0000'): Promise<Peer> {
  const peer = await server.accept()
  await peer.welcome(connack)
  const { hex } = await peer.expect(TYPE.subscribe)
  peer.send(packet(0x90, hex.slice(4, 8), granted))
  return peer
}

async function rest(peer: Peer): Promise<string[]> {
  return (await peer.rest()).map((p) => p.hex)
}

test('MQTT 5: subscribes, then publishes with the Response Topic, prints the response, says goodbye', async () => {
  const code = rr(...THERE, '-m', 'ask', '-q', '1', '-i', 'me')
  const peer = await server.accept()
  expect((await peer.welcome(CONNACK_5)).hex).toBe(packet(0x10, text('MQTT'), '05 02 003c 03 21 0001', text('me')))
  expect((await peer.packet()).hex).toBe(packet(0x82, '0001 00', text('a'), '01'))
  peer.send('9004 0001 00 01')
  expect((await peer.packet()).hex).toBe(packet(0x32, text('q'), '0002 04 08', text('a'), text('ask', false)))
  peer.send('4002 0002', packet(0x32, text('a'), '0001 00', text('yes', false)))
  expect(await rest(peer)).toEqual(['40020001', 'e000'])
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('yes\n')
  expect(io.stderr.text).toBe('')
  expect(io.listensToSignals).toBe(false)
})

test.each([
  ['31', packet(0x82, '0001', text('a'), '00')],
  ['311', packet(0x82, '0001', text('a'), '00')],
])('-V %s: no properties on the wire', async (version, subscribe) => {
  const code = rr(...THERE, '-V', version, '-m', 'ask', '--retain-handling', 'never')
  const peer = await server.accept()
  await peer.welcome('20020000')
  expect((await peer.packet()).hex).toBe(subscribe)
  peer.send('9003 0001 00')
  expect((await peer.packet()).hex).toBe(publish('q', 'ask'))
  peer.send(publish('a', 'yes'))
  expect(await rest(peer)).toEqual(['e000'])
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('yes\n')
})

test.each([
  ['always', '00'],
  ['new', '10'],
  ['never', '20'],
])('--retain-handling %s', async (handling, options) => {
  const code = rr(...THERE, '-n', '--retain-handling', handling)
  const peer = await server.accept()
  await peer.welcome(CONNACK_5)
  expect((await peer.packet()).hex).toBe(packet(0x82, '0001 00', text('a'), options))
  peer.send('9004 0001 00 00', answer('yes'))
  expect(await code).toBe(0)
})

test('only the first response is printed; -v, -N and -F shape it', async () => {
  for (const [flags, out] of [
    [['-v'], 'a yes\n'],
    [['-N'], 'yes'],
    [['-F', '%t=%p', '-N'], 'a=yes'],
    [['-F', '%l'], '3\n'],
  ] as const) {
    io = new FakeTerminal()
    const code = rr(...THERE, '-n', ...flags)
    const peer = await requested()
    peer.send(answer('yes'), answer('no'))
    expect(await code).toBe(0)
    expect(io.stdout.text).toBe(out)
  }
})

test('-R: a retained message is no response', async () => {
  const code = rr(...THERE, '-n', '-R')
  const peer = await requested()
  peer.send(answer('old', 0x31), answer('new'))
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('new\n')
})

test.each([
  [['-m', 'text'], 'text'],
  [['-n'], ''],
  [['-s'], 'from\nstdin\n'],
])('payload of %j', async (flags, payload) => {
  io.stdin.push('from\nstdin\n')
  io.stdin.end()
  const code = rr(...THERE, ...flags)
  const peer = await subscribed()
  expect((await peer.expect(TYPE.publish)).hex).toBe(packet(0x30, text('q'), '04 08', text('a'), text(payload, false)))
  peer.send(answer('yes'))
  expect(await code).toBe(0)
})

test('-D adds to what rr sets', async () => {
  const code = rr(...THERE, '-m', 'x', '-D', 'publish', 'correlation-data', 'c1', '-D', 'subscribe', 'subscription-identifier', '7')
  const peer = await server.accept()
  await peer.welcome(CONNACK_5)
  expect((await peer.packet()).hex).toBe(packet(0x82, '0001 02 0b07', text('a'), '00'))
  peer.send('9004 0001 00 00')
  expect((await peer.packet()).hex).toBe(packet(0x30, text('q'), '09', '09', text('c1'), '08', text('a'), text('x', false)))
  peer.send(answer('yes'))
  expect(await code).toBe(0)
})

test('-d: the packets in order, the response after its acknowledgement', async () => {
  const code = rr(...THERE, '-m', 'ask', '-q', '1', '-i', 'me', '-d')
  const peer = await server.accept()
  await peer.welcome(CONNACK_5)
  await peer.expect(TYPE.subscribe)
  peer.send('9004 0001 00 01')
  await peer.expect(TYPE.publish)
  peer.send('4003 0002 10', packet(0x32, text('a'), '0001 00', text('yes', false)))
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe(
    [
      'Client me sending CONNECT',
      'Client me received CONNACK (0)',
      'Client me sending SUBSCRIBE (Mid: 1, Topic: a, QoS: 1, Options: 0x00)',
      'Client me received SUBACK',
      "Client me sending PUBLISH (d0, q1, r0, m2, 'q', ... (3 bytes))",
      'Client me received PUBACK (Mid: 2, RC:16)',
      "Client me received PUBLISH (d0, q1, r0, m1, 'a', ... (3 bytes))",
      'Client me sending PUBACK (m1, rc0)',
      'yes',
      'Client me sending DISCONNECT',
      '',
    ].join('\n'),
  )
})

test('--latency measures from the request to the response', async () => {
  const code = rr(...THERE, '-n', '--latency')
  const peer = await requested()
  await new Promise((resolve) => setTimeout(resolve, 30))
  peer.send(answer('yes'))
  expect(await code).toBe(0)
  const [, ms] = /^yes\nLatency: (\d+\.\d{6})ms\n$/.exec(io.stdout.text)!
  expect(Number(ms)).toBeGreaterThan(25)
})

test.each([
  [999, 'Latency: 999ns\n'],
  [1500, 'Latency: 1.500000µs\n'],
  [603_734_736, 'Latency: 603.734736ms\n'],
  [1_000_000_007, 'Latency: 1.000000007\n'],
])('%d ns', (ns, line) => {
  expect(latencyLine(ns)).toBe(line)
})

test.each([
  [['-V', '311'], '20020000', '00', /^e000$/],
  [['-V', '5'], CONNACK_5, '0000', /^e00104$/],
] as const)('-W %j: Timed out, 27; the will of MQTT 5 is left to be published', async (version, connack, granted, disconnect) => {
  const code = rr(...THERE, '-n', '-W', '1', '--latency', ...version)
  const peer = await requested(connack, granted)
  expect((await rest(peer))[0]).toMatch(disconnect)
  expect(await code).toBe(27)
  expect(io.stdout.text).toBe('')
  expect(io.stderr.text).toBe('Timed out\n')
})

test.each([
  [['-V', '311'], '20020005', 5, 'Connection error: Connection Refused: not authorised\n'],
  [['-V', '5'], '2003008700', 135, 'Connection error: Not authorized\n'],
  [['-V', '5', '--quiet'], '2003008700', 135, ''],
] as const)('refused, %j', async (flags, connack, exitCode, err) => {
  const code = rr(...THERE, '-n', ...flags)
  await (await server.accept()).welcome(connack)
  expect(await code).toBe(exitCode)
  expect(io.stderr.text).toBe(err)
})

test('a denied subscription ends it without a request, with 0', async () => {
  const code = rr(...THERE, '-n')
  const peer = await subscribed(CONNACK_5, '0087')
  expect(await rest(peer)).toEqual(['e000'])
  expect(await code).toBe(0)
  expect(io.stderr.text).toBe('Not authorized\n')
})

test('a request that is refused is said; the waiting goes on', async () => {
  const code = rr(...THERE, '-n', '-q', '1')
  const peer = await subscribed()
  await peer.expect(TYPE.publish)
  peer.send('4003 0002 87', answer('all the same'))
  expect(await code).toBe(0)
  expect(io.stderr.text).toBe('Warning: Publish 2 failed: Not authorized.\n')
  expect(io.stdout.text).toBe('all the same\n')
})

test('a lost connection is not made again: 7', async () => {
  const code = rr(...THERE, '-n')
  ;(await requested()).cut()
  expect(await code).toBe(7)
  expect(io.stderr.text).toBe('Error: The connection was lost\n')
})

const ALL = 'Error: All of topic, message, and response topic must be supplied.\n'
const HINT = "\nUse 'zanzara rr --help' to see usage.\n"

test.each([
  [[], ALL + HINT],
  [['-t', 'q', '-e', 'a'], ALL + HINT],
  [['-t', 'q', '-n'], ALL + HINT],
  [['-e', 'a', '-n'], ALL + HINT],
  [['-e', 'a/+'], `Error: Invalid response topic 'a/+', does it contain '+' or '#'?\n${HINT}`],
  [['-e', ''], `Error: Invalid response topic '', does it contain '+' or '#'?\n${HINT}`],
  [['-t', 'a/#'], `Error: Invalid publish topic 'a/#', does it contain '+' or '#'?\n${HINT}`],
  [['-e'], `Error: -e argument given but no response topic specified.\n\n${HINT}`],
  [['-F'], `Error: -F argument given but no format specified.\n\n${HINT}`],
  [['-W', '0'], `Error: Invalid timeout "0".\n\n${HINT}`],
  [['--retain-handling', 'invalid'], `Error: Unknown value 'invalid' for --retain-handling.\n\n${HINT}`],
  [['--retain-handling'], `Error: --retain-handling argument given but no option specified.\n\n${HINT}`],
  [['-m', 'x', '-f', 'y'], `Error: Only one type of message can be sent at once.\n\n${HINT}`],
  ...['-l', '-r', '-C', '-T', '-E', '-U', '-w', '--repeat', '--repeat-delay', '--message-rate', '--random-filter', '--retained-only', '--remove-retained'].map(
    (flag): [string[], string] => [[flag], `Error: Unknown option '${flag}'.\n${HINT}`],
  ),
  [[...THERE, '-n', '-D', 'publish', 'response-topic', 'b'], 'Error in PUBLISH properties: Duplicate response topic.\n'],
  [[...THERE, '-f', '/nonexist'], 'Error: Unable to read file "/nonexist": No such file or directory.\nError loading input file "/nonexist".\n'],
  [[...THERE, '-s'], 'Error: Zero length input.\nError loading input from stdin.\n'],
] as [string[], string][])('wrong arguments %j', async (argv, err) => {
  io.stdin.end()
  expect(await runRr(['-p', '1', ...argv], io)).toBe(1)
  expect(io.stderr.text).toBe(err)
  expect(io.stdout.text).toBe('')
})
