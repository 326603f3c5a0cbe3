// A TCP proxy with weather: delay, stall, bandwidth, bytes one by one or lumped together, a side that is swallowed, ends that are cut.
// Seeded; holds at most one read of each side, so a stalled proxy is a peer that does not read, not a store.

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, seeded } from './seeded-random.ts'

/** `up` = from the client to the broker. */
export type Way = 'up' | 'down'

/** How one way behaves; what is absent is fair. */
export interface Weather {
  /** Milliseconds that each piece waits: at least, at most. */
  readonly delayMs?: readonly [number, number]
  /** Nothing passes until the weather changes. */
  readonly isStalled?: boolean
  readonly bytesPerSecond?: number
  /** Largest piece written at a time, each in a packet of its own; 1 = byte by byte. */
  readonly largestPiece?: number
  /** Bytes are gathered until there are so many, or the sender pauses for 20 ms. */
  readonly lump?: number
  /** Bytes are read and lost; the connection stays open, as when a router forgets it. */
  readonly isSwallowed?: boolean
}

/** How a connection ends when it is cut. */
export type Cut = 'reset' | 'half-close' | 'close'

const LUMP_PAUSE_MS = 20
const FAIR: Weather = {}

export class ChaosProxy {
  readonly connections: Set<ProxiedConnection> = new Set()
  /** Connections that `cutNextAfter` has cut. */
  plannedCuts = 0
  /** Accepted since the beginning. */
  count = 0
  readonly #server: Server
  readonly #random: Random
  #weather: Readonly<Record<Way, Weather>> = { up: FAIR, down: FAIR }
  #change: { promise: Promise<void>; tell: () => void } = changeToCome()
  /** Of connections to come. */
  #cutAfter: { way: Way; bytes: number; cut: Cut } | null = null
  #target: number

  private constructor(target: number, seed: number) {
    this.#target = target
    this.#random = seeded(seed)
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
  }

  /** Listens on a free port of 127.0.0.1 and leads to `target` there. */
  static async start(target: number, seed: number): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(target, seed)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** Where connections to come are led. */
  set target(port: number) {
    this.#target = port
  }

  weatherOf(way: Way): Weather {
    return this.#weather[way]
  }

  /** Holds for all connections at once. */
  setWeather(up: Weather, down: Weather = up): void {
    this.#weather = { up, down }
    const { tell } = this.#change
    this.#change = changeToCome()
    tell()
  }

  /** The next connections are cut when so many bytes have passed. */
  cutNextAfter(way: Way, bytes: number, cut: Cut): void {
    this.#cutAfter = { way, bytes, cut }
  }

  cutAll(cut: Cut, way: Way = 'up'): void {
    for (const connection of [...this.connections]) connection.cut(cut, way)
    this.#cutAfter = null
  }

  async close(): Promise<void> {
    this.#server.close()
    this.setWeather(FAIR)
    this.cutAll('close')
    await once(this.#server, 'close')
  }

  /** Resolves at the next change of the weather. */
  get changed(): Promise<void> {
    return this.#change.promise
  }

  chance(below: number): number {
    return this.#random(below)
  }

  #accept(client: Socket): void {
    this.count++
    const broker = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const connection = new ProxiedConnection(this, client, broker, this.#cutAfter)
    this.connections.add(connection)
    connection.over.finally(() => this.connections.delete(connection))
  }
}

export class ProxiedConnection {
  readonly over: Promise<void>
  /** Bytes passed on. */
  readonly passed: Record<Way, number> = { up: 0, down: 0 }
  readonly #proxy: ChaosProxy
  readonly #client: Socket
  readonly #broker: Socket
  readonly #cutAfter: { way: Way; bytes: number; cut: Cut } | null

  constructor(proxy: ChaosProxy, client: Socket, broker: Socket, cutAfter: { way: Way; bytes: number; cut: Cut } | null) {
    this.#proxy = proxy
    this.#client = client
    this.#broker = broker
    this.#cutAfter = cutAfter
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      one.on('error', () => other.resetAndDestroy())
    }
    this.over = Promise.all([this.#pass('up', client, broker), this.#pass('down', broker, client)]).then(() => {
      client.destroy()
      broker.destroy()
    })
  }

