// Packets and Ladder in a browser: a capture is dropped on the page, filtered, read to its bytes and drawn; what is shown is what `zanzara sniff` says.
// Chromium by playwright-core; no file leaves the page.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { lostPuback } from '../console/support/lost-puback.ts'
import { builtProgram } from '../support/built.ts'
import { LabCapture, publish } from '../support/lab-capture.ts'
import { withTools } from '../support/require-tools.ts'
import { type ConsoleLab, consoleBrowser } from './support/console-page.ts'

const TOUR = fileURLToPath(new URL('../golden/captures/m5-props.pcapng', import.meta.url))
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const NARROW = { viewport: { width: 400, height: 860 } }

/** Lines that `zanzara sniff` prints of a capture. */
function sniff(file: string, ...more: readonly string[]): string[] {
  const text = execFileSync(process.execPath, [builtProgram(), 'sniff', '-r', file, ...more], { encoding: 'utf8', maxBuffer: 1 << 28 })
  return text.split('\n').filter((line) => line !== '')
}

/** Lets a file fall on the page, as from a folder. */
async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(`{
    const content = Uint8Array.from(atob(${JSON.stringify(Buffer.from(bytes).toString('base64'))}), (character) => character.charCodeAt(0))
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([content], ${JSON.stringify(name)}))
    for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
  }`)
  await page.locator('.packets:not(.packets-busy) .packet').first().waitFor()
}

async function filter(page: Page, text: string): Promise<void> {
  await page.locator('.filter-input').fill(text)
  await page.locator('.filter-input').press('Enter')
  await page.locator('.filter-valid, .filter-risky').waitFor()
  await page.locator('.packets-busy').waitFor({ state: 'detached' })
}

