// The console in a browser against a real broker: each screen shows what was published, and does what it says.
// Chromium by playwright-core; pages under the policy that the broker sends.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Message } from '../../src/client/message.ts'
import { withTools } from '../support/require-tools.ts'
import { type ConsoleLab, consoleBrowser } from './support/console-page.ts'

withTools(['chromium'], ({ chromium }) => {
  const open = consoleBrowser(chromium)

  const json = (t: number): string => JSON.stringify({ t, unit: '°C', room: '5.03' })

  async function withRooms(options: Parameters<typeof open>[0] = {}): Promise<ConsoleLab> {
    const lab = await open(options)
    for (const [n, t] of [20.5, 21, 21.5].entries()) {
      await lab.client.publish('building5/room5.03/temperature', json(t), { qos: 1, retain: true, properties: { contentType: 'application/json' } })
      await lab.client.publish('building5/room5.03/window', n % 2 === 0 ? 'open' : 'closed', { qos: 2 })
      await lab.client.publish('building5/room5.04/co2', `${600 + n} ppm`)
    }
    return lab
  }

  const row = ({ page }: ConsoleLab, name: string, nth = 0) => page.locator('.tree-row', { hasText: name }).nth(nth)

  test('Topics: the tree, the value with its unit, the line, and the message with what changed in it', async () => {
    const lab = await withRooms()
    const { page } = lab
    await row(lab, 'temperature').getByText('21.5').waitFor()
    await row(lab, 'co2').getByText('602').waitFor()
    await row(lab, 'temperature').click()
    await page.locator('.topic-last', { hasText: 'temperature' }).waitFor()
    const message = page.locator('.message')
    expect(await message.locator('.code').innerText()).toContain('"t": 21.5')
    expect(await message.locator('.code-changed').innerText()).toContain('was 21')
    await message.getByRole('tab', { name: 'History' }).click()
    await message.getByText('20.5').first().waitFor()
    await message.getByRole('tab', { name: 'Diff' }).click()
    await message.locator('.diff-added', { hasText: '21.5' }).waitFor()
    await message.getByRole('tab', { name: 'Properties' }).click()
    await message.getByText('application/json').waitFor()
    expect(page.url()).toContain('#/topics?topic=building5/room5.03/temperature')
  })

  test('Topics: a link opens the same topic', async () => {
    const lab = await open({ hash: '#/topics?topic=building5/room5.03/window' })
    await lab.client.publish('building5/room5.03/window', 'closed', { qos: 1, retain: true })
    await lab.page.locator('.topic-last', { hasText: 'window' }).waitFor()
    await lab.page.locator('.message .code', { hasText: 'closed' }).waitFor()
  })

  test('Topics: M keeps the chosen topic on top of its level, and no longer', async () => {
    const lab = await withRooms()
    const { page } = lab
    const names = (): Promise<string[]> => page.locator('.tree-row .tree-name > .foreign').allInnerTexts()
    const usual = ['building5', 'room5.03', 'temperature', 'window', 'room5.04', 'co2']
    await expect.poll(names).toEqual(expect.arrayContaining(usual))
    expect((await names()).slice(0, usual.length)).toEqual(usual)
    await row(lab, 'window').click()
    await page.locator('.topic-last', { hasText: 'window' }).waitFor()
    await page.keyboard.press('m')
    await expect.poll(async () => (await names()).slice(0, 4)).toEqual(['building5', 'room5.03', 'window', 'temperature'])
    await page.locator('.tree-pinned').waitFor()
    await page.keyboard.press('m')
    await expect.poll(async () => (await names()).slice(0, usual.length)).toEqual(usual)
  })

  test('Topics: H mutes a branch: quiet in the tree, gone from Messages, named above both, and back at a press', async () => {
    const lab = await withRooms()
    const { page } = lab
    await row(lab, 'room5.03').click()
    await page.locator('.topic-last', { hasText: 'room5.03' }).waitFor()
    await page.keyboard.press('h')
    await page.locator('.strip', { hasText: 'building5/room5.03 is muted: 2 topics' }).waitFor()
    expect(await page.locator('.tree-muted').count()).toBe(3)
    expect(await row(lab, 'temperature').innerText()).not.toContain('21.5')
    await row(lab, 'co2').getByText('602').waitFor()
    await page.keyboard.press('2')
    await page.locator('.strip', { hasText: '6 messages are hidden' }).waitFor()
    await expect.poll(() => page.locator('.message-cells').count()).toBe(3)
    await page.getByRole('button', { name: 'Show again' }).click()
    await expect.poll(() => page.locator('.message-cells').count()).toBe(9)
    await page.keyboard.press('1')
    await row(lab, 'window').click()
    await page.locator('.message').getByRole('button', { name: 'Message', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Mute this branch' }).click()
    await page.locator('.strip', { hasText: 'building5/room5.03/window is muted: 1 topic' }).waitFor()
    // it belongs to the connection: the page asks for none of it again when it is opened anew
    const url = await page.evaluate('localStorage.getItem("zanzara.profiles")')
    expect(JSON.parse(String(url))).toMatchObject([{ muted: ['building5/room5.03/window'], password: '' }])
    await page.locator('.tree-unmute').click()
    await expect.poll(() => page.locator('.strip').count()).toBe(0)
  })

  test('Topics: differences inline and side by side, with the message before and with a pinned one', async () => {
    const lab = await withRooms()
    const { page, client } = lab
    const message = page.locator('.message')
    await row(lab, 'temperature').click()
    await page.locator('.topic-last', { hasText: 'temperature' }).waitFor()
    await page.keyboard.press('d')
    await message.locator('.diff-added .diff-mark', { hasText: '21.5' }).waitFor()
    await message.getByRole('button', { name: 'Pin this' }).click()
    await message.getByText('This is the pinned message').waitFor()
    await client.publish('building5/room5.03/temperature', json(24), { qos: 1, retain: true })
    await client.publish('building5/room5.03/temperature', json(25), { qos: 1, retain: true })
    await message.locator('.diff-removed', { hasText: '21.5' }).waitFor()
    await message.locator('.diff-added', { hasText: '25' }).waitFor()
    await message.getByRole('radio', { name: 'Previous' }).click()
    await message.locator('.diff-removed', { hasText: '24' }).waitFor()
    await page.keyboard.press('d')
    await expect.poll(() => message.locator('.diff-row').count()).toBe(5)
    expect(await message.locator('.diff-row', { hasText: '"t"' }).innerText()).toMatch(/24[\s\S]*25/)
    expect(page.url()).toContain('diff=side')
    // another topic and back: the pin is still there
    await row(lab, 'window').click()
    await page.locator('.topic-last', { hasText: 'window' }).waitFor()
    await row(lab, 'temperature').click()
    await message.getByRole('radio', { name: 'Pinned' }).click()
    await message.locator('.diff-removed', { hasText: '21.5' }).waitFor()
  })

  test('masked payloads: dots in tree, value, Messages, packets and the publish drawer, said in the status line; what is saved is whole', async () => {
    const lab = await withRooms()
    const { page, client } = lab
    await client.publish('secret/pin', 'the pin is 4711', { qos: 1 })
    await client.publish('secret/hidden', '{"pin": 4711}', { qos: 1, retain: true })
    await page.keyboard.press('Control+k')
    await page.keyboard.type('mask payloads …')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Mask payloads' })
    await dialog.getByText(/What is exported, saved, copied or published again is not masked/).waitFor()
    await dialog.getByRole('textbox').fill('secret/#/x')
    await dialog.getByText('secret/#/x is not a topic filter').waitFor()
    await dialog.getByRole('textbox').fill('secret/#')
    await dialog.getByText('Show payloads as dots').click()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.locator('.status', { hasText: 'Payloads masked' }).getByText('secret/#').waitFor()
    const text = async (): Promise<string> =>
      `${await page.locator('body').innerText()} ${await page.evaluate("[...document.querySelectorAll('[title]')].map((one) => one.title).join(' ')")}`
    for (const tab of ['Value', 'Diff', 'History', 'Properties', 'Why']) {
      await row(lab, 'hidden').click()
      await page.locator('.topic-last', { hasText: 'hidden' }).waitFor()
      await page.locator('.message').getByRole('tab', { name: tab }).click()
      expect(await text()).not.toMatch(/4711|"pin"/)
    }
    await row(lab, 'co2').getByText('602').waitFor()
    await page.keyboard.press('2')
    await page.locator('.message-cells', { hasText: 'secret/pin' }).getByText('•'.repeat(15)).waitFor()
    expect(await text()).not.toContain('4711')
    const download = page.waitForEvent('download')
    await page.keyboard.press('e')
    expect(readFileSync(await (await download).path(), 'utf8')).toContain('4711')
    await page.keyboard.press('3')
    await page.locator('.packet', { hasText: 'secret/pin' }).first().click()
    await page.locator('.byte', { hasText: '••' }).first().click()
    await page.locator('.detail-tree', { hasText: /Message: •+/ }).waitFor()
    await page.locator('.bytes', { hasText: '••••' }).waitFor()
    expect(await text()).not.toMatch(/4711|34\s*37\s*31\s*31/)
    // it takes effect on what is open, and is remembered
    await page.keyboard.press('Control+k')
    await page.keyboard.type('show payloads again')
    await page.keyboard.press('Enter')
    await page.locator('.bytes', { hasText: '34373131' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('mask payloads')
    await page.keyboard.press('Enter')
    await page.locator('.bytes', { hasText: '••••' }).waitFor()
    await page.keyboard.press('p')
    const drawer = page.getByRole('dialog', { name: 'Publish' })
    await drawer.getByLabel('Topic').fill('secret/x')
    await drawer.getByLabel('Payload', { exact: true }).fill('pin 4711')
    await page.keyboard.press('Control+Enter')
    await drawer.getByRole('button', { name: /History|Sent/ }).click()
    await drawer.locator('.kept-row', { hasText: '••••••••' }).waitFor()
    expect(await text()).not.toContain('4711')
    expect(JSON.parse(String(await page.evaluate("localStorage.getItem('zanzara.settings')")))).toMatchObject({ masks: true, maskFilters: ['secret/#'] })
  })

  test('Topics: deleting retained messages says how many and which, and the broker forgets them', async () => {
    const lab = await withRooms()
    const { page, broker } = lab
    const retained = broker.broker.retainedCount
    await row(lab, 'temperature').click()
    await page.locator('.message').getByRole('button', { name: 'Message', exact: true }).click()
    await page.getByRole('menuitem', { name: /delete/i }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('building5/room5.03/temperature').waitFor()
    expect(await dialog.innerText()).toMatch(/\b1\b/)
    await dialog
      .getByRole('button', { name: /delete/i })
      .last()
      .click()
    await expect.poll(() => broker.broker.retainedCount).toBe(retained - 1)
    await expect.poll(() => row(lab, 'temperature').getByText('Retained').count()).toBe(0)
  })

  test('Messages: all of them, filtered, standing still when paused, saved as JSON', async () => {
    const lab = await withRooms()
    const { page, client } = lab
    await page.keyboard.press('2')
    const filter = page.getByRole('search').locator('input')
    await filter.fill('building5')
    await page.locator('.time-bars-head', { hasText: '9' }).waitFor()
    await filter.fill('qos:2')
    await expect.poll(() => page.locator('.message-cells').count()).toBe(3)
    await filter.fill('topic:room5')
    await page.getByRole('button', { name: 'Pause' }).click()
    for (let n = 0; n < 4; n++) await client.publish('building5/room5.03/window', 'ajar', { qos: 1 })
    await page.getByText(/4 new/).waitFor()
    expect(await page.locator('.message-cells', { hasText: 'ajar' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Resume' }).first().click()
    await page.locator('.message-cells', { hasText: 'ajar' }).first().waitFor()
    const download = page.waitForEvent('download')
    await page
      .locator('.bar')
      .getByRole('button', { name: /save|export/i })
      .click()
    await page.getByRole('menuitem', { name: /JSON/ }).click()
    const rows = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as { topic: string }[]
    expect(rows).toHaveLength(13)
  })

  test('Publish: what is typed arrives, is acknowledged, and stands as a command beside it', async () => {
    const { page, client, broker } = await open()
    const got: Message[] = []
    const subscription = await client.subscribe('lab/#', { qos: 2 })
    void (async () => {
      for await (const message of subscription) got.push(message)
    })()
    await page.keyboard.press('p')
    const drawer = page.getByRole('dialog', { name: 'Publish' })
    await drawer.getByLabel('Topic').fill('lab/{{n}}')
    await drawer.getByRole('radio', { name: 'JSON' }).click()
    await drawer.getByLabel('Payload', { exact: true }).fill('{"n": {{n}}}')
    await drawer.getByRole('radio', { name: /exactly once/ }).click()
    await drawer.getByText('Repeat').click()
    await drawer.getByLabel('Number of messages').fill('3')
    await drawer.getByLabel('Milliseconds between two messages').fill('20')
    await drawer.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('menuitem', { name: 'User Property' }).click()
    await drawer.getByLabel('Name').fill('source')
    await drawer.getByLabel('Value').fill('lab5')
    await page.keyboard.press('Control+Enter')
    await drawer.getByText(/3 of 3, PUBCOMP in/).waitFor()
    await expect.poll(() => got.length).toBe(3)
    expect(got.map((message) => `${message.topic} ${message.text()} ${message.qos} ${JSON.stringify(message.properties.userProperties)}`)).toEqual(
      [1, 2, 3].map((n) => `lab/${n} {"n": ${n}} 2 [["source","lab5"]]`),
    )
    expect(await drawer.locator('.copy-text').innerText()).toContain('for n in $(seq 3); do\nmosquitto_pub -h 127.0.0.1')
    expect(broker.broker.counters.publishesReceived).toBeGreaterThanOrEqual(3)
    await page.keyboard.press('Escape')
    expect(await drawer.count()).toBe(0)
  })

  test('Publish: what cannot be sent is said, and nothing is', async () => {
    const { page } = await open()
    await page.keyboard.press('p')
    const drawer = page.getByRole('dialog', { name: 'Publish' })
    await drawer.getByLabel('Topic').fill('a/#')
    await drawer.getByRole('button', { name: 'Publish' }).last().click()
    await drawer.getByText('+ and # stand in filters only.').first().waitFor()
    expect(await drawer.getByRole('button', { name: 'Publish' }).last().isDisabled()).toBe(true)
  })

  test('Packets and Ladder: what our own client sent and got, filtered, in detail, as a sequence', async () => {
    const lab = await withRooms()
    const { page } = lab
    await page.keyboard.press('3')
    const apply = async (filter: string): Promise<void> => {
      await page.locator('.filter-input').fill(filter)
      await page.locator('.filter-input').press('Enter')
    }
    await page
      .getByText(/^Publish Message/)
      .first()
      .waitFor()
    await apply('mqtt.msgtype == 1')
    await page.getByText('Connect Command').first().waitFor()
    await expect.poll(() => page.locator('.packet').count()).toBe(1)
    await apply('mqtt.topic contains "co2"')
    await expect.poll(async () => (await page.locator('.packet').allInnerTexts()).filter((text) => !text.includes('co2'))).toEqual([])
    expect(await page.locator('.packet').count()).toBeGreaterThan(0)
    await page.locator('.packet').first().click()
    await page
      .getByText(/^Topic: building5\/room5.04\/co2/)
      .first()
      .waitFor()
    await page.keyboard.press('4')
    await page.locator('svg').getByText('PUBLISH').first().waitFor()
    expect(page.url()).toContain('frame=')
  })

  test('a subscription is added and refused in words', async () => {
    const { page, client } = await open()
    await page.keyboard.press('s')
    const dialog = page.getByRole('dialog', { name: 'Subscribe' })
    await dialog.getByRole('textbox').fill('a/#/b')
    await dialog.getByText(/not a topic filter/).waitFor()
    await dialog.getByRole('textbox').fill('more/+')
    await page.keyboard.press('Enter')
    await page.locator('.bar', { hasText: 'more/+' }).waitFor()
    await client.publish('more/1', 'x', { qos: 1 })
    await page.locator('.tree-row', { hasText: 'more' }).first().waitFor()
  })

  test('a broker that says no: the reason in words, and no second try; a broker that goes away: the data stays', async () => {
    const { page, broker, client } = await open()
    await client.publish('kept/topic', 'value', { qos: 1 })
    await page.locator('.tree-row', { hasText: 'kept' }).first().waitFor()
    await broker.close()
    await page
      .getByText(/Connection lost|Reconnecting/)
      .first()
      .waitFor()
    expect(await page.locator('.tree-row', { hasText: 'kept' }).count()).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Stay offline' }).click()
    await page.getByText(/Offline since/).waitFor()
  })

  test('no connection: what happened and what to look at', async () => {
    const { page } = await open({ connects: false })
    await page.locator('.panel input').first().fill('ws://127.0.0.1:1/mqtt')
    await page.locator('.panel button[type=submit]').click()
    await page.getByText(/Nothing answers there as a WebSocket/).waitFor()
    await page.getByRole('button', { name: 'Edit connection' }).first().waitFor()
  })

  test('keys reach everything: screens, lists, filter, palette, help', async () => {
    const lab = await withRooms()
    const { page } = lab
    await row(lab, 'temperature').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('window')
    await expect.poll(() => page.locator('.tree-row').count()).toBe(3)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await row(lab, 'temperature').waitFor()
    await page.locator('.tree-rows [tabindex="0"], [role=treegrid][tabindex="0"]').first().focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await expect.poll(() => page.url()).toContain('topic=')
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('search and commands').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('go to messages')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toContain('#/messages')
    await page.keyboard.press('t')
    await expect.poll(() => page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
  })

  test('Italian: the whole frame speaks it', async () => {
    const { page } = await open({ context: { locale: 'it-IT' } })
    await page.getByRole('navigation').getByText('Messaggi').waitFor()
    expect(await page.evaluate('document.documentElement.lang')).toBe('it')
  })
})
