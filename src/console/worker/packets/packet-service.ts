// Serves the Packets and Ladder screens of one connection in the Worker: calls in, answers and events out.
// Long work is cut into slices of 8 ms, so that calls are answered between them.

import { GZIP_MAGIC } from '../../../capture/capture-reader.ts'
import { gunzip } from '../../../capture/gunzip.ts'
import { streamed } from '../../../capture/streamed.ts'
import { PayloadMask } from '../payload-mask.ts'
import type { Emit, PacketServing } from '../protocol.ts'
import { checkFilter, completeFilter } from './filter-entry.ts'
import type { PacketCalls, PacketsState, SoughtMessage } from './packet-calls.ts'
import { PacketStore } from './packet-store.ts'

/** Milliseconds of work at a time. */
const SLICE_MS = 8
/** Bytes of a live stream that are kept. */
const LIVE_BUDGET = 67_108_864
/** Bytes of a file that are read ahead of the dissector. */
const READ_AHEAD = 4_194_304
/** A file must fit into the tab's memory with all its columns. */
const MOST_FILE_BYTES = 1_610_612_736
const TOO_LARGE = `the file has more than the ${MOST_FILE_BYTES / 1_048_576} MiB that a tab can hold`

type Name = keyof PacketCalls

/** How the service lets others work before it goes on. */
export type Later = (run: () => void) => void

export class PacketService implements PacketServing {
  readonly #connection: number
  readonly #emit: Emit
  readonly #later: Later
  readonly #clock: () => number
  readonly #mask: PayloadMask
  #store: PacketStore
  #isWorking = false
  #fileName: string | null = null
  /** Share of the file that has been pushed. */
  #read = 1
  /** A later file or stream makes what is still being read void. */
  #generation = 0
  #watched: PacketCalls['packets/watch']['ask'] | null = null
  #toldState = ''
  #toldRows = ''
  #toldVersion = ''
  /** Answers that need a packet which has not been dissected yet. */
  #askers: { readonly number: number; readonly answer: () => void }[] = []
  /** Called when all that came has been worked off. */
  #drains: (() => void)[] = []

  constructor(
    connection: number,
    emit: Emit,
    later: Later = afterOthers(),
    clock: () => number = () => performance.now(),
    mask: PayloadMask = new PayloadMask(),
  ) {
    this.#connection = connection
    this.#mask = mask
    this.#store = new PacketStore({ budget: LIVE_BUDGET, mask })
    this.#emit = emit
    this.#later = later
    this.#clock = clock
  }

  get count(): number {
    return this.#store.last
  }

  get waiting(): number {
    return this.#store.waiting
  }

  push(bytes: Uint8Array): void {
    this.#store.push(bytes)
    this.#work()
  }

  clear(): void {
    this.#generation++
    this.#fileName = null
    this.#read = 1
    this.#store.clear()
  }

  tick(_now: number): void {
    this.#tellState()
    this.#tellRows()
  }

  call(name: Name, ask: unknown): unknown {
    switch (name) {
      case 'packets/open-file':
        return this.#openFile((ask as Ask<typeof name>).file)
      case 'packets/state':
        return this.#state()
      case 'packets/watch':
        this.#watched = ask as Ask<typeof name>
        this.#toldRows = ''
        this.#tellRows()
        return null
      case 'packets/filter':
        this.#store.setFilter((ask as Ask<typeof name>).filter)
        this.#restart()
        return null
      case 'packets/check':
        return checkFilter((ask as Ask<typeof name>).filter)
      case 'packets/complete': {
        const { text, caret } = ask as Ask<typeof name>
        return completeFilter(text, caret)
      }
      case 'packets/detail':
        return this.#whenSeen((ask as Ask<typeof name>).number, (number) => this.#store.detail(number))
      case 'packets/row':
        return this.#store.rowOf((ask as Ask<typeof name>).number)
      case 'packets/number':
        return this.#store.numberAt((ask as Ask<typeof name>).row)
      case 'packets/find':
        return this.#find(ask as Ask<typeof name>)
      case 'packets/save':
        return this.#save(ask as Ask<typeof name>)
      case 'packets/decode-as':
        this.#store.setDecodeAs((ask as Ask<typeof name>).rules)
        this.#restart()
        return null
      case 'packets/protocols':
        return this.#store.protocols()
      case 'packets/ladder': {
        const { around, count } = ask as Ask<typeof name>
        return this.#store.ladder(around, count)
      }
      case 'packets/life':
        return this.#whenSeen((ask as Ask<typeof name>).number, (number) => this.#store.life(number))
    }
  }

  /** Answers at once, or when the packet, which has come, has been dissected. */
  #whenSeen<T>(number: number, answer: (number: number) => T): T | Promise<T> {
    if (number <= this.#store.state().summarized || !this.#store.hasWork) return answer(number)
    return new Promise((resolve) => this.#askers.push({ number, answer: () => resolve(answer(number)) }))
  }

  /** What is sought may be among what came and has not been read yet. */
  async #find(sought: SoughtMessage): Promise<number> {
    const found = this.#store.find(sought)
    if (found > 0 || !this.#isWorking) return found
    await this.#drained()
    return this.#store.find(sought)
  }

  /** Packets that nobody has looked at yet are read first. */
  async #save({ all, view }: Ask<'packets/save'>): Promise<PacketCalls['packets/save']['answer']> {
    if (this.#isWorking && this.#store.state().summarized === 0) await this.#drained()
    return this.#store.save(all, view ?? null)
  }

  #restart(): void {
    this.#toldRows = ''
    this.#work()
    this.tick(0)
  }

