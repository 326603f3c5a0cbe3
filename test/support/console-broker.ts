// A broker with the console's door open, on ports of the system's choice, and how a browser or a program asks it.
// Requests go by node:http, so that a test can say any Host, Origin or cookie.

import { type IncomingHttpHeaders, request } from 'node:http'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { Log } from '../../src/base/log.ts'
import { AdminServer, type AdminServerOptions } from '../../src/server/admin/admin-server.ts'
import { ConsoleTokens } from '../../src/server/admin/console-tokens.ts'
import { type BrokerListener, type RunningBroker, type StartBrokerOptions, startBroker } from '../../src/server/start-broker.ts'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  readonly json: any
}

export interface ConsoleBroker {
  readonly running: RunningBroker
  readonly admin: AdminServer
  /** Lines of the log, `type: text`. */
  readonly lines: string[]
  readonly httpPort: number
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Reply>
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>
  /** A WebSocket, open; rejects with the status of a refusal. Texts and bytes go to `take`. */
  open(path: string, headers?: Readonly<Record<string, string>>, take?: (message: string | Uint8Array) => void): Promise<WebSocket>
}

type Options = Partial<AdminServerOptions> & {
  readonly broker?: StartBrokerOptions
  readonly listener?: Partial<BrokerListener>
}

export async function startConsole({ broker = {}, listener = {}, ...options }: Options = {}): Promise<ConsoleBroker> {
  const lines: string[] = []
  const log: Log = { write: (type, line) => void lines.push(`${type}: ${line}`) }
  const admin = new AdminServer({
    log,
    tokens: ConsoleTokens.none(),
    trustsThisMachine: () => true,
    folder: '/nonexistent',
    configuration: () => ({ files: [], sections: [] }),
    ...options,
  })
  const websocket = { paths: ['/mqtt'], onRequest: admin.onRequest, onUpgrade: admin.onUpgrade }
  const running = await startBroker({
    ...broker,
    listeners: [{ port: 0, host: '127.0.0.1', ...listener }, ...(broker.listeners ?? []), { transport: 'ws', port: 0, host: '127.0.0.1', websocket }],
    log: admin.log,
    looks: [admin],
  })
  onTestFinished(() => running.close())
  const httpPort = running.ports.at(-1)!
  const send = (method: string, path: string, headers: Readonly<Record<string, string>>, body: string | null): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: httpPort, method, path, headers }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => {
          const text = Buffer.concat(parts).toString()
          const isJson = response.headers['content-type']?.startsWith('application/json') === true
          resolve({ status: response.statusCode!, headers: response.headers, text, json: isJson ? JSON.parse(text) : null })
        })
      })
      sent.on('error', reject)
      sent.end(body ?? undefined)
    })
  return {
    running,
    admin,
    lines,
    httpPort,
    get: (path, headers = {}) => send('GET', path, headers, null),
    post: (path, body, headers = {}) => send('POST', path, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(body)),
    open: (path, headers = {}, take = () => {}) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${httpPort}${path}`, { headers })
        onTestFinished(() => socket.terminate())
        socket.on('message', (data, isBinary) => take(isBinary ? new Uint8Array(data as Buffer) : String(data)))
        socket.once('open', () => resolve(socket))
        socket.once('unexpected-response', (_, response) => reject(new Error(`refused with ${response.statusCode}`)))
        socket.once('error', reject)
      }),
  }
}
