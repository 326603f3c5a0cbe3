// Stored messages as the page gets them: rows of lists, and one message whole.
// Copies what it gives away.

import { hexOf, look, numberAt, numericPaths, oneLine, textOf, valueMember } from './glance.ts'
import type { MessageStore } from './message-store.ts'
import { dotsOf, maskedGlance, type PayloadMask } from './payload-mask.ts'
import type { HistoryRow, MessageDetail, MessageRow } from './protocol.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { TopicNames } from './topic-names.ts'
import { visibleLine } from './visible-text.ts'

/** Bytes of a payload that are shown without being asked for. */
export const FIRST_PART: number = 256 * 1024
const PREVIEW_BYTES = 320
/** Points of a chart, and messages of a history. */
const POINTS = 600
const HISTORY = 200

export interface Recorded {
  readonly store: MessageStore
  readonly names: TopicNames
  readonly subscriptions: Subscriptions
  readonly mask: PayloadMask
}

export function messageRow({ store, names, subscriptions, mask }: Recorded, seq: number, older: number): MessageRow {
  const time = store.time(seq)
  const topic = names.nameOf(store.topicId(seq))
  const text = preview(store.payload(seq))
  return {
    seq,
    time,
    deltaMs: older < 0 ? null : time - store.time(older),
    isOut: store.isOut(seq),
    topic: visibleLine(topic),
    series: subscriptions.seriesOf(store.subscription(seq)),
    qos: store.qos(seq),
    retain: store.retain(seq),
    dup: store.dup(seq),
    hasProperties: store.hasProperties(seq),
    size: store.size(seq),
    preview: mask.hides(topic) ? dotsOf(text) : text,
  }
}

/** `whole`: all that is kept of the payload; never masked: what is published or copied again is the real one, and the page hides it. */
export function messageDetail({ store, names, subscriptions }: Recorded, seq: number, whole: boolean): MessageDetail | null {
  if (!store.has(seq)) return null
  const payload = store.payload(seq)
  return {
    seq,
    time: store.time(seq),
    isOut: store.isOut(seq),
    topic: names.nameOf(store.topicId(seq)),
    qos: store.qos(seq),
    retain: store.retain(seq),
    dup: store.dup(seq),
    properties: store.properties(seq),
    payload: (whole ? payload : payload.subarray(0, FIRST_PART)).slice(),
    size: store.size(seq),
    frame: store.frame(seq) === 0 ? null : store.frame(seq),
    subscription: subscriptions.filterOf(store.subscription(seq)),
  }
}

/** The messages of a topic, the newest first, from `seq` backwards. */
export function* backwards(store: MessageStore, seq: number): Generator<number, void, void> {
  for (let at = seq; at >= 0 && store.has(at); at = store.previous(at)) yield at
}

export function historyRows({ store, names, mask }: Recorded, newest: number): HistoryRow[] {
  const rows: HistoryRow[] = []
  for (const seq of backwards(store, newest)) {
    if (rows.length === HISTORY) break
    const topic = names.nameOf(store.topicId(seq))
    const { glance: seen } = look(store.payload(seq), topic)
    const glance = mask.hides(topic) ? maskedGlance(seen) : seen
    rows.push({
      seq,
      time: store.time(seq),
      isOut: store.isOut(seq),
      qos: store.qos(seq),
      retain: store.retain(seq),
      size: store.size(seq),
      glance: { ...glance, text: visibleLine(glance.text), unit: visibleLine(glance.unit) },
    })
  }
  return rows
}

export interface Series {
  readonly fields: readonly string[]
  readonly field: string | null
  readonly times: Float64Array
  readonly values: Float64Array
}

/** Numbers of a topic over time, the oldest first. `wanted` null, or not there any more: the member that stands for the value. */
export function series({ store, names, mask }: Recorded, newest: number, wanted: string | null): Series {
  const none: Series = { fields: [], field: null, times: new Float64Array(0), values: new Float64Array(0) }
  if (!store.has(newest) || mask.hides(names.nameOf(store.topicId(newest)))) return none
  const fields = numericPaths(store.payload(newest))
  const field = wanted !== null && fields.includes(wanted) ? wanted : mainField(store.payload(newest), names.nameOf(store.topicId(newest)), fields)
  if (field === null) return { ...none, fields }
  const times: number[] = []
  const values: number[] = []
  let read = 0
  for (const seq of backwards(store, newest)) {
    if (read++ >= POINTS) break
    const value = store.size(seq) > FIRST_PART ? Number.NaN : numberAt(store.payload(seq), field)
    if (Number.isNaN(value)) continue
    times.push(store.time(seq))
    values.push(value)
  }
  return { fields, field, times: Float64Array.from(times.reverse()), values: Float64Array.from(values.reverse()) }
}

function mainField(payload: Uint8Array, topic: string, fields: readonly string[]): string | null {
  if (fields.length === 0) return null
  if (fields[0] === '') return ''
  try {
    const name = valueMember(JSON.parse(textOf(payload) ?? '') as object, topic)
    return fields.includes(name) ? name : fields[0]!
  } catch {
    return fields[0]!
  }
}

function preview(payload: Uint8Array): string {
  let end = Math.min(payload.length, PREVIEW_BYTES)
  if (end < payload.length) while (end > PREVIEW_BYTES - 4 && (payload[end]! & 0xc0) === 0x80) end--
  const text = textOf(payload.subarray(0, end))
  return text === null ? hexOf(payload) : visibleLine(oneLine(text))
}
