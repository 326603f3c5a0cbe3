// What the tests of net/ stand on: owners that write down what they are told, and waits that end.
// Transports by name, so that one behaviour is tested over all of them.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Accept, Link, Receiver } from '../../src/base/link.ts'
import { type DialTarget, dial } from '../../src/net/dial.ts'
import { type Listener, type ListenerOptions, listen } from '../../src/net/listener.ts'
import { createNetContext, type NetContext, type NetContextOptions } from '../../src/net/net-context.ts'

export function certificate(file: string): string {
  return readFileSync(new URL(`certificates/${file}`, import.meta.url), 'utf8')
}

/** Waits until `holds`, looking anew in each turn of the event loop. */
export async function until(holds: () => boolean, what: string, timeoutMs = 30_000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Lets the event loop turn: for what must not happen, where there is no event to wait for. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** An owner that keeps what it is told. */
export class Recorder implements Receiver {
  readonly link: Link
  readonly chunks: Buffer[] = []
  length = 0
  drains = 0
  closes = 0
  error: Error | null = null
  onReceived: (bytes: Uint8Array, start: number, end: number) => void = () => {}
  onDrained: () => void = () => {}

  constructor(link: Link) {
    this.link = link
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    expect(this.closes, 'nothing after closed').toBe(0)
    this.chunks.push(Buffer.from(bytes.subarray(start, end)))
    this.length += end - start
    this.onReceived(bytes, start, end)
  }

  drained(): void {
    expect(this.closes, 'nothing after closed').toBe(0)
    this.drains++
    this.onDrained()
  }

  closed(error: Error | null): void {
    this.closes++
    this.error = error
  }

  send(bytes: Uint8Array): void {
    this.link.output.append(bytes, 0, bytes.length, { view: () => bytes })
  }
}

/** Keeps the recorders of all links it accepted. */
export class Owners {
  readonly all: Recorder[] = []
  readonly #prepare: (recorder: Recorder) => void
  readonly accept: Accept = (link) => {
    const recorder = new Recorder(link)
    this.all.push(recorder)
    this.#prepare(recorder)
    return recorder
  }

  constructor(prepare: (recorder: Recorder) => void = () => {}) {
    this.#prepare = prepare
  }

  /** The n-th accepted. */
  async at(n: number): Promise<Recorder> {
    await until(() => this.all.length > n, `connection ${n}`)
    return this.all[n]!
  }
}

export type Way = 'tcp' | 'tcp, plain' | 'unix' | 'tls' | 'ws' | 'wss'
export const WAYS: readonly Way[] = ['tcp', 'tcp, plain', 'unix', 'tls', 'ws', 'wss']

/** A context that is checked at the end of the test: every block must have come back. */
export function testContext(options: NetContextOptions = {}): NetContext {
  const context = createNetContext({ arenaSize: 8 << 20, endTimeoutMs: 300, ...options })
  onTestFinished(async () => {
    await until(() => context.pool.lentBlocks === 0, 'all blocks given back')
  })
  return context
}

export function contextFor(way: Way, options: NetContextOptions = {}): NetContext {
  return testContext({ sharedReadBuffer: way !== 'tcp, plain', ...options })
}

export function socketFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-net-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'socket')
}

/** Listens until the end of the test, then cuts everything. */
export async function listening(context: NetContext, options: ListenerOptions, accept: Accept): Promise<Listener> {
  const listener = await listen(context, options, accept)
  onTestFinished(() => listener.close(true))
  return listener
}

export function listenerOptions(way: Way): ListenerOptions {
  const tls = { key: certificate('server.key'), cert: certificate('server.crt') }
  const websocket = { paths: null, origins: null, maximumFrame: 1 << 20 }
  switch (way) {
    case 'tcp':
    case 'tcp, plain':
      return { transport: 'tcp', host: '127.0.0.1', port: 0 }
    case 'unix':
      return { transport: 'unix', path: socketFile() }
    case 'tls':
      return { transport: 'tls', host: '127.0.0.1', port: 0, tls }
    case 'ws':
      return { transport: 'ws', host: '127.0.0.1', port: 0, websocket }
    case 'wss':
      return { transport: 'wss', host: '127.0.0.1', port: 0, tls, websocket }
  }
}

/** The way to a listener. */
export function targetFor(way: Way, listener: Listener): DialTarget {
  const { host, port } = listener.address
  const tls = { ca: certificate('ca.crt') }
  switch (way) {
    case 'tcp':
    case 'tcp, plain':
      return { transport: 'tcp', host, port }
    case 'unix':
      return { transport: 'unix', path: host }
    case 'tls':
      return { transport: 'tls', host, port, tls }
    case 'ws':
      return { transport: 'ws', host, port }
    case 'wss':
      return { transport: 'wss', host, port, tls }
  }
}

/** Both ends of one connection. */
export async function pair(
  way: Way,
  context: NetContext,
  prepare: (recorder: Recorder) => void = () => {},
): Promise<{ listener: Listener; server: Recorder; client: Recorder }> {
  const owners = new Owners(prepare)
  const clients = new Owners()
  const listener = await listening(context, listenerOptions(way), owners.accept)
  const link = await dial(context, targetFor(way, listener), clients.accept)
  onTestFinished(() => link.destroy())
  return { listener, server: await owners.at(0), client: clients.all[0]! }
}

/** Bytes that differ everywhere, so that a lost, repeated or moved one shows. */
export function pattern(size: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    bytes[i] = state >>> 16
  }
  return bytes
}

/** Sends all of it, as fast as the peer takes it. */
export function sendAll(recorder: Recorder, bytes: Buffer, step = 30_000): void {
  let at = 0
  const more = (): void => {
    const { output } = recorder.link
    for (; at < bytes.length && !output.full; at += step) output.append(bytes, at, Math.min(at + step, bytes.length), null)
  }
  recorder.onDrained = more
  more()
}
