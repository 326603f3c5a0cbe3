// What browsers and Node have in common, as far as the core and the browser client use it: the second compile knows nothing else.
// Only tsconfig.browser.json includes this file. A name is added here when it exists in both worlds, never to silence an error.

interface TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
  encodeInto(text: string, target: Uint8Array): { read: number; written: number }
}
declare const TextEncoder: { new (): TextEncoder }

interface TextDecoder {
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string
}
declare const TextDecoder: { new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder }

interface Event {
  readonly type: string
}

interface EventTarget {
  addEventListener(type: string, listener: (event: Event) => void, options?: { once?: boolean; signal?: AbortSignal }): void
  removeEventListener(type: string, listener: (event: Event) => void): void
}

interface MessageEvent extends Event {
  readonly data: unknown
}

interface CloseEvent extends Event {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

interface WebSocket extends EventTarget {
  readonly url: string
  readonly protocol: string
  readonly readyState: number
  readonly bufferedAmount: number
  binaryType: 'arraybuffer' | 'blob'
  onopen: ((event: Event) => void) | null
  onmessage: ((event: MessageEvent) => void) | null
  onerror: ((event: Event) => void) | null
  onclose: ((event: CloseEvent) => void) | null
  send(data: string | ArrayBuffer | ArrayBufferView): void
  close(code?: number, reason?: string): void
}
declare const WebSocket: { new (url: string | URL, protocols?: string | string[]): WebSocket }

interface AbortSignal extends EventTarget {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
}
declare const AbortSignal: {
  abort(reason?: unknown): AbortSignal
  any(signals: Iterable<AbortSignal>): AbortSignal
  timeout(ms: number): AbortSignal
}

interface AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
declare const AbortController: { new (): AbortController }

interface URLSearchParams extends Iterable<[string, string]> {
  get(name: string): string | null
  has(name: string): boolean
}

interface URL {
  readonly href: string
  protocol: string
  hostname: string
  host: string
  port: string
  pathname: string
  search: string
  hash: string
  username: string
  password: string
  readonly searchParams: URLSearchParams
}
declare const URL: { new (url: string | URL, base?: string | URL): URL }

/** Opaque: a number in browsers, an object in Node. */
interface TimerHandle {
  readonly timer: never
}
declare function setTimeout(callback: () => void, ms?: number): TimerHandle
declare function clearTimeout(handle: TimerHandle | undefined): void
declare function setInterval(callback: () => void, ms?: number): TimerHandle
declare function clearInterval(handle: TimerHandle | undefined): void
declare function queueMicrotask(callback: () => void): void

declare const performance: { now(): number }
declare const crypto: {
  getRandomValues<T extends Uint8Array | Uint16Array | Uint32Array>(target: T): T
  randomUUID(): string
}

interface ReadableStreamReader {
  read(): Promise<{ readonly done: true; readonly value?: undefined } | { readonly done: false; readonly value: Uint8Array<ArrayBuffer> }>
  cancel(reason?: unknown): Promise<void>
}
interface ReadableStreamController<T> {
  enqueue(chunk: T): void
  close(): void
}
interface ReadableStream<T = Uint8Array> {
  getReader(): ReadableStreamReader
  pipeThrough(transform: DecompressionStream): ReadableStream<T>
}
declare const ReadableStream: {
  new <T>(source: { pull(controller: ReadableStreamController<T>): Promise<void>; cancel(): Promise<void> }): ReadableStream<T>
}
interface Blob {
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>
}
declare const Blob: { new (parts?: readonly Uint8Array<ArrayBuffer>[]): Blob }
interface DecompressionStream {
  readonly readable: ReadableStream
}
declare const DecompressionStream: { new (format: 'gzip'): DecompressionStream }
