// `zanzara bench` against servers that lose, repeat, reorder, refuse or say nothing: it notices, says so and exits with 1.

import { afterEach, expect, test } from 'vitest'

import { runBench } from '../../../src/cli/bench/bench.ts'
import type { BenchResult } from '../../../src/cli/bench/bench-result.ts'
import { FakeTerminal } from '../support/fake-terminal.ts'
import { type Faults, FaultyServer } from './faulty-server.ts'

let server: FaultyServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

async function bench(faults: Faults, ...argv: string[]): Promise<{ code: number; result: BenchResult; err: string }> {
  server = await FaultyServer.listen(faults)
  const io = new FakeTerminal()
  const code = await runBench([...argv, '-h', '127.0.0.1', '-p', server.port, '--json', '--timeout', '0.5'], io, { stdout: false, stderr: false })
  return { code, result: JSON.parse(io.stdout.text) as BenchResult, err: io.stderr.text }
}

const everyTenth = (payload: Buffer, index: number): Buffer[] => (index % 10 === 3 ? [] : [payload])

test('the stand-in without faults is no cause for complaint', async () => {
  const { code, result, err } = await bench({}, 'pair', '-n', '200')
  expect(code).toBe(0)
  expect(result.messages).toMatchObject({ sent: 200, received: 200, expected: 200, lost: 0, repeated: 0, foreign: 0 })
  expect(err).toBe('')
})

test('lost messages are counted', async () => {
  const { code, result } = await bench({ deliver: everyTenth }, 'pair', '-n', '200')
  expect(code).toBe(1)
  expect(result.ok).toBe(false)
  expect(result.messages).toMatchObject({ sent: 200, received: 180, expected: 200, lost: 20, repeated: 0 })
})

test('lost messages at the end are counted when patience is over', async () => {
  const { code, result } = await bench({ deliver: (payload, index) => (index >= 195 ? [] : [payload]) }, 'pair', '-n', '200')
  expect(code).toBe(1)
  expect(result.messages).toMatchObject({ received: 195, lost: 5, repeated: 0 })
})

test('a server that delivers nothing does not hold the run', async () => {
  const { code, result } = await bench({ deliver: () => [] }, 'pair', '-n', '100000', '-w', '50')
  expect(code).toBe(1)
  expect(result.messages).toMatchObject({ sent: 50, received: 0, lost: 50 })
})

test('loss is counted for each subscriber of a fan', async () => {
  const { code, result } = await bench({ deliver: everyTenth }, 'fan', '-c', '3', '-n', '100')
  expect(code).toBe(1)
  expect(result.messages).toMatchObject({ sent: 100, expected: 300, received: 270, lost: 30 })
})

test('loss is counted for each publisher of a fan-in', async () => {
  const { code, result } = await bench({ deliver: everyTenth }, 'fan', '--fan-in', '-c', '5', '-n', '100')
  expect(code).toBe(1)
  expect(result.messages).toMatchObject({ sent: 500, expected: 500, received: 450, lost: 50, repeated: 0 })
})

test('repeated messages', async () => {
  const { code, result } = await bench({ deliver: (payload, index) => (index === 50 ? [payload, payload] : [payload]) }, 'pair', '-n', '100')
  expect(code).toBe(1)
  expect(result.messages).toMatchObject({ received: 101, lost: 0, repeated: 1 })
})

test('messages out of order', async () => {
  let held: Buffer | null = null
  const swap = (payload: Buffer, index: number): Buffer[] => {
    if (index !== 50) return held === null || index !== 51 ? [payload] : [payload, held]
    held = payload
    return []
  }
  const { code, result } = await bench({ deliver: swap }, 'pair', '-n', '100')
  expect(code).toBe(1)
  expect(result.messages).toMatchObject({ received: 100, lost: 1, repeated: 1 })
})

