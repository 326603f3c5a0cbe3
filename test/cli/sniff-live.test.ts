// The live sources of the analyser that need no permission: what their words mean, what they record, what they say when they cannot.
// Frames are read back by our own reader; MQTT.js speaks through the relay.

import { readFileSync } from 'node:fs'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { readFrames } from '../../src/capture/capture-reader.ts'
import { isFrame } from '../../src/capture/frame.ts'
import { runSniff } from '../../src/cli/sniff.ts'
import { LiveSourceError, openRelay, openTap, readRelayWords, readTapWords } from '../../src/cli/sniff-live.ts'
import { startBroker } from '../../src/server/start-broker.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const certificate = (name: string): string => readFileSync(new URL(`../net/certificates/${name}`, import.meta.url), 'utf8')
const TLS = { cert: certificate('server.crt'), key: certificate('server.key') }

/** Payload bytes by direction, once `enough` says so. */
async function recorded(chunks: AsyncIterable<Uint8Array>, enough: (client: string) => boolean): Promise<{ client: string; server: string }> {
  let client = ''
  let server = ''
  for await (const item of readFrames(chunks)) {
    if (!isFrame(item)) continue
    const payload = Buffer.from(item.bytes.subarray(54)).toString('latin1')
    if (new DataView(item.bytes.buffer, item.bytes.byteOffset).getUint16(36) === 1883) client += payload
    else server += payload
    if (enough(client)) break
  }
  return { client, server }
}

test.each([
  ['11883=broker.example:1884', { listen: { scheme: 'mqtt', port: 11883 }, target: { scheme: 'mqtt', host: 'broker.example', port: 1884, path: '/mqtt' } }],
  ['11883=broker.example', { listen: { scheme: 'mqtt', port: 11883 }, target: { scheme: 'mqtt', host: 'broker.example', port: 1883, path: '/mqtt' } }],
  ['mqtts:18883=mqtts://b', { listen: { scheme: 'mqtts', port: 18883 }, target: { scheme: 'mqtts', host: 'b', port: 8883, path: '/mqtt' } }],
  ['19001=wss://[::1]:9/x', { listen: { scheme: 'ws', port: 19001 }, target: { scheme: 'wss', host: '::1', port: 9, path: '/x' } }],
] as const)('--proxy %s', (words, meaning) => {
  expect(readRelayWords(words)).toEqual(meaning)
})

test.each(['', '1883', 'x=y:1', '1=', '99999=h:1', '1=h:99999', '1=http://h:1'])('--proxy %j is refused with the form', (words) => {
  expect(() => readRelayWords(words)).toThrow(LiveSourceError)
  expect(() => readRelayWords(words)).toThrow(/PORT=HOST:PORT/)
})

test.each([
  ['1889', { port: 1889 }],
  ['tcp://127.0.0.1:1889', { port: 1889 }],
  ['localhost:5', { port: 5 }],
  ['/run/tap', { path: '/run/tap' }],
  ['unix:/run/tap', { path: '/run/tap' }],
  ['unix:///run/tap', { path: '/run/tap' }],
] as const)('--tap %s', (words, place) => {
  expect(readTapWords(words)).toEqual(place)
})

test.each(['', 'tcp://other:1', '99999', 'x'])('--tap %j is refused', (words) => {
  expect(() => readTapWords(words)).toThrow(/tap_listener/)
})

test('a broker without a tap: what to write into its configuration', async () => {
  const running = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], tap: { port: 0 } })
  const port = running.tapPort
  await running.close()
  await expect(openTap({ port })).rejects.toThrow(/no tap on port \d+ of this machine \(ECONNREFUSED\): start the broker with 'tap_listener'/)
})

test('the tap of a broker, until it is stopped', async () => {
  await using running = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], tap: { port: 0 } })
  const tap = await openTap({ port: running.tapPort })
  const client = await connectAsync(running.url, { clientId: 'seen', reconnectPeriod: 0 })
  onTestFinished(() => void client.end(true))
  const seen = recorded(tap.chunks, (sent) => sent.includes('payload'))
  await client.publishAsync('a', 'payload', { qos: 1 })
  expect((await seen).client).toContain('seen')
  tap.stop()
})

