// Capture files on disk and in streams: plain and compressed, whole and damaged, in small and large pieces.
// What the frames are is tested in reading.test.ts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { CaptureError } from '../../src/capture/capture-error.ts'
import { readFrames } from '../../src/capture/capture-reader.ts'
import { captureWriter } from '../../src/capture/capture-writer.ts'
import { captureFile, captureStream } from '../../src/capture/files.ts'
import { isFrame } from '../../src/capture/frame.ts'

const COUNT = 5000

/** A capture of several MiB, in which each frame holds its number. */
function capture(): Buffer {
  const parts: Buffer[] = []
  const writer = captureWriter('pcapng', (bytes) => parts.push(Buffer.copyBytesFrom(bytes)), 'a test')
  const where = { linkType: 1, name: 'lo', description: null, snapLength: 0 }
  for (let number = 1; number <= COUNT; number++) {
    const bytes = Buffer.alloc(600, number)
    bytes.writeUInt32BE(number)
    writer.write({
      number,
      bytes,
      length: 600,
      seconds: number,
      nanoseconds: 0,
      hasTime: true,
      interface: where,
      interfaceId: 0,
      section: 1,
      comments: [],
      flags: null,
    })
  }
  return Buffer.concat(parts)
}

const FILE = capture()

function onDisk(bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'a.pcapng')
  writeFileSync(path, bytes)
  return path
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** The numbers in the frames, read as each frame comes. */
async function numbers(pieces: AsyncIterable<Uint8Array>): Promise<{ count: number; inOrder: boolean; error: unknown }> {
  let count = 0
  let inOrder = true
  try {
    for await (const item of readFrames(pieces)) {
      count++
      inOrder &&= isFrame(item) && Buffer.from(item.bytes).readUInt32BE() === count && item.bytes[599] === (count & 255)
    }
    return { count, inOrder, error: null }
  } catch (error) {
    return { count, inOrder, error }
  }
}

const ALL = { count: COUNT, inOrder: true, error: null }

test('a file, plain and compressed', async () => {
  expect(await numbers(captureFile(onDisk(FILE)))).toEqual(ALL)
  expect(await numbers(captureFile(onDisk(gzipSync(FILE))))).toEqual(ALL)
})

test.each([1, 7, 1000, 100_000])('a stream, plain and compressed, in pieces of %d bytes', async (size) => {
  const file = size === 1 ? FILE.subarray(0, 30_000) : FILE
  const expected = size === 1 ? expect.objectContaining({ inOrder: true, error: expect.any(CaptureError) as unknown }) : ALL
  expect(await numbers(captureStream(inPieces(file, size)))).toEqual(expected)
  expect(await numbers(captureStream(inPieces(gzipSync(file), size)))).toEqual(expected)
})

test('an empty file and an empty stream', async () => {
  for (const pieces of [captureFile(onDisk(new Uint8Array(0))), captureStream(inPieces(new Uint8Array(0), 1)), captureStream(inPieces(Uint8Array.of(10), 1))])
    expect((await numbers(pieces)).error).toBeInstanceOf(CaptureError)
})

test('damaged compression: whole frames first, then where and why', async () => {
  const compressed = gzipSync(FILE)
  const cut = await numbers(captureFile(onDisk(compressed.subarray(0, compressed.length - 1000))))
  expect(cut).toMatchObject({ inOrder: true, error: { isCut: true, message: 'the compressed file has been cut short' } })
  expect(cut.count).toBeGreaterThan(1000)
  const broken = Buffer.from(compressed)
  broken.fill(255, 5000, 5100)
  expect((await numbers(captureFile(onDisk(broken)))).error).toMatchObject({
    name: 'CaptureError',
    message: expect.stringMatching(/damaged|cut short/) as unknown,
  })
})

test('a file that is not there is the system’s affair', async () => {
  expect((await numbers(captureFile('/nowhere/a.pcap'))).error).toMatchObject({ code: 'ENOENT' })
})
