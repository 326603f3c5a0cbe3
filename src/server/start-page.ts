// The page at http://localhost:8080/ of a bare start: where MQTT is, and two lines to paste. No script, no request to anywhere.
// An answer to plain HTTP requests beside the WebSocket; knows nothing of the broker.

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface StartPageContent {
  readonly version: string
  /** Such as `ws://localhost:8080/mqtt`, and `mqtt://localhost:1883`. */
  readonly webSocketUrl: string
  readonly mqttUrl: string
  /** Shell commands. */
  readonly lines: readonly string[]
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:4rem auto;padding:0 1rem;color:#1c2733;background:#fbfcfd}' +
  'code,pre{font:14px/1.6 ui-monospace,monospace}pre{background:#eef2f6;padding:1rem;border-radius:6px;overflow-x:auto}dt{color:#5b6b7b}dd{margin:0 0 .6rem}' +
  '@media(prefers-color-scheme:dark){body{color:#d7dee6;background:#11161c}pre{background:#1b232c}dt{color:#8c9aa8}}'

const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** Answers GET / with the page, or with text to a client that asks for no HTML, such as curl. */
export function answerStartPage(content: StartPageContent, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '/').split('?')[0]!
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'text/plain', 'Only GET is answered here.\n', { Allow: 'GET, HEAD' })
  if (path !== '/') return send(response, 404, 'text/plain', `Nothing is here. MQTT over WebSocket: ${content.webSocketUrl}\n`)
  const isHtml = (request.headers.accept ?? '').includes('text/html')
  send(response, 200, isHtml ? 'text/html' : 'text/plain', isHtml ? html(content) : text(content))
}

function send(response: ServerResponse, status: number, type: string, body: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
    Vary: 'Accept',
    ...headers,
  })
  response.end(body) // without the body for HEAD: Node leaves it out
}

function text({ version, webSocketUrl, mqttUrl, lines }: StartPageContent): string {
  return `zanzara ${version}, an MQTT broker\n\nWebSocket  ${webSocketUrl}\nMQTT       ${mqttUrl}\n\n${lines.map((line) => `  ${line}\n`).join('')}`
}

function html({ version, webSocketUrl, mqttUrl, lines }: StartPageContent): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>zanzara</title><style>${STYLE}</style></head>
<body>
<h1>zanzara ${escapeHtml(version)}</h1>
<p>An MQTT broker runs here. This page only says where.</p>
<dl>
<dt>MQTT over WebSocket</dt><dd><code>${escapeHtml(webSocketUrl)}</code></dd>
<dt>MQTT</dt><dd><code>${escapeHtml(mqttUrl)}</code></dd>
</dl>
<p>Paste these into two terminals:</p>
<pre>${escapeHtml(lines.join('\n'))}</pre>
</body>
</html>
`
}

function escapeHtml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
