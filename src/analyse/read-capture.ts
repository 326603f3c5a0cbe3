// The library's way to a capture: packets that pass a filter, one by one, from bytes, a stream or a file of the browser.
// Runs in a browser; paths of files are read-capture-file.ts' affair.

import { GZIP_MAGIC } from '../capture/capture-reader.ts'
import { gunzip } from '../capture/gunzip.ts'
import { streamed } from '../capture/streamed.ts'
import { readDecodeAs } from '../dissect/decode-as.ts'
import type { TlsCrypto } from '../dissect/tls-crypto.ts'
import { CaptureAnalysis } from './capture-analysis.ts'
import { KeptPacket } from './kept-packet.ts'

export interface ReadCaptureOptions {
  /** Wireshark's display filter; only packets that pass are given. */
  readonly filter?: string
  /** Which protocol a port speaks, as tshark's -d: `['tcp.port==1884,mqtt']`. */
  readonly decodeAs?: readonly string[]
  /** The secrets of TLS sessions (NSS key log text). Node only: in a browser TLS stays closed. */
  readonly keyLog?: string
  /** Beyond tshark: MQTT is found on any port and in WebSocket. */
  readonly auto?: boolean
  /** Wireshark's preferences by name: `{ 'mqtt.show_msg_as_text': 'TRUE' }`. */
  readonly preferences?: Readonly<Record<string, string>>
  /** Names of the only fields that will be read of the packets: reading fewer is faster. Everything unless given. */
  readonly fields?: readonly string[]
  readonly signal?: AbortSignal
}

/** Bytes of a capture: at once, in pieces, or as the browser gives files. */
export type CaptureSource = Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

/**
 * The packets of a pcap or pcapng file, gzip'd or not, that pass `filter`. They may be kept.
 * @throws FilterError, DecodeAsError, CaptureError (the packets before the damage come first), the signal's reason
 */
export function readCapture(source: CaptureSource, options: ReadCaptureOptions = {}): AsyncGenerator<KeptPacket, void, undefined> {
  return packetsOf(source, options, null)
}

/** As `readCapture`; `tlsCrypto` opens TLS with the keys in `options` and in the capture. */
export async function* packetsOf(
  source: CaptureSource,
  { decodeAs = [], preferences = {}, signal, ...options }: ReadCaptureOptions,
  tlsCrypto: TlsCrypto | null,
): AsyncGenerator<KeptPacket, void, undefined> {
  const analysis = new CaptureAnalysis({ ...options, decodeAs: decodeAs.map(readDecodeAs), preferences: new Map(Object.entries(preferences)), tlsCrypto })
  for await (const chunk of piecesOf(source)) {
    signal?.throwIfAborted()
    analysis.push(chunk)
    yield* packets(analysis, signal)
  }
  analysis.end()
  yield* packets(analysis, signal)
}

function* packets(analysis: CaptureAnalysis, signal: AbortSignal | undefined): Generator<KeptPacket> {
  for (let packet = analysis.next(); packet !== null; packet = analysis.next()) {
    yield new KeptPacket(packet)
    signal?.throwIfAborted()
  }
}

async function* piecesOf(source: CaptureSource): AsyncGenerator<Uint8Array> {
  const pieces = source instanceof Uint8Array ? once(source) : source instanceof Blob ? streamed(source.stream()) : isStream(source) ? streamed(source) : source
  const iterator = pieces[Symbol.asyncIterator]()
  try {
    const first = await iterator.next()
    if (first.done === true) return
    const rest = startingWith(first.value, iterator)
    yield* isGzip(first.value) ? gunzip(rest) : rest
  } finally {
    await iterator.return?.()
  }
}

function isStream(source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>): source is ReadableStream<Uint8Array> {
  return 'getReader' in source
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* startingWith(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && ((bytes[0]! << 8) | bytes[1]!) === GZIP_MAGIC
}
