// One display filter over all packets, as they come: dissected for what the filter reads, tested, the numbers of those that pass kept. ● hot
// Runs beside the summaries, one packet a step: who calls decides how long.

import { Annotations } from '../../../analyse/mqtt/annotations.ts'
import { CONNECTION_FIELDS } from '../../../analyse/mqtt/connections.ts'
import { Demand } from '../../../dissect/demand.ts'
import { Dissector } from '../../../dissect/dissect.ts'
import type { DecodeAs } from '../../../dissect/registry.ts'
import { compileFilter, type Filter } from '../../../filter/filter.ts'
import type { PacketArena } from './packet-arena.ts'

export class FilterRun {
  readonly text: string
  readonly #arena: PacketArena
  readonly #filter: Filter
  readonly #dissector: Dissector
  readonly #annotations: Annotations | null
  /** First packets of conversations that the ring has dropped: read, but not counted. */
  readonly #heads: number[]
  #passing = new Uint32Array(1024)
  #from = 0
  #to = 0
  /** Number of the last packet that was tested. */
  done: number

  /** @throws FilterError */
  constructor(text: string, arena: PacketArena, decodeAs: readonly DecodeAs[], keyLogs: readonly string[]) {
    this.text = text
    this.#arena = arena
    this.#filter = compileFilter(text)
    const isOwn = this.#filter.fields.some((name) => name === 'zz' || name.startsWith('zz.'))
    const names = isOwn ? [...this.#filter.fields, ...CONNECTION_FIELDS] : this.#filter.fields
    this.#annotations = isOwn ? new Annotations() : null
    this.#dissector = new Dissector({ demand: new Demand(names, false), auto: true, decodeAs })
    for (const keyLog of keyLogs) this.#dissector.addSecrets({ keyLog })
    this.#heads = arena.heads()
    this.done = arena.dropped
  }

  /** Packets that pass and are still kept. */
  get count(): number {
    return this.#to - this.#from
  }

  /** Tests the next packet; false = all have been. */
  step(): boolean {
    const head = this.#heads.shift()
    if (head !== undefined) {
      const frame = head < this.#arena.first ? this.#arena.frame(head) : null
      if (frame !== null) {
        const packet = this.#dissector.dissect(frame)
        this.#annotations?.annotate(packet)
      }
      return true
    }
    if (this.done >= this.#arena.last) return false
    this.done = Math.max(this.done, this.#arena.dropped) + 1
    const packet = this.#dissector.dissect(this.#arena.frame(this.done)!)
    this.#annotations?.annotate(packet)
    if (!this.#filter.test(packet)) return true
    this.#dissector.displayed()
    this.#add(this.done)
    return true
  }

  /** Number of the packet at a row of the list. */
  at(row: number): number {
    return this.#passing[this.#from + row]!
  }

  /** Row of a packet, or of the first one behind it. */
  rowOf(number: number): number {
    let low = this.#from
    let high = this.#to
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#passing[middle]! < number) low = middle + 1
      else high = middle
    }
    return low - this.#from
  }

  dropBefore(number: number): void {
    this.#from += this.rowOf(number)
    if (this.#from < 65_536 || 2 * this.#from < this.#to) return
    this.#passing.copyWithin(0, this.#from, this.#to)
    this.#to -= this.#from
    this.#from = 0
  }

  #add(number: number): void {
    if (this.#to === this.#passing.length) {
      const bigger = new Uint32Array(2 * this.#to)
      bigger.set(this.#passing)
      this.#passing = bigger
    }
    this.#passing[this.#to++] = number
  }
}
