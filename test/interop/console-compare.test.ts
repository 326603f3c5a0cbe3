// Two connections compared in a browser: opened from the palette, two brokers beside each other, kept up to date, also on a narrow screen.
// What is compared how is in test/console; here it is looked at and operated.

import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../src/client/node.ts'
import { type RunningBroker, startBroker } from '../../src/server/start-broker.ts'
import { withTools } from '../support/require-tools.ts'
import { violations } from './support/admin-page.ts'
import { type ConsoleLab, connectTo, consoleBrowser, type LabOptions } from './support/console-page.ts'

const SOON = { timeout: 8000 }
const HOSTILE = '<img src=x onerror=alert(1)>'

withTools(['chromium'], ({ chromium }) => {
  const open = consoleBrowser(chromium)

  /** A page with two connections, the second one shown, and what stands in both brokers. */
  async function compared(options: LabOptions = {}): Promise<ConsoleLab & { readonly second: RunningBroker }> {
    const second = await startBroker({
      limits: { sysInterval: 0 },
      listeners: [
        { port: 0, host: '127.0.0.1' },
        { port: 0, host: '127.0.0.1', transport: 'ws' },
      ],
    })
    onTestFinished(() => second.close())
    const lab = await open(options)
    const { page, client } = lab
    const other = await connect(`mqtt://127.0.0.1:${second.ports[0]}`)
    onTestFinished(() => other.close())
    const put = async (to: typeof client, values: Readonly<Record<string, string>>): Promise<void> => {
      for (const [topic, payload] of Object.entries(values)) await to.publish(topic, payload, { qos: 1, retain: true })
    }
    await put(client, { 'lab/mode': 'auto', 'lab/room/temperature': '21.5 °C', 'lab/room/light': 'on', 'only/left': HOSTILE })
    await put(other, { 'lab/mode': 'auto', 'lab/room/temperature': '19 °C', 'lab/room/light': 'on', 'only/right': '{"value": 3}' })
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('>connect')
    await page
      .getByRole('option', { name: /Connect to a broker|New connection|Connect/ })
      .first()
      .click()
    await connectTo(page, `ws://127.0.0.1:${second.ports[1]}/mqtt`)
    await expect.poll(() => second.broker.connectedCount, SOON).toBe(2)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('>compare')
    await page.getByRole('option', { name: /Compare topics with/ }).click()
    await page.getByRole('dialog', { name: 'Compare topics' }).waitFor()
    return { ...lab, second }
  }

  test('differences, then all; a change on one side shows; a topic opens where it is', async () => {
    const { page, client } = await compared()
    const dialog = page.getByRole('dialog', { name: 'Compare topics' })
    const rows = async (): Promise<string[]> => (await dialog.locator('.compare-cells').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim())
    // the second connection is the left one: it was shown when the palette was asked
    await expect
      .poll(rows, SOON)
      .toEqual([
        'lab/room/temperature retained 19 °C differs retained 21.5 °C',
        `only/left – only right retained ${HOSTILE}`,
        'only/right retained 3 only left –',
      ])
    expect(await dialog.locator('.compare-counts').innerText()).toMatch(/1 different\s+1 only left\s+1 only right\s+2 same/)
    expect(await dialog.locator('img').count()).toBe(0)
    await client.publish('lab/mode', 'manual', { qos: 1 })
    await expect.poll(async () => (await rows())[0], SOON).toBe('lab/mode retained auto differs retained manual')
    await client.publish('lab/room/temperature', '19 °C', { qos: 1 })
    await expect.poll(async () => (await rows()).map((row) => row.split(' ')[0]), SOON).toEqual(['lab/mode', 'only/left', 'only/right'])
    await dialog.getByRole('radio', { name: 'All' }).click()
    await expect.poll(rows, SOON).toHaveLength(5)
    await dialog.getByLabel('Filter topics').fill('ROOM light')
    await expect.poll(rows, SOON).toEqual(['lab/room/light retained on = same retained on'])
    await dialog.getByLabel('Filter topics').fill('only/left')
    await dialog.locator('.compare-cells', { hasText: 'only/left' }).dblclick()
    await dialog.waitFor({ state: 'detached' })
    expect(page.url()).toContain('topic=only/left')
    expect(await page.locator('.conn-current').innerText()).not.toBe('')
  })

  test('Escape closes it', async () => {
    const { page } = await compared()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  for (const theme of ['light', 'dark', 'contrast'] as const)
    test(`axe finds nothing serious, ${theme}; at 400 px nothing is wider than the window`, async () => {
      const { page } = await compared({ theme })
      await page.locator('.compare-cells').first().waitFor()
      expect(await violations(page)).toEqual([])
      await page.setViewportSize({ width: 400, height: 800 })
      await page.locator('.compare-cells').first().waitFor()
      expect(await violations(page)).toEqual([])
      expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBeLessThanOrEqual(400)
    })
})
