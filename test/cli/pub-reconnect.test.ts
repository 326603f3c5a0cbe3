// pub --reconnect and --ack-timeout: an unfinished publish is resumed on the next connection; a server that never answers is not waited for.

import { afterEach, beforeEach, expect, test } from 'vitest'

import { runPub } from '../../src/cli/pub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'
import { type Peer, packet, publish, ScriptedServer, TYPE, text } from './support/scripted-server.ts'

let server: ScriptedServer
let io: FakeTerminal
beforeEach(async () => {
  server = await ScriptedServer.listen()
  io = new FakeTerminal()
})
afterEach(() => server.close())

const pub = (...argv: string[]): Promise<number> => runPub(['-h', '127.0.0.1', '-p', server.port, '-t', 'a', ...argv], io)
const hexes = async (peer: Peer): Promise<string[]> => (await peer.rest()).map((p) => p.hex)

/** As `publish`, sent again. */
const again = (...args: Parameters<typeof publish>): string =>
  publish(...args).replace(/^3(.)/, (_all, digit: string) => `3${(parseInt(digit, 16) | 8).toString(16)}`)

const LOST = 'Warning: The connection was lost. Trying again every 1 s.\n'
const SESSION_PRESENT = '20020100'
const connect311 = (flags: string, id: string): string => packet(0x10, text('MQTT'), `04 ${flags} 003c`, text(id))

test('QoS 1, 3.1.1: the same Packet Identifier with DUP, and no session is left behind [MQTT-4.4.0-1]', async () => {
  const code = pub('-m', 'x', '-q', '1', '-i', 'X', '--reconnect')
  const first = await server.accept()
  expect((await first.welcome()).hex).toBe(connect311('00', 'X'))
  expect((await first.packet()).hex).toBe(publish('a', 'x', { qos: 1, id: 1 }))
  first.cut()
  const second = await server.accept()
  expect((await second.welcome(SESSION_PRESENT)).hex).toBe(connect311('00', 'X'))
  expect((await second.packet()).hex).toBe(again('a', 'x', { qos: 1, id: 1 }))
  second.send('40020001')
  expect(await hexes(second)).toEqual(['e000'])
  const third = await server.accept()
  expect((await third.welcome()).hex).toBe(connect311('02', 'X'))
  expect(await hexes(third)).toEqual(['e000'])
  expect(await code).toBe(0)
  expect(io.stderr.text).toBe(LOST)
})

test('-c keeps the session: nothing is taken away at the end', async () => {
  const code = pub('-m', 'x', '-q', '1', '-i', 'X', '-c', '--reconnect')
  const first = await server.accept()
  expect((await first.welcome()).hex).toBe(connect311('00', 'X'))
  await first.expect(TYPE.publish)
  first.send('40020001')
  expect(await hexes(first)).toEqual(['e000'])
  expect(await code).toBe(0)
})

test('without -i a name is made up and used again, so that the session can be found', async () => {
  const code = pub('-m', 'x', '-q', '1', '-c', '-i', 'given', '--reconnect')
  const given = await server.accept()
  await given.welcome()
  await given.expect(TYPE.publish)
  given.send('40020001')
  expect(await code).toBe(0)

  const made = pub('-m', 'x', '-q', '1', '--reconnect')
  const first = await server.accept()
  const { hex } = await first.welcome()
  expect(Buffer.from(hex, 'hex').subarray(14).toString()).toMatch(/^zanzara-[0-9A-Za-z]{15}$/)
  await first.expect(TYPE.publish)
  first.cut()
  const second = await server.accept()
  expect((await second.welcome(SESSION_PRESENT)).hex).toBe(hex)
  await second.expect(TYPE.publish)
  second.send('40020001')
  await (await server.accept()).welcome()
  expect(await made).toBe(0)
})

test('QoS 2 after PUBREC: PUBREL again, never the PUBLISH [MQTT-4.3.3-6]', async () => {
  const code = pub('-m', 'x', '-q', '2', '-i', 'X', '-c', '--reconnect')
  const first = await server.accept()
  await first.welcome()
  await first.expect(TYPE.publish)
  first.send('50020001')
  await first.expect(TYPE.pubrel)
  first.cut()
  const second = await server.accept()
  await second.welcome(SESSION_PRESENT)
  expect((await second.packet()).hex).toBe('62020001')
  second.send('70020001')
  expect(await hexes(second)).toEqual(['e000'])
  expect(await code).toBe(0)
})

