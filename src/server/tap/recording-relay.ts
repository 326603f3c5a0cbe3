// A relay that records: each connection to it is one to the target, and what passes is told to the tap, TLS and WebSocket undone.
// For brokers that are not ours, without root: clients connect to the relay instead.

import type { Link, Receiver } from '../../base/link.ts'
import { type DialTarget, dial } from '../../net/dial.ts'
import { type Listener, type ListenerOptions, listen } from '../../net/listener.ts'
import { createNetContext, type NetContext } from '../../net/net-context.ts'
import type { TapHub } from './tap-hub.ts'

export interface RelayOptions {
  readonly listen: ListenerOptions
  readonly target: DialTarget
  /** Told of connections that failed, in a sentence; must not throw. */
  readonly onProblem: (problem: string) => void
}

export class RecordingRelay {
  readonly #context: NetContext
  /** A context of its own: what goes to the target is the same bytes, told already. */
  readonly #targets: NetContext
  #listener: Listener | null = null

  private constructor(hub: TapHub, options: RelayOptions) {
    const onError = ({ error }: { readonly error: Error }): void => options.onProblem(error.message)
    this.#context = createNetContext({ tap: hub, onError })
    this.#targets = createNetContext({ onError })
  }

  /** @throws the system's error when it cannot listen */
  static async open(hub: TapHub, options: RelayOptions): Promise<RecordingRelay> {
    const relay = new RecordingRelay(hub, options)
    relay.#listener = await listen(relay.#context, options.listen, (link) => new Relayed(link, relay.#targets, options))
    return relay
  }

  /** The port really taken. */
  get port(): number {
    return this.#listener!.address.port
  }

  async close(): Promise<void> {
    await this.#listener!.close(true)
  }
}

/** One end of a relayed connection, and the other one once it stands. */
class Relayed implements Receiver {
  readonly #link: Link
  #other: Link | null = null
  #isOver = false

  constructor(link: Link, context: NetContext, options: RelayOptions) {
    this.#link = link
    link.pause()
    dial(context, options.target, (other) => this.#join(other)).catch((error: unknown) => {
      options.onProblem(`no connection to ${placeOf(options.target)}: ${(error as Error).message}`)
      link.destroy()
    })
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    pass(bytes, start, end, this.#link, this.#other!)
  }

  drained(): void {
    this.#other?.resume()
  }

  closed(): void {
    this.#isOver = true
    this.#other?.end()
  }

  #join(other: Link): Receiver {
    this.#other = other
    if (this.#isOver) other.destroy()
    else this.#link.resume()
    return {
      received: (bytes, start, end) => pass(bytes, start, end, other, this.#link),
      drained: () => this.#link.resume(),
      closed: () => this.#link.end(),
    }
  }
}

/** A side that takes nothing stops the other one. */
function pass(bytes: Uint8Array, start: number, end: number, from: Link, to: Link): void {
  to.output.append(bytes, start, end, null)
  if (to.output.full) from.pause()
}

function placeOf(target: DialTarget): string {
  if (target.transport === 'unix') return target.path
  if ('url' in target && target.url !== undefined) return target.url
  return `${target.host ?? ''}:${target.port ?? ''}`
}