  #work(): void {
    if (this.#isWorking) return
    this.#isWorking = true
    const slice = (): void => {
      const end = this.#clock() + SLICE_MS
      const goesOn = this.#store.step(() => this.#clock() >= end)
      this.#answerSeen(goesOn)
      if (goesOn) {
        this.#later(slice)
        return
      }
      this.#isWorking = false
      for (const go of this.#drains.splice(0)) go()
    }
    this.#later(slice)
  }

  /** A live stream may never be worked off: who waits for one packet gets it as soon as it is there. */
  #answerSeen(goesOn: boolean): void {
    if (this.#askers.length === 0) return
    const { summarized } = this.#store.state()
    const ready = this.#askers.filter(({ number }) => !goesOn || number <= summarized)
    this.#askers = this.#askers.filter((one) => !ready.includes(one))
    for (const { answer } of ready) answer()
  }

  async #openFile(file: Blob & { readonly name?: string }): Promise<null> {
    this.#generation++
    const generation = this.#generation
    if (file.size > MOST_FILE_BYTES) throw new Error(`${TOO_LARGE}: cut it with editcap -c, or use zanzara sniff -r`)
    const filter = this.#store.state().filter
    this.#store = new PacketStore({ budget: Number.POSITIVE_INFINITY, mask: this.#mask })
    this.#store.setFilter(filter)
    this.#fileName = file.name ?? ''
    this.#read = 0
    this.#restart()
    let problem: string | null = null
    try {
      problem = await this.#readFile(file, generation)
    } catch (error) {
      problem = error instanceof Error ? error.message : `${error}`
    }
    if (generation !== this.#generation) return null
    this.#read = 1
    this.#store.end(problem)
    this.#work()
    await this.#drained()
    this.tick(0)
    return null
  }

  /** Pushes the file, decompressed, no faster than it is worked off. Returns why it ended early; null = it did not. */
  async #readFile(file: Blob, generation: number): Promise<string | null> {
    const head = new Uint8Array(await file.slice(0, 2).arrayBuffer())
    const isCompressed = head.length === 2 && ((head[0]! << 8) | head[1]!) === GZIP_MAGIC
    let taken = 0
    const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (chunk, controller) => {
        taken += chunk.length
        controller.enqueue(chunk)
      },
    })
    const raw = streamed(file.stream().pipeThrough(counted))
    let total = 0
    let ahead = 0
    for await (const piece of isCompressed ? gunzip(raw) : raw) {
      total += piece.length
      const isVoid = generation !== this.#generation || this.#store.hasFailed
      if (isVoid || total > MOST_FILE_BYTES) return isVoid ? null : `${TOO_LARGE} decompressed`
      this.#store.push(new Uint8Array(piece))
      ahead += piece.length
      this.#work()
      if (ahead < READ_AHEAD) continue
      ahead = 0
      await this.#drained()
      this.#read = Math.min(1, taken / file.size)
    }
    return null
  }

  #drained(): Promise<void> {
    return this.#isWorking ? new Promise((resolve) => this.#drains.push(resolve)) : Promise.resolve()
  }

  #state(): PacketsState {
    return { ...this.#store.state(), read: this.#read, isBusy: this.#isWorking || this.#read < 1, fileName: this.#fileName }
  }

  #tellState(): void {
    const state = this.#state()
    const text = JSON.stringify(state)
    if (text === this.#toldState) return
    this.#toldState = text
    this.#emit('packets/state', { connection: this.#connection, ...state })
  }

  #tellRows(): void {
    if (this.#watched === null || this.#watched.count === 0) return
    const { passing, dropped, summarized, total } = this.#store.state()
    // a later packet may give an earlier one its tag: nothing came, nothing changed
    const version = `${passing} ${dropped} ${summarized} ${total} ${this.#store.hasWork}`
    if (version === this.#toldVersion && this.#toldRows !== '') return
    this.#toldVersion = version
    const { first, count, time } = this.#watched
    const rows = this.#store.rows(first, count, time)
    const text = JSON.stringify([rows, passing, dropped])
    if (text === this.#toldRows) return
    this.#toldRows = text
    this.#emit('packets/rows', { connection: this.#connection, first, rows, passing, dropped })
  }
}

type Ask<N extends Name> = PacketCalls[N]['ask']

/** Behind the messages that wait already: timers of 0 ms would wait four. */
function afterOthers(): Later {
  const { port1, port2 } = new MessageChannel()
  const queue: (() => void)[] = []
  port1.addEventListener('message', () => queue.shift()?.())
  port1.start()
  return (run) => {
    queue.push(run)
    port2.postMessage(null)
  }
}
