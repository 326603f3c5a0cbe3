// The built console as the broker itself serves it, in Debian's Chromium: login, admin API and stream included.
// One browser for a file of tests, a fresh profile for each page; what the page logs or throws fails the test.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import type { Client } from '../../../src/client/client.ts'
import { connect, type NodeConnectOptions } from '../../../src/client/node.ts'
import { builtProgram } from '../../support/built.ts'
import { type ConsoleBroker, startConsole } from '../../support/console-broker.ts'

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
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface AdminLab extends ConsoleBroker {
  readonly page: Page
  /** A client beside the page, closed with the test. */
  join(clientId: string, options?: NodeConnectOptions): Promise<Client>
}

export interface AdminLabOptions extends NonNullable<Parameters<typeof startConsole>[0]> {
  readonly context?: BrowserContextOptions
  readonly hash?: string
  readonly theme?: 'light' | 'dark' | 'contrast'
  /** Faults of the network that the page may log: of a broker that stops, of questions that are refused. */
  readonly expected?: RegExp
}

/** Starts one browser for the tests of a file; the function it returns starts a broker and opens its console. */
export function adminBrowser(executablePath: string): (options?: AdminLabOptions) => Promise<AdminLab> {
  let browser: Browser
  beforeAll(async () => {
    builtProgram()
    browser = await chromium.launch({ executablePath, args: FLAGS })
  })
  afterAll(() => browser.close())
  return async ({ context: given = {}, hash = '', theme = 'light', expected, ...options } = {}) => {
    const console = await startConsole({ folder: join(dirname(builtProgram()), '../console'), ...options })
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...given })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    page.setDefaultTimeout(READY_MS)
    const errors: string[] = []
    const note = (text: string): void => {
      if (expected?.test(text) !== true) errors.push(text)
    }
    page.on('pageerror', (error) => note(error.stack ?? error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') note(message.text())
    })
    page.on('dialog', (dialog) => {
      note(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    onTestFinished(() => expect(errors).toEqual([]))
    await page.addInitScript(`localStorage.setItem('zanzara.settings', JSON.stringify({ theme: '${theme}' }))`)
    await page.goto(`http://127.0.0.1:${console.httpPort}/${hash}`)
    const join_ = async (clientId: string, more: NodeConnectOptions = {}): Promise<Client> => {
      const client = await connect(console.running.url, { clientId, reconnect: false, ...more })
      onTestFinished(() => client.close())
      return client
    }
    return { ...console, page, join: join_ }
  }
}

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** Serious ones that axe-core finds, each as one line. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] }).then((result) => result.violations)')) as Violation[]
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} (${failureSummary.replaceAll('\n', ' ').slice(0, 200)})`).join(' | ')}`,
    )
}
