// Payloads that are shown as dots, for those who show the console to others: chosen by Topic Filters, hidden wherever the page shows them.
// It hides what is shown. What is recorded, filtered, copied, exported and published again is whole.

import { topicMatchesFilter } from '../../wire/mqtt/topics.ts'
import type { Glance } from './protocol.ts'

/** Stands for one character, or for the two digits of a byte. */
export const DOT = '•'

export class PayloadMask {
  /** Null = nothing is hidden. */
  #filters: readonly string[] | null = null

  constructor(filters: readonly string[] | null = null) {
    this.#filters = filters
  }

  get isOn(): boolean {
    return this.#filters !== null
  }

  set(filters: readonly string[] | null): void {
    this.#filters = filters
  }

  /** Null, a topic that is not known: hidden as well, were anything. */
  hides(topic: string | null): boolean {
    if (this.#filters === null) return false
    return topic === null || this.#filters.some((filter) => topicMatchesFilter(filter, topic))
  }
}

/** As many dots as there are characters; lines stay lines. */
export function dotsOf(text: string): string {
  return text.replace(/[^\n]/gu, DOT)
}

export function maskedGlance(glance: Glance): Glance {
  if (glance.kind === 'empty') return glance
  return { kind: 'text', text: dotsOf(glance.unit === '' ? glance.text : `${glance.text} ${glance.unit}`), unit: '' }
}
