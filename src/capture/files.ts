// Capture files on disk and on standard input, decompressed where they are gzip'd, in pieces of one MiB. Node only.
// What the pieces mean is capture-reader.ts' affair.

import { closeSync, openSync, readSync } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CaptureError } from './capture-error.ts'
import { GZIP_MAGIC } from './capture-reader.ts'

const PIECE = 1 << 20

/**
 * The bytes of a capture file in pieces; each is untouched until the next but one is asked for.
 * @throws the system's error when the file cannot be opened or read; CaptureError when its compression is damaged
 */
export async function* captureFile(path: string): AsyncGenerator<Uint8Array> {
  const pieces = filePieces(path)
  const first = pieces.next()
  if (first.done === true) return
  if (!isGzip(first.value)) {
    yield first.value
    yield* pieces
    return
  }
  yield* decompressed(startingWith(first.value, pieces))
}

/** The same for a stream such as standard input: compressed or not. */
export async function* captureStream(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = stream[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array(0)
  while (head.length < 2) {
    const next = await pieces.next()
    if (next.done === true) {
      if (head.length > 0) yield head
      return
    }
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  const rest = { [Symbol.asyncIterator]: () => pieces }
  if (isGzip(head)) yield* decompressed(startingWith(head, rest))
  else {
    yield head
    yield* rest
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && ((bytes[0]! << 8) | bytes[1]!) === GZIP_MAGIC
}

/** Two buffers in turn: the reader may still hold frames of one while the other is filled. */
function* filePieces(path: string): Generator<Uint8Array> {
  const descriptor = openSync(path, 'r')
  try {
    const buffers = [new Uint8Array(PIECE), new Uint8Array(PIECE)]
    for (let i = 0; ; i++) {
      const buffer = buffers[i % 2]!
      const length = readSync(descriptor, buffer, 0, PIECE, null)
      if (length === 0) return
      yield buffer.subarray(0, length)
    }
  } finally {
    closeSync(descriptor)
  }
}

async function* startingWith(first: Uint8Array, rest: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.copyBytesFrom(first)
  for await (const piece of rest) yield Buffer.copyBytesFrom(piece) // zlib works on beside us: it must own what it gets
}

async function* decompressed(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(pieces, { objectMode: false, highWaterMark: PIECE })
  const gunzip = createGunzip({ chunkSize: PIECE })
  source.on('error', (error) => gunzip.destroy(error))
  source.pipe(gunzip)
  let offset = 0
  try {
    for await (const piece of gunzip) {
      offset += (piece as Uint8Array).length
      yield piece as Uint8Array
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined || !code.startsWith('Z_')) throw error
    throw new CaptureError(
      code === 'Z_BUF_ERROR' ? 'the compressed file has been cut short' : `the compressed file is damaged: ${message}`,
      offset,
      code === 'Z_BUF_ERROR',
    )
  } finally {
    source.destroy()
  }
}
