// The client in a real browser: bundled as a web page would, in Chromium without a window, against a test broker's WebSocket.
// The page does what the library's examples do, and posts what it has seen.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { expect, onTestFinished, test } from 'vitest'
import { type TestBroker, testBroker } from '../../src/testing/test-broker.ts'
import { withTools } from '../support/require-tools.ts'

const entry = fileURLToPath(new URL('../../src/client/browser.ts', import.meta.url))
const PATIENCE_MS = 40_000

async function bundled(): Promise<string> {
  const bundle = await rolldown({ input: entry, platform: 'browser' })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  return output[0].code
}

/** Runs the body of an async function in a page, with `client` (the module) and `url`; gives what it returns. */
async function inBrowser(chromium: string, url: string, body: string): Promise<unknown> {
  const code = await bundled()
  const page = `<!doctype html><meta charset="utf-8"><title>MQTT</title><script type="module">
    import * as client from '/client.js'
    const run = async (client, url) => {${body}}
    const told = await run(client, ${JSON.stringify(url)}).catch((error) => ({ failed: String(error.stack ?? error) }))
    await fetch('/told', { method: 'POST', body: JSON.stringify(told) })
  </script>`
  let tell: (told: unknown) => void = () => {}
  const told = new Promise((resolve) => {
    tell = resolve
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/client.js') response.setHeader('content-type', 'text/javascript').end(code)
    else if (request.url === '/told') {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      response.end()
      tell(JSON.parse(Buffer.concat(chunks).toString()))
    } else response.setHeader('content-type', 'text/html').end(page)
  }
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const profile = mkdtempSync(join(tmpdir(), 'zanzara-chromium-'))
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', `--user-data-dir=${profile}`]
  const browser = spawn(chromium, [...flags, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own: its children write to the profile, too
  })
  let said = ''
  browser.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = once(browser, 'exit')
  onTestFinished(async () => {
    try {
      process.kill(-browser.pid!, 'SIGKILL')
    } catch {
      // it has ended by itself
    }
    await ended
    server.closeAllConnections()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the page has told nothing within ${PATIENCE_MS} ms; Chromium said:\n${said}`)), PATIENCE_MS)
  })
  const gone = ended.then(() => Promise.reject(new Error(`Chromium has ended:\n${said}`)))
  gone.catch(() => {})
  return await Promise.race([told, late, gone]).finally(() => clearTimeout(timer))
}

async function started(): Promise<TestBroker> {
  const broker = await testBroker({ listeners: [{ port: 0, transport: 'ws' }] })
  onTestFinished(() => broker.close())
  return broker
}

withTools(['chromium'], ({ chromium }) => {
  test('publish, subscribe, request, objects, large and binary payloads', { timeout: 60_000 }, async () => {
    const broker = await started()
    const told = await inBrowser(
      chromium,
      broker.wsUrl!,
      `const mqtt = await client.connect(url, { clientId: 'page', timeoutMs: 10000 })
      const rooms = await mqtt.subscribe('room/+', { qos: 1 })
      await mqtt.publish('room/1', { celsius: 21.5, where: 'Milano è qui' }, { qos: 1, retain: true })
      await mqtt.publish('room/2', Uint8Array.of(0, 255, 128), { qos: 2 })
      await mqtt.publish('room/3', 'x'.repeat(300000))
      const [one, two, three] = [await rooms.next(), await rooms.next(), await rooms.next()]
      const answering = (async () => {
        for await (const { properties } of await mqtt.subscribe('service'))
          await mqtt.publish(properties.responseTopic, '42', { properties: { correlationData: properties.correlationData } })
      })()
      await mqtt.publish('a', 'b', { qos: 1 }) // behind the SUBSCRIBE
      const reply = await mqtt.request('service', '', { timeoutMs: 5000 })
      const wrong = await mqtt.publish('a/#', '').catch((error) => [error instanceof client.MqttError, error.code])
      await mqtt.close()
      await answering
      return [one.json(), [...two.payload], three.payload.length, reply.text(), wrong, mqtt.version]`,
    )
    expect(told).toEqual([{ celsius: 21.5, where: 'Milano è qui' }, [0, 255, 128], 300_000, '42', [true, 'INVALID_ARGUMENT'], 5])
    expect(broker.retained.get('room/1')!.json()).toEqual({ celsius: 21.5, where: 'Milano è qui' })
  })

  test('a lost acknowledgement, and what the storage of the page keeps for the next client', { timeout: 60_000 }, async () => {
    const broker = await started()
    const loss = broker.faults.drop('mqtt.msgtype == 4', { times: 1 })
    broker.faults.cut('mqtt.msgtype == 3', { topic: 'kept', times: 1 })
    const told = await inBrowser(
      chromium,
      broker.wsUrl!,
      `const options = { clientId: 'page', timeoutMs: 10000, reconnect: { minMs: 50 } }
      const first = await client.connect(url, options)
      await first.publish('a', '1', { qos: 1 })
      await first.close()
      const once = { ...options, clientId: 'storing', reconnect: false, store: client.webStore(localStorage, 'lamp') }
      const failed = await (await client.connect(url, once)).publish('kept', 'x', { qos: 2 }).catch((error) => error.code)
      const before = localStorage.length
      const next = await client.connect(url, { ...once, store: client.webStore(localStorage, 'lamp') })
      const left = next.undelivered
      await next.end({ timeoutMs: 5000 })
      return [failed, before, left, localStorage.length]`,
    )
    expect(told).toEqual(['CONNECTION_LOST', 1, 1, 0])
    expect([loss.hits, broker.messages.matching('a').length, broker.messages.matching('kept').length]).toEqual([1, 2, 1])
    const again = broker.packets.filter((packet) => packet.type === 3 && packet.client === 'page')
    expect(again.map((packet) => packet.field('mqtt.dupflag'))).toEqual([false, true])
  })
})
