// The last message with RETAIN of each topic [MQTT-3.3.1-5], by level, and which of them a Topic Filter asks for.
// Keeps packets as bytes, as they came; shaping is done when they are sent.

import { aged } from '../wire/mqtt/aged-run.ts'
import { readRun } from '../wire/mqtt/framer.ts'
import { PublishRun, type WireVersion } from '../wire/mqtt/publish-run.ts'

export interface RetainedMessage {
  readonly topicName: string
  /** One PUBLISH packet, own copy, without Topic Alias. */
  readonly bytes: Uint8Array
  readonly version: WireVersion
  /** Milliseconds of the broker's clock; Infinity without Message Expiry Interval. */
  readonly expires: number
  /** Who published it, to ask again whether that was allowed; both null for the broker itself. */
  readonly clientId: string | null
  readonly userName: string | null
}

interface Level {
  readonly children: Map<string, Level>
  message: RetainedMessage | null
}

export class Retained {
  /** Messages kept. */
  count = 0
  readonly #root: Level = { children: new Map(), message: null }
  readonly #maximum: number

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  /** Whether `store` has room for it. */
  hasRoom(topicName: string, run: PublishRun, now: number): boolean {
    return this.count < this.#maximum || isEmpty(run) || this.get(topicName, now) !== null
  }

  /** Of a run to one topic only the last packet can stay; an empty payload clears [MQTT-3.3.1-6, MQTT-3.3.1-7]. False when there is no room. */
  store(topicName: string, run: PublishRun, now: number, clientId: string | null, userName: string | null): boolean {
    if (isEmpty(run)) {
      this.delete(topicName)
      return true
    }
    if (!this.hasRoom(topicName, run, now)) return false
    const bytes = run.bytes.slice(run.starts[run.to - 1], run.end)
    const expires = run.expiry < 0 ? Infinity : now + run.expiry * 1000
    const level = this.#make(topicName.split('/'))
    if (level.message === null) this.count++
    level.message = { topicName, bytes, version: run.version, expires, clientId, userName }
    return true
  }

  /** The message of a topic; null when there is none or it has expired. */
  get(topicName: string, now: number): RetainedMessage | null {
    let level: Level | undefined = this.#root
    for (const text of topicName.split('/')) {
      level = level.children.get(text)
      if (level === undefined) return null
    }
    return level.message === null || level.message.expires <= now ? null : level.message
  }

  delete(topicName: string): void {
    const levels = topicName.split('/')
    const path = [this.#root]
    for (const text of levels) {
      const next = path[path.length - 1]!.children.get(text)
      if (next === undefined) return
      path.push(next)
    }
    const last = path[path.length - 1]!
    if (last.message === null) return
    last.message = null
    this.count--
    for (let i = path.length - 1; i > 0 && path[i]!.message === null && path[i]!.children.size === 0; i--) path[i - 1]!.children.delete(levels[i - 1]!)
  }

  /** All messages whose topic matches the filter, expired ones excepted. */
  match(topicFilter: string, now: number, found: RetainedMessage[]): void {
    collect(this.#root, topicFilter.split('/'), 0, now, found)
  }

  /** Drops expired messages; they are never sent anyway, this gives their memory back. */
  dropExpired(now: number): void {
    const found: string[] = []
    visit(this.#root, (message) => {
      if (message.expires <= now) found.push(message.topicName)
    })
    for (const topicName of found) this.delete(topicName)
  }

  #make(levels: readonly string[]): Level {
    let level = this.#root
    for (const text of levels) {
      let next = level.children.get(text)
      if (next === undefined) {
        next = { children: new Map(), message: null }
        level.children.set(text, next)
      }
      level = next
    }
    return level
  }
}

/** Whether the last packet, the one that stays, has no payload. */
function isEmpty(run: PublishRun): boolean {
  return run.bodies[run.to - 1]! + run.headLength === run.end
}

/** The message as a run to be delivered at `now`, with what is left of its Message Expiry Interval [MQTT-3.3.2-6]. */
export function retainedRun(message: RetainedMessage, now: number): PublishRun {
  const run = new PublishRun()
  readRun(run, message.bytes, 0, message.bytes.length, message.version)
  return message.expires === Infinity ? run : aged(run, Math.max(1, Math.ceil((message.expires - now) / 1000)))
}

/** Levels are limited (maximumTopicLevels), hence so is the depth of this recursion. */
function collect(level: Level, filter: readonly string[], at: number, now: number, found: RetainedMessage[]): void {
  if (at === filter.length) {
    take(level, now, found)
    return
  }
  const text = filter[at]!
  if (text === '#') {
    if (at > 0) take(level, now, found) // `a/#` includes `a` [MQTT-4.7.1-2]
    for (const [name, child] of level.children) if (at > 0 || !name.startsWith('$')) visit(child, (message) => takeMessage(message, now, found))
  } else if (text === '+') {
    for (const [name, child] of level.children) if (at > 0 || !name.startsWith('$')) collect(child, filter, at + 1, now, found) // [MQTT-4.7.2-1]
  } else {
    const child = level.children.get(text)
    if (child !== undefined) collect(child, filter, at + 1, now, found)
  }
}

function take(level: Level, now: number, found: RetainedMessage[]): void {
  if (level.message !== null) takeMessage(level.message, now, found)
}

function takeMessage(message: RetainedMessage, now: number, found: RetainedMessage[]): void {
  if (message.expires > now) found.push(message)
}

function visit(level: Level, each: (message: RetainedMessage) => void): void {
  if (level.message !== null) each(level.message)
  for (const child of level.children.values()) visit(child, each)
}
