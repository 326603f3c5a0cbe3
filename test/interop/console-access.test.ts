// The console for everybody: no serious violation that axe-core knows in any screen and theme, all of it usable at 400 px,
// and whatever the network sends shows as text and does nothing.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { withTools } from '../support/require-tools.ts'
import { type ConsoleLab, consoleBrowser, settled } from './support/console-page.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const KEYS = ['1', '2', '3', '4'] as const
const NARROW = { viewport: { width: 400, height: 800 }, hasTouch: true }

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** Violations that matter, each as one line. Not asked for: whether names hold the visible text, which axe reads without blanks in an SVG. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  await settled(page)
  const found = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"], rules: { "label-content-name-mismatch": { enabled: false } } }).then((result) => result.violations)',
  )) as Violation[]
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} (${failureSummary.replaceAll('\n', ' ').slice(0, 200)})`).join(' | ')}`,
    )
}

withTools(['chromium'], ({ chromium }) => {
  const open = consoleBrowser(chromium)

  async function filled(options: Parameters<typeof open>[0]): Promise<ConsoleLab> {
    const lab = await open(options)
    for (const t of ['20.5', '21', '21.5']) await lab.client.publish('room/temperature', `{"t":${t},"unit":"°C"}`, { qos: 1, retain: true })
    await lab.client.publish('room/window', 'open', { qos: 2 })
    await lab.page.locator('.tree-row', { hasText: 'temperature' }).click()
    await lab.page.locator('.topic-last').waitFor()
    return lab
  }

  async function shown(page: Page, key: (typeof KEYS)[number]): Promise<void> {
    await page
      .locator('.rail-item')
      .nth(Number(key) - 1)
      .click()
    await expect.poll(() => page.locator('.sheet [role=row], .sheet svg text, .sheet .code').count()).toBeGreaterThan(0)
  }

  for (const theme of ['light', 'dark', 'contrast'] as const)
    test(`axe finds nothing serious: every screen and panel, ${theme}`, async () => {
      const { page } = await filled({ theme })
      for (const key of KEYS) {
        await shown(page, key)
        if (key === '3') await page.locator('.packet').last().click()
        expect(await violations(page), `screen ${key}`).toEqual([])
      }
      for (const keys of ['p', 's', '?', 'Control+k']) {
        await page.keyboard.press(keys)
        await page.getByRole('dialog').waitFor()
        expect(await violations(page), `panel ${keys}`).toEqual([])
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }
    })

  for (const [look, options] of [
    ['light', { theme: 'light' }],
    ['dark', { theme: 'dark' }],
    ['contrast', { theme: 'contrast' }],
    ['400 px', { context: NARROW }],
  ] as const)
    test(`axe finds nothing serious: muted, compared, masked, imported, ${look}`, async () => {
      const { page } = await filled(options)
      // where there is room for one pane, a tap on a topic opened its message
      if (look === '400 px') await page.locator('.pane-tabs [role=tab]').first().click()
      await page.locator('.tree-row[data-active]').waitFor()
      await page.keyboard.press('h')
      await page.locator('.tree-unmute').waitFor()
      expect(await violations(page), 'muted').toEqual([])
      if (look === '400 px') await page.locator('.pane-tabs [role=tab]').nth(1).click()
      await page.keyboard.press('d')
      await page.locator('.diff-mark').first().waitFor()
      expect(await violations(page), 'compared').toEqual([])
      await page.keyboard.press('d')
      expect(await violations(page), 'side by side').toEqual([])
      for (const command of ['mask payloads', 'mask payloads …']) {
        await page.keyboard.press('Control+k')
        await page.keyboard.type(command)
        await page.keyboard.press('Enter')
      }
      await page.getByRole('dialog', { name: 'Mask payloads' }).waitFor()
      expect(await violations(page), 'dialog of masks').toEqual([])
      await page.keyboard.press('Escape')
      await page.keyboard.press('v')
      await page.locator('.payload-masked').waitFor()
      expect(await violations(page), 'masked').toEqual([])
      expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(look === '400 px' ? 400 : 1280)
      await page.evaluate(`{
        const dataTransfer = new DataTransfer()
        const base = { clientId: 'c', host: 'h.example', path: '/mqtt', password: 'x' }
        const file = [{ ...base, name: 'a', protocol: 'ws', port: 80 }, { ...base, name: 'b', protocol: 'mqtt', port: 1883 }]
        dataTransfer.items.add(new File([JSON.stringify(file)], 'a.json'))
        for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
      }`)
      await page.locator('.import-row').first().waitFor()
      expect(await violations(page), 'imported').toEqual([])
    })

  test('axe finds nothing serious: the form of a connection, settings, a connection that cannot be made', async () => {
    const { page } = await open({ connects: false })
    await page.locator('.panel').waitFor()
    expect(await violations(page)).toEqual([])
    await page.locator('.panel input').first().fill('ws://127.0.0.1:1/mqtt')
    await page.locator('.panel button[type=submit]').click()
    await page.getByText(/Nothing answers there/).waitFor()
    expect(await violations(page)).toEqual([])
    await page.locator('.rail-settings').click()
    await page.getByRole('dialog').waitFor()
    expect(await violations(page)).toEqual([])
  })

  test('at 400 px everything is there: no screen is wider than the window, and what is touched is large enough', async () => {
    const { page } = await filled({ context: NARROW })
    for (const key of KEYS) {
      await shown(page, key)
      expect(await page.evaluate('[document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]'), `screen ${key}`).toEqual([400, 800])
      expect(await violations(page), `screen ${key}`).toEqual([])
    }
    const rail = (await page.locator('.rail-item').first().boundingBox())!
    expect(Math.min(rail.width, rail.height)).toBeGreaterThanOrEqual(44)
    await page.keyboard.press('p')
    const drawer = page.getByRole('dialog')
    await drawer.waitFor()
    await expect.poll(async () => (await drawer.boundingBox())!).toMatchObject({ x: 0, width: 400 })
    await drawer.getByRole('button', { name: 'Publish' }).last().scrollIntoViewIfNeeded()
    expect(await violations(page)).toEqual([])
  })

  const HOSTILE = [
    '<img src=x onerror="window.pwned=1">',
    '<script>window.pwned=1</script>',
    '"><svg onload=window.pwned=1>',
    'javascript:window.pwned=1',
    '\u001b]0;pwned\u0007\u001b[31mred\u001b[2J',
    '\u202etxt.exe\u202c \u2066hidden\u2069\u200b',
    '{"__proto__":{"pwned":1},"constructor":{"prototype":{"pwned":1}},"<b>":"<i>"}',
    '{{constructor.constructor("window.pwned=1")()}}',
  ]

  test('whatever is published shows as text and does nothing', async () => {
    const { page, client } = await open()
    for (const [n, text] of HOSTILE.entries()) {
      const allowed = text.replaceAll(/[#+\p{Cc}]/gu, '') // the broker lets no control characters into topics and properties
      await client.publish(`hostile/${n}/${allowed}`, text, { qos: 1, properties: { contentType: allowed, userProperties: [[allowed, allowed]] } })
    }
    await client.publish(
      'hostile/bytes',
      Uint8Array.from({ length: 256 }, (_, n) => n),
      { qos: 1 },
    )
    await client.publish('hostile/long', 'x<b>'.repeat(1 << 18), { qos: 1 })
    await client.publish('hostile/deep', '['.repeat(5000) + ']'.repeat(5000), { qos: 1 })
    await client.publish('hostile/utf-8', Uint8Array.of(0x61, 0xff, 0xfe, 0xc0, 0x80), { qos: 1 })
    await page.locator('.tree-row', { hasText: 'utf-8' }).waitFor()
    for (const name of ['<img', '<script', 'onload', 'bytes', 'long', 'deep', 'utf-8', 'txt.exe']) {
      await page.getByRole('search').locator('input').fill(name)
      const row = page.locator('.tree-row', { hasText: name }).last()
      await row.click()
      await page.locator('.message .code').first().waitFor()
      for (const tab of ['Properties', 'History', 'Diff', 'Value']) {
        const one = page.locator('.message').getByRole('tab', { name: tab })
        if ((await one.count()) > 0) await one.click()
      }
    }
    for (const key of ['2', '3', '4']) {
      await page
        .locator('.rail-item')
        .nth(Number(key) - 1)
        .click()
      await expect.poll(() => page.locator('.sheet [role=row], .sheet svg text').count()).toBeGreaterThan(0)
    }
    expect(await page.evaluate('window.pwned ?? ({}).pwned ?? null')).toBeNull()
    expect(await page.locator('.sheet img, .sheet script, .sheet iframe, .sheet [onerror], .sheet [onload]').count()).toBe(0)
    const visible = await page.locator('body').innerText()
    expect(visible).not.toMatch(/[\u0000-\u0008\u000e-\u001f\u202a-\u202e\u2066-\u2069]/)
  })

  test('client identifiers are as harmless as payloads', async () => {
    const { page, url } = await open({ connects: false })
    await page.locator('.panel input').first().fill(url)
    await page.getByText('More options').click()
    await page.getByLabel('Client identifier').fill('<img src=x onerror=window.pwned=1>')
    await page.locator('.panel button[type=submit]').click()
    await page.locator('.status', { hasText: '<img src=x' }).waitFor()
    expect(await page.evaluate('window.pwned ?? null')).toBeNull()
    expect(await page.locator('img').count()).toBe(0)
  })
})
