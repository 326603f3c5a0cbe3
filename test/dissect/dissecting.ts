// Dissects hand-made and golden frames and reads their rows by Wireshark's names.
// Frames are built by functions that know Ethernet, IPv4 and TCP only.

import { readFileSync } from 'node:fs'
import { CaptureReader } from '../../src/capture/capture-reader.ts'
import { type Frame, isFrame } from '../../src/capture/frame.ts'
import { NodeTlsCrypto } from '../../src/capture/tls-crypto-node.ts'
import { Demand } from '../../src/dissect/demand.ts'
import { type DissectOptions, Dissector } from '../../src/dissect/dissect.ts'
import { FIELDS } from '../../src/dissect/field.ts'
import type { Packet } from '../../src/dissect/packet.ts'
import type { GivenValue } from '../../src/dissect/rows.ts'
import { readValue } from '../../src/dissect/value.ts'

export function everything(options: Partial<DissectOptions> = {}): Dissector {
  return new Dissector({ demand: new Demand('everything', true), tlsCrypto: new NodeTlsCrypto(), ...options })
}

/** All values of a field. */
export function valuesOf(packet: Packet, name: string): (GivenValue | null)[] {
  const values: (GivenValue | null)[] = []
  for (let row = 0; row < packet.rows.count; row++) if (FIELDS[packet.rows.field[row]!]!.name === name) values.push(readValue(packet.rows, row))
  return values
}

export function has(packet: Packet, name: string): boolean {
  return valuesOf(packet, name).length > 0
}

/** A frame of an Ethernet capture, 10 ms after the one before. */
export function frameOf(bytes: Uint8Array, number: number, length: number = bytes.length, milliseconds: number = number * 10, linkType = 1): Frame {
  return {
    number,
    bytes,
    length,
    seconds: Math.floor(milliseconds / 1000),
    nanoseconds: Math.round((milliseconds % 1000) * 1e6),
    hasTime: true,
    interface: { linkType, name: null, description: null, snapLength: 0 },
    interfaceId: null,
    section: 1,
    comments: [],
    flags: null,
  }
}

/** An IPv4 packet in an Ethernet frame; `flags` are the flags and fragment offset as on the wire. */
export function ipFrame(protocol: number, payload: Uint8Array, { id = 1, flags = 0, from = 1, to = 2 } = {}): Uint8Array {
  const total = 20 + payload.length
  const head = [2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0]
  const ip = [0x45, 0, total >> 8, total & 255, id >> 8, id & 255, flags >> 8, flags & 255, 64, protocol, 0, 0, 10, 0, 0, from, 10, 0, 0, to]
  return Uint8Array.from([...head, ...ip, ...payload])
}

export interface TcpShape {
  readonly seq: number
  readonly ack?: number
  readonly flags?: number
  readonly payload?: Uint8Array
  readonly back?: boolean
  readonly window?: number
  readonly port?: number
}

/** A segment between 10.0.0.1:40000 and 10.0.0.2:1883; numbers count from 1000 and 5000. */
export function tcpFrame({ seq, ack = 0, flags = 0x18, payload = new Uint8Array(0), back = false, window = 64_240, port = 1883 }: TcpShape): Uint8Array {
  const [from, to] = back ? [port, 40_000] : [40_000, port]
  const [own, other] = back ? [5000, 1000] : [1000, 5000]
  const number = (value: number): number[] => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
  const answer = (flags & 16) === 0 ? 0 : other + ack
  const head = [from >> 8, from & 255, to >> 8, to & 255, ...number(own + seq), ...number(answer), 0x50, flags, window >> 8, window & 255, 0, 0, 0, 0]
  return ipFrame(6, Uint8Array.from([...head, ...payload]), back ? { from: 2, to: 1 } : {})
}

/** Dissects frames in order; `look` sees each packet. */
export function dissectAll(dissector: Dissector, frames: readonly Frame[], look: (packet: Packet, number: number) => void): void {
  for (const frame of frames) look(dissector.dissect(frame), frame.number)
}

/** Frames and secrets of a capture file. */
export function readFile(path: string | URL, dissector: Dissector, look: (packet: Packet, number: number) => void): void {
  const reader = new CaptureReader()
  reader.push(new Uint8Array(readFileSync(path)))
  for (let item = reader.next(); item !== null; item = reader.next())
    if (isFrame(item)) look(dissector.dissect(item), item.number)
    else dissector.addSecrets(item)
}
