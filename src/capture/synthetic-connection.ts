// Makes Ethernet frames of a TCP connection whose bytes we know but never saw on a wire: what our broker or a proxy received and sent.
// Handshake, sequence numbers, acknowledgements, checksums and FIN are as a capture would show them, so that every analyser follows the stream.

import { addressBytes } from './address-bytes.ts'
import { CapturedFrame } from './captured-frame.ts'
import type { CaptureInterface, Frame } from './frame.ts'
import { addToSum, checksumOf } from './internet-checksum.ts'

/** One end of the connection. An address that is none, as of a Unix socket, is shown as 127.0.0.1. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Who sends: the side that opened the connection, or the other one. */
export type Sender = 'client' | 'server'

const ETHERNET = 14
const TCP = 20
/** Payload of one frame; below what an IP packet holds. */
const SEGMENT = 32_768
const WINDOW = 65_535
const Flag = { Fin: 1, Syn: 2, Reset: 4, Push: 8, Ack: 16 } as const
const IPV4_MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** Frames are borrowed until the next call. `emit` is called once per frame. */
export class SyntheticConnection {
  readonly #addresses: { readonly client: Uint8Array; readonly server: Uint8Array }
  readonly #ports: { readonly client: number; readonly server: number }
  readonly #next = { client: 1, server: 1 }
  readonly #isIpv6: boolean
  readonly #frame: CapturedFrame
  readonly #emit: (frame: Frame) => void
  #identification = 0

  constructor(where: CaptureInterface, client: Endpoint, server: Endpoint, emit: (frame: Frame) => void) {
    const ends = [client, server].map((end) => addressBytes(end.address) ?? Uint8Array.of(127, 0, 0, 1)) as [Uint8Array, Uint8Array]
    this.#isIpv6 = ends[0].length === 16 || ends[1].length === 16
    const [from, to] = this.#isIpv6 ? (ends.map(asIpv6) as [Uint8Array, Uint8Array]) : ends
    this.#addresses = { client: from, server: to }
    this.#ports = { client: client.port, server: server.port }
    this.#frame = new CapturedFrame(where)
    this.#frame.hasTime = true
    this.#frame.interfaceId = 0
    this.#emit = emit
  }

  /** The three frames of the handshake. Times are nanoseconds since 1970. */
  open(time: bigint): void {
    this.#next.client = 0
    this.#next.server = 0
    this.#send('client', Flag.Syn, NOTHING, time)
    this.#send('server', Flag.Syn | Flag.Ack, NOTHING, time)
    this.#send('client', Flag.Ack, NOTHING, time)
  }

  data(sender: Sender, bytes: Uint8Array, time: bigint): void {
    for (let at = 0; at < bytes.length; at += SEGMENT) this.#send(sender, Flag.Push | Flag.Ack, bytes.subarray(at, at + SEGMENT), time)
  }

  /** Bytes that were sent and are not shown: analysers see a gap. */
  skip(sender: Sender, bytes: number): void {
    this.#next[sender] = (this.#next[sender] + bytes) >>> 0
  }

  /** `isAborted`: with a reset, else in peace. */
  close(sender: Sender, isAborted: boolean, time: bigint): void {
    const other = sender === 'client' ? 'server' : 'client'
    if (isAborted) {
      this.#send(sender, Flag.Reset | Flag.Ack, NOTHING, time)
      return
    }
    this.#send(sender, Flag.Fin | Flag.Ack, NOTHING, time)
    this.#send(other, Flag.Fin | Flag.Ack, NOTHING, time)
    this.#send(sender, Flag.Ack, NOTHING, time)
  }

  #send(sender: Sender, flags: number, payload: Uint8Array, time: bigint): void {
    const receiver = sender === 'client' ? 'server' : 'client'
    const network = this.#isIpv6 ? 40 : 20
    const tcpAt = ETHERNET + network
    const bytes = new Uint8Array(tcpAt + TCP + payload.length)
    const view = new DataView(bytes.buffer)
    bytes.set(sender === 'client' ? [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] : [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2])
    view.setUint16(12, this.#isIpv6 ? 0x86dd : 0x0800)
    const from = this.#addresses[sender]
    const to = this.#addresses[receiver]
    if (this.#isIpv6) this.#ipv6(bytes, view, from, to, TCP + payload.length)
    else this.#ipv4(bytes, view, from, to, TCP + payload.length)
    view.setUint16(tcpAt, this.#ports[sender])
    view.setUint16(tcpAt + 2, this.#ports[receiver])
    view.setUint32(tcpAt + 4, this.#next[sender])
    view.setUint32(tcpAt + 8, (flags & Flag.Ack) === 0 ? 0 : this.#next[receiver])
    bytes[tcpAt + 12] = (TCP / 4) << 4
    bytes[tcpAt + 13] = flags
    view.setUint16(tcpAt + 14, WINDOW)
    bytes.set(payload, tcpAt + TCP)
    const pseudo = addToSum(addToSum(6 + TCP + payload.length, from, 0, from.length), to, 0, to.length)
    view.setUint16(tcpAt + 16, checksumOf(addToSum(pseudo, bytes, tcpAt, bytes.length)))
    const advance = payload.length + ((flags & (Flag.Syn | Flag.Fin)) === 0 ? 0 : 1)
    this.#next[sender] = (this.#next[sender] + advance) >>> 0
    this.#tell(bytes, time)
  }

  #ipv4(bytes: Uint8Array, view: DataView, from: Uint8Array, to: Uint8Array, length: number): void {
    bytes[ETHERNET] = 0x45
    view.setUint16(ETHERNET + 2, 20 + length)
    view.setUint16(ETHERNET + 4, this.#identification++ & 0xffff)
    view.setUint16(ETHERNET + 6, 0x4000) // don't fragment
    bytes[ETHERNET + 8] = 64
    bytes[ETHERNET + 9] = 6
    bytes.set(from, ETHERNET + 12)
    bytes.set(to, ETHERNET + 16)
    view.setUint16(ETHERNET + 10, checksumOf(addToSum(0, bytes, ETHERNET, ETHERNET + 20)))
  }

  #ipv6(bytes: Uint8Array, view: DataView, from: Uint8Array, to: Uint8Array, length: number): void {
    bytes[ETHERNET] = 0x60
    view.setUint16(ETHERNET + 4, length)
    bytes[ETHERNET + 6] = 6
    bytes[ETHERNET + 7] = 64
    bytes.set(from, ETHERNET + 8)
    bytes.set(to, ETHERNET + 24)
  }

  #tell(bytes: Uint8Array, time: bigint): void {
    const frame = this.#frame
    frame.number++
    frame.bytes = bytes
    frame.length = bytes.length
    frame.seconds = Number(time / 1_000_000_000n)
    frame.nanoseconds = Number(time % 1_000_000_000n)
    this.#emit(frame)
  }
}

const NOTHING = new Uint8Array(0)

function asIpv6(address: Uint8Array): Uint8Array {
  return address.length === 16 ? address : Uint8Array.from([...IPV4_MAPPED, ...address])
}
