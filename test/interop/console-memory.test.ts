// The page's memory stays as it is while messages come and go, whichever screen is shown: the heap after a collection does not climb.
// One element of an old rendering that something keeps would keep every tree since; that is what this finds.

import { expect, onTestFinished, test } from 'vitest'
import { withTools } from '../support/require-tools.ts'
import { consoleBrowser } from './support/console-page.ts'

const WARM_UP_MS = 4000
const STEP_MS = 4000
const MOST_BYTES = 1_000_000

withTools(['chromium'], ({ chromium }) => {
  const open = consoleBrowser(chromium)

  for (const [key, screen] of [
    ['1', 'Topics'],
    ['2', 'Messages'],
    ['3', 'Packets'],
  ] as const)
    test(`${screen}: the heap does not climb`, async () => {
      const { page, client } = await open()
      let n = 0
      const load = setInterval(() => {
        for (let i = 0; i < 5; i++) client.publish(`load/sensor${n % 50}`, `{"value":${n++}}`).catch(() => {})
      }, 10)
      onTestFinished(() => clearInterval(load))
      await page.locator('.tree-row', { hasText: 'sensor' }).first().waitFor()
      await page.keyboard.press(key)
      const devTools = await page.context().newCDPSession(page)
      const heap = async (): Promise<number> => {
        await devTools.send('HeapProfiler.collectGarbage')
        return (await devTools.send('Runtime.getHeapUsage')).usedSize
      }
      await page.waitForTimeout(WARM_UP_MS)
      const sizes: number[] = [await heap()]
      for (let step = 0; step < 3; step++) {
        await page.waitForTimeout(STEP_MS)
        sizes.push(await heap())
      }
      // a leak climbs at every step; other things come and go
      expect(Math.min(...sizes.slice(2)) - sizes[0]!, `heap by time: ${sizes.join(', ')}`).toBeLessThan(MOST_BYTES)
    })
})
