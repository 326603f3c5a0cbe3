// WebSocket frames as no library would send them, at a real listener: whatever comes, others get in and MQTT goes on.
// Neighbours: targets.ts for everything that needs no socket.

import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { WebSocket } from 'ws'
import { startBroker } from '../../src/server/start-broker.ts'
import { connectFrame } from '../support/raw-packets.ts'
import { mutated, pieces, torn } from './mutations.ts'
import type { Target } from './targets.ts'

const PATIENCE_MS = 5000
const UPGRADE =
  'GET /mqtt HTTP/1.1\r\nHost: b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n'

function frame(first: number, payload: readonly number[]): number[] {
  const length = payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 255]
  return [first, ...length, 0, 0, 0, 0, ...payload]
}

const CONNECT = connectFrame(4, { clientId: 'fuzzed' })
const frames = fc
  .array(
    fc.constantFrom(
      frame(0x82, CONNECT),
      frame(0x02, CONNECT.slice(0, 5)),
      frame(0x80, CONNECT.slice(5)),
      frame(0x89, [1]),
      frame(0x8a, []),
      frame(0x88, [3, 0xe8]),
      frame(0x82, [0xc0, 0]),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((list) => Uint8Array.from(list.flat()))

/** A broker for all inputs; `close` ends it. */
export async function websocketTarget(): Promise<{ readonly target: Target; close(): Promise<void> }> {
  const broker = await startBroker({ listeners: [{ transport: 'ws', host: '127.0.0.1', port: 0 }], limits: { sysInterval: 0 } })
  const target: Target = {
    name: 'WebSocket frames',
    property: (taken) =>
      fc.asyncProperty(mutated(frames), pieces, fc.boolean(), async (bytes, lengths, isUpgraded) => {
        const socket = connect(broker.port, '127.0.0.1').on('error', () => {})
        socket.resume()
        await once(socket, 'connect')
        if (isUpgraded) socket.write(UPGRADE)
        for (const part of torn(bytes, lengths)) socket.write(part)
        await honest(broker.port)
        taken(!socket.destroyed)
        socket.destroy()
      }),
  }
  return { target, close: () => broker.close() }
}

/** Somebody else comes in and is answered. */
async function honest(port: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt')
  const late = AbortSignal.timeout(PATIENCE_MS)
  try {
    await once(socket, 'open', { signal: late })
    socket.send(Uint8Array.from(connectFrame(4, { clientId: 'honest' })))
    const [answer] = (await once(socket, 'message', { signal: late })) as [Buffer]
    if (answer.toString('hex') !== '20020000') throw new Error(`an honest client was answered ${answer.toString('hex')}`)
  } finally {
    socket.terminate()
  }
}
