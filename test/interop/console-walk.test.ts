// The console as a user has it: `zanzara` serves it, Debian's clients publish, `zanzara bench` is the load; a browser walks through all screens.
// What a screen shows is compared with the broker's own answers. ZZ_WRITE=1 keeps the pictures in docs/images, for the README.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import type { BrokerAnswer, ClientsAnswer } from '../../src/server/admin/api-types.ts'
import { startProgram } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'
import { freePort } from './support/mosquitto.ts'

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update']
const ROOMS = ['5.01', '5.03', '5.04']
const ROUNDS = 8

/** Where pictures go. */
function pictures(): string {
  if (process.env['ZZ_WRITE'] === '1') {
    const kept = fileURLToPath(new URL('../../docs/images', import.meta.url))
    mkdirSync(kept, { recursive: true })
    return kept
  }
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-walk-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function numberOf(page: Page, name: string): Promise<string> {
  return await page.locator('.broker-number', { hasText: name }).locator('.broker-figure').innerText()
}

withTools(['chromium', 'mosquitto_pub', 'mosquitto_sub'], (tools) => {
  test.each(['light', 'dark'] as const)('%s: a walk through all screens, with numbers that are the broker’s own', { timeout: 90_000 }, async (theme) => {
    const [port, httpPort] = [await freePort(), await freePort()]
    const broker = startProgram(['--port', `${port}`, '--http-port', `${httpPort}`])
    await broker.until('stdout', /Ctrl-C stops it/)
    const address = `http://127.0.0.1:${httpPort}`
    const folder = pictures()

    const browser = await chromium.launch({ executablePath: tools.chromium, args: FLAGS })
    onTestFinished(() => browser.close())
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: theme, locale: 'en-GB' })
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    const picture = async (screen: string): Promise<void> => {
      const path = join(folder, `console-${screen}${theme === 'dark' ? '-dark' : ''}.png`)
      await page.screenshot({ path, animations: 'disabled' })
      expect(statSync(path).size, `${screen}: a picture of something`).toBeGreaterThan(15_000)
    }
    const go = (screen: string): Promise<void> => page.locator('nav').getByText(screen, { exact: true }).click()
    await page.goto(`${address}/`)
    await page.locator('.status .dot-live').waitFor({ state: 'attached' })

    const publish = (topic: string, ...more: string[]): void => {
      execFileSync(tools.mosquitto_pub, ['-p', `${port}`, '-t', topic, '-V', 'mqttv5', ...more])
    }
    const watcher = startProgram(['sub', '-p', `${port}`, '-i', 'dashboard', '-t', 'building5/#', '-q', '2', '-d'])
    onTestFinished(() => void watcher.child.kill('SIGTERM'))
    await watcher.until('stdout', /Subscribed/)
    await page.locator('.tree-row', { hasText: '$SYS' }).waitFor()
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, room] of ROOMS.entries()) {
        const t = (21.5 + Math.sin(round + i)).toFixed(1)
        publish(`building5/room${room}/temperature`, '-m', `{"t":${t},"unit":"°C","round":${round}}`, '-q', '1', '-r', '-i', `sensor-${room}`)
        publish(`building5/room${room}/humidity`, '-m', `${44 + ((round + i) % 5)} %`, '-i', `sensor-${room}`)
        if (round % 4 === 0) publish(`building5/room${room}/co2`, '-m', `${600 + 17 * round} ppm`, '-q', '2', '-i', `sensor-${room}`)
      }
    }
    const load = startProgram(['bench', 'pair', '-p', `${port}`, '-c', '2', '-r', '400', '-n', '400', '-t', 'load/%i', '--json'])

    // Topics: the last value of each topic, in the tree and beside it
    const last = (21.5 + Math.sin(ROUNDS - 1 + 1)).toFixed(1)
    const row = page.locator('.tree-row', { hasText: 'temperature' }).nth(1)
    await row.getByText(last).waitFor()
    await row.click()
    await page.locator('.message .code', { hasText: `"round": ${ROUNDS - 1}` }).waitFor()
    await picture('topics')
    expect(await load.ended()).toBe(0)

    // Messages: each one that was published, once
    await go('Messages')
    await page.locator('.screen input').first().fill('temperature')
    await page.getByText(new RegExp(`^${ROUNDS * ROOMS.length} of `)).waitFor()
    // the screen has room for nearly all of them
    await expect.poll(() => page.locator('.message-cells').count()).toBeGreaterThan(ROUNDS * ROOMS.length - 8)
    await picture('messages')

    // Packets: the display filter finds as many as were published and delivered, to the page and to the dashboard
    await go('Packets')
    const filter = page.locator('.screen [role=combobox], .screen input').first()
    await filter.fill(`mqtt.msgtype == 3 && mqtt.topic == "building5/room5.03/temperature" && mqtt.msg contains "round"`)
    await filter.press('Enter')
    const published = ROUNDS * 3
    await page
      .getByText(new RegExp(`^${published}( of |$)`))
      .first()
      .waitFor()
    await page.locator('[role=row]', { hasText: 'room5.03' }).nth(6).click()
    await page.getByText('MQ Telemetry Transport').first().waitFor()
    await picture('packets')

    await go('Ladder')
    await page.locator('.screen svg').first().waitFor()
    await page.getByText('PUBLISH').first().waitFor()
    await picture('ladder')

    // Broker and Clients: as the broker itself tells
    await go('Broker')
    const own = (await (await fetch(`${address}/admin/v1/broker`)).json()) as BrokerAnswer
    await expect.poll(() => numberOf(page, 'Clients')).toBe(String(own.connected))
    expect(await numberOf(page, 'Retained')).toBe(String(own.retained))
    await page.getByText(`${own.counters['publishesReceived']!.toLocaleString('en-GB')} since the start`).waitFor()
    await picture('broker')

    await go('Clients')
    const clients = (await (await fetch(`${address}/admin/v1/clients`)).json()) as ClientsAnswer
    for (const { id } of clients.rows) await page.locator('.client-id', { hasText: id }).waitFor()
    await page.locator('.client-id', { hasText: 'dashboard' }).click()
    await page.getByRole('tab', { name: /Subscriptions/ }).click()
    await page.getByText('building5/#').first().waitFor()
    await picture('clients')
    expect(errors).toEqual([])
  })
})
