// The packets of one capture or stream: bytes in, rows, trees, relations and files out. Work is done in steps, as long as the caller likes.
// Knows no timers and no messages: packet-service.ts has those.

import { CaptureError } from '../../../capture/capture-error.ts'
import { CaptureReader } from '../../../capture/capture-reader.ts'
import { CUSTOM_BLOCK, type Frame, isFrame } from '../../../capture/frame.ts'
import { PcapngWriter } from '../../../capture/write-pcapng.ts'
import { DecodeAsError, readDecodeAs } from '../../../dissect/decode-as.ts'
import { defaultProtocols } from '../../../dissect/protocols.ts'
import { PayloadMask } from '../payload-mask.ts'
import { exchangeOf, fateOf, relationOf, tagOf } from './exchanges.ts'
import { FilterRun } from './filter-run.ts'
import { findMessage, lifeOf } from './message-life.ts'
import type { LoggedConnection, LoggedMessage } from './message-log.ts'
import { PacketArena } from './packet-arena.ts'
import type { LadderSlice, PacketDetail, PacketRow, PacketsState, SoughtMessage, TimeFormat, ViewComment } from './packet-calls.ts'
import { detailOf } from './packet-detail.ts'
import { PacketFlag } from './packet-page.ts'
import { timeText } from './row-times.ts'
import { Summaries } from './summaries.ts'

export interface PacketStoreOptions {
  /** Bytes kept; infinite for a file. */
  readonly budget: number
  /** What a packet's detail does not show. */
  readonly mask?: PayloadMask
}

/** Packets between two looks at the clock. */
const BATCH = 32
/** Characters of Info that a row shows: no screen is wider. */
const SHOWN_INFO = 500
/** Pieces of a ladder or a life, at most. */
const MOST_MESSAGES = 2000

export class PacketStore {
  readonly #budget: number
  readonly #mask: PayloadMask
  #reader = new CaptureReader()
  readonly #pieces: Uint8Array[] = []
  #waiting = 0
  #arena: PacketArena
  #summaries: Summaries
  #run: FilterRun | null = null
  #decodeAs: readonly string[] = []
  #keyLogs: string[] = []
  #problem: string | null = null
  #broken: string | null = null
  #isFinished = false
  /** The reader has nothing left in hand. */
  #isHungry = true
  #hasReadAll = false
  #hasEnded = false

  constructor({ budget, mask = new PayloadMask() }: PacketStoreOptions) {
    this.#budget = budget
    this.#mask = mask
    this.#arena = new PacketArena(budget)
    this.#summaries = new Summaries(this.#arena, [])
  }

