// The built console in Debian's Chromium: static files under the strict policy that the broker sends, a broker of ours on loopback, a client beside it.
// One browser for a file of tests, a fresh profile for each page; what the page logs or throws fails the test that looked away.

import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, extname, join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import type { Client } from '../../../src/client/client.ts'
import { connect } from '../../../src/client/node.ts'
import { type RunningBroker, type StartBrokerOptions, startBroker } from '../../../src/server/start-broker.ts'
import { builtProgram } from '../../support/built.ts'

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'"
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const READY_MS = 10_000
const SUBACK = 0x90

export interface ConsoleLab {
  readonly page: Page
  readonly broker: RunningBroker
  /** Publishes and subscribes beside the page. */
  readonly client: Client
  /** Address that the page connects to. */
  readonly url: string
}

/** Starts one browser for the tests of a file; the function it returns opens a page that is connected, or not yet. */
export function consoleBrowser(executablePath: string): (options?: LabOptions) => Promise<ConsoleLab> {
  let browser: Browser
  let files: Server
  beforeAll(async () => {
    files = await serve(join(dirname(builtProgram()), '../console'))
    browser = await chromium.launch({ executablePath, args: FLAGS })
  })
  afterAll(async () => {
    await browser.close()
    files.close()
    files.closeAllConnections()
  })
  return (options = {}) => openLab(browser, `http://127.0.0.1:${(files.address() as AddressInfo).port}/`, options)
}

export interface LabOptions {
  readonly context?: BrowserContextOptions
  readonly broker?: StartBrokerOptions
  readonly hash?: string
  /** Filled in, connected and subscribed; false = the form stands there. */
  readonly connects?: boolean
  readonly theme?: 'light' | 'dark' | 'contrast'
}

async function openLab(
  browser: Browser,
  address: string,
  { context: given = {}, broker: brokerOptions = {}, hash = '', connects = true, theme = 'light' }: LabOptions,
): Promise<ConsoleLab> {
  let answered = (): void => {}
  const subscribed = new Promise<void>((resolve) => {
    answered = resolve
  })
  const broker = await startBroker({
    ...brokerOptions,
    plugins: [
      ...(brokerOptions.plugins ?? []),
      {
        name: 'subscribed',
        onPacket: ({ direction, bytes }) => {
          if (direction === 'out' && bytes[0] === SUBACK) answered()
        },
      },
    ],
    limits: { sysInterval: 0 },
    listeners: [
      { port: 0, host: '127.0.0.1' },
      { port: 0, host: '127.0.0.1', transport: 'ws' },
    ],
  })
  onTestFinished(() => broker.close())
  const client = await connect(`mqtt://127.0.0.1:${broker.ports[0]}`, { clientId: 'beside' })
  onTestFinished(() => client.close())
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...given })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(READY_MS)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
  page.on('dialog', (dialog) => {
    errors.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  // a static server has no admin API: that one question is answered by 404
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.location().url.endsWith('/admin/v1/session')) errors.push(message.text())
  })
  onTestFinished(() => expect(errors).toEqual([]))
  await page.addInitScript(`localStorage.setItem('zanzara.settings', JSON.stringify({ theme: '${theme}' }))`)
  await page.goto(`${address}${hash}`)
  const url = `ws://127.0.0.1:${broker.ports[1]}/mqtt`
  if (connects) {
    await connectTo(page, url)
    await subscribed
  }
  return { page, broker, client, url }
}

export async function connectTo(page: Page, url: string): Promise<void> {
  const form = page.locator('.panel')
  await form.locator('input').first().fill(url)
  await form.locator('button[type=submit]').click()
  await page.locator('.status .dot-live').waitFor({ state: 'attached' })
}

function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    const file = join(folder, path === '/' ? 'index.html' : path)
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY }).end(readFileSync(file))
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}

/** What moves has come to rest: colours on their way are nobody's. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(`Promise.all(document.getAnimations()
    .filter((animation) => animation.effect.getComputedTiming().endTime < 5000)
    .map((animation) => animation.finished.catch(() => {})))`)
}
