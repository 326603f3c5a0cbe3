// The Web Worker of the console: calls come in, answers and events go out, a tick 15 times a second.
// All work is done behind worker-calls.ts, which knows nothing of Workers.

import type { WebSocketMaker } from '../../client/browser.ts'
import type { CallMessage, WorkerMessage } from './protocol.ts'
import { WorkerCalls } from './worker-calls.ts'

/** What is used of a Worker's global object. */
interface WorkerScope {
  readonly WebSocket: WebSocketMaker
  readonly performance: { readonly timeOrigin: number; now(): number }
  onmessage: ((event: { readonly data: CallMessage }) => void) | null
  postMessage(message: WorkerMessage, transfer: ArrayBuffer[]): void
  setInterval(action: () => void, ms: number): unknown
}

const scope = globalThis as unknown as WorkerScope
const TICK_MS = 66
/** Milliseconds of filtering between two looks at what came in. */
const SLICE_MS = 8

const wallMs = (): number => scope.performance.timeOrigin + scope.performance.now()
const tell = (message: WorkerMessage, value: unknown = null): void => scope.postMessage(message, buffersOf(value))
const calls = new WorkerCalls({ socket: scope.WebSocket, wallMs, random: Math.random }, (event, value) => tell({ event, value }))

scope.onmessage = ({ data: { call, name, ask } }) => {
  answer(call, name, ask).catch((error: unknown) => tell({ answer: call, error: error instanceof Error ? error.message : String(error) }))
}

scope.setInterval(() => {
  const begin = scope.performance.now()
  calls.tick(wallMs(), () => scope.performance.now() - begin > SLICE_MS)
}, TICK_MS)

async function answer(call: number, name: CallMessage['name'], ask: CallMessage['ask']): Promise<void> {
  const value = await calls.call(name, ask)
  tell({ answer: call, value }, value)
}

/** Bytes that are given away need not be copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const bytes = value instanceof Uint8Array ? value : typeof value === 'object' && value !== null && 'bytes' in value ? value.bytes : null
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength ? [bytes.buffer] : []
}
