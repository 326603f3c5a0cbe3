// The page's end of the protocol with its Worker: calls that are answered once, events that anybody may listen to.
// The Worker itself is made in main.tsx; tests give another port.

import type { CallMessage, CallName, Calls, EventName, Events, WorkerMessage } from '../worker/protocol.ts'

/** What is used of a Worker. */
export interface WorkerPort {
  onmessage: ((event: { readonly data: WorkerMessage }) => void) | null
  postMessage(message: CallMessage): void
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

export class WorkerLink {
  readonly #port: WorkerPort
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Map<EventName, Set<(value: never) => void>>()
  #next = 1

  constructor(port: WorkerPort) {
    this.#port = port
    port.onmessage = ({ data }) => this.#received(data)
  }

  /** Rejects with what the Worker says is wrong. */
  call<N extends CallName>(name: N, ask: Calls[N]['ask']): Promise<Calls[N]['answer']> {
    const call = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve: (value) => resolve(value as Calls[N]['answer']), reject })
      this.#port.postMessage({ call, name, ask })
    })
  }

  /** Returns what ends it. */
  on<N extends EventName>(event: N, listener: (value: Events[N]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener as (value: never) => void)
    return () => listeners.delete(listener as (value: never) => void)
  }

  #received(message: WorkerMessage): void {
    if ('event' in message) {
      for (const listener of this.#listeners.get(message.event) ?? []) listener(message.value as never)
      return
    }
    const waiting = this.#waiting.get(message.answer)
    this.#waiting.delete(message.answer)
    if ('error' in message) waiting?.reject(new Error(message.error))
    else waiting?.resolve(message.value)
  }
}
