// What the Ladder screen of one tab knows: the messages drawn, the chosen step, who takes part. Outlives the screen.
// Messages come from the Worker when they have changed, at most twice a second.

import { type Signal, signal } from '@preact/signals'
import type { FaultStrike } from '../../../server/admin/api-types.ts'
import type { WorkerLink } from '../../state/worker-link.ts'
import type { LadderSlice } from '../../worker/packets/packet-calls.ts'
import { withLosses } from './ladder-faults.ts'
import { type LadderModel, ladderModel } from './ladder-model.ts'

/** Packets drawn at a time. */
export const MOST_STEPS = 240
const REFRESH_MS = 500
const NOTHING: LadderSlice = { messages: [], connections: [], total: 0, before: 0, origin: 0 }

export class LadderView {
  readonly connection: number
  readonly slice: Signal<LadderSlice> = signal(NOTHING)
  readonly model: Signal<LadderModel> = signal(ladderModel(NOTHING))
  /** Keys of clients drawn; null = the busiest. */
  readonly shown: Signal<ReadonlySet<string> | null> = signal(null)
  readonly at: Signal<number> = signal(-1)
  readonly life: Signal<LadderModel | null> = signal(null)
  readonly lifeSlice: Signal<LadderSlice | null> = signal(null)
  readonly isPlaying: Signal<boolean> = signal(false)
  readonly #worker: WorkerLink
  #frame = 0
  #seen = ''
  #lastMs = 0
  #asks = 0
  #strikes: readonly FaultStrike[] = []

  constructor(connection: number, worker: WorkerLink) {
    this.connection = connection
    this.#worker = worker
  }

  /** Something has changed in the capture; `version` tells two states apart. */
  async refresh(version: string, nowMs: number): Promise<void> {
    if (version === this.#seen || this.isPlaying.peek() || nowMs - this.#lastMs < REFRESH_MS) return
    this.#seen = version
    this.#lastMs = nowMs
    await this.#load()
  }

  /** A packet was selected, here or elsewhere. */
  async select(frame: number): Promise<void> {
    if (frame === this.#frame) return
    this.#frame = frame
    if (!this.slice.peek().messages.some((message) => message.frame === frame)) await this.#load()
    this.#findStep()
    await this.#loadLife()
  }

  /** What the broker's rules have done to packets. */
  setStrikes(strikes: readonly FaultStrike[]): void {
    if (strikes.at(-1)?.number === this.#strikes.at(-1)?.number) return
    this.#strikes = strikes
    this.#draw()
    this.#drawLife()
  }

  show(keys: ReadonlySet<string>): void {
    this.shown.value = keys
    this.#draw()
  }

  /** Draws what comes before or after. */
  async move(frames: number): Promise<void> {
    const { messages } = this.slice.peek()
    const edge = frames < 0 ? messages[0] : messages.at(-1)
    if (edge === undefined) return
    this.isPlaying.value = false
    this.slice.value = await this.#worker.call('packets/ladder', { connection: this.connection, around: edge.frame, count: MOST_STEPS })
    this.#draw()
  }

  async #load(): Promise<void> {
    const ask = ++this.#asks
    const slice = await this.#worker.call('packets/ladder', { connection: this.connection, around: this.#frame, count: MOST_STEPS })
    if (ask !== this.#asks) return
    this.slice.value = slice
    this.#draw()
  }

  async #loadLife(): Promise<void> {
    const frame = this.#frame
    const slice = frame === 0 ? null : await this.#worker.call('packets/life', { connection: this.connection, number: frame })
    if (frame !== this.#frame) return
    this.lifeSlice.value = slice
    this.#drawLife()
  }

  #drawLife(): void {
    const given = this.lifeSlice.peek()
    const slice = given === null ? null : withLosses(given, this.#strikes)
    this.life.value =
      slice === null
        ? null
        : ladderModel(slice, new Set(slice.connections.map(({ clientId, client, server }) => (clientId === '' ? client : `${clientId} ${server}`))))
  }

  #draw(): void {
    this.model.value = ladderModel(withLosses(this.slice.peek(), this.#strikes), this.shown.peek(), this.model.peek().lanes)
    this.#findStep()
  }

  #findStep(): void {
    const { steps } = this.model.peek()
    const before = steps[this.at.peek()]
    if (before !== undefined && before.message.frame === this.#frame) return
    this.at.value = steps.findIndex(({ message }) => message.frame === this.#frame)
  }
}

const views = new WeakMap<object, LadderView>()

/** The view of a tab; the same one for as long as the tab lives. */
export function ladderViewOf(connection: { readonly id: number }, worker: WorkerLink): LadderView {
  const known = views.get(connection)
  if (known !== undefined) return known
  const made = new LadderView(connection.id, worker)
  views.set(connection, made)
  return made
}
