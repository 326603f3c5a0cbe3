// -z io,stat and io,phs: frames and bytes by interval, and by protocol below protocol; tables as tshark prints them.
// Times count from the first packet.

import { FIELDS } from '../dissect/field.ts'
import type { Packet } from '../dissect/packet.ts'
import { ROOT } from '../dissect/rows.ts'
import type { PrinterNeeds } from './printer.ts'
import type { PacketTest, Statistics } from './statistics.ts'
import type { TextOutput } from './text-output.ts'

interface Counted {
  frames: number
  bytes: number
}

/** A column of io,stat: a filter's text, or everything. */
export interface IntervalColumn {
  readonly text: string
  readonly test: PacketTest | null
}

/** Beyond so many intervals the table is cut: nobody reads it, and its length is the capture's to choose. */
const MOST_INTERVALS = 1_000_000

export class IntervalStatistics implements Statistics {
  readonly needs: PrinterNeeds
  readonly #seconds: number
  readonly #columns: readonly IntervalColumn[]
  readonly #intervals: Counted[][] = []
  #first: number | null = null
  #last = 0

  /** `seconds` 0 = one interval for all. */
  constructor(seconds: number, columns: readonly IntervalColumn[]) {
    this.#seconds = seconds
    this.#columns = columns.length === 0 ? [{ text: '', test: null }] : columns
    this.needs = { names: this.#columns.flatMap(({ test }) => [...(test?.fields ?? [])]), printed: [], columns: false }
  }

  packet(packet: Packet): void {
    const { frame } = packet
    const time = frame.seconds + frame.nanoseconds / 1e9
    this.#first ??= time
    this.#last = Math.max(this.#last, time - this.#first)
    const index = this.#seconds === 0 ? 0 : Math.max(0, Math.floor((time - this.#first) / this.#seconds + 1e-9))
    if (index >= MOST_INTERVALS) return
    while (this.#intervals.length <= index) this.#intervals.push(this.#columns.map(() => ({ frames: 0, bytes: 0 })))
    for (const [i, { test }] of this.#columns.entries()) {
      if (test !== null && !test.test(packet)) continue
      const counted = this.#intervals[index]![i]!
      counted.frames++
      counted.bytes += frame.length
    }
  }

  print(out: TextOutput): void {
    const interval = this.#seconds === 0 ? this.#last : this.#seconds
    const decimals = this.#seconds === 0 ? 3 : (`${this.#seconds}`.split('.')[1]?.length ?? 0)
    const digits = this.#last.toFixed(Math.max(0, decimals)).length
    const time = (value: number): string => value.toFixed(decimals).padStart(digits)
    const spans = this.#intervals.map((_, i) => `${time(i * interval)} <> ${time(Math.min((i + 1) * interval, this.#last))}`)
    const first = Math.max('Interval'.length, spans[0]?.length ?? 0)
    const widths = this.#columns.map((_, i) => ({
      frames: Math.max(6, ...this.#intervals.map((counted) => `${counted[i]!.frames}`.length)),
      bytes: Math.max(5, ...this.#intervals.map((counted) => `${counted[i]!.bytes}`.length)),
    }))
    const rows = this.#intervals.map((counted, i) => {
      const cells = counted.map((cell, c) => ` ${`${cell.frames}`.padStart(widths[c]!.frames)} | ${`${cell.bytes}`.padStart(widths[c]!.bytes)} |`)
      return `| ${spans[i]!.padEnd(first)} |${cells.join('')}`
    })
    const heads = widths.map(({ frames, bytes }) => ` ${'Frames'.padStart(frames)} | ${'Bytes'.padStart(bytes)} |`)
    const head = `| ${'Interval'.padEnd(first)} |${heads.join('')}`
    const numbers = `| ${' '.repeat(first)} |${heads.map((text, i) => `${i + 1}`.padEnd(text.length - 1)).join('|')}|`
    const titles = this.#columns.map(({ text }, i) => `${i === 0 ? 'Col 1: ' : `    ${i + 1}: `}${text === '' ? 'Frames and bytes' : text}`)
    const notes = ['IO Statistics', '', `Duration: ${this.#last.toFixed(decimals)} secs`, `Interval: ${interval.toFixed(decimals)} secs`, '', ...titles]
    const inner = Math.max(head.length - 4, ...notes.map((text) => text.length))
    const frame = (text: string): string => `| ${text.padEnd(inner)} |\n`
    const line = `|${'-'.repeat(inner + 2)}|\n`
    const edge = `${'='.repeat(inner + 4)}\n`
    out.text(`\n${edge}${notes.map(frame).join('')}${line}${numbers}\n${head}\n${line}${rows.map((row) => `${row}\n`).join('')}${edge}`)
  }
}

interface Layer extends Counted {
  readonly below: Map<string, Layer>
}

const RULE = `${'='.repeat(67)}\n`
const NAME_WIDTH = 41
const SEGMENTS = 'tcp.segments'

/** Counts a frame in the layer `name` below another one. */
function entered({ below }: Layer, name: string, bytes: number): Layer {
  let layer = below.get(name)
  if (layer === undefined) below.set(name, (layer = { frames: 0, bytes: 0, below: new Map() }))
  layer.frames++
  layer.bytes += bytes
  return layer
}

/** Deeper layers are no further indented. */
const DEEPEST = 16

export class ProtocolHierarchy implements Statistics {
  readonly needs: PrinterNeeds
  readonly #text: string
  readonly #test: PacketTest | null
  readonly #root: Layer = { frames: 0, bytes: 0, below: new Map() }

  constructor(text: string, test: PacketTest | null) {
    this.#text = text
    this.#test = test
    this.needs = { names: [SEGMENTS, ...(test?.fields ?? [])], printed: [], columns: false }
  }

  packet(packet: Packet): void {
    if (this.#test !== null && !this.#test.test(packet)) return
    const { rows, frame } = packet
    let layer = this.#root
    // Source of the reassembled bytes in hand: their list of segments counts as a layer below what they hold.
    let reassembled = -1
    for (let row = 0; row < rows.count; row++) {
      if (rows.parent[row] !== ROOT) continue
      const { name, type } = FIELDS[rows.field[row]!]!
      if (reassembled >= 0 && rows.source[row] !== reassembled) {
        layer = entered(layer, SEGMENTS, frame.length)
        reassembled = -1
      }
      if (name === SEGMENTS) reassembled = rows.source[row]!
      else if (name !== 'frame' && type === 'protocol') layer = entered(layer, name, frame.length)
    }
    if (reassembled >= 0) entered(layer, SEGMENTS, frame.length)
  }

  print(out: TextOutput): void {
    out.text(`\n${RULE}Protocol Hierarchy Statistics\nFilter: ${this.#text}\n\n`)
    this.#layer(this.#root, 0, out)
    out.text(RULE)
  }

  #layer({ below }: Layer, depth: number, out: TextOutput): void {
    for (const [name, layer] of below) {
      const indented = depth > DEEPEST ? `${'  '.repeat(DEEPEST)}...${name}` : '  '.repeat(depth) + name
      out.text(`${indented.padEnd(NAME_WIDTH)}frames:${layer.frames} bytes:${layer.bytes}\n`)
      this.#layer(layer, depth + 1, out)
    }
  }
}
