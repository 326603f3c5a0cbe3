// The live line: once per second, what has happened since the last one. For a terminal: it overwrites itself.
// What it says is a function of two looks at the Tally.

import type { Colours } from '../colours.ts'
import type { Output } from '../terminal.ts'
import { grouped, milliseconds } from './bench-report.ts'
import type { BenchRun } from './bench-run.ts'
import type { Histogram } from './histogram.ts'

const PHASES = { connecting: 'connecting', running: 'running', draining: 'waiting for the rest', closing: 'closing' } as const

export class BenchProgress {
  readonly #run: BenchRun
  readonly #output: Output
  readonly #colours: Colours
  readonly #startedAt: number = performance.now()
  readonly #timer: NodeJS.Timeout
  #at: number = this.#startedAt
  #connected = 0
  #sent = 0
  #received = 0
  #delivery: Float64Array
  #acknowledgement: Float64Array

  constructor(run: BenchRun, output: Output, colours: Colours) {
    this.#run = run
    this.#output = output
    this.#colours = colours
    this.#delivery = run.tally.deliveryTime.snapshot()
    this.#acknowledgement = run.tally.acknowledgeTime.snapshot()
    this.#timer = setInterval(() => this.#print(), 1000)
  }

  /** Takes the line away. */
  stop(): void {
    clearInterval(this.#timer)
    if (this.#at > this.#startedAt) this.#output.write('\r\x1b[2K')
  }

  #print(): void {
    const { tally, phase, wanted, options } = this.#run
    const now = performance.now()
    const seconds = (now - this.#at) / 1000
    const rate = (count: number): string => grouped(count / seconds)
    const parts: string[] = []
    if (phase === 'connecting') parts.push(`${grouped(tally.connected)} of ${grouped(wanted)} connected`, `${rate(tally.connected - this.#connected)}/s`)
    else if (options.mode === 'conn') parts.push(`${grouped(tally.open)} connections open`)
    if (tally.sent > 0) parts.push(`sent ${this.#colours.accent(rate(tally.sent - this.#sent))}/s`)
    if (tally.received > 0) parts.push(`received ${this.#colours.accent(rate(tally.received - this.#received))}/s`)
    const times = tally.deliveryTime.count > 0 ? tally.deliveryTime : tally.acknowledgeTime
    const before = times === tally.deliveryTime ? this.#delivery : this.#acknowledgement
    if (times.count > 0) parts.push(latencySince(times, before))
    if (tally.failed + tally.broken > 0) parts.push(this.#colours.bold(`${grouped(tally.failed + tally.broken)} connections failed`))
    if (tally.lost + tally.repeated > 0) parts.push(this.#colours.bold(`${grouped(tally.lost)} lost, ${grouped(tally.repeated)} repeated`))
    const clock = `${String(Math.round((now - this.#startedAt) / 1000)).padStart(4)} s`
    // Cut at the edge of a narrow window: a line that wraps could not be taken away again.
    this.#output.write(`\r\x1b[2K\x1b[?7l${clock}  ${this.#colours.dim(PHASES[phase])}  ${parts.join('  ')}\x1b[?7h`)
    this.#at = now
    this.#connected = tally.connected
    this.#sent = tally.sent
    this.#received = tally.received
    this.#delivery = tally.deliveryTime.snapshot()
    this.#acknowledgement = tally.acknowledgeTime.snapshot()
  }
}

function latencySince(times: Histogram, before: Float64Array): string {
  const ms = (share: number): string => milliseconds(times.quantileSince(share, before) / 1000)
  return `p50 ${ms(0.5)}  p99 ${ms(0.99)}`
}
