// Packets that wait to be read: nothing is lost below the limit; beyond it whole blocks go, and what is left can still be read.
// See src/console/worker/unread-packets.ts.

import { expect, test } from 'vitest'
import { CaptureReader } from '../../src/capture/capture-reader.ts'
import { isFrame } from '../../src/capture/frame.ts'
import { SyntheticConnection } from '../../src/capture/synthetic-connection.ts'
import { PcapngWriter } from '../../src/capture/write-pcapng.ts'
import { UnreadPackets } from '../../src/console/worker/unread-packets.ts'

const WHERE = { linkType: 1, name: 'test', description: '', snapLength: 0, decimals: 9 }

/** Pieces of one section: each holds whole blocks. */
function pieces(count: number): Uint8Array[] {
  const made: Uint8Array[] = []
  const writer = new PcapngWriter((bytes) => made.push(bytes.slice()), 'test')
  const connection = new SyntheticConnection(WHERE, { address: '127.0.0.1', port: 50_000 }, { address: '127.0.0.2', port: 1883 }, (frame) =>
    writer.write(frame),
  )
  connection.open(0n)
  for (let n = 0; n < count; n++) connection.data('client', new Uint8Array(400).fill(n), BigInt(n) * 1_000_000n)
  return made
}

function framesOf(queue: UnreadPackets): Uint8Array[] {
  const reader = new CaptureReader()
  for (let piece = queue.next(); piece !== null; piece = queue.next()) reader.push(piece)
  reader.end()
  const frames: Uint8Array[] = []
  for (let item = reader.next(); item !== null; item = reader.next()) if (isFrame(item)) frames.push(item.bytes.slice())
  return frames
}

test('below the limit all comes out as it came in', () => {
  const queue = new UnreadPackets(1 << 20)
  for (const piece of pieces(50)) queue.push(piece)
  expect(framesOf(queue)).toHaveLength(53)
  expect(queue.isEmpty).toBe(true)
  expect(queue.forgotten).toBe(0)
})

test('beyond the limit the oldest packets go, the newest can be read, and what is missing is counted', () => {
  const queue = new UnreadPackets(10_000)
  const all = pieces(200)
  for (const piece of all) queue.push(piece)
  const frames = framesOf(queue)
  expect(frames.length).toBeGreaterThan(10)
  expect(frames.length).toBeLessThan(30)
  expect(frames.at(-1)!.at(-1)).toBe(199)
  expect(queue.forgotten).toBeGreaterThan(200 * 400 - 20_000)
})

test('a new section makes what was said of the last one void', () => {
  const queue = new UnreadPackets(3000)
  for (const piece of [...pieces(20), ...pieces(20), ...pieces(20)]) queue.push(piece)
  expect(framesOf(queue).length).toBeGreaterThan(2)
})
