// `zanzara sub` as a server and a user see it: packets in order, what is printed, how it ends.

import { afterEach, beforeEach, expect, test } from 'vitest'

import { runSub } from '../../src/cli/sub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'
import { type Peer, packet, publish, ScriptedServer, TYPE, text } from './support/scripted-server.ts'

let server: ScriptedServer
let io: FakeTerminal
beforeEach(async () => {
  server = await ScriptedServer.listen()
  io = new FakeTerminal()
})
afterEach(() => server.close())

const sub = (...argv: string[]): Promise<number> => runSub(['-h', '127.0.0.1', '-p', server.port, ...argv], io)
const CONNACK_5 = '2003000000'

/** CONNECT and SUBSCRIBE are answered: the client waits for messages. `granted` in hexadecimal, after the Packet Identifier. */
async function subscribed(connack = '20020000', granted = '00'): Promise<Peer> {
  const peer = await server.accept()
  await peer.welcome(connack)
  const { hex } = await peer.expect(TYPE.subscribe)
  peer.send(packet(0x90, hex.slice(4, 8), granted))
  return peer
}

async function rest(peer: Peer): Promise<string[]> {
  return (await peer.rest()).map((p) => p.hex)
}

test('all topics go in one SUBSCRIBE', async () => {
  const code = sub('-t', 'a/#', '-t', '+/b', '-q', '2', '-E')
  const peer = await server.accept()
  await peer.welcome()
  expect((await peer.packet()).hex).toBe(packet(0x82, '0001', text('a/#'), '02', text('+/b'), '02'))
  peer.send('900400010102')
  expect(await rest(peer)).toEqual(['e000'])
  expect(await code).toBe(0)
})

test('-d: each packet, then what was granted, then each payload after its acknowledgement', async () => {
  const code = sub('-t', 'a/b', '-q', '2', '-v', '-d', '-i', 'x1', '-C', '3')
  const peer = await subscribed(undefined, '02')
  peer.send(publish('a/b', 'zero'), publish('a/b', 'one', { qos: 1, id: 1, retain: true }), publish('a/b', 'two', { qos: 2, id: 2 }))
  expect((await peer.packet()).hex).toBe('40020001')
  expect((await peer.packet()).hex).toBe('50020002')
  peer.send('62020002')
  expect(await rest(peer)).toEqual(['70020002', 'e000'])
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe(
    [
      'Client x1 sending CONNECT',
      'Client x1 received CONNACK (0)',
      'Client x1 sending SUBSCRIBE (Mid: 1, Topic: a/b, QoS: 2, Options: 0x00)',
      'Client x1 received SUBACK',
      'Subscribed (mid: 1): 2',
      "Client x1 received PUBLISH (d0, q0, r0, m0, 'a/b', ... (4 bytes))",
      'a/b zero',
      "Client x1 received PUBLISH (d0, q1, r1, m1, 'a/b', ... (3 bytes))",
      'Client x1 sending PUBACK (m1, rc0)',
      'a/b one',
      "Client x1 received PUBLISH (d0, q2, r0, m2, 'a/b', ... (3 bytes))",
      'Client x1 sending PUBREC (m2, rc0)',
      'Client x1 received PUBREL (Mid: 2)',
      'Client x1 sending PUBCOMP (m2)',
      'a/b two',
      'Client x1 sending DISCONNECT',
      '',
    ].join('\n'),
  )
  expect(io.stderr.text).toBe('')
})

test('-C ends at exactly so many, whatever else has come; an empty payload counts', async () => {
  const code = sub('-t', 'a', '-C', '3')
  const peer = await subscribed()
  peer.send(publish('a', '1'), publish('a', ''), publish('a', '3'), publish('a', '4'))
  expect(await rest(peer)).toEqual(['e000'])
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('1\n3\n')
})

test('-C below 20 of MQTT 5 asks for no more at once', async () => {
  const code = sub('-V', '5', '-t', 'a', '-C', '2')
  const peer = await server.accept()
  expect((await peer.welcome(CONNACK_5)).hex).toBe(packet(0x10, text('MQTT'), '05 02 003c 03 21 0002', text('')))
  await peer.expect(TYPE.subscribe)
  io.signal('SIGTERM')
  expect(await code).toBe(0)
})

test('messages are printed as they come, bytes untouched', async () => {
  const code = sub('-t', '#', '-N')
  const peer = await subscribed()
  peer.send(packet(0x30, text('t'), '00ff0a80'))
  await io.stdout.printed('\n')
  peer.send(publish('t', 'next'))
  await io.stdout.printed('next')
  expect(io.stdout.bytes.toString('hex')).toBe(`00ff0a80${text('next', false)}`)
  io.signal('SIGINT')
  expect(await code).toBe(0)
})

test.each([['SIGINT'], ['SIGTERM']] as const)('%s: DISCONNECT and 0', async (signal) => {
  const code = sub('-t', 'a')
  const peer = await subscribed()
  peer.send(publish('a', 'x'))
  await io.stdout.printed('x')
  io.signal(signal)
  expect(await rest(peer)).toEqual(['e000'])
  expect(await code).toBe(0)
  expect(io.listensToSignals).toBe(false)
})

