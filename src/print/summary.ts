// The summary line of a packet: Wireshark's columns No. Time Source Destination Protocol Length Info, in the widths tshark prints.
// Remembers the times that relative columns count from.

import type { Packet } from '../dissect/packet.ts'
import { clockTimeText, relativeTimeText } from '../dissect/time-text.ts'
import { treeEscaped } from './escapes.ts'
import type { Printer, PrinterNeeds } from './printer.ts'
import type { TextOutput } from './text-output.ts'

/** -t. */
export const TIME_FORMATS = ['a', 'ad', 'adoy', 'd', 'dd', 'e', 'r', 'u', 'ud', 'udoy'] as const
export type TimeFormat = (typeof TIME_FORMATS)[number]

/** -u: seconds, or hours and minutes too. */
export type SecondsStyle = 's' | 'hms'

const BILLION = 1_000_000_000n
const NARROWEST = { number: 5, time: 10, address: 12 }

/** The columns of the current packet by name. Times count from packets told by `read` and `shown`. */
export class SummaryColumns {
  readonly #time: TimeFormat
  readonly #seconds: SecondsStyle
  #first: bigint | null = null
  #previous: bigint | null = null
  #beforePrevious: bigint | null = null
  #shown: bigint | null = null

  constructor(time: TimeFormat = 'r', seconds: SecondsStyle = 's') {
    this.#time = time
    this.#seconds = seconds
  }

  /** Whether each packet, also those that the filter hides, must be told by `read`. */
  get countsAll(): boolean {
    return this.#time === 'r' || this.#time === 'd'
  }

  /** A packet was read, shown or not. */
  read(packet: { readonly seconds: number; readonly nanoseconds: number; readonly hasTime: boolean }): void {
    if (!packet.hasTime) return
    const time = BigInt(packet.seconds) * BILLION + BigInt(packet.nanoseconds)
    this.#first ??= time
    this.#beforePrevious = this.#previous
    this.#previous = time
  }

  /** A packet was printed. */
  shown({ frame }: Packet): void {
    if (this.#time === 'dd' && frame.hasTime) this.#shown = BigInt(frame.seconds) * BILLION + BigInt(frame.nanoseconds)
  }

  time({ frame }: Packet): string {
    if (!frame.hasTime) return ''
    const time = BigInt(frame.seconds) * BILLION + BigInt(frame.nanoseconds)
    const decimals = frame.interface.decimals ?? 6
    switch (this.#time) {
      case 'r':
        return this.#span(time - (this.#first ?? time), decimals)
      case 'd':
        return this.#span(time - (this.#beforePrevious ?? time), decimals)
      case 'dd':
        return this.#span(time - (this.#shown ?? time), decimals)
      case 'e':
        return relativeTimeText(time, decimals)
      case 'a':
      case 'u':
        return clockTimeText(time, 'none', this.#time === 'u', decimals)
      case 'ad':
      case 'ud':
        return clockTimeText(time, 'date', this.#time === 'ud', decimals)
      case 'adoy':
      case 'udoy':
        return clockTimeText(time, 'day-of-year', this.#time === 'udoy', decimals)
    }
  }

  /** How to read a column by its name; null for one that there is not. */
  named(name: string): ((packet: Packet) => string) | null {
    switch (name.toLowerCase()) {
      case 'no.':
        return ({ frame }) => `${frame.number}`
      case 'time':
        return (packet) => this.time(packet)
      case 'source':
        return ({ columns }) => columns.source
      case 'destination':
        return ({ columns }) => columns.destination
      case 'protocol':
        return ({ columns }) => columns.protocol
      case 'length':
        return ({ frame }) => `${frame.length}`
      case 'info':
        return ({ columns }) => columns.info
      default:
        return null
    }
  }

  #span(nanoseconds: bigint, decimals: number): string {
    if (this.#seconds === 's') return relativeTimeText(nanoseconds, decimals)
    const isNegative = nanoseconds < 0n
    const size = isNegative ? -nanoseconds : nanoseconds
    const minutes = size / (60n * BILLION)
    const [hours, rest] = [minutes / 60n, relativeTimeText(size % (60n * BILLION), decimals)]
    const text =
      hours > 0n
        ? `${hours}h ${`${minutes % 60n}`.padStart(2)}m ${rest.padStart(3 + decimals)}s`
        : minutes > 0n
          ? `${minutes}m ${rest.padStart(3 + decimals)}s`
          : `${rest}s`
    return isNegative ? `-${text}` : text
  }
}

/** Marks a line by what it holds, such as a colour; the text itself stays. */
export type LinePaint = (line: string, packet: Packet) => string

export class SummaryPrinter implements Printer {
  readonly needs: PrinterNeeds = { names: [], printed: [], columns: true }
  readonly #columns: SummaryColumns
  readonly #separator: string
  readonly #paint: LinePaint | null

  /** `separator` is a space, or a tab for -T tabs. */
  constructor(columns: SummaryColumns, separator: ' ' | '\t', paint: LinePaint | null) {
    this.#columns = columns
    this.#separator = separator
    this.#paint = paint
  }

  begin(): void {}

  packet(packet: Packet, out: TextOutput): void {
    const { frame, columns } = packet
    const between = this.#separator
    const head = `${frame.number}`.padStart(NARROWEST.number) + between + this.#columns.time(packet).padStart(NARROWEST.time) + between
    const ends = `${columns.source.padStart(NARROWEST.address)}${between}→${between}${columns.destination.padEnd(NARROWEST.address)}`
    const line = `${head}${ends}${between}${columns.protocol}${between}${frame.length}${between}${treeEscaped(columns.info)}`
    out.text(this.#paint === null ? `${line}\n` : `${this.#paint(line, packet)}\n`)
    this.#columns.shown(packet)
  }

  end(): void {}
}
