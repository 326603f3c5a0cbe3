// -z conv, endpoints and expert: who talked with whom, how much, and what was noticed; tables as tshark prints them.
// A conversation is a TCP connection, or all packets between two UDP ends.

import { FIELDS } from '../dissect/field.ts'
import { formatValue } from '../dissect/format.ts'
import type { Packet } from '../dissect/packet.ts'
import { ROOT, type Rows } from '../dissect/rows.ts'
import { readValue } from '../dissect/value.ts'
import { treeEscaped } from './escapes.ts'
import type { PrinterNeeds } from './printer.ts'
import type { PacketTest, Statistics } from './statistics.ts'
import type { TextOutput } from './text-output.ts'

type Transport = 'tcp' | 'udp'

const EDGE = `${'='.repeat(80)}\n`

interface Ends {
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
}

function needsOf(transport: Transport, test: PacketTest | null): PrinterNeeds {
  const ports = [`${transport}.srcport`, `${transport}.dstport`, ...(transport === 'tcp' ? ['tcp.stream'] : [])]
  return { names: ['ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', ...ports, ...(test?.fields ?? [])], printed: [], columns: false }
}

/** The ends of the innermost packet; null when it is not of this transport. */
function endsOf({ rows }: Packet, transport: Transport): Ends | null {
  let [source, destination] = ['', '']
  for (let row = 0; row < rows.count; row++) {
    const field = FIELDS[rows.field[row]!]!
    const { name } = field
    if (name === 'ip.src' || name === 'ipv6.src') source = formatValue(field, readValue(rows, row))
    else if (name === 'ip.dst' || name === 'ipv6.dst') destination = formatValue(field, readValue(rows, row))
    else if (name === `${transport}.srcport`) {
      const sourcePort = Number(readValue(rows, row))
      for (let next = row + 1; next < rows.count; next++)
        if (FIELDS[rows.field[next]!]!.name === `${transport}.dstport`)
          return { source, sourcePort, destination, destinationPort: Number(readValue(rows, next)) }
      return null
    }
  }
  return null
}

/** Number of the TCP connection: ports may be used again. */
function streamOf({ rows }: Packet): string {
  for (let row = 0; row < rows.count; row++) if (FIELDS[rows.field[row]!]!.name === 'tcp.stream') return `${readValue(rows, row)}`
  return ''
}

interface Flow {
  readonly first: string
  readonly second: string
  framesBack: number
  bytesBack: number
  framesForth: number
  bytesForth: number
  readonly start: number
  end: number
}

export class Conversations implements Statistics {
  readonly needs: PrinterNeeds
  readonly #transport: Transport
  readonly #text: string
  readonly #test: PacketTest | null
  readonly #flows = new Map<string, Flow>()
  /** Time of the first packet: flows count from it, so that their times stay exact. */
  #begin: { readonly seconds: number; readonly nanoseconds: number } | null = null

  constructor(transport: Transport, text: string, test: PacketTest | null) {
    this.#transport = transport
    this.#text = text
    this.#test = test
    this.needs = needsOf(transport, test)
  }