test('a signal in MQTT 5 leaves the will to be published: DISCONNECT 0x04', async () => {
  const code = sub('-V', '5', '-t', 'a')
  const peer = await subscribed(CONNACK_5, '0000')
  peer.send(packet(0x30, text('a'), '00', text('x', false)))
  await io.stdout.printed('x')
  io.signal('SIGINT')
  expect((await rest(peer))[0]).toMatch(/^e0(01|02)04/)
  expect(await code).toBe(0)
})

test('a signal before the connection is accepted: 255', async () => {
  const code = sub('-t', 'a')
  const peer = await server.accept()
  await peer.expect(TYPE.connect)
  io.signal('SIGINT')
  expect(await peer.rest()).toEqual([])
  expect(await code).toBe(255)
})

test.each([
  [['-V', '311'], '20020000', /^e000$/],
  [['-V', '5'], CONNACK_5, /^e0(01|02)04/],
] as const)('-W %j: DISCONNECT, Timed out, 27', async (version, connack, disconnect) => {
  const code = sub('-t', 'a', '-W', '1', ...version)
  const peer = await server.accept()
  await peer.welcome(connack)
  await peer.expect(TYPE.subscribe)
  expect((await rest(peer))[0]).toMatch(disconnect)
  expect(await code).toBe(27)
  expect(io.stderr.text).toBe('Timed out\n')
})

test('-W also ends the waiting for a server that says nothing; --quiet is silent about it', async () => {
  const code = sub('-t', 'a', '-W', '1', '--quiet')
  await (await server.accept()).expect(TYPE.connect)
  expect(await code).toBe(27)
  expect(io.stderr.text).toBe('')
})

test('a lost connection is made again after a second, with the subscriptions', async () => {
  const code = sub('-t', 'a', '-C', '1')
  const first = await subscribed()
  const lost = performance.now()
  first.end()
  const second = await subscribed()
  expect(performance.now() - lost).toBeGreaterThan(900)
  second.send(publish('a', 'back'))
  expect(await rest(second)).toEqual(['e000'])
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('back\n')
  expect(io.stderr.text).toBe('')
})

test('a connection that closes before CONNACK is tried again, as one that was lost: a proxy was there before its broker', async () => {
  const code = sub('-t', 'a', '-C', '1')
  for (const _ of [1, 2]) {
    const early = await server.accept()
    await early.expect(TYPE.connect)
    early.end()
  }
  const peer = await subscribed()
  peer.send(publish('a', 'late'))
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('late\n')
  expect(io.stderr.text).toBe('')
})

test('a session taken over in MQTT 5 is fought for, as with Mosquitto', async () => {
  const code = sub('-V', '5', '-t', 'a', '-C', '1', '-i', 'me', '-d')
  const first = await subscribed(CONNACK_5, '0000')
  first.send('e0018e')
  const second = await subscribed(CONNACK_5, '0000')
  second.send(packet(0x30, text('a'), '00', text('back', false)))
  expect(await code).toBe(0)
  expect(io.stdout.text).toContain('Received DISCONNECT (142)\nClient me sending CONNECT\n')
  expect(io.stdout.text).toContain('\nback\n')
})

test('a server that breaks the protocol is not tried again: 2', async () => {
  const code = sub('-t', 'a')
  const peer = await subscribed()
  peer.send('90030777 00')
  expect(await code).toBe(2)
  expect(io.stderr.text).toMatch(/^Error: A network protocol error occurred when communicating with the broker: .*\n$/)
})

test('a signal while nobody is connected ends it', async () => {
  const code = sub('-t', 'a')
  const peer = await subscribed()
  peer.send(publish('a', 'x'))
  await io.stdout.printed('x')
  peer.cut()
  await peer.closed
  io.signal('SIGINT')
  expect(await code).toBe(0)
})

test('refused with return code 5', async () => {
  const code = sub('-t', 'a')
  await (await server.accept()).welcome('20020005')
  expect(await code).toBe(5)
  expect(io.stderr.text).toBe('Connection error: Connection Refused: not authorised\n')
})

test('refused in MQTT 5 with 0x86; an unknown version is told what to try', async () => {
  const first = sub('-V', '5', '-t', 'a')
  await (await server.accept()).welcome('2003008600')
  expect(await first).toBe(134)
  const second = sub('-V', '5', '-t', 'a')
  await (await server.accept()).welcome('2003008400')
  expect(await second).toBe(132)
  expect(io.stderr.text).toBe(
    'Connection error: Bad User Name or Password\n' +
      'Connection error: Unsupported Protocol Version. Try connecting to an MQTT v5 broker, or use MQTT v3.x mode.\n',
  )
})

test('nobody listens: 1', async () => {
  const other = await ScriptedServer.listen()
  const port = other.port
  await other.close()
  expect(await runSub(['-h', '127.0.0.1', '-p', port, '-t', 'a'], io)).toBe(1)
  expect(io.stderr.text).toBe('Error: Connection refused\n')
})

