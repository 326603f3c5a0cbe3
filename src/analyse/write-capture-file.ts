// writeCapture for Node: packets into a capture file.
// The bytes are write-capture.ts'.

import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { captureBytes, type PacketSource, type WriteCaptureOptions } from './write-capture.ts'

/**
 * Writes packets to a new file, over an old one. Resolves when it is whole; the source's and the system's errors reject, and what was written until then stays.
 * @throws CaptureError for what the format cannot hold; the system's errors
 */
export async function writeCapture(file: string | URL, packets: PacketSource, options: WriteCaptureOptions = {}): Promise<void> {
  await pipeline(Readable.from(captureBytes(packets, options), { objectMode: false }), createWriteStream(file))
}
