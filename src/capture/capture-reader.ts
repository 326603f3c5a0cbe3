// Any capture file as frames: looks at the first bytes and reads on as pcap or pcapng. Pieces are pushed in, frames pulled out.
// Compressed files are undone by who reads them (files.ts, or the browser's DecompressionStream).

import { CaptureError } from './capture-error.ts'
import { Chunks } from './chunks.ts'
import type { CaptureItem } from './frame.ts'
import { isPcap, PcapReader } from './pcap.ts'
import { BlockType, PcapngReader } from './pcapng.ts'

/** First two bytes of a gzip'd file. */
export const GZIP_MAGIC = 0x1f8b

export class CaptureReader {
  readonly #chunks = new Chunks()
  #reader: PcapReader | PcapngReader | null = null
  #ended = false

  /** Takes a piece of the file; it must stay untouched until the next push. To be called when `next` gave null. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
  }

  /** No more pieces come: `next` will tell whether the file ended where it should. */
  end(): void {
    this.#ended = true
  }

  /** The next frame or secrets, valid until the next call; null = push more, or the end. @throws CaptureError */
  next(): CaptureItem | null {
    const reader = this.#reader ?? this.#open()
    const item = reader === null ? null : reader.next()
    if (item !== null || !this.#ended) return item
    const { available, offset } = this.#chunks
    if (reader === null && available === 0) throw new CaptureError('the file is empty', 0)
    if (available > 0)
      throw new CaptureError(
        reader === null ? 'not a capture file: neither pcap nor pcapng' : 'the file has been cut short in the middle of a packet',
        offset,
        reader !== null,
      )
    return null
  }

  #open(): PcapReader | PcapngReader | null {
    const chunks = this.#chunks
    if (chunks.available < 4) return null
    const magic = chunks.view.getUint32(chunks.at)
    if (magic === BlockType.SectionHeader) this.#reader = new PcapngReader(chunks)
    else if (isPcap(magic)) this.#reader = new PcapReader(chunks)
    else if (magic >>> 16 === GZIP_MAGIC) throw new CaptureError('the file is compressed (gzip) and must be decompressed first', 0)
    else throw new CaptureError('not a capture file: neither pcap nor pcapng', 0)
    return this.#reader
  }
}

/** The frames of a file that arrives in pieces. Frames are borrowed until the next one. @throws CaptureError */
export async function* readFrames(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<CaptureItem> {
  const reader = new CaptureReader()
  for await (const chunk of source) {
    reader.push(chunk)
    for (let item = reader.next(); item !== null; item = reader.next()) yield item
  }
  reader.end()
  reader.next()
}
