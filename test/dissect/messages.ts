// Messages of MQTT, MQTT-SN and CoAP in frames, and the rows of their protocols as lines `name=value`.
// Frames come from dissecting.ts.

import type { DissectOptions, Dissector } from '../../src/dissect/dissect.ts'
import { FIELDS } from '../../src/dissect/field.ts'
import { formatValue } from '../../src/dissect/format.ts'
import { readValue } from '../../src/dissect/value.ts'
import { everything, frameOf, ipFrame, type TcpShape, tcpFrame } from './dissecting.ts'

export interface Shown {
  /** Rows of the asked protocol and of marks, in their order. */
  readonly rows: readonly string[]
  /** Lines of the tree where the dissector words them itself. */
  readonly texts: readonly string[]
  readonly info: string
  readonly protocol: string
  readonly layers: string
}

/** Bytes from hexadecimal digits, with spaces where they help, and texts in quotes. */
export function hex(text: string): Uint8Array {
  const bytes: number[] = []
  for (const part of text.match(/'[^']*'|[0-9a-f]{2}/gi) ?? [])
    if (part.startsWith("'")) bytes.push(...new TextEncoder().encode(part.slice(1, -1)))
    else bytes.push(Number.parseInt(part, 16))
  return Uint8Array.from(bytes)
}

export function show(dissector: Dissector, frame: Uint8Array, number: number, prefix: string, milliseconds: number = number * 10): Shown {
  const packet = dissector.dissect(frameOf(frame, number, frame.length, milliseconds))
  const rows: string[] = []
  const texts: string[] = []
  for (let row = 0; row < packet.rows.count; row++) {
    const field = FIELDS[packet.rows.field[row]!]!
    const isMark = field.name === '_ws.malformed' || field.name === '_ws.expert.message'
    if (!isMark && field.name !== prefix && !field.name.startsWith(`${prefix}.`)) continue
    const value = readValue(packet.rows, row)
    rows.push(value === null ? field.name : `${field.name}=${formatValue(field, value)}`)
    const text = packet.rows.textOf(row)
    if (text !== null && !isMark) texts.push(text)
  }
  return { rows, texts, info: packet.columns.info, protocol: packet.columns.protocol, layers: packet.protocols }
}

export interface Sent {
  readonly bytes: Uint8Array
  readonly back?: boolean
}

/** A TCP connection whose segments carry these bytes; what each segment shows. */
export function showStream(sent: readonly (Uint8Array | Sent)[], options: Partial<DissectOptions> = {}, prefix = 'mqtt', port = 1883): readonly Shown[] {
  const dissector = everything(options)
  const shapes: TcpShape[] = [
    { seq: 0, flags: 2 },
    { seq: 0, ack: 1, flags: 0x12, back: true },
    { seq: 1, ack: 1, flags: 0x10 },
  ]
  const next = [1, 1]
  for (const item of sent) {
    const { bytes, back = false } = item instanceof Uint8Array ? { bytes: item } : item
    const own = back ? 1 : 0
    shapes.push({ seq: next[own]!, ack: next[1 - own]!, payload: bytes, back })
    next[own]! += bytes.length
  }
  return shapes.map((shape, index) => show(dissector, tcpFrame({ ...shape, port }), index + 1, prefix)).slice(3)
}

/** UDP from 10.0.0.1 to 10.0.0.2, or back. */
export function udpFrame(payload: Uint8Array, port: number, { back = false, client = 40_000, from = 1, to = 2 } = {}): Uint8Array {
  const [source, target] = back ? [port, client] : [client, port]
  const length = 8 + payload.length
  const head = [source >> 8, source & 255, target >> 8, target & 255, length >> 8, length & 255, 0, 0]
  return ipFrame(17, Uint8Array.from([...head, ...payload]), back ? { from: to, to: from } : { from, to })
}
