// All packets of a capture that are still kept, by number: a whole file, or the newest of a live stream within a budget. ● hot
// Oldest pages go first and are counted; the first packets of each conversation stay longer, since later ones cannot be read without them.

import { CapturedFrame, keptFrame } from '../../../capture/captured-frame.ts'
import type { CaptureInterface, Frame } from '../../../capture/frame.ts'
import { PAGE_SIZE, PacketFlag, PacketPage } from './packet-page.ts'
import { TextTable } from './text-table.ts'

/** Bytes of first packets of conversations that are kept beyond the ring. */
const MOST_HEAD_BYTES = 4_194_304

/** Different addresses and protocols remembered; what comes then is shown as an ellipsis. */
const MOST_TEXTS = 1_000_000

interface Place {
  readonly interface: CaptureInterface
  readonly interfaceId: number | null
  readonly section: number
}

export class PacketArena {
  readonly #budget: number
  readonly #pages: PacketPage[] = []
  readonly #places: Place[] = []
  #lastPlace = 0
  readonly #texts = new TextTable()
  /** Of dropped pages, by number, oldest first. */
  readonly #heads = new Map<number, { readonly frame: Frame; readonly stream: number }>()
  #headBytes = 0
  #pageBytes = 0
  readonly #frame = new CapturedFrame({ linkType: 1, name: null, description: null, snapLength: 0 })
  /** Packets that are no longer here. */
  dropped = 0
  /** Number of the newest packet; 0 = none came yet. */
  last = 0
  /** Time of the first packet that had one, dropped or not. */
  origin: bigint | null = null

  /** `budget`: bytes kept at most; infinite for a file. */
  constructor(budget: number) {
    this.#budget = budget
  }

  /** Number of the oldest packet kept; `last` + 1 = none. */
  get first(): number {
    return this.dropped + 1
  }

  get bytes(): number {
    return this.#pageBytes + (this.#pages.at(-1)?.size ?? 0)
  }

  /** Copies a frame. Returns the packets dropped for it. */
  append(frame: Frame): number {
    let page = this.#pages.at(-1)
    if (page === undefined || page.isFull) {
      if (page !== undefined) this.#seal(page)
      page = new PacketPage(this.last + 1)
      this.#pages.push(page)
    }
    page.append(frame, this.#placeOf(frame))
    this.last++
    if (this.origin === null) this.origin = page.time(page.count - 1)
    const before = this.dropped
    while (this.bytes > this.#budget && this.#pages.length > 1) this.#drop()
    return this.dropped - before
  }

  /** The page of a packet that is kept, and its place there. */
  page(number: number): PacketPage | null {
    const oldest = this.#pages[0]
    if (oldest === undefined || number < oldest.first || number > this.last) return null
    return this.#pages[Math.floor((number - oldest.first) / PAGE_SIZE)]!
  }

  /** The packet, valid until the next call; null when it is not kept. Kept heads of dropped pages are found too. */
  frame(number: number): Frame | null {
    const page = this.page(number)
    if (page === null) return this.#heads.get(number)?.frame ?? null
    const frame = this.#frame
    const at = number - page.first
    page.read(at, frame)
    const place = this.#places[page.place(at)]!
    frame.interface = place.interface
    frame.interfaceId = place.interfaceId
    frame.section = place.section
    return frame
  }

  /** Nanoseconds since 1970; null = not kept, or without time. */
  time(number: number): bigint | null {
    const page = this.page(number)
    return page === null ? null : page.time(number - page.first)
  }

  /** tcp.stream or udp.stream of a packet or kept head; -1 = none. */
  stream(number: number): number {
    const page = this.page(number)
    return page === null ? (this.#heads.get(number)?.stream ?? -1) : page.stream(number - page.first)
  }

  /** Digits behind the second that a packet's time has. */
  decimals(number: number): number {
    const page = this.page(number)
    return page === null ? 6 : (this.#places[page.place(number - page.first)]!.interface.decimals ?? 6)
  }

  /** Numbers of packets kept beyond the ring, ascending. */
  heads(): number[] {
    return [...this.#heads.keys()]
  }

  /** Texts that many packets share, such as addresses, by number. */
  text(number: number): string {
    return this.#texts.text(number)
  }

  textNumber(text: string): number {
    return this.#texts.number(text, MOST_TEXTS)
  }

  /** All summaries will be written again. */
  forgetSummaries(): void {
    for (const page of this.#pages) page.forgetSummaries()
  }

  #seal(page: PacketPage): void {
    page.seal()
    this.#pageBytes += page.size
  }

  #drop(): void {
    const page = this.#pages.shift()!
    for (let at = 0; at < page.summarized; at++) if ((page.flags(at) & PacketFlag.Head) !== 0) this.#keepHead(page, at)
    this.#pageBytes = 0
    for (let i = 0; i < this.#pages.length - 1; i++) this.#pageBytes += this.#pages[i]!.size
    this.dropped += page.count
  }

  #keepHead(page: PacketPage, at: number): void {
    page.read(at, this.#frame)
    const { interface: where, interfaceId, section } = this.#places[page.place(at)]!
    this.#frame.interface = where
    this.#frame.interfaceId = interfaceId
    this.#frame.section = section
    const kept = keptFrame(this.#frame)
    this.#heads.set(kept.number, { frame: kept, stream: page.stream(at) })
    this.#headBytes += kept.bytes.length
    for (const [number, { frame }] of this.#heads) {
      if (this.#headBytes <= MOST_HEAD_BYTES) return
      this.#heads.delete(number)
      this.#headBytes -= frame.bytes.length
    }
  }

  #placeOf(frame: Frame): number {
    const last = this.#places[this.#lastPlace]
    if (last !== undefined && isPlaceOf(last, frame)) return this.#lastPlace
    const known = this.#places.findIndex((place) => isPlaceOf(place, frame))
    this.#lastPlace = known >= 0 ? known : this.#places.push({ interface: frame.interface, interfaceId: frame.interfaceId, section: frame.section }) - 1
    return this.#lastPlace
  }
}

function isPlaceOf(place: Place, frame: Frame): boolean {
  return place.interface === frame.interface && place.interfaceId === frame.interfaceId && place.section === frame.section
}