  /** Takes consecutive bytes of a pcap or pcapng file or stream; they are ours from now on. */
  push(bytes: Uint8Array): void {
    if (this.#problem !== null) return
    this.#pieces.push(bytes)
    this.#waiting += bytes.length
  }

  /** Bytes that were pushed and not read yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** No more bytes come. `problem`: why they ended early, where that is not for the packets themselves to show. */
  end(problem: string | null = null): void {
    this.#isFinished = true
    this.#broken = problem
  }

  /** The file could not be read on. */
  get hasFailed(): boolean {
    return this.#problem !== null
  }

  get last(): number {
    return this.#arena.last
  }

  get first(): number {
    return this.#arena.first
  }

  get bytes(): number {
    return this.#arena.bytes
  }

  get hasWork(): boolean {
    if (this.#pieces.length > 0 || !this.#isHungry || this.#summaries.done < this.#arena.last) return true
    return (this.#run !== null && this.#run.done < this.#arena.last) || (this.#isFinished && !this.#hasEnded)
  }

  /** Works until `isOver` says so; false = nothing is left to do. */
  step(isOver: () => boolean): boolean {
    while (!isOver()) {
      let worked = false
      for (let i = 0; i < BATCH; i++) {
        const read = this.#arena.last - this.#summaries.done < BATCH && this.#read()
        const summarized = this.#summaries.step()
        const tested = this.#run?.step() ?? false
        worked ||= read || summarized || tested
      }
      if (worked) continue
      if (this.#isFinished && !this.#hasEnded) {
        this.#hasEnded = true
        this.#summaries.finish()
      }
      return false
    }
    return this.hasWork
  }

  /** Rows of the list: what passes the filter and has been looked at. */
  get passing(): number {
    return this.#run?.count ?? Math.max(0, this.#summaries.done - this.#arena.dropped)
  }

  state(): Omit<PacketsState, 'read' | 'isBusy' | 'fileName'> {
    const { last, dropped, bytes } = this.#arena
    const { log } = this.#summaries
    return {
      total: last,
      kept: last - dropped,
      dropped,
      passing: this.passing,
      tested: this.#run?.done ?? last,
      summarized: this.#summaries.done,
      problem: this.#problem,
      hasKeys: this.#keyLogs.length > 0,
      filter: this.#run?.text ?? '',
      decodeAs: this.#decodeAs,
      bytes: bytes + log.bytes,
    }
  }

  /** An empty one lets everything pass. @throws FilterError */
  setFilter(filter: string): void {
    this.#run = filter.trim() === '' ? null : new FilterRun(filter, this.#arena, this.#decodeAs.map(readDecodeAs), this.#keyLogs)
  }

  /** Rules such as `tcp.port==1884,mqtt`. Everything is dissected again. @throws DecodeAsError */
  setDecodeAs(rules: readonly string[]): void {
    const parsed = rules.map(readDecodeAs)
    const known = this.protocols()
    for (const { protocol } of parsed)
      if (!known.includes(protocol)) throw new DecodeAsError(`'${protocol}' is none of the protocols that can be decoded: ${known.join(' ')}`)
    const filter = this.#run?.text ?? ''
    this.#decodeAs = rules
    this.#arena.forgetSummaries()
    this.#summaries = new Summaries(this.#arena, parsed)
    for (const keyLog of this.#keyLogs) this.#summaries.addSecrets(keyLog)
    this.#hasEnded = false
    this.setFilter(filter)
  }

  /** What a rule may end with. */
  protocols(): readonly string[] {
    return defaultProtocols().names()
  }

  /** Number of the packet at a row; 0 = none. */
  numberAt(row: number): number {
    if (row < 0 || row >= this.passing) return 0
    return this.#run === null ? this.#arena.first + row : this.#run.at(row)
  }

  /** -1 = hidden or not kept. */
  rowOf(number: number): number {
    const row = this.#run === null ? number - this.#arena.first : this.#run.rowOf(number)
    return this.numberAt(row) === number ? row : -1
  }

  rows(first: number, count: number, format: TimeFormat): PacketRow[] {
    const rows: PacketRow[] = []
    for (let row = Math.max(0, first); row < Math.min(first + count, this.passing); row++) {
      const shown = this.#row(row, format)
      if (shown === null) break
      rows.push(shown)
    }
    return rows
  }

  /** Null when the packet is not kept, or not dissected yet. */
  detail(number: number): PacketDetail | null {
    const row = this.#run === null ? number - this.#arena.first : this.#run.rowOf(number)
    let above = row - 1
    while (above > 0 && this.#arena.time(this.numberAt(above)) === null) above--
    const detail = detailOf(number, this.numberAt(above), this.#arena, this.#summaries, this.#decodeAs.map(readDecodeAs), this.#keyLogs, this.#mask)
    if (detail === null) return null
    const { log } = this.#summaries
    return { ...detail, exchange: exchangeOf(log, number), related: relationOf(log, this.#arena, number) }
  }

  /** The number that a packet of the list gets when it is saved. */
  #numberInFile(number: number, all: boolean): number {
    const row = all ? number - this.#arena.first : this.rowOf(number)
    let written = 0
    for (let before = 0; before <= row; before++) if (isWritten(this.#arena.frame(all ? this.#arena.first + before : this.numberAt(before)))) written++
    return written
  }

  /** A pcapng file of what passes the filter, or of all that is kept; with a view it says what was looked at. */
  save(all: boolean, view: ViewComment | null = null): { readonly bytes: Uint8Array; readonly count: number } {
    const pieces: Uint8Array[] = []
    let size = 0
    const writer = new PcapngWriter(
      (bytes) => {
        pieces.push(bytes.slice())
        size += bytes.length
      },
      'zanzara console',
      view === null ? null : view.comment.replace('{frame}', `${this.#numberInFile(view.frame, all)}`),
    )
    for (const keyLog of this.#keyLogs) writer.write({ keyLog })
    let count = 0
    const rows = all ? this.#arena.last - this.#arena.dropped : this.passing
    for (let row = 0; row < rows; row++) {
      const frame = this.#arena.frame(all ? this.#arena.first + row : this.numberAt(row))
      if (!isWritten(frame)) continue
      writer.write(frame)
      count++
    }
    writer.finish()
    const bytes = new Uint8Array(size)
    let at = 0
    for (const piece of pieces) {
      bytes.set(piece, at)
      at += piece.length
    }
    return { bytes, count }
  }

  /** The packet with a message that was recorded elsewhere, by another clock; 0 = none is near enough. */
  find(sought: SoughtMessage): number {
    return findMessage(this.#summaries.log, this.#arena, sought)
  }

  /** MQTT packets of what passes the filter and their answers, `count` at most, around a packet (0 = the newest). */
  ladder(around: number, count: number): LadderSlice {
    const { log } = this.#summaries
    const most = Math.min(count, MOST_MESSAGES)
    const ids = this.#passingMessages()
    const total = ids === null ? log.end - log.first : ids.length
    const idAt = (index: number): number => (ids === null ? log.first + index : ids[index]!)
    const target = around === 0 ? log.end : log.at(around)
    let at = 0
    for (let end = total; at < end; ) {
      const middle = (at + end) >>> 1
      if (idAt(middle) < target) at = middle + 1
      else end = middle
    }
    // as many before the target as behind it, if there are so many
    const before = Math.max(0, Math.min(at - (most >> 1), total - most))
    const messages: LoggedMessage[] = []
    for (let index = before; index < Math.min(before + most, total); index++) messages.push(log.get(idAt(index))!)
    return this.#slice(messages, total, before)
  }

  /** The whole life of the message in a packet; null when it carries none. */
  life(number: number): LadderSlice | null {
    const messages = lifeOf(this.#summaries.log, this.#arena, number).slice(0, MOST_MESSAGES)
    return messages.length === 0 ? null : this.#slice(messages, messages.length, 0)
  }

  /** Forgets everything but the filter and the rules. */
  clear(): void {
    const filter = this.#run?.text ?? ''
    this.#reader = new CaptureReader()
    this.#pieces.length = this.#waiting = 0
    this.#keyLogs = []
    this.#problem = null
    this.#broken = null
    this.#isFinished = false
    this.#isHungry = true
    this.#hasReadAll = false
    this.#hasEnded = false
    this.#arena = new PacketArena(this.#budget)
    this.#summaries = new Summaries(this.#arena, this.#decodeAs.map(readDecodeAs))
    this.setFilter(filter)
  }

  /** Reads a packet, or asks for the next piece; false = there is nothing to read. */
  #read(): boolean {
    try {
      if (!this.#isHungry) {
        const item = this.#reader.next()
        if (item === null) this.#isHungry = true
        else this.#take(item)
        return true
      }
      const piece = this.#pieces.shift()
      this.#waiting -= piece?.length ?? 0
      if (piece !== undefined) this.#reader.push(piece)
      else if (this.#isFinished && !this.#hasReadAll) {
        this.#hasReadAll = true
        this.#problem = this.#broken
        if (this.#broken !== null) return false
        this.#reader.end()
      } else return false
      this.#isHungry = false
      return true
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      this.#problem = error.message
      this.#pieces.length = this.#waiting = 0
      this.#isHungry = true
      this.#hasReadAll = true
      return false
    }
  }

  #take(item: NonNullable<ReturnType<CaptureReader['next']>>): void {
    if (!isFrame(item)) {
      this.#keyLogs.push(item.keyLog)
      this.#summaries.addSecrets(item.keyLog)
      return
    }
    if (this.#arena.append(item) === 0) return
    this.#summaries.dropBefore(this.#arena.first)
    this.#run?.dropBefore(this.#arena.first)
  }

  /** Ids of messages whose packets pass the filter, or that belong to the exchange of one that does; null = all. */
  #passingMessages(): number[] | null {
    const run = this.#run
    if (run === null) return null
    const { log } = this.#summaries
    const { first, end } = log
    const passes = new Uint8Array(end - first)
    const ids: number[] = []
    let row = 0
    for (let id = first; id < end; id++) {
      const frame = log.frameOf(id)
      while (row < run.count && run.at(row) < frame) row++
      const begin = log.beginOf(id)
      if ((row === run.count || run.at(row) !== frame) && (begin < first || passes[begin - first] === 0)) continue
      passes[id - first] = 1
      ids.push(id)
    }
    return ids
  }

  #row(row: number, format: TimeFormat): PacketRow | null {
    const arena = this.#arena
    const number = this.numberAt(row)
    const page = arena.page(number)
    if (page === null || number > this.#summaries.done) return null
    const at = number - page.first
    const { log } = this.#summaries
    const id = log.at(number)
    const client = log.frameOf(id) === number ? (log.connections[log.get(id)!.connection]?.clientId ?? '') : ''
    return {
      number,
      time: timeText(format, number, row === 0 ? 0 : this.numberAt(row - 1), arena),
      source: arena.text(page.source(at)),
      destination: arena.text(page.destination(at)),
      protocol: arena.text(page.protocol(at)),
      length: page.length(at),
      info: page.info(at).slice(0, SHOWN_INFO),
      stream: page.stream(at),
      client,
      isQuiet: (page.flags(at) & PacketFlag.Quiet) !== 0,
      tag: tagOf(log, number, page.notes(at), this.#isFinished),
    }
  }

  /** With the connections of these messages alone, and times since the first packet. */
  #slice(messages: readonly LoggedMessage[], total: number, before: number): LadderSlice {
    const { log } = this.#summaries
    const origin = this.#arena.origin ?? 0n
    const connections: LoggedConnection[] = []
    const places = new Map<number, number>()
    const placeOf = (connection: number): number => {
      const known = places.get(connection)
      if (known !== undefined) return known
      const place = connections.push(log.connections[connection]!) - 1
      places.set(connection, place)
      return place
    }
    return {
      messages: messages.map((message) => ({
        ...message,
        connection: placeOf(message.connection),
        fate: fateOf(log, message, this.#isFinished),
        time: Number((this.#arena.time(message.frame) ?? origin) - origin) / 1e9,
      })),
      connections,
      total,
      before,
      origin: Number(origin) / 1e6,
    }
  }
}

/** Not private data of another program: its maker alone can say if it may be copied. */
function isWritten(frame: Frame | null): frame is Frame {
  return frame !== null && frame.interface.linkType !== CUSTOM_BLOCK
}
