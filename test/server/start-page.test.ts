// The page beside the WebSocket: plain answers, nothing that could run, everything escaped.
// A real HTTP server on a port of the system's choice.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { answerStartPage } from '../../src/server/start-page.ts'

const CONTENT = {
  version: '1.2.3',
  webSocketUrl: 'ws://localhost:8080/mqtt',
  mqttUrl: 'mqtt://localhost:1883',
  lines: ['zanzara sub -t "hello/#" -v', '<script>alert(1)</script> & more'],
}

async function page(): Promise<string> {
  const server = createServer((request, response) => answerStartPage(CONTENT, request, response)).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

test('a browser gets a page without script', async () => {
  const response = await fetch(`${await page()}/`, { headers: { Accept: 'text/html,*/*' } })
  const html = await response.text()
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(html).toContain('ws://localhost:8080/mqtt')
  expect(html).toContain('zanzara sub -t &quot;hello/#&quot; -v')
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; more')
  expect(html).not.toMatch(/<script|https?:\/\//)
})

test('curl gets text; HEAD gets no body', async () => {
  const url = await page()
  const response = await fetch(url)
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(await response.text()).toBe(
    'zanzara 1.2.3, an MQTT broker\n\nWebSocket  ws://localhost:8080/mqtt\nMQTT       mqtt://localhost:1883\n\n  zanzara sub -t "hello/#" -v\n  <script>alert(1)</script> & more\n',
  )
  const head = await fetch(url, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
})

test('other paths and methods are refused', async () => {
  const url = await page()
  expect((await fetch(`${url}/favicon.ico`)).status).toBe(404)
  expect((await fetch(`${url}/?x=1`)).status).toBe(200)
  const post = await fetch(url, { method: 'POST', body: 'x' })
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})
