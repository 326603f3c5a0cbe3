// The client over real sockets with a real broker: TCP and WebSocket, both directions, a broker that goes and comes back.
// Only loopback, ports given by the system.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect } from '../../src/client/node.ts'
import type { RunningBroker } from '../../src/server/start-broker.ts'
import { startBroker } from '../../src/server/start-broker.ts'

const LIMIT = { timeoutMs: 8000 }

async function withBroker(run: (broker: RunningBroker) => Promise<void>, options: Parameters<typeof startBroker>[0] = {}): Promise<void> {
  const broker = await startBroker({ port: 0, ...options })
  try {
    await run(broker)
  } finally {
    await broker.close()
  }
}

for (const version of [3, 4, 5] as const) {
  test(`${version}: publish and subscribe with each QoS, a large payload, and request and response`, async () => {
    await withBroker(async ({ port }) => {
      const sub = await connect(`mqtt://127.0.0.1:${port}`, { version, clientId: 'sub', ...LIMIT })
      const pub = await connect(`mqtt://127.0.0.1:${port}`, { version, clientId: 'pub', ...LIMIT })
      const readings = await sub.subscribe('room/+/t', { qos: 2, ...LIMIT })
      for (const qos of [0, 1, 2] as const) await pub.publish(`room/${qos}/t`, { qos }, { qos, ...LIMIT })
      const large = new Uint8Array(1_500_000).fill(7)
      await pub.publish('room/9/t', large, { qos: 1, ...LIMIT })
      const got = []
      for (let i = 0; i < 4; i++) got.push((await readings.next(LIMIT))!)
      expect(
        got
          .slice(0, 3)
          .map(({ topic, qos }) => `${topic} ${qos}`)
          .sort(),
      ).toEqual(['room/0/t 0', 'room/1/t 1', 'room/2/t 2'])
      expect(Buffer.compare(got[3]!.payload, large)).toBe(0)
      if (version === 5) {
        const service = await sub.subscribe('service', LIMIT)
        const serving = service.next(LIMIT).then((question) =>
          sub.publish(question!.properties.responseTopic!, `re: ${question!.text()}`, {
            properties: { correlationData: question!.properties.correlationData! },
          }),
        )
        expect((await pub.request('service', 'what', LIMIT)).text()).toBe('re: what')
        await serving
      }
      await Promise.all([sub.close(), pub.close()])
    })
  })
}

test('WebSocket and Unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-'))
  const path = join(folder, 'mqtt.sock')
  await withBroker(
    async ({ ports }) => {
      const overWeb = await connect(`ws://127.0.0.1:${ports[0]}/mqtt`, LIMIT)
      const overFile = await connect(`unix:${path}`, LIMIT)
      const subscription = await overWeb.subscribe('a', LIMIT)
      await overFile.publish('a', 'hello', LIMIT)
      expect((await subscription.next(LIMIT))!.text()).toBe('hello')
      await Promise.all([overWeb.close(), overFile.close()])
    },
    {
      listeners: [
        { transport: 'ws', port: 0 },
        { transport: 'unix', path },
      ],
    },
  )
  rmSync(folder, { recursive: true })
})

test('a broker that stops and starts again: messages published meanwhile arrive, subscriptions are there', async () => {
  const first = await startBroker({ port: 0 })
  const { port } = first
  const client = await connect(`mqtt://127.0.0.1:${port}`, { clientId: 'c', reconnect: { minMs: 20, maxMs: 100 }, ...LIMIT })
  const subscription = await client.subscribe('a', { qos: 1, ...LIMIT })
  await first.close()
  const publishing = client.publish('a', 'meanwhile', { qos: 1, ...LIMIT })
  const second = await startBroker({ port })
  await publishing
  expect((await subscription.next(LIMIT))!.text()).toBe('meanwhile')
  await client.close()
  await second.close()
})

test('a port nobody listens at, and a slow reader that stops the flow without losing any of it', async () => {
  await expect(connect('mqtt://127.0.0.1:9', LIMIT)).rejects.toMatchObject({ code: 'CONNECTION_FAILED', cause: { code: 'ECONNREFUSED' } })
  await withBroker(async ({ port }) => {
    const client = await connect(`mqtt://127.0.0.1:${port}`, { maximumInflight: 50, ...LIMIT })
    const sender = await connect(`mqtt://127.0.0.1:${port}`, LIMIT)
    const subscription = await client.subscribe('a', { qos: 1, highWaterMark: 10, ...LIMIT })
    const sending = (async () => {
      for (let i = 0; i < 500; i++) await sender.publish('a', String(i), { qos: 1, ...LIMIT })
    })()
    const got: string[] = []
    while (got.length < 500) got.push((await subscription.next(LIMIT))!.text())
    expect(got).toEqual(Array.from({ length: 500 }, (_, i) => String(i)))
    await sending
    await Promise.all([client.close(), sender.close()])
  })
})
