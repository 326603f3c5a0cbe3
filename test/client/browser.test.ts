// The browser's WebSocket as a Link: frames in and out, a pause that loses nothing, closing from both sides.
// A WebSocket made by the test stands for the browser's.

import { expect, test } from 'vitest'
import type { Link, Receiver } from '../../src/base/link.ts'
import { connect, type WebSocketLike, webSocketDial } from '../../src/client/browser.ts'
import { ManualTimers, settle } from './scripted-server.ts'

class FakeSocket implements WebSocketLike {
  static last: FakeSocket
  binaryType = 'blob'
  readyState = 0
  bufferedAmount = 0
  onopen: (() => void) | null = null
  onmessage: ((event: { readonly data: unknown }) => void) | null = null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null
  onerror: (() => void) | null = null
  readonly frames: number[][] = []
  readonly url: string
  readonly protocols: string[]
  closedWith: number | null | undefined = undefined

  constructor(url: string, protocols: string[]) {
    this.url = url
    this.protocols = protocols
    FakeSocket.last = this
  }

  send(data: Uint8Array): void {
    this.frames.push([...data])
  }

  close(code?: number): void {
    this.closedWith = code ?? null
  }
}

async function open(): Promise<{ link: Link; socket: FakeSocket; timers: ManualTimers; events: string[] }> {
  const timers = new ManualTimers()
  const events: string[] = []
  const receiver: Receiver = {
    received: (bytes, start, end) => events.push(`received ${[...bytes.subarray(start, end)].join()}`),
    drained: () => events.push('drained'),
    closed: (error) => events.push(`closed${error === null ? '' : ` ${error.message}`}`),
  }
  const dialling = webSocketDial('ws://h:80/mqtt', 'mqtt', timers, FakeSocket)(() => receiver, new AbortController().signal)
  FakeSocket.last.onopen!()
  return { link: await dialling, socket: FakeSocket.last, timers, events }
}

const frame = (...bytes: number[]): { data: ArrayBuffer } => ({ data: Uint8Array.from(bytes).buffer })

test('subprotocol and binary frames; what is written in one turn goes in one frame [MQTT-6.0.0-3]', async () => {
  const { link, socket, events } = await open()
  expect([socket.protocols, socket.binaryType]).toEqual([['mqtt'], 'arraybuffer'])
  link.output.append(Uint8Array.of(1, 2), 0, 2, null)
  link.output.append(Uint8Array.of(3), 0, 1, null)
  expect(socket.frames).toEqual([])
  await settle()
  expect(socket.frames).toEqual([[1, 2, 3]])
  socket.onmessage!(frame(4, 5))
  expect(events).toEqual(['received 4,5'])
})

test('while paused frames are kept, and come in order afterwards', async () => {
  const { link, socket, events } = await open()
  link.pause()
  socket.onmessage!(frame(1))
  socket.onmessage!(frame(2))
  expect(events).toEqual([])
  link.resume()
  socket.onmessage!(frame(3))
  await settle()
  expect(events).toEqual(['received 1', 'received 2', 'received 3'])
})

test('a slow socket blocks the output until it has sent', async () => {
  const { link, socket, timers, events } = await open()
  socket.bufferedAmount = 1 << 20
  link.output.append(Uint8Array.of(1), 0, 1, null)
  await settle()
  expect(link.output.blocked).toBe(true)
  timers.pass(100)
  expect(events).toEqual([])
  socket.bufferedAmount = 0
  timers.pass(20)
  expect([link.output.blocked, events]).toEqual([false, ['drained']])
})

test('text ends the connection [MQTT-6.0.0-1]; so does the server; once', async () => {
  const text = await open()
  text.socket.onmessage!({ data: 'hello' })
  expect([text.socket.closedWith, text.events]).toEqual([1003, ['closed WebSocket message that is not binary']])
  const gone = await open()
  const { onclose } = gone.socket
  onclose!({ code: 1006, reason: '' })
  onclose!({ code: 1006, reason: '' })
  expect(gone.events).toEqual(['closed WebSocket closed with 1006'])
})

test('end writes first; destroy does not wait', async () => {
  const { link, socket, timers, events } = await open()
  link.output.append(Uint8Array.of(0xe0, 0), 0, 2, null)
  link.end()
  expect([socket.frames, socket.closedWith]).toEqual([[[0xe0, 0]], 1000])
  timers.pass(5000) // the peer does not answer
  expect(events).toEqual(['closed'])
  const cut = await open()
  cut.link.destroy()
  await settle()
  expect(cut.events).toEqual(['closed'])
})

test('no connection, given up, no WebSocket, no such transport: each says so', async () => {
  const dial = webSocketDial('ws://h:80/mqtt', 'mqtt', new ManualTimers(), FakeSocket)
  const never = (): Receiver => {
    throw new Error('accepted')
  }
  const refused = dial(never, new AbortController().signal)
  FakeSocket.last.onclose!({ code: 1006, reason: 'nobody' })
  await expect(refused).rejects.toMatchObject({ code: 'CONNECTION_FAILED', message: 'ws://h:80/mqtt: no WebSocket connection (1006 nobody)' })
  const controller = new AbortController()
  const given = dial(never, controller.signal)
  controller.abort()
  await expect(given).rejects.toMatchObject({ code: 'ABORTED' })
  expect(FakeSocket.last.closedWith).toBe(null)
  await expect(webSocketDial('ws://h', 'mqtt', new ManualTimers(), null)(never, new AbortController().signal)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
  await expect(connect('mqtt://h')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', hint: 'use ws:// or wss://' })
})
