// `zanzara pub` as a server and a user see it: the packets in their order, the -d lines, the exit codes.

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { runPub } from '../../src/cli/pub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'
import { packet, publish, ScriptedServer, TYPE, text } from './support/scripted-server.ts'

let server: ScriptedServer
let io: FakeTerminal
let folder: string
beforeEach(async () => {
  server = await ScriptedServer.listen()
  io = new FakeTerminal()
  folder = mkdtempSync(join(tmpdir(), 'zanzara-pub-'))
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const pub = (...argv: string[]): Promise<number> => runPub(['-h', '127.0.0.1', '-p', server.port, ...argv], io)

test('QoS 0: CONNECT, PUBLISH, DISCONNECT and nothing else', async () => {
  const code = pub('-t', 'a/b', '-m', 'hi')
  const peer = await server.accept()
  expect((await peer.welcome()).hex).toBe(packet(0x10, text('MQTT'), '04 02 003c', text('')))
  expect((await peer.rest()).map((p) => p.hex)).toEqual([publish('a/b', 'hi'), 'e000'])
  expect(await code).toBe(0)
  expect(io.stdout.text + io.stderr.text).toBe('')
})

test('QoS 1: DISCONNECT follows PUBACK; -d shows each packet', async () => {
  const code = pub('-t', '/living_room/temperature', '-m', '33.3', '-q', '1', '-d', '-i', 'X')
  const peer = await server.accept()
  await peer.welcome()
  expect((await peer.packet()).hex).toBe(publish('/living_room/temperature', '33.3', { qos: 1, id: 1 }))
  peer.send('40020001')
  expect((await peer.rest()).map((p) => p.hex)).toEqual(['e000'])
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe(
    [
      'Client X sending CONNECT',
      'Client X received CONNACK (0)',
      "Client X sending PUBLISH (d0, q1, r0, m1, '/living_room/temperature', ... (4 bytes))",
      'Client X received PUBACK (Mid: 1, RC:0)',
      'Client X sending DISCONNECT',
      '',
    ].join('\n'),
  )
})

test('QoS 2: the four steps, then DISCONNECT', async () => {
  const code = pub('-t', 'a', '-m', 'x', '-q', '2', '-d', '-i', 'X')
  const peer = await server.accept()
  await peer.welcome()
  await peer.expect(TYPE.publish)
  peer.send('50020001')
  expect((await peer.expect(TYPE.pubrel)).hex).toBe('62020001')
  peer.send('70020001')
  await peer.expect(TYPE.disconnect)
  expect(await code).toBe(0)
  expect(io.stdout.text.split('\n').slice(2)).toEqual([
    "Client X sending PUBLISH (d0, q2, r0, m1, 'a', ... (1 bytes))",
    'Client X received PUBREC (Mid: 1)',
    'Client X sending PUBREL (m1)',
    'Client X received PUBCOMP (Mid: 1, RC:0)',
    'Client X sending DISCONNECT',
    '',
  ])
})

test('all that CONNECT can carry', async () => {
  const code = pub(
    '-t',
    'a',
    '-m',
    'x',
    '-i',
    'me',
    '-c',
    '-k',
    '30',
    '-u',
    'ann',
    '-P',
    'secret',
    '--will-topic',
    'w',
    '--will-payload',
    'gone',
    '--will-qos',
    '1',
    '--will-retain',
  )
  const peer = await server.accept()
  expect((await peer.welcome()).hex).toBe(packet(0x10, text('MQTT'), '04 ec 001e', text('me'), text('w'), text('gone'), text('ann'), text('secret')))
  await peer.rest()
  expect(await code).toBe(0)
})

test('MQTT 3.1 is named MQIsdp and makes up a Client Identifier', async () => {
  const code = pub('-V', 'mqttv31', '-t', 'a', '-n', '-r')
  const peer = await server.accept()
  expect((await peer.welcome()).hex).toMatch(new RegExp(`^10..${text('MQIsdp')}0302003c0017`))
  expect((await peer.rest())[0]!.hex).toBe(publish('a', '', { retain: true }))
  expect(await code).toBe(0)
})

test('MQTT 5: properties go where -D says', async () => {
  const code = pub(
    '-V',
    '5',
    '-x',
    '10',
    '-t',
    'a',
    '-m',
    'x',
    '-D',
    'publish',
    'content-type',
    'text/plain',
    '-D',
    'publish',
    'user-property',
    'k',
    'v',
    '-D',
    'disconnect',
    'user-property',
    'by',
    'e',
  )
  const peer = await server.accept()
  expect((await peer.welcome('2003000000')).hex).toBe(packet(0x10, text('MQTT'), '05 02 003c 08 11 0000000a 21 0014', text('')))
  const [first, last] = await peer.rest()
  expect(first!.hex).toBe(packet(0x30, text('a'), '14', '03', text('text/plain'), '26', text('k'), text('v'), text('x', false)))
  expect(last!.hex).toBe(packet(0xe0, '00', '08', '26', text('by'), text('e')))
  expect(await code).toBe(0)
})

test('a file is the payload, byte for byte; also an empty one', async () => {
  const file = join(folder, 'payload')
  for (const content of [Buffer.from([0, 10, 255, 13]), Buffer.alloc(0)]) {
    writeFileSync(file, content)
    const code = pub('-t', 'a', '-f', file)
    const peer = await server.accept()
    await peer.welcome()
    expect((await peer.packet()).hex).toBe(packet(0x30, text('a'), content.toString('hex')))
    expect(await code).toBe(0)
  }
})

test('MQTT 5: a Receive Maximum of -D takes the place of the usual one', async () => {
  const code = pub('-t', 'a', '-m', 'x', '-D', 'connect', 'receive-maximum', '5')
  const peer = await server.accept()
  expect((await peer.welcome('2003000000')).hex).toBe(packet(0x10, text('MQTT'), '05 02 003c 03 21 0005', text('')))
  expect(await code).toBe(0)
})

test('a file larger than any packet is refused before anything is connected', async () => {
  const file = join(folder, 'large')
  writeFileSync(file, '')
  truncateSync(file, 268_435_456)
  expect(await pub('-t', 'a', '-f', file)).toBe(1)
  expect(io.stderr.text).toBe(`Error: File must be less than 268435455 bytes.\n\nError loading input file "${file}".\n`)
})

test('a payload that fits a packet only without its topic is an error of the arguments: 1, not a lost connection', async () => {
  const file = join(folder, 'large')
  writeFileSync(file, '')
  truncateSync(file, 268_435_455)
  const code = pub('-t', 'a', '-f', file, '-q', '1')
  const peer = await server.accept()
  await peer.welcome()
  expect((await peer.rest()).map((p) => p.hex)).toEqual(['e000'])
  expect(await code).toBe(1)
  expect(io.stderr.text).toBe('Error: packet of 268435460 bytes: at most 268435455.\n')
})

test('-s: all of standard input is one payload', async () => {
  io.stdin.push('one\n')
  io.stdin.push('two\n')
  io.stdin.end()
  const code = pub('-t', 'a', '-s')
  const peer = await server.accept()
  await peer.welcome()
  expect((await peer.rest()).map((p) => p.hex)).toEqual([publish('a', 'one\ntwo\n'), 'e000'])
  expect(await code).toBe(0)
})

test('-l: each line is a message, empty and unterminated ones too; a carriage return stays', async () => {
  const code = pub('-t', 'a', '-l', '-q', '1', '-d', '-i', 'X')
  const peer = await server.accept()
  await peer.welcome()
  io.stdin.push('l1\nl2\r\n\nla')
  const got: string[] = []
  for (let id = 1; id <= 3; id++) {
    got.push((await peer.expect(TYPE.publish)).hex)
    peer.send(`4002000${id}`)
  }
  io.stdin.push('st')
  io.stdin.end()
  got.push((await peer.expect(TYPE.publish)).hex)
  peer.send('40020004')
  expect(got).toEqual(['l1', 'l2\r', '', 'last'].map((line, i) => publish('a', line, { qos: 1, id: i + 1 })))
  expect((await peer.rest()).map((p) => p.hex)).toEqual(['e000'])
  expect(await code).toBe(0)
  expect(io.stdout.text.indexOf('PUBACK (Mid: 4')).toBeLessThan(io.stdout.text.indexOf('sending DISCONNECT'))
})

test('-l with nothing to read connects and disconnects', async () => {
  io.stdin.end()
  const code = pub('-t', 'a', '-l')
  const peer = await server.accept()
  await peer.welcome()
  expect((await peer.rest()).map((p) => p.hex)).toEqual(['e000'])
  expect(await code).toBe(0)
})

test('-l: a lost connection is made again and nothing is left out', async () => {
  const code = pub('-t', 'a', '-l', '-q', '1', '-i', 'X', '-c')
  const first = await server.accept()
  await first.welcome()
  io.stdin.push('one\n')
  await first.expect(TYPE.publish)
  first.cut()
  const second = await server.accept()
  io.stdin.push('two\n')
  io.stdin.end()
  await second.welcome('20020100')
  expect((await second.packet()).hex).toBe(publish('a', 'one', { qos: 1, id: 1 }).replace(/^32/, '3a'))
  second.send('40020001')
  expect((await second.packet()).hex).toBe(publish('a', 'two', { qos: 1, id: 2 }))
  second.send('40020002')
  await second.expect(TYPE.disconnect)
  expect(await code).toBe(0)
})

test('-l: when the server sends us away, nobody waits for more input', async () => {
  const code = pub('-V', '5', '-t', 'a', '-l')
  const peer = await server.accept()
  await peer.welcome('2003000000')
  io.stdin.push('one\n')
  await peer.expect(TYPE.publish)
  peer.send('e00198') // administrative action
  expect(await code).toBe(7)
  expect(io.stdin.closed).toBe(true)
})

test('-l takes in no more lines than it gets rid of', async () => {
  const code = pub('-t', 'a', '-l', '-q', '1', '-M', '1')
  const peer = await server.accept()
  await peer.welcome()
  io.stdin.push('x\n'.repeat(1000))
  for (let i = 0; i < 5; i++) io.stdin.push('y\n')
  io.stdin.end()
  let published = 0
  for (;;) {
    const { type, hex } = await peer.packet()
    if (type === TYPE.disconnect) break
    published++
    peer.send(`4002${hex.slice(10, 14)}`)
  }
  expect(published).toBe(1005)
  expect(await code).toBe(0)
})

test('--repeat publishes again after each acknowledgement', async () => {
  const code = pub('-t', 'a', '-m', 'x', '-q', '1', '--repeat', '3', '--repeat-delay', '0.01')
  const peer = await server.accept()
  await peer.welcome()
  for (let id = 1; id <= 3; id++) {
    expect((await peer.packet()).hex).toBe(publish('a', 'x', { qos: 1, id }))
    peer.send(`4002000${id}`)
  }
  await peer.expect(TYPE.disconnect)
  expect(await code).toBe(0)
})

test.each([
  [1, 'unacceptable protocol version'],
  [2, 'identifier rejected'],
  [3, 'broker unavailable'],
  [4, 'bad user name or password'],
  [5, 'not authorised'],
])('refused with return code %d: the exit code is the same', async (returnCode, words) => {
  const code = pub('-t', 'a', '-m', 'x', '-i', 'X', '-d')
  const peer = await server.accept()
  await peer.welcome(`2002000${returnCode}`)
  expect(await peer.rest()).toEqual([])
  expect(await code).toBe(returnCode)
  expect(io.stderr.text).toBe(`Connection error: Connection Refused: ${words}\nError: The connection was refused\n`)
  expect(io.stdout.text).toBe(`Client X sending CONNECT\nClient X received CONNACK (${returnCode})\n`)
})

test('refused in MQTT 5: the Reason Code is the exit code', async () => {
  const code = pub('-V', '5', '-t', 'a', '-m', 'x')
  await (await server.accept()).welcome('2003008700')
  expect(await code).toBe(135)
  expect(io.stderr.text).toBe('Connection error: Not authorized\nError: A network protocol error occurred when communicating with the broker\n')
})

test('a server that knows nothing of MQTT 5 refuses in the old form: 132, and what to try', async () => {
  const code = pub('-V', '5', '-t', 'a', '-m', 'x')
  await (await server.accept()).welcome('20020001')
  expect(await code).toBe(132)
  expect(io.stderr.text).toBe(
    'Connection error: Unsupported Protocol Version. Try connecting to an MQTT v5 broker, or use MQTT v3.x mode.\n' +
      'Error: A network protocol error occurred when communicating with the broker\n',
  )
})

test('a publish refused in MQTT 5 is a warning, not a failure', async () => {
  const code = pub('-V', '5', '-q', '1', '-t', 'a', '-m', 'x')
  const peer = await server.accept()
  await peer.welcome('2003000000')
  await peer.expect(TYPE.publish)
  peer.send(packet(0x40, '0001', '87', '0b', '1f', text('no entry')))
  await peer.expect(TYPE.disconnect)
  expect(await code).toBe(0)
  expect(io.stderr.text).toBe('Warning: Publish 1 failed: Not authorized.\nno entry\n')
})

test('no subscriber is no failure', async () => {
  const code = pub('-V', '5', '-q', '1', '-t', 'a', '-m', 'x')
  const peer = await server.accept()
  await peer.welcome('2003000000')
  await peer.expect(TYPE.publish)
  peer.send(packet(0x40, '0001', '10'))
  expect(await code).toBe(0)
  expect(io.stderr.text).toBe('')
})

test('what the server announced not to take is said and ends with its own code', async () => {
  const code = pub('-V', '5', '-q', '2', '-t', 'a', '-m', 'x')
  const peer = await server.accept()
  await peer.welcome('2005000002 2401') // Maximum QoS 1
  expect((await peer.rest()).map((p) => p.type)).toEqual([TYPE.disconnect])
  expect(await code).toBe(24)
  expect(io.stderr.text).toBe('Error: Message QoS not supported on broker, try a lower QoS.\n')
})

test('the connection is lost before the acknowledgement: 7', async () => {
  const code = pub('-q', '1', '-t', 'a', '-m', 'x')
  const peer = await server.accept()
  await peer.welcome()
  await peer.expect(TYPE.publish)
  peer.cut()
  expect(await code).toBe(7)
  expect(io.stderr.text).toBe('Error: The connection was lost\n')
})

test('a server that is not MQTT is said to break the protocol', async () => {
  const code = pub('-t', 'a', '-m', 'x')
  const peer = await server.accept()
  await peer.expect(TYPE.connect)
  peer.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex'))
  expect(await code).toBe(2)
  expect(io.stderr.text).toMatch(/^Error: A network protocol error occurred when communicating with the broker: /)
})

test('nobody listens: 1, and --quiet says nothing', async () => {
  const other = await ScriptedServer.listen()
  const port = other.port
  await other.close()
  expect(await runPub(['-h', '127.0.0.1', '-p', port, '-t', 'a', '-m', 'x'], io)).toBe(1)
  expect(io.stderr.text).toBe('Error: Connection refused\n')
  const quiet = new FakeTerminal()
  expect(await runPub(['-h', '127.0.0.1', '-p', port, '-t', 'a', '-m', 'x', '--quiet'], quiet)).toBe(1)
  expect(quiet.stderr.text).toBe('')
})

test('--unix connects to a Unix socket', async () => {
  const path = join(folder, 'socket')
  const unix = await ScriptedServer.listen(path)
  const code = runPub(['--unix', path, '-t', 'a', '-m', 'hi'], io)
  const peer = await unix.accept()
  await peer.welcome()
  expect((await peer.packet()).hex).toBe(publish('a', 'hi'))
  expect(await code).toBe(0)
  await unix.close()
})

test('-L names server, user and topic', async () => {
  const code = runPub(['-L', `mqtt://u:p@127.0.0.1:${server.port}/url/topic`, '-m', 'hi'], io)
  const peer = await server.accept()
  expect((await peer.welcome()).hex).toBe(packet(0x10, text('MQTT'), '04 c2 003c', text(''), text('u'), text('p')))
  expect((await peer.packet()).hex).toBe(publish('url/topic', 'hi'))
  expect(await code).toBe(0)
})
