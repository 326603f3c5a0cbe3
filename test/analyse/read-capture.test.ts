// readCapture of the library: packets that pass a filter, asked for values by field name, from any source.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'

import type { KeptPacket } from '../../src/analyse/kept-packet.ts'
import { type CaptureSource, type ReadCaptureOptions, readCapture } from '../../src/analyse/read-capture.ts'
import { readCapture as readCaptureFile } from '../../src/analyse/read-capture-file.ts'
import { captureBytes } from '../../src/analyse/write-capture.ts'
import { writeCapture } from '../../src/analyse/write-capture-file.ts'

const CAPTURES = fileURLToPath(new URL('../golden/captures/', import.meta.url))
const TOUR = new Uint8Array(readFileSync(`${CAPTURES}m311-tour.pcap`))

async function all(source: CaptureSource, options?: ReadCaptureOptions): Promise<KeptPacket[]> {
  const packets: KeptPacket[] = []
  for await (const packet of readCapture(source, options)) packets.push(packet)
  return packets
}

const infos = (packets: readonly KeptPacket[]): string[] => packets.map(({ number, columns }) => `${number} ${columns.info}`)

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test('packets are kept and answer by field name', async () => {
  const packets = await all(TOUR, { filter: 'mqtt.msgtype == 3 && mqtt.qos == 1' })
  expect(packets.length).toBeGreaterThan(10)
  const counts = new Map<unknown, number>()
  for (const packet of packets) counts.set(packet.field('mqtt.topic'), (counts.get(packet.field('mqtt.topic')) ?? 0) + 1)
  expect(counts.get('deib/floor0/L26/humidity')).toBe(1)
  const [first] = packets
  expect(first!.field('mqtt.msgtype')).toBe(3)
  expect(first!.field('mqtt.dupflag')).toBe(false)
  expect(first!.field('ip.src')).toMatch(/^192\.168\.100\.\d+$/)
  expect(first!.field('mqtt.msg')).toBeInstanceOf(Uint8Array)
  expect(first!.field('frame.time_epoch')).toBeCloseTo(first!.time / 1000, 6)
  expect(first!.fields('tcp.port').length).toBe(2)
  expect(first!.field('coap.code')).toBeNull()
  expect(first!.columns.info).toContain('Publish Message')
  expect(first!.protocols).toMatch(/^eth:ethertype:ip:tcp:mqtt/)
})

test('the tree names protocols and fields with their bytes', async () => {
  const [packet] = await all(TOUR, { filter: 'mqtt.msgtype == 1' })
  const tree = packet!.tree()
  expect(tree.map(({ name }) => name)).toEqual(['frame', 'eth', 'ip', 'tcp', 'mqtt'])
  const mqtt = tree.at(-1)!
  const clientId = mqtt.children.find(({ name }) => name === 'mqtt.clientid')!
  expect(clientId).toMatchObject({ label: 'Client ID', value: 'sensor_00', children: [] })
  expect(Buffer.from(clientId.bytes).toString()).toBe('sensor_00')
  expect(mqtt.children[0]!.children[0]).toMatchObject({ name: 'mqtt.msgtype', value: 1 })
})

test('bytes at once, in pieces, as a stream, as a Blob, compressed, from a file: the same packets', async () => {
  const expected = infos(await all(TOUR))
  expect(expected.length).toBe(351)
  const compressed = new Uint8Array(gzipSync(TOUR))
  for (const source of [
    pieces(TOUR, 1),
    pieces(TOUR, 1000),
    new Blob([TOUR]),
    new Blob([TOUR]).stream(),
    compressed,
    pieces(compressed, 777),
    new Blob([compressed]),
  ])
    expect(infos(await all(source as CaptureSource))).toEqual(expected)
  const packets: KeptPacket[] = []
  for await (const packet of readCaptureFile(`${CAPTURES}m311-tour.pcap`)) packets.push(packet)
  expect(infos(packets)).toEqual(expected)
})

test('a compressed capture that is damaged gives what comes before, and says so; what its source throws is thrown', async () => {
  const whole = new Uint8Array(gzipSync(readFileSync(`${CAPTURES}many.pcapng`)))
  const half = whole.length >> 1
  const wrong = whole.slice()
  wrong[wrong.length - 6]! ^= 0xff // the checksum
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield whole.subarray(0, half)
    throw new RangeError('the line is dead')
  }
  for (const [source, fault, least] of [
    [whole.subarray(0, half), /^the compressed file has been cut short$/, 100],
    [wrong, /^the compressed file is damaged: ./, 100],
    [broken(), /^the line is dead$/, 0], // what the decompressor has in hand goes with its source
  ] as const) {
    const numbers: number[] = []
    await expect(async () => {
      for await (const packet of readCapture(source)) numbers.push(packet.number)
    }).rejects.toThrow(fault)
    expect(numbers.length).toBeGreaterThanOrEqual(least)
  }
})

test('TLS is opened in Node with the keys of the file', async () => {
  const topics: unknown[] = []
  for await (const packet of readCaptureFile(`${CAPTURES}live-tls-dsb.pcapng`, { filter: 'mqtt.msgtype == 3' })) topics.push(packet.field('mqtt.topic'))
  expect(topics[0]).toBe('deibdev/tls/q0')
})

test('a cut file gives its packets, then the fault; a wrong filter gives none', async () => {
  const numbers: number[] = []
  await expect(async () => {
    for await (const packet of readCapture(TOUR.subarray(0, 5000))) numbers.push(packet.number)
  }).rejects.toThrow(/cut short/)
  expect(numbers.length).toBeGreaterThan(20)
  await expect(all(TOUR, { filter: 'mqtt.topik' })).rejects.toThrow(/did you mean mqtt.topic/)
})

test('a signal ends the reading', async () => {
  const stop = new AbortController()
  const numbers: number[] = []
  await expect(async () => {
    for await (const packet of readCapture(TOUR, { signal: stop.signal })) {
      numbers.push(packet.number)
      if (packet.number === 5) stop.abort(new Error('enough'))
    }
  }).rejects.toThrow('enough')
  expect(numbers).toEqual([1, 2, 3, 4, 5])
})

test('what passed a filter is written, and is the same when it is read again', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'capture-')), 'some.pcapng')
  onTestFinished(() => rmSync(dirname(file), { recursive: true }))
  const filter = 'mqtt.msgtype == 3'
  const before = await all(TOUR, { filter })
  await writeCapture(file, readCapture(TOUR, { filter }), { keyLog: 'CLIENT_RANDOM 00 00' })
  const after: KeptPacket[] = []
  for await (const packet of readCaptureFile(pathToFileURL(file))) after.push(packet)
  expect(after.map(({ number, time, frame }) => [number, time, frame.bytes])).toEqual(before.map(({ time, frame }, i) => [i + 1, time, frame.bytes]))
  for (const format of ['pcap', 'nsecpcap'] as const)
    expect((await all(captureBytes(before, { format }))).map(({ frame }) => frame.bytes)).toEqual(before.map(({ frame }) => frame.bytes))
})

test('secrets do not fit into pcap: said, not lost', async () => {
  await expect(all(captureBytes(await all(TOUR), { format: 'pcap', keyLog: 'x' }))).rejects.toThrow(/pcapng/)
})

test('Decode As in tshark’s words', async () => {
  const packets = await all(TOUR, { decodeAs: ['tcp.port==1883,tls'], filter: 'mqtt' })
  expect(packets).toEqual([])
  await expect(all(TOUR, { decodeAs: ['port 1883'] })).rejects.toThrow(/'port 1883' is not of the form tcp.port==1884,mqtt/)
})