const passing = async (page: Page): Promise<number> => Number((await page.locator('.filter-count').innerText()).split(' of ')[0]!.replaceAll(',', ''))
const hasFocus = async (page: Page, selector: string): Promise<boolean> =>
  await page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`)
const row = (page: Page, text: string, nth = 0) => page.locator('.packet', { hasText: text }).nth(nth)
const line = (page: Page, text: string) => page.locator('.detail-tree .line-text', { hasText: text }).first()

withTools(['chromium'], ({ chromium }) => {
  const open = consoleBrowser(chromium)

  /** A page with the capture of a lost PUBACK in it. */
  async function withLost(options: Parameters<typeof open>[0] = {}): Promise<ConsoleLab> {
    const lab = await open({ connects: false, ...options })
    await drop(lab.page, 'lost.pcapng', lostPuback())
    return lab
  }

  test('a capture that is dropped on the page is a tab of its own, with the rows that sniff prints', async () => {
    const { page } = await open({ connects: false })
    await drop(page, 'm5-props.pcapng', readFileSync(TOUR))
    await page.locator('.top-bar, .frame').getByText('m5-props.pcapng').first().waitFor()
    expect(page.url()).toContain('#/packets')
    const expected = sniff(TOUR, '-T', 'fields', '-e', 'frame.number', '-e', 'frame.len', '-e', '_ws.col.Protocol', '-e', '_ws.col.Info').map((text) =>
      text.split('\t'),
    )
    expect(await passing(page)).toBe(expected.length)
    const shown = await page
      .locator('.packet')
      .evaluateAll((rows) =>
        rows.map((one) => ['.pc-number', '.pc-length', '.pc-protocol', '.packet-text'].map((part) => one.querySelector(part)?.textContent ?? '')),
      )
    expect(shown.length).toBeGreaterThan(10)
    expect(shown).toEqual(expected.slice(0, shown.length))
  })

  test('a display filter leaves what sniff leaves', async () => {
    const { page } = await open({ connects: false })
    await drop(page, 'm5-props.pcapng', readFileSync(TOUR))
    for (const text of ['mqtt', 'mqtt.msgtype == 3 && mqtt.qos > 0', 'tcp.flags.syn == 1 || mqtt.prop_key', '!(mqtt)', 'mqtt.topic contains "e"']) {
      await filter(page, text)
      const expected = sniff(TOUR, '-Y', text, '-T', 'fields', '-e', 'frame.number')
      await expect.poll(() => passing(page), { message: text }).toBe(expected.length)
      const first = expected.slice(0, 8)
      await expect.poll(async () => (await page.locator('.packet .pc-number').allInnerTexts()).slice(0, 8), { message: text }).toEqual(first)
      expect(new URLSearchParams(page.url().split('?')[1]).get('filter')).toBe(text)
    }
  })

  test('a link opens with its filter, columns and times', async () => {
    const { page } = await open({ connects: false, hash: '#/packets?filter=mqtt.msgtype+%3D%3D+3&columns=number,time,client,info&time=delta' })
    await drop(page, 'lost.pcapng', lostPuback())
    await row(page, 'Publish Message').waitFor()
    expect(await page.locator('.packet-head').innerText()).toMatch(/^No\.\s+Time\s+Client\s+Info$/)
    expect(await page.locator('.filter-input').inputValue()).toBe('mqtt.msgtype == 3')
    expect(await row(page, '(id=7)').innerText()).toMatch(/^13\s+0\.300000000\s+esp32-5\.03\s+Publish/)
  })

  test('tree and bytes are one selection: a field fills its bytes, a byte selects its field, the pointer shows both', async () => {
    const { page } = await withLost()
    await row(page, 'Publish Message (id=7)').click()
    await line(page, 'Topic:').click()
    const bytes = await page.locator('.byte.byte-on').allInnerTexts()
    expect(Buffer.from(bytes.join(''), 'hex').toString()).toBe('building5/floor0/room5.03/temperature')
    expect(await page.locator('.line-name').innerText()).toBe('mqtt.topic')
    await page.locator('.byte', { hasText: '7b' }).last().click()
    expect(await page.locator('.line-name').innerText()).toBe('mqtt.msg')
    expect(await page.locator('[data-active] .line-text').innerText()).toContain('7b2274223a32312e357d')
    await line(page, 'Message Identifier:').hover()
    expect(await page.locator('.byte.byte-near').allInnerTexts()).toEqual(['00', '07'])
    await page.locator('.byte-hex .byte').nth(0).hover()
    await page
      .locator('.line-hovered', { hasText: 'Destination' })
      .or(page.locator('.line-hovered', { hasText: 'Ethernet' }))
      .first()
      .waitFor()
  })

  test('the filter bar completes names and values, says what is wrong, warns of !=, and keeps what was used', async () => {
    const { page } = await withLost()
    const input = page.locator('.filter-input')
    await input.pressSequentially('mqtt.msgty')
    await page.locator('.suggestion', { hasText: 'mqtt.msgtype' }).waitFor()
    await input.press('Tab')
    await input.pressSequentially(' == pub')
    await page.locator('.suggestion', { hasText: 'Publish Message' }).waitFor()
    await input.press('Tab')
    await expect.poll(() => input.inputValue()).toBe('mqtt.msgtype == 3')
    await input.press('Enter')
    await expect.poll(() => passing(page)).toBe(sniffed('mqtt.msgtype == 3'))
    await input.fill('')
    // faster than suggestions come
    await input.pressSequentially('tcp && mqtt.topi')
    await input.press('Tab')
    await expect.poll(() => input.inputValue()).toBe('tcp && mqtt.topic')
    await input.fill('mqtt.topik == "a"')
    await page.getByRole('status').getByText('mqtt.topik').waitFor()
    expect(await page.locator('.filter-wrong').count()).toBe(1)
    await page.getByRole('button', { name: 'Use mqtt.topic' }).click()
    expect(await input.inputValue()).toBe('mqtt.topic == "a"')
    await input.fill('mqtt.qos != 1')
    await page.getByRole('status').getByText('Packets without mqtt.qos are hidden as well').waitFor()
    await input.press('Escape')
    await input.press('Escape')
    expect(await input.inputValue()).toBe('mqtt.msgtype == 3')
    await page.getByRole('button', { name: 'Keep this filter' }).click()
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await expect.poll(() => passing(page)).toBe(sniffed(''))
    await page.getByRole('button', { name: 'Filters used before' }).click()
    await page.getByRole('menuitem', { name: 'mqtt.msgtype == 3' }).click()
    await expect.poll(() => passing(page)).toBe(sniffed('mqtt.msgtype == 3'))
  })

  test('a field becomes a filter: with the tag, and from the menu joined to the one that is there', async () => {
    const { page } = await withLost()
    await row(page, 'Publish Message (id=7)').click()
    await line(page, 'Topic:').click()
    await page.locator('.line-name').click()
    const input = page.locator('.filter-input')
    await expect.poll(() => input.inputValue()).toBe('mqtt.topic == "building5/floor0/room5.03/temperature"')
    await line(page, 'Message Identifier:').click()
    await page.locator('.detail-tree').press('f')
    await page.getByRole('menuitem', { name: '… and not selected' }).click()
    const text = 'mqtt.topic == "building5/floor0/room5.03/temperature" && !(mqtt.msgid == 7)'
    await expect.poll(() => input.inputValue()).toBe(text)
    await expect.poll(() => passing(page)).toBe(sniffed(text))
  })

  test('following a stream, decoding as another protocol, a packet menu: each changes the list', async () => {
    const { page } = await withLost()
    await row(page, 'Subscribe Request').click()
    await page.locator('.pane-title', { hasText: 'Packet 6' }).waitFor()
    await page.locator('.packet-list').press('S')
    await expect.poll(() => page.locator('.filter-input').inputValue()).toBe('tcp.stream == 0')
    await expect.poll(() => passing(page)).toBe(sniffed('tcp.stream == 0'))
    await row(page, 'Subscribe Request').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Packets of dashboard' }).click()
    await expect.poll(() => page.locator('.filter-input').inputValue()).toBe('zz.client_id == "dashboard"')
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await page.getByRole('button', { name: 'Decode as …' }).click()
    const form = page.locator('.decode-as')
    expect(await form.getByRole('textbox', { name: 'Port' }).inputValue()).toBe('1883')
    await form.getByLabel('is read as').selectOption('tls')
    await form.getByRole('button', { name: 'Decode', exact: true }).click()
    await form.getByText('tcp.port==1883,tls').waitFor()
    await form.getByRole('button', { name: 'Remove tcp.port==1883,tls' }).click()
    await row(page, 'Subscribe Request').waitFor()
  })

  test('what passes is saved as pcapng, and sniff reads it', async () => {
    const { page } = await withLost()
    await filter(page, 'mqtt.msgtype == 3')
    await page.getByRole('button', { name: 'Save as pcapng' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /What passes the filter/ }).click()])
    expect(download.suggestedFilename()).toBe('lost-packets.pcapng')
    expect(sniff(await download.path(), '-T', 'fields', '-e', 'mqtt.msgid')).toEqual(['7', '31', '7', '32', '8', '33'])
  })

  test('a file that is none, and one that is cut short, say so in words', async () => {
    const { page } = await open({ connects: false })
    await drop(page, 'cut.pcapng', lostPuback().slice(0, -9))
    await page.getByRole('status').getByText('cut short in the middle of a packet').waitFor()
    expect(await page.locator('.packet').count()).toBeGreaterThan(5)
    const opening = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Open a capture file' }).first().click()
    await (await opening).setFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('not a capture at all') })
    await page.getByRole('status').getByText('neither pcap nor pcapng').waitFor()
  })

  test('everything can be done with keys', async () => {
    const { page } = await withLost()
    await page.locator('.packet-list').focus()
    const title = page.locator('.pane-title').first()
    const number = async (key: string): Promise<string> => {
      const before = await title.innerText()
      await page.keyboard.press(key)
      await expect.poll(() => title.innerText()).not.toBe(before)
      return await title.innerText()
    }
    expect(await number('j')).toBe('Packet 1')
    expect(await number('j')).toBe('Packet 2')
    expect(await number('G')).toBe('Packet 32')
    expect(await number('k')).toBe('Packet 31')
    expect(await number('g')).toBe('Packet 1')
    await page.keyboard.press('Enter')
    expect(await hasFocus(page, '.detail-tree')).toBe(true)
    await page.keyboard.press('j')
    await page.keyboard.press('ArrowRight')
    await line(page, 'Frame Number: 1').waitFor()
    await page.keyboard.press('/')
    expect(await hasFocus(page, '.filter-input')).toBe(true)
    await page.keyboard.press('Escape')
    await page.locator('.packet-list').focus()
    await page.keyboard.press('4')
    await page.locator('.ladder-step').first().waitFor()
  })

  test('Ladder: the same packet is chosen, its life is told, and the state of both ends follows the steps', async () => {
    // a link may name the packet, too
    const { page } = await withLost({ hash: '#/packets?frame=23' })
    await page.locator('.pane-title', { hasText: 'Packet 23' }).waitFor()
    await page.keyboard.press('l')
    await page.locator('.verdict', { hasText: 'Delivered twice to dashboard' }).waitFor()
    const chosen = page.locator('.ladder-step[aria-selected=true]')
    expect(await chosen.textContent()).toBe('PUBLISH id 7, QoS 1 DUP5.311200 s, esp32-5.03 → broker')
    await page.getByRole('option', { name: /PUBLISH id 7, QoS 1 DUP.*esp32-5\.03 → broker/, selected: true }).waitFor({ state: 'attached' })
    expect(await page.locator('.ladder-step').count()).toBe(sniffed('mqtt'))
    expect(await page.locator('.life-step').count()).toBe(10)
    const waiting = async (): Promise<string> => (await page.locator('.state-table tbody tr:not(.state-idle)').allInnerTexts()).join(' | ').replace(/\s+/g, ' ')
    expect(await waiting()).toBe('esp32-5.03 7 PUBACK')
    await page.locator('.ladder').focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(waiting).toBe('esp32-5.03 7 PUBACK | broker to dashboard 32 PUBACK')
    await page.keyboard.press('ArrowRight')
    await expect.poll(waiting).toBe('broker to dashboard 32 PUBACK')
    await page.locator('.life-button', { hasText: 'lost' }).click()
    await expect.poll(() => chosen.textContent()).toContain('PUBACK id 7')
    await page.keyboard.press('3')
    await page.locator('.pane-title', { hasText: 'Packet 16' }).waitFor()
  })

  test('Ladder: playing goes on to the end and stops there', async () => {
    const { page } = await withLost()
    await page.keyboard.press('4')
    await page.locator('.ladder-step').first().waitFor()
    await page
      .getByRole('radio', { name: '10×' })
      .or(page.getByRole('button', { name: '10×' }))
      .first()
      .click()
    await page.getByRole('button', { name: 'Play' }).click()
    await page.getByRole('button', { name: 'Pause', exact: true }).last().waitFor()
    await expect.poll(() => page.locator('.player-at').innerText(), { timeout: 20_000 }).toBe('22 of 22')
    await page.locator('.player').getByRole('button', { name: 'Play' }).waitFor()
  })

  test('Ladder: a filter by topic keeps the acknowledgements; SVG, PNG and Mermaid hold what is drawn', async () => {
    const { page } = await withLost()
    await page.keyboard.press('4')
    await filter(page, 'mqtt.topic contains "room5.03"')
    await expect.poll(() => page.locator('.ladder-step').count()).toBe(14)
    const saved = async (form: string): Promise<Buffer> => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: form, exact: true }).click()])
      return readFileSync(await download.path())
    }
    const svg = (await saved('SVG')).toString()
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true)
    expect(svg.match(/>PUBLISH</g)).toHaveLength(6)
    expect(svg).not.toContain('var(')
    const isSvg: boolean = await page.evaluate(`new DOMParser().parseFromString(${JSON.stringify(svg)}, 'image/svg+xml').querySelector('parsererror') === null`)
    expect(isSvg).toBe(true)
    const png = await saved('PNG')
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    expect(png.readUInt32BE(16)).toBe(2000)
    expect((await saved('Mermaid')).toString().split('\n')[0]).toBe('sequenceDiagram')
  })

  test('live: packets come in by themselves, the newest in sight until somebody looks at an older one', async () => {
    const { page, client } = await open({ hash: '#/packets' })
    for (let n = 0; n < 40; n++) await client.publish(`live/${n % 3}`, `${n}`, { qos: 1 })
    await row(page, 'Publish Message').first().waitFor()
    await expect.poll(() => page.locator('.packet').last().locator('.packet-text').innerText()).toMatch(/Publish Ack|Publish Message/)
    await page.getByText('this page only').waitFor()
    await filter(page, 'mqtt.topic == "live/1"')
    // messages that came in one WebSocket frame stand in one row
    const told = async (): Promise<number> => (await page.locator('.packet-text').allInnerTexts()).join().split('[live/1]').length - 1
    await expect.poll(told).toBe(13)
    const rows = await passing(page)
    await row(page, 'live/1').click()
    expect(await page.getByRole('button', { name: 'Follow the newest packets' }).getAttribute('aria-pressed')).toBe('false')
    await client.publish('live/1', 'one more', { qos: 0 })
    await expect.poll(() => passing(page)).toBe(rows + 1)
  })

  test('live: the message that is chosen in Messages is the packet that is chosen here, and in the ladder', async () => {
    const { page, client } = await open({ hash: '#/messages' })
    for (let n = 0; n < 60; n++) await client.publish('chosen/topic', `value ${n}`, { qos: 1 })
    await page.getByRole('search').locator('input').fill('value 7')
    const message = page.locator('.message-cells', { hasText: 'value 7' })
    await expect.poll(() => message.count()).toBe(1)
    await message.click()
    await page.keyboard.press('3')
    // a packet may hold more than one message
    await line(page, `Message: ${Buffer.from('value 7').toString('hex')}`).waitFor()
    await page.locator('.packet[aria-selected=true]', { hasText: 'chosen/topic' }).waitFor()
    await page.keyboard.press('4')
    await page.locator('.verdict', { hasText: 'Acknowledged' }).waitFor()
  })

  test('payloads and names from the network are text and nothing else', async () => {
    const evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202etxt.exe'
    const capture = new LabCapture()
    const client = capture.client('10.0.5.23', 40_000, 5)
    client.connects(evil)
    client.says(publish(`t/${evil}`, evil, 1, 1)).hears({ type: 4, packetId: 1, reasonCode: 0, properties: {} })
    client.says(publish('big', 'x'.repeat(1_000_000)))
    const { page } = await open({ connects: false })
    await drop(page, '<b>evil</b>.pcapng', new Uint8Array(capture.file))
    await row(page, 't/<img').click()
    await line(page, 'Topic:').waitFor()
    await page.keyboard.press('4')
    await page.locator('.verdict', { hasText: 'Acknowledged' }).waitFor()
    expect(await page.locator('img, script:not([src]), b:has-text("evil")').count()).toBe(0)
    expect(await page.locator('.ladder-head').textContent()).not.toContain('\u202e')
    await page.keyboard.press('3')
    await page.locator('.packet-list').press('G')
    await page.locator('.byte').first().waitFor()
  })

  test.each(['light', 'dark', 'contrast'] as const)('%s: no serious fault for people who cannot see, hear or point', async (theme) => {
    const { page } = await withLost({ theme })
    const serious = async (): Promise<unknown[]> => {
      await page.evaluate(AXE)
      const violations: readonly { readonly id: string; readonly impact: string; readonly nodes: readonly { readonly html: string }[] }[] = await page.evaluate(
        'axe.run("main").then(({ violations }) => violations)',
      )
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html.slice(0, 160))])
    }
    await row(page, 'Publish Message (id=7)').click()
    await line(page, 'Topic:').click()
    expect(await serious()).toEqual([])
    await page.locator('.detail-tree').press('f')
    await page.getByRole('menu').waitFor()
    expect(await serious()).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('4')
    await page.locator('.life-step').first().waitFor()
    expect(await serious()).toEqual([])
  })

  test('400 pixels: nothing is wider than the window, panes are tabs, in Italian too', async () => {
    const { page } = await withLost({ context: { ...NARROW, locale: 'it-IT' } })
    const fits = async (): Promise<boolean> => await page.evaluate('Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) <= innerWidth')
    await row(page, 'Publish Message (id=7)').click()
    expect(await fits()).toBe(true)
    await page.getByRole('tab', { name: 'Dettagli' }).click()
    await line(page, 'Topic:').click()
    expect(await fits()).toBe(true)
    await page.getByRole('tab', { name: 'Byte' }).click()
    expect(Buffer.from((await page.locator('.byte.byte-on').allInnerTexts()).join(''), 'hex').toString()).toContain('building5')
    expect(await fits()).toBe(true)
    await page.getByRole('button', { name: 'Sequenza' }).last().click()
    await page.locator('.ladder-step').first().waitFor()
    expect(await fits()).toBe(true)
    await page.getByRole('tab', { name: 'Vita del messaggio' }).click()
    await page.getByText('Consegnato due volte a dashboard').waitFor()
  })

  let lostFile = ''
  /** How many packets of the lost PUBACK sniff leaves. */
  function sniffed(text: string): number {
    if (lostFile === '') {
      lostFile = join(tmpdir(), `zanzara-lost-${process.pid}.pcapng`)
      writeFileSync(lostFile, lostPuback())
    }
    return sniff(lostFile, ...(text === '' ? [] : ['-Y', text])).length
  }
})
