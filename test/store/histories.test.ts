// Random histories with a stop in the midst of a random operation, against a model: what was acknowledged is there, nothing else is wrong.
// ZZ_HISTORIES=10000 tries more of them, ZZ_SEED another sequence.

import { expect, test } from 'vitest'
import type { SyncMode } from '../../src/store/file-journal.ts'
import { DoneReason, WillEnd } from '../../src/store/record-types.ts'
import type { RecipientRecord } from '../../src/store/records.ts'
import { Store } from '../../src/store/store.ts'
import { FakeFiles } from '../support/fake-files.ts'
import { contentOf, packetsOf, StoreModel } from '../support/store-model.ts'

const HISTORIES = Number(process.env['ZZ_HISTORIES'] ?? 1000)
const SEED = Number(process.env['ZZ_SEED'] ?? 1)
const FOLDER = '/store'

function randomOf(seed: number): () => number {
  let state = seed * 2654435761
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}

class History {
  readonly random: () => number
  readonly mode: SyncMode
  /** The present life ends with a power cut, not a kill. */
  power = false
  files: FakeFiles
  model = new StoreModel()
  /** State after each ticket: the one recovered must be among them. */
  snapshots: { ticket: number; state: string }[] = []
  acknowledged = 0
  log: string[] = []
  #payload = 0
  #time = 1_700_000_000_000

  constructor(seed: number) {
    this.random = randomOf(seed)
    this.mode = this.random() < 0.5 ? 'write' : 'commit'
    this.files = new FakeFiles(this.random)
  }

  below(n: number): number {
    return Math.floor(this.random() * n)
  }

  open(): Promise<Store> {
    return Store.open(FOLDER, {
      files: this.files,
      mode: this.mode,
      segmentSize: 4096,
      batchSize: 512,
      ballastSize: 0,
      syncEveryMs: 1e9,
      markAfterMs: 0,
      sentAhead: 0,
      now: () => this.#time++,
      cacheSize: this.random() < 0.5 ? 0 : 65536,
    })
  }

  /** One random event, told to both. */
  step(store: Store): void {
    const { model } = this
    const known = [...model.sessions.keys()]
    const number = known[this.below(known.length)]
    const what = number === undefined ? 0 : this.below(16)
    const session = number === undefined ? undefined : model.sessions.get(number)!
    if (what <= 1 || number === undefined || session === undefined) {
      const isNew = number === undefined || (what === 0 && known.length < 4)
      const clientId = isNew ? `client-${this.below(5)}` : session!.clientId
      const old = [...model.sessions].find(([, one]) => one.clientId === clientId)?.[0]
      store.together(() => {
        if (isNew && old !== undefined) {
          store.sessionEnded(old)
          model.sessions.delete(old)
        }
        const one = isNew ? store.newSession() : number!
        const expiryInterval = this.below(100)
        const detachedAt = this.below(2) * 5000
        store.session({ session: one, clientId, userName: this.random() < 0.5 ? 'user' : null, version: 5, expiryInterval, detachedAt })
        model.session(one, clientId, expiryInterval, detachedAt)
      })
    } else if (what === 2) {
      if (this.random() < 0.3) {
        store.sessionEnded(number)
        model.sessions.delete(number)
      }
    } else if (what === 3) {
      const topicFilter = `f/${this.below(3)}`
      const qos = this.below(3) as 0 | 1 | 2
      store.subscribed({ session: number, topicFilter, qos, noLocal: false, retainAsPublished: true, retainHandling: 1, identifier: this.below(2) * 300 })
      delete session.subscriptions[topicFilter]
      session.subscriptions = Object.fromEntries(Object.entries({ ...session.subscriptions, [topicFilter]: qos }).sort())
    } else if (what === 4) {
      const topicFilter = `f/${this.below(3)}`
      store.unsubscribed(number, topicFilter)
      delete session.subscriptions[topicFilter]
    } else if (what <= 8) this.#message(store, known)
    else if (what === 9) {
      const topic = `r/${this.below(3)}`
      store.retainedCleared(topic)
      model.retained.delete(topic)
    } else if (what <= 11) {
      const numbers = Object.keys(session.queue).map(Number)
      const first = numbers[this.below(Math.min(3, numbers.length))]
      if (first === undefined) return
      const count = 1 + this.below(3)
      store.done(number, first, count, DoneReason.Acknowledged)
      for (let i = first; i < first + count; i++) delete session.queue[i]
    } else if (what === 12) {
      const numbers = Object.keys(session.queue).map(Number)
      const first = numbers[this.below(numbers.length)]
      if (first === undefined) return
      store.together(() => {
        store.received(number, first, 1)
        store.sent(number, first + 1)
      })
      if (!session.queue[first]!.endsWith('received')) session.queue[first] += ' received'
      session.sentUpTo = Math.max(session.sentUpTo, first + 1)
    } else if (what === 13) {
      const payloads = this.#payloads()
      const firstId = 1 + this.below(6)
      store.unreleased(number, packetsOf('u/1', payloads, 2, firstId), [0, payloads.length])
      for (const [i, payload] of payloads.entries()) session.unreleased[firstId + i] = payload
    } else if (what === 14) {
      const ids = Object.keys(session.unreleased).map(Number)
      const id = ids[this.below(ids.length)]
      if (id === undefined) return
      store.together(() => {
        store.released(number, [id])
        delete session.unreleased[id]
        this.#message(store, known)
      })
    } else if (this.random() < 0.6) {
      const [payload = ''] = this.#payloads()
      store.will(number, 7, packetsOf('w', [payload], 1))
      session.will = `${payload} after 7`
    } else {
      store.willEnded(number, WillEnd.Published)
      session.will = null
    }
  }

