// Live sources of `zanzara sniff` that need no permission: the tap of a zanzara broker, and a relay that records what passes through it.
// Both are a pcapng stream, read like any file.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { DialTarget } from '../net/dial.ts'
import type { ListenerOptions } from '../net/listener.ts'
import { packageVersion } from '../server/package-version.ts'
import { RecordingRelay } from '../server/tap/recording-relay.ts'
import { TapHub } from '../server/tap/tap-hub.ts'
import type { TapPlace } from '../server/tap/tap-listener.ts'

/** A stream of a capture that goes on until it is stopped. */
export interface LiveSource {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Says where it records, for people. */
  readonly told: string
  stop(): void
}

/** The words of --tap or --proxy cannot be understood; names the words and the form. */
export class LiveSourceError extends Error {
  override readonly name = 'LiveSourceError'
}

type Scheme = 'mqtt' | 'mqtts' | 'ws' | 'wss'

const TRANSPORTS: Readonly<Record<Scheme, 'tcp' | 'tls' | 'ws' | 'wss'>> = { mqtt: 'tcp', mqtts: 'tls', ws: 'ws', wss: 'wss' }
const PORTS: Readonly<Record<Scheme, number>> = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 }

export interface RelayWords {
  readonly listen: { readonly scheme: Scheme; readonly port: number }
  readonly target: { readonly scheme: Scheme; readonly host: string; readonly port: number; readonly path: string }
}

/** `tcp://127.0.0.1:PORT`, `PORT`, `unix:/path` or `/path`. @throws LiveSourceError */
export function readTapWords(words: string): TapPlace {
  const path = /^(?:unix:(?:\/\/)?)?(\.?\/.+)$/.exec(words)
  if (path !== null) return { path: path[1]! }
  const port = /^(?:(?:tcp:\/\/)?(?:127\.0\.0\.1|localhost|\[::1\]):)?(\d{1,5})$/.exec(words)
  if (port !== null && Number(port[1]) <= 65535) return { port: Number(port[1]) }
  throw new LiveSourceError(`--tap '${words}': give the place of a broker's tap_listener, a port of this machine (tcp://127.0.0.1:1889) or a path (/run/tap)`)
}

/** `[SCHEME:]PORT=[SCHEME://]HOST[:PORT][/PATH]`. Without schemes both sides are plain MQTT; what listens is plain unless it says otherwise. @throws LiveSourceError */
export function readRelayWords(words: string): RelayWords {
  const parts = /^(?:(mqtts?|wss?):)?(\d{1,5})=(?:(mqtts?|wss?):\/\/)?(\[[0-9a-fA-F:.]+\]|[^:/=]+)(?::(\d{1,5}))?(\/.*)?$/.exec(words)
  if (parts === null || Number(parts[2]) > 65535 || Number(parts[5] ?? 0) > 65535)
    throw new LiveSourceError(`--proxy '${words}': the form is PORT=HOST:PORT, as in 11883=broker.example:1883 or mqtts:18883=mqtts://broker.example`)
  const scheme = (parts[3] ?? 'mqtt') as Scheme
  const plain: Scheme = scheme.startsWith('ws') ? 'ws' : 'mqtt'
  return {
    listen: { scheme: (parts[1] as Scheme | undefined) ?? plain, port: Number(parts[2]) },
    target: { scheme, host: parts[4]!.replace(/^\[|\]$/g, ''), port: parts[5] === undefined ? PORTS[scheme] : Number(parts[5]), path: parts[6] ?? '/mqtt' },
  }
}

/** Reads a broker's tap. @throws LiveSourceError when nobody listens there */
export async function openTap(place: TapPlace): Promise<LiveSource> {
  const socket: Socket = connect('path' in place ? { path: place.path } : { port: place.port, host: '127.0.0.1' })
  const where = 'path' in place ? place.path : `port ${place.port} of this machine`
  try {
    await once(socket, 'connect')
  } catch (error) {
    throw new LiveSourceError(`no tap on ${where} (${(error as NodeJS.ErrnoException).code}): start the broker with 'tap_listener' in its configuration file`)
  }
  return { chunks: chunksOf(socket), told: `Reading along the broker's tap on ${where}`, stop: () => void socket.destroy() }
}

/** Begins to relay and to record. `insecure` takes any certificate of the target. @throws the system's error when it cannot listen */
export async function openRelay(
  { listen, target }: RelayWords,
  options: { readonly tls: ListenerOptions['tls']; readonly insecure: boolean; readonly onProblem: (problem: string) => void },
): Promise<LiveSource> {
  const hub = new TapHub(`zanzara ${packageVersion()}`, () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)))
  const transport = TRANSPORTS[listen.scheme]
  const relay = await RecordingRelay.open(hub, {
    listen: {
      transport,
      host: '127.0.0.1',
      port: listen.port,
      tls: options.tls ?? null,
      websocket: transport === 'ws' || transport === 'wss' ? { paths: null, origins: null, maximumFrame: 268_435_460 } : null,
    },
    target: dialTarget(target, options.insecure),
    onProblem: options.onProblem,
  })
  const queue = new ChunkQueue()
  const reader = hub.attach(queue)
  return {
    chunks: queue,
    told: `Recording: connect to ${listen.scheme}://127.0.0.1:${relay.port}, which leads to ${target.scheme}://${target.host}:${target.port}`,
    stop() {
      hub.detach(reader)
      queue.end()
      void relay.close()
    },
  }
}

function dialTarget({ scheme, host, port, path }: RelayWords['target'], insecure: boolean): DialTarget {
  const transport = TRANSPORTS[scheme]
  const tls = insecure ? { tls: { rejectUnauthorized: false } } : {}
  if (transport === 'ws' || transport === 'wss') return { transport, host, port, path, ...tls }
  return transport === 'tls' ? { transport, host, port, ...tls } : { transport, host, port }
}

async function* chunksOf(socket: Socket): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of socket) yield chunk as Uint8Array
  } catch (error) {
    if (!socket.destroyed) throw error // stopped by us, or the broker has gone: the end in either case
  }
}

const MOST_WAITING = 64 << 20

/** Chunks on their way from the recorder to the analyser, which may be slower. */
class ChunkQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  #size = 0
  #isOver = false
  #wake: () => void = () => {}

  get hasRoom(): boolean {
    return this.#size < MOST_WAITING
  }

  write(bytes: Uint8Array): void {
    this.#chunks.push(Buffer.copyBytesFrom(bytes))
    this.#size += bytes.length
    this.#wake()
  }

  end(): void {
    this.#isOver = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
        this.#size -= chunk.length
        yield chunk
      }
      if (this.#isOver) return
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