test('QoS 2 whose session is gone is not sent twice: an error, 7', async () => {
  const code = pub('-m', 'x', '-q', '2', '-i', 'X', '-c', '--reconnect')
  const first = await server.accept()
  await first.welcome()
  await first.expect(TYPE.publish)
  first.cut()
  const second = await server.accept()
  await second.welcome()
  expect(await hexes(second)).toEqual(['e000'])
  expect(await code).toBe(7)
  expect(io.stderr.text).toMatch(/^Warning: .*\nError: .*session is gone.*\n$/)
})

test('MQTT 5: a session of an hour, resumed without Clean Start, ended by the DISCONNECT', async () => {
  const code = pub('-V', '5', '-m', 'x', '-q', '1', '-i', 'X', '--reconnect')
  const first = await server.accept()
  const connect = (flags: string): string => packet(0x10, text('MQTT'), `05 ${flags} 003c 08 11 00000e10 21 0014`, text('X'))
  expect((await first.welcome('2003000000')).hex).toBe(connect('02'))
  await first.expect(TYPE.publish)
  first.cut()
  const second = await server.accept()
  expect((await second.welcome('2003010000')).hex).toBe(connect('00'))
  expect((await second.packet()).hex).toBe(packet(0x3a, text('a'), '0001', '00', text('x', false)))
  second.send('40020001')
  expect(await hexes(second)).toEqual([packet(0xe0, '00', '05', '11 00000000')])
  expect(await code).toBe(0)
})

test('MQTT 5 with -x: the session is kept as asked', async () => {
  const code = pub('-V', '5', '-x', '60', '-m', 'x', '-q', '1', '-i', 'X', '--reconnect')
  const first = await server.accept()
  expect((await first.welcome('2003000000')).hex).toBe(packet(0x10, text('MQTT'), '05 02 003c 08 11 0000003c 21 0014', text('X')))
  await first.expect(TYPE.publish)
  first.send('40020001')
  expect(await hexes(first)).toEqual(['e000'])
  expect(await code).toBe(0)
})

test('--repeat goes on where it broke off', async () => {
  const code = pub('-m', 'x', '-q', '1', '-i', 'X', '-c', '--reconnect', '--repeat', '3')
  const first = await server.accept()
  await first.welcome()
  await first.expect(TYPE.publish)
  first.send('40020001')
  expect((await first.packet()).hex).toBe(publish('a', 'x', { qos: 1, id: 2 }))
  first.cut()
  const second = await server.accept()
  await second.welcome(SESSION_PRESENT)
  expect((await second.packet()).hex).toBe(again('a', 'x', { qos: 1, id: 2 }))
  second.send('40020002')
  expect((await second.packet()).hex).toBe(publish('a', 'x', { qos: 1, id: 3 }))
  second.send('40020003')
  await second.expect(TYPE.disconnect)
  expect(await code).toBe(0)
})

test('-l with --reconnect resumes, too', async () => {
  const code = pub('-l', '-q', '1', '--reconnect')
  const first = await server.accept()
  const { hex } = await first.welcome()
  io.stdin.push('one\n')
  await first.expect(TYPE.publish)
  first.cut()
  const second = await server.accept()
  io.stdin.push('two')
  io.stdin.end()
  expect((await second.welcome(SESSION_PRESENT)).hex).toBe(hex)
  expect((await second.packet()).hex).toBe(again('a', 'one', { qos: 1, id: 1 }))
  expect((await second.packet()).hex).toBe(publish('a', 'two', { qos: 1, id: 2 }))
  second.send('40020001', '40020002')
  await second.expect(TYPE.disconnect)
  await (await server.accept()).welcome()
  expect(await code).toBe(0)
})

test('QoS 0 has nothing to resume: a clean session, as ever', async () => {
  const code = pub('-m', 'x', '--reconnect')
  const peer = await server.accept()
  expect((await peer.welcome()).hex).toBe(connect311('02', ''))
  expect(await hexes(peer)).toEqual([publish('a', 'x'), 'e000'])
  expect(await code).toBe(0)
})

test('the first connection must come about by itself', async () => {
  const other = await ScriptedServer.listen()
  const port = other.port
  await other.close()
  expect(await runPub(['-h', '127.0.0.1', '-p', port, '-t', 'a', '-m', 'x', '-q', '1', '--reconnect'], io)).toBe(1)
  expect(io.stderr.text).toBe('Error: Connection refused\n')
})