  /** `reset`: RST to both; `close`: FIN to both; `half-close`: FIN to the side that `way` leads to, the other way stays open. */
  cut(cut: Cut, way: Way): void {
    const to = way === 'up' ? this.#broker : this.#client
    if (cut === 'half-close') {
      to.end()
      return
    }
    for (const socket of [this.#client, this.#broker]) {
      if (cut === 'reset') socket.resetAndDestroy()
      else socket.destroy()
    }
  }

  /** Ends by itself: when its source has ended, or either socket is gone. */
  async #pass(way: Way, from: Socket, to: Socket): Promise<void> {
    try {
      for await (const bytes of this.#lumps(way, from)) {
        for (const piece of this.#pieces(way, bytes)) {
          await this.#wait(way, piece.length)
          if (!to.writable) {
            from.destroy()
            return
          }
          if (this.#proxy.weatherOf(way).isSwallowed === true) continue
          const isCut = this.#cutAfter?.way === way && this.passed[way] + piece.length >= this.#cutAfter.bytes
          const part = isCut ? piece.subarray(0, this.#cutAfter!.bytes - this.passed[way]) : piece
          this.passed[way] += part.length
          await new Promise<void>((resolve) => to.write(part, () => resolve())) // called back also when it breaks
          if (isCut) {
            this.#proxy.plannedCuts++
            await new Promise((resolve) => setImmediate(resolve)) // Node turns a reset in the callback of a write into a FIN
            this.cut(this.#cutAfter!.cut, way)
            return
          }
        }
      }
      if (to.writable && this.#proxy.weatherOf(way).isSwallowed !== true) await new Promise<void>((resolve) => to.end(() => resolve()))
    } catch {
      to.destroy() // the source broke: its error handler has reset the other side
    }
  }

  async *#lumps(way: Way, from: Socket): AsyncGenerator<Buffer> {
    const reads = from.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> // the other way may go on when this one has ended
    let next = reads.next()
    let gathered: Buffer[] = []
    for (;;) {
      const lump = this.#proxy.weatherOf(way).lump ?? 0
      const size = gathered.reduce((sum, { length }) => sum + length, 0)
      const isWaiting = size > 0 && size < lump
      const read = isWaiting ? await Promise.race([next, sleep(LUMP_PAUSE_MS, null)]) : size > 0 ? null : await next
      if (read === null || read.done === true) {
        if (size > 0) yield Buffer.concat(gathered)
        gathered = []
        if (read !== null) return
        continue
      }
      gathered.push(read.value)
      next = reads.next()
      next.catch(() => {}) // told when it is awaited
    }
  }

  *#pieces(way: Way, bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; ) {
      const { largestPiece = bytes.length, bytesPerSecond = Infinity } = this.#proxy.weatherOf(way)
      const end = at + Math.max(1, Math.min(largestPiece, Math.ceil(bytesPerSecond / 20)))
      yield bytes.subarray(at, end)
      at = end
    }
  }

  async #wait(way: Way, length: number): Promise<void> {
    while (this.#proxy.weatherOf(way).isStalled === true) await this.#proxy.changed
    const { delayMs, bytesPerSecond, largestPiece } = this.#proxy.weatherOf(way)
    const delay = delayMs === undefined ? 0 : delayMs[0] + this.#proxy.chance(delayMs[1] - delayMs[0] + 1)
    const pace = bytesPerSecond === undefined ? 0 : (length * 1000) / bytesPerSecond
    if (delay + pace > 0) await Promise.race([sleep(delay + pace), this.#proxy.changed])
    else if (largestPiece !== undefined) await new Promise((resolve) => setImmediate(resolve)) // else the kernel would join what was parted
  }
}

function changeToCome(): { promise: Promise<void>; tell: () => void } {
  let tell = (): void => {}
  const promise = new Promise<void>((resolve) => {
    tell = resolve
  })
  return { promise, tell }
}
