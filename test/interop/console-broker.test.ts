// The Broker and Clients screens in a browser, served by the broker that they show: their numbers are the broker's own, what is done is done.
// Names and texts of clients do nothing but stand there.

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { AclFile } from '../../src/auth/acl-file.ts'
import { DYNSEC_TOPIC, DynamicSecurity } from '../../src/auth/dynsec/dynamic-security.ts'
import { DynsecAuthorizer } from '../../src/auth/dynsec/dynsec-authorizer.ts'
import { FileAuthorizer } from '../../src/auth/file-authorizer.ts'
import type { Authenticator } from '../../src/broker/ports.ts'
import { explain } from '../../src/config/explain.ts'
import { parseConfiguration } from '../../src/config/parse.ts'
import { ConsoleTokens } from '../../src/server/admin/console-tokens.ts'
import { startBroker } from '../../src/server/start-broker.ts'
import { SETTINGS, topics } from '../bridge/bridge-bench.ts'
import { adminFile } from '../support/dynsec-kit.ts'
import { withTools } from '../support/require-tools.ts'
import { type AdminLab, adminBrowser, violations } from './support/admin-page.ts'

const VIEWER = 'viewer-token-of-this-test'
const ADMIN = 'admin-token-of-this-test'
const HOSTILE = '<img src=x onerror=alert(1)>\u202eevil'
/** The screens ask every two seconds. */
const SOON = { timeout: 8000 }
const NARROW = { viewport: { width: 400, height: 800 }, hasTouch: true }

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'zanzara-console-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

function tokens(): ConsoleTokens {
  const path = join(folder(), 'tokens')
  writeFileSync(path, `viewer ${VIEWER}\nadmin ${ADMIN}\n`, { mode: 0o600 })
  return ConsoleTokens.at(path)
}

/** The number of a figure: `1,204` is 1204. */
async function figure({ page }: AdminLab, name: string): Promise<number> {
  const text = await page
    .locator('.broker-number', { has: page.getByText(name, { exact: true }) })
    .locator('.broker-figure')
    .innerText()
  return Number.parseFloat(text.replaceAll(',', ''))
}

async function rail(page: Page, screen: string): Promise<void> {
  await page.locator('.rail-item', { hasText: screen }).click()
}