test('a server that is starting up may refuse for a while; one that does not want us ends it', async () => {
  const code = pub('-m', 'x', '-q', '1', '-i', 'X', '-c', '--reconnect')
  const first = await server.accept()
  await first.welcome()
  await first.expect(TYPE.publish)
  first.cut()
  await (await server.accept()).welcome('20020003')
  await (await server.accept()).welcome('20020005')
  expect(await code).toBe(5)
  expect(io.stderr.text).toBe(`${LOST}Connection error: Connection Refused: not authorised\nError: The connection was refused\n`)
})

test.each([[['-l', '-q', '1']], [['-m', 'x', '-q', '1', '--reconnect']]])('%j: a server that breaks the protocol is not tried again: 2', async (argv) => {
  const code = pub(...argv)
  const peer = await server.accept()
  await peer.welcome()
  peer.send('f000')
  expect(await code).toBe(2)
  expect(io.stderr.text).toMatch(/^Error: A network protocol error occurred when communicating with the broker: .*\n$/)
})

test('-l without --reconnect takes every refusal for an answer', async () => {
  const code = pub('-l', '-q', '1')
  const first = await server.accept()
  await first.welcome()
  io.stdin.push('one\n')
  await first.expect(TYPE.publish)
  first.cut()
  await (await server.accept()).welcome('20020003')
  expect(await code).toBe(3)
})

test('a server that forgets nothing but its manners at the end does not hold us up for long', async () => {
  const code = pub('-m', 'x', '-q', '1', '-i', 'X', '--reconnect')
  const first = await server.accept()
  await first.welcome()
  await first.expect(TYPE.publish)
  first.send('40020001')
  const silent = await server.accept()
  await silent.expect(TYPE.connect)
  expect(await code).toBe(0)
})

test('--ack-timeout: no acknowledgement in time: a sentence, DISCONNECT, 27', async () => {
  const code = pub('-m', 'x', '-q', '1', '--ack-timeout', '0.2')
  const peer = await server.accept()
  await peer.welcome()
  await peer.expect(TYPE.publish)
  expect(await hexes(peer)).toEqual(['e000'])
  expect(await code).toBe(27)
  expect(io.stderr.text).toBe('Error: No acknowledgement within 0.2 s. The message is not known to have arrived.\n')
})

test('--ack-timeout: each acknowledgement starts it anew', async () => {
  const code = pub('-l', '-q', '1', '--ack-timeout', '2')
  const peer = await server.accept()
  await peer.welcome()
  io.stdin.push('1\n2\n3\n4\n')
  for (let id = 1; id <= 4; id++) await peer.expect(TYPE.publish)
  await new Promise((resolve) => setTimeout(resolve, 400))
  peer.send('40020001', '40020002')
  const last = performance.now()
  expect(await hexes(peer)).toEqual(['e000'])
  expect(performance.now() - last, 'the whole time after the last one').toBeGreaterThan(1900)
  expect(await code).toBe(27)
  expect(io.stderr.text).toBe('Error: No acknowledgement within 2 s. 2 messages are not known to have arrived.\n')
})

test('--ack-timeout ends the trying again of --reconnect; PUBREC alone is no end of QoS 2', async () => {
  const code = pub('-m', 'x', '-q', '2', '-i', 'X', '--reconnect', '--ack-timeout', '0.3')
  const peer = await server.accept()
  await peer.welcome()
  await peer.expect(TYPE.publish)
  peer.send('50020001')
  await peer.expect(TYPE.pubrel)
  peer.cut()
  expect(await code).toBe(27)
  expect(io.stderr.text).toBe(`${LOST}Error: No acknowledgement within 0.3 s. The message is not known to have arrived.\n`)
})

test('--ack-timeout and a server that neither answers nor closes: the end comes all the same', async () => {
  const code = pub('-m', 'x', '-q', '1', '--ack-timeout', '0.1')
  const peer = await server.accept()
  await peer.welcome()
  await peer.expect(TYPE.publish)
  peer.deafen()
  expect(await code).toBe(27)
})

test.each([
  ['--ack-timeout', '0', '--ack-timeout argument must be >0.'],
  ['--ack-timeout', 'soon', '--ack-timeout argument must be >0.'],
])('%s %s', async (flag, value, message) => {
  expect(await pub('-m', 'x', flag, value)).toBe(1)
  expect(io.stderr.text).toBe(`Error: ${message}\n\n\nUse 'zanzara pub --help' to see usage.\n`)
})
