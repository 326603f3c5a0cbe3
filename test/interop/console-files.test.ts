// Files that people bring to the console and take from it: connections of other programs, views with their packets.
// Chromium by playwright-core; the saved view is read by tshark and by `zanzara sniff` as well.

import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { lostPuback } from '../console/support/lost-puback.ts'
import { builtProgram } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'
import { consoleBrowser } from './support/console-page.ts'

async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(`{
    const content = Uint8Array.from(atob(${JSON.stringify(Buffer.from(bytes).toString('base64'))}), (character) => character.charCodeAt(0))
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([content], ${JSON.stringify(name)}))
    for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
  }`)
}

withTools(['chromium', 'tshark'], ({ chromium, tshark }) => {
  const open = consoleBrowser(chromium)

  test('a view is saved with its packets and opens in another copy: same screen, filter, packet; tshark and sniff read it too', async () => {
    const first = await open({ connects: false })
    await drop(first.page, 'lost.pcapng', lostPuback())
    await first.page.locator('.packets:not(.packets-busy) .packet').first().waitFor()
    await first.page.locator('.filter-input').fill('mqtt.msgtype == 3')
    await first.page.locator('.filter-input').press('Enter')
    await expect.poll(() => first.page.locator('.filter-count').innerText()).toContain('of')
    await first.page.locator('.packets-busy').waitFor({ state: 'detached' })
    const rows = await first.page.locator('.packet').count()
    await first.page.locator('.packet').nth(1).click()
    await first.page.locator('.pane-title', { hasText: /Packet \d+/ }).waitFor()
    const selected = await first.page.locator('.packet').nth(1).innerText()
    const download = first.page.waitForEvent('download')
    await first.page.getByRole('button', { name: 'Save as pcapng' }).click()
    await first.page.getByRole('menuitem', { name: /This view/ }).click()
    const saved = await download
    expect(saved.suggestedFilename()).toBe('lost-view.zzb')
    const file = join(tmpdir(), `view-${process.pid}.zzb`)
    copyFileSync(await saved.path(), file)

    const theirs = execFileSync(tshark, ['-r', file, '-T', 'fields', '-e', 'mqtt.topic'], { encoding: 'utf8' }).trim().split('\n')
    const ours = execFileSync(process.execPath, [builtProgram(), 'sniff', '-r', file, '-T', 'fields', '-e', 'mqtt.topic'], { encoding: 'utf8' })
      .trim()
      .split('\n')
    expect(ours).toHaveLength(rows)
    expect(ours).toEqual(theirs)

    const second = await open({ connects: false })
    await drop(second.page, 'lost-view.zzb', readFileSync(file))
    await second.page.locator('.packets:not(.packets-busy) .packet').first().waitFor()
    await expect.poll(() => second.page.locator('.packet').count()).toBe(rows)
    await expect.poll(() => second.page.locator('.filter-input').inputValue()).toBe('mqtt.msgtype == 3')
    await second.page.locator('.pane-title', { hasText: 'Packet 2' }).waitFor()
    // without its PUBACK, which the filter hid, the packet has a tag more
    const info = (text: string): string => /Publish Message [^\n]*/.exec(text)![0]
    expect(info(await second.page.locator('.packet').nth(1).innerText())).toBe(info(selected))
    expect(second.page.url()).toContain('frame=2')
  })

  test('a filter that means other packets now is left out, and said', async () => {
    const first = await open({ connects: false })
    await drop(first.page, 'lost.pcapng', lostPuback())
    await first.page.locator('.packets:not(.packets-busy) .packet').first().waitFor()
    await first.page.locator('.filter-input').fill('frame.number >= 6')
    await first.page.locator('.filter-input').press('Enter')
    await first.page.locator('.packets-busy').waitFor({ state: 'detached' })
    await expect.poll(() => first.page.locator('.filter-count').innerText()).toContain('of')
    const rows = Number((await first.page.locator('.filter-count').innerText()).split(' ')[0])
    const download = first.page.waitForEvent('download')
    await first.page.keyboard.press('Control+k')
    await first.page.keyboard.type('save the view')
    await first.page.keyboard.press('Enter')
    const second = await open({ connects: false })
    await drop(second.page, 'x.zzb', readFileSync(await (await download).path()))
    await second.page
      .getByRole('button', { name: /1 new event/ })
      .last()
      .click()
    await second.page.getByText(/The filter of this view is left out.*frame\.number >= 6/).waitFor()
    await second.page.keyboard.press('Escape')
    expect(await second.page.locator('.filter-input').inputValue()).toBe('')
    await expect.poll(() => second.page.locator('.filter-count').innerText()).toBe(`${rows}`)
  })

  test('connections of MQTTX are listed with what is missing, taken over without passwords, and open', async () => {
    const { page, url } = await open({ connects: false })
    const { port } = new URL(url)
    const base = {
      clientId: 'mqttx_1',
      clean: true,
      host: '127.0.0.1',
      keepalive: 60,
      username: 'u',
      password: 'hunter2',
      path: '/mqtt',
      mqttVersion: '5.0',
      subscriptions: [{ topic: 'a/#', qos: 1 }],
    }
    const file = [
      { ...base, name: 'by websocket', protocol: 'ws', port: Number(port), username: '' },
      { ...base, name: 'plain', protocol: 'mqtt', port: 1883 },
    ]
    await drop(page, 'mqttx-backup.json', Buffer.from(JSON.stringify(file)))
    const dialog = page.getByRole('dialog', { name: 'Import connections' })
    await dialog.getByText('2 from MQTTX').waitFor()
    await dialog.locator('.import-row', { hasText: 'by websocket' }).getByText('without its password').waitFor()
    await dialog
      .locator('.import-row', { hasText: 'plain' })
      .getByText(/a browser speaks WebSocket only/)
      .waitFor()
    await dialog.getByRole('button', { name: 'Import 1 connection' }).click()
    await page
      .getByRole('button', { name: /by websocket/ })
      .first()
      .click()
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.locator('.chip', { hasText: 'a/#' }).waitFor()
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('hunter2')
  })

  test('a file that is neither says so', async () => {
    const { page } = await open({ connects: false })
    await drop(page, 'other.json', Buffer.from('{"a": 1}'))
    await page.getByText('other.json is neither an export of MQTTX as JSON nor MQTT Explorer').waitFor()
    expect(await page.getByRole('button', { name: 'Import 0 connections' }).isDisabled()).toBe(true)
  })
})