withTools(['chromium'], ({ chromium }) => {
  const open = adminBrowser(chromium)

  test('Broker: numbers, plots, listeners and certificates are those of the broker', async () => {
    const cert = readFileSync(new URL('../net/certificates/server.crt', import.meta.url))
    const key = readFileSync(new URL('../net/certificates/server.key', import.meta.url))
    const lab = await open({ hash: '#/broker', broker: { listeners: [{ transport: 'tls', port: 0, host: '127.0.0.1', tls: { cert, key } }] } })
    const { page, running } = lab
    const one = await lab.join('one')
    await lab.join('two')
    for (let i = 0; i < 40; i++) await one.publish(`t/${i}`, 'x', { qos: 1, retain: true })
    const { broker } = running
    await expect.poll(async () => (await figure(lab, 'Clients')) - broker.connectedCount, SOON).toBe(0)
    await expect.poll(() => figure(lab, 'Retained'), SOON).toBe(broker.retainedCount)
    await page.getByText(`${broker.counters.publishesReceived} since the start`).waitFor()
    await expect.poll(() => page.locator('.broker-plot canvas').count(), SOON).toBe(7)
    expect(await page.locator('.turn-bars').getAttribute('aria-label')).toMatch(/^Time in the broker: 50 % .*s, 99 % .*s, longest .*s$/)
    await page.locator('.turn-bars rect[height="100"]').first().waitFor()
    const rows = await page.locator('.broker-table tbody tr').allInnerTexts()
    expect(rows.map((row) => row.split('\t').slice(0, 3))).toEqual([
      [String(running.ports[0]), 'MQTT', '127.0.0.1'],
      [String(running.ports[1]), 'MQTT over TLS', '127.0.0.1'],
      [String(running.ports[2]), 'WebSockets, console', '127.0.0.1'],
    ])
    expect(rows[1]).toContain('Zanzara test CA')
  })

  test('Broker: bridges with their state, what went over them and their topics, as it changes; names are text', async () => {
    const far = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }] })
    onTestFinished(() => far.close())
    const settings = {
      ...SETTINGS,
      name: HOSTILE,
      addresses: [{ host: '127.0.0.1', port: far.ports[0]! }],
      restartTimeout: { base: 60, cap: null, stable: 0 },
      topics: topics('rooms/# both 1 here/ there/', '1 in 0', '2 in 0', '3 in 0', '4 in 0', '5 in 0'),
    }
    const bridge = { settings, target: ({ host, port }: { host: string; port: number }) => ({ transport: 'tcp', host, port }) as const }
    const lab = await open({ hash: '#/broker', broker: { bridges: [bridge] } })
    const { page } = lab
    const row = page.locator('.bridge-table tbody tr')
    await row.getByText('Connected', { exact: true }).waitFor()
    const cells = async (): Promise<string[]> => (await row.locator('td.num').allInnerTexts()).map((text) => text.replaceAll('\n', ' '))
    const one = await lab.join('one')
    for (let i = 0; i < 3; i++) await one.publish('here/rooms/a', 'x'.repeat(100), { qos: 1 })
    await expect.poll(cells, SOON).toEqual(['0 0 B', '3 300 B', '0 0 B'])
    expect(await page.locator('.bridge-table img').count()).toBe(0)
    expect(await row.innerText()).toContain('<img src=x onerror=alert(1)>‹202E›evil')
    expect(await row.locator('.bridge-topic').first().innerText()).toMatch(/1\s+both ways\s+⇄\s+here\/rooms\/# there: there\/rooms\/#/)
    await row.getByRole('button', { name: 'All 6 topics' }).click()
    await expect.poll(() => row.locator('.bridge-topic').count()).toBe(6)
    await far.close()
    await row.getByText('Not connected', { exact: true }).waitFor()
    const left = async (): Promise<number> => Number(/Tries again in (\d+) s/.exec(await row.innerText())?.[1])
    const first = await left()
    await expect.poll(left, SOON).toBeLessThan(first)
    await row.getByText(/the other broker disconnected|connection closed by the other broker/).waitFor()
    await one.publish('here/rooms/a', 'waits', { qos: 1 })
    await expect.poll(async () => (await cells())[2], SOON).toMatch(/^1 /)
    expect(await violations(page)).toEqual([])
  })

  test('Broker: without bridges the screen says how there could be one', async () => {
    const { page } = await open({ hash: '#/broker' })
    await page.getByText(/^None\. A section “connection”/).waitFor()
  })

  test('Broker: the log comes as it is written, can be searched, and shows names as text', async () => {
    const lab = await open({ hash: '#/broker?part=log' })
    const { page } = lab
    await page.getByRole('grid', { name: 'Line' }).waitFor()
    await lab.join(HOSTILE)
    await lab.join('another')
    const rows = page.locator('.log-cells')
    await rows.filter({ hasText: 'as <img src=x' }).waitFor()
    expect(await page.locator('.log-cells img').count()).toBe(0)
    await page.getByLabel('Filter the log').fill('AS another')
    await expect.poll(() => rows.allInnerTexts(), SOON).toHaveLength(1)
    expect(await rows.first().innerText()).toContain('New client connected')
    await page.getByRole('radio', { name: 'Error' }).click()
    await page.getByText('The broker has not said anything yet.').waitFor()
  })

  test('Broker: the configuration with the line of each value, $SYS as the broker has it', async () => {
    const text = 'sys_interval 1\npersistence false\nlistener 1884\nallow_anonymous true\n'
    const configuration = parseConfiguration(Buffer.from(text), '/etc/lab.conf')
    const lab = await open({
      hash: '#/broker?part=config',
      configuration: () => ({ files: configuration.files, sections: explain(configuration) }),
      broker: { limits: { sysInterval: 1 } },
    })
    const { page } = lab
    const row = page.locator('.config-table tr', { has: page.getByText('sys_interval', { exact: true }) })
    await row.waitFor()
    expect((await row.innerText()).split('\t').slice(0, 3)).toEqual(['sys_interval', '1', '/etc/lab.conf:1'])
    const given = await page.locator('.config-table tbody tr').count()
    await page.getByRole('radio', { name: 'All' }).click()
    await expect.poll(() => page.locator('.config-table tbody tr').count(), SOON).toBeGreaterThan(given + 20)
    await page.getByRole('tab', { name: '$SYS' }).click()
    const version = page.locator('.sys-table tr', { hasText: '$SYS/broker/version' })
    await version.waitFor()
    expect(await version.innerText()).toContain('zanzara version')
  })

  test('Clients: every session with its facts; searched, sorted, chosen; what it waits for', async () => {
    const lab = await open({ hash: '#/clients' })
    const { page } = lab
    const sleeper = await lab.join('sleeper', { cleanStart: false, sessionExpiry: 600 })
    await sleeper.subscribe('work/#', { qos: 1 })
    await sleeper.close()
    const busy = await lab.join('busy', { will: { topic: 'busy/gone', payload: 'bye', qos: 1, retain: true } })
    await lab.join(HOSTILE)
    for (let i = 0; i < 3; i++) await busy.publish('work/order', `number ${i}`, { qos: 1 })
    const rows = page.locator('.client-cells')
    const ids = (): Promise<string[]> => page.locator('.client-id', { hasNotText: 'Client Identifier' }).allInnerTexts()
    await expect.poll(async () => (await ids()).length - lab.running.broker.sessionCount, SOON).toBe(0)
    expect(await page.locator('.client-rows img').count()).toBe(0)
    expect(await ids()).toContain('<img src=x onerror=alert(1)>‹202E›evil')
    const asleep = rows.filter({ hasText: 'sleeper' })
    await expect.poll(() => asleep.locator('.client-queued').innerText(), SOON).toBe('3')
    await page.getByRole('button', { name: /^Client Identifier/ }).click()
    await expect.poll(ids, SOON).toEqual((await ids()).toSorted().toReversed())
    await page.getByLabel('Filter clients').fill('SLEEP')
    await expect.poll(ids, SOON).toEqual(['sleeper'])
    await asleep.click()
    const pane = page.locator('.client')
    await pane.getByRole('tab', { name: /Queue/ }).click()
    await expect.poll(() => pane.locator('.client-payload').allInnerTexts(), SOON).toEqual(['number 0', 'number 1', 'number 2'])
    await pane.getByRole('tab', { name: /Subscriptions/ }).click()
    await pane.locator('.client-filter', { hasText: 'work/#' }).waitFor()
    expect(page.url()).toContain('client=sleeper')
    await page.getByLabel('Filter clients').fill('')
    await rows.filter({ hasText: 'busy' }).click()
    await pane.getByRole('tab', { name: 'Overview' }).click()
    await pane.locator('.client-will', { hasText: 'busy/gone' }).waitFor()
  })

  test('Clients: disconnected with a reason, subscribed and unsubscribed from outside, dropped after a question', async () => {
    const lab = await open({ hash: '#/clients?client=puppet', expected: /status of 404/ })
    const { page, running } = lab
    const puppet = await connectAsync(running.url, {
      clientId: 'puppet',
      protocolVersion: 5,
      reconnectPeriod: 0,
      clean: false,
      properties: { sessionExpiryInterval: 600 },
    })
    onTestFinished(() => void puppet.end(true))
    const pane = page.locator('.client')
    await pane.getByRole('tab', { name: 'Subscriptions' }).click()
    await pane.getByLabel('Topic Filter').fill('strings/#')
    await pane.getByRole('button', { name: 'Subscribe' }).click()
    await pane.getByText('Subscribed with QoS 0.').waitFor()
    expect([...running.broker.sessions.get('puppet')!.subscriptions.keys()]).toEqual(['strings/#'])
    await pane.getByRole('button', { name: 'End the subscription strings/#' }).click()
    await pane.getByText('Unsubscribed.').waitFor()
    expect(running.broker.sessions.get('puppet')!.subscriptions.size).toBe(0)
    const told = once(puppet as never, 'disconnect')
    await pane.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: /Server busy/ }).click()
    expect((await told)[0].reasonCode).toBe(0x89)
    await pane.getByText('The client may return at once.').waitFor()
    await expect.poll(() => pane.getByRole('button', { name: 'Disconnect' }).isDisabled(), SOON).toBe(true)
    await pane.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Drop the session' }).click()
    expect(running.broker.sessions.has('puppet')).toBe(true)
    await page.getByRole('dialog').getByRole('button', { name: 'Drop the session' }).click()
    await page.getByText('This session is over.').waitFor()
    expect(running.broker.sessions.has('puppet')).toBe(false)
  })

  test('Clients: the access tester names the line that decides', async () => {
    const path = join(folder(), 'acl')
    writeFileSync(path, 'topic read open/#\n\nuser anna\ntopic write open/door\n')
    const authorizer = new FileAuthorizer({ aclFile: new AclFile(path, { owner: null }) })
    const lab = await open({ hash: '#/clients', broker: { authorizer }, expected: /status of 400/ })
    const { page } = lab
    await page.getByRole('button', { name: 'Test access' }).click()
    const drawer = page.getByRole('dialog')
    await drawer.getByLabel('Client Identifier').fill('whoever')
    await drawer.getByLabel('User name').fill('anna')
    await drawer.getByLabel('Topic Name').fill('open/door')
    await drawer.getByRole('button', { name: 'Test' }).click()
    await drawer.getByText('Allowed').waitFor()
    expect(await drawer.locator('.access-rule').innerText()).toContain(`${path}:4`)
    await drawer.getByLabel('Topic Name').fill('open/window')
    expect(await drawer.getByText('Allowed').count()).toBe(0)
    await drawer.getByRole('button', { name: 'Test' }).click()
    await drawer.getByText('Denied').waitFor()
    await drawer.getByLabel('Topic Name').fill('a/#')
    await drawer.getByRole('button', { name: 'Test' }).click()
    await drawer.getByText(/not a valid Topic Name/).waitFor()
  })

  test('Clients: users, groups and roles of dynamic security are made, changed and deleted, and it holds at once', async () => {
    const path = join(folder(), 'dynsec.json')
    writeFileSync(path, adminFile(), { mode: 0o600 })
    const security = new DynamicSecurity({ path, log: { write: () => {} } })
    const authorizer = new DynsecAuthorizer(security, new FileAuthorizer({ aclFile: null }))
    const lab = await open({ hash: '#/clients?of=roles', listener: { authorizer, controls: new Map([[DYNSEC_TOPIC, security]]) } })
    security.serve(lab.running.broker.administration)
    const { page } = lab
    const make = async (button: string, name: string): Promise<void> => {
      await page.getByRole('button', { name: button }).click()
      await page.getByRole('dialog').getByLabel('Name').fill(name)
      await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click()
      await page.getByRole('heading', { name }).waitFor()
    }
    const may = (topic: string): boolean | undefined => security.decide('publishClientSend', { clientId: 'x', userName: 'anna' }, topic)?.allow
    await page.getByText('Where no role says anything').waitFor()
    await make('New role', 'lab')
    await page.getByLabel('Topic or filter').fill('lab/#')
    await page.getByRole('button', { name: 'Add the rule' }).click()
    await page.locator('.security-topic', { hasText: 'lab/#' }).waitFor()
    await page.getByRole('tab', { name: 'Users' }).click()
    await make('New user', 'anna')
    expect(may('lab/a')).toBeUndefined()
    await page.getByLabel('Add to Roles').selectOption('lab')
    await page.getByRole('button', { name: 'Add', exact: true }).first().click()
    await page.getByRole('button', { name: 'Remove lab' }).waitFor()
    expect([may('lab/a'), may('else')]).toEqual([true, undefined])
    await page.getByLabel('New password').fill('secret-of-anna')
    await page.getByRole('button', { name: 'Set', exact: true }).first().click()
    await expect.poll(() => security.lookup('anna') !== null, SOON).toBe(true)
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('button', { name: 'Enable' }).waitFor()
    expect(security.objection('anna', 'x')).toBe('it is disabled')
    await page.getByRole('tab', { name: 'Groups' }).click()
    await make('New group', 'staff')
    await page.getByLabel('Add to Users').selectOption('anna')
    await page.getByRole('button', { name: 'Add', exact: true }).last().click()
    await page.getByRole('button', { name: 'Remove anna' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('tab', { name: 'Users' }).click()
    await page.locator('.vrow', { hasText: 'anna' }).click()
    await page.getByRole('button', { name: 'Delete' }).click()
    expect(security.has('anna')).toBe(true)
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => security.has('anna'), SOON).toBe(false)
    expect(readFileSync(path, 'utf8')).not.toContain('anna')
  })

  test('a viewer looks and cannot act; the link with an administrator’s token lets act', async () => {
    const secured = { tokens: tokens(), trustsThisMachine: () => false }
    const lab = await open({ ...secured, hash: `#token=${VIEWER}`, expected: /status of 40[0-9]|WebSocket connection/ })
    const { page } = lab
    await lab.join('someone')
    expect(page.url()).not.toContain(VIEWER)
    await rail(page, 'Clients')
    await page.locator('.client-cells', { hasText: 'someone' }).click()
    const pane = page.locator('.client')
    await pane.getByText('Your role may look, not act.').waitFor()
    expect(await pane.getByRole('button', { name: 'Disconnect' }).isDisabled()).toBe(true)
    await rail(page, 'Broker')
    await page.getByRole('tab', { name: 'Configuration' }).click()
    await page.getByText('The configuration is for operators.').waitFor()
    const other = await open({ ...secured, hash: `#token=${ADMIN}` })
    await other.join('someone')
    await rail(other.page, 'Clients')
    await other.page.locator('.client-cells', { hasText: 'someone' }).click()
    await expect.poll(() => other.page.locator('.client').getByRole('button', { name: 'Disconnect' }).isDisabled(), SOON).toBe(false)
  })

  test('where MQTT refuses the page, what the broker tells of itself is there all the same; when it stops, the page says so', async () => {
    const refuse: Authenticator = { authenticate: () => ({ reasonCode: 0x87, userName: null }), begin: () => null }
    const lab = await open({ hash: '#/broker', broker: { authenticator: refuse }, expected: /./ })
    const { page } = lab
    await expect.poll(() => figure(lab, 'Clients'), SOON).toBe(0)
    await lab.running.close()
    await page.getByText('The broker does not answer.').waitFor()
    await page.getByText(/Numbers of \d\d:\d\d:\d\d/).waitFor()
  })

  for (const theme of ['light', 'dark', 'contrast'] as const)
    test(`axe finds nothing serious, ${theme}, also at 400 px, where nothing is wider than the window`, async () => {
      for (const context of [{}, NARROW]) {
        const lab = await open({ theme, context, hash: '#/broker' })
        const { page } = lab
        const client = await lab.join('one', { cleanStart: false, sessionExpiry: 60 })
        await client.subscribe('a/#', { qos: 1 })
        await page.locator('.broker-plot canvas').nth(5).waitFor({ state: 'attached' })
        for (const part of ['Overview', 'Log', 'Configuration', '$SYS']) {
          await page.getByRole('tab', { name: part }).click()
          await page.getByRole('tabpanel', { name: part }).waitFor()
          expect(await violations(page), part).toEqual([])
          expect(await page.evaluate('document.scrollingElement.scrollWidth'), part).toBeLessThanOrEqual(context === NARROW ? 400 : 1280)
        }
        await rail(page, 'Clients')
        await page.locator('.client-cells', { hasText: 'one' }).click()
        const pane = page.locator('.client')
        for (const part of ['Overview', 'Subscriptions', 'Queue', 'Access']) {
          await pane.getByRole('tab', { name: part }).click()
          expect(await violations(page), part).toEqual([])
          expect(await page.evaluate('document.scrollingElement.scrollWidth'), part).toBeLessThanOrEqual(context === NARROW ? 400 : 1280)
        }
      }
    })
})