  packet(packet: Packet): void {
    const { frame } = packet
    this.#begin ??= { seconds: frame.seconds, nanoseconds: frame.nanoseconds }
    const time = frame.seconds - this.#begin.seconds + (frame.nanoseconds - this.#begin.nanoseconds) / 1e9
    if (this.#test !== null && !this.#test.test(packet)) return
    const ends = endsOf(packet, this.#transport)
    if (ends === null) return
    const from = `${ends.source}:${ends.sourcePort}`
    const to = `${ends.destination}:${ends.destinationPort}`
    const connection = this.#transport === 'tcp' ? streamOf(packet) : ''
    const back = this.#flows.get(`${to} ${from} ${connection}`)
    if (back !== undefined) {
      back.framesBack++
      back.bytesBack += frame.length
      back.end = time
      return
    }
    let flow = this.#flows.get(`${from} ${to} ${connection}`)
    if (flow === undefined) {
      flow = { first: from, second: to, framesBack: 0, bytesBack: 0, framesForth: 0, bytesForth: 0, start: time, end: time }
      this.#flows.set(`${from} ${to} ${connection}`, flow)
    }
    flow.framesForth++
    flow.bytesForth += frame.length
    flow.end = time
  }

  print(out: TextOutput): void {
    const blank = ' '.repeat(59)
    out.text(`${EDGE}${this.#transport.toUpperCase()} Conversations\nFilter:${this.#text === '' ? '<No Filter>' : this.#text}\n`)
    out.text(`${blank}|       <-      | |       ->      | |     Total     |    Relative    |   Duration   |\n`)
    out.text(`${blank}| Frames  Bytes | | Frames  Bytes | | Frames  Bytes |      Start     |              |\n`)
    const flows = [...this.#flows.values()].sort((a, b) => b.framesForth + b.framesBack - (a.framesForth + a.framesBack))
    for (const flow of flows) {
      const part = (frames: number, bytes: number): string => `${`${frames}`.padStart(6)} ${sizeText(bytes).padEnd(9)}`
      const [back, forth] = [part(flow.framesBack, flow.bytesBack), part(flow.framesForth, flow.bytesForth)]
      const total = part(flow.framesBack + flow.framesForth, flow.bytesBack + flow.bytesForth)
      const [start, span] = [flow.start.toFixed(9).padStart(14), (flow.end - flow.start).toFixed(4).padStart(14)]
      out.text(`${flow.first.padEnd(26)} <-> ${flow.second.padEnd(26)}  ${back}  ${forth}  ${total}  ${start} ${span}\n`)
    }
    out.text(EDGE)
  }
}

/** As Wireshark shortens sizes. */
function sizeText(bytes: number): string {
  if (bytes === 1) return '1 byte'
  if (bytes < 10_000) return `${bytes} bytes`
  if (bytes < 10_000_000) return `${Math.floor(bytes / 1000)} kB`
  return bytes < 10_000_000_000 ? `${Math.floor(bytes / 1_000_000)} MB` : `${Math.floor(bytes / 1_000_000_000)} GB`
}

interface Endpoint {
  readonly address: string
  readonly port: number
  sent: number
  sentBytes: number
  received: number
  receivedBytes: number
}

export class Endpoints implements Statistics {
  readonly needs: PrinterNeeds
  readonly #transport: Transport
  readonly #text: string
  readonly #test: PacketTest | null
  readonly #endpoints = new Map<string, Endpoint>()

  constructor(transport: Transport, text: string, test: PacketTest | null) {
    this.#transport = transport
    this.#text = text
    this.#test = test
    this.needs = needsOf(transport, test)
  }

  packet(packet: Packet): void {
    if (this.#test !== null && !this.#test.test(packet)) return
    const ends = endsOf(packet, this.#transport)
    if (ends === null) return
    const { length } = packet.frame
    const from = this.#endpoint(ends.source, ends.sourcePort)
    from.sent++
    from.sentBytes += length
    const to = this.#endpoint(ends.destination, ends.destinationPort)
    to.received++
    to.receivedBytes += length
  }

  print(out: TextOutput): void {
    out.text(`${EDGE}${this.#transport.toUpperCase()} Endpoints\nFilter:${this.#text === '' ? '<No Filter>' : this.#text}\n`)
    out.text(`${' '.repeat(23)}|  Port  ||  Packets  | |  Bytes  | | Tx Packets | | Tx Bytes | | Rx Packets | | Rx Bytes |\n`)
    const sorted = [...this.#endpoints.values()].sort((a, b) => b.sent + b.received - (a.sent + a.received))
    for (const { address, port, sent, sentBytes, received, receivedBytes } of sorted) {
      const numbers = [
        [sent + received, 10],
        [sentBytes + receivedBytes, 13],
        [sent, 10],
        [sentBytes, 15],
        [received, 11],
        [receivedBytes, 15],
      ] as const
      out.text(`${address.padEnd(20)}      ${`${port}`.padStart(5)} ${numbers.map(([value, width]) => `${value}`.padStart(width)).join(' ')}   \n`)
    }
    out.text(EDGE)
  }

  #endpoint(address: string, port: number): Endpoint {
    const key = `${address} ${port}`
    let endpoint = this.#endpoints.get(key)
    if (endpoint === undefined) this.#endpoints.set(key, (endpoint = { address, port, sent: 0, sentBytes: 0, received: 0, receivedBytes: 0 }))
    return endpoint
  }
}

const SEVERITIES: readonly (readonly [severity: number, title: string])[] = [
  [0x00800000, 'Errors'],
  [0x00600000, 'Warns'],
  [0x00400000, 'Notes'],
  [0x00200000, 'Chats'],
]

/** Notes of one text, counted. */
interface Noted {
  readonly severity: number
  readonly group: string
  readonly protocol: string
  readonly message: string
  count: number
}

/** The protocol that a note is about, as the Protocol column writes it. */
function protocolOf(rows: Rows, row: number): string {
  let root = row
  // A mark such as _ws.malformed speaks of the protocol before it.
  while (root > 0 && (rows.parent[root] !== ROOT || FIELDS[rows.field[root]!]!.name.startsWith('_ws.')))
    root = rows.parent[root] === ROOT ? root - 1 : rows.parent[root]!
  const { name } = FIELDS[rows.field[root]!]!
  return name === 'coap' ? 'CoAP' : name.toUpperCase()
}

export class ExpertNotes implements Statistics {
  readonly needs: PrinterNeeds = {
    names: ['_ws.expert', '_ws.expert.message', '_ws.expert.severity', '_ws.expert.group'],
    printed: ['_ws.expert'],
    columns: false,
  }
  readonly #notes = new Map<string, Noted>()

  packet({ rows }: Packet): void {
    let [message, severity, isCounted] = ['', 0, true]
    for (let row = 0; row < rows.count; row++) {
      const field = FIELDS[rows.field[row]!]!
      if (field.name === '_ws.expert.message') message = `${readValue(rows, row) ?? ''}`
      else if (field.name === '_ws.expert.severity') severity = Number(readValue(rows, row))
      else if (field.name === '_ws.expert') isCounted = true
      else if (field.name.startsWith('_ws.string.'))
        isCounted = false // found while a text is shown: tshark does not count these
      else if (field.name === '_ws.expert.group' && isCounted) {
        const above = rows.textOf(rows.parent[row]!) ?? ''
        const protocol = protocolOf(rows, row)
        const group = /^Expert Info \(\w+\/(\w+)\)/.exec(above)?.[1] ?? ''
        const key = `${severity} ${group} ${protocol} ${message}`
        const known = this.#notes.get(key)
        if (known === undefined) this.#notes.set(key, { severity, group, protocol, message, count: 1 })
        else known.count++
      }
    }
  }

  print(out: TextOutput): void {
    for (const [severity, title] of SEVERITIES) {
      const notes = [...this.#notes.values()].filter((note) => note.severity === severity)
      if (notes.length === 0) continue
      out.text(`\n${title} (${notes.reduce((sum, { count }) => sum + count, 0)})\n=============\n   Frequency      Group           Protocol  Summary\n`)
      for (const { count, group, protocol, message } of notes)
        out.text(`${`${count}`.padStart(12)} ${group.padStart(10)} ${protocol.padStart(18)}  ${treeEscaped(message)}\n`)
    }
  }
}