  #payloads(): string[] {
    const count = 1 + this.below(4)
    return Array.from({ length: count }, () => `${this.#payload++}${'.'.repeat(this.below(5) === 0 ? 60 + this.below(300) : this.below(20))}`)
  }

  #message(store: Store, known: readonly number[]): void {
    const payloads = this.#payloads()
    const recipients: RecipientRecord[] = []
    for (const session of known) {
      if (this.random() < 0.4) continue
      const one = this.model.sessions.get(session)!
      const from = this.below(payloads.length)
      const to = from + 1 + this.below(payloads.length - from)
      const identifiers = this.random() < 0.2 ? [this.below(500)] : null
      recipients.push({
        session,
        from,
        to,
        first: one.nextNumber,
        qos: (1 + this.below(2)) as 1 | 2,
        retain: this.below(2) as 0 | 1,
        received: false,
        identifiers,
      })
    }
    const topic = `r/${this.below(3)}`
    const retainedTopic = this.random() < 0.3 ? topic : null
    if (recipients.length === 0 && retainedTopic === null) return
    store.message(packetsOf(topic, payloads), recipients, retainedTopic)
    this.model.message(payloads, recipients, retainedTopic)
  }

  /** Lives until everything stops, or for `steps` events; then restarts and compares. */
  async live(steps: number, stopAfter: number): Promise<void> {
    this.power = this.random() < 0.5
    this.files.stopAt = this.files.operations + stopAfter
    let store: Store | null = null
    const cleaning: Promise<unknown>[] = []
    try {
      store = await this.open()
      const opened: Store = store
      this.acknowledged = opened.ticket
      this.#snapshot(opened)
      opened.journal.onDurable((upTo) => {
        if (this.mode === 'commit' || !this.power) this.acknowledged = Math.max(this.acknowledged, upTo)
      })
      for (let i = 0; i < steps && opened.journal.state === 'open'; i++) {
        const before = opened.ticket
        this.step(opened)
        if (opened.ticket !== before) this.#snapshot(opened)
        if (this.mode === 'commit' || !this.power) this.acknowledged = Math.max(this.acknowledged, opened.durableUpTo)
        const luck = this.random()
        if (luck < 0.25) await new Promise<void>((resolve) => setImmediate(resolve))
        else if (luck < 0.3) {
          const upTo = opened.ticket
          await opened.journal.flush()
          this.acknowledged = Math.max(this.acknowledged, upTo)
        } else if (luck < 0.34) cleaning.push(opened.cleaning.run().catch(() => {}))
      }
    } catch (error) {
      if (!this.files.isStopped) throw error
    }
    const isWhole = !this.files.isStopped
    if (isWhole && this.random() < 0.5) {
      await Promise.all(cleaning)
      const upTo = store!.ticket
      try {
        await store!.close()
        this.acknowledged = upTo
      } catch (error) {
        if (!this.files.isStopped) throw error
      }
    } else {
      this.files.isStopped = true
      await Promise.all(cleaning)
      await store?.close().catch(() => {})
    }
    this.files = this.files.restarted(this.power)
  }

  /** Takes what is recovered for what was: it must be one of the snapshots not older than what was acknowledged. */
  async check(): Promise<void> {
    const store = await this.open()
    const state = await contentOf(store)
    const found = this.snapshots.findLast((snapshot) => snapshot.state === state)
    if (found === undefined || !this.snapshots.some((snapshot) => snapshot.state === state && snapshot.ticket >= this.#lastBefore(this.acknowledged))) {
      const wanted = this.snapshots.filter(({ ticket }) => ticket >= this.#lastBefore(this.acknowledged)).map(({ ticket, state: text }) => `${ticket} ${text}`)
      throw new Error(
        `mode ${this.mode}, power ${this.power}, acknowledged ${this.acknowledged}, recovered ${store.journal.recovery.lastSequence} (${store.journal.recovery.notes.join('; ')}):\n${state}\nis none of\n${wanted.join('\n')}`,
      )
    }
    expect(store.state.live.count, 'no record counts that nobody refers to').toBe(slotsOf(store).size)
    this.model = Object.assign(new StoreModel(), { sessions: new Map(JSON.parse(state).sessions), retained: new Map(JSON.parse(state).retained) })
    this.acknowledged = 0
    this.snapshots = []
    await store.close()
  }

  /** The last snapshot that what was acknowledged reaches. */
  #lastBefore(acknowledged: number): number {
    return this.snapshots.findLast(({ ticket }) => ticket <= acknowledged)?.ticket ?? 0
  }

  #snapshot(store: Store): void {
    this.snapshots.push({ ticket: store.ticket, state: this.model.toString() })
  }
}

/** All slots that anything refers to. */
function slotsOf({ state }: Store): Set<number> {
  const slots = new Set(state.retained.values())
  for (const session of state.sessions.values()) {
    slots.add(session.slot)
    for (const { slot } of session.subscriptions.values()) slots.add(slot)
    for (const { slot } of session.queue.from(0)) slots.add(slot)
    for (const place of session.unreleased.values()) slots.add(Math.floor(place / 65536))
    if (session.will !== null) slots.add(session.will.slot)
  }
  return slots
}

test(`${HISTORIES} histories with stops: what was acknowledged is there, groups are whole, nothing is invented`, {
  timeout: HISTORIES * 60 + 10_000,
}, async () => {
  let stops = 0
  for (let seed = SEED; seed < SEED + HISTORIES; seed++) {
    const history = new History(seed)
    try {
      for (let life = 0; life < 3; life++) {
        await history.live(60, 3 + history.below(life === 0 ? 120 : 60))
        if (history.snapshots.length === 0) history.snapshots.push({ ticket: 0, state: history.model.toString() })
        else stops++
        await history.check()
      }
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
    }
  }
  expect(stops).toBeGreaterThan(HISTORIES)
})
