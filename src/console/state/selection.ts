// What is selected, for all screens: a topic, a message of the recorder, a packet. One signal; the URL carries it.
// A message chosen in Topics is the one marked in Messages, Packets and Ladder.

import { type Signal, signal } from '@preact/signals'

export interface Selected {
  /** Topic Name; null = none. */
  readonly topic: string | null
  /** Sequence number of the message in its connection's recorder. */
  readonly message: number | null
  /** Number of the packet, from 1, as the Packets screen counts. */
  readonly frame: number | null
}

export const NOTHING_SELECTED: Selected = { topic: null, message: null, frame: null }

export class Selection {
  readonly value: Signal<Selected> = signal(NOTHING_SELECTED)

  /** A topic, and its newest message whatever comes. */
  selectTopic(topic: string): void {
    this.#set({ topic, message: null, frame: null })
  }

  /** One message. `frame` is the packet that carried it, where that is known. */
  selectMessage(message: number, topic: string, frame: number | null): void {
    this.#set({ topic, message, frame })
  }

  /** A packet; of a PUBLISH also its topic, and the message where that is known. */
  selectFrame(frame: number, topic: string | null = null, message: number | null = null): void {
    this.#set({ topic, message, frame })
  }

  clear(): void {
    this.#set(NOTHING_SELECTED)
  }

  #set(next: Selected): void {
    const now = this.value.peek()
    if (now.topic !== next.topic || now.message !== next.message || now.frame !== next.frame) this.value.value = next
  }
}
