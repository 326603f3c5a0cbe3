// "Lose this packet next time" on the Ladder, in a browser and with a real client: a lost PUBACK, the repetition with DUP, and the arrow that ends in a cross.
// Where it cannot be, the button says why.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { ConsoleTokens } from '../../src/server/admin/console-tokens.ts'
import { withTools } from '../support/require-tools.ts'
import { type AdminLab, adminBrowser, violations } from './support/admin-page.ts'
import { consoleBrowser, settled } from './support/console-page.ts'

const NARROW = { viewport: { width: 400, height: 800 }, hasTouch: true }
const SOON = { timeout: 10_000 }
/** Only the lamp's own connection. */
const LAMP = '#/ladder?filter=zz.client_id%20%3D%3D%20%22lamp%22'
const LOSE = 'Lose this packet next time'
/** With ZANZARA_SHOTS=folder what is seen is kept there. */
const SHOTS = process.env['ZANZARA_SHOTS']

async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return
  await settled(page)
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: join(SHOTS, `${name}.png`) })
}

const step = (page: Page, text: string) => page.locator('.ladder-step', { hasText: text })

/** A lamp that comes back with its session has published once, and its PUBACK is chosen. */
async function withPuback(lab: AdminLab): Promise<Awaited<ReturnType<AdminLab['join']>>> {
  const lamp = await lab.join('lamp', { version: 4, cleanStart: false, keepAlive: 60, reconnect: { minMs: 50 } })
  await lamp.publish('lab/lamp', 'on', { qos: 1 })
  await step(lab.page, 'PUBACK').first().waitFor(SOON)
  return lamp
}

withTools(['chromium'], ({ chromium }) => {
  const open = adminBrowser(chromium)
  const openForeign = consoleBrowser(chromium)

  test('a PUBACK is lost, the client repeats its PUBLISH with DUP, and the ladder shows both', async () => {
    const lab = await open({ hash: LAMP })
    const { page, running, lines } = lab
    const lamp = await withPuback(lab)
    const heard: boolean[] = []
    running.use({ name: 'repeats', onPacket: ({ direction, packet }) => void (direction === 'in' && packet?.type === 3 && heard.push(packet.dup)) })
    await step(page, 'PUBACK').first().click()
    await page.getByRole('button', { name: LOSE }).click()
    const dialog = page.getByRole('dialog', { name: LOSE })
    await expect.poll(() => dialog.innerText()).toContain('The next PUBACK to lamp about lab/lamp is lost, and the connection breaks.')
    expect(await violations(page)).toEqual([])
    await shot(page, 'dialog')
    await dialog.getByRole('checkbox').press('Space')
    await expect.poll(() => dialog.innerText()).toContain('The next PUBACK to lamp about lab/lamp is lost.')
    await dialog.getByRole('checkbox').press('Space')
    await dialog.getByRole('button', { name: 'Lose it' }).press('Enter')
    await page.locator('.losses-rule', { hasText: 'The next PUBACK to lamp about lab/lamp is lost, and the connection breaks.' }).waitFor(SOON)
    await page.locator('.losses-rule', { hasText: 'has not come yet' }).waitFor()
    expect(await violations(page)).toEqual([])
    await shot(page, 'in-force')
    await lamp.publish('lab/lamp', 'off', { qos: 1 }) // settles by the second PUBACK
    expect(heard).toEqual([false, true])
    await page.locator('.losses-rule').waitFor({ state: 'detached', ...SOON })
    await step(page, 'DUP').waitFor(SOON)
    await expect.poll(() => step(page, 'lost').count(), SOON).toBe(1)
    expect(await step(page, 'lost').textContent()).toMatch(/PUBACK/)
    expect(await step(page, 'lost').locator('path[stroke="var(--danger)"]').count()).toBe(1)
    await page.getByText('Rules have struck once').waitFor(SOON)
    await step(page, 'lost').click()
    await page.locator('.verdict', { hasText: /PUBACK did not arrive/ }).waitFor(SOON)
    await shot(page, 'lost')
    expect(lines.filter((line) => line.includes('Fault 1') || line.includes('set fault')).length).toBe(2)
  })

  test('a packet that is lost without its connection is marked, too: nobody repeats it', async () => {
    const lab = await open({ hash: LAMP, theme: 'dark' })
    const { page } = lab
    const lamp = await withPuback(lab)
    await step(page, 'PUBACK').first().click()
    await page.getByRole('button', { name: LOSE }).click()
    await page.getByRole('dialog').getByRole('checkbox').press('Space')
    await shot(page, 'dialog-dark')
    await page.getByRole('dialog').getByRole('button', { name: 'Lose it' }).click()
    await page.locator('.losses-rule').waitFor(SOON)
    lamp.publish('lab/lamp', 'off', { qos: 1 }).catch(() => {}) // never answered: ends with the client
    await expect.poll(() => step(page, 'lost').count(), SOON).toBe(1)
    await step(page, 'lost').click()
    await page.locator('.verdict', { hasText: 'No PUBACK from broker' }).waitFor(SOON)
    await page.locator('.state-table tr', { hasText: 'lamp' }).first().getByText('PUBACK').waitFor(SOON)
    expect(await violations(page)).toEqual([])
    await shot(page, 'no-cut-dark')
  })

  test('rules can be removed one by one and together; 400 pixels and Italian', async () => {
    const lab = await open({ hash: LAMP, context: { ...NARROW, locale: 'it-IT' } })
    const { page } = lab
    await withPuback(lab)
    await step(page, 'PUBLISH').first().click()
    await page.getByRole('tab', { name: 'Vita del messaggio' }).click()
    for (let i = 0; i < 3; i++) {
      await page.getByRole('button', { name: 'Perdi questo pacchetto la prossima volta' }).click()
      if (i === 0) await shot(page, 'dialog-narrow')
      await page.getByRole('button', { name: 'Perdilo' }).click()
      await expect.poll(() => page.locator('.losses-rule').count(), SOON).toBe(i + 1)
    }
    await page.locator('.losses-rule', { hasText: 'Il prossimo PUBLISH con QoS 1 da lamp su lab/lamp va perso.' }).first().waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400)
    expect(await violations(page)).toEqual([])
    await shot(page, 'in-force-narrow')
    await page.getByRole('button', { name: 'Togli la regola 2' }).click()
    await expect.poll(() => page.locator('.losses-rule').count(), SOON).toBe(2)
    await page.getByRole('button', { name: 'Togli tutte' }).click()
    await expect.poll(() => page.locator('.losses-rule').count(), SOON).toBe(0)
  })

  test('who is no administrator, and a page of another broker, are told why not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zanzara-losses-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'tokens'), 'operator operator-token-of-this-test\n', { mode: 0o600 })
    const lab = await open({
      hash: '#token=operator-token-of-this-test',
      tokens: ConsoleTokens.at(join(folder, 'tokens')),
      trustsThisMachine: () => false,
      expected: /40[13]/,
    })
    await lab.page.locator('.rail-item', { hasText: 'Ladder' }).click()
    await lab.page.getByText('This needs the role admin; yours is operator.').waitFor(SOON)
    expect(await lab.page.getByRole('button', { name: LOSE }).isDisabled()).toBe(true)
    const { page } = await openForeign({ hash: '#/ladder' })
    await page.locator('.rail-item', { hasText: 'Ladder' }).click()
    await page.getByText('Only the broker that serves this page can be told to lose packets').waitFor(SOON)
    expect(await page.getByRole('button', { name: LOSE }).isDisabled()).toBe(true)
  })
})
