// The library's way from packets to a capture file: frames and secrets as pcapng or pcap bytes, piece by piece.
// Runs in a browser; paths of files are write-capture-file.ts' affair.

import { CaptureError } from '../capture/capture-error.ts'
import { type CaptureFormat, captureWriter } from '../capture/capture-writer.ts'
import { type CaptureItem, CUSTOM_BLOCK, type Frame } from '../capture/frame.ts'

export interface WriteCaptureOptions {
  /** `pcapng` unless given; `nsecpcap` is pcap with nanoseconds. */
  readonly format?: CaptureFormat
  /** What a pcapng file says it was written by. */
  readonly application?: string
  /** The secrets of TLS sessions (NSS key log text), written first. pcapng only. */
  readonly keyLog?: string
}

/** Packets of `readCapture`, frames, or anything else that has a frame. */
export type PacketSource = AsyncIterable<Frame | { readonly frame: Frame }> | Iterable<Frame | { readonly frame: Frame }>

/** The bytes of a capture file with these packets, in pieces of their own memory. @throws CaptureError for what the format cannot hold */
export async function* captureBytes(packets: PacketSource, options: WriteCaptureOptions = {}): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { format = 'pcapng', application = 'zanzara', keyLog } = options
  const pieces: Uint8Array<ArrayBuffer>[] = []
  const writer = captureWriter(format, (bytes) => pieces.push(new Uint8Array(bytes)), application)
  const write = (item: CaptureItem): void => writer.write(item)
  if (keyLog !== undefined && format !== 'pcapng') throw new CaptureError(`${format} has no place for the secrets of TLS sessions: write pcapng`, 0)
  if (keyLog !== undefined) write({ keyLog })
  for await (const packet of packets) {
    const frame = 'frame' in packet ? packet.frame : packet
    if (frame.interface.linkType !== CUSTOM_BLOCK) write(frame) // private data of another program: its maker alone can say if it may be copied
    yield* pieces.splice(0)
  }
  writer.finish()
  yield* pieces
}
