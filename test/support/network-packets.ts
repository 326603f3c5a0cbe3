// Packets of IPv4, IPv6, UDP and ICMPv6 in Ethernet, byte by byte, and a capture file of them. No analyser is used.
// What they carry is in home-network.ts.

const TEXT = new TextEncoder()
const PCAP_HEAD = 24
const RECORD_HEAD = 16

export type Bytes = readonly number[]

export const text = (value: string): number[] => [...TEXT.encode(value)]
export const two = (value: number): number[] => [(value >> 8) & 255, value & 255]
export const four = (value: number): number[] => [...two(value >>> 16), ...two(value & 0xffff)]
export const hex = (digits: string): number[] => (digits.replaceAll(/[\s:]/g, '').match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))
export const zeros = (count: number): number[] => new Array<number>(count).fill(0)

/** A name as labels; a trailing number n below 0x4000 in braces makes a pointer: `printer{12}`. */
export function labels(name: string): number[] {
  const [plain, pointer] = name.split('{')
  const own = plain === '' ? [] : plain!.split('.').flatMap((label) => [TEXT.encode(label).length, ...text(label)])
  return pointer === undefined ? [...own, 0] : [...own, ...two(0xc000 | Number.parseInt(pointer, 10))]
}

export const ip = (address: string): number[] => address.split('.').map(Number)

/** An IPv6 address from its text. */
export function ip6(address: string): number[] {
  const [front, back] = address.split('::')
  const groups = (part: string | undefined): number[] =>
    part === undefined || part === '' ? [] : part.split(':').flatMap((group) => two(Number.parseInt(group, 16)))
  const [head, tail] = [groups(front), groups(back)]
  return address.includes('::') ? [...head, ...zeros(16 - head.length - tail.length), ...tail] : head
}

/** The Internet check sum over all parts. */
export function sum(...parts: readonly Bytes[]): number {
  let total = 0
  for (const bytes of parts) for (let i = 0; i < bytes.length; i++) total += i % 2 === 0 ? bytes[i]! << 8 : bytes[i]!
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return ~total & 0xffff
}

export const HERE = hex('02005e100001')
export const ROUTER = hex('020000100002')

export function ether(type: number, payload: Bytes, to: Bytes = ROUTER): number[] {
  return [...to, ...HERE, ...two(type), ...payload]
}

/** An IPv4 packet in Ethernet; `options` is filled up to whole words. */
export function ipv4(protocol: number, from: string, to: string, payload: Bytes, options: Bytes = [], ttl = 64): number[] {
  const padded = [...options, ...zeros((4 - (options.length % 4)) % 4)]
  const head = [
    0x45 + padded.length / 4,
    0,
    ...two(20 + padded.length + payload.length),
    ...two(7),
    0x40,
    0,
    ttl,
    protocol,
    0,
    0,
    ...ip(from),
    ...ip(to),
    ...padded,
  ]
  return ether(0x0800, [...head.slice(0, 10), ...two(sum(head)), ...head.slice(12), ...payload])
}

/** An IPv6 packet in Ethernet; `next` is the number of what `payload` begins with. */
export function ipv6(next: number, from: string, to: string, payload: Bytes, hops = 255): number[] {
  return ether(0x86dd, [0x60, 0, 0, 0, ...two(payload.length), next, hops, ...ip6(from), ...ip6(to), ...payload])
}

export function udp(from: number, to: number, payload: Bytes): number[] {
  return [...two(from), ...two(to), ...two(8 + payload.length), 0x12, 0x34, ...payload]
}

/** An ICMPv6 message with its check sum over the pseudo header. */
export function icmp6(from: string, to: string, message: Bytes): number[] {
  const pseudo = [...ip6(from), ...ip6(to), ...four(message.length), 0, 0, 0, 58]
  return [...message.slice(0, 2), ...two(sum(pseudo, message)), ...message.slice(4)]
}

/** Frames as a pcap file of Ethernet, one each 100 ms; `stored` tells how many bytes of each are kept. */
export function homeCapture(frames: readonly Bytes[], stored: readonly number[] = []): Uint8Array {
  const kept = frames.map((bytes, i) => bytes.slice(0, stored[i] ?? bytes.length))
  const out = new Uint8Array(PCAP_HEAD + kept.reduce((size, bytes) => size + RECORD_HEAD + bytes.length, 0))
  const view = new DataView(out.buffer)
  for (const [i, word] of [0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 1].entries()) view.setUint32(i * 4, word, true)
  let at = PCAP_HEAD
  for (const [i, bytes] of kept.entries()) {
    const record = [1_700_000_000 + Math.floor(i / 10), (i % 10) * 100_000, bytes.length, frames[i]!.length]
    for (const [k, word] of record.entries()) view.setUint32(at + k * 4, word, true)
    out.set(bytes, at + RECORD_HEAD)
    at += RECORD_HEAD + bytes.length
  }
  return out
}