test.each([
  ['mqtt', 'mqtt'],
  ['mqtts', 'mqtt'],
  ['mqtt', 'mqtts'],
  ['ws', 'mqtt'],
  ['mqtt', 'wss'],
] as const)('a relay that listens for %s and leads to %s: everything passes and is recorded in clear', async (listen, target) => {
  const transport = { mqtt: 'tcp', mqtts: 'tls', wss: 'wss' } as const
  await using running = await startBroker({
    listeners: [{ transport: transport[target], port: 0, host: '127.0.0.1', ...(target === 'mqtt' ? {} : { tls: TLS }) }],
  })
  const problems: string[] = []
  const relay = await openRelay(
    { listen: { scheme: listen, port: 0 }, target: { scheme: target, host: '127.0.0.1', port: running.port, path: '/mqtt' } },
    { tls: TLS, insecure: true, onProblem: (problem) => problems.push(problem) },
  )
  onTestFinished(() => relay.stop())
  const url = /connect to (\S+),/.exec(relay.told)![1]!
  const seen = recorded(relay.chunks, (sent) => sent.includes('last'))
  const client = await connectAsync(url, { clientId: 'through', reconnectPeriod: 0, rejectUnauthorized: false })
  onTestFinished(() => void client.end(true))
  const arrived = new Promise<Buffer>((resolve) => client.on('message', (_topic, payload) => resolve(payload)))
  await client.subscribeAsync('big')
  const payload = Buffer.alloc(700_000, 'z')
  await client.publishAsync('big', payload, { qos: 1 })
  expect((await arrived).equals(payload)).toBe(true)
  await client.publishAsync('a', 'last', { qos: 1 })
  const { client: sent, server } = await seen
  expect(sent).toContain('through')
  expect(sent.includes('z'.repeat(700_000))).toBe(true)
  expect(server.charCodeAt(0)).toBe(0x20)
  expect(problems).toEqual([])
})

test('a target that is not there: the client is cut, and the reason is told', async () => {
  const gone = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }] })
  const { port } = gone
  await gone.close()
  const problems: string[] = []
  const relay = await openRelay(
    { listen: { scheme: 'mqtt', port: 0 }, target: { scheme: 'mqtt', host: '127.0.0.1', port, path: '' } },
    { tls: null, insecure: false, onProblem: (problem) => problems.push(problem) },
  )
  onTestFinished(() => relay.stop())
  const url = /connect to (\S+),/.exec(relay.told)![1]!
  await expect(connectAsync(url, { reconnectPeriod: 0 })).rejects.toThrow()
  expect(problems[0]).toMatch(new RegExp(`^no connection to 127.0.0.1:${port}: .*ECONNREFUSED`))
})

test('sniff --tap prints what happens, as it happens, until Ctrl-C', async () => {
  await using running = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], tap: { port: 0 } })
  const io = new FakeTerminal()
  const run = runSniff(['--tap', `${running.tapPort}`, '-Y', 'mqtt.msgtype == 3', '-T', 'fields', '-e', 'mqtt.topic'], io, false)
  await io.stderr.printed('tap')
  const client = await connectAsync(running.url, { reconnectPeriod: 0 })
  onTestFinished(() => void client.end(true))
  await client.publishAsync('room/1/temp', '21', { qos: 1 })
  await io.stdout.printed('room/1/temp\n')
  io.signal('SIGINT')
  expect(await run).toBe(0)
})

test('sniff --proxy relays, prints and writes; Ctrl-C closes it', async () => {
  await using running = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }] })
  const io = new FakeTerminal()
  const run = runSniff(['--proxy', `0=127.0.0.1:${running.port}`, '-Y', 'mqtt', '-T', 'fields', '-e', '_ws.col.Info'], io, false)
  await io.stderr.printed('connect to ')
  const url = /connect to (\S+),/.exec(io.stderr.text)![1]!
  const client = await connectAsync(url, { reconnectPeriod: 0 })
  onTestFinished(() => void client.end(true))
  await client.publishAsync('through/relay', 'x', { qos: 1 })
  await io.stdout.printed(' [through/relay]\n')
  io.signal('SIGINT')
  expect(await run).toBe(0)
  await expect(connectAsync(url, { reconnectPeriod: 0 })).rejects.toThrow(/ECONNREFUSED/)
})

test.each([
  [['--tap', '1889', '-r', 'x.pcap'], /-r 'x.pcap' and --tap '1889': give one of them/],
  [['--tap', 'nowhere'], /--tap 'nowhere'/],
  [['--proxy', 'nothing'], /PORT=HOST:PORT/],
  [['--color', 'always', '-r'], /-r needs a value/],
])('sniff %j: what is wrong is said', async (argv, text) => {
  const io = new FakeTerminal()
  expect(await runSniff(argv, io, false)).not.toBe(0)
  expect(io.stderr.text).toMatch(text)
})
