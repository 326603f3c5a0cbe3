// What the page is looking at in a tab: rows of the tree, one topic, rows of the list. Sends them when they have changed.
// 15 times a second at most; once a second also without news, for ages and rates.

import type { MessageList } from './message-list.ts'
import { historyRows, messageDetail, messageRow, type Recorded, series } from './message-rows.ts'
import type { Calls, Emit, Histogram } from './protocol.ts'
import type { SecondRates } from './second-rates.ts'
import type { TimeHistogram } from './time-histogram.ts'
import type { TopicTree } from './topic-tree.ts'

/** The parts of a tab that are looked at. */
export interface Viewed extends Recorded {
  readonly id: number
  readonly tree: TopicTree
  readonly list: MessageList
  readonly histogram: TimeHistogram
}

const REFRESH_MS = 1000
/** One topic is shown with charts and histories: five times a second is enough to read. */
const DETAIL_MS = 200

export class TabViews {
  /** Something came since the last sending. */
  dirty = true
  isPaused = false
  readonly #tab: Viewed
  readonly #emit: Emit
  #topics: Calls['topics/watch']['ask'] | null = null
  #topic: Calls['topic/watch']['ask'] | null = null
  #messages: Calls['messages/watch']['ask'] | null = null
  #topicsAt = 0
  #topicAt = 0
  #messagesAt = 0
  #asked = { topics: false, topic: false, messages: false }
  #detailIsOld = false
  /** As it was told last: it stands while paused. */
  #histogram: Histogram | null = null

  constructor(tab: Viewed, emit: Emit) {
    this.#tab = tab
    this.#emit = emit
  }

  watchTopics(ask: Calls['topics/watch']['ask']): void {
    this.#topics = ask.count === 0 ? null : ask
    this.#asked.topics = true
  }

  watchTopic(ask: Calls['topic/watch']['ask']): void {
    this.#topic = ask.topic === null ? null : ask
    this.#asked.topic = true
  }

  watchMessages(ask: Calls['messages/watch']['ask']): void {
    this.#messages = ask.count === 0 ? null : ask
    this.#asked.messages = true
  }

  /** Something that is shown has changed by a wish of the user: also while paused. */
  refresh(): void {
    this.#asked = { topics: true, topic: true, messages: true }
  }

  tick(now: number): void {
    const hasNews = this.dirty
    const isNews = hasNews && !this.isPaused
    this.dirty = false
    if (this.#topics !== null && this.#isDue(this.#asked.topics, isNews, this.#topicsAt, now)) {
      this.#topicsAt = now
      this.#asked.topics = false
      this.#sendTopics(this.#topics, now)
    }
    // a paused list stands still by itself; how many are new goes on
    if (this.#messages !== null && this.#isDue(this.#asked.messages, hasNews, this.#messagesAt, now)) {
      this.#messagesAt = now
      this.#asked.messages = false
      this.#sendMessages(this.#messages, now)
    }
    if (isNews) this.#detailIsOld = true
    if (this.#topic === null) return
    if (this.#asked.topic || (!this.isPaused && now - this.#topicAt >= DETAIL_MS && this.#detailIsOld)) {
      this.#topicAt = now
      this.#asked.topic = false
      this.#detailIsOld = false
      this.#sendTopic(this.#topic, now)
    }
  }

  #isDue(asked: boolean, isNews: boolean, before: number, now: number): boolean {
    return asked || isNews || (!this.isPaused && now - before >= REFRESH_MS)
  }

  #sendTopics({ connection, first, count, sort, find }: Calls['topics/watch']['ask'], now: number): void {
    const { tree } = this.#tab
    tree.show(sort, find)
    const visible = tree.visible(now)
    this.#emit('topics/rows', {
      connection,
      visible,
      topics: tree.topics,
      passing: tree.passing,
      first,
      rows: tree.rows(first, count, now),
      muted: tree.mutedTopics,
      problem: tree.problem,
    })
  }

  #sendMessages({ connection, first, count }: Calls['messages/watch']['ask'], now: number): void {
    const { list, store } = this.#tab
    const { total } = list
    const rows = []
    for (let row = first; row < Math.min(first + count, total); row++) {
      const seq = list.at(row)
      if (seq >= 0) rows.push(messageRow(this.#tab, seq, list.at(row + 1)))
    }
    const histogram = this.isPaused && this.#histogram !== null ? this.#histogram : this.#tab.histogram.read(now)
    this.#histogram = histogram
    this.#emit('messages/rows', {
      connection,
      total,
      first,
      rows,
      newer: list.newer,
      kept: store.kept,
      hidden: list.hidden,
      problem: list.problem,
      progress: list.progress,
      histogram,
    })
  }

  #sendTopic({ connection, topic, message, field }: Calls['topic/watch']['ask'], now: number): void {
    const { store, names, tree } = this.#tab
    const id = names.known(topic!)
    const last = names.lastOf(id)
    const newest = store.has(last) ? last : -1
    const shown = message !== null && store.has(message) ? message : newest
    const previous = shown < 0 ? -1 : store.previous(shown)
    const node = tree.find(topic!)
    const rates: SecondRates | null = node?.rates ?? null
    const history = newest < 0 ? [] : historyRows(this.#tab, newest)
    this.#emit('topic/detail', {
      connection,
      topic: topic!,
      message: shown < 0 ? null : messageDetail(this.#tab, shown, false),
      previous: previous < 0 ? null : messageDetail(this.#tab, previous, false),
      count: node?.ownCount ?? 0,
      rate: rates?.rate(now) ?? 0,
      retained: node?.retained ?? false,
      history,
      kept: history.length,
      ...series(this.#tab, newest, field),
    })
  }
}