test('what others have published is not judged', async () => {
  const foreign = (payload: Buffer): Buffer[] => {
    const ofAnotherRun = Buffer.from(payload)
    ofAnotherRun[3]! ^= 1
    const ofAnotherStream = Buffer.from(payload)
    ofAnotherStream[7] = 9
    return [ofAnotherRun, ofAnotherStream, Buffer.from(payload.subarray(0, 15)), Buffer.alloc(0)]
  }
  const { code, result } = await bench({ deliver: (payload, index) => (index === 5 ? [...foreign(payload), payload] : [payload]) }, 'pair', '-n', '10')
  expect(code).toBe(0)
  expect(result.messages).toMatchObject({ received: 10, foreign: 4, lost: 0, repeated: 0 })
})

test('a message that was never sent is not taken for one that was', async () => {
  const forge = (payload: Buffer, index: number): Buffer[] => {
    const forged = Buffer.from(payload)
    forged.writeUInt32BE(4000, 8)
    return index === 5 ? [forged, payload] : [payload]
  }
  const { result } = await bench({ deliver: forge }, 'pair', '-n', '10')
  expect(result.messages).toMatchObject({ received: 10, foreign: 1, lost: 0 })
})

test('refused connections are counted by reason', async () => {
  const { code, result } = await bench({ connack: (index) => (index % 2 === 0 ? 5 : 0) }, 'conn', '-c', '10', '-d', '0.01')
  expect(code).toBe(1)
  expect(result.connections).toMatchObject({ wanted: 10, connected: 5, failed: 5, failures: { 'refused: not authorised': 5 } })
  expect(result.messages).toBe(null)
})

test('a server that does not answer CONNECT', async () => {
  const { code, result } = await bench({ connack: () => null }, 'conn', '-c', '3', '-d', '0.01')
  expect(code).toBe(1)
  expect(result.connections).toMatchObject({ connected: 0, failed: 3, failures: { 'no CONNACK in time': 3 } })
})

test('nobody listens', async () => {
  const gone = await FaultyServer.listen({})
  await gone.close()
  const io = new FakeTerminal()
  const code = await runBench(['pair', '-h', '127.0.0.1', '-p', gone.port], io, { stdout: false, stderr: false })
  expect(code).toBe(1)
  expect(io.stdout.text).toMatch(/2 failed: Connection refused\n/)
  expect(io.stdout.text).toMatch(/NOT OK: 2 connections failed\.\n$/)
})

test('a refused subscription', async () => {
  const { code, result } = await bench({ suback: 0x80 }, 'pair', '-n', '10')
  expect(code).toBe(1)
  expect(result.connections.failures).toEqual({ 'subscription refused: failure': 1 })
  expect(result.messages).toMatchObject({ sent: 0, lost: 0 })
})

test('a connection that breaks on the way', async () => {
  const { code, result } = await bench({ closeAt: 20 }, 'pub', '-t', 'a', '-n', '100000', '-r', '2000')
  expect(code).toBe(1)
  expect(result.connections).toMatchObject({ connected: 1, failed: 0, broken: 1, breaks: { 'closed by the server': 1 } })
})

test('missing acknowledgements', async () => {
  const { code, result } = await bench({ puback: (id) => (id === 7 ? null : Buffer.of(0x40, 2, id >> 8, id & 255)) }, 'pub', '-t', 'a', '-q', '1', '-n', '20')
  expect(code).toBe(1)
  expect(result.messages).toMatchObject({ sent: 20, acknowledged: 19, unacknowledged: 1 })
})

test.each([
  ['of what was not sent', (): Buffer => Buffer.of(0x40, 2, 0x30, 0x39)],
  ['of another kind', (id: number): Buffer => Buffer.of(0x70, 2, id >> 8, id & 255)],
  ['twice', (id: number): Buffer => Buffer.of(0x40, 2, id >> 8, id & 255, 0x40, 2, id >> 8, id & 255)],
])('acknowledgements %s are a fault of the server', async (_name, puback) => {
  const { code, result } = await bench({ puback }, 'pub', '-t', 'a', '-q', '1', '-n', '20')
  expect(code).toBe(1)
  expect(result.connections.broken).toBe(1)
  expect(Object.keys(result.connections.breaks)[0]).toMatch(/^protocol error: acknowledgement of type \d for Packet Identifier \d+, which does not await it$/)
})