test('all subscriptions denied ends it with 0; some denied does not', async () => {
  const all = sub('-t', 'a', '-t', 'b')
  const peer = await subscribed(undefined, '8080')
  expect(await rest(peer)).toEqual(['e000'])
  expect(await all).toBe(0)
  expect(io.stderr.text).toBe('All subscription requests were denied.\n')
  const some = sub('-t', 'a', '-t', 'b', '-C', '1', '-d')
  const other = await subscribed(undefined, '8001')
  other.send(publish('b', 'x'))
  expect(await some).toBe(0)
  expect(io.stdout.text).toContain('Subscribed (mid: 1): 128, 1\n')
})

test('-U sends one UNSUBSCRIBE for each filter, after SUBSCRIBE; alone it is enough', async () => {
  const both = sub('-t', 'a', '-U', 'u/1', '-U', 'u/2', '-W', '1')
  const peer = await server.accept()
  await peer.welcome()
  expect([await peer.packet(), await peer.packet(), await peer.packet()].map((p) => p.hex)).toEqual([
    packet(0x82, '0001', text('a'), '00'),
    packet(0xa2, '0002', text('u/1')),
    packet(0xa2, '0003', text('u/2')),
  ])
  io.signal('SIGINT')
  expect(await both).toBe(0)
  const alone = sub('-U', 'u/1', '-d', '-i', 'uu')
  const other = await server.accept()
  await other.welcome()
  expect((await other.packet()).hex).toBe(packet(0xa2, '0001', text('u/1')))
  other.send('b0020001')
  await io.stdout.printed('received UNSUBACK')
  io.signal('SIGINT')
  expect(await alone).toBe(0)
})

test('-T leaves out, -R leaves retained ones out; neither counts', async () => {
  const code = sub('-t', '#', '-T', 'a/+', '-R', '-C', '1', '-v')
  const peer = await subscribed()
  peer.send(publish('a/1', 'no'), publish('b', 'no', { retain: true }), publish('b', 'yes'))
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('b yes\n')
})

test('--retained-only ends at the first message that is not', async () => {
  const code = sub('-t', '#', '--retained-only')
  const peer = await subscribed()
  peer.send(publish('a', '1', { retain: true }), publish('b', '2', { retain: true }), publish('c', '3'), publish('d', '4', { retain: true }))
  expect(await rest(peer)).toEqual(['e000'])
  expect(await code).toBe(0)
  expect(io.stdout.text).toBe('1\n2\n')
})

test('--remove-retained clears what it prints and waits for the acknowledgement', async () => {
  const code = sub('-t', '#', '--remove-retained', '-C', '1', '-v', '-d')
  const peer = await subscribed()
  peer.send(publish('a', '1', { retain: true }))
  const { hex } = await peer.expect(TYPE.publish)
  expect(hex).toMatch(new RegExp(`^33..${text('a')}000.$`))
  peer.send(`4002${hex.slice(-4)}`)
  expect(await rest(peer)).toEqual(['e000'])
  expect(await code).toBe(0)
  expect(
    io.stdout.text
      .split('\n')
      .slice(6)
      .map((line) => line.replace('Client null ', '')),
  ).toEqual(["sending PUBLISH (d0, q1, r1, m2, 'a', ... (0 bytes))", 'a 1', 'received PUBACK (Mid: 2, RC:0)', 'sending DISCONNECT', ''])
})

test('options of MQTT 5 subscriptions are on the wire and in -d', async () => {
  const code = sub('-V', '5', '-t', 'a', '-q', '1', '-R', '--retain-as-published', '-D', 'subscribe', 'subscription-identifier', '7', '-d', '-E')
  const peer = await server.accept()
  await peer.welcome(CONNACK_5)
  expect((await peer.packet()).hex).toBe(packet(0x82, '0001', '02 0b07', text('a'), '29'))
  peer.send('900400010001')
  expect(await code).toBe(0)
  expect(io.stdout.text).toContain('(Mid: 1, Topic: a, QoS: 1, Options: 0x28)')
})

test('what the server announced not to know is said, not sent', async () => {
  const code = sub('-V', '5', '-t', 'a/#')
  const peer = await server.accept()
  await peer.welcome('2005000002 2800') // no wildcards
  expect((await peer.rest()).map((p) => p.type)).toEqual([TYPE.disconnect])
  expect(await code).toBe(10)
  expect(io.stderr.text).toMatch(/^Error: a\/#: .*wildcards.*\n$/)
})

test('when the reader of standard output goes away, it ends with 0', async () => {
  const code = sub('-t', 'a')
  const peer = await subscribed()
  peer.send(publish('a', 'x'))
  await io.stdout.printed('x')
  io.stdout.close()
  expect(await rest(peer)).toEqual(['e000'])
  expect(await code).toBe(0)
})

test('a reader that is behind stops the reading, and it goes on afterwards', async () => {
  const code = sub('-t', 'a')
  const peer = await subscribed()
  io.stdout.full = true
  peer.send(publish('a', 'first'))
  await io.stdout.printed('first')
  peer.send(publish('a', 'second'))
  peer.send('d000')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(io.stdout.text).toBe('first\n')
  io.stdout.drain()
  await io.stdout.printed('second')
  io.signal('SIGINT')
  expect(await code).toBe(0)
})
