// Writing captures: one interface for both formats.
// Nothing here touches a file: the sink does.

import type { CaptureItem } from './frame.ts'
import { PcapWriter } from './write-pcap.ts'
import { PcapngWriter } from './write-pcapng.ts'

/** Takes bytes that are borrowed for the call. */
export type ByteSink = (bytes: Uint8Array) => void

/** `nsecpcap` is pcap with nanoseconds, as tshark's -F names it. */
export type CaptureFormat = 'pcapng' | 'pcap' | 'nsecpcap'

export interface CaptureWriter {
  /** @throws CaptureError for what the format cannot hold */
  write(item: CaptureItem): void
  /** To be called once at the end: even an empty capture has a header. */
  finish(): void
}

/** `application` is named in pcapng files as what wrote them. */
export function captureWriter(format: CaptureFormat, sink: ByteSink, application: string): CaptureWriter {
  return format === 'pcapng' ? new PcapngWriter(sink, application) : new PcapWriter(sink, format === 'nsecpcap')
}