test('QoS 0: whether the server has read everything is asked at the end', async () => {
  const { code, result } = await bench({ pingresp: false }, 'pub', '-t', 'a', '-n', '20')
  expect(code).toBe(1)
  expect(result.connections.breaks).toEqual({ 'no PINGRESP after the last message': 1 })
})

test('a subscriber that breaks does not stop the others of a fan', async () => {
  const { code, result } = await bench({ closeReaderAt: 40 }, 'fan', '-c', '3', '-n', '500', '-w', '20')
  expect(code).toBe(1)
  expect(result.connections).toMatchObject({ connected: 4, broken: 1 })
  expect(result.messages).toMatchObject({ sent: 500, received: 1040, expected: 1500, lost: 460 })
})

test('a pair ends with its subscriber', async () => {
  const { code, result } = await bench({ closeReaderAt: 40 }, 'pair', '-n', '500', '-w', '20')
  expect(code).toBe(1)
  expect(result.connections.broken).toBe(1)
  expect(result.messages!.sent).toBeLessThan(100)
})

test('the first Ctrl-C waits for what is on its way, the second does not', async () => {
  server = await FaultyServer.listen({ deliver: () => [] })
  const io = new FakeTerminal()
  const done = runBench(['pair', '-h', '127.0.0.1', '-p', server.port, '-w', '8', '--json', '--timeout', '600'], io, { stdout: false, stderr: false })
  await server.published(8)
  io.signal('SIGINT')
  expect(await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))])).toBe('waits')
  io.signal('SIGINT')
  await done
  expect(JSON.parse(io.stdout.text)).toMatchObject({ interrupted: true, messages: { sent: 8, received: 0, lost: 0, expected: 8 } })
})

test('with a rate, messages that a stalling server holds back are timed from when they were due', async () => {
  const stall = { at: 20, ms: 400 }
  const delivered = await bench({ stall }, 'pair', '-n', '120', '-r', '250', '-w', '4')
  expect(delivered.code).toBe(0)
  // 100 of 120 were due while it stood still
  expect(delivered.result.latency.endToEnd!.p50).toBeGreaterThan(100)
  await server!.close()
  const acknowledged = await bench({ stall }, 'pub', '-t', 'a', '-q', '1', '-n', '120', '-r', '250', '-M', '4')
  expect(acknowledged.code).toBe(0)
  expect(acknowledged.result.latency.acknowledgement!.p50).toBeGreaterThan(100)
})

test('no more unacknowledged publishes than the Receive Maximum of the server [MQTT-3.3.4-9]', async () => {
  const welcome = Buffer.of(0x20, 6, 0, 0, 3, 0x21, 0, 3)
  const { code, result } = await bench({ welcome, puback: () => null }, 'pub', '-V', '5', '-t', 'a', '-q', '1', '-n', '20')
  expect(code).toBe(1)
  expect(result.messages).toMatchObject({ sent: 3, acknowledged: 0, unacknowledged: 3 })
})

test('refused publishes of MQTT 5 are counted', async () => {
  const welcome = Buffer.of(0x20, 3, 0, 0, 0)
  const puback = (id: number): Buffer => Buffer.of(0x40, 4, id >> 8, id & 255, id % 2 === 0 ? 0x97 : 0x10, 0)
  const { code, result } = await bench({ welcome, puback }, 'pub', '-V', '5', '-t', 'a', '-q', '1', '-n', '20')
  expect(code).toBe(1)
  expect(result.connections.broken).toBe(0)
  expect(result.messages).toMatchObject({ sent: 20, acknowledged: 20, unacknowledged: 0, refused: 10 })
})

test('a server of MQTT 5 that says why it closes', async () => {
  const { code, result } = await bench(
    { welcome: Buffer.of(0x20, 3, 0, 0, 0), puback: () => Buffer.of(0xe0, 1, 0x97) },
    'pub',
    '-V',
    '5',
    '-t',
    'a',
    '-q',
    '1',
    '-n',
    '20',
  )
  expect(code).toBe(1)
  expect(result.connections.breaks).toEqual({ 'closed by the server: Quota exceeded': 1 })
})
